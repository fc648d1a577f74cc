"""Symmetric equilibria of three actions and more: Newton's method on every support, and a certificate."""

from __future__ import annotations

import itertools

import numpy as np

from .profiles import joined, profile_probabilities

#: A gain that is left, as a share of the payoffs' range, at which an equilibrium is certified.
CERTIFIED = 1e-10
#: Supports are all tried, so there may be no more actions than this.
MOST_ACTIONS = 10
_STARTS, _STEPS = 8, 40


def found_equilibria(against: np.ndarray, n_players: int) -> tuple[np.ndarray, np.ndarray]:
    """Mixed strategies (n, A) that Newton's method ends at, and the gain (n,) that each leaves to one who deviates.

    ``against`` (A, K) is the payoff of each action against each profile of the others. On a support all actions are to
    pay the same: as many equations as unknowns. The starts are the even mix and others that are drawn the same way
    each time; all starts on all supports go on together.
    """
    n_actions = len(against)
    if n_actions > MOST_ACTIONS:
        raise ValueError(f"n_actions must be at most {MOST_ACTIONS} for an equilibrium to be searched, got {n_actions}")
    rng, starts = np.random.default_rng(0), []
    for size in range(1, n_actions + 1):
        for support in itertools.combinations(range(n_actions), size):
            mixes = rng.dirichlet(np.ones(size), size=_STARTS if size > 1 else 0)
            every = np.zeros((1 + len(mixes), n_actions))
            every[:, support] = np.concatenate([np.full((1, size), 1 / size), mixes])
            starts.append(every)
    ended = _newton(against, n_players, np.concatenate(starts))
    return ended, gain(against, n_players, ended)


def action_values(against: np.ndarray, n_players: int, strategy: np.ndarray) -> np.ndarray:
    """Payoff (..., A) of each action where the others draw from ``strategy`` (..., A)."""
    return np.asarray(profile_probabilities(n_players - 1, strategy) @ against.T)


def gain(against: np.ndarray, n_players: int, strategy: np.ndarray) -> np.ndarray:
    """What the best action pays more than each strategy (..., A), where all others follow it."""
    values = action_values(against, n_players, strategy)
    return np.asarray(values.max(axis=-1) - (strategy * values).sum(axis=-1))


def slopes(against: np.ndarray, n_players: int, strategy: np.ndarray) -> np.ndarray:
    """Derivative (..., A, A) of each action's payoff by the probability of each: one of the others is on it."""
    n_actions = len(against)
    if n_players == 1:
        return np.zeros((*strategy.shape, n_actions))
    weights = profile_probabilities(n_players - 2, strategy)
    by_action = [weights @ against[:, each].T for each in joined(n_players - 1, n_actions)]
    return (n_players - 1) * np.stack(by_action, axis=-1)


def _newton(against: np.ndarray, n_players: int, here: np.ndarray) -> np.ndarray:
    """Where the steps from each start (n, A) end; its support stays, and no step leaves the simplex."""
    here, going = here.copy(), np.arange(len(here))
    for _ in range(_STEPS):
        at = here[going]
        on = at > 0
        values = action_values(against, n_players, at)
        level = (at * values).sum(axis=1, keepdims=True)
        system = np.zeros((len(at), len(against) + 1, len(against) + 1))
        system[:, :-1, :-1] = np.where(on[:, :, None], slopes(against, n_players, at) * on[:, None, :], 0.0)
        system[:, :-1, :-1] += np.eye(len(against)) * ~on[:, :, None]
        system[:, :-1, -1], system[:, -1, :-1] = -1.0 * on, 1.0 * on
        wanted = np.concatenate([np.where(on, level - values, 0.0), np.zeros((len(at), 1))], axis=1)
        step = (np.linalg.pinv(system, rcond=1e-13) @ wanted[..., None])[:, :-1, 0] * on
        most = np.where(step < 0, -0.95 * at / np.where(step < 0, step, 1.0), 1.0).min(axis=1, keepdims=True)
        at = np.maximum(at + np.minimum(most, 1.0) * step, 0.0)
        here[going] = at / at.sum(axis=1, keepdims=True)
        going = going[np.abs(step).max(axis=1) > 1e-15]
        if not len(going):
            break
    return here
