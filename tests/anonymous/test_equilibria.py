"""Symmetric equilibria of a stage: all roots of two actions, and what Newton's method finds of more."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial import Polynomial

from mornavi_lite.anonymous import symmetric_equilibria
from mornavi_lite.anonymous.backup import against
from mornavi_lite.anonymous.more_actions import action_values, found_equilibria, slopes
from mornavi_lite.anonymous.two_actions import halves, roots, value_at


def in_powers(gains: np.ndarray) -> Polynomial:
    """The same polynomial in powers of x."""
    m, x = len(gains) - 1, Polynomial([0, 1])
    ways = [1.0]
    for k in range(m):
        ways.append(ways[-1] * (m - k) / (k + 1))
    return sum((w * d * x**k * (1 - x) ** (m - k) for k, (w, d) in enumerate(zip(ways, gains, strict=True))), 0 * x)


def all_roots(gains: np.ndarray) -> np.ndarray:
    """Ends that are equilibria, and real roots between, from the eigenvalues of a companion matrix."""
    every = in_powers(gains).roots()
    inside = np.real(every[(np.abs(np.imag(every)) < 1e-9) & (np.real(every) > 1e-9) & (np.real(every) < 1 - 1e-9)])
    return np.sort(np.concatenate([inside, [0.0] * int(gains[0] <= 0), [1.0] * int(gains[-1] >= 0)]))


@pytest.mark.parametrize("m", [1, 2, 3, 5, 9, 14])
def test_all_equilibria_are_found(m: int) -> None:
    rng, several = np.random.default_rng(m), 0
    for _ in range(200):
        gains = rng.normal(size=m)
        found, expected = roots(gains), all_roots(gains)
        assert len(found) == len(expected), gains
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7)
        several += len(found) > 1
    assert several > 10 or m == 1


def test_roots_at_places_that_are_known() -> None:
    """A polynomial with given roots; a double one, which only touches zero; a triple one."""
    for places in (
        [0.25, 0.5, 0.75],
        [0.1, 0.11, 0.9],
        [0.5, 0.5],
        [0.3, 0.3],
        [1 / 3, 1 / 3, 1 / 3],
        [0.0, 0.3],
        [0.3, 1.0],
    ):
        p = Polynomial.fromroots(places)
        m = len(places)
        # Coefficients in Bernstein's basis: b_k = sum over j <= k of C(k, j) / C(m, j) a_j.
        pascal = [[_binomial(k, j) / _binomial(m, j) for j in range(m + 1)] for k in range(m + 1)]
        found = roots(np.array(pascal) @ p.coef)
        for place in places:
            assert (
                np.abs(found - place).min() < 1e-4 if places.count(place) > 1 else np.abs(found - place).min() < 1e-12
            )


def _binomial(n: int, k: int) -> float:
    return float(np.prod([(n - i) / (i + 1) for i in range(k)])) if k <= n else 0.0


def test_halves_are_the_same_polynomial() -> None:
    rng = np.random.default_rng(3)
    d = rng.normal(size=30)
    left, right = halves(d)
    at = rng.random(50)
    np.testing.assert_allclose(value_at(left, at), value_at(d, at / 2), rtol=0, atol=1e-13)
    np.testing.assert_allclose(value_at(right, at), value_at(d, (1 + at) / 2), rtol=0, atol=1e-13)


def test_equilibria_leave_no_gain_and_others_do() -> None:
    """By what each action pays, for payoffs that cross many times and for hundreds of players."""
    rng = np.random.default_rng(5)
    for m in (2, 7, 40, 300):
        payoffs = rng.random((2, m + 1))
        found = symmetric_equilibria(payoffs)
        gains = payoffs[0, 1:] - payoffs[1, :-1]
        for x in found:
            gain = value_at(gains, np.array([x]))[0]
            assert max((1 - x) * gain, -x * gain) < 1e-12
        between = np.setdiff1d(np.linspace(0.01, 0.99, 50), found)
        signs = np.sign(value_at(np.broadcast_to(gains, (50, m)), between))
        crossings = int((np.diff(signs) != 0).sum())
        assert len([x for x in found if 0.01 < x < 0.99]) >= crossings


def test_where_both_pay_the_same_everything_is_an_equilibrium() -> None:
    assert symmetric_equilibria(np.ones((2, 6))).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("payoffs", "message"),
    [
        ([[1.0, 2.0]], r"payoffs must have shape \(2, m \+ 1\)"),
        ([[np.nan, 1, 1], [0, np.inf, np.nan]], r"payoffs\[1, 1\] must be finite, got inf"),
        ([[np.nan, 1, np.nan], [0, 0, np.nan]], r"payoffs\[0, 2\] must be finite, got nan"),
    ],
)
def test_bad_payoffs_are_named(payoffs: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        symmetric_equilibria(payoffs)
    assert symmetric_equilibria([[np.nan, 1], [0, np.nan]]).tolist() == [1.0]


@pytest.mark.parametrize(("m", "n"), [(1, 3), (2, 3), (5, 3), (4, 4)])
def testslopes_are_differences(m: int, n: int) -> None:
    rng = np.random.default_rng(m)
    table = against(rng.random((n, len(_profiles(m, n)))), m)
    here, small = rng.dirichlet(np.full(n, 5.0)), 1e-6
    move = rng.normal(size=n)
    move -= move.mean()
    ahead, behind = (action_values(table, m, here + sign * small * move) for sign in (1, -1))
    np.testing.assert_allclose(slopes(table, m, here) @ move, (ahead - behind) / (2 * small), rtol=0, atol=1e-7)


def _profiles(m: int, n: int) -> np.ndarray:
    from mornavi_lite.anonymous.profiles import profiles

    return profiles(m, n)


def test_more_actions_find_what_two_actions_find() -> None:
    """A third action that never pays changes nothing."""
    rng = np.random.default_rng(8)
    for _ in range(20):
        pays = np.sort(rng.random((2, 5)))[:, ::-1]
        pays[1] = pays[1][::-1]
        two = symmetric_equilibria(pays)
        listed = _profiles(4, 3)
        three = np.stack([pays[0, listed[:, 0]], pays[1, 4 - listed[:, 1]], np.full(len(listed), -1.0)])
        found, left = found_equilibria(against(three, 4), 4)
        mixed = found[left < 1e-12]
        for x in two:
            assert np.abs(mixed - [x, 1 - x, 0]).max(axis=1).min() < 1e-9
