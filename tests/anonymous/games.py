"""Anonymous games for the tests, of any number of actions, without a pattern."""

from __future__ import annotations

import numpy as np

from mornavi_lite.anonymous import AnonymousGame
from mornavi_lite.anonymous.profiles import n_profiles


def random_game(seed: int, n_players: int, n_actions: int = 2, n_states: int = 3, horizon: int = 2) -> AnonymousGame:
    """Dense and sparse rows, different at each step; rewards of 0 and 1 among others; NaN where nobody is paid."""
    rng = np.random.default_rng(seed)
    shape = (horizon, n_states, n_profiles(n_players, n_actions))
    rows = rng.dirichlet(np.full(n_states, 0.4), size=shape)
    rows[rng.random(shape) < 0.3] = np.eye(n_states)[rng.integers(n_states)]
    reward = rng.random((horizon, n_states, n_actions, shape[2]))
    reward = np.where(rng.random(reward.shape) < 0.2, np.round(reward), reward)
    game = AnonymousGame(n_players, n_actions, rows, reward, rng.dirichlet(np.ones(n_states)))
    reward[:, :, ~game.taken] = np.nan
    return AnonymousGame(n_players, n_actions, rows, np.where(np.isnan(reward), 7.0, reward), game.initial)


def crowded_game(seed: int, n_players: int, n_actions: int = 3) -> AnonymousGame:
    """An action pays less the more there are on it."""
    game = random_game(seed, n_players, n_actions)
    best = np.random.default_rng(seed).uniform(0.5, 1.0, size=(*game.reward.shape[:3], 1))
    reward = best * (1 - 0.8 * game.profiles.T / n_players)
    return AnonymousGame(n_players, n_actions, game.transition, reward, game.initial)


def random_policy(game: AnonymousGame, seed: int) -> np.ndarray:
    """Mixed and pure."""
    rng = np.random.default_rng(seed)
    policy = rng.dirichlet(np.full(len(game.taken), 0.7), size=(game.horizon, game.n_states))
    policy[0, 0] = np.eye(len(game.taken))[-1]
    return policy
