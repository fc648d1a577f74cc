"""Axes that count episodes, and the histories drawn on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from .. import checks
from ..runs import History
from .style import short

EPISODES = "episode"


def first_episodes(history: History, name: str = "history") -> np.ndarray:
    """First episode of each plan, counted from 1, and where the last one ends: an episode later, or it is not seen."""
    if not isinstance(history, History):
        raise TypeError(f"{name} must be a History, got {type(history).__name__}")
    starts = np.concatenate([[0], history.episode[:-1]]) + 1
    return np.append(starts, max(history.episode[-1], starts[-1] + 1))


def held(values: np.ndarray) -> np.ndarray:
    """The values of the plans, the last one until the end."""
    return np.append(values, values[-1])


def log_range(x: np.ndarray) -> tuple[float, float]:
    return 1.0, max(float(x.max()), 2.0)


def foot_of(values: np.ndarray) -> float:
    """Where a logarithmic axis ends: at the least positive value, or a decade below if zeros have to be drawn."""
    least = float(values[values > 0].min()) if (values > 0).any() else 1.0
    return 10.0 ** (np.floor(np.log10(least)) - 1) if (values <= 0).any() else least


def decades(ax: Axes, zero: float | None) -> None:
    """Labels 1, 0.1, 0.01, ... on a logarithmic axis, and 0 at the place ``zero`` where zeros are drawn."""
    low, high = np.log10(ax.get_ylim())
    ticks = [10.0**k for k in range(int(np.ceil(low)), int(np.floor(high)) + 1) if zero is None or 10.0**k > 2 * zero]
    names = [short(tick) for tick in ticks]
    ax.set_yticks(ticks if zero is None else [zero, *ticks], names if zero is None else ["0", *names])
    ax.minorticks_off()
    if zero is not None:  # two strokes across the axis: between 0 and the first decade it is broken
        slash: dict[str, Any] = {
            "marker": [(-1, -0.6), (1, 0.6)],
            "markersize": 9,
            "linestyle": "none",
            "color": "black",
        }
        across = ax.get_yaxis_transform()
        ax.plot([0, 0], [2 * zero, 2.5 * zero], transform=across, clip_on=False, gid="break", label="_", **slash)


def several(histories: Mapping[str, History]) -> Mapping[str, History]:
    if not isinstance(histories, Mapping) or not histories:
        raise TypeError(f"histories must map labels to histories, got {checks.brief(histories)}")
    return histories
