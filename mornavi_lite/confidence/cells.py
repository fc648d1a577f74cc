"""Where in a learner's counts an observation belongs, and where by all of them a policy leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import checks
from ..games.legal import folded
from ..games.sparse import gathered, scattered
from ..rounding import rounded
from .lists import on_lists

if TYPE_CHECKING:
    from .counts import Counts


def in_cells(counts: Counts, played: np.ndarray, reward: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts and rewards of what was played, laid out as ``counts`` are, without illegal joint actions."""
    played, reward = _folded_in(counts, played, reward)
    if counts._lists is None or counts._lists is counts._listed:
        return played, reward
    return on_lists(counts, played, reward)


def _folded_in(counts: Counts, played: np.ndarray, reward: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same, with illegal joint actions as those they stand for; beside lists as they were given."""
    by_outcome = counts.rewards == "next_state"
    if counts._listed is not None and counts._lists is None:
        if by_outcome:
            reward = scattered(reward, counts._listed, played > 0, counts.n_states)
        played = gathered(played, counts._listed, counts.n_states)
    if counts._stand is None:
        return played, reward
    seen = played if by_outcome else played.sum(axis=-1)
    if counts.rewards == "random":
        reward = folded(np.where(seen > 0, reward, 0.0), counts._stand)
    else:
        h, s, a, *then = np.nonzero(seen)
        here: tuple[Any, ...] = (slice(None), h, s, a, *then)
        there: tuple[Any, ...] = (slice(None), h, s, counts._stand[s, a], *then)
        reward = reward.copy()
        reward[there] = reward[here]
    return np.moveaxis(folded(np.moveaxis(played, -1, 0), counts._stand), 0, -1), reward


def frequencies(transitions: np.ndarray, visits: np.ndarray) -> np.ndarray:
    """Rows (..., S) of observed frequencies; uniform where there were no visits."""
    rows = np.full(transitions.shape, 1 / transitions.shape[-1])
    return np.divide(transitions, visits[..., None], out=rows, where=visits[..., None] > 0)


def flow(counts: Counts, policy: np.ndarray) -> np.ndarray | None:
    """Visits (H, S) that an episode of a policy has on average by what has been seen; None where nothing was.

    For those who read a plan, not for bounds: what nobody has tried leads nowhere.
    """
    first = counts.visits[0].sum(axis=1)
    if not first.any():
        return None
    visits = np.zeros(policy.shape[:2])
    visits[0] = first / first.sum()
    for h in range(counts.horizon - 1):
        played = visits[h][:, None] * policy[h]
        s, a = np.nonzero((played > 0) & (counts.visits[h] > 0))
        share, seen = played[s, a] / counts.visits[h, s, a], counts._transitions[h, s, a]
        if counts._lists is None:
            visits[h + 1] = share @ seen
        else:
            then = np.maximum(counts._lists[h, s, a], 0).ravel().astype(np.intp, copy=False)
            visits[h + 1] = np.bincount(then, (share[:, None] * seen).ravel(), minlength=counts.n_states)
    return rounded(visits)  # the last bits depend on the processor


def indices(name: str, values: Any, shape: tuple[int, ...], axes: str, bound: int | tuple[int, ...]) -> np.ndarray:
    """``values`` as an array of integers of this shape, each from 0 to below ``bound``."""
    array = checks.integer_array(name, values)
    checks.has_shape(name, array, shape, axes)
    outside = (array < 0) | (array >= np.asarray(bound))
    if outside.any():
        where = checks.first_true(outside)
        limit = int(np.broadcast_to(bound, shape)[where]) - 1
        raise ValueError(f"{name}{checks.place(where)} must be from 0 to {limit}, got {int(array[where])}")
    return array
