"""Stage games in which payoffs as large as a penalty hide the payoffs that decide.

Who wants to forbid an action gives it a payoff of minus a million, or of -1e300. In units of such a range all other
payoffs are the same, and a policy may be certified up to 1e-9 of the range though everything is to be gained.
So a second look is taken where the payoffs that decide are *hidden*: they differ by less than 2**-20, about 1e-6, of
the player's range, and by more than 2**-20 of themselves (what differs by less is a tie, or a rounding error).

1. Actions that nobody plays are taken out (:func:`in_play`), and the rest is solved on its own range.
2. Where penalties remain, a crash, say, that either player alone can prevent, the payoffs are worked with as given, in
   exact arithmetic, and judged without any range (:func:`stakes`).

Only payoffs far *below* those in play count as penalties. Beside a payoff far above them, at an outcome that is not
played, payoffs within 1e-10 of the range stay ties: they cannot be told from rounding errors of numbers that size.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from ..rounding import GRID
from .deviations import by_own_action
from .dual_simplex import deviations

#: Differences below this share of the player's range are hidden, below this share of the payoffs themselves ties.
HIDDEN = 2.0**-20
#: What numbers about 1 leave of 0: differences below this share of the range, and below this number, are ties.
_ROUNDING = 2.0**-44
#: Gains and losses that differ by a smaller share cancel.
_EVEN = 1e-9


def hidden(
    payoffs: np.ndarray,
    policy: np.ndarray,
    rivals: np.ndarray,
    welfare: np.ndarray,
    limit: np.ndarray,
    n_actions: tuple[int, ...],
) -> np.ndarray:
    """Whether (B,) there may be more to decide than the range shows, in games (B, m, A) with the policies (B, A) found.

    A pure policy is looked at again if a reply, or one of the ``rivals`` (B, A) by its ``welfare`` (B, A), is
    nearly as good; a mixed one if all it can lead to is. ``limit`` (B, m): half of what counts as near.
    """
    found = np.zeros(len(policy), dtype=bool)
    game = np.arange(len(policy))
    played = policy.argmax(axis=1)
    near = rivals & (np.abs(welfare - welfare[game, played][:, None]) < HIDDEN)
    near[game, played] = False
    tied = _with_any(near)
    if len(tied):
        total = _totals(payoffs[tied])
        found[tied] = (near[tied] & _close(total, total[np.arange(len(tied)), played[tied]], HIDDEN)).any(axis=1)
    for player, n in enumerate(n_actions):
        later = math.prod(n_actions[player + 1 :])
        table = by_own_action(payoffs[:, player], n_actions, player)
        replies = table[game, played // (n * later), :, played % later]
        found[_with_any(_close(0.5 * replies, 0.5 * payoffs[game, player, played], limit[:, player, None]))] = True
    pure = policy[game, played] == 1.0
    found &= pure
    mixed = np.flatnonzero(~pure)
    if not len(mixed):
        return found
    half, weight = 0.5 * payoffs[mixed], policy[mixed, None]
    spread = np.abs(half - (half * weight).sum(axis=-1, keepdims=True))
    spread = (np.multiply(spread, weight, out=spread)).sum(axis=-1)
    for one in mixed[_with_any(spread < limit[mixed])]:
        who, gain, size = stakes(payoffs[one], policy[one], n_actions, "cce")
        near = (gain > -limit[one, who]) & (size < limit[one, who])
        found[one] = (near & (size > HIDDEN * (0.5 * np.abs(payoffs[one]) @ policy[one])[who])).any()
    return found


def _with_any(mask: np.ndarray) -> np.ndarray:
    """Rows of ``mask`` (B, n) with any True, where few are."""
    return np.unique(np.flatnonzero(mask) // mask.shape[1])


def _close(values: np.ndarray, value: np.ndarray, limit: np.ndarray | float) -> np.ndarray:
    """Which ``values`` (B, n) are less than ``limit`` away from ``value`` (B,), but no ties with it."""
    value = value[:, None]
    away = np.abs(values - value)
    return (away < limit) & (away > HIDDEN * np.abs(value))


def _totals(payoffs: np.ndarray) -> np.ndarray:
    """Total payoffs (B, A) of all players, in a unit in which their range is at most 1."""
    total = np.ldexp(payoffs, -1 - len(payoffs[0]).bit_length()).sum(axis=1)
    return np.ldexp(total, -1 - np.frexp(np.abs(total).max(axis=1))[1][:, None])


def in_play(payoffs: np.ndarray, n_actions: tuple[int, ...], concept: str) -> tuple[np.ndarray, np.ndarray]:
    """What is left (B, A) of games (B, m, A) without the actions that nobody plays, and whether (B,) it is to be solved
    on its own range, as the whole one hid it.

    For ``"nash"`` and ``"ce"`` no action is played that another one strictly dominates. A CCE may play it, where that
    costs less than it coordinates. It does not if the action is worse everywhere by more than what is hidden, and worse
    for the total too: such an action goes for every concept. Repeated until nothing goes. An equilibrium of what
    is left is one of the whole game.
    """
    left = np.ones(payoffs.shape[::2], dtype=bool)
    highest = payoffs.max(axis=-1)
    whole = 0.5 * highest - 0.5 * payoffs.min(axis=-1)
    total = None if concept != "cce" else _totals(payoffs)
    while True:
        before = left.copy()
        for player in range(len(n_actions)):
            _remove_dominated(left, payoffs[:, player], HIDDEN * whole[:, player], total, n_actions, player)
        if (left == before).all():
            break
    low = np.where(left[:, None], payoffs, np.inf).min(axis=-1)
    high = np.where(left[:, None], payoffs, -np.inf).max(axis=-1)
    width = 0.5 * high - 0.5 * low
    apart = (width < HIDDEN * whole) & (width > HIDDEN * np.maximum(np.abs(low), np.abs(high)))
    # Far below what was taken out, payoffs this close are ties as ever.
    apart &= (0.5 * highest - 0.5 * high < HIDDEN * whole) | (width > GRID * whole)
    apart &= ~_rounding(width, whole)
    return left, apart.any(axis=1)


def _remove_dominated(
    left: np.ndarray,
    payoff: np.ndarray,
    limit: np.ndarray,
    total: np.ndarray | None,
    n_actions: tuple[int, ...],
    player: int,
) -> None:
    """Take a player's dominated actions out of what is ``left`` (B, A), in place.

    Strictly dominated ones; or, given the ``total`` (B, A), those worse for all by it and for the player by ``limit``.
    """
    # Joint actions that are out speak neither for an action nor against it.
    table = by_own_action(left, n_actions, player)
    out_of_play = ~table.any(axis=2)
    own = by_own_action(payoff, n_actions, player)
    for worse, better in itertools.permutations(range(n_actions[player]), 2):
        dominated = own[:, :, better] > own[:, :, worse]
        if total is not None:
            everybody = by_own_action(total, n_actions, player)
            margin = 0.5 * own[:, :, better] - 0.5 * own[:, :, worse]
            dominated = (margin > limit[:, None, None]) & (everybody[:, :, better] >= everybody[:, :, worse])
        out = (dominated | out_of_play).all(axis=(1, 2)) & table[:, :, better].any(axis=(1, 2))
        table[out, :, worse] = False


def mild(payoffs: np.ndarray, penalty: float) -> np.ndarray:
    """Payoffs (m, A) of one game without those that hide the rest; the same if there are none.

    In place of each one is a loss of ``penalty`` times the range of the payoffs above it. A policy that risks none
    gains at most as much in the game as given, where the losses are worse.
    """
    result = payoffs.copy()
    for player, payoff in enumerate(payoffs):
        ordered = np.unique(payoff)[::-1]
        width = 0.5 * ordered[0] - 0.5 * ordered[:-1]
        gap = 0.5 * ordered[:-1] - 0.5 * ordered[1:]
        size = np.maximum(np.abs(ordered[0]), np.abs(ordered[:-1]))
        apart = (width < HIDDEN * gap) & (width > HIDDEN * size) & ~_rounding(width, gap)
        last = np.flatnonzero(apart)
        if len(last):
            floor = ordered[last[0]]
            result[player] = np.maximum(payoff, floor - penalty * (ordered[0] - floor))
    return result


def _rounding(width: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Whether payoffs within ``width`` of each other, in a range ``whole``, are 0 but for rounding errors."""
    return (width < _ROUNDING * whole) & (width < _ROUNDING)


def stakes(
    payoffs: np.ndarray, policy: np.ndarray, n_actions: tuple[int, ...], concept: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is at stake in each deviation from a policy (A,) in one game (m, A): who deviates (K,), half the gain (K,),
    and half of all that changes (K,), gains and losses together.
    """
    player, target, _ = deviations(n_actions, concept)
    half = 0.5 * payoffs[player]
    change = (np.take_along_axis(half, target, axis=1) - half) * policy
    return player, change.sum(axis=1), np.abs(change).sum(axis=1)


def relative_gain(
    payoffs: np.ndarray, policy: np.ndarray, n_actions: tuple[int, ...], concept: str, width: np.ndarray | None = None
) -> float:
    """The largest gain by a deviation from a policy (A,) in one game (m, A), relative to what the deviation changes.

    The certificate without a range; NaN for such a policy. Beside a deviation by which the player loses as much as it
    wins, a gain may also be nothing whose other side is too improbable for a number; and beside half the range of
    what is in play, ``width`` (m,), if that is known.
    """
    player, gain, size = stakes(payoffs, policy, n_actions, concept)
    even = np.where(np.abs(gain) <= _EVEN * size, size, 0.0)
    scale = np.array([even[player == each].max(initial=0.0) for each in range(len(n_actions))])[player]
    if width is not None:
        # Of the gains that add up to one, each has its share.
        scale = np.maximum(scale, deviations(n_actions, concept)[2] * width[player])
    scale = np.maximum(scale, size)
    return float(np.divide(gain, scale, out=gain, where=scale > 0).max(initial=0.0))
