"""Mixed Nash equilibria of stage games with three or more players, one after the other, by enumeration of supports.

Such equilibria may be irrational where all payoffs are integers, and finding one is PPAD-hard. But most games have one
in which few actions are played (Porter, Nudelman and Shoham 2008). So all supports, a set of actions for each player,
are gone through from small to large:

- If an action of a support earns less than another one whatever the others play of theirs, there is nothing to find.
- Else Newton's method looks for strategies that make each player indifferent among its actions of the support. Where
  three or more players mix these are polynomial equations with several solutions, so there are several starts.
- What it finds is an equilibrium if no probability is negative and no action outside the support earns more.

Nobody mixes over more actions than the others do together and one more, except in degenerate games. Payoffs are shaken
a little in the last attempt, by less than the certificate allows, so that these are no exception.

Only element by element arithmetic is used, as in :mod:`mornavi_lite.equilibrium.tableau`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from .tableau import CHUNK, fixed_noise
from .wide_ranges import relative_gain, stakes

#: Starts of Newton's method in each attempt, over all supports.
_MOST_STARTS = 250_000
#: Starts of Newton's method in each attempt, and how far its payoffs are shaken (they have a range of about 1).
_ATTEMPTS = ((range(1), 0.0), (range(1, 9), 0.0), (range(9, 21), 1e-10))
_NEWTON_STEPS = 20
#: Where equations are not linear, no probability changes by more in one step; it ends with one shorter than the second
#: number, or with a "probability" beyond the third.
_LONGEST_STEP, _CONVERGED, _FAR = 0.5, 1e-13, 3.0
#: Probabilities above minus this are rounding errors around 0.
_NEGLIGIBLE = 1e-11
#: Largest gain of an equilibrium: in units of the range, or relative to all that the deviation changes.
_GAIN = 3e-10


def many_players(
    payoffs: np.ndarray, n_actions: tuple[int, ...], attempt: int = 0, as_given: bool = False
) -> np.ndarray:
    """Product policies (B, A) that are Nash equilibria; whether one was reached is for the caller to certify.

    ``payoffs`` (B, m, A): each player's, with a range of about 1; or ``as_given``, of any size, where gains are
    small if they are small beside what the deviation changes. A second and third ``attempt`` (1, 2) start elsewhere,
    the third with payoffs that are shaken. Each starts at most 250,000 times. NaN if no strategies were found.
    """
    policy = np.empty((len(payoffs), payoffs.shape[-1]))
    for game, payoff in enumerate(payoffs):
        policy[game] = _first_equilibrium(payoff, n_actions, attempt, as_given)
    return policy


def _first_equilibrium(payoff: np.ndarray, n_actions: tuple[int, ...], attempt: int, as_given: bool) -> np.ndarray:
    """The policy (A,) of the first equilibrium found, else the one nearest to an equilibrium."""
    starts, shaken = _ATTEMPTS[attempt]
    noise = shaken * fixed_noise(payoff.size).reshape(payoff.shape)
    table = (payoff + noise).reshape(len(payoff), *n_actions)
    best, least = np.full(payoff.shape[1], np.nan), np.inf
    for supports in _supports(n_actions, len(starts)):
        # With two players who mix the equations are linear: every start leads to the same solution.
        linear = sum(support.shape[1] > 1 for support in supports) == 2
        if linear and attempt == 1:
            continue
        supports = _undominated(table, supports)
        if not len(supports[0]):
            continue
        from_here = starts[:1] if linear else starts
        supports = [support.repeat(len(from_here), axis=0) for support in supports]
        strategies = _indifferent(_differences(table, supports), [_starts(each, from_here) for each in supports])
        for policy in _policies(strategies, supports, n_actions):
            if as_given:
                gain = relative_gain(payoff, policy, n_actions, "nash")
            else:
                gain = float(2 * stakes(payoff, policy, n_actions, "nash")[1].max())
            if gain < least:
                best, least = policy, gain
            if least <= _GAIN:
                return best
    return best


@lru_cache(maxsize=64)
def _sizes(n_actions: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Sizes of the players' supports, from small to large, and equal ones first."""
    sizes = []
    for each in itertools.product(*[range(1, n + 1) for n in n_actions]):
        free = sum(each) - len(each)
        if 2 * (max(each) - 1) <= free and free > 0:
            sizes.append(each)
    return sorted(sizes, key=lambda each: (sum(each), max(each) - min(each), each))


def _supports(n_actions: tuple[int, ...], n_starts: int) -> Iterator[list[np.ndarray]]:
    """Supports by the hundred: for each player the actions (N, size) in them."""
    left = _MOST_STARTS // n_starts
    chunk = max(1, CHUNK // (n_starts * math.prod(n_actions)))
    for sizes in _sizes(n_actions):
        choices = [np.array(list(itertools.combinations(range(n), k))) for n, k in zip(n_actions, sizes, strict=True)]
        shape = tuple(map(len, choices))
        n_supports = min(left, math.prod(shape))
        for start in range(0, n_supports, chunk):
            which = np.unravel_index(np.arange(start, min(start + chunk, n_supports)), shape)
            yield [choice[index] for choice, index in zip(choices, which, strict=True)]
        left -= n_supports


def _restricted(payoff: np.ndarray, supports: list[np.ndarray], player: int) -> np.ndarray:
    """Payoffs (N, own action, others' joint action in the support) of one player, for all its own actions."""
    index = []
    for other, support in enumerate(supports):
        actions = np.arange(payoff.shape[player])[None] if other == player else support
        shape = [len(actions)] + [1] * len(supports)
        shape[1 + other] = actions.shape[1]
        index.append(actions.reshape(shape))
    return np.moveaxis(payoff[tuple(index)], 1 + player, 1)


def _undominated(table: np.ndarray, supports: list[np.ndarray]) -> list[np.ndarray]:
    """Those supports in which no action earns less than another one whatever the others play."""
    for player in range(len(table)):
        payoff = _restricted(table[player], supports, player)
        payoff = payoff.reshape(*payoff.shape[:2], math.prod(payoff.shape[2:]))
        keep = np.ones(len(payoff), dtype=bool)
        for actions in supports[player].T:
            own = payoff[np.arange(len(payoff)), actions]
            keep &= ~(payoff > own[:, None]).all(axis=2).any(axis=1)
        supports = [support[keep] for support in supports]
    return supports


def _differences(table: np.ndarray, supports: list[np.ndarray]) -> list[np.ndarray]:
    """What each action of a support pays more than the support's first one, in units of the largest difference."""
    result = []
    for player, support in enumerate(supports):
        payoff = _restricted(table[player], supports, player)
        own = payoff[np.arange(len(support))[:, None], support]
        more = own[:, 1:] - own[:, :1]
        others = tuple(range(2, more.ndim))
        largest = np.abs(more).max(axis=others, keepdims=True)
        result.append(np.divide(more, largest, out=more, where=largest > 0))
    return result


def _indifferent(differences: list[np.ndarray], now: list[np.ndarray]) -> list[np.ndarray]:
    """Strategies (N, size) of each player that Newton's method leads to from those given; NaN where to none.

    Unknowns are the probabilities of all actions of a support but the first. Equations: none pays more than the first.
    """
    found = [np.full(strategy.shape, np.nan) for strategy in now]
    ends = np.cumsum([strategy.shape[1] - 1 for strategy in now])
    of = [slice(int(end) - strategy.shape[1] + 1, int(end)) for end, strategy in zip(ends, now, strict=True)]
    mixing = [player for player, strategy in enumerate(now) if strategy.shape[1] > 1]
    left = np.arange(len(now[0]))
    for _ in range(_NEWTON_STEPS):
        step = _solved(_equations(differences, now, mixing, of))
        longest = np.abs(step).max(axis=1)
        if len(mixing) > 2:
            step *= (_LONGEST_STEP / np.maximum(longest, _LONGEST_STEP))[:, None]
        for player in mixing:
            now[player][:, 1:] -= step[:, of[player]]
            now[player][:, 0] += step[:, of[player]].sum(axis=1)
        done = longest < _CONVERGED
        for strategy, result in zip(now, found, strict=True):
            result[left[done]] = strategy[done]
        # NaN, from a singular system, does not go on either.
        going = ~done & (np.abs(np.concatenate(now, axis=1)).max(axis=1) < _FAR)
        left, now = left[going], [strategy[going] for strategy in now]
        differences = [difference[going] for difference in differences]
        if not len(left):
            break
    # What has not converged quite may be near enough.
    for strategy, result in zip(now, found, strict=True):
        result[left] = strategy
    return found


def _equations(
    differences: list[np.ndarray], strategies: list[np.ndarray], mixing: list[int], of: list[slice]
) -> np.ndarray:
    """Newton's linear equations (N, n, n + 1) for the change of the n unknowns, their right-hand side last."""
    n = of[-1].stop
    system = np.zeros((len(strategies[0]), n, n + 1))
    for player, other in itertools.permutations(mixing, 2):
        more = _expected(differences[player], strategies, player, other)
        system[:, of[player], of[other]] = more[:, :, 1:] - more[:, :, :1]
        # The same whichever other player's actions it is summed over.
        system[:, of[player], -1] = (more * strategies[other][:, None]).sum(axis=2)
    return system


def _starts(support: np.ndarray, starts: range) -> np.ndarray:
    """Where Newton's method starts, one after the other for each support: in the middle (0), or elsewhere."""
    size = support.shape[1]
    weight = np.array([fixed_noise(100 * start + size)[-size:] ** 2 if start else np.ones(size) for start in starts])
    return np.tile(weight / weight.sum(axis=1, keepdims=True), (len(support) // len(starts), 1))


def _expected(difference: np.ndarray, strategies: list[np.ndarray], player: int, other: int) -> np.ndarray:
    """A player's differences (N, own action - 1, the other's action), expected over the actions of all further ones."""
    others = [each for each in range(len(strategies)) if each != player]
    for axis in reversed(range(len(others))):
        if others[axis] != other:
            shape = [len(difference)] + [1] * (difference.ndim - 1)
            shape[2 + axis] = -1
            difference = (difference * strategies[others[axis]].reshape(shape)).sum(axis=2 + axis)
    return difference


def _solved(system: np.ndarray) -> np.ndarray:
    """Solutions (N, n) of N systems (N, n, n + 1) of linear equations, by elimination; NaN if singular."""
    game = np.arange(len(system))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for column in range(system.shape[1]):
            row = np.abs(system[:, column:, column]).argmax(axis=1) + column
            leading = system[game, row]
            system[game, row] = system[:, column]
            leading /= leading[:, column, None]
            factor = system[:, :, column].copy()
            factor[:, column] = 0.0
            system -= factor[:, :, None] * leading[:, None]
            system[:, column] = leading
    solution = system[:, :, -1]
    return np.where(np.isfinite(solution), solution, np.nan)


def _policies(
    strategies: list[np.ndarray], supports: list[np.ndarray], n_actions: tuple[int, ...]
) -> Iterator[np.ndarray]:
    """The joint policies (A,) of those strategies that are some, without a negative probability."""
    possible = np.ones(len(supports[0]), dtype=bool)
    for strategy in strategies:
        # NaN is none.
        possible &= (strategy > -_NEGLIGIBLE).all(axis=1)
    for one in np.flatnonzero(possible):
        joint = np.ones(1)
        for n, strategy, support in zip(n_actions, strategies, supports, strict=True):
            whole = np.zeros(n)
            whole[support[one]] = np.maximum(strategy[one], 0.0)
            joint = np.multiply.outer(joint, whole / whole.sum()).ravel()
        yield joint
