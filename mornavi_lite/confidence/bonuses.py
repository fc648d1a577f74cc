"""Bonuses of the paper's shape, and the log term they share with the confidence sets.

Chapter 4 of the book.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import checks
from ..uncertainty import ChiSquare, KullbackLeibler, Nominal, TotalVariation, UncertaintySet

#: In log(2 S A H N (N + 1) / delta): an upper and a lower side. The sum over N of 1 / (N (N + 1)) is 1.
SIDES = 2.0
#: Multipliers in the bonuses. The papers' own are not available to us, so these are ours. ``"variance"`` is c1 and
#: ``"lower order"`` is c2 of :eq:`bonus-tv` and :eq:`bonus-chi-square`, ``"KL"`` the constant of :eq:`bonus-kl`, and
#: ``"chi-square"`` that of the second term of :eq:`bonus-chi-square`.
BONUS_CONSTANTS = {"variance": 2.0, "lower order": 1.0, "KL": 1.0, "chi-square": 1.0}


def bonus(
    ball: UncertaintySet,
    rows: Any,
    visits: Any,
    upper: Any,
    lower: Any,
    log_term: Any,
    horizon: int,
    n_episodes: int,
    min_probability: float | None = None,
) -> np.ndarray:
    """What is added to an estimated worst case, or taken from it, so that it is probably too high, or too low.

    Parameters
    ----------
    ball : UncertaintySet
        The set whose worst case is estimated: Nominal, TotalVariation, KullbackLeibler or ChiSquare.
    rows : array_like, shape (..., S)
        Observed frequencies of the next states.
    visits : array_like of int, shape (...)
        How often each row was visited.
    upper, lower : array_like, shape (S,)
        Bounds on the values of the next step, in units in which rewards are in [0, 1].
    log_term : array_like, shape (...)
        log(2 S A H N (N + 1) / delta), N the visits or 1.
    horizon : int
        Number of steps H, at least 1.
    n_episodes : int
        Episodes so far, at least 0.
    min_probability : float or None
        For KL, the smallest positive probability of the kernel. None puts in the smallest observed frequency
        of the row, and then the bonus is *not* valid (appendix).

    Returns
    -------
    numpy.ndarray, shape (...)
        Bonuses, in units of reward.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, the shapes do not fit, or no bonus is known for the set.

    Notes
    -----
    Chapter 4, :eq:`bonus-tv`, :eq:`bonus-kl` and :eq:`bonus-chi-square`. The shapes follow Lu et al. (2024) for TV,
    and Ghosh, Atia and Wang (2025) for KL and chi-square; the constants are ``BONUS_CONSTANTS`` and ours. Nominal sets,
    and all sets of radius 0, have the bonus of TV.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import TotalVariation
    >>> from mornavi_lite.confidence import bonus
    >>> upper, lower, row = np.array([1.0, 0.0]), np.zeros(2), np.array([0.5, 0.5])
    >>> few, many = (bonus(TotalVariation(0.1), row, n, upper, lower, np.log(n), 2, n) for n in (10**4, 10**8))
    >>> bool(0 < many < few)
    True
    """
    if not isinstance(ball, UncertaintySet):
        raise TypeError(f"ball must be an uncertainty set, got {checks.shown(ball)}")
    frequencies = checks.probability_rows("rows", rows)
    high, low = (checks.bounded_array(*each, -1e100, 1e100) for each in (("upper", upper), ("lower", lower)))
    checks.has_shape("upper", high, frequencies.shape[-1:], "(S,)")
    checks.has_shape("lower", low, frequencies.shape[-1:], "(S,)")
    times, term = checks.counts_array("visits", visits), checks.bounded_array("log_term", log_term, 0.0)
    checks.broadcastable(rows=frequencies[..., 0], visits=times, log_term=term)
    checks.integer("horizon", horizon, 1)
    checks.integer("n_episodes", n_episodes, 0)
    least = checks.min_probability(min_probability)
    return bonus_unchecked(ball, frequencies, times, high, low, np.minimum(term, 1e100), horizon, n_episodes, least)


def bonus_unchecked(
    ball: UncertaintySet,
    rows: np.ndarray,
    visits: np.ndarray,
    upper: np.ndarray,
    lower: np.ndarray,
    log_term: np.ndarray,
    horizon: int,
    n_episodes: int,
    min_probability: float | None,
) -> np.ndarray:
    """:func:`bonus` for arguments that are known to be sound: what inner loops call."""
    constants = BONUS_CONSTANTS
    times, last = np.maximum(visits, 1), 1 / math.sqrt(max(n_episodes, 1))
    rate = log_term / times
    if not isinstance(ball, (Nominal, TotalVariation, KullbackLeibler, ChiSquare)):
        raise TypeError(f'ball: no bonus is known for {type(ball).__name__}; without confidence="bonus" any set serves')
    radius = np.asarray(ball.radius)
    middle = (upper + lower) / 2
    # Around the mean: a difference of two squares would leave noise, and its root would not be small.
    variance = (rows * (middle - _mean(rows, middle)[..., None]) ** 2).sum(axis=-1)
    spread = np.sqrt(constants["variance"] * rate * variance)
    rest = constants["lower order"] * horizon**2 * rows.shape[-1] * rate + last
    plain = spread + 2 * _mean(rows, upper - lower) / horizon + rest
    if isinstance(ball, KullbackLeibler) and radius.any():
        least = np.where(rows > 0, rows, 1.0).min(axis=-1) if min_probability is None else min_probability
        divided = constants["KL"] * horizon / np.maximum(radius, 1e-290) * np.sqrt(rate / least) + last  # no overflow
        return np.where(radius > 0, divided, plain)
    if isinstance(ball, ChiSquare) and radius.any():
        robust = spread + constants["chi-square"] * horizon * np.sqrt(radius * rate) + rest
        return np.where(radius > 0, robust, plain)
    return plain


def _mean(rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Expectation of values (S,), or of each row's own values (..., S)."""
    return rows @ values if values.ndim == 1 else (rows * values).sum(axis=-1)


def log_term_at(visits: Any, n_rows: int, delta: float) -> np.ndarray:
    """log(2 n_rows N (N + 1) / delta): a union over rows, over both sides, and over all numbers of visits N >= 1.

    For ``visits`` (...) an array (...), 0 as 1. The sum of exp(-log_term) over all N is delta / (2 n_rows).
    """
    times = np.maximum(checks.counts_array("visits", visits), 1.0)
    failing = checks.probability("delta", delta)
    return math.log(SIDES * checks.integer("n_rows", n_rows, 1) / failing) + np.log(times) + np.log(times + 1)
