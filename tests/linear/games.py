"""Linear games for the tests: without a pattern, not square, with three players."""

from __future__ import annotations

import numpy as np

from mornavi_lite.linear import LinearGame


def random_game(
    seed: int,
    n_actions: tuple[int, ...] = (2, 3, 2),
    n_states: int = 5,
    n_features: int = 3,
    horizon: int = 3,
    one_hot: bool = False,
    by_step: bool = True,
) -> LinearGame:
    """Dense and sparse factors, features inside the simplex and at its corners, another start than state 0."""
    rng, n_joint = np.random.default_rng(seed), int(np.prod(n_actions))
    shape = (horizon, n_states, n_joint) if by_step else (n_states, n_joint)
    features = rng.dirichlet(np.full(n_features, 0.7), size=shape)
    corners = np.eye(n_features)[rng.integers(n_features, size=shape)]
    features = np.where(one_hot | (rng.random((*shape, 1)) < 0.2), corners, features)
    factors = rng.dirichlet(np.full(n_states, 0.6), size=(horizon, n_features))
    factors[:, 0] = np.eye(n_states)[rng.integers(n_states, size=horizon)]
    reward = rng.random((len(n_actions), horizon, n_states, n_joint)) * 3 - 1
    return LinearGame(
        features, factors, reward, n_actions, rng.dirichlet(np.ones(n_states)), reward_range=[(-1, 2)] * len(n_actions)
    )


def random_policy(game: LinearGame, seed: int) -> np.ndarray:
    """Correlated and pure."""
    rng = np.random.default_rng(seed)
    policy = rng.dirichlet(np.full(game.n_joint_actions, 0.5), size=(game.horizon, game.n_states))
    policy[0, 0] = np.eye(game.n_joint_actions)[-1]
    return policy
