"""What the worst case is worth, row by row and radius by radius. Chapter 2 of the book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import checks
from .arguments import limits, lines_of, told, words
from .graph_layout import spread
from .style import (
    COLOURS,
    GREY,
    SMALL,
    axes_or_new,
    from_zero,
    in_style,
    inches,
    ink,
    label_line_ends,
    short,
    styles_for,
)


def value_against_radius(
    radii: Any,
    curves: Mapping[str, Any],
    crossing: float | Sequence[float] | Mapping[str, float] | None = None,
    jumps: Sequence[float] = (),
    styles: dict[str, str] | None = None,
    xlabel: str = "radius ρ",
    ylabel: str = "worst-case value",
    title: str | None = None,
    ylim: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Worst-case values against the radius, each line labelled at its end.

    Parameters
    ----------
    radii : array_like, shape (n,)
        Radii, increasing, in the units of the set (a probability for TV, nats for KL).
    curves : mapping of str to array_like, shape (n,)
        Value of each line at each radius, in units of reward. A label of ``STYLES`` has its own colour.
    crossing : float, sequence of float or mapping of str to float, optional
        Radii to mark by a vertical dotted line that is labelled with its number, or its name.
    jumps : sequence of float
        Radii at which a curve jumps: it is drawn in two pieces, with open ends, joined by dots.
    styles : dict of str to str, optional
        For a label that ``STYLES`` does not know: the name there whose style it takes.
    xlabel, ylabel, title : str, optional
        Labels of the axes with their units, and a title.
    ylim : tuple of two floats, optional
        Range of values shown: fix it for the frames of a slider.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure drawn in.

    Raises
    ------
    ValueError, TypeError
        If a curve has another length than ``radii``, a number is not finite, or a style is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import TotalVariation, plots
    >>> radii = np.linspace(0, 1, 11)
    >>> risky = [float(TotalVariation(r).worst_case([0.9, 0.1], [1.0, 0.0])) for r in radii]
    >>> figure = plots.value_against_radius(radii, {"risky": risky}, crossing=0.75)
    >>> figure.axes[0].lines[0].get_ydata().tolist() == risky
    True
    """
    told(title=title, xlabel=xlabel, ylabel=ylabel)
    ends = limits("ylim", ylim)
    x = _increasing("radii", radii)
    values = _curves(curves, x)
    marks = _marks(crossing, x)
    breaks = np.atleast_1d(checks.finite_array("jumps", jumps)).ravel()
    chosen = styles_for(values, styles)
    with in_style():
        figure, ax = axes_or_new(ax, height=3.6)
        least = 0.03 * float(np.ptp(list(values.values())))
        lines = [_broken(ax, x, y, breaks, least, label, chosen[label]) for label, y in values.items()]
        ax.set(xlabel=xlabel, ylabel=ylabel, ylim=ends)
        from_zero(ax, fixed=ylim is not None)
        if len(x) > 1:
            ax.set_xlim(x[0], x[-1])
        ax.set_title(title or "", pad=20 if marks else 6)
        ax.grid(axis="y")
        _mark_radii(ax, marks)
        label_line_ends(ax, lines)
    return figure


def kernel_bars(
    p: Any,
    q: Any,
    names: Sequence[str],
    labels: tuple[str, str] = ("nominal", "worst case"),
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """A nominal row of the kernel against the worst one, as paired bars, with the mass that moved.

    Parameters
    ----------
    p, q : array_like, shape (S,)
        Nominal and worst row: probabilities of the next states.
    names : sequence of str, length S
        Name of each next state; a value may stand in it, such as "high, worth 1".
    labels : tuple of two str
        What the two rows are called.
    title : str, optional
        Title of the figure.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        Bars in the order of the states, from top to bottom. Mass that moved is orange, hatched where it was lost; the
        number at the end is q - p.

    Raises
    ------
    ValueError, TypeError
        If a row is not a distribution, or the lengths differ.

    Examples
    --------
    >>> from mornavi_lite import TotalVariation, plots
    >>> p, v = [0.9, 0.0, 0.1], [1.0, 0.6, 0.0]
    >>> q = TotalVariation(0.2).worst_kernel(p, v)
    >>> figure = plots.kernel_bars(p, q, ["high", "medium", "trap"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['−0.2', '+0.2']
    """
    told(title=title)
    first, second = words("labels", labels, 2)
    p, q = checks.probability_rows("p", p, ndim=1), checks.probability_rows("q", q, ndim=1)
    checks.has_shape("q", q, p.shape, "(S,)")
    named = words("names", names, len(p), ", one per state")
    rows, kept = np.arange(len(p)), np.minimum(p, q)
    moved = COLOURS["orange"]
    with in_style():
        figure, ax = axes_or_new(ax, height=1.2 + 0.55 * len(p))
        ax.barh(rows - 0.2, p, 0.36, color="#CCCCCC", edgecolor="black", label=first)
        ax.barh(rows + 0.2, kept, 0.36, color=COLOURS["blue"], edgecolor="black", label=second)
        ax.barh(rows + 0.2, q - kept, 0.36, left=kept, color=moved, edgecolor="black", label="gained")
        ax.barh(rows + 0.2, p - kept, 0.36, left=kept, color="none", edgecolor=moved, hatch="////", label="lost")
        for row in rows[np.abs(q - p) > 5e-4]:
            end = (max(p[row], q[row]), row + 0.2)
            text = f"{'+' if q[row] > p[row] else ''}{short(q[row] - p[row])}"
            ax.annotate(text, end, (5, 0), textcoords="offset points", va="center", color=ink(moved))
        ax.set(xlabel="probability of the next state", ylabel="next state")
        ax.set_xlim(0, 1.15 * max(p.max(), q.max()))
        ax.set_yticks(rows, named, fontsize=SMALL + 1)
        ax.invert_yaxis()
        ax.set_title(title or "", pad=26)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2, handlelength=1.2)
    return figure


def rows_per_second(results: Mapping[str, tuple[Any, Any]], title: str | None = None, ax: Axes | None = None) -> Figure:
    """Throughput against the number of states on logarithmic axes, each line labelled at its end.

    Parameters
    ----------
    results : mapping of str to tuple (sizes, rates)
        For each method the numbers of states S and the rows of the kernel backed up per second, both positive.
    title : str, optional
        Title of the figure.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure drawn in.

    Raises
    ------
    ValueError, TypeError
        If a number is not positive, or lengths differ.

    Examples
    --------
    >>> from mornavi_lite import plots
    >>> figure = plots.rows_per_second({"P @ v": ([10, 100], [1e9, 1e8]), "TV": ([10, 100], [2e7, 4e6])})
    >>> figure.axes[0].get_xscale(), figure.axes[0].get_yscale()
    ('log', 'log')
    """
    told(title=title)
    data = lines_of(results, "method")
    chosen = styles_for(data)
    with in_style():
        figure, ax = axes_or_new(ax, height=4.0)
        ax.set(xscale="log", yscale="log", xlabel="number of states S", ylabel="rows per second")
        lines = [ax.plot(x, y, marker="o", label=label, **chosen[label])[0] for label, (x, y) in data.items()]
        ticks = sorted({size for x, _ in data.values() for size in x.tolist()})
        ax.set_xticks(ticks if len(ticks) <= 8 else ax.get_xticks(), minor=False)
        if len(ticks) <= 8:
            ax.set_xticklabels([f"{t:g}" for t in ticks])
            ax.minorticks_off()
        ax.set_title(title or "")
        ax.grid(axis="y")
        label_line_ends(ax, lines)
    return figure


def _marks(crossing: Any, radii: np.ndarray) -> dict[str, float]:
    """Places to mark, by name, from left to right."""
    if crossing is None:
        return {}
    if isinstance(crossing, Mapping):
        named = {str(name): checks.number(f"crossing[{name!r}]", x, -np.inf) for name, x in crossing.items()}
    else:
        places = np.atleast_1d(checks.finite_array("crossing", crossing)).ravel().tolist()
        named = {short(x): x for x in places}
    for place in named.values():
        if len(radii) > 1 and not radii[0] <= place <= radii[-1]:
            raise ValueError(
                f"crossing must be from {short(radii[0])} to {short(radii[-1])}, as radii are, got {place}"
            )
    return dict(sorted(named.items(), key=lambda item: item[1]))


def _broken(
    ax: Axes, x: np.ndarray, y: np.ndarray, jumps: np.ndarray, least: float, label: str, look: dict[str, Any]
) -> Any:
    """A curve in pieces: where it jumps by more than ``least`` both end open at that place, and dots lead across."""
    xs, ys = list(x), list(y)
    for place in sorted(jumps, reverse=True):
        near = [k for k in range(1, len(x)) if x[k - 1] <= place <= x[k]]
        k = max(near, key=lambda k: abs(y[k] - y[k - 1]), default=0)
        if not near:
            continue
        left = y[k - 1] + (place - x[k - 1]) * (y[k - 1] - y[k - 2]) / (x[k - 1] - x[k - 2]) if k > 1 else y[k - 1]
        right = y[k] - (x[k] - place) * (y[k + 1] - y[k]) / (x[k + 1] - x[k]) if k + 1 < len(x) else y[k]
        if abs(right - left) <= least:  # this curve goes on
            continue
        xs[k:k], ys[k:k] = [place, place, place], [left, np.nan, right]
        dots: dict[str, Any] = {"color": look["color"], "linestyle": (0, (1, 2.5)), "linewidth": 1.2, "gid": "jump"}
        ends: dict[str, Any] = {"marker": "o", "markersize": 5.5, "markerfacecolor": "white", "zorder": 4}
        ax.plot([place, place], [left, right], **dots, **ends)
    return ax.plot(xs, ys, label=label, **look)[0]


def _mark_radii(ax: Axes, named: dict[str, float]) -> None:
    """Vertical dotted lines with their names above the axes, none over another."""
    low, high = ax.get_xlim()
    marks, words = list(named.values()), list(named)
    widths = np.array([0.65 * SMALL / 72 * len(word) + 0.08 for word in words])  # inches
    per_inch = (high - low) / (inches(ax)[0] * 0.75)
    places = spread(np.array(marks), (widths[:-1] + widths[1:]) / 2 * per_inch)
    places = np.maximum(places, low + widths / 2 * per_inch)  # left of that stand the numbers of the axis
    for mark, place, word in zip(marks, places, words, strict=True):
        ax.axvline(mark, color=GREY, linestyle=(0, (1, 2)), linewidth=1.2, zorder=1)
        ax.text(place, 1.02, word, transform=ax.get_xaxis_transform(), ha="center", color=GREY, fontsize=SMALL)


def _increasing(name: str, values: Any) -> np.ndarray:
    x = checks.finite_array(name, values, ndim=1)
    if not len(x) or (np.diff(x) <= 0).any():
        raise ValueError(f"{name} must be increasing, got {checks.brief(values)}")
    return x


def _curves(curves: Mapping[str, Any], x: np.ndarray) -> dict[str, np.ndarray]:
    if not isinstance(curves, Mapping) or not curves:
        raise TypeError(f"curves must map labels to arrays, got {checks.brief(curves)}")
    values = {}
    for label, y in curves.items():
        values[label] = checks.finite_array(f"curves[{label!r}]", y, ndim=1)
        checks.has_shape(f"curves[{label!r}]", values[label], x.shape, "of radii")
    return values
