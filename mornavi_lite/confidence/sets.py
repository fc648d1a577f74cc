"""Confidence sets, with their most optimistic and most pessimistic model. Chapter 4 of the book."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from .. import checks
from ..uncertainty.worst_case import pieces
from . import tails
from .bonuses import log_term_at

#: The inequalities that a confidence set can be made of; "model" is the tightest.
TAILS = ("model", "chernoff", "bernstein", "hoeffding")


@dataclass(frozen=True)
class ConfidenceSet:
    """Every kernel that counts do not exclude at confidence 1 - delta, known by what it allows for each event.

    Parameters
    ----------
    tail : {"model", "chernoff", "bernstein", "hoeffding"}
        Inequality that bounds the probability of an event. "model" is the Chernoff form with a martingale in place
        of two union bounds: the tightest.
    n_states : int
        Number of next states S of each row.
    n_rows : int
        Number of rows that are to hold together: S A H for a game.
    delta : float
        Probability with which any row may be excluded wrongly, at any time, in (0, 1).
    scale : float
        Multiplies the distance from the observed frequency, at least 0. The guarantee holds for 1.
    min_probability : float or None
        An assumption, if given: every positive probability of the kernel is at least this, in (0, 1].

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Chapter 4, :prf:ref:`def-confidence-set`, :eq:`event-bound` and :eq:`log-terms`. After N visits of which n were in
    the event, the bound is the largest p with N kl(n / N, p) <= L, and with j the smaller of the event's size and the
    rest::

        chernoff   L = S log 2 + log(2 n_rows N (N + 1) / delta)
        model      L = log(n_rows / delta) + log floor(S / 2) + log C(S, j) + log 4  (+ log(N) / 2 if 0 < n < N)

    with half of C(S, j) where 2 j = S, as the event and the rest are then counted twice.

    Hoeffding (1963) with Weissman et al. (2003); Maurer and Pontil (2009); Chernoff (1952); Ville (1939) with the
    mixture of Krichevsky and Trofimov (1981) for "model".

    Examples
    --------
    >>> from mornavi_lite.confidence import ConfidenceSet
    >>> coins = [ConfidenceSet(tail, n_states=2, n_rows=1, delta=0.05) for tail in ("model", "chernoff", "hoeffding")]
    >>> bounds = [float(coin.event_bound(30, 100)) for coin in coins]
    >>> 0.3 < bounds[0] < bounds[1] < bounds[2] < 1
    True
    """

    tail: str
    n_states: int
    n_rows: int
    delta: float
    scale: float = 1.0
    min_probability: float | None = None

    def __post_init__(self) -> None:
        checks.one_of("tail", self.tail, TAILS)
        checks.integer("n_states", self.n_states, 1)
        checks.integer("n_rows", self.n_rows, 1)
        checks.probability("delta", self.delta)
        checks.number("scale", self.scale, 0.0)
        checks.min_probability(self.min_probability)
        object.__setattr__(self, "_event_costs", _event_costs(self.n_states))

    def event_bound(self, seen: Any, visits: Any, size: Any = 1) -> np.ndarray:
        """Largest probability that the set allows an event.

        Parameters
        ----------
        seen, visits : array_like of int
            How often the event was seen, and in how many visits. They broadcast against each other.
        size : array_like of int
            Number of states in the event, from 1 to S. Only "model" uses it.

        Returns
        -------
        numpy.ndarray
            Bounds in [0, 1]; 1 where there were no visits.

        Raises
        ------
        ValueError, TypeError
            If a count is negative or not an integer, more was seen than visited, or there is no such size.

        Notes
        -----
        Chapter 4, :eq:`event-bound`.

        Examples
        --------
        What was not seen in a hundred visits may still have a probability of about L / 100:

        >>> from mornavi_lite.confidence import ConfidenceSet
        >>> row = ConfidenceSet("model", n_states=5, n_rows=60, delta=0.05)
        >>> 0.08 < float(row.event_bound(0, 100)) < 0.12
        True
        """
        seen, visits = checks.integer_array("seen", seen), checks.counts_array("visits", visits)
        size = checks.integer_array("size", size)
        checks.broadcastable(seen=seen, visits=visits, size=size)
        seen, visits, size = np.broadcast_arrays(seen, visits, size)
        for name, wrong in (("seen", (seen < 0) | (seen > visits)), ("size", (size < 1) | (size > self.n_states))):
            if wrong.any():
                where = checks.first_true(wrong)
                limit = f"0 to {int(visits[where])}" if name == "seen" else f"1 to {self.n_states}"
                value = int((seen if name == "seen" else size)[where])
                raise ValueError(f"{name}{checks.place(where)} must be from {limit}, got {value}")
        return self._bound(seen, visits, self._costs[size])[()]

    def optimistic(self, transitions: Any, value: Any) -> np.ndarray:
        """The kernel that dominates every kernel of the set, in the order of a value vector.

        Parameters
        ----------
        transitions : array_like of int, shape (..., S)
            How often each next state was seen, for each row.
        value : array_like, shape (S,) or (G, S)
            Value of each next state, only their order matters; or G such vectors, which are worked on together.

        Returns
        -------
        numpy.ndarray, shape (..., S) or (G, ..., S)
            For each row a distribution. Its worst case over a TV, KL or chi-square ball is at least that of every
            kernel in the set; so is its expectation.

        Raises
        ------
        ValueError, TypeError
            If an argument is not of that form, a count is negative, a row has more than 2**63 - 1 visits, a value is
            not finite, or the counts contradict ``min_probability``.

        Notes
        -----
        Chapter 4, :eq:`optimistic-model` and :prf:ref:`tail-kernel`: from the best state downwards, the tail of the
        kernel is the bound of the observed tail, made monotone by a running minimum from the right.

        Examples
        --------
        >>> import numpy as np
        >>> from mornavi_lite.confidence import ConfidenceSet
        >>> row = ConfidenceSet("model", n_states=3, n_rows=1, delta=0.05)
        >>> seen, value = np.array([70, 0, 30]), np.array([0.0, 2.0, 1.0])
        >>> best, worst = row.optimistic(seen, value), row.pessimistic(seen, value)
        >>> bool(best @ value > seen @ value / 100 > worst @ value)
        True
        """
        return self.optimistic_unchecked(*self._checked(transitions, value))

    def optimistic_unchecked(self, transitions: np.ndarray, value: np.ndarray) -> np.ndarray:
        """The same as :meth:`optimistic` for arrays that are known to be sound: what inner loops call.

        Parameters
        ----------
        transitions : numpy.ndarray of int64, shape (..., S)
            How often each next state was seen, for each row.
        value : numpy.ndarray of float64, shape (S,), (G, S) or (G, ..., S)
            Value of each next state, or G such vectors; or G for each row, whose values are its own.

        Returns
        -------
        numpy.ndarray, shape (..., S) or (G, ..., S)
            For each row a distribution.

        Examples
        --------
        >>> import numpy as np
        >>> from mornavi_lite.confidence import ConfidenceSet
        >>> row = ConfidenceSet("model", n_states=3, n_rows=1, delta=0.05)
        >>> row.optimistic_unchecked(np.array([0, 0, 0]), np.array([0.0, 2.0, 1.0])).tolist()
        [0.0, 1.0, 0.0]
        """
        if value.ndim > 2:
            return self._optimistic_by_row(transitions, value)
        values = value.reshape(-1, transitions.shape[-1])
        rows = transitions.reshape(-1, transitions.shape[-1])
        order = np.argsort(-values, axis=1, kind="stable")
        rank = np.argsort(order, axis=1)
        kernel = np.empty((len(values), *rows.shape))
        for piece in pieces(rows, len(values)):
            tails = np.ones((len(rows[piece]), *values.shape))
            falling = rows[piece].take(order, axis=1)
            tails[..., :-1] = self._raised_tails(falling)
            tails[..., 1:] -= tails[..., :-1].copy()
            for g in range(len(values)):
                kernel[g, piece] = tails[:, g].take(rank[g], axis=1)
        return kernel.reshape(value.shape[:-1] + transitions.shape)

    def _optimistic_by_row(self, transitions: np.ndarray, value: np.ndarray) -> np.ndarray:
        """Kernels (G, ..., S) for values (G, ..., S) of which each row has its own order."""
        order = np.argsort(-value, axis=-1, kind="stable")
        tails = np.ones(value.shape)
        tails[..., :-1] = self._raised_tails(np.take_along_axis(np.broadcast_to(transitions, value.shape), order, -1))
        tails[..., 1:] -= tails[..., :-1].copy()
        kernel = np.empty(value.shape)
        np.put_along_axis(kernel, order, tails, axis=-1)
        return kernel

    def pessimistic(self, transitions: Any, value: Any) -> np.ndarray:
        """The kernel that every kernel of the set dominates: :meth:`optimistic` for the opposite order.

        Parameters
        ----------
        transitions : array_like of int, shape (..., S)
            How often each next state was seen, for each row.
        value : array_like, shape (S,) or (G, S)
            Value of each next state, or G such vectors.

        Returns
        -------
        numpy.ndarray, shape (..., S) or (G, ..., S)
            For each row a distribution.

        Raises
        ------
        ValueError, TypeError
            As :meth:`optimistic` does.

        Examples
        --------
        A row that was never visited may lead to the worst state for certain:

        >>> import numpy as np
        >>> from mornavi_lite.confidence import ConfidenceSet
        >>> row = ConfidenceSet("model", n_states=3, n_rows=1, delta=0.05)
        >>> row.pessimistic(np.array([0, 0, 0]), np.array([0.0, 2.0, 1.0])).tolist()
        [1.0, 0.0, 0.0]
        """
        seen, values = self._checked(transitions, value)
        return self.optimistic_unchecked(seen, -values)

    def _checked(self, transitions: Any, value: Any) -> tuple[np.ndarray, np.ndarray]:
        """Counts as int64 and values as float64, if they are rows and values of this set's states."""
        rows = checks.counts_array("transitions", transitions)
        if rows.shape[-1:] != (self.n_states,):
            raise ValueError(f"transitions must have shape (..., S) with S = {self.n_states}, got {rows.shape}")
        too_many = checks.exact_sums(rows, 1) > checks.LARGEST
        if too_many.any():
            where = checks.first_true(too_many)
            raise ValueError(f"transitions{checks.place(where)} must sum to at most 2**63 - 1")
        values = checks.finite_array("value", value)
        if values.ndim not in (1, 2) or values.shape[-1] != self.n_states or not values.size:
            raise ValueError(f"value must have shape (S,) or (G, S) with S = {self.n_states}, got {values.shape}")
        return rows, values

    def _raised_tails(self, rows: np.ndarray) -> np.ndarray:
        """Bounds (..., S - 1) of the j best states for each j, from counts (..., S) sorted from the best downwards."""
        above = np.cumsum(rows, axis=-1)
        visits, above = above[..., -1:], above[..., :-1]
        seen_above = np.cumsum(rows > 0, axis=-1)
        seen_below: np.ndarray = seen_above[..., -1:] - seen_above[..., :-1]
        # The j best states, or with them all states never seen: seen as often, and the bound of either holds.
        costs = np.minimum(self._costs[1:-1], self._costs[seen_below])
        tails = self._bound(above, visits, costs)
        if self.min_probability is not None:
            most = int(seen_above[..., -1].max())
            if most * self.min_probability > 1 + 1e-9:
                raise ValueError(
                    f"min_probability={self.min_probability} is contradicted: a row has {most} next states"
                )
            tails[(above == 0) & (tails < self.min_probability)] = 0.0
            np.minimum(tails, np.maximum(1 - self.min_probability * seen_below, 0.0), out=tails)
        return np.minimum.accumulate(tails[..., ::-1], axis=-1)[..., ::-1]

    def _bound(self, seen: np.ndarray, visits: np.ndarray, costs: np.ndarray) -> np.ndarray:
        """Bounds of events that were ``seen`` so often; ``costs`` are what a union over all events pays for each."""
        times = np.maximum(visits, 1)
        frequency = seen / times
        if self.tail == "model":
            mixed = np.where((seen > 0) & (seen < visits), 0.5 * np.log(times), 0.0)
            raised = tails.chernoff_unchecked(frequency, visits, math.log(4 * self.n_rows / self.delta) + costs + mixed)
        else:
            log_term = self.n_states * math.log(2) + log_term_at(visits, self.n_rows, self.delta)
            inequality = getattr(tails, f"{self.tail}_unchecked")
            raised = np.where(visits > 0, inequality(frequency, visits, log_term), 1.0)
        if self.scale == 1:
            return raised
        scaled = np.minimum(frequency + self.scale * (raised - frequency), 1.0)
        return np.where(visits > 0, scaled, 1.0)  # where nothing was observed there is no distance to scale

    @property
    def _costs(self) -> np.ndarray:
        return self._event_costs  # type: ignore[attr-defined]


@lru_cache(maxsize=64)
def _event_costs(n_states: int) -> np.ndarray:
    """What a union over events pays for one of each size from 0 to S: for the sizes, and for the events of a size."""
    half = max(1, n_states // 2)
    costs = [math.log(half) + math.log(_partitions(n_states, size)) for size in range(n_states + 1)]
    return np.array(costs)


def _partitions(n_states: int, size: int) -> int:
    """In how many ways the states fall into two parts, one of them of this size."""
    ways = math.comb(n_states, size)
    return ways // 2 if 2 * size == n_states else ways
