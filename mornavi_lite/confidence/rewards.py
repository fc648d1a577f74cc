"""What was seen of rewards, for each of three kinds, and between which bounds that leaves them. Chapter 4 of the book.

``"deterministic"``: r(s, a), known from the first visit on. ``"next_state"``: r(s, a, s'), known once s' has followed.
``"random"``: draws within the range, of which the mean depends on (s, a); known up to a confidence interval.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

from .. import checks
from .means import highest_average

Cells: TypeAlias = tuple[Any, ...] | None
KINDS = ("deterministic", "next_state", "random")
#: Two observations of one reward may differ by rounding, by no more than this share of the range.
REWARD_TOLERANCE = 1e-9
#: What would hold instead, where a reward contradicts its kind.
_INSTEAD = {
    "deterministic": "; rewards='next_state' holds if the next state decides it, rewards='random' if it is drawn",
    "next_state": "; rewards='random' holds if it is drawn, with a mean that depends on state and joint action",
}


class SeenRewards:
    """Rewards (m, H, S, A), or (m, H, S, A, S) on the next state, as far as they were seen; no argument is checked."""

    def __init__(self, kind: str, ranges: np.ndarray, shape: tuple[int, ...]) -> None:
        self.kind, self.ranges = kind, ranges
        self.low, self.high = (ranges[..., k].reshape(*ranges.shape[:2], *(1,) * (len(shape) - 1)) for k in (0, 1))
        self.values = np.zeros((len(ranges), *shape))  # of "random" rewards the sums
        self.constant: np.ndarray | None = None
        if kind == "random":  # whether every draw was the lowest, or the highest, of the range
            self.constant = np.ones((2, *self.values.shape), dtype=bool)
        else:
            self.values[...] = self.low

    def check(
        self,
        reward: np.ndarray,
        played: np.ndarray,
        before: np.ndarray,
        cells: Cells = None,
        lists: np.ndarray | None = None,
    ) -> None:
        """Raise at the first reward of what was ``played`` that is outside its range, or not the one seen ``before``.

        ``played`` and ``before`` are counts, with the last axes of the rewards; with ``cells``, indices of these axes,
        all three are of these cells alone. ``lists`` are the next states of a last axis that does not count them.
        """
        low, high, values = (self._of(cells, each) for each in (self.low, self.high, self.values))
        scale = np.maximum(played, 1) if self.kind == "random" else 1
        slack = REWARD_TOLERANCE * (high - low) * scale if self.kind == "random" else 0.0
        with np.errstate(invalid="ignore", over="ignore"):
            outside = (played > 0) & ~((reward >= low * scale - slack) & (reward <= high * scale + slack))
            moved = np.zeros_like(outside)
            if self.kind != "random":
                near = REWARD_TOLERANCE * (high - low)
                moved = (played > 0) & (before > 0) & (np.abs(reward - values) > near)
        if outside.any():
            where = checks.first_true(outside)
            times = f" for each of {int(played[where[1:]])} visits" if self.kind == "random" else ""
            name, ends = self._named(where, cells, lists)
            raise ValueError(f"{name} must be in [{ends[0]:g}, {ends[1]:g}]{times}, got {float(reward[where])}")
        if moved.any():
            where = checks.first_true(moved)
            raise ValueError(
                f"{self._named(where, cells, lists)[0]} differs from the one seen before, {float(values[where])}, "
                f"got {float(reward[where])}{_INSTEAD[self.kind]}"
            )

    def _of(self, cells: Cells, each: np.ndarray) -> np.ndarray:
        """An array with the axes of the rewards, or what it has at some cells."""
        return each if cells is None else np.broadcast_to(each, self.values.shape)[:, *cells]

    def _named(self, where: tuple[int, ...], cells: Cells, lists: np.ndarray | None) -> tuple[str, np.ndarray]:
        """Which reward it is, in words, and its range."""
        where = where if cells is None else (where[0], *(int(each[where[1]]) for each in cells))
        i, h, s, a, *following = where
        if following and lists is not None:
            following = [lists[where[1:]]]
        then = f", next state {following[0]}" if following else ""
        return f"reward of player {i} at step {h}, state {s}, joint action {a}{then}", self.ranges[i, h]

    def record(self, reward: np.ndarray, cells: tuple[Any, ...], before: np.ndarray) -> None:
        """:meth:`add` for one visit of each of some cells, with rewards (m, n)."""
        if self.constant is None:
            new = before == 0
            self.values[:, *(each[new] for each in cells)] = reward[:, new]
            return
        self.values[:, *cells] += reward
        for end, flag in zip((self.low, self.high), self.constant, strict=True):
            flag[:, *cells] &= reward == self._of(cells, end)

    def add(self, reward: np.ndarray, played: np.ndarray, before: np.ndarray) -> None:
        """Keep what is new in ``reward``, or for "random" add it up."""
        if self.constant is None:
            new = (before == 0) & (played > 0)
            self.values[:, new] = reward[:, new]
            return
        paid = np.where(played > 0, reward, 0.0)
        self.values += paid
        for end, flag in zip((self.low, self.high), self.constant, strict=True):
            flag &= (played == 0) | ((played == 1) & (paid == end))

    def means(self, visits: np.ndarray) -> np.ndarray:
        """The rewards seen, of "random" ones their mean; the lowest of the range where nothing was seen."""
        if self.constant is None:
            return self.values
        high = np.where(visits > 0, self.high, self.low)
        # The last digits of a sum may lead out of the range.
        return np.clip(self.values / np.maximum(visits, 1), self.low, high)

    def bounds(self, step: int, seen: np.ndarray, delta: float, scale: float) -> tuple[np.ndarray, np.ndarray]:
        """Highest and lowest rewards of a step that what was seen allows; ``seen`` counts what tells them.

        Of "random" rewards all means are inside with probability 1 - ``delta``, at any time.
        """
        low, high = self.low[:, step], self.high[:, step]
        if self.constant is None:
            values = self.values[:, step]
            return np.where(seen > 0, values, high), np.where(seen > 0, values, low)
        width = np.where(high > low, high - low, 1.0)
        total = np.clip((self.values[:, step] - seen * low) / width, 0.0, seen)
        constant = np.asarray(self.constant[:, :, step].any(axis=0))
        cost = np.asarray(math.log(self.values.size / delta))
        share = total / np.maximum(seen, 1)
        top, rest = (highest_average(each, seen, cost, constant) for each in (total, seen - total))
        # The last digits of a sum of many draws are not known: round outwards.
        more = 1e-15 * (1 + np.sqrt(seen))
        top, bottom = (share + scale * (each - share) for each in (top + more, 1.0 - rest - more))
        top, bottom = np.where(seen > 0, np.minimum(top, 1.0), 1.0), np.where(seen > 0, np.maximum(bottom, 0.0), 0.0)
        return low + top * (high - low), low + bottom * (high - low)
