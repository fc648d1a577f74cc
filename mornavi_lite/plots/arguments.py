"""What figures are told: arguments of one name mean the same in every figure, and are checked here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import checks
from ..confidence import ConfidenceSet
from ..games import MarkovGame
from ..uncertainty import UncertaintySet

_TEXT, _NAMED, _FLAG = (str, "a text"), (Mapping, "a mapping from labels"), ((bool, np.bool_), "True or False")
_KINDS: dict[str, tuple[Any, str]] = {
    "title": _TEXT,
    "xlabel": _TEXT,
    "ylabel": _TEXT,
    "band": _TEXT,
    "laws": _NAMED,
    "powers": _NAMED,
    "levels": _NAMED,
    "points": _NAMED,
    "bands": _NAMED,
    "played": _NAMED,
    "results": _NAMED,
    "ax": (Axes, "Matplotlib Axes"),
    "figure": (Figure, "a Matplotlib figure"),
    "game": (MarkovGame, "a MarkovGame"),
    "ball": (UncertaintySet, "an uncertainty set"),
    "confidence": (ConfidenceSet, "a ConfidenceSet"),
    "rewards": _FLAG,
    "tight": _FLAG,
}
_NEEDED = {"figure", "game", "ball", "confidence", "rewards", "tight", "results"}


def told(**arguments: Any) -> None:
    """Raise at the first argument that is not of the kind that its name stands for; None is fine where nothing is."""
    for name, value in arguments.items():
        kind, words = _KINDS[name]
        if not isinstance(value, kind) and (value is not None or name in _NEEDED):
            raise TypeError(f"{name} must be {words}, got {type(value).__name__}")


def limits(name: str, value: Any, positive: bool = False) -> tuple[float, float] | None:
    """Two ends of an axis, the first below the second, or None; above 0 on a logarithmic axis."""
    if value is None:
        return None
    ends = checks.finite_array(name, value, ndim=1)
    checks.has_shape(name, ends, (2,), "(2,)")
    low, high = ends.tolist()
    if not low < high or (positive and low <= 0):
        what = "positive and increasing" if positive else "increasing"
        raise ValueError(f"{name} must be two {what} numbers, got {checks.brief(value)}")
    return low, high


def listed(name: str, value: Any) -> list[Any]:
    """The entries of a sequence that is no text."""
    if isinstance(value, (str, bytes)) or not isinstance(value, (Sequence, np.ndarray)):
        raise TypeError(f"{name} must be a sequence, got {checks.shown(value)}")
    return list(value)


def words(name: str, value: Any, n: int, each: str = "") -> list[str]:
    """``n`` words."""
    if isinstance(value, (str, bytes)) or not isinstance(value, (Sequence, np.ndarray)) or len(value) != n:
        raise ValueError(f"{name} must be {n} names{each}, got {checks.brief(value)}")
    return [str(word) for word in value]


def lines_of(results: Any, what: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """For each label two arrays of positive numbers (n,), the first increasing; ``what`` they are called together."""
    told(results=results)
    if not results:
        raise ValueError(f"results must hold at least one {what}")
    data = {}
    for label, pair in results.items():
        name = f"results[{label!r}]"
        if not isinstance(pair, (tuple, list, np.ndarray)) or len(pair) != 2:
            raise TypeError(f"{name} must be a pair of arrays, got {checks.shown(pair)}")
        x, y = (checks.finite_array(f"{name}[{k}]", each, 1) for k, each in enumerate(pair))
        checks.has_shape(f"{name}[1]", y, x.shape, "(n,)")
        if not len(x) or (x <= 0).any() or (y <= 0).any() or (np.diff(x) <= 0).any():
            raise ValueError(f"{name} must be positive, with increasing sizes")
        data[label] = (x, y)
    return data
