"""Sets that are made of a radius."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import checks
from ..uncertainty import UncertaintySet

#: Radii from here on leave every set but total variation as it is, in the digits of a float.
_ALL = 2.0**60


def set_of(uncertainty: Callable[[float], UncertaintySet], radius: float) -> UncertaintySet:
    """The set with this radius."""
    try:
        made: Any = uncertainty(radius)
    except TypeError as error:
        raise TypeError(f"uncertainty must make an uncertainty set of a radius: {error}") from None
    if not isinstance(made, UncertaintySet):
        raise TypeError(f"uncertainty must make an uncertainty set of a radius, got {checks.shown(made)}")
    return made


def largest_radius(uncertainty: Any) -> float:
    """The largest radius from which a set can be made, after a check that it is a set of a radius at all."""
    if isinstance(uncertainty, UncertaintySet) or not callable(uncertainty):
        raise TypeError(
            "uncertainty must be a class like TotalVariation, or a function that makes a set of a radius, got "
            f"{checks.shown(uncertainty)}"
        )
    set_of(uncertainty, 0.0)
    try:
        set_of(uncertainty, _ALL)
    except ValueError:
        return 1.0
    return _ALL
