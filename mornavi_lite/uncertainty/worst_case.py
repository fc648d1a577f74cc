"""The arithmetic behind the sets: worst cases for many rows at once. That of Kullback-Leibler balls is in ``kl``.

Every function here takes ``rows`` (R, S), distributions, ``x`` (S,), next-state values scaled to [0, 1], and a radius,
a number or one for each row (R,), and checks nothing. One sort of ``x`` serves all rows. Where each row has values of
its own, ``x`` is (R, S); ``tv_worst`` alone does not take that. Formulas: chapter 2 of the book.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Radius = float | np.ndarray

#: Rows are worked on in pieces of about this many numbers, so that temporaries stay in the processor's cache.
CHUNK = 2**14
#: Up to this many states tails come from one matrix product; beyond, from a running sum (benchmarks/bench_backups.py).
PRODUCT_UP_TO = 64
#: Up to this many states, rows with values of their own are looked at level by level; beyond, they are sorted.
LEVELS_UP_TO = 12
#: Sums of weights below this are near the smallest numbers there are: the weights are made again from logarithms.
FAINT = 1e-290


def pieces(rows: np.ndarray, copies: float = 1) -> list[slice]:
    """Slices that cut ``rows`` into pieces which, so many times, have about ``CHUNK`` numbers."""
    size = max(1, int(CHUNK / (copies * rows.shape[1])))
    return [slice(start, start + size) for start in range(0, len(rows), size)]


def of_rows(shared: Any, which: Any, n_shared: int) -> Any:
    """The values or the radius of some rows: what has ``n_shared`` axes is the same for all rows."""
    return shared if np.ndim(shared) == n_shared else shared[which]


def expectation(p: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Mean p . v of each row."""
    return p @ v if v.ndim == 1 else np.einsum("...s,...s->...", p, v)


def ordered(rows: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The states of each row in one order for all, (S,), or in the row's own, (R, S)."""
    return rows[:, order] if order.ndim == 1 else np.take_along_axis(rows, order, axis=1)


def lowest_in_support(rows: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Lowest value among the states that each row can reach, shape (R,)."""
    return np.asarray((x + (rows == 0)).min(axis=1))


def tv_worst(rows: np.ndarray, x: np.ndarray, radius: Radius) -> np.ndarray:
    """Lowest expectation (R,) in a TV ball with support shift: each tail of ``x`` is lowered by ``radius``."""
    order = np.argsort(-x, kind="stable")
    falling = x[order]
    drops = falling[:-1] - falling[1:]
    depth = min(len(drops), int(1.25 * np.max(radius, initial=0.0) * len(x)) + 8)
    worst, each = np.empty(len(rows)), isinstance(radius, np.ndarray)
    for piece in pieces(rows):
        moved = of_rows(radius, piece, 0)
        tails = _tails(rows[piece], order, depth, each)
        while depth < len(drops) and (tails[:, -1] < moved).any():
            depth = min(len(drops), depth + depth // 2)
            tails = _tails(rows[piece], order, depth, each)
        tails -= np.expand_dims(moved, -1)
        np.maximum(tails, 0.0, out=tails)
        worst[piece] = tails @ drops[:depth]
        if depth < len(drops):
            # Below this level every tail exceeds the radius, and
            # the maximum does nothing: one product sums the rest.
            level = falling[depth]
            worst[piece] += rows[piece] @ np.minimum(x, level) - moved * level
    return worst


def _tails(rows: np.ndarray, order: np.ndarray, depth: int, columns: bool) -> np.ndarray:
    """Mass on the j best states for j = 1 .. depth, shape (R, depth); in columns, few of them, if the next step can."""
    if len(order) > PRODUCT_UP_TO:
        tails = rows.take(order[:depth], axis=1)
        return np.cumsum(tails, axis=1, out=tails)
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    best = (rank[:, None] <= np.arange(depth)).astype(np.float64)
    return (best.T @ rows.T).T if columns else rows @ best


def tv_kernel(rows: np.ndarray, x: np.ndarray, radius: Radius, shift_support: bool) -> np.ndarray:
    """A kernel at which the TV worst case is attained, shape (R, S)."""
    order = np.argsort(-x, axis=-1, kind="stable")
    sorted_rows = ordered(rows, order)
    kept = np.clip(np.cumsum(sorted_rows, axis=1) - np.expand_dims(radius, -1), 0.0, sorted_rows)
    kernel = np.empty_like(rows)
    np.put_along_axis(kernel, np.broadcast_to(order, rows.shape), kept, axis=1)
    moved = (sorted_rows - kept).sum(axis=1)
    reach = np.where((rows > 0) | shift_support, x, np.inf)
    kernel[np.arange(len(rows)), reach.argmin(axis=1)] += moved
    return kernel


def chi_square_worst(rows: np.ndarray, x: np.ndarray, radius: Radius) -> np.ndarray:
    """Lowest expectation in a chi-square ball, shape (R,)."""
    worst = np.empty(len(rows))
    for piece in pieces(rows):
        values = of_rows(x, piece, 1)
        _, centre, mean, variance, slack = _chi_square_active(rows[piece], values, of_rows(radius, piece, 0))
        lowest = lowest_in_support(rows[piece], values)
        worst[piece] = np.maximum(centre + mean - np.sqrt(variance * slack), lowest)
    return worst


def chi_square_kernel(rows: np.ndarray, x: np.ndarray, radius: Radius) -> np.ndarray:
    """The kernel at which the chi-square worst case is attained, proportional to p (threshold - x)+, shape (R, S)."""
    active, centre, mean, variance, slack = _chi_square_active(rows, x, radius)
    distance = x - centre[:, None]
    faint = (variance > 0) & (variance < FAINT)
    tilt = np.sqrt(slack / np.where(variance >= FAINT, variance, np.inf))
    if faint.any():
        # The root of the variance has all its digits if no square is taken of what is small.
        spread = np.sqrt(active[faint]) * np.abs(distance[faint] - mean[faint, None])
        widest = spread.max(axis=1)
        norm = widest * np.sqrt(((spread / widest[:, None]) ** 2).sum(axis=1) / active[faint].sum(axis=1))
        tilt[faint] = np.sqrt(slack[faint]) / norm
    weights = active * np.maximum(1 + tilt[:, None] * (mean[:, None] - distance), 0.0)
    return weights / weights.sum(axis=1, keepdims=True)


def chi_square_divergence(q: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Sum of (q - p)^2 / p over the last axis, infinite where q leaves the support of p."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        terms = np.where(p > FAINT, (q - p) ** 2 / p, ((q - p) / np.sqrt(p)) ** 2)
        return np.where(p > 0, terms, np.where(q > 0, np.inf, 0.0)).sum(axis=-1)


def _chi_square_active(
    rows: np.ndarray, x: np.ndarray, radius: Radius
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Each row cut to the states below its threshold; a centre, mean and variance of x less that centre, and slack.

    The threshold t solves E[(t-x)+^2] = (1 + radius) E[(t-x)+]^2. Both moments at every state's value are running
    sums of positive terms, so nothing cancels; the ratio falls in t, so the first state where it is met is the cut.
    The slack is (1 + radius) mass - 1: how much further than cutting the rest off the ball reaches.
    """
    short = x.ndim == 2 and x.shape[1] <= LEVELS_UP_TO
    cut = (_chi_square_cut_of_levels if short else _chi_square_cut)(rows, x, radius)
    active = rows * (x <= cut[:, None])
    mass = active.sum(axis=1)
    # Distances from the likeliest state: where almost all mass is in one place, the variance keeps its digits.
    centre = _entry(x, active.argmax(axis=1))
    distance = x - centre[:, None]
    mean = (active * distance).sum(axis=1) / mass
    variance = (active * (distance - mean[:, None]) ** 2).sum(axis=1) / mass
    slack = np.maximum(radius * mass - (rows - active).sum(axis=1), 0.0)
    return active, centre, mean, variance, slack


def _chi_square_cut(rows: np.ndarray, x: np.ndarray, radius: Radius) -> np.ndarray:
    """The highest value of each row below the first at which the moments meet the condition, (R,)."""
    order = np.argsort(x, axis=-1, kind="stable")
    rising = np.take_along_axis(x, order, axis=-1)
    gaps = np.diff(rising)
    mass = np.cumsum(ordered(rows, order[..., :-1]), axis=1)
    first = np.cumsum(gaps * mass, axis=1)
    before = np.zeros_like(first)
    before[:, 1:] = first[:, :-1]
    second = np.cumsum(gaps * (2 * before + gaps * mass), axis=1)
    met = _met(first, second, np.expand_dims(radius, -1))
    full = np.ones((len(rows), 1), dtype=bool)
    return _entry(rising, np.concatenate([met, full], axis=1).argmax(axis=1))


def _met(first: np.ndarray, second: np.ndarray, radius: Radius) -> np.ndarray:
    """Where the threshold's moments meet the condition; 0 <= 0 says nothing: products of tiny weights vanish."""
    return (second > 0) & (second <= (1 + radius) * first**2)


def _chi_square_cut_of_levels(rows: np.ndarray, x: np.ndarray, radius: Radius) -> np.ndarray:
    """:func:`_chi_square_cut` for short rows with values of their own: both moments at each level, without a sort."""
    p, columns = np.ascontiguousarray(rows.T), np.ascontiguousarray(x.T)
    cut, below, part = columns.max(axis=0), np.empty_like(columns), np.empty_like(columns)

    def met(level: np.ndarray) -> np.ndarray:
        np.maximum(np.subtract(level, columns, out=below), 0.0, out=below)
        first = np.multiply(p, below, out=part).sum(axis=0)
        return _met(first, np.multiply(part, below, out=part).sum(axis=0), radius)

    some = np.flatnonzero(met(cut))  # what is not met at the highest level is met at none
    p, columns, radius = p.take(some, axis=1), columns.take(some, axis=1), of_rows(radius, some, 0)
    below, part, threshold = np.empty_like(columns), np.empty_like(columns), np.full(len(some), np.inf)
    for level in columns:
        np.minimum(threshold, level, out=threshold, where=met(level))
    cut[some] = (columns * (columns < threshold)).max(axis=0)
    return np.asarray(cut)


def _entry(x: np.ndarray, state: np.ndarray) -> np.ndarray:
    """The value of one state of each row, (R,)."""
    return x[state] if x.ndim == 1 else x[np.arange(len(x)), state]
