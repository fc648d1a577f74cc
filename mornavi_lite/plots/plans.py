"""How many plans a run makes. Chapters 5 and 6 of the book."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import checks
from ..runs import History
from .arguments import told
from .episode_axis import EPISODES, first_episodes, held, log_range, several
from .style import GREY, axes_or_new, in_style, label_line_ends, styles_for


def plans_made(
    histories: Mapping[str, History], n_cells: int | None = None, title: str | None = None, ax: Axes | None = None
) -> Figure:
    """How many plans runs have made, against the episode, on logarithmic axes; and the bound for doubling.

    Parameters
    ----------
    histories : mapping of str to History
        The runs.
    n_cells : int, optional
        H S A, for the line of the bound ``n_cells (floor(log2 K) + 1) + 1``.
    title : str, optional
        Title of the figure.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        A line for each run, labelled at its end.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Examples
    --------
    >>> from mornavi_lite import Mornavi, TotalVariation, plots, run, zoo
    >>> history = run(Mornavi(TotalVariation(0.1)), zoo.safe_or_risky(), n_episodes=1000)
    >>> made, bound = plots.plans_made({"doubling": history}, n_cells=60).axes[0].lines
    >>> int(made.get_ydata()[-1]) == history.n_plans, int(bound.get_ydata()[-1])
    (True, 601)
    """
    told(title=title)
    steps = {label: first_episodes(each, f"histories[{label!r}]") for label, each in several(histories).items()}
    chosen = styles_for(steps)
    with in_style():
        figure, ax = axes_or_new(ax, height=3.6)
        ax.set(xscale="log", yscale="log", xlabel=EPISODES, ylabel="plans made")
        lines = []
        for label, x in steps.items():
            made = held(np.arange(1, len(x)))
            lines += ax.plot(x, made, label=label, drawstyle="steps-post", **chosen[label])
        low, high = log_range(np.concatenate(list(steps.values())))
        ax.set_xlim(low, high)
        if n_cells is not None:
            powers = 2.0 ** np.arange(int(np.log2(high)) + 1)  # integers would overflow where they have 32 bits
            ends = np.append(powers, high)
            bound = checks.integer("n_cells", n_cells, 1) * (np.floor(np.log2(ends)) + 1) + 1
            look: dict[str, Any] = {"color": GREY, "linestyle": (0, (1, 2)), "linewidth": 1.4}
            lines += ax.plot(ends, bound, label="bound", drawstyle="steps-post", **look)
        ax.set_title(title or "")
        ax.grid(axis="y")
        label_line_ends(ax, lines)
    return figure
