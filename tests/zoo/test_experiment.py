"""The games of the paper's experiment, row by row and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mornavi_lite import zoo
from tests.zoo.by_hand import best_total, same, same_rewards, worst_by_hand
from tests.zoo.test_stories import strict_pure_equilibria


@given(st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_paper_cooperative(p_high: float, medium: float) -> None:
    mediocre = {"sM": 0.5, "sT": 0.5}
    rows: dict[Any, dict[str, float]] = {
        ("s0", "risky", "risky"): {"sH": p_high, "sT": 1 - p_high},
        ("s0", "risky", "safe"): mediocre,
        ("s0", "safe", "risky"): mediocre,
        ("s0", "safe", "safe"): {"sM": 0.9, "sT": 0.1},
    } | {state: {state: 1.0} for state in ("sH", "sM", "sT")}
    game = zoo.paper_cooperative(p_high, medium)
    assert game.state_names == ("s0", "sH", "sM", "sT") and game.horizon == 2
    assert game.action_names == (("risky", "safe"), ("risky", "safe"))
    same(game, rows, {"sH": (1, 1), "sM": (medium, medium)})


@given(st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_paper_general_sum(p_high: float) -> None:
    pays = {
        ("sH", "risky", "risky"): (1, 0.7),
        ("sH", "safe", "safe"): (0.7, 1),
        ("sM", "risky", "risky"): (0.75, 0.6),
        ("sM", "safe", "safe"): (0.6, 0.75),
    }
    game, cooperative = zoo.paper_general_sum(p_high), zoo.paper_cooperative(p_high)
    assert game.state_names == cooperative.state_names and game.action_names == cooperative.action_names
    assert game.horizon == 2 and game.initial.tolist() == [1, 0, 0, 0]
    np.testing.assert_array_equal(game.transition, cooperative.transition, strict=True)
    assert game.reward.strides[1] == 0
    same_rewards(game, 0, pays)


def test_the_papers_games_have_defaults_of_their_own() -> None:
    for game in (zoo.paper_cooperative(), zoo.paper_general_sum()):
        np.testing.assert_array_equal(game.transition[:, 0, 0], [[0, 0.75, 0, 0.25]] * 2)
    np.testing.assert_array_equal(zoo.paper_cooperative().reward[:, :, 2], 0.75)


@pytest.mark.parametrize("radius", [0.0, 0.1, 0.29, 0.31, 0.5, 0.8])
def test_paper_cooperative_turns_from_risky_to_safe(radius: float) -> None:
    risky, safe = max(0.75 - radius, 0.0), 0.75 * max(0.9 - radius, 0.0)  # the thief takes from the best state
    assert (risky > safe) == (radius < 0.3)
    assert best_total(zoo.paper_cooperative(), radius) == pytest.approx(max(risky, safe), abs=1e-9)
    assert best_total(zoo.paper_cooperative(p_high=1.0), radius) == pytest.approx(1 - radius, abs=1e-9)


def paper_general_sum_stage(radius: float) -> np.ndarray:
    """Payoffs at s0 if both play risky in the high and in the medium state, the equilibrium of higher total payoff."""
    game = zoo.paper_general_sum()
    after = game.reward[:, 1, :, 0]
    worst = [[worst_by_hand(row, v, radius) for row in game.transition[0, 0]] for v in after]
    return np.array(worst).reshape(2, 2, 2)


@pytest.mark.parametrize("radius", [0.0, 0.1, 0.17, 0.18, 0.3])
def test_paper_general_sum_by_hand(radius: float) -> None:
    stage = zoo.paper_general_sum().reward[:, 1].reshape(2, 4, 2, 2)
    for state, best in ((1, (1.0, 0.7)), (2, (0.75, 0.6))):
        assert strict_pure_equilibria(stage[:, state]) == [(0, 0), (1, 1)]
        assert stage[:, state, 0, 0].tolist() == list(best) and stage[:, state, 1, 1].tolist() == list(best[::-1])
    payoffs = paper_general_sum_stage(radius)
    assert strict_pure_equilibria(payoffs) == [(0, 0), (1, 1)]
    np.testing.assert_allclose(payoffs[:, 0, 0], [0.75 - radius, 0.7 * (0.75 - radius)], atol=1e-15)
    np.testing.assert_allclose(payoffs[:, 1, 1], [0.75 * (0.9 - radius), 0.6 * (0.9 - radius)], atol=1e-15)
    totals = payoffs.sum(axis=0)
    assert (totals[0, 0] > totals[1, 1]) == (radius < 0.06 / 0.35)  # 1.7 (.75 - r) against 1.35 (.9 - r)
    assert payoffs[1, 1, 1] > payoffs[1, 0, 0]  # the second player always liked the safe way better
