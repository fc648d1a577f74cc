"""What all uncertainty sets have in common."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import checks


class UncertaintySet:
    """What the four sets have in common: checks, scaling of values, shapes.

    A set of your own is a subclass with three methods. Each takes rows (R, S) that have been checked and values
    (S,) scaled so that the lowest is 0 and the highest 1: ``_worst(rows, x)`` returns the lowest expectations (R,),
    ``_kernel(rows, x)`` the kernels (R, S), and ``_divergence(q, p)`` the divergences over the last axis.

    Notes
    -----
    Chapter 1, :eq:`uncertainty-set`: a ball around each row.
    """

    radius: float

    def worst_case(self, p: Any, v: Any) -> np.ndarray:
        """Lowest expectation of next-state values over the ball around each row.

        Parameters
        ----------
        p : array_like, shape (..., S)
            Nominal rows: probabilities of next states, summing to 1 within 1e-8.
        v : array_like, shape (S,)
            Value of each next state, any finite numbers.

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
        """
        rows, values = _checked(p, v)
        return self.worst_case_unchecked(rows, values)

    def worst_case_unchecked(self, p: np.ndarray, v: np.ndarray) -> np.ndarray:
        """The same as :meth:`worst_case` for float64 arrays that are known to be sound: what inner loops call.

        Parameters
        ----------
        p : numpy.ndarray, shape (..., S)
            Nominal rows.
        v : numpy.ndarray, shape (S,)
            Value of each next state.

        Returns
        -------
        numpy.ndarray, shape (...)
            min of q . v over all q in the ball.

        Examples
        --------
        >>> import numpy as np
        >>> from mornavi_lite import KullbackLeibler
        >>> p, v = np.full((2, 3, 4), 0.25), np.arange(4.0)
        >>> ball = KullbackLeibler(0.1)
        >>> bool((ball.worst_case_unchecked(p, v) == ball.worst_case(p, v)).all())
        True
        """
        if self.radius == 0:
            return p @ v
        low, half, x = _scaled(v)
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
        v : array_like, shape (S,)
            Value of each next state, any finite numbers.

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
        _, half, x = _scaled(values)
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

    def _worst(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _kernel(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _divergence(self, q: np.ndarray, p: np.ndarray) -> np.ndarray:
        raise NotImplementedError


def _checked(p: Any, v: Any) -> tuple[np.ndarray, np.ndarray]:
    rows = checks.probability_rows("p", p)
    values = checks.finite_array("v", v, ndim=1)
    checks.has_shape("v", values, rows.shape[-1:], "(S,)")
    return rows, values


def _scaled(v: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Lowest value, half the range, and ``v`` scaled to [0, 1]; halves, because a range may overflow."""
    low = float(v.min())
    half = float(v.max()) / 2 - low / 2
    return low, half, (v / 2 - low / 2) / half if half > 0 else np.zeros_like(v)
