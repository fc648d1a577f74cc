"""Progress: a bar where tqdm is, a line where it is not; whatever happens, the line is ended."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from mornavi_lite import Mornavi, TotalVariation, run, solve, zoo
from mornavi_lite.progress import bar
from tests.learners.small_games import MIXED, varied_game


@pytest.fixture(params=[True, False], ids=["tqdm", "plain"])
def with_tqdm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Once with tqdm, once as if it were not installed."""
    if request.param:
        pytest.importorskip("tqdm")
    else:
        monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    return bool(request.param)


class Stopping(TotalVariation):
    """A set at which somebody presses Ctrl-C in the third backup."""

    calls = 0

    def worst_case_unchecked(self, *arguments: Any, **options: Any) -> np.ndarray:
        Stopping.calls += 1
        if Stopping.calls == 3:
            raise KeyboardInterrupt
        return super().worst_case_unchecked(*arguments, **options)


def test_nothing_is_shown_unless_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    run(Mornavi(MIXED), varied_game(11, (2, 3, 2)), 9)
    solve(varied_game(11, (2, 3, 2)), MIXED)
    assert capfd.readouterr() == ("", "")


def test_a_run_and_a_solution_are_the_same_with_progress(with_tqdm: bool, capfd: pytest.CaptureFixture[str]) -> None:
    game = varied_game(11, (2, 3, 2))
    quiet, shown = run(Mornavi(MIXED), game, 100), run(Mornavi(MIXED), game, 100, progress=True)
    out, err = capfd.readouterr()
    assert out == "" and "episodes" in err and "certificate" in err and err.endswith("\n") and err.count("\n") == 1
    line = f"\r100 of 100 episodes, certificate {shown.best_certificate:.3g}"
    assert ("100/100" if with_tqdm else line) in err
    assert shown.checkpoint.generator == quiet.checkpoint.generator and shown.regret.tobytes() == quiet.regret.tobytes()
    solution = solve(game, MIXED, progress=True)
    out, err = capfd.readouterr()
    assert out == "" and "steps" in err and err.endswith("\n") and err.count("\n") == 1
    assert ("2.00/2.00" in err) if with_tqdm else err.endswith("\r2 of 2 steps\n")
    assert solution.policy.tobytes() == solve(game, MIXED).policy.tobytes()


def test_an_interruption_leaves_a_line_that_is_ended(with_tqdm: bool, capfd: pytest.CaptureFixture[str]) -> None:
    game = zoo.traffic_merge()
    for wanted in (
        lambda: solve(game, Stopping(0.1), progress=True),
        lambda: run(Mornavi(Stopping(0.1)), game, 9, progress=True),
    ):
        Stopping.calls = 0
        with pytest.raises(KeyboardInterrupt):
            wanted()
        err = capfd.readouterr().err
        assert err.startswith("\r") and err.endswith("\n") and err.count("\n") == 1


def test_what_is_longer_is_written_over(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal nothing of an earlier text is left, however long it was."""
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr("mornavi_lite.progress._PAUSE", 0.0)
    with bar(10**6, 5, True, "episodes") as shown:
        for words in ("certificate 0.123456789", "certificate 1", "", "certificate 0.25"):
            shown.set_postfix_str(words, refresh=False)
            shown.update(1000)
    first, *written, last = capfd.readouterr().err.removesuffix("\n").split("\r")
    assert first == "" and written[0] == "5 of 1,000,000 episodes"
    screen = ""
    for text in [*written, last]:
        screen = text + screen[len(text) :]
    assert screen.rstrip() == "4,005 of 1,000,000 episodes, certificate 0.25"
    assert len(written) == 5  # at the beginning, and after each update
