"""Equilibria of stage games, many at once, each certified before it is returned.

In a stage game player i chooses one of ``n_actions[i]`` actions; the A = prod(n_actions) joint actions are flattened
in C order, and ``payoffs[i, a]`` is what player i gets if a is played. A joint policy gives each joint action a
probability. Three concepts of equilibrium say which deviations must not pay:

- ``"nash"``: the players draw independently, and nobody gains by playing another action.
- ``"ce"`` (correlated): a joint action is drawn and each player is recommended its part; nobody gains by replacing
  recommendations, "when told a, play b".
- ``"cce"`` (coarse correlated): who deviates does so before the recommendation: "whatever I am told, I play b".

Each Nash equilibrium is a CE, and each CE is a CCE.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import _checks, _deviations
from ._dual_simplex import correlated
from ._lemke_howson import lemke_howson
from ._many_players import many_players
from ._scaling import rounded, scaled_payoffs, total_payoff

CONCEPTS = ("nash", "ce", "cce")
#: Largest deviation gain of a returned policy, in units of the player's payoff range.
TOLERANCE = 1e-9
_ATTEMPTS = 3
#: :func:`deviation_value` without checks of the arguments, for inner loops.
deviation_value_unchecked = _deviations.best_value


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
    n_actions = _checks.action_counts(n_actions)
    concept = _checks.one_of("concept", concept, CONCEPTS)
    return solve_stage_unchecked(_checked_payoffs(payoffs, n_actions), n_actions, concept)


def deviation_gain(payoffs: Any, policy: Any, n_actions: Sequence[int], concept: str) -> np.ndarray:
    """The most that any player gains by a deviation of the concept.

    Parameters
    ----------
    payoffs : array_like, shape (..., m, A)
        Of each player.
    policy : array_like, shape (..., A)
        Joint policies; for ``"nash"`` product policies, see :func:`is_product`.
    n_actions : sequence of int
        Number of actions of each player.
    concept : {"cce", "ce", "nash"}
        Which deviations.

    Returns
    -------
    numpy.ndarray, shape (...)
        Gains in units of payoff, at least 0; 0 means an equilibrium.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, or a policy is not a product where ``"nash"`` needs one.

    Notes
    -----
    Chapter 3, :eq:`deviation-gain`: max(0, max over players of :func:`deviation_value` minus the value of the policy);
    0 exactly for what :eq:`nash`, :eq:`ce` or :eq:`cce` defines. Sources: Nash (1950), Aumann (1974) for CE, Moulin and
    Vial (1978) for CCE.

    Examples
    --------
    In the prisoner's dilemma, to cooperate leaves 5 - 3 to gain:

    >>> import numpy as np
    >>> from mornavi_lite.equilibrium import deviation_gain
    >>> dilemma = np.array([[3, 0, 5, 1], [3, 5, 0, 1]])
    >>> cooperate, defect = np.eye(4)[[0, 3]]
    >>> float(deviation_gain(dilemma, cooperate, (2, 2), "cce"))
    2.0
    >>> float(deviation_gain(dilemma, defect, (2, 2), "cce")) == 0
    True
    """
    n_actions = _checks.action_counts(n_actions)
    concept = _checks.one_of("concept", concept, CONCEPTS)
    payoffs = _checked_payoffs(payoffs, n_actions)
    policy = _checked_policy(policy, payoffs.shape[:-2], n_actions)
    require_product(policy, n_actions, concept)
    # On scaled payoffs, so that a large constant costs no digits and nothing overflows.
    scaled, _, exponent = scaled_payoffs(payoffs)
    return np.ldexp(_deviations.gains(scaled, policy, n_actions, concept), exponent).max(axis=-1)


def deviation_value(payoff: Any, policy: Any, n_actions: Sequence[int], player: int, concept: str) -> np.ndarray:
    """The value of one player's best deviation.

    Parameters
    ----------
    payoff : array_like, shape (..., A)
        Of this player.
    policy : array_like, shape (..., A)
        Joint policies.
    n_actions : sequence of int
        Number of actions of each player.
    player : int
        Who deviates, from 0.
    concept : {"cce", "ce", "nash"}
        Which deviations; those of a Nash equilibrium and of a CCE are the same.

    Returns
    -------
    numpy.ndarray, shape (...)
        Values in units of payoff. For ``"cce"`` one can be below the value of the policy itself: who deviates
        loses the coordination.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 3, the first term of :eq:`deviation-gain`, with own action b and the others' joint action o::

        nash, cce:  max_b  sum_o  policy(o) payoff(b, o)              policy(o) the others' marginal
        ce:         sum_a  max_b  sum_o  policy(a, o) payoff(b, o)    a the recommendation

    Sources: Nash (1950), Aumann (1974) for CE, Moulin and Vial (1978) for CCE.

    Examples
    --------
    Half (up, left), half (down, right): a fixed deviation earns 0.5, and following earns 1.

    >>> from mornavi_lite.equilibrium import deviation_value
    >>> float(deviation_value([1, 0, 0, 1], [0.5, 0, 0, 0.5], (2, 2), 0, "cce"))
    0.5
    >>> float(deviation_value([1, 0, 0, 1], [0.5, 0, 0, 0.5], (2, 2), 0, "ce")) == 1
    True
    """
    n_actions = _checks.action_counts(n_actions)
    concept = _checks.one_of("concept", concept, CONCEPTS)
    player = _checks.integer("player", player, 0, len(n_actions) - 1)
    payoff = _checks.finite_array("payoff", payoff)
    n_joint = math.prod(n_actions)
    if payoff.shape[-1:] != (n_joint,):
        raise ValueError(f"payoff must have shape (..., A) with A = {n_joint}, got {payoff.shape}")
    policy = _checked_policy(policy, payoff.shape[:-1], n_actions)
    return deviation_value_unchecked(payoff, policy, n_actions, player, concept)


def is_product(policy: Any, n_actions: Sequence[int]) -> np.ndarray:
    """Whether the players draw their actions independently.

    Parameters
    ----------
    policy : array_like, shape (..., A)
        Joint policies.
    n_actions : sequence of int
        Number of actions of each player.

    Returns
    -------
    numpy.ndarray of bool, shape (...)
        True for a product policy.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 3, :prf:ref:`def-stage-game`: a product policy is that of its own marginals,
    ``policy(a) = prod_i marginal_i(a_i)``; here up to 1e-8 in total variation.

    Examples
    --------
    >>> from mornavi_lite.equilibrium import is_product
    >>> is_product([[0.25, 0.25, 0.25, 0.25], [0.5, 0, 0, 0.5]], (2, 2)).tolist()
    [True, False]
    """
    n_actions = _checks.action_counts(n_actions)
    policy = _checks.probability_rows("policy", policy)
    return _deviations.is_product(_checked_policy(policy, policy.shape[:-1], n_actions), n_actions)


def _checked_payoffs(payoffs: Any, n_actions: tuple[int, ...]) -> np.ndarray:
    payoffs = _checks.finite_array("payoffs", payoffs)
    shape = (len(n_actions), math.prod(n_actions))
    if payoffs.shape[-2:] != shape:
        raise ValueError(f"payoffs must have shape (..., m, A) with m, A = {shape}, got {payoffs.shape}")
    return payoffs


def _checked_policy(policy: Any, games: tuple[int, ...], n_actions: tuple[int, ...]) -> np.ndarray:
    policy = _checks.probability_rows("policy", policy)
    _checks.has_shape("policy", policy, (*games, math.prod(n_actions)), "(..., A)")
    return policy


def require_product(policy: np.ndarray, n_actions: tuple[int, ...], concept: str) -> None:
    """Raise at the first policy (..., A) that is no product, if ``concept`` is "nash", which needs one."""
    if concept != "nash":
        return
    independent = _deviations.is_product(policy, n_actions)
    if not independent.all():
        where = _checks.first_true(~independent)
        product = _deviations.product_of_marginals(policy[where], n_actions)
        joint = int(np.abs(policy[where] - product).argmax())
        raise ValueError(
            f"policy{_checks.place(where)} must be a product of its marginals for concept 'nash': joint action {joint} "
            f"has probability {float(policy[where][joint])}, the product {float(product[joint])}"
        )


def solve_stage_unchecked(payoffs: np.ndarray, n_actions: tuple[int, ...], concept: str) -> np.ndarray:
    """:func:`solve_stage` without checks of the arguments."""
    n_players, n_joint = payoffs.shape[-2:]
    scaled, width, exponent = scaled_payoffs(payoffs.reshape(-1, n_players, n_joint))
    choice, welfare = rounded(scaled), total_payoff(scaled, width, exponent)
    policy, pure = _deviations.best_pure(choice, welfare, n_actions)
    left = np.arange(len(policy))
    for attempt in range(_ATTEMPTS):
        mixed = left[~pure[left]]
        if len(mixed):
            policy[mixed] = _best_mixed(choice[mixed], welfare[mixed], n_actions, concept, attempt)
        gap = _deviations.gains(scaled[left], policy[left], n_actions, concept)
        gap = np.divide(gap, width[left], out=gap, where=width[left] > 0).max(axis=1)
        # NaN, from a method that gave up, fails too.
        failed = ~(gap <= TOLERANCE)
        left, gap = left[failed], gap[failed]
        if not len(left):
            return policy.reshape(*payoffs.shape[:-2], n_joint)
    where = _checks.place(np.unravel_index(left[0], payoffs.shape[:-2])) if payoffs.ndim > 2 else ""
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
