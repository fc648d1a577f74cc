"""Profiles: how many of the players take each action. Their list, their numbers, and how likely each of them is."""

from __future__ import annotations

import itertools
import math
from functools import lru_cache

import numpy as np

#: A list of more profiles than this would not fit into memory with its kernel.
MOST_PROFILES = 2 * 10**6


def n_profiles(n_players: int, n_actions: int) -> int:
    """C(m + A - 1, A - 1): in how many ways m players spread over A actions."""
    return math.comb(n_players + n_actions - 1, n_actions - 1)


@lru_cache(maxsize=32)
def profiles(n_players: int, n_actions: int) -> np.ndarray:
    """All profiles (C, A) in rising order, read-only; with two actions, profile c has c players on action 0."""
    if n_profiles(n_players, n_actions) > MOST_PROFILES:
        raise ValueError(
            f"{n_players} players with {n_actions} actions have {n_profiles(n_players, n_actions)} profiles, "
            f"{MOST_PROFILES} at most are listed"
        )
    places = n_players + n_actions - 1
    bars = np.array(list(itertools.combinations(range(places), n_actions - 1)), dtype=np.int64)
    bars = bars.reshape(n_profiles(n_players, n_actions), n_actions - 1)
    ends = np.full((len(bars), 1), 1, dtype=np.int64)
    listed = np.diff(np.concatenate([-ends, bars, places * ends], axis=1), axis=1) - 1
    listed.setflags(write=False)
    return listed


@lru_cache(maxsize=32)
def joined(n_players: int, n_actions: int) -> np.ndarray:
    """Number of the profile that arises where a player takes action a and the others have their profile k: (A, K)."""
    number = {each: c for c, each in enumerate(map(tuple, profiles(n_players, n_actions).tolist()))}
    others, own = profiles(n_players - 1, n_actions), np.eye(n_actions, dtype=np.int64)
    found = np.array([[number[each] for each in map(tuple, (others + one).tolist())] for one in own])
    found.setflags(write=False)
    return found


@lru_cache(maxsize=32)
def _log_ways(n_players: int, n_actions: int) -> np.ndarray:
    """log(m! / prod of n_a!) of each profile, (C,)."""
    factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n_players + 1)))])
    return np.asarray(factorial[n_players] - factorial[profiles(n_players, n_actions)].sum(axis=1))


def profile_probabilities(n_players: int, policy: np.ndarray) -> np.ndarray:
    """How likely each profile is where all players draw from ``policy`` (..., A) independently: (..., C)."""
    n_actions = policy.shape[-1]
    logs = np.log(np.maximum(policy, 1e-300)) @ profiles(n_players, n_actions).T.astype(np.float64)
    weights = np.exp(logs + _log_ways(n_players, n_actions))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def joint_profiles(n_players: int, n_actions: int) -> np.ndarray:
    """Number of the profile of each joint action, in C order: (A^m,)."""
    number = {each: c for c, each in enumerate(map(tuple, profiles(n_players, n_actions).tolist()))}
    joint = np.array(list(itertools.product(range(n_actions), repeat=n_players)))
    counts = (joint[:, :, None] == np.arange(n_actions)).sum(axis=1)
    return np.array([number[each] for each in map(tuple, counts.tolist())])
