"""What cases are drawn from: rows, values, radii, games of any small size, and sets of each kind."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from mornavi_lite import ChiSquare, Contamination, KullbackLeibler, MarkovGame, Nominal, TotalVariation

CONCEPTS = ("nash", "ce", "cce")
#: How many cases were looked at in a call, and their size: what takes long is compared with others of its size.
Seen = tuple[int, Hashable]


def rows(rng: np.random.Generator, shape: tuple[int, ...], n: int) -> np.ndarray:
    """Rows of probabilities: dense, sparse, point masses, nearly points, with denormals and near ties."""
    made = rng.dirichlet(np.full(n, rng.choice([0.05, 0.5, 1.0, 20.0])), size=shape)
    lead, whole = made.shape[:-1], made.shape
    tiny = rng.choice([5e-324, 1e-310, 1e-300, 1e-17, 1e-9], size=(*lead, 1))
    kinds = [
        np.eye(n)[rng.integers(n, size=lead)],
        np.where(rng.random(whole) < 0.5, 0.0, made),
        np.full(whole, 1.0 / n) * (1 + rng.choice([0, 1e-12], size=whole)),
        np.where(rng.random(whole) < 0.3, tiny, made),
        made,
    ]
    made = np.choose(rng.choice(5, size=(*lead, 1), p=[1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 3]), kinds)
    lost = made.sum(axis=-1) < 1e-3
    made[lost] = np.eye(n)[rng.integers(n)]
    return made / made.sum(axis=-1, keepdims=True)


def values(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Values with ties, near ties at 1e-12, denormals, and of every size that a float64 has; each row is of a kind."""
    lead = (*shape[:-1], 1)
    kinds = [
        rng.random(shape),
        rng.integers(0, 3, shape) / 2.0,
        np.broadcast_to(rng.normal(size=lead), shape),
        rng.integers(0, 2, shape) + rng.choice([-1e-12, 0, 1e-12], size=shape),
        rng.normal(size=shape) * 10.0 ** rng.uniform(-300, 300, size=lead),
        rng.choice([0.0, 5e-324, 1e-310, 1.0], size=shape),
        rng.choice([0.0, 1e-300, 1.0, 1e9], size=shape),
    ]
    return np.ascontiguousarray(np.choose(rng.integers(len(kinds), size=lead), kinds), dtype=np.float64)


def radii(rng: np.random.Generator, shape: tuple[int, ...], most: float = 1.0) -> float | np.ndarray:
    """One radius, or one for each row: none, tiny, denormal, usual, all there is."""
    usual = [0.0, 5e-324, 1e-300, 1e-12, 1e-3, 0.1, 0.5, 1.0]
    usual += [3.0, 40.0] if most > 1 else []
    return float(rng.choice(usual)) if rng.random() < 0.6 else rng.choice(usual, size=shape)


def game_of(rng: np.random.Generator, horizon: int, tame: bool = False) -> MarkovGame:
    """A game of any small size; its rewards may be of any size."""
    sizes = [(1,), (2,), (2, 2), (3, 2), (1, 2), (2, 2, 2), (2, 1, 2)]
    n_actions = sizes[rng.integers(len(sizes))]
    m, n_states, n_joint = len(n_actions), int(rng.choice([1, 2, 3, 4])), int(np.prod(n_actions))
    transition = rows(rng, (horizon, n_states, n_joint), n_states)
    reward = rng.integers(0, 5, (m, horizon, n_states, n_joint)) / 4
    if not tame and rng.random() < 0.5:
        reward = (reward + rng.choice([0, 1e-12], size=reward.shape)) * 10.0 ** rng.uniform(-290, 290)
    start = rows(rng, (), n_states) if rng.random() < 0.5 else int(rng.integers(n_states))
    return MarkovGame(transition, reward, n_actions, start, reward_range="observed")


def sets_of(rng: np.random.Generator, game: MarkovGame) -> list:
    kinds = (TotalVariation, KullbackLeibler, ChiSquare, Contamination)
    shape = (game.horizon, game.n_states, game.n_joint_actions)
    return [
        Nominal() if rng.random() < 0.15 else kinds[rng.integers(4)](radii(rng, shape)) for _ in range(game.n_players)
    ]


def shuffled(rng: np.random.Generator, game: MarkovGame) -> MarkovGame:
    """The same game with sparse rows in another order, entries of probability 0 among them."""
    order = np.argsort(rng.random(game.transition.shape), axis=-1)
    weights = np.take_along_axis(game.transition, order, axis=-1)
    told = {"initial": game.initial, "reward_range": game.step_ranges, "legal": game.legal}
    return MarkovGame.sparse(order, weights, game.reward, game.n_actions, game.n_states, **told)


def distances(kind: int, q: np.ndarray, p: np.ndarray) -> np.ndarray:
    """How far kernels (..., S) are from their rows, in 80 bits: what the radius of the set bounds.

    ``kind`` is 2 for Kullback-Leibler, 3 for chi-square, 4 for contamination, and else total variation.
    """
    q, p = q.astype(np.longdouble), p.astype(np.longdouble)
    q, p, there = q / q.sum(axis=-1, keepdims=True), p / p.sum(axis=-1, keepdims=True), p > 0
    one = np.where(there, p, 1)
    if kind == 2:
        return np.where(q > 0, q * np.log(np.where(q > 0, q, 1) / one), 0).sum(axis=-1)
    if kind == 3:
        return np.where(there, (q - p) ** 2 / one, 0).sum(axis=-1)
    return np.where(there, 1 - q / one, 0).max(axis=-1) if kind == 4 else np.abs(q - p).sum(axis=-1) / 2
