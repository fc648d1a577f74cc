"""Fishing and patrol, row by row and by hand."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mornavi_lite import zoo
from tests.zoo.by_hand import same, same_rewards, same_rows, worst_by_hand, worst_by_program


@given(st.floats(0, 1), st.integers(1, 9))
@settings(max_examples=30, deadline=None)
def test_fishing(storm: float, days: int) -> None:
    game = zoo.fishing(storm, days)
    assert game.state_names == ("harbour", "voyage", "voyage alone", "storm", "home")
    assert game.action_names == (("near", "far"), ("near", "far"))
    assert game.horizon == days + 1 and game.initial.tolist() == [1, 0, 0, 0, 0]
    calm = 1 - storm
    rows: dict[Any, dict[str, float]] = {
        ("harbour", "near", "near"): {"home": 1},
        ("harbour", "near", "far"): {"home": 1},
        ("harbour", "far", "near"): {"voyage alone": calm, "storm": storm},
        ("harbour", "far", "far"): {"voyage": calm, "storm": storm},
        "voyage": {"voyage": calm, "storm": storm},
        "voyage alone": {"voyage alone": calm, "storm": storm},
        "storm": {"home": 1},
        "home": {"home": 1},
    }
    coast = float(np.prod([0.95] * days))
    pays: dict[Any, tuple[float, float]] = {
        ("harbour", "near", "near"): (coast, coast / 2),
        ("harbour", "near", "far"): (coast, 0),
        ("harbour", "far", "near"): (0, 0.1),
    }
    for step in range(days + 1):
        same_rows(game, step, rows)
        landing: dict[Any, tuple[float, float]] = {"voyage": (1, 0.5), "voyage alone": (1, 0)}
        same_rewards(game, step, pays | (landing if step == days else {}))


@given(st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_patrol(catch: float) -> None:
    opens = {("quiet", "gate"): 0.6, ("quiet", "roof"): 0.5, ("quiet", "cellar"): 0.4}
    opens |= {("alarm", "gate"): 0.3, ("alarm", "roof"): 0.25, ("alarm", "cellar"): 0.2}
    rows: dict[Any, dict[str, float]] = {"caught": {"caught": 1}, "robbed": {"robbed": 1}}
    for guard in ("gate", "roof", "cellar"):
        rows["quiet", guard, "wait"] = {"quiet": 1}
        rows["alarm", guard, "wait"] = {"quiet": 0.5, "alarm": 0.5}
        for (state, door), x in opens.items():
            rows[state, guard, door] = {"robbed": x, "alarm": 1 - x}
        rows["quiet", guard, guard] = {"caught": catch, "alarm": 1 - catch}
        rows["alarm", guard, guard] = {"caught": 1}
    game = zoo.patrol(catch=catch)
    assert game.state_names == ("quiet", "alarm", "caught", "robbed") and game.horizon == 4
    assert game.action_names == (("gate", "roof", "cellar"), ("gate", "roof", "cellar", "wait"))
    same(game, rows, {"quiet": (0.75, 0.25), "alarm": (0.75, 0.25), "caught": (1, 0), "robbed": (0, 1)})
    assert (game.reward[1] == 1 - game.reward[0]).all()


def strict_pure_equilibria(payoffs: np.ndarray) -> list[tuple[int, int]]:
    """All pure equilibria of a 2x2 game (2, 2, 2), by their definition; each must be strict."""
    found = []
    for a, b in itertools.product(range(2), repeat=2):
        gains = payoffs[0, 1 - a, b] - payoffs[0, a, b], payoffs[1, a, 1 - b] - payoffs[1, a, b]
        assert abs(gains[0]) > 1e-3 and abs(gains[1]) > 1e-3
        if max(gains) < 0:
            found.append((a, b))
    return found


def fishing_stage(storm: float, radius: float) -> np.ndarray:
    """Payoffs in the harbour on day 0, by backward induction; nobody decides anything on the voyage."""
    game = zoo.fishing(storm)
    value = np.zeros((2, 5))
    for step in reversed(range(game.horizon)):
        after = [[[worst_by_hand(row, v, radius) for row in rows] for rows in game.transition[step]] for v in value]
        q = game.reward[:, step] + np.array(after)
        value = q[:, :, 0] * (np.arange(5) > 0)  # nobody comes back to the harbour
    return np.array(q[:, 0].reshape(2, 2, 2))


@pytest.mark.parametrize(
    "storm, radius, answer", [(0.049, 0.0, 1), (0.051, 0.0, 0), (0.049, 0.1, 0), (0.051, 0.1, 0), (0.049, 0.01, 0)]
)
def test_fishing_flips(storm: float, radius: float, answer: int) -> None:
    payoffs = fishing_stage(storm, radius)
    assert strict_pure_equilibria(payoffs) == [(answer, answer)]
    better = payoffs[0, answer] - payoffs[0, 1 - answer]
    assert (better > 0).all()  # dominant for the trawler: so the correlated equilibria are this one, too
    voyage, coast = (1 - storm - radius) ** 5, 0.95**5
    np.testing.assert_allclose(payoffs[0], [[coast, coast], [voyage, voyage]], atol=1e-9)
    np.testing.assert_allclose(payoffs[1], [[coast / 2, 0], [0.1, voyage / 2]], atol=1e-9)


def test_fishing_worst_case_is_far_worse() -> None:
    assert 0.851**5 < 0.6 * 0.95**5  # (far, far) keeps less than 60 % of what (near, near) is sure of
    assert 0.951**5 < 1.006 * 0.95**5  # and gains less than 0.6 % where the model is right


def test_patrol_robust_values_do_not_sum_to_the_horizon() -> None:
    game = zoo.patrol()
    row, v = game.transition[0, 0, 0], game.reward[:, 0, :, 0]  # both at the gate: .8 caught, .2 alarm
    robust = [worst_by_program(row, w, 0.1) for w in v]
    assert (row @ v.T).tolist() == pytest.approx([0.95, 0.05], abs=1e-15)
    assert robust == pytest.approx([0.85, 0.025], abs=1e-9)  # each fears another tenth of the outcomes
