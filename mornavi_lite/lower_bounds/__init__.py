"""Lower bounds: what no learner can do, however many episodes it has.

Training shows a learner what its own policies reach, and nothing else. Two games that agree on all of that are one
game to every learner, and what separates them, an adversary may use. So there are regrets that never flatten and
certificates that never close, whatever the algorithm:

1. :func:`look_alike` finds out whether two games are such a pair,
2. :func:`certificate_floor` is how far apart upper and lower value must stay between two such worlds, one in which all
   that was never seen is worth the most and one in which it is worth nothing.

What has to be stated about a game in order to get below a floor: ``support``, ``rows``, ``fail_state`` and
``min_probability`` of :class:`mornavi_lite.Mornavi`.

**Files.** ``alike`` has the comparison of two games, ``floors`` the closed form. Proofs and measurements: chapter 9
of the book. The hard instance is Example 3.1 of Lu et al. (2024), :func:`mornavi_lite.zoo.support_shift`.
"""

from __future__ import annotations

from .alike import look_alike
from .floors import certificate_floor

__all__ = ["certificate_floor", "look_alike"]
