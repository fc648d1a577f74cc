"""The one style of all figures: sizes, colours and line styles, and the figures themselves."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap, to_hex, to_rgb
from matplotlib.figure import Figure

from .. import checks
from ..uncertainty import ChiSquare, KullbackLeibler, Nominal, TotalVariation, UncertaintySet
from .graph_layout import spread

#: Width of a figure in inches, and pixels per inch: it fits a page's 624 pixels, and its text is as large, 16 pixels.
WIDTH, DPI, TEXT, SMALL = 5.6, 110, 10.5, 9.5

#: The palette of Okabe and Ito (2008), less its yellow, which is lost on white.
COLOURS = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
}
GREY = "#666666"

#: Colour and line style of each thing that has its own, in every chapter.
STYLES: dict[str, dict[str, Any]] = {
    "TV": {"color": COLOURS["blue"], "linestyle": "-"},
    "TV in support": {"color": COLOURS["sky"], "linestyle": (0, (7, 1.5))},
    "KL": {"color": COLOURS["vermillion"], "linestyle": "--"},
    "chi-square": {"color": COLOURS["green"], "linestyle": "-."},
    "nominal": {"color": COLOURS["black"], "linestyle": ":"},
    "optimistic": {"color": COLOURS["purple"], "linestyle": (0, (5, 1, 1, 1, 1, 1))},
    "true": {"color": COLOURS["black"], "linestyle": "-"},
    "pessimistic": {"color": COLOURS["orange"], "linestyle": (0, (3, 1))},
}
#: For everything else, in order of appearance.
SPARE: list[dict[str, Any]] = [
    {"color": COLOURS["purple"], "linestyle": "-"},
    {"color": COLOURS["orange"], "linestyle": "--"},
    {"color": COLOURS["sky"], "linestyle": "-."},
    {"color": COLOURS["black"], "linestyle": (0, (1, 1))},
    {"color": COLOURS["green"], "linestyle": (0, (7, 1.5))},
    {"color": COLOURS["blue"], "linestyle": (0, (5, 1, 1, 1, 1, 1))},
    {"color": COLOURS["vermillion"], "linestyle": (0, (3, 1))},
]
_ALIASES = {"χ²": "chi-square", "chi²": "chi-square", "total variation": "TV", "kullback-leibler": "KL"}

_RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": TEXT,
    "axes.labelsize": TEXT,
    "axes.titlesize": TEXT + 1,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.grid": False,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "axes.unicode_minus": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.8,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": "black",
    "ytick.labelcolor": "black",
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "lines.linewidth": 2.2,
    "lines.dash_capstyle": "butt",
    "hatch.linewidth": 0.8,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "text.usetex": False,
}


def in_style() -> AbstractContextManager[None]:
    """A context in which Matplotlib's defaults and then this book's hold, whatever the caller has set."""
    return matplotlib.rc_context({**_sober_defaults(), **_RC})


def _sober_defaults() -> dict[Any, Any]:
    skipped = {"backend", "backend_fallback", "interactive", "toolbar", "webagg.port", "timezone"}
    return {key: value for key, value in matplotlib.rcParamsDefault.items() if key not in skipped}


class Picture(Figure):
    """A figure that a notebook shows when it is the last expression of a cell, and that pyplot knows nothing of."""

    def __init__(self, **options: Any) -> None:
        super().__init__(dpi=DPI, **options)
        FigureCanvasAgg(self)

    def _repr_png_(self) -> bytes:
        return png(self, tight=True)


def png(figure: Figure, tight: bool = False) -> bytes:
    """A figure as PNG, the same bytes each time.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    tight : bool
        Cut the white margin off. Default: the whole figure, so that frames of one size stay of one size.

    Returns
    -------
    bytes
        What a file ``name.png`` holds.

    Examples
    --------
    >>> from mornavi_lite import plots, zoo
    >>> figure = plots.game_graph(zoo.traffic_merge())
    >>> plots.png(figure) == plots.png(plots.game_graph(zoo.traffic_merge()))
    True
    """
    if not isinstance(figure, Figure):
        raise TypeError(f"figure must be a Matplotlib figure, got {type(figure).__name__}")
    if not isinstance(tight, (bool, np.bool_)):
        raise TypeError(f"tight must be True or False, got {checks.shown(tight)}")
    buffer = io.BytesIO()
    with in_style():
        figure.savefig(
            buffer, format="png", dpi=figure.dpi, metadata={"Software": None}, bbox_inches="tight" if tight else None
        )
    return buffer.getvalue()


def panels(rows: int = 1, columns: int = 1, height: float = 3.6, width: float = WIDTH) -> tuple[Picture, list[Axes]]:
    """A figure of ``rows`` x ``columns`` axes, in reading order, to give to other functions as ``ax``.

    Parameters
    ----------
    rows, columns : int
        Number of panels below and beside each other. A phone has room for one column.
    height, width : float
        Size of the whole figure in inches.

    Returns
    -------
    tuple of Figure and list of Axes
        The figure, and its ``rows * columns`` axes.

    Examples
    --------
    >>> from mornavi_lite import plots
    >>> figure, axes = plots.panels(rows=2)
    >>> len(axes) == len(figure.axes) == 2
    True
    """
    for name, n in (("rows", rows), ("columns", columns)):
        checks.integer(name, n, 1, 100)
    for name, inch in (("height", height), ("width", width)):
        if checks.number(name, inch, 0.0, 500.0) == 0:
            raise ValueError(f"{name} must be above 0, got 0")
    with in_style():
        figure = Picture(figsize=(width, height), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False)
    return figure, list(grid.flat)


def axes_or_new(ax: Axes | None, height: float) -> tuple[Any, Axes]:
    """The figure and axes to draw in: those of ``ax``, or new ones."""
    if ax is None:
        figure, (ax,) = panels(height=height)
        return figure, ax
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be Matplotlib Axes, got {type(ax).__name__}")
    return ax.figure, ax


def styles_for(labels: Iterable[str], styles: dict[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """Colour and line style of each label: its own by name, or that of ``styles[label]``, or the next spare one."""
    chosen: dict[str, dict[str, Any]] = {}
    if styles is not None and not isinstance(styles, Mapping):
        raise TypeError(f"styles must be a mapping from labels, got {checks.shown(styles)}")
    wanted = dict(styles or {})
    known = {name.lower(): name for name in STYLES} | _ALIASES
    for label in labels:
        name = known.get(str(wanted.get(label, label)).lower())
        if name is None and label in wanted:
            raise ValueError(f"styles[{label!r}] must be one of {', '.join(map(repr, STYLES))}, got {wanted[label]!r}")
        chosen[label] = STYLES[name] if name is not None else _least_used(chosen)
    return chosen


def _least_used(chosen: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The first of the spare styles whose colour is taken least often."""
    taken = [style["color"] for style in chosen.values()]
    return min(SPARE, key=lambda style: taken.count(style["color"]))


def set_name(ball: UncertaintySet) -> str:
    """The name under which the style of an uncertainty set is known."""
    if isinstance(ball, TotalVariation):
        return "TV" if ball.shift_support else "TV in support"
    for kind, name in ((KullbackLeibler, "KL"), (ChiSquare, "chi-square"), (Nominal, "nominal")):
        if isinstance(ball, kind):
            return name
    return type(ball).__name__


def ink(colour: str) -> str:
    """The colour, darkened until text of it can be read on white (contrast 4.5)."""
    rgb = np.array(to_rgb(colour))
    while 1.05 / (_luminance(rgb) + 0.05) < 4.5:
        rgb = rgb * 0.95
    return to_hex(tuple(rgb))


def _luminance(rgb: np.ndarray) -> float:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _light_to_dark() -> ListedColormap:
    """White to dark blue along a straight line in CIELAB: equal steps look equally large, in grey as well."""
    share = np.linspace(0, 1, 256)[:, None]
    light, green_red, blue_yellow = ((1 - share) * [98, 0, -2] + share * [22, 8, -42]).T
    f = (light + 16) / 116 + np.stack([green_red / 500, np.zeros(256), -blue_yellow / 200])
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)).T * [0.9505, 1.0, 1.089]
    matrix = [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
    linear = np.clip(xyz @ np.array(matrix).T, 0, 1)
    return ListedColormap(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


LIGHT_TO_DARK = _light_to_dark()


def short(number: float) -> str:
    """Three significant digits: 0.774, 0.0822, 1, -0.1; whole numbers up to a million as they are; never -0."""
    text = f"{number:.0f}" if 1000 <= abs(number) < 1e6 else f"{number:.3g}"
    return "0" if float(text) == 0 else text.replace("-", "−")


def label_line_ends(ax: Axes, lines: Sequence[Any]) -> None:
    """Write each line's label at its right end, in its colour, none over another."""
    height = inches(ax)[1] * 72 * 0.8  # of the axes, in points
    to_points = ax.transScale.transform
    low, high = to_points((1, ax.get_ylim()[0]))[1], to_points((1, ax.get_ylim()[1]))[1]
    ends = [line.get_xydata()[np.isfinite(line.get_ydata())][-1] for line in lines]
    wanted = np.array([(to_points((1, y))[1] - low) / (high - low) * height for _, y in ends])
    order = np.argsort(wanted, kind="stable")
    placed = wanted.copy()
    tall = np.array([TEXT * 1.25 * (1 + lines[k].get_label().count("\n")) for k in order])
    apart = (tall[:-1] + tall[1:]) / 2
    placed[order] = spread(wanted[order], apart)
    least = 0.5 * TEXT  # below that stand the numbers of the axis
    for k, distance in zip(order, [*apart, 0.0], strict=True):
        placed[k] = max(placed[k], least)
        least = placed[k] + distance
    moved = np.abs(placed - wanted) > 0.6 * TEXT  # so far from their lines that thin ones have to lead there
    for line, (x, y), shift, far in zip(lines, ends, placed - wanted, moved, strict=True):
        colour = ink(line.get_color())
        leader = {"arrowstyle": "-", "color": colour, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 2}
        ax.annotate(
            line.get_label(),
            (x, y),
            xytext=(16 if moved.any() else 6, shift),
            textcoords="offset points",
            color=colour,
            va="center",
            fontsize=TEXT,
            arrowprops=leader if far else None,
        )


def from_zero(ax: Axes, fixed: bool = False) -> None:
    """Let the axis of values begin at 0 where that costs little room; where it does not, its label says so."""
    low, high = ax.get_ylim()
    if not fixed and 0 < low <= 0.6 * high:
        ax.set_ylim(0, high)
    elif low > 0 or high < 0:
        ax.set_ylabel(f"{ax.get_ylabel()}\n(the axis does not begin at 0)")


def pieces(x: np.ndarray, y: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Steps (x[k], x[k+1]) at height y[k], joined where they differ by less than ``least`` and apart where not."""
    xs, ys = [x[0]], [y[0]]
    for k in range(1, len(x) - 1):
        if abs(y[k] - y[k - 1]) >= least:
            xs, ys = [*xs, x[k], x[k], x[k]], [*ys, y[k - 1], np.nan, y[k]]
        else:
            xs, ys = [*xs, x[k], x[k]], [*ys, y[k - 1], y[k]]
    return np.array([*xs, x[-1]]), np.array([*ys, y[-1]])


def inches(ax: Axes) -> tuple[float, float]:
    """Width and height of the part of the figure that belongs to these axes, labels included."""
    figure: Any = ax.figure
    width, height = figure.get_size_inches()
    spec = ax.get_subplotspec()
    rows, columns = spec.get_gridspec().get_geometry() if spec is not None else (1, 1)
    return float(width / columns), float(height / rows)
