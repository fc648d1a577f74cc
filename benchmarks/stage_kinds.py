"""Kinds of stage-game payoffs, from harmless to malicious; for the benchmark's stress count and the tests."""

from __future__ import annotations

import numpy as np

#: Shapes on which every kind is tried.
SHAPES = [
    (2, 2),
    (2, 5),
    (1, 3),
    (3, 3),
    (4, 3),
    (5, 5),
    (7, 2),
    (10, 10),
    (2, 2, 2),
    (2, 3, 2),
    (3, 3, 3),
    (2, 2, 2, 2),
]
#: Near-degenerate kinds, by the size of their noise.
NOISES = (1e-6, 1e-8, 1e-9, 1e-10, 1e-12)


def _cycle(n_games: int, n_actions: tuple[int, ...]) -> np.ndarray:
    """Each player wants to play what the player before plays, the first something else: no pure equilibrium."""
    actions = np.indices(n_actions).reshape(len(n_actions), -1)
    wins = [actions[i] == actions[i - 1] % n for i, n in enumerate(n_actions)]
    wins[0] = (actions[0] - actions[-1] - 1) % n_actions[0] == 0
    return np.broadcast_to(np.array(wins, dtype=float), (n_games, *np.shape(wins)))


def _low_rank(n_games: int, n_actions: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Each payoff a product of one number for each player's action: singular matrices."""
    payoffs = np.ones((n_games, len(n_actions), 1))
    for n in n_actions:
        payoffs = (payoffs[..., None] * rng.normal(size=(n_games, len(n_actions), 1, n))).reshape(
            n_games, len(n_actions), -1
        )
    return payoffs


def _twins(payoffs: np.ndarray, n_actions: tuple[int, ...]) -> np.ndarray:
    """The last action of each player is a copy of the first."""
    games = payoffs.reshape(*payoffs.shape[:2], *n_actions).copy()
    for axis in range(2, games.ndim):
        games = np.moveaxis(games, axis, 0)
        games[-1] = games[0]
        games = np.moveaxis(games, 0, axis)
    return games.reshape(payoffs.shape)


def _constant_sum(payoffs: np.ndarray) -> np.ndarray:
    """Same payoffs, but those of the last player are minus the sum of the others'."""
    payoffs = payoffs.copy()
    payoffs[:, -1] = -payoffs[:, :-1].sum(axis=1)
    return payoffs


def kinds(n_games: int, n_actions: tuple[int, ...], seed: int) -> dict[str, np.ndarray]:
    """Payoffs (n_games, m, A) of every kind, by name."""
    rng = np.random.default_rng([seed, *n_actions])
    shape = (n_games, len(n_actions), int(np.prod(n_actions)))
    grid = rng.integers(0, 4, shape).astype(float)
    common = np.broadcast_to(rng.random((n_games, 1, shape[2])), shape)
    uneven = 10.0 ** rng.integers(-300, 300, (n_games, shape[1], 1))
    one_constant = rng.random(shape)
    one_constant[:, 0] = 0.3
    noise = np.array(NOISES)[np.arange(n_games) % len(NOISES)][:, None, None] * rng.normal(size=shape)
    result = {
        "uniform": rng.random(shape),
        "normal": rng.normal(size=shape),
        "covariant": rng.normal(size=shape) - 0.9 * rng.normal(size=(n_games, 1, shape[2])),
        "integers": grid,
        "zeros and ones": rng.integers(0, 2, shape).astype(float),
        "constant sum": _constant_sum(rng.random(shape)),
        "constant sum, integers": _constant_sum(rng.integers(-3, 4, shape).astype(float)),
        "common": common,
        "common, integers": np.broadcast_to(grid[:, :1], shape),
        "cycle": _cycle(*shape[:1], n_actions),
        "twin actions": _twins(rng.random(shape), n_actions),
        "one constant": one_constant,
        "low rank": _low_rank(n_games, n_actions, rng),
        "scales from 1e-300 to 1e300": rng.normal(size=shape) * uneven,
        "shift of 1e8": 1e8 + rng.random(shape) * 10.0 ** rng.integers(-6, 1, (n_games, 1, 1)),
    }
    for name in (
        "integers",
        "zeros and ones",
        "constant sum, integers",
        "constant sum",
        "cycle",
        "twin actions",
        "common, integers",
    ):
        result[f"{name}, nearly"] = result[name] + noise
    return result
