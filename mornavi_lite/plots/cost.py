"""How a cost grows with a size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from .. import checks
from .arguments import lines_of, told
from .style import GREY, axes_or_new, in_style, label_line_ends, short, styles_for


def cost_against_size(
    results: Mapping[str, tuple[Any, Any]],
    powers: Mapping[str, float] | None = None,
    xlabel: str = "size",
    ylabel: str = "seconds",
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Costs against sizes on logarithmic axes, each line labelled at its end, with the power laws they may follow.

    Parameters
    ----------
    results : mapping of str to tuple (sizes, costs)
        For each label increasing sizes and the cost of each, all positive, in the units of the labels of the axes.
    powers : mapping of str to float, optional
        For a label an exponent: a dotted grey line of that slope ends where the line ends, and has its number.
    xlabel, ylabel, title : str, optional
        Labels of the axes with their units, and a title.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure drawn in.

    Raises
    ------
    ValueError, TypeError
        If a number is not positive, sizes do not increase, lengths differ, or ``powers`` names no line.

    Examples
    --------
    >>> from mornavi_lite import plots
    >>> figure = plots.cost_against_size({"S": ([5, 10, 20], [0.5, 3.0, 12.0])}, powers={"S": 2})
    >>> line, law = figure.axes[0].lines
    >>> law.get_ydata().tolist() == [12 / 4**2, 12.0]
    True
    """
    told(title=title, xlabel=xlabel, ylabel=ylabel, powers=powers)
    data = lines_of(results, "line")
    wanted = {label: checks.number(f"powers[{label!r}]", p, -np.inf) for label, p in (powers or {}).items()}
    for label in wanted:
        if label not in data:
            raise ValueError(f"powers[{label!r}] must name one of {', '.join(map(repr, data))}")
    chosen = styles_for(data)
    with in_style():
        figure, ax = axes_or_new(ax, height=4.0)
        ax.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
        lines = []
        for label, (x, y) in data.items():
            text = f"{label}: {short(wanted[label])}" if label in wanted else label
            lines += ax.plot(x, y, marker="o", markersize=5, label=text, **chosen[label])
        for label, power in wanted.items():
            x, y = data[label]
            # As far down as the cheapest of the line: a law far below all costs would stretch the axes.
            first = max(x[0], x[-1] * (y.min() / y[-1]) ** (1 / power)) if power > 0 else x[0]
            law = y[-1] * (np.array([first, x[-1]]) / x[-1]) ** power
            ax.plot([first, x[-1]], law, color=GREY, linestyle=(0, (1, 2)), linewidth=1.4, zorder=1)
        ax.set_title(title or "")
        ax.grid(axis="y")
        label_line_ends(ax, lines)
        for end in ax.texts:  # a law may pass behind it
            end.set_path_effects([withStroke(linewidth=4, foreground="white")])
    return figure
