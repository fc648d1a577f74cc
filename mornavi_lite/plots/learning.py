"""What a learner claims and what is true, from the first episode on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import checks
from ..runs import History
from .arguments import limits, told
from .episode_axis import EPISODES, decades, first_episodes, foot_of, held, log_range, several
from .style import COLOURS, GREY, SMALL, STYLES, axes_or_new, in_style, ink, label_line_ends, pieces, short, styles_for


def value_bounds(
    history: History,
    player: int = 0,
    limit: float | None = None,
    ylim: tuple[float, float] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Optimistic, true and pessimistic value of each plan of a run, against the episode.

    What is true is not known of an environment (``history.judged``), and then not drawn.

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
        Lines of a piece for each plan, apart where they jump; what lies between the bounds is shaded.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, or there is no such player.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import Mornavi, TotalVariation, plots, run, zoo
    >>> history = run(Mornavi(TotalVariation(0.1)), zoo.safe_or_risky(), n_episodes=1000)
    >>> true = plots.value_bounds(history).axes[0].lines[1].get_ydata()
    >>> sorted(set(true[~np.isnan(true)].tolist())) == sorted(set(history.value[:, 0].tolist()))
    True
    """
    told(title=title)
    ends = limits("ylim", ylim)
    x = first_episodes(history)
    player = checks.integer("player", player, 0, history.value.shape[1] - 1)
    true = {"true": history.value} if history.judged else {}
    values = {"optimistic": history.upper, **true, "pessimistic": history.lower}
    steps = {label: held(each[:, player]) for label, each in values.items()}
    with in_style():
        figure, ax = axes_or_new(ax, height=3.6)
        if limit is not None:
            ax.axhline(checks.number("limit", limit, -np.inf), color=GREY, linestyle=(0, (1, 2)), linewidth=1.2)
        ax.fill_between(x, steps["pessimistic"], steps["optimistic"], step="post", color="#EFE6EC", linewidth=0)
        tall, lines = 0.03 * float(np.ptp(steps["optimistic"])), []
        for label, y in steps.items():
            lines += ax.plot(*pieces(x, y, tall), label=label, linewidth=2.0, **STYLES[label])
        ax.set(xscale="log", xlim=log_range(x), xlabel=EPISODES, ylim=ends)
        ax.set_ylabel(f"value of player {player + 1} at the start")
        ax.set_title(title or "")
        ax.grid(axis="y")
        label_line_ends(ax, lines)
        if limit is not None:  # the first line drawn, and the last of the list
            ax.lines[0].set_gid("limit")
    return figure


def certificate_and_gap(history: History, title: str | None = None, ax: Axes | None = None) -> Figure:
    """What each plan of a run was certified to be, the best certificate so far, and the true gap, on logarithmic axes.

    The gap is not known where the game is not (``history.judged``), and then not drawn.

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
        Lines with a step at each new plan; the true gap in pieces where it jumps by a factor of two. Zeros,
        which have no logarithm, are drawn at the foot, below a break of the axis, labelled 0.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Examples
    --------
    >>> from mornavi_lite import Mornavi, TotalVariation, plots, run, zoo
    >>> history = run(Mornavi(TotalVariation(0.1)), zoo.safe_or_risky(), n_episodes=1000)
    >>> best, each, gap = plots.certificate_and_gap(history).axes[0].lines[:3]
    >>> bool(best.get_ydata()[-1] == history.best_certificate)
    True
    """
    told(title=title)
    x = first_episodes(history)
    best = np.minimum.accumulate(history.certificate)
    gap = {"true gap": (history.gap, {**STYLES["true"], "linewidth": 2.2})} if history.judged else {}
    shown = np.concatenate([history.certificate, *(y for y, _ in gap.values())])
    foot = foot_of(shown)
    looks: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
        "certificate,\nbest so far": (best, {"color": COLOURS["purple"], "linewidth": 3.2}),
        "of each plan": (history.certificate, {"color": "#444444", "linewidth": 0.8}),
        **gap,
    }
    with in_style():
        figure, ax = axes_or_new(ax, height=3.8)
        ax.set(xscale="log", yscale="log", xlim=log_range(x), xlabel=EPISODES, ylabel="units of reward")
        lines = []
        for label, (y, look) in looks.items():
            drawn = np.maximum(held(y), foot)
            if label == "true gap":
                at, logs = pieces(x, np.log10(drawn), np.log10(2))
                lines += ax.plot(at, 10**logs, label=label, **look)
            else:
                lines += ax.plot(x, drawn, label=label, drawstyle="steps-post", **look)
        ax.set_ylim(foot / 1.3, 1.6 * max(shown.max(), foot))
        decades(ax, foot if (shown <= 0).any() else None)
        ax.set_title(title or "")
        ax.grid(axis="y")
        label_line_ends(ax, lines[::2])
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
    told(title=title)
    steps = {label: first_episodes(each, f"histories[{label!r}]") for label, each in several(histories).items()}
    best = {label: held(np.minimum.accumulate(each.certificate)) for label, each in histories.items()}
    chosen, shown = styles_for(steps, styles), np.concatenate(list(best.values()))
    foot = foot_of(shown)
    with in_style():
        figure, ax = axes_or_new(ax, height=3.6)
        ax.set(xscale="log", yscale="log", xlabel=EPISODES, ylabel="certificate, best so far")
        lines = []
        for label, x in steps.items():
            lines += ax.plot(x, np.maximum(best[label], foot), label=label, drawstyle="steps-post", **chosen[label])
        ax.set_xlim(log_range(np.concatenate(list(steps.values()))))
        ax.set_ylim(foot / 1.3, 1.6 * max(shown.max(), foot))
        decades(ax, foot if (shown <= 0).any() else None)
        _mark_goal(ax, goal)
        ax.set_title(title or "")
        ax.grid(axis="y")
        label_line_ends(ax, lines)
    return figure


def _mark_goal(ax: Axes, goal: float | None) -> None:
    """A dotted line across, with its number at the left."""
    if goal is None:
        return
    if checks.number("goal", goal, 0.0) == 0:
        raise ValueError(f"goal must be positive, got {goal}")
    ax.axhline(goal, color=GREY, linestyle=(0, (1, 2)), linewidth=1.2, gid="goal")
    ax.annotate(
        short(goal), (0, goal), (4, 3), ax.get_yaxis_transform(), "offset points", color=ink(GREY), fontsize=SMALL
    )
