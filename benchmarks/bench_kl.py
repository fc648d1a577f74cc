"""KL backups of many dense rows: by moments where that is quicker, against Newton's method row by row, in one run.

Writes ``results/kl.json``: the ratio for each number of states, radius and sharpness of the rows; the median of nine.
"""

from __future__ import annotations

import itertools
import time

import common

common.one_thread()
common.CLOCK = time.process_time

import numpy as np  # noqa: E402

from mornavi_lite.uncertainty import KullbackLeibler, kl_solve  # noqa: E402
from mornavi_lite.uncertainty.worst_case import pieces  # noqa: E402

GOALS = {10: 1.8, 50: 4.0, 200: 7.0, 1000: 10.0}
RADII = (0.001, 0.01, 0.1, 0.5, 3.0)
KINDS = {"Dirichlet .05": 0.05, "Dirichlet 1": 1.0, "Dirichlet 5": 5.0, "point masses": None, "ties": 1.0}


def instance(kind: str, n_states: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a kind, a million numbers, and values from 0 to 1."""
    rng, n_rows = np.random.default_rng(n_states), max(2000, 1_000_000 // n_states)
    density, v = KINDS[kind], rng.random(n_states)
    if density is None:
        rows = np.eye(n_states)[rng.integers(n_states, size=n_rows)]
    else:
        rows = rng.dirichlet(np.full(n_states, density), size=n_rows)
    v = np.round(2 * v) / 2 if kind == "ties" else v
    return rows, (v - v.min()) / np.ptp(v)


def row_by_row(rows: np.ndarray, x: np.ndarray, radius: float) -> np.ndarray:
    worst = np.empty(len(rows))
    for piece in pieces(rows):
        worst[piece] = kl_solve(rows[piece], x, radius)[0]
    return worst


def compared(kind: str, n_states: int, radius: float) -> dict:
    """Seconds of both, each the median of nine taken in turn, after a check that they give the same numbers."""
    rows, x = instance(kind, n_states)
    ball = KullbackLeibler(radius)
    np.testing.assert_allclose(ball.worst_case_unchecked(rows, x), row_by_row(rows, x, radius), rtol=0, atol=1e-12)
    times = [
        (common.once(lambda: ball.worst_case_unchecked(rows, x)), common.once(lambda: row_by_row(rows, x, radius)))
        for _ in range(9)
    ]
    ours, reference = np.median(times, axis=0)
    goal = GOALS[n_states] if kind == "Dirichlet 1" and radius == 0.1 else 0.95
    case = f"S = {n_states}, radius {radius:g}, {kind}"
    return common.row("KL backup", case, float(ours), float(reference), "row by row", goal)


if __name__ == "__main__":
    cases = itertools.product(KINDS, GOALS, RADII)
    common.save("kl", {"ratios": [compared(kind, size, radius) for kind, size, radius in cases]})
