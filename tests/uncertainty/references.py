"""What worst cases are compared with: linear and convex programs, and rows of every kind."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import block_diag, csr_array, hstack

from mornavi_lite import TotalVariation


def tv_program(p: np.ndarray, v: np.ndarray, ball: TotalVariation) -> float:
    """The definition as a linear program, of one row."""
    return float(tv_programs(p[None], v[None], np.array([ball.radius]), ball.shift_support)[0])


def tv_programs(p: np.ndarray, v: np.ndarray, radius: np.ndarray, shift_support: bool) -> np.ndarray:
    """The definition for rows (R, S) in one program: q = p + up - down, sum of up <= radius, both at least 0."""
    each_row = block_diag([np.ones((1, p.shape[1]))] * len(p))
    none = csr_array(each_row.shape)
    up_limit = np.where(shift_support | (p > 0), np.inf, 0.0)
    answer = linprog(
        np.concatenate([v.ravel(), -v.ravel()]),
        A_ub=hstack([each_row, none]),
        b_ub=radius,
        A_eq=hstack([each_row, -each_row]),
        b_eq=np.zeros(len(p)),
        bounds=[(0, top) for top in np.concatenate([up_limit.ravel(), p.ravel()])],
    )
    assert answer.status == 0
    moved = (v * (answer.x[: p.size] - answer.x[p.size :]).reshape(p.shape)).sum(axis=1)
    return np.asarray((p * v).sum(axis=1) + moved)


def kl_reference(p: np.ndarray, v: np.ndarray, radius: float) -> float:
    """The KL dual of one row, see :func:`kl_references`."""
    return float(kl_references(p[None], v[None], np.array([radius]))[0])


def kl_references(p: np.ndarray, v: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """The KL dual of rows (R, S) in 80-bit arithmetic, its maximum found by bisection on KL(q_t || p) = radius."""
    p, low, width, above = _in_units_of_the_range(p, v)
    on_low = np.where((above == 0) & (p > 0), p, 0).sum(axis=1)
    below, beyond = np.full((2, len(p)), [[np.longdouble("1e-18")], [np.longdouble("1e18")]])

    def tilted(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        weights = p * np.exp(-t[:, None] * above)
        less = (p * np.expm1(-t[:, None] * above)).sum(axis=1)
        log_total = np.where(t < 1, np.log1p(np.where(t < 1, less, 0)), np.log(weights.sum(axis=1)))
        mean = (weights * above).sum(axis=1) / weights.sum(axis=1)
        return -t * mean - log_total, -(log_total + radius) / t

    for _ in range(70):
        middle = np.sqrt(below * beyond)
        inside = tilted(middle)[0] < radius
        below, beyond = np.where(inside, middle, below), np.where(inside, beyond, middle)
    best = np.maximum(tilted(below)[1], 0)
    return np.where((radius >= -np.log(on_low)) | (width == 0), low, low + width * best)


def chi_square_reference(p: np.ndarray, v: np.ndarray, radius: float) -> float:
    """The chi-square dual of one row, see :func:`chi_square_references`."""
    return float(chi_square_references(p[None], v[None], np.array([radius]))[0])


def chi_square_references(p: np.ndarray, v: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """The chi-square dual of rows (R, S), maximised over its one variable by golden section (it is concave).

    Beyond the highest level with any mass to speak of it is flat, and there rounding must not say where to go on.
    """
    p, low, width, above = _in_units_of_the_range(p, v)

    def dual(threshold: np.ndarray) -> np.ndarray:
        cut = np.minimum(above, threshold[:, None])
        mean = (p * cut).sum(axis=1)
        return mean - np.sqrt(radius * (p * (cut - mean[:, None]) ** 2).sum(axis=1))

    ratio, left, right = (np.sqrt(np.longdouble(5)) - 1) / 2, np.zeros_like(low), np.ones_like(low)
    best = np.maximum(dual(left), dual(right))
    for _ in range(90):
        inner, outer = right - ratio * (right - left), left + ratio * (right - left)
        at_inner, at_outer = dual(inner), dual(outer)
        best = np.maximum(best, np.maximum(at_inner, at_outer))
        rises = at_inner + 1e-17 < at_outer
        left, right = np.where(rises, inner, left), np.where(rises, right, outer)
    return low + width * best


def _in_units_of_the_range(p: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, ...]:
    """Rows of 80 bits, lowest value in their support, range, and values above the lowest in units of it."""
    p, v, there = p.astype(np.longdouble), v.astype(np.longdouble), p > 0
    p = p / p.sum(axis=1, keepdims=True)
    low = np.where(there, v, np.inf).min(axis=1)
    width = np.where(there, v, -np.inf).max(axis=1) - low
    above = np.where(there, v - low[:, None], 0)
    return p, low, width, above / np.where(width > 0, width, 1)[:, None]


def random_rows(rng: np.random.Generator, n_rows: int, n_states: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows dense, sparse and nearly deterministic; values with and without ties."""
    rows = rng.dirichlet(np.full(n_states, rng.choice([0.05, 0.3, 1.0, 10.0])), size=n_rows)
    rows[rng.random(rows.shape) < rng.choice([0.0, 0.5])] = 0.0
    rows[rows.sum(axis=1) == 0, rng.integers(n_states)] = 1.0
    values = rng.normal(size=n_states) if rng.random() < 0.5 else rng.integers(0, 3, n_states) / 2
    return rows / rows.sum(axis=1, keepdims=True), np.asarray(values, dtype=float)
