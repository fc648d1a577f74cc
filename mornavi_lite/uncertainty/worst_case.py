"""The arithmetic behind the sets: worst cases for many rows at once.

Every function here takes ``rows`` (R, S), distributions, ``x`` (S,), next-state values scaled to [0, 1], and a radius,
a number or one for each row (R,), and checks nothing. One sort of ``x`` serves all rows. Where each row has values of
its own, ``x`` is (R, S); ``tv_worst`` alone does not take that. Formulas: chapter 2 of the book.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Radius = float | np.ndarray

#: Rows are worked on in pieces of about this many numbers, so that temporaries stay in the processor's cache.
CHUNK = 2**14
#: Up to this many states tails come from one matrix product; beyond, from a running sum (benchmarks/bench_backups.py).
PRODUCT_UP_TO = 64
#: Below this tilt the log of a sum near 1 is taken by expm1 and log1p, or its leading digits would be lost.
GENTLE_TILT = 1e-3
#: Sums of weights below this are near the smallest numbers there are: the weights are made again from logarithms.
FAINT = 1e-290
#: A KL ball of this radius moves no expectation of values in [0, 1] by a digit: by Pinsker, at most sqrt(radius / 2).
NEGLIGIBLE = 1e-34


def pieces(rows: np.ndarray, copies: int = 1) -> list[slice]:
    """Slices that cut ``rows`` into pieces which, so many times, have about ``CHUNK`` numbers."""
    size = max(1, CHUNK // (copies * rows.shape[1]))
    return [slice(start, start + size) for start in range(0, len(rows), size)]


def pick(array: np.ndarray, which: Any) -> np.ndarray:
    """Some entries of (R,), or some rows of (R, S), which stay in columns if they lie so in memory."""
    return array[which] if array.ndim == 1 or array.flags.c_contiguous else array.T[:, which].T


def of_rows(shared: Any, which: Any, n_shared: int) -> Any:
    """The values or the radius of some rows: what has ``n_shared`` axes is the same for all rows."""
    return shared if np.ndim(shared) == n_shared else pick(shared, which)


def expectation(p: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Mean p . v of each row."""
    return p @ v if v.ndim == 1 else np.einsum("...s,...s->...", p, v)


def ordered(rows: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The states of each row in one order for all, (S,), or in the row's own, (R, S)."""
    return rows[:, order] if order.ndim == 1 else np.take_along_axis(rows, order, axis=1)


def lowest_in_support(rows: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Lowest value among the states that each row can reach, shape (R,)."""
    return np.where(rows > 0, x, np.inf).min(axis=1)


def tv_worst(rows: np.ndarray, x: np.ndarray, radius: Radius) -> np.ndarray:
    """Lowest expectation (R,) in a TV ball with support shift: each tail of ``x`` is lowered by ``radius``."""
    order = np.argsort(-x, kind="stable")
    falling = x[order]
    drops = falling[:-1] - falling[1:]
    depth = min(len(drops), int(1.25 * np.max(radius, initial=0.0) * len(x)) + 8)
    worst, each = np.empty(len(rows)), isinstance(radius, np.ndarray)
    for piece in pieces(rows):
        moved = of_rows(radius, piece, 0)
        tails = _tails(rows[piece], order, depth, each)
        while depth < len(drops) and (tails[:, -1] < moved).any():
            depth = min(len(drops), depth + depth // 2)
            tails = _tails(rows[piece], order, depth, each)
        if each:  # one pass instead of two, since a radius for each row takes longer to subtract
            np.maximum(tails, moved[:, None], out=tails)
            worst[piece] = np.maximum(tails @ drops[:depth] - moved * drops[:depth].sum(), 0.0)
        else:
            tails -= moved
            np.maximum(tails, 0.0, out=tails)
            worst[piece] = tails @ drops[:depth]
        if depth < len(drops):
            # Below this level every tail exceeds the radius, and
            # the maximum does nothing: one product sums the rest.
            level = falling[depth]
            worst[piece] += rows[piece] @ np.minimum(x, level) - moved * level
    return worst


def _tails(rows: np.ndarray, order: np.ndarray, depth: int, columns: bool) -> np.ndarray:
    """Mass on the j best states for j = 1 .. depth, shape (R, depth); in columns, few of them, if the next step can."""
    if len(order) > PRODUCT_UP_TO:
        tails = rows.take(order[:depth], axis=1)
        return np.cumsum(tails, axis=1, out=tails)
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    best = (rank[:, None] <= np.arange(depth)).astype(np.float64)
    return (best.T @ rows.T).T if columns else rows @ best


def tv_kernel(rows: np.ndarray, x: np.ndarray, radius: Radius, shift_support: bool) -> np.ndarray:
    """A kernel at which the TV worst case is attained, shape (R, S)."""
    order = np.argsort(-x, axis=-1, kind="stable")
    sorted_rows = ordered(rows, order)
    kept = np.clip(np.cumsum(sorted_rows, axis=1) - np.expand_dims(radius, -1), 0.0, sorted_rows)
    kernel = np.empty_like(rows)
    np.put_along_axis(kernel, np.broadcast_to(order, rows.shape), kept, axis=1)
    moved = (sorted_rows - kept).sum(axis=1)
    reach = np.where((rows > 0) | shift_support, x, np.inf)
    kernel[np.arange(len(rows)), reach.argmin(axis=1)] += moved
    return kernel


def chi_square_worst(rows: np.ndarray, x: np.ndarray, radius: Radius) -> np.ndarray:
    """Lowest expectation in a chi-square ball, shape (R,)."""
    worst = np.empty(len(rows))
    for piece in pieces(rows):
        values = of_rows(x, piece, 1)
        _, centre, mean, variance, slack = _chi_square_active(rows[piece], values, of_rows(radius, piece, 0))
        lowest = lowest_in_support(rows[piece], values)
        worst[piece] = np.maximum(centre + mean - np.sqrt(variance * slack), lowest)
    return worst


def chi_square_kernel(rows: np.ndarray, x: np.ndarray, radius: Radius) -> np.ndarray:
    """The kernel at which the chi-square worst case is attained, proportional to p (threshold - x)+, shape (R, S)."""
    active, centre, mean, variance, slack = _chi_square_active(rows, x, radius)
    distance = x - centre[:, None]
    faint = (variance > 0) & (variance < FAINT)
    tilt = np.sqrt(np.divide(slack, variance, out=np.zeros_like(slack), where=(variance > 0) & ~faint))
    if faint.any():
        # The root of the variance has all its digits if no square is taken of what is small.
        spread = np.sqrt(active[faint]) * np.abs(distance[faint] - mean[faint, None])
        widest = spread.max(axis=1)
        norm = widest * np.sqrt(((spread / widest[:, None]) ** 2).sum(axis=1) / active[faint].sum(axis=1))
        tilt[faint] = np.sqrt(slack[faint]) / norm
    weights = active * np.maximum(1 + tilt[:, None] * (mean[:, None] - distance), 0.0)
    return weights / weights.sum(axis=1, keepdims=True)


def chi_square_divergence(q: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Sum of (q - p)^2 / p over the last axis, infinite where q leaves the support of p."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        terms = np.where(p > FAINT, (q - p) ** 2 / p, ((q - p) / np.sqrt(p)) ** 2)
        return np.where(p > 0, terms, np.where(q > 0, np.inf, 0.0)).sum(axis=-1)


def _chi_square_active(
    rows: np.ndarray, x: np.ndarray, radius: Radius
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Each row cut to the states below its threshold; a centre, mean and variance of x less that centre, and slack.

    The threshold t solves E[(t-x)+^2] = (1 + radius) E[(t-x)+]^2. Both moments at every state's value are running
    sums of positive terms, so nothing cancels; the ratio falls in t, so the first state where it is met is the cut.
    The slack is (1 + radius) mass - 1: how much further than cutting the rest off the ball reaches.
    """
    order = np.argsort(x, axis=-1, kind="stable")
    rising = np.take_along_axis(x, order, axis=-1)
    gaps = np.diff(rising)
    mass = np.cumsum(ordered(rows, order[..., :-1]), axis=1)
    first = np.cumsum(gaps * mass, axis=1)
    before = np.zeros_like(first)
    before[:, 1:] = first[:, :-1]
    second = np.cumsum(gaps * (2 * before + gaps * mass), axis=1)
    met = (second > 0) & (
        second <= (1 + np.expand_dims(radius, -1)) * first**2
    )  # 0 <= 0 says nothing: products of tiny weights vanish
    full = np.ones((len(rows), 1), dtype=bool)
    cut = _entry(rising, np.concatenate([met, full], axis=1).argmax(axis=1))
    active = np.where(x <= cut[:, None], rows, 0.0)
    mass = active.sum(axis=1)
    # Distances from the likeliest state: where almost all mass is in one place, the variance keeps its digits.
    centre = _entry(x, active.argmax(axis=1))
    distance = x - centre[:, None]
    mean = (active * distance).sum(axis=1) / mass
    variance = (active * (distance - mean[:, None]) ** 2).sum(axis=1) / mass
    slack = np.maximum(radius * mass - (rows - active).sum(axis=1), 0.0)
    return active, centre, mean, variance, slack


def _entry(x: np.ndarray, state: np.ndarray) -> np.ndarray:
    """The value of one state of each row, (R,)."""
    return x[state] if x.ndim == 1 else x[np.arange(len(x)), state]


def kl_worst(rows: np.ndarray, x: np.ndarray, radius: Radius) -> np.ndarray:
    """Lowest expectation in a KL ball, shape (R,)."""
    worst = np.empty(len(rows))
    for piece in pieces(rows):
        worst[piece] = kl_solve(rows[piece], of_rows(x, piece, 1), of_rows(radius, piece, 0))[0]
    return worst


def kl_kernel(rows: np.ndarray, x: np.ndarray, radius: Radius) -> np.ndarray:
    """The kernel at which the KL worst case is attained, proportional to p exp(-tilt x), shape (R, S)."""
    _, tilt, _ = kl_solve(rows, x, radius, to_the_tilt=True)
    above = x - lowest_in_support(rows, x)[:, None]
    with np.errstate(invalid="ignore"):  # an infinite tilt leaves the lowest states alone
        exponent = np.where(above > 0, -tilt[:, None] * above, 0.0)
    reached = np.where(above >= 0, rows, 0.0)
    weights, _ = _tilted_weights(reached, exponent, True)
    kernel = weights / weights.sum(axis=1, keepdims=True)
    # Rounding may leave the kernel just outside the ball. Divergence is convex: a small step towards p mends it.
    excess = np.maximum(1 - radius / np.maximum(kl_divergence(kernel, rows), radius), 0.0)[:, None]
    return (1 - excess) * kernel + excess * rows


def kl_divergence(q: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Sum of q log(q/p) over the last axis, as a sum of terms none of which is negative: q log(q/p) - q + p."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        change = (q - p) / p
        near = p * ((1 + change) * np.log1p(change) - change)  # keeps its digits where q is close to p
        far = q * (np.log(q) - np.log(p)) - (q - p)
    terms = np.where(np.abs(change) < 0.5, near, np.where(q > 0, far, p))
    return np.where((q == 0) & (p == 0), 0.0, terms).sum(axis=-1)


def kl_solve(
    rows: np.ndarray, x: np.ndarray, radius: Radius, to_the_tilt: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Worst case, tilt that attains it, and number of Newton steps of each row, each (R,).

    Newton's method on KL(q_t || p) = radius with q_t ~ p exp(-t x), safeguarded by a bracket. At any t the number
    E_q x + (KL - radius) / t is the dual objective, a lower bound; it is flat at the solution, so an error e in the
    divergence costs only e^2 / (2 t^3 Var), and we stop early. ``to_the_tilt`` goes on until the tilt itself is
    found. It is infinite where all mass reaches the lowest state.
    """
    if x.ndim == 2 and not x.flags.c_contiguous:
        rows = np.asfortranarray(rows)
    lowest = lowest_in_support(rows, x)
    mass = rows.sum(axis=1)
    on_lowest = np.where(x == lowest[:, None], rows, 0.0).sum(axis=1)
    worst, tilt, steps = lowest.copy(), np.full(len(rows), np.inf), np.zeros(len(rows), dtype=np.int64)
    radius = np.broadcast_to(radius, len(rows))
    opened = np.log(on_lowest / mass) + radius < 0
    still = np.flatnonzero(opened & (radius < NEGLIGIBLE))
    if len(still):
        worst[still], tilt[still] = expectation(rows[still], of_rows(x, still, 1)), 0.0
    open_rows = np.flatnonzero(opened & (radius >= NEGLIGIBLE))
    p, mass, low = pick(rows, open_rows), mass[open_rows], lowest[open_rows]
    x, radius = of_rows(x, open_rows, 1), radius[open_rows]
    drop = low[:, None] - x
    np.minimum(drop, 0.0, out=drop)  # positive only where p is 0
    faint = bool((on_lowest[open_rows] < FAINT).any())
    t = _kl_first_tilt(p, x, radius)
    moments = None if to_the_tilt or x.ndim == 2 else np.stack([np.ones_like(x), x, x * x], axis=1)
    below, above = np.zeros_like(t), np.full_like(t, np.inf)
    for _ in range(400):
        if not len(open_rows):
            break
        height, variance, log_total = _kl_tilted(p, mass, low, drop, t, moments, faint)
        excess = -t * height - log_total - radius
        below, above = np.where(excess < 0, t, below), np.where(excess < 0, above, t)
        done = (np.abs(excess) <= 1e-14 * radius) | (above - below <= 1e-15 * below)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            newton = t - excess / (t * variance)
            error = excess**2 / (2 * t**3 * variance)
        if not to_the_tilt:
            # Near the solution the error of the value is quadratic; inside the ball it is at most -excess / t.
            near = (np.abs(excess) <= 0.1 * radius) & (variance >= 1e-12)
            done |= (near & (error <= 1e-15)) | ((excess <= 0) & (excess >= -1e-15 * t))
        steps[open_rows] += 1
        worst[open_rows] = low + np.maximum(height + excess / t, 0.0)
        tilt[open_rows] = t
        inside = (newton > below) & (newton < above)
        between = _geometric_mean(np.maximum(below, above * 1e-6), above)
        middle = np.where(np.isfinite(above), between, 2 * np.minimum(t, 1e300))
        t = np.where(inside, newton, middle)
        go = ~done
        if not go.all():
            open_rows, p, mass, drop, low, t, below, above, radius = (
                pick(each, go) for each in (open_rows, p, mass, drop, low, t, below, above, radius)
            )
    return worst, tilt, steps


def _geometric_mean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The root of a b, where the product is beyond the largest or below the smallest number, too."""
    with np.errstate(over="ignore"):
        product = a * b
    return np.where((product > 0) & np.isfinite(product), np.sqrt(product), np.sqrt(a) * np.sqrt(b))


def _kl_first_tilt(p: np.ndarray, x: np.ndarray, radius: Radius) -> np.ndarray:
    """First tilt for Newton, from KL(q_t || p) = t^2 Var / 2 - t^3 (third cumulant) / 3 + ..., solved to that order."""
    if x.ndim == 1:
        mean, square, cube = (p @ np.stack([x, x**2, x**3], axis=1)).T
    else:
        weights = p * x
        mean, square, cube = weights.sum(axis=1), (weights * x).sum(axis=1), (weights * x * x).sum(axis=1)
    variance = np.maximum(square - mean**2, 1e-9)
    t = np.sqrt(2 * radius / variance)
    third = cube - 3 * mean * square + 2 * mean**3
    return t * np.clip(1 + t * third / (3 * variance), 0.5, 2.0)


def _tilted_weights(p: np.ndarray, exponent: np.ndarray, faint: bool) -> tuple[np.ndarray, np.ndarray]:
    """p exp(exponent), and the log of what a row was divided by: with ``faint`` one whose sum would lose its digits."""
    weights = np.exp(exponent, out=None if faint else exponent)
    weights *= p
    divided = np.zeros(len(p))
    if faint:
        small = np.flatnonzero(weights.sum(axis=1) < FAINT)
        with np.errstate(divide="ignore"):
            logs = np.log(p[small]) + exponent[small]
        divided[small] = logs.max(axis=1)
        weights[small] = np.exp(logs - divided[small, None])
    return weights, divided


def _kl_tilted(
    p: np.ndarray,
    mass: np.ndarray,
    low: np.ndarray,
    drop: np.ndarray,
    t: np.ndarray,
    moments: np.ndarray | None,
    faint: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Under the rows weighted by exp(t drop): mean of -drop, variance, and the log of what the weights sum to.

    With ``moments`` (S, 3), the powers of x, the sums are one matrix product. Without, they come from ``drop``: slower,
    but with all digits where values nearly tie.
    """
    weights, divided = _tilted_weights(p, t[:, None] * drop, faint)
    if moments is None:
        total = weights.sum(axis=1)
        weights *= drop
        height = -weights.sum(axis=1) / total
        variance = np.einsum("rs,rs->r", weights, drop) / total - height**2
    else:
        total, mean, square = (weights @ moments).T
        mean = mean / total
        height = mean - low
        variance = square / total - mean**2
    log_total = np.log(total / mass) + divided
    gentle = t < GENTLE_TILT
    if gentle.any():
        less = np.expm1(t[gentle, None] * drop[gentle])
        log_total[gentle] = np.log1p((p[gentle] * less).sum(axis=1) / mass[gentle])
    return height, np.maximum(variance, 0.0), log_total
