"""Uncertainty sets: worst cases against programs and duals, worst kernels inside the ball, invariances, bad input."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mornavi_lite import ChiSquare, Contamination, KullbackLeibler, Nominal, TotalVariation
from mornavi_lite.uncertainty import UncertaintySet, sets_per_player
from tests.uncertainty.references import chi_square_reference, kl_reference, random_rows, tv_program

SETS = [
    Nominal(),
    TotalVariation(0.17),
    TotalVariation(0.17, shift_support=False),
    KullbackLeibler(0.17),
    ChiSquare(0.17),
    Contamination(0.17),
]


@pytest.mark.parametrize("n_states", [1, 2, 3, 7, 40, 64, 65, 130])
@pytest.mark.parametrize("shift_support", [True, False])
def test_total_variation_is_the_linear_program(n_states: int, shift_support: bool) -> None:
    rng = np.random.default_rng(n_states)
    for radius in (0.0, 0.03, 0.3, 0.9, 1.0):
        ball = TotalVariation(radius, shift_support)
        rows, values = random_rows(rng, 6, n_states)
        expected = [tv_program(row, values, ball) for row in rows]
        np.testing.assert_allclose(ball.worst_case(rows, values), expected, rtol=0, atol=1e-12)


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


@pytest.mark.parametrize("kind", [TotalVariation, KullbackLeibler, ChiSquare, Contamination, "in support"])
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


@pytest.mark.parametrize("kind", [TotalVariation, KullbackLeibler, ChiSquare, Contamination])
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
    assert ball.worst_case([1 + 9e-9, 0.0], v) == 1.0  # more mass than 1 is worth no more than the highest value


@pytest.mark.parametrize("ball", SETS, ids=repr)
def test_corners(ball: UncertaintySet) -> None:
    point = np.array([0.0, 1.0, 0.0])
    v = np.array([0.3, 0.7, 0.2])
    expected = 0.7 - 0.17 * 0.5 if ball in (TotalVariation(0.17), Contamination(0.17)) else 0.7
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


@pytest.mark.parametrize("kind", [TotalVariation, KullbackLeibler, ChiSquare, Contamination])
def test_radius_zero_is_nominal_to_the_byte(kind: type) -> None:
    rows, v = random_rows(np.random.default_rng(2), 50, 12)
    assert kind(0.0).worst_case(rows, v).tobytes() == Nominal().worst_case(rows, v).tobytes()
    assert kind(0).worst_kernel(rows, v).tobytes() == rows.tobytes()


def test_largest_radius_is_the_worst_state() -> None:
    rows, v = random_rows(np.random.default_rng(3), 50, 6)
    for ball in (TotalVariation(1.0), Contamination(1.0)):
        np.testing.assert_array_equal(ball.worst_case(rows, v), np.full(50, v.min()))
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


@given(
    distributions,
    st.integers(0, 2**32 - 1),
    st.sampled_from([TotalVariation, KullbackLeibler, ChiSquare, Contamination]),
)
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
    assert Contamination(0.1).divergence(q, p) == 1.0
    assert Contamination(0.1).divergence([0.4, 0.6, 0.0], q) == pytest.approx(0.2)
    assert Nominal().divergence(p, p) == 0.0
    outside = np.array([0.5, 0.25, 0.25])
    for ball in (TotalVariation(0.1, shift_support=False), KullbackLeibler(0.1), ChiSquare(0.1)):
        assert ball.divergence(outside, q) == np.inf
        assert np.isfinite(ball.divergence(q, outside))
    assert TotalVariation(0.1).divergence(outside, q) == pytest.approx(0.25)
    assert Contamination(0.1).divergence(outside, q) == pytest.approx(0.5)
    assert ChiSquare(0.1).divergence([0.5, 0.5], [5e-324, 1.0]) == np.inf


@pytest.mark.parametrize("ball", SETS, ids=repr)
def test_one_row_gives_one_number(ball: UncertaintySet) -> None:
    for values in ([0.0, 1.0], [2.0, 2.0]):
        assert isinstance(ball.worst_case([0.5, 0.5], values), np.float64)
    assert isinstance(ball.divergence([0.5, 0.5], [0.5, 0.5]), np.float64)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TotalVariation(-0.1), r"radius must be in \[0, 1\], got -0.1"),
        (lambda: TotalVariation(1.1), r"radius must be in \[0, 1\], got 1.1"),
        (lambda: TotalVariation(float("nan")), "radius must be .* got nan"),
        (lambda: TotalVariation("0.1"), "radius must be a number, got str"),
        (lambda: TotalVariation(0.1, shift_support="no"), "shift_support must be True or False"),
        (lambda: Contamination(1.1), r"radius must be in \[0, 1\], got 1.1"),
        (lambda: Contamination(np.array([0.1, -1.0])), r"radius\[1\] must be in \[0, 1\], got -1.0"),
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


def test_one_row_that_leaves_the_support_leaves_the_others_where_they_are() -> None:
    p, q = np.array([[0.5, 0.5, 0.0], [0.5, 0.25, 0.25]]), np.array([[0.5, 0.25, 0.25], [0.5, 0.5, 0.0]])
    for ball in (TotalVariation(0.1, shift_support=False), KullbackLeibler(0.1), ChiSquare(0.1)):
        found = ball.divergence(q, p)
        assert np.isinf(found[0]) and np.isfinite(found[1]), ball
