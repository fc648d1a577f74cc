"""The class ``MarkovGame``: a game checked when it is made, and read-only afterwards. Chapter 1 of the book."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import checks
from . import builders, names, playing, stepping, stored
from .arrays import (
    check_in_range,
    check_kernel,
    check_reward,
    checked_rows,
    frozen,
    kernel_array,
    one_step,
    read_only,
    reward_ranges,
    whole_range,
)
from .legal import folded, legal_masks, standing, stands_for
from .sparse import dense_kernel, merged_steps


class MarkovGame:
    """A finite-horizon tabular Markov game, checked when it is made and read-only afterwards.

    Parameters
    ----------
    transition : array_like, shape (H, S, A, S)
        Probability of each next state, given step, state and joint action. Rows sum to 1 within 1e-8.
    reward : array_like, shape (m, H, S, A) or (m, H, S, A, S)
        Reward of each player, in ``reward_range``; with a last axis where it depends on the next state.
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
    reward_range : (lo, hi), array_like of shape (m, 2), "observed" or None
        Between which values rewards may lie: what a learner is told. "observed" is the least and the greatest in
        ``reward``. None is (0, 1).
    normalize : bool
        Whether rows that are off by up to 1e-3 (float32, rounded tables) are divided by their sum.
    legal : sequence of array_like of bool, shape (S, A_i), or None
        For each player which actions it has at each state. An illegal one stands for the player's first legal one, and
        no policy that is returned uses it. None: all.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form; the message names it, with the first offending index and value.

    Notes
    -----
    Chapter 1, :prf:ref:`def-markov-game`; Shapley (1953) for stochastic games, Liu et al. (2021) for this
    finite-horizon form. A kernel or reward that does not depend on the step is stored once and shown as a broadcast
    view. The arrays that are given are copied, and can be changed or freed; one of float64 that nobody can write to
    (``transition.setflags(write=False)``) is kept as it is, which saves a large kernel its second copy.

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

    stationary = classmethod(builders.stationary)
    sparse = classmethod(builders.sparse)
    from_step = classmethod(stepping.from_step)
    discounted = classmethod(builders.discounted)

    def __init__(
        self,
        transition: Any,
        reward: Any,
        n_actions: Sequence[int],
        initial: Any = None,
        name: str = "",
        state_names: Sequence[str] | None = None,
        action_names: Sequence[Sequence[str]] | None = None,
        reward_range: Any = None,
        normalize: bool = False,
        legal: Any = None,
    ) -> None:
        counts = checks.action_counts(n_actions)
        kernel, rewards = kernel_array("transition", transition, 4, counts), checks.real_array("reward", reward)
        check_kernel(kernel, counts, "(H, S, A, S)")
        check_reward(rewards, (len(counts), *kernel.shape[:3]), "(m, H, S, A)")
        if rewards.ndim == 5 and rewards.shape[-1] != kernel.shape[-1]:
            raise ValueError(f"reward must have a last axis of S = {kernel.shape[-1]}, got {rewards.shape}")
        called = {"name": name, "state_names": state_names, "action_names": action_names}
        options = {"reward_range": reward_range, "normalize": normalize, "legal": legal, **called}
        self._fill(None, kernel, rewards, counts, kernel.shape[1], initial, **options)

    @classmethod
    def _made(
        cls,
        next_state: np.ndarray | None,
        probability: np.ndarray,
        reward: np.ndarray,
        n_actions: Sequence[int],
        n_states: int,
        initial: Any,
        **options: Any,
    ) -> MarkovGame:
        """A game of rows (H, S, A, K), dense or beside their next states, and rewards of sound shapes."""
        game = cls.__new__(cls)
        game._fill(next_state, probability, reward, tuple(n_actions), n_states, initial, **options)
        return game

    def _fill(
        self,
        next_state: np.ndarray | None,
        probability: np.ndarray,
        reward: np.ndarray,
        n_actions: tuple[int, ...],
        n_states: int,
        initial: Any,
        name: str = "",
        state_names: Any = None,
        action_names: Any = None,
        reward_range: Any = None,
        normalize: bool = False,
        legal: Any = None,
        discount: float | None = None,
        by_step: bool = True,
    ) -> None:
        horizon, m = len(probability), len(n_actions)
        self._legal = legal_masks(legal, n_states, n_actions)
        self._stand = None if self._legal is None else stands_for(self._legal, n_actions)
        listed = None if next_state is None else one_step(next_state, 0)
        rows, rewards = one_step(probability, 0), one_step(reward, 1)
        if self._stand is not None:
            rows, rewards = standing(rows, self._stand, 1), standing(rewards, self._stand, 2)
            listed = None if listed is None else standing(listed, self._stand, 1)
        # What was given for one step is named without a step in errors.
        rows = checked_rows("transition" if listed is None else "probability", rows, normalize, by_step)
        ranges = reward_ranges(reward_range, rewards, m, horizon)
        check_in_range(rewards, ranges, by_step)
        self._next_state = None
        if listed is not None:
            listed, rows, rewards = merged_steps(listed, rows, rewards)
            self._next_state = np.broadcast_to(read_only(listed), (horizon, *rows.shape[1:]))
        self._n_actions, self._n_states, self._discount = n_actions, n_states, discount
        self._probability = frozen(rows, (horizon, *rows.shape[1:]))
        self._reward = frozen(rewards, (m, horizon, *rewards.shape[2:]))
        self._ranges = ranges
        self._weight = np.ones(horizon) if discount is None else discount ** np.arange(horizon)
        self._initial = frozen(checks.distribution("initial", initial, n_states), (n_states,))
        self._name = "" if name is None else checks.text("name", name)
        each = [None] * m if action_names is None else checks.per_player("action_names", action_names, m)
        self._states = names.Names("state_names", state_names, n_states)
        self._actions = [names.Names(f"action_names[{i}]", each[i], n) for i, n in enumerate(n_actions)]

    @property
    def transition(self) -> np.ndarray:
        """Nominal kernel, shape (H, S, A, S), read-only; of a sparse game made on demand, up to 2 GiB."""
        if self._next_state is None:
            return self._probability
        return dense_kernel(self._next_state, self._probability, self._n_states)

    @property
    def next_state(self) -> np.ndarray | None:
        """Of a sparse game the next states of each row, shape (H, S, A, B), rising; None if the game is dense."""
        return self._next_state

    @property
    def probability(self) -> np.ndarray:
        """Of a sparse game the probabilities beside ``next_state``, shape (H, S, A, B); else ``transition``."""
        return self._probability

    @property
    def reward(self) -> np.ndarray:
        """Rewards (m, H, S, A), read-only; with a last axis of next states, S or B, where they depend on those."""
        if self._discount is None:
            return self._reward
        return read_only(self._reward * self._weight.reshape(-1, *(1,) * (self._reward.ndim - 2)))

    @property
    def reward_range(self) -> np.ndarray:
        """Between which values each player's rewards lie, shape (m, 2)."""
        return whole_range(self.step_ranges)

    @property
    def step_ranges(self) -> np.ndarray:
        """Between which values each player's rewards lie at each step, shape (m, H, 2)."""
        return self._ranges if self._discount is None else self._ranges * self._weight[:, None]

    @property
    def tail(self) -> np.ndarray:
        """Between which values lies what a discounted game leaves out after its last step, shape (m, 2); else 0."""
        if self._discount is None:
            return np.zeros((self.n_players, 2))
        return self._ranges[:, 0] * (self._discount**self.horizon / (1 - self._discount))

    @property
    def initial(self) -> np.ndarray:
        """Initial distribution, shape (S,), read-only."""
        return self._initial

    @property
    def n_actions(self) -> tuple[int, ...]:
        """Number of actions of each player."""
        return self._n_actions

    @property
    def legal(self) -> tuple[np.ndarray, ...] | None:
        """For each player which actions it has at each state, booleans (S, A_i); None where all are legal."""
        return self._legal

    @property
    def horizon(self) -> int:
        """Number of steps H."""
        return len(self._weight)

    @property
    def n_states(self) -> int:
        """Number of states S."""
        return self._n_states

    @property
    def n_joint_actions(self) -> int:
        """Number of joint actions A, the product of ``n_actions``."""
        return self._probability.shape[2]

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
        return self._states.words

    @property
    def action_names(self) -> tuple[tuple[str, ...], ...]:
        """For each player the name of each action."""
        return tuple(each.words for each in self._actions)

    @property
    def repeats_one_step(self) -> bool:
        """Whether kernel and rewards are stored for one step, which all others repeat."""
        return len(one_step(self._probability, 0)) == 1 and one_step(self._reward, 1).shape[1] == 1

    def rows(self, step: int) -> tuple[np.ndarray | None, np.ndarray]:
        """Rows of a step: next states (S, A, B) or None, and probabilities (S, A, B), or (S, A, S) if dense."""
        return (None if self._next_state is None else self._next_state[step]), self._probability[step]

    def step_reward(self, step: int) -> np.ndarray:
        """Rewards of a step, shape (m, S, A), or (m, S, A, K) with the K next states of :meth:`rows`."""
        reward = self._reward[:, step]
        return reward if self._discount is None else reward * self._weight[step]

    def legal_joint_actions(self, state: int) -> list[int]:
        """The joint actions of which every part is legal at a state, rising."""
        every = np.arange(self.n_joint_actions)
        return (every if self._stand is None else every[self._stand[state] == every]).tolist()

    def lowest_reward(self, player: int, step: int) -> float:
        """The lowest reward that a player can get at a step: that of a next state which a sparse row does not list."""
        return float(self._ranges[player, step, 0] * self._weight[step])

    def standing(self, payoffs: np.ndarray, states: np.ndarray | None = None) -> np.ndarray:
        """Payoffs (S, A), or of some states, an illegal joint action with that of the one it stands for."""
        if self._stand is None:
            return payoffs
        return standing(payoffs, self._stand if states is None else self._stand[states], 0)

    def fold(self, policy: np.ndarray) -> np.ndarray:
        """A policy (..., S, A) of this game with what is on illegal joint actions moved to those they stand for."""
        return folded(policy, self._stand)

    state = names.state
    joint_action = names.joint_action
    joint_action_name = names.joint_action_name
    play = playing.play
    play_unchecked = playing.play_unchecked
    check_policy = playing.check_policy
    dense = stored.dense
    with_rows = stored.with_rows
    save = stored.save
    load = classmethod(stored.load)

    def __eq__(self, other: object) -> bool:
        return stored.equal(self, other) if isinstance(other, MarkovGame) else NotImplemented

    def __hash__(self) -> int:
        return hash((stored.facts(self), self._initial.tobytes()))

    def contents(self) -> Iterator[bytes]:
        """The bytes that tell this game from others, whatever its states and actions are called."""
        return stored.contents(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """How copies and pickles are made: by the constructor, so they are checked and read-only like the original."""
        return stored.from_parts, (type(self), stored.parts(self))

    def __repr__(self) -> str:
        return (
            f"MarkovGame(name={self._name!r}, horizon={self.horizon}, n_states={self.n_states}, "
            f"n_actions={self._n_actions})"
        )
