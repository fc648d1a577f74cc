"""Drawings of ideas: boxes and arrows, in inches from the lower left corner of the figure."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from .. import checks
from ..games import MarkovGame
from ..planning import solve
from ..planning.backup import backups
from ..uncertainty import UncertaintySet, sets_per_player
from .arguments import told
from .style import COLOURS, GREY, SMALL, STYLES, TEXT, WIDTH, in_style, ink, panels, short

HOPE, FEAR = ink(STYLES["optimistic"]["color"]), ink(COLOURS["vermillion"])


def learner_loop() -> Figure:
    """One round of MORNAVI: counts, hope, fear, equilibrium, plan, episodes, counts; and where the certificate leaves.

    Returns
    -------
    matplotlib.figure.Figure
        Six boxes in a ring, read clockwise from the top left, with the way out in the middle.

    Examples
    --------
    >>> from mornavi_lite import plots
    >>> words = [text.get_text() for text in plots.learner_loop().axes[0].texts]
    >>> [word for word in words if word.startswith(("hope", "fear"))]
    ['hope: the best kernel\\nthat the counts allow', 'fear: the worst case\\nin the ball around it']
    """
    steps = [
        (1.3, 3.6, "counts\nof all episodes so far", GREY),
        (4.3, 3.6, "hope: the best kernel\nthat the counts allow", HOPE),
        (4.3, 2.1, "fear: the worst case\nin the ball around it", FEAR),
        (4.3, 0.6, "an equilibrium of these\npayoffs, at each step\nand state: the plan", COLOURS["blue"]),
        (1.3, 0.6, "play the plan for\nsome episodes", GREY),
    ]
    with in_style():
        figure, ax = _paper(4.2)
        for x, y, text, colour in steps:
            _box(ax, x, y, 2.3, 0.9, text, colour)
        way_out = "certificate: hope less the\nmost pessimistic value;\nsmall enough? stop"
        _box(ax, 1.45, 2.1, 2.0, 0.9, way_out, "black", dashed=True)
        _arrow(ax, (2.45, 3.6), (3.15, 3.6))
        _arrow(ax, (4.3, 3.15), (4.3, 2.55))
        _arrow(ax, (4.3, 1.65), (4.3, 1.05))
        _arrow(ax, (3.15, 0.75), (2.45, 0.75))
        _arrow(ax, (3.15, 0.95), (2.45, 1.75), dashed=True)
        _arrow(ax, (0.28, 1.05), (0.28, 3.15))
        _say(ax, 0.36, 2.85, "add them to the counts", left=True)
    return figure


def who_knows_when() -> Figure:
    """What a player knows when it decides to deviate, on a time line, for a CCE, a CE and a Nash equilibrium.

    Returns
    -------
    matplotlib.figure.Figure
        A line for each concept with the moments of one stage in order, that of the decision filled.

    Examples
    --------
    >>> from mornavi_lite import plots
    >>> words = [text.get_text() for text in plots.who_knows_when().axes[0].texts]
    >>> words.count("stay in\\nor leave?"), words.count("sealed\\nenvelope")
    (3, 2)
    """
    decide = "stay in\nor leave?"
    lines = {
        "CCE": [decide, "sealed\nenvelope", "opened,\nobeyed", "all play"],
        "CE": ["sealed\nenvelope", "opened:\nmy part", decide, "all play"],
        "Nash": ["no envelope", decide, "each draws\nalone", "all play"],
    }
    knows = {"CCE": "knows nothing yet", "CE": "knows its own part", "Nash": "knows no draw"}
    with in_style():
        figure, ax = _paper(3.9)
        for row, (concept, moments) in enumerate(lines.items()):
            y = 3.25 - 1.2 * row
            ax.text(0.05, y, concept, fontsize=TEXT + 1.5, va="center", weight="bold")
            _arrow(ax, (0.75, y), (5.5, y), behind=True)
            for column, words in enumerate(moments):
                x, chosen = 1.3 + 1.2 * column, words == decide
                _box(ax, x, y, 1.02, 0.56, words, COLOURS["blue"] if chosen else GREY, filled=chosen)
                if chosen:
                    _say(ax, x, y - 0.43, knows[concept], colour=ink(COLOURS["blue"]))
        _say(ax, 5.5, 0.1, "time", right=True)
    return figure


def two_worlds(better: float = 0.9, worse: float = 0.4) -> Figure:
    """Two games that no training tells apart: ``support_shift`` with either action as the better way back.

    Parameters
    ----------
    better, worse : float
        Probability that the better and the worse action lead from the bad state back to the good one, in [0, 1].

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each world, with the steps from left to right. Practice sees the framed row, and nothing else.

    Raises
    ------
    ValueError, TypeError
        If a number is not in [0, 1].

    Examples
    --------
    >>> from mornavi_lite import plots
    >>> words = [text.get_text() for text in plots.two_worlds(0.8, 0.3).axes[0].texts]
    >>> [word for word in words if word.startswith(("left", "right"))]
    ['left: 0.8', 'right: 0.3', 'left: 0.3', 'right: 0.8']
    """
    back = [short(checks.number(name, x, 0.0, 1.0)) for name, x in (("better", better), ("worse", worse))]
    with in_style():
        figure, ax = _paper(5.0)
        for theta, (low, ways) in enumerate(((2.75, back), (0.3, back[::-1]))):
            _say(ax, 0.05, low + 2.0, f"world {theta}", left=True, colour="black")
            _world(ax, low, *ways)
        for step, x in enumerate(_STEPS):
            _say(ax, x, 0.08, f"step {step}")
    return figure


#: Where the steps of :func:`two_worlds` stand.
_STEPS = (1.0, 2.8, 4.6)


def _world(ax: Axes, low: float, left: str, right: str) -> None:
    """The good state at three steps, the bad one at the second, and the ways there and back."""
    good, bad = low + 1.45, low + 0.3
    frame: dict[str, Any] = {
        "boxstyle": "round,pad=0,rounding_size=0.1",
        "facecolor": "#EEF4F8",
        "edgecolor": COLOURS["blue"],
    }
    ax.add_patch(FancyBboxPatch((0.45, good - 0.3), 4.7, 0.6, linewidth=1.5, **frame))
    _say(ax, 5.15, good + 0.42, "all that practice shows", right=True, colour=ink(COLOURS["blue"]))
    for x in _STEPS:
        _box(ax, x, good, 0.8, 0.4, "good: 1", "black")
    for x in _STEPS[1:]:
        _arrow(ax, (x - 1.4, good), (x - 0.4, good))
    _box(ax, _STEPS[1], bad, 0.8, 0.4, "bad: 0", GREY)
    _arrow(ax, (1.2, good - 0.2), (2.4, bad + 0.1), dashed=True)
    _say(ax, 1.5, bad + 0.35, "adversary", colour=FEAR)
    for start, end, bend in (((2.95, bad + 0.2), (4.3, good - 0.2), -0.2), ((3.2, bad), (4.75, good - 0.2), 0.25)):
        _arrow(ax, start, end, bend=bend)
    _say(ax, 3.3, bad + 0.74, f"left: {left}", right=True)
    _say(ax, 4.45, bad + 0.15, f"right: {right}", left=True)


def backward_ladder(
    game: MarkovGame, uncertainty: UncertaintySet, state: int, concept: str = "cce", decimals: int = 2
) -> Figure:
    """Backward induction in one state: a rung for each step, from the last on top to the first.

    Parameters
    ----------
    game : MarkovGame
        A game with at most six joint actions and six steps, or the rungs get crowded.
    uncertainty : UncertaintySet, or one per player
        What each player fears.
    state : int
        Whose stage games are shown.
    concept : {"cce", "ce", "nash"}
        Which equilibria are taken.
    decimals : int
        Digits of the payoffs.

    Returns
    -------
    matplotlib.figure.Figure
        On each rung the payoffs of the joint actions, in bold those that the equilibrium plays, and the values, which
        go down to the next rung.

    Raises
    ------
    ValueError, TypeError
        If there is no such state, or the game is too large.

    Examples
    --------
    >>> from mornavi_lite import TotalVariation, plots, zoo
    >>> figure = plots.backward_ladder(zoo.intersection(), TotalVariation(0.1), state=0)
    >>> [text.get_text() for text in figure.axes[0].texts if text.get_text().startswith("values")]
    ['values 0.50, 0.50', 'values 1.30, 0.90', 'values 2.02, 1.62', 'values 2.67, 2.27']
    """
    told(game=game)
    digits = checks.integer("decimals", decimals, 0, 15)
    where = checks.integer("state", state, 0, game.n_states - 1)
    names = [game.joint_action_name(a) for a in range(game.n_joint_actions)]
    if len(names) > 6 or game.horizon > 6:
        raise ValueError(f"game must have at most 6 joint actions and 6 steps, got {len(names)} and {game.horizon}")
    policy, value, _ = solve(game, uncertainty, concept)
    sets = sets_per_player(uncertainty, game.n_players)
    rung, gap = 0.3 + 0.2 * len(names), 0.5
    with in_style():
        figure, ax = _paper(0.55 + game.horizon * (rung + gap))
        top = ax.get_ylim()[1]
        _say(ax, 1.9, top - 0.15, "after the last step nothing follows: every value is 0")
        for k, h in enumerate(reversed(range(game.horizon))):
            low = top - 0.4 - gap - k * (rung + gap) - rung + 0.2
            pays = backups(game, sets, h, value[:, h + 1])[where]
            _rung(ax, low, rung, f"step {h}", names, pays, policy[h, where], digits)
            _arrow(ax, (1.9, low + rung + gap - 0.03), (1.9, low + rung + 0.03))
            _say(ax, 2.0, low + rung + gap / 2, "worst case over what follows, plus the reward now", left=True)
            text = ", ".join(f"{v:.{digits}f}" for v in value[:, h, where])
            ax.text(4.2, low + rung / 2, f"values {text}", va="center", fontsize=TEXT)
            _arrow(ax, (3.85, low + rung / 2), (4.15, low + rung / 2))
    return figure


def _rung(
    ax: Axes, low: float, height: float, title: str, names: list[str], pays: np.ndarray, played: np.ndarray, digits: int
) -> None:
    """The stage game of one step, with the joint actions that are played in bold."""
    _box(ax, 2.3, low + height / 2, 3.0, height, "", COLOURS["blue"])
    ax.text(0.05, low + height / 2, title, va="center", fontsize=TEXT, weight="bold")
    for a, name in enumerate(names):
        y = low + height - 0.25 - 0.2 * a
        look: dict[str, Any] = {"fontsize": SMALL, "va": "center", "weight": "bold" if played[a] > 1e-9 else "normal"}
        ax.text(0.95, y, name, **look)
        ax.text(3.65, y, ", ".join(f"{v:.{digits}f}" for v in pays[:, a]), ha="right", **look)


def _paper(height: float) -> tuple[Figure, Axes]:
    """A figure whose axes are measured in inches."""
    figure, (ax,) = panels(height=height)
    ax.set(xlim=(0, WIDTH), ylim=(0, height), aspect="equal")
    ax.axis("off")
    return figure, ax


def _box(
    ax: Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    text: str,
    colour: str,
    filled: bool = False,
    dashed: bool = False,
) -> None:
    """A box around its middle."""
    corner = (x - width / 2, y - height / 2)
    look: dict[str, Any] = {"facecolor": colour if filled else "#F7FAFC", "edgecolor": colour, "linewidth": 1.5}
    look["linestyle"] = "--" if dashed else "-"
    ax.add_patch(FancyBboxPatch(corner, width, height, boxstyle="round,pad=0,rounding_size=0.08", **look))
    ax.text(x, y, text, ha="center", va="center", fontsize=SMALL, color="white" if filled else "black")


def _arrow(
    ax: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    dashed: bool = False,
    behind: bool = False,
    bend: float = 0.0,
) -> None:
    look: dict[str, Any] = {"color": GREY, "linewidth": 1.5, "shrinkA": 0, "shrinkB": 0}
    look |= {"connectionstyle": f"arc3,rad={bend}"} if bend else {}
    look |= {"linestyle": "--" if dashed else "-", "zorder": 0.5 if behind else 3}
    ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=14, **look))


def _say(
    ax: Axes, x: float, y: float, text: str, left: bool = False, right: bool = False, colour: str = ink(GREY)
) -> None:
    """Small words at a place: centred there, or with their left or right end there."""
    side = "left" if left else "right" if right else "center"
    ax.text(x, y, text, ha=side, va="center", fontsize=SMALL, color=colour)
