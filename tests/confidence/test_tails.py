"""Bounds of one event: roots, formulas, exact probabilities of failure, weights of the union."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy.special import gammaln

from mornavi_lite.confidence import FORMS, ConfidenceSet, tails


def spent(seen: int, visits: int, p: Decimal) -> Decimal:
    """visits * kl(seen / visits, p) in exact fractions, but for the logarithms."""
    total = Decimal(0)
    for n, q in ((seen, p), (visits - seen, 1 - p)):
        if n:
            total += n * (n / (visits * q)).ln()
    return total


def assert_root(found: float, seen: int, visits: int, budget: float) -> None:
    """``found`` is the largest p that spends no more than the budget; too small by no more than the last digit."""
    with localcontext() as context:
        context.prec = 60
        middle, frequency = Decimal(found), Decimal(seen) / visits
        below, above = max(middle * (1 - Decimal("1e-14")), frequency), middle * (1 + Decimal("1e-15"))
        assert spent(seen, visits, below) <= Decimal(budget)
        assert above >= 1 or spent(seen, visits, above) > Decimal(budget)


# Bounds of one event


@pytest.mark.parametrize("visits", [1, 2, 3, 10, 1000, 10**6, 10**9, 10**12])
def test_chernoff_is_the_root_to_the_last_digits(visits: int) -> None:
    """In 60 digits: a bit below the bound the budget is not spent, a bit above it is."""
    few = visits // 1000
    seen = {0, 1, 2, few, visits // 3, visits // 2, visits - few, visits - 2, visits - 1}
    for n, budget in itertools.product((n for n in seen if 0 <= n < visits), (1.4, 12.0, 60.0)):
        assert_root(float(tails.chernoff(np.array(n / visits), np.array(visits), np.array(budget))), n, visits, budget)
    assert tails.chernoff(np.array(1.0), np.array(visits), np.array(1.4)) == 1


def test_chernoff_of_what_was_never_seen_and_at_the_largest_counts() -> None:
    """(1 - p)^N = exp(-L), also where p is 1e-15 and its complement has no digits left."""
    visits = np.array([1, 7, 10**3, 10**9, 10**15])
    found = tails.chernoff(np.zeros(5), visits, np.full(5, 20.0))
    np.testing.assert_allclose(visits * np.log1p(-found), -20, rtol=1e-7)
    assert tails.chernoff(np.zeros(2), np.zeros(2, dtype=int), np.ones(2)).tolist() == [1, 1]


def test_a_bound_within_rounding_of_one_is_one() -> None:
    """The root is 1 - 2e-27. A KL ball tells 4e-16 from that: the set would lack kernels that it should hold."""
    assert tails.chernoff(np.array(0.5), np.array(2), np.array(60.0)) == 1


def test_hoeffding_and_bernstein_are_their_formulas() -> None:
    rng = np.random.default_rng(0)
    visits = np.floor(10 ** rng.uniform(0, 12, 300)).astype(np.int64)
    seen = np.floor(visits * rng.random(300) ** 3).astype(np.int64)
    term = rng.uniform(1, 80, 300)
    for name in ("hoeffding", "bernstein"):
        found = getattr(tails, name)(seen / visits, visits, term)
        for n, times, budget, bound in zip(seen.tolist(), visits.tolist(), term.tolist(), found, strict=True):
            t = n / times
            if name == "hoeffding":
                expected = t + math.sqrt(budget / (2 * times))
            elif times == 1:
                expected = 1.0
            else:
                ours = budget + math.log(2)
                expected = t + math.sqrt(2 * t * (1 - t) * ours / (times - 1)) + 7 * ours / (3 * (times - 1))
            assert bound == pytest.approx(min(expected, 1.0), rel=1e-14)
    unvisited = np.zeros(1), np.zeros(1, dtype=int), np.ones(1)
    assert tails.bernstein(*unvisited) == 1
    assert tails.bernstein(0.0, 2, 0.0) == 1  # 7 log(2) / 3 is above 1
    assert tails.bernstein(0.0, 3, 0.0) == pytest.approx(7 * math.log(2) / 6, rel=1e-14)


def test_chernoff_is_the_smallest_of_the_three() -> None:
    """Below Hoeffding by Pinsker's inequality, below Bernstein by a bound of the divergence with the variance."""
    rng = np.random.default_rng(1)
    visits = np.floor(10 ** rng.uniform(0, 12, 20_000)).astype(np.int64)
    seen = np.floor(visits * rng.choice([0.5, 1, 2, 6], 20_000) ** -rng.random(20_000) * rng.random(20_000))
    seen = np.minimum(seen.astype(np.int64), visits)
    seen[::10], seen[1::10] = 0, visits[1::10]
    term = rng.uniform(1, 80, 20_000)
    smallest = tails.chernoff(seen / visits, visits, term)
    assert (smallest >= seen / visits).all() and (smallest <= 1).all()
    for other in (tails.hoeffding, tails.bernstein):
        assert (smallest <= other(seen / visits, visits, term) + 2e-16).all()


# Why the bounds hold: probabilities of ever failing, mixtures, weights of events


def ever_fails(bounds: list[np.ndarray], p: float) -> float:
    """Exact probability that the bound of an event of probability ``p``, or of its complement, fails at any time.

    ``bounds[N - 1][n]`` is the bound after n of N. The law of n moves on visit by visit; what has failed is taken out.
    """
    law, failed = np.ones(1), 0.0
    for bound in bounds:
        law = np.append(law * (1 - p), 0.0) + np.append(0.0, law * p)
        wrong = (bound < p) | (bound[::-1] < 1 - p)
        failed += law[wrong].sum()
        law[wrong] = 0.0
    return failed


@pytest.mark.parametrize("tail", FORMS)
def test_no_bound_ever_fails_for_more_than_delta_of_all_coins(tail: str) -> None:
    """Exactly, at all times from 1 to 800 together, for coins of all kinds; and delta is not far from what it costs."""
    longest = 800
    coins = [0.0, 1.0, 1 / longest, 1e-6, 0.003, 0.02, 0.1, 0.25, 0.4, 0.5, 0.7, 0.93, 1 - 1 / longest]
    seen = np.concatenate([np.arange(n + 1) for n in range(1, longest + 1)])
    visits = np.repeat(np.arange(1, longest + 1), np.arange(2, longest + 2))
    counts, ends = np.stack([seen, visits - seen], axis=-1), np.cumsum(np.arange(2, longest + 2))[:-1]
    worst = {}
    for scale in (1.0, 0.3):
        row = ConfidenceSet(tail, n_states=2, n_rows=1, delta=0.3, scale=scale)
        bounds = np.split(row.row_bound(counts, [True, False]), ends)
        worst[scale] = max(ever_fails(bounds, p) for p in coins)
    assert worst[1.0] <= 0.3 < worst[0.3], worst


def test_a_log_term_without_its_union_over_time_fails() -> None:
    """The test above bites: N kl <= log(4 / delta) alone, with nothing that grows with N, is too little."""
    longest, delta = 800, 0.3
    bounds = [
        tails.chernoff(np.arange(n + 1) / n, np.full(n + 1, n), np.full(n + 1, math.log(4 / delta)))
        for n in range(1, longest + 1)
    ]
    assert max(ever_fails(bounds, p) for p in (0.25, 0.5, 0.7)) > delta


def test_the_mixture_is_a_law_and_close_to_the_best_coin() -> None:
    """1/4 on coin 0, 1/4 on coin 1, 1/2 on Krichevsky and Trofimov. The best coin is 4 sqrt(N) ahead, 4 at an end."""
    for visits in range(1, 13):
        total = Fraction(0)
        for seen in range(visits + 1):
            mixed = Fraction(1)
            for k in range(visits):
                mixed *= Fraction(2 * (k if k < seen else k - seen) + 1, 2 * (k + 1))
            mixed = mixed / 2 + Fraction(seen == 0, 4) + Fraction(seen == visits, 4)
            best = Fraction(seen, visits) ** seen * Fraction(visits - seen, visits) ** (visits - seen)
            assert (best / mixed) ** 2 <= (16 * visits if 0 < seen < visits else 16)
            total += math.comb(visits, seen) * mixed
        assert total == 1


def test_maximum_likelihood_is_at_most_2_sqrt_n_above_the_mixture() -> None:
    for visits in [*range(2, 400), 5000, 10**6]:
        seen = np.unique(np.linspace(1, visits - 1, 400).astype(int))
        rest = visits - seen
        best = seen * np.log(seen / visits) + rest * np.log(rest / visits)
        mixed = gammaln(seen + 0.5) + gammaln(rest + 0.5) - math.log(math.pi) - gammaln(visits + 1)
        assert (best - mixed <= math.log(2 * math.sqrt(visits)) + 1e-12 * visits).all()


@pytest.mark.parametrize("name", ["hoeffding", "bernstein", "chernoff"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.1, 1.1], 9, 1.0), r"frequency\[1\] must be in \[0, 1\], got 1.1"),
        ((np.nan, 9, 1.0), "frequency must be finite, got nan"),
        ((0.1, -9, 1.0), "visits must not be negative, got -9"),
        ((0.1, 9.0, 1.0), "visits must be an array of integers, got float 9.0"),
        ((0.1, 9, [[1.0], [-1.0]]), r"log_term\[1, 0\] must be at least 0, got -1.0"),
        ((0.1, 9, "1"), "log_term must be an array of real numbers, got str '1'"),
        ((0.1, [9, 8], [1.0, 2.0, 3.0]), r"must broadcast against each other, got shapes \(\) and \(2,\) and \(3,\)"),
    ],
)
def test_arguments_of_the_inequalities_are_checked(name: str, arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        getattr(tails, name)(*arguments)


@pytest.mark.parametrize("name", ["hoeffding", "bernstein", "chernoff"])
def test_inequalities_take_numbers_lists_and_shapes_that_broadcast(name: str) -> None:
    bound = getattr(tails, name)
    assert 0.1 < float(bound(0.1, 10**4, 3)) < 0.2
    table = bound([[0.0], [0.5], [1.0]], np.array([0, 9], dtype=np.uint8), 2)
    assert table.shape == (3, 2) and table[2].tolist() == [1, 1]
    assert table[1, 1] == bound(0.5, 9, 2.0)


@pytest.mark.parametrize("budget", [1e-25, 1e-29, 1e-40, 1e-100, 1e-300])
def test_a_budget_of_next_to_nothing_has_the_bound_of_its_expansion(budget: float) -> None:
    """p + sqrt(2 p (1 - p) budget), never below the frequency; a step by rounding must not pass it."""
    seen = 10.0 ** np.random.default_rng(0).uniform(-16, -0.01, 4000)
    seen[::2] = 1 - seen[::2]
    found = tails.chernoff(seen, 1, budget)
    assert (found >= seen).all()
    expected = np.minimum(seen + np.sqrt(2 * budget * seen * (1 - seen)), 1)
    np.testing.assert_allclose(found, expected, rtol=2e-15, atol=budget)


def test_costs_of_events_are_those_of_the_partitions_that_are_listed() -> None:
    """log of floor(S / 2), or 1, and of the ways to part S states into a set of a size and the rest."""
    assert tails.event_costs_within(np.zeros(0, dtype=int), np.zeros(0, dtype=int)).shape == (0,)
    for n in range(9):
        found = tails.event_costs_within(np.full(n + 2, n), np.arange(n + 2))
        for size in range(n + 2):
            states, inside = frozenset(range(n)), min(size, n)
            parts = {frozenset([frozenset(c), states - set(c)]) for c in itertools.combinations(states, inside)}
            assert found[size] == pytest.approx(math.log(max(1, n // 2)) + math.log(len(parts)), abs=1e-12), (n, size)
        if n:
            np.testing.assert_allclose(tails.event_costs(n), found[:-1], atol=1e-12)
    for n, size in ((1000, 500), (1001, 400)):
        expected = math.log(n // 2) + math.log(math.comb(n, size) // (1 + (2 * size == n)))
        assert tails.event_costs(n)[size] == pytest.approx(expected, rel=1e-12)
