"""What counts allow, against the number of visits and for the tails of one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import checks
from .arguments import limits, listed, told, words
from .style import GREY, SMALL, STYLES, axes_or_new, in_style, ink, label_line_ends, styles_for


def against_visits(
    visits: Any,
    curves: Mapping[str, Any],
    ylabel: str,
    laws: Mapping[str, Any] | None = None,
    level: tuple[float, str] | None = None,
    styles: dict[str, str] | None = None,
    xlabel: str = "visits N",
    title: str | None = None,
    yscale: str = "log",
    ylim: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Bounds, widths or probabilities against the number of visits, each line labelled at its end.

    Parameters
    ----------
    visits : array_like, shape (n,)
        Numbers of visits, positive and increasing; their axis is logarithmic.
    curves : mapping of str to array_like, shape (n,)
        Each line's value at each number of visits, not negative. On a logarithmic axis a line
        goes straight down where it falls to 0. A label of ``STYLES`` has its own colour.
    ylabel : str
        What the values are, with their unit.
    laws : mapping of str to array_like, shape (n,), optional
        Rates to compare with: thin grey lines, named above the axes.
    level : tuple (float, str), optional
        A height to mark by a dotted line, and its name.
    styles : dict of str to str, optional
        For a label that ``STYLES`` does not know: the name there whose style it takes.
    xlabel, title : str, optional
        Label of the axis of visits, and a title.
    yscale : {"log", "linear"}
        Axis of the values.
    ylim : tuple of two floats, optional
        Range of values shown.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure drawn in.

    Raises
    ------
    ValueError, TypeError
        If visits are not positive and increasing, a curve or law has another length or a negative number, nothing of a
        curve can be drawn, or ``yscale`` or a style is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import plots
    >>> from mornavi_lite.confidence import ConfidenceSet
    >>> visits, coin = 10 ** np.arange(1, 7), ConfidenceSet("events", n_states=2, n_rows=1, delta=0.05)
    >>> figure = plots.against_visits(visits, {"never seen": coin.event_bound(0, visits)}, "probability")
    >>> figure.axes[0].get_xscale(), figure.axes[0].get_yscale()
    ('log', 'log')
    """
    told(title=title, xlabel=xlabel, ylabel=ylabel, laws=laws)
    checks.one_of("yscale", yscale, ("log", "linear"))
    ends, at = limits("ylim", ylim, yscale == "log"), _level(level)
    x = checks.finite_array("visits", visits, ndim=1)
    if not len(x) or x[0] <= 0 or (np.diff(x) <= 0).any():
        raise ValueError(f"visits must be positive and increasing, got {checks.brief(visits)}")
    lines, rates = _values("curves", curves, x, yscale), _values("laws", laws or {}, x, yscale)
    if not lines:
        raise ValueError("curves must hold at least one line")
    if ends is not None and not any(((y >= ends[0]) & (y <= ends[1])).any() for y in lines.values()):
        raise ValueError(f"ylim must show something of the curves, got {checks.brief(ylim)}")
    chosen = styles_for(lines, styles)
    with in_style():
        figure, ax = axes_or_new(ax, height=3.8)
        ax.set(xscale="log", yscale=yscale, xlabel=xlabel, ylabel=ylabel)
        dashes = [(0, (1, 1.5)), (0, (6, 2)), (0, (3, 1, 1, 1))]
        for k, (label, y) in enumerate(rates.items()):
            ax.plot(x, y, label=label, color=GREY, linewidth=1.1, linestyle=dashes[k % 3], zorder=1.5)
        drawn = [ax.plot(x, y, label=label, **chosen[label])[0] for label, y in lines.items()]
        if len(x) > 1:
            ax.set_xlim(x[0], x[-1])
        if ends is not None:
            ax.set_ylim(ends)
        if at is not None:
            _mark_level(ax, *at)
        ax.set_title(title or "", pad=26 if rates else 6)
        ax.grid(axis="y")
        if rates:
            named = ax.lines[: len(rates)]
            ax.legend(handles=named, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2)
        early = [line for line, y in zip(drawn, lines.values(), strict=True) if np.isnan(y[-1])]
        label_line_ends(ax, [line for line in drawn if line not in early])
        for line in early:
            _mark_fall(ax, line)
    return figure


def raised_tails(
    value: Any,
    observed: Any,
    optimistic: Any,
    pessimistic: Any,
    names: Sequence[str],
    true: Any = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """How likely a next state is at least as good as each one: as observed, and how far counts let that rise and fall.

    Parameters
    ----------
    value : array_like, shape (S,)
        Value of each next state, any units. Bars are in this order, the best state on top; the worst one has none,
        as every state is at least as good.
    observed, optimistic, pessimistic : array_like, shape (S,)
        Distributions over the next states: frequencies, most optimistic and most pessimistic kernel.
    names : sequence of str, length S
        Name of each next state.
    true : array_like, shape (S,), optional
        The kernel that nature draws from: black marks.
    title : str, optional
        Title of the figure.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        For each tail a bar of the observed frequency, and hatched how far it may rise and fall.

    Raises
    ------
    ValueError, TypeError
        If a row is not a distribution, lengths differ, or there are fewer than two states.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import plots
    >>> from mornavi_lite.confidence import ConfidenceSet
    >>> row, seen, value = ConfidenceSet("model", 3, 1, 0.05), np.array([70, 0, 30]), np.array([0.0, 2.0, 1.0])
    >>> models = row.optimistic(seen, value), row.pessimistic(seen, value)
    >>> figure = plots.raised_tails(value, seen / 100, *models, names=["low", "high", "middle"])
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['high', 'middle']
    """
    told(title=title)
    v = checks.finite_array("value", value, ndim=1)
    if len(v) < 2:
        raise ValueError(f"value must have at least 2 states, got {len(v)}")
    named = words("names", names, len(v), ", one per entry of value")
    given = {"observed": observed, "optimistic": optimistic, "pessimistic": pessimistic}
    if true is not None:
        given["true"] = true
    order = np.argsort(-v, kind="stable")
    tails = {name: _tail_sums(name, row, order) for name, row in given.items()}
    rows, seen = np.arange(len(v) - 1), tails["observed"]
    with in_style():
        figure, ax = axes_or_new(ax, height=1.5 + 0.55 * len(rows))
        ax.barh(rows, seen, 0.6, color="#CCCCCC", edgecolor="black", label="observed")
        for name, hatch in (("optimistic", "////"), ("pessimistic", "\\\\\\\\")):
            colour = STYLES[name]["color"]
            ax.barh(rows, tails[name] - seen, 0.6, left=seen, color="none", edgecolor=colour, hatch=hatch, label=name)
            ax.vlines(tails[name], rows - 0.3, rows + 0.3, color=colour, linewidth=3, gid=name)
        if true is not None:
            ax.vlines(tails["true"], rows - 0.42, rows + 0.42, color="black", linewidth=2.2, label="true", gid="true")
        ax.set(xlabel="probability of a next state at least this good", ylabel="at least as good as", xlim=(0, 1.01))
        ax.set_yticks(rows, [named[k] for k in order[:-1]], fontsize=SMALL + 1)
        ax.invert_yaxis()
        ax.set_title(title or "", pad=26)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2, handlelength=1.4)
    return figure


def _level(level: Any) -> tuple[float, str] | None:
    """A height with its name, or None."""
    if level is None:
        return None
    pair = listed("level", level)
    if len(pair) != 2 or not isinstance(pair[1], str):
        raise TypeError(f"level must be a number and its name, got {checks.shown(level)}")
    return checks.number("level", pair[0], -np.inf), pair[1]


def _values(name: str, given: Mapping[str, Any], x: np.ndarray, yscale: str) -> dict[str, np.ndarray]:
    """Each curve as an array; NaN in place of what a logarithmic axis cannot show."""
    if not isinstance(given, Mapping):
        raise TypeError(f"{name} must map labels to arrays, got {checks.brief(given)}")
    values = {}
    for label, numbers in given.items():
        y = checks.finite_array(f"{name}[{label!r}]", numbers, ndim=1)
        checks.has_shape(f"{name}[{label!r}]", y, x.shape, "of visits")
        if (y < 0).any():
            where = checks.first_true(y < 0)
            raise ValueError(f"{name}[{label!r}]{checks.place(where)} must not be negative, got {float(y[where])}")
        values[label] = np.where(y > 0, y, np.nan) if yscale == "log" else y
        if not np.isfinite(values[label]).any():
            raise ValueError(f"{name}[{label!r}] has nothing that a logarithmic axis can show")
    return values


def _mark_level(ax: Axes, height: float, label: str) -> None:
    """A dotted line across the axes with its name above its left end."""
    ax.axhline(height, color=GREY, linestyle=(0, (1, 2)), linewidth=1.4, zorder=1)
    place = (0.015, height)
    ax.annotate(
        label,
        place,
        (0, 3),
        xycoords=ax.get_yaxis_transform(),
        textcoords="offset points",
        color=GREY,
        fontsize=SMALL,
        va="bottom",
    )


def _mark_fall(ax: Axes, line: Any) -> None:
    """A line that falls to 0 goes straight down there, with its label beside it."""
    x, y = line.get_xydata()[np.isfinite(line.get_ydata())][-1]
    low, high = np.log(ax.get_ylim())
    top = (np.log(y) - low) / (high - low)
    place = ax.get_xaxis_transform()
    ax.plot([x, x], [0, top], transform=place, color=line.get_color(), linestyle=line.get_linestyle(), gid="falls to 0")
    side, colour = (x, 0.4 * top), ink(line.get_color())
    ax.annotate(line.get_label(), side, (5, 0), xycoords=place, textcoords="offset points", color=colour, va="center")


def _tail_sums(name: str, row: Any, order: np.ndarray) -> np.ndarray:
    """Mass of the j best states, for each j below S."""
    p = checks.probability_rows(name, row, ndim=1)
    checks.has_shape(name, p, order.shape, "(S,)")
    tails: np.ndarray = np.cumsum(p[order])[:-1]
    return tails
