"""Confidence sets, with their most optimistic and most pessimistic model. Chapter 4 of the book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import checks
from .raised import bound_by_event, bound_by_row, budget, kernels, kernels_by_row, whole_ball_means
from .tails import event_costs

#: The inequalities that a confidence set can be made of; "model" is the tightest.
TAILS = ("model", "chernoff", "bernstein", "hoeffding")
#: What "model" stands for.
TIGHTEST = "row"
#: All forms, also by their own names: "events" are bets on single events, "row" is one bet on the whole row.
FORMS = (*TAILS, "events", "row")


def named_form(tail: str) -> str:
    """The form by its own name, which "model" is not."""
    return TIGHTEST if tail == "model" else tail


def by_rows(tail: str) -> bool:
    """Whether the form bets on whole rows."""
    return named_form(tail) == "row"


@dataclass(frozen=True)
class ConfidenceSet:
    """Every kernel that counts do not exclude at confidence 1 - delta, known by what it allows for each event.

    Parameters
    ----------
    tail : {"model", "chernoff", "bernstein", "hoeffding", "events", "row"}
        Inequality that bounds the probability of an event. "events" is the Chernoff form with a martingale in place
        of two union bounds; "row" has one martingale for all events of a row, see
        :func:`mornavi_lite.confidence.row_cost`. "model" is "row".
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
        events     L = log(n_rows / delta) + log floor(S / 2) + log C(S, j) + log 4  (+ log(N) / 2 if 0 < n < N)

    with half of C(S, j) where 2 j = S, as the event and the rest are then counted twice; and for "row" L is what the
    counts of the whole row cost, plus log(n_rows / delta).

    Hoeffding (1963) with Weissman et al. (2003); Maurer and Pontil (2009); Chernoff (1952); Ville (1939) with the
    mixture of Krichevsky and Trofimov (1981) for "events" and "row".

    Examples
    --------
    >>> from mornavi_lite.confidence import ConfidenceSet
    >>> coins = [ConfidenceSet(tail, n_states=2, n_rows=1, delta=0.05) for tail in ("events", "chernoff", "hoeffding")]
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
        checks.one_of("tail", self.tail, FORMS)
        checks.integer("n_states", self.n_states, 1)
        checks.integer("n_rows", self.n_rows, 1)
        checks.probability("delta", self.delta)
        checks.number("scale", self.scale, 0.0)
        checks.min_probability(self.min_probability)

    def event_bound(self, seen: Any, visits: Any, size: Any = 1) -> np.ndarray:
        """Largest probability that the set allows an event.

        Parameters
        ----------
        seen, visits : array_like of int
            How often the event was seen, and in how many visits. They broadcast against each other.
        size : array_like of int
            Number of states in the event, from 1 to S. Only "events" uses it.

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
        >>> row = ConfidenceSet("events", n_states=5, n_rows=60, delta=0.05)
        >>> 0.08 < float(row.event_bound(0, 100)) < 0.12
        True
        """
        if self.form == "row":
            raise ValueError('tail "row" needs the counts of the whole row: row_bound, or tail "events"')
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
        return bound_by_event(self, seen, visits, self.costs[size])[()]

    def row_bound(self, transitions: Any, event: Any) -> np.ndarray:
        """Largest probability that the set allows an event, from the counts of the whole row.

        Parameters
        ----------
        transitions : array_like of int, shape (..., S)
            How often each next state was seen.
        event : array_like of bool, shape (S,)
            Which states are in the event.

        Returns
        -------
        numpy.ndarray, shape (...)
            Bounds in [0, 1]; 1 where there were no visits, unless the event is empty.

        Raises
        ------
        ValueError, TypeError
            If an argument is not of that form.

        Notes
        -----
        Chapter 4, :eq:`row-bet-bound`. For "row" by data processing from N KL(n / N || p) <= L, see
        :func:`mornavi_lite.confidence.row_cost`; for the other forms that of :meth:`event_bound`.

        Examples
        --------
        >>> from mornavi_lite.confidence import ConfidenceSet
        >>> row = ConfidenceSet("row", n_states=5, n_rows=60, delta=0.05)
        >>> bool(0.08 < row.row_bound([100, 0, 0, 0, 0], [False, True, False, False, False]) < 0.1)
        True
        """
        inside = checks.boolean_array("event", event)
        checks.has_shape("event", inside, (self.n_states,), "(S,)")
        rows, _ = self._checked(transitions, inside.astype(np.float64))
        if not inside.any() or inside.all():
            return np.full(rows.shape[:-1], float(inside.all()))[()]
        seen, visits = rows[..., inside].sum(axis=-1), rows.sum(axis=-1)
        spent = budget(self, rows, None)
        if spent is None:
            return bound_by_event(self, seen, visits, self.costs[int(inside.sum())])[()]
        return bound_by_row(self, seen, visits, spent)[()]

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

    def optimistic_unchecked(
        self,
        transitions: np.ndarray,
        value: np.ndarray,
        possible: np.ndarray | None = None,
        places: np.ndarray | None = None,
    ) -> np.ndarray:
        """The same as :meth:`optimistic` for arrays that are known to be sound: what inner loops call.

        ``transitions`` and ``possible``, which states can follow where that is stated, are (..., S); ``value`` is (S,),
        (G, S) or, with an order for each row, (G, ..., S). In the last case counts may be beside lists of K states,
        chapter 11, which hold all that was seen and the best state, or all that can follow. For "events" ``places`` (G,
        ..., K) says where these are in the order of all states, from 1; as many of the best and of the worst as any row
        has seen are then among them.
        """
        if value.ndim > 2:
            return kernels_by_row(self, transitions, value, possible, places)
        rows = transitions.reshape(-1, transitions.shape[-1])
        can = None if possible is None else possible.reshape(rows.shape)
        found = kernels(self, rows, value.reshape(-1, rows.shape[1]), can)
        return found.reshape(value.shape[:-1] + transitions.shape)

    def highest_means(
        self, transitions: np.ndarray, value: np.ndarray, possible: np.ndarray | None = None
    ) -> np.ndarray:
        """The largest mean (...), or (G, ...), of each value vector over the whole set: what nominal sets ask for.

        Arguments are as in :meth:`optimistic_unchecked`. For "row" the set is {p : N KL(n / N || p) <= L}, which is
        smaller than what is known of it by its tails; for the other forms it is the mean under the optimistic kernel.
        """
        by_tails = None
        if self.form != "row" or self.min_probability is not None:
            shape = value.shape if value.ndim > 2 else value.shape[:-1] + (1,) * (transitions.ndim - 1) + (-1,)
            by_tails = (self.optimistic_unchecked(transitions, value, possible) * value.reshape(shape)).sum(axis=-1)
            if self.form != "row":
                return by_tails
        spent = budget(self, transitions, possible)
        assert spent is not None
        if 1 < value.ndim <= 2:
            value = value.reshape(len(value), *(1,) * (transitions.ndim - 1), -1)
        means = whole_ball_means(self, transitions, value, possible, spent)
        return means if by_tails is None else np.minimum(means, by_tails)

    @property
    def form(self) -> str:
        """The form by its own name."""
        return named_form(self.tail)

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

    @property
    def costs(self) -> np.ndarray:
        """What a union over events pays for an event of each size from 0 to S."""
        return event_costs(self.n_states)
