"""What counts allow: confidence sets with their most optimistic and most pessimistic model, and bonuses.

A learner has counts, not the kernel. Two ways lead from counts to values that are too high, or too low, with high
probability. A *confidence set* holds every kernel that the counts do not exclude; two kernels that bound all of them,
from above and from below, are explicit (``ConfidenceSet``). A *bonus* is added to the value that the observed
frequencies give (``bonus``). The first is proven here with every constant; the second has the shape of the paper's,
with constants of our own.

**Files.** ``counts`` has what was seen, with ``rewards`` of three kinds, ``cells`` for where an observation belongs,
``lists`` for what is kept of many states, and ``stored`` for files; ``sets`` the confidence sets, ``raised`` their
arithmetic, ``tails`` the inequalities that they are made of, ``bonuses`` the bonuses. ``row_martingale`` has the bet on
a whole row at once, ``kl_ball`` the highest mean that it leaves, ``means`` the same for the mean of random rewards,
``stated`` what a user states about the game.
Definitions, proofs and measurements: chapter 4 of the book.
"""

from __future__ import annotations

from .bonuses import BONUS_CONSTANTS, bonus, bonus_unchecked, log_term_at
from .counts import Counts
from .kl_ball import highest_mean
from .means import highest_average
from .row_martingale import row_cost
from .sets import FORMS, TAILS, ConfidenceSet, by_rows
from .stated import KnownRows, pooled_visits, row_numbers, support_mask
from .tails import bernstein, chernoff, hoeffding

__all__ = [
    "BONUS_CONSTANTS",
    "FORMS",
    "TAILS",
    "ConfidenceSet",
    "Counts",
    "KnownRows",
    "bernstein",
    "bonus",
    "bonus_unchecked",
    "by_rows",
    "chernoff",
    "highest_average",
    "highest_mean",
    "hoeffding",
    "log_term_at",
    "pooled_visits",
    "row_cost",
    "row_numbers",
    "support_mask",
]
