"""The arithmetic of confidence sets: tails raised to their bounds, the kernels with those tails, the highest means.

Rows of counts come as (..., S), and may come with a mask of the states that can follow. Nothing is checked. Formulas
and proofs: chapter 4 of the book.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

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
    kernel = np.empty(keys.shape)
    for piece in pieces(seen, n):
        order = np.argsort(keys[:, piece], axis=-1, kind="stable")
        falling, within, sizes = (
            None if each is None else np.take_along_axis(np.broadcast_to(each, order.shape), order, -1)
            for each in (seen[piece], None if can is None else can[piece], None if places is None else keys[:, piece])
        )
        assert falling is not None
        tails = np.ones(order.shape)
        tails[..., :-1] = _raised_tails(of, falling, None if spent is None else spent[piece], within, sizes)
        tails[..., 1:] -= tails[..., :-1].copy()
        np.put_along_axis(kernel[:, piece], order, tails, axis=-1)
    return kernel.reshape(wide)


def whole_ball_means(
    of: ConfidenceSet, rows: np.ndarray, value: np.ndarray, possible: np.ndarray | None, spent: np.ndarray
) -> np.ndarray:
    """Largest means (...) over {p : N KL(n / N || p) <= L}, ``spent``, for values (S,) or (..., S); "row" only."""
    best = value.max(axis=-1) if possible is None else np.where(possible, value, -np.inf).max(axis=-1)
    best = np.broadcast_to(best, rows.shape[:-1])
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
    above = np.cumsum(rows, axis=-1)
    visits, above = above[..., -1:], above[..., :-1]
    seen_above = np.cumsum(rows > 0, axis=-1)
    seen_below: np.ndarray = seen_above[..., -1:] - seen_above[..., :-1]
    if spent is not None:
        tails = bound_by_row(of, above, visits, spent)
    elif can is None:
        # The j best states, or with them all states never seen: seen as often, and the bound of either holds.
        costs = of.costs[seen_below]
        if of.form == "events":
            costs = np.minimum(of.costs[1:-1] if places is None else of.costs[places[..., :-1]], costs)
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
    return np.minimum.accumulate(tails[..., ::-1], axis=-1)[..., ::-1]


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
        mixed = np.where((seen > 0) & (seen < visits), 0.5 * np.log(times), 0.0)
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
