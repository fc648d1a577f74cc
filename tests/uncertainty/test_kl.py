"""KL worst cases row by row: tilted rows by their definition, Newton's method, and which method rows have."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mornavi_lite.uncertainty import kl
from mornavi_lite.uncertainty.kl_moments import FEW, FEW_ROWS, FEW_STATES
from mornavi_lite.uncertainty.kl_short import SHORT_UP_TO
from tests.uncertainty.references import kl_references

ROWS = np.array([[0.1, 0.2, 0.3, 0.4], [0.5, 0.0, 0.5, 0.0], [0.05, 0.8, 0.05, 0.1], [0.0, 0.3, 0.3, 0.4]])
X = np.array([0.0, 0.25, 1.0, 0.5])


def test_rows_with_values_of_their_own_have_the_moments_of_rows_without() -> None:
    own = np.array([X, X[::-1], X**2, 1 - X])
    for row, x, *moments in zip(ROWS, own, *kl._first_moments(ROWS, own), strict=True):
        wanted = [math.fsum(row * x**k) for k in (1, 2, 3)]
        np.testing.assert_allclose(moments, wanted, rtol=1e-15)
        np.testing.assert_allclose(np.ravel(kl._first_moments(row[None], x)), wanted, rtol=1e-15)


def test_a_geometric_mean_has_all_its_digits_where_the_product_is_beyond_the_numbers() -> None:
    """The logarithms' mean is that of a and b, from 1e-300 to 1e300; 0 and infinity stay what they are."""
    exponents = np.array([[-300, -290], [-300, 300], [0, 0], [1, 3], [-150, -200], [290, 300], [-60, 280], [200, 250]])
    found = kl._geometric_mean(*(10.0**exponents).T)
    np.testing.assert_allclose(found, 10.0 ** exponents.mean(axis=1), rtol=1e-13)
    assert kl._geometric_mean(np.array([0.0, 2.0]), np.array([3.0, np.inf])).tolist() == [0.0, np.inf]


@pytest.mark.parametrize("t", [1e-9, 1e-6, 0.999e-3, 1.001e-3, 0.5, 7.0, 300.0])
@pytest.mark.parametrize("form", ["shared", "own", "moments"])
def test_a_tilted_row_has_the_mean_and_variance_of_its_definition_and_the_log_of_its_sum(form: str, t: float) -> None:
    """Against 80 bits. The log keeps its digits where the tilt is gentle: it is t times the mean less a square."""
    rng = np.random.default_rng(5)
    p, mass = rng.dirichlet(np.full(6, 0.7), 9), 1 + 1e-8 * rng.uniform(-1, 1, 9)
    p *= mass[:, None] / p.sum(axis=1, keepdims=True)
    p[0] = np.eye(6)[2] * mass[0]
    mass = p.sum(axis=1)
    x = rng.random((9, 6)) if form == "own" else np.broadcast_to(rng.random(6), (9, 6))
    low = x.min(axis=1)
    moments = np.stack([np.ones(6), x[0], x[0] ** 2], axis=1) if form == "moments" else None
    for rows, tilts in ((slice(None), np.full(9, t)), (slice(2, 8), t * np.linspace(0.5, 2, 6))):
        found = kl._kl_tilted(p[rows], mass[rows], low[rows], (low[:, None] - x)[rows], tilts, moments, False)
        above = (x - low[:, None])[rows].astype(np.longdouble)
        weights = p[rows] * np.exp(-tilts[:, None] * above)
        mean = (weights * above).sum(axis=1) / weights.sum(axis=1)
        variance = (weights * (above - mean[:, None]) ** 2).sum(axis=1) / weights.sum(axis=1)
        less = (p[rows] * np.expm1(-tilts[:, None] * above)).sum(axis=1) / mass[rows]
        log = np.log1p(less) if t < 1 else np.log(weights.sum(axis=1) / mass[rows])
        np.testing.assert_allclose(found[0], mean.astype(float), rtol=1e-13, atol=4e-16)
        np.testing.assert_allclose(found[1], variance.astype(float), rtol=1e-13, atol=8e-16)
        assert (found[1] >= 0).all()
        atol = np.where(tilts < kl.GENTLE_TILT, 0.0, 4e-15)
        assert (np.abs(found[2] - log) <= atol + 1e-13 * np.abs(log)).all()


@pytest.mark.parametrize("form", ["shared", "own"])
def test_weights_whose_sum_is_below_the_numbers_are_made_from_logarithms(form: str) -> None:
    """Beside others, and the lost factor is told: log(weights) + log(what they were divided by) = log p + exponent."""
    p = np.array([[1e-300, 0.5, 0.5, 0.0], [0.25, 0.25, 0.25, 0.25], [1e-320, 0.0, 0.5, 0.5], [0.0, 1e-5, 0.5, 0.5]])
    above = np.array([[0.0, 0.5, 1.0, 0.7], [0.0, 0.5, 1.0, 0.2], [0.0, 0.9, 1.0, 0.8], [0.0, 0.5, 1.0, 0.1]])
    if form == "shared":
        above[:] = above[0]
    t = np.array([2000.0, 3.0, 1500.0, 5.0])
    exponent = -t[:, None] * above
    kept = exponent.copy()
    weights, divided = kl._tilted_weights(p, exponent, True)
    assert (exponent == kept).all() and (divided[[1, 3]] == 0).all() and (divided[[0, 2]] < -600).all()
    assert (weights.sum(axis=1) > 1e-6).all() and (weights[p == 0] == 0).all()
    with np.errstate(divide="ignore"):
        logs, wanted = np.log(weights) + divided[:, None], np.log(p) + kept
    seen = weights > 1e-300
    np.testing.assert_allclose(logs[seen], wanted[seen], rtol=1e-13)
    few, none = kl._tilted_weights(p[1:2], kept[1:2].copy(), False)
    np.testing.assert_allclose(few[0], weights[1], rtol=1e-15)
    assert none.tolist() == [0.0]
    found = kl._kl_tilted(p, p.sum(axis=1), np.zeros(4), -above, t, None, True)
    np.testing.assert_allclose(found[0], (weights * above).sum(axis=1) / weights.sum(axis=1), rtol=1e-13)
    sums = np.log(weights.sum(axis=1)) + divided - np.log(p.sum(axis=1))
    np.testing.assert_allclose(found[2], sums, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("form", ["shared", "own", "columns"])
def test_newton_row_by_row_finds_the_tilt_from_which_the_radius_was_made(form: str) -> None:
    """From a tenth to a hundred, beside rows that reach their lowest value and radii that move nothing."""
    rng = np.random.default_rng(8)
    rows, x = rng.dirichlet(np.ones(7), 60), rng.random((60, 7))
    if form == "shared":
        x[:] = x[0]
    x = (x - x.min(axis=1)[:, None]) / np.ptp(x, axis=1)[:, None]
    x = np.where(x == 0, 0, 0.05 + 0.95 * x) if form != "shared" else np.where(x[0] == 0, 0, 0.05 + 0.95 * x)
    tilt = 10 ** rng.uniform(-1, 2, 60)
    tilt[:3] = 300.0
    q = rows * np.exp(-tilt[:, None] * x)
    q /= q.sum(axis=1, keepdims=True)
    radius = np.where(q > 0, q * np.log(np.where(q > 0, q, 1) / rows) - q + rows, rows).sum(axis=1)
    radius[3:6], radius[6:9] = 80.0, 1e-40
    values = x[0] if form == "shared" else np.asfortranarray(x) if form == "columns" else x
    wanted = (q * x).sum(axis=1)
    wanted[3:6], wanted[6:9] = 0.0, (rows * x).sum(axis=1)[6:9]
    precise = np.ones(60, dtype=bool)
    precise[:9] = False
    for to_the_tilt in (False, True):
        worst, found, steps = kl.kl_solve(rows, values, radius, to_the_tilt)
        np.testing.assert_allclose(worst, wanted, rtol=0, atol=1e-14)
        assert (found[3:6] == np.inf).all() and (found[6:9] == 0).all()
        sensible = precise & (tilt < 20)
        assert (steps[3:9] == 0).all() and (steps[9:] > 0).all() and steps.max() <= 40
        assert steps[sensible].max() <= (18 if to_the_tilt else 10) and np.median(steps[9:]) <= (
            6 if to_the_tilt else 4
        )
        np.testing.assert_allclose(found[sensible], tilt[sensible], rtol=1e-7 if to_the_tilt else 0.1)
    kernel = kl.kl_kernel(rows, values, radius)
    np.testing.assert_allclose(kernel[9:], q[9:], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(kernel[3:6], x[3:6] == 0, rtol=0, atol=1e-15)
    np.testing.assert_allclose(kernel[6:9], rows[6:9], rtol=1e-15)
    assert steps.dtype == np.int64 and steps.max() > 5
    assert (kl.kl_solve(rows, values, radius)[2] == kl.kl_solve(rows, values, radius, False)[2]).all()


def test_a_radius_that_is_just_enough_for_the_lowest_value_needs_no_step() -> None:
    """Minus the log of the share of mass that is there, whatever a row's mass is within its tolerance."""
    rows, x = np.random.default_rng(1).dirichlet(np.ones(4), 20), X
    for mass in (1.0, 1 + 9e-9, 1 - 9e-9):
        for more, reached in ((1e-9, True), (-1e-9, False)):
            worst, tilt, steps = kl.kl_solve(mass * rows, x, -np.log(rows[:, 0]) + more)
            assert (steps == 0).all() == reached and (tilt == np.inf).all() == reached and (worst >= 0).all()
            assert not reached or (worst == 0).all()


def test_values_that_nearly_tie_far_above_the_lowest_one_are_told_apart_by_the_radius() -> None:
    """About where all mass has left the highest value, the divergence stands still, and what is left of the variance is
    rounding: a step that seems to be near enough may be far from it. Against 80 bits."""
    rng = np.random.default_rng(0)
    for near in 10.0 ** -rng.uniform(8, 9, 3):
        rows, x = rng.dirichlet(np.ones(4), 100), np.array([0.5, 0.5 + 1e-9 * rng.random(), 0.5 + near, 1.0])
        plateau = -np.log(1 - rows[:, 3])
        radius = plateau * (1 + rng.choice([-1, 1], 100) * 10.0 ** -rng.uniform(4, 14, 100))
        wanted = kl_references(rows, np.tile(x, (100, 1)), radius).astype(float)
        np.testing.assert_allclose(kl.kl_solve(rows, x, radius)[0], wanted, rtol=0, atol=1e-14)
        np.testing.assert_allclose(kl.kl_solve(rows, np.tile(x, (100, 1)), radius)[0], wanted, rtol=0, atol=1e-14)


@pytest.mark.parametrize("own", [False, True])
def test_a_lowest_value_with_hardly_any_mass_is_tilted_to_by_logarithms(own: bool) -> None:
    """1e-318 of the mass beside common rows: at a tilt of 1,400 the sum of its weights would have a few digits."""
    rows = np.array([[1e-318, 0.7, 0.3], [0.2, 0.5, 0.3], [1e-318, 0.3, 0.7]])
    x, radius = np.array([0.0, 1.0, 0.5]), np.array([2.0, 0.1, 5.0])
    wanted = kl_references(rows, np.tile(x, (3, 1)), radius)
    for to_the_tilt in (False, True):
        worst, tilt, _ = kl.kl_solve(rows, np.tile(x, (3, 1)) if own else x, radius, to_the_tilt)
        np.testing.assert_allclose(worst, wanted.astype(float), rtol=0, atol=1e-13)
        assert (tilt[[0, 2]] > 1000).all()


def test_a_negligible_radius_is_the_mean_and_the_next_one_hardly_less() -> None:
    rows, mean = ROWS[:2], ROWS[:2] @ X
    for radius in (5e-324, kl.NEGLIGIBLE, 2 * kl.NEGLIGIBLE, 1e-30):
        worst, tilt, _ = kl.kl_solve(rows, X, radius)
        np.testing.assert_allclose(worst, mean, rtol=0, atol=4e-15)
        assert (tilt < 1e-10).all()


SHAPES = [
    ((4 * FEW_ROWS, FEW // (4 * FEW_ROWS)), 1, "moments"),
    ((4 * FEW_ROWS - 1, FEW // (4 * FEW_ROWS) + 1), 1, "rows"),
    ((4 * FEW_ROWS, FEW // (4 * FEW_ROWS) - 1), 1, "rows"),
    ((FEW // FEW_STATES, FEW_STATES), 1, "moments"),
    ((FEW // (FEW_STATES - 1) + 1, FEW_STATES - 1), 1, "rows"),
    ((4 * FEW_ROWS, FEW // (4 * FEW_ROWS)), 2, "rows"),
    ((5, SHORT_UP_TO), 2, "short"),
    ((5, SHORT_UP_TO + 1), 2, "rows"),
    ((5, SHORT_UP_TO), 1, "rows"),
]


@pytest.mark.parametrize(("shape", "ndim", "method"), SHAPES)
def test_very_many_rows_many_short_ones_and_others_each_have_their_method(
    shape: tuple[int, int], ndim: int, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def noted(name: str, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        asked.append((name, len(rows)))
        return np.zeros(len(rows)), np.arange(0)

    monkeypatch.setattr(kl, "kl_by_moments", lambda rows, x, radius: noted("moments", rows))
    monkeypatch.setattr(kl, "kl_short", lambda rows, x, radius: noted("short", rows))
    monkeypatch.setattr(kl, "kl_solve", lambda rows, x, radius: noted("rows", rows))
    kl.kl_worst(np.zeros(shape), np.zeros(shape[2 - ndim :]), 0.1)
    assert {name for name, _ in asked} == {method} and sum(n for _, n in asked) == shape[0]
