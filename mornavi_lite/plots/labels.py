"""Names beside the points that they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.textpath import TextPath

from .style import inches

#: Where a name may stand, seen from its point: right and above, above, left and above, ...
_SIDES = [np.array(side) for side in product((1, 0, -1), repeat=2) if any(side)]
#: Distance of a name from its point, and room that the point takes, in points of 1/72 inch.
_GAP, _ROOM = 9.0, 6.0


def name_points(ax: Axes, names: Sequence[str], points: np.ndarray, middle: np.ndarray) -> None:
    """Write each name beside its point (n, 2): away from ``middle``, inside the axes, over no other name or point."""
    low, high = np.array([ax.get_xlim(), ax.get_ylim()]).T
    frame = np.array(inches(ax)) * 72 * 0.8  # less the numbers and labels of the axes
    places, centre = ((each - low) / (high - low) * frame for each in (points, middle))
    letter = float(ax.xaxis.label.get_fontsize())
    taken = [(place - _ROOM, place + _ROOM) for place in places]
    for name, point, place in zip(names, points, places, strict=True):
        size = np.array([TextPath((0, 0), name, size=letter).get_extents().width, 1.2 * letter])
        boxes = [_box(place, side, size) for side in _SIDES]
        outward = (place - centre) / max(np.hypot(*(place - centre)), 1e-9)
        costs = [
            100 * _outside(box, frame) + 10 * _covered(box, taken) - 3 * outward @ side / np.hypot(*side)
            for side, box in zip(_SIDES, boxes, strict=True)
        ]
        best = int(np.argmin(costs))
        taken.append(boxes[best])
        across, up = _SIDES[best]
        ax.annotate(
            name,
            tuple(point),
            (_GAP * across, _GAP * up),
            textcoords="offset points",
            ha={1: "left", 0: "center", -1: "right"}[int(across)],
            va={1: "bottom", 0: "center", -1: "top"}[int(up)],
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.5},
            zorder=5,
        )


def _box(place: np.ndarray, side: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower left and upper right corner of a name on this side of its point."""
    start = place + _GAP * side - size * (1 - side) / 2
    return start, start + size


def _outside(box: tuple[np.ndarray, np.ndarray], frame: np.ndarray) -> float:
    """By how much a box leaves the axes, in points."""
    return float(np.maximum(-box[0], 0).sum() + np.maximum(box[1] - frame, 0).sum())


def _covered(box: tuple[np.ndarray, np.ndarray], others: Sequence[tuple[np.ndarray, np.ndarray]]) -> int:
    """How many of the others a box overlaps; the point of its own it never does."""
    return sum(bool((box[0] < other[1]).all() and (other[0] < box[1]).all()) for other in others)
