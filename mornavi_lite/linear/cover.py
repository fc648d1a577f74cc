"""How many events a bound has to hold for: few, since the learner's values are functions of few rounded numbers.

At step h the events are level sets of the values of step h + 1. Those are made, with policy and all, of the m d
numbers theta of that step, one for each factor and player, and of d more for a lower value. Rounded to a grid there are
finitely many, whatever the number of states, and the grid may become finer with time. Chapter 13 of the book.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

#: The level of the grid by which it is decided, once and for all, whether events or values are counted.
_DECIDED_AT = 10


@dataclass(frozen=True)
class Cover:
    """Which logarithm a union pays for at each step, and to which grid the numbers of a step are rounded.

    Parameters
    ----------
    sizes : tuple of int
        (H, S, m, d).
    level : int
        Level j of the grid: it has 2^j steps, and the union over levels pays log(j (j + 1)).
    by_rule : bool
        Whether policies are the learner's own, functions of the rounded numbers; else every event counts.
    """

    sizes: tuple[int, int, int, int]
    level: int
    by_rule: bool

    def log_values(self, step: int, level: int) -> float:
        """log of the number of level sets of all values that the next step can have: :eq:`cover-size`."""
        horizon, n_states, m, d = self.sizes
        sets = math.log(2 * m * max(1, n_states - 1))
        if step >= horizon - 2:  # nothing follows the next step: its values are known beforehand
            return sets
        return sets + (m + 1) * d * math.log(2**level + 1) + math.log(level * (level + 1))

    def of_values(self, step: int) -> bool:
        """Whether the values of the next step are counted, and not all events. Fixed before the data."""
        return self.by_rule and self.log_values(step, _DECIDED_AT) < self.log_events

    @property
    def log_events(self) -> float:
        """log of the number of events, an event and its complement counted once."""
        return max(self.sizes[1] - 1, 1) * math.log(2)

    def log_term(self, step: int) -> float:
        """What the union over events pays at a step."""
        return self.log_values(step, self.level) if self.of_values(step) else self.log_events

    def rounds(self, step: int) -> bool:
        """Whether the numbers of a step are rounded: the step before counts values, and these are not known."""
        return 0 < step < self.sizes[0] - 1 and self.of_values(step - 1)

    def rounded(self, numbers: np.ndarray, least: float, most: float, up: bool) -> np.ndarray:
        """Numbers within [least, most], rounded up or down to the grid."""
        if most <= least:
            return np.full_like(numbers, least)
        step = (most - least) / 2**self.level
        # What is on the grid up to the last digits stays there, on every processor.
        steps = np.ceil((numbers - least) / step - 1e-9) if up else np.floor((numbers - least) / step + 1e-9)
        return np.clip(least + step * steps, least, most)


def level_after(n_episodes: int) -> int:
    """The grid's level: its steps become finer like the bounds, with the root of the episodes."""
    return 1 + math.ceil(math.log2(n_episodes + 1) / 2)
