"""How a game's arrays are checked and stored: one step for a stationary game, read-only, C order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import checks

#: Rows that sum to 1 within this are divided by their sum where ``normalize`` is asked for: float32, rounded tables.
NORMALIZED_WITHIN = 1e-3
#: Arrays that are made on demand may have this many bytes.
MOST_BYTES = 2**31


def kernel_array(name: str, values: Any, ndim: int, n_actions: tuple[int, ...]) -> np.ndarray:
    """``values`` as a float64 array with ``ndim`` axes; what users have instead is refused with the line to write."""
    first = values[0] if isinstance(values, (list, tuple)) and len(values) else values
    if hasattr(first, "tocsr"):
        raise TypeError(
            f"{name} must be an array, got a SciPy sparse matrix: write np.stack([each.toarray() for each in ...]), "
            "or give the non-zeros to MarkovGame.sparse(next_state, probability, ...)"
        )
    array = checks.real_array(name, values)
    players = len(n_actions)
    if players > 1 and array.ndim == ndim + players - 1 and array.shape[ndim - 2 : -1] == n_actions:
        raise ValueError(
            f"{name} must have {ndim} axes, got shape {array.shape} with an axis for each player's actions: "
            f"write {name}.reshape({', '.join(map(str, array.shape[: ndim - 2]))}, -1, {array.shape[-1]})"
        )
    if array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, got shape {array.shape}")
    return array


def check_kernel(kernel: np.ndarray, n_actions: tuple[int, ...], axes: str) -> None:
    """Raise unless the axes of ``kernel``, (H, S, A, S) or (S, A, S), have these lengths."""
    n_joint, shape = math.prod(n_actions), kernel.shape
    if shape[-3] != shape[-1] or shape[-2] != n_joint or min(shape) < 1:
        raise ValueError(f"transition must have shape {axes} with A = {n_joint}, the product of n_actions, got {shape}")


def checked_rows(name: str, rows: np.ndarray, normalize: bool, by_step: bool = True) -> np.ndarray:
    """``rows`` if each is a distribution; with ``normalize`` those that nearly are one are divided by their sum."""
    if not by_step:
        return checked_rows(name, rows[0], normalize)[None]
    try:
        if not checks.truth("normalize", normalize):
            return checks.probability_rows(name, rows)
    except ValueError as error:
        with np.errstate(over="ignore"):
            total = rows.sum(axis=-1)
        if "must sum to 1" in str(error) and (np.abs(total - 1) <= NORMALIZED_WITHIN).all():
            raise ValueError(f"{error}; normalize=True divides each row by its sum") from None
        raise
    checks.finite_array(name, rows)
    if (rows < 0).any():
        checks.probability_rows(name, rows)
    with np.errstate(over="ignore"):
        total = rows.sum(axis=-1, keepdims=True)
    wrong = np.abs(total[..., 0] - 1) > NORMALIZED_WITHIN
    if wrong.any():
        where = checks.first_true(wrong)
        raise ValueError(
            f"{name}{checks.place(where)} must sum to 1 within {NORMALIZED_WITHIN:g} to be normalized, "
            f"got {float(total[where][0])}"
        )
    return rows / total


def reward_ranges(reward_range: Any, rewards: np.ndarray, n_players: int, horizon: int) -> np.ndarray:
    """Least and greatest reward that each player can get at each step, shape (m, H, 2).

    ``rewards`` are those of one step or of each, with players first: what "observed" looks at.
    """
    if isinstance(reward_range, str):
        checks.one_of("reward_range", reward_range, ("observed",))
        reward_range = (float(rewards.min()), float(rewards.max()))
    pairs = checks.finite_array("reward_range", (0.0, 1.0) if reward_range is None else reward_range)
    if pairs.shape == (2,):
        pairs = pairs[None, None]
    elif pairs.shape == (n_players, 2):
        pairs = pairs[:, None]
    elif pairs.shape != (n_players, horizon, 2):
        raise ValueError(
            f"reward_range must be (lo, hi), an array (m, 2) = ({n_players}, 2), (m, H, 2), or 'observed', "
            f"got shape {pairs.shape}"
        )
    wrong = pairs[..., 0] > pairs[..., 1]
    if wrong.any():
        raise ValueError(f"reward_range must have its lower end first, got {pairs[checks.first_true(wrong)].tolist()}")
    first = pairs[:, :1]  # a game that was saved has one for each step
    return frozen(first if (pairs == first).all() else pairs, (n_players, horizon, 2))


def whole_range(step_ranges: np.ndarray) -> np.ndarray:
    """From the ranges (m, H, 2) of each step those (m, 2) that hold the rewards of all steps."""
    return np.stack([step_ranges[..., 0].min(axis=1), step_ranges[..., 1].max(axis=1)], axis=1)


def check_reward(reward: np.ndarray, shape: tuple[int, ...], axes: str) -> None:
    """Raise unless ``reward`` is finite and has this shape, or with an axis more for the next state."""
    beyond = " or with a last axis for the next state"
    if reward.shape[: len(shape)] != shape or reward.ndim > len(shape) + 1:
        raise ValueError(f"reward must have shape {axes} = {shape}{beyond}, got {reward.shape}")
    checks.finite_array("reward", one_step(reward, step_axis=1))


def check_in_range(reward: np.ndarray, ranges: np.ndarray, by_step: bool) -> None:
    """Raise at the first reward (m, H, ...) outside the ranges (m, H, 2), with a range that would hold all."""
    reward, pairs = one_step(reward, step_axis=1), one_step(ranges, step_axis=1)
    pairs = pairs.reshape(*pairs.shape[:2], *(1,) * (reward.ndim - 2), 2)
    outside = (reward < pairs[..., 0]) | (reward > pairs[..., 1])
    if outside.any():
        where = checks.first_true(outside)
        named = where if by_step else where[:1] + where[2:]
        low, high = np.broadcast_to(pairs, (*reward.shape, 2))[where].tolist()
        raise ValueError(
            f"reward{checks.place(named)} must be in [{low:g}, {high:g}], got {float(reward[where])}; "
            f"reward_range=({min(low, float(reward.min())):g}, {max(high, float(reward.max())):g}) "
            'or reward_range="observed" would hold it'
        )


def one_step(array: np.ndarray, step_axis: int) -> np.ndarray:
    """The array, with its step axis of length 1 if it is a view that repeats one step."""
    repeats = array.ndim > step_axis and array.strides[step_axis] == 0 and array.shape[step_axis] > 1
    return array[(slice(None),) * step_axis + (slice(1),)] if repeats else array


def read_only(array: np.ndarray) -> np.ndarray:
    """The array itself, which nobody else holds, now read-only."""
    array.setflags(write=False)
    return array


def frozen(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Read-only in C order, broadcast to ``shape``: a copy of what can be written to, here or where it is a view of."""
    kept = array if _is_frozen(array) else np.array(array, dtype=np.float64, order="C", copy=True)
    kept.setflags(write=False)
    return np.broadcast_to(kept, shape)


def _is_frozen(array: np.ndarray) -> bool:
    """Whether nobody can write to the numbers, through this array or one that it is a view of."""
    if array.dtype != np.float64 or not array.flags.c_contiguous:
        return False
    owner: Any = array
    while isinstance(owner, np.ndarray) and not owner.flags.writeable:
        owner = owner.base
    return owner is None


def refuse_too_large(what: str, n_numbers: int) -> None:
    """Raise where an array that is made on demand would have more than 2 GiB."""
    if 8 * n_numbers > MOST_BYTES:
        raise ValueError(
            f"{what} would have {8 * n_numbers / 2**30:.1f} GiB as a dense array, 2 GiB at most are made on demand; "
            "the functions of this package work on the sparse rows"
        )
