"""Runs that version 0.1 saved, files written by it: who takes them up, and who does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mornavi_lite import (
    EpsilonGreedy,
    History,
    KullbackLeibler,
    MarkovGame,
    Mornavi,
    NashVI,
    Nominal,
    TotalVariation,
    run,
    zoo,
)
from mornavi_lite.files import read_arrays

DATA = Path(__file__).parent / "data"
#: The line that the error names.
BEFORE: dict[str, Any] = {"confidence": "events", "replan": "doubling"}
NAMES = ("three_players", "stated", "radius_per_row")
#: What a file of the version before does not tell another way: all but the name of the game and its like.
COMPARED = ("episode", "gap", "value", "upper", "lower", "plan_policy", "plan_upper", "plan_lower", "generator")


def made(name: str, **options: Any) -> tuple[MarkovGame, Mornavi]:
    """The game and the learner of a file, with options that version 0.1 had at its defaults."""
    if name == "three_players":
        sets = [TotalVariation(0.1), KullbackLeibler(0.2), Nominal()]
        return zoo.garnet(3, (2, 3, 2), 2, 2, seed=0), Mornavi(sets, "ce", **options)
    game = zoo.traffic_merge()
    if name == "stated":
        return game, NashVI(support=game, rows="stationary", **options)
    radius = np.linspace(0, 0.3, 5)[:, None, None]
    return game, EpsilonGreedy(TotalVariation(radius), epsilon=0.2, **options)


@pytest.mark.parametrize("name", NAMES)
def test_with_its_options_it_goes_on_as_if_there_had_been_no_break(name: str, tmp_path: Path) -> None:
    game, learner = made(name, **BEFORE)
    half = History.load(DATA / f"0_1_{name}_half.npz")
    assert half.checkpoint.episode < 400
    run(learner, game, 400, resume=half).save(tmp_path / "again.npz")
    again, whole = (read_arrays(path, "History") for path in (tmp_path / "again.npz", DATA / f"0_1_{name}_whole.npz"))
    for each in set(whole) - {"origin"}:
        assert again[each].tobytes() == whole[each].tobytes(), each
    assert {*COMPARED} <= set(whole) and str(again["origin"]) == str(whole["origin"])


@pytest.mark.parametrize("name", NAMES)
def test_the_default_does_not_take_it_up_and_says_what_does(name: str) -> None:
    game, learner = made(name)
    half = History.load(DATA / f"0_1_{name}_half.npz")
    with pytest.raises(ValueError, match=r'with confidence="events", replan="doubling"$'):
        run(learner, game, 400, resume=half)
    for other in ({"confidence": "events", "replan": "episode"}, {"confidence": "chernoff"}, BEFORE | {"delta": 0.1}):
        with pytest.raises(ValueError, match="resume must be a run of the same learner and game"):
            run(made(name, **other)[1], game, 400, resume=half)


def test_a_run_of_another_game_is_not_one_of_the_version_before() -> None:
    _, learner = made("stated")
    half = History.load(DATA / "0_1_stated_half.npz")
    with pytest.raises(ValueError, match=r"judged by the same sets$"):
        run(learner, zoo.safe_or_risky(), 400, resume=half)


def test_options_at_their_defaults_do_not_count() -> None:
    """What a later version adds with its old behaviour as default changes no text."""
    ball = TotalVariation(0.1)
    assert Mornavi(ball).identity == f"Mornavi(uncertainty={ball!r}), algorithm 2"
    assert Mornavi(ball).identity == Mornavi(ball, "cce", "model", 0.05, 1.0).identity
    others = [
        Mornavi(ball, **options)
        for options in (
            {},
            {"concept": "ce"},
            {"delta": 0.1},
            {"scale": 0.5},
            {"replan": "spaced"},
            {"replan": "episode"},
            {"min_probability": 0.1},
            {"support": np.ones((2, 1, 2), dtype=bool)},
            {"support": np.array([[[True, False]], [[True, True]]])},
            {"rows": "stationary"},
            {"fail_state": 0},
            *({"confidence": each} for each in ("events", "row", "chernoff", "hoeffding", "bernstein", "bonus")),
        )
    ]
    assert len({each.identity for each in others}) == len(others)
    assert "algorithm" not in Mornavi(ball, confidence="bonus").identity
