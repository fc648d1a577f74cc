"""Evaluate, deviate, solve: the functions of planning with the worst case around factors."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .. import checks
from ..equilibrium import CONCEPTS, check_selection, require_product
from ..planning import Solution, Uncertainty
from ..planning.induction import certified, stage_equilibria
from ..summaries import About, text_of
from ..uncertainty import UncertaintySet
from .backup import backups, deviated, factor_sets, followed, gap_of
from .game import LinearGame


def evaluate(game: LinearGame, policy: Any, uncertainty: Uncertainty) -> np.ndarray:
    """Robust value of a joint policy for each player, the factors being what may shift.

    Parameters
    ----------
    game : LinearGame
        The game, with S states, A joint actions, d factors and horizon H.
    policy : array_like, shape (H, S, A)
        Joint policy, possibly correlated.
    uncertainty : UncertaintySet or sequence of them
        One set for all players, or one per player, around the factors; a radius may broadcast to (H, d).

    Returns
    -------
    numpy.ndarray, shape (m, H+1, S)
        Worst-case expected sum of the rewards from step h on; 0 at step H.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 13, :eq:`linear-backup`: Q = r + sum over j of features_j worst(factors_j, V). With one-hot features these
    are the values of :func:`mornavi_lite.evaluate` on ``tabular()``; else they are at least as high. Ma, Liang,
    Xia and Zhang (2022) for one player.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import Nominal
    >>> from mornavi_lite.linear import evaluate, five_states
    >>> game = five_states()
    >>> even = np.full((game.horizon, game.n_states, 4), 0.25)
    >>> evaluate(game, even, Nominal()).shape
    (2, 4, 5)
    """
    balls = _arguments(game, uncertainty)
    return followed(game, balls, game.check_policy(policy))


def best_response(game: LinearGame, policy: Any, uncertainty: Uncertainty) -> np.ndarray:
    """Robust value of each player's best unilateral deviation from a joint policy.

    Parameters
    ----------
    game, policy, uncertainty
        As :func:`evaluate` takes them. The others keep playing their marginal of the policy.

    Returns
    -------
    numpy.ndarray, shape (m, H+1, S)
        Player i's value when it alone deviates, as well as it can at every step and state; 0 at step H.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Examples
    --------
    >>> from mornavi_lite import TotalVariation
    >>> from mornavi_lite.linear import best_response, five_states, solve
    >>> game, ball = five_states(), TotalVariation(0.2)
    >>> policy, value, _ = solve(game, ball, "nash")
    >>> bool(abs(best_response(game, policy, ball) - value)[:, 0, 0].max() < 1e-9)
    True
    """
    balls = _arguments(game, uncertainty)
    return deviated(game, balls, game.check_policy(policy), "cce")


def equilibrium_gap(game: LinearGame, policy: Any, uncertainty: Uncertainty, concept: str) -> float:
    """How far a joint policy is from a robust equilibrium: the largest gain of any player by deviating.

    Parameters
    ----------
    game, policy, uncertainty
        As :func:`evaluate` takes them. For "nash" the policy must be a product of the players' own.
    concept : {"nash", "ce", "cce"}
        Which deviations count, as in :func:`mornavi_lite.equilibrium_gap`.

    Returns
    -------
    float
        Gap at the initial distribution, at least 0, in units of reward.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form; for "nash" of a correlated policy the message names step and state.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import TotalVariation
    >>> from mornavi_lite.linear import equilibrium_gap, five_states
    >>> game = five_states()
    >>> even = np.full((game.horizon, game.n_states, 4), 0.25)
    >>> equilibrium_gap(game, even, TotalVariation(0.2), "cce") > 0.05
    True
    """
    balls, policy = _arguments(game, uncertainty), game.check_policy(policy)
    checks.one_of("concept", concept, CONCEPTS)
    require_product(policy, game.n_actions, concept)
    return gap_of(game, deviated(game, balls, policy, concept), followed(game, balls, policy))


def solve(
    game: LinearGame, uncertainty: Uncertainty, concept: str = "cce", select: str = "pure", progress: bool = False
) -> Solution:
    """A robust equilibrium of a known linear game, by backward induction.

    Parameters
    ----------
    game : LinearGame
        The game.
    uncertainty : UncertaintySet or sequence of them
        One set for all players, or one per player, around the factors; a radius may broadcast to (H, d).
    concept : {"cce", "ce", "nash"}
        Which equilibrium is put at every stage.
    select : {"pure", "welfare"}
        Which of many, as in :func:`mornavi_lite.solve`.
    progress : bool
        Whether to show the steps that are done.

    Returns
    -------
    Solution
        Policy (H, S, A), value (m, H+1, S), and gap, computed afterwards from the policy alone.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.
    RuntimeError
        If a stage game's equilibrium cannot be certified, or the gap of the whole policy exceeds 1e-8 H of the
        rewards' range.

    Notes
    -----
    Chapter 13, :eq:`linear-backup`. A step costs m d worst cases, and S A d for the stage payoffs; a row of the kernel
    is never made.

    Examples
    --------
    >>> from mornavi_lite import TotalVariation
    >>> from mornavi_lite.linear import five_states, solve
    >>> policy, value, gap = solve(five_states(), TotalVariation(0.2))
    >>> gap <= 1e-9
    True
    """
    balls = _arguments(game, uncertainty)
    check_selection(concept, select)
    policy, value = stage_equilibria(game, partial(backups, game, balls), concept, select, progress)
    gap = certified(gap_of(game, deviated(game, balls, policy, concept), value), game)
    return Solution(policy, value, gap, _about(game, policy, uncertainty, concept))


def expected_visits(game: LinearGame, policy: np.ndarray) -> np.ndarray:
    """Visits (H, S) of an episode of the policy on average, through the factors."""
    visits, arriving = np.empty(policy.shape[:2]), game.initial
    for h in range(game.horizon):
        visits[h] = arriving
        played = arriving[:, None] * policy[h]
        arriving = np.einsum("sa,saj->j", played, game.features[h]) @ game.factors[h]
    return visits


def _about(game: LinearGame, policy: np.ndarray, uncertainty: Uncertainty, concept: str) -> About:
    """What a solution says of its game."""
    return About(
        game.name,
        game.n_actions,
        game.state_names,
        game.action_names,
        game.reward_range,
        concept,
        f"{text_of(uncertainty)} around {game.n_features} factors",
        game.initial,
        expected_visits(game, policy),
    )


def _arguments(game: LinearGame, uncertainty: Uncertainty) -> list[list[UncertaintySet]]:
    """For each step the sets of all players, after a check of both arguments."""
    if not isinstance(game, LinearGame):
        raise TypeError(f"game must be a LinearGame, got {checks.brief(game)}")
    return factor_sets(game, uncertainty)
