"""The steps of KL worst cases for very many rows: sums, first tilts, intervals and Newton's method, each by itself."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mornavi_lite.uncertainty import kl_moments
from mornavi_lite.uncertainty.kl_moments import GRID, MARGIN, NOWHERE, TILTS

ENDS, CENTRES, HALVES = kl_moments.intervals()
ROWS = np.array([[0.1, 0.2, 0.3, 0.4], [0.5, 0.0, 0.5, 0.0], [0.05, 0.8, 0.05, 0.1], [0.0, 0.3, 0.3, 0.4]])
X = np.array([0.0, 0.25, 1.0, 0.5])


def tilted(row: np.ndarray, x: np.ndarray, t: float) -> tuple[float, float]:
    """Mean of x and divergence from the row, of the row tilted by t: the worst case of the ball of that radius."""
    q = row * np.exp(-t * x)
    q /= q.sum()
    there = row > 0
    return float(q @ x), float((q[there] * np.log(q[there] / row[there])).sum() + math.log(row.sum()))


def test_what_is_looked_at_are_expectations() -> None:
    for row in ROWS:
        pairs = list(zip(row.tolist(), X.tolist(), strict=True))
        mass, lowest = math.fsum(row), row[0]
        moments = [math.fsum(p * x**k for p, x in pairs) for k in (1, 2, 3)]
        np.testing.assert_allclose(kl_moments.cumulants(X) @ row, [mass, lowest, *moments], rtol=1e-15)
        sums = [math.fsum(p * math.exp(-t * x) for p, x in pairs) for t in 0.25 * 2.0 ** np.arange(9)]
        np.testing.assert_allclose(kl_moments.grid(X) @ row, [mass, lowest, *sums], rtol=1e-15)


def test_intervals_follow_each_other_and_reach_the_last_tilt() -> None:
    np.testing.assert_allclose(CENTRES - HALVES, [0.0, *ENDS[:-1]], rtol=0, atol=1e-13)
    np.testing.assert_allclose(CENTRES + HALVES, ENDS, rtol=0, atol=1e-13)
    np.testing.assert_allclose(HALVES, np.maximum(1.6, CENTRES / 8), rtol=1e-14)
    assert ENDS[-2] < TILTS[1] <= ENDS[-1] and len(ENDS) == NOWHERE


@pytest.mark.parametrize("half", [*HALVES, 0.1, 0.5, 3.0, 8.0, 12.0])
def test_a_series_has_as_many_terms_as_it_needs(half: float) -> None:
    """The rest of exp(y) after n terms is below y^n / n! exp(y), for a y of at most MARGIN half / 2 on either side."""
    n, reach = kl_moments.n_terms(half), MARGIN * half / 2
    rest = [reach**k / math.factorial(k) * math.exp(2 * reach) for k in (n - 1, n)]
    assert rest[1] < 2e-16 <= rest[0]


@pytest.mark.parametrize("best", [-1.8, -1.3, -0.5, 0.0, 0.4, 2.7, 4.9, 5.4])
def test_a_dual_that_is_a_parabola_in_the_tilts_exponent_is_solved(best: float) -> None:
    """GRID is 2^-2 to 2^6. Each tilt of the grid has its sum, from the dual -(log sum + radius) / t."""
    radius = np.array([0.3, 0.01])
    dual = np.array([[0.2], [0.5]]) - np.array([[0.03], [0.002]]) * (np.log2(GRID) - best) ** 2
    sums = np.exp(-GRID * dual - radius[:, None]).T
    np.testing.assert_allclose(kl_moments.best_of_grid(sums, radius), 2.0**best, rtol=1e-9)
    np.testing.assert_allclose(kl_moments.best_of_grid(sums[:, :1], 0.3), 2.0**best, rtol=1e-9)


def test_a_dual_that_rises_to_the_end_of_the_grid_has_its_best_tilt_beyond() -> None:
    for best, found in ((-3.5, GRID[0]), (7.0, np.inf)):
        sums = np.exp(-GRID * (0.5 - 0.01 * (np.log2(GRID) - best) ** 2) - 0.3)[:, None]
        assert kl_moments.best_of_grid(sums, 0.3) == pytest.approx(found, rel=1e-12)


NEAR = [
    ("cumulants", 0.06, 0.001),
    ("cumulants", 0.3, 0.03),
    ("grid", 0.3, 0.3),
    ("grid", 1.0, 0.3),
    ("grid", 3.0, 0.3),
]


@pytest.mark.parametrize(("look", "t", "digits"), [*NEAR, ("grid", 9.0, 0.3), ("grid", 30.0, 0.6)])
@pytest.mark.parametrize("scale", [1.0, 1 + 9e-9])
def test_first_tilts_are_near_those_at_which_the_divergence_is_the_radius(
    look: str, t: float, digits: float, scale: float
) -> None:
    """To third order in the tilt, and between tilts of the grid; with the mass, the interval and what is reached."""
    rows = np.concatenate([ROWS[:3], np.random.default_rng(0).dirichlet(np.full(4, 3.0), 30)])
    radius = np.array([tilted(row, X, t)[1] for row in rows])
    mass, found, which, reached = kl_moments.first_tilts(getattr(kl_moments, look)(X) @ (scale * rows.T), radius)
    np.testing.assert_allclose(mass, scale, rtol=1e-14)
    np.testing.assert_allclose(found, t, rtol=digits)
    assert not reached.any()
    assert ((found <= ENDS[which]) & (found > ENDS[which] - 2 * HALVES[which])).all()


def test_the_third_cumulant_changes_a_first_tilt_by_a_factor_of_two_at_most() -> None:
    """(1 - p) on the value 1 and p on 0 or the other way round; rows of no variance are nowhere, as small tilts are."""
    x = np.array([0.0, 1.0])
    for rare, factor in ((np.array([1e-4, 1 - 1e-4]), 0.5), (np.array([1 - 1e-4, 1e-4]), 2.0)):
        _, t, _, _ = kl_moments.first_tilts(kl_moments.cumulants(x) @ rare[:, None], 8e-4)
        assert t == pytest.approx(factor * math.sqrt(2 * 8e-4 / rare.prod()), rel=1e-9)
    certain = np.array([[0.0, 0.0, 0.0, 1.0], ROWS[0]])
    for radius in (0.1, 0.4 * TILTS[0] ** 2 * 0.1):
        _, _, which, _ = kl_moments.first_tilts(kl_moments.cumulants(X) @ certain.T, radius)
        assert which[0] == NOWHERE and (which[1] == NOWHERE) == (radius < 0.01)


def test_rows_reach_the_value_0_where_the_radius_is_at_least_minus_the_log_of_its_share() -> None:
    rows = np.array([[0.5, 0.25, 0.25, 0.0], [0.25, 0.25, 0.5, 0.0], [0.0, 0.5, 0.5, 0.0], [1.0, 0.0, 0.0, 0.0]])
    for look in (kl_moments.cumulants, kl_moments.grid):
        for radius, reach in ((math.log(2) + 1e-9, 1), (math.log(4) - 1e-9, 1), (math.log(4) + 1e-9, 2)):
            sums = look(X) @ rows.T
            _, _, which, reached = kl_moments.first_tilts(sums, radius)
            assert reached.tolist() == [True, reach == 2, False, True]
            assert (which[reached] == NOWHERE).all()
            assert (kl_moments.first_tilts(sums, np.full(4, radius))[3] == reached).all()
            assert (kl_moments.first_tilts(look(X) @ (rows.T * 0.5), radius)[3] == reached).all()
    assert kl_moments.first_tilts(kl_moments.cumulants(X) @ rows.T, 0.0)[3].tolist() == [False, False, False, True]


@pytest.mark.parametrize("k", range(NOWHERE))
def test_newton_finds_a_tilt_from_anywhere_in_its_interval_and_says_on_which_side_another_lies(k: int) -> None:
    """The divergence of the row tilted by t is the radius, so the worst case is its mean."""
    rng = np.random.default_rng(k)
    x = np.array([0.0, 1.0, *rng.random(8) * (1.0 if k < 4 else 0.3)])
    rows = rng.dirichlet(np.full(10, 2.0), 40)
    moments, mass = kl_moments.powers(x, CENTRES[k], HALVES[k]) @ rows.T, rows.sum(axis=1)

    def found(u: float, start: np.ndarray) -> tuple[np.ndarray, ...]:
        wanted, radius = np.array([tilted(row, x, CENTRES[k] + u * HALVES[k]) for row in rows]).T
        return wanted, *kl_moments.newton(moments, mass, start, CENTRES[k], HALVES[k], radius)

    for u in (-0.95, -0.4, 0.0, 0.6, 0.95, 1.05):
        wanted, worst, done, aside = found(u, CENTRES[k] + HALVES[k] * rng.uniform(-1, 1, 40))
        np.testing.assert_allclose(worst[done], wanted[done], rtol=0, atol=1e-14)
        assert CENTRES[k] + u * HALVES[k] < 0.1 or done.all()
        assert (aside == 0).all()
    for off in 10.0 ** -np.arange(2, 10, 0.25):  # near the tilt, but too far for the last digits
        wanted, worst, done, _ = found(-0.9, np.full(40, CENTRES[k] - 0.9 * HALVES[k] + off))
        np.testing.assert_allclose(worst[done], wanted[done], rtol=0, atol=4e-15)
        assert done.all()
    for u, side in ((-1.5, -1), (1.5, 1)):
        if CENTRES[k] + u * HALVES[k] > 0:
            _, _, done, aside = found(u, np.full(40, CENTRES[k]))
            assert not done.any() and (aside == side).all()


@pytest.mark.parametrize("each", [False, True])
def test_the_outlook_says_how_tilts_are_found_and_in_which_interval_most_are(each: bool) -> None:
    """Small tilts by moments, larger ones by the grid; one in fifty to a hundred rows says so for all of them."""
    rng = np.random.default_rng(4)
    x, rows = np.array([0.0, 1.0, *rng.random(48)]), rng.dirichlet(np.full(50, 2.0), 4000)
    certain = np.eye(50)[rng.integers(50, size=4000)]

    def outlook(radius: float, share: float = 0.0) -> tuple[object, int | None]:
        mixed = np.where(rng.random((4000, 1)) < share, certain, rows)
        return kl_moments.outlook(mixed, x, np.full(4000, radius) if each else radius)

    assert outlook(0.01) == outlook(0.1) == outlook(0.3) == (kl_moments.cumulants, 0)
    assert outlook(0.6) == (kl_moments.grid, 1) and outlook(1.5) == (kl_moments.grid, 3)
    assert outlook(0.01, 0.2) == (kl_moments.cumulants, 0) and outlook(2.0) == (kl_moments.grid, None)
    assert outlook(0.3, 0.6) == outlook(0.01, 1.0) == outlook(50.0) == (None, None)
    certain[500:] = rows[500:]
    assert outlook(0.1, 1.0) == (kl_moments.cumulants, 0)  # the first rows do not say it for all
    assert outlook(1e-7) == (kl_moments.cumulants, None)  # tilts below those that are looked for


SIZES = (
    {0: 1500, 3: 1500, 6: 1500, 8: 100},
    {k: 1500 for k in range(NOWHERE - 2)},
    {1: 5000, 4: 900, 6: 100},
    {1: 4096},
    {2: 4097},
)


@pytest.mark.parametrize("sizes", SIZES)
def test_rows_whose_tilts_are_known_are_found_interval_by_interval(sizes: dict[int, int]) -> None:
    """So many rows with tilts in each interval: the mean under the tilt is found, but not for a hundred rows alone."""
    rng = np.random.default_rng(len(sizes))
    x, home = np.array([0.0, 1.0, *rng.random(62)]), rng.permutation(np.repeat(list(sizes), list(sizes.values())))
    rows = rng.dirichlet(np.full(64, 2.0), len(home))
    tilt = CENTRES[home] + 0.8 * HALVES[home] * rng.uniform(-1, 1, len(home))
    q = rows * np.exp(-tilt[:, None] * x)
    q /= q.sum(axis=1, keepdims=True)
    worst, left = kl_moments.kl_by_moments(rows, x, (q * np.log(q / rows)).sum(axis=1))
    found = np.delete(np.arange(len(rows)), left)
    np.testing.assert_allclose(worst[found], (q @ x)[found], rtol=0, atol=1e-14)
    n_left = np.bincount(home[left], minlength=NOWHERE)
    assert all(n_left[k] == size for k, size in sizes.items() if size == 100)
    assert sum(n_left[k] for k, size in sizes.items() if size != 100) <= 0.03 * len(home)
    assert (np.diff(left) > 0).all() and (len(sizes) > 1 or not len(left))
