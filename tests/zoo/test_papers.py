"""Games of papers, row by row and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mornavi_lite import zoo
from tests.zoo.by_hand import OVER, best_total, same


@pytest.mark.parametrize(
    "rewards, pays",
    [("shared", {"high": (1, 1), "medium": (0.6, 0.6)}), ("opposed", {"high": (1, 0), "medium": (0, 1)})],
)
def test_safe_or_risky(rewards: str, pays: dict[str, tuple[float, float]]) -> None:
    coin = {"high": 0.5, "trap": 0.5}
    rows = {
        ("start", "a", "a"): {"high": 0.9, "trap": 0.1},
        ("start", "a", "b"): coin,
        ("start", "b", "a"): coin,
        ("start", "b", "b"): {"high": 0.6, "medium": 0.4},
    } | {state: OVER for state in ("high", "medium", "trap", "done")}
    game = zoo.safe_or_risky(rewards=rewards)
    assert game.state_names == ("start", "high", "medium", "trap", "done")
    assert game.action_names == (("a", "b"), ("a", "b")) and game.horizon == 3
    same(game, rows, pays)


def test_delayed_coordination() -> None:
    rows: dict[Any, dict[str, float]] = {
        ("0", "c", "c"): {"1": 1.0},
        ("1", "c", "c"): {"2": 0.9, "trap": 0.1},
        ("2", "c", "c"): {"goal": 1.0},
        "trap": {"0": 0.8, "trap": 0.2},
        "goal": OVER,
        "done": OVER,
    } | {state: {"trap": 1.0} for state in "012"}
    game = zoo.delayed_coordination()
    assert game.state_names == ("0", "1", "2", "goal", "trap", "done") and game.horizon == 5
    assert game.action_names == (("c", "d"), ("c", "d"))
    same(game, rows, {"goal": (1, 1)})


def test_traffic_merge() -> None:
    rows: dict[Any, dict[str, float]] = {
        ("0", "go", "go"): {"1": 0.7, "crash": 0.3},
        ("1", "go", "go"): {"2": 0.7, "crash": 0.3},
        ("2", "go", "go"): {"3": 0.7, "crash": 0.3},
        ("3", "go", "go"): {"merged": 0.7, "crash": 0.3},
        "0": {"1": 1.0},
        "1": {"2": 1.0},
        "2": {"3": 1.0},
        "3": {"merged": 1.0},
        "merged": OVER,
        "crash": OVER,
        "done": OVER,
    }
    game = zoo.traffic_merge()
    assert game.state_names == ("0", "1", "2", "3", "merged", "crash", "done") and game.horizon == 5
    assert game.action_names == (("go", "wait"), ("go", "wait"))
    same(game, rows, {"merged": (1, 1)})


def test_safe_or_risky_by_hand() -> None:
    game = zoo.safe_or_risky()
    expected = game.transition[0, 0] @ game.reward[0, 1, :, 0]
    np.testing.assert_allclose(expected, [0.9, 0.5, 0.5, 0.6 + 0.4 * 0.6], atol=1e-15)
    opposed = zoo.safe_or_risky(rewards="opposed")
    expected = np.einsum("at,it->ia", opposed.transition[0, 0], opposed.reward[:, 1, :, 0])
    np.testing.assert_allclose(expected, [[0.9, 0.5, 0.5, 0.6], [0, 0, 0, 0.4]], atol=1e-15)
    assert best_total(zoo.safe_or_risky(horizon=1)) == 0
    assert best_total(zoo.safe_or_risky(horizon=7)) == best_total(game) == 0.9  # done pays nothing


@pytest.mark.parametrize(
    "horizon, reached",
    [
        (3, 0.0),
        (4, 0.9),
        (5, 0.9),
        (7, 0.9 + 0.1 * 0.8 * 0.9),  # trap at step 2, out at 3, the goal at 6
        (8, 0.9 + 0.1 * (0.8 + 0.2 * 0.8) * 0.9),
    ],
)
def test_delayed_coordination_reaches_the_goal(horizon: int, reached: float) -> None:
    assert best_total(zoo.delayed_coordination(horizon)) == pytest.approx(reached, abs=1e-15)


def test_traffic_merge_by_hand() -> None:
    assert best_total(zoo.traffic_merge(4)) == 0.0
    game = zoo.traffic_merge()
    assert best_total(game) == 1.0
    arrival = np.linalg.multi_dot([game.initial, *[game.transition[0, :, 0]] * 4])
    assert arrival[game.state_names.index("merged")] == pytest.approx(0.7**4, abs=1e-15)
