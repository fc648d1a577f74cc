"""Episodes as flows: the counts of many episodes, drawn layer by layer, and their mean. Chapter 5 of the book."""

from __future__ import annotations

import numpy as np


def flow(
    probability: np.ndarray,
    initial: np.ndarray,
    policy: np.ndarray,
    n_episodes: int,
    rng: np.random.Generator,
    next_state: np.ndarray | None = None,
) -> np.ndarray:
    """Counts (H, S, A, S), or (H, S, A, B) beside ``next_state``, of ``n_episodes`` episodes; nothing is checked."""
    played = np.zeros(probability.shape, dtype=np.int64)
    arriving = split(np.array([n_episodes]), initial[None], rng)[0]
    for h in range(len(probability)):
        actions = split(arriving, policy[h], rng)
        s, a = np.nonzero(actions)
        drawn = played[h, s, a] = split(actions[s, a], probability[h, s, a], rng)
        if next_state is None:
            arriving = drawn.sum(axis=0)
        else:
            arriving = np.zeros_like(arriving)
            np.add.at(arriving, next_state[h, s, a], drawn)
    return played


def expected_visits(
    probability: np.ndarray, initial: np.ndarray, policy: np.ndarray, next_state: np.ndarray | None = None
) -> np.ndarray:
    """Visits (H, S) of each state at each step that an episode of the policy has on average; nothing is checked."""
    visits = np.empty(policy.shape[:2])
    arriving = initial
    for h, rows in enumerate(probability):
        visits[h] = arriving
        played = (arriving[:, None] * policy[h]).ravel()
        if next_state is None:
            arriving = played @ rows.reshape(-1, rows.shape[-1])
        else:
            flows = played[:, None] * rows.reshape(len(played), -1)
            arriving = np.bincount(
                next_state[h].ravel().astype(np.intp, copy=False), flows.ravel(), minlength=len(arriving)
            )
    return visits


def split(counts: np.ndarray, probabilities: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Multinomial split of each count (B,) by its row of probabilities (B, k): integers (B, k).

    NumPy gives what rounding leaves over to the *last* category, even where its probability is 0. So each row's
    most probable category changes places with the last one for the draw.
    """
    row, top = np.arange(len(counts)), probabilities.argmax(axis=1)
    swapped = probabilities / probabilities.sum(axis=1, keepdims=True)
    _swap_with_last(swapped, row, top)
    drawn = rng.multinomial(counts, swapped)
    _swap_with_last(drawn, row, top)
    return drawn


def _swap_with_last(table: np.ndarray, row: np.ndarray, column: np.ndarray) -> None:
    last = table[:, -1].copy()
    table[:, -1] = table[row, column]
    table[row, column] = last
