"""One robust backup, and the recursion backwards over the steps that all of planning is made of. Nothing is checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..equilibrium import deviation_value_unchecked
from ..games import MarkovGame
from ..uncertainty import UncertaintySet

#: One uncertainty set for all players, or one per player.
Uncertainty = UncertaintySet | Sequence[UncertaintySet]


def backup(game: MarkovGame, ball: UncertaintySet, player: int, step: int, value: np.ndarray) -> np.ndarray:
    """Stage payoffs of one player at one step, shape (S, A), from its values (S,) at the next step."""
    return game.reward[player, step] + ball.worst_case_unchecked(game.transition[step], value)


def backward(
    game: MarkovGame, sets: list[UncertaintySet], stage_value: Callable[[int, int, np.ndarray], np.ndarray]
) -> np.ndarray:
    """Values (m, H+1, S) by the recursion V_h = stage_value(player, step, stage payoffs (S, A))."""
    value = np.zeros((game.n_players, game.horizon + 1, game.n_states))
    for i, ball in enumerate(sets):
        for h in reversed(range(game.horizon)):
            value[i, h] = stage_value(i, h, backup(game, ball, i, h, value[i, h + 1]))
    return value


def followed(game: MarkovGame, sets: list[UncertaintySet], policy: np.ndarray) -> np.ndarray:
    """Value (m, H+1, S) of the policy for each player."""
    return backward(game, sets, lambda i, h, payoff: (policy[h] * payoff).sum(axis=-1))


def deviated(game: MarkovGame, sets: list[UncertaintySet], policy: np.ndarray, concept: str) -> np.ndarray:
    """Value (m, H+1, S) of each player's best deviation of the concept."""
    return backward(
        game, sets, lambda i, h, payoff: deviation_value_unchecked(payoff, policy[h], game.n_actions, i, concept)
    )


def gap_and_value(
    game: MarkovGame, policy: np.ndarray, sets: list[UncertaintySet], concept: str
) -> tuple[float, np.ndarray]:
    """:func:`equilibrium_gap` and :func:`evaluate` together, without checks of the arguments.

    Parameters
    ----------
    game : MarkovGame
        The game.
    policy : numpy.ndarray, shape (H, S, A)
        Joint policy.
    sets : list of UncertaintySet, length m
        The set of each player.
    concept : {"nash", "ce", "cce"}
        Which deviations count.

    Returns
    -------
    tuple of float and numpy.ndarray of shape (m, H+1, S)
        Gap and robust values.

    Examples
    --------
    >>> from mornavi_lite import TotalVariation, solve, zoo
    >>> from mornavi_lite.planning import gap_and_value
    >>> game, ball = zoo.patrol(), TotalVariation(0.1)
    >>> solution = solve(game, ball)
    >>> gap_and_value(game, solution.policy, [ball, ball], "cce")[0] == solution.gap
    True
    """
    value = followed(game, sets, policy)
    return gap_of(game, deviated(game, sets, policy, concept), value), value


def gap_of(game: MarkovGame, deviation: np.ndarray, value: np.ndarray) -> float:
    """Largest gain of any player at the initial distribution, at least 0."""
    return max(0.0, float(((deviation[:, 0] - value[:, 0]) @ game.initial).max()))
