"""At which radii the plan changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import checks
from ..equilibrium import CONCEPTS
from ..games import MarkovGame
from ..games.flows import expected_visits
from ..planning import solve
from ..uncertainty import TotalVariation, UncertaintySet
from .sets import largest_radius, set_of

#: A joint action with less probability than this is not played.
_PLAYED = 1e-7


def flips(
    game: MarkovGame,
    uncertainty: Callable[[float], UncertaintySet] = TotalVariation,
    between: tuple[float, float] = (0, 1),
    concept: str = "cce",
    points: int = 65,
    tolerance: float = 1e-6,
) -> list[tuple[float, float]]:
    """Between which radii the plan changes: brackets, found by bisection between the points of a grid.

    Parameters
    ----------
    game : MarkovGame
        The game.
    uncertainty : callable
        Makes a set of a radius: ``TotalVariation``, ``KullbackLeibler``, ``ChiSquare``, or a function.
    between : tuple of two float
        The least and the largest radius that are looked at.
    concept : {"cce", "ce", "nash"}
        Which equilibrium ``solve`` puts at every stage.
    points : int
        Number of points of the grid, evenly spaced, at least 2.
    tolerance : float
        How wide a bracket may stay.

    Returns
    -------
    list of tuple of two float
        For each change that the points of the grid, or of the bisection, separate: a radius below and one above it, no
        more than ``tolerance`` apart. Two changes between neighbouring points that undo each other are missed.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.
    RuntimeError
        If an equilibrium cannot be certified.

    Notes
    -----
    Chapter 10. A plan changes where another joint action is played with positive probability, at a step and state that
    the plan reaches under the nominal kernel. Probabilities of a mixed plan move with the radius, and that alone is no
    change.

    Examples
    --------
    In ``fishing`` a storm of 0.02 may become one of 0.05, at which staying near is as good as going far:

    >>> from mornavi_lite import zoo
    >>> from mornavi_lite.calibration import flips
    >>> [(below, above)] = flips(zoo.fishing(storm=0.02), between=(0, 0.2))
    >>> below < 0.03 < above <= below + 1e-6
    True
    """
    if not isinstance(game, MarkovGame):
        raise TypeError(f"game must be a MarkovGame, got {type(game).__name__}")
    low, high = _interval(between, largest_radius(uncertainty))
    checks.one_of("concept", concept, CONCEPTS)
    grid = np.linspace(low, high, checks.integer("points", points, 2))
    width = checks.number("tolerance", tolerance, 0.0)

    def plan_at(radius: float) -> bytes:
        policy = solve(game, set_of(uncertainty, radius), concept).policy
        reached = expected_visits(game.probability, game.initial, policy, game.next_state)
        return np.packbits((policy > _PLAYED) & (reached > 0)[..., None]).tobytes()

    plans = [plan_at(float(radius)) for radius in grid]
    found: list[tuple[float, float]] = []
    for j in range(len(grid) - 1):
        found += _between(float(grid[j]), float(grid[j + 1]), plans[j], plans[j + 1], plan_at, width)
    return found


def _between(
    low: float, high: float, first: bytes, last: bytes, plan_at: Callable[[float], bytes], width: float
) -> list[tuple[float, float]]:
    """Brackets of the changes between two radii with these plans."""
    if first == last:
        return []
    middle = (low + high) / 2
    if high - low <= width or not low < middle < high:
        return [(low, high)]
    plan = plan_at(middle)
    return _between(low, middle, first, plan, plan_at, width) + _between(middle, high, plan, last, plan_at, width)


def _interval(between: Any, largest: float) -> tuple[float, float]:
    if not checks.is_sequence(between) or len(between) != 2:
        raise ValueError(f"between must be two radii, got {checks.shown(between)}")
    low, high = (checks.number(f"between[{i}]", radius, 0.0, largest) for i, radius in enumerate(between))
    if not low < high:
        raise ValueError(f"between must rise from the first to the second, got {low:g} and {high:g}")
    return low, high
