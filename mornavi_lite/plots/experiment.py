"""What the policies played are worth on average, against samples, for many seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import checks
from .arguments import limits, told
from .episode_axis import decades, foot_of
from .style import GREY, SMALL, axes_or_new, from_zero, in_style, ink, label_line_ends, short, styles_for


def value_against_samples(
    samples: Any,
    curves: Mapping[str, Any],
    levels: Mapping[str, float] | None = None,
    styles: dict[str, str] | None = None,
    xlabel: str = "samples",
    ylabel: str = "averaged robust value",
    title: str | None = None,
    ylim: tuple[float, float] | None = None,
    yscale: str = "linear",
    ax: Axes | None = None,
) -> Figure:
    """Values against the number of samples, on a logarithmic axis: a line in a band for each learner.

    Parameters
    ----------
    samples : array_like, shape (n,)
        Numbers of samples, positive and increasing, at least two.
    curves : mapping of str to array_like, shape (3, n)
        For each label the lower end of the band, the line, and the upper end, in units of reward. A mean may lie
        outside a band of percentiles. A label of ``STYLES`` has its own colour.
    levels : mapping of str to float, optional
        Heights to mark by dotted lines, and their names.
    styles : dict of str to str, optional
        For a label that ``STYLES`` does not know: the name there whose style it takes.
    xlabel, ylabel, title : str, optional
        Labels of the axes with their units, and a title.
    ylim : tuple of two floats, optional
        Range of values shown: fix it for the frames of a slider.
    yscale : {"linear", "log"}
        Axis of the values. On a logarithmic one values are not negative, and zeros are drawn at the foot, labelled 0.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        Lines labelled at their ends, levels at the left.

    Raises
    ------
    ValueError, TypeError
        If samples are not positive and increasing, a curve is not of that shape, its band is upside down, a value has
        no place on a logarithmic axis, or ``yscale`` or a style is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import plots
    >>> samples, mean = [10, 100, 1000], np.array([0.2, 0.4, 0.5])
    >>> figure = plots.value_against_samples(samples, {"TV": [mean - 0.1, mean, mean + 0.1]}, levels={"best": 0.6})
    >>> figure.axes[0].lines[-1].get_ydata().tolist() == mean.tolist()
    True
    """
    told(title=title, xlabel=xlabel, ylabel=ylabel, levels=levels)
    checks.one_of("yscale", yscale, ("linear", "log"))
    ends = limits("ylim", ylim, positive=yscale == "log")
    x = checks.finite_array("samples", samples, ndim=1)
    if len(x) < 2 or x[0] <= 0 or (np.diff(x) <= 0).any():
        raise ValueError(f"samples must be positive and increasing, at least two, got {checks.brief(samples)}")
    bands = _bands(curves, x)
    marks = {label: checks.number(f"levels[{label!r}]", y, -np.inf) for label, y in (levels or {}).items()}
    for label, y in marks.items():
        if ends is not None and not ends[0] <= y <= ends[1]:
            raise ValueError(f"levels[{label!r}] must be inside ylim, {short(ends[0])} to {short(ends[1])}, got {y}")
    chosen, foot = styles_for(bands, styles), _foot(bands) if yscale == "log" else None
    with in_style():
        figure, ax = axes_or_new(ax, height=3.6)
        ax.set(xscale="log", yscale=yscale, xlim=(x[0], x[-1]), xlabel=xlabel, ylabel=ylabel)
        for height in marks.values():
            ax.axhline(height, color=GREY, linestyle=(0, (1, 2)), linewidth=1.2, zorder=1, gid="level")
        lines = []
        for label, band in bands.items():
            low, middle, high = band if foot is None else np.maximum(band, foot)
            ax.fill_between(x, low, high, color=chosen[label]["color"], alpha=0.2, linewidth=0)
            lines += ax.plot(x, middle, label=label, **chosen[label])
        if foot is not None:
            _log_axis(ax, bands, foot, ends)
        else:
            _make_room(ax, marks)
            if ends is not None:
                ax.set_ylim(ends)
            from_zero(ax, fixed=True)
        _name_levels(ax, marks)
        ax.set_title(title or "")
        ax.grid(axis="y")
        label_line_ends(ax, lines)
    return figure


def _bands(curves: Mapping[str, Any], x: np.ndarray) -> dict[str, np.ndarray]:
    if not isinstance(curves, Mapping) or not curves:
        raise TypeError(f"curves must map labels to arrays, got {checks.brief(curves)}")
    bands = {}
    for label, given in curves.items():
        name = f"curves[{label!r}]"
        bands[label] = checks.finite_array(name, given, ndim=2)
        checks.has_shape(name, bands[label], (3, len(x)), "(3, n)")
        crossed = bands[label][0] > bands[label][2]
        if crossed.any():
            where = checks.place(checks.first_true(crossed))
            raise ValueError(f"{name} must have the lower end of its band below the upper one, not so at {where}")
    return bands


def _foot(bands: Mapping[str, np.ndarray]) -> float:
    """Where the logarithmic axis ends, and zeros are drawn."""
    for label, band in bands.items():
        if (band < 0).any():
            where = checks.first_true(band < 0)
            raise ValueError(f"curves[{label!r}]{checks.place(where)} must not be negative, got {float(band[where])}")
    return foot_of(np.concatenate([band.ravel() for band in bands.values()]))


def _log_axis(ax: Axes, bands: Mapping[str, np.ndarray], foot: float, ends: tuple[float, float] | None) -> None:
    every = np.concatenate([band.ravel() for band in bands.values()])
    ax.set_ylim((foot / 1.3, 1.6 * max(every.max(), foot)) if ends is None else ends)
    decades(ax, foot if (every <= 0).any() and ends is None else None)


def _make_room(ax: Axes, marks: Mapping[str, float]) -> None:
    """Room for a name above the highest level."""
    low, high = ax.get_ylim()
    top = max(marks.values(), default=low)
    ax.set_ylim(low, max(high, top + 0.12 * (high - low)))


def _name_levels(ax: Axes, marks: Mapping[str, float]) -> None:
    """The name of each level at the left end: of the highest above its line, of the others below."""
    top = max(marks.values(), default=0.0)
    for label, height in marks.items():
        above = height == top
        ax.annotate(
            label,
            (0, height),
            (4, 3 if above else -3),
            ax.get_yaxis_transform(),
            "offset points",
            color=ink(GREY),
            fontsize=SMALL,
            va="bottom" if above else "top",
        )
