"""Contaminated rows: most of the nominal row stays, the rest may be anything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import checks
from .balls import Ball
from .worst_case import FAINT, expectation


@dataclass(frozen=True, eq=False, repr=False)
class Contamination(Ball, row_values=True):
    """All kernels that follow the nominal one but for a part of the visits, in which anything may happen.

    Parameters
    ----------
    radius : float or numpy.ndarray
        The part that may be anything, in [0, 1]. An array has one for each row, as in :class:`TotalVariation`.

    Raises
    ------
    ValueError, TypeError
        If an entry of the radius is not a number in [0, 1].

    Notes
    -----
    The set is ``q = (1 - radius) p + radius c`` for any distribution c, so its worst case is linear in the row::

        worst = (1 - radius) p . v + radius min(v)

    The divergence is the smallest such part, ``max over p(s) > 0 of 1 - q(s) / p(s)``. The set lies in the total
    variation ball of the same radius, with support shift. Mixing rows and taking the worst case can change places,
    which no other set of a positive radius allows: chapter 14. Huber (1964); Wang and Zou (2021).

    Examples
    --------
    >>> from mornavi_lite import Contamination, TotalVariation
    >>> p, v = [0.5, 0.25, 0.25], [2.0, 1.0, 0.0]
    >>> float(Contamination(0.2).worst_case(p, v)), float(TotalVariation(0.2).worst_case(p, v).round(12))
    (1.0, 0.85)
    >>> kernel = Contamination(0.2).worst_kernel(p, v)
    >>> bool(abs(kernel @ v - 1.0) < 1e-12 and abs(Contamination(0.2).divergence(kernel, p) - 0.2) < 1e-12)
    True
    """

    together_up_to = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "radius", checks.numbers("radius", self.radius, 0.0, 1.0))

    def _worst(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
        return (1 - self.radius) * expectation(rows, x)  # the lowest value is 0

    def _kernel(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
        # Of a weight near the smallest numbers a part would have no digits: it stays whole, inside the set.
        kernel = np.where(rows < FAINT, rows, np.expand_dims(1 - self.radius, -1) * rows)
        lowest = np.broadcast_to(x, rows.shape).argmin(axis=1)
        kernel[np.arange(len(rows)), lowest] += self.radius
        return kernel

    def _divergence(self, q: np.ndarray, p: np.ndarray) -> np.ndarray:
        return ((p - np.minimum(q, p)) / np.where(p > 0, p, 1.0)).max(axis=-1)
