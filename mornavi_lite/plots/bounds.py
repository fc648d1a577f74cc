"""The payoffs of a stage game, and other numbers, as far as counts tell and more is stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import checks
from .arguments import limits, told
from .style import COLOURS, GREY, SMALL, axes_or_new, in_style


def payoff_bounds(
    low: Any,
    high: Any,
    names: Sequence[str],
    true: Any = None,
    chosen: int | None = None,
    xlabel: str = "robust stage payoff",
    xlim: tuple[float, float] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """For each joint action of a stage game, the interval in which its payoff lies as far as counts tell.

    Parameters
    ----------
    low, high : array_like, shape (A,)
        Lowest and highest payoff that the counts allow, in units of reward.
    names : sequence of str, length A
        Name of each joint action.
    true : array_like, shape (A,), optional
        True payoffs, drawn as dots.
    chosen : int, optional
        Number of the joint action that the plan plays; its interval has the colour of the optimist.
    xlabel, title : str, optional
        Label of the axis with its unit, and a title.
    xlim : tuple of two floats, optional
        Range of payoffs shown.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        Intervals from top to bottom in the order of the joint actions.

    Raises
    ------
    ValueError, TypeError
        If lengths differ, a lower end is above its upper end, or there is no such joint action.

    Examples
    --------
    >>> from mornavi_lite import plots
    >>> figure = plots.payoff_bounds([0, 0.2], [1, 0.6], ["(go, go)", "(go, wait)"], true=[0.1, 0.5], chosen=0)
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['(go, go)', '(go, wait)']
    """
    told(title=title, xlabel=xlabel)
    ends = limits("xlim", xlim)
    below, above = checks.finite_array("low", low, ndim=1), checks.finite_array("high", high, ndim=1)
    checks.has_shape("high", above, below.shape, "of low")
    crossed = below > above
    if crossed.any():
        k = checks.first_true(crossed)[0]
        raise ValueError(f"low[{k}] must be at most high[{k}], got {below[k]} and {above[k]}")
    labels = checks.names("names", names, len(below))
    picked = None if chosen is None else checks.integer("chosen", chosen, 0, len(below) - 1)
    rows = np.arange(len(below))
    with in_style():
        figure, ax = axes_or_new(ax, height=1.1 + 0.42 * len(below))
        colours = [COLOURS["purple"] if row == picked else "#BBBBBB" for row in rows]
        ax.barh(rows, above - below, 0.34, left=below, color=colours, edgecolor="black")
        for edges in (below, above):  # an interval without length is seen as well
            ax.plot(edges, rows, "|", color="black", markersize=13, markeredgewidth=1.6)
        if true is not None:
            dots = checks.finite_array("true", true, ndim=1)
            checks.has_shape("true", dots, below.shape, "of low")
            ax.plot(dots, rows, "o", color="black", markersize=6, gid="true")
        ax.set_yticks(rows, labels, fontsize=SMALL + 1)
        ax.use_sticky_edges = False  # a dot at 0 is shown whole
        ax.margins(x=0.03)
        ax.set(xlabel=xlabel, ylabel="joint action", ylim=(-0.6, len(below) - 0.4), xlim=ends)
        ax.invert_yaxis()
        ax.set_title(title or "")
        ax.grid(axis="x")
    return figure


def bounds_told(
    bounds: Mapping[str, Any],
    names: Sequence[str],
    true: Any = None,
    xlabel: str = "probability",
    ylabel: str = "next state",
    xlim: tuple[float, float] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Between which bounds each of a few numbers lies, for one who was told less and for one who was told more.

    Parameters
    ----------
    bounds : mapping of str to pair of array_like, shape (n,)
        For each label, at most four, the lowest and the highest values that are possible. The last one is in colour.
    names : sequence of str, length n
        Name of each number.
    true : array_like, shape (n,), optional
        The true numbers, drawn as dots.
    xlabel, ylabel, title : str, optional
        What the numbers are with their unit, what they belong to, and a title.
    xlim : tuple of two floats, optional
        Range of values shown.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        For each name a bar per label from its lowest to its highest value.

    Raises
    ------
    ValueError, TypeError
        If lengths differ, a lowest value is above the highest, or there is no label or too many.

    Examples
    --------
    >>> from mornavi_lite import plots
    >>> bounds = {"counts alone": ([0.4, 0], [0.9, 0.6]), "told more": ([0.5, 0.2], [0.8, 0.5])}
    >>> figure = plots.bounds_told(bounds, ["good", "bad"], true=[0.7, 0.3])
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ['true', 'counts alone', 'told more']
    """
    told(title=title, xlabel=xlabel, ylabel=ylabel)
    ends, pairs = limits("xlim", xlim), _pairs(bounds)
    n = len(next(iter(pairs.values()))[0])
    named, rows, height = checks.names("names", names, n), np.arange(n), 0.84 / (len(pairs) + 0.2)
    dots = None if true is None else checks.finite_array("true", true, ndim=1)
    if dots is not None:
        checks.has_shape("true", dots, (n,), "of the bounds")
    with in_style():
        figure, ax = axes_or_new(ax, height=1.3 + 0.24 * n * (len(pairs) + 0.4))
        for k, (label, (low, high)) in enumerate(pairs.items()):
            last = k == len(pairs) - 1
            at = rows + (k - (len(pairs) - 1) / 2) * height
            colour, hatch = (COLOURS["purple"], "") if last else ("#DDDDDD", "//")
            ax.barh(at, high - low, 0.8 * height, left=low, label=label, color=colour, edgecolor="black", hatch=hatch)
            for edges in (low, high):
                look: dict[str, Any] = {"color": "black", "markersize": 9, "markeredgewidth": 1.6, "clip_on": False}
                ax.plot(_within(edges, ends), at, "|", zorder=3, **look)
        if dots is not None:
            look = {"color": "black", "markersize": 6, "clip_on": False, "label": "true"}
            ax.plot(_within(dots, ends), rows, "o", zorder=4, gid="true", **look)
        for row in rows[:-1]:
            ax.axhline(row + 0.5, color=GREY, linewidth=0.5)
        ax.set_yticks(rows, named, fontsize=SMALL + 1)
        ax.set(xlabel=xlabel, ylabel=ylabel, ylim=(-0.5, n - 0.5), xlim=ends)
        ax.invert_yaxis()
        labels = [*pairs] if dots is None else ["true", *pairs]
        columns = 5 if sum(map(len, labels)) < 36 else 2 if max(map(len, labels)) < 24 else 1
        ax.set_title(title or "", pad=26 if columns == 5 else 10 + 16 * -(-len(labels) // columns))
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.2, handlelength=1.4)
    return figure


def _within(values: np.ndarray, ends: tuple[float, float] | None) -> np.ndarray:
    """Values; NaN in place of those that are not shown."""
    return values if ends is None else np.where((values >= ends[0]) & (values <= ends[1]), values, np.nan)


def _pairs(bounds: Any) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """For each label the lowest and the highest values, all of one length."""
    if not isinstance(bounds, Mapping) or not 1 <= len(bounds) <= 4:
        raise TypeError(f"bounds must map one to four labels to pairs of arrays, got {checks.brief(bounds)}")
    pairs: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for label, pair in bounds.items():
        name = f"bounds[{label!r}]"
        if not isinstance(pair, (tuple, list, np.ndarray)) or len(pair) != 2:
            raise TypeError(f"{name} must be a pair of arrays, got {checks.shown(pair)}")
        low, high = (checks.finite_array(f"{name}[{k}]", each, ndim=1) for k, each in enumerate(pair))
        checks.has_shape(f"{name}[1]", high, low.shape, "of the lowest")
        checks.has_shape(f"{name}[0]", low, next(iter(pairs.values()), (low,))[0].shape, "of the first label's")
        if not len(low):
            raise ValueError(f"{name} must hold at least one number")
        crossed = low > high
        if crossed.any():
            k = checks.first_true(crossed)[0]
            raise ValueError(f"{name} must have its lowest value below the highest, got {low[k]} and {high[k]} at {k}")
        pairs[str(label)] = (low, high)
    return pairs
