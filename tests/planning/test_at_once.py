"""All players' values in one call a step: the numbers of a call for each, in small games and large ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from mornavi_lite import ChiSquare, KullbackLeibler, MarkovGame, Nominal, TotalVariation
from mornavi_lite.planning import gap_and_value
from mornavi_lite.uncertainty import Contamination, UncertaintySet, worst_cases_of

RADII = np.random.default_rng(1).uniform(0, 0.4, size=(2, 6, 8))
#: One set for each of three players; some are equal, some differ in kind or radius alone.
SETS: list[list[UncertaintySet]] = [
    [KullbackLeibler(0.1)] * 3,
    [TotalVariation(0.1), TotalVariation(0.1), TotalVariation(0.3)],
    [ChiSquare(0.2), KullbackLeibler(RADII), KullbackLeibler(RADII.copy())],
    [TotalVariation(RADII), TotalVariation(0.2, shift_support=False), Contamination(0.1)],
    [Nominal(), KullbackLeibler(0.0), ChiSquare(0.1)],
]


def game_of(layout: str, by_outcome: bool, legal: Any = None) -> MarkovGame:
    rng, shape = np.random.default_rng(0), (2, 6, 8)
    if layout == "sparse":
        next_state, rows = rng.integers(6, size=(*shape, 3)), rng.dirichlet(np.ones(3), size=shape)
        reward = rng.random((3, *shape, 3) if by_outcome else (3, *shape))
        return MarkovGame.sparse(next_state, rows, reward, (2, 2, 2), 6, legal=legal)
    reward = rng.random((3, *shape, 6) if by_outcome else (3, *shape))
    return MarkovGame(rng.dirichlet(np.ones(6), size=shape), reward, (2, 2, 2), legal=legal)


@pytest.mark.parametrize("layout", ["dense", "sparse"])
@pytest.mark.parametrize("by_outcome", [False, True])
@pytest.mark.parametrize("sets", SETS)
def test_gap_and_values_are_those_of_two_passes(layout: str, by_outcome: bool, sets: list[UncertaintySet]) -> None:
    masks = [np.array([[True, k != s] for s in range(6)]) for k in range(3)]
    for legal in (None, masks):
        game = game_of(layout, by_outcome, legal)
        policy = game.fold(np.random.default_rng(2).dirichlet(np.full(8, 0.4), size=(2, 6)))
        for concept in ("cce", "ce"):
            gap, value = gap_and_value(game, policy, sets, concept)
            again, values = gap_and_value(game, policy, sets, concept, at_once=True)
            np.testing.assert_allclose(values, value, rtol=0, atol=1e-12)
            assert math.isclose(again, gap, rel_tol=0, abs_tol=1e-12) and gap > 0.01


@pytest.mark.parametrize("n_states", [3, 20, 60])
def test_equal_sets_are_called_once_and_only_where_that_is_quicker(
    n_states: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, called = np.random.default_rng(0), []
    balls = [KullbackLeibler(0.1), ChiSquare(0.1), KullbackLeibler(0.1), KullbackLeibler(0.2), Contamination(0.1)]
    rows, values = rng.dirichlet(np.ones(n_states), size=(5, 40)), rng.random((5, n_states))
    expected = [ball.worst_case(p, v) for ball, p, v in zip(balls, rows, values, strict=True)]
    whole = UncertaintySet.worst_case_unchecked
    monkeypatch.setattr(UncertaintySet, "worst_case_unchecked", lambda *args: called.append(args[0]) or whole(*args))
    np.testing.assert_allclose(worst_cases_of(balls, rows, values), expected, rtol=0, atol=1e-12)
    assert len(called) == 4
    worst_cases_of([KullbackLeibler(0.1)] * 9, np.broadcast_to(rows[0], (9, *rows[0].shape)), rng.random((9, n_states)))
    assert len(called) == 4 + (1 if 9 * rows[0].size <= KullbackLeibler.together_up_to else 9)
