"""KL worst cases of many short rows: the same numbers as row by row, whatever the rows, and few rows left."""

from __future__ import annotations

import numpy as np
import pytest

from mornavi_lite import KullbackLeibler
from mornavi_lite.uncertainty import kl_short as module
from mornavi_lite.uncertainty import kl_solve
from mornavi_lite.uncertainty.kl import kl_divergence
from mornavi_lite.uncertainty.kl_moments import FEW_ROWS
from mornavi_lite.uncertainty.kl_short import LOOKS, SHORT_UP_TO, kl_short
from tests.uncertainty.references import kl_reference

KINDS = ("plain", "sharp", "flat", "zeros", "certain", "ties", "faint", "nearly certain")


def instance(kind: str, n_states: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a kind with values of their own from 0 to 1."""
    rng = np.random.default_rng(n_states)
    rows = rng.dirichlet(np.full(n_states, {"sharp": 0.05, "flat": 5.0}.get(kind, 1.0)), size=10 * FEW_ROWS)
    x = rng.random(rows.shape)
    if kind == "zeros":
        rows[rng.random(rows.shape) < 0.5] = 0.0
        rows[rows.sum(axis=1) == 0] = 1.0
        rows /= rows.sum(axis=1, keepdims=True)
    if kind == "certain":
        rows[::3] = np.eye(n_states)[rng.integers(n_states, size=len(rows[::3]))]
    if kind == "nearly certain":  # what unvisited rows become in a learner's optimistic kernels
        share = 10 ** rng.uniform(-6, -2, size=(len(rows), 1))
        rows = share * rows + (1 - share) * np.eye(n_states)[x.argmax(axis=1)]
    if kind == "ties":
        x = np.round(2 * x) / 2
    if kind == "faint":
        rows[np.arange(len(rows)), x.argmin(axis=1)] = 1e-300
        rows /= rows.sum(axis=1, keepdims=True)
    spread = np.ptp(x, axis=1)[:, None]
    return rows, (x - x.min(axis=1)[:, None]) / np.where(spread > 0, spread, 1.0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_states", [2, 5, SHORT_UP_TO])
def test_all_rows_together_are_what_each_row_is_by_itself(kind: str, n_states: int) -> None:
    rows, x = instance(kind, n_states)
    rng = np.random.default_rng(0)
    for radius in (1e-5, 0.03, 0.5, 3.0, rng.uniform(0.02, 0.5, len(rows))):
        found = KullbackLeibler(radius).worst_case_unchecked(rows, x)
        np.testing.assert_allclose(found, kl_solve(rows, x, radius)[0], rtol=0, atol=1e-13)
    some = rng.integers(len(rows), size=4)
    expected = [kl_reference(rows[i], x[i], 0.1) for i in some]
    np.testing.assert_allclose(KullbackLeibler(0.1).worst_case(rows, x)[some], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", ["plain", "nearly certain"])
def test_few_rows_are_left_and_what_is_found_was_found_by_the_tilt(kind: str) -> None:
    for n_states in (5, 10):
        rows, x = instance(kind, n_states)
        worst, left = kl_short(rows, x, 0.1)
        assert len(left) <= 0.005 * len(rows)
        found = np.setdiff1d(np.arange(len(rows)), left)
        np.testing.assert_allclose(worst[found], kl_solve(rows[found], x[found], 0.1)[0], rtol=0, atol=1e-14)
        few, _ = kl_short(rows[:3], x[:3], 0.1)
        np.testing.assert_allclose(few, worst[:3], rtol=0, atol=1e-15)
    assert LOOKS >= 3  # the first says where the tilt is, the last that it is there


def known(n_rows: int, lowest: float, highest: float, width: float = 1.0) -> tuple[np.ndarray, ...]:
    """Rows, some without mass on some states, values, and of tilts between two powers of ten radii and worst cases."""
    rng = np.random.default_rng(0)
    x = rng.random((n_rows, 5))
    x = width * (x - x.min(axis=1)[:, None]) / np.ptp(x, axis=1)[:, None]
    rows = rng.dirichlet(np.ones(5), n_rows)
    rows[::3][x[::3] == 0] = rows[1::5, 2] = 0.0
    rows /= rows.sum(axis=1, keepdims=True)
    tilt = 10 ** rng.uniform(lowest, highest, n_rows)
    q = rows * np.exp(-tilt[:, None] * np.maximum(x - np.where(rows > 0, x, 9.0).min(axis=1)[:, None], 0.0))
    q /= q.sum(axis=1, keepdims=True)
    return rows, x, kl_divergence(q, rows), (q * x).sum(axis=1)


def test_tilts_that_are_known_are_found_in_few_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mean under the tilt from which the radius was made; three looks find three rows in five."""
    rows, x, radius, wanted = known(600, -1.0, 1.5)
    for looks, most in ((LOOKS, 8), (4, 125), (3, 230)):
        monkeypatch.setattr(module, "LOOKS", looks)
        worst, left = kl_short(rows, x, radius)
        found = np.delete(np.arange(600), left)
        np.testing.assert_allclose(worst[found], wanted[found], rtol=0, atol=6e-15)
        assert len(left) <= most


def test_tilts_at_which_digits_are_lost_are_left_to_others_and_rows_that_reach_their_lowest_value_are_not() -> None:
    for tilts in ((-4.0, -3.2), (3.2, 3.5, 1e-3)):
        rows, x, radius, _ = known(60, *tilts)
        assert len(kl_short(rows, x, radius)[1]) == 60
    rows, x, _, _ = known(60, 0.0, 1.0)
    low = np.where(rows > 0, x, 9.0).min(axis=1)
    share = (rows * (x == low[:, None])).sum(axis=1)
    for mass in (1.0, 1 + 9e-9, 1 - 9e-9):
        worst, left = kl_short(mass * rows, x, -np.log(share) + 1e-9)
        assert not len(left) and (worst == low).all()
        assert len(kl_short(mass * rows, x, -np.log(share) - 1e-9)[1]) > 50
    x = 0.1 + 0.9 * x
    rows[:, 0], x[:, 0] = 1e-300, 0.0
    assert len(kl_short(rows, x, np.full(60, 0.1))[1]) == 60


def test_coins_whose_fourth_cumulant_is_the_largest_have_all_digits() -> None:
    """A fair coin under the tilt: what is left out of the dual is step^4 / (192 t), and no less."""
    tilt = np.linspace(0.05, 2.0, 400)
    p = 1 / (1 + np.exp(-tilt))  # of the value 1, so that both are equally likely under the tilt
    rows, x = np.stack([p, 1 - p], axis=1), np.tile([1.0, 0.0], (400, 1))
    radius = -0.5 * np.log(4 * p * (1 - p))
    worst, left = kl_short(rows, x, radius)
    np.testing.assert_allclose(np.delete(worst, left), 0.5, rtol=0, atol=4e-15)
    assert len(left) <= 4
