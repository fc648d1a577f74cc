"""The class ``MarkovGame``: a game checked when it is made, and read-only afterwards. Chapter 1 of the book."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import checks
from .arrays import check_kernel, check_reward, frozen, one_step
from .flows import flow


class MarkovGame:
    """A finite-horizon tabular Markov game, checked when it is made and read-only afterwards.

    Parameters
    ----------
    transition : array_like, shape (H, S, A, S)
        Probability of each next state, given step, state and joint action. Rows sum to 1 within 1e-8.
    reward : array_like, shape (m, H, S, A)
        Reward of each player, in [0, 1].
    n_actions : sequence of int
        Number of actions of each player; their product is A.
    initial : int, array_like of shape (S,) or None
        Initial state, or its distribution. None is state 0.
    name : str
        What figures and messages call the game.
    state_names : sequence of str, optional
        One name per state. Default: "0", "1", ...
    action_names : sequence of sequences of str, optional
        For each player one name per action. Default: "0", "1", ...

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form; the message names it, with the first offending index and value.

    Notes
    -----
    Chapter 1, :prf:ref:`def-markov-game`; Shapley (1953) for stochastic games, Liu et al. (2021) for this
    finite-horizon form. A kernel or reward that does not depend on the step is stored once and shown as a broadcast
    view.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import MarkovGame
    >>> stay_or_leave = np.array([[[1.0, 0.0], [0.2, 0.8]], [[0.0, 1.0], [0.0, 1.0]]])
    >>> reward = np.array([[[1.0, 0.0], [0.0, 0.0]]])
    >>> game = MarkovGame.stationary(stay_or_leave, reward, n_actions=(2,), horizon=3)
    >>> game.transition.shape, game.reward.shape
    ((3, 2, 2, 2), (1, 3, 2, 2))
    >>> bool(np.allclose(game.transition.sum(axis=-1), 1))
    True
    """

    def __init__(
        self,
        transition: Any,
        reward: Any,
        n_actions: Sequence[int],
        initial: Any = None,
        name: str = "",
        state_names: Sequence[str] | None = None,
        action_names: Sequence[Sequence[str]] | None = None,
    ) -> None:
        counts = checks.action_counts(n_actions)
        kernel, rewards = checks.real_array("transition", transition, 4), checks.real_array("reward", reward, 4)
        check_kernel(kernel, counts, "(H, S, A, S)")
        check_reward(rewards, (len(counts), *kernel.shape[:3]), "(m, H, S, A)")
        n_states = kernel.shape[1]
        self._n_actions = counts
        self._transition = frozen(one_step(kernel, step_axis=0), kernel.shape)
        self._reward = frozen(one_step(rewards, step_axis=1), rewards.shape)
        self._initial = frozen(checks.distribution("initial", initial, n_states), (n_states,))
        self._name = "" if name is None else str(name)
        self._state_names = checks.names("state_names", state_names, n_states)
        each = [None] * len(counts) if action_names is None else action_names
        if not isinstance(each, Sequence) or len(each) != len(counts):
            raise ValueError(f"action_names must have one entry per player, {len(counts)}, got {each!r}")
        self._action_names = tuple(checks.names(f"action_names[{i}]", each[i], n) for i, n in enumerate(counts))

    @classmethod
    def stationary(
        cls, transition: Any, reward: Any, n_actions: Sequence[int], horizon: int, initial: Any = None, **names: Any
    ) -> MarkovGame:
        """Make a game whose kernel and rewards are the same at every step.

        Parameters
        ----------
        transition : array_like, shape (S, A, S)
            Kernel of one step.
        reward : array_like, shape (m, S, A)
            Rewards of one step, in [0, 1].
        n_actions : sequence of int
            Number of actions of each player.
        horizon : int
            Number of steps H, at least 1.
        initial, **names
            As in :class:`MarkovGame`: ``initial``, ``name``, ``state_names``, ``action_names``.

        Returns
        -------
        MarkovGame
            Its arrays are views that repeat the one step, not H copies.

        Raises
        ------
        ValueError, TypeError
            As :class:`MarkovGame` does.

        Examples
        --------
        >>> import numpy as np
        >>> from mornavi_lite import MarkovGame
        >>> game = MarkovGame.stationary(np.ones((1, 4, 1)), np.zeros((2, 1, 4)), (2, 2), horizon=1000)
        >>> game.transition.shape, game.transition.strides[0]
        ((1000, 1, 4, 1), 0)
        """
        steps, counts = checks.integer("horizon", horizon, 1), checks.action_counts(n_actions)
        kernel, rewards = checks.real_array("transition", transition, 3), checks.real_array("reward", reward, 3)
        check_kernel(kernel, counts, "(S, A, S)")
        check_reward(rewards, (len(counts), *kernel.shape[:2]), "(m, S, A)")
        return cls(
            np.broadcast_to(kernel, (steps, *kernel.shape)),
            np.broadcast_to(rewards[:, None], (rewards.shape[0], steps, *rewards.shape[1:])),
            counts,
            initial,
            **names,
        )

    @property
    def transition(self) -> np.ndarray:
        """Nominal kernel, shape (H, S, A, S), read-only."""
        return self._transition

    @property
    def reward(self) -> np.ndarray:
        """Rewards in [0, 1], shape (m, H, S, A), read-only."""
        return self._reward

    @property
    def initial(self) -> np.ndarray:
        """Initial distribution, shape (S,), read-only."""
        return self._initial

    @property
    def n_actions(self) -> tuple[int, ...]:
        """Number of actions of each player."""
        return self._n_actions

    @property
    def horizon(self) -> int:
        """Number of steps H."""
        return self._transition.shape[0]

    @property
    def n_states(self) -> int:
        """Number of states S."""
        return self._transition.shape[1]

    @property
    def n_joint_actions(self) -> int:
        """Number of joint actions A, the product of ``n_actions``."""
        return self._transition.shape[2]

    @property
    def n_players(self) -> int:
        """Number of players m."""
        return len(self._n_actions)

    @property
    def name(self) -> str:
        """What figures and messages call the game."""
        return self._name

    @property
    def state_names(self) -> tuple[str, ...]:
        """Name of each state."""
        return self._state_names

    @property
    def action_names(self) -> tuple[tuple[str, ...], ...]:
        """For each player the name of each action."""
        return self._action_names

    def joint_action_name(self, joint_action: int) -> str:
        """Name of a joint action, such as "(go, wait)".

        Parameters
        ----------
        joint_action : int
            Index of the joint action, from 0 to A - 1.

        Returns
        -------
        str
            The players' action names; without brackets if there is one player.

        Raises
        ------
        ValueError, TypeError
            If there is no such joint action.

        Examples
        --------
        >>> from mornavi_lite import zoo
        >>> zoo.traffic_merge().joint_action_name(1)
        '(go, wait)'
        """
        index = checks.integer("joint_action", joint_action, 0, self.n_joint_actions - 1)
        each = np.unravel_index(index, self._n_actions)
        words = [names[int(a)] for names, a in zip(self._action_names, each, strict=True)]
        return words[0] if len(words) == 1 else f"({', '.join(words)})"

    def play(self, policy: Any, n_episodes: int, rng: np.random.Generator) -> np.ndarray:
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
        numpy.ndarray of int64, shape (H, S, A, S)
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
        if not isinstance(rng, np.random.Generator):
            raise TypeError(f"rng must be a numpy.random.Generator, got {type(rng).__name__}")
        return flow(self._transition, self._initial, checked, n, rng)

    def check_policy(self, policy: Any) -> np.ndarray:
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
        checks.has_shape("policy", array, self._transition.shape[:3], "(H, S, A)")
        return checks.probability_rows("policy", array)

    def __reduce__(self) -> tuple[Any, ...]:
        """How copies and pickles are made: by the constructor, so they are checked and read-only like the original."""
        names = (self._name, self._state_names, self._action_names)
        arrays = (one_step(self._transition, step_axis=0), one_step(self._reward, step_axis=1))
        return _remade, (*arrays, self.horizon, self._n_actions, self._initial, *names)

    def __repr__(self) -> str:
        return (
            f"MarkovGame(name={self._name!r}, horizon={self.horizon}, n_states={self.n_states}, "
            f"n_actions={self._n_actions})"
        )


def _remade(kernel: np.ndarray, reward: np.ndarray, horizon: int, *rest: Any) -> MarkovGame:
    """The game of which one step, or each step, is given."""
    m, _, n_states, n_joint = reward.shape
    return MarkovGame(
        np.broadcast_to(kernel, (horizon, n_states, n_joint, n_states)),
        np.broadcast_to(reward, (m, horizon, n_states, n_joint)),
        *rest,
    )
