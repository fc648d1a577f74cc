"""One robust backup, and the recursion backwards over the steps that all of planning is made of. Nothing is checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..equilibrium import deviation_value_unchecked
from ..games import MarkovGame
from ..games.sparse import lowest_elsewhere
from ..uncertainty import UncertaintySet

#: One uncertainty set for all players, or one per player.
Uncertainty = UncertaintySet | Sequence[UncertaintySet]


def backup(
    game: MarkovGame, ball: UncertaintySet, player: int, step: int, value: np.ndarray, states: np.ndarray | None = None
) -> np.ndarray:
    """Stage payoffs of one player at one step, shape (S, A), from its values (S,) at the next step.

    Rewards that depend on the next state belong to what the adversary moves: they are part of each row's own values.
    With ``states`` (n,) the payoffs (n, A) of these alone, at the cost of their rows.
    """
    listed, rows = game.rows(step)
    reward = game.step_reward(step)[player]
    ball = ball.at_step(step, (game.horizon, *rows.shape[:2]))
    if states is not None:
        listed, rows, reward = (None if listed is None else listed[states]), rows[states], reward[states]
        ball = ball.with_radius(ball.radius[states]) if isinstance(ball.radius, np.ndarray) else ball
    if listed is None:
        if reward.ndim == 2:
            payoffs = reward + ball.worst_case_unchecked(rows, value)
        else:
            payoffs = ball.worst_case_unchecked(rows, reward + value)
    elif reward.ndim == 2:
        payoffs = reward + ball.worst_case_unchecked(rows, value[listed], floor=value.min())
    else:
        elsewhere = game.lowest_reward(player, step) + lowest_elsewhere(value, listed)[1]
        payoffs = ball.worst_case_unchecked(rows, reward + value[listed], floor=elsewhere)
    return game.standing(payoffs, states)  # an illegal action has the radius, too, of the one that it stands for


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
    return np.stack([backup(game, each, i, step, value[i], states) for i, each in enumerate(sets)], axis=1)


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
    game: MarkovGame, policy: np.ndarray, sets: list[UncertaintySet], concept: str
) -> tuple[float, np.ndarray]:
    """:func:`equilibrium_gap` and :func:`evaluate` of a policy (H, S, A) together, without checks of the arguments."""
    value = followed(game, sets, policy)
    return gap_of(game, deviated(game, sets, policy, concept), value), value


def gap_of(game: MarkovGame, deviation: np.ndarray, value: np.ndarray) -> float:
    """Largest gain of any player at the initial distribution, at least 0."""
    return max(0.0, float(((deviation[:, 0] - value[:, 0]) @ game.initial).max()))
