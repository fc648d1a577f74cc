"""How likely an event may be, given how often it was seen: the bounds that confidence sets are made of.

An event was seen in a fraction ``frequency`` of independent visits. Each function gives the largest probability that
its inequality leaves, for arrays; ``log_term`` is the logarithm that a union bound pays for. Formulas and proofs:
chapter 4 of the book.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from .. import checks

_MOST_STEPS = 60
#: Up to this many states the events of a size are counted by integers; those of 10,000 states have 3,000 digits.
_EXACT_UP_TO = 1000


def hoeffding(frequency: Any, visits: Any, log_term: Any) -> np.ndarray:
    """Bound on a probability by Hoeffding's inequality: the frequency plus sqrt(log_term / (2 visits)).

    Parameters
    ----------
    frequency : array_like
        Fraction of the visits in which the event was seen, in [0, 1].
    visits : array_like of int
        Number of visits.
    log_term : array_like
        What a union bound pays for, at least 0.

    Returns
    -------
    numpy.ndarray
        Bounds in [0, 1], of the shape to which the arguments broadcast.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, or the shapes do not fit.

    Notes
    -----
    Chapter 4, :prf:ref:`three-inequalities`. Hoeffding (1963); Weissman et al. (2003) for all events at once.

    Examples
    --------
    >>> from mornavi_lite.confidence import hoeffding
    >>> bool(abs(hoeffding(0.25, 200, 4.0) - 0.35) < 1e-15)
    True
    """
    return hoeffding_unchecked(*_arguments(frequency, visits, log_term))


def bernstein(frequency: Any, visits: Any, log_term: Any) -> np.ndarray:
    """Bound on a probability by a term of the event's own variance; arguments and errors as in :func:`hoeffding`.

    Notes
    -----
    Chapter 4, :prf:ref:`three-inequalities`: the empirical bound of Maurer and Pontil (2009).

    Examples
    --------
    What was rare has a narrower bound than by Hoeffding:

    >>> from mornavi_lite.confidence import bernstein, hoeffding
    >>> bool(bernstein(0.01, 10**4, 10.0) < hoeffding(0.01, 10**4, 10.0))
    True
    """
    return bernstein_unchecked(*_arguments(frequency, visits, log_term))


def chernoff(frequency: Any, visits: Any, log_term: Any) -> np.ndarray:
    """The largest p with visits kl(frequency, p) <= log_term; arguments and errors as in :func:`hoeffding`.

    Notes
    -----
    Chapter 4, :prf:ref:`three-inequalities`, with kl the divergence of two coins: Chernoff (1952).

    Examples
    --------
    What was never seen has (1 - p)^visits = exp(-log_term):

    >>> import numpy as np
    >>> from mornavi_lite.confidence import chernoff
    >>> bool(abs((1 - chernoff(0.0, 100, 5.0)) ** 100 - np.exp(-5.0)) < 1e-15)
    True
    """
    return chernoff_unchecked(*_arguments(frequency, visits, log_term))


def _arguments(frequency: Any, visits: Any, log_term: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    part, times = checks.bounded_array("frequency", frequency, 0.0, 1.0), checks.counts_array("visits", visits)
    paid = np.minimum(checks.bounded_array("log_term", log_term, 0.0), 1e300)  # a bound of 1, and no overflow
    checks.broadcastable(frequency=part, visits=times, log_term=paid)
    return part, times, paid


def hoeffding_unchecked(frequency: np.ndarray, visits: np.ndarray, log_term: np.ndarray) -> np.ndarray:
    """Frequency plus sqrt(log_term / (2 visits)): Hoeffding (1963), Weissman et al. (2003) for all events at once."""
    return np.minimum(frequency + np.sqrt(log_term / (2.0 * np.maximum(visits, 1))), 1.0)


def bernstein_unchecked(frequency: np.ndarray, visits: np.ndarray, log_term: np.ndarray) -> np.ndarray:
    """Frequency plus a term of its own variance: the empirical bound of Maurer and Pontil (2009)."""
    log_term = log_term + np.log(2.0)
    rest = np.maximum(visits - 1, 1)
    spread = np.sqrt(2 * frequency * (1 - frequency) * log_term / rest)
    raised = np.minimum(frequency + spread + 7 * log_term / (3.0 * rest), 1.0)
    return np.where(visits > 1, raised, 1.0)


def chernoff_unchecked(frequency: np.ndarray, visits: np.ndarray, log_term: np.ndarray) -> np.ndarray:
    """The largest p with visits kl(frequency, p) <= log_term, kl the divergence of two coins: Chernoff (1952)."""
    spent = log_term / np.maximum(visits, 1)
    frequency = np.array(np.broadcast_arrays(frequency, spent)[0], order="K")
    budget, raised = np.empty_like(frequency), np.ones_like(frequency)  # of the same layout in memory
    np.copyto(budget, spent)
    start, budget, found = frequency.ravel("K"), budget.ravel("K"), raised.ravel("K")
    inside, never = np.flatnonzero((start > 0) & (start < 1)), np.flatnonzero(start == 0)
    found[never] = -np.expm1(-budget[never])
    start, budget = start[inside], budget[inside]
    with np.errstate(over="ignore"):  # a frequency below what has an inverse: the first step's bound stays
        found[inside] = start + _rise(start, 1 - start, budget)
    # A missing mass below the last digit is not nothing to a KL ball: round outwards, which is always valid.
    np.copyto(raised, 1.0, where=(visits <= 0) | (raised >= 1 - 1e-15))
    return raised


def _rise(seen: np.ndarray, unseen: np.ndarray, budget: np.ndarray) -> np.ndarray:
    """How far a frequency in (0, 1) may rise until its divergence spends the budget.

    In the rise d the divergence is -seen log(1 + d/seen) - unseen log(1 - d/unseen): convex, and free of cancellation
    where d is small. Newton's steps from above therefore fall to the root and never pass it: each is a valid bound.
    """
    entropy = -seen * np.log(seen) - unseen * np.log(unseen)
    half = np.maximum(seen, 0.5)
    variance = half * (1 - half)
    rise = np.minimum(budget + np.sqrt(budget * (budget + 2 * seen)), np.sqrt(2 * budget * variance))
    rise = np.minimum(rise, unseen - np.exp(-(budget + entropy) / unseen))
    rise = np.minimum(rise, unseen * (1 - 1e-15))
    for _ in range(_MOST_STEPS):
        excess = -seen * np.log1p(rise / seen) - unseen * np.log1p(-rise / unseen) - budget
        step = np.maximum(excess, 0.0) * (seen + rise) * (unseen - rise) / np.maximum(rise, 5e-324)
        rise = np.maximum(rise - step, 0.0)  # by rounding a step may go too far where the budget is next to nothing
        if not (step > 1e-9 * rise).any():  # the error squares with each step: the next is below the last digit
            break
    return rise


@lru_cache(maxsize=64)
def event_costs(n_states: int) -> np.ndarray:
    """What a union over events pays for one of each size from 0 to S: for the sizes, and for the events of a size."""
    if n_states > _EXACT_UP_TO:
        return event_costs_within(np.full(n_states + 1, n_states), np.arange(n_states + 1))
    half = max(1, n_states // 2)
    # In how many ways the states fall into two parts, one of them of a size.
    ways = [math.comb(n_states, size) // (2 if 2 * size == n_states else 1) for size in range(n_states + 1)]
    return np.array([math.log(half) + math.log(each) for each in ways])


def event_costs_within(n_states: np.ndarray, size: np.ndarray) -> np.ndarray:
    """The same for rows of which each has its own number of states; sizes are clipped to it."""
    factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, int(n_states.max(initial=1)) + 1)))])
    inside = np.minimum(size, n_states)
    ways = factorial[n_states] - factorial[inside] - factorial[n_states - inside]
    twice = (2 * inside == n_states) & (n_states > 0)
    return np.asarray(np.log(np.maximum(n_states // 2, 1)) + ways - np.where(twice, np.log(2.0), 0.0))
