"""Bounds on factors from one-hot features: each cell has one factor, so its counts are those of pooled rows."""

from __future__ import annotations

import math

import numpy as np

from ..confidence.row_martingale import row_cost
from ..confidence.tails import chernoff_unchecked, event_costs
from .ridge import kernels_of


class CountedBounds:
    """Upper bounds on tails of factors at one step, from numbers of visits.

    Parameters
    ----------
    seen : numpy.ndarray, shape (d, S)
        How often each state followed each factor.
    log_rows : float
        log(R / delta) with R the factors of all steps that matter.
    scale : float
        Multiplies the distance from the observed frequency.

    Notes
    -----
    Cells that share a kernel are pooled, as ``rows`` of :class:`mornavi_lite.Mornavi` does. Two bounds share delta: the
    bet on the whole row, and the bet on each event, which pays for all events or for the values that the next step can
    have. Of each tail the smaller one is taken.
    """

    def __init__(self, seen: np.ndarray, log_rows: float, scale: float) -> None:
        self.seen, self.scale = np.rint(seen).astype(np.int64), scale
        self.visits = self.seen.sum(axis=1)
        self.log_rows = log_rows + math.log(2)
        self.whole = row_cost(self.seen) + self.log_rows

    def kernels(self, value: np.ndarray, log_values: float | None) -> np.ndarray:
        """Optimistic factors (d, S) in the order of values (S,).

        ``log_values`` is what the union over values pays, or None: then all events are paid for, by their size.
        """
        order = np.argsort(-value, kind="stable")
        falling, visits = self.seen[:, order], self.visits[:, None]
        above = np.cumsum(falling, axis=1)[:, :-1]
        if log_values is None:
            costs, positive = event_costs(self.seen.shape[1]), np.cumsum(falling > 0, axis=1)
            paid = np.minimum(costs[1:-1], costs[positive[:, -1:] - positive[:, :-1]])
        else:
            paid = np.full(above.shape, log_values)
        inside = (above > 0) & (above < visits)
        paid = paid + self.log_rows + math.log(4) + np.where(inside, 0.5 * np.log(np.maximum(visits, 1)), 0.0)
        frequency = above / np.maximum(visits, 1)
        raised = chernoff_unchecked(frequency, visits, np.minimum(paid, self.whole[:, None]))
        if self.scale != 1:
            scaled = np.minimum(frequency + self.scale * (raised - frequency), 1.0)
            raised = np.where(visits > 0, scaled, 1.0)
        tails = np.ones(self.seen.shape)
        tails[:, :-1] = raised
        tails = np.minimum.accumulate(tails[:, ::-1], axis=1)[:, ::-1]
        return kernels_of(tails, order)
