"""The highest mean of a value over all distributions to which counts are close: one convex problem in one variable.

The set {p : N KL(n / N || p) <= budget} is what the bet on a whole row leaves. It is smaller than what is known of it
by its tails alone. Chapter 4 of the book.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

#: A mean that is nearer to the best value than this share of it is the best value.
_ROUNDING = 1e-14
_MOST_STEPS = 60
#: Rows are worked on in pieces of about this many numbers: each has some rows that need many steps.
_TOGETHER = 2**16


def highest_mean(seen: np.ndarray, budget: np.ndarray, value: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Largest mean over all distributions p with N KL(n / N || p) <= budget.

    Parameters
    ----------
    seen : numpy.ndarray of int, shape (..., k)
        How often each next state was seen.
    budget : numpy.ndarray, shape (...)
        L, in nats.
    value : numpy.ndarray, shape (k,) or (..., k)
        Values of these states.
    best : numpy.ndarray, shape () or (...)
        The highest value of any state that can follow, seen or not: at least that of every state seen.

    Returns
    -------
    numpy.ndarray, shape (...)
        Upper bounds on the mean, tight to about 1e-14 of the values' range; ``best`` without visits.

    Notes
    -----
    Chapter 4, :eq:`whole-ball`. With t = n / N, b = L / N and any level y above all values, Jensen's inequality for
    the logarithm says::

        sum p (y - v)  >=  sum over seen of t (p / t) (y - v)  >=  exp(-KL(t || p) + sum t log(y - v))

    so the mean is at most y - exp(sum t log(y - v) - b), for *every* y >= best. The bound is convex in y, and the least
    one is attained. Filippi, Cappe and Garivier (2010). With the mean m under t and the slope s = 1 / (y - m) it is
    m + (1 - exp(sum t log(1 + s (m - v)) - b)) / s, which loses no digits when b is small and y far away. A slope that
    is not quite the best one gives a bound that is valid all the same.

    Examples
    --------
    One coin, as :func:`mornavi_lite.confidence.chernoff` has it:

    >>> import numpy as np
    >>> from mornavi_lite.confidence import chernoff, highest_mean
    >>> seen, value, budget = np.array([70, 30]), np.array([0.0, 1.0]), np.array(6.0)
    >>> coin = chernoff(np.array(0.3), np.array(100), budget)
    >>> bool(abs(highest_mean(seen, budget, value, np.array(1.0)) - coin) < 1e-12)
    True
    """
    shape = np.broadcast_shapes(seen.shape, np.shape(value))
    counts, values = (np.broadcast_to(each, shape).reshape(-1, shape[-1]) for each in (seen, value))
    spent, highest = (np.broadcast_to(each, shape[:-1]).ravel() for each in (budget, best))
    highest = highest.astype(np.float64)
    size = max(1, _TOGETHER // shape[-1])
    for start in range(0, len(counts), size):
        piece = slice(start, start + size)
        # In columns, one operation for all rows at a time: sums over a short axis cost more to start than they do.
        n, v = np.ascontiguousarray(counts[piece].T, dtype=np.float64), np.ascontiguousarray(values[piece].T)
        visits, limit = n.sum(axis=0), highest[piece]
        t = n / np.maximum(visits, 1)
        # Rows that are certain of the best value, up to rounding, keep it: their distance is 0.
        mean = np.where(n > 0, n * v, 0.0).sum(axis=0) / np.maximum(visits, 1)
        there = np.flatnonzero((visits > 0) & (limit - mean > np.maximum(_ROUNDING * np.abs(limit), 1e-305)))
        if len(there):
            t, v = t.take(there, axis=1), v.take(there, axis=1)
            limit[there] = _least_bound(t, spent[piece][there] / visits[there], v, limit[there])
    return highest.reshape(shape[:-1])


def _least_bound(t: np.ndarray, b: np.ndarray, v: np.ndarray, best: np.ndarray) -> np.ndarray:
    """The bound (R,) at the best slope, for frequencies and values (k, R), some of those below ``best``."""
    mean = (t * v).sum(axis=0)
    below = np.where(t > 0, mean - v, 0.0)
    row = _Row(t, below, below * t, np.where(t > 0, best - v, 1.0), best - mean)
    steps = np.full(len(b), np.inf)  # on this scale the slope is the steepest
    inside, _, spent, _ = row.at(steps)
    # At the steepest slope a best state that was seen would get all the mass, which no budget pays for.
    going = np.flatnonzero((spent > b) | (row.under == 0).any(axis=0))
    if len(going):
        some = row.of(going)
        steps[going] = _root(some, b[going])
        inside[going] = some.at(steps[going])[0]
    slope = -np.expm1(-steps) / row.distance
    return np.minimum(mean - np.expm1(inside - b) / slope, best)


def _root(row: _Row, b: np.ndarray) -> np.ndarray:
    """Where the divergence spends b. Newton's method on its square root, which is nearly straight; a bracket holds."""
    variance = (row.weighted * row.below).sum(axis=0) / np.maximum(row.distance**2, 1e-300)  # any start will do there
    z = np.minimum(np.log1p(np.sqrt(2 * b / np.maximum(variance, 1e-300))), 50.0)
    low, high = np.zeros(len(b)), np.full(len(b), np.inf)
    found, going = z.copy(), np.arange(len(b))
    for _ in range(_MOST_STEPS):
        _, slope_left, spent, rises = row.at(z)
        over = spent > b
        low, high = np.where(over, low, z), np.where(over, z, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            root = np.sqrt(np.maximum(spent, 0.0))
            moved = z - (root - np.sqrt(b)) * 2 * root / (rises * slope_left)
        middle = np.where(np.isfinite(high), (low + high) / 2, 2 * z)
        moved = np.where((moved > low) & (moved < high), moved, middle)
        found[going] = moved
        # The error squares with each step, and that of the bound, which is flat there, once more.
        go = np.flatnonzero(np.abs(moved - z) > 1e-5 * z)
        if not len(go):
            break
        going, z, low, high, b, row = going[go], moved[go], low[go], high[go], b[go], row.of(go)
    return found


class _Row(NamedTuple):
    """Rows of frequencies t, with d = m - v, d t and best - v for each state (k, R), and best - m (R,)."""

    t: np.ndarray
    below: np.ndarray
    weighted: np.ndarray
    under: np.ndarray
    distance: np.ndarray

    def of(self, rows: np.ndarray) -> _Row:
        return self if len(rows) == len(self.distance) else _Row(*(each.take(rows, axis=-1) for each in self))

    def at(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """For s = (1 - exp(-z)) / (best - m): sum t log(1 + s d), ds/dz, the divergence spent, and its rise in s."""
        left = np.exp(-z)
        slope = -np.expm1(-z) / self.distance
        gap = self.distance * left / -np.expm1(-z)  # of y above the best value
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            stretched = self.under + gap
            stretched *= slope
            # The terms of first order cancel: where s d is small, log1p keeps those of second order.
            log = np.maximum(self.below * slope, -0.5)
            np.log1p(log, out=log)
            if stretched.min() < 0.5:
                log += np.log(2 * np.minimum(stretched, 0.5))
            log *= self.t
            inside = log.sum(axis=0)
            ratio = np.divide(self.weighted, stretched, out=log)
            leaning = ratio.sum(axis=0)
            total = -slope * leaning  # sum t / (1 + s d), less 1
            ratio /= stretched
            rises = leaning - ratio.sum(axis=0) / (1 + total)
            return inside, left / self.distance, inside + np.log1p(total), rises
