"""Worst cases in a Kullback-Leibler ball for many rows at once: a tilt of each row, found by Newton's method.

Every function here takes ``rows`` (R, S), distributions, ``x`` (S,) or (R, S), next-state values scaled to [0, 1], and
a radius, a number or one for each row (R,), and checks nothing. Formulas: chapter 2 of the book.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .kl_moments import FEW, FEW_ROWS, FEW_STATES, Moments, gentle_tilt, kl_by_moments
from .kl_short import SHORT_UP_TO, kl_short
from .worst_case import FAINT, Radius, expectation, lowest_in_support, of_rows, pieces

#: Below this tilt the log of a sum near 1 is taken by expm1 and log1p, or its leading digits would be lost.
GENTLE_TILT = 1e-3
#: A KL ball of this radius moves no expectation of values in [0, 1] by a digit: by Pinsker, at most sqrt(radius / 2).
NEGLIGIBLE = 1e-34
#: After so many steps of Newton's, which usually takes ten, a row's bracket is halved, or grows ever faster.
PATIENCE = 24


def kl_worst(rows: np.ndarray, x: np.ndarray, radius: Radius) -> np.ndarray:
    """Lowest expectation in a KL ball, shape (R,)."""
    worst, left = np.empty(len(rows)), np.arange(len(rows))
    if x.ndim == 1 and len(rows) >= 4 * FEW_ROWS and len(x) >= FEW_STATES and rows.size >= FEW:
        worst, left = kl_by_moments(rows, x, radius)
    elif x.ndim == 2 and x.shape[1] <= SHORT_UP_TO:
        worst, left = kl_short(rows, x, radius)
    for piece in pieces(rows[: len(left)]):
        some = piece if len(left) == len(rows) else left[piece]
        worst[some] = kl_solve(rows[some], of_rows(x, some, 1), of_rows(radius, some, 0))[0]
    return worst


def kl_kernel(rows: np.ndarray, x: np.ndarray, radius: Radius) -> np.ndarray:
    """The kernel at which the KL worst case is attained, proportional to p exp(-tilt x), shape (R, S)."""
    _, tilt, _ = kl_solve(rows, x, radius, to_the_tilt=True)
    above = x - lowest_in_support(rows, x)[:, None]
    with np.errstate(invalid="ignore"):  # an infinite tilt leaves the lowest states alone
        exponent = np.where(above > 0, -tilt[:, None] * above, 0.0)
    weights, _ = _tilted_weights(np.where(above >= 0, rows, 0.0), exponent, True)
    kernel = weights / weights.sum(axis=1, keepdims=True)
    # Rounding may leave the kernel just outside the ball. Divergence is convex: a small step towards p mends it.
    excess = np.maximum(1 - radius / np.maximum(kl_divergence(kernel, rows), radius), 0.0)[:, None]
    return (1 - excess) * kernel + excess * rows


def kl_divergence(q: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Sum of q log(q/p) over the last axis, as a sum of terms none of which is negative: q log(q/p) - q + p."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        change = (q - p) / p
        near = p * ((1 + change) * np.log1p(change) - change)  # keeps its digits where q is close to p
        far = q * (np.log(q) - np.log(p)) - (q - p)
    return np.where(np.abs(change) < 0.5, near, np.where(q > 0, far, p)).sum(axis=-1)


def kl_solve(
    rows: np.ndarray, x: np.ndarray, radius: Radius, to_the_tilt: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Worst case, tilt that attains it, and number of Newton steps of each row, each (R,).

    Newton's method on KL(q_t || p) = radius with q_t ~ p exp(-t x), safeguarded by a bracket. At any t the number
    E_q x + (KL - radius) / t is the dual objective, a lower bound; it is flat at the solution, so an error e in the
    divergence costs only e^2 / (2 t^3 Var), and we stop early. ``to_the_tilt`` goes on until the tilt itself is
    found. It is infinite where all mass reaches the lowest state.
    """
    lowest = lowest_in_support(rows, x)
    mass = rows.sum(axis=1)
    on_lowest = np.where(x == lowest[:, None], rows, 0.0).sum(axis=1)
    worst, tilt, steps = lowest.copy(), np.full(len(rows), np.inf), np.zeros(len(rows), dtype=np.int64)
    radius = np.broadcast_to(radius, len(rows))
    opened = np.log(on_lowest / mass) + radius < 0
    still = np.flatnonzero(opened & (radius < NEGLIGIBLE))
    if len(still):
        worst[still], tilt[still] = expectation(rows[still], of_rows(x, still, 1)), 0.0
    open_rows = np.flatnonzero(opened & (radius >= NEGLIGIBLE))
    p, mass, low = rows[open_rows], mass[open_rows], lowest[open_rows]
    x, radius = of_rows(x, open_rows, 1), radius[open_rows]
    drop = low[:, None] - x
    np.minimum(drop, 0.0, out=drop)  # positive only where p is 0
    faint = bool((on_lowest[open_rows] < FAINT).any())
    t = gentle_tilt(_first_moments(p, x), radius)
    moments = None if to_the_tilt or x.ndim == 2 else np.stack([np.ones_like(x), x, x * x], axis=1)
    below, above = np.zeros_like(t), np.full_like(t, np.inf)
    for step in range(400):
        if not len(open_rows):
            break
        height, variance, log_total = _kl_tilted(p, mass, low, drop, t, moments, faint)
        excess = -t * height - log_total - radius
        below, above = np.where(excess < 0, t, below), np.where(excess < 0, above, t)
        done = (np.abs(excess) <= 1e-14 * radius) | (above - below <= 1e-15 * below) | (below > 1e290)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            newton = t - excess / (t * variance)
            error = excess**2 / (2 * t**3 * variance)
        if not to_the_tilt:
            # Near the solution the error of the value is quadratic; inside the ball it is at most -excess / t.
            near = (np.abs(excess) <= 0.1 * radius) & (variance >= 1e-12)
            done |= (near & (error <= 1e-15)) | ((excess <= 0) & (excess >= -1e-15 * t))
        steps[open_rows] += 1
        worst[open_rows], tilt[open_rows] = low + np.maximum(height + excess / t, 0.0), t
        inside = (newton > below) & (newton < above) & (step < PATIENCE)  # near ties make Newton creep
        between = _geometric_mean(np.maximum(below, above * 1e-6), above)
        middle = np.where(np.isfinite(above), between, np.minimum(t, 1e290) * 2.0 ** np.clip(step - PATIENCE, 1, 30))
        t = np.where(inside, newton, middle)
        if done.any():
            open_rows, p, mass, drop, low, t, below, above, radius = (
                of_rows(each, ~done, 0) for each in (open_rows, p, mass, drop, low, t, below, above, radius)
            )
    return worst, tilt, steps


def _geometric_mean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The root of a b, where the product is beyond the largest or below the smallest number, too."""
    with np.errstate(over="ignore"):
        product = a * b
    return np.where((product > 0) & np.isfinite(product), np.sqrt(product), np.sqrt(a) * np.sqrt(b))


def _first_moments(p: np.ndarray, x: np.ndarray) -> Moments:
    """Of each row the means of x, x^2 and x^3, each (R,)."""
    if x.ndim == 1:
        return (p @ np.stack([x, x**2, x**3], axis=1)).T
    weights = p * x
    return weights.sum(axis=1), (weights * x).sum(axis=1), (weights * x * x).sum(axis=1)


def _tilted_weights(p: np.ndarray, exponent: np.ndarray, faint: bool) -> tuple[np.ndarray, np.ndarray]:
    """p exp(exponent), and the log of what a row was divided by: with ``faint`` one whose sum would lose its digits."""
    weights = np.exp(exponent, out=None if faint else exponent)
    weights *= p
    divided = np.zeros(len(p))
    if faint:
        small = np.flatnonzero(weights.sum(axis=1) < FAINT)
        with np.errstate(divide="ignore"):
            logs = np.log(p[small]) + exponent[small]
        divided[small] = logs.max(axis=1)
        weights[small] = np.exp(logs - divided[small, None])
    return weights, divided


def _kl_tilted(
    p: np.ndarray, mass: np.ndarray, low: np.ndarray, drop: np.ndarray, t: np.ndarray, moments: Any, faint: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Under the rows weighted by exp(t drop): mean of -drop, variance, and the log of what the weights sum to.

    With ``moments`` (S, 3), the powers of x, the sums are one matrix product. Without, they come from ``drop``: slower,
    but with all digits where values nearly tie.
    """
    weights, divided = _tilted_weights(p, t[:, None] * drop, faint)
    if moments is None:
        total = weights.sum(axis=1)
        weights *= drop
        height = -weights.sum(axis=1) / total
        variance = np.einsum("rs,rs->r", weights, drop) / total - height**2
    else:
        total, mean, square = (weights @ moments).T
        mean = mean / total
        height = mean - low
        variance = square / total - mean**2
    log_total = np.log(total / mass) + divided
    gentle = t < GENTLE_TILT
    if gentle.any():
        less = np.expm1(t[gentle, None] * drop[gentle])
        log_total[gentle] = np.log1p((p[gentle] * less).sum(axis=1) / mass[gentle])
    return height, np.maximum(variance, 0.0), log_total
