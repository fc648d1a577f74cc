"""Uncertainty sets: balls of kernels around a nominal row, and the worst expectation over them.

A set knows three things: the lowest expectation of next-state values over the ball around each row (``worst_case``),
a kernel in the ball at which it is attained (``worst_kernel``), and the divergence that the ball is made of
(``divergence``). The two numbers check each other: the worst kernel lies in the ball, so its expectation is an upper
bound; the dual value is a lower bound; they are equal. Derivations: chapter 2 of the book.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .. import checks
from ..contents import ByContents
from .base import UncertaintySet
from .each_row import tv_worst_each
from .kl import kl_divergence, kl_kernel, kl_worst
from .worst_case import (
    chi_square_divergence,
    chi_square_kernel,
    chi_square_worst,
    lowest_in_support,
    tv_kernel,
    tv_worst,
)

__all__ = ["ChiSquare", "KullbackLeibler", "Nominal", "TotalVariation", "UncertaintySet", "sets_per_player"]


@dataclass(frozen=True)
class Nominal(UncertaintySet, row_values=True):
    """The set that holds the nominal kernel alone: no robustness.

    Notes
    -----
    The worst case is the expectation p . v. Every other set at radius 0 returns the same bytes.

    Examples
    --------
    >>> from mornavi_lite import Nominal
    >>> float(Nominal().worst_case([0.5, 0.5], [3.0, 1.0])) == 2.0
    True
    """

    @property
    def radius(self) -> float:  # type: ignore[override]
        """Always 0."""
        return 0.0

    def _kernel(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
        return rows.copy()

    def _divergence(self, q: np.ndarray, p: np.ndarray) -> np.ndarray:
        return _half_distance(q, p)


@dataclass(frozen=True, eq=False, repr=False)
class Ball(ByContents, UncertaintySet, row_values=True):
    """What the balls have in common: a radius that has been checked, one for all rows or one for each.

    Two balls are equal, and have the same hash, if their radii have the same entries in the same shape.
    """

    radius: float | np.ndarray
    together_up_to: ClassVar[int] = 2**13

    def __post_init__(self) -> None:
        object.__setattr__(self, "radius", checks.numbers("radius", self.radius, 0.0))


@dataclass(frozen=True, eq=False, repr=False)
class TotalVariation(Ball, row_values=True):
    """All kernels within a total-variation distance of the nominal one.

    Parameters
    ----------
    radius : float or numpy.ndarray
        Largest distance, in [0, 1]: the probability mass that may move. An array has one for each row: it broadcasts
        to (H, S, A) in planning and learning, to the leading axes of ``p`` in :meth:`UncertaintySet.worst_case`.
    shift_support : bool
        Whether mass may move to states that the nominal row never reaches. Default True.

    Raises
    ------
    ValueError, TypeError
        If an entry of the radius is not a number in [0, 1], or ``shift_support`` is not a bool.

    Notes
    -----
    Chapter 2, :eq:`tv-worst-case`, :eq:`tv-dual` and, without support shift, :eq:`tv-in-support`. With v sorted
    downwards and tail_j = p(v >= v_(j))::

        worst = v_(n) + sum over j < n of (v_(j) - v_(j+1)) max(tail_j - radius, 0)

    Without support shift the mass lands on the lowest value *of the row's support*. Iyengar (2005);
    Nilim and El Ghaoui (2005).

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import TotalVariation
    >>> risky, v = [0.9, 0.0, 0.1], [1.0, 0.6, 0.0]
    >>> ball = TotalVariation(0.2)
    >>> bool(abs(ball.worst_kernel(risky, v) @ v - ball.worst_case(risky, v)) < 1e-15)
    True
    >>> TotalVariation(np.array([0.0, 0.2])).worst_case([risky, risky], v).round(12).tolist() == [0.9, 0.7]
    True
    """

    shift_support: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "radius", checks.numbers("radius", self.radius, 0.0, 1.0))
        if not isinstance(self.shift_support, (bool, np.bool_)):
            raise TypeError(f"shift_support must be True or False, got {checks.brief(self.shift_support)}")

    def _worst(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
        worst = (tv_worst if x.ndim == 1 else tv_worst_each)(rows, x, self.radius)
        if self.shift_support:
            return worst
        return np.minimum(worst + self.radius * lowest_in_support(rows, x), 1.0)

    def _kernel(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
        return tv_kernel(rows, x, self.radius, bool(self.shift_support))

    def _divergence(self, q: np.ndarray, p: np.ndarray) -> np.ndarray:
        if self.shift_support:
            return _half_distance(q, p)
        return np.where(_leaves_support(q, p), np.inf, _half_distance(q, p))


@dataclass(frozen=True, eq=False, repr=False)
class KullbackLeibler(Ball, row_values=True):
    """All kernels within a Kullback-Leibler divergence of the nominal one; the support stays.

    Parameters
    ----------
    radius : float or numpy.ndarray
        Largest divergence sum of q log(q / p), in nats, at least 0. An array has one for each row, as in
        :class:`TotalVariation`.

    Raises
    ------
    ValueError, TypeError
        If an entry of the radius is not a finite number of at least 0.

    Notes
    -----
    Chapter 2, :eq:`kl-dual` and :eq:`kl-tilt`: one dual variable, and the worst kernel is a tilted nominal one::

        worst = sup over t > 0 of  -(log E_p exp(-t v) + radius) / t,      q proportional to p exp(-t v)

    Once radius >= -log p(argmin v) it is the lowest value in the support. Hu and Hong (2013); Nilim and
    El Ghaoui (2005).

    Examples
    --------
    >>> from mornavi_lite import KullbackLeibler
    >>> ball, p, v = KullbackLeibler(0.1), [0.9, 0.1], [1.0, 0.0]
    >>> q = ball.worst_kernel(p, v)
    >>> bool(abs(q @ v - ball.worst_case(p, v)) < 1e-12 and ball.divergence(q, p) < 0.1 + 1e-12)
    True
    """

    shift_support = False
    together_up_to = 2**15

    def _worst(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
        return kl_worst(rows, x, self.radius)

    def _kernel(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
        return kl_kernel(rows, x, self.radius)

    def _divergence(self, q: np.ndarray, p: np.ndarray) -> np.ndarray:
        return kl_divergence(q, p)


@dataclass(frozen=True, eq=False, repr=False)
class ChiSquare(Ball, row_values=True):
    """All kernels within a chi-square divergence of the nominal one; the support stays.

    Parameters
    ----------
    radius : float or numpy.ndarray
        Largest divergence sum of (q - p)^2 / p, at least 0. An array has one for each row, as in
        :class:`TotalVariation`.

    Raises
    ------
    ValueError, TypeError
        If an entry of the radius is not a finite number of at least 0.

    Notes
    -----
    Chapter 2, :eq:`chi-square-dual`::

        worst = sup over t of  E_p[min(v, t)] - sqrt(radius Var_p[min(v, t)]),      q proportional to p (t' - v)+

    While no probability reaches 0 this is the mean less sqrt(radius) standard deviations. Duchi and Namkoong (2019).

    Examples
    --------
    >>> from mornavi_lite import ChiSquare
    >>> worst = ChiSquare(0.04).worst_case([0.5, 0.5], [1.0, 0.0])
    >>> bool(abs(worst - (0.5 - 0.2 * 0.5)) < 1e-15)
    True
    """

    shift_support = False

    def _worst(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
        return chi_square_worst(rows, x, self.radius)

    def _kernel(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
        return chi_square_kernel(rows, x, self.radius)

    def _divergence(self, q: np.ndarray, p: np.ndarray) -> np.ndarray:
        return chi_square_divergence(q, p)


def sets_per_player(uncertainty: UncertaintySet | Sequence[UncertaintySet], n_players: int) -> list[UncertaintySet]:
    """One uncertainty set per player.

    Parameters
    ----------
    uncertainty : UncertaintySet or sequence of them
        One set for all players, or one per player.
    n_players : int
        Number of players m.

    Returns
    -------
    list of UncertaintySet, length m
        The set of each player.

    Raises
    ------
    ValueError, TypeError
        If an entry is not an uncertainty set, or there is not one per player.

    Examples
    --------
    >>> from mornavi_lite import Nominal, TotalVariation
    >>> from mornavi_lite.uncertainty import sets_per_player
    >>> len(sets_per_player(TotalVariation(0.1), 3)) == 3
    True
    """
    checks.integer("n_players", n_players, 0)
    if isinstance(uncertainty, UncertaintySet):
        return [uncertainty] * n_players
    if not checks.is_sequence(uncertainty):
        raise TypeError(
            f"uncertainty must be an uncertainty set or a sequence of them, got {checks.brief(uncertainty)}"
        )
    for i, each in enumerate(uncertainty):
        if not isinstance(each, UncertaintySet):
            raise TypeError(f"uncertainty[{i}] must be an uncertainty set, got {checks.brief(each)}")
    if len(uncertainty) != n_players:
        raise ValueError(f"uncertainty must have one set per player, {n_players}, got {len(uncertainty)}")
    return list(uncertainty)


def _half_distance(q: np.ndarray, p: np.ndarray) -> np.ndarray:
    return 0.5 * np.abs(q - p).sum(axis=-1)


def _leaves_support(q: np.ndarray, p: np.ndarray) -> np.ndarray:
    return ((q > 0) & (p == 0)).any(axis=-1)
