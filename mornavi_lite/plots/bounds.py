"""The payoffs of a stage game as far as counts tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import checks
from .arguments import limits, told
from .style import COLOURS, SMALL, axes_or_new, in_style


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
