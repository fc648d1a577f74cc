"""Many players who are all alike: games, equilibria and learners in which only the numbers on each action count.

**Objects.** A profile n (A,) says how many of m players take each action; there are C(m + A - 1, A - 1), where joint
actions are A^m. ``AnonymousGame`` has its kernel (H, S, C, S) and rewards (H, S, A, C) by profile, ``MeanFieldGame``
by the shares n / m, for every m at once and for the limit. One player stands for all: policies are (H, S, A), values
(1, H+1, S).

**Equilibria.** ``solve`` finds a symmetric robust Nash equilibrium, in the joint sets of the paper, and ``evaluate``,
``best_response`` and ``equilibrium_gap`` certify it by what one player could gain. With two actions the gain of one
over the other is a polynomial, of which ``symmetric_equilibria`` finds all roots.

**Learning.** ``AnonymousMornavi`` learns in ``mornavi_lite.run`` from ``ProfileCounts``, with the theorem of chapter 5.
``certify_each`` takes a policy as it is, and certifies it player by player around kernels from which the others have
been integrated out: rows (h, s, a_i), whoever the others are and however many.

**Files.** ``game`` the game, ``profiles`` the arithmetic of profiles, ``counts`` what was seen; ``backup`` and
``planning`` values and equilibria, ``two_actions`` and ``more_actions`` those of a stage; ``learner`` the learner,
``each`` the certificate player by player; ``mean_field`` the limit, ``bridge`` a story. Chapter 14 of the book.
"""

from __future__ import annotations

from .bridge import bridge_and_tunnel
from .counts import ProfileCounts
from .each import EachCertificate, certify_each
from .game import AnonymousGame
from .learner import AnonymousMornavi
from .mean_field import MeanFieldGame
from .planning import best_response, equilibrium_gap, evaluate, solve
from .two_actions import symmetric_equilibria

__all__ = [
    "AnonymousGame",
    "AnonymousMornavi",
    "EachCertificate",
    "MeanFieldGame",
    "ProfileCounts",
    "best_response",
    "bridge_and_tunnel",
    "certify_each",
    "equilibrium_gap",
    "evaluate",
    "solve",
    "symmetric_equilibria",
]
