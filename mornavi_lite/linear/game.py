"""The class ``LinearGame``: features, factors and rewards, checked when the game is made, and read-only afterwards."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from .. import checks
from ..games import MarkovGame
from ..games.arrays import (
    check_in_range,
    checked_rows,
    frozen,
    one_step,
    read_only,
    refuse_too_large,
    reward_ranges,
    whole_range,
)
from ..games.flows import flow
from ..uncertainty import UncertaintySet
from .backup import deviated, factor_sets, followed, gap_of
from .counts import FeatureCounts
from .flows import Flows, distinct_rows, drawn_flows, mixed


class LinearGame:
    """A finite-horizon Markov game whose rows are mixtures of a few: what mixes them is known of each joint action.

    Parameters
    ----------
    features : array_like, shape (S, A, d) or (H, S, A, d)
        Weights of the d factors at each state and joint action: not negative, their sum is 1 within 1e-8.
    factors : array_like, shape (H, d, S)
        Each factor's distribution of the next state. Rows sum to 1 within 1e-8.
    reward : array_like, shape (m, H, S, A)
        Reward of each player, in ``reward_range``.
    n_actions : sequence of int
        Number of actions of each player; their product is A.
    initial : int, array_like of shape (S,) or None
        Initial state, or its distribution. None is state 0.
    name : str
        What messages call the game.
    state_names, action_names, reward_range
        As :class:`mornavi_lite.MarkovGame` takes them.

    Attributes
    ----------
    features : numpy.ndarray, shape (H, S, A, d)
        The weights, read-only, as all arrays; a view that repeats one step where one was given.
    factors : numpy.ndarray, shape (H, d, S)
        The distributions.
    reward : numpy.ndarray, shape (m, H, S, A)
        The rewards.
    initial : numpy.ndarray, shape (S,)
        Initial distribution.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form; the message names it, with the first offending index and value.

    Notes
    -----
    Chapter 13, :prf:ref:`def-linear-game`: P_h(s' | s, a) = sum over j of features_j(s, a) factors_j(s'). What may
    shift are the factors, so an uncertainty set has d rows a step, however many states there are. Two games are equal
    if all their arrays and names are.

    Examples
    --------
    Two weathers, and an action that mixes them:

    >>> import numpy as np
    >>> from mornavi_lite.linear import LinearGame
    >>> features = [[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.0, 1.0]]]
    >>> factors = [[[0.8, 0.2], [0.2, 0.8]]] * 3
    >>> game = LinearGame(features, factors, np.zeros((1, 3, 2, 2)), n_actions=(2,))
    >>> game.features.shape, game.tabular().transition[0, 0].tolist()
    ((3, 2, 2, 2), [[0.8, 0.2], [0.5, 0.5]])
    """

    def __init__(
        self,
        features: Any,
        factors: Any,
        reward: Any,
        n_actions: Sequence[int],
        initial: Any = None,
        name: str = "",
        state_names: Sequence[str] | None = None,
        action_names: Sequence[Sequence[str]] | None = None,
        reward_range: Any = None,
    ) -> None:
        self.n_actions = checks.action_counts(n_actions)
        rows = checks.real_array("factors", factors, 3)
        if min(rows.shape) < 1:
            raise ValueError(f"factors must have shape (H, d, S) with entries, got {rows.shape}")
        horizon, n_features, n_states = rows.shape
        shape = (horizon, n_states, math.prod(self.n_actions), n_features)
        self.features = checked_features(features, shape)
        self.factors = frozen(checked_rows("factors", rows, False), rows.shape)
        pays = checks.real_array("reward", reward, 4)
        checks.has_shape("reward", pays, (len(self.n_actions), *shape[:3]), "(m, H, S, A)")
        checks.finite_array("reward", pays)
        self.step_ranges = reward_ranges(reward_range, pays, len(self.n_actions), horizon)
        check_in_range(pays, self.step_ranges, True)
        self.reward = frozen(pays, pays.shape)
        self.initial = frozen(checks.distribution("initial", initial, n_states), (n_states,))
        self.name = "" if name is None else checks.text("name", name)
        self.state_names = checks.names("state_names", state_names, n_states)
        each = [None] * self.n_players if action_names is None else action_names
        if not isinstance(each, Sequence) or len(each) != self.n_players:
            raise ValueError(f"action_names must have one entry per player, {self.n_players}, got {checks.brief(each)}")
        self.action_names = tuple(checks.names(f"action_names[{i}]", each[i], n) for i, n in enumerate(self.n_actions))

    @property
    def horizon(self) -> int:
        """Number of steps H."""
        return self.factors.shape[0]

    @property
    def n_states(self) -> int:
        """Number of states S."""
        return self.factors.shape[2]

    @property
    def n_features(self) -> int:
        """Number of factors d."""
        return self.factors.shape[1]

    @property
    def n_players(self) -> int:
        """Number of players m."""
        return len(self.n_actions)

    @property
    def n_joint_actions(self) -> int:
        """Number of joint actions A, the product of ``n_actions``."""
        return self.features.shape[2]

    @property
    def reward_range(self) -> np.ndarray:
        """Between which values each player's rewards lie, shape (m, 2)."""
        return whole_range(self.step_ranges)

    @property
    def transition(self) -> np.ndarray:
        """The kernel, shape (H, S, A, S), made on demand, up to 2 GiB."""
        shape = (*self.features.shape[:3], self.n_states)
        refuse_too_large("the kernel", math.prod(shape))
        pairs = zip(self.features, self.factors, strict=True)
        made = np.stack([mixed(phi.reshape(-1, self.n_features), mu) for phi, mu in pairs])
        return read_only(made.reshape(shape))

    @cached_property
    def _distinct(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Each step's distinct features (g, d), and which of them (S, A) each cell has."""
        found = [distinct_rows(each) for each in one_step(self.features, 0)]
        return found * (self.horizon // len(found))

    def check_policy(self, policy: Any) -> np.ndarray:
        """``policy`` as an array (H, S, A), if it is a joint policy of this game."""
        array = checks.real_array("policy", policy)
        checks.has_shape("policy", array, self.features.shape[:3], "(H, S, A)")
        return checks.probability_rows("policy", array)

    def counts(self) -> FeatureCounts:
        """Counts of which nothing was seen."""
        told = (self.step_ranges, self.initial, self.name, self.state_names, self.action_names)
        return FeatureCounts(self.features, self.n_actions, self.horizon, *told)

    def play(self, policy: Any, n_episodes: int, rng: np.random.Generator) -> np.ndarray:
        """How often each transition happened in any number of episodes of a joint policy.

        Parameters
        ----------
        policy : array_like, shape (H, S, A)
            Joint policy.
        n_episodes : int
            Number of episodes, from 1 to 10**15. The cost does not depend on it.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        numpy.ndarray of int64, shape (H, S, A, S)
            Counts, as :meth:`mornavi_lite.MarkovGame.play` has them; at most 2 GiB of them.

        Raises
        ------
        ValueError, TypeError
            If an argument is not of that form.

        Examples
        --------
        >>> import numpy as np
        >>> from mornavi_lite.linear import five_states
        >>> game = five_states()
        >>> even = np.full((game.horizon, game.n_states, game.n_joint_actions), 0.25)
        >>> game.play(even, 1000, np.random.default_rng(0)).sum(axis=(1, 2, 3)).tolist()
        [1000, 1000, 1000]
        """
        n, checked = self._episodes(policy, n_episodes, rng)
        return flow(self.transition, self.initial, checked, n, rng)

    def play_unchecked(self, policy: np.ndarray, n_episodes: int, rng: np.random.Generator) -> Flows:
        """What ``run`` plays: visits, and what followed cells of equal features together. Nothing is checked."""
        return drawn_flows(self._distinct, self.factors, self.initial, policy, n_episodes, rng)

    def _episodes(self, policy: Any, n_episodes: int, rng: Any) -> tuple[int, np.ndarray]:
        n = checks.integer("n_episodes", n_episodes, 1, 10**15)
        checks.generator(rng)
        return n, self.check_policy(policy)

    def gap_and_value(self, policy: Any, sets: Sequence[UncertaintySet], concept: str) -> tuple[float, np.ndarray]:
        """What ``run`` asks: the gap of a joint policy, and its value (m, H+1, S)."""
        checked, balls = self.check_policy(policy), factor_sets(self, sets)
        value = followed(self, balls, checked)
        return gap_of(self, deviated(self, balls, checked, concept), value), value

    def digest(self) -> str:
        """Text that differs where anything of the game does, names aside."""
        known = hashlib.sha256(repr((self.n_actions, self.features.shape)).encode())
        for array in (self.features, self.factors, self.reward, self.step_ranges, self.initial):
            known.update(np.ascontiguousarray(array).tobytes())
        return known.hexdigest()

    def tabular(self) -> MarkovGame:
        """The same game with a row for each state and joint action, up to 2 GiB.

        Returns
        -------
        MarkovGame
            Its kernel is that of this game. A ball around its rows is not that of this room, unless the features are
            one-hot: it holds more kernels.

        Raises
        ------
        ValueError
            If it would have more than 2 GiB.

        Examples
        --------
        The ball around rows is the larger one, so its worst case is the lower one:

        >>> import mornavi_lite
        >>> from mornavi_lite import TotalVariation, linear
        >>> game, ball = linear.five_states(), TotalVariation(0.2)
        >>> policy, value, _ = linear.solve(game, ball)
        >>> bool((mornavi_lite.evaluate(game.tabular(), policy, ball) <= value + 1e-12).all())
        True
        """
        named = (self.name, self.state_names, self.action_names, self.step_ranges)
        return MarkovGame(self.transition, self.reward, self.n_actions, self.initial, *named)

    def _facts(self) -> tuple:
        return self.n_actions, self.features.shape, self.name, self.state_names, self.action_names, self.digest()

    def __eq__(self, other: object) -> bool:
        return self._facts() == other._facts() if isinstance(other, LinearGame) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._facts())

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles are made by the constructor, so they are checked and read-only like the original."""
        features = one_step(self.features, 0)
        told = np.array(features if len(features) == self.horizon else features[0])
        named = (self.name, self.state_names, self.action_names, np.array(self.step_ranges))
        return type(self), (told, self.factors, self.reward, self.n_actions, self.initial, *named)

    def __repr__(self) -> str:
        return (
            f"LinearGame(name={self.name!r}, horizon={self.horizon}, n_states={self.n_states}, "
            f"n_features={self.n_features}, n_actions={self.n_actions})"
        )


def checked_features(features: Any, shape: tuple[int, int, int, int]) -> np.ndarray:
    """Features as a read-only array (H, S, A, d), if each is a point of the simplex."""
    weights = checks.real_array("features", features)
    if weights.shape not in (shape, shape[1:]):
        raise ValueError(
            f"features must have shape (S, A, d) = {shape[1:]} or (H, S, A, d) = {shape}, got {weights.shape}"
        )
    step = one_step(weights, 0) if weights.ndim == 4 else weights
    try:
        checks.probability_rows("features", step)
    except ValueError as error:
        raise ValueError(f"{error}; features are weights of the factors, in the simplex") from None
    return frozen(weights, shape)
