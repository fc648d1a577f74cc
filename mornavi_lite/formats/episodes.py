"""Episodes of an environment with finite spaces, as numbers of states and joint actions."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np

from .. import checks
from ..confidence.rewards import KINDS
from ..games.arrays import reward_ranges
from .gymnasium import END, words_from
from .spaces import actions_of, keys_of, observed_of, text_of

OBSERVATIONS = ("shared", "joint", "state")
ENDS = ("observed", "one")


class Environment:
    """What ``learn`` asks of an environment; made by :func:`from_parallel_env` and :func:`from_gymnasium_env`.

    Attributes
    ----------
    n_states : int
        Number of states S.
    n_actions : tuple of int
        Number of actions of each player.
    horizon : int
        Number of steps H.
    reward_range : numpy.ndarray of shape (m, H, 2)
        Between which values each player's rewards lie at each step.
    rewards : str
        Their kind.
    initial : numpy.ndarray of shape (S,) or None
        Distribution of the first state, if it was stated.
    end : int or None
        The state that stands for every end of an episode before the horizon.
    state_names : tuple of str
        Observations as text.
    action_names : tuple of tuple of str
        For each player its actions as text.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from mornavi_lite.formats import from_gymnasium_env
    >>> square = SimpleNamespace(nvec=[2, 2])
    >>> walk = SimpleNamespace(observation_space=square, action_space=SimpleNamespace(n=4), reset=None, step=None)
    >>> environment = from_gymnasium_env(walk, horizon=3)
    >>> environment.state((1, 0)), environment.state_names[2], int(environment.actions(3)["player"])
    (2, '(1, 0)', 3)
    """

    def __init__(
        self,
        env: Any,
        horizon: int,
        reward_range: Any,
        rewards: str,
        observations: str | None,
        states: Iterable[Any] | None,
        ends: str,
        initial: Any,
    ) -> None:
        self.env, self.horizon = env, checks.integer("horizon", horizon, 1)
        self._agents = tuple(env.possible_agents)
        if not self._agents:
            raise ValueError("env.possible_agents must name at least one agent, got none")
        self._actions = [actions_of(env.action_space(each), each) for each in self._agents]
        self.n_actions = tuple(each.size for each in self._actions)
        if isinstance(reward_range, str):
            raise TypeError(f"reward_range must be (lo, hi), known before anything is seen, got {reward_range!r}")
        self.reward_range = reward_ranges(reward_range, np.zeros(0), len(self._agents), self.horizon)
        self.rewards = checks.one_of("rewards", rewards, KINDS)
        if observations is not None:
            checks.one_of("observations", observations, OBSERVATIONS)
        self._kind, self._space = observed_of(env, self._agents, observations)
        keys = keys_of(self._space, states, self._kind)
        self._numbers = {key: k for k, key in enumerate(keys)}
        self.end = len(keys) if checks.one_of("ends", ends, ENDS) == "one" else None
        names = [text_of(key) for key in keys]
        self.state_names = (*names, *([] if self.end is None else [next(w for w in words_from(END) if w not in names)]))
        self.action_names = tuple(tuple(map(text_of, each.values())) for each in self._actions)
        self.n_states = len(self.state_names)
        self.initial = None if initial is None else checks.distribution("initial", initial, self.n_states)
        self._present: dict[tuple[int, int], tuple[Hashable, ...]] = {}
        self._acting: tuple[Hashable, ...] = ()
        self._last: dict[Hashable, tuple[int, ...]] = {}
        self._step, self._state = self.horizon, 0

    def __repr__(self) -> str:
        players = f"{len(self.n_actions)} players" if len(self.n_actions) > 1 else "1 player"
        return (
            f"Environment of {self.env}: {players}, {' x '.join(map(str, self.n_actions))} joint actions, "
            f"{self.n_states} states, {self.horizon} steps"
        )

    @property
    def support(self) -> np.ndarray:
        """What is known of what can follow what, booleans (S, A, S): nothing follows ``end`` but itself."""
        can = np.ones((self.n_states, math.prod(self.n_actions), self.n_states), dtype=bool)
        if self.end is not None:
            can[self.end, :, : self.end] = False
        return can

    def state(self, observation: Any) -> int:
        """The number of an observation.

        Parameters
        ----------
        observation : value of the space
            With "joint" a tuple with one observation per agent.

        Returns
        -------
        int
            The state, as plans number it.

        Raises
        ------
        ValueError
            If it is not one of the states.
        """
        try:
            return self._numbers[self._space.key(observation)]
        except (TypeError, ValueError, KeyError):
            raise ValueError(f"observation must be one of the states, got {checks.brief(observation, 200)}") from None

    def actions(self, joint_action: int) -> dict[Hashable, Any]:
        """What each agent plays in a joint action, for the environment's own ``step``.

        Parameters
        ----------
        joint_action : int
            Index of the joint action, as plans number it.

        Returns
        -------
        dict
            An action of its space for each agent.
        """
        index = checks.integer("joint_action", joint_action, 0, math.prod(self.n_actions) - 1)
        each = np.unravel_index(index, self.n_actions)
        return {agent: own.value(int(k)) for agent, own, k in zip(self._agents, self._actions, each, strict=True)}

    def reset(self, rng: np.random.Generator) -> int:
        """Begin an episode.

        Parameters
        ----------
        rng : numpy.random.Generator
            Gives the seed with which the environment is reset.

        Returns
        -------
        int
            The first state.
        """
        checks.generator(rng)
        seen, infos = self.env.reset(seed=int(rng.integers(2**31)))
        self._step, self._last = 0, {}
        self._acting = self._playing()
        return self._arrive(seen, infos, self._acting)

    def step(self, joint_action: int, rng: np.random.Generator) -> tuple[int, np.ndarray]:
        """Play a joint action.

        Parameters
        ----------
        joint_action : int
            Index of the joint action.
        rng : numpy.random.Generator
            Not used: what is random follows from the seed of the reset.

        Returns
        -------
        tuple of int and numpy.ndarray of shape (m,)
            The next state, and the rewards.
        """
        before, paid = self._acting, np.zeros(len(self._agents))
        self._step += 1
        if not before:  # the episode is over
            return self._told(self._state, ()), paid
        chosen = self.actions(joint_action)
        seen, rewards, terminated, truncated, infos = self.env.step({agent: chosen[agent] for agent in before})
        for i, agent in enumerate(self._agents):
            if agent in before and agent not in rewards:
                raise ValueError(f"env must pay agent {agent!r} at step {self._step - 1}, got {list(rewards)}")
            paid[i] = rewards.get(agent, 0.0)
        self._acting = tuple(a for a in self._playing() if not (terminated.get(a) or truncated.get(a)))
        return self._arrive(seen, infos, before), paid

    def _playing(self) -> tuple[Hashable, ...]:
        """The agents that are there."""
        there = list(self.env.agents)
        unknown = [each for each in there if each not in self._agents]
        if unknown:
            raise ValueError(f"env.agents must be among possible_agents, {list(self._agents)}, got {unknown[0]!r}")
        return tuple(each for each in self._agents if each in there)

    def _arrive(self, seen: Mapping[Hashable, Any], infos: Any, before: tuple[Hashable, ...]) -> int:
        """The state after a step, or after the reset."""
        for agent in self._acting:
            mask = (infos.get(agent) or {}).get("action_mask") if isinstance(infos, Mapping) else None
            if mask is not None and not np.all(mask):
                raise ValueError(
                    f"the info of agent {agent!r} at step {self._step} has an action_mask that forbids actions of "
                    f"{self.env.action_space(agent)}: let an action that is not legal do what a legal one does, and "
                    "leave the mask out"
                )
        if not self._acting and self.end is not None:
            return self._told(self.end, ())
        observation = self._observation(seen, (*before, *self._acting))
        try:
            state = self._numbers[self._space.key(observation)]
        except (TypeError, ValueError, KeyError):
            raise ValueError(
                f"what is observed at step {self._step} is not among the states: {checks.brief(observation, 200)}"
            ) from None
        return self._told(state, self._acting)

    def _observation(self, seen: Mapping[Hashable, Any], of: Iterable[Hashable]) -> Any:
        """The observation that is the state, or a tuple with that of each agent, the last one where it has left."""
        if self._kind == "state":
            return self.env.state()
        there = {agent: seen[agent] for agent in self._agents if agent in of and agent in seen}
        self._last = {**self._last, **there}
        missing = [
            agent for agent in (self._agents if self._kind == "joint" else self._acting) if agent not in self._last
        ]
        if missing or not self._last:
            raise ValueError(f"env must show agent {(missing or self._agents)[0]!r} something at step {self._step}")
        if self._kind == "joint":
            return tuple(self._last[agent] for agent in self._agents)
        first, *others = there.items() or self._last.items()
        for agent, own in others:
            if not np.array_equal(own, first[1]):
                raise ValueError(
                    f"agents {first[0]!r} and {agent!r} must observe the same, got {checks.brief(first[1], 80)} and "
                    f"{checks.brief(own, 80)} at "
                    f'step {self._step}; observations="joint" makes a state of what all see, "state" asks env.state()'
                )
        return first[1]

    def _told(self, state: int, there: tuple[Hashable, ...]) -> int:
        """The state, once step and state are known to tell which agents are there."""
        self._state = state
        known = self._present.setdefault((self._step, state), there)
        if known != there and self._step < self.horizon:
            raise ValueError(
                f"state {self.state_names[state]} at step {self._step} must tell which agents are there, but once they "
                f"were {list(known)}, now {list(there)}: "
                + ("make it part of what is observed" if known and there else 'let ends="one" be a state of its own')
            )
        return state
