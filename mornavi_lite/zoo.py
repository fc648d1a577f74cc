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
``garnet``                 random, of any size, for tests and timings                     any
=========================  =============================================================  =======

A new game is one function of this kind, and one test that writes its rows down again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from . import _checks
from ._zoo_experiment import paper_cooperative, paper_general_sum
from ._zoo_papers import delayed_coordination, safe_or_risky, traffic_merge
from ._zoo_roads import congestion, intersection
from ._zoo_single import gambler, support_shift
from ._zoo_stories import fishing, patrol
from .games import MarkovGame

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
    "support_shift",
    "traffic_merge",
]


def garnet(
    n_states: int,
    n_actions: Sequence[int],
    horizon: int,
    branching: int,
    seed: int,
    rewards: str = "general",
    stationary: bool = False,
) -> MarkovGame:
    """A random game: each row of the kernel has ``branching`` next states, each reward is uniform in [0, 1].

    For each row, the set of its next states is uniform among those of that size, and its probabilities are uniform
    on the simplex (Dirichlet with all parameters 1). All draws are independent.

    Parameters
    ----------
    n_states : int
        Number of states, at least 1.
    n_actions : sequence of int
        Number of actions of each player.
    horizon : int
        Number of steps, at least 1.
    branching : int
        Number of next states of each row, from 1 to ``n_states``.
    seed : int
        Not negative. The same seed gives the same bytes.
    rewards : {"general", "shared", "zero-sum"}
        Independent for each player; or the same for all; or, for two players, r2 = 1 - r1.
    stationary : bool
        Whether one kernel and one reward serve all steps. Otherwise each step has its own.

    Returns
    -------
    MarkovGame
        It starts in state 0. States and actions are named by their numbers.

    Raises
    ------
    ValueError, TypeError
        If a parameter is not of that form, or the rewards are "zero-sum" and the players are not two.

    Notes
    -----
    After the "Generic Average Reward Non-stationary Environment Testbench" of Archibald, McKinnon and Thomas (1995),
    with general Dirichlet rows, several players and uniform rewards.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import zoo
    >>> game = zoo.garnet(n_states=5, n_actions=(2, 3), horizon=4, branching=2, seed=1)
    >>> game.transition.shape, np.unique((game.transition > 0).sum(axis=-1)).tolist()
    ((4, 5, 6, 5), [2])
    >>> again = zoo.garnet(n_states=5, n_actions=(2, 3), horizon=4, branching=2, seed=1)
    >>> game.transition.tobytes() == again.transition.tobytes()
    True
    """
    size = _checks.integer("n_states", n_states, 1)
    counts = _checks.action_counts(n_actions)
    steps = _checks.integer("horizon", horizon, 1)
    width = _checks.integer("branching", branching, 1, size)
    rng = np.random.default_rng(_checks.integer("seed", seed, 0))
    _checks.one_of("rewards", rewards, ("general", "shared", "zero-sum"))
    if rewards == "zero-sum" and len(counts) != 2:
        raise ValueError(f"rewards 'zero-sum' need two players, got n_actions = {counts}")
    if not isinstance(stationary, (bool, np.bool_)):
        raise TypeError(f"stationary must be True or False, got {stationary!r}")
    drawn_steps, n_joint = 1 if stationary else steps, math.prod(counts)
    transition = _random_rows((drawn_steps, size, n_joint), size, width, rng)
    n_drawn = len(counts) if rewards == "general" else 1
    reward = rng.random((n_drawn, drawn_steps, size, n_joint))
    if rewards == "shared":
        reward = np.repeat(reward, len(counts), axis=0)
    elif rewards == "zero-sum":
        reward = np.concatenate([reward, 1.0 - reward])
    return MarkovGame(
        np.broadcast_to(transition, (steps, *transition.shape[1:])),
        np.broadcast_to(reward, (len(counts), steps, *reward.shape[2:])),
        n_actions=counts,
        name=f"garnet, seed {int(seed)}",
    )


def _random_rows(shape: tuple[int, ...], size: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Rows (*shape, size), each uniform on the simplex over ``width`` different places."""
    places = np.argpartition(rng.random((*shape, size)), width - 1, axis=-1)[..., :width]
    places.sort(axis=-1)  # the set is what is random; the order that argpartition leaves may depend on the machine
    weights = rng.standard_exponential((*shape, width))
    rows = np.zeros((*shape, size))
    np.put_along_axis(rows, places, weights / weights.sum(axis=-1, keepdims=True), axis=-1)
    return rows
