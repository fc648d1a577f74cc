"""Named games, small enough to picture, and random ones of any size.

Each function returns a :class:`~mornavi_lite.MarkovGame`; its docstring is the game's specification.

=========================  =============================================================  =======
function                   what it is good for                                            players
=========================  =============================================================  =======
``fishing``                a small change in one probability flips the equilibrium        2
``safe_or_risky``          the choice that a worst case turns round                       2
``delayed_coordination``   a reward that comes late                                       2
``traffic_merge``          a long way on which one mistake ends it                        2
``intersection``           two equilibria, and a crash as a fail state                    2
``patrol``                 constant-sum, mixed, 3 actions against 4                       2
``congestion``             three players, no two alike                                    3
``gambler``                a robust Markov decision process                               1
``support_shift``          a decision that no training ever reaches                       1
``paper_cooperative``      the paper's experiment: risky against safe, a common payoff        2
``paper_general_sum``      the same with a 2 x 2 game at the end of each way              2
``soccer``                 762 states with few successors: what sparse rows are for       2
``garnet``                 random, of any size, for tests and timings                     any
=========================  =============================================================  =======

**Files.** One for each family: ``stories`` (fishing, patrol), ``papers`` (games from the literature), ``roads``,
``single`` (one player), ``experiment`` (those of chapter 7), ``fields`` (soccer), ``random_games``; ``rows`` turns what
they write down into arrays. The games of chapter 1 of the book.

A new game is one function of this kind, and one test that writes its rows down again.
"""

from __future__ import annotations

from .experiment import paper_cooperative, paper_general_sum
from .fields import soccer
from .papers import delayed_coordination, safe_or_risky, traffic_merge
from .random_games import garnet
from .roads import congestion, intersection
from .single import gambler, support_shift
from .stories import fishing, patrol

__all__ = [
    "congestion",
    "delayed_coordination",
    "fishing",
    "gambler",
    "garnet",
    "intersection",
    "paper_cooperative",
    "paper_general_sum",
    "patrol",
    "safe_or_risky",
    "soccer",
    "support_shift",
    "traffic_merge",
]
