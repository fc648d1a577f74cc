"""Games as environments of PettingZoo. This file is imported only where PettingZoo is wanted."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from pettingzoo import ParallelEnv

from ..games import MarkovGame
from .writing import drawn

MODES = ("ansi",)


class ParallelGame(ParallelEnv):  # type: ignore[misc]
    """A Markov game, of which every agent observes the state."""

    def __init__(self, game: MarkovGame, render_mode: str | None) -> None:
        self.game, self.render_mode = game, render_mode
        self.metadata = {"name": game.name or "markov_game", "render_modes": list(MODES)}
        self.possible_agents = [f"player_{i}" for i in range(game.n_players)]
        self.agents: list[str] = []
        self.state_space = spaces.Discrete(game.n_states)
        # The same objects at each call: their seeds stay.
        self.observation_spaces = {agent: spaces.Discrete(game.n_states) for agent in self.possible_agents}
        self.action_spaces = {
            agent: spaces.Discrete(n) for agent, n in zip(self.possible_agents, game.n_actions, strict=True)
        }
        self._rng = np.random.default_rng()
        self._step, self._now, self._played = 0, 0, ""

    def observation_space(self, agent: str) -> Any:
        """All states."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Any:
        """The player's actions, also those that are not legal in every state."""
        return self.action_spaces[agent]

    def state(self) -> Any:
        """The state."""
        return np.int64(self._now)

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict[str, int], dict]:
        """Begin an episode."""
        if seed is not None:
            self._rng = np.random.default_rng(seed)
        self.agents = list(self.possible_agents)
        self._step, self._played = 0, ""
        self._now = self._drawn(self.game.initial)
        return dict.fromkeys(self.agents, self._now), self._infos()

    def step(self, actions: dict[str, Any]) -> tuple[dict[str, int], dict, dict[str, bool], dict[str, bool], dict]:
        """Play one action per agent; the last step of the horizon terminates all."""
        if not self.agents:
            raise RuntimeError("the episode is over: reset the environment before the next step")
        joint = self._joint(actions)
        listed, chances = self.game.rows(self._step)
        place = self._drawn(chances[self._now, joint])
        paid = self.game.step_reward(self._step)[:, self._now, joint]
        paid = paid[:, place] if paid.ndim == 2 else paid
        self._played = (
            f" after {self.game.joint_action_name(joint)} in {self.game.state_names[self._now]}, which paid "
            + ", ".join(f"{x:g}" for x in paid)
        )
        self._now = place if listed is None else int(listed[self._now, joint, place])
        self._step += 1
        acting, over = self.agents, self._step == self.game.horizon
        self.agents = [] if over else list(acting)
        return (
            dict.fromkeys(acting, self._now),
            dict(zip(acting, paid.tolist(), strict=True)),
            dict.fromkeys(acting, over),
            dict.fromkeys(acting, False),
            {agent: info for agent, info in self._infos().items() if agent in acting},
        )

    def render(self) -> Any:
        """The step and the state by name, and what led there."""
        if self.render_mode is None:
            return None
        return f"step {self._step} of {self.game.horizon}: {self.game.state_names[self._now]}{self._played}"

    def _joint(self, actions: dict[str, Any]) -> int:
        """The joint action; the rows of one that is not legal are those of the one it stands for."""
        each = []
        for agent in self.agents:
            if agent not in actions or not self.action_spaces[agent].contains(actions[agent]):
                raise ValueError(
                    f"actions[{agent!r}] must be in {self.action_spaces[agent]}, got {actions.get(agent)!r:.80}"
                )
            each.append(int(actions[agent]))
        return int(np.ravel_multi_index(each, self.game.n_actions))

    def _infos(self) -> dict[str, dict[str, Any]]:
        """The legal actions of each agent, where the game has such."""
        if self.game.legal is None:
            return {agent: {} for agent in self.possible_agents}
        masks = zip(self.possible_agents, self.game.legal, strict=True)
        return {agent: {"action_mask": mask[self._now].astype(np.int8)} for agent, mask in masks}

    def _drawn(self, chances: np.ndarray) -> int:
        """A place, with these probabilities."""
        return int(drawn(chances[None], self._rng)[0])
