"""Worst cases in a Kullback-Leibler ball for many short rows with values of their own: all of them a step at a time.

Some looks at each tilt, between them steps of Halley's method, which triple the digits; no row is set aside meanwhile,
since to pick rows costs more than to look at them once more. What is not found by then is left to :func:`kl.kl_solve`.
"""

from __future__ import annotations

import numpy as np

from .worst_case import FAINT, Radius, of_rows, pieces

#: With more states than these, rows that are done early are better set aside.
SHORT_UP_TO = 32
#: How often each row's tilt is looked at.
LOOKS = 4
#: Between these the sums have all their digits.
TILTS = 1e-3, 1e3


def kl_short(rows: np.ndarray, x: np.ndarray, radius: Radius) -> tuple[np.ndarray, np.ndarray]:
    """Lowest expectations (R,), and the indices of the rows that are left to another method; all arrays (R, S)."""
    worst, left = np.empty(len(rows)), np.empty(len(rows), dtype=bool)
    for piece in pieces(rows, 0.5):  # longer ones: all that is done costs little for each row
        p, columns = np.ascontiguousarray(rows[piece].T), np.ascontiguousarray(x[piece].T)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            worst[piece], found = _halley(p, columns, of_rows(radius, piece, 0))
        left[piece] = ~found
    return worst, np.flatnonzero(left)


def _halley(p: np.ndarray, x: np.ndarray, radius: Radius) -> tuple[np.ndarray, np.ndarray]:
    """Worst case and whether it is found, each (R,), for columns (S, R). Warnings are the caller's to silence.

    Solved is sqrt(2 divergence) = sqrt(2 radius), which is almost linear in the tilt.
    """
    low = (x + (p == 0)).min(axis=0)
    above = np.maximum(x - low, 0.0)
    mass = p.sum(axis=0)
    on_lowest = (p * (above == 0)).sum(axis=0)
    worst, found = low.copy(), np.log(on_lowest / mass) + radius >= 0
    regular = (on_lowest >= FAINT) & ~found
    goal, t, weights = np.sqrt(2 * radius), np.zeros(len(low)), p.copy()
    for look in range(LOOKS):
        total = weights.sum(axis=0) if look else mass
        moment = []
        for _ in range(3):
            weights *= above
            moment.append(weights.sum(axis=0) / total)
        height, square, cube = moment
        variance = square - height**2
        third = cube - height * (3 * square - 2 * height**2)
        if look == 0:  # divergence is t^2 Var / 2 - t^3 third / 3 + ...
            t = goal / np.sqrt(np.maximum(variance, 1e-9))
            t *= np.clip(1 + t * third / (3 * variance), 0.5, 2.0)
        else:
            divergence = -t * height - np.log(total / mass)
            excess = divergence - radius
            close = (np.abs(excess) <= 0.1 * radius) & (variance >= 1e-12) & (t > TILTS[0]) & (t < TILTS[1])
            done = regular & close & (excess**2 <= 2e-15 * t * t**2 * variance)
            np.copyto(worst, low + np.maximum(height + excess / t, 0.0), where=done & ~found)
            found |= done
            if look == LOOKS - 1 or np.count_nonzero(found) > 0.995 * len(found):
                break
            root = np.sqrt(np.maximum(2 * divergence, 0.0))
            slope = t * variance / root
            newton = (root - goal) / slope
            bend = (variance - t * third - slope**2) / root / slope
            t = t - newton / np.clip(1 - newton * bend / 2, 0.5, 2.0)
        np.multiply(above, -t, out=weights)
        np.exp(weights, out=weights)
        weights *= p
    return worst, found
