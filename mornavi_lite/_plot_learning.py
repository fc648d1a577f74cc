"""What a learner claims and what is true, from the first episode on. In ``plots``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import _checks
from ._plot_style import (
    COLOURS,
    GREY,
    SMALL,
    STYLES,
    axes_or_new,
    in_style,
    ink,
    label_line_ends,
    short,
    styles_for,
)
from .runs import History

EPISODES = "episode"


def value_bounds(
    history: History,
    player: int = 0,
    limit: float | None = None,
    ylim: tuple[float, float] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Optimistic, true and pessimistic value of each plan of a run, against the episode.

    Parameters
    ----------
    history : History
        The run.
    player : int
        Whose values, from 0 to m - 1.
    limit : float, optional
        A value to mark by a dotted line, such as that of an equilibrium of the known game, in units of reward.
    ylim : tuple of two floats, optional
        Range of values shown: fix it for the frames of a slider.
    title : str, optional
        Title of the figure.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        Three lines with a step at each new plan; what lies between the bounds is shaded.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, or there is no such player.

    Examples
    --------
    >>> from mornavi_lite import Mornavi, TotalVariation, plots, run, zoo
    >>> history = run(Mornavi(TotalVariation(0.1)), zoo.safe_or_risky(), n_episodes=1000)
    >>> high, true, low = (line.get_ydata() for line in plots.value_bounds(history).axes[0].lines)
    >>> bool(((low <= true) & (true <= high)).all())
    True
    """
    x = _first_episodes(history)
    player = _checks.integer("player", player, 0, history.value.shape[1] - 1)
    values = {"optimistic": history.upper, "true": history.value, "pessimistic": history.lower}
    steps = {label: _held(each[:, player]) for label, each in values.items()}
    with in_style():
        figure, ax = axes_or_new(ax, height=3.6)
        if limit is not None:
            ax.axhline(_checks.number("limit", limit, -np.inf), color=GREY, linestyle=(0, (1, 2)), linewidth=1.2)
        ax.fill_between(x, steps["pessimistic"], steps["optimistic"], step="post", color="#EFE6EC", linewidth=0)
        thin: dict[str, Any] = {"drawstyle": "steps-post", "linewidth": 1.8}
        lines = [ax.plot(x, y, label=label, **thin, **STYLES[label])[0] for label, y in steps.items()]
        ax.set(xscale="log", xlim=_log_range(x), xlabel=EPISODES, ylim=ylim)
        ax.set_ylabel(f"value of player {player + 1} at the start")
        ax.set_title(title or "")
        ax.grid(axis="y")
        label_line_ends(ax, lines)
        if limit is not None:  # the first line drawn, and the last of the list
            ax.lines[0].set_gid("limit")
    return figure


def certificate_and_gap(history: History, title: str | None = None, ax: Axes | None = None) -> Figure:
    """What each plan of a run was certified to be, the best certificate so far, and the true gap, on logarithmic axes.

    Parameters
    ----------
    history : History
        The run.
    title : str, optional
        Title of the figure.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        Three lines with a step at each new plan. Zeros, which have no logarithm, are drawn at the foot, labelled 0.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Examples
    --------
    >>> from mornavi_lite import Mornavi, TotalVariation, plots, run, zoo
    >>> history = run(Mornavi(TotalVariation(0.1)), zoo.safe_or_risky(), n_episodes=1000)
    >>> best, each, gap = (line.get_ydata() for line in plots.certificate_and_gap(history).axes[0].lines)
    >>> bool((gap <= each).all() and best[-1] == history.best_certificate)
    True
    """
    x = _first_episodes(history)
    best = np.minimum.accumulate(history.certificate)
    shown = np.concatenate([history.certificate, history.gap])
    foot = _foot(shown)
    looks: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
        "certificate,\nbest so far": (best, {"color": COLOURS["purple"], "linewidth": 3.2}),
        "of each plan": (history.certificate, {"color": "#444444", "linewidth": 0.8}),
        "true gap": (history.gap, {**STYLES["true"], "linewidth": 1.4}),
    }
    with in_style():
        figure, ax = axes_or_new(ax, height=3.8)
        ax.set(xscale="log", yscale="log", xlim=_log_range(x), xlabel=EPISODES, ylabel="units of reward")
        lines = []
        for label, (y, look) in looks.items():
            lines += ax.plot(x, np.maximum(_held(y), foot), label=label, drawstyle="steps-post", **look)
        ax.set_ylim(foot / 1.3, 1.6 * max(shown.max(), foot))
        _decades(ax, foot if (shown <= 0).any() else None)
        ax.set_title(title or "")
        ax.grid(axis="y")
        label_line_ends(ax, [lines[0], lines[2]])
        if history.n_plans > 1:  # or it is the best so far
            first = (float(x[0]), float(max(history.certificate[0], foot)))
            ax.annotate("of each plan", first, (6, 5), textcoords="offset points", color=ink(GREY), fontsize=SMALL)
    return figure


def certificates(
    histories: Mapping[str, History],
    goal: float | None = None,
    styles: dict[str, str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Best certificate so far of several runs, on logarithmic axes, each line labelled at its end.

    Parameters
    ----------
    histories : mapping of str to History
        The runs. A label of ``STYLES`` has its own colour.
    goal : float, optional
        A certificate to mark by a dotted line, in units of reward, positive.
    styles : dict of str to str, optional
        For a label that ``STYLES`` does not know: the name there whose style it takes.
    title : str, optional
        Title of the figure.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        A line for each run with a step wherever a plan was certified better than all before it. Zeros are drawn at
        the foot, labelled 0.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, or a style is unknown.

    Examples
    --------
    >>> from mornavi_lite import Mornavi, Nominal, TotalVariation, plots, run, zoo
    >>> runs = {}
    >>> for name, ball in {"TV": TotalVariation(0.1), "nominal": Nominal()}.items():
    ...     runs[name] = run(Mornavi(ball), zoo.safe_or_risky(), n_episodes=1000)
    >>> figure = plots.certificates(runs, goal=0.3)
    >>> [float(line.get_ydata()[-1]) == runs[line.get_label()].best_certificate for line in figure.axes[0].lines[:2]]
    [True, True]
    """
    steps = {label: _first_episodes(each, f"histories[{label!r}]") for label, each in _several(histories).items()}
    best = {label: _held(np.minimum.accumulate(each.certificate)) for label, each in histories.items()}
    chosen, shown = styles_for(steps, styles), np.concatenate(list(best.values()))
    foot = _foot(shown)
    with in_style():
        figure, ax = axes_or_new(ax, height=3.6)
        ax.set(xscale="log", yscale="log", xlabel=EPISODES, ylabel="certificate, best so far")
        lines = []
        for label, x in steps.items():
            lines += ax.plot(x, np.maximum(best[label], foot), label=label, drawstyle="steps-post", **chosen[label])
        ax.set_xlim(_log_range(np.concatenate(list(steps.values()))))
        ax.set_ylim(foot / 1.3, 1.6 * max(shown.max(), foot))
        _decades(ax, foot if (shown <= 0).any() else None)
        _mark_goal(ax, goal)
        ax.set_title(title or "")
        ax.grid(axis="y")
        label_line_ends(ax, lines)
    return figure


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
    steps = {label: _first_episodes(each, f"histories[{label!r}]") for label, each in _several(histories).items()}
    chosen = styles_for(steps)
    with in_style():
        figure, ax = axes_or_new(ax, height=3.6)
        ax.set(xscale="log", yscale="log", xlabel=EPISODES, ylabel="plans made")
        lines = []
        for label, x in steps.items():
            made = _held(np.arange(1, len(x)))
            lines += ax.plot(x, made, label=label, drawstyle="steps-post", **chosen[label])
        low, high = _log_range(np.concatenate(list(steps.values())))
        ax.set_xlim(low, high)
        if n_cells is not None:
            powers = 2.0 ** np.arange(int(np.log2(high)) + 1)  # integers would overflow where they have 32 bits
            ends = np.append(powers, high)
            bound = _checks.integer("n_cells", n_cells, 1) * (np.floor(np.log2(ends)) + 1) + 1
            look: dict[str, Any] = {"color": GREY, "linestyle": (0, (1, 2)), "linewidth": 1.4}
            lines += ax.plot(ends, bound, label="bound", drawstyle="steps-post", **look)
        ax.set_title(title or "")
        ax.grid(axis="y")
        label_line_ends(ax, lines)
    return figure


def _first_episodes(history: History, name: str = "history") -> np.ndarray:
    """First episode of each plan, counted from 1, and where the last one ends: an episode later, or it is not seen."""
    if not isinstance(history, History):
        raise TypeError(f"{name} must be a History, got {type(history).__name__}")
    starts = np.concatenate([[0], history.episode[:-1]]) + 1
    return np.append(starts, max(history.episode[-1], starts[-1] + 1))


def _held(values: np.ndarray) -> np.ndarray:
    """The values of the plans, the last one until the end."""
    return np.append(values, values[-1])


def _log_range(x: np.ndarray) -> tuple[float, float]:
    return 1.0, max(float(x.max()), 2.0)


def _foot(values: np.ndarray) -> float:
    """Where a logarithmic axis ends: at the least positive value, or a decade below if zeros have to be drawn."""
    least = float(values[values > 0].min()) if (values > 0).any() else 1.0
    return 10.0 ** (np.floor(np.log10(least)) - 1) if (values <= 0).any() else least


def _decades(ax: Axes, zero: float | None) -> None:
    """Labels 1, 0.1, 0.01, ... on a logarithmic axis, and 0 at the place ``zero`` where zeros are drawn."""
    low, high = np.log10(ax.get_ylim())
    ticks = [10.0**k for k in range(int(np.ceil(low)), int(np.floor(high)) + 1) if zero is None or 10.0**k > 2 * zero]
    names = [short(tick) for tick in ticks]
    ax.set_yticks(ticks if zero is None else [zero, *ticks], names if zero is None else ["0", *names])
    ax.minorticks_off()


def _several(histories: Mapping[str, History]) -> Mapping[str, History]:
    if not isinstance(histories, Mapping) or not histories:
        raise TypeError(f"histories must map labels to histories, got {histories!r}")
    return histories


def _mark_goal(ax: Axes, goal: float | None) -> None:
    """A dotted line across, with its number at the left."""
    if goal is None:
        return
    if _checks.number("goal", goal, 0.0) == 0:
        raise ValueError(f"goal must be positive, got {goal}")
    ax.axhline(goal, color=GREY, linestyle=(0, (1, 2)), linewidth=1.2, gid="goal")
    ax.annotate(
        short(goal), (0, goal), (4, 3), ax.get_yaxis_transform(), "offset points", color=ink(GREY), fontsize=SMALL
    )
