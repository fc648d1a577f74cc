"""What all uncertainty sets have in common."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .. import checks
from . import each_row


class UncertaintySet:
    """What all sets have in common: checks, scaling of values, shapes.

    A set of your own is a subclass with a ``radius``, 0 for the nominal kernel alone, and three methods. Each takes
    rows (R, S) that have been checked and values (S,) scaled so that the lowest is 0 and the highest 1:
    ``_worst(rows, x)`` returns the lowest expectations (R,), ``_kernel(rows, x)`` the kernels (R, S), and
    ``_divergence(q, p)`` the divergences over the last axis.

    Notes
    -----
    Chapter 1, :eq:`uncertainty-set`: a ball around each row.
    """

    radius: float | np.ndarray
    #: Whether mass may move to states that the nominal row never reaches.
    shift_support: bool = True
    row_values = False
    #: Up to so many numbers in all, several vectors of values are worked on in one call: a call costs more.
    together_up_to: ClassVar[int] = 0

    def __init_subclass__(cls, row_values: bool = False, **kwargs: Any) -> None:
        """``row_values``: ``_worst`` and ``_kernel`` of this very class take values (R, S) and radii (R,), too."""
        super().__init_subclass__(**kwargs)
        cls.row_values = row_values

    def worst_case(self, p: Any, v: Any) -> np.ndarray:
        """Lowest expectation of next-state values over the ball around each row.

        Parameters
        ----------
        p : array_like, shape (..., S)
            Nominal rows: probabilities of next states, summing to 1 within 1e-8.
        v : array_like, shape (S,) or (..., S)
            Value of each next state, any finite numbers; more axes are values for each row, and broadcast with ``p``.

        Returns
        -------
        numpy.ndarray, shape (...)
            min of q . v over all q in the ball, in the units of ``v``.

        Raises
        ------
        ValueError, TypeError
            If a row is not a distribution, a number is not finite, or the shapes do not fit.

        Notes
        -----
        Chapter 2, :eq:`worst-case`; the closed form or dual of each set follows there.

        Examples
        --------
        >>> from mornavi_lite import TotalVariation
        >>> worst = TotalVariation(0.1).worst_case([0.9, 0.1], [10.0, 0.0])
        >>> round(float(worst), 12) == 8.0
        True
        >>> own_values = [[10.0, 0.0], [0.0, 10.0]]
        >>> TotalVariation(0.1).worst_case([0.9, 0.1], own_values).round(12).tolist() == [8.0, 0.0]
        True
        """
        rows, values = _checked(p, v)
        return self.worst_case_unchecked(rows, values)

    def worst_case_unchecked(self, p: np.ndarray, v: np.ndarray, floor: Any = None) -> np.ndarray:
        """The same as :meth:`worst_case` for float64 arrays that are known to be sound: what inner loops call.

        ``floor``, a number or (...), is the lowest value that mass may be moved to where it may leave the support, for
        sparse rows, which do not list all states; the lowest value in ``v`` where that is lower.
        """
        if v.ndim > 1 or isinstance(self.radius, np.ndarray) or floor is not None:
            return each_row.worst_cases(self, p, v, floor if self.shift_support else None)
        if self.radius == 0:
            return p @ v
        low, half, x = each_row.scaled(v)
        if half == 0:
            return np.full(p.shape[:-1], low)[()]
        worst = self._worst(p.reshape(-1, p.shape[-1]), x).reshape(p.shape[:-1])
        return (low + worst * half + worst * half)[()]

    def worst_kernel(self, p: Any, v: Any) -> np.ndarray:
        """A kernel in the ball around each row at which the worst case is attained.

        Parameters
        ----------
        p : array_like, shape (..., S)
            Nominal rows: probabilities of next states, summing to 1 within 1e-8.
        v : array_like, shape (S,) or (..., S)
            Value of each next state, any finite numbers; more axes are values for each row, and broadcast with ``p``.

        Returns
        -------
        numpy.ndarray, shape (..., S)
            Distributions q with ``divergence(q, p) <= radius`` and q . v equal to ``worst_case(p, v)``.

        Raises
        ------
        ValueError, TypeError
            If a row is not a distribution, a number is not finite, or the shapes do not fit.

        Notes
        -----
        Chapter 2, :eq:`worst-case`. Where several kernels attain the worst case, one of them is returned.

        Examples
        --------
        >>> from mornavi_lite import TotalVariation
        >>> worst = TotalVariation(0.25).worst_kernel([0.5, 0.25, 0.25], [2.0, 1.0, 0.0])
        >>> worst.tolist() == [0.25, 0.25, 0.5]
        True
        """
        rows, values = _checked(p, v)
        if values.ndim > 1 or isinstance(self.radius, np.ndarray):
            return each_row.worst_kernels(self, rows, values)
        _, half, x = each_row.scaled(values)
        if self.radius == 0 or half == 0:
            return rows.copy()
        return self._kernel(rows.reshape(-1, rows.shape[-1]), x).reshape(rows.shape)

    def divergence(self, q: Any, p: Any) -> np.ndarray:
        """Divergence of ``q`` from ``p``: the ball is all q where it is at most the radius.

        Parameters
        ----------
        q, p : array_like, shape (..., S)
            Distributions; their leading axes broadcast against each other.

        Returns
        -------
        numpy.ndarray, shape (...)
            Divergence, at least 0. Infinite where q leaves the support of p and the set does not allow that.

        Raises
        ------
        ValueError, TypeError
            If a row is not a distribution, or the shapes do not fit.

        Notes
        -----
        Chapter 2: :prf:ref:`def-total-variation`, :prf:ref:`def-kl`, :prf:ref:`def-chi-square`.

        Examples
        --------
        >>> from mornavi_lite import KullbackLeibler, TotalVariation
        >>> bool(abs(TotalVariation(0.1).divergence([0.8, 0.2], [0.9, 0.1]) - 0.1) < 1e-15)
        True
        >>> float(KullbackLeibler(0.1).divergence([0.5, 0.5], [1.0, 0.0]))
        inf
        """
        q, p = checks.probability_rows("q", q), checks.probability_rows("p", p)
        if q.shape[-1] != p.shape[-1]:
            raise ValueError(f"q and p must have the same number of states, got {q.shape[-1]} and {p.shape[-1]}")
        try:
            q, p = np.broadcast_arrays(q, p)
        except ValueError:
            raise ValueError(f"leading axes of q and p must broadcast, got shapes {q.shape} and {p.shape}") from None
        return self._divergence(q, p)[()]

    def at_step(self, step: int, shape: tuple[int, int, int]) -> UncertaintySet:
        """The set at one step of a game of ``shape`` (H, S, A): of a radius per row it has that step's part, (S, A).

        A ValueError if the radius does not broadcast to (H, S, A).
        """
        if not isinstance(self.radius, np.ndarray):
            return self
        try:
            radius = np.broadcast_to(self.radius, shape)
        except ValueError:
            message = f"radius must broadcast to (H, S, A) = {tuple(shape)}, got shape {self.radius.shape}"
            raise ValueError(message) from None
        return self.with_radius(radius[step])

    def with_radius(self, radius: float | np.ndarray) -> UncertaintySet:
        """The same set with another radius, which is not checked."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__, radius=radius)
        return other

    def _worst(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _kernel(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _divergence(self, q: np.ndarray, p: np.ndarray) -> np.ndarray:
        raise NotImplementedError


def _checked(p: Any, v: Any) -> tuple[np.ndarray, np.ndarray]:
    rows, values = checks.probability_rows("p", p), checks.finite_array("v", v)
    if values.ndim < 2:
        checks.finite_array("v", values, ndim=1)
        checks.has_shape("v", values, rows.shape[-1:], "(S,)")
    elif values.shape[-1] != rows.shape[-1]:
        raise ValueError(f"v must have a last axis of {rows.shape[-1]} states, got shape {values.shape}")
    return rows, values
