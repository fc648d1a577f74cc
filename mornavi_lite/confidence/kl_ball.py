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

    so the mean is at most y - exp(sum t log(y - v) - b), for *every* y >= best. The smallest of these bounds is
    attained: by p proportional to t / (y - v) where the derivative vanishes, or at y = best with the rest of the mass
    on the best state. The bound is convex in y. Filippi, Cappe and Garivier (2010). We work with the mean m under t and
    the slope s = 1 / (y - m), where the bound is m + (1 - exp(sum t log(1 + s (m - v)) - b)) / s and loses no digits
    when b is small and y far away. A slope that is not quite the best one gives a bound that is valid all the same.

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
    shape = seen.shape[:-1]
    counts = np.asarray(seen, dtype=np.float64).reshape(-1, seen.shape[-1])
    values = np.broadcast_to(value, seen.shape).reshape(counts.shape)
    highest = np.array(np.broadcast_to(best, shape), dtype=np.float64).reshape(-1)
    visits = counts.sum(axis=1)
    # Rows that are certain of the best value, up to rounding, keep it: their distance is 0.
    mean = np.where(counts > 0, counts * values, 0.0).sum(axis=1) / np.maximum(visits, 1)
    open_rows = np.flatnonzero((visits > 0) & (highest - mean > _ROUNDING * np.abs(highest)))
    size = max(1, 2**14 // counts.shape[1])
    spent = np.broadcast_to(budget, shape).reshape(-1)
    for start in range(0, len(open_rows), size):
        piece = open_rows[start : start + size]
        frequency = counts[piece] / visits[piece, None]
        highest[piece] = _least_bound(frequency, spent[piece] / visits[piece], values[piece], highest[piece])
    return highest.reshape(shape)


def _least_bound(t: np.ndarray, b: np.ndarray, v: np.ndarray, best: np.ndarray) -> np.ndarray:
    """The bound (R,) at the best slope, for frequencies and values (R, k), some of those below ``best``."""
    mean = (t * v).sum(axis=1)
    row = _Row(t, np.where(t > 0, mean[:, None] - v, 0.0), np.where(t > 0, best[:, None] - v, 1.0), best - mean)
    steps = np.full(len(t), np.inf)  # on this scale the slope is the steepest
    inside, _, spent, _ = row.at(steps)
    # At the steepest slope a best state that was seen would get all the mass, which no budget pays for.
    going = np.flatnonzero((spent > b) | (row.under == 0).any(axis=1))
    if len(going):
        steps[going] = _root(row.of(going), b[going])
        inside[going] = row.of(going).at(steps[going])[0]
    slope = -np.expm1(-steps) / row.distance
    return np.minimum(mean - np.expm1(inside - b) / slope, best)


def _root(row: _Row, b: np.ndarray) -> np.ndarray:
    """Where the divergence spends b. Newton's method on its square root, which is nearly straight; a bracket holds."""
    variance = (row.t * row.below**2).sum(axis=1) / row.distance**2
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
        go = np.abs(moved - z) > 1e-7 * z
        if not go.any():
            break
        going, z, low, high, b, row = going[go], moved[go], low[go], high[go], b[go], row.of(np.flatnonzero(go))
    return found


class _Row(NamedTuple):
    """Rows of frequencies t, with d = m - v and best - v for each state (R, k), and best - m (R,)."""

    t: np.ndarray
    below: np.ndarray
    under: np.ndarray
    distance: np.ndarray

    def of(self, rows: np.ndarray) -> _Row:
        return _Row(*(each[rows] for each in self))

    def at(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """For s = (1 - exp(-z)) / (best - m): sum t log(1 + s d), ds/dz, the divergence spent, and its rise in s."""
        left = np.exp(-z)
        slope = -np.expm1(-z) / self.distance
        gap = self.distance * left / -np.expm1(-z)  # of y above the best value
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            stretched = slope[:, None] * (self.under + gap[:, None])
            product = slope[:, None] * self.below
            # The terms of first order cancel: where s d is small, log1p keeps those of second order.
            log = np.log1p(np.maximum(product, -0.5))
            steep = product < -0.5
            log[steep] = np.log(stretched[steep])
            ratio = self.below * self.t / stretched
            leaning = ratio.sum(axis=1)
            total = -slope * leaning  # sum t / (1 + s d), less 1
            inside = (self.t * log).sum(axis=1)
            rises = leaning - (ratio / stretched).sum(axis=1) / (1 + total)
            return inside, left / self.distance, inside + np.log1p(total), rises
