"""What a learner has seen of a game."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .. import checks
from ..games import MarkovGame
from ..games.arrays import read_only, refuse_too_large, reward_ranges, whole_range
from ..games.legal import folded, standing, stands_for
from ..games.sparse import gathered, scattered
from ..summaries import About, headline, interval, many, per_player, sizes
from . import stored
from .cells import frequencies, in_cells, indices
from .lists import columns
from .rewards import KINDS, SeenRewards

#: Counts of a sparse game with more states than these, and all with more numbers, are kept beside lists of next states.
FEW_STATES, MANY_NUMBERS = 64, 2**23


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
    reward_range : (lo, hi), or array_like of shape (m, 2) or (m, H, 2)
        Between which values rewards lie: what is known before any is seen.
    rewards : {"deterministic", "next_state", "random"}
        Rewards are r(s, a), or r(s, a, s'), or draws within the range whose mean depends on (s, a).
    initial : int, array_like of shape (S,) or None
        The initial state, or its distribution, where it is known: the others' rows at the first step do not matter.
    state_names : sequence of str or None
        Name of each state, for results that are printed.
    action_names : sequence of sequences of str or None
        For each player the name of each action.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 4, :prf:ref:`def-counts`. Rewards that are not random are known once seen. The counts are all that a learner
    gets: never the kernel, never the reward of what nobody tried. Chapter 11: of many states each row keeps a list of
    the next states that were seen, or that a sparse game has, so memory follows these, and so does the cost of a plan.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import Counts, zoo
    >>> game = zoo.traffic_merge()
    >>> uniform = np.full((game.horizon, game.n_states, game.n_joint_actions), 0.25)
    >>> counts = Counts.for_game(game)
    >>> counts.add(game.play(uniform, 100, np.random.default_rng(0)), game.reward)
    >>> counts.n_episodes, bool((counts.visits.sum(axis=(1, 2)) == 100).all())
    (100, True)
    """

    def __init__(
        self,
        n_states: int,
        n_actions: Sequence[int],
        horizon: int,
        reward_range: Any = (0, 1),
        rewards: str = "deterministic",
        *,
        initial: Any = None,
        state_names: Any = None,
        action_names: Any = None,
    ) -> None:
        size, steps = checks.integer("n_states", n_states, 1), checks.integer("horizon", horizon, 1)
        self._n_actions = checks.action_counts(n_actions)
        kind = checks.one_of("rewards", rewards, KINDS)
        m, n_joint = len(self._n_actions), math.prod(self._n_actions)
        ranges = reward_ranges(reward_range, np.zeros(0), m, steps)
        checks.integer("the product of n_states, horizon and n_actions", steps * size * n_joint, 1, 2**40)
        self._visits = np.zeros((steps, size, n_joint), dtype=np.int64)
        lists = None if self._visits.size * size <= MANY_NUMBERS else np.full((*self._visits.shape, 1), -1)
        self._lay_out(kind, ranges, lists)
        self._legal: tuple[np.ndarray, ...] | None = None
        self._stand: np.ndarray | None = None
        self._listed: np.ndarray | None = None
        self._starts = None if initial is None else checks.distribution("initial", initial, size) > 0
        self._start_learned = False
        words: dict[str, Any] = (
            {} if state_names is None else {"state_names": checks.names("state_names", state_names, size)}
        )
        if action_names is not None:
            own = zip(checks.per_player("action_names", action_names, m), self._n_actions, strict=True)
            words["action_names"] = tuple(checks.names(f"action_names[{i}]", *each) for i, each in enumerate(own))
        self._names = About(**words)

    @classmethod
    def for_game(cls, game: MarkovGame) -> Counts:
        """Empty counts of a game's sizes, reward range, kind of rewards, legal actions, initial states and names.

        Parameters
        ----------
        game : MarkovGame
            What will be played. Of a sparse game, ``add`` takes what ``play`` returns.

        Returns
        -------
        Counts
            Nothing was seen yet.

        Raises
        ------
        TypeError, ValueError
            If it is not a game, or a dense one whose counts would have more than 2 GiB.
        """
        if not isinstance(game, MarkovGame):
            raise TypeError(f"game must be a MarkovGame, got {type(game).__name__}")
        kind = "next_state" if game.step_reward(0).ndim == 4 else "deterministic"
        counts = cls(game.n_states, game.n_actions, game.horizon, game.step_ranges, kind, initial=game.initial)
        counts._legal, listed = game.legal, game.next_state
        if listed is None or game.n_states > FEW_STATES:
            counts._lay_out(kind, counts.step_ranges, listed)
        counts._listed = listed
        counts._stand = None if game.legal is None else stands_for(game.legal, game.n_actions)
        counts._names = About(game.name, state_names=game.state_names, action_names=game.action_names)
        return counts

    def _lay_out(self, kind: str, ranges: np.ndarray, lists: np.ndarray | None) -> None:
        """Room for counts, dense or beside lists of next states, of which nothing was seen."""
        self._lists = lists
        shape = (*self._visits.shape, self.n_states) if lists is None else lists.shape
        if lists is None:
            refuse_too_large("the counts", math.prod(shape))
        self._transitions = np.zeros(shape, dtype=np.int64)
        self._rewards = SeenRewards(kind, ranges, shape if kind == "next_state" else shape[:-1])

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
    def n_cells(self) -> int:
        """Number of steps, states and legal joint actions."""
        if self._stand is None:
            return self._visits.size
        return self.horizon * int((self._stand == np.arange(self._stand.shape[1])).sum())

    @property
    def starts(self) -> np.ndarray | None:
        """Which states can be the first, booleans of shape (S,); None where nobody said."""
        return self._starts

    @property
    def start_row(self) -> np.ndarray | None:
        """How many episodes began in each state (S,), where the start is one more row to learn; None elsewhere."""
        return self._visits[0].sum(axis=-1) if self._start_learned else None

    @property
    def is_cell(self) -> np.ndarray:
        """Which joint actions are legal, booleans of shape (1, S, A), or (1, 1, 1) where all are."""
        if self._stand is None:
            return np.ones((1, 1, 1), dtype=bool)
        return np.asarray(self._stand == np.arange(self._stand.shape[1]))[None]

    @property
    def transitions(self) -> np.ndarray:
        """How often each transition happened, int64 (H, S, A, S), read-only; of many states made on demand."""
        if self._lists is None:
            return read_only(self._transitions.view())
        refuse_too_large("the counts", self._visits.size * self.n_states)
        return read_only(gathered(self._transitions, self._lists, self.n_states))

    @property
    def visits(self) -> np.ndarray:
        """How often each joint action was played at each step and state, int64 of shape (H, S, A), read-only."""
        return read_only(self._visits.view())

    @property
    def reward(self) -> np.ndarray:
        """Rewards seen, shape (m, H, S, A), read-only; the least of the range where ``visits`` is 0: unknown."""
        means = self._rewards.means(self._visits)
        if self._lists is None or self.rewards != "next_state":
            return read_only(means.view())
        refuse_too_large("the rewards", len(means) * self._visits.size * self.n_states)
        return read_only(scattered(means, self._lists, self._transitions > 0, self.n_states, self._rewards.low))

    @property
    def rewards(self) -> str:
        """Kind of rewards: "deterministic", "next_state" or "random"."""
        return self._rewards.kind

    @property
    def reward_range(self) -> np.ndarray:
        """Between which values each player's rewards lie, shape (m, 2)."""
        return whole_range(self._rewards.ranges)

    @property
    def step_ranges(self) -> np.ndarray:
        """Between which values each player's rewards lie at each step, shape (m, H, 2)."""
        return self._rewards.ranges

    @property
    def legal(self) -> tuple[np.ndarray, ...] | None:
        """For each player which actions it has at each state, booleans (S, A_i); None where all are legal."""
        return self._legal

    @property
    def about(self) -> About:
        """What results that are made of these counts say of the game: names, numbers of actions, range."""
        return replace(self._names, n_actions=self._n_actions, reward_range=self.reward_range)

    def fold(self, policy: np.ndarray) -> np.ndarray:
        """A policy (..., S, A), with what is on illegal joint actions moved to those they stand for."""
        return folded(policy, self._stand)

    def standing(self, payoffs: np.ndarray) -> np.ndarray:
        """Payoffs (..., S, A), an illegal joint action with those of the one it stands for."""
        return payoffs if self._stand is None else standing(payoffs, self._stand, payoffs.ndim - 2)

    def reward_bounds(self, step: int, delta: float, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """Highest and lowest rewards of a step that were not excluded; where a reward was seen, it is both.

        Shape (m, S, A), or (m, S, A, S) where rewards are on the next state, (m, S, A, K) of counts beside lists of
        those. ``delta`` is the probability with which the bounds of any mean of "random" rewards may ever fail, by the
        bet of :eq:`event-bound` for bounded draws, chapter 4; ``scale`` multiplies their distance from the observed
        mean.
        """
        seen = (self._transitions if self.rewards == "next_state" else self._visits)[step]
        return self._rewards.bounds(step, seen, delta, scale)

    def empirical_model(self) -> np.ndarray:
        """Observed frequencies of the next states.

        Returns
        -------
        numpy.ndarray, shape (H, S, A, S)
            Transitions divided by visits; uniform where nothing was seen.

        Notes
        -----
        Chapter 4, :eq:`empirical-model`.
        """
        return frequencies(self.transitions, self._visits)

    def add(self, played: Any, reward: Any) -> None:
        """Add the counts of any number of episodes, as :meth:`mornavi_lite.MarkovGame.play` returns them.

        Parameters
        ----------
        played : array_like of int, shape (H, S, A, S)
            How often each transition happened; for counts of a sparse game (H, S, A, B), as its ``play`` returns them.
        reward : array_like, shape (m, H, S, A), or with the last axis of ``played``
            Rewards within the range, on the next state where they depend on it; of "random" ones the sums over the
            visits. Only those of what was played are looked at.

        Raises
        ------
        ValueError, TypeError
            If an array has another shape, a count is negative or not an integer, a step would have more than 2**63 - 1
            transitions, or a reward is outside its range or contradicts those seen before. Nothing is added then.

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
        axes = "(H, S, A, S)" if self._listed is None else "(H, S, A, B)"
        outcomes = (*self._visits.shape, self.n_states) if self._listed is None else self._listed.shape
        checks.has_shape("played", array, outcomes, axes)
        self._check_room("played", array)
        gained = checks.real_array("reward", reward)
        by_outcome = self.rewards == "next_state"
        shape = (len(self._n_actions), *(outcomes if by_outcome else outcomes[:-1]))
        checks.has_shape("reward", gained, shape, f"(m, {axes[1:]}" if by_outcome else "(m, H, S, A)")
        array, gained = in_cells(self, array, gained)
        self._rewards.check(gained, self._telling(array), self._telling(self._transitions), lists=self._lists)
        self._add(array, gained)

    def add_unchecked(self, played: np.ndarray, reward: np.ndarray) -> None:
        """The same as :meth:`add` for arrays that are known to be sound: what inner loops call."""
        self._add(*in_cells(self, played, reward))

    def _telling(self, played: np.ndarray) -> np.ndarray:
        """How often each cell of the rewards was looked at, from counts (H, S, A, S)."""
        return played if self.rewards == "next_state" else played.sum(axis=-1)

    def _add(self, played: np.ndarray, reward: np.ndarray) -> None:
        self._rewards.add(reward, self._telling(played), self._telling(self._transitions))
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
            Reward of each player at each step, within the range.

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
        path = indices("states", states, (self.horizon + 1,), "(H + 1,)", self.n_states)
        if self._starts is not None and not self._starts[path[0]]:
            raise ValueError(
                f"states[0] must be an initial state, {np.flatnonzero(self._starts).tolist()}, got {path[0]}"
            )
        taken = checks.integer_array("joint_actions", joint_actions)
        if taken.ndim == 2:
            each = indices("joint_actions", taken, (self.horizon, len(self._n_actions)), "(H, m)", self._n_actions)
            taken = np.ravel_multi_index(tuple(each.T.astype(np.intp)), self._n_actions)
        taken = indices("joint_actions", taken, (self.horizon,), "(H,)", self._visits.shape[2])
        taken = taken if self._stand is None else self._stand[path[:-1], taken]
        gained = checks.real_array("rewards", rewards)
        checks.has_shape("rewards", gained, (len(self._n_actions), self.horizon), "(m, H)")
        if self._visits.sum(dtype=np.float64) > 2.0**62:  # of all steps together
            self._check_room("states", np.ones((self.horizon, 1), dtype=np.int64), self._visits)
        cells = (steps, path[:-1], taken)
        then = path[1:] if self._lists is None else columns(self, cells, path[1:])
        by_outcome = self.rewards == "next_state"
        told: tuple[np.ndarray, ...] = (*cells, then) if by_outcome else cells
        before = (self._transitions if by_outcome else self._visits)[told]
        self._rewards.check(gained, np.ones_like(steps), before, told, self._lists)
        self._rewards.record(gained, told, before)
        self._transitions[*cells, then] += 1
        self._visits[cells] += 1

    def with_start(self, initial: Any = None) -> Counts:
        """A copy that is told how episodes begin, or that this is to be learned.

        Parameters
        ----------
        initial : int, array_like of shape (S,) or None
            The initial state, or its distribution. None: the start is one more row of the confidence set, and plans
            have bounds for it.

        Returns
        -------
        Counts
            The same counts, in arrays of its own.

        Raises
        ------
        ValueError, TypeError
            If ``initial`` is not of that form, or episodes began where it has no mass.

        Notes
        -----
        Chapter 4, :prf:ref:`def-confidence-set`.
        """
        told = self.copy()
        told._start_learned = initial is None
        if initial is not None:
            told._starts = checks.distribution("initial", initial, self.n_states) > 0
            wrong = ~told._starts & self._visits[0].any(axis=-1)
            if wrong.any():
                (state,) = checks.first_true(wrong)
                raise ValueError(
                    f"initial is contradicted by counts: episodes began in state {state}, where it has no mass"
                )
        return told

    def copy(self) -> Counts:
        """Independent copy, for a learner that goes on while these counts stay."""
        other = copy.copy(self)
        other._transitions, other._visits = self._transitions.copy(), self._visits.copy()
        other._rewards = copy.deepcopy(self._rewards)
        if self._lists is not None and self._lists.flags.writeable:  # else they are a game's, and nobody's to change
            other._lists = self._lists.copy()
        return other

    def _check_room(self, name: str, played: np.ndarray, before: np.ndarray | None = None) -> None:
        """Raise unless the transitions of each step, with those of ``played``, can be counted in 64 bits."""
        before = self._transitions if before is None else before
        totals = checks.exact_sums(before, before.ndim - 1) + checks.exact_sums(played, played.ndim - 1)
        for h, total in enumerate(totals):
            if total > checks.LARGEST:
                raise ValueError(f"{name} must leave at most 2**63 - 1 transitions of step {h}, got {total} with it")

    def of(self, game: MarkovGame) -> Counts:
        """A copy that takes what the ``play`` of a game of the same sizes returns, for a run that is taken up.

        It has the game's legal actions, names and initial states and, if the game is sparse, stands beside its next
        states.
        """
        same, fresh = self.copy(), Counts.for_game(game)
        same._legal, same._stand, same._listed = fresh._legal, fresh._stand, fresh._listed
        if same._lists is not None and fresh._lists is not None and np.array_equal(same._lists, fresh._lists):
            same._lists = fresh._lists
        same._starts, same._names = fresh._starts, fresh._names
        return same

    parts = stored.parts
    from_parts = classmethod(stored.from_parts)
    save = stored.save
    load = classmethod(stored.load)

    def __repr__(self) -> str:
        ranges = [interval(*each) for each in self.reward_range]
        told = ranges[0] if len(set(ranges)) == 1 else per_player(ranges)
        tried = int((self._visits > 0).sum())
        lines = [
            f"{headline('Counts', self.about)}: {many(self.n_episodes, 'episode')}",
            sizes(self.about, self._visits.shape, len(self._n_actions)),
            f"tried: {tried:,} of {self.n_cells:,} joint actions, over all steps and states",
            f"rewards: {self.rewards.replace('_', ' ')}, {told}",
        ]
        return "\n".join(lines)
