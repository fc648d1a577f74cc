"""One robust backup, and the recursion backwards over the steps that all of planning is made of. Nothing is checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..equilibrium import deviation_value_unchecked
from ..games import MarkovGame
from ..games.sparse import lowest_elsewhere
from ..uncertainty import UncertaintySet, worst_cases_of

#: One uncertainty set for all players, or one per player.
Uncertainty = UncertaintySet | Sequence[UncertaintySet]


def backup(
    game: MarkovGame,
    balls: Sequence[UncertaintySet],
    players: slice | list[int],
    step: int,
    value: np.ndarray,
    states: np.ndarray | None = None,
) -> np.ndarray:
    """Stage payoffs (G, S, A) at one step for values (G, S) at the next, each of a player and with a set of its own.

    Rewards that depend on the next state belong to what the adversary moves: they are part of each row's own values.
    With ``states`` (n,) the payoffs (G, n, A) of these alone, at the cost of their rows.
    """
    listed, rows = game.rows(step)
    reward, balls = game.step_reward(step)[players], [x.at_step(step, (game.horizon, *rows.shape[:2])) for x in balls]
    if states is not None:
        listed, rows, reward = (None if listed is None else listed[states]), rows[states], reward[:, states]
        balls = [x.with_radius(x.radius[states]) if isinstance(x.radius, np.ndarray) else x for x in balls]
    after, floor = (value if listed is None else value.take(listed.astype(np.intp, copy=False), axis=1)), None
    if listed is not None:
        floor = value.min(axis=1)
    if reward.ndim == 4:
        after = reward + (value[:, None, None] if listed is None else after)
        if listed is not None:
            lowest = np.array([game.lowest_reward(i, step) for i in range(game.n_players)])[players]
            floor = lowest[:, None, None] + np.stack([lowest_elsewhere(v, listed)[1] for v in value])
    payoffs = worst_cases_of(balls, np.broadcast_to(rows, (len(balls), *rows.shape)), after, floor)
    payoffs = payoffs if reward.ndim == 4 else reward + payoffs
    # An illegal action has the radius, too, of the one that it stands for.
    return np.stack([game.standing(each, states) for each in payoffs])


def worst_rows(
    game: MarkovGame, ball: UncertaintySet, player: int, value: np.ndarray
) -> tuple[np.ndarray | None, np.ndarray]:
    """Rows at which the worst case of a player's values (H+1, S) is attained: next states or None, and probabilities.

    On a sparse game each row lists one state more: where mass may land that leaves the states of the row.
    """
    lists, kernels = [], []
    for h in range(game.horizon):
        listed, rows = game.rows(h)
        after, reward = value[h + 1], game.step_reward(h)[player]
        own = ball.at_step(h, (game.horizon, *rows.shape[:2]))
        values = after if listed is None else after[listed]
        values = values if reward.ndim == 2 else reward + values
        if listed is not None:
            state, lowest = lowest_elsewhere(after, listed)
            lowest = lowest if reward.ndim == 2 else lowest + game.lowest_reward(player, h)
            lowest = np.where(np.isfinite(lowest), lowest, values[..., 0])
            lists.append(np.concatenate([listed, state[..., None]], axis=-1))
            values = np.concatenate([values, lowest[..., None]], axis=-1)
            rows = np.concatenate([rows, np.zeros((*rows.shape[:2], 1))], axis=-1)
        kernels.append(own.worst_kernel(rows, values))
    return (np.stack(lists) if lists else None), np.stack(kernels)


def backups(
    game: MarkovGame, sets: list[UncertaintySet], step: int, value: np.ndarray, states: np.ndarray | None = None
) -> np.ndarray:
    """Stage payoffs (S, m, A) of all players at one step, or of some ``states``, from their values (m, S) after it."""
    one = [slice(i, i + 1) for i in range(len(sets))]
    return np.concatenate([backup(game, sets[i], i, step, value[i], states) for i in one]).swapaxes(0, 1)


def backward(horizon: int, shape: tuple[int, ...], stage_value: Callable[[int, np.ndarray], np.ndarray]) -> np.ndarray:
    """Values (..., H+1, S) by the recursion V_h = stage_value(h, V_{h+1}) from V_H = 0; ``shape`` is (..., S)."""
    value = np.zeros((*shape[:-1], horizon + 1, shape[-1]))
    for h in reversed(range(horizon)):
        value[..., h, :] = stage_value(h, value[..., h + 1, :])
    return value


def followed(game: MarkovGame, sets: list[UncertaintySet], policy: np.ndarray) -> np.ndarray:
    """Value (m, H+1, S) of the policy for each player."""

    def average(h: int, value: np.ndarray) -> np.ndarray:
        payoffs = backups(game, sets, h, value)
        return np.stack([(policy[h] * payoffs[:, i]).sum(axis=-1) for i in range(len(sets))])

    return backward(game.horizon, (game.n_players, game.n_states), average)


def deviated(game: MarkovGame, sets: list[UncertaintySet], policy: np.ndarray, concept: str) -> np.ndarray:
    """Value (m, H+1, S) of each player's best deviation of the concept."""

    def best(h: int, value: np.ndarray) -> np.ndarray:
        payoffs = backups(game, sets, h, value)
        own = range(len(sets))
        return np.stack([deviation_value_unchecked(payoffs[:, i], policy[h], game.n_actions, i, concept) for i in own])

    return backward(game.horizon, (game.n_players, game.n_states), best)


def gap_and_value(
    game: MarkovGame, policy: np.ndarray, sets: list[UncertaintySet], concept: str, at_once: bool = False
) -> tuple[float, np.ndarray]:
    """:func:`equilibrium_gap` and :func:`evaluate` of a policy (H, S, A) together, without checks of the arguments.

    With ``at_once`` in one pass of one call a step, which rounds otherwise, by less than 1e-12 of the rewards' range.
    """
    if not at_once:
        value = followed(game, sets, policy)
        return gap_of(game, deviated(game, sets, policy, concept), value), value
    m, own = len(sets), [*range(len(sets))]

    def both(h: int, value: np.ndarray) -> np.ndarray:
        payoffs = backup(game, sets * 2, own * 2, h, value.reshape(2 * m, -1))
        best = [deviation_value_unchecked(payoffs[m + i], policy[h], game.n_actions, i, concept) for i in own]
        return np.stack([(policy[h] * payoffs[:m]).sum(axis=-1), best])

    value, deviation = backward(game.horizon, (2, m, game.n_states), both)
    return gap_of(game, deviation, value), value


def gap_of(game: MarkovGame, deviation: np.ndarray, value: np.ndarray) -> float:
    """Largest gain of any player at the initial distribution, at least 0."""
    return max(0.0, float(((deviation[:, 0] - value[:, 0]) @ game.initial).max()))
