"""Balls of kernels on the simplex of three outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from .. import checks
from ..uncertainty import Nominal, UncertaintySet
from .arguments import listed, told, words
from .style import GREY, SMALL, STYLES, TEXT, axes_or_new, in_style, ink, set_name, short, styles_for

#: Corners of the triangle: outcome 0 at the lower left, 1 at the lower right, 2 on top.
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])
_DIRECTIONS = 240  # between two directions from corner to corner


def ball_on_simplex(
    balls: UncertaintySet | Sequence[UncertaintySet] | Mapping[str, UncertaintySet],
    p: Any,
    v: Any,
    corner_names: Sequence[str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Balls around a nominal row of three outcomes, lines of equal expectation, and the worst kernel of each ball.

    Each corner of the triangle is an outcome that is certain. The straight line through a worst kernel holds all
    kernels of the same expectation: the ball lies on one side of it.

    Parameters
    ----------
    balls : UncertaintySet, or sequence or mapping of them
        The sets; the keys of a mapping are their labels. Default labels: "TV 0.1". ``Nominal()`` is the black point,
        which is drawn in any case.
    p : array_like, shape (3,)
        Nominal probabilities of the outcomes.
    v : array_like, shape (3,)
        Values of the outcomes, any units.
    corner_names : sequence of str, length 3, optional
        Names of the outcomes. Default: "0", "1", "2".
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
        If ``p`` or ``v`` does not have three entries, or an entry of ``balls`` is no uncertainty set of one radius.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import TotalVariation, plots
    >>> ball, p, v = TotalVariation(0.2), [0.5, 0.3, 0.2], [1.0, 0.6, 0.0]
    >>> figure = plots.ball_on_simplex(ball, p, v, corner_names=["high", "medium", "trap"])
    >>> worst = next(line for line in figure.axes[0].lines if line.get_gid() == "worst TV 0.2")
    >>> bool(np.allclose(worst.get_xydata()[0], plots.on_plane(ball.worst_kernel(p, v))))
    True
    """
    told(title=title)
    row = checks.probability_rows("p", p, ndim=1)
    checks.has_shape("p", row, (3,), "(3,)")
    values = checks.finite_array("v", v, ndim=1)
    checks.has_shape("v", values, (3,), "(3,)")
    named = {label: ball for label, ball in _named(balls).items() if not isinstance(ball, Nominal)}
    names = ["0", "1", "2"] if corner_names is None else words("corner_names", corner_names, 3)
    known = {label: set_name(ball) for label, ball in named.items() if set_name(ball) in STYLES}
    chosen = styles_for(named, known)
    with in_style():
        figure, ax = axes_or_new(ax, height=4.6)
        _draw_triangle(ax, row, values, names)
        for k, (label, ball) in enumerate(named.items()):
            _draw_ball(ax, ball, row, values, label, chosen[label] | {"markersize": max(6.0, 12 - 2.5 * k)})
        ax.plot(*on_plane(row), "o", color="black", markersize=6, zorder=7, gid="nominal", label="_")
        handle = ax.plot([], [], "o", color="black", markersize=7, label=f"nominal: {short(row @ values)}")
        handles = handle + [line for line in ax.lines if str(line.get_gid()).startswith("worst")]
        ax.legend(
            handles=handles,
            title="expected value",
            alignment="left",
            handlelength=2.4,
            loc="upper left",
            borderaxespad=0.0,
            borderpad=0.0,
        )
        ax.set_title(title or "")
    return figure


def on_plane(q: Any) -> np.ndarray:
    """Where distributions over three outcomes lie in the plane of the triangle.

    Parameters
    ----------
    q : array_like, shape (..., 3)
        Distributions, or differences of them.

    Returns
    -------
    numpy.ndarray, shape (..., 2)
        The corners' mean with weights q: (0, 0), (1, 0) and (1/2, sqrt(3)/2) for the three outcomes.

    Examples
    --------
    >>> from mornavi_lite import plots
    >>> plots.on_plane([0, 1, 0]).tolist()
    [1.0, 0.0]
    """
    rows = checks.finite_array("q", q)
    if rows.shape[-1:] != (3,):
        raise ValueError(f"q must have shape (..., 3), got {rows.shape}")
    return rows @ CORNERS


def ball_outline(ball: Any, p: np.ndarray) -> np.ndarray:
    """Points (n, 3) on the edge of a ball around ``p``, in order round it: the last in the ball in each direction.

    A ball is what has a radius and a divergence. It is convex, so bisection along each ray finds its edge. The
    directions from corner to corner are among those tried: along them lie the corners of a TV ball, and all of a ball
    that stays on one side of the triangle.
    """
    share = np.arange(_DIRECTIONS)[:, None] / _DIRECTIONS
    turns = np.array([[-1, 1, 0], [-1, 0, 1], [0, -1, 1], [1, -1, 0], [1, 0, -1], [0, 1, -1]])
    steps = np.concatenate([(1 - share) * turns[k] + share * turns[(k + 1) % 6] for k in range(6)])
    with np.errstate(divide="ignore"):
        last = np.where(steps < 0, -p / np.where(steps < 0, steps, 1), np.inf).min(axis=1, keepdims=True)

    def at(length: np.ndarray) -> np.ndarray:
        """The distributions so far along each direction."""
        q = np.maximum(p + length * steps, 0.0)
        return np.asarray(q / q.sum(axis=1, keepdims=True))

    inside, outside = np.zeros_like(last), last
    whole = ball.divergence(at(last), p)[:, None] <= ball.radius
    for _ in range(50):
        middle = (inside + outside) / 2
        within = ball.divergence(at(middle), p)[:, None] <= ball.radius
        inside, outside = np.where(within, middle, inside), np.where(within, outside, middle)
    return at(np.where(whole, last, inside))


def _named(balls: Any) -> dict[str, UncertaintySet]:
    """Balls by label."""
    if isinstance(balls, UncertaintySet):
        balls = [balls]
    if isinstance(balls, Mapping):
        named = {str(label): ball for label, ball in balls.items()}
    else:
        several = listed("balls", balls)
        named = {_label(ball): ball for ball in several}
        if len(named) < len(several):
            raise ValueError("balls must be different from each other")
    for label, ball in named.items():
        if not isinstance(ball, UncertaintySet):
            raise TypeError(f"balls must be uncertainty sets, got {checks.brief(ball)} for {label!r}")
        one_radius("balls", ball)
    return named


def one_radius(name: str, ball: UncertaintySet) -> float:
    """The radius of a set that is one ball, whatever the row."""
    if np.ndim(ball.radius):
        raise ValueError(f"{name} must have one radius for all rows, got an array of shape {np.shape(ball.radius)}")
    return float(ball.radius)


def _label(ball: Any) -> str:
    if not isinstance(ball, UncertaintySet):
        raise TypeError(f"balls must be uncertainty sets, got {checks.brief(ball)}")
    radius, name = one_radius("balls", ball), set_name(ball).replace("chi-square", "χ²")
    return name if name == "nominal" else f"{name} {short(radius)}"


def _draw_triangle(ax: Axes, p: np.ndarray, v: np.ndarray, names: list[str]) -> None:
    """The simplex with its corners' names and values, and lines of equal expectation."""
    draw_frame(ax, [f"{name}\nvalue {short(value)}" for name, value in zip(names, v, strict=True)])
    if np.ptp(v) > 0:
        for level in np.linspace(v.min(), v.max(), 12)[1:-1]:
            ax.plot(*on_plane(level_line(v, level)).T, color="#BBBBBB", linewidth=0.9, zorder=1.5, gid="level")
    _write(ax, "thin lines: equal expected value", (0.5, 0), -8, fontsize=SMALL, color=GREY)
    ax.set(xlim=(-0.34, 1.12), ylim=(-0.16, 1.02), aspect="equal")
    ax.axis("off")


def draw_frame(ax: Axes, words: Sequence[str]) -> None:
    """The triangle, with words at its corners."""
    ax.add_patch(Polygon(CORNERS, facecolor="#FAFAFA", edgecolor=GREY, linewidth=1.2, zorder=1))
    for (x, y), text, up in zip(CORNERS, words, (-8, -8, 8), strict=True):
        _write(ax, text, (x, y), up, fontsize=TEXT)


def _write(ax: Axes, text: str, place: tuple[float, float], up: float, **look: Any) -> None:
    """A text ``up`` points above a place, or below it."""
    align = "top" if up < 0 else "bottom"
    ax.annotate(text, place, (0, up), textcoords="offset points", ha="center", va=align, **look)


def level_line(v: np.ndarray, level: float) -> np.ndarray:
    """The two ends (2, 3) on the sides of the triangle between which the expectation of ``v`` is ``level``."""
    ends = []
    for i, j in ((0, 1), (1, 2), (0, 2)):
        if v[i] != v[j] and min(v[i], v[j]) <= level <= max(v[i], v[j]):
            share = (level - v[i]) / (v[j] - v[i])
            ends.append((1 - share) * np.eye(3)[i] + share * np.eye(3)[j])
    distance = [np.abs(end - ends[0]).sum() for end in ends]
    return np.array([ends[0], ends[int(np.argmax(distance))]])


def _draw_ball(ax: Axes, ball: UncertaintySet, p: np.ndarray, v: np.ndarray, label: str, style: dict[str, Any]) -> None:
    """A ball, its worst kernel, and the line of that expectation."""
    edge = on_plane(ball_outline(ball, p))
    colour = style["color"]
    ax.add_patch(Polygon(edge, facecolor=colour, edgecolor="none", alpha=0.15, zorder=2, gid=f"ball {label}"))
    ax.add_patch(Polygon(edge, fill=False, edgecolor=colour, linestyle=style["linestyle"], linewidth=2.2, zorder=3))
    worst = ball.worst_kernel(p, v)
    lowest = float(worst @ v)
    if np.ptp(v) > 0:
        line = on_plane(level_line(v, min(max(lowest, v.min()), v.max())))
        ax.plot(*line.T, color=ink(colour), linewidth=1.0, zorder=2.5, gid=f"level {label}")
    ax.plot(
        *on_plane(worst)[:, None],
        marker="D",
        markeredgecolor="white",
        markeredgewidth=0.6,
        zorder=6,
        gid=f"worst {label}",
        **style,
    )
    ax.lines[-1].set_label(f"worst in {label}: {short(lowest)}")
