"""Bounds for coins against sums over all results, written down as they are defined."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom

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
        above = largest_excess(np.array([heads]), tosses, np.array([0.3 * bound]), level)
        assert above == pytest.approx(0.7 * bound, rel=1e-3)  # what is known is taken off
    assert largest_excess(np.array([20]), 20, np.array([0.25]), 0.05) == 0.75


def test_the_law_of_a_coin_is_binomial_and_leaves_out_what_is_far_below_the_level() -> None:
    for tosses, level in ((1, 0.05), (30, 0.05), (4000, 0.3), (10**6, 1e-9), (10**6, 0.5)):
        chances = np.array([0.3, 0.31]) if tosses > 30 else np.array([0.0, 1e-9, 0.3, 0.5, 0.99, 1.0])
        first, law = coins._law(tosses, chances, level)
        heads = first + np.arange(law.shape[1])
        assert first >= 0 and heads[-1] <= tosses
        np.testing.assert_allclose(law, binom.pmf(heads, tosses, chances[:, None]), rtol=1e-5, atol=1e-13)
        np.testing.assert_allclose(law.sum(axis=1), 1.0, rtol=0, atol=1e-12)
        beyond = binom.cdf(first - 1, tosses, chances) + binom.sf(heads[-1], tosses, chances)
        assert (beyond <= 1e-4 * level).all()
        spread = math.sqrt(tosses * 0.31 * 0.69)
        assert tosses < 10**6 or len(heads) < 17 * spread + 0.01 * tosses + 100  # a window, not all


TOSSES = [(7, 5), (4, 9), (6, 6)]


@pytest.mark.parametrize("tosses", TOSSES, ids=str)
def test_tails_of_differences_are_sums_over_all_pairs_of_results(tosses: tuple[int, int]) -> None:
    """The second frequency exceeds the first by no more than was seen, in fractions; and the same in spreads."""
    n, k = tosses
    first, second, excess = np.array([0.0, 0.2, 0.55]), np.array([0.3, 0.5, 0.85]), 0.3
    laws = coins._law(n, first, 0.05), coins._law(k, second, 0.05)
    chances = [np.outer(binomial(n, p), binomial(k, q)) for p, q in zip(first, second, strict=True)]
    results = list(np.ndindex(n + 1, k + 1))

    def spreads(x: int, y: int) -> float:
        """How far the difference is above the excess, in its own standard deviations, half a head added to either."""
        p, q = (x + 0.5) / (n + 1), (y + 0.5) / (k + 1)
        return (y / k - x / n - excess) / math.sqrt(p * (1 - p) / n + q * (1 - q) / k)

    for x, y in results:
        seen = np.array([x, y])
        less = [Fraction(b, k) - Fraction(a, n) <= Fraction(y, k) - Fraction(x, n) for a, b in results]
        wanted = [chance.ravel()[less].sum() for chance in chances]
        np.testing.assert_allclose(coins._tail(seen, tosses, laws), wanted, rtol=0, atol=1e-12)
        less = [spreads(a, b) <= spreads(x, y) + 1e-9 for a, b in results]
        wanted = [chance.ravel()[less].sum() for chance in chances]
        np.testing.assert_allclose(coins._tail_in_spreads(seen, tosses, laws, excess), wanted, rtol=0, atol=1e-12)


def test_windows_of_many_tosses_have_the_tails_of_all_results() -> None:
    tosses, places, excess = (3000, 2000), np.array([0.2, 0.25]), 0.02
    laws = coins._law(tosses[0], places, 0.05), coins._law(tosses[1], places + excess, 0.05)
    for x, y in ((600, 430), (720, 450), (600, 2000), (0, 0), (3000, 0), (0, 2000)):
        below = [
            binom.cdf(np.floor(tosses[1] * (y / tosses[1] - x / tosses[0] + np.arange(3001) / 3000) + 1e-9), 2000, p)
            for p in places + excess
        ]
        wanted = [(binom.pmf(np.arange(3001), 3000, p) * tail).sum() for p, tail in zip(places, below, strict=True)]
        np.testing.assert_allclose(coins._tail(np.array([x, y]), tosses, laws), wanted, rtol=0, atol=1e-8)


def divergence(seen: float, chance: float) -> float:
    terms = ((seen, chance), (1 - seen, 1 - chance))
    return sum(a * math.log(a / b) for a, b in terms if a > 0)


@pytest.mark.parametrize(("tosses", "shares"), [((100, 300), (0.75, 0.25)), ((10**6, 10), (0.05 / 1.05, 1 / 1.05))])
def test_a_bound_for_each_coin_shares_the_level_by_their_parts_of_the_variance(
    tosses: tuple[int, int], shares: tuple[float, float]
) -> None:
    """A coin without heads may have none, one that always shows them may go on: the other alone is left."""
    n, k = tosses
    for heads in (1, 4):
        [upper] = coins._each(np.array([0]), np.array([heads]), tosses, 0.1)
        assert k * divergence(heads / k, upper) == pytest.approx(-math.log(0.1 * shares[1]), rel=1e-3)
        [excess] = coins._each(np.array([n - heads]), np.array([k]), tosses, 0.1)
        assert n * divergence(1 - heads / n, 1 - excess) == pytest.approx(-math.log(0.1 * shares[0]), rel=1e-3)


def test_the_largest_excess_of_several_is_found_to_a_ten_thousandth_and_rounded_up() -> None:
    rng = np.random.default_rng(3)
    for seen, room in itertools.product((-0.5, 0.0, 0.3), (0.01, 0.6)):
        seen_of, limit = seen + 0.1 * rng.random(6), seen + 0.1 + room * rng.random(6)
        truth, asked = seen_of + rng.random(6) * (limit - seen_of), []

        def rules_out(i: int, excess: float, truth: np.ndarray = truth, asked: list[float] = asked) -> bool:
            asked.append(excess)
            return excess > truth[i]

        found, best = coins._largest(seen_of, limit, rules_out), max(truth.max(), 0.0)
        assert best <= found <= best * (1 + 1.001e-4) and len(asked) <= 6 * 20
        assert all(0 <= excess <= limit.max() for excess in asked)
    assert coins._largest(np.array([0.2]), np.array([0.5]), lambda i, excess: False) == 0.5


@pytest.mark.parametrize(("tosses", "seen"), [((40, 25), (12, 13)), ((25, 40), (8, 21))], ids=str)
def test_an_event_that_stands_for_others_is_bounded_wherever_they_are(
    tosses: tuple[int, int], seen: tuple[int, int]
) -> None:
    """Its difference is the largest, and the heads of the coin that was tossed more often are anywhere between."""
    heads, low, high = np.array([seen]), np.array([[4, 5]]), np.array([[20, 22]])
    most = seen[1] / tosses[1] - seen[0] / tosses[0]
    wide = largest_difference(heads, tosses, 0.05, low, high)
    assert wide > most > 0.2
    for x, y in (seen, (4, 5), (20, 22), (12, 13), (8, 9)):
        if y / tosses[1] - x / tosses[0] <= most:
            one = np.array([[x, y]])
            assert wide >= 0.999 * largest_difference(one, tosses, 0.05, one, one)


@pytest.mark.parametrize(("tosses", "better"), [((40, 25), 0), ((25, 40), 1)], ids=str)
@pytest.mark.parametrize("in_spreads", [False, True])
def test_the_coin_that_was_tossed_more_often_is_tried_at_all_places_of_its_interval(
    tosses: tuple[int, int], better: int, in_spreads: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The level pays for the interval and for what lies between the places; the other coin is an excess apart."""
    level, excess, law, asked = 0.1, 0.05, coins._law, {}
    heads, between = np.array([10, 12]), (np.array([8, 9]), np.array([12, 15]))
    monkeypatch.setattr(coins, "_law", lambda n, p, level: asked.update({n: p}) or law(n, p, level))
    for share, rare in ((0.96, True), (0.98, False)):
        for name in ("_tail", "_tail_in_spreads"):
            tail = np.full(41, 0.5 * level)
            tail[20] = share * level if (name == "_tail_in_spreads") == in_spreads else np.nan
            monkeypatch.setattr(coins, name, lambda *_, tail=tail: tail)
        assert coins._too_rare(heads, between, tosses, excess, level, in_spreads) == rare
    first, second = asked[tosses[0]], asked[tosses[1]]
    assert len(first) == 41
    np.testing.assert_allclose(second - first, excess, rtol=0, atol=1e-15)
    places, n = (first, second)[better], tosses[better]
    for end, place in ((between[0][better], places.min()), (between[1][better], places.max())):
        assert n * divergence(end / n, float(place)) == pytest.approx(math.log(2 / (0.02 * level)), rel=1e-6)


def test_few_pairs_of_results_are_ordered_in_spreads_and_those_that_stand_for_others_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    orders: list[bool] = []
    monkeypatch.setattr(coins, "_too_rare", lambda *each: orders.append(each[-1]) or True)
    heads = np.array([[3, 4]])
    for pairs, low, alone in ((10**7, None, True), (48, None, True), (47, None, False), (10**7, heads, False)):
        monkeypatch.setattr(coins, "_MOST_PAIRS", pairs)
        largest_difference(heads, (8, 6), 0.2, low, low)
        assert set(orders) == {alone}
        orders.clear()


def test_events_leave_no_more_than_hoeffding_does_and_have_their_own_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """exp(-2 s^2 / (1/n + 1/k)) is what the interval leaves of the level; alone, results are in another order."""
    limits, ends, tosses, level = [], [], (30, 20), 0.1
    heads, low, high = (np.array(each) for each in ([[3, 9], [2, 19]], [[1, 8], [2, 17]], [[6, 12], [7, 20]]))
    largest = coins._largest
    monkeypatch.setattr(coins, "_largest", lambda seen, limit, rule: limits.append(limit) or largest(seen, limit, rule))
    monkeypatch.setattr(coins, "_too_rare", lambda x, between, *_: ends.append((x, *between)) or True)
    largest_difference(heads, tosses, level, low, high)
    seen = heads[:, 1] / 20 - heads[:, 0] / 30
    spread = limits[0][0] - seen[0]
    assert math.exp(-2 * spread**2 / (1 / 30 + 1 / 20)) == pytest.approx(0.98 * level, rel=1e-12)
    assert limits[0][1] == 1.0 < seen[1] + spread
    for x, first, last in ends:
        [i] = np.flatnonzero((heads == x).all(axis=1))
        assert (first == low[i]).all() and (last == high[i]).all()
    assert ends
    largest_difference(heads, tosses, level)
    assert limits[1].tolist() == [1.0, 1.0]
    monkeypatch.setattr(coins, "_MOST_TOSSES", 29)
    each = largest_difference(heads, tosses, level, low, high)
    assert each == coins._each(low[:, 0], high[:, 1], tosses, level).max() and len(limits) == 2
