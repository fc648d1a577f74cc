"""One robust backup of a linear game, and the recursions that are made of it. Nothing is checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..equilibrium import deviation_value_unchecked
from ..planning.backup import backward
from ..uncertainty import UncertaintySet, sets_per_player

if TYPE_CHECKING:
    from .game import LinearGame


def set_at(ball: UncertaintySet, step: int, shape: tuple[int, int]) -> UncertaintySet:
    """A set at one step, with that step's radii (d,) where they are an array that broadcasts to (H, d)."""
    if not isinstance(ball.radius, np.ndarray):
        return ball
    try:
        radius = np.broadcast_to(ball.radius, shape)
    except ValueError:
        message = f"radius must broadcast to (H, d) = {shape}, got shape {ball.radius.shape}"
        raise ValueError(message) from None
    return ball.with_radius(radius[step].copy())


def factor_sets(game: LinearGame, uncertainty: UncertaintySet | Sequence[UncertaintySet]) -> list[list[UncertaintySet]]:
    """For each step the set of each player, around the factors."""
    sets, shape = sets_per_player(uncertainty, game.n_players), game.factors.shape[:2]
    return [[set_at(ball, h, shape) for ball in sets] for h in range(game.horizon)]


def backups(game: LinearGame, balls: list[list[UncertaintySet]], step: int, value: np.ndarray) -> np.ndarray:
    """Stage payoffs (S, m, A) of all players at one step, from their values (m, S) at the next step.

    d worst cases a player, at a cost of d S; the features do the rest.
    """
    worst = np.stack(
        [ball.worst_case_unchecked(game.factors[step], each) for ball, each in zip(balls[step], value, strict=True)]
    )
    follows = game.features[step] @ worst.T
    return np.asarray((game.reward[:, step] + np.moveaxis(follows, -1, 0)).swapaxes(0, 1))


def followed(game: LinearGame, balls: list[list[UncertaintySet]], policy: np.ndarray) -> np.ndarray:
    """Value (m, H+1, S) of the policy for each player."""

    def average(h: int, value: np.ndarray) -> np.ndarray:
        return np.asarray((policy[h][:, None] * backups(game, balls, h, value)).sum(axis=-1).T)

    return backward(game.horizon, (game.n_players, game.n_states), average)


def deviated(game: LinearGame, balls: list[list[UncertaintySet]], policy: np.ndarray, concept: str) -> np.ndarray:
    """Value (m, H+1, S) of each player's best deviation of the concept."""

    def best(h: int, value: np.ndarray) -> np.ndarray:
        payoffs = backups(game, balls, h, value)
        own = range(game.n_players)
        return np.stack([deviation_value_unchecked(payoffs[:, i], policy[h], game.n_actions, i, concept) for i in own])

    return backward(game.horizon, (game.n_players, game.n_states), best)


def gap_of(game: LinearGame, deviation: np.ndarray, value: np.ndarray) -> float:
    """Largest gain of any player at the initial distribution, at least 0."""
    return max(0.0, float(((deviation[:, 0] - value[:, 0]) @ game.initial).max()))
