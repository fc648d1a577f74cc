"""Coins that were tossed a fixed number of times: how far apart their probabilities can be, by exact binomial tails."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..confidence import chernoff

#: Share of the level that goes to where the better known of two coins lies.
_NUISANCE = 0.02
#: At how many places of that interval the tail is computed, and how much may lie between them: on a grid that is fifty
#: times as fine it was never more than 0.4 % above.
_PLACES, _BETWEEN = 41, 1.01
#: More tosses than this of either coin: a bound for each coin instead of the exact tail of the difference.
_MOST_TOSSES = 10**6
#: Up to so many pairs of results are put in order by the difference in units of its spread, beyond by itself.
_MOST_PAIRS = 10**7
_ACCURACY = 1e-4
#: The first number of heads of a window, and the probabilities (G, W) of the numbers from there on, for G coins.
Law = tuple[int, np.ndarray]


def largest_difference(
    heads: np.ndarray,
    tosses: tuple[int, int],
    level: float,
    low: np.ndarray | None = None,
    high: np.ndarray | None = None,
) -> float:
    """The largest excess of the second coin's probability that the heads of any of some pairs of coins leave.

    Parameters
    ----------
    heads : numpy.ndarray of int, shape (E, 2)
        Heads of the first and of the second coin of each pair: how often each of E events was seen in either log.
    tosses : tuple of two int
        How often each of them was tossed.
    level : float
        How rare a result has to be, for the pair that is asked about.
    low, high : numpy.ndarray of int, shape (E, 2), optional
        Each row of ``heads`` stands for all pairs with heads between these and no larger difference of frequencies.
        None: for itself.

    Returns
    -------
    float
        The largest r at which, for some pair, results that speak for r no more than the one seen have a probability
        above ``level`` for some two coins that are r apart; rounded up.
    """
    alone = low is None and tosses[0] * tosses[1] <= _MOST_PAIRS
    low, high = heads if low is None else low, heads if high is None else high
    seen = heads[:, 1] / tosses[1] - heads[:, 0] / tosses[0]
    if max(tosses) > _MOST_TOSSES:
        return float(_each(low[:, 0], high[:, 1], tosses, level).max())
    spread = np.sqrt((1 / tosses[0] + 1 / tosses[1]) * -np.log(max(level * (1 - _NUISANCE), 5e-324)) / 2)  # Hoeffding
    limit = np.ones(len(seen)) if alone else np.minimum(seen + spread, 1.0)

    def rules_out(i: int, excess: float) -> bool:
        return seen[i] < excess and _too_rare(heads[i], (low[i], high[i]), tosses, excess, level, alone)

    return _largest(seen, limit, rules_out)


def largest_excess(heads: np.ndarray, tosses: int, known: np.ndarray, level: float) -> float:
    """The largest excess of a coin's probability over a known number that its heads leave: Clopper and Pearson.

    Parameters
    ----------
    heads : numpy.ndarray of int, shape (E,)
        Heads of each of E coins.
    tosses : int
        How often each of them was tossed.
    known : numpy.ndarray, shape (E,)
        What each coin's probability is compared with.
    level : float
        How rare a result has to be, for the coin that is asked about.

    Returns
    -------
    float
        The largest r at which, for some coin, so few heads or fewer have a probability above ``level``; rounded up.
    """
    seen = heads / tosses - known
    limit = chernoff(heads / tosses, tosses, -np.log(level)) - known

    def rules_out(i: int, excess: float) -> bool:
        if seen[i] >= excess:
            return False
        first, law = _law(tosses, np.array([known[i] + excess]), level)
        return float(law[0, : max(heads[i] + 1 - first, 0)].sum()) <= level

    return _largest(seen, limit, rules_out)


def _largest(seen: np.ndarray, limit: np.ndarray, rules_out: Callable[[int, float], bool]) -> float:
    """The largest excess that is not ruled out for one of the events, each of which leaves no more than its limit."""
    largest = 0.0
    for i in np.argsort(-(seen + limit), kind="stable"):
        if limit[i] <= largest or rules_out(i, largest):
            continue
        low, high = max(largest, float(seen[i])), float(limit[i])
        while high - low > _ACCURACY * high:
            middle = (low + high) / 2
            low, high = (low, middle) if rules_out(i, middle) else (middle, high)
        largest = high
    return largest


def _too_rare(
    heads: np.ndarray,
    between: tuple[np.ndarray, np.ndarray],
    tosses: tuple[int, int],
    excess: float,
    level: float,
    in_spreads: bool,
) -> bool:
    """Whether two coins, the second with so much more probability, give this difference or less too rarely.

    Where the coin that was tossed more often lies is a nuisance: all places in a confidence interval are tried, and the
    level pays for the interval (Berger and Boos, 1994).
    """
    better, nuisance = int(tosses[1] > tosses[0]), _NUISANCE * level
    ends = [each[better] / tosses[better] for each in between]
    high = float(chernoff(ends[1], tosses[better], np.log(2 / nuisance)))
    low = 1 - float(chernoff(1 - ends[0], tosses[better], np.log(2 / nuisance)))
    low, high = (max(low, excess), high) if better else (low, min(high, 1 - excess))
    if low > high:
        return True
    places = np.linspace(low, high, _PLACES)
    first, second = (places - excess, places) if better else (places, places + excess)
    laws = _law(tosses[0], first, level), _law(tosses[1], second, level)
    tail = _tail_in_spreads(heads, tosses, laws, excess) if in_spreads else _tail(heads, tosses, laws)
    return bool(_BETWEEN * tail.max() + nuisance <= level)


def _tail_in_spreads(heads: np.ndarray, tosses: tuple[int, int], laws: tuple[Law, Law], excess: float) -> np.ndarray:
    """Probability (G,) of a difference that is no nearer to ``excess`` than the one seen, each in its own spreads."""
    (least, other), (start, law) = laws

    def distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        smooth = (first + 0.5) / (tosses[0] + 1), (second + 0.5) / (tosses[1] + 1)
        variance = sum(each * (1 - each) / tosses[i] for i, each in enumerate(smooth))
        return np.asarray((second / tosses[1] - first / tosses[0] - excess) / np.sqrt(variance))

    every = distance(least + np.arange(other.shape[1])[:, None], start + np.arange(law.shape[1]))
    farther = every <= distance(heads[0], heads[1]) + 1e-9
    return np.asarray(((other @ farther) * law).sum(axis=1))


def _tail(heads: np.ndarray, tosses: tuple[int, int], laws: tuple[Law, Law]) -> np.ndarray:
    """Probability (G,) that the second frequency exceeds the first by no more than was seen."""
    (least, other), (start, law) = laws
    beyond = np.concatenate([np.cumsum(other[:, ::-1], axis=1)[:, ::-1], np.zeros((len(law), 1))], axis=1)
    results = start + np.arange(law.shape[1])
    # Y / n >= X / k - (x / k - y / n) in integers: Y >= y + ceil(n (X - x) / k)
    needed = heads[0] - ((heads[1] - results) * tosses[0]) // tosses[1]
    return np.asarray((law * beyond[:, np.clip(needed - least, 0, other.shape[1])]).sum(axis=1))


def _law(tosses: int, probability: np.ndarray, level: float) -> Law:
    """Numbers of heads of coins (G,), as far as they matter: what is left out is far below ``level``."""
    chance = np.clip(probability, 1e-300, 1 - 1e-16)
    log_term = 12 - np.log(level)
    half = np.sqrt(2 * tosses * chance * (1 - chance) * log_term) + log_term + 2  # Bernstein
    first = max(0, int((tosses * chance - half).min()))
    last = min(tosses, int((tosses * chance + half).max()) + 1)
    heads = np.arange(first, last)
    ways = np.concatenate([[0.0], np.cumsum(np.log((tosses - heads) / (heads + 1)))])
    logs = ways + np.arange(last - first + 1) * (np.log(chance) - np.log1p(-chance))[:, None]
    law = np.exp(logs - logs.max(axis=1, keepdims=True))
    return first, np.asarray(law / law.sum(axis=1, keepdims=True))


def _each(low: np.ndarray, high: np.ndarray, tosses: tuple[int, int], level: float) -> np.ndarray:
    """A bound for each coin, at a share of the level that grows with its part of the variance."""
    shares = np.maximum(np.array([tosses[1], tosses[0]]) / sum(tosses), 0.05)
    log_terms = -np.log(level * shares / shares.sum())
    first = 1 - chernoff(1 - low / tosses[0], tosses[0], log_terms[0])
    return np.asarray(chernoff(high / tosses[1], tosses[1], log_terms[1]) - first)
