"""Solutions in files: what is written is read back, and what is no solution is an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mornavi_lite import Counts, MarkovGame, Mornavi, Solution, TotalVariation, run, solve
from mornavi_lite.files import read_arrays, write_arrays
from mornavi_lite.planning import solve_aggregated
from mornavi_lite.summaries import number
from tests.learners.small_games import MIXED
from tests.summaries.shown import Page, named_game


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    game = named_game()
    per_row = TotalVariation(np.linspace(0, 0.5, 240).reshape(4, 5, 12))
    by_hand = Solution(np.full((2, 3, 4), 0.25), np.zeros((2, 3, 3)), 1.5)
    for solution in (solve(game, MIXED, "ce"), solve(game, [per_row] * 3), by_hand):
        solution.save(tmp_path / "solution.npz")
        again = Solution.load(str(tmp_path / "solution.npz"))
        assert type(again) is Solution and again.gap == solution.gap and type(again.gap) is float
        for ours, theirs in zip(again[:2], solution[:2], strict=True):
            assert ours.tobytes() == theirs.tobytes() and ours.shape == theirs.shape
        assert again.about == solution.about and repr(again) == repr(solution)
        assert again._repr_html_() == solution._repr_html_()
        again.save(tmp_path / "again.npz")
        assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "solution.npz").read_bytes()
    with np.load(tmp_path / "solution.npz", allow_pickle=False) as stored:
        assert all(not stored[name].dtype.hasobject for name in stored.files)


def test_a_loaded_solution_is_played_by_name(tmp_path: Path) -> None:
    game = named_game()
    solution = solve(game, MIXED)
    solution.save(tmp_path / "solution.npz")
    again, rng = Solution.load(tmp_path / "solution.npz"), np.random.default_rng(0)
    for s, name in enumerate(game.state_names):
        assert again.policy[0, s, again.act(0, name, rng)] > 0


@pytest.mark.parametrize("how", [solve, lambda *rest: solve_aggregated(rest[0], np.arange(5), *rest[1:])])
def test_what_it_says_is_what_it_holds(how: Any) -> None:
    """Every line and the page, from the game and the arrays: values at a start that is drawn, in units of money."""
    game = named_game()
    solution = how(game, MIXED, "ce")
    lines = repr(solution).splitlines()
    assert lines[0].startswith(f"Solution of {game.name}: ce, [TotalVariation(radius=0.1")
    assert lines[1].startswith("3 players, 4 steps, 5 states (4 reached), 2 x 3 x 2 actions")
    worth = [number(float(each)) for each in solution.value[:, 0] @ game.initial]
    told = [f"{each} (player {i})" for i, each in enumerate(worth, start=1)]
    assert lines[2] == f"value at the start: {', '.join(told)}" and len(set(worth)) == 3
    assert lines[3] == "gap: 0" and len(lines) == 5
    assert repr(Solution(*solution[:2], 1.5)).splitlines()[3] == "gap: 1.5"
    np.testing.assert_array_equal(solution.about.reward_range, game.reward_range)
    page = Page(solution._repr_html_())
    assert page.lines == repr(solution) and "of one episode on average, under the nominal kernel." in page.note


def test_an_older_file_stays_where_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, solution = tmp_path / "solution.npz", solve(named_game(), MIXED)
    solution.save(path)
    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", lambda handle: (_ for _ in ()).throw(OSError("no space left on device")))
    with pytest.raises(OSError, match="no space left"):
        Solution(solution.policy, solution.value, 1.0).save(path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_what_is_no_solution_is_an_error(tmp_path: Path) -> None:
    game, path = named_game(), tmp_path / "file.npz"
    others: list[Any] = [game, Counts.for_game(game), run(Mornavi(MIXED), game, 3)]
    for other in others:
        other.save(path)
        with pytest.raises(ValueError, match="does not hold a Solution of mornavi_lite"):
            Solution.load(path)
    solve(game, MIXED).save(path)
    for kind in (MarkovGame, Counts):
        with pytest.raises(ValueError, match=f"does not hold a {kind.__name__} of mornavi_lite"):
            kind.load(path)
    whole = path.read_bytes()
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"file\.npz is damaged"):
            Solution.load(path)
    path.write_bytes(whole)
    good = read_arrays(path, "Solution")
    for change in (
        {"policy": good["policy"] * 1.01},
        {"policy": good["policy"][0]},
        {"value": good["value"][:, :-1]},
        {"value": good["value"] + np.nan},
        {"gap": good["value"]},
        {"n_actions": np.array([2, 2])},
        {"state_names": good["state_names"][:-1]},
        {"initial": good["initial"][:-1]},
        {"visits": good["visits"][:-1]},
    ):
        write_arrays(path, "Solution", good | change)
        with pytest.raises(ValueError, match=r"file\.npz is damaged"):
            Solution.load(path)
    for name in ("policy", "value", "gap"):
        write_arrays(path, "Solution", {key: each for key, each in good.items() if key != name})
        with pytest.raises(ValueError, match=r"file\.npz is damaged"):
            Solution.load(path)
