"""Symmetric equilibria of two actions: all roots of one polynomial on [0, 1].

If every other player takes action 0 with probability x, the gain of action 0 over action 1 is::

    f(x) = sum over k of  C(m-1, k) x^k (1-x)^(m-1-k) d_k,      d_k = q(0, k+1) - q(1, k)

with q(a, n) the payoff of action a where n players take action 0. The d_k are the coefficients of f in the basis of
Bernstein, so f has at most as many roots in (0, 1) as d has changes of sign, and as many less an even number. Halving
the interval gives the coefficients of both halves by averages alone; where one change is left there is one root, where
none is left there is none. x = 0 is an equilibrium if f(0) <= 0, x = 1 if f(1) >= 0, any x in between if f(x) = 0.
"""

from __future__ import annotations

import numpy as np

from .. import checks
from .profiles import profile_probabilities

#: Coefficients below this share of the largest one are rounding, and have no sign.
NOTHING = 1e-13
#: Intervals are halved down to 2^-DEPTH; two roots that are closer are told as one.
DEPTH = 40


def symmetric_equilibria(payoffs: np.ndarray) -> np.ndarray:
    """All x in [0, 1], rising, such that each player's taking action 0 with probability x is an equilibrium.

    Parameters
    ----------
    payoffs : array_like, shape (2, m + 1)
        Payoff of each action where 0, 1, ..., m players take action 0. The first entry of action 0 and the last one of
        action 1 cannot happen, and are not looked at.

    Returns
    -------
    numpy.ndarray, shape (n,)
        At least one. Where the gain of one action over the other is zero on a whole interval, its ends.

    Raises
    ------
    ValueError
        If the shape is another, or a payoff is not finite.

    Notes
    -----
    Chapter 14, :eq:`symmetric-gain` and :prf:ref:`symmetric-equilibrium`. All roots are found that are 2^-40 apart and
    at which the gain, in a share of the largest, rises or falls through zero by more than rounding (1e-13); one that
    only touches zero is told if it comes closer than that. Lane and Riesenfeld (1981) for the halving.

    Examples
    --------
    Two drivers, two lanes: both on the same one, or each by a coin.

    >>> from mornavi_lite.anonymous import symmetric_equilibria
    >>> symmetric_equilibria([[0, 0, 1], [1, 0, 0]]).round(12).tolist()
    [0.0, 0.5, 1.0]
    """
    table = checks.real_array("payoffs", payoffs)
    if table.ndim != 2 or table.shape[0] != 2 or table.shape[1] < 2:
        raise ValueError(f"payoffs must have shape (2, m + 1), got {table.shape}")
    for a, row in enumerate((table[0, 1:], table[1, :-1])):
        if not np.isfinite(row).all():
            k = int(np.argmin(np.isfinite(row)))
            raise ValueError(f"payoffs[{a}, {k + 1 - a}] must be finite, got {row[k]}")
    scale = max(1.0, float(np.abs(table[0, 1:]).max()), float(np.abs(table[1, :-1]).max()))
    return roots(table[0, 1:] / scale - table[1, :-1] / scale if scale > 1e300 else table[0, 1:] - table[1, :-1])


def roots(gains: np.ndarray) -> np.ndarray:
    """The equilibria for coefficients (m,), rising."""
    largest = np.abs(gains).max()
    if largest == 0:
        return np.array([0.0, 1.0])
    d = gains / largest
    found = [0.0] if d[0] <= NOTHING else []
    found += [1.0] if d[-1] >= -NOTHING else []
    pending = [(0.0, 1.0, d)] if len(d) > 1 else []
    while pending:
        low, high, part = pending.pop()
        changes = _sign_changes(part)
        if changes == 0 and np.abs(part).max() > NOTHING:
            continue
        if changes == 1 and part[0] * part[-1] < 0:
            ends = np.array([low]), np.array([high])
            found.append(float(bisected(d[None], *ends, part[-1:] > 0)[0]))
        elif changes == 0 or high - low <= 2.0**-DEPTH:
            found += [low, high] if changes == 0 else [(low + high) / 2]
        else:
            middle, (left, right) = (low + high) / 2, halves(part)
            if abs(left[-1]) <= NOTHING:
                found.append(middle)
            pending += [(low, middle, left), (middle, high, right)]
    return _apart(np.array(found))


def halves(part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of both halves of an interval: de Casteljau's averages."""
    left, right, row = np.empty_like(part), np.empty_like(part), part.copy()
    for j in range(len(part)):
        left[j], right[-1 - j] = row[0], row[-1]
        row = (row[:-1] + row[1:]) / 2
    return left, right


def _sign_changes(part: np.ndarray) -> int:
    signs = np.sign(part[np.abs(part) > NOTHING])
    return int((signs[1:] != signs[:-1]).sum())


def value_at(d: np.ndarray, x: np.ndarray) -> np.ndarray:
    """f (B,) at points (B,), for one polynomial (m,) or one for each point (B, m)."""
    weights = profile_probabilities(d.shape[-1] - 1, np.stack([x, 1 - x], axis=-1))
    return np.asarray((weights * d).sum(axis=-1))


def bisected(d: np.ndarray, low: np.ndarray, high: np.ndarray, rising: np.ndarray) -> np.ndarray:
    """One root (B,) of each polynomial (B, m) between points of opposite sign, to the last digits."""
    while (high - low > 2e-16).any():
        middle = (low + high) / 2
        up = (value_at(d, middle) > 0) == rising
        high, low = np.where(up, middle, high), np.where(up, low, middle)
    return (low + high) / 2


def _apart(found: np.ndarray) -> np.ndarray:
    """Rising, what is told twice once."""
    found = np.sort(found)
    return found[np.diff(found, prepend=-1.0) > 2.0 ** (1 - DEPTH)]
