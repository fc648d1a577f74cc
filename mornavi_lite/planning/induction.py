"""Evaluate, deviate, solve: the public functions of planning, each a pass from the last step to the first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .. import checks
from ..equilibrium import CONCEPTS, check_selection, require_product, solve_stage_unchecked
from ..games import MarkovGame
from ..games.flows import expected_visits
from ..progress import bar
from ..rounding import power_of_two
from ..summaries import About, text_of
from ..uncertainty import UncertaintySet, sets_per_player
from .backup import Uncertainty, backups, backward, deviated, followed, gap_of
from .solution import Solution


def evaluate(game: MarkovGame, policy: Any, uncertainty: Uncertainty) -> np.ndarray:
    """Robust value of a joint policy for each player.

    Parameters
    ----------
    game : MarkovGame
        The game, with S states, A joint actions and horizon H.
    policy : array_like, shape (H, S, A)
        Joint policy, possibly correlated.
    uncertainty : UncertaintySet or sequence of them
        One set for all players, or one per player.

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
    Chapter 1, :eq:`robust-value`: V_h(s) = sum over a of policy_h(a|s) Q_h(s, a), with Q the robust backup of chapter
    2, :eq:`robust-backup`; of chapter 1, :eq:`outcome-value`, where rewards depend on the next state. Iyengar (2005)
    and Nilim and El Ghaoui (2005) for one player.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import TotalVariation, evaluate, zoo
    >>> game = zoo.support_shift(theta=0)
    >>> first = np.zeros((game.horizon, game.n_states, game.n_joint_actions))
    >>> first[..., 0] = 1
    >>> value = evaluate(game, first, TotalVariation(0.2))
    >>> bool(abs(game.initial @ value[0, 0] - (3 - 3 * 0.2 + 0.2 * 0.9)) < 1e-12)
    True
    """
    sets, policy = sets_of(game, uncertainty), game.check_policy(policy)
    return followed(game, sets, policy)


def best_response(game: MarkovGame, policy: Any, uncertainty: Uncertainty) -> np.ndarray:
    """Robust value of each player's best unilateral deviation from a joint policy.

    Parameters
    ----------
    game : MarkovGame
        The game.
    policy : array_like, shape (H, S, A)
        Joint policy. The others keep playing their marginal of it.
    uncertainty : UncertaintySet or sequence of them
        One set for all players, or one per player.

    Returns
    -------
    numpy.ndarray, shape (m, H+1, S)
        Player i's value when it alone deviates, as well as it can at every step and state; 0 at step H.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 1, :eq:`robust-best-response`: V_h(s) = max over a_i of the sum over the others' actions of their marginal
    probability times Q_h(s, a). Against a correlated policy the deviator gives up the coordination, so this can be less
    than the value of the policy itself.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import Nominal, best_response, evaluate, zoo
    >>> game = zoo.traffic_merge()
    >>> always_wait = np.zeros((game.horizon, game.n_states, game.n_joint_actions))
    >>> always_wait[..., 3] = 1
    >>> deviation = best_response(game, always_wait, Nominal())
    >>> bool((deviation >= evaluate(game, always_wait, Nominal())).all())
    True
    """
    sets, policy = sets_of(game, uncertainty), game.check_policy(policy)
    return deviated(game, sets, policy, "cce")


def equilibrium_gap(game: MarkovGame, policy: Any, uncertainty: Uncertainty, concept: str) -> float:
    """How far a joint policy is from a robust equilibrium: the largest gain of any player by deviating.

    Parameters
    ----------
    game : MarkovGame
        The game.
    policy : array_like, shape (H, S, A)
        Joint policy. For "nash" it must be a product of the players' own policies at every step and state.
    uncertainty : UncertaintySet or sequence of them
        One set for all players, or one per player.
    concept : {"nash", "ce", "cce"}
        Which deviations count: for "ce" any swap of the recommended action, otherwise a deviation chosen before
        the recommendation is seen.

    Returns
    -------
    float
        Gap at the initial distribution, at least 0, in units of reward; at most H.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form; for "nash" of a correlated policy the message names step and state.

    Notes
    -----
    Chapter 1, :eq:`gap`: max(0, max over players of (V_deviation - V_policy)(initial)), with V_deviation of chapter 3,
    :eq:`deviation-value`. A robust equilibrium is a policy whose gap is 0.

    Examples
    --------
    >>> from mornavi_lite import TotalVariation, equilibrium_gap, solve, zoo
    >>> game, ball = zoo.safe_or_risky(rewards="opposed"), TotalVariation(0.1)
    >>> solution = solve(game, ball, "ce")
    >>> equilibrium_gap(game, solution.policy, ball, "ce") == solution.gap < 1e-8
    True
    """
    sets, policy = sets_of(game, uncertainty), game.check_policy(policy)
    checks.one_of("concept", concept, CONCEPTS)
    require_product(policy, game.n_actions, concept)
    return gap_of(game, deviated(game, sets, policy, concept), followed(game, sets, policy))


def solve(
    game: MarkovGame, uncertainty: Uncertainty, concept: str = "cce", select: str = "pure", progress: bool = False
) -> Solution:
    """A robust equilibrium of a known game, by backward induction.

    Parameters
    ----------
    game : MarkovGame
        The game.
    uncertainty : UncertaintySet or sequence of them
        One set for all players, or one per player.
    concept : {"cce", "ce", "nash"}
        Which equilibrium is put at every stage.
    select : {"pure", "welfare"}
        Which of many: a pure Nash profile where there is one, or the highest total payoff of the stage in any case; see
        :func:`mornavi_lite.solve_stage`.
    progress : bool
        Whether to show the steps that are done, as a bar of tqdm or, where that is missing, a line on stderr.

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
    Chapter 3, :eq:`stage-payoffs` and :prf:ref:`backward-induction`: an equilibrium of the robust stage game at every
    step and state is a robust equilibrium of the whole game. Kardes, Ordonez and Hall (2011) for existence.

    Examples
    --------
    >>> from mornavi_lite import TotalVariation, solve, zoo
    >>> solution = solve(zoo.support_shift(theta=1), TotalVariation(0.2))
    >>> bool(abs(solution.value[0, 0, 0] - 2.58) < 1e-12) and solution.gap <= 1e-9
    True
    """
    sets = sets_of(game, uncertainty)
    check_selection(concept, select)
    policy, value = stage_equilibria(game, partial(backups, game, sets), concept, select, progress, game.fold)
    gap = certified(gap_of(game, deviated(game, sets, policy, concept), value), game)
    return Solution(policy, value, gap, about(game, policy, uncertainty, concept))


def stage_equilibria(
    game: Any, payoffs_at: Callable[..., np.ndarray], concept: str, select: str, progress: bool, fold: Any = np.asarray
) -> tuple[np.ndarray, np.ndarray]:
    """Equilibria (H, S, A) and values (m, H+1, S) of stages with payoffs (S, m, A), from those after them on."""
    policy = np.empty((game.horizon, game.n_states, game.n_joint_actions))

    def equilibrium(h: int, value: np.ndarray) -> np.ndarray:
        payoffs = payoffs_at(h, value)
        try:
            policy[h] = fold(solve_stage_unchecked(payoffs, game.n_actions, concept, select))
        except RuntimeError as error:
            raise RuntimeError(f"step {h}, stage games by state: {error}") from error
        shown.update(1)
        return np.asarray((policy[h][:, None] * payoffs).sum(axis=-1).T)

    with bar(game.horizon, 0, progress, "steps") as shown:
        return policy, backward(game.horizon, (game.n_players, game.n_states), equilibrium)


def certified(gap: float, game: Any) -> float:
    """The gap of a policy that was solved for, unless it is more than rounding."""
    if gap > 1e-8 * game.horizon * power_of_two(game.step_ranges):
        raise RuntimeError(f"the policy found has a gap of {gap:.3g}: not certified as an equilibrium")
    return gap


def about(game: MarkovGame, policy: np.ndarray, uncertainty: Uncertainty, concept: str) -> About:
    """What a solution says of its game."""
    return About(
        game.name,
        game.n_actions,
        game.state_names,
        game.action_names,
        game.reward_range,
        concept,
        text_of(uncertainty),
        game.initial,
        expected_visits(game.probability, game.initial, policy, game.next_state),
    )


def sets_of(game: MarkovGame, uncertainty: Uncertainty) -> list[UncertaintySet]:
    """The set of each player, after a check of both arguments."""
    refuse_others(game)
    return sets_per_player(uncertainty, game.n_players)


def refuse_others(game: Any) -> None:
    """Raise unless ``game`` is a game of this kind."""
    if not isinstance(game, MarkovGame):
        package, *room = type(game).__module__.split(".")
        other = f"; what solves it is in mornavi_lite.{room[0]}" if package == "mornavi_lite" and room else ""
        raise TypeError(f"game must be a MarkovGame, got {type(game).__name__}{other}")
