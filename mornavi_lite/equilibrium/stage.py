"""Which method finds an equilibrium of a stage game, and the certificate that every answer must pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import checks
from ..rounding import rounded
from . import deviations
from .dual_simplex import correlated
from .gains import CONCEPTS, checked_payoffs
from .lemke_howson import lemke_howson
from .many_players import many_players
from .scaling import scaled_payoffs, total_payoff

#: Largest deviation gain of a returned policy, in units of the player's payoff range.
TOLERANCE = 1e-9

_ATTEMPTS = 3


def solve_stage(payoffs: Any, n_actions: Sequence[int], concept: str = "cce") -> np.ndarray:
    """An equilibrium of each stage game.

    Parameters
    ----------
    payoffs : array_like, shape (..., m, A)
        Of each player, in any unit. The leading axes are games; there may be none of them.
    n_actions : sequence of int
        Number of actions of each player.
    concept : {"cce", "ce", "nash"}
        Which equilibrium.

    Returns
    -------
    numpy.ndarray, shape (..., A)
        Joint policies: probabilities, none negative, with sum 1.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.
    ImportError
        If a Nash equilibrium of three or more players is not pure, and QuantEcon (extra ``nash``) is missing.
    RuntimeError
        If no policy found passes the certificate; with the game's index and the gain reached.

    Notes
    -----
    The rule (chapter 3, :prf:ref:`def-selection`): the pure Nash profile of highest total payoff where there is one,
    ties to the lowest joint action. Else, for ``"ce"`` and ``"cce"``, the equilibrium of highest total payoff, by the
    linear programs of Aumann (1974) and of Moulin and Vial (1978); for ``"nash"`` the one that Lemke and Howson's path
    (1964) leads to with two players, and one near the point that McLennan and Tourky's method (2006) finds with more.

    The choice is made on payoffs rounded to about 1e-10 of each player's range, so that the last bits of the payoffs
    cannot tip it: payoffs as close as that are ties. Every answer is then certified on the payoffs
    as given: no player's :func:`deviation_gain` exceeds 1e-9 of the player's range. A policy that fails is
    searched for again, at last in exact arithmetic. The result for a game does not depend on the games beside it.

    Examples
    --------
    Matching pennies has no pure equilibrium:

    >>> import numpy as np
    >>> from mornavi_lite.equilibrium import deviation_gain, solve_stage
    >>> pennies = np.array([[1, -1, -1, 1], [-1, 1, 1, -1]])
    >>> policy = solve_stage(pennies, (2, 2), "nash")
    >>> policy.round(3).tolist()
    [0.25, 0.25, 0.25, 0.25]
    >>> bool(deviation_gain(pennies, policy, (2, 2), "nash") <= 1e-9)
    True
    """
    n_actions = checks.action_counts(n_actions)
    concept = checks.one_of("concept", concept, CONCEPTS)
    return solve_stage_unchecked(checked_payoffs(payoffs, n_actions), n_actions, concept)


def solve_stage_unchecked(payoffs: np.ndarray, n_actions: tuple[int, ...], concept: str) -> np.ndarray:
    """:func:`solve_stage` without checks of the arguments."""
    n_players, n_joint = payoffs.shape[-2:]
    scaled, width, exponent = scaled_payoffs(payoffs.reshape(-1, n_players, n_joint))
    choice, welfare = rounded(scaled), total_payoff(scaled, width, exponent)
    policy, pure = deviations.best_pure(choice, welfare, n_actions)
    left = np.arange(len(policy))
    for attempt in range(_ATTEMPTS):
        mixed = left[~pure[left]]
        if len(mixed):
            policy[mixed] = _best_mixed(choice[mixed], welfare[mixed], n_actions, concept, attempt)
        gap = deviations.gains(scaled[left], policy[left], n_actions, concept)
        gap = np.divide(gap, width[left], out=gap, where=width[left] > 0).max(axis=1)
        # NaN, from a method that gave up, fails too.
        failed = ~(gap <= TOLERANCE)
        left, gap = left[failed], gap[failed]
        if not len(left):
            return policy.reshape(*payoffs.shape[:-2], n_joint)
    where = checks.place(np.unravel_index(left[0], payoffs.shape[:-2])) if payoffs.ndim > 2 else ""
    raise RuntimeError(
        f"payoffs{where}: no {concept!r} equilibrium could be certified; the best policy found leaves a deviation gain "
        f"of {gap[0]:.1e} of a player's range, {TOLERANCE:.0e} is allowed ({len(left)} of {len(policy)} games failed)"
        + ("; concepts 'ce' and 'cce' are linear programs, which need no such search" if concept == "nash" else "")
    )


def _best_mixed(
    payoffs: np.ndarray, welfare: np.ndarray, n_actions: tuple[int, ...], concept: str, attempt: int
) -> np.ndarray:
    """Candidates (B, A) for equilibria of games without a pure one."""
    # Players with one action have no deviation; without them three players may be two.
    choosing = [player for player, n in enumerate(n_actions) if n > 1]
    payoffs, n_actions = payoffs[:, choosing], tuple(n_actions[player] for player in choosing)
    if concept != "nash":
        return correlated(payoffs, welfare, n_actions, concept, attempt)
    if len(n_actions) == 2:
        return lemke_howson(payoffs, n_actions, attempt)
    return many_players(payoffs, n_actions, attempt)
