"""What the rows of a step may lead to: values beside counts, of all states or of those on lists. Chapter 11."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..confidence import ConfidenceSet, KnownRows
from ..games.arrays import MOST_BYTES, refuse_too_large
from ..games.sparse import gathered, laid_out, lowest_elsewhere, scattered


class Outcomes(NamedTuple):
    """Value vectors (G, S), or values (G, S, A, K) of listed states, beside counts (S, A, K) of the rows of a step.

    ``possible`` says which of the states can follow, where that is stated; ``places`` and ``floor`` are what
    ``ConfidenceSet.optimistic_unchecked`` and ``UncertaintySet.worst_case_unchecked`` take.
    """

    values: np.ndarray
    seen: np.ndarray
    possible: np.ndarray | None
    places: np.ndarray | None = None
    floor: np.ndarray | None = None


class Pays(NamedTuple):
    """Rewards (G, S, A, K) of a step beside the next states of the counts; what was not seen pays ``unseen`` (G,)."""

    listed: np.ndarray
    unseen: np.ndarray
    fail_state: int | None
    least: np.ndarray

    def on(self, lists: np.ndarray | None, pays: np.ndarray) -> np.ndarray:
        """``pays`` with the least reward on the way into the fail state."""
        if self.fail_state is None:
            return pays
        states = np.arange(pays.shape[-1]) if lists is None else lists
        return np.where(states == self.fail_state, self.least[:, None, None, None], pays)


def outcomes(
    rows: KnownRows, step: int, values: np.ndarray, signs: np.ndarray, model: ConfidenceSet | None, pays: Pays | None
) -> Outcomes:
    """What values (G, S) at the next step mean at a step: to be bounded from above where the sign (G,) is 1, or below.

    Lists do not serve bonuses, whose frequencies are uniform where nothing was seen, nor bounds of single events where
    so many states were seen of a row that lists are no gain, or each row has an order of its own: there, beyond 2 GiB,
    lists are taken all the same, and an event's bound does not profit from being of few states.
    """
    if rows.lists is None:
        seen, possible = rows.at(step)
        return Outcomes(values if pays is None else values[:, None, None] + pays.on(None, pays.listed), seen, possible)
    seen, possible = rows.at(step)
    most_seen = int((seen > 0).sum(axis=-1).max(initial=1))
    in_order = model is not None and model.form == "events" and possible is None
    size = len(values) * seen[..., 0].size * values.shape[1]
    if model is None or (in_order and (4 * most_seen > values.shape[1] if pays is None else 8 * size <= MOST_BYTES)):
        refuse_too_large("a step of the counts", size)
        return _of_all_states(rows, step, values, pays)
    if pays is not None:
        return _with_pays(rows, step, values, signs, pays)
    lists = rows.lists[step]
    order, floor = np.argsort(-signs[:, None] * values, axis=1, kind="stable"), values.min(axis=1)[:, None, None]
    falling, place = np.take_along_axis(values, order, axis=1), np.empty(order.shape, dtype=np.int32)
    number = np.tile(np.arange(1, order.shape[1] + 1, dtype=np.int32), (len(values), 1))
    if not in_order:  # one value has one place
        number[:, 1:][falling[:, 1:] == falling[:, :-1]] = 0
        number = np.maximum.accumulate(number, axis=1)
    np.put_along_axis(place, order, number, axis=1)
    columns = np.ascontiguousarray(np.moveaxis(lists, -1, 0), dtype=np.intp)
    best = order[:, : (most_seen if in_order else 1) if possible is None else 0]

    def beside(each: np.ndarray) -> np.ndarray:
        laid = np.empty((len(each), len(columns) + best.shape[1], *lists.shape[:2]), dtype=each.dtype)
        laid[:, : len(columns)] = each.take(columns, axis=1)
        laid[:, len(columns) :] = np.take_along_axis(each, best, axis=1)[..., None, None]
        return np.moveaxis(laid, 1, -1)

    return Outcomes(beside(values), _more(seen, best.shape[1]), possible, beside(place), floor)


def _more(seen: np.ndarray, n: int) -> np.ndarray:
    """Counts with so many listed states more, which were not seen."""
    return np.concatenate([seen, np.zeros((*seen.shape[:-1], n), dtype=seen.dtype)], axis=-1)


def _with_pays(rows: KnownRows, step: int, values: np.ndarray, signs: np.ndarray, pays: Pays) -> Outcomes:
    """The same where rewards depend on the next state: the best of those that are not listed is each row's own."""
    assert rows.lists is not None and rows.counts._lists is not None
    lists, (seen, possible), paid = rows.lists[step].copy(), rows.at(step), pays.listed
    lists[..., 1:][lists[..., 1:] == lists[..., :-1]] = -1  # what a shorter row of a game repeats was not seen there
    if rows.lists is not rows.counts._lists:
        unseen = pays.unseen.reshape(-1, 1, 1, 1, 1)
        paid = laid_out(paid[:, None], rows.counts._lists[None, step], lists[None], unseen)[:, 0]
    if pays.fail_state is not None:
        last = np.full((*lists.shape[:2], 1), pays.fail_state)
        lists, seen = np.concatenate([lists, last], axis=-1), _more(seen, 1)
        possible = None if possible is None else np.concatenate([possible, np.zeros(last.shape, dtype=bool)], axis=-1)
        paid = pays.on(lists, np.concatenate([paid, np.zeros((len(paid), *last.shape))], axis=-1))
    found = values[:, lists] + paid
    floor, rest = np.empty(found.shape[:3]), found[..., :1].copy()
    for g, (value, sign) in enumerate(zip(values, signs, strict=True)):
        floor[g] = lowest_elsewhere(value, lists)[1] + pays.unseen[g]
        if possible is None:
            state, far = lowest_elsewhere(-sign * value, lists)
            rest[g, ..., 0] = np.where(np.isfinite(far), value[state] + pays.unseen[g], rest[g, ..., 0])
    found = np.where(lists < 0, rest, found)
    if possible is None:
        found, seen = np.concatenate([found, rest], axis=-1), _more(seen, 1)
    return Outcomes(found, seen, possible, floor=floor)


def _of_all_states(rows: KnownRows, step: int, values: np.ndarray, pays: Pays | None) -> Outcomes:
    """The same by arrays (S, A, S), which are made for this step alone; nothing is stated of what can follow."""
    assert rows.lists is not None and rows.counts._lists is not None
    seen = gathered(rows.at(step)[0][None], rows.lists[None, step], values.shape[1])[0]
    if pays is None:
        return Outcomes(values, seen, None)
    own, told = rows.counts._lists[None, step], rows.counts._transitions[None, step] > 0
    every = scattered(pays.listed[:, None], own, told, values.shape[1], pays.unseen.reshape(-1, 1, 1, 1, 1))[:, 0]
    return Outcomes(values[:, None, None] + pays.on(None, every), seen, None)
