"""Games in which every policy is worth more, or less, to one player than in a given one. Chapter 12.

A :class:`View` is a game as one player sees it. Of the policy nothing is used but what holds for all: its values lie
between ``low`` and ``high``. An alternative is looked for through what it changes, e (H + 1, S) >= 0: for every policy
that player's value at each (h, s) that is reached is e higher (lower). Rows that do this are found one by one, with
the least information, and :func:`change` computes from the two games alone what was achieved.

Upwards a player may also deviate: at a state it plays one action of its own, whatever the others do. Then only the rows
with this action have to be worth more, but more than what any other action of the player was worth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mornavi_lite import MarkovGame
from mornavi_lite.lower_bounds.known import worst_means
from mornavi_lite.lower_bounds.tilts import nearest, nearest_robust
from mornavi_lite.planning import reachable

SLACK = 1e-9


@dataclass(frozen=True)
class View:
    """A game as one player sees it."""

    kernel: np.ndarray  #: (H, S, A, S)
    reward: np.ndarray  #: (H, S, A), of the player
    reached: np.ndarray  #: (H + 1, S)
    low: np.ndarray  #: (H + 1, S), no policy is worth less
    high: np.ndarray  #: (H + 1, S), nor more
    limit: np.ndarray  #: (H + 1, S), what is never reached, where it is made worth the most, or the least
    actions: np.ndarray  #: (n, A), which joint actions have each action of the player
    radius: float  #: of the total variation ball
    upwards: bool
    plays: np.ndarray | None = None  #: (H, S, A), rows that count in a game of two players with a value

    @property
    def sign(self) -> float:
        return 1.0 if self.upwards else -1.0


def view(game: MarkovGame, player: int, upwards: bool, radius: float = 0.0, value: np.ndarray | None = None) -> View:
    """All policies, as this player sees them; or only what it can secure, ``value``."""
    kernel, reward = game.transition, game.reward[player]
    horizon, n_states, n_joint = reward.shape
    reached = np.vstack([reachable(game), np.ones(n_states, dtype=bool)])  # all is worth 0 at the end
    low, high, limit = np.zeros((3, horizon + 1, n_states))
    ends = game.step_ranges[player]
    ball = np.full((n_states, n_joint), radius)
    for h in reversed(range(horizon)):
        low[h] = (reward[h] + worst_means(kernel[h], low[h + 1], ball)).min(axis=1)
        high[h] = (reward[h] + worst_means(kernel[h], high[h + 1], ball)).max(axis=1)
        if value is not None:
            low[h] = high[h] = value[h]
        known = low[h + 1] if upwards else high[h + 1]
        after = np.where(reached[h + 1], known, limit[h + 1])
        best = after.max() if upwards else after.min()
        limit[h] = ends[h, int(upwards)] + (1 - radius) * best + radius * after.min()
    own = np.indices(game.n_actions).reshape(game.n_players, -1)[player]
    actions = own == np.arange(game.n_actions[player])[:, None]
    return View(kernel, reward, reached, low, high, limit, actions, radius, upwards)


def modes(seen: View, h: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Ways to be worth more at step h: rows (S, A) that have to be, than which rows (J, S, A, S), paid (J, S, A) more.

    The first is to follow the policy; the others are the actions of the player.
    """
    kernel, reward = seen.kernel[h], seen.reward[h]
    if seen.plays is not None:
        return [(seen.plays[h], kernel[None], np.zeros((1, *reward.shape)))]
    found = [(np.ones(reward.shape, dtype=bool), kernel[None], np.zeros((1, *reward.shape)))]
    for mask in seen.actions if seen.upwards else []:
        rows = np.broadcast_to(mask, reward.shape)
        others, paid = np.zeros((len(seen.actions), *kernel.shape)), np.zeros((len(seen.actions), *reward.shape))
        for j, other in enumerate(seen.actions):  # joint actions of both are in the order of what the others do
            others[j][:, mask] = kernel[:, other]
            paid[j][:, mask] = reward[:, other] - reward[:, mask]
        found.append((rows, others, paid))
    return found


def worth(seen: View, h: int, after: np.ndarray, rows: np.ndarray, others: np.ndarray, paid: np.ndarray) -> np.ndarray:
    """How much more rows (..., S, A, S) are worth than others, at the worst of all values of a policy, (..., S, A).

    ``after``, (..., S): by how much the next step is worth more, and all that it is worth where nothing gets.
    """
    reached, low, high = seen.reached[h + 1], seen.low[h + 1], seen.high[h + 1]
    after = after[..., None, None, :]
    ends = []
    for other, more in zip(others, paid, strict=True):
        if seen.radius:
            values = np.where(reached, low + after, after)
            own = _worst(rows, np.broadcast_to(values, rows.shape), seen.radius)
            ends.append(own - _worst(other, np.broadcast_to(_before(seen, h), other.shape), seen.radius) - more)
            continue
        moved = np.where(reached, rows - other, 0.0)
        pair = np.stack([moved * low, moved * high])
        least = pair.min(axis=0) if seen.upwards else pair.max(axis=0)
        ends.append(least.sum(axis=-1) + (rows * after).sum(axis=-1) - more)
    return np.min(ends, axis=0) if seen.upwards else np.max(ends, axis=0)


def _before(seen: View, h: int) -> np.ndarray:
    """What the next step is worth (S,), where all policies have to be worth the same."""
    reached, low, high = seen.reached[h + 1], seen.low[h + 1], seen.high[h + 1]
    if (high - low)[reached].max() > SLACK:
        raise NotImplementedError("total variation, and what follows is not worth the same under all policies")
    return np.where(reached, low, high if seen.upwards else low)


def _worst(rows: np.ndarray, values: np.ndarray, radius: float) -> np.ndarray:
    levels = np.minimum(values[..., None, :], values[..., :, None])
    lost = radius * (values - values.min(axis=-1, keepdims=True))
    return ((levels * rows[..., None, :]).sum(axis=-1) - lost).max(axis=-1)


def change(seen: View, kernel: np.ndarray, reward: np.ndarray) -> np.ndarray:
    """By how much each (h, s) is worth more for all policies at least (downwards: at most), in a game with this kernel.

    Upwards the player deviates where that helps. ``reward``, (H, S, A), is that of the player there. Where no episode
    gets in the given game, it is what is worth there.
    """
    horizon, n_states, _ = seen.reward.shape
    found, ball = np.zeros((horizon + 1, n_states)), np.full(seen.reward.shape[1:], seen.radius)
    pick = np.min if seen.upwards else np.max
    for h in reversed(range(horizon)):
        assert (reward[h] == seen.reward[h])[seen.reached[h]].all()
        each = []
        for rows, others, paid in modes(seen, h):
            more = worth(seen, h, found[h + 1], kernel[h], others, paid)
            each.append(pick(np.where(rows, more, np.inf * seen.sign), axis=1))
        first = (seen.low if seen.upwards else seen.high)[h + 1]
        there = found[h + 1] + np.where(seen.reached[h + 1], first, 0.0)
        alone = pick(reward[h] + worst_means(kernel[h], there, ball), axis=1)
        found[h] = np.where(seen.reached[h], np.max(each, axis=0), alone)
    return found


def _patterns(seen: View, h: int) -> np.ndarray:
    """(R, S), which next states get mass, as far as it matters for what they are worth."""
    low, high = seen.low[h + 1], seen.high[h + 1]
    if seen.radius or not (high > low + 1e-12)[seen.reached[h + 1]].any():
        return np.ones((1, len(low)), dtype=bool)
    rank = np.argsort(np.argsort(-seen.sign * (low + high)))
    return rank < np.arange(1, len(low) + 1)[:, None]


def rows_for(seen: View, wanted: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Price (B,) of changes ``wanted`` (B, H + 1, S) under an allocation (H, S, A), and kernels (B, H, S, A, S)."""
    batch, sign = len(wanted), seen.sign
    price, kernels = np.zeros(batch), np.broadcast_to(seen.kernel, (batch, *seen.kernel.shape)).copy()
    for h in range(len(seen.kernel) - 1):
        reached, pattern = seen.reached[h + 1], _patterns(seen, h)
        first, last = (seen.low, seen.high) if seen.upwards else (seen.high, seen.low)
        base = np.where(pattern, first[h + 1], last[h + 1])  # (R, S)
        after = np.where(reached, sign * wanted[:, h + 1], seen.limit[h + 1])  # (B, S)
        value = np.where(reached, base + after[:, None], after[:, None])  # (B, R, S)
        goal = sign * wanted[:, h]  # (B, S)
        best, chosen = np.full((batch, len(reached)), np.inf), kernels[:, h]
        for rows, others, paid in modes(seen, h):
            cost, found = _nearest(seen, h, value, goal, base, rows, others, paid, after)
            possible = np.isfinite(cost)
            mode = np.where(possible, weights[h] * np.where(possible, cost, 0.0), np.inf)
            mode = np.where(wanted[:, h] > 0, np.where(rows, mode, 0.0).sum(axis=-1), 0.0)
            better = (mode < best) & seen.reached[h]
            best = np.where(better, mode, best)
            use = (better & (wanted[:, h] > 0))[..., None, None] & rows[..., None]
            reset = better[..., None, None]
            chosen = np.where(use, found, np.where(reset, seen.kernel[h], chosen))
        kernels[:, h] = chosen
        price += np.where(seen.reached[h], best, 0.0).sum(axis=1)
    return price, kernels


def _nearest(
    seen: View,
    h: int,
    value: np.ndarray,
    goal: np.ndarray,
    base: np.ndarray,
    rows: np.ndarray,
    others: np.ndarray,
    paid: np.ndarray,
    after: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Information (B, S, A), and the rows (B, S, A, S), infinite where there are none."""
    batch, n_patterns, n_states = value.shape
    n_joint, sign = rows.shape[1], seen.sign
    if seen.radius:
        start = _worst(others, np.broadcast_to(_before(seen, h), others.shape), seen.radius)[None] + paid
    else:
        start = np.einsum("jsat,rt->rjsa", others, base) + paid
    need = start.max(axis=1) if seen.upwards else start.min(axis=1)  # (R, S, A)
    target = need[None] + goal[:, None, :, None]
    shape = batch, n_patterns, n_states, n_joint, n_states
    p = np.broadcast_to(seen.kernel[h], shape).reshape(-1, n_states)
    v = np.broadcast_to(value[:, :, None, None, :], shape).reshape(-1, n_states)
    within = np.ones_like(p, dtype=bool)
    if seen.radius:
        ball = np.full(len(p), seen.radius)
        cost, _, found, _ = nearest_robust(p, v, target.ravel(), within, ball, seen.upwards)
    else:
        cost, _, found = nearest(p, sign * v, sign * target.ravel(), within)
    cost, found = cost.reshape(shape[:-1]), found.reshape(shape)
    got = worth(seen, h, after[:, None], found, others, paid)  # (B, R, S, A)
    short = (got - goal[:, None, :, None]) * sign < -1e-10
    cost = np.where(short, np.inf, cost)
    best = cost.argmin(axis=1)[:, None]
    return (
        np.take_along_axis(cost, best, axis=1)[:, 0],
        np.take_along_axis(found, best[..., None], axis=1)[:, 0],
    )
