"""Confidence sets by whole rows, and sets of any form where it is stated what can follow."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from mornavi_lite import ChiSquare, KullbackLeibler, Nominal, TotalVariation
from mornavi_lite.confidence import FORMS, ConfidenceSet, chernoff, row_cost

BALLS = [Nominal(), TotalVariation(0.15), TotalVariation(0.15, False), KullbackLeibler(0.2), ChiSquare(0.3)]


def random_row(rng: np.random.Generator, n_states: int) -> tuple[np.ndarray, np.ndarray]:
    """A distribution with some zeros, and counts of it."""
    p = rng.dirichlet(np.full(n_states, 0.5)) * (rng.random(n_states) < 0.7)
    p = p / p.sum() if p.sum() else np.eye(n_states)[0]
    return p, rng.multinomial(int(10 ** rng.uniform(0, 4)), p)


def members(rng: np.random.Generator, counts: np.ndarray, budget: float, can: np.ndarray) -> np.ndarray:
    """Distributions on ``can`` with N KL(n / N || p) <= budget: steps from the frequencies in random directions."""
    frequency = counts / counts.sum()
    corners = np.zeros((400, len(counts)))
    corners[:, can] = rng.dirichlet(np.full(int(can.sum()), 0.3), size=400)
    part = rng.random((400, 1)) ** 3
    rows = (1 - part) * frequency + part * corners
    with np.errstate(divide="ignore", invalid="ignore"):
        spent = np.where(counts > 0, counts * np.log(frequency / rows), 0.0).sum(axis=1)
    return rows[spent <= budget]


@pytest.mark.parametrize("stated", [False, True])
def test_kernels_and_means_of_a_set_of_rows_bound_every_member(stated: bool) -> None:
    rng = np.random.default_rng(0)
    for n_states, _ in itertools.product((2, 3, 6), range(8)):
        p, counts = random_row(rng, n_states)
        can = (p > 0) | (rng.random(n_states) < 0.3) if stated else np.ones(n_states, dtype=bool)
        row, value = ConfidenceSet("row", n_states, n_rows=5, delta=0.1), rng.random(n_states)
        budget = float(row_cost(counts, can.sum() if stated else None)) + math.log(5 / 0.1)
        inside = members(rng, counts, budget, can)
        assert len(inside)
        values, within = np.stack([value, -value]), can if stated else None
        best, worst = row.optimistic_unchecked(counts, values, within)
        high, low = row.highest_means(counts, values, within) * [1, -1]
        assert (best[~can] == 0).all() and (worst[~can] == 0).all()
        assert best @ value + 1e-12 >= high >= (inside @ value).max() - 1e-12
        assert worst @ value - 1e-12 <= low <= (inside @ value).min() + 1e-12
        for ball in BALLS:
            between = ball.worst_case(inside, value)
            assert (between <= ball.worst_case(best, value) + 1e-9).all(), ball
            assert (between >= ball.worst_case(worst, value) - 1e-9).all(), ball


def test_tails_of_a_set_of_rows_are_bounds_of_a_coin_with_the_budget_of_the_row() -> None:
    rng = np.random.default_rng(1)
    for scale in (1.0, 0.4):
        for _ in range(20):
            _, counts = random_row(rng, 5)
            row, value = ConfidenceSet("row", 5, 12, 0.05, scale), rng.random(5)
            order, visits = np.argsort(-value), int(counts.sum())
            budget = float(row_cost(counts)) + math.log(12 / 0.05)
            bounds = []
            for j in range(1, 5):
                frequency = counts[order[:j]].sum() / visits
                raised = float(chernoff(np.array(frequency), np.array(visits), np.array(budget)))
                bounds.append(min(1.0, frequency + scale * (raised - frequency)))
                event = np.isin(np.arange(5), order[:j])
                assert row.row_bound(counts, event) == pytest.approx(bounds[-1], abs=1e-15)
            expected = np.diff([0.0, *[min(bounds[j:]) for j in range(4)], 1.0])
            np.testing.assert_allclose(row.optimistic(counts, value)[order], expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("form", [form for form in FORMS if form not in ("model", "row")])
def test_the_other_forms_pay_for_the_events_of_what_can_follow(form: str) -> None:
    """With a stated support the kernel is that of a set with these states alone."""
    rng = np.random.default_rng(2)
    for _ in range(12):
        p, counts = random_row(rng, 6)
        can = (p > 0) | (rng.random(6) < 0.4)
        value = rng.random((3, 6))
        found = ConfidenceSet(form, 6, 9, 0.1).optimistic_unchecked(counts, value, can)
        alone = ConfidenceSet(form, int(can.sum()), 9, 0.1).optimistic_unchecked(counts[can], value[:, can])
        np.testing.assert_allclose(found[:, can], alone, rtol=0, atol=1e-14)
        assert (found[:, ~can] == 0).all()


@pytest.mark.parametrize("form", FORMS)
def test_values_of_each_row_and_one_successor(form: str) -> None:
    rng = np.random.default_rng(3)
    counts = np.array([random_row(rng, 4)[1] for _ in range(6)]).reshape(2, 3, 4)
    counts[0, 1] = 0
    can = (counts > 0) | (rng.random((2, 3, 4)) < 0.4)
    can[0, 1] = [False, False, True, False]
    row, value = ConfidenceSet(form, 4, 9, 0.1), rng.random((5, 2, 3, 4))
    kernel, means = row.optimistic_unchecked(counts, value, can), row.highest_means(counts, value, can)
    assert (kernel[:, 0, 1] == [0, 0, 1, 0]).all() and (means[:, 0, 1] == value[:, 0, 1, 2]).all()
    for g, s, a in np.ndindex(5, 2, 3):
        alone = row.optimistic_unchecked(counts[s, a], value[g, s, a], can[s, a])
        np.testing.assert_allclose(kernel[g, s, a], alone, rtol=0, atol=1e-15)
        mean = row.highest_means(counts[s, a], value[g, s, a], can[s, a])
        assert means[g, s, a] == pytest.approx(float(mean), abs=1e-13)


def test_min_probability_bounds_means_as_well() -> None:
    """After L / p visits what was never seen is impossible; and what was seen has at least that probability."""
    plain, told = (ConfidenceSet("row", 4, 9, 0.1, min_probability=least) for least in (None, 0.1))
    counts, value = np.array([200, 100, 0, 0]), np.array([0.0, 0.2, 0.9, 1.0])
    assert told.highest_means(counts, value) < plain.highest_means(counts, value) - 0.01
    with pytest.raises(ValueError, match=r"min_probability=0\.4 is contradicted"):
        ConfidenceSet("row", 4, 9, 0.1, min_probability=0.4).highest_means(np.array([2, 2, 2, 0]), value)


def test_an_event_of_a_set_of_rows_needs_the_whole_row() -> None:
    row = ConfidenceSet("row", 3, 9, 0.1)
    with pytest.raises(ValueError, match='needs the counts of the whole row: row_bound, or tail "events"'):
        row.event_bound(1, 2)
    assert row.row_bound([[0, 0, 0], [1, 0, 0]], [True, True, True]).tolist() == [1, 1]
    assert row.row_bound([5, 0, 0], [False, False, False]) == 0
    events = ConfidenceSet("events", 3, 9, 0.1)
    assert events.row_bound([5, 1, 0], [True, False, True]) == events.event_bound(5, 6, 2)
    with pytest.raises(TypeError, match="event must be an array of True and False"):
        row.row_bound([5, 0, 0], [1, 0, 0])
