"""Robust backups whose rows differ: rewards on the next state, and a radius per row, against one for all, in one run.

Writes ``results/each_row.json``. A cost is a ratio of times, ours over the simpler backup's.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import common

common.one_thread()

import numpy as np  # noqa: E402

from mornavi_lite import ChiSquare, KullbackLeibler, TotalVariation  # noqa: E402

RADIUS = 0.1
BALLS = {
    "TV": TotalVariation(RADIUS),
    "TV in support": TotalVariation(RADIUS, shift_support=False),
    "KL": KullbackLeibler(RADIUS),
    "chi-square": ChiSquare(RADIUS),
}


def cost(group: str, case: str, ours: float, simpler: float, against: str, at_most: float) -> dict:
    """One line: seconds of ours and of the simpler backup, and how many times as long ours takes."""
    line = {
        "group": group,
        "case": case,
        "against": against,
        "ours_s": ours,
        "reference_s": simpler,
        "cost": ours / simpler,
        "at_most": at_most,
    }
    mark = "" if line["cost"] <= at_most else "   <-- above the goal"
    print(
        f"{group}, {case}: {ours:.3g} s, {against} {simpler:.3g} s, cost {line['cost']:.2f} (at most {at_most:g}){mark}"
    )
    return line


def both(ours: Callable[[], object], simpler: Callable[[], object], rounds: int = 200) -> tuple[float, float]:
    """Smallest processor time of each, measured in turn: other work on the machine counts for neither."""

    def once(call: Callable[[], object]) -> float:
        start = time.process_time()
        call()
        return time.process_time() - start

    times = [(once(ours), once(simpler)) for _ in range(rounds)]
    return min(t for t, _ in times), min(t for _, t in times)


def next_state_rewards() -> list[dict]:
    """The whole backup, sum included, with r(s, a, s') and with r(s, a)."""
    lines = []
    rng = np.random.default_rng(0)
    n_states, n_rows, n_listed = 50, 1500, 5
    p, v = rng.dirichlet(np.ones(n_states), size=n_rows), rng.random(n_states)
    reward, mean = rng.random((n_rows, n_states)), rng.random(n_rows)
    for name, ball in BALLS.items():
        expected = [ball.worst_case_unchecked(p[i], reward[i] + v) for i in range(20)]
        np.testing.assert_allclose(ball.worst_case_unchecked(p, reward + v)[:20], expected, rtol=0, atol=1e-12)
        times = both(
            lambda b=ball: b.worst_case_unchecked(p, reward + v), lambda b=ball: mean + b.worst_case_unchecked(p, v)
        )
        lines.append(cost(f"{name} backup", "next-state rewards, S = 50", *times, "one vector for all rows", 6))
    n_states, n_rows = 1000, 9000
    next_state = rng.integers(0, n_states, size=(n_rows, n_listed))
    p, v = rng.dirichlet(np.ones(n_listed), size=n_rows), rng.random(n_states)
    reward, mean, low = rng.random((n_rows, n_listed)), rng.random(n_rows), v.min()
    for name, ball in BALLS.items():
        times = both(
            lambda b=ball: b.worst_case_unchecked(p, reward + v[next_state], low),
            lambda b=ball: mean + b.worst_case_unchecked(p, v[next_state], low),
        )
        lines.append(
            cost(f"{name} backup", "next-state rewards, sparse rows of 5", *times, "one vector for all rows", 2)
        )
        plain = both(lambda: np.einsum("rs,rs->r", p, v[next_state]), lambda: None)[0]
        print(f"    {times[1] / plain:.1f} times the expectation, {times[1] / n_rows * 1e9:.0f} ns a row")
    return lines


def radius_per_row() -> list[dict]:
    """An array of radii around the number that it is compared with."""
    lines = []
    for n_states in (10, 50, 200):
        rng = np.random.default_rng(n_states)
        p, v = rng.dirichlet(np.ones(n_states), size=100_000 // n_states), rng.random(n_states)
        radius = rng.uniform(0.8 * RADIUS, 1.2 * RADIUS, size=len(p))
        for name, ball in BALLS.items():
            each = ball.with_radius(radius)
            times = both(
                lambda b=each, p=p, v=v: b.worst_case_unchecked(p, v),
                lambda b=ball, p=p, v=v: b.worst_case_unchecked(p, v),
            )
            lines.append(cost(f"{name} backup", f"a radius per row, S = {n_states}", *times, "one radius", 1.2))
    return lines


if __name__ == "__main__":
    common.save("each_row", {"costs": [*next_state_rewards(), *radius_per_row()]})
