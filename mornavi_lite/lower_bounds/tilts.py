"""The nearest row that is worth something else: how much an episode tells about a row of an alternative. Chapter 12."""

from __future__ import annotations

import numpy as np

#: Steps of Newton's method at most, each within an interval that it narrows, and when it ends.
_STEPS, _SMALL = 60, 1e-14
#: A row that is worth this much less than its target is near enough.
_CLOSE = 1e-13


def nearest(
    p: np.ndarray, v: np.ndarray, target: np.ndarray, allowed: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The rows q with q . v >= target that are nearest to rows p (R, S) in KL(p | q), for values v (R, S).

    Returns KL (R,), infinite where no row within ``allowed`` is worth that much, the multipliers dKL / dtarget (R,),
    and q (R, S). The dual is one concave function of one number: max over x of E_p log(1 - x (v - y) / (top - y)).
    """
    information, slope, found = np.zeros(len(p)), np.zeros(len(p)), p.copy()
    above = np.where(allowed, v, -np.inf)
    top = above.argmax(axis=1)
    room = above[np.arange(len(p)), top] - target
    short = (p * v).sum(axis=1) < target - _CLOSE
    impossible = short & (room <= 0)
    information[impossible] = np.inf
    work = np.flatnonzero(short & ~impossible)
    if len(work) == 0:
        return information, slope, found
    rows, room, top = p[work], room[work], top[work]
    share = np.where(rows > 0, (v[work] - target[work, None]) / room[:, None], 0.0)  # at most 1

    low = _multipliers(rows, share)
    tilted = rows / (1 - low[:, None] * share)
    each = np.arange(len(work))
    tilted[each, top] = 0.0
    tilted[each, top] = np.maximum(1.0 - tilted.sum(axis=1), rows[each, top])  # never less: a trace is kept
    tilted /= tilted.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(rows > 0, rows * np.log(rows / tilted), 0.0)
    information[work], slope[work], found[work] = np.maximum(terms.sum(axis=1), 0.0), low / room, tilted
    return information, slope, found


def _multipliers(rows: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Where E_p log(1 - x share) is greatest, x in [0, 1]: the root of a rising function, times 1 - x for its pole."""
    low, high = np.zeros(len(rows)), np.full(len(rows), np.nextafter(1.0, 0.0))  # a trace at the top: not to its pole
    mass, x = rows * share, np.full(len(rows), 0.5)
    with np.errstate(divide="ignore", invalid="ignore"):
        all_the_way = np.where(mass != 0, mass / (1 - share), 0.0).sum(axis=1) <= 0  # nothing of p lies at the top
    for _ in range(_STEPS):
        kept = 1 - x[:, None] * share
        at = mass / kept
        excess = at.sum(axis=1)
        low, high = np.where(excess < 0, x, low), np.where(excess < 0, high, x)
        slope = (at * (share - 1) / kept).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = x - excess * (1 - x) / slope
        after = np.where((step > low) & (step < high), step, (low + high) / 2)
        after[all_the_way] = 1.0
        done = np.abs(after - x) <= _SMALL
        x = after
        if done.all():
            break
    return x


def nearest_robust(
    p: np.ndarray, v: np.ndarray, target: np.ndarray, allowed: np.ndarray, radius: np.ndarray, upwards: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The same for the worst case over a total variation ball of ``radius`` (R,) instead of the mean.

    ``upwards``: the worst case is to be at least ``target``, else at most. The worst case is the largest over levels c
    among the values of q . min(v, c) - radius (c - min v): upwards one level has to reach the target, downwards none
    may be above, of which the most demanding one is kept. Returns KL, its derivative by the target, q, and the worst
    row (R, S), by which KL changes with v.
    """
    if not radius.any():
        if upwards:
            found = nearest(p, v, target, allowed)
        else:
            cost, slope, row = nearest(p, -v, -target, allowed)
            found = cost, -slope, row
        return *found, found[2]
    n_rows, n_states = p.shape
    lowest = v.min(axis=1)
    levels = np.minimum(v[:, None, :], v[:, :, None])  # (R, level, S)
    wanted = target[:, None] + radius[:, None] * (v - lowest[:, None])
    sign = 1.0 if upwards else -1.0
    copies = np.broadcast_to(p[:, None], levels.shape).reshape(-1, n_states)
    within = np.broadcast_to(allowed[:, None], levels.shape).reshape(-1, n_states)
    cost, slope, row = nearest(copies, sign * levels.reshape(-1, n_states), sign * wanted.ravel(), within)
    cost = cost.reshape(n_rows, n_states)
    best = cost.argmin(axis=1) if upwards else cost.argmax(axis=1)
    each = np.arange(n_rows)
    cost, slope = cost[each, best], sign * slope.reshape(n_rows, n_states)[each, best]
    row = row.reshape(n_rows, n_states, n_states)[each, best]
    level = v[each, best]
    worst = np.where(v <= level[:, None], row, 0.0)
    worst[each, best] += 1.0 - worst.sum(axis=1) - radius
    worst[each, v.argmin(axis=1)] += radius
    return cost, slope, row, worst
