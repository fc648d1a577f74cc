"""Confidence sets by whole rows, and sets of any form where it is stated what can follow."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from mornavi_lite import ChiSquare, KullbackLeibler, Nominal, TotalVariation
from mornavi_lite.confidence import FORMS, ConfidenceSet, by_rows, chernoff, highest_mean, row_cost
from mornavi_lite.confidence.raised import in_columns

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


@pytest.mark.parametrize("form", ["model", "chernoff", "events"])
@pytest.mark.parametrize("scale", [0.4, 2.0])
@pytest.mark.parametrize("least", [None, 0.05])
def test_highest_means_are_those_of_one_row_and_one_value_at_a_time(
    form: str, scale: float, least: float | None
) -> None:
    """Of all shapes: scaled from the observed mean up to the best value that can follow, or under the kernel."""
    rng, row = np.random.default_rng(5), ConfidenceSet(form, 5, 9, 0.1, scale, least)
    counts = np.array([random_row(rng, 5)[1] % 40 for _ in range(6)]).reshape(2, 3, 5)
    counts[0, 1], counts[1, 0] = 0, [0, 1, 0, 0, 0]
    mask = (counts > 0) | (rng.random((2, 3, 5)) < 0.5)
    mask[0, 1] |= ~mask[0, 1].any()
    for can in (None, mask):
        for shape in ((), (2,), (2, 2, 3)):
            value = rng.random((*shape, 5)) - 0.3
            found = row.highest_means(counts, value, can)
            assert found.shape == (*shape[:1], 2, 3)
            for g, s, a in np.ndindex(2, 2, 3):
                own = value if not shape else value[g] if len(shape) == 1 else value[g, s, a]
                within = np.ones(5, dtype=bool) if can is None else can[s, a]
                seen, best = counts[s, a], own[within].max()
                kernel = row.optimistic_unchecked(seen, own, None if can is None else within)
                wanted = float(kernel @ own)
                if form in ("model", "row"):
                    size = None if can is None else np.asarray(within.sum())
                    spent = row_cost(seen, size) + math.log(9 / 0.1)
                    raised = float(highest_mean(seen, spent, own, np.asarray(best)))
                    mean = float(seen @ own) / max(int(seen.sum()), 1)
                    whole = best if not seen.any() else min(best, mean + scale * (raised - mean))
                    wanted = whole if least is None else min(whole, wanted)
                here = found[s, a] if not shape else found[g, s, a]
                assert here == pytest.approx(wanted, abs=1e-12)
            flat = row.highest_means(
                counts[1], value[:, 1] if len(shape) == 3 else value, None if can is None else can[1]
            )
            np.testing.assert_allclose(flat, found[..., 1, :], rtol=0, atol=1e-12)


def test_which_forms_bet_on_whole_rows() -> None:
    assert {form for form in FORMS if by_rows(form)} == {"model", "row"}


@pytest.mark.parametrize("form", FORMS)
def test_kernels_beside_lists_are_those_of_all_states(form: str) -> None:
    """Lists have what was seen, the best states and the worst: what is not listed has no mass."""
    rng, n_states, most = np.random.default_rng(9), 14, 2
    row = ConfidenceSet(form, n_states, 9, 0.1)
    seen = np.zeros((2, 2, n_states), dtype=int)
    for s, a in np.ndindex(2, 2):
        seen[s, a, rng.choice(n_states, most, replace=False)] = rng.integers(1, 60, most)
    seen[1, 1] = 0
    value = rng.random((3, n_states))
    order = np.argsort(-value, axis=1)
    rank = np.argsort(order, axis=1) + 1
    ends = {int(state) for g in range(3) for state in (*order[g, :most], *order[g, -most:])}
    width = len(ends) + most
    lists = np.empty((2, 2, width), dtype=int)
    for s, a in np.ndindex(2, 2):
        wanted = sorted(ends | set(np.flatnonzero(seen[s, a]).tolist()))
        rest = [state for state in range(n_states) if state not in wanted]
        lists[s, a] = rng.permutation([*wanted, *rest][:width])
    assert width < n_states
    counts = np.take_along_axis(seen, lists, axis=-1)
    values, places = value[:, lists], rank[:, lists]
    whole = row.optimistic_unchecked(seen, value)
    for told in (places, places.astype(np.int8)):
        found = row.optimistic_unchecked(counts, values, None, told if form == "events" else None)
        for g, s, a in np.ndindex(3, 2, 2):
            np.testing.assert_allclose(found[g, s, a], whole[g, s, a, lists[s, a]], rtol=0, atol=1e-14)
            assert found[g, s, a].sum() == pytest.approx(1, abs=1e-12)
    columns, sizes = in_columns(places.reshape(3, 4, width), True)
    for g, r in np.ndindex(3, 4):
        flat = places.reshape(3, 4, width)[g, r]
        assert columns[:, g, r].tolist() == np.argsort(flat).tolist()
        assert sizes is not None and sizes[g, r].tolist() == sorted(flat.tolist())


def test_states_of_one_value_come_in_their_order() -> None:
    """Also where each row has its own values, and of more states than a short sort keeps in order by itself."""
    rng, row = np.random.default_rng(10), ConfidenceSet("events", 40, 9, 0.1)
    counts, value = rng.integers(0, 5, size=(6, 40)), rng.integers(0, 3, size=(2, 40)).astype(float)
    each = np.repeat(value[:, None], 6, axis=1)
    np.testing.assert_allclose(
        row.optimistic_unchecked(counts, each), row.optimistic_unchecked(counts, value), rtol=0, atol=1e-15
    )
