"""How high the mean of draws between 0 and 1 may be, given their sum: random rewards. Chapter 4 of the book."""

from __future__ import annotations

import numpy as np

from .row_martingale import dirichlet_costs, half_cost
from .tails import chernoff_unchecked


def highest_average(total: np.ndarray, visits: np.ndarray, log_term: np.ndarray, constant: np.ndarray) -> np.ndarray:
    """Largest mean that draws in [0, 1] leave possible; the lowest is 1 less that of ``visits - total``.

    Parameters
    ----------
    total : numpy.ndarray, shape (...)
        Sum of the draws.
    visits : numpy.ndarray of int, shape (...)
        How many draws there were.
    log_term : numpy.ndarray, shape () or (...)
        log(1 / d): with probability 1 - d this bound and the lowest mean's hold, after every draw.
    constant : numpy.ndarray of bool, shape (...)
        Whether every draw was exactly 0, or every draw exactly 1. To be kept as a flag: a sum is rounded.

    Returns
    -------
    numpy.ndarray, shape (...)
        Bounds in [0, 1]; 1 where there were no draws.

    Notes
    -----
    Chapter 4, :prf:ref:`bounded-bet`. The gambler's mixture is that of a coin: a quarter on "always 0", a quarter on
    "always 1", half on the Dirichlet distribution with parameters 1/2. With n = total, a real number, and N = visits::

        N kl(n / N, m) <= log(1 / d) + log ML(n, N) - log w(n, N)
        w(n, N) = B(n + 1/2, N - n + 1/2) / (2 pi)  (+ 1/4 if constant)

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite.confidence import highest_average
    >>> draws, mixed = np.full(400, 0.25), np.array(False)
    >>> high = highest_average(draws.sum(), np.array(400), np.log(20), mixed)
    >>> low = 1 - highest_average(400 - draws.sum(), np.array(400), np.log(20), mixed)
    >>> bool(0.15 < low < 0.25 < high < 0.35)
    True
    """
    total, visits, constant = np.broadcast_arrays(np.asarray(total, dtype=np.float64), visits, constant)
    times = np.maximum(visits, 1).astype(np.float64)
    seen = np.clip(total, 0.0, times)
    behind = half_cost(seen) + half_cost(times - seen) + dirichlet_costs(times.ravel(), 2)[:, 1].reshape(times.shape)
    cost = -np.log(0.5 * np.exp(-behind) + 0.25 * constant)
    return chernoff_unchecked(seen / times, visits, log_term + cost)
