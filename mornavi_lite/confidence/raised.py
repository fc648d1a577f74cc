"""The arithmetic of confidence sets: tails raised to their bounds, the kernels with those tails, the highest means.

Rows of counts come as (..., S), and may come with a mask of the states that can follow. Nothing is checked. Formulas
and proofs: chapter 4 of the book.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..uncertainty.each_row import COLUMNS_UP_TO
from ..uncertainty.worst_case import pieces
from . import tails as inequalities
from .bonuses import log_term_at
from .kl_ball import highest_mean
from .row_martingale import row_cost
from .tails import event_costs_within

if TYPE_CHECKING:
    from .sets import ConfidenceSet


def budget(of: ConfidenceSet, rows: np.ndarray, possible: np.ndarray | None) -> np.ndarray | None:
    """L (...) of each row for "row": the cost of the row, and of the union over rows. None for the other forms."""
    if of.form != "row":
        return None
    sizes = None if possible is None else possible.sum(axis=-1)
    return row_cost(rows, sizes, of.n_states) + math.log(of.n_rows / of.delta)


def kernels(of: ConfidenceSet, rows: np.ndarray, values: np.ndarray, possible: np.ndarray | None) -> np.ndarray:
    """Optimistic kernels (G, R, S) of rows (R, S) for value vectors (G, S)."""
    spent = budget(of, rows, possible)
    order = np.argsort(-values, axis=1, kind="stable")
    rank = np.argsort(order, axis=1)
    kernel = np.empty((len(values), *rows.shape))
    for piece in pieces(rows, len(values)):
        tails = np.ones((len(rows[piece]), *values.shape))
        falling = rows[piece].take(order, axis=1)
        within = None if possible is None else possible[piece].take(order, axis=1)
        tails[..., :-1] = _raised_tails(of, falling, None if spent is None else spent[piece, None, None], within)
        tails[..., 1:] -= tails[..., :-1].copy()
        for g in range(len(values)):
            kernel[g, piece] = tails[:, g].take(rank[g], axis=1)
    return kernel


def kernels_by_row(
    of: ConfidenceSet,
    rows: np.ndarray,
    values: np.ndarray,
    possible: np.ndarray | None,
    places: np.ndarray | None = None,
) -> np.ndarray:
    """Optimistic kernels (G, ..., S) for values (G, ..., S) of which each row has its own order.

    Of rows beside lists of states there are K values, with the ``places`` of these states in the order of all, from 1.
    The bound of the j best states depends on how often they were seen, and for "events" on the smallest of j, S - j
    and the number of states seen below, of which there are at most S - j. So it stays the same from one listed state
    to the next, and a state that is not listed has no mass, if the lists have what was seen, the best state, and for
    "events" as many of the best states as any row has seen.
    """
    spent, (n, k), wide = budget(of, rows, possible), (len(values), values.shape[-1]), values.shape
    spent = None if spent is None else np.broadcast_to(spent, wide[1:-1]).reshape(-1, 1)
    seen, can = (None if each is None else np.broadcast_to(each, wide[1:]).reshape(-1, k) for each in (rows, possible))
    assert seen is not None
    keys = (-values if places is None else np.broadcast_to(places, wide)).reshape(n, -1, k)
    kernel = np.empty((n, k, len(seen)))
    for piece in pieces(seen, n):
        column, sizes = in_columns(keys[:, piece], places is not None)
        row, tails = np.arange(len(seen))[piece], np.moveaxis(np.ones(column.shape), 0, -1)
        where = column + k * row
        falling, within = (None if each is None else np.moveaxis(each.take(where), 0, -1) for each in (seen, can))
        assert falling is not None
        tails[..., :-1] = _raised_tails(of, falling, None if spent is None else spent[piece], within, sizes)
        for j in range(k - 1, 0, -1):
            tails[..., j] -= tails[..., j - 1]
        column += k * np.arange(n)[:, None]
        column *= len(seen)
        column += row
        kernel.reshape(-1)[column] = np.moveaxis(tails, -1, 0)
    return np.moveaxis(kernel, 1, -1).reshape(wide)


def in_columns(keys: np.ndarray, whole: bool) -> tuple[np.ndarray, np.ndarray | None]:
    """Which entries (K, G, R) of keys (G, R, K) rise along each row, first ones first; and ``whole`` keys, sorted.

    In columns, one operation for all rows at a time: a loop over the last axis costs more to start than it does. Whole
    keys are sorted with the number of each entry in their last bits, which is quicker than to ask for an order.
    """
    if not whole:
        return np.ascontiguousarray(np.moveaxis(np.argsort(keys, axis=-1, kind="stable"), -1, 0)), None
    packed, bits = np.array(keys, dtype=np.int64, order="C"), keys.shape[-1].bit_length()
    packed <<= bits
    packed |= np.arange(keys.shape[-1])
    packed.sort(axis=-1)
    packed = np.ascontiguousarray(np.moveaxis(packed, -1, 0))
    packed, column = packed >> bits, (packed & (2**bits - 1)).astype(np.intp)
    return column, np.moveaxis(packed, 0, -1).astype(np.intp, copy=False)


def whole_ball_means(
    of: ConfidenceSet, rows: np.ndarray, value: np.ndarray, possible: np.ndarray | None, spent: np.ndarray
) -> np.ndarray:
    """Largest means (...) over {p : N KL(n / N || p) <= L}, ``spent``, for values (..., S); "row" only."""
    best = value.max(axis=-1) if possible is None else np.where(possible, value, -np.inf).max(axis=-1)
    best = np.broadcast_to(best, np.broadcast_shapes(rows.shape, value.shape)[:-1])
    raised = highest_mean(rows, spent, value, best)
    if of.scale == 1:
        return raised
    visits = rows.sum(axis=-1)
    mean = (rows * value).sum(axis=-1) / np.maximum(visits, 1)
    return np.where(visits > 0, np.minimum(mean + of.scale * (raised - mean), best), best)


def _raised_tails(
    of: ConfidenceSet,
    rows: np.ndarray,
    spent: np.ndarray | None,
    can: np.ndarray | None,
    places: np.ndarray | None = None,
) -> np.ndarray:
    """Bounds (..., S - 1) of the j best states for each j, from counts (..., S) sorted from the best downwards."""
    above = running(np.add, rows)
    visits, above = above[..., -1:], above[..., :-1]
    if spent is None or of.min_probability is not None:
        seen_above = running(np.add, (rows > 0).astype(np.intp))
        seen_below: np.ndarray = seen_above[..., -1:] - seen_above[..., :-1]
    if spent is not None:
        tails = bound_by_row(of, above, visits, spent)
    elif can is None:
        # The j best states, or with them all states never seen: seen as often, and the bound of either holds.
        costs = of.costs.take(seen_below)
        if of.form == "events" and (places is not None or rows.shape[-1] == of.n_states):
            costs = np.minimum(of.costs[1:-1] if places is None else of.costs.take(places[..., :-1]), costs)
        tails = bound_by_event(of, above, visits, costs)
    else:
        size, sizes = np.cumsum(can, axis=-1)[..., :-1], can.sum(axis=-1, keepdims=True)
        costs = np.minimum(event_costs_within(sizes, size), event_costs_within(sizes, seen_below))
        tails = bound_by_event(of, above, visits, costs, sizes)
    if of.min_probability is not None:
        most = int(seen_above[..., -1].max())
        if most * of.min_probability > 1 + 1e-9:
            raise ValueError(f"min_probability={of.min_probability} is contradicted: a row has {most} next states")
        tails[(above == 0) & (tails < of.min_probability)] = 0.0
        np.minimum(tails, np.maximum(1 - of.min_probability * seen_below, 0.0), out=tails)
    if can is not None:
        below = can[..., ::-1].cumsum(axis=-1)[..., -2::-1]
        tails = np.where(np.cumsum(can, axis=-1)[..., :-1] == 0, 0.0, np.where(below == 0, 1.0, tails))
    return running(np.minimum, tails[..., ::-1])[..., ::-1]


def running(of: np.ufunc, array: np.ndarray) -> np.ndarray:
    """Running sums, or minima, along the last axis; where that is short and in columns, one column at a time."""
    if array.shape[-1] > COLUMNS_UP_TO or array.flags.c_contiguous or not array.size:
        return np.asarray(of.accumulate(array, axis=-1))
    so_far = np.copy(array, order="K")
    for j in range(1, array.shape[-1]):
        of(so_far[..., j - 1], so_far[..., j], out=so_far[..., j])
    return so_far


def bound_by_row(of: ConfidenceSet, seen: np.ndarray, visits: np.ndarray, spent: np.ndarray) -> np.ndarray:
    """Bounds of events that were ``seen`` so often, with the budget of their row."""
    return _scaled(of, seen, visits, inequalities.chernoff_unchecked(seen / np.maximum(visits, 1), visits, spent))


def bound_by_event(
    of: ConfidenceSet, seen: np.ndarray, visits: np.ndarray, costs: np.ndarray, sizes: np.ndarray | None = None
) -> np.ndarray:
    """Bounds of events that were ``seen`` so often; ``costs`` are what a union over all events pays for each."""
    times = np.maximum(visits, 1)
    frequency = seen / times
    if of.form == "events":
        mixed = ((seen > 0) & (seen < visits)) * (0.5 * np.log(times))
        log_term = math.log(4 * of.n_rows / of.delta) + costs + mixed
        raised = inequalities.chernoff_unchecked(frequency, visits, log_term)
    else:
        log_term = (of.n_states if sizes is None else sizes) * math.log(2) + log_term_at(visits, of.n_rows, of.delta)
        inequality = getattr(inequalities, f"{of.tail}_unchecked")
        raised = np.where(visits > 0, inequality(frequency, visits, log_term), 1.0)
    return _scaled(of, seen, visits, raised)


def _scaled(of: ConfidenceSet, seen: np.ndarray, visits: np.ndarray, raised: np.ndarray) -> np.ndarray:
    """Bounds at ``scale`` times their distance from the frequency."""
    if of.scale == 1:
        return raised
    frequency = seen / np.maximum(visits, 1)
    scaled = np.minimum(frequency + of.scale * (raised - frequency), 1.0)
    return np.where(visits > 0, scaled, 1.0)  # where nothing was observed there is no distance to scale
