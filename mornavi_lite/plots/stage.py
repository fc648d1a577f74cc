"""Stage games of two players: payoffs as text, and the regions of the plane that CE and CCE reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from .. import checks
from .arguments import listed, told
from .labels import name_points
from .policy import aligned
from .style import COLOURS, GREY, axes_or_new, in_style, ink, short


def payoff_table(
    payoffs: Any, action_names: Sequence[Sequence[str]] | None = None, n_actions: Sequence[int] | None = None
) -> str:
    """A stage game of two players as a table to print: player 1 chooses the row, player 2 the column.

    Parameters
    ----------
    payoffs : array_like, shape (2, A) or (2, n1, n2)
        Payoff of each player for each joint action.
    action_names : sequence of two sequences of str, optional
        Names of the actions of each player. Default: "0", "1", ...
    n_actions : sequence of two int, optional
        Number of actions of each player; needed if ``payoffs`` has two axes and there are no names.

    Returns
    -------
    str
        In each cell the payoff of player 1, a comma, and that of player 2, to three digits.

    Raises
    ------
    ValueError, TypeError
        If the payoffs are not those of two players, or the names do not fit.

    Examples
    --------
    >>> from mornavi_lite import plots
    >>> chicken = [[[6, 2], [7, 0]], [[6, 7], [2, 0]]]
    >>> print(plots.payoff_table(chicken, [["swerve", "straight"]] * 2))
              swerve  straight
    swerve      6, 6      2, 7
    straight    7, 2      0, 0
    """
    table = checks.finite_array("payoffs", payoffs)
    if table.ndim not in (2, 3) or len(table) != 2:
        raise ValueError(f"payoffs must be those of two players, shape (2, A) or (2, n1, n2), got shape {table.shape}")
    given = None
    if action_names is not None:
        given = [listed(f"action_names[{k}]", each) for k, each in enumerate(listed("action_names", action_names))]
    if n_actions is None and table.ndim == 3:
        n_actions = table.shape[1:]
    elif n_actions is None and given is not None:
        n_actions = [len(each) for each in given]
    elif n_actions is None:
        raise ValueError(f"n_actions is needed for payoffs of shape {table.shape} without action_names")
    counts = _two_players(n_actions)
    if table.shape not in ((2, *counts), (2, counts[0] * counts[1])):
        raise ValueError(f"payoffs must have shape {(2, *counts)} or {(2, counts[0] * counts[1])}, got {table.shape}")
    table = table.reshape(2, *counts)
    names = [[str(a) for a in range(n)] for n in counts]
    if given is not None:
        if [len(each) for each in given] != list(counts):
            got = checks.brief(action_names)
            raise ValueError(f"action_names must have {counts[0]} and {counts[1]} names, got {got}")
        names = [[str(word) for word in each] for each in given]
    cells = [[f"{short(x)}, {short(y)}" for x, y in zip(*rows, strict=True)] for rows in zip(*table, strict=True)]
    rows = [["", *names[1]], *([name, *row] for name, row in zip(names[0], cells, strict=True))]
    return aligned(rows, right=range(1, counts[1] + 1))


def payoff_region(
    payoffs: Any,
    n_actions: Sequence[int],
    points: Mapping[str, Any] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Payoffs that joint policies of a two-player stage game reach: all of them, CCE, and CE; and named ones.

    Parameters
    ----------
    payoffs : array_like, shape (2, A)
        Payoff of each player for each joint action.
    n_actions : sequence of two int
        Number of actions of each player.
    points : mapping of str to array_like of shape (A,), optional
        Joint policies to mark, by name.
    title : str, optional
        Title of the figure.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        Polygons inside each other: payoffs of all joint policies, of coarse correlated equilibria, of correlated
        equilibria; one polygon for the last two where they are the same.

    Raises
    ------
    ValueError, TypeError
        If there are not two players, or a point is not a joint policy.
    ImportError
        If SciPy is missing: its linear programs find the corners.

    Examples
    --------
    >>> from mornavi_lite import plots
    >>> chicken = [[6, 2, 7, 0], [6, 7, 2, 0]]
    >>> figure = plots.payoff_region(chicken, (2, 2), {"fair coin": [0, 0.5, 0.5, 0]})
    >>> plots.payoff_corners(chicken, (2, 2), "ce").max(axis=0).round(6).tolist()
    [7.0, 7.0]
    """
    told(title=title, points=points)
    counts = _two_players(n_actions)
    table = _stage(payoffs, counts)
    marks = {}
    for name, policy in (points or {}).items():
        marks[name] = checks.probability_rows(f"points[{name!r}]", policy, ndim=1)
        checks.has_shape(f"points[{name!r}]", marks[name], table.shape[1:], "(A,)")
    regions = {concept: payoff_corners(table, counts, concept) for concept in ("all", "cce", "ce")}
    with in_style():
        figure, ax = axes_or_new(ax, height=4.6)
        one = len(regions["cce"]) == len(regions["ce"]) and np.abs(regions["cce"] - regions["ce"]).max() < 1e-6
        for concept, (label, look) in _LOOKS.items():
            region = regions[concept]
            if one and concept == "cce":  # it would lie under the other
                continue
            label = "CE and CCE: one region" if one and concept == "ce" else label
            ax.add_patch(Polygon(region, label=label, gid=concept, linewidth=1.6, **look))
            if len(region) < 3:  # a point or a line, which a polygon does not show
                ax.plot(*region.T, "o-", color=look["edgecolor"], markersize=11, markerfacecolor=look["facecolor"])
        ax.plot(*table, "o", color=GREY, markersize=4, gid="pure")
        _mark(ax, table, marks)
        ax.set(xlabel="payoff of player 1", ylabel="payoff of player 2")
        ax.set_title(title or "", pad=26)
        ax.legend(
            loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2, handlelength=1.2, columnspacing=1
        )
    return figure


_LOOKS: dict[str, tuple[str, dict[str, Any]]] = {
    "all": ("all joint policies", {"facecolor": "#F2F2F2", "edgecolor": GREY, "linestyle": ":"}),
    "cce": ("CCE", {"facecolor": "#EFDCE8", "edgecolor": ink(COLOURS["purple"]), "linestyle": "--"}),
    "ce": ("CE", {"facecolor": "#FBDDA0", "edgecolor": ink(COLOURS["orange"]), "linestyle": "-"}),
}


def payoff_corners(payoffs: Any, n_actions: Sequence[int], concept: str) -> np.ndarray:
    """Corners of the region of payoffs that the joint policies of a concept reach, anticlockwise.

    Parameters
    ----------
    payoffs : array_like, shape (2, A)
        Payoff of each player for each joint action.
    n_actions : sequence of two int
        Number of actions of each player.
    concept : {"all", "cce", "ce"}
        All joint policies, coarse correlated equilibria, or correlated equilibria.

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        The corners; one or two if the region is a point or a line.

    Raises
    ------
    ValueError, TypeError
        If there are not two players, or there is no such concept.

    Notes
    -----
    The furthest point in some direction is a corner. Between two neighbours the direction to look in is square to the
    line that joins them; where nothing lies further out, that line is a side.

    Examples
    --------
    >>> from mornavi_lite import plots
    >>> plots.payoff_corners([[3, 0, 5, 1], [3, 5, 0, 1]], (2, 2), "ce").tolist()  # the prisoners' dilemma
    [[1.0, 1.0]]
    """
    counts = _two_players(n_actions)
    table = _stage(payoffs, counts)
    checks.one_of("concept", concept, ("all", "cce", "ce"))
    if concept == "all":
        return _corners(lambda direction: table[:, int(np.argmax(direction @ table))])
    return _corners(_furthest(table, deviation_rows(table, counts, concept)))


def deviation_rows(payoffs: np.ndarray, n_actions: tuple[int, int], concept: str) -> np.ndarray:
    """Rows (k, A) such that a joint policy is an equilibrium of the concept where rows @ policy <= 0."""
    rows = []
    for player, own in enumerate(n_actions):
        table = np.moveaxis(payoffs[player].reshape(n_actions), player, 0)  # own action first
        for other in range(own):
            gain = table[other] - table
            if concept == "cce":
                rows.append(np.moveaxis(gain, 0, player).ravel())
                continue
            for heard in range(own):
                if heard != other:
                    only = np.zeros_like(gain)
                    only[heard] = gain[heard]
                    rows.append(np.moveaxis(only, 0, player).ravel())
    return np.array(rows).reshape(-1, payoffs.shape[1])


def _furthest(payoffs: np.ndarray, rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The function that finds the furthest payoffs in a direction, by a linear program."""
    try:
        from scipy.optimize import linprog
    except ImportError as error:
        raise ImportError("payoff_region needs SciPy: pip install 'mornavi-lite[science]'") from error
    ones = np.ones((1, payoffs.shape[1]))

    def furthest(direction: np.ndarray) -> np.ndarray:
        """The pair of payoffs that lies furthest in this direction."""
        found = linprog(-direction @ payoffs, A_ub=rows, b_ub=np.zeros(len(rows)), A_eq=ones, b_eq=[1.0])
        return np.asarray(np.round(payoffs @ found.x, 9) + 0.0)

    return furthest


def _corners(furthest: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """All corners of a convex region of the plane, given its furthest point in any direction."""
    corners = [furthest(np.array(d)) for d in ((1.0, 1e-4), (-1.0, -1e-4))]
    size = 1.0 + np.abs(corners).max()
    k = 0
    while k < len(corners):
        start, end = corners[k], corners[(k + 1) % len(corners)]
        along = end - start if np.abs(end - start).max() > 1e-8 * size else np.array([1.0, 0.0])
        outward = np.array([along[1], -along[0]]) / np.hypot(*along)
        found = furthest(outward)
        if outward @ (found - start) > 1e-7 * size:
            corners.insert(k + 1, found)
        else:
            k += 1
    distinct = [c for i, c in enumerate(corners) if all(np.abs(c - d).max() > 1e-8 * size for d in corners[:i])]
    return np.array(distinct)


def _mark(ax: Axes, payoffs: np.ndarray, policies: Mapping[str, np.ndarray]) -> None:
    """Points with their names beside them."""
    together = _together(payoffs, policies)
    for (name, (x, y)), marker in zip(together, "DsP^v*X" * 9, strict=False):
        size = {"P": 10, "*": 14}.get(marker, 8)  # these two have little ink
        ax.plot(x, y, marker, color="black", markersize=size, markeredgecolor="white", gid=f"point {name}", zorder=4)
    ax.autoscale_view()
    ax.margins(0.14)
    if together:
        left, right = ax.get_xlim()
        ax.set_xlim(left, right + 0.2 * (right - left))  # room for names, which are written from left to right
        names, points = zip(*together, strict=True)
        name_points(ax, names, np.array(points), payoffs.mean(axis=1))


def _together(payoffs: np.ndarray, policies: Mapping[str, np.ndarray]) -> list[tuple[str, np.ndarray]]:
    """Payoffs of the named policies; names of the same payoffs are one, such as "CE, CCE"."""
    named: dict[tuple[float, ...], list[str]] = {}
    for name, policy in policies.items():
        named.setdefault(tuple(np.round(payoffs @ policy, 6) + 0.0), []).append(name)
    return [(", ".join(names), payoffs @ policies[names[0]]) for names in named.values()]


def _two_players(n_actions: Any) -> tuple[int, int]:
    counts = checks.action_counts(n_actions)
    if len(counts) != 2:
        raise ValueError(f"n_actions must be those of two players, got {counts}")
    return counts[0], counts[1]


def _stage(payoffs: Any, counts: tuple[int, int]) -> np.ndarray:
    table = checks.finite_array("payoffs", payoffs)
    checks.has_shape("payoffs", table, (2, counts[0] * counts[1]), "(2, A)")
    return table
