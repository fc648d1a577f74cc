"""Rows as lists of their next states: next_state (H, S, A, B) beside probability (H, S, A, B)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import checks
from .arrays import one_step, refuse_too_large


def check_next_state(next_state: np.ndarray, probability: np.ndarray, n_states: int) -> None:
    """Raise unless every entry is a state, beside a probability."""
    if next_state.shape != probability.shape:
        raise ValueError(
            f"next_state and probability must have the same shape, got {next_state.shape} and {probability.shape}"
        )
    outside = (next_state < 0) | (next_state >= n_states)
    if outside.any():
        where = checks.first_true(outside)
        raise ValueError(f"next_state{checks.place(where)} must be from 0 to {n_states - 1}, got {next_state[where]}")


def merged(
    next_state: np.ndarray, probability: np.ndarray, reward: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Rows (R, B) with each next state once, in rising order; rewards (m, R, B), where given, averaged by probability.

    A shorter row repeats its last state with probability 0, and with that state's reward.
    """
    order = np.argsort(next_state, axis=1, kind="stable")
    states = np.take_along_axis(next_state, order, 1)
    weights = np.take_along_axis(probability, order, 1)
    pays = None if reward is None else np.take_along_axis(reward, order[None], 2)
    new = np.ones(states.shape, dtype=bool)
    new[:, 1:] = states[:, 1:] != states[:, :-1]
    if new.all():
        return states, weights, pays
    place = np.cumsum(new, axis=1) - 1
    width = int(place.max()) + 1
    rows = np.arange(len(states))[:, None]
    summed = np.zeros((len(states), width))
    np.add.at(summed, (rows, place), weights)
    kept = np.repeat(states[:, -1:], width, axis=1)
    kept[np.broadcast_to(rows, place.shape), place] = states
    if pays is None:
        return kept, summed, None
    return kept, summed, np.stack([_averaged(each, weights, place, new, summed) for each in pays])


def merged_steps(
    states: np.ndarray, weights: np.ndarray, rewards: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """:func:`merged` for rows (h, S, A, B); rewards (m, h, S, A, B) are averaged, (m, h, S, A) left alone.

    Each of the three may be of one step which the others do not repeat.
    """
    per_outcome = rewards.ndim == weights.ndim + 1
    shape = np.broadcast_shapes(states.shape, weights.shape, *[rewards.shape[1:]] * per_outcome)
    states, weights = (np.broadcast_to(each, shape) for each in (states, weights))
    lead, width = shape[:-1], shape[-1]
    pays = None
    if per_outcome:
        pays = np.broadcast_to(rewards, (len(rewards), *shape)).reshape(len(rewards), -1, width)
    kept, summed, averaged = merged(states.reshape(-1, width), weights.reshape(-1, width), pays)
    if averaged is not None:
        rewards = averaged.reshape(len(rewards), *lead, -1)
    return kept.reshape(*lead, -1), summed.reshape(*lead, -1), rewards


def _averaged(
    pay: np.ndarray, weights: np.ndarray, place: np.ndarray, new: np.ndarray, summed: np.ndarray
) -> np.ndarray:
    """Rewards (R, width) of one player: the mean of entries for one next state; where they agree, just that."""
    rows = np.broadcast_to(np.arange(len(pay))[:, None], place.shape)
    first = np.zeros_like(summed)
    first[rows[new], place[new]] = pay[new]
    counts = weights > 0
    at = rows[counts], place[counts]
    total, least, most = np.zeros_like(summed), np.full_like(summed, np.inf), np.full_like(summed, -np.inf)
    np.add.at(total, at, weights[counts] * pay[counts])
    np.minimum.at(least, at, pay[counts])
    np.maximum.at(most, at, pay[counts])
    mean = np.divide(total, summed, out=first, where=summed > 0)
    mean = np.where(least == most, least, mean)
    last = place[:, -1:]  # what a shorter row repeats
    return np.where(np.arange(summed.shape[1]) > last, np.take_along_axis(mean, last, 1), mean)


def dense_kernel(next_state: np.ndarray, probability: np.ndarray, n_states: int) -> np.ndarray:
    """The kernel (H, S, A, S), a view that repeats one step where the rows do; beyond 2 GiB an error."""
    nexts, weights = one_step(next_state, 0), one_step(probability, 0)
    shape = (*weights.shape[:3], n_states)
    refuse_too_large("the kernel", math.prod(shape))
    dense = np.zeros((weights[..., 0].size, n_states))
    rows = np.arange(len(dense))[:, None]
    np.add.at(dense, (rows, nexts.reshape(len(dense), -1)), weights.reshape(len(dense), -1))
    dense.setflags(write=False)
    return np.broadcast_to(dense.reshape(shape), (len(next_state), *shape[1:]))


def dense_reward(next_state: np.ndarray, reward: np.ndarray, lowest: np.ndarray, n_states: int) -> np.ndarray:
    """Rewards (m, h, S, A, S) of rows (h, S, A, B); ``lowest`` (m, h) pays the way to a state that is not listed."""
    m, shape = len(reward), (*reward.shape[1:4], n_states)
    refuse_too_large("the rewards", m * math.prod(shape))
    dense = np.broadcast_to(lowest.reshape(*lowest.shape, 1, 1, 1), (m, *shape)).copy()
    listed = np.broadcast_to(next_state, reward.shape[1:])
    for own, paid in zip(dense, reward, strict=True):
        np.put_along_axis(own, listed, paid, axis=-1)
    return dense


def lowest_elsewhere(value: np.ndarray, next_state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The state of lowest ``value`` (S,) that a row (..., B) does not list, and the value.

    Where a row lists all states, its own first one, and infinity.
    """
    rows = next_state.reshape(-1, next_state.shape[-1])
    state, lowest, left = rows[:, 0].copy(), np.full(len(rows), np.inf), np.arange(len(rows))
    for candidate in np.argsort(value, kind="stable")[: rows.shape[1] + 1]:  # one of B + 1 is not listed
        listed = (rows[left] == candidate).any(axis=-1)
        state[left[~listed]], lowest[left[~listed]] = candidate, value[candidate]
        left = left[listed]
    return state.reshape(next_state.shape[:-1]), lowest.reshape(next_state.shape[:-1])


def laid_out(values: np.ndarray, old: np.ndarray, new: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Values (m, h, S, A, B) beside ``old`` next states, laid beside ``new`` (h, S, A, C); ``rest`` elsewhere."""
    same = new[..., :, None] == old[..., None, :]
    place = np.broadcast_to(same.argmax(axis=-1), (len(values), *new.shape))
    found = np.take_along_axis(np.broadcast_to(values, (len(values), *old.shape)), place, axis=-1)
    return np.where(same.any(axis=-1), found, rest)


def gathered(counts: np.ndarray, next_state: np.ndarray, n_states: int) -> np.ndarray:
    """Counts (H, S, A, S) from counts (H, S, A, B) beside their next states."""
    dense = np.zeros((*counts.shape[:-1], n_states), dtype=np.int64)
    where = np.nonzero(counts)
    np.add.at(dense, (*where[:-1], next_state[where]), counts[where])
    return dense


def scattered(values: np.ndarray, next_state: np.ndarray, at: np.ndarray, n_states: int, rest: Any = 0.0) -> np.ndarray:
    """Values (m, H, S, A, S) of values (m, H, S, A, B) beside their next states; ``rest`` but where ``at`` is true."""
    dense = np.broadcast_to(rest, (*values.shape[:-1], n_states)).copy()
    where = np.nonzero(at)
    place: tuple[Any, ...] = (slice(None), *where)
    dense[(*place[:-1], next_state[where])] = values[place]
    return dense
