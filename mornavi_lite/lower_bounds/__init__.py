"""Lower bounds: what no learner can do, however many episodes it has.

Training shows a learner what its own policies reach, and nothing else. Two games that agree on all of that are one
game to every learner, and what separates them, an adversary may use. So there are regrets that never flatten and
certificates that never close, whatever the algorithm:

1. :func:`look_alike` finds out whether two games are such a pair,
2. :func:`certificate_floor` is how far apart upper and lower value must stay between two such worlds, one in which all
   that was never seen is worth the most and one in which it is worth nothing,
3. :func:`episodes_floor` is how many episodes every learner needs that certifies, on average, in a game of common
   interest. It needs SciPy (``pip install mornavi-lite[science]``).

What has to be stated about a game in order to get below a floor: ``support``, ``rows``, ``fail_state`` and
``min_probability`` of :class:`mornavi_lite.Mornavi`.

**Floors of episodes.** An alternative is a game in which what a learner may rightly say here is wrong. To rule it out
takes information, an episode has only so much of it, and where it is found is a flow through the game: a linear
program. Its result is certified without the solver, :class:`EpisodesFloor` carries the games that prove it.

**Files.** ``alike`` has the comparison of two games, ``floors`` the closed form, ``episodes`` the floor of episodes;
behind it are ``cutting`` (the search), ``alternatives``, ``known`` (what is fixed before an episode), ``tilts`` (the
nearest row that is worth something else) and ``allocation`` (the program and its bound). Proofs and measurements:
chapters 9 and 12 of the book. The hard instance is Example 3.1 of Lu et al. (2024),
:func:`mornavi_lite.zoo.support_shift`.
"""

from __future__ import annotations

from .alike import look_alike
from .episodes import Alternative, EpisodesFloor, episodes_floor
from .floors import certificate_floor

__all__ = ["Alternative", "EpisodesFloor", "certificate_floor", "episodes_floor", "look_alike"]
