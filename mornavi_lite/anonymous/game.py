"""The class ``AnonymousGame``: rows and rewards by the profile, checked when it is made, and read-only afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import checks
from ..games import MarkovGame
from ..games.arrays import checked_rows, frozen, one_step, refuse_too_large
from ..games.flows import flow
from ..uncertainty import UncertaintySet
from .backup import deviated, followed, gap_of, one_set
from .counts import ProfileCounts
from .profiles import joint_profiles, profile_probabilities, profiles


class AnonymousGame:
    """A finite-horizon Markov game of players who are all alike: what counts is how many of them take each action.

    Parameters
    ----------
    n_players : int
        Number of players m.
    n_actions : int
        Number of actions A of each player.
    transition : array_like, shape (H, S, C, S)
        Probability of each next state, given step, state and profile. Rows sum to 1 within 1e-8.
    reward : array_like, shape (H, S, A, C)
        Reward of a player who takes an action, himself counted in the profile. Where nobody takes it, anything.
    initial : int, array_like of shape (S,) or None
        Initial state, or its distribution. None is state 0.
    name : str
        What messages call the game.
    state_names, action_names : sequence of str, optional
        One name per state, and per action.
    reward_range : (lo, hi), "observed" or None
        Between which values rewards lie: what a learner is told. None is (0, 1).

    Attributes
    ----------
    profiles : numpy.ndarray of int, shape (C, A)
        How many players take each action, for every profile; read-only, as all arrays.
    transition : numpy.ndarray, shape (H, S, C, S)
        Nominal kernel.
    reward : numpy.ndarray, shape (H, S, A, C)
        Rewards; the least of the range where nobody takes the action.
    initial : numpy.ndarray, shape (S,)
        Initial distribution.
    reward_range : tuple of two floats
        Least and greatest reward.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form; the message names it, with the first offending index and value.

    Notes
    -----
    Chapter 14, :prf:ref:`def-anonymous-game`. There are C = C(m + A - 1, A - 1) profiles, the rows of ``profiles``, in
    place of A^m joint actions. With two actions profile c has c players on action 0.

    Examples
    --------
    Three players; whoever is alone with an action gets 1:

    >>> import numpy as np
    >>> from mornavi_lite.anonymous import AnonymousGame
    >>> rows, alone = np.ones((1, 1, 4, 1)), [[[[0, 1, 0, 0], [0, 0, 1, 0]]]]
    >>> game = AnonymousGame(3, 2, rows, alone)
    >>> game.profiles.tolist()
    [[0, 3], [1, 2], [2, 1], [3, 0]]
    >>> game.tabular().n_joint_actions
    8
    """

    def __init__(
        self,
        n_players: int,
        n_actions: int,
        transition: Any,
        reward: Any,
        initial: Any = None,
        name: str = "",
        state_names: Sequence[str] | None = None,
        action_names: Sequence[str] | None = None,
        reward_range: Any = None,
    ) -> None:
        self.n_players, self._n_own = (
            checks.integer("n_players", n_players, 1),
            checks.integer("n_actions", n_actions, 1),
        )
        self.profiles = profiles(self.n_players, self._n_own)
        rows = checks.real_array("transition", transition, 4)
        wanted = (*rows.shape[:2], len(self.profiles), rows.shape[1])
        if rows.shape != wanted or min(rows.shape) < 1:
            raise ValueError(
                f"transition must have shape (H, S, C, S) with C = {len(self.profiles)} profiles, got {rows.shape}"
            )
        pays = checks.real_array("reward", reward, 4)
        checks.has_shape("reward", pays, (*rows.shape[:2], self._n_own, rows.shape[2]), "(H, S, A, C)")
        self.transition = frozen(checked_rows("transition", one_step(rows, 0), False), rows.shape)
        self.reward_range = _range(reward_range, pays, self.taken)
        self.reward = frozen(self._checked(one_step(pays, 0)), pays.shape)
        self.initial = frozen(checks.distribution("initial", initial, rows.shape[1]), (rows.shape[1],))
        self.name = checks.text("name", name)
        self.state_names = checks.names("state_names", state_names, rows.shape[1])
        self.action_names = checks.names("action_names", action_names, self._n_own)

    @property
    def horizon(self) -> int:
        """Number of steps H."""
        return self.transition.shape[0]

    @property
    def n_states(self) -> int:
        """Number of states S."""
        return self.transition.shape[1]

    @property
    def n_profiles(self) -> int:
        """Number of profiles C."""
        return len(self.profiles)

    @property
    def n_actions(self) -> tuple[int, ...]:
        """Number of actions of the one player who stands for all."""
        return (self._n_own,)

    @property
    def taken(self) -> np.ndarray:
        """Whether anybody takes an action in a profile, booleans (A, C)."""
        return self.profiles.T > 0

    def _checked(self, pays: np.ndarray) -> np.ndarray:
        """Rewards in their range; where nobody gets them, the least of it."""
        low, high = self.reward_range
        pays = np.where(self.taken, pays, low)
        checks.finite_array("reward", pays)
        outside = (pays < low) | (pays > high)
        if outside.any():
            where = checks.first_true(outside)
            raise ValueError(
                f"reward{checks.place(where)} must be in [{low:g}, {high:g}], got {float(pays[where])}; "
                f"reward_range=({min(low, float(pays.min())):g}, {max(high, float(pays.max())):g}) would hold it"
            )
        return pays

    def check_policy(self, policy: Any) -> np.ndarray:
        """``policy`` as an array (H, S, A), if it is one that all players can follow."""
        array = checks.real_array("policy", policy)
        checks.has_shape("policy", array, (self.horizon, self.n_states, self._n_own), "(H, S, A)")
        return checks.probability_rows("policy", array)

    def counts(self) -> ProfileCounts:
        """Counts of which nothing was seen."""
        return ProfileCounts(self.n_players, self._n_own, self.n_states, self.horizon, self.reward_range, self.initial)

    def play(self, policy: Any, n_episodes: int, rng: np.random.Generator) -> np.ndarray:
        """How often each transition happened in any number of episodes in which all follow one policy.

        Parameters
        ----------
        policy : array_like, shape (H, S, A)
            What each player draws from, at each step and state.
        n_episodes : int
            Number of episodes, from 1 to 10**15. The cost does not depend on it.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        numpy.ndarray of int64, shape (H, S, C, S)
            Counts by profile: joint actions are never made.

        Raises
        ------
        ValueError, TypeError
            If an argument is not of that form.

        Examples
        --------
        >>> import numpy as np
        >>> from mornavi_lite.anonymous import bridge_and_tunnel
        >>> game = bridge_and_tunnel().with_players(600)
        >>> even = np.full((game.horizon, game.n_states, 2), 0.5)
        >>> int(game.play(even, 10**6, np.random.default_rng(0))[0].sum())
        1000000
        """
        n = checks.integer("n_episodes", n_episodes, 1, 10**15)
        checks.generator(rng)
        spread = profile_probabilities(self.n_players, self.check_policy(policy))
        return flow(self.transition, self.initial, spread, n, rng)

    def gap_and_value(self, policy: Any, sets: Sequence[UncertaintySet], concept: str) -> tuple[float, np.ndarray]:
        """What ``run`` asks: the gap of a policy that all follow, and its value (1, H+1, S)."""
        checks.one_of("concept", concept, ("nash",))
        checked, ball = self.check_policy(policy), one_set(sets)
        value = followed(self, ball, checked)
        return gap_of(self, deviated(self, ball, checked), value), value

    def digest(self) -> str:
        """Text that differs where anything of the game does, names aside."""
        known = hashlib.sha256(repr((self.n_players, self.transition.shape, self.reward_range)).encode())
        for array in (self.transition, self.reward, self.initial):
            known.update(np.ascontiguousarray(array).tobytes())
        return known.hexdigest()

    def tabular(self) -> MarkovGame:
        """The same game with an entry for each joint action, for small m.

        Returns
        -------
        MarkovGame
            With A^m joint actions, flattened in C order.

        Raises
        ------
        ValueError
            If it would have more than 2 GiB.

        Examples
        --------
        A joint policy of equal players is worth the same in both:

        >>> from mornavi_lite import TotalVariation, evaluate
        >>> from mornavi_lite.anonymous import bridge_and_tunnel, solve
        >>> game = bridge_and_tunnel().with_players(4)
        >>> policy, value, _ = solve(game, TotalVariation(0.1))
        >>> joint = evaluate(game.tabular(), game.joint_policy(policy), TotalVariation(0.1))
        >>> bool(abs(joint - value).max() < 1e-12)
        True
        """
        n_joint = self._n_own**self.n_players
        numbers = self.horizon * self.n_states * n_joint
        refuse_too_large("the game of joint actions", numbers * (self.n_states + self.n_players))
        of = joint_profiles(self.n_players, self._n_own)
        own = np.indices((self._n_own,) * self.n_players).reshape(self.n_players, n_joint)
        reward = np.stack([self.reward[:, :, each, of] for each in own])
        return MarkovGame(
            self.transition[:, :, of],
            reward,
            (self._n_own,) * self.n_players,
            self.initial,
            self.name,
            self.state_names,
            [self.action_names] * self.n_players,
            self.reward_range,
        )

    def joint_policy(self, policy: Any) -> np.ndarray:
        """The joint policy (H, S, A^m) of ``tabular`` in which every player follows ``policy`` (H, S, A)."""
        own = joint = self.check_policy(policy)
        refuse_too_large("the joint policy", self.horizon * self.n_states * self._n_own**self.n_players)
        for _ in range(self.n_players - 1):
            joint = (joint[..., :, None] * own[..., None, :]).reshape(*own.shape[:2], -1)
        return joint

    def shared_rows(self) -> np.ndarray:
        """Which cells of ``tabular`` share a kernel, integers (H, S, A^m): what ``Mornavi(rows=...)`` can be told."""
        of = joint_profiles(self.n_players, self._n_own)
        first = np.arange(self.horizon * self.n_states).reshape(self.horizon, self.n_states, 1) * self.n_profiles
        return np.asarray(first + of)

    def __repr__(self) -> str:
        return (
            f"AnonymousGame(name={self.name!r}, n_players={self.n_players}, n_actions={self._n_own}, "
            f"horizon={self.horizon}, n_states={self.n_states})"
        )


def _range(reward_range: Any, pays: np.ndarray, taken: np.ndarray) -> tuple[float, float]:
    """Least and greatest reward."""
    if isinstance(reward_range, str):
        checks.one_of("reward_range", reward_range, ("observed",))
        seen = pays[np.broadcast_to(taken, pays.shape)]
        reward_range = (float(seen.min()), float(seen.max()))
    pair = checks.finite_array("reward_range", (0.0, 1.0) if reward_range is None else reward_range)
    checks.has_shape("reward_range", pair, (2,), "(lo, hi)")
    if pair[0] > pair[1]:
        raise ValueError(f"reward_range must have its lower end first, got {pair.tolist()}")
    return float(pair[0]), float(pair[1])
