"""Games of one player, row by row and by hand."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mornavi_lite import zoo
from tests.zoo.by_hand import OVER, best_total, same, same_rewards, same_rows, worst_by_program


@given(st.sampled_from([0, 1]), st.floats(0.01, 1), st.floats(0, 0.99))
@settings(max_examples=30, deadline=None)
def test_support_shift(theta: int, p: float, share: float) -> None:
    q = p * share
    game = zoo.support_shift(theta, p, q)
    assert game.transition.shape == (3, 2, 2, 2) and game.n_players == 1
    assert game.state_names == ("good", "bad") and game.action_names == (("left", "right"),)
    assert game.initial.tolist() == [1, 0]
    for step in (0, 2):
        same_rows(game, step, {"good": {"good": 1}, "bad": {"bad": 1}})
    back = {"left": p if theta == 0 else q, "right": p if theta == 1 else q}
    rows = {("bad", action): {"good": x, "bad": 1 - x} for action, x in back.items()}
    same_rows(game, 1, {"good": {"good": 1}, **rows})
    for step in range(3):
        same_rewards(game, step, {"good": (1,)})


def test_gambler_rows_by_hand() -> None:
    up, down = 0.25, 0.75
    small = {"2": up, "0": down}
    rows = {
        "0": {"0": 1.0},
        "1": small,  # whatever the action, one coin is all there is
        ("2", "stake 1"): {"3": up, "1": down},
        ("2", "stake 2"): {"4": up, "0": down},
        ("3", "stake 1"): {"4": up, "2": down},
        ("3", "stake 2"): {"5": up, "1": down},
        "4": {"5": up, "3": down},  # one coin is all that is missing
        "5": OVER,
        "done": OVER,
    }
    game = zoo.gambler(goal=5, win=0.25, horizon=4, capital=0)
    assert game.state_names == ("0", "1", "2", "3", "4", "5", "done")
    assert game.action_names == (("stake 1", "stake 2"),)
    same(game, rows, {"5": (1,)})


@given(st.integers(2, 12), st.floats(0, 1), st.integers(1, 4), st.data())
@settings(max_examples=30, deadline=None)
def test_gambler(goal: int, win: float, horizon: int, data: st.DataObject) -> None:
    capital = data.draw(st.none() | st.integers(0, goal))
    game = zoo.gambler(goal, win, horizon, capital)
    assert game.horizon == horizon and game.n_players == 1
    assert game.initial[goal // 2 if capital is None else capital] == 1
    rows: dict[Any, dict[str, float]] = {"0": {"0": 1.0}, str(goal): OVER, "done": OVER}
    for c, k in itertools.product(range(1, goal), range(1, goal // 2 + 1)):
        stake = sorted((k, c, goal - c))[0]
        rows[str(c), f"stake {k}"] = {str(c + stake): win, str(c - stake): 1 - win}
    same_rows(game, 0, rows)
    same_rewards(game, 0, {str(goal): (1,)})


@pytest.mark.parametrize("radius", [0.0, 0.05, 0.2, 0.4])
@pytest.mark.parametrize("theta, p, q", [(0, 0.9, 0.4), (1, 0.9, 0.4), (0, 1.0, 0.4), (1, 0.7, 0.6)])
def test_support_shift_best_robust_value(theta: int, p: float, q: float, radius: float) -> None:
    game = zoo.support_shift(theta, p, q)
    assert best_total(game, radius) == pytest.approx(3 - 3 * radius + radius * p, abs=1e-9)
    wrong = game.transition[1, 1, 1 - theta, 0]  # the other action leads back with probability q
    assert wrong == q
    second = worst_by_program(game.transition[1, 0, 0], np.array([1.0, 0.0]), radius) + 1
    loss = radius * (p - q)
    bad = worst_by_program(game.transition[1, 1, 1 - theta], np.array([1.0, 0.0]), radius)
    value = 1 + worst_by_program(game.transition[0, 0, 0], np.array([second, bad]), radius)
    assert value == pytest.approx(3 - 3 * radius + radius * p - loss, abs=1e-9)


def test_support_shift_value_in_the_docstring() -> None:
    assert best_total(zoo.support_shift(0), 0.2) == pytest.approx(2.58, abs=1e-9)


def test_gambler_by_hand() -> None:
    assert best_total(zoo.gambler(goal=2, win=0.3, horizon=2)) == 0.3
    assert best_total(zoo.gambler(goal=4, win=0.3, horizon=2)) == 0.3  # all of it, once
    assert best_total(zoo.gambler(goal=4, win=0.3, horizon=1)) == 0.0
    assert best_total(zoo.gambler(goal=4, win=0.3, horizon=3, capital=1)) == pytest.approx(0.09, abs=1e-15)
    three_quarters = 0.3 + 0.7 * 0.3  # win at once, or stake the half that is left
    assert best_total(zoo.gambler(goal=4, win=0.3, horizon=3, capital=3)) == pytest.approx(three_quarters, abs=1e-15)
    assert best_total(zoo.gambler(goal=4, win=0.3, capital=4)) == 1.0
    assert best_total(zoo.gambler(goal=4, win=0.9, capital=0)) == 0.0
