"""Features instead of tables: games whose rows are mixtures of a few factors, planned and learned at their size.

**Objects.** ``LinearGame`` has features phi (H, S, A, d) in the simplex, which are known, and factors mu (H, d, S),
which are not: P_h(s' | s, a) = sum over j of phi_j(s, a) mu_{h,j}(s'). What may shift are the factors, each within its
own uncertainty set, so a step has d rows however many states there are. This is the d-rectangular set; it lies in the
set around rows of the same radius, and is another problem unless features are one-hot.

**Planning.** ``solve``, ``evaluate``, ``best_response`` and ``equilibrium_gap`` are those of ``mornavi_lite`` with that
set: d worst cases a player and step.

**Learning.** ``LinearMornavi`` learns in ``mornavi_lite.run`` from ``FeatureCounts``: visits, and sums of features by
what followed. Its certificate is proven, like that of chapter 5. With one-hot features it counts, else it solves a
ridge regression for each event; either way unions run over what its values can be, not over all events of many states.

**Files.** ``game`` the game, ``flows`` its episodes, ``counts`` what was seen; ``backup`` and ``planning`` values and
equilibria; ``learner`` the learner, ``payoffs`` its bounds on one step's payoffs, made of ``counted`` or ``ridge``
bounds on factors, and ``cover`` what unions pay; ``stories`` games with a name. Chapter 13 of the book has definitions,
proofs and measurements.
"""

from __future__ import annotations

from .counts import FeatureCounts
from .game import LinearGame
from .learner import LinearMornavi
from .planning import best_response, equilibrium_gap, evaluate, solve
from .stories import five_states, grouped_states, look_alikes

__all__ = [
    "FeatureCounts",
    "LinearGame",
    "LinearMornavi",
    "best_response",
    "equilibrium_gap",
    "evaluate",
    "five_states",
    "grouped_states",
    "look_alikes",
    "solve",
]
