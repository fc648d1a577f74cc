"""How a game's arrays are checked and stored: one step for a stationary game, read-only, C order."""

from __future__ import annotations

import math

import numpy as np

from .. import checks


def check_kernel(kernel: np.ndarray, n_actions: tuple[int, ...], axes: str) -> None:
    """Raise unless ``kernel`` has the axes (H, S, A, S) or (S, A, S), and every row is a distribution."""
    n_joint, shape = math.prod(n_actions), kernel.shape
    if len(shape) != axes.count(",") + 1 or shape[-3] != shape[-1] or shape[-2] != n_joint or min(shape) < 1:
        raise ValueError(f"transition must have shape {axes} with A = {n_joint}, the product of n_actions, got {shape}")
    checks.probability_rows("transition", one_step(kernel, step_axis=0))


def check_reward(reward: np.ndarray, shape: tuple[int, ...], axes: str) -> None:
    """Raise unless ``reward`` has this shape and lies in [0, 1]."""
    checks.has_shape("reward", reward, shape, axes)
    reward = checks.finite_array("reward", one_step(reward, step_axis=1))
    outside = (reward < 0) | (reward > 1)
    if outside.any():
        where = checks.first_true(outside)
        raise ValueError(f"reward{checks.place(where)} must be in [0, 1], got {float(reward[where])}")


def one_step(array: np.ndarray, step_axis: int) -> np.ndarray:
    """The array, with its step axis of length 1 if it is a view that repeats one step."""
    repeats = array.ndim == 4 and array.strides[step_axis] == 0 and array.shape[step_axis] > 1
    return array[(slice(None),) * step_axis + (slice(1),)] if repeats else array


def frozen(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A read-only copy in C order, broadcast to ``shape``; also what it is a view of cannot be written to."""
    copy = np.array(array, dtype=np.float64, order="C", copy=True)
    copy.setflags(write=False)
    return np.broadcast_to(copy, shape)
