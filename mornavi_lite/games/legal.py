"""Actions that a player does not have at a state: each stands for the player's first legal one there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import checks


def legal_masks(legal: Any, n_states: int, n_actions: tuple[int, ...]) -> tuple[np.ndarray, ...] | None:
    """One read-only boolean array (S, A_i) per player; None where every action is legal."""
    if legal is None:
        return None
    if not checks.is_sequence(legal) or len(legal) != len(n_actions):
        raise ValueError(f"legal must have one boolean array per player, {len(n_actions)}, got {checks.brief(legal)}")
    masks = []
    for i, (own, n) in enumerate(zip(legal, n_actions, strict=True)):
        mask = checks.boolean_array(f"legal[{i}]", own)
        checks.has_shape(f"legal[{i}]", mask, (n_states, n), "(S, A_i)")
        without = ~mask.any(axis=1)
        if without.any():
            raise ValueError(f"legal[{i}][{int(without.argmax())}] must allow at least one action, got none")
        masks.append(mask.copy())
        masks[-1].setflags(write=False)
    return None if all(mask.all() for mask in masks) else tuple(masks)


def stands_for(masks: tuple[np.ndarray, ...], n_actions: tuple[int, ...]) -> np.ndarray:
    """The joint action (S, A) that each joint action stands for: every illegal part replaced by the first legal one."""
    n_joint = math.prod(n_actions)
    each = np.unravel_index(np.arange(n_joint), n_actions)
    parts = [np.where(mask[:, own], own, mask.argmax(axis=1)[:, None]) for mask, own in zip(masks, each, strict=True)]
    return np.asarray(np.ravel_multi_index(tuple(parts), n_actions))


def standing(array: np.ndarray, stand: np.ndarray, axis: int) -> np.ndarray:
    """An array whose axes ``axis`` and ``axis + 1`` are S and A, each joint action with the entries it stands for."""
    shape = (1,) * axis + stand.shape + (1,) * (array.ndim - axis - 2)
    return np.take_along_axis(array, stand.reshape(shape), axis + 1)


def folded(policy: np.ndarray, stand: np.ndarray | None) -> np.ndarray:
    """``policy`` (..., S, A), or counts, with what is on an illegal joint action moved to the one it stands for."""
    if stand is None:
        return policy
    result = np.zeros(policy.shape, policy.dtype)  # in C order, so that what follows is a view
    states = np.arange(len(stand))[:, None]
    flat, out = policy.reshape(-1, *stand.shape), result.reshape(-1, *stand.shape)
    for k in range(len(flat)):
        np.add.at(out[k], (states, stand), flat[k])
    return result
