"""What a deviation is worth: the certificate of every equilibrium."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import checks
from . import deviations

#: The kinds of equilibrium.
CONCEPTS = ("nash", "ce", "cce")


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
    n_actions = checks.action_counts(n_actions)
    concept = checks.one_of("concept", concept, CONCEPTS)
    payoffs = checked_payoffs(payoffs, n_actions)
    policy = checked_policy(policy, payoffs.shape[:-2], n_actions)
    require_product(policy, n_actions, concept)
    # As differences to a payoff in play, so that neither a large constant nor a penalty costs digits, and nothing
    # overflows.
    exponent = np.frexp(np.abs(payoffs).max(axis=-1))[1]
    scaled = np.ldexp(payoffs, -exponent[..., None])
    scaled -= np.take_along_axis(scaled, policy.argmax(axis=-1)[..., None, None], axis=-1)
    return np.ldexp(deviations.gains(scaled, policy, n_actions, concept), exponent).max(axis=-1)


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
    n_actions = checks.action_counts(n_actions)
    concept = checks.one_of("concept", concept, CONCEPTS)
    player = checks.integer("player", player, 0, len(n_actions) - 1)
    payoff = checks.finite_array("payoff", payoff)
    n_joint = math.prod(n_actions)
    if payoff.shape[-1:] != (n_joint,):
        raise ValueError(f"payoff must have shape (..., A) with A = {n_joint}, got {payoff.shape}")
    policy = checked_policy(policy, payoff.shape[:-1], n_actions)
    return deviations.deviation_value_unchecked(payoff, policy, n_actions, player, concept)


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
    n_actions = checks.action_counts(n_actions)
    policy = checks.probability_rows("policy", policy)
    return deviations.is_product(checked_policy(policy, policy.shape[:-1], n_actions), n_actions)


def checked_payoffs(payoffs: Any, n_actions: tuple[int, ...]) -> np.ndarray:
    payoffs = checks.finite_array("payoffs", payoffs)
    shape = (len(n_actions), math.prod(n_actions))
    if payoffs.shape[-2:] != shape:
        raise ValueError(f"payoffs must have shape (..., m, A) with m, A = {shape}, got {payoffs.shape}")
    return payoffs


def checked_policy(policy: Any, games: tuple[int, ...], n_actions: tuple[int, ...]) -> np.ndarray:
    policy = checks.probability_rows("policy", policy)
    checks.has_shape("policy", policy, (*games, math.prod(n_actions)), "(..., A)")
    return policy


def require_product(policy: np.ndarray, n_actions: tuple[int, ...], concept: str) -> None:
    """Raise at the first policy (..., A) that is no product, if ``concept`` is "nash", which needs one."""
    if concept != "nash":
        return
    independent = deviations.is_product(policy, n_actions)
    if not independent.all():
        where = checks.first_true(~independent)
        product = deviations.product_of_marginals(policy[where], n_actions)
        joint = int(np.abs(policy[where] - product).argmax())
        raise ValueError(
            f"policy{checks.place(where)} must be a product of its marginals for concept 'nash': joint action {joint} "
            f"has probability {float(policy[where][joint])}, the product {float(product[joint])}"
        )
