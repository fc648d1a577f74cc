"""What a user states about a game: what can follow what, which rows are one and the same, which state is the end.

Each statement only shrinks the confidence set and keeps the truth in it, if it is true. Counts refute what they can,
with a message that names the cell. Chapters 4 and 5 of the book.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import checks
from ..games import MarkovGame
from ..games.arrays import one_step
from .counts import MANY_NUMBERS, Counts
from .lists import beside, pooled, shared, stated_lists

#: Rewards may differ from the least of their range by rounding, by no more than this share of it.
_TOLERANCE = 1e-9


def support_mask(support: Any) -> np.ndarray | None:
    """What can follow what, as booleans (S, A, S) or (H, S, A, S), from any form in which it may be stated.

    Parameters
    ----------
    support : MarkovGame, array_like or None
        Booleans (S, A, S) or (H, S, A, S); integers (S, A, B) or (H, S, A, B) that list next states; or a game, of
        which it is read what has a positive probability.

    Returns
    -------
    numpy.ndarray or None
        Read-only. Where the booleans would be more than 2**23, next states (S, A, B) or (H, S, A, B) instead, with -1
        where a row has fewer.

    Raises
    ------
    ValueError, TypeError
        If it is not of such a form, or a row has no next state.

    Examples
    --------
    >>> from mornavi_lite.confidence import support_mask
    >>> support_mask([[[1, 1], [0, 1]], [[0, 0], [0, 0]]])[0].tolist()
    [[False, True], [True, True]]
    """
    if support is None:
        return None
    mask = _positive(support) if isinstance(support, MarkovGame) else _stated_mask(support)
    none = np.asarray(~(mask if mask.dtype == bool else mask >= 0).any(axis=-1))
    if none.any():
        raise ValueError(f"support{checks.place(checks.first_true(none))} must allow a next state, got none")
    mask.setflags(write=False)
    return mask


def _positive(game: MarkovGame) -> np.ndarray:
    if game.next_state is None:
        return np.asarray(game.transition > 0)
    if game.next_state[..., 0].size * game.n_states > MANY_NUMBERS:
        steps = slice(None) if len(one_step(game.probability, 0)) > 1 else 0
        return np.where(game.probability[steps] > 0, game.next_state[steps], -1)
    return as_mask(np.where(game.probability > 0, game.next_state, -1))


def as_mask(support: np.ndarray) -> np.ndarray:
    """What :func:`support_mask` returns, as booleans (S, A, S) or (H, S, A, S) in any case."""
    if support.dtype == bool:
        return support
    mask = np.zeros((*support.shape[:-1], support.shape[-3]), dtype=bool)
    *cells, _ = where = np.nonzero(support >= 0)
    mask[*cells, support[where]] = True
    return mask


def _stated_mask(support: Any) -> np.ndarray:
    array = checks.plain_array("support", support, "biuf", "integers")
    if array.ndim not in (3, 4):
        raise ValueError(f"support must have shape (S, A, S) or (H, S, A, S), got shape {array.shape}")
    n_states = array.shape[-3]
    if array.dtype == bool:
        checks.has_shape("support", array, (*array.shape[:-1], n_states), "(..., S, A, S)")
        return array.copy()
    listed = checks.integer_array("support", support)
    outside = (listed < 0) | (listed >= n_states)
    if outside.any():
        where = checks.first_true(outside)
        raise ValueError(f"support{checks.place(where)} must be from 0 to {n_states - 1}, got {int(listed[where])}")
    if listed[..., :1].size * n_states > MANY_NUMBERS:
        return listed.copy()
    return as_mask(listed)


def row_numbers(rows: Any) -> np.ndarray | str | None:
    """Which cells share a kernel: "stationary", or read-only integers (H, S, A), or None; else an error."""
    if rows is None or isinstance(rows, str):
        return None if rows is None else checks.one_of("rows", rows, ("stationary",))
    numbers = checks.integer_array("rows", rows).copy()
    if numbers.ndim != 3:
        raise ValueError(f'rows must be "stationary" or integers of shape (H, S, A), got shape {numbers.shape}')
    numbers.setflags(write=False)
    return numbers


class KnownRows:
    """Rows of a kernel as counts and statements leave them: pooled counts, what can follow, how many rows matter.

    Parameters
    ----------
    counts : Counts
        What was seen.
    support, rows, fail_state
        As :func:`support_mask` and :func:`row_numbers` return them; an index, or None.
    min_probability : float or None
        The smallest positive probability.
    starts : numpy.ndarray of bool, shape (S,), or None
        In which states episodes begin.

    Raises
    ------
    ValueError
        If the shapes are not those of the counts, the statements contradict each other, or the counts contradict them.

    Notes
    -----
    Chapter 4, :prf:ref:`stated-theorem`: why counts may be pooled. Rewards are not, nothing was said of them.

    *Which rows matter.* The number of rows is fixed before the data, and a row that no bound uses does not count: those
    of the last step where rewards do not depend on the next state; of the first step in states where no episode
    begins; of the fail state, whose value is known; of illegal joint actions; with one possible successor. Pooled rows
    count if any of their cells does.
    """

    def __init__(
        self,
        counts: Counts,
        support: np.ndarray | None = None,
        rows: np.ndarray | str | None = None,
        fail_state: int | None = None,
        min_probability: float | None = None,
        starts: np.ndarray | None = None,
    ) -> None:
        shape = counts.visits.shape
        self.counts, self._groups = counts, _groups(rows, shape)
        self.lists, self._seen = counts._lists, counts._transitions
        if self.lists is None:
            self.possible = self._possible(support, (*shape, shape[1]))
            self._refute_support(counts.transitions)
            if self._groups is not None:
                self._pool(*shape)
        else:
            self.possible = None
            self._list(support)
        self._refute_min_probability(min_probability)
        if starts is not None and self._groups is None and self._seen[0, ~starts].any():
            self._seen = self._seen.copy()  # what was sampled there has no bound, as its rows do not count
            self._seen[0, ~starts] = 0
        if fail_state is not None:
            _refute_fail_state(counts, fail_state, self.possible, self.lists)
        self.n_rows = self._count(fail_state, starts)

    def at(self, step: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Counts (S, A, S) of the rows of a step, with those of cells that share them; and what can follow.

        Where ``lists`` (H, S, A, K) is an array, both are beside its next states, of which those with -1 are none.
        """
        return self._seen[step], None if self.possible is None else self.possible[step]

    def _possible(self, support: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray | None:
        if support is None:
            return None
        support = as_mask(support)
        checks.has_shape("support", support, shape[-support.ndim :], "(S, A, S) or (H, S, A, S)")
        return np.broadcast_to(support, shape)

    def _refute_support(self, seen: np.ndarray, pooled: bool = False) -> None:
        """Raise at the first transition that the stated support excludes."""
        if self.possible is not None and ((seen > 0) & ~self.possible).any():
            h, s, a, then = where = checks.first_true((seen > 0) & ~self.possible)
            _refuted(h, s, a, then, int(seen[where]), pooled)

    def _list(self, support: np.ndarray | None) -> None:
        """The same for counts beside lists of next states: with a support, these are what can follow."""
        seen, lists, groups = self._seen, self.lists, self._groups
        assert lists is not None
        can = None if support is None else stated_lists(support, self.counts.visits.shape)
        if can is not None:
            _refute_lists(can, lists, seen, False)
        if can is not None and groups is not None:
            can = shared(groups, can)[groups]
            if (can[..., 0] < 0).any():
                self._nothing_follows(checks.first_true(can[..., 0] < 0))
            _refute_lists(can, lists, seen, True)
        if groups is not None:
            every, totals = pooled(groups, lists, seen)
            lists, seen = every[groups], totals[groups]
        if can is not None:
            seen, lists, self.possible = beside(can, lists, seen)[0], can, can >= 0
        self.lists, self._seen = lists, seen

    @staticmethod
    def _nothing_follows(where: tuple[int, ...]) -> None:
        h, s, a = where
        raise ValueError(
            f"rows and support contradict each other: nothing can follow step {h}, state {s}, joint action {a} "
            "and all cells that share its row"
        )

    def _pool(self, horizon: int, n_states: int, n_joint: int) -> None:
        """Add the counts of cells that share a row, and intersect what can follow them."""
        assert self._groups is not None
        order = np.argsort(self._groups, axis=None, kind="stable")
        starts = np.flatnonzero(np.diff(self._groups.ravel()[order], prepend=-1))
        flat = (horizon * n_states * n_joint, n_states)
        total = np.add.reduceat(self.counts.transitions.reshape(flat)[order], starts, axis=0)
        self._seen = total[self._groups]
        if self.possible is not None:
            shared = np.logical_and.reduceat(self.possible.reshape(flat)[order], starts, axis=0)[self._groups]
            none = ~shared.any(axis=-1)
            if none.any():
                self._nothing_follows(checks.first_true(none))
            self.possible = shared
            self._refute_support(self.counts.transitions, pooled=True)

    def _refute_min_probability(self, least: float | None) -> None:
        if least is None:
            return
        found = (self._seen > 0).sum(axis=-1)
        wrong = found * least > 1 + 1e-9
        if wrong.any():
            h, s, a = where = checks.first_true(wrong)
            raise ValueError(
                f"min_probability={least} is contradicted: a row has {int(found[where])} next states, "
                f"at step {h}, state {s}, joint action {a}"
            )

    def _count(self, fail_state: int | None, starts: np.ndarray | None) -> int:
        """How many distinct rows any bound depends on."""
        matter = np.broadcast_to(self.counts.is_cell, self.counts.visits.shape).copy()
        if self.counts.rewards != "next_state":
            matter[-1] = False
        if starts is not None:
            matter[0, ~starts] = False
        if fail_state is not None:
            matter[:, fail_state] = False
        if self.possible is not None:
            matter &= self.possible.sum(axis=-1) > 1
        return max(1, int(matter.sum()) if self._groups is None else len(np.unique(self._groups[matter])))


def _refute_lists(can: np.ndarray, lists: np.ndarray, seen: np.ndarray, pooled: bool) -> None:
    """Raise at the first of the transitions ``seen`` beside lists that is not among those that can be."""
    wrong = beside(can, lists, seen)[1]
    if wrong is not None:
        h, s, a, _ = wrong
        _refuted(h, s, a, int(lists[wrong]), int(seen[wrong]), pooled)


def _refuted(h: int, s: int, a: int, then: int, times: int, pooled: bool) -> None:
    which = "support, with what is stated of cells that share a row," if pooled else "support"
    raise ValueError(
        f"{which} is contradicted: at step {h}, state {s}, joint action {a}, state {then} followed {times} times"
    )


def pooled_visits(rows: np.ndarray | str | None, visits: np.ndarray) -> np.ndarray:
    """Visits (n,) of each distinct row, and then for each cell whether it was visited: a reward is seen there."""
    groups = _groups(rows, visits.shape)
    if groups is None:
        return visits.ravel()
    total = np.zeros(int(groups.max()) + 1, dtype=visits.dtype)
    np.add.at(total, groups.ravel(), visits.ravel())
    return np.concatenate([total, np.minimum(visits, 1).ravel()])


def _groups(rows: np.ndarray | str | None, shape: tuple[int, ...]) -> np.ndarray | None:
    """Rows (H, S, A) numbered from 0 without gaps; None where each cell has its own."""
    if rows is None:
        return None
    if isinstance(rows, str):
        return np.broadcast_to(np.arange(shape[1] * shape[2]).reshape(1, *shape[1:]), shape)
    checks.has_shape("rows", rows, shape, "(H, S, A)")
    return np.unique(rows, return_inverse=True)[1].reshape(shape)


def _refute_fail_state(counts: Counts, fail_state: int, possible: np.ndarray | None, lists: np.ndarray | None) -> None:
    """Raise unless the state absorbs and pays the least, as far as was seen, and the support allows that."""
    said = f"fail_state={fail_state} is contradicted"
    if fail_state >= counts.n_states:
        raise ValueError(f"fail_state must be below n_states, {counts.n_states}, got {fail_state}")
    if possible is not None:
        here = possible[:, fail_state]
        stays = here[..., fail_state] if lists is None else (lists[:, fail_state] == fail_state).any(axis=-1)
        if not stays.all():
            h, a = checks.first_true(~stays)
            raise ValueError(f"{said} by support: at step {h}, joint action {a}, it cannot stay there")
    seen = counts._transitions[:, fail_state]
    states = np.arange(counts.n_states) if counts._lists is None else counts._lists[:, fail_state]
    left = (seen > 0) & (states != fail_state)
    if left.any():
        h, a, _ = where = checks.first_true(left)
        then = int(np.broadcast_to(states, left.shape)[where])
        raise ValueError(f"{said}: at step {h}, joint action {a} led from it to state {then}")
    low, high = np.moveaxis(counts.step_ranges, -1, 0)[..., None]
    more = low + _TOLERANCE * (high - low)
    if counts.rewards == "next_state":
        landed, times = _into(counts, fail_state)
        wrong = (times > 0) & (landed > more[..., None])
        if wrong.any():
            i, h, s, a = where = checks.first_true(wrong)
            raise ValueError(
                f"{said}: at step {h}, state {s}, joint action {a}, the way into it pays player {i} "
                f"{float(landed[where]):g}, more than {float(low[i, h, 0]):g}"
            )
        return
    paid = counts.reward[:, :, fail_state]
    wrong = (counts.visits[:, fail_state] > 0) & (paid > more)
    if wrong.any():
        i, h, a = where = checks.first_true(wrong)
        raise ValueError(
            f"{said}: at step {h}, joint action {a} pays player {i} there {float(paid[where]):g}, "
            f"more than {float(low[i, h, 0]):g}"
        )


def _into(counts: Counts, state: int) -> tuple[np.ndarray, np.ndarray]:
    """Rewards (m, H, S, A) of the transitions into a state, and how often each was seen (H, S, A)."""
    if counts._lists is None:
        return counts.reward[..., state], counts.transitions[..., state]
    place = (counts._lists == state).argmax(axis=-1)[..., None]
    found = np.take_along_axis(counts._lists, place, -1)[..., 0] == state
    times = np.take_along_axis(counts._transitions, place, -1)[..., 0] * found
    return np.take_along_axis(counts._rewards.values, place[None], -1)[..., 0], times
