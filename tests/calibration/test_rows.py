"""Radii of one row: coverage by draws, events against a list of all of them, divergences against a search."""

from __future__ import annotations

import numpy as np
import pytest

from mornavi_lite import ChiSquare, KullbackLeibler
from mornavi_lite.calibration import rows
from mornavi_lite.calibration.rows import (
    chi_square_term,
    divergence_around,
    divergence_between,
    kl_term,
    tv_around,
    tv_between,
)


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
