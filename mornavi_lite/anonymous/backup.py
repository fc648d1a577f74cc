"""One robust backup of an anonymous game, and the recursions that are made of it. Nothing is checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..planning.backup import backward
from ..uncertainty import UncertaintySet, sets_per_player
from .profiles import joined, profile_probabilities

if TYPE_CHECKING:
    from .game import AnonymousGame


def one_set(uncertainty: UncertaintySet | Sequence[UncertaintySet]) -> UncertaintySet:
    """The set of the one player who stands for all."""
    return sets_per_player(uncertainty, 1)[0]


def payoffs(game: AnonymousGame, ball: UncertaintySet, step: int, value: np.ndarray) -> np.ndarray:
    """Stage payoffs (S, A, C) of a player by action and profile, from values (S,) at the next step."""
    own = ball.at_step(step, (game.horizon, game.n_states, game.n_profiles))
    worst = own.worst_case_unchecked(game.transition[step], value)
    return np.asarray(game.reward[step] + worst[:, None, :])


def against(payoff: np.ndarray, n_players: int) -> np.ndarray:
    """Payoffs (..., A, K) by action and profile of the others, from those by the profile of all, (..., A, C)."""
    places = joined(n_players, payoff.shape[-2])
    return np.stack([payoff[..., a, each] for a, each in enumerate(places)], axis=-2)


def averages(payoff: np.ndarray, n_players: int, policy: np.ndarray) -> np.ndarray:
    """What each action pays (..., A) where the others follow ``policy`` (..., A), from payoffs (..., A, C)."""
    others = profile_probabilities(n_players - 1, policy)
    return np.einsum("...ak,...k->...a", against(payoff, n_players), others)


def followed(game: AnonymousGame, ball: UncertaintySet, policy: np.ndarray) -> np.ndarray:
    """Value (1, H+1, S) of a policy that all follow, one of them included."""

    def average(h: int, value: np.ndarray) -> np.ndarray:
        pays = averages(payoffs(game, ball, h, value[0]), game.n_players, policy[h])
        return (policy[h] * pays).sum(axis=-1)[None]

    return backward(game.horizon, (1, game.n_states), average)


def deviated(game: AnonymousGame, ball: UncertaintySet, policy: np.ndarray) -> np.ndarray:
    """Value (1, H+1, S) of the best that one player can do while all others follow the policy."""

    def best(h: int, value: np.ndarray) -> np.ndarray:
        return averages(payoffs(game, ball, h, value[0]), game.n_players, policy[h]).max(axis=-1)[None]

    return backward(game.horizon, (1, game.n_states), best)


def gap_of(game: AnonymousGame, deviation: np.ndarray, value: np.ndarray) -> float:
    """What one player gains at the initial distribution, at least 0."""
    return max(0.0, float((deviation[0, 0] - value[0, 0]) @ game.initial))
