"""Regret and certificates of many runs against the episode, with bands over seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from .. import checks
from ..runs import History
from .arguments import limits, listed, told
from .style import GREY, SMALL, axes_or_new, in_style, inches, ink, label_line_ends, short, styles_for

_POINTS_PER_DECADE = 8
_WHAT = {"regret": "regret", "certificate": "certificate, best so far"}

Runs = History | Sequence[History]


def learning_curves(
    runs: Mapping[str, Runs],
    of: str = "regret",
    first: int = 100,
    laws: Mapping[str, Callable[[np.ndarray], Any]] | None = None,
    levels: Sequence[float] = (),
    styles: dict[str, str] | None = None,
    band: tuple[float, float] = (10, 90),
    ylim: tuple[float, float] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Regret, or the best certificate so far, of several runs against the episode, on logarithmic axes.

    Parameters
    ----------
    runs : mapping of str to History or sequence of History
        For each label one run, or one run per seed: then the line is their median, in a band. A label of ``STYLES``
        has its own colour.
    of : {"regret", "certificate"}
        Sum of the gaps so far, or smallest certificate so far; both in units of reward.
    first : int
        First episode shown, at least 1 and less than that of the end of any run.
    laws : mapping of str to callable, optional
        Functions of the number of episodes to compare with, such as ``{"√K": np.sqrt}``: thin grey lines.
    levels : sequence of float
        Heights to mark by dotted lines with their numbers, positive.
    styles : dict of str to str, optional
        For a label that ``STYLES`` does not know: the name there whose style it takes.
    band : tuple of two floats
        Percentiles over the seeds between which the band lies, in [0, 100].
    ylim : tuple of two floats, optional
        Range of values shown: fix it for the frames of a slider. Default: that of the runs.
    title : str, optional
        Title of the figure.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        A line for each label and each law, labelled at its end. Zeros, which have no logarithm, are left out.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, a run is too short, or all values of a line are 0.

    Examples
    --------
    >>> from mornavi_lite import Mornavi, TotalVariation, plots, run, zoo
    >>> seeds = [run(Mornavi(TotalVariation(0.1)), zoo.traffic_merge(), 10**4, seed=seed) for seed in range(3)]
    >>> figure = plots.learning_curves({"TV": seeds}, laws={"√K": lambda k: k**0.5})
    >>> line = figure.axes[0].lines[0]
    >>> float(line.get_ydata()[-1]) == sorted(float(each.regret[-1]) for each in seeds)[1]
    True
    """
    told(title=title, laws=laws)
    ends = limits("ylim", ylim, positive=True)
    checks.one_of("of", of, tuple(_WHAT))
    start = checks.integer("first", first, 1)
    low, high = _percentages(band)
    marks = [checks.number(f"levels[{k}]", y, np.nextafter(0, 1)) for k, y in enumerate(listed("levels", levels))]
    curves = {label: _percentiles(label, each, of, start, (low, 50.0, high)) for label, each in _named(runs).items()}
    chosen = styles_for(curves, styles)
    with in_style():
        figure, ax = axes_or_new(ax, height=3.8)
        ax.set(xscale="log", yscale="log", xlabel="episode", ylabel=_WHAT[of])
        lines = []
        for label, (x, (below, middle, above)) in curves.items():
            if (above > below).any():
                shade = {"color": chosen[label]["color"], "alpha": 0.2, "linewidth": 0}
                ax.fill_between(x, np.maximum(below, 1e-30), above, **shade)
            lines += ax.plot(x, np.where(middle > 0, middle, np.nan), label=label, **chosen[label])
        ax.set_xlim(start, max(float(x[-1]) for x, _ in curves.values()))
        ax.set_ylim(_range([y for _, y in curves.values()]) if ends is None else ends)
        lines += _draw_laws(ax, laws or {})
        for level in marks:
            _mark_level(ax, level)
        _mark_decades(ax)
        ax.set_title(title or "")
        ax.grid(axis="y")
        label_line_ends(ax, lines)
    return figure


def smallest_certificates(history: History, episodes: np.ndarray) -> np.ndarray:
    """Smallest certificate of all plans made in the first so many episodes, for each entry of ``episodes`` >= 1."""
    best = np.minimum.accumulate(history.certificate)
    made = np.concatenate([[0], history.episode[:-1]])  # episodes before each plan
    return np.asarray(best[np.searchsorted(made, episodes, side="right") - 1])


def _named(runs: Mapping[str, Runs]) -> dict[str, list[History]]:
    if not isinstance(runs, Mapping) or not runs:
        raise TypeError(f"runs must map labels to histories, got {checks.brief(runs)}")
    named = {}
    for label, each in runs.items():
        several = [each] if isinstance(each, History) else listed(f"runs[{label!r}]", each)
        if not several or not all(isinstance(one, History) for one in several):
            raise TypeError(f"runs[{label!r}] must be a History or several, got {checks.brief(each)}")
        named[label] = several
    return named


def _percentages(band: Any) -> tuple[float, float]:
    pair = [checks.number(f"band[{k}]", each, 0.0, 100.0) for k, each in enumerate(listed("band", band))]
    if len(pair) != 2 or pair[0] > pair[1]:
        raise ValueError(f"band must be two percentiles, the lower one first, got {checks.brief(band)}")
    return pair[0], pair[1]


def _percentiles(
    label: str, histories: list[History], of: str, first: int, wanted: tuple[float, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Episodes (n,) in even steps of their logarithm, and percentiles (len(wanted), n) over the runs."""
    last = min(int(each.episode[-1]) for each in histories)
    if last <= first:
        raise ValueError(f"runs[{label!r}] must be longer than first = {first} episodes, got {last}")
    n_points = int(np.ceil(np.log10(last / first) * _POINTS_PER_DECADE)) + 1
    episodes = np.unique(np.rint(np.geomspace(first, last, n_points)).astype(np.int64))
    episodes[-1] = last
    if of == "regret":
        if not all(each.judged for each in histories):
            raise ValueError(f"runs[{label!r}] has no regret, as its game is not known; of='certificate' can be drawn")
        values = np.stack([each.regret_at(episodes) for each in histories])
    else:
        values = np.stack([smallest_certificates(each, episodes) for each in histories])
    curves = np.percentile(values, wanted, axis=0)
    if not (curves[1] > 0).any():
        raise ValueError(f"runs[{label!r}] is 0 throughout, which a logarithmic axis cannot show")
    return episodes, curves


def _range(curves: list[np.ndarray]) -> tuple[float, float]:
    """What the lines and bands need, a little wider."""
    middle = np.concatenate([each[1] for each in curves])
    top = max(float(each.max()) for each in curves)
    return float(middle[middle > 0].min()) / 2, top * 2


def _draw_laws(ax: Axes, laws: Mapping[str, Callable[[np.ndarray], Any]]) -> list[Any]:
    """Thin grey lines, as far as they are inside the axes."""
    x = np.geomspace(*ax.get_xlim(), 200)
    low, high = ax.get_ylim()
    lines = []
    for label, law in laws.items():
        if not callable(law):
            raise TypeError(f"laws[{label!r}] must be a function of the number of episodes, got {checks.shown(law)}")
        y = checks.finite_array(f"laws[{label!r}]", law(x), ndim=1)
        checks.has_shape(f"laws[{label!r}]", y, x.shape, "of episodes")
        inside = (y >= low) & (y <= high)
        if not inside.any():
            raise ValueError(f"laws[{label!r}] lies outside the range of values shown, {low:.3g} to {high:.3g}")
        look: dict[str, Any] = {"color": GREY, "linestyle": (0, (1, 1.5)), "linewidth": 1.4, "zorder": 1.5}
        lines += ax.plot(x, np.where(inside, y, np.nan), label=label, **look)
    return lines


def _mark_level(ax: Axes, level: float) -> None:
    """A dotted line across, with its number above its right end, in a white rim where a curve passes behind it."""
    ax.axhline(level, color=GREY, linestyle=(0, (1, 2)), linewidth=1.2, zorder=1, gid="level")
    place, across = (1.0, level), ax.get_yaxis_transform()
    rim = [withStroke(linewidth=3, foreground="white")]
    look: dict[str, Any] = {"color": ink(GREY), "fontsize": SMALL, "ha": "right", "path_effects": rim, "zorder": 5}
    ax.annotate(short(level), place, (-4, 3), across, "offset points", **look)


def _mark_decades(ax: Axes) -> None:
    """Ticks at powers of ten, at as many as there is room for, and none between."""
    first, last = np.log10(ax.get_xlim())
    room = 0.7 * inches(ax)[0] / 0.5  # a number takes half an inch
    step = next(step for step in (1, 2, 3, 4, 6, 12) if (last - first) / step + 1 <= room or step == 12)
    ax.set_xticks(10.0 ** np.arange(np.ceil(first - 1e-9), last + 1e-9, step))
    ax.minorticks_off()
