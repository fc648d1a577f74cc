"""Evaluate, deviate, solve: the functions of planning for players who are all alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import checks
from ..games.flows import expected_visits
from ..planning import Solution, Uncertainty
from ..planning.backup import backward
from ..rounding import power_of_two, rounded
from ..summaries import About, text_of
from ..uncertainty import UncertaintySet
from .backup import against, averages, deviated, followed, gap_of, one_set, payoffs
from .game import AnonymousGame
from .more_actions import CERTIFIED, found_equilibria
from .profiles import profile_probabilities
from .two_actions import NOTHING, bisected, roots


def evaluate(game: AnonymousGame, policy: Any, uncertainty: Uncertainty) -> np.ndarray:
    """Robust value of a policy that all players follow.

    Parameters
    ----------
    game : AnonymousGame
        The game, with S states, A actions of each player and horizon H.
    policy : array_like, shape (H, S, A)
        What each player draws from, independently of the others.
    uncertainty : UncertaintySet
        The set of every player; a radius may broadcast to (H, S, C).

    Returns
    -------
    numpy.ndarray, shape (1, H+1, S)
        Value of one player, who stands for all; 0 at step H.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 14, :eq:`anonymous-backup`. The sets are those of the paper, one around each row of joint actions. Rows of
    one profile are equal, and so are their worst cases.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import Nominal
    >>> from mornavi_lite.anonymous import bridge_and_tunnel, evaluate
    >>> game = bridge_and_tunnel().with_players(6)
    >>> evaluate(game, np.full((game.horizon, game.n_states, 2), 0.5), Nominal()).shape == (1, game.horizon + 1, 2)
    True
    """
    ball = _arguments(game, uncertainty)
    return followed(game, ball, game.check_policy(policy))


def best_response(game: AnonymousGame, policy: Any, uncertainty: Uncertainty) -> np.ndarray:
    """Robust value of the best that one player can do while all others follow a policy.

    Parameters
    ----------
    game, policy, uncertainty
        As :func:`evaluate` takes them.

    Returns
    -------
    numpy.ndarray, shape (1, H+1, S)
        Value of the one who deviates; 0 at step H.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import TotalVariation
    >>> from mornavi_lite.anonymous import best_response, bridge_and_tunnel, evaluate
    >>> game, ball = bridge_and_tunnel().with_players(6), TotalVariation(0.1)
    >>> even = np.full((game.horizon, game.n_states, 2), 0.5)
    >>> bool((best_response(game, even, ball) >= evaluate(game, even, ball)).all())
    True
    """
    ball = _arguments(game, uncertainty)
    return deviated(game, ball, game.check_policy(policy))


def equilibrium_gap(game: AnonymousGame, policy: Any, uncertainty: Uncertainty) -> float:
    """How far a policy that all follow is from a robust Nash equilibrium: what one player gains by leaving it.

    Parameters
    ----------
    game, policy, uncertainty
        As :func:`evaluate` takes them.

    Returns
    -------
    float
        Gap at the initial distribution, at least 0, in units of reward.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 14. Players are alike, so the gain of one is the largest gain of any: this is the gap
    of :eq:`gap` for the product of m equal policies.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import TotalVariation
    >>> from mornavi_lite.anonymous import bridge_and_tunnel, equilibrium_gap
    >>> game = bridge_and_tunnel().with_players(6)
    >>> equilibrium_gap(game, np.full((game.horizon, game.n_states, 2), 0.5), TotalVariation(0.1)) > 0.01
    True
    """
    ball, policy = _arguments(game, uncertainty), game.check_policy(policy)
    return gap_of(game, deviated(game, ball, policy), followed(game, ball, policy))


def solve(game: AnonymousGame, uncertainty: Uncertainty) -> Solution:
    """A robust Nash equilibrium in which all players do the same, by backward induction.

    Parameters
    ----------
    game : AnonymousGame
        The game.
    uncertainty : UncertaintySet
        The set of every player; a radius may broadcast to (H, S, C).

    Returns
    -------
    Solution
        Policy (H, S, A), the same for all; value (1, H+1, S) of one player; and gap, computed afterwards from the
        policy alone.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.
    RuntimeError
        If the equilibrium of a stage, or of the whole game, cannot be certified; the message has the gap that was
        reached.

    Notes
    -----
    Chapter 14, :prf:ref:`symmetric-equilibrium`. With two actions every symmetric equilibrium of a stage is found, by
    :func:`symmetric_equilibria`, and the one of the highest payoff is taken; of several, the one with the most on
    action 0. With more, Newton's method tries every support from several starts: what it finds is certified, what it
    does not find is not there to choose from.

    Examples
    --------
    >>> from mornavi_lite import TotalVariation
    >>> from mornavi_lite.anonymous import bridge_and_tunnel, solve
    >>> policy, value, gap = solve(bridge_and_tunnel().with_players(600), TotalVariation(0.1))
    >>> gap <= 1e-9
    True
    """
    ball = _arguments(game, uncertainty)
    policy = np.empty((game.horizon, game.n_states, len(game.taken)))
    scale = power_of_two(np.array(game.reward_range))

    def equilibrium(h: int, value: np.ndarray) -> np.ndarray:
        payoff = payoffs(game, ball, h, value[0])
        policy[h] = stage_equilibria(payoff, game.n_players, scale, h)
        return (policy[h] * averages(payoff, game.n_players, policy[h])).sum(axis=-1)[None]

    value = backward(game.horizon, (1, game.n_states), equilibrium)
    gap = gap_of(game, deviated(game, ball, policy), value)
    if gap > 1e-8 * game.horizon * scale:
        raise RuntimeError(f"the policy found has a gap of {gap:.3g}: not certified as an equilibrium")
    return Solution(policy, value, gap, about(game, policy, uncertainty))


def stage_equilibria(payoff: np.ndarray, n_players: int, scale: float, step: int) -> np.ndarray:
    """The equilibrium (S, A) of each stage that is played, from payoffs (S, A, C)."""
    # Chosen on the grid, so that the choice is the same on every processor.
    pays = rounded(against(payoff, n_players), scale)
    if pays.shape[1] == 1:
        return np.ones(pays.shape[:2])
    return _of_two(pays, n_players, scale) if pays.shape[1] == 2 else _of_more(pays, n_players, scale, step)


def _of_two(pays: np.ndarray, n_players: int, scale: float) -> np.ndarray:
    """Equilibria (S, 2) from payoffs (S, 2, K) against each number of the others on action 0."""
    gains = pays[:, 0] - pays[:, 1]
    signs = np.where(np.abs(gains) > NOTHING * np.abs(gains).max(axis=1, keepdims=True), np.sign(gains), 0.0)
    falls = (signs[:, 0] > 0) & (signs[:, -1] < 0) & ((np.diff(signs, axis=1) <= 0).all(axis=1))
    chosen = np.empty(len(pays))
    if falls.any():  # the more there are on an action, the less it pays: one root, and no other equilibrium
        down = gains[falls] / np.abs(gains[falls]).max(axis=1, keepdims=True)
        zeros, ones = np.zeros(len(down)), np.ones(len(down))
        chosen[falls] = bisected(down, zeros, ones, np.zeros(len(down), dtype=bool))
    for s in np.flatnonzero(~falls):
        found = roots(gains[s])
        both = np.stack([found, 1 - found], axis=-1)
        worth = (both * (profile_probabilities(n_players - 1, both) @ pays[s].T)).sum(axis=-1)
        chosen[s] = found[::-1][rounded(worth, scale)[::-1].argmax()]
    return np.stack([chosen, 1 - chosen], axis=-1)


def _of_more(pays: np.ndarray, n_players: int, scale: float, step: int) -> np.ndarray:
    """Equilibria (S, A) from payoffs (S, A, K), each certified by what it leaves to one who deviates."""
    chosen = np.empty(pays.shape[:2])
    for s, table in enumerate(pays):
        found, left = found_equilibria(table, n_players)
        certified = left <= CERTIFIED * (float(np.ptp(table)) or 1.0)
        if not certified.any():
            raise RuntimeError(
                f"step {step}, state {s}: no symmetric equilibrium was found; the smallest gap reached is "
                f"{left.min():.3g}. With two actions all of them are found"
            )
        found = found[certified]
        worth = (found * (profile_probabilities(n_players - 1, found) @ table.T)).sum(axis=-1)
        chosen[s] = found[rounded(worth, scale).argmax()]
    return chosen


def about(game: AnonymousGame, policy: np.ndarray, uncertainty: Uncertainty) -> About:
    """What a solution says of its game."""
    spread = profile_probabilities(game.n_players, policy)
    return About(
        f"{game.name or 'a game'}, one of {game.n_players} players",
        game.n_actions,
        game.state_names,
        (game.action_names,),
        np.array([game.reward_range]),
        "nash",
        text_of(uncertainty),
        game.initial,
        expected_visits(game.transition, game.initial, spread),
    )


def _arguments(game: AnonymousGame, uncertainty: Uncertainty) -> UncertaintySet:
    """The set of every player, after a check of both arguments."""
    if not isinstance(game, AnonymousGame):
        raise TypeError(f"game must be an AnonymousGame, got {checks.brief(game)}")
    return one_set(uncertainty)
