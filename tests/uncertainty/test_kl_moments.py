"""KL worst cases by moments: the same numbers as Newton's method row by row, whatever the rows, and few rows left."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mornavi_lite import KullbackLeibler
from mornavi_lite.uncertainty import kl_moments, kl_solve
from mornavi_lite.uncertainty.kl_moments import FEW, FEW_ROWS, FEW_STATES, kl_by_moments
from tests.uncertainty.references import kl_reference


def row_by_row(rows: np.ndarray, x: np.ndarray, radius: float | np.ndarray) -> np.ndarray:
    steps = range(0, len(rows), 500)
    each = np.broadcast_to(radius, len(rows))
    return np.concatenate([kl_solve(rows[i : i + 500], x, each[i : i + 500])[0] for i in steps])


def instance(kind: str, n_states: int) -> tuple[np.ndarray, np.ndarray]:
    """Enough rows of a kind, and values from 0 to 1."""
    rng = np.random.default_rng(n_states)
    n_rows = max(4 * FEW_ROWS, FEW // n_states + 1)
    density = {"sharp": 0.05, "flat": 5.0}.get(kind, 1.0)
    rows, x = rng.dirichlet(np.full(n_states, density), size=n_rows), rng.random(n_states)
    if kind == "zeros":
        rows[rng.random(rows.shape) < 0.5] = 0.0
        rows[rows.sum(axis=1) == 0] = 1.0
        rows /= rows.sum(axis=1, keepdims=True)
    if kind == "certain and not":
        rows[::3] = np.eye(n_states)[rng.integers(n_states, size=len(rows[::3]))]
    if kind == "ties":
        x = np.round(x * 2) / 2
    if kind == "lowest never reached":
        rows[:, x.argmin()] = 0.0
        rows /= rows.sum(axis=1, keepdims=True)
    return rows, (x - x.min()) / np.ptp(x)


KINDS = ("plain", "sharp", "flat", "zeros", "certain and not", "ties", "lowest never reached")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_states", [FEW_STATES, 50, 300])
def test_moments_give_what_newton_gives_row_by_row(kind: str, n_states: int) -> None:
    rows, x = instance(kind, n_states)
    rng = np.random.default_rng(0)
    for radius in (1e-5, 0.001, 0.1, 1.0, 3.0, rng.uniform(0.02, 0.5, len(rows))):
        found = KullbackLeibler(radius).worst_case_unchecked(rows, x)
        np.testing.assert_allclose(found, row_by_row(rows, x, radius), rtol=0, atol=1e-13)
    some = rng.integers(len(rows), size=5)
    expected = [kl_reference(row, x, 0.1) for row in rows[some]]
    np.testing.assert_allclose(KullbackLeibler(0.1).worst_case(rows, x)[some], expected, rtol=0, atol=1e-12)


def test_few_of_many_dense_rows_are_left() -> None:
    for n_states, radius in itertools.product((10, 50, 200), (0.01, 0.1)):
        rows, x = instance("plain", n_states)
        assert len(kl_by_moments(rows, x, radius)[1]) <= 0.01 * len(rows)
    rows, x = instance("flat", 200)
    assert len(kl_by_moments(rows, x, 1.0)[1]) <= 0.15 * len(rows)  # tilts of about 10, which the grid finds


def test_tilts_that_are_all_over_the_place_are_found_in_groups() -> None:
    rows, x = instance("sharp", 50)
    assert kl_moments.outlook(rows, x, 0.3)[1] is None
    assert len(kl_by_moments(rows, x, 0.3)[1]) <= 0.2 * len(rows)


def test_rows_that_sum_to_one_within_their_tolerance_only() -> None:
    rows, x = instance("plain", 50)
    rows = rows * (1 + 9e-9 * np.random.default_rng(2).uniform(-1, 1, size=(len(rows), 1)))
    found = KullbackLeibler(0.1).worst_case(rows, x)
    np.testing.assert_allclose(found, row_by_row(rows, x, 0.1), rtol=0, atol=1e-14)


def test_rows_that_take_little_time_anyhow_are_left_alone() -> None:
    rng = np.random.default_rng(1)
    certain = np.eye(20)[rng.integers(20, size=FEW // 20 + 1)]
    assert len(kl_by_moments(certain, np.linspace(0, 1, 20), 0.1)[1]) == len(certain)
    dense, x = instance("ties", 50)
    assert len(kl_by_moments(dense, x, 50.0)[1]) == len(dense)


def test_the_series_are_as_exact_as_they_say() -> None:
    """exp(-t x) over each interval and its margin; an error of the sum costs the value as much less as t is large."""
    x = np.linspace(0, 1, 9)
    for centre, half in zip(*kl_moments.intervals()[1:], strict=True):
        series = kl_moments.powers(x, centre, half)
        for u in (-kl_moments.MARGIN, -0.7, 0.0, 0.5, kl_moments.MARGIN):
            found = np.polynomial.polynomial.polyval(u, series) * np.exp(-half * u / 2)
            np.testing.assert_allclose(found, np.exp(-(centre + half * u) * x), rtol=1e-14 * max(1, centre), atol=0)
