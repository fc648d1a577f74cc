"""What a learner has seen of an anonymous game: counts by profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import checks
from ..confidence import Counts
from ..summaries import About
from .profiles import profiles


class ProfileCounts:
    """How often each profile was played and what followed, and the rewards of those who were in it.

    Inside are :class:`mornavi_lite.Counts` whose joint actions are the profiles, and whose players are the actions: the
    reward of "player" a is that of one who takes action a. So all bounds of the learners are at hand as they are.

    Parameters
    ----------
    n_players, n_actions : int
        Number of players, and of actions of each.
    n_states, horizon : int
        Sizes of the game.
    reward_range : (lo, hi)
        Between which values rewards lie.
    initial : int, array_like of shape (S,) or None
        The initial state, or its distribution, where it is known.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Examples
    --------
    >>> from mornavi_lite.anonymous import ProfileCounts
    >>> counts = ProfileCounts(n_players=50, n_actions=2, n_states=3, horizon=2)
    >>> counts.visits.shape
    (2, 3, 51)
    """

    def __init__(
        self,
        n_players: int,
        n_actions: int,
        n_states: int,
        horizon: int,
        reward_range: Any = (0, 1),
        initial: Any = None,
    ) -> None:
        self.n_players = checks.integer("n_players", n_players, 1)
        own = checks.integer("n_actions", n_actions, 1)
        self.profiles = profiles(self.n_players, own)
        sizes = (len(self.profiles), *(1,) * (own - 1))
        self.inside = Counts(n_states, sizes, horizon, reward_range, initial=initial)

    @property
    def n_actions(self) -> tuple[int, ...]:
        """Number of actions of the one player who stands for all."""
        return self.profiles.shape[1:]

    @property
    def n_states(self) -> int:
        """Number of states S."""
        return self.inside.n_states

    @property
    def horizon(self) -> int:
        """Number of steps H."""
        return self.inside.horizon

    @property
    def n_episodes(self) -> int:
        """How many episodes were seen."""
        return self.inside.n_episodes

    @property
    def visits(self) -> np.ndarray:
        """How often each profile was played, integers (H, S, C), read-only."""
        return self.inside.visits

    @property
    def transitions(self) -> np.ndarray:
        """How often each transition happened, integers (H, S, C, S), read-only."""
        return self.inside.transitions

    @property
    def step_ranges(self) -> np.ndarray:
        """Between which values rewards lie at each step, shape (1, H, 2)."""
        return self.inside.step_ranges[:1]

    @property
    def about(self) -> About:
        """What results that are made of these counts say of the game."""
        range_of_one = self.inside.reward_range[:1]
        return About(f"one of {self.n_players} players", n_actions=self.n_actions, reward_range=range_of_one)

    def add(self, played: Any, reward: Any) -> None:
        """Add the counts of any number of episodes, as ``AnonymousGame.play`` returns them.

        Parameters
        ----------
        played : array_like of int, shape (H, S, C, S)
            How often each transition happened.
        reward : array_like, shape (H, S, A, C)
            Rewards, within the range. Only those of profiles that were played, and of actions in them, are looked at.

        Raises
        ------
        ValueError, TypeError
            If an array has another shape, or a reward is outside its range or contradicts one seen before.

        Examples
        --------
        >>> from mornavi_lite.anonymous import ProfileCounts
        >>> counts = ProfileCounts(n_players=1, n_actions=2, n_states=1, horizon=1)
        >>> counts.add([[[[3], [0]]]], [[[[0.0, 0.0], [0.25, 0.0]]]])
        >>> counts.visits.tolist()
        [[[3, 0]]]
        """
        pays = checks.real_array("reward", reward, 4)
        horizon, n_states, _ = self.inside.visits.shape
        shape = (horizon, n_states, self.profiles.shape[1], len(self.profiles))
        checks.has_shape("reward", pays, shape, "(H, S, A, C)")
        self.inside.add(played, self._by_action(pays))

    def add_unchecked(self, played: np.ndarray, reward: np.ndarray) -> None:
        """The same as :meth:`add` for arrays that are known to be sound."""
        self.inside.add_unchecked(played, self._by_action(reward))

    def _by_action(self, pays: np.ndarray) -> np.ndarray:
        """Rewards (A, H, S, C), the least one where nobody takes the action."""
        least = self.inside.step_ranges[0, :, 0].reshape(-1, 1, 1)
        by_action = np.moveaxis(pays, 2, 0)
        taken = (self.profiles.T > 0)[:, None, None]
        return np.where(taken, by_action, least) if by_action.shape[0] == len(taken) else by_action

    def copy(self) -> ProfileCounts:
        """Independent copy."""
        return self._around(self.inside.copy(), self.n_players, self.profiles)

    @classmethod
    def _around(cls, inside: Counts, n_players: int, listed: np.ndarray) -> ProfileCounts:
        counts = object.__new__(cls)
        counts.n_players, counts.profiles, counts.inside = n_players, listed, inside
        return counts

    def parts(self) -> dict[str, np.ndarray]:
        """Arrays that can be stored; :meth:`from_parts` makes the counts of them again."""
        return self.inside.parts() | {"n_players": np.array(self.n_players)}

    @classmethod
    def from_parts(cls, stored: Mapping[str, np.ndarray]) -> ProfileCounts:
        """Counts of what :meth:`parts` gave: what ``History.load(path, counts=ProfileCounts)`` asks for."""
        inside, n_players = Counts.from_parts(stored), int(stored["n_players"])
        return cls._around(inside, n_players, profiles(n_players, len(inside.n_actions)))
