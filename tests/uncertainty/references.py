"""What worst cases are compared with: linear and convex programs, and rows of every kind."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from mornavi_lite import TotalVariation


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
