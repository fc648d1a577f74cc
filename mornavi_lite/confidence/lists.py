"""Counts beside lists of next states, (H, S, A, K) each: what many states leave of memory that way. Chapter 11.

K is the most next states of any row; a place that holds no state yet has the number -1, and a count of 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import checks

if TYPE_CHECKING:
    from .counts import Counts


def columns(counts: Counts, cells: tuple[np.ndarray, ...], then: np.ndarray) -> np.ndarray:
    """Where in the lists of cells (n,) the next states (n,) stand; those that are new get a place."""
    lists = counts._lists
    assert lists is not None
    same = lists[cells] == then[:, None]
    new = ~same.any(axis=1)
    if new.any():
        row = np.ravel_multi_index(cells, lists.shape[:3])
        lists = counts._lists = _longer(counts, lists, row[new], then[new])
        same = lists[cells] == then[:, None]
    return same.argmax(axis=1)


def _longer(counts: Counts, lists: np.ndarray, cell: np.ndarray, then: np.ndarray) -> np.ndarray:
    """The lists with places for next states that are new in their cells, and room for what is counted beside them."""
    cell, then = np.divmod(np.unique(cell * counts.n_states + then), counts.n_states)
    used = (lists.reshape(-1, lists.shape[-1])[cell] >= 0).sum(axis=1)
    place = used + np.arange(len(cell)) - np.searchsorted(cell, cell)
    more = max(0, int(place.max()) + 1 - lists.shape[-1])
    if more:
        lists = _wider(lists, more, -1)
        counts._transitions = _wider(counts._transitions, more, 0)
        seen = counts._rewards
        if seen.kind == "next_state":
            rest = np.broadcast_to(seen.low, (*seen.values.shape[:-1], more))
            seen.values = np.concatenate([seen.values, rest], axis=-1)
    elif not lists.flags.writeable:
        lists = lists.copy()
    lists.reshape(-1, lists.shape[-1])[cell, place] = then
    return lists


def _wider(array: np.ndarray, more: int, rest: int) -> np.ndarray:
    return np.concatenate([array, np.full((*array.shape[:-1], more), rest, dtype=array.dtype)], axis=-1)


def on_lists(counts: Counts, played: np.ndarray, reward: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts and rewards of what was played, dense or beside a game's next states, beside the lists of ``counts``."""
    where: tuple[Any, ...] = np.nonzero(played)
    *cells, then = where
    if counts._listed is not None:
        then = counts._listed[where]
    place: tuple[Any, ...] = (*cells, columns(counts, tuple(cells), then))
    laid = np.zeros(counts._transitions.shape, dtype=np.int64)
    np.add.at(laid, place, played[where])
    if counts.rewards != "next_state":
        return laid, reward
    paid = np.zeros(counts._rewards.values.shape)
    paid[(slice(None), *place)] = reward[(slice(None), *where)]
    return laid, paid


def summed(row: np.ndarray, state: np.ndarray, count: np.ndarray, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Lists (n_rows, K), rising, and counts beside them, of triples (n,) whose counts are added up."""
    width = int(state.max(initial=0)) + 1
    pairs, which = np.unique(row * width + state, return_inverse=True)
    row, state = np.divmod(pairs, width)
    place = np.arange(len(row)) - np.searchsorted(row, row)
    lists = np.full((n_rows, int(place.max(initial=0)) + 1), -1)
    totals = np.zeros(lists.shape, dtype=np.int64)
    lists[row, place] = state
    np.add.at(totals, (row[which], place[which]), count)
    return lists, totals


def stated_lists(support: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """What can follow, stated as booleans (..., S, A, S) or next states (..., S, A, B), as lists (H, S, A, K)."""
    wanted = (shape[1],) if support.dtype == bool else support.shape[-1:]
    checks.has_shape("support", support, (*shape, *wanted)[-support.ndim :], "(S, A, S) or (H, S, A, S)")
    n_rows = support[..., 0].size
    if support.dtype == bool:
        *cells, state = np.nonzero(support)
        row = np.ravel_multi_index(cells, support.shape[:-1])
    else:
        row, place = np.nonzero(support.reshape(n_rows, -1) >= 0)
        state = support.reshape(n_rows, -1)[row, place]
    lists = summed(row, state, np.ones_like(row), n_rows)[0]
    return np.broadcast_to(lists.reshape(*support.shape[:-1], -1), (*shape, lists.shape[-1]))


def pooled(groups: np.ndarray, lists: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lists and counts (groups, K) of rows numbered (H, S, A): those of all cells that share each."""
    where = np.nonzero(seen)
    return summed(groups[where[:-1]], lists[where], seen[where], int(groups.max()) + 1)


def shared(groups: np.ndarray, lists: np.ndarray) -> np.ndarray:
    """Lists (groups, K) of what every cell of a group can lead to, -1 alone where that is nothing."""
    first = lists.reshape(-1, lists.shape[-1])[np.unique(groups, return_index=True)[1]]
    if (first[groups] == lists).all():  # the same was said of all its cells, as it mostly is
        return first
    where = np.nonzero(lists >= 0)
    n_rows, row = int(groups.max()) + 1, groups[where[:-1]]
    every, told = summed(row, lists[where], np.ones_like(row), n_rows)
    row, place = np.nonzero(told == np.bincount(groups.ravel(), minlength=n_rows)[:, None])
    return summed(row, every[row, place], np.ones_like(row), n_rows)[0]


def beside(lists: np.ndarray, old: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, tuple[int, ...] | None]:
    """Counts ``seen`` (H, S, A, K) beside ``old`` lists, laid beside others; and the first that has no place there."""
    *cells, _ = where = np.nonzero(seen)
    same = lists[tuple(cells)] == old[where][:, None]
    wrong = np.flatnonzero(~same.any(axis=1))
    if len(wrong):
        return seen, tuple(int(each[wrong[0]]) for each in where)
    laid = np.zeros(lists.shape, dtype=np.int64)
    laid[*cells, same.argmax(axis=1)] = seen[where]
    return laid, None
