"""Hope, then fear, on the simplex; and a set with a ball for each row against one common cause."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from .. import checks
from ..confidence import ConfidenceSet
from ..uncertainty import UncertaintySet
from .arguments import limits, told, words
from .simplex import ball_outline, draw_frame, level_line, on_plane, one_radius
from .style import COLOURS, GREY, SMALL, STYLES, axes_or_new, in_style, ink, short

HOPE, FEAR = STYLES["optimistic"]["color"], COLOURS["vermillion"]
_BELOW: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "va": "top", "fontsize": SMALL, "color": GREY}


def hope_then_fear(
    confidence: ConfidenceSet,
    counts: Any,
    v: Any,
    ball: UncertaintySet,
    corner_names: Sequence[str],
    ax: Axes | None = None,
) -> Figure:
    """From what was seen to the most optimistic kernel that counts allow, and from there to the worst in the ball.

    Parameters
    ----------
    confidence : ConfidenceSet
        For rows of three next states.
    counts : array_like, shape (3,)
        How often each next state was seen.
    v : array_like, shape (3,)
        Values of the next states, no two alike.
    ball : UncertaintySet
        What may shift between practice and tomorrow.
    corner_names : sequence of str, length 3
        Names of the next states.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The confidence set, its optimistic point, the ball around that point and the worst kernel of the ball; each
        point with its expected value.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Examples
    --------
    >>> from mornavi_lite import TotalVariation, plots
    >>> from mornavi_lite.confidence import ConfidenceSet
    >>> row = ConfidenceSet("model", n_states=3, n_rows=1, delta=0.05)
    >>> parts = [50, 30, 20], [1.0, 0.6, 0.0], TotalVariation(0.1), ["high", "medium", "trap"]
    >>> points = plots.hope_then_fear(row, *parts).axes[0].lines
    >>> [line.get_gid() for line in points if line.get_gid()]
    ['seen', 'hope', 'fear']
    """
    told(confidence=confidence, ball=ball)
    one_radius("ball", ball)
    seen = checks.finite_array("counts", counts, ndim=1)
    values = checks.finite_array("v", v, ndim=1)
    for name, each in (("counts", seen), ("v", values)):
        checks.has_shape(name, each, (3,), "(3,)")
    if len(set(values.tolist())) < 3:
        raise ValueError(f"v must be three different values, got {checks.brief(v)}")
    names = checks.names("corner_names", corner_names, 3)
    whole = seen.astype(np.int64)
    best = confidence.optimistic(whole, values)
    worst = ball.worst_kernel(best, values)
    with in_style():
        figure, ax = axes_or_new(ax, height=4.9)
        draw_frame(ax, [f"{name}\nvalue {short(value)}" for name, value in zip(names, values, strict=True)])
        for level in np.linspace(values.min(), values.max(), 12)[1:-1]:
            ax.plot(*on_plane(level_line(values, level)).T, color="#CCCCCC", linewidth=0.9, zorder=1.5)
        allowed = on_plane(allowed_corners(confidence, whole))
        look: dict[str, Any] = {"linewidth": 1.8, "zorder": 2}
        ax.add_patch(Polygon(allowed, facecolor="#F3E3EC", edgecolor=ink(HOPE), linestyle="--", gid="allowed", **look))
        around = on_plane(ball_outline(ball, best))
        ax.add_patch(Polygon(around, facecolor="none", edgecolor=ink(FEAR), gid="ball", **look))
        points = {"seen": (whole / whole.sum(), "o", "black"), "hope": (best, "^", ink(HOPE))}
        points["fear"] = (worst, "v", ink(FEAR))
        for name, (q, marker, colour) in points.items():
            spot: dict[str, Any] = {"color": colour, "markersize": 9, "markeredgecolor": "white", "zorder": 5}
            ax.plot(*on_plane(q)[:, None], marker, gid=name, **spot)
        for start, end, colour in (("seen", "hope", HOPE), ("hope", "fear", FEAR)):
            arrow = {"arrowstyle": "-|>", "color": ink(colour), "linewidth": 1.8, "shrinkA": 5, "shrinkB": 6}
            to, away = (tuple(on_plane(points[name][0])) for name in (end, start))
            ax.annotate("", to, away, arrowprops=arrow, zorder=4)
        _words(ax, {name: float(q @ values) for name, (q, _, _) in points.items()})
    return figure


def _words(ax: Axes, worth: dict[str, float]) -> None:
    """A key that is read from the first step to the last."""
    key = [
        (f"● seen: {short(worth['seen'])}", "black"),
        (f"▲ hope: {short(worth['hope'])}", ink(HOPE)),
        ("    best kernel that counts\n    allow (dashed region)", ink(HOPE)),
        (f"▼ fear: {short(worth['fear'])}", ink(FEAR)),
        ("    worst kernel of the ball\n    around it (solid edge)", ink(FEAR)),
    ]
    y = 0.99
    for text, colour in key:
        ax.text(-0.37, y, text, color=colour, fontsize=SMALL, va="top")
        y -= 0.068 * (1 + text.count("\n"))
    ax.annotate("thin lines: equal expected value", (0.5, 0), (0, -8), **_BELOW)
    ax.set(xlim=(-0.38, 1.14), ylim=(-0.16, 1.02), aspect="equal")
    ax.axis("off")


def allowed_corners(confidence: ConfidenceSet, counts: np.ndarray) -> np.ndarray:
    """Corners (n, 3) of the confidence set of a row of three next states: the triangle, cut once for each event."""
    corners = np.eye(3)
    events = [list(event) for size in (1, 2) for event in combinations(range(3), size)]
    for event in events:
        limit = float(confidence.row_bound(counts, np.isin(np.arange(3), event)))
        over = corners[:, event].sum(axis=1) - limit
        kept = []
        for k, at in enumerate(over):
            before = over[k - 1]
            if (at > 0) != (before > 0):  # this side crosses the limit
                share = before / (before - at)
                kept.append((1 - share) * corners[k - 1] + share * corners[k])
            if at <= 0:
                kept.append(corners[k])
        corners = np.array(kept)
    return corners


def common_cause(
    values: Any,
    reach: tuple[float, float],
    total: float,
    labels: tuple[str, str],
    ax: Axes | None = None,
) -> Figure:
    """Two unknown numbers, one for each of two rows: all pairs, against the pairs that one common cause allows.

    Parameters
    ----------
    values : array_like, shape (n, n)
        Value at each pair, the first number along the rows, at n evenly spaced numbers.
    reach : tuple of two floats
        Least and greatest of both numbers.
    total : float
        The common cause: pairs whose sum is this.
    labels : tuple of two str
        What the two numbers are.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The square with lines of equal value, the line of the common cause, and the worst pair of each with its value.

    Raises
    ------
    ValueError, TypeError
        If the values are no square table, or no pair has that sum.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import plots
    >>> x = np.linspace(0, 1, 5)
    >>> figure = plots.common_cause(3 - x[:, None] - 2 * x, (0, 1), 1, ("slides here", "slides there"))
    >>> [text.get_text().splitlines()[-1] for text in figure.axes[0].texts if "worst" in text.get_text()]
    ['value 0', 'value 1']
    """
    ends, called = limits("reach", reach), words("labels", labels, 2)
    if ends is None:
        raise TypeError("reach must be two numbers, got None")
    (low, high), total = ends, checks.number("total", total, -np.inf)
    table = checks.finite_array("values", values, ndim=2)
    checks.has_shape("values", table, (len(table), len(table)), "(n, n)")
    if not 2 * low <= total <= 2 * high:
        raise ValueError(f"total must be between {2 * low:g} and {2 * high:g}, got {total:g}")
    grid = np.linspace(low, high, len(table))
    first = np.linspace(max(low, total - high), min(high, total - low), 201)
    along = np.array([_between(grid, table, x, total - x) for x in first])
    corner = np.unravel_index(table.argmin(), table.shape)
    everywhere = grid[corner[0]], grid[corner[1]], float(table.min())
    worst = int(along.argmin())
    common = first[worst], total - first[worst], float(along[worst])
    with in_style():
        figure, ax = axes_or_new(ax, height=4.6)
        side = high - low
        ax.add_patch(Rectangle((low, low), side, side, facecolor="#E8F1F8", edgecolor=COLOURS["blue"], linewidth=2))
        lines = ax.contour(grid, grid, table.T, levels=9, colors="#999999", linewidths=0.9)
        ax.clabel(lines, fontsize=SMALL - 1.5, fmt="%.3g")
        ax.plot(first, total - first, color=ink(COLOURS["orange"]), linestyle="--", linewidth=2.6)
        for (x, y, value), colour, text, offset, side_of in (
            (everywhere, COLOURS["blue"], "worst of all pairs\n(a ball for each row)", (-10, -10), "right"),
            (common, COLOURS["orange"], "worst of the line\n(one common cause)", (8, 8), "left"),
        ):
            ax.plot(x, y, "D", color=ink(colour), markersize=10, markeredgecolor="white", clip_on=False, zorder=5)
            box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
            ax.annotate(
                f"{text}\nvalue {short(value)}",
                (x, y),
                offset,
                textcoords="offset points",
                color=ink(colour),
                fontsize=SMALL,
                ha=side_of,
                va="top" if side_of == "right" else "bottom",
                bbox=box,
            )
        pad = 0.04 * side
        ax.set(xlabel=called[0], ylabel=called[1], xlim=(low - pad, high + pad), ylim=(low - pad, high + pad))
        ax.set_aspect("equal")
    return figure


def _between(grid: np.ndarray, table: np.ndarray, x: float, y: float) -> float:
    """The value at a pair, linear between the numbers of the grid."""
    columns = np.array([np.interp(y, grid, row) for row in table])
    return float(np.interp(x, grid, columns))
