"""What a player can gain by deviating from a joint policy, for each concept; and products of marginals.

No argument is checked here: :mod:`mornavi_lite.equilibrium` does that.
"""

from __future__ import annotations

import math

import numpy as np

#: How far a product policy may be from the product of its marginals, in total variation.
PRODUCT_TOLERANCE = 1e-8


def by_own_action(array: np.ndarray, n_actions: tuple[int, ...], player: int) -> np.ndarray:
    """Arrange (..., A) as (..., actions of earlier players, own action, actions of later players)."""
    own = n_actions[player]
    later = math.prod(n_actions[player + 1 :])
    return array.reshape(*array.shape[:-1], array.shape[-1] // (own * later), own, later)


def deviation_value_unchecked(
    payoff: np.ndarray, policy: np.ndarray, n_actions: tuple[int, ...], player: int, concept: str
) -> np.ndarray:
    """Value (...) of a player's best deviation; see :func:`mornavi_lite.equilibrium.deviation_value`."""
    payoff = by_own_action(payoff, n_actions, player)
    policy = by_own_action(policy, n_actions, player)
    if concept != "ce":
        others = policy.sum(axis=-2, keepdims=True)
        return (payoff * others).sum(axis=(-3, -1)).max(axis=-1)
    # One recommendation after the other: all at once would take n times the memory.
    total = np.zeros(payoff.shape[:-3])
    for told in range(n_actions[player]):
        total += (payoff * policy[..., told : told + 1, :]).sum(axis=(-3, -1)).max(axis=-1)
    return total


def gains(payoffs: np.ndarray, policy: np.ndarray, n_actions: tuple[int, ...], concept: str) -> np.ndarray:
    """Gain (..., m) of each player's best deviation, at least 0; NaN where the policy is."""
    gain = np.empty(payoffs.shape[:-1])
    for player in range(len(n_actions)):
        payoff = payoffs[..., player, :]
        followed = (payoff * policy).sum(axis=-1)
        gain[..., player] = deviation_value_unchecked(payoff, policy, n_actions, player, concept) - followed
    return np.maximum(gain, 0.0)


def product_of_marginals(policy: np.ndarray, n_actions: tuple[int, ...]) -> np.ndarray:
    """Joint policy (..., A) of players who draw their actions independently, each from its marginal of ``policy``."""
    product = np.ones((*policy.shape[:-1], 1))
    for player in range(len(n_actions)):
        marginal = by_own_action(policy, n_actions, player).sum(axis=(-3, -1))
        joint = product[..., :, None] * marginal[..., None, :]
        product = joint.reshape(*policy.shape[:-1], joint.shape[-2] * joint.shape[-1])
    return product


def is_product(policy: np.ndarray, n_actions: tuple[int, ...]) -> np.ndarray:
    """Whether each policy (..., A) is the product of its marginals, up to PRODUCT_TOLERANCE in total variation."""
    distance = 0.5 * np.abs(policy - product_of_marginals(policy, n_actions)).sum(axis=-1)
    return np.asarray(distance <= PRODUCT_TOLERANCE)


def pure_equilibria(payoffs: np.ndarray, n_actions: tuple[int, ...]) -> np.ndarray:
    """Which joint actions (B, A) of the games (B, m, A) are Nash equilibria."""
    stable = np.ones(payoffs.shape[::2], dtype=bool)
    for player in range(len(n_actions)):
        own = by_own_action(payoffs[:, player], n_actions, player)
        # Action by action: faster than the maximum over a short axis.
        best = own[:, :, 0]
        for action in range(1, n_actions[player]):
            best = np.maximum(best, own[:, :, action])
        stable &= (own == best[:, :, None]).reshape(stable.shape)
    return stable


def best_pure(stable: np.ndarray, welfare: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Policies (B, A) that play the ``stable`` joint action of highest welfare, and where there is one (B,)."""
    best = np.where(stable, welfare, -1.0).argmax(axis=1)
    game = np.arange(len(welfare))
    policy = np.zeros(welfare.shape)
    policy[game, best] = 1.0
    return policy, stable[game, best]
