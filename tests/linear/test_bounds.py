"""What counts allow for factors: the ridge's ellipsoid, counted tails, the grid and what unions pay."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from mornavi_lite.confidence import ConfidenceSet
from mornavi_lite.linear.counted import CountedBounds
from mornavi_lite.linear.cover import Cover, level_after
from mornavi_lite.linear.ridge import RidgeBounds


def drawn(seed: int, n: int, d: int = 3, n_states: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Factors (d, S), and features (n, d) with the states that followed."""
    rng = np.random.default_rng(seed)
    factors, features = rng.dirichlet(np.full(n_states, 0.5), size=d), rng.dirichlet(np.full(d, 0.5), size=n)
    then = np.array([rng.choice(n_states, p=row / row.sum()) for row in features @ factors])
    return factors, features, then


@pytest.mark.parametrize("ridge", [1.0, 0.3])
def test_the_estimate_and_its_width_are_those_of_the_definition(ridge: float) -> None:
    """Tails by a loop over events and visits, least squares for the estimate."""
    _, features, then = drawn(0, 40)
    value, log_term = np.array([0.3, 2.0, -1.0, 0.9, 0.1]), 4.0
    sums = np.zeros((3, 5))
    for phi, s in zip(features, then, strict=True):
        sums[:, s] += phi
    bounds = RidgeBounds(sums, features.T @ features, ridge, 1.0)
    regular = ridge * np.eye(3) + sum(np.outer(phi, phi) for phi in features)
    beta = 0.5 * math.sqrt(2 * log_term + math.log(np.linalg.det(regular / ridge))) + 0.5 * math.sqrt(3 * ridge)
    probes = np.concatenate([np.eye(3), features[:4]])
    found = bounds.kernels(probes, value, log_term)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-12)
    assert (found >= 0).all()
    order = np.argsort(-value)
    for n, probe in enumerate(probes):
        raised = []
        for k in range(1, 5):
            happened = np.isin(then, order[:k]) - 0.5
            stacked = np.concatenate([features, math.sqrt(ridge) * np.eye(3)])
            estimate, *_ = np.linalg.lstsq(stacked, np.concatenate([happened, np.zeros(3)]), rcond=None)
            width = beta * math.sqrt(probe @ np.linalg.solve(regular, probe))
            raised.append(min(1.0, max(0.0, 0.5 + probe @ estimate + width)))
        tails = [min(raised[k:]) for k in range(4)]
        np.testing.assert_allclose(np.cumsum(found[n][order])[:-1], tails, rtol=0, atol=1e-10)


def test_the_ellipsoid_holds_the_truth_and_a_tenth_of_it_does_not() -> None:
    """All events of all factors and of 20 mixtures, at many times, with the union over events; delta is 0.05."""
    wrong = {1.0: 0, 0.1: 0}
    for seed in range(40):
        factors, features, then = drawn(seed, 300, n_states=3)
        probes = np.concatenate([np.eye(3), features[:20]])
        for n, scale in itertools.product((3, 30, 300), wrong):
            sums = np.zeros((3, 3))
            np.add.at(sums.T, then[:n], features[:n])
            bounds = RidgeBounds(sums, features[:n].T @ features[:n], 1.0, scale)
            for value in itertools.permutations(range(3)):
                order = np.argsort(-np.array(value))
                kernels = bounds.kernels(probes, np.array(value, dtype=float), 2 * math.log(2) + math.log(20))
                true = np.cumsum((probes @ factors)[:, order], axis=1)
                if (np.cumsum(kernels[:, order], axis=1) < true - 1e-9).any():
                    wrong[scale] += 1
                    break
    assert wrong[1.0] == 0 and wrong[0.1] > 60


@pytest.mark.parametrize("scale", [1.0, 0.3])
def test_counted_tails_are_the_smaller_of_the_bets_of_the_package(scale: float) -> None:
    rng = np.random.default_rng(0)
    seen = rng.integers(0, 60, size=(4, 7)) * (rng.random((4, 7)) < 0.6)
    seen[3] = 0
    delta, rows = 0.1, 9
    bounds = CountedBounds(seen.astype(float), math.log(rows / delta), scale)
    sets = [ConfidenceSet(form, 7, rows, delta / 2, scale) for form in ("events", "row")]
    value = rng.random(7)
    order = np.argsort(-value)
    tails = [np.cumsum(each.optimistic(seen, value)[:, order], axis=1) for each in sets]
    found = np.cumsum(bounds.kernels(value, None)[:, order], axis=1)
    np.testing.assert_allclose(found, np.minimum(*tails), rtol=0, atol=1e-12)
    # Where the values are counted, an event costs the same whatever its size.
    few = np.cumsum(bounds.kernels(value, math.log(3.0))[:, order], axis=1)
    single = ConfidenceSet("events", 2, rows, delta / 2, scale)  # an event against the rest, a union over one
    for j, k in itertools.product(range(3), range(6)):
        above, visits = seen[j, order[: k + 1]].sum(), seen[j].sum()
        alone = ConfidenceSet("events", 2, rows * 3, delta / 2, scale).event_bound(above, visits)
        assert few[j, k] <= alone + 1e-12 and single.event_bound(above, visits) <= alone
    assert (few <= found + 1e-12).sum() > 0 and bounds.kernels(value, 0.0)[3, order[0]] == 1


def test_the_grid_rounds_outwards_and_has_few_points() -> None:
    cover = Cover((3, 500, 2, 4), 5, True)
    numbers = np.random.default_rng(0).uniform(-1, 2, size=1000)
    up, down = cover.rounded(numbers, -1.0, 2.0, True), cover.rounded(numbers, -1.0, 2.0, False)
    assert (up >= numbers).all() and (down <= numbers).all() and (up - down <= 3 / 2**5 + 1e-12).all()
    assert len(np.unique(np.concatenate([up, down]))) <= 2**5 + 1
    np.testing.assert_array_equal(cover.rounded(up, -1.0, 2.0, True), up)
    assert (cover.rounded(numbers, 0.5, 0.5, True) == 0.5).all()


def test_what_a_union_pays_is_the_number_of_what_it_runs_over() -> None:
    cover = Cover((4, 300, 2, 3), 4, True)
    each_level = [math.exp(cover.log_values(0, j)) / (2 * 2 * 299 * (2**j + 1) ** 9) for j in range(1, 100)]
    assert sum(1 / each for each in each_level) < 1  # the levels share delta
    assert cover.log_values(2, 7) == pytest.approx(math.log(2 * 2 * 299))  # known beforehand
    assert [cover.of_values(h) for h in range(3)] == [True, True, True]
    assert [cover.rounds(h) for h in range(4)] == [False, True, True, False]
    small = Cover((4, 12, 2, 3), 4, True)
    assert [small.of_values(h) for h in range(3)] == [False, False, True] and small.log_term(0) == 11 * math.log(2)
    assert [small.rounds(h) for h in range(4)] == [False, False, False, False]
    free = Cover((4, 300, 2, 3), 4, False)
    assert free.log_term(2) == 299 * math.log(2) and not any(free.of_values(h) or free.rounds(h) for h in range(4))
    assert [level_after(n) for n in (0, 1, 10**4, 10**6)] == [1, 2, 8, 11]
