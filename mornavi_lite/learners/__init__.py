"""MORNAVI: learns a robust equilibrium from counts, optimistic about the unknown, worst case about what may shift.

A learner turns counts into a plan, by one pass from the last step to the first. At each step it takes, for each player,

1. the highest stage payoffs that the counts allow, robust by the worst case over the player's uncertainty set,
2. an equilibrium of those stage games: the policy to play next,
3. the lowest robust payoffs that the counts allow, for the same policy.

The distance of the two values bounds the policy's true gap, without knowledge of the game: the certificate.

**Files.** ``mornavi`` has the learner, ``stage_payoffs`` the bounds on one step's payoffs, ``outcomes`` what
its rows may lead to, ``plan`` what it returns, ``identity`` what a saved run is known by, ``baselines`` what it is
compared with.
Definitions and proofs: chapters 4 and 5 of the book. The algorithm is that of Farhat, Ghosh, Atia and Wang (2026).
"""

from __future__ import annotations

from .baselines import EpsilonGreedy, GenerativeDRNVI, OfflinePessimistic, RandomPlay
from .mornavi import Mornavi, NashVI, stage_policies
from .plan import AtStart, Plan
from .stage_payoffs import StagePayoffs

__all__ = [
    "AtStart",
    "EpsilonGreedy",
    "GenerativeDRNVI",
    "Mornavi",
    "NashVI",
    "OfflinePessimistic",
    "Plan",
    "RandomPlay",
    "StagePayoffs",
    "stage_policies",
]
