"""What policies are worth in many shifted worlds: spread, and two players against each other. Chapter 8 of the book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import checks
from .arguments import told
from .deployment import mark_above
from .style import COLOURS, TEXT, axes_or_new, in_style, ink


def random_values(
    values: Any,
    marks: Mapping[str, float],
    xlabel: str = "value at the start",
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """How often a policy earns how much under random kernels, with single values marked.

    Parameters
    ----------
    values : array_like, shape (n,)
        Value under each kernel, in units of reward.
    marks : mapping of str to float
        Values to mark by a vertical line that is labelled above, such as the nominal and the worst.
    xlabel, title : str, optional
        Label of the axis with its unit, and a title.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        A histogram with 40 bars over all that is drawn.

    Raises
    ------
    ValueError, TypeError
        If a number is not finite, or there is none.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import plots
    >>> figure = plots.random_values(np.linspace(0.6, 0.8, 100), {"worst": 0.5, "as trained": 0.9})
    >>> sum(int(bar.get_height()) for bar in figure.axes[0].patches)
    100
    """
    told(title=title, xlabel=xlabel)
    drawn = checks.finite_array("values", values, ndim=1)
    if not len(drawn) or not isinstance(marks, Mapping):
        raise ValueError("values must hold at least one number, and marks map labels to numbers")
    at = {label: checks.number(f"marks[{label!r}]", mark, -np.inf) for label, mark in marks.items()}
    ends = np.array([drawn.min(), drawn.max(), *at.values()])
    room = 0.03 * (np.ptp(ends) or 1.0)
    limits = (ends.min() - room, ends.max() + room)
    with in_style():
        figure, ax = axes_or_new(ax, height=2.8)
        ax.hist(drawn, bins=40, range=limits, color=COLOURS["sky"], edgecolor="white", linewidth=0.5)
        ax.set(xlabel=xlabel, ylabel="worlds", xlim=limits)
        mark_above(ax, at)
        ax.set_title(title or "", pad=22)
        ax.grid(axis="y")
    return figure


def values_of_two(
    points: Any,
    marks: Mapping[str, tuple[float, float]],
    guarantee: tuple[float, float] | None = None,
    xlabel: str = "value of player 1",
    ylabel: str = "value of player 2",
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """What two players earn from one policy under many kernels, and what each is guaranteed.

    Parameters
    ----------
    points : array_like, shape (n, 2)
        Values of both players under each kernel, in units of reward.
    marks : mapping of str to tuple of two floats
        Kernels to mark and name.
    guarantee : tuple of two floats, optional
        Robust value of each player: two thin lines that no kernel of the ball passes, and their corner.
    xlabel, ylabel, title : str, optional
        Labels of the axes with their units, and a title.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        A cloud of points; the larger dots are those of ``marks``.

    Raises
    ------
    ValueError, TypeError
        If a number is not finite, or shapes differ.

    Examples
    --------
    >>> from mornavi_lite import plots
    >>> figure = plots.values_of_two([[2, 2], [2.1, 1.9]], {"as trained": (2, 2)}, guarantee=(1.7, 1.6))
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['as trained', 'guaranteed']
    """
    told(title=title, xlabel=xlabel, ylabel=ylabel)
    cloud = checks.finite_array("points", points, ndim=2)
    checks.has_shape("points", cloud, (len(cloud), 2), "(n, 2)")
    if not isinstance(marks, Mapping):
        raise TypeError(f"marks must map labels to pairs, got {checks.brief(marks)}")
    named = {label: _pair(f"marks[{label!r}]", mark) for label, mark in marks.items()}
    corner = None if guarantee is None else _pair("guarantee", guarantee)
    with in_style():
        figure, ax = axes_or_new(ax, height=4.0)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        ax.plot(*cloud.T, "o", color=COLOURS["sky"], markersize=3, alpha=0.5, markeredgewidth=0)
        for label, place in named.items():
            ax.plot(*place, "o", color="black", markersize=7)
            _name(ax, label, place, (8, 6))
        if corner is not None:
            faint: dict[str, Any] = {"color": COLOURS["vermillion"], "linestyle": (0, (1, 2)), "linewidth": 1.4}
            ax.axvline(corner[0], **faint)
            ax.axhline(corner[1], **faint)
            ax.plot(*corner, "X", color=COLOURS["vermillion"], markersize=9)
            _name(ax, "guaranteed", corner, (9, 8), ink(COLOURS["vermillion"]))
        ax.margins(x=0.16, y=0.1)
        ax.set_title(title or "")
    return figure


def _name(ax: Axes, label: str, place: Sequence[float], offset: tuple[float, float], colour: str = "black") -> None:
    ax.annotate(label, (place[0], place[1]), offset, textcoords="offset points", fontsize=TEXT - 0.5, color=colour)


def _pair(name: str, values: Any) -> tuple[float, float]:
    pair = checks.finite_array(name, values, ndim=1)
    checks.has_shape(name, pair, (2,), "(2,)")
    return float(pair[0]), float(pair[1])
