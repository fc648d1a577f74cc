"""Confidence sets: rows stay inside at all times, the optimistic kernel is the program over all events."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from mornavi_lite import ChiSquare, KullbackLeibler, Nominal, TotalVariation
from mornavi_lite.confidence import FORMS, ConfidenceSet, log_term_at, tails
from tests.confidence.test_tails import assert_root
from tests.uncertainty.references import random_rows

#: The forms that bound one event at a time.
TAILS = tuple(form for form in FORMS if form not in ("model", "row"))
#: HiGHS may leave an inequality violated by 1e-7, unless told otherwise.
EXACT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
SETS = [
    Nominal(),
    TotalVariation(0.15),
    TotalVariation(0.15, shift_support=False),
    KullbackLeibler(0.2),
    ChiSquare(0.3),
]


def log_terms(tail: str, size: int, seen: int, visits: int, row: ConfidenceSet) -> float:
    """L as the docstring of ConfidenceSet has it; partitions are listed, not counted by a formula."""
    if tail != "events":
        return row.n_states * math.log(2) + math.log(2 * row.n_rows * visits * (visits + 1) / row.delta)
    states = frozenset(range(row.n_states))
    parts = {frozenset([states - set(c), frozenset(c)]) for c in itertools.combinations(states, size)}
    inside = math.log(visits) / 2 if 0 < seen < visits else 0.0
    return math.log(4 * row.n_rows * (row.n_states // 2) * len(parts) / row.delta) + inside


def events(n_states: int) -> list[tuple[int, ...]]:
    """All events but the empty one and the certain one."""
    return [c for size in range(1, n_states) for c in itertools.combinations(range(n_states), size)]


def random_counts(rng: np.random.Generator, n_states: int, most: int = 400) -> np.ndarray:
    """Counts of one row: some states never seen, some rows never visited or seen in one state only."""
    visits = int(rng.integers(0, most)) if rng.random() < 0.9 else 0
    return rng.multinomial(visits, random_rows(rng, 1, n_states)[0][0])


def constraints(row: ConfidenceSet, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """p(B) <= bound(B) for each event B: the set as a polytope."""
    listed = events(row.n_states)
    inside = np.array([[float(s in event) for s in range(row.n_states)] for event in listed])
    bounds = [row.event_bound(int(counts[list(event)].sum()), int(counts.sum()), len(event)) for event in listed]
    return inside, np.array(bounds)


def highest(
    inside: np.ndarray, bounds: np.ndarray, value: np.ndarray, limits: list[tuple[float, float]] | None = None
) -> tuple[float, np.ndarray]:
    """Largest expectation of ``value`` over the polytope, and a kernel with it; -inf if it is empty."""
    n = len(value)
    certain = np.ones((1, n))
    if not len(inside):
        inside, bounds = np.zeros((1, n)), np.ones(1)
    answer = linprog(
        -value, A_ub=inside, b_ub=bounds, A_eq=certain, b_eq=[1.0], bounds=limits or [(0, 1)] * n, options=EXACT
    )
    if answer.status == 2:
        return -math.inf, np.zeros(n)
    assert answer.status == 0
    return float(-answer.fun), np.asarray(answer.x)


@pytest.mark.parametrize("tail", TAILS)
def test_event_bound_has_the_log_term_of_its_definition(tail: str) -> None:
    for n_states, n_rows, visits in itertools.product((2, 3, 6, 7), (1, 84), (1, 2, 50, 10**7)):
        row = ConfidenceSet(tail, n_states, n_rows, delta=0.05)
        for size, seen in itertools.product(range(1, n_states), sorted({0, 1, visits // 5, visits - 1, visits})):
            found, term = float(row.event_bound(seen, visits, size)), log_terms(tail, size, seen, visits, row)
            if tail in ("hoeffding", "bernstein"):
                expected = getattr(tails, tail)(np.array(seen / visits), np.array(visits), np.array(term))
                assert found == pytest.approx(float(expected), rel=1e-13)
            elif seen == visits:
                assert found == 1
            else:
                assert_root(found, seen, visits, term)


def test_bets_on_events_are_the_tightest_from_two_visits_on() -> None:
    visits = np.repeat(np.arange(2, 2000, 7), 3)
    seen = np.floor(visits * np.tile([0.0, 0.3, 1.0], len(visits) // 3)).astype(int)
    for n_states in range(2, 13):
        model, chernoff = (ConfidenceSet(tail, n_states, 60, 0.05) for tail in ("events", "chernoff"))
        for size in range(1, n_states):
            assert (model.event_bound(seen, visits, size) <= chernoff.event_bound(seen, visits, size)).all()


def test_event_bound_broadcasts_and_knows_nothing_without_visits() -> None:
    for tail, scale in itertools.product(TAILS, (0.0, 0.5, 1.0, 3.0)):
        row = ConfidenceSet(tail, 5, 60, 0.05, scale=scale)
        assert row.event_bound(0, 0, [1, 2, 3, 4]).tolist() == [1, 1, 1, 1], (tail, scale)
    assert row.event_bound(np.arange(3)[:, None], 10, np.array([1, 2])).shape == (3, 2)
    assert isinstance(float(row.event_bound(np.int32(3), np.uint8(10))), float)


def test_scale_moves_the_bound_in_proportion() -> None:
    frequency = 30 / 100
    for tail in TAILS:
        once = ConfidenceSet(tail, 4, 60, 0.05).event_bound(30, 100, 2) - frequency
        for scale in (0.0, 0.02, 0.5, 1.5, 2.0, 100.0):
            found = ConfidenceSet(tail, 4, 60, 0.05, scale=scale).event_bound(30, 100, 2)
            assert found == pytest.approx(min(frequency + scale * once, 1.0), abs=1e-15)


@pytest.mark.parametrize("tail", TAILS)
def test_rows_stay_in_their_sets_at_all_times(tail: str) -> None:
    """Simulated rows of several kinds: every one of the 2^S events, after each of 250 visits."""
    rng, delta, n_states = np.random.default_rng(7), 0.3, 4
    rows = np.concatenate([random_rows(rng, 50, n_states)[0] for _ in range(8)])
    inside = np.array([[s in event for s in range(n_states)] for event in events(n_states)])
    sizes = inside.sum(axis=1)
    failed = {1.0: np.zeros(len(rows), dtype=bool), 0.3: np.zeros(len(rows), dtype=bool)}
    counts = np.zeros((len(rows), n_states), dtype=int)
    for visits in range(1, 251):
        counts += rng.multinomial(1, rows)
        for scale, so_far in failed.items():
            row = ConfidenceSet(tail, n_states, n_rows=1, delta=delta, scale=scale)
            so_far |= (rows @ inside.T > row.event_bound(counts @ inside.T, visits, sizes) + 1e-12).any(axis=1)
    assert failed[1.0].mean() <= delta < failed[0.3].mean()


@pytest.mark.parametrize("n_states", range(1, 13))
def test_weights_of_all_events_sum_to_one(n_states: int) -> None:
    """What each event costs in L, read off its bound: one martingale serves an event and its complement."""
    visits, rows, delta = 10**9, 7, 0.05
    row = ConfidenceSet("events", n_states, rows, delta)
    total = 0.0
    for size, events_of_it in Counter(map(len, events(n_states))).items():
        term = -visits * math.log1p(-float(row.event_bound(0, visits, size)))
        total += events_of_it * math.exp(math.log(4 * rows / delta) - term) / 2
    assert total == pytest.approx(min(n_states - 1, 1), abs=1e-6)
    for size in range(1, n_states):
        assert row.event_bound(3, 90, size) == row.event_bound(3, 90, n_states - size)


def test_log_term_pays_for_rows_sides_and_times() -> None:
    found = log_term_at(np.array([0, 1, 2, 10**12]), 84, 0.01)
    expected = [math.log(2 * 84 * n * (n + 1) / 0.01) for n in (1, 1, 2, 10**12)]
    np.testing.assert_allclose(found, expected, rtol=1e-15)


# The most optimistic and the most pessimistic kernel


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("n_states", [1, 2, 3, 4, 5])
def test_the_optimistic_kernel_is_the_program_over_all_events(tail: str, n_states: int) -> None:
    """At least the best expectation over the polytope of all events; with equal log terms exactly that."""
    rng = np.random.default_rng(n_states)
    for k in range(25):
        row = ConfidenceSet(tail, n_states, n_rows=12, delta=0.1)
        counts = random_counts(rng, n_states)
        value = rng.integers(0, 3, n_states) / 2 if k % 3 == 0 else rng.random(n_states)
        inside, bounds = constraints(row, counts)
        best, worst = row.optimistic(counts, value), row.pessimistic(counts, value)
        above, below = highest(inside, bounds, value)[0], -highest(inside, bounds, -value)[0]
        assert best @ value >= above - 1e-9 and worst @ value <= below + 1e-9
        for kernel in (best, worst):
            assert (kernel >= 0).all() and kernel.sum() == pytest.approx(1, abs=1e-14)
        if tail in ("chernoff", "hoeffding"):
            assert best @ value == pytest.approx(above, abs=1e-8)
            assert worst @ value == pytest.approx(below, abs=1e-8)
            assert not len(inside) or (inside @ best <= bounds + 1e-12).all()


@pytest.mark.parametrize("tail", TAILS)
def test_the_optimistic_kernel_dominates_every_member(tail: str) -> None:
    """Corners of the set in random directions, and mixtures: tails, expectations and worst cases of every ball."""
    rng = np.random.default_rng(3)
    for n_states in (2, 3, 5):
        for _ in range(6):
            row = ConfidenceSet(tail, n_states, n_rows=12, delta=0.1)
            counts, value = random_counts(rng, n_states), rng.random(n_states)
            inside, bounds = constraints(row, counts)
            corners = np.array([highest(inside, bounds, rng.normal(size=n_states))[1] for _ in range(8)])
            members = np.concatenate([corners, rng.dirichlet(np.full(8, 0.3), size=12) @ corners])
            members = np.maximum(members, 0) / np.maximum(members, 0).sum(axis=1, keepdims=True)
            best, worst = row.optimistic(counts, value), row.pessimistic(counts, value)
            order = np.argsort(-value)
            tail_masses = [np.cumsum(each[..., order], axis=-1) for each in (worst, members, best)]
            assert (np.diff(np.stack(np.broadcast_arrays(*tail_masses)), axis=0) >= -1e-9).all()
            for ball in SETS:
                within = ball.worst_case(members, value)
                assert (within <= ball.worst_case(best, value) + 1e-9).all(), ball
                assert (within >= ball.worst_case(worst, value) - 1e-9).all(), ball


def test_a_row_that_was_never_visited_may_lead_anywhere() -> None:
    value = np.array([0.3, 0.9, 0.1, 0.5])
    for tail, scale in itertools.product(TAILS, (0.0, 0.25, 1.0, 2.0)):
        row = ConfidenceSet(tail, 4, 60, 0.05, scale=scale)
        assert row.optimistic(np.zeros(4, dtype=int), value).tolist() == [0, 1, 0, 0], (tail, scale)
        assert row.pessimistic(np.zeros(4, dtype=int), value).tolist() == [0, 0, 1, 0], (tail, scale)


def test_scale_zero_is_the_observed_row_and_more_scale_is_more_optimistic() -> None:
    rng = np.random.default_rng(2)
    for tail in TAILS:
        counts, value = rng.multinomial(90, [0.5, 0.3, 0.2, 0, 0], size=30), rng.random(5)
        frequency = counts / 90
        observed = ConfidenceSet(tail, 5, 60, 0.05, scale=0.0)
        np.testing.assert_allclose(observed.optimistic(counts, value), frequency, rtol=0, atol=1e-15)
        np.testing.assert_allclose(observed.pessimistic(counts, value), frequency, rtol=0, atol=1e-15)
        rising = [ConfidenceSet(tail, 5, 60, 0.05, scale=x).optimistic(counts, value) @ value for x in (0, 0.1, 1, 3)]
        assert (np.diff(rising, axis=0) >= -1e-15).all() and (rising[-1] > rising[0] + 0.01).all()


@pytest.mark.parametrize("tail", TAILS)
def test_kernels_do_not_depend_on_shape_pieces_or_names_of_states(tail: str) -> None:
    rng = np.random.default_rng(4)
    row = ConfidenceSet(tail, 7, 60, 0.05)
    counts = np.array([random_counts(rng, 7) for _ in range(5000)]).reshape(50, 20, 5, 7)
    value, names = rng.random(7), rng.permutation(7)
    kernel = row.optimistic(counts, value)
    assert kernel.shape == counts.shape
    one_by_one = np.array([row.optimistic(each, value) for each in counts.reshape(-1, 7)[::250]])
    np.testing.assert_allclose(kernel.reshape(-1, 7)[::250], one_by_one, rtol=0, atol=1e-15)
    np.testing.assert_allclose(row.optimistic(counts[..., names], value[names]), kernel[..., names], atol=1e-15)
    np.testing.assert_allclose(row.pessimistic(counts, 3 - 2 * value), kernel, rtol=0, atol=1e-15)
    np.testing.assert_allclose(row.optimistic(counts, np.exp(9 * value)), kernel, rtol=0, atol=1e-15)


@pytest.mark.parametrize("tail", TAILS)
def test_tails_of_the_kernel_are_bounds_of_events_one_by_one(tail: str) -> None:
    """In loops, for more states than a program can list events of: the best j states, alone or with all never seen."""
    rng = np.random.default_rng(8)
    for n_states in (4, 6, 9):
        row = ConfidenceSet(tail, n_states, 60, 0.05)
        for counts, value in ((random_counts(rng, n_states, 5000), rng.random(n_states)) for _ in range(12)):
            order, visits = np.argsort(-value), int(counts.sum())
            bounds = []
            for j in range(1, n_states):
                seen, below = int(counts[order[:j]].sum()), int((counts[order[j:]] > 0).sum())
                larger = float(row.event_bound(seen, visits, n_states - below)) if below else 1.0
                bounds.append(min(float(row.event_bound(seen, visits, j)), larger))
            tail_masses = [min(bounds[j:]) for j in range(n_states - 1)]
            expected = np.diff([0.0, *tail_masses, 1.0])
            np.testing.assert_allclose(row.optimistic(counts, value)[order], expected, rtol=0, atol=1e-15)


def test_the_kernel_of_an_event_of_two_states_by_hand() -> None:
    """S = 3, best first: tails 2/10 and 7/10 after ten visits. The order of the values is 1, 2, 0."""
    row = ConfidenceSet("hoeffding", 3, n_rows=5, delta=0.5)
    up = math.sqrt((3 * math.log(2) + math.log(2 * 5 * 1000 * 1001 / 0.5)) / 2000)
    kernel = row.optimistic(np.array([300, 200, 500]), np.array([1.0, 3.0, 2.0]))
    np.testing.assert_allclose(kernel, [0.3 - up, 0.2 + up, 0.5], rtol=0, atol=1e-15)


def test_a_row_may_have_as_many_visits_as_64_bits_can_count() -> None:
    row, value = ConfidenceSet("events", 2, 9, 0.1), np.array([0.0, 1.0])
    assert row.optimistic([2**62, 2**62 - 1], value)[1] == pytest.approx(0.5, abs=1e-8)
    with pytest.raises(ValueError, match=r"transitions must sum to at most 2\*\*63 - 1"):
        row.optimistic([2**62, 2**62], value)


def test_counts_up_to_10_to_the_15() -> None:
    for tail in TAILS:
        row, counts = ConfidenceSet(tail, 4, 60, 0.05), np.array([6 * 10**14, 4 * 10**14 - 1, 1, 0])
        kernel = row.optimistic(counts, np.array([0.0, 1.0, 2.0, 3.0]))
        assert (kernel >= 0).all() and kernel.sum() == pytest.approx(1, abs=1e-15)
        np.testing.assert_allclose(kernel, counts / 10**15, rtol=0, atol=1e-6)


# The assumption of a smallest probability


def best_under_assumption(row: ConfidenceSet, counts: np.ndarray, value: np.ndarray) -> float:
    """The programs over all supports: what was seen is in, and each state that is in has the smallest probability."""
    inside, bounds = constraints(ConfidenceSet(row.tail, row.n_states, row.n_rows, row.delta), counts)
    unseen = np.flatnonzero(counts == 0)
    found = -math.inf
    for size in range(len(unseen) + 1):
        for more in itertools.combinations(unseen, size):
            limits = [(row.min_probability, 1) if counts[s] or s in more else (0, 0) for s in range(row.n_states)]
            found = max(found, highest(inside, bounds, value, limits)[0])  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("tail", TAILS)
def test_with_a_smallest_probability_the_kernel_still_dominates(tail: str) -> None:
    rng = np.random.default_rng(5)
    sharper = impossible = 0
    for least in (0.02, 0.1, 0.2):
        for _ in range(12):
            n_states = int(rng.integers(2, 6))
            support = rng.permutation(n_states)[: rng.integers(1, n_states + 1)]
            p = np.zeros(n_states)
            p[support] = least + (1 - least * len(support)) * rng.dirichlet(np.ones(len(support)))
            counts = rng.multinomial(int(10 ** rng.uniform(0, 4)), p)
            value = rng.random(n_states)
            row = ConfidenceSet(tail, n_states, 12, 0.1, min_probability=least)
            best, worst = row.optimistic(counts, value), row.pessimistic(counts, value)
            assert best @ value >= best_under_assumption(row, counts, value) - 1e-9
            assert worst @ value <= -best_under_assumption(row, counts, -value) + 1e-9
            for kernel in (best, worst):
                assert (kernel >= 0).all() and kernel.sum() == pytest.approx(1, abs=1e-14)
            for ball in SETS:
                truth = ball.worst_case(p, value)
                assert ball.worst_case(worst, value) - 1e-9 <= truth <= ball.worst_case(best, value) + 1e-9
            without = ConfidenceSet(tail, n_states, 12, 0.1).optimistic(counts, value)
            assert best @ value <= without @ value + 1e-15
            sharper += best @ value < without @ value - 1e-6
            impossible += bool(((best == 0) & (counts == 0)).any())
    assert sharper >= 5 and impossible >= 5


def test_what_is_unseen_for_long_enough_is_impossible() -> None:
    """(1 - .05)^N against exp(-L): the visit from which nothing but the two states that were seen is left."""
    value = np.array([2.0, 1.0, 0.0])
    row = ConfidenceSet("events", 3, 60, 0.05, min_probability=0.05)
    needed = math.ceil(-(math.log(4 * 60 / 0.05) + math.log(3)) / math.log(1 - 0.05))
    before, after = (row.optimistic(np.array([0, n // 2, n - n // 2]), value) for n in (needed - 1, needed))
    assert before[0] >= 0.05 and after[0] == 0
    assert (after[1:] >= 0.05).all()
    assert row.optimistic(np.array([1, 10**6, 0]), value)[0] >= 1e-6  # what was seen is never impossible


@pytest.mark.parametrize("tail", FORMS)
def test_states_seen_below_keep_their_smallest_probability(tail: str) -> None:
    """Two visits leave every bound at 1, or nearly so: what is taken off is what was seen once below."""
    row = ConfidenceSet(tail, 3, 10**9, 1e-6, min_probability=0.2)
    value = np.array([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]])
    found = row.optimistic([1, 1, 0], value)
    np.testing.assert_allclose(found, [[0.2, 0.2, 0.6], [0.8, 0.2, 0.0]], atol=1e-6)
    border = ConfidenceSet(tail, 3, 9, 0.1, min_probability=(1 + 1e-9) / 2)
    np.testing.assert_allclose(border.optimistic([1, 1, 0], value[0]), [0.5, 0.5, 0.0], atol=1e-8)


def test_an_event_has_one_state_by_custom_and_may_have_all() -> None:
    row = ConfidenceSet("events", 5, 9, 0.1)
    assert row.event_bound(3, 1000) == row.event_bound(3, 1000, 1) < row.event_bound(3, 1000, 2)
    assert row.event_bound(1000, 1000, 5) == 1


def test_counts_that_contradict_the_assumption_are_an_error() -> None:
    row = ConfidenceSet("events", 4, 60, 0.05, min_probability=0.3)
    fine = np.array([[5, 3, 2, 0], [0, 0, 0, 0]])
    row.optimistic(fine, np.arange(4.0))
    for kernel in (row.optimistic, row.pessimistic):
        with pytest.raises(ValueError, match=r"min_probability=0\.3 is contradicted: a row has 4 next states"):
            kernel(np.array([[5, 3, 2, 0], [1, 1, 1, 1]]), np.arange(4.0))
    certain = ConfidenceSet("events", 3, 60, 0.05, min_probability=1.0)
    assert certain.optimistic(np.array([0, 1, 0]), np.array([1.0, 0.0, 2.0])).tolist() == [0, 1, 0]
    assert certain.optimistic(np.array([0, 0, 0]), np.array([1.0, 0.0, 2.0])).tolist() == [0, 0, 1]


def test_a_smallest_probability_of_one_third_and_a_bit() -> None:
    """1/3 rounded up in the tenth digit is no contradiction, and no reason for a negative probability."""
    row = ConfidenceSet("events", 4, 60, 0.05, min_probability=0.33333333344)
    kernel = row.optimistic(np.array([5, 5, 5, 0]), np.array([0.0, 1.0, 2.0, 3.0]))
    assert (kernel >= 0).all() and kernel.sum() == pytest.approx(1, abs=1e-9)


# Arguments


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tail": "Model"}, "'model', 'chernoff', 'bernstein', 'hoeffding', 'events', 'row', got 'Model'"),
        ({"tail": None}, "tail must be one of"),
        ({"n_states": 0}, "n_states must be at least 1, got 0"),
        ({"n_states": 2.0}, "n_states must be an integer, got float 2.0"),
        ({"n_rows": 0}, "n_rows must be at least 1, got 0"),
        ({"delta": 0.0}, "delta must be between 0 and 1, both left out, got 0"),
        ({"delta": 1}, "delta must be between 0 and 1"),
        ({"delta": math.nan}, "delta must be finite"),
        ({"scale": -0.1}, "scale must be finite and at least 0, got -0.1"),
        ({"scale": math.inf}, "scale must be finite"),
        ({"scale": True}, "scale must be a number, got bool"),
        ({"min_probability": 0.0}, "min_probability must be above 0, or None, got 0"),
        ({"min_probability": 1.1}, r"min_probability must be in \[0, 1\], got 1.1"),
    ],
)
def test_arguments_of_the_set_are_checked(change: dict[str, Any], message: str) -> None:
    fine = {"tail": "events", "n_states": 3, "n_rows": 60, "delta": 0.05}
    with pytest.raises((ValueError, TypeError), match=message):
        ConfidenceSet(**{**fine, **change})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, 2), "seen must be from 0 to 2, got 3"),
        (([0, 1, -1], 5), r"seen\[2\] must be from 0 to 5, got -1"),
        (([[0, 1], [2, 9]], [[5, 5], [5, 8]]), r"seen\[1, 1\] must be from 0 to 8, got 9"),
        ((1, -1), "seen must be from 0 to -1, got 1|visits must not be negative"),
        ((0.5, 2), "seen must be an array of integers, got float 0.5"),
        ((1, 2.0), "visits must be an array of integers, got float 2.0"),
        ((1, 2, 0), "size must be from 1 to"),
        ((1, 2, 4), "size must be from 1 to"),
        ((1, 2, [1, 7]), r"size\[1\] must be from 1 to .*, got 7"),
        ((True, 2), "seen must be an array of integers, got bool True"),
        ((10**400, 2), "seen must be an array of integers, got int 1000"),
        ((2**63, 2**63), "seen must be at most 9223372036854775807, got 9223372036854775808"),
        (([0, 1], [2, 3, 4]), r"seen and visits and size must broadcast .*, got shapes \(2,\) and \(3,\) and \(\)"),
    ],
)
def test_arguments_of_an_event_are_checked(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        ConfidenceSet("events", 3, 60, 0.05).event_bound(*arguments)


@pytest.mark.parametrize("tail", TAILS)
def test_kernels_take_integers_and_numbers_of_every_kind(tail: str) -> None:
    """A value vector of bytes has the order of its numbers: their negatives do not wrap around."""
    row, seen, value = ConfidenceSet(tail, 4, 60, 0.05), [[3, 0, 5, 1], [0, 0, 0, 0], [9, 1, 0, 2]], [0, 2, 1, 200]
    for name in ("optimistic", "pessimistic"):
        kernel = getattr(row, name)
        expected = kernel(np.array(seen), np.array(value, dtype=float))
        top = [0, 3] if name == "optimistic" else [3, 0]
        assert expected[1, top].tolist() == [0, 1]
        assert kernel(seen, value).tobytes() == expected.tobytes()
        for kind in (np.uint8, np.int16, np.uint64, np.float16, np.float32, np.longdouble):
            assert kernel(np.array(seen), np.array(value, dtype=kind)).tobytes() == expected.tobytes(), kind
        for kind in (np.int8, np.uint8, np.uint32, np.uint64):
            assert kernel(np.array(seen, dtype=kind), value).tobytes() == expected.tobytes(), kind
        assert kernel(seen, [value, value[::-1]]).shape == (2, 3, 4)
        assert kernel(np.zeros((0, 4), dtype=int), value).shape == (0, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], [0, 1, 2]), r"transitions must have shape \(\.\.\., S\) with S = 3, got \(2,\)"),
        ((5, [0, 1, 2]), r"transitions must have shape \(\.\.\., S\) with S = 3, got \(\)"),
        (([[1, 2, 3], [1, -2, 3]], [0, 1, 2]), r"transitions\[1, 1\] must not be negative, got -2"),
        (([1.0, 2.0, np.nan], [0, 1, 2]), "transitions must be an array of integers, got list"),
        ((np.array([1.0, 2.0, 3.0]), [0, 1, 2]), "transitions must be an array of integers, got dtype float64"),
        (([[1, 2, 3], [2**62, 2**62, 0]], [0, 1, 2]), r"transitions\[1\] must sum to at most 2\*\*63 - 1"),
        (([1, 2, 3], [0, 1]), r"value must have shape \(S,\) or \(G, S\) with S = 3, got \(2,\)"),
        (([1, 2, 3], 1.0), r"value must have shape .* got \(\)"),
        (([1, 2, 3], np.zeros((0, 3))), r"value must have shape .* got \(0, 3\)"),
        (([1, 2, 3], np.zeros((2, 2, 3))), r"value must have shape .* got \(2, 2, 3\)"),
        (([1, 2, 3], [0, np.nan, 1]), r"value\[1\] must be finite, got nan"),
        (([1, 2, 3], [[0, 1, 2], [0, 1, np.inf]]), r"value\[1, 2\] must be finite, got inf"),
        (([1, 2, 3], "abc"), "value must be an array of real numbers, got str 'abc'"),
    ],
)
def test_arguments_of_the_kernels_are_checked(arguments: tuple[Any, ...], message: str) -> None:
    row = ConfidenceSet("events", 3, 60, 0.05)
    for kernel in (row.optimistic, row.pessimistic):
        with pytest.raises((ValueError, TypeError), match=message):
            kernel(*arguments)
