"""Rows with values and radii of their own: a linear program, duals in more digits, primal = dual, and every corner."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from mornavi_lite import ChiSquare, Contamination, KullbackLeibler, Nominal, TotalVariation
from mornavi_lite.uncertainty import UncertaintySet
from mornavi_lite.uncertainty.each_row import worst_cases_of
from mornavi_lite.uncertainty.worst_case import CHUNK
from tests.uncertainty.references import chi_square_reference, kl_reference, tv_program

KINDS = {
    "TV": lambda radius: TotalVariation(radius),
    "TV in support": lambda radius: TotalVariation(radius, shift_support=False),
    "KL": KullbackLeibler,
    "chi-square": ChiSquare,
    "contamination": Contamination,
}


def tv_exactly(p: np.ndarray, v: np.ndarray, radius: float, shift_support: bool) -> float:
    """Mass leaves the highest values first and lands on the lowest, in rational arithmetic."""
    left, worst = Fraction(radius), Fraction(0)
    low = Fraction(float(v.min() if shift_support else v[p > 0].min()))
    for j in np.argsort(-v):
        moved = min(Fraction(float(p[j])), left)
        left -= moved
        worst += (Fraction(float(p[j])) - moved) * Fraction(float(v[j])) + moved * low
    return float(worst)


def reference(name: str, p: np.ndarray, v: np.ndarray, radius: float) -> float:
    """The definition: by a greedy in fractions, or by the dual in 80-bit arithmetic, for values of any range."""
    if name.startswith("TV"):
        return tv_exactly(p, v, radius, name == "TV")
    if name == "contamination":
        mean = sum((Fraction(float(a)) * Fraction(float(b)) for a, b in zip(p, v, strict=True)), Fraction(0))
        mean /= sum(map(Fraction, p.tolist()))
        return float((1 - Fraction(radius)) * mean + Fraction(radius) * Fraction(float(v.min())))
    low, width = v.min(), range_of(v) or 1.0
    x = v / width - low / width
    if radius == 0:
        return float(low + p @ x * width)
    return float(low + (kl_reference if name == "KL" else chi_square_reference)(p, x, radius) * width)


def rows_of_all_kinds(rng: np.random.Generator, n_states: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows dense, sparse, certain, with weights at the edge; values apart, tied, nearly tied, constant; all ranges."""
    rows, values = [], []
    for density, ranges in itertools.product((0.05, 1.0, 10.0, "certain", "denormal"), (1e-12, 1.0, 1e300)):
        row = np.eye(n_states)[rng.integers(n_states)]
        if not isinstance(density, str):
            row = rng.dirichlet(np.full(n_states, density))
            row[rng.random(n_states) < 0.3] = 0.0
            row = row / row.sum() if row.sum() > 0 else np.eye(n_states)[0]
        elif density == "denormal":
            row[np.argmin(row)] += 5e-320
        v = [
            rng.normal(size=n_states),
            rng.integers(0, 3, n_states) / 2,
            np.full(n_states, -2.5),
            np.where(rng.random(n_states) < 0.5, 0.3, 0.1 + 0.2),
        ][rng.integers(4)]
        rows.append(row)
        values.append(v * ranges)
    return np.array(rows), np.array(values)


def range_of(v: np.ndarray) -> float:
    return float(np.ptp(v / 4) * 4)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("n_states", [1, 2, 5, 12, 13, 40, 101])
def test_each_row_by_its_own_values_is_the_definition(name: str, n_states: int) -> None:
    """To 1e-12 of the row's own range, in one call whose rows have ranges from 1e-12 to 1e300."""
    rng = np.random.default_rng(n_states)
    for radius in (1e-9, 0.03, 0.4, 1.0):
        rows, values = rows_of_all_kinds(rng, n_states)
        radii = rng.permutation(np.resize([0.0, radius, 1.0, 0.2], len(rows)))
        for each in (radius, radii):
            found = KINDS[name](each).worst_case(rows, values)
            for p, v, r, worst in zip(rows, values, np.broadcast_to(each, len(rows)), found, strict=True):
                digits = 1e-9 if name == "KL" and p[p > 0].min() < 1e-308 else 1e-12  # it has few digits itself
                allowed = digits * range_of(v) + 1e-15 * abs(v).max()
                assert worst == pytest.approx(reference(name, p, v, r), rel=0, abs=allowed), (p, v, r)


@pytest.mark.parametrize("shift_support", [True, False])
def test_total_variation_of_each_row_is_the_linear_program(shift_support: bool) -> None:
    rng = np.random.default_rng(3)
    for n_states in (2, 7, 30):
        rows, values = rng.dirichlet(np.full(n_states, 0.4), size=6), rng.normal(size=(6, n_states))
        rows[:, 0] = 0.0
        rows /= rows.sum(axis=1, keepdims=True)
        radii = np.array([0.0, 0.05, 0.2, 0.5, 0.9, 1.0])
        found = TotalVariation(radii, shift_support).worst_case(rows, values)
        balls = [TotalVariation(radius, shift_support) for radius in radii]
        expected = [tv_program(*each) for each in zip(rows, values, balls, strict=True)]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("n_states", [1, 3, 12, 40, 1100])
def test_worst_kernel_attains_the_worst_case_of_each_row_inside_its_ball(name: str, n_states: int) -> None:
    rng = np.random.default_rng(n_states)
    rows, values = rng.dirichlet(np.full(n_states, 0.3), size=(4, 5)), rng.normal(size=(4, 5, n_states))
    rows[0, :, n_states // 2 :] = 0.0
    rows[0, :, 0] += 1 - rows[0].sum(axis=-1)
    values[1] = np.round(values[1])
    values[2, 3] = 7.0
    for radius in (0.1, 1.0, rng.choice([0.0, 1e-6, 0.2, 1.0], size=5), rng.random((4, 1))):
        ball = KINDS[name](radius)
        kernel, worst = ball.worst_kernel(rows, values), ball.worst_case(rows, values)
        assert kernel.shape == rows.shape and (kernel >= 0).all()
        np.testing.assert_allclose(kernel.sum(axis=-1), 1.0, rtol=0, atol=1e-12)
        assert (ball.divergence(kernel, rows) <= np.asarray(radius) * (1 + 1e-9) + 1e-15).all()
        np.testing.assert_allclose((kernel * values).sum(axis=-1), worst, rtol=0, atol=1e-11)


@pytest.mark.parametrize("name", KINDS)
def test_one_vector_for_each_row_and_one_for_all_agree(name: str) -> None:
    """Broadcasting either way; the vectors of all players in one call."""
    rng = np.random.default_rng(0)
    rows, v = rng.dirichlet(np.ones(20), size=(6, 3)), rng.normal(size=(2, 20))
    ball = KINDS[name](0.2)
    apart = np.array([ball.worst_case(rows, each) for each in v])
    np.testing.assert_allclose(ball.worst_case(rows, v[:, None, None]), apart, rtol=0, atol=1e-12)
    one_row = ball.worst_case(rows[0, 0], v)
    np.testing.assert_allclose(one_row, apart[:, 0, 0], rtol=0, atol=1e-12)
    kernels = ball.worst_kernel(rows[0, 0], v)
    assert kernels.shape == v.shape
    np.testing.assert_allclose((kernels * v).sum(axis=-1), one_row, rtol=0, atol=1e-11)


@pytest.mark.parametrize("name", KINDS)
def test_a_radius_for_each_row_is_that_row_alone(name: str) -> None:
    rng = np.random.default_rng(1)
    for n_states in (2, 9, 70, 200):
        rows, v = rng.dirichlet(np.full(n_states, 0.2), size=(7, 4)), rng.normal(size=n_states)
        radius = rng.choice([0.0, 1e-9, 0.02, 0.3, 1.0], size=(7, 4))
        ball = KINDS[name](radius)
        for found, apart in ((ball.worst_case(rows, v), "worst_case"), (ball.worst_kernel(rows, v), "worst_kernel")):
            for index in np.ndindex(7, 4):
                expected = getattr(KINDS[name](radius[index]), apart)(rows[index], v)
                np.testing.assert_allclose(found[index], expected, rtol=0, atol=1e-11)
        nominal = Nominal().worst_case(rows, v)
        assert (ball.worst_case(rows, v)[radius == 0] == nominal[radius == 0]).all()
        assert (ball.worst_kernel(rows, v)[radius == 0] == rows[radius == 0]).all()
        assert ball.worst_case_unchecked(rows, v).tobytes() == ball.worst_case(rows, v).tobytes()
        by_column = KINDS[name](np.array([0.1, 0.0, 0.5, 1.0])).worst_case(rows, v)
        np.testing.assert_allclose(by_column[:, 2], KINDS[name](0.5).worst_case(rows[:, 2], v), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", KINDS)
def test_equal_radii_are_one_radius_and_zeros_the_nominal_set_to_the_byte(name: str) -> None:
    rng = np.random.default_rng(4)
    rows, v = rng.dirichlet(np.ones(30), size=(50, 3)), rng.normal(size=30)
    one, each = KINDS[name](0.15), KINDS[name](np.full((50, 1), 0.15))
    np.testing.assert_allclose(one.worst_case(rows, v), each.worst_case(rows, v), rtol=0, atol=2e-15)
    assert one.worst_case(rows, v * 0).tobytes() == each.worst_case(rows, v * 0).tobytes()
    nothing = KINDS[name](np.zeros(3))
    assert nothing.worst_case(rows, v).tobytes() == Nominal().worst_case(rows, v).tobytes()
    assert nothing.worst_kernel(rows, v).tobytes() == rows.tobytes()
    zero_d = KINDS[name](np.array(0.15))
    assert zero_d == one and type(zero_d.radius) is float and repr(zero_d) == repr(one)


def test_intervals_of_two_outcome_rows_are_balls() -> None:
    """A game model checker's interval [p - eps, p + eps] on a row (p, 1 - p) is a TV ball of radius eps."""
    rng = np.random.default_rng(5)
    p, half_width, values = rng.random((6, 4)), 0.2 * rng.random((6, 4)), rng.normal(size=(6, 4, 2))
    low, high = np.clip(p - half_width, 0, 1), np.clip(p + half_width, 0, 1)
    ends = [q * values[..., 0] + (1 - q) * values[..., 1] for q in (low, high)]
    rows = np.stack([p, 1 - p], axis=-1)
    found = TotalVariation(half_width).worst_case(rows, values)
    np.testing.assert_allclose(found, np.minimum(*ends), rtol=0, atol=1e-14)


@pytest.mark.parametrize("n_listed", [1, 4, 12, 30])
def test_sparse_rows_with_the_lowest_value_of_all_states_are_dense_rows(n_listed: int) -> None:
    """Mass that may leave the support lands on the lowest state of all, whether or not a row lists it."""
    rng = np.random.default_rng(n_listed)
    n_states, n_rows = 50, 40
    next_state = np.array([rng.permutation(n_states)[:n_listed] for _ in range(n_rows)])
    probability = rng.dirichlet(np.full(n_listed, 0.3), size=n_rows)
    next_state[:10, -1], probability[:10, -1] = next_state[:10, 0], 0.0  # a shorter row repeats a state
    probability /= probability.sum(axis=1, keepdims=True) if n_listed > 1 else 1.0
    probability[probability.sum(axis=1) == 0] = np.eye(n_listed)[0]
    if n_listed == 1:
        probability[:] = 1.0
    dense = np.zeros((n_rows, n_states))
    np.add.at(dense, (np.arange(n_rows)[:, None], next_state), probability)
    v = rng.normal(size=n_states)
    own = rng.normal(size=(n_rows, n_states))  # the lowest value may belong to a state that a row does not list
    radius = rng.choice([0.0, 0.1, 0.7, 1.0], size=n_rows)
    for name, each in itertools.product(KINDS, (0.3, radius)):
        ball = KINDS[name](each)
        found = ball.worst_case_unchecked(probability, v[next_state], v.min())
        np.testing.assert_allclose(found, ball.worst_case(dense, v), rtol=0, atol=1e-12)
        listed = np.take_along_axis(own, next_state, axis=1)
        found = ball.worst_case_unchecked(probability, listed, own.min(axis=1))
        np.testing.assert_allclose(found, ball.worst_case(dense, own), rtol=0, atol=1e-12)
    above = TotalVariation(0.3).worst_case_unchecked(probability, v[next_state], np.full(n_rows, 100.0))
    np.testing.assert_array_equal(above, TotalVariation(0.3).worst_case_unchecked(probability, v[next_state]))
    shared = TotalVariation(0.3).worst_case_unchecked(dense, v, v.min() - 2)
    np.testing.assert_allclose(shared, TotalVariation(0.3).worst_case(dense, v) - 0.3 * 2, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["TV", "KL", "contamination"])
def test_rows_values_floors_and_radii_broadcast_to_each_other(name: str) -> None:
    """Whichever of them has the most axes; each cell is the one call with its own row, values, floor and radius."""
    rng = np.random.default_rng(12)
    shapes = [((), (), (4,), ()), ((), (3, 1), (4,), ()), ((6, 3), (3,), None, ()), ((3,), (2, 3), (2, 1), (3,))]
    for of_p, of_v, of_floor, of_radius in [*shapes, ((2, 1), (3,), (2, 3), (2, 3)), ((4,), (), None, (4,))]:
        of_floor = None if name == "KL" else of_floor  # to KL a floor is nothing
        p, v = rng.dirichlet(np.ones(5), of_p), rng.random((*of_v, 5))
        floor = None if of_floor is None else rng.integers(-3, 0, of_floor)
        radius = 0.3 * rng.random(of_radius) if of_radius else 0.2
        found = KINDS[name](radius).worst_case_unchecked(p, v, floor)
        lead = np.broadcast_shapes(of_p, of_v, of_floor or ())
        assert found.shape == lead
        each = [np.broadcast_to(p, (*lead, 5)), np.broadcast_to(v, (*lead, 5))]
        for cell in np.ndindex(lead):
            low = None if floor is None else float(np.broadcast_to(floor, lead)[cell])
            ball = KINDS[name](float(np.broadcast_to(radius, lead)[cell]))
            alone = ball.worst_case_unchecked(*(array[cell] for array in each), low)
            assert found[cell] == pytest.approx(alone, rel=0, abs=1e-13)


@pytest.mark.parametrize("name", KINDS)
def test_one_row_of_radius_0_has_the_bytes_of_the_expectation(name: str) -> None:
    rng = np.random.default_rng(13)
    for _ in range(5):
        p, v = rng.dirichlet(np.ones(6), 1), rng.normal(size=6)
        assert KINDS[name](np.array([0.0])).worst_case(p, v).tobytes() == Nominal().worst_case(p, v).tobytes()
        assert KINDS[name](np.array([0.0])).worst_kernel(p, v).tobytes() == p.tobytes()
    assert KINDS[name](np.zeros((1, 1))).worst_case(np.empty((0, 1, 6)), v).shape == (0, 1)


class Contamination(UncertaintySet):
    """A set of one's own: (1 - radius) p + radius times anything, for one vector of values and one radius."""

    def __init__(self, radius: float | np.ndarray) -> None:
        self.radius = radius

    def _worst(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
        assert x.shape == rows.shape[1:] and x.min() == 0 and x.max() == 1 and isinstance(self.radius, float)
        return (1 - self.radius) * (rows @ x)

    def _kernel(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
        assert x.shape == rows.shape[1:] and isinstance(self.radius, float)
        return (1 - self.radius) * rows + self.radius * np.eye(len(x))[x.argmin()]


@pytest.mark.parametrize("n_states", [1, 3, 40])
def test_a_set_of_ones_own_is_called_group_by_group(n_states: int) -> None:
    rng = np.random.default_rng(n_states)
    rows, kinds = rng.dirichlet(np.ones(n_states), size=60), rng.normal(size=(5, n_states)) * 10.0
    values = kinds[rng.integers(5, size=60)]
    values[7] = 3.25
    radius = rng.choice([0.0, 0.25, 0.5], size=60)
    for each in (0.25, radius):
        ball = Contamination(each)
        mean = (rows * values).sum(axis=1)
        expected = (1 - each) * mean + each * values.min(axis=1)
        np.testing.assert_allclose(ball.worst_case(rows, values), expected, rtol=0, atol=1e-12)
        kernel = ball.worst_kernel(rows, values)
        np.testing.assert_allclose((kernel * values).sum(axis=1), expected, rtol=0, atol=1e-12)
        below = ball.worst_case_unchecked(rows, values, np.full(60, -50.0))
        np.testing.assert_allclose(below, (1 - each) * mean + each * -50.0, rtol=0, atol=1e-11)
        above = ball.worst_case_unchecked(rows, values, values.min(axis=1) + rng.random(60))
        np.testing.assert_allclose(above, expected, rtol=0, atol=1e-12)
        one = ball.worst_case(rows, kinds[0])
        np.testing.assert_allclose(one, (1 - each) * (rows @ kinds[0]) + each * kinds[0].min(), rtol=0, atol=1e-12)


def test_a_subclass_that_says_nothing_of_row_values_is_a_set_of_ones_own() -> None:
    class Halved(TotalVariation):
        def _worst(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
            assert x.ndim == 1
            return super()._worst(rows, x) / 2

    rows, values = np.full((3, 2), 0.5), np.array([[1.0, 0.0], [0.0, 4.0], [0.0, 2.0]])
    np.testing.assert_allclose(Halved(0.1).worst_case(rows, values), [0.2, 0.8, 0.4], rtol=0, atol=1e-15)


def test_a_radius_array_is_cut_to_the_steps_of_a_game() -> None:
    shape = (3, 4, 6)
    whole = np.random.default_rng(0).random(shape)
    for radius in (whole, whole[:, :1, :1], whole[0], whole[0, 0], whole[:1, :, :1]):
        for step in range(3):
            at = KullbackLeibler(radius).at_step(step, shape)
            np.testing.assert_array_equal(at.radius, np.broadcast_to(radius, shape)[step])
    ball = TotalVariation(0.1)
    assert ball.at_step(2, shape) is ball and Nominal().at_step(0, shape) == Nominal()
    assert TotalVariation(whole, False).at_step(1, shape) == TotalVariation(whole[1], False)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TotalVariation(np.array([[0.1, 1.5], [2.0, 0.0]])), r"radius\[0, 1\] must be in \[0, 1\], got 1.5"),
        (lambda: ChiSquare(np.array([0.1, np.nan])), r"radius\[1\] must be finite and at least 0, got nan"),
        (lambda: KullbackLeibler(np.array([0.1, np.inf])), r"radius\[1\] must be finite"),
        (lambda: KullbackLeibler(np.array([0.1, -1e-9])), r"radius\[1\] must be .* at least 0"),
        (lambda: ChiSquare(np.array([True, False])), "radius must be an array of real numbers"),
        (lambda: ChiSquare(np.array(["a"])), "radius must be an array of real numbers"),
        (lambda: ChiSquare([0.1, 0.2]), r"radius must be a number, got list \[0.1, 0.2\]"),
        (lambda: ChiSquare(np.array([])), "radius must have an entry"),
        (
            lambda: ChiSquare(np.array([0.1, 0.2])).worst_case([[0.5, 0.5]] * 3, [0, 1]),
            r"radius .* shapes \(2,\) and \(3, 2\)",
        ),
        (lambda: ChiSquare(np.array([0.1, 0.2])).worst_case([0.5, 0.5], [0, 1]), r"radius .* shapes \(2,\) and \(2,\)"),
        (lambda: ChiSquare(np.array([0.1, 0.2])).at_step(0, (3, 4, 5)), r"\(H, S, A\) = \(3, 4, 5\), got shape \(2,\)"),
        (lambda: ChiSquare(0.1).worst_case([[0.5, 0.5]] * 3, np.zeros((2, 2))), r"got shapes \(3, 2\) and \(2, 2\)"),
        (lambda: ChiSquare(0.1).worst_case([[0.5, 0.5]] * 3, np.zeros((3, 4))), r"v must have a last axis of 2 states"),
        (lambda: ChiSquare(0.1).worst_case([[0.5, 0.5]], [[0, np.nan]]), r"v\[0, 1\] must be finite, got nan"),
        (lambda: ChiSquare(0.1).worst_kernel([0.5, 0.5], [[0, np.inf]]), r"v\[0, 1\] must be finite, got inf"),
    ],
)
def test_bad_input_is_named(make: object, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()  # type: ignore[operator]


def test_no_argument_is_written_to_and_no_temporary_is_large() -> None:
    import tracemalloc

    rng = np.random.default_rng(1)
    for n_states, n_rows in ((5, 100_000), (20, 30_000), (300, 1500)):
        rows, values = rng.dirichlet(np.ones(n_states), size=n_rows), rng.random((n_rows, n_states))
        radius = rng.random(n_rows)
        for array in (rows, values, radius):
            array.setflags(write=False)
        for name, each in itertools.product(KINDS, (0.1, radius)):
            ball = KINDS[name](each)
            ball.worst_case_unchecked(rows[:10], values[:10]) if each is not radius else None
            tracemalloc.start()
            ball.worst_case_unchecked(rows, values)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak <= 2 * rows.nbytes, (ball, n_states, peak / rows.nbytes)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("n_states", [3, 20])
def test_ranges_that_overflow_or_nearly_vanish_stand_beside_others(name: str, n_states: int) -> None:
    rng = np.random.default_rng(n_states)
    rows, unit = rng.dirichlet(np.ones(n_states), size=5), rng.random((5, n_states))
    unit = (unit - unit.min(axis=1)[:, None]) / np.ptp(unit, axis=1)[:, None]
    expected = KINDS[name](0.2).worst_case(rows, unit)
    for low, high in ((-1.7e308, 1.7e308), (0.0, 1e-300), (-1e-307, 1e-307), (0.0, 1e-313), (-1e308, 5e307)):
        values = unit.copy()
        values[2] = low * (1 - unit[2]) + high * unit[2]
        found = KINDS[name](0.2).worst_case(rows, values)
        np.testing.assert_allclose(found[[0, 1, 3, 4]], expected[[0, 1, 3, 4]], rtol=0, atol=1e-15)
        worst = low * (1 - expected[2]) + high * expected[2]
        assert found[2] / 4 == pytest.approx(worst / 4, rel=0, abs=1e-12 * (high / 4 - low / 4) + 1e-322)
        kernel = KINDS[name](0.2).worst_kernel(rows, values)
        assert (kernel[2] @ values[2]) / 4 == pytest.approx(worst / 4, rel=0, abs=1e-11 * (high / 4 - low / 4) + 1e-322)


@pytest.mark.parametrize("name", KINDS)
def test_more_rows_than_are_worked_on_at_a_time(name: str) -> None:
    rng = np.random.default_rng(8)
    for n_states in (6, 30, 80):
        n = 3 * CHUNK // n_states
        rows, v, radius = rng.dirichlet(np.ones(n_states), size=n), rng.random(n_states), rng.random(n)
        own, some = rng.random((n, n_states)), rng.integers(n, size=200)
        each = KINDS[name](radius)
        expected = KINDS[name](radius[some]).worst_case(rows[some], v)
        np.testing.assert_allclose(each.worst_case(rows, v)[some], expected, rtol=0, atol=1e-13)
        expected = KINDS[name](radius[some]).worst_case(rows[some], own[some])
        np.testing.assert_allclose(each.worst_case(rows, own)[some], expected, rtol=0, atol=1e-13)
        scaled = (own - own.min(axis=1)[:, None]) / np.ptp(own, axis=1)[:, None]
        expected = KINDS[name](radius[some]).worst_case(rows[some], scaled[some])
        np.testing.assert_allclose(each._worst(rows, scaled)[some], expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", ["TV in support", "KL", "chi-square"])
def test_a_floor_is_nothing_to_sets_that_stay_in_the_support(name: str) -> None:
    rng = np.random.default_rng(9)
    rows, values = rng.dirichlet(np.ones(5), size=30), rng.random((30, 5))
    ball = KINDS[name](0.2)
    np.testing.assert_array_equal(
        ball.worst_case_unchecked(rows, values, np.full(30, -1e300)), ball.worst_case_unchecked(rows, values)
    )


@pytest.mark.parametrize("on_top", ["little", "second", "last but one"])
def test_mass_far_below_the_highest_values_is_reached(on_top: str) -> None:
    """A hundred states whose highest values carry little mass or none: more of them are sorted until it suffices."""
    rng = np.random.default_rng(31)
    for radius in (0.01, 0.1, 0.5):
        v, depth = np.sort(rng.random((20, 100)))[:, ::-1], int(150 * radius) + 8
        p = np.zeros((20, 100))
        p[:, -6:] = rng.dirichlet(np.ones(6), 20)
        if on_top != "little":
            p *= 1 - 0.6 * radius
            p[:, 1 if on_top == "second" else depth - 2] += 0.6 * radius
        shuffle = rng.permuted(np.tile(np.arange(100), (20, 1)), axis=1)
        p, v = np.take_along_axis(p, shuffle, 1), np.take_along_axis(v, shuffle, 1)
        for name in ("TV", "TV in support"):
            found = KINDS[name](radius).worst_case(p, v)
            wanted = [tv_exactly(*each, radius, name == "TV") for each in zip(p, v, strict=True)]
            np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-14)


def test_a_row_of_equal_values_stays_as_it_is() -> None:
    p, v = np.array([[0.2, 0.3, 0.5], [0.5, 0.25, 0.25]]), np.array([[0.7, 0.7, 0.7], [0.0, 1.0, 2.0]])
    for make in KINDS.values():
        kernel = make(0.25).worst_kernel(p, v)
        assert kernel[0].tolist() == p[0].tolist() and kernel[1].tolist() != p[1].tolist()


def test_rows_with_values_of_their_own_are_one_call() -> None:
    for make in KINDS.values():
        ball, calls = make(0.1), []
        counted = type("Counted", (type(ball),), {}, row_values=type(ball).row_values)
        made = object.__new__(counted)
        made.__dict__.update(ball.__dict__)
        whole = type(ball)._worst
        counted._worst = lambda self, rows, x, whole=whole, calls=calls: calls.append(len(rows)) or whole(self, rows, x)
        rng = np.random.default_rng(2)
        made.worst_case(rng.dirichlet(np.ones(3), 7), rng.random((7, 3)))
        assert calls == [7]


@pytest.mark.parametrize("floored", [False, True])
@pytest.mark.parametrize("each_row", [False, True])
def test_sets_together_are_the_sets_alone(each_row: bool, floored: bool) -> None:
    """Equal sets are worked on in one call where rows are few, others and many rows one after the other."""
    rng = np.random.default_rng(9)
    radii = rng.uniform(0.05, 0.3, (2, 3))
    balls = [KullbackLeibler(0.1), TotalVariation(0.2), KullbackLeibler(0.1), Nominal(), KullbackLeibler(radii)]
    balls += [TotalVariation(0.2), KullbackLeibler(radii.copy()), ChiSquare(0.1), KullbackLeibler(0.0)]
    lead = (2, 3)
    for n in (4, 3000):
        rows = rng.dirichlet(np.full(n, 0.5), (len(balls), *lead))
        values = rng.normal(size=(len(balls), *lead, n) if each_row else (len(balls), n))
        floor = rng.normal(size=(len(balls), *lead) if each_row else len(balls)) - 6 if floored else None
        found = worst_cases_of(balls, rows, values, floor)
        for g, ball in enumerate(balls):
            alone = ball.worst_case_unchecked(rows[g], values[g], None if floor is None else floor[g])
            np.testing.assert_allclose(found[g], alone, rtol=0, atol=1e-13)


@pytest.mark.parametrize("n_states", [13, 16, 17, 33, 64, 65, 1024, 1025])
def test_as_many_states_as_their_number_has_bits_for(n_states: int) -> None:
    rng = np.random.default_rng(n_states)
    p, v = rng.dirichlet(np.full(n_states, 0.3), 6), rng.integers(0, n_states, (6, n_states)) / 7.0
    v[:, -1] = v.max() + 1  # the last state loses its mass first
    for name in ("TV", "TV in support"):
        found = KINDS[name](0.3).worst_case(p, v)
        wanted = [tv_exactly(*each, 0.3, name == "TV") for each in zip(p, v, strict=True)]
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)
