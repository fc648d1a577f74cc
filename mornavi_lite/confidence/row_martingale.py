"""One bet for a whole row of the kernel: what it costs not to know the row's support and its probabilities.

The counts of a row exclude a distribution p once a gambler who bets against it has become rich. Here he bets on all
next states at once, so one inequality serves every event, every mean and every moment. Chapter 4 of the book.
"""

from __future__ import annotations

import numpy as np

#: From here on the series for log Gamma has all its digits.
_LARGE = 16
#: Terms beyond twice the states seen fall faster than 0.71^k; leaving some out makes the cost larger, which is valid.
_MORE_TERMS = 96
#: log Gamma(1/2)
_LOG_HALF_GAMMA = 0.5 * np.log(np.pi)


def row_cost(seen: np.ndarray, possible: np.ndarray | None = None, n_states: int | None = None) -> np.ndarray:
    """By how many nats the best distribution in hindsight explains a row's counts better than the gambler.

    Parameters
    ----------
    seen : numpy.ndarray of int, shape (..., S)
        How often each next state was seen.
    possible : numpy.ndarray of int, shape (...), or None
        How many next states each row can have, where that is stated; what was seen is among them. None: all S.
    n_states : int or None
        S, where ``seen`` leaves out states that were not seen.

    Returns
    -------
    numpy.ndarray, shape (...)
        C = log ML(n) - log w(n), at least 0; 0 without visits.

    Notes
    -----
    Chapter 4, :eq:`row-mixture`. The gambler draws a number k of states, with weight 2^-k, then k states K, each such
    set equally likely, then a distribution on K from the Dirichlet distribution with parameters 1/2. Where ``possible``
    is stated, he does so on one coin in four, and else k has the weight 2^(k - possible): what may follow mostly does.
    With N = sum of n, what he thinks of a sequence with these counts is::

        w(n) = sum over K that hold all that was seen of  weight(K) Gamma(k/2) / Gamma(N + k/2)
                                                          prod over K of Gamma(n_s + 1/2) / Gamma(1/2)

    which depends on k alone, so the sum has a term per size and not per set: C(S - seen, k - seen) sets of size k.

    With ML(n) = prod (n_s / N)^n_s, N KL(n / N || p) <= C + log(1 / d) at all times together with probability 1 - d,
    and the same holds of every map of the states. Ville (1939); Krichevsky and Trofimov (1981).

    Examples
    --------
    One next state, always the same. The gambler had put 1/2 on one state, and 1/4 of that on the right one:

    >>> import numpy as np
    >>> from mornavi_lite.confidence import row_cost
    >>> cost = row_cost(np.array([0, 10**9, 0, 0]))
    >>> bool(abs(cost - np.log(4 * 2 * (1 - 2**-4))) < 1e-4)
    True
    """
    rows = np.asarray(seen, dtype=np.float64).reshape(-1, seen.shape[-1])
    n_states = rows.shape[1] if n_states is None else n_states
    sizes = np.full(len(rows), n_states) if possible is None else np.broadcast_to(possible, seen.shape[:-1]).ravel()
    n_seen, visits, costs = (rows > 0).sum(axis=1), rows.sum(axis=1), np.zeros(len(rows))
    visited = np.flatnonzero(n_seen)
    size = max(1, 2**15 // min(n_states, 2 * int(n_seen.max(initial=0)) + _MORE_TERMS))
    # Beside what each of its states costs, a row depends on three numbers: each triple is worked on once.
    kinds = [_distinct(each[visited])[1] for each in (visits, n_seen, sizes)]
    number, which = _distinct(np.ravel_multi_index(kinds, [int(each.max(initial=0)) + 1 for each in kinds]))
    one = np.empty(len(number), dtype=np.intp)
    one[which] = visited
    pieces = [one[start : start + size] for start in range(0, len(one), size)]
    shared = [_costs(visits[p], n_seen[p], sizes[p], possible is not None) for p in pieces]
    counts, again = _distinct(rows.ravel())
    held = (half_cost(counts) * (counts > 0))[again].reshape(rows.shape).sum(axis=1)
    costs[visited] = held[visited] + np.concatenate([*shared, costs[:0]])[which]
    return np.maximum(costs, 0.0).reshape(seen.shape[:-1])


def _distinct(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct whole numbers of (n,), rising, and which of them each is; without a sort where none is large."""
    if numbers.max(initial=0) > 4 * len(numbers):
        return np.unique(numbers, return_inverse=True)
    whole = numbers.astype(np.intp)
    there = np.bincount(whole) > 0
    return np.flatnonzero(there).astype(numbers.dtype), (np.cumsum(there) - 1)[whole]


def _costs(visits: np.ndarray, n_seen: np.ndarray, sizes: np.ndarray, stated: bool) -> np.ndarray:
    """Minus the log (R,) of a sum over sizes of supports, for rows with a visit."""
    most = min(int(sizes.max()), 2 * int(n_seen.max()) + _MORE_TERMS)
    if stated:
        most = int(sizes.max())  # the weights rise towards the whole support: its term is not to be left out
    size = np.arange(1, most + 1)
    behind = dirichlet_costs(visits, most)
    factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, int(sizes.max()) + 1)))])
    # C(S - seen, k - seen) / C(S, k) = k! / (k - seen)! * (S - seen)! / S!
    sets = factorial[size] - factorial[np.maximum(size - n_seen[:, None], 0)]
    sets += (factorial[sizes - n_seen] - factorial[sizes])[:, None]
    drawn = -size * np.log(2.0)  # 2^-k itself would be 0 for more than a thousand states
    if stated:
        drawn = np.logaddexp(np.log(0.25) + drawn, np.log(0.75) + (size - sizes[:, None] - 1) * np.log(2.0))
    terms = drawn - np.log1p(-np.exp2(-sizes.astype(np.float64)))[:, None] + sets - behind
    terms[(size < n_seen[:, None]) | (size > sizes[:, None])] = -np.inf
    highest = terms.max(axis=1)
    return np.asarray(-highest - np.log(np.exp(terms - highest[:, None]).sum(axis=1)))


def dirichlet_costs(visits: np.ndarray, most: int) -> np.ndarray:
    """log Gamma(N + k/2) - log Gamma(k/2) - N log N + N, shape (R, most), for k from 1 on: two at a time."""
    ratios = np.zeros((len(visits), most))
    ratios[:, 0] = -half_cost(visits)
    if most > 1:
        half = visits + 0.5
        ratios[:, 1] = visits * np.log1p(0.5 / visits) + 0.5 * np.log(half) - 0.5 - surplus(half)
    ratios[:, 2:] = np.log1p(2 * visits[:, None] / np.arange(1, most - 1))
    for parity in (0, 1):
        np.cumsum(ratios[:, parity::2], axis=1, out=ratios[:, parity::2])
    return ratios


def half_cost(count: np.ndarray) -> np.ndarray:
    """n log n - n - log(Gamma(n + 1/2) / Gamma(1/2)) for real n >= 0: a state's share in the cost of a row."""
    return surplus(count) + _LOG_HALF_GAMMA


def surplus(count: np.ndarray) -> np.ndarray:
    """n log n - n - log Gamma(n + 1/2) for real n >= 0.

    The three terms are of the order of n log n, and what is left of them of the order of 1: Stirling's series for
    log Gamma(n + 1/2) is taken without its leading terms, so that 10^15 visits lose no digits.
    """
    small = count < _LARGE
    moved = np.where(small, count + _LARGE, count)
    inverse = 1 / moved
    square = inverse * inverse
    series = inverse * (-1 / 24 + square * (7 / 2880 + square * (-31 / 40320 + square * (127 / 215040))))
    rest: np.ndarray = np.asarray(-0.5 * np.log(2 * np.pi) - series)
    if small.any():
        few, far = count[small], moved[small]
        product = np.prod(few[:, None] + 0.5 + np.arange(_LARGE), axis=1)
        power = few * np.log(np.where(few > 0, few, 1.0)) - far * np.log(far)
        rest[small] += power + (far - few) + np.log(product)
    return rest
