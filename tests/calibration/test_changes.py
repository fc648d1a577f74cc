"""Where the plan changes: known flips, several at once, what a grid cannot see, mixed plans."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mornavi_lite import ChiSquare, KullbackLeibler, MarkovGame, TotalVariation, solve, zoo
from mornavi_lite.calibration import flips
from tests.planning.test_induction import random_game as some_game


def lottery(chances: list[float], prizes: list[float]) -> MarkovGame:
    """One player chooses among lotteries; each wins its own prize with its own chance, else nothing."""
    n = len(chances)
    kernel = np.zeros((2, n + 2, n, n + 2))
    kernel[:, 1:, :, n + 1] = 1
    for a, chance in enumerate(chances):
        kernel[:, 0, a, [a + 1, n + 1]] = chance, 1 - chance
    rewards = np.zeros((1, 2, n + 2, n))
    rewards[0, :, 1 : n + 1] = np.array(prizes)[:, None]
    return MarkovGame(kernel, rewards, (n,), 0)


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        (lambda r: TotalVariation(r, shift_support=False), 0.1),
        (KullbackLeibler, 0.0821658),
        (ChiSquare, 0.3325792),
    ],
    ids=["in-support", "KL", "chi-square"],
)
def test_the_flips_of_the_trap_are_where_they_are_known(kind: Any, where: float) -> None:
    [(below, above)] = flips(zoo.safe_or_risky(), kind, (0, 0.9))
    assert below <= where + 1e-6 and above >= where - 1e-6 and above - below <= 1e-6


def test_all_flips_that_points_separate_are_found_even_in_one_interval() -> None:
    """With mass rho lost, lottery i is worth (chance - rho) prize: the plan changes where two of these lines cross."""
    game = lottery([0.55, 0.7, 1.0], [1.0, 0.7, 0.42])
    crossings = [(0.55 - 0.7 * 0.7) / 0.3, (0.49 - 0.42) / 0.28]
    for points in (2, 65):
        found = flips(game, between=(0, 0.5), points=points, tolerance=1e-4)
        assert len(found) == 2 and all(b <= c <= a for (b, a), c in zip(found, crossings, strict=True))


def test_the_plan_differs_at_both_ends_of_a_bracket_for_three_unlike_players() -> None:
    game = some_game(2)
    found = flips(game, between=(0, 0.9), points=9, tolerance=1e-3)
    assert found == sorted(found)
    for below, above in found:
        assert 0 < above - below <= 1e-3
        plans = [solve(game, TotalVariation(radius)).policy > 1e-7 for radius in (below, above)]
        assert (plans[0] != plans[1]).any()


def test_a_mixed_plan_whose_probabilities_move_has_not_changed() -> None:
    game = zoo.patrol()
    plans = [solve(game, TotalVariation(radius), "nash").policy for radius in (0.01, 0.02)]
    assert np.abs(plans[0] - plans[1]).max() > 1e-6  # or this shows nothing
    assert flips(game, between=(0.01, 0.02), concept="nash", points=3) == []


def test_no_flip_where_nothing_changes() -> None:
    assert flips(zoo.fishing(storm=0.02), between=(0.05, 0.2), points=5) == []


WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"game": None}, TypeError, "game must be a MarkovGame"),
    ({"between": 0.5}, ValueError, "between must be two radii"),
    ({"between": (0.5, 0.1)}, ValueError, "between must rise"),
    ({"between": (0, 1.5)}, ValueError, r"between\[1\] must be in \[0, 1\]"),
    ({"concept": "nsah"}, ValueError, "concept must be one of"),
    ({"points": 1}, ValueError, "points must be at least 2"),
    ({"tolerance": -1}, ValueError, "tolerance must be finite and at least 0"),
    ({"uncertainty": "tv"}, TypeError, "a class like TotalVariation"),
]


@pytest.mark.parametrize(("wrong", "error", "said"), WRONG, ids=[said[:30] for _, _, said in WRONG])
def test_wrong_arguments_are_named(wrong: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        flips(**{"game": zoo.fishing()} | wrong)
