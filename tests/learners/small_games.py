"""Games, counts and a learner that remembers, for the tests of learners and runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mornavi_lite import (
    ChiSquare,
    Counts,
    KullbackLeibler,
    MarkovGame,
    Plan,
    TotalVariation,
)

#: A set for each of three players: kinds and radii differ.
MIXED = (TotalVariation(0.1), KullbackLeibler(0.3), ChiSquare(0.05))


def varied_game(seed: int, n_actions: tuple[int, ...], n_states: int = 3, horizon: int = 2) -> MarkovGame:
    """Not symmetric, different at each step; dense, sparse and deterministic rows; rewards of 0 and 1 among others."""
    rng = np.random.default_rng(seed)
    shape = (horizon, n_states, math.prod(n_actions))
    dense = rng.dirichlet(np.full(n_states, 0.5), size=shape)
    certain = np.eye(n_states)[rng.integers(n_states, size=shape)]
    sparse = np.where(rng.random((*shape, n_states)) < 0.4, 0.0, dense) + 1e-9 * certain
    sparse /= sparse.sum(axis=-1, keepdims=True)
    kind = rng.integers(3, size=shape)[..., None]
    reward = rng.random((len(n_actions), *shape))
    reward = np.where(rng.random(reward.shape) < 0.3, np.round(reward), reward)
    transition = np.choose(kind, [dense, sparse, certain])
    return MarkovGame(transition, reward, n_actions, rng.dirichlet(np.ones(n_states)))


def played_counts(game: MarkovGame, n_episodes: int, seed: int) -> Counts:
    """Counts of a policy that leaves some joint actions out."""
    rng = np.random.default_rng(seed)
    policy = rng.dirichlet(np.full(game.n_joint_actions, 0.7), size=(game.horizon, game.n_states))
    policy = np.where(policy < 0.05, 0.0, policy)
    counts = Counts(game.n_states, game.n_actions, game.horizon)
    counts.add(game.play(policy / policy.sum(axis=-1, keepdims=True), n_episodes, rng), game.reward)
    return counts


def counts_everywhere(game: MarkovGame, most: int, seed: int, never: int = 1) -> Counts:
    """From 1 to so many visits of each row, without episodes; a few rows of the first step were never visited."""
    rng = np.random.default_rng(seed)
    visits = np.ceil(most ** rng.random(game.transition.shape[:3])).astype(int)
    visits[0].reshape(-1)[rng.permutation(visits[0].size)[:never]] = 0
    counts = Counts(game.n_states, game.n_actions, game.horizon)
    counts.add(rng.multinomial(visits, game.transition), game.reward)
    return counts


class Recorded:
    """A learner that remembers what it was shown and what it answered."""

    def __init__(self, learner: Any) -> None:
        self.learner = learner
        self.plans: list[tuple[Counts, Plan]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.learner, name)

    def __repr__(self) -> str:
        return repr(self.learner)

    def plan(self, counts: Counts) -> Plan:
        plan = self.learner.plan(counts)
        self.plans.append((counts.copy(), plan))
        return plan
