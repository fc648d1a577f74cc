"""Worst cases where each row has values of its own: rewards that depend on the next state, and sparse rows.

``rows`` and ``x`` are (R, S). Short rows are worked on in columns (column-major arrays), one operation for all rows at
a time: a loop over the last axis costs more to start than it does. Formulas: chapter 2 of the book.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .worst_case import LEVELS_UP_TO, Radius, expectation, of_rows, pieces

if TYPE_CHECKING:
    from .base import UncertaintySet

#: Up to this many states rows lie in columns (benchmarks/bench_backups.py).
COLUMNS_UP_TO = 100
#: Pieces of them are longer by this factor: what is done for each piece costs as much as many short rows.
SHORT_TOGETHER = 2
#: Up to this many states a value and the number of its state are sorted as one number.
PACK_UP_TO = 2**10
#: Outside of these, a range or one over it would overflow: values are made smaller first, and divided.
RANGE_UP_TO, RANGE_DOWN_TO = 1e300, 1e-290


def scaled_rows(v: np.ndarray, floor: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lowest value (R,), half the range (R,), and each row of ``v`` (R, S) scaled to [0, 1] by its own range.

    ``floor`` (R,) lowers the lowest value.
    """
    v = np.array(v, order="F" if v.shape[1] <= COLUMNS_UP_TO else "C")
    low, high = v.min(axis=1), v.max(axis=1)
    if floor is not None:
        low = np.minimum(low, floor)
    half = high * 0.5 - low * 0.5
    if len(half) and RANGE_DOWN_TO <= half.min() and half.max() <= RANGE_UP_TO:
        v -= low[:, None]
        v *= (0.5 / half)[:, None]
        return low, half, v
    by = np.where(half > RANGE_UP_TO, 2.0**-10, 1.0)
    x = v * by[:, None]
    x -= (low * by)[:, None]
    x /= np.where(half > 0, high * by - low * by, 1.0)[:, None]
    x[half == 0] = 0.0
    return low, half, x


def tv_worst_each(rows: np.ndarray, x: np.ndarray, radius: Radius) -> np.ndarray:
    """Lowest expectation (R,) in a TV ball with support shift down to the value 0."""
    return (_tv_levels if x.shape[1] <= LEVELS_UP_TO else _tv_sorted)(rows, x, radius)


def _tv_levels(rows: np.ndarray, x: np.ndarray, radius: Radius) -> np.ndarray:
    """The dual, max over levels of E min(x, level) - radius level: concave with its kinks at the row's own values."""
    p, columns = np.ascontiguousarray(rows.T), np.ascontiguousarray(x.T)
    best, capped = np.zeros(len(rows)), np.empty_like(columns)
    for level in columns:
        np.minimum(columns, level, out=capped)
        capped *= p
        mean = capped.sum(axis=0)
        mean -= radius * level
        np.maximum(best, mean, out=best)
    return best


def _tv_sorted(rows: np.ndarray, x: np.ndarray, radius: Radius) -> np.ndarray:
    """The mean less what the moved mass was worth: mass leaves the highest values first."""
    n_states = x.shape[1]
    x = np.ascontiguousarray(x)
    mean = np.einsum("rs,rs->r", rows, x)
    falling, start = _falling(x), np.arange(0, x.size, n_states)[:, None]
    depth = min(n_states, int(1.5 * np.max(radius) * n_states) + 8)
    while True:
        top = falling[:, :depth] + start
        mass = rows.take(top)
        left = np.expand_dims(radius, -1) - (np.cumsum(mass, axis=1) - mass)
        if depth == n_states or (left[:, -1] <= mass[:, -1]).all():
            break
        depth = min(n_states, 2 * depth)
    np.minimum(np.maximum(left, 0.0, out=left), mass, out=left)
    return np.maximum(mean - np.einsum("rd,rd->r", left, x.take(top)), 0.0)


def _falling(x: np.ndarray) -> np.ndarray:
    """The states of each row from the highest value down.

    One sort of plain numbers brings the states along: the last bits of 1 + x give way to the state's number. States
    change places only where values differ by less than 2^-52 S, which is what it can cost; and since no two numbers
    tie, every way of sorting gives the same.
    """
    n_states = x.shape[1]
    if n_states > PACK_UP_TO:
        return np.argsort(-x, axis=1, kind="stable")
    last_bits = np.int64((1 << (n_states - 1).bit_length()) - 1)
    keys = (2.0 - x).view(np.int64)
    keys &= ~last_bits
    keys |= np.arange(n_states)
    keys.sort(axis=1)
    keys &= last_bits
    return keys.astype(np.intp, copy=False)  # 32 bits in a browser


def scaled(v: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Lowest value, half the range, and ``v`` (S,) scaled to [0, 1]; halves, because a range may overflow."""
    low = float(v.min())
    half = float(v.max()) / 2 - low / 2
    return low, half, (v / 2 - low / 2) / half if half > 0 else np.zeros_like(v)


def worst_cases(ball: UncertaintySet, p: np.ndarray, v: np.ndarray, floor: Any = None) -> np.ndarray:
    """What ``UncertaintySet.worst_case_unchecked`` returns where rows differ in values, floor or radius."""
    lead, rows, values, floor, radius = _flattened(ball.radius, p, v, floor)
    worst, which = np.empty(len(rows)), _positive(radius, len(rows))
    if not isinstance(which, slice):
        worst[:] = _broadcast(expectation(p, v), lead).reshape(-1)
        rows, values, radius = rows[which], of_rows(values, which, 1), of_rows(radius, which, 0)
        floor = None if floor is None else floor[which]
    worst[which] = (_shared if values.ndim == 1 else _own)(ball, rows, values, floor, radius)
    return worst.reshape(lead)[()]


def worst_cases_of(
    balls: Sequence[UncertaintySet], rows: np.ndarray, values: np.ndarray, floor: np.ndarray | None = None
) -> np.ndarray:
    """Worst cases (G, ...) of several sets, those of equal sets together where that is quicker. Nothing is checked.

    ``rows`` (G, ..., S), ``values`` (G, S) or (G, ..., S) and ``floor`` (G,), (G, ...) or None are what
    ``UncertaintySet.worst_case_unchecked`` takes for each of them.
    """
    worst, left = np.empty(rows.shape[:-1]), [*range(len(balls))]
    while left:
        ball = balls[left[0]]
        some = [g for g in left if balls[g] is ball or balls[g] == ball]
        left = [g for g in left if g not in some]
        if len(some) * rows[0].size <= ball.together_up_to and len(some) > 1 and np.any(ball.radius):
            own, low = (None if x is None else _with_axes(x[some], rows.ndim - n) for n, x in ((0, values), (1, floor)))
            worst[some] = ball.worst_case_unchecked(rows[some], own, low)
        else:
            for g in some:
                worst[g] = ball.worst_case_unchecked(rows[g], values[g], None if floor is None else floor[g])
    return worst


def _with_axes(array: np.ndarray, n: int) -> np.ndarray:
    """With axes of length 1 after the first one, so that there are ``n``."""
    return array.reshape(len(array), *(1,) * (n - array.ndim), *array.shape[1:])


def _shared(ball: UncertaintySet, rows: np.ndarray, v: np.ndarray, _: None, radius: Radius) -> np.ndarray:
    """Worst cases (R,) for one vector of values (S,); the same bytes as for radii that are one number."""
    low, half, x = scaled(v)
    if half == 0:
        return np.full(len(rows), low)
    if ball.row_values:
        worst = ball.with_radius(radius)._worst(rows, x)
    else:
        worst = _call(ball, "_worst", rows, np.broadcast_to(x, rows.shape), radius)
    return low + worst * half + worst * half


def _own(ball: UncertaintySet, rows: np.ndarray, v: np.ndarray, floor: Any, radius: Radius) -> np.ndarray:
    """Worst cases (R,) for values (R, S) and floors (R,) or None."""
    worst = np.zeros(len(rows))
    if floor is not None and not ball.row_values:  # one state more, which no row reaches
        v = np.column_stack([v, np.minimum(floor, v.min(axis=1))])
        rows, floor = np.column_stack([rows, worst]), None
    short = rows.shape[1] <= COLUMNS_UP_TO
    for piece in pieces(rows, 1 / SHORT_TOGETHER if short else 1):
        low, half, x = scaled_rows(v[piece], None if floor is None else floor[piece])
        these = np.asfortranarray(rows[piece]) if short else rows[piece]
        half *= _call(ball, "_worst", these, x, of_rows(radius, piece, 0))
        worst[piece] = low + half + half
    return worst


def worst_kernels(ball: UncertaintySet, p: np.ndarray, v: np.ndarray) -> np.ndarray:
    """What ``UncertaintySet.worst_kernel`` returns where rows differ in values or radius, shape (..., S)."""
    lead, rows, values, _, radius = _flattened(ball.radius, p, v, None)
    kernels, values = rows.copy(), _broadcast(values, rows.shape)
    for piece in pieces(rows):
        _, half, x = scaled_rows(values[piece])
        here = of_rows(radius, piece, 0)
        which = np.flatnonzero((half > 0) & (here > 0))
        part = _call(ball, "_kernel", rows[piece][which], np.ascontiguousarray(x)[which], of_rows(here, which, 0))
        kernels[piece][which] = part
    return kernels.reshape(*lead, p.shape[-1])


def _call(ball: UncertaintySet, method: str, rows: np.ndarray, x: np.ndarray, radius: Radius) -> np.ndarray:
    """``_worst`` or ``_kernel`` of the set; one that knows one vector and one radius is called for each group."""
    if ball.row_values:
        return getattr(ball if np.ndim(radius) == 0 else ball.with_radius(radius), method)(rows, x)
    answer = np.zeros(len(rows)) if method == "_worst" else rows.copy()
    keys = np.column_stack([x, np.broadcast_to(radius, len(x))])
    _, group = np.unique(keys, axis=0, return_inverse=True)
    for i in range(group.max(initial=-1) + 1):
        members = np.flatnonzero(group.reshape(-1) == i)
        key = keys[members[0]]
        if key[:-1].max() > 0:  # else the values are all the same
            one = ball if np.ndim(radius) == 0 else ball.with_radius(float(key[-1]))
            answer[members] = getattr(one, method)(rows[members], key[:-1])
    return answer


def _positive(radius: Radius, n: int) -> slice | np.ndarray:
    """The rows to work on: those whose radius is not 0."""
    if n == 0 or (radius.min() if isinstance(radius, np.ndarray) else radius) > 0:
        return slice(None)
    return np.flatnonzero(np.broadcast_to(radius, n))


def _flattened(radius: Radius, p: np.ndarray, v: np.ndarray, floor: Any) -> tuple[tuple[int, ...], Any, Any, Any, Any]:
    """Leading axes, and the arguments with those axes as one; values (S,), a number and None stay as they are."""
    lead, n = p.shape[:-1], p.shape[-1]
    if v.ndim > 1 or np.ndim(floor) > 0:
        try:
            lead = np.broadcast_shapes(lead, v.shape[:-1], np.shape(floor))
        except ValueError:
            raise ValueError(f"leading axes of p and v must broadcast, got shapes {p.shape} and {v.shape}") from None
    rows = _broadcast(p, (*lead, n)).reshape(-1, n)
    if v.ndim > 1 or floor is not None:
        v = _broadcast(v, (*lead, n)).reshape(-1, n)
    if floor is not None:
        floor = _broadcast(np.asarray(floor, dtype=np.float64), lead).reshape(-1)
    if isinstance(radius, np.ndarray):
        try:
            radius = _broadcast(radius, lead).reshape(-1)
        except ValueError:
            message = f"radius must broadcast to the leading axes of p, got shapes {radius.shape} and {p.shape}"
            raise ValueError(message) from None
    return lead, rows, v, floor, radius


def _broadcast(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """``np.broadcast_to``, which takes as long as a small backup, only where it does something."""
    return array if array.shape == shape else np.broadcast_to(array, shape)
