"""Playing a game: what is a policy of it, and what happens in any number of episodes. Methods of ``MarkovGame``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import checks
from .flows import flow

if TYPE_CHECKING:
    from .markov_game import MarkovGame


def play(self: MarkovGame, policy: Any, n_episodes: int, rng: np.random.Generator) -> np.ndarray:
    """Counts of transitions in ``n_episodes`` episodes of a joint policy.

    Parameters
    ----------
    policy : array_like, shape (H, S, A)
        Joint policy; each row is a distribution over joint actions.
    n_episodes : int
        Number of episodes, from 1 to 10**15. The cost does not depend on it.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray of int64, shape (H, S, A, S); of a sparse game (H, S, A, B) beside its ``next_state``
        How often each transition happened at each step. For one episode this is a path.

    Raises
    ------
    ValueError, TypeError
        If the policy is not one, or the number of episodes is not an integer in that range.

    Notes
    -----
    Episodes of a fixed policy are independent, and only counts matter. So they can be drawn layer by layer as
    multinomial splits, with exactly the law of ``n_episodes`` plain trajectories (chapter 5, :eq:`flows`)::

        n_0 ~ Mult(n, initial),  n_h(s, .) ~ Mult(n_h(s), policy_h(. | s)),
        n_h(s, a, .) ~ Mult(n_h(s, a), P_h(. | s, a)),  n_{h+1}(s') = sum over (s, a) of n_h(s, a, s')

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import zoo
    >>> game = zoo.traffic_merge()
    >>> uniform = np.full((game.horizon, game.n_states, game.n_joint_actions), 0.25)
    >>> played = game.play(uniform, 10**12, np.random.default_rng(0))
    >>> bool((played.sum(axis=(1, 2, 3)) == 10**12).all())
    True
    """
    n = checks.integer("n_episodes", n_episodes, 1, 10**15)
    checked = self.check_policy(policy)
    checks.generator(rng)
    return self.play_unchecked(checked, n, rng)


def play_unchecked(self: MarkovGame, policy: np.ndarray, n_episodes: int, rng: np.random.Generator) -> np.ndarray:
    """The same as :meth:`play` for arguments that are known to be sound: what inner loops call."""
    return flow(self._probability, self._initial, self.fold(policy), n_episodes, rng, self._next_state)


def check_policy(self: MarkovGame, policy: Any) -> np.ndarray:
    """``policy`` as an array, if it is a joint policy of this game.

    Parameters
    ----------
    policy : array_like, shape (H, S, A)
        Distribution over joint actions for each step and state.

    Returns
    -------
    numpy.ndarray, shape (H, S, A)
        The same numbers as float64.

    Raises
    ------
    ValueError, TypeError
        If the shape differs, a probability is negative, or a row does not sum to 1 within 1e-8.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import zoo
    >>> game = zoo.gambler(goal=4)
    >>> game.check_policy(np.zeros((game.horizon, game.n_states, game.n_joint_actions)))
    Traceback (most recent call last):
    ...
    ValueError: policy[0, 0] must sum to 1, got 0.0
    """
    array = checks.real_array("policy", policy)
    checks.has_shape("policy", array, self._probability.shape[:3], "(H, S, A)")
    return checks.probability_rows("policy", array)
