"""One radius from what a policy earned in deployment, where nobody kept its transitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import checks
from ..confidence import chernoff
from ..games import MarkovGame
from ..planning import evaluate
from ..uncertainty import TotalVariation, UncertaintySet
from .sets import largest_radius, set_of

_STEPS = 40


def from_returns(
    game: MarkovGame,
    policy: Any,
    returns: Any,
    player: int = 0,
    uncertainty: Callable[[float], UncertaintySet] = TotalVariation,
    delta: float = 0.05,
    *,
    between: tuple[float, float] | None = None,
) -> float:
    """The smallest radius whose robust value does not promise the logged policy more than it earned.

    Parameters
    ----------
    game : MarkovGame
        The game as trained, with horizon H, S states and A joint actions.
    policy : array_like, shape (H, S, A)
        The joint policy that was played in deployment, fixed before.
    returns : array_like, shape (n,)
        What the player earned in each episode: the sum of its rewards.
    player : int
        Whose returns, from 0 to m - 1.
    uncertainty : callable
        Makes a set of a radius: ``TotalVariation``, ``KullbackLeibler``, ``ChiSquare``, or a function.
    delta : float
        Probability with which the bound on the mean return may fail.
    between : tuple of two float, optional
        The least and the greatest that an episode can pay the player, in any world; the closer, the better the bound.
        None: H times the reward range.

    Returns
    -------
    float
        Radius, in [0, 1] in total variation; 0 if the value as trained is already below the bound.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, a return is out of range, or no radius promises as little.

    Notes
    -----
    Chapter 10, :eq:`lowest-mean`: the mean m of n returns leaves, with probability 1 - delta, no mean
    below the one where n kl(m, mean) = log(1/delta), with returns scaled to [0, 1]. **It holds for the policy that was
    played and for no other**: a plan that is made anew for this radius visits rows of which the returns say nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import TotalVariation, evaluate, solve, zoo
    >>> from mornavi_lite.calibration import from_returns
    >>> game = zoo.traffic_merge()
    >>> policy = solve(game, TotalVariation(0.1)).policy
    >>> radius = from_returns(game, policy, [1.0] * 80 + [0.0] * 20, between=(0, 1))
    >>> bool(evaluate(game, policy, TotalVariation(radius))[0, 0] @ game.initial < 0.8)
    True
    """
    if not isinstance(game, MarkovGame):
        raise TypeError(f"game must be a MarkovGame, got {type(game).__name__}")
    plan, i = game.check_policy(policy), checks.integer("player", player, 0, game.n_players - 1)
    checks.probability("delta", delta)
    largest = largest_radius(uncertainty)
    ends = _ends(game.step_ranges[i].sum(axis=0) if between is None else between)
    bound = _lowest_mean(returns, *ends, delta)

    def promises_more(radius: float) -> bool:
        value = evaluate(game, plan, set_of(uncertainty, radius))[i, 0] @ game.initial
        return bool(value > bound)

    if not promises_more(0.0):
        return 0.0
    low, high = 0.0, min(1.0, largest)
    while promises_more(high):
        if high >= largest:
            raise ValueError(
                f"returns leave a mean of {bound:.6g}, and no radius promises as little: what changed is no kernel of "
                "these sets, or the rewards changed, too"
            )
        low, high = high, min(16 * high, largest)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if promises_more(middle) else (low, middle)
    return high


def _ends(between: Any) -> tuple[float, float]:
    ends = checks.finite_array("between", between, 1)
    checks.has_shape("between", ends, (2,), "(least, greatest)")
    if not ends[0] <= ends[1]:
        raise ValueError(f"between must have the least return first, got {ends[0]:g} and {ends[1]:g}")
    return float(ends[0]), float(ends[1])


def _lowest_mean(returns: Any, low: float, high: float, delta: float) -> float:
    """The lowest mean that returns between two ends leave with probability 1 - delta."""
    earned = checks.real_array("returns", returns, 1)
    if earned.size == 0:
        raise ValueError("returns must have one entry at least, got none")
    slack = 1e-9 * max(abs(low), abs(high), high - low)
    checks.bounded_array("returns", earned, low - slack, high + slack)
    if high == low:
        return low
    share = float(np.clip((earned - low) / (high - low), 0.0, 1.0).mean())
    return low + (high - low) * (1 - float(chernoff(1 - share, earned.size, -np.log(delta))))
