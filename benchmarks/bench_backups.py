"""Robust backups: rows per second, ours against loops over rows, in one run.

Writes ``results/backups.json``; the page "Speed" of the book is made from it.
"""

from __future__ import annotations

import common

common.one_thread()

import numpy as np  # noqa: E402
import straightforward  # noqa: E402

from mornavi_lite import KullbackLeibler, TotalVariation  # noqa: E402
from mornavi_lite.uncertainty import kl_solve  # noqa: E402

RADIUS = 0.1
SIZES = (5, 10, 20, 50, 100, 200)
GOALS = {
    ("TV", "loop with the closed form"): {10: 30, 50: 30, 200: 8},
    ("TV", "one linear program a row"): {10: 1000, 50: 1000, 200: 1000},
    ("KL", "loop with minimize_scalar"): {10: 100, 50: 60, 200: 20},
}
LOOPS = {
    ("TV", "loop with the closed form"): (TotalVariation(RADIUS), straightforward.tv_closed_form, 2000),
    ("TV", "one linear program a row"): (TotalVariation(RADIUS), straightforward.tv_program, 20),
    ("KL", "loop with minimize_scalar"): (KullbackLeibler(RADIUS), straightforward.kl_dual, 200),
}
BACKUPS = {
    "plain P @ v": np.matmul,
    "TV": TotalVariation(RADIUS).worst_case_unchecked,
    "TV, checked": TotalVariation(RADIUS).worst_case,
    "KL": KullbackLeibler(RADIUS).worst_case_unchecked,
}


def instance(n_states: int, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Dense random rows and values, the same in every run."""
    rng = np.random.default_rng(n_states)
    return rng.dirichlet(np.ones(n_states), size=n_rows), rng.random(n_states)


def ratios() -> list[dict]:
    """Seconds per row, ours against each loop, after a check that both give the same numbers."""
    lines = []
    for (name, against), (ball, loop, n_loop) in LOOPS.items():
        for n_states, goal in GOALS[name, against].items():
            rows, v = instance(n_states, max(2000, 400_000 // n_states))
            expected = [loop(row, v, RADIUS) for row in rows[:20]]
            np.testing.assert_allclose(ball.worst_case(rows[:20], v), expected, rtol=0, atol=1e-7)
            ours = common.seconds(lambda b=ball, p=rows, x=v: b.worst_case_unchecked(p, x)) / len(rows)
            reference = common.seconds(lambda f=loop, p=rows[:n_loop], x=v: [f(row, x, RADIUS) for row in p]) / n_loop
            lines.append(common.row(f"{name} backup", f"S = {n_states}", ours, reference, against, goal))
    return lines


def throughput() -> dict:
    """Rows per second of each backup against the number of states, down to the plain product as the limit."""
    curves: dict[str, list[float]] = {name: [] for name in BACKUPS}
    for n_states in SIZES:
        rows, v = instance(n_states, max(2000, 1_000_000 // n_states))
        for name, backup in BACKUPS.items():
            curves[name].append(len(rows) / common.seconds(lambda f=backup, p=rows, x=v: f(p, x)))
        print(f"S = {n_states:4d}: " + "  ".join(f"{k} {v[-1]:.3g}/s" for k, v in curves.items()), flush=True)
    return {"sizes": list(SIZES), "rows_per_second": curves}


def newton_steps() -> dict:
    """Median and largest number of Newton steps of the KL backup, by number of states."""
    found = {}
    for n_states in (10, 50, 200):
        rows, v = instance(n_states, 5000)
        steps = kl_solve(rows, (v - v.min()) / np.ptp(v), RADIUS)[2]
        found[str(n_states)] = {"median": float(np.median(steps)), "largest": int(steps.max())}
    print("KL Newton steps:", found)
    return found


if __name__ == "__main__":
    common.save("backups", {"ratios": ratios(), "throughput": throughput(), "newton_steps": newton_steps()})
