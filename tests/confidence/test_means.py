"""The mean of bounded draws: exactly how often its bound is ever wrong, and the mixture that it is made of."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import betaln

from mornavi_lite.confidence import chernoff, highest_average


def ever_wrong(law: dict[int, float], delta: float, longest: int, share: float = 1.0) -> float:
    """Exact probability that either bound on the mean of draws of 0, 1/4, ..., 1 ever fails; ``law`` is in quarters.

    The state of the walk is the sum and whether all draws so far were 0, or all were 1.
    """
    mean = sum(q * p for q, p in law.items()) / 4
    states, failed = {(0, True, True): 1.0}, 0.0
    for visits in range(1, longest + 1):
        after: dict[tuple[int, bool, bool], float] = {}
        for (total, lowest, highest), probability in states.items():
            for draw, p in law.items():
                new = (total + draw, lowest and draw == 0, highest and draw == 4)
                after[new] = after.get(new, 0.0) + probability * p
        totals = np.array([total / 4 for total, _, _ in after])
        flags = np.array([lowest or highest for _, lowest, highest in after])
        high = highest_average(totals, np.array(visits), np.array(share * math.log(1 / delta)), flags)
        low = 1 - highest_average(visits - totals, np.array(visits), np.array(share * math.log(1 / delta)), flags)
        wrong = dict(zip(after, ((high < mean - 1e-12) | (low > mean + 1e-12)).tolist(), strict=True))
        failed += sum(p for state, p in after.items() if wrong[state])
        states = {state: p for state, p in after.items() if not wrong[state]}
    return failed


LAWS = [{0: 1.0}, {4: 1.0}, {2: 1.0}, {0: 0.5, 4: 0.5}, {0: 0.95, 4: 0.05}, {0: 0.2, 1: 0.5, 3: 0.2, 4: 0.1}]


@pytest.mark.parametrize("delta", [0.05, 0.5, 0.9])
def test_bounds_of_a_mean_are_ever_wrong_with_at_most_delta(delta: float) -> None:
    assert max(ever_wrong(law, delta, 120) for law in LAWS) <= delta


def test_the_exact_probability_can_see_a_bound_that_is_too_narrow() -> None:
    assert max(ever_wrong(law, 0.05, 120, share=0.2) for law in LAWS) > 0.05


def test_the_log_term_is_that_of_the_mixture_at_real_sums() -> None:
    rng = np.random.default_rng(0)
    visits = rng.integers(1, 3000, 300)
    totals = visits * rng.choice([0.0, 1e-3, 0.3, 1.0], 300) * rng.random(300)
    constant = totals == 0
    mixed = np.exp(betaln(totals + 0.5, visits - totals + 0.5)) / (2 * math.pi) + constant / 4
    frequency = totals / visits
    with np.errstate(divide="ignore", invalid="ignore"):
        best = np.where(totals > 0, totals * np.log(frequency), 0) + (visits - totals) * np.log1p(-frequency)
    keep = mixed > 1e-290
    expected = chernoff(frequency, visits, np.where(keep, best - np.log(np.where(keep, mixed, 1)), 0) + 3.0)
    found = highest_average(totals, visits, np.array(3.0), constant)
    np.testing.assert_allclose(found[keep], expected[keep], rtol=1e-9)
    assert keep.sum() > 100


def test_without_draws_a_mean_may_be_anything() -> None:
    found = highest_average(np.zeros(2), np.array([0, 10]), np.array(3.0), np.array([True, True]))
    assert found[0] == 1 and found[1] == pytest.approx(-math.expm1(-(3 - math.log(mixed_of(10))) / 10), rel=1e-9)


def test_a_sum_that_is_beyond_its_draws_by_rounding_is_at_their_end() -> None:
    flags = np.array([False, True])
    for visits, log_term in ((1, 0.5), (10, 3.0), (400, 3.0)):
        for total, rounded in ((0.0, -1e-13), (float(visits), visits + 1e-13 * visits)):
            wanted, found = (
                highest_average(np.full(2, each), np.full(2, visits), np.array(log_term), flags)
                for each in (total, rounded)
            )
            assert found.tolist() == wanted.tolist()
        counted = highest_average(np.full(2, visits // 2), np.full(2, visits), np.array(log_term), flags)
        same = highest_average(np.full(2, visits / 2 // 1), np.full(2, visits), np.array(log_term), flags)
        assert counted.tolist() == same.tolist()


def mixed_of(visits: int) -> float:
    """The mixture of draws that were all 0."""
    return math.exp(betaln(0.5, visits + 0.5)) / (2 * math.pi) + 0.25
