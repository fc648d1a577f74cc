"""Worst cases in a Kullback-Leibler ball for very many rows: tilted sums as polynomials of the tilt.

In an interval of tilts around ``centre`` the sum of p exp(-t x) is a power series in t - centre, whose coefficients are
moments of p exp(-centre x). One matrix product has those of all rows, and Newton's method then costs the same however
many states there are. Rows whose tilt is elsewhere are left to :func:`kl.kl_solve`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np

from .worst_case import Radius, of_rows

#: A kernel of fewer numbers, a group of fewer, or of fewer rows, is not worth the overhead.
FEW, FEW_IN_GROUP, FEW_ROWS = 2**18, 2**14, 256
#: With fewer states each row is done quickly anyhow.
FEW_STATES = 8
#: So many rows are worked on together.
TOGETHER = 4096
#: So many rows say where tilts are, and whether it is worth it for all.
SAMPLE, LEAST_STEP = 64, 40
#: Tilts are looked for between these.
TILTS = 0.05, 58.0
#: Tilts at which the dual is looked at where radii are too large for a series around 0.
GRID = 0.25 * 2.0 ** np.arange(9)
#: A solution may lie outside of its interval by this share of half its length.
MARGIN = 1.1
#: Mean, second and third moment of each row, each (R,).
Moments = np.ndarray | tuple[np.ndarray, np.ndarray, np.ndarray]


@functools.cache
def intervals() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Upper ends, centres and half lengths: 1.6, and from a centre of 13 on an eighth of it."""
    ends, halves = [0.0], []
    while ends[-1] < TILTS[1]:
        halves.append(max(1.6, ends[-1] / 7))
        ends.append(ends[-1] + 2 * halves[-1])
    return np.array(ends[1:]), np.array(ends[:-1]) + halves, np.array(halves)


#: The interval of rows that have none.
NOWHERE = len(intervals()[0])


def n_terms(half: float) -> int:
    """Smallest length of the series whose rest is below 2e-16 of the sum: values are within 1/2 of their middle."""
    reach, rest, n = MARGIN * half / 2, 1.0, 0
    while rest * math.exp(2 * reach) >= 2e-16:
        n += 1
        rest *= reach / n
    return n


def kl_by_moments(rows: np.ndarray, x: np.ndarray, radius: Radius) -> tuple[np.ndarray, np.ndarray]:
    """Lowest expectations (R,), and the indices of the rows that are left to another method."""
    worst, left = np.zeros(len(rows)), np.ones(len(rows), dtype=bool)
    look, main = outlook(rows, x, radius)
    if look is None:
        return worst, np.arange(len(rows))
    _, centres, halves = intervals()
    basis = look(x)
    # Most rows have their tilt in one interval: one product has what says so, and their moments, too.
    both = basis if main is None else np.concatenate([basis, powers(x, centres[main], halves[main])])
    mass, t, which = np.empty(len(rows)), np.empty(len(rows)), np.empty(len(rows), dtype=np.intp)

    def settle(some: slice | np.ndarray, k: int, moments: np.ndarray) -> None:
        worst[some], done, aside = newton(moments, mass[some], t[some], centres[k], halves[k], of_rows(radius, some, 0))
        left[some], which[some] = ~done, np.where(done | (aside == 0), NOWHERE, (k + aside) % (NOWHERE + 1))

    for start in range(0, len(rows), TOGETHER):
        piece = slice(start, min(start + TOGETHER, len(rows)))
        sums = both @ rows[piece].T
        mass[piece], t[piece], which[piece], reached = first_tilts(sums[: len(basis)], of_rows(radius, piece, 0))
        left[piece] = ~reached
        if main is not None:
            members = np.flatnonzero(which[piece] == main)
            if len(members) == sums.shape[1]:
                settle(piece, main, sums[len(basis) :])
            elif len(members):
                settle(start + members, main, sums[len(basis) :, members])
    for k in (*range(NOWHERE), *reversed(range(NOWHERE))):  # whose tilt was beyond an interval is tried in the next
        members = np.flatnonzero(which == k)
        if len(members) < max(FEW_ROWS, FEW_IN_GROUP // len(x)):
            continue
        for start in range(0, len(members), TOGETHER):
            some = members[start : start + TOGETHER]
            settle(some, k, powers(x, centres[k], halves[k]) @ rows[some].T)
    return worst, np.flatnonzero(left)


def outlook(rows: np.ndarray, x: np.ndarray, radius: Radius) -> tuple[Callable | None, int | None]:
    """How to find first tilts, None where that is not worth it, and the interval of most rows, if there is one."""
    some = slice(None, None, max(LEAST_STEP, len(rows) // SAMPLE))
    here, sample = of_rows(radius, some, 0), rows[some]
    _, true, which, _ = first_tilts(grid(x) @ sample.T, here)
    inside = which != NOWHERE
    if inside.mean() < 0.6:
        return None, None  # certain rows, and those that reach the lowest value, take little time anyhow
    _, t, guess, _ = first_tilts(cumulants(x) @ sample.T, here)
    look = grid
    if ((np.abs(t - true) <= 0.15 * true) | (true < 2 * GRID[0]))[inside].mean() > 0.9:
        look, which = cumulants, guess
    count = np.bincount(which[which != NOWHERE], minlength=1)
    return look, int(count.argmax()) if count.max() > 0.7 * len(which) else None


def cumulants(x: np.ndarray) -> np.ndarray:
    """What a row's mass, mass on the value 0, and first three moments are products with."""
    return np.stack([np.ones_like(x), x == 0, x, x**2, x**3])


def grid(x: np.ndarray) -> np.ndarray:
    """What a row's mass, mass on the value 0, and sums of p exp(-t x) for each tilt of the grid are products with."""
    return np.concatenate([[np.ones_like(x), x == 0], np.exp(-GRID[:, None] * x)])


def first_tilts(sums: np.ndarray, radius: Radius) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Mass, a first tilt, its interval, and where all mass reaches the value 0, each (R,)."""
    mass, lowest = sums[:2]
    if len(sums) == 5:
        t = gentle_tilt(sums[2:], radius)
    else:
        t = best_of_grid(sums[2:] / mass, radius)
    with np.errstate(divide="ignore"):
        reached = np.log(lowest / mass) + radius >= 0
    which = np.searchsorted(intervals()[0], t)
    which[reached | (t < TILTS[0])] = NOWHERE
    return mass, t, which, reached


def gentle_tilt(moments: Moments, radius: Radius) -> np.ndarray:
    """The tilt t (R,) at which t^2 Var / 2 - t^3 (third cumulant) / 3, as the divergence begins, is the radius."""
    mean, square, cube = moments
    variance = np.maximum(square - mean**2, 1e-9)
    t = np.sqrt(2 * radius / variance)
    third = cube - 3 * mean * square + 2 * mean**3
    return t * np.clip(1 + t * third / (3 * variance), 0.5, 2.0)


def best_of_grid(sums: np.ndarray, radius: Radius) -> np.ndarray:
    """Where the dual is largest, by a parabola through the best tilt of the grid and its neighbours; inf beyond it."""
    dual = -(np.log(sums) + radius) / GRID[:, None]
    best = dual.argmax(axis=0)
    inner = np.clip(best, 1, len(GRID) - 2)
    low, middle, high = (np.take_along_axis(dual, inner[None] + step, axis=0)[0] for step in (-1, 0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.maximum((low - high) / (2 * (low - 2 * middle + high)), -1)
        return np.where(best <= inner, GRID[inner] * 2.0**shift, np.inf)


def powers(x: np.ndarray, centre: float, half: float) -> np.ndarray:
    """exp(-centre x) ((1/2 - x) half)^j / j! for j = 0, 1, ..., shape (J, S)."""
    weights = np.empty((n_terms(half), len(x)))
    weights[0] = np.exp(-centre * x)
    for j in range(1, len(weights)):
        weights[j] = weights[j - 1] * (0.5 - x) * (half / j)
    return weights


def newton(
    moments: np.ndarray, mass: np.ndarray, t: np.ndarray, centre: float, half: float, radius: Radius
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each row's worst case, whether it is found, and on which side of the interval its tilt seems to be, each (R,).

    The root of twice the divergence is almost linear in the tilt, so a step or two of Newton's method suffice there.
    """
    u = np.clip((t - centre) / half, -MARGIN, MARGIN)
    value, first, second = np.empty((3, len(u)))
    log_mass, goal = np.log(mass), np.sqrt(2 * radius)
    for _ in range(6):
        value[:], first[:], second[:] = moments[-1], 0.0, 0.0
        for moment in moments[-2::-1]:
            second *= u
            second += first
            first *= u
            first += value
            value *= u
            value += moment
        slope = first / value
        variance = (2 * second / value - slope**2) / half**2
        t, height = centre + half * u, 0.5 - slope / half
        divergence = -t * height - (np.log(value) - log_mass - 0.5 * half * u)
        excess = divergence - radius
        with np.errstate(divide="ignore", invalid="ignore"):
            done = (excess**2 <= 2e-15 * t**3 * variance) & (variance >= 1e-9)
            if done.mean() > 0.99:
                break
            root = np.sqrt(np.maximum(2 * divergence, 0.0))
            u = np.clip(u - (root - goal) * root / (t * variance * half), -MARGIN, MARGIN)
    aside = np.where(np.abs(u) < MARGIN, 0, np.sign(u)).astype(np.intp)
    return np.maximum(height + excess / t, 0.0), done & (t > TILTS[0]), aside
