"""The algorithms of worst cases: many rows against one, the edge of floating point, few steps, little memory."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from mornavi_lite import ChiSquare, KullbackLeibler, TotalVariation
from mornavi_lite.uncertainty import UncertaintySet, kl_solve, worst_case
from tests.uncertainty.references import chi_square_reference, kl_reference, random_rows
from tests.uncertainty.test_balls import SETS


@pytest.mark.parametrize("n_states", [12, 40, 64, 65, 150])
@pytest.mark.parametrize("radius", [1e-6, 0.02, 0.2, 0.7, 1.0])
def test_total_variation_for_many_rows_is_the_closed_form_row_by_row(n_states: int, radius: float) -> None:
    """Rows of all kinds in one call: the backup treats them in pieces, and looks as deep as the worst row needs."""
    rng = np.random.default_rng(n_states)
    dense, v = rng.dirichlet(np.ones(n_states), size=900), rng.normal(size=n_states)
    sparse = rng.dirichlet(np.full(n_states, 0.02), size=900)
    certain = np.eye(n_states)[rng.integers(n_states, size=100)]
    rows = np.concatenate([dense, sparse, certain, dense[:100]])
    order = np.argsort(-v)
    tails, gaps = np.cumsum(rows[:, order], axis=1)[:, :-1], -np.diff(v[order])
    expected = v.min() + (np.maximum(tails - radius, 0) * gaps).sum(axis=1)
    np.testing.assert_allclose(TotalVariation(radius).worst_case(rows, v), expected, rtol=0, atol=2e-14)


def test_chi_square_with_weights_at_the_edge_of_floating_point_and_huge_radii() -> None:
    """A weight of 1e-300 cannot take over at radius .1: its divergence would be 1e300."""
    assert ChiSquare(0.1).worst_case([1e-300, 0, 1], [0, 1e-12, 1]) == 1.0
    v = np.array([0.0, 0.1, 0.7, 0.9])
    for radius in (1e4, 1e8, 1e16, 1e30, 1e40):
        rare = 0.5 / radius
        row = np.array([rare, 1 / 3, 1 / 3, 1 / 3 - rare])
        ball = ChiSquare(radius)
        kernel = ball.worst_kernel(row, v)
        # With mass m on the lowest state: m^2 / rare + 3 (1 - m)^2 - 1 = radius, so m is sqrt(1/2) up to 1 / radius.
        assert kernel[0] == pytest.approx(np.sqrt(0.5), abs=3 / radius + 1e-12)
        assert kernel @ v == pytest.approx(ball.worst_case(row, v), abs=1e-13)
        assert ball.divergence(kernel, row) <= radius * (1 + 1e-12)


def test_chi_square_kernels_lie_on_the_border_where_variances_are_below_the_smallest_squares() -> None:
    """Several such rows beside a common one; the divergence in exact fractions."""
    rows = np.array([[1.0, 1e-300, 3e-300], [1.0, 2e-295, 1e-293], [0.5, 0.3, 0.2], [1.0, 4e-302, 5e-324]])
    ball = ChiSquare(0.3)
    for row, kernel in zip(rows, ball.worst_kernel(rows, [1.0, 0.0, 0.5]), strict=True):
        pairs = [(Fraction(float(q)), Fraction(float(p))) for q, p in zip(kernel, row, strict=True)]
        exact = float(sum((q - p) ** 2 / p for q, p in pairs))
        assert exact == pytest.approx(0.3, rel=1e-9)
        assert ball.divergence(kernel, row) == pytest.approx(exact, rel=1e-9)
    assert ball.divergence([1.0, 1.5e-295], [1.0, 1e-295]) == pytest.approx(2.5e-296, rel=1e-9, abs=0)


def assert_attained(ball: UncertaintySet, row: np.ndarray, v: np.ndarray) -> None:
    """The worst kernel is a distribution in the ball, and its expectation the worst case; nothing warns."""
    kernel, worst = ball.worst_kernel(row, v), ball.worst_case(row, v)
    assert (kernel >= 0).all() and kernel.sum() == pytest.approx(1, abs=1e-12)
    assert ball.divergence(kernel, row) <= ball.radius * (1 + 1e-9) + 1e-15
    # In units of the range, which may itself be beyond the largest number: halves.
    half = v.max() / 2 - v.min() / 2
    if half > 0:
        scaled, found = (v / 2 - v.min() / 2) / half, (worst / 2 - v.min() / 2) / half
        rounding = 1e-15 * np.abs(v).max() / half + 1e-323 / half  # of values; 5e-324 is the smallest number
        assert kernel @ scaled == pytest.approx(found, abs=1e-11 + rounding)
        of_its_own = ball.worst_case(np.stack([row, row]), np.stack([v, v[::-1]]))[0]  # values of the row's own
        assert (of_its_own / 2 - v.min() / 2) / half == pytest.approx(found, abs=1e-11 + rounding)


@pytest.mark.parametrize("radius", [1e-33, 1e-34, 1e-100, 1e-190, 1e-200, 1e-250, 1e-300, 5e-324])
def test_a_radius_near_zero_is_the_expectation_to_the_last_digits(radius: float) -> None:
    rng = np.random.default_rng(3)
    for _ in range(30):
        (row, *_), v = random_rows(rng, 1, 5)
        for ball in (KullbackLeibler(radius), ChiSquare(radius), TotalVariation(radius)):
            assert ball.worst_case(row, v) == pytest.approx(row @ v, abs=4e-15)
            assert_attained(ball, row, v)


@pytest.mark.parametrize("rare", [1e-300, 1e-307, 1e-308, 2e-310, 1.285e-321, 5e-324])
def test_probabilities_at_the_edge_of_floating_point(rare: float) -> None:
    """Against the duals in 80 bits. KL moves .01 of the mass to a state of probability 1e-321; chi-square nothing."""
    for row, v in (
        ([1 - 1e-16, rare], [1.0, 0.0]),
        ([0.25, rare, 0.75], [0.5, 0.0, 1.0]),
        ([rare, 0.25, rare, 0.75], [0.0, 0.6, 0.5, 0.4]),
        ([rare, 3 * rare, 1.0], [1e-9, 0.0, 1.0]),
    ):
        p, value = np.array(row), np.array(v)
        for radius in (0.01, 0.4, 7.0):
            assert_attained(KullbackLeibler(radius), p, value)
            assert_attained(ChiSquare(radius), p, value)
            found = KullbackLeibler(radius).worst_case(p, value)
            assert found == pytest.approx(kl_reference(p, value, radius), abs=1e-12)
            found = ChiSquare(radius).worst_case(p, value)
            assert found == pytest.approx(chi_square_reference(p, value, radius), abs=1e-12)


@pytest.mark.parametrize("width", [1e-10, 1e-12, 1e-14, 1e-100, 1e-200, 1e-300, 1e200, 1e308])
def test_values_of_any_range(width: float) -> None:
    rng = np.random.default_rng(13)
    for centre, radius in itertools.product((0.0, 1.0), (1e-3, 0.1, 1.0, 10.0)):
        for _ in range(5):
            (row, *_), v = random_rows(rng, 1, 4)
            scaled = centre + width * (v / max(1.0, np.abs(v).max()))
            for ball in (KullbackLeibler(radius), ChiSquare(radius), TotalVariation(min(radius, 1.0))):
                assert_attained(ball, row, scaled)


def test_numbers_of_every_size_at_once() -> None:
    """Probabilities and differences of values from 1 down to 1e-323, radii from 1000 down to that."""
    rng = np.random.default_rng(21)
    for k in range(1500):
        (row, *_), v = random_rows(rng, 1, int(rng.integers(2, 6)))
        rare, near = rng.random((2, len(v))) < 0.4
        row[rare] = 10.0 ** -rng.uniform(0, 323, rare.sum())
        row = row / row.sum()
        v[near] = v[rng.integers(len(v))] + 10.0 ** -rng.uniform(0, 323, near.sum())
        v *= 10.0 ** (rng.uniform(-250, 300) if k % 3 == 0 else 0)
        radius = 10.0 ** (rng.uniform(-323, 3) if k % 2 else rng.uniform(-4, 1))
        assert_attained(KullbackLeibler(radius), row, v)
        assert_attained(ChiSquare(radius), row, v)


def test_kl_with_weights_at_the_edge_of_floating_point() -> None:
    v = np.array([0.0, 1.0, 0.5])
    for weight, digits in ((1e-17, 1e-12), (1e-300, 1e-12), (5e-324, 1e-2)):  # the last has one bit left
        row = np.array([weight, 0.7, 0.3])
        for radius in (1e-9, 0.1, 2.0, 650.0, 800.0):
            found = float(KullbackLeibler(radius).worst_case(row, v))
            assert found == pytest.approx(kl_reference(row, v, radius), abs=digits), (weight, radius)
    near_tie = np.array([0.5, 0.5 + 1e-15, 1.0])
    assert KullbackLeibler(0.5).worst_case([0.3, 0.3, 0.4], near_tie) == pytest.approx(
        kl_reference(np.array([0.3, 0.3, 0.4]), near_tie, 0.5), abs=1e-12
    )


def test_kl_between_plateaus_of_the_divergence() -> None:
    """Two values nearly tie, so the divergence stands still between tilts of 10 and 1e10: no place to stop."""
    p, v = np.array([0.38, 0.26, 0.05, 0.31]), np.array([0.0, 3.25e-11, 1.0, 1.23e-19])
    for radius in (0.06, 0.1476, 0.3):
        found = KullbackLeibler(radius).worst_case(p, v)
        assert found == pytest.approx(kl_reference(p, v, radius), abs=1e-15)


def test_kl_saturates_exactly_at_minus_log_of_the_lowest_mass() -> None:
    row, v = np.array([0.2, 0.3, 0.5]), np.array([0.25, 0.25, 1.0])
    assert KullbackLeibler(-np.log(0.5) + 1e-9).worst_case(row, v) == 0.25
    assert KullbackLeibler(-np.log(0.5) - 1e-3).worst_case(row, v) > 0.25 + 1e-5
    assert KullbackLeibler(50.0).worst_kernel(row, v) == pytest.approx(np.array([0.4, 0.6, 0.0]))


@pytest.mark.parametrize("n_states", [10, 50, 200])
def test_kl_takes_few_newton_steps(n_states: int) -> None:
    rng = np.random.default_rng(n_states)
    for radius, density in itertools.product((0.01, 0.1, 1.0), (0.1, 1.0)):
        rows, x = rng.dirichlet(np.full(n_states, density), size=500), rng.random(n_states)
        x = (x - x.min()) / np.ptp(x)
        assert np.median(kl_solve(rows, x, radius)[2]) <= 8


def test_the_divergence_of_rows_that_nearly_agree_has_its_digits() -> None:
    """In exact fractions to the third order of the change: 1e-17 beside probabilities of a quarter."""
    p = np.array([[0.25, 0.25, 0.25, 0.25], [0.5, 0.125, 0.25, 0.125]])
    q = p + np.array([3e-9, -1e-9, -4e-9, 2e-9])
    for near, row, found in zip(q, p, KullbackLeibler(0.1).divergence(q, p), strict=True):
        changes = [(Fraction(a) - Fraction(b), Fraction(b)) for a, b in zip(near.tolist(), row.tolist(), strict=True)]
        exact = sum(d + d**2 / (2 * b) - d**3 / (6 * b**2) for d, b in changes) - sum(d for d, _ in changes)
        assert found == pytest.approx(float(exact), rel=1e-7, abs=0)


def test_kl_has_an_end_where_newton_creeps_and_where_no_tilt_tells_values_apart() -> None:
    """Values that nearly tie far from 0, with what they share lost to rounding; values that differ by a denormal."""
    creeps = np.array([[0.9991439434777137, 0.0, 0.0, 0.0008560565222863236]]), np.array([1 - 1e-12, 0.0, 1, 1 - 2e-12])
    worst, _, steps = kl_solve(*creeps, 3.0)
    assert steps[0] <= 100 and 1 - 2e-12 <= worst[0] <= 1 - 1e-12
    for denormal in (5e-324, 1e-309):
        row, x = np.array([[0.33, 0.3, 0.37]]), np.array([1.0, denormal, 0.0])
        worst, _, steps = kl_solve(row, x, 0.5, to_the_tilt=True)
        assert steps[0] <= 100 and worst[0] <= denormal
        kernel = KullbackLeibler(0.5).worst_kernel(row, x)
        assert KullbackLeibler(0.5).divergence(kernel, row)[0] <= 0.5 + 1e-12 and kernel[0] @ x <= 2 * denormal


def test_a_kl_tilt_that_newton_threw_far_beyond_comes_back() -> None:
    """Found by fuzzing: a stop at the largest tilts left the kernel far from the worst one."""
    row, x = np.full((1, 9), 1 / 9), np.array([1, 1e-300, 1e-300, 1, 1, 0, 1, 0, 1.0])
    for radius in (0.9, 1.0, 1.4):
        assert KullbackLeibler(radius).worst_kernel(row, x)[0] @ x <= 1e-290


def test_pieces_are_all_rows_in_order_and_as_many_at_a_time_as_the_chunk_holds() -> None:
    for n_rows, n_states, copies in (
        (5000, 7, 1),
        (5000, 7, 2),
        (400, 300, 0.5),
        (3, 2 * worst_case.CHUNK, 1),
        (0, 4, 1),
    ):
        rows = np.arange(n_rows)[:, None] * np.ones((1, 1))
        cut = worst_case.pieces(np.broadcast_to(rows, (n_rows, n_states)), copies)
        parts = [rows[piece, 0] for piece in cut]
        assert np.concatenate([[], *parts]).tolist() == list(range(n_rows))
        sizes = [copies * len(part) * n_states for part in parts]
        assert all(size > worst_case.CHUNK / 2 for size in sizes[:-1])
        assert all(size <= worst_case.CHUNK or len(part) == 1 for size, part in zip(sizes, parts, strict=True))
    assert worst_case.pieces(np.zeros((5000, 7))) == worst_case.pieces(np.zeros((5000, 7)), 1)


def test_no_temporary_is_larger_than_twice_the_kernel() -> None:
    import tracemalloc

    rng = np.random.default_rng(1)
    for n_states, n_rows in ((20, 20_000), (300, 1500)):
        rows, v = rng.dirichlet(np.ones(n_states), size=n_rows), rng.random(n_states)
        for ball in SETS:
            ball.worst_case_unchecked(rows[:10], v)
            tracemalloc.start()
            ball.worst_case_unchecked(rows, v)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak <= 2 * rows.nbytes, (ball, n_states, peak / rows.nbytes)
