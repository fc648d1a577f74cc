"""KL worst cases of many short rows: the same numbers as row by row, whatever the rows, and few rows left."""

from __future__ import annotations

import numpy as np
import pytest

from mornavi_lite import KullbackLeibler
from mornavi_lite.uncertainty import kl_solve
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
