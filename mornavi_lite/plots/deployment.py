"""What policies earn under kernels they were not made for."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from .. import checks
from .arguments import limits, listed, told
from .graph_layout import spread
from .style import GREY, SMALL, axes_or_new, from_zero, in_style, inches, label_line_ends, short, styles_for

INSIDE = "#F0F0F0"


def value_against_distance(
    distances: Any,
    curves: Mapping[str, Any],
    radius: float | None = None,
    compare: tuple[str, str] | None = None,
    bands: Mapping[str, tuple[Any, Any]] | None = None,
    played: Mapping[str, tuple[Any, Any, Any]] | None = None,
    band: str = "10–90 %",
    styles: dict[str, str] | None = None,
    xlabel: str = "distance d from the trained kernel",
    ylabel: str = "value at the start",
    title: str | None = None,
    ylim: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """What policies are worth at a distance from the kernel they were made for, each line labelled at its end.

    Parameters
    ----------
    distances : array_like, shape (n,)
        Distances of the kernel from the nominal one, increasing, in the units of the set.
    curves : mapping of str to array_like, shape (n,)
        Value of each policy at each distance, in units of reward. A label of ``STYLES`` has its own look.
    radius : float, optional
        Radius of the ball that a policy was made for: what is inside is shaded.
    compare : tuple of two str, optional
        Labels of the policy without and the one with robustness. Arrows from the first to the second, labelled with
        their lengths, show the price at the left end and, if there is a radius, the gain there.
    bands : mapping of str to tuple of two array_like, shape (n,), optional
        Lower and upper edge of a band in the colour of a curve.
    band : str
        What a band holds: its name is that of its curve and this.
    played : mapping of str to tuple of three array_like, shape (k,), optional
        Distances, means and half lengths of error bars, in the colour of a curve.
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
        If lengths differ, a number is not finite, or a label in ``compare``, ``bands`` or ``played`` is no curve.

    Examples
    --------
    >>> from mornavi_lite import plots
    >>> curves = {"far": [0.9, 0.7, 0.5], "near": [0.77, 0.77, 0.77]}
    >>> figure = plots.value_against_distance([0, 0.05, 0.1], curves, radius=0.05, compare=("far", "near"))
    >>> [text.get_text() for text in figure.axes[0].texts if " 0" in text.get_text()]
    ['edge of the ball, 0.05', 'price 0.13', 'gain 0.07']
    """
    told(title=title, xlabel=xlabel, ylabel=ylabel, band=band, bands=bands, played=played)
    ends = limits("ylim", ylim)
    x = checks.finite_array("distances", distances, ndim=1)
    if len(x) < 2 or (np.diff(x) <= 0).any():
        raise ValueError(f"distances must be increasing, two at least, got {checks.brief(distances)}")
    values = _curves(curves, x)
    pair = None if compare is None else _known(listed("compare", compare), values, "compare")
    if pair is not None and len(pair) != 2:
        raise ValueError(f"compare must name two curves, got {checks.brief(compare)}")
    edge = None if radius is None else checks.number("radius", radius, x[0], x[-1])
    chosen = styles_for(values, styles)
    with in_style():
        figure, ax = axes_or_new(ax, height=3.6)
        ax.set(xlabel=xlabel, ylabel=ylabel, xlim=(x[0], x[-1]))
        named: list[Any] = []
        for label, edges in _known(bands or {}, values, "bands").items():
            below, above = _parts(f"bands[{label!r}]", edges, 2)
            for name, each in (("low", below), ("high", above)):
                checks.has_shape(f"bands[{label!r}], {name}", each, x.shape, "of distances")
            colour = chosen[label]["color"]
            ax.fill_between(x, below, above, color=colour, alpha=0.18, linewidth=0, zorder=1)
            for end in (below, above):  # bands that overlap are told apart by their edges
                ax.plot(
                    x, end, color=colour, linestyle=chosen[label]["linestyle"], linewidth=0.9, gid="edge", zorder=1.5
                )
            named += ax.plot(x, (below + above) / 2, color=colour, linewidth=0, label=f"{label}, {band}", gid="band")
        lines = [ax.plot(x, y, label=label, **chosen[label])[0] for label, y in values.items()]
        for label, bars in _known(played or {}, values, "played").items():
            at, mean, half = _parts(f"played[{label!r}]", bars, 3)
            for k, each in ((1, mean), (2, half)):
                checks.has_shape(f"played[{label!r}][{k}]", each, at.shape, "of its distances")
            ax.errorbar(at, mean, half, fmt="o", markersize=4, capsize=3, linewidth=1.4, color=chosen[label]["color"])
        if ends is not None:
            ax.set_ylim(ends)
        ax.autoscale_view(scalex=False, scaley=ends is None)
        _shade_ball(ax, edge)
        if pair is not None:
            _price_and_gain(ax, x, values[pair[0]], values[pair[1]], edge)
        ax.set_title(title or "", pad=6 if edge is None else 20)
        ax.grid(axis="y")
        from_zero(ax, fixed=True)
        label_line_ends(ax, lines + named)
    return figure


def _curves(curves: Mapping[str, Any], x: np.ndarray) -> dict[str, np.ndarray]:
    if not isinstance(curves, Mapping) or not curves:
        raise TypeError(f"curves must map labels to arrays, got {checks.brief(curves)}")
    values = {label: checks.finite_array(f"curves[{label!r}]", y, ndim=1) for label, y in curves.items()}
    for label, y in values.items():
        checks.has_shape(f"curves[{label!r}]", y, x.shape, "of distances")
    return values


def _parts(name: str, given: Any, n: int) -> list[np.ndarray]:
    """So many arrays of one axis."""
    parts = listed(name, given)
    if len(parts) != n:
        raise ValueError(f"{name} must be {n} arrays, got {len(parts)}")
    return [checks.finite_array(f"{name}[{k}]", each, ndim=1) for k, each in enumerate(parts)]


def _known(labels: Any, curves: Mapping[str, Any], name: str) -> Any:
    for label in labels:
        if not isinstance(label, Hashable) or label not in curves:
            raise ValueError(
                f"{name} must name curves, one of {', '.join(map(repr, curves))}, got {checks.brief(label)}"
            )
    return labels


def _shade_ball(ax: Axes, edge: float | None) -> None:
    """Shade what is inside the ball, and write above the axes which side is which."""
    if edge is None:
        return
    low, high = ax.get_xlim()
    ax.axvspan(low, edge, color=INSIDE, zorder=0, linewidth=0)
    ax.axvline(edge, color=GREY, linestyle=(0, (1, 2)), linewidth=1.2, zorder=1)
    above: dict[str, Any] = {"transform": ax.get_xaxis_transform(), "color": GREY, "fontsize": SMALL}
    ax.text(edge, 1.02, f"edge of the ball, {short(edge)}", ha="left" if edge < (low + high) / 2 else "right", **above)


def _price_and_gain(ax: Axes, x: np.ndarray, without: np.ndarray, robust: np.ndarray, edge: float | None) -> None:
    """Arrows between the two curves: the price at the left end, the gain at the edge of the ball."""
    look: dict[str, Any] = {"color": "black", "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}
    pixels = ax.transData.transform
    inset = 0.012 * (x[-1] - x[0])  # the arrow of the price stands beside the axis, not on it
    for word, sign, at, shift in (("price", 1, x[0], inset), ("gain", -1, edge, 0.0)):
        if at is None:
            continue
        low, high = (float(np.interp(at, x, y)) for y in (robust, without))
        short_way = abs(pixels((at, high))[1] - pixels((at, low))[1]) < 0.25 * ax.figure.dpi  # no room for two heads
        heads = "|-|,widthA=0.3,widthB=0.3" if short_way else "<|-|>"
        ax.annotate("", (at + shift, high), (at + shift, low), arrowprops=look | {"arrowstyle": heads}, zorder=4)
        text = ax.annotate(
            f"{word} {short(sign * (high - low))}",
            (at + shift, (low + high) / 2),
            (7, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL + 0.5,
            zorder=5,
        )
        text.set_path_effects([withStroke(linewidth=3, foreground="white")])  # it may stand on a line


def mark_above(ax: Axes, marks: Mapping[str, float]) -> None:
    """Vertical lines with their labels above the axes, none over another."""
    if not marks:
        return
    order = sorted(marks, key=lambda label: marks[label])
    low, high = ax.get_xlim()
    widths = np.array([0.6 * SMALL / 72 * len(label) + 0.1 for label in order])  # inches
    per_inch = (high - low) / (inches(ax)[0] * 0.82)
    places = spread(np.array([marks[label] for label in order]), (widths[:-1] + widths[1:]) / 2 * per_inch)
    half = widths / 2 * per_inch
    for label, place, width in zip(order, places, half, strict=True):
        inside = float(np.clip(place, low + min(width, 0), high))
        ax.axvline(marks[label], color="black", linestyle=(0, (3, 1)), linewidth=1.4)
        ax.text(inside, 1.02, label, transform=ax.get_xaxis_transform(), ha="center", fontsize=SMALL)
