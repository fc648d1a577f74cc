"""Worst cases against their definitions: a linear program, primal = dual, and the corners one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from mornavi_lite import ChiSquare, KullbackLeibler, Nominal, TotalVariation
from mornavi_lite.uncertainty import UncertaintySet, sets_per_player
from mornavi_lite.uncertainty.worst_case import kl_solve

SETS = [
    Nominal(),
    TotalVariation(0.17),
    TotalVariation(0.17, shift_support=False),
    KullbackLeibler(0.17),
    ChiSquare(0.17),
]


def tv_program(p: np.ndarray, v: np.ndarray, ball: TotalVariation) -> float:
    """The definition as a linear program: q = p + up - down, sum of up <= radius, both at least 0."""
    n = len(p)
    up_limit = [(0, None if ball.shift_support or p[j] > 0 else 0) for j in range(n)]
    down_limit = [(0, p[j]) for j in range(n)]
    answer = linprog(
        np.concatenate([v, -v]),
        A_ub=[[1.0] * n + [0.0] * n],
        b_ub=[ball.radius],
        A_eq=[[1.0] * n + [-1.0] * n],
        b_eq=[0.0],
        bounds=up_limit + down_limit,
    )
    assert answer.status == 0
    return float(p @ v + answer.fun)


def kl_reference(p: np.ndarray, v: np.ndarray, radius: float) -> float:
    """The KL dual in 80-bit arithmetic, its maximum found by bisection on KL(q_t || p) = radius."""
    p, v = p[p > 0].astype(np.longdouble), v[p > 0].astype(np.longdouble)
    low = v.min()
    if radius >= -np.log(p[v == low].sum()):
        return float(low)

    def tilted(t: np.longdouble) -> tuple[np.longdouble, np.longdouble]:
        weights = p * np.exp(-t * (v - low))
        log_total = np.log1p((p * np.expm1(-t * (v - low))).sum()) if t < 1 else np.log(weights.sum())
        mean = (weights * (v - low)).sum() / weights.sum()
        return -t * mean - log_total, -(log_total + radius) / t + low

    below, above = np.longdouble(1e-12), np.longdouble(1e12)
    for _ in range(300):
        middle = np.sqrt(below * above)
        below, above = (middle, above) if tilted(middle)[0] < radius else (below, middle)
    return float(tilted(below)[1])


def chi_square_reference(p: np.ndarray, v: np.ndarray, radius: float) -> float:
    """The chi-square dual, maximised over its one variable by golden section (it is concave)."""
    low, high = np.longdouble(v[p > 0].min()), np.longdouble(v.max()) + 10 * (v.max() - v.min() + 1)
    p, v = p.astype(np.longdouble), v.astype(np.longdouble)

    def dual(threshold: np.longdouble) -> np.longdouble:
        cut = np.minimum(v, threshold)
        mean = (p * cut).sum()
        return mean - np.sqrt(radius * (p * (cut - mean) ** 2).sum())

    ratio = (np.sqrt(np.longdouble(5)) - 1) / 2
    best = dual(low)
    for _ in range(400):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        best = max(best, dual(left), dual(right))
        low, high = (left, high) if dual(left) < dual(right) else (low, right)
    return float(best)


def random_rows(rng: np.random.Generator, n_rows: int, n_states: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows dense, sparse and nearly deterministic; values with and without ties."""
    rows = rng.dirichlet(np.full(n_states, rng.choice([0.05, 0.3, 1.0, 10.0])), size=n_rows)
    rows[rng.random(rows.shape) < rng.choice([0.0, 0.5])] = 0.0
    rows[rows.sum(axis=1) == 0, rng.integers(n_states)] = 1.0
    values = rng.normal(size=n_states) if rng.random() < 0.5 else rng.integers(0, 3, n_states) / 2
    return rows / rows.sum(axis=1, keepdims=True), np.asarray(values, dtype=float)


@pytest.mark.parametrize("n_states", [1, 2, 3, 7, 40, 64, 65, 130])
@pytest.mark.parametrize("shift_support", [True, False])
def test_total_variation_is_the_linear_program(n_states: int, shift_support: bool) -> None:
    rng = np.random.default_rng(n_states)
    for radius in (0.0, 0.03, 0.3, 0.9, 1.0):
        ball = TotalVariation(radius, shift_support)
        rows, values = random_rows(rng, 6, n_states)
        expected = [tv_program(row, values, ball) for row in rows]
        np.testing.assert_allclose(ball.worst_case(rows, values), expected, rtol=0, atol=1e-12)


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


@pytest.mark.parametrize("n_states", [2, 3, 10, 90])
@pytest.mark.parametrize("radius", [1e-14, 1e-9, 1e-4, 0.1, 1.0, 5.0])
def test_kullback_leibler_is_its_dual(n_states: int, radius: float) -> None:
    rng = np.random.default_rng(n_states)
    for _ in range(6):
        rows, values = random_rows(rng, 5, n_states)
        expected = [kl_reference(row, values, radius) for row in rows]
        found = KullbackLeibler(radius).worst_case(rows, values)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.ptp(values))


@pytest.mark.parametrize("n_states", [2, 3, 10, 90])
@pytest.mark.parametrize("radius", [1e-9, 1e-4, 0.1, 1.0, 30.0])
def test_chi_square_is_its_dual(n_states: int, radius: float) -> None:
    rng = np.random.default_rng(n_states)
    for _ in range(4):
        rows, values = random_rows(rng, 5, n_states)
        expected = [chi_square_reference(row, values, radius) for row in rows]
        found = ChiSquare(radius).worst_case(rows, values)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * max(1.0, np.ptp(values)))


@pytest.mark.parametrize("kind", [TotalVariation, KullbackLeibler, ChiSquare, "in support"])
def test_worst_kernel_attains_the_worst_case_inside_the_ball(kind: type | str) -> None:
    rng = np.random.default_rng(5)
    for radius, n_states in itertools.product((1e-12, 1e-6, 0.01, 0.2, 1.0), (1, 2, 5, 30, 100)):
        ball = TotalVariation(radius, shift_support=False) if kind == "in support" else kind(radius)
        for _ in range(4):
            rows, values = random_rows(rng, 8, n_states)
            kernel = ball.worst_kernel(rows, values)
            assert (kernel >= 0).all()
            np.testing.assert_allclose(kernel.sum(axis=-1), 1.0, rtol=0, atol=1e-12)
            assert (ball.divergence(kernel, rows) <= radius * (1 + 1e-9) + 1e-15).all()
            np.testing.assert_allclose(kernel @ values, ball.worst_case(rows, values), rtol=0, atol=1e-11)


@pytest.mark.parametrize("kind", [TotalVariation, KullbackLeibler, ChiSquare])
def test_worst_kernel_attains_the_worst_case_where_values_nearly_tie(kind: type) -> None:
    """The tilt of the worst KL kernel is then 1e4 to 1e17, and most of its divergence hangs on the last digits."""
    rng = np.random.default_rng(9)
    for _ in range(400):
        n_states = rng.integers(3, 6)
        row, values = rng.dirichlet(np.ones(n_states)), rng.random(n_states)
        low, near = rng.permutation(n_states)[:2]
        values[low] = values.min()
        values[near] = values[low] + 10.0 ** -rng.uniform(3, 17)
        ball = kind(10.0 ** rng.uniform(-4, 0))
        kernel = ball.worst_kernel(row, values)
        assert ball.divergence(kernel, row) <= ball.radius * (1 + 1e-12) + 1e-15
        assert kernel @ values == pytest.approx(ball.worst_case(row, values), abs=1e-13)
    p, v = [0.05, 0.475, 0.475], [1.0, 0.1 + 0.2, 0.3]
    assert KullbackLeibler(0.1).worst_kernel(p, v) @ v == pytest.approx(0.3, abs=1e-13)


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


@pytest.mark.parametrize("ball", SETS, ids=repr)
def test_no_kernel_of_the_ball_is_worse(ball: UncertaintySet) -> None:
    rng = np.random.default_rng(11)
    for _ in range(40):
        (row,), values = random_rows(rng, 1, 4)
        towards = rng.dirichlet(np.full(4, 0.5), size=300)
        mixed = row + rng.random((300, 1)) * (towards - row)
        inside = ball.divergence(mixed, row) <= ball.radius
        assert (mixed[inside] @ values >= ball.worst_case(row, values) - 1e-12).all()


def test_the_two_tv_conventions_and_their_crossovers() -> None:
    """Risky (.9 high, .1 trap) against safe (.6 high, .4 medium): who wins depends on what the ball may do."""
    v = np.array([1.0, 0.6, 0.0])
    risky, safe = np.array([0.9, 0.0, 0.1]), np.array([0.6, 0.4, 0.0])

    def lead(ball: UncertaintySet) -> float:
        return float(ball.worst_case(risky, v) - ball.worst_case(safe, v))

    for radius in (0.01, 0.3, 0.6):
        ball = TotalVariation(radius)
        assert ball.worst_case(risky, v) == pytest.approx(0.9 - radius, abs=1e-15)
        assert ball.worst_case(safe, v) == pytest.approx(0.84 - radius, abs=1e-15)
    assert lead(TotalVariation(0.7499)) > 0 > lead(TotalVariation(0.7501)) - 1e-3
    crossings = {TotalVariation: 0.1, KullbackLeibler: 0.0822, ChiSquare: 0.3326}
    for kind, crossing in crossings.items():
        inside = {"shift_support": False} if kind is TotalVariation else {}
        assert lead(kind(crossing - 1e-4, **inside)) > 0 > lead(kind(crossing + 1e-4, **inside))


def test_inside_the_support_the_worst_case_jumps_at_a_point_mass() -> None:
    v = np.array([1.0, 0.0])
    ball = TotalVariation(0.3, shift_support=False)
    assert ball.worst_case([1 - 1e-9, 1e-9], v) == pytest.approx(0.7, abs=1e-8)
    assert ball.worst_case([1.0, 0.0], v) == 1.0
    assert TotalVariation(0.3).worst_case([1.0, 0.0], v) == pytest.approx(0.7, abs=1e-15)


@pytest.mark.parametrize("ball", SETS, ids=repr)
def test_corners(ball: UncertaintySet) -> None:
    point = np.array([0.0, 1.0, 0.0])
    v = np.array([0.3, 0.7, 0.2])
    expected = 0.7 - 0.17 * 0.5 if ball == TotalVariation(0.17) else 0.7
    assert ball.worst_case(point, v) == pytest.approx(expected, abs=1e-15)
    rows = np.random.default_rng(0).dirichlet(np.ones(3), size=(2, 5))
    for constant in (0.0, 5.0, -1e300):
        np.testing.assert_allclose(ball.worst_case(rows, np.full(3, constant)), constant, rtol=1e-15)
    huge, unit = ball.worst_case(rows, v * 1e300), ball.worst_case(rows, v)
    np.testing.assert_allclose(huge, unit * 1e300, rtol=1e-12)
    tiny = ball.worst_case(rows, v * 1e-300)
    np.testing.assert_allclose(tiny, unit * 1e-300, rtol=1e-12)
    whole_range = ball.worst_case(rows, np.array([1.7e308, 0.0, -1.7e308]))
    assert np.isfinite(whole_range).all()
    np.testing.assert_allclose(whole_range / 1.7e308, ball.worst_case(rows, [1.0, 0.0, -1.0]), rtol=0, atol=1e-12)
    assert ball.worst_case(np.zeros((0, 3)), v).shape == (0,)
    assert ball.worst_case([1.0], [3.0]) == 3.0


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


@pytest.mark.parametrize("kind", [TotalVariation, KullbackLeibler, ChiSquare])
def test_radius_zero_is_nominal_to_the_byte(kind: type) -> None:
    rows, v = random_rows(np.random.default_rng(2), 50, 12)
    assert kind(0.0).worst_case(rows, v).tobytes() == Nominal().worst_case(rows, v).tobytes()
    assert kind(0).worst_kernel(rows, v).tobytes() == rows.tobytes()


def test_largest_radius_is_the_worst_state() -> None:
    rows, v = random_rows(np.random.default_rng(3), 50, 6)
    np.testing.assert_array_equal(TotalVariation(1.0).worst_case(rows, v), np.full(50, v.min()))
    in_support = np.where(rows > 0, v, np.inf).min(axis=1)
    for ball in (TotalVariation(1.0, shift_support=False), KullbackLeibler(800.0), ChiSquare(1e300)):
        np.testing.assert_allclose(ball.worst_case(rows, v), in_support, rtol=0, atol=1e-13)


distributions = st.lists(st.integers(0, 9), min_size=2, max_size=6).filter(any).map(lambda w: np.array(w) / sum(w))


@given(distributions, st.integers(0, 2**32 - 1), st.sampled_from(SETS), st.floats(-5, 5), st.floats(0.1, 10))
@settings(max_examples=200, deadline=None)
def test_translation_scale_and_relabelling(
    p: np.ndarray, seed: int, ball: UncertaintySet, shift: float, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    v = rng.integers(-4, 5, len(p)) / 4
    worst = ball.worst_case(p, v)
    assert ball.worst_case(p, scale * v + shift) == pytest.approx(scale * worst + shift, abs=1e-11)
    order = rng.permutation(len(p))
    assert ball.worst_case(p[order], v[order]) == pytest.approx(worst, abs=1e-12)
    assert v.min() - 1e-12 <= worst <= p @ v + 1e-12


@given(distributions, st.integers(0, 2**32 - 1), st.sampled_from([TotalVariation, KullbackLeibler, ChiSquare]))
@settings(max_examples=100, deadline=None)
def test_monotone_in_the_radius_in_the_values_and_in_dominance(p: np.ndarray, seed: int, kind: type) -> None:
    rng = np.random.default_rng(seed)
    v = np.sort(rng.random(len(p)))
    by_radius = [float(kind(radius).worst_case(p, v)) for radius in np.linspace(0, 1, 11)]
    assert (np.diff(by_radius) <= 1e-12).all()
    for radius in (0.05, 0.4):
        ball = kind(radius)
        assert ball.worst_case(p, v + rng.random(len(p))) >= ball.worst_case(p, v) - 1e-12
        better = p.copy()  # mass moved from lower to higher values: dominates p in the order of v
        source = rng.integers(len(p))
        target = rng.integers(source, len(p))
        moved = better[source] * rng.random()
        better[source] -= moved
        better[target] += moved
        assert ball.worst_case(better, v) >= ball.worst_case(p, v) - 1e-12


def test_tv_worst_case_is_lipschitz_in_the_row() -> None:
    rng = np.random.default_rng(8)
    rows, others, v = rng.dirichlet(np.ones(5), 200), rng.dirichlet(np.ones(5), 200), rng.normal(size=5)
    ball = TotalVariation(0.2)
    difference = np.abs(ball.worst_case(rows, v) - ball.worst_case(others, v))
    assert (difference <= np.ptp(v) * ball.divergence(rows, others) + 1e-12).all()


@pytest.mark.parametrize("ball", SETS, ids=repr)
def test_broadcasts_over_leading_axes_and_never_writes(ball: UncertaintySet) -> None:
    rng = np.random.default_rng(4)
    p, v = rng.dirichlet(np.ones(7), size=(3, 2, 5)), rng.random(7)
    p.setflags(write=False)
    v.setflags(write=False)
    worst, kernel = ball.worst_case(p, v), ball.worst_kernel(p, v)
    assert worst.shape == (3, 2, 5) and kernel.shape == p.shape
    for index in np.ndindex(3, 2, 5):
        assert worst[index] == pytest.approx(ball.worst_case(p[index], v), abs=1e-14)
        assert kernel[index] == pytest.approx(ball.worst_kernel(p[index], v), abs=1e-12)
    repeated = np.broadcast_to(p[0, 0], (4, 5, 7))
    np.testing.assert_allclose(ball.worst_case(repeated, v), np.broadcast_to(worst[0, 0], (4, 5)), rtol=0, atol=1e-14)
    assert ball.divergence(kernel, p).shape == (3, 2, 5)
    strided = np.asfortranarray(p)[:, :, ::2]
    np.testing.assert_allclose(ball.worst_case(strided, v), worst[:, :, ::2], rtol=0, atol=1e-14)
    whole_numbers = ball.worst_case(np.array([[0, 1, 0]]), np.array([1, 3, 2]))
    np.testing.assert_allclose(whole_numbers, ball.worst_case([[0.0, 1.0, 0.0]], [1.0, 3.0, 2.0]), rtol=0)


def test_divergences_by_hand() -> None:
    q, p = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.25, 0.5])
    assert TotalVariation(0.1).divergence(q, p) == pytest.approx(0.5)
    assert KullbackLeibler(0.1).divergence(q, p) == pytest.approx(np.log(2))
    assert ChiSquare(0.1).divergence(q, p) == pytest.approx(0.25 + 0.25 + 0.5)
    assert Nominal().divergence(p, p) == 0.0
    outside = np.array([0.5, 0.25, 0.25])
    for ball in (TotalVariation(0.1, shift_support=False), KullbackLeibler(0.1), ChiSquare(0.1)):
        assert ball.divergence(outside, q) == np.inf
        assert np.isfinite(ball.divergence(q, outside))
    assert TotalVariation(0.1).divergence(outside, q) == pytest.approx(0.25)
    assert ChiSquare(0.1).divergence([0.5, 0.5], [5e-324, 1.0]) == np.inf


@pytest.mark.parametrize("ball", SETS, ids=repr)
def test_one_row_gives_one_number(ball: UncertaintySet) -> None:
    for values in ([0.0, 1.0], [2.0, 2.0]):
        assert isinstance(ball.worst_case([0.5, 0.5], values), np.float64)
    assert isinstance(ball.divergence([0.5, 0.5], [0.5, 0.5]), np.float64)


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


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TotalVariation(-0.1), r"radius must be in \[0, 1\], got -0.1"),
        (lambda: TotalVariation(1.1), r"radius must be in \[0, 1\], got 1.1"),
        (lambda: TotalVariation(float("nan")), "radius must be .* got nan"),
        (lambda: TotalVariation("0.1"), "radius must be a number, got str"),
        (lambda: TotalVariation(0.1, shift_support="no"), "shift_support must be True or False"),
        (lambda: KullbackLeibler(-1), "radius must be finite and at least 0, got -1"),
        (lambda: KullbackLeibler(float("inf")), "radius must be finite"),
        (lambda: ChiSquare(True), "radius must be a number"),
        (lambda: ChiSquare(0.1).worst_case([0.5, 0.6], [0, 1]), r"p must sum to 1, got 1.1"),
        (lambda: ChiSquare(0.1).worst_case([[1, 0], [0.5, 0.4]], [0, 1]), r"p\[1\] must sum to 1, got 0.9"),
        (lambda: ChiSquare(0.1).worst_case([[1.5, -0.5]], [0, 1]), r"p\[0, 1\] must not be negative, got -0.5"),
        (lambda: ChiSquare(0.1).worst_case([[np.nan, 1]], [0, 1]), r"p\[0, 0\] must be finite, got nan"),
        (lambda: ChiSquare(0.1).worst_case([0.5, 0.5], [0, np.inf]), r"v\[1\] must be finite, got inf"),
        (lambda: ChiSquare(0.1).worst_case([0.5, 0.5], [0, 1, 2]), r"v must have shape \(S,\) = \(2,\), got \(3,\)"),
        (lambda: ChiSquare(0.1).worst_case(0.5, [0]), "p must have a last axis"),
        (lambda: ChiSquare(0.1).worst_case(["a", "b"], [0, 1]), "p must be an array of real numbers"),
        (lambda: ChiSquare(0.1).divergence([0.5, 0.5], [1.0]), "same number of states, got 2 and 1"),
        (lambda: ChiSquare(0.1).divergence([[0.5, 0.5]] * 2, [[1.0, 0]] * 3), "must broadcast"),
        (lambda: ChiSquare(0.1).worst_case([np.inf, -np.inf], [0, 1]), r"p\[0\] must be finite, got inf"),
        (lambda: ChiSquare(0.1).worst_case([1e308, 1e308], [0, 1]), "p must sum to 1, got inf"),
        (lambda: sets_per_player([Nominal()], 2), "one set per player, 2, got 1"),
        (lambda: sets_per_player([Nominal(), 0.1], 2), r"uncertainty\[1\] must be an uncertainty set, got 0.1"),
        (lambda: sets_per_player(0.1, 2), "uncertainty must be an uncertainty set"),
    ],
)
def test_bad_input_is_named(make: object, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()  # type: ignore[operator]


def test_a_set_of_your_own_takes_three_methods() -> None:
    class Contamination(UncertaintySet):
        """(1 - radius) p + radius times anything."""

        radius = 0.25

        def _worst(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
            return 0.75 * (rows @ x)

    ball = Contamination()
    assert ball.worst_case([0.5, 0.5], [6.0, 2.0]) == pytest.approx(0.75 * 4.0 + 0.25 * 2.0)
