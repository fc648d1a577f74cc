"""Random games of any size, for tests and timings."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .. import checks
from ..games import MarkovGame
from ..games.arrays import MOST_BYTES


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
    size = checks.integer("n_states", n_states, 1)
    counts = checks.action_counts(n_actions)
    steps = checks.integer("horizon", horizon, 1)
    width = checks.integer("branching", branching, 1, size)
    rng = np.random.default_rng(checks.integer("seed", seed, 0, np.inf))
    checks.one_of("rewards", rewards, ("general", "shared", "zero-sum"))
    if rewards == "zero-sum" and len(counts) != 2:
        raise ValueError(f"rewards 'zero-sum' need two players, got n_actions = {counts}")
    drawn_steps, n_joint = 1 if checks.truth("stationary", stationary) else steps, math.prod(counts)
    if 8 * drawn_steps * size * n_joint * size > MOST_BYTES:
        raise ValueError(f"n_actions, n_states and horizon make {size * n_joint} rows a step: more than 2 GiB")
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
