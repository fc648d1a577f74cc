"""Equilibria of stage games, many at once, each certified before it is returned.

**Objects.** In a stage game player i chooses one of ``n_actions[i]`` actions; the A = prod(n_actions) joint actions are
flattened in C order, and ``payoffs[i, a]`` is what player i gets if a is played. A joint policy (A,) gives each joint
action a probability. Three concepts of equilibrium say which deviations must not pay:

- ``"nash"``: the players draw independently, and nobody gains by playing another action.
- ``"ce"`` (correlated): a joint action is drawn and each player is recommended its part; nobody gains by replacing
  recommendations, "when told a, play b".
- ``"cce"`` (coarse correlated): who deviates does so before the recommendation: "whatever I am told, I play b".

Each Nash equilibrium is a CE, and each CE is a CCE.

**Operators.** :func:`solve_stage` finds an equilibrium of each game of a batch, :func:`deviation_value` says what a
player's best deviation is worth, :func:`deviation_gain` what the best of all players gains.

**Guarantee.** Whatever method found it, a policy is returned only if nobody's deviation gain exceeds ``TOLERANCE`` of
the range of the player's payoffs in play, recomputed from the payoffs as given. Else there is an error with the gain
reached. Each method's work is limited by the size of the game.

**Files.** ``stage`` chooses the method and certifies, ``gains`` and ``deviations`` compute what deviations are worth,
``dual_simplex`` finds CE and CCE, ``lemke_howson`` Nash equilibria of two players, ``many_players`` of more;
``wide_ranges`` is for games with penalties, ``tableau`` and ``scaling`` serve them all. Chapter 3 of the book.
"""

from __future__ import annotations

from .deviations import deviation_value_unchecked
from .gains import CONCEPTS, deviation_gain, deviation_value, is_product, require_product
from .stage import TOLERANCE, check_selection, solve_stage, solve_stage_unchecked

__all__ = [
    "CONCEPTS",
    "TOLERANCE",
    "check_selection",
    "deviation_gain",
    "deviation_value",
    "deviation_value_unchecked",
    "is_product",
    "require_product",
    "solve_stage",
    "solve_stage_unchecked",
]
