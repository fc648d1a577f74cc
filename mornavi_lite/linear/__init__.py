"""Features instead of tables: games whose rows are mixtures of a few factors, planned and learned at their size.

**Objects.** ``LinearGame`` has features phi (H, S, A, d) in the simplex, which are known, and factors mu (H, d, S),
which are not: P_h(s' | s, a) = sum over j of phi_j(s, a) mu_{h,j}(s'). What may shift are the factors, each within its
own uncertainty set, so a step has d rows however many states there are. This is the d-rectangular set; it lies in the
set around rows of the same radius, and is another problem unless features are one-hot.

**Planning.** ``solve``, ``evaluate``, ``best_response`` and ``equilibrium_gap`` are those of ``mornavi_lite`` with that
set: d worst cases a player and step.

**Counts.** ``FeatureCounts`` is what episodes leave: visits, and sums of features by what followed.

**Files.** ``game`` the game, ``flows`` its episodes, ``counts`` what was seen; ``backup`` and ``planning`` values and
equilibria; ``stories`` games with a name. Definitions, proofs and measurements: chapter 13 of the book.
"""

from __future__ import annotations

from .counts import FeatureCounts
from .game import LinearGame
from .planning import best_response, equilibrium_gap, evaluate, solve
from .stories import five_states, grouped_states, look_alikes

__all__ = [
    "FeatureCounts",
    "LinearGame",
    "best_response",
    "equilibrium_gap",
    "evaluate",
    "five_states",
    "grouped_states",
    "look_alikes",
    "solve",
]
