"""Radii of one row: coverage by draws, events against a list of all of them, divergences against a search."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import linprog

from mornavi_lite import ChiSquare, KullbackLeibler
from mornavi_lite.calibration import rows
from mornavi_lite.calibration.coins import largest_difference, largest_excess
from mornavi_lite.calibration.rows import (
    chi_square_term,
    divergence_around,
    divergence_between,
    kl_term,
    tv_around,
    tv_between,
)
from mornavi_lite.confidence import row_cost


def pair(size: int, distance: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two rows that are as far apart as asked, where they can be."""
    first, other = rng.dirichlet(np.ones(size), 2)
    far = np.abs(first - other).sum() / 2
    second = first + min(1.0, distance / far) * (other - first)
    return first, second / second.sum()


def distance(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first - second).sum() / 2)


@pytest.mark.parametrize(("size", "n", "k", "far"), [(2, 200, 50, 0.1), (3, 30, 80, 0.3), (5, 40, 40, 0.0)])
def test_one_row_is_covered_at_its_level_and_not_by_much_more_at_half(size: int, n: int, k: int, far: float) -> None:
    rng = np.random.default_rng(size)
    first, second = pair(size, far, rng)
    draws = [(rng.multinomial(n, first), rng.multinomial(k, second)) for _ in range(100)]
    truth = distance(first, second)
    covered = np.mean([tv_between(*each, 0.05) >= truth for each in draws])
    around = np.mean([tv_around(a / n, b, 0.05) >= distance(a / n, second) for a, b in draws])
    assert covered >= 0.95 and around >= 0.95
    if size == 2:
        assert np.mean([tv_between(*each, 0.5) >= truth for each in draws]) < 0.9  # the level matters


def test_the_goal_of_one_row() -> None:
    """n 1000, k 100, five states, true .1: McDiarmid's bound is .25, the plug-in distance .12."""
    rng, widths = np.random.default_rng(1), []
    for _ in range(20):
        first, second = pair(5, 0.1, rng)
        counts = rng.multinomial(1000, first), rng.multinomial(100, second)
        widths.append(tv_between(*counts, 0.05))
        assert widths[-1] >= distance(counts[0] / 1000, counts[1] / 100)
    assert np.mean(widths) < 0.215


@pytest.mark.parametrize("size", [4, 7])
def test_the_frontier_stands_for_all_events(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(size)
    for n, k in ((300, 80), (50, 400)):
        first, second = pair(size, 0.2, rng)
        counts = rng.multinomial(n, first), rng.multinomial(k, second)
        monkeypatch.setattr(rows, "_MOST_LISTED", 10)
        listed = tv_between(*counts, 0.05), tv_around(counts[0] / n, counts[1], 0.05)
        monkeypatch.setattr(rows, "_MOST_LISTED", 1)
        along = tv_between(*counts, 0.05), tv_around(counts[0] / n, counts[1], 0.05)
        assert along[1] >= listed[1] - 1e-3 and along[0] >= listed[0] - 0.02  # another order of results
        assert along[0] <= listed[0] + 0.06 and along[1] <= listed[1] + 0.06


def test_many_states_are_covered() -> None:
    rng = np.random.default_rng(5)
    first, second = pair(30, 0.15, rng)
    for _ in range(20):
        counts = rng.multinomial(2000, first), rng.multinomial(300, second)
        assert tv_between(*counts, 0.01) >= distance(first, second)
        assert tv_around(counts[0] / 2000, counts[1], 0.01) >= distance(counts[0] / 2000, second)


@pytest.mark.parametrize(("ball", "term"), [(KullbackLeibler(1), kl_term), (ChiSquare(1), chi_square_term)])
def test_divergences_are_covered(ball: KullbackLeibler | ChiSquare, term: type[np.ndarray]) -> None:
    rng, every = np.random.default_rng(6), np.ones(3, dtype=bool)
    first, second = np.array([0.5, 0.3, 0.2]), np.array([0.3, 0.5, 0.2])
    for n, k in ((50, 50), (2000, 500)):
        for _ in range(40):
            counts = rng.multinomial(n, first), rng.multinomial(k, second)
            radius = divergence_between(*counts, 0.01, every, term)
            assert radius >= ball.divergence(second, first)
            centre = (counts[0] + 1) / (n + 3)
            assert divergence_around(centre, counts[1], 0.01, every, term) >= ball.divergence(second, centre)
    assert radius < 5 * ball.divergence(second, first)


def test_a_state_that_training_never_saw_has_no_finite_divergence() -> None:
    first, second, every = np.array([60, 40, 0]), np.array([50, 49, 1]), np.ones(3, dtype=bool)
    for term in (kl_term, chi_square_term):
        assert divergence_between(first, second, 0.05, every, term) == np.inf
        assert divergence_around(first / 100, second, 0.05, every, term) == np.inf
        assert np.isfinite(divergence_between(first[:2], second[:2], 0.05, every[:2], term))
    assert tv_between(first, second, 0.05) < 0.4


def test_every_event_is_listed_once() -> None:
    for n in (0, 1, 3):
        assert sorted(map(tuple, rows._events(n).tolist())) == sorted(itertools.product((0, 1), repeat=n))


def test_no_event_lies_above_the_line_through_the_frontier() -> None:
    """In the plane of both frequencies; the frontier begins at nothing, ends at everything, and is concave."""
    rng = np.random.default_rng(2)
    for tosses in ((30, 20), (5, 50)):
        counts = np.stack([rng.multinomial(n, rng.dirichlet(np.ones(6))) for n in tosses], axis=1)
        counts[0], counts[1], counts[2] = (0, 3), (4, 0), (0, 0)
        tosses = tuple(counts.sum(axis=0).tolist())
        corners = rows._frontier(counts)
        assert corners[0].tolist() == [0, 0] and corners[-1].tolist() == list(tosses) and len(corners) == 7
        (first, second), events = (corners / tosses).T, (rows._events(6) @ counts) / tosses
        for event in events:
            below = second[first <= event[0] + 1e-12].max()  # where the line stands upright
            assert event[1] <= max(below, np.interp(event[0], first, second)) + 1e-12
    assert rows._ratio(np.array([2.0, 0.0, 0.0, 4.0]), np.array([1.0, 3.0, 0.0, 0.0])).tolist() == [0.5, np.inf, 0, 0]


def test_few_states_are_all_their_events_whichever_of_the_logs_saw_them() -> None:
    first, second = np.array([30, 0, 0, 12, 0]), np.array([10, 0, 8, 0, 0])
    events = rows._events(3)
    seen = events @ np.array([[30, 10], [0, 8], [12, 0]])
    assert tv_between(first, second, 0.05) == largest_difference(seen, (42, 18), 0.05)
    excess = largest_excess(seen[:, 1], 18, seen[:, 0] / 42, 0.05)
    assert tv_around(first / 42, second, 0.05) == excess


TERMS = {"KL": (kl_term, KullbackLeibler(1)), "chi-square": (chi_square_term, ChiSquare(1))}


@pytest.mark.parametrize("name", TERMS)
def test_the_terms_of_the_states_sum_to_the_divergence(name: str) -> None:
    term, ball = TERMS[name]
    rng = np.random.default_rng(1)
    for q, p in zip(rng.dirichlet(np.ones(4), 20), rng.dirichlet(np.ones(4), 20), strict=True):
        assert term(q, p).sum() == pytest.approx(ball.divergence(q, p), rel=1e-12)
    assert term(np.array([0.0, 0.5, 0.0]), np.array([0.5, 0.0, 0.0])).tolist() == [0, np.inf, 0]


@pytest.mark.parametrize(
    "possible", [[True] * 4, [True, True, False, True], [True, True, False, False], [False, True, False, False]]
)
def test_an_interval_ends_where_the_divergence_has_spent_what_the_row_may_cost(possible: list[bool]) -> None:
    seen, level, can = np.array([3, 60, 0, 37]) * np.array(possible), 0.02, np.array(possible)
    low, high = rows._interval(seen, level, can)
    n, size = seen.sum(), int(can.sum())
    assert (low[~can] == 0).all() and (high[~can] == 0).all()
    if size == 1:
        assert low.tolist() == high.tolist() == can.astype(float).tolist()
        return
    budget = (float(row_cost(seen, np.array(size))) - np.log(level)) / n
    for s in np.flatnonzero(can):
        share = seen[s] / n
        for end in (low[s], high[s]):
            pairs = ((share, end), (1 - share, 1 - end))
            spent = sum(a * np.log(a / b) for a, b in pairs if a > 0) if end > 0 else budget
            assert spent == pytest.approx(budget, rel=1e-6)
        assert low[s] <= share < high[s] and (low[s] > 0) == (share > 0)


@pytest.mark.parametrize("name", TERMS)
def test_the_largest_divergence_in_a_box_is_a_linear_program_of_chords(name: str) -> None:
    """Above every point of the box that is a distribution, and no more than the chords say."""
    term: Callable[..., np.ndarray] = TERMS[name][0]
    rng = np.random.default_rng(7)
    for size in (2, 4, 6):
        for _ in range(8):
            centre, inside = rng.dirichlet(np.ones(size), 2)
            low, high = inside * rng.random(size), np.minimum(inside + 0.4 * rng.random(size), 1.0)
            low[0] = high[0] = inside[0]
            at_low, at_high = term(low, centre), term(high, centre)
            slope = (at_high - at_low) / np.where(high > low, high - low, 1.0)
            top = linprog(-slope, A_eq=np.ones((1, size)), b_eq=[1.0], bounds=list(zip(low, high, strict=True)))
            assert top.status == 0
            found = rows._most(low, high, centre, term)
            assert found == pytest.approx(max(0.0, at_low.sum() - top.fun - slope @ low), abs=1e-9)
            assert found >= term(inside, centre).sum() - 1e-12
    one = np.array([0.0, 1.0])
    assert rows._most(one, one, np.array([0.25, 0.75]), term) == pytest.approx(term(one, np.array([0.25, 0.75])).sum())
    assert rows._most(np.zeros(2), np.ones(2), one, term) == np.inf and rows._most(one, one, one, term) == 0.0


@pytest.mark.parametrize("name", TERMS)
def test_both_rows_share_the_level_and_a_known_row_leaves_all_of_it(name: str) -> None:
    term = TERMS[name][0]
    first, second, every = np.array([30, 50, 20]), np.array([15, 15, 30]), np.ones(3, dtype=bool)
    low, high = rows._interval(second, 0.04, every)
    assert divergence_around(first / 100, second, 0.04, every, term) == rows._most(low, high, first / 100, term)
    lowest, _ = rows._interval(first, 0.04, every)
    assert divergence_between(first, second, 0.08, every, term) == rows._most(low, high, lowest, term)


def asked(monkeypatch: pytest.MonkeyPatch, centre: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of which events tv_around asks the excess: their heads, and what is known of them."""
    calls: list[tuple[np.ndarray, np.ndarray]] = []

    def noted(heads: np.ndarray, tosses: int, known: np.ndarray, level: float) -> float:
        calls.append((heads, known))
        assert tosses == seen.sum() and level == 0.05
        return 0.25

    monkeypatch.setattr(rows, "largest_excess", noted)
    assert tv_around(centre, seen, 0.05) == 0.25
    return calls[0]


def test_all_events_are_listed_up_to_seven_states_that_were_seen_or_are_in_the_centre(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A state seen once that the centre has not, and one that the centre has and nobody saw, count as well."""
    seen, centre = np.array([9, 8, 7, 6, 5, 1, 0, 0, 0, 0]), np.array([0.2, 0.2, 0.2, 0.2, 0.1, 0, 0.1, 0, 0, 0])
    heads, known = asked(monkeypatch, centre, seen)
    events = rows._events(7)
    assert heads.tolist() == (events @ seen[:7]).tolist() and known.tolist() == (events @ centre[:7]).tolist()
    seen[7], centre[6:8] = 3, 0.05
    assert len(asked(monkeypatch, centre, seen)[0]) < 128


def test_beyond_no_event_has_more_heads_and_no_more_of_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Along the line through the states of highest ratio, cut as finely as is said, and no finer."""
    rng = np.random.default_rng(9)
    events = rows._events(9)
    for density in (0.3, 2.0):
        centre, seen = rng.dirichlet(np.full(9, density)), rng.multinomial(60, rng.dirichlet(np.ones(9)))
        seen += 1  # the last state of the line has heads, too
        if density < 1:
            centre[0], seen[0], seen[1] = 0.0, 2, 0
        centre /= centre.sum()
        heads, known = asked(monkeypatch, centre, seen)
        for some, mass in zip((events @ seen).tolist(), (events @ centre).tolist(), strict=True):
            assert ((heads >= some) & (known <= mass + 1e-12)).any()
        assert known[0] == 0 and (np.diff(known) > -1e-15).all() and np.diff([*known, 1.0]).max() <= rows._CUT + 1e-12
        assert heads[-1] == seen.sum() and heads[0] <= seen.max() + 2
        assert len(heads) == np.maximum(np.ceil(centre / rows._CUT), 1).sum()


def test_between_two_logs_the_events_are_all_or_those_of_the_frontier(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven states that either log saw, one of them once, are listed; of more, each event has a segment of the frontier
    between whose ends its counts lie, in either log, and of whose ends the better one has no smaller difference."""
    asked: list[tuple[np.ndarray, ...]] = []
    monkeypatch.setattr(rows, "largest_difference", lambda *each: asked.append(each) or 0.25)
    first, second = np.array([9, 8, 7, 6, 5, 1, 0, 0, 0]), np.array([3, 9, 2, 0, 9, 0, 1, 0, 0])
    assert tv_between(first, second, 0.05) == 0.25
    events = rows._events(7)
    assert asked[0][0].tolist() == (events @ np.stack([first, second], axis=1)[:7]).tolist()
    assert asked[0][1:] == ((36, 24), 0.05)
    first[7], second[8] = 2, 3
    first *= 4
    tv_between(first, second, 0.05)
    heads, tosses, level, low, high = asked[1]
    assert tosses == (152, 27) and level == 0.05 and len(heads) == 9
    assert (low[0] == 0).all() and (high[-1] == tosses).all() and (low[1:] == high[:-1]).all()
    ends = [(each[:, 1] / 27 - each[:, 0] / 152) for each in (low, high, heads)]
    np.testing.assert_array_equal(ends[2], np.maximum(ends[0], ends[1]))
    assert ((heads == low) | (heads == high)).all()
    for a, b in (rows._events(9) @ np.stack([first, second], axis=1)).tolist():
        for log, seen in enumerate((a, b)):
            there = (low[:, log] <= seen) & (seen <= high[:, log])
            assert ends[2][there].max() >= b / 27 - a / 152 - 1e-12
