"""Uncertainty sets: balls of kernels around a nominal row, and the worst expectation over them.

**Objects.** A row p (S,) is a distribution over next states, v (S,) holds their values. A set U(p) is the ball of all
distributions q with ``divergence(q, p) <= radius``: :class:`TotalVariation`, :class:`KullbackLeibler`,
:class:`ChiSquare`, :class:`Contamination`, or p alone, :class:`Nominal`. Each is a frozen dataclass that checks its
radius.

Values may belong to the row, v (..., S), as where rewards depend on the next state; so may the radius, an array.

**Operator.** A set knows three things::

    worst_case(p, v)     min over q in U(p) of q . v
    worst_kernel(p, v)   a q in U(p) at which it is attained
    divergence(q, p)     what the ball is made of

**Guarantee.** The numbers check each other. The worst kernel lies in the ball, so its expectation is an upper bound;
the dual value is a lower bound; they are equal to about 1e-12 of the range of v.

**Files.** ``balls`` has the sets of the paper, ``contamination`` the one whose worst case is linear, ``base`` what they
share and what a set of your own needs. The arithmetic for many rows at once is in ``worst_case`` and ``kl``, for very
many in ``kl_moments``, for many short ones in ``kl_short``, for rows which differ in values or radius in ``each_row``.
Derivations: chapter 2 of the book.
"""

from __future__ import annotations

from .balls import ChiSquare, KullbackLeibler, Nominal, TotalVariation, sets_per_player
from .base import UncertaintySet
from .contamination import Contamination
from .each_row import worst_cases_of
from .kl import kl_solve

__all__ = [
    "ChiSquare",
    "Contamination",
    "KullbackLeibler",
    "Nominal",
    "TotalVariation",
    "UncertaintySet",
    "kl_solve",
    "sets_per_player",
    "worst_cases_of",
]
