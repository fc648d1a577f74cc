"""Worst cases in a Kullback-Leibler ball for many short rows with values of their own: all of them a step at a time.

Looks at each tilt, between them steps of Halley's method for the log of the divergence, which triple the digits. From a
look nearby the dual is a polynomial, so the last step needs no look. What is not found is left to :func:`kl.kl_solve`.
"""

from __future__ import annotations

import numpy as np

from .worst_case import FAINT, Radius, of_rows, pieces

#: With more states than these, rows that are done early are better set aside.
SHORT_UP_TO = 32
#: How often each row's tilt is looked at, at most.
LOOKS = 9
#: Between these the sums have all their digits.
TILTS = 1e-3, 1e3


def kl_short(rows: np.ndarray, x: np.ndarray, radius: Radius) -> tuple[np.ndarray, np.ndarray]:
    """Lowest expectations (R,), and the indices of the rows that are left to another method; all arrays (R, S)."""
    worst, left = np.empty(len(rows)), np.empty(len(rows), dtype=bool)
    for piece in pieces(rows, 0.5):  # longer ones: all that is done costs little for each row
        p, columns = np.ascontiguousarray(rows[piece].T), np.ascontiguousarray(x[piece].T)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            worst[piece], left[piece] = _halley(p, columns, of_rows(radius, piece, 0))
    return worst, np.flatnonzero(left)


def _halley(p: np.ndarray, x: np.ndarray, radius: Radius) -> tuple[np.ndarray, np.ndarray]:
    """Worst case and whether it is not found, each (R,), for columns (S, R). Warnings are the caller's to silence."""
    worst = (x + (p == 0)).min(axis=0)
    above = np.maximum(x - worst, 0.0)
    mass = p.sum(axis=0)
    on_lowest = (p * (above == 0)).sum(axis=0)
    left = np.log(on_lowest / mass) + radius < 0
    open_rows, regular, t, weights = np.arange(len(worst)), left & (on_lowest >= FAINT), 0.0, p.copy()
    for look in range(LOOKS):
        total = weights.sum(axis=0) if look else mass
        height, square, cube = (np.multiply(weights, above, out=weights).sum(axis=0) / total for _ in range(3))
        variance = square - height * height
        third = cube - height * (3 * variance + height * height)
        if look == 0:  # divergence is t^2 Var / 2 - t^3 third / 3 + ...
            t = np.sqrt(2 * radius / np.maximum(variance, 1e-9))
            t *= np.clip(1 + t * third / (3 * variance), 0.5, 2.0)
        else:
            divergence = -t * height - np.log(total / mass)
            slope = t * t * variance / divergence
            newton = np.log(divergence / radius) / slope
            bend = 1 - t * third / variance - slope
            change = newton / np.clip(1 - newton * bend / 2, 0.5, 2.0)
            t, before, excess = t * np.clip(1 - change, 0.125, 8.0), t, divergence - radius
            step = before - t
            # What is left out of the dual is at most step^4 / (192 t).
            done = regular & ((step**2) ** 2 <= 2e-13 * t) & (variance >= 1e-12)
            done &= (t > TILTS[0]) & (t < TILTS[1])
            if done.any():
                value = height + (excess - step**2 * (variance / 2 + third * step / 6)) / t
                found = open_rows[done]
                worst[found] += np.maximum(value[done], 0.0)
                left[found] = False
                regular &= ~done
        n_left = np.count_nonzero(regular)
        if look == LOOKS - 1 or not n_left:
            break
        if 2 * n_left < len(regular):
            some = np.flatnonzero(regular)
            open_rows, regular, t, mass, radius = (of_rows(a, some, 0) for a in (open_rows, regular, t, mass, radius))
            p, above, weights = p.take(some, axis=1), above.take(some, axis=1), np.empty((len(p), n_left))
        np.exp(np.multiply(above, -t, out=weights), out=weights)
        weights *= p
    return worst, left
