"""What a learner has seen of a game."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import checks

#: Two observations of one deterministic reward may differ by rounding, by no more than this.
REWARD_TOLERANCE = 1e-9


class Counts:
    """What has been seen of a game: how often each transition happened, and the rewards of what was tried.

    Parameters
    ----------
    n_states : int
        Number of states S.
    n_actions : sequence of int
        Number of actions of each player; their product is A.
    horizon : int
        Number of steps H.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 4, :prf:ref:`def-counts`. Rewards are deterministic, so each is known from the first visit on. The counts
    are all that a learner gets: never the kernel, never the reward of what nobody tried.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import Counts, zoo
    >>> game = zoo.traffic_merge()
    >>> uniform = np.full((game.horizon, game.n_states, game.n_joint_actions), 0.25)
    >>> counts = Counts(game.n_states, game.n_actions, game.horizon)
    >>> counts.add(game.play(uniform, 100, np.random.default_rng(0)), game.reward)
    >>> counts.n_episodes, bool((counts.visits.sum(axis=(1, 2)) == 100).all())
    (100, True)
    """

    def __init__(self, n_states: int, n_actions: Sequence[int], horizon: int) -> None:
        size, steps = checks.integer("n_states", n_states, 1), checks.integer("horizon", horizon, 1)
        self._n_actions = checks.action_counts(n_actions)
        n_joint = math.prod(self._n_actions)
        self._transitions = np.zeros((steps, size, n_joint, size), dtype=np.int64)
        self._visits = np.zeros((steps, size, n_joint), dtype=np.int64)
        self._reward = np.zeros((len(self._n_actions), steps, size, n_joint))

    @property
    def n_states(self) -> int:
        """Number of states S."""
        return self._visits.shape[1]

    @property
    def n_actions(self) -> tuple[int, ...]:
        """Number of actions of each player."""
        return self._n_actions

    @property
    def horizon(self) -> int:
        """Number of steps H."""
        return self._visits.shape[0]

    @property
    def n_episodes(self) -> int:
        """How many episodes were seen, which is the number of visits of the first step."""
        return int(self._visits[0].sum())

    @property
    def transitions(self) -> np.ndarray:
        """How often each transition happened, int64 of shape (H, S, A, S), read-only."""
        return _read_only(self._transitions)

    @property
    def visits(self) -> np.ndarray:
        """How often each joint action was played at each step and state, int64 of shape (H, S, A), read-only."""
        return _read_only(self._visits)

    @property
    def reward(self) -> np.ndarray:
        """Rewards seen, shape (m, H, S, A), read-only; 0 where ``visits`` is 0, which means unknown."""
        return _read_only(self._reward)

    def empirical_model(self) -> np.ndarray:
        """Observed frequencies of the next states.

        Returns
        -------
        numpy.ndarray, shape (H, S, A, S)
            Transitions divided by visits; uniform where nothing was seen.

        Notes
        -----
        Chapter 4, :eq:`empirical-model`.

        Examples
        --------
        >>> from mornavi_lite import Counts
        >>> counts = Counts(n_states=2, n_actions=(1,), horizon=1)
        >>> counts.record([0, 1], [0], [[0.5]])
        >>> counts.empirical_model()[0, :, 0].tolist()
        [[0.0, 1.0], [0.5, 0.5]]
        """
        return frequencies(self._transitions, self._visits)

    def add(self, played: Any, reward: Any) -> None:
        """Add the counts of any number of episodes, as :meth:`mornavi_lite.MarkovGame.play` returns them.

        Parameters
        ----------
        played : array_like of int, shape (H, S, A, S)
            How often each transition happened.
        reward : array_like, shape (m, H, S, A)
            Rewards in [0, 1]. Only those of joint actions that were played are looked at.

        Raises
        ------
        ValueError, TypeError
            If an array has another shape, a count is negative or not an integer, a step would have more than 2**63 - 1
            transitions, or a reward is outside [0, 1] or differs from one seen before. Nothing is added then.

        Notes
        -----
        Chapter 4, :eq:`empirical-model`.

        Examples
        --------
        >>> import numpy as np
        >>> from mornavi_lite import Counts
        >>> counts = Counts(n_states=1, n_actions=(2,), horizon=1)
        >>> counts.add([[[[3], [0]]]], [[[[0.25, np.nan]]]])
        >>> counts.visits.tolist(), counts.reward.tolist()
        ([[[3, 0]]], [[[[0.25, 0.0]]]])
        """
        array = checks.counts_array("played", played)
        checks.has_shape("played", array, self._transitions.shape, "(H, S, A, S)")
        self._check_room("played", array)
        rewards = checks.real_array("reward", reward)
        checks.has_shape("reward", rewards, self._reward.shape, "(m, H, S, A)")
        self._check_rewards(rewards, array.max(axis=-1) > 0)
        self.add_unchecked(array, rewards)

    def add_unchecked(self, played: np.ndarray, reward: np.ndarray) -> None:
        """The same as :meth:`add` for arrays that are known to be sound: what inner loops call.

        Parameters
        ----------
        played : numpy.ndarray of int64, shape (H, S, A, S)
            How often each transition happened.
        reward : numpy.ndarray, shape (m, H, S, A)
            Rewards in [0, 1].

        Examples
        --------
        >>> import numpy as np
        >>> from mornavi_lite import Counts
        >>> counts = Counts(n_states=1, n_actions=(1,), horizon=1)
        >>> counts.add_unchecked(np.array([[[[2]]]]), np.array([[[[1.0]]]]))
        >>> counts.n_episodes == 2
        True
        """
        new = (self._visits == 0) & played.any(axis=-1)
        self._reward[:, new] = reward[:, new]
        self._transitions += played
        self._visits += played.sum(axis=-1)

    def record(self, states: Any, joint_actions: Any, rewards: Any) -> None:
        """Add one episode, step by step, from an environment of your own.

        Parameters
        ----------
        states : sequence of int, length H + 1
            State at each step, and the state after the last one.
        joint_actions : sequence of int, length H, or array of shape (H, m)
            Joint action at each step: its index, or the action of each player.
        rewards : array_like, shape (m, H)
            Reward of each player at each step, in [0, 1].

        Raises
        ------
        ValueError, TypeError
            If an entry is not of that form, or a reward differs from one seen before. Nothing is added then.

        Notes
        -----
        Chapter 5 has the loop around it. Joint actions are flattened in C order over ``n_actions``.

        Examples
        --------
        Two players with two and three actions; action 1 of each is the joint action 4:

        >>> from mornavi_lite import Counts
        >>> counts = Counts(n_states=2, n_actions=(2, 3), horizon=2)
        >>> counts.record(states=[0, 1, 0], joint_actions=[[1, 1], [0, 0]], rewards=[[0.5, 1.0], [0.0, 1.0]])
        >>> int(counts.transitions[0, 0, 4, 1]), counts.reward[:, 1, 1, 0].tolist()
        (1, [1.0, 1.0])
        """
        steps = np.arange(self.horizon)
        path = _indices("states", states, (self.horizon + 1,), "(H + 1,)", self.n_states)
        taken = checks.integer_array("joint_actions", joint_actions)
        if taken.ndim == 2:
            each = _indices("joint_actions", taken, (self.horizon, len(self._n_actions)), "(H, m)", self._n_actions)
            taken = np.ravel_multi_index(tuple(each.T), self._n_actions)
        taken = _indices("joint_actions", taken, (self.horizon,), "(H,)", self._visits.shape[2])
        gained = checks.real_array("rewards", rewards)
        checks.has_shape("rewards", gained, (len(self._n_actions), self.horizon), "(m, H)")
        played = np.zeros_like(self._transitions)
        played[steps, path[:-1], taken, path[1:]] = 1
        reward = np.zeros_like(self._reward)
        reward[:, steps, path[:-1], taken] = gained
        self._check_room("states", played)
        self._check_rewards(reward, played.max(axis=-1) > 0)
        self.add_unchecked(played, reward)

    def copy(self) -> Counts:
        """Independent copy, for a learner that goes on while these counts stay.

        Returns
        -------
        Counts
            The same counts, in arrays of its own.

        Examples
        --------
        >>> from mornavi_lite import Counts
        >>> counts = Counts(n_states=1, n_actions=(1,), horizon=1)
        >>> later = counts.copy()
        >>> later.record([0, 0], [0], [[1.0]])
        >>> counts.n_episodes, later.n_episodes
        (0, 1)
        """
        other = Counts(self.n_states, self._n_actions, self.horizon)
        other.add_unchecked(self._transitions, self._reward)
        return other

    def _check_room(self, name: str, played: np.ndarray) -> None:
        """Raise unless the transitions of each step, with those of ``played``, can be counted in 64 bits."""
        totals = checks.exact_sums(self._transitions, 3) + checks.exact_sums(played, 3)
        for h, total in enumerate(totals):
            if total > checks.LARGEST:
                raise ValueError(f"{name} must leave at most 2**63 - 1 transitions of step {h}, got {total} with it")

    def _check_rewards(self, reward: np.ndarray, played: np.ndarray) -> None:
        """Raise at the first reward of what was ``played`` (H, S, A) that is outside [0, 1] or was another before."""
        with np.errstate(invalid="ignore"):
            outside = played & ~((reward >= 0) & (reward <= 1))
            moved = played & (self._visits > 0) & (np.abs(reward - self._reward) > REWARD_TOLERANCE)
        for wrong, what in ((outside, "must be in [0, 1]"), (moved, "differs from the one seen before")):
            if wrong.any():
                i, h, s, a = where = checks.first_true(wrong)
                before = f", {float(self._reward[where])}" if wrong is moved else ""
                raise ValueError(
                    f"reward of player {i} at step {h}, state {s}, joint action {a} {what}{before}, "
                    f"got {float(reward[where])}"
                )

    def __repr__(self) -> str:
        return (
            f"Counts(n_states={self.n_states}, n_actions={self._n_actions}, horizon={self.horizon}, "
            f"n_episodes={self.n_episodes})"
        )


def frequencies(transitions: np.ndarray, visits: np.ndarray) -> np.ndarray:
    """Rows (..., S) of observed frequencies; uniform where there were no visits."""
    rows = np.full(transitions.shape, 1 / transitions.shape[-1])
    return np.divide(transitions, visits[..., None], out=rows, where=visits[..., None] > 0)


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.setflags(write=False)
    return view


def _indices(name: str, values: Any, shape: tuple[int, ...], axes: str, bound: int | tuple[int, ...]) -> np.ndarray:
    """``values`` as an array of integers of this shape, each from 0 to below ``bound``."""
    array = checks.integer_array(name, values)
    checks.has_shape(name, array, shape, axes)
    outside = (array < 0) | (array >= np.asarray(bound))
    if outside.any():
        where = checks.first_true(outside)
        limit = int(np.broadcast_to(bound, shape)[where]) - 1
        raise ValueError(f"{name}{checks.place(where)} must be from 0 to {limit}, got {int(array[where])}")
    return array
