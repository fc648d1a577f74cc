"""Episodes of a linear game as flows: cells of equal features lead on alike, so they are drawn together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..games.flows import split


class Flows(NamedTuple):
    """What was played: visits of cells, and for each step what followed those of equal features.

    Attributes
    ----------
    visits : numpy.ndarray of int64, shape (H, S, A)
        How often each joint action was played.
    features : tuple of numpy.ndarray, shape (g, d)
        For each step the features that were met.
    drawn : tuple of numpy.ndarray of int64, shape (g, S)
        How often each state followed them.
    """

    visits: np.ndarray
    features: tuple[np.ndarray, ...]
    drawn: tuple[np.ndarray, ...]


def mixed(features: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Rows (n, S) that features (n, d) make of factors (d, S).

    Factor by factor and not as a product of matrices, whose last bits differ from processor to processor, and with
    them the episodes.
    """
    rows = np.zeros((len(features), factors.shape[1]))
    for j, row in enumerate(factors):
        rows += features[:, j, None] * row
    return rows


def distinct_rows(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct ones (g, d) of features (S, A, d), and which one each cell has, (S, A)."""
    rows, which = np.unique(features.reshape(-1, features.shape[-1]), axis=0, return_inverse=True)
    return rows, which.reshape(features.shape[:2])


def drawn_flows(
    distinct: Sequence[tuple[np.ndarray, np.ndarray]],
    factors: np.ndarray,
    initial: np.ndarray,
    policy: np.ndarray,
    n_episodes: int,
    rng: np.random.Generator,
) -> Flows:
    """What ``n_episodes`` episodes of a policy (H, S, A) leave; nothing is checked.

    The sum of draws from one row is a draw from it, so the law is that of plain episodes, of which the cells of equal
    features are told as one.
    """
    visits = np.zeros(policy.shape, dtype=np.int64)
    met, drawn = [], []
    arriving = split(np.array([n_episodes]), initial[None], rng)[0]
    for h, (rows, which) in enumerate(distinct):
        here = np.flatnonzero(arriving)
        visits[h, here] = split(arriving[here], policy[h, here], rng)
        times = np.zeros(len(rows), dtype=np.int64)
        np.add.at(times, which, visits[h])
        seen = np.flatnonzero(times)
        met.append(rows[seen])
        drawn.append(split(times[seen], mixed(rows[seen], factors[h]), rng))
        arriving = drawn[-1].sum(axis=0)
    return Flows(visits, tuple(met), tuple(drawn))
