"""Planning in a known game: backward induction with robust values.

**Operator.** One backup of player i at step h takes next-step values to stage payoffs::

    Q_i(s, a) = r_i(s, a) + min over q in U_i(s, a) of q . V_i

Every function here is that backup, from the last step to the first, and differs in what it does with the stage
payoffs: average them under a policy (:func:`evaluate`), let one player deviate (:func:`best_response`), or put the
stage game's equilibrium (:func:`solve`). Rows of the kernel are chosen adversarially and separately for each player,
step, state and joint action, so the backward recursion gives the value against the worst kernel of the whole game.

**Guarantee.** ``Solution.gap`` is computed afterwards, from the policy alone: the largest amount that any player gains
by deviating (:func:`equilibrium_gap`). A policy whose gap is above rounding is an error, not an answer; but for
:func:`solve_aggregated`, which solves a game of fewer states, and whose answer is the gap in the whole one.

**Files.** ``backup`` has the one backup and the one recursion, ``induction`` the public functions, ``aggregate`` states
in groups, ``solution`` what ``solve`` returns. Definitions and proofs: chapters 1 to 3 and 11 of the book.
"""

from __future__ import annotations

from .aggregate import reachable, solve_aggregated
from .backup import Uncertainty, gap_and_value
from .induction import best_response, equilibrium_gap, evaluate, solve
from .solution import Solution

__all__ = [
    "Solution",
    "Uncertainty",
    "best_response",
    "equilibrium_gap",
    "evaluate",
    "gap_and_value",
    "reachable",
    "solve",
    "solve_aggregated",
]
