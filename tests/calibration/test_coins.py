"""Bounds for coins against sums over all results, written down as they are defined."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mornavi_lite.calibration import coins
from mornavi_lite.calibration.coins import largest_difference, largest_excess


def binomial(tosses: int, probability: float) -> np.ndarray:
    heads = range(tosses + 1)
    return np.array([math.comb(tosses, x) * probability**x * (1 - probability) ** (tosses - x) for x in heads])


def bounds(tosses: tuple[int, int], level: float) -> np.ndarray:
    """The bound on the excess of the second coin, result by result."""
    found = np.empty((tosses[0] + 1, tosses[1] + 1))
    for x, y in np.ndindex(found.shape):
        found[x, y] = largest_difference(np.array([[x, y]]), tosses, level)
    return found


def failures(found: np.ndarray, first: float, second: float) -> float:
    """Probability that the bound is below the true excess."""
    chances = np.outer(binomial(found.shape[0] - 1, first), binomial(found.shape[1] - 1, second))
    return float(chances[found < second - first].sum())


@pytest.mark.parametrize("tosses", [(12, 7), (5, 14), (9, 9)], ids=str)
@pytest.mark.parametrize(("level", "spent"), [(0.05, 0.01), (0.3, 0.1)])
def test_a_bound_is_below_the_truth_with_no_more_than_its_level(
    tosses: tuple[int, int], level: float, spent: float
) -> None:
    found = bounds(tosses, level)
    for first, second in ((0.0, 0.3), (0.1, 0.1), (0.35, 0.6), (0.2, 1.0)):
        assert failures(found, first, second) <= level, (first, second)
    if tosses == (12, 7):
        assert failures(found, 0.35, 0.6) > spent


@pytest.mark.parametrize(("pairs", "most"), [(10**7, 10**6), (0, 10**6), (0, 0)], ids=["spreads", "difference", "each"])
def test_every_order_of_results_covers(pairs: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coins, "_MOST_PAIRS", pairs)
    monkeypatch.setattr(coins, "_MOST_TOSSES", most)
    found = bounds((8, 6), 0.2)
    for first, second in ((0.2, 0.5), (0.0, 0.2)):
        assert failures(found, first, second) <= 0.2


def test_the_grid_of_the_nuisance_is_fine_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [((1000, 100), 0.05), ((60, 60), 0.05), ((40, 20), 0.003), ((20, 40), 1e-9)]
    rng = np.random.default_rng(0)
    heads = [np.array([[rng.integers(n + 1), rng.integers(k + 1)]]) for (n, k), _ in cases]
    coarse = [largest_difference(h, *case) for h, case in zip(heads, cases, strict=True)]
    monkeypatch.setattr(coins, "_PLACES", 801)
    monkeypatch.setattr(coins, "_BETWEEN", 1.0)
    fine = [largest_difference(h, *case) for h, case in zip(heads, cases, strict=True)]
    assert (np.array(coarse) >= np.array(fine) * (1 - 1e-4)).all()


def test_the_largest_of_several_pairs_is_that_of_one_of_them() -> None:
    heads = np.array([[30, 12], [70, 20], [5, 1], [50, 30]])
    alone = [largest_difference(each[None], (100, 40), 0.05) for each in heads]
    assert largest_difference(heads, (100, 40), 0.05) == pytest.approx(max(alone), rel=3e-4)


def test_a_known_coin_is_that_of_clopper_and_pearson() -> None:
    for heads, tosses, level in ((0, 20, 0.05), (7, 20, 0.05), (19, 20, 1e-6), (300, 1000, 0.01)):
        bound = largest_excess(np.array([heads]), tosses, np.array([0.0]), level)
        assert binomial(tosses, bound)[: heads + 1].sum() <= level * (1 + 1e-9)
        assert binomial(tosses, bound * (1 - 3e-4))[: heads + 1].sum() > level
    assert largest_excess(np.array([20]), 20, np.array([0.25]), 0.05) == 0.75
