"""Radii of one row from its counts in two logs: total variation by coins, the other divergences by intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..confidence import chernoff, row_cost
from .coins import largest_difference, largest_excess

#: Up to so many next states that were seen every event is looked at; beyond, the events that no other dominates.
_MOST_LISTED = 7
#: How finely those are cut, in frequency, where the centre is known.
_CUT = 0.01


def tv_between(first: np.ndarray, second: np.ndarray, level: float) -> float:
    """How far apart the rows behind two counts (S,) are in total variation, at most."""
    tosses = (int(first.sum()), int(second.sum()))
    counts = np.stack([first, second], axis=1)[(first > 0) | (second > 0)]
    if len(counts) <= _MOST_LISTED:
        return largest_difference(_events(len(counts)) @ counts, tosses, level)
    corners = _frontier(counts)
    differences = corners[:, 1] / tosses[1] - corners[:, 0] / tosses[0]
    higher = np.where((differences[1:] > differences[:-1])[:, None], corners[1:], corners[:-1])
    return largest_difference(higher, tosses, level, corners[:-1], corners[1:])


def tv_around(centre: np.ndarray, seen: np.ndarray, level: float) -> float:
    """How far the row behind counts (S,) is from a known row (S,) in total variation, at most."""
    tosses = int(seen.sum())
    if ((seen > 0) | (centre > 0)).sum() <= _MOST_LISTED:
        inside = (seen > 0) | (centre > 0)
        events = _events(int(inside.sum()))
        return largest_excess(events @ seen[inside], tosses, events @ centre[inside], level)
    order = np.argsort(-_ratio(centre, seen), kind="stable")
    known, heads = (np.concatenate([[0.0], np.cumsum(each[order])]) for each in (centre, seen))
    cuts = [np.linspace(0, 1, 1 + int(np.ceil(width / _CUT)))[:-1] for width in np.maximum(np.diff(known), 1e-9)]
    at = np.concatenate([j + cut for j, cut in enumerate(cuts)] + [[len(known) - 1.0]])
    line = np.arange(len(known))
    edge, reached = np.interp(at, line, known), np.interp(at, line, heads)
    return largest_excess(np.ceil(reached[1:] - 1e-9).astype(np.int64), tosses, edge[:-1], level)


def divergence_between(
    first: np.ndarray, second: np.ndarray, level: float, possible: np.ndarray, term: Callable[..., np.ndarray]
) -> float:
    """An f-divergence of the row behind the second counts from that behind the first, at most: infinite if need be."""
    lowest, _ = _interval(first, level / 2, possible)
    return _most(*_interval(second, level / 2, possible), lowest, term)


def divergence_around(
    centre: np.ndarray, seen: np.ndarray, level: float, possible: np.ndarray, term: Callable[..., np.ndarray]
) -> float:
    """An f-divergence of the row behind counts (S,) from a known row (S,), at most."""
    return _most(*_interval(seen, level, possible), centre, term)


def kl_term(q: np.ndarray, p: np.ndarray) -> np.ndarray:
    """A state's share in KL(q || p)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(q > 0, q * np.log(q / p), 0.0)


def chi_square_term(q: np.ndarray, p: np.ndarray) -> np.ndarray:
    """A state's share in the sum of q^2 / p - q, which is the chi-square divergence."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(q > 0, q * (q / p) - q, 0.0)


def _events(n: int) -> np.ndarray:
    return (np.arange(2**n)[:, None] >> np.arange(n)) & 1


def _frontier(counts: np.ndarray) -> np.ndarray:
    """Counts of the events that hold the states of highest ratio: no event lies above the line through them."""
    order = np.argsort(-_ratio(counts[:, 0], counts[:, 1]), kind="stable")
    return np.concatenate([np.zeros((1, 2), dtype=np.int64), np.cumsum(counts[order], axis=0)])


def _ratio(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.where(first > 0, second / np.where(first > 0, first, 1.0), np.where(second > 0, np.inf, 0.0))


def _interval(seen: np.ndarray, level: float, possible: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest probability of each next state, all at once: chapter 4's bet on the whole row."""
    visits, size = int(seen.sum()), int(possible.sum())
    log_term = row_cost(seen[None], np.array([size]))[0] - np.log(level)
    high = np.where(possible, chernoff(seen / visits, visits, log_term), 0.0)
    low = np.where(possible, 1 - chernoff(1 - seen / visits, visits, log_term), 0.0)
    return (low, high) if size > 1 else (possible.astype(float), possible.astype(float))


def _most(low: np.ndarray, high: np.ndarray, centre: np.ndarray, term: Callable[..., np.ndarray]) -> float:
    """The largest sum of convex terms of q in a box, at most: each term below its chord, filled by steepness."""
    at_low, at_high = term(low, centre), term(high, centre)
    if not np.isfinite(at_high).all():
        return np.inf
    width = high - low
    slope = np.where(width > 0, (at_high - at_low) / np.where(width > 0, width, 1.0), -np.inf)
    left, total = 1 - low.sum(), at_low.sum()
    for s in np.argsort(-slope, kind="stable"):
        filled = min(left, width[s])
        if filled <= 0:
            break
        total, left = total + slope[s] * filled, left - filled
    return max(0.0, float(total))
