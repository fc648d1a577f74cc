"""The graph of a game: states, arrows, and on each arrow who must do what with which probability."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

from .. import checks
from ..games import MarkovGame
from .arguments import listed, told
from .graph_layout import Box, Edge, Layout, layout
from .style import COLOURS, DPI, GREY, SMALL, TEXT, Picture, in_style, short

#: More states than this make no readable graph.
MOST_STATES = 12
_LINES = 8  # of one label


def game_graph(
    game: MarkovGame,
    step: int = 0,
    joint_actions: Sequence[int] | None = None,
    rewards: bool = True,
    title: str | None = None,
) -> Picture:
    """Graph of a game: states with their rewards, arrows with joint actions and probabilities.

    An arrow's label lists who must do what for it: ``*`` is any action of that player, "else" all joint actions not
    named at this state's other arrows, and a probability of 1 is left out. So an arrow without a label is always taken.

    Parameters
    ----------
    game : MarkovGame
        At most 12 states.
    step : int
        The step whose kernel and rewards are drawn, from 0 to H - 1.
    joint_actions : sequence of int, optional
        Draw these joint actions only. Default: all.
    rewards : bool
        Write each state's rewards, one number per player, into it; rewards of 0 for all are left out. Where the last
        step pays something else, that is added.
    title : str, optional
        Title of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        As large as the graph needs: 2 to 7 inches wide for the games of ``zoo`` with up to 8 states.

    Raises
    ------
    ValueError, TypeError
        If the game has more than 12 states, or an argument is not of that form.

    Examples
    --------
    >>> from mornavi_lite import plots, zoo
    >>> figure = plots.game_graph(zoo.safe_or_risky())
    >>> words = {text.get_text() for text in figure.axes[0].texts}
    >>> "(a, a) 0.9\\n(b, b) 0.6\\nelse 0.5" in words
    True
    """
    told(game=game, rewards=rewards, title=title)
    if game.n_states > MOST_STATES:
        raise ValueError(f"game must have at most {MOST_STATES} states to be drawn, got {game.n_states}")
    h = checks.integer("step", step, 0, game.horizon - 1)
    chosen = _joint_actions(game, joint_actions)
    names = [_state_text(game, h, s, chosen) if rewards else game.state_names[s] for s in range(game.n_states)]
    labels = arrow_labels(game, h, chosen)
    starts = sorted(np.flatnonzero(game.initial).tolist(), key=lambda s: (-game.initial[s], s))
    loops = {u: text for (u, v), text in labels.items() if u == v}
    boxes = [_state_box(name, loops.get(s)) for s, name in enumerate(names)]
    edges = {edge: _label_box(text) for edge, text in labels.items() if edge[0] != edge[1]}
    placed = layout(boxes, edges, starts)
    with in_style():
        figure, ax = _paper(placed.size, _key(game, labels), title)
        _draw_arrows(ax, placed, labels)
        _draw_states(ax, placed, boxes, names, loops, set(starts))
    return figure


def arrow_labels(game: MarkovGame, step: int, joint_actions: Sequence[int]) -> dict[Edge, str]:
    """Label of each arrow (state, next state): one line per group of joint actions that share their row."""
    labels, kernel = {}, game.transition[step]
    for s in range(game.n_states):
        groups: dict[bytes, list[int]] = {}
        for a in _shown(game, s, joint_actions):
            groups.setdefault(kernel[s, a].tobytes(), []).append(a)
        named = group_names(game, list(groups.values()), s)
        for following in range(game.n_states):
            chances = [(name, kernel[s, group[0], following]) for name, group in named]
            lines = [_line(name, chance) for name, chance in chances if chance > 0]
            if lines:
                few = [*lines[: _LINES - 1], f"… {len(lines) - _LINES + 1} more"] if len(lines) > _LINES else lines
                labels[s, following] = "\n".join(few)
    return labels


def _shown(game: MarkovGame, state: int, joint_actions: Sequence[int]) -> list[int]:
    """Those of the joint actions that are legal at a state; where none is, what stands for the first."""
    legal = set(game.legal_joint_actions(state))
    return [a for a in joint_actions if a in legal] or sorted(legal)[:1]


def group_names(game: MarkovGame, groups: list[list[int]], state: int = 0) -> list[tuple[str, list[int]]]:
    """Each group of joint actions with a name: a pattern such as "(near, *)", or a list; the longest list is "else"."""
    if len(groups) == 1:
        return [("", groups[0])]
    named, tangled = [], []
    for group in groups:
        pattern = _pattern(game, group, state)
        named.append((pattern or ", ".join(game.joint_action_name(a) for a in group), group))
        if not pattern:
            tangled.append(named[-1])
    if tangled:
        longest = max(tangled, key=lambda pair: len(pair[1]))
        named.remove(longest)
        named.append(("else", longest[1]))
    return named


def _pattern(game: MarkovGame, group: list[int], state: int) -> str:
    """A pattern for a group that is a product of sets of legal actions; nothing for any other group."""
    played = np.array(np.unravel_index(group, game.n_actions))
    choices = [sorted(set(own.tolist())) for own in played]
    if int(np.prod([len(each) for each in choices])) != len(group):
        return ""
    words = []
    allowed = [len(names) for names in game.action_names]
    if game.legal is not None:
        allowed = [int(mask[state].sum()) for mask in game.legal]
    for names, each, most in zip(game.action_names, choices, allowed, strict=True):
        every = len(each) == most > 1
        words.append("*" if every else "/".join(names[a] for a in each))
    return words[0] if len(words) == 1 else f"({', '.join(words)})"


def _line(name: str, probability: float) -> str:
    return name if probability == 1 else f"{name} {short(probability)}".strip()


def _state_text(game: MarkovGame, step: int, state: int, joint_actions: Sequence[int]) -> str:
    """A state's name, and below it what it pays: now, and at the last step if that differs."""
    chosen = _shown(game, state, joint_actions)
    now, last = (_paid(game, h, state)[:, chosen] for h in (step, game.horizon - 1))
    lines = _reward_lines(game, now, chosen, state)
    if not np.array_equal(now, last):
        lines += [f"at the end {line}" for line in _reward_lines(game, last, chosen, state) or ["0"]]
    return "\n".join([game.state_names[state], *lines])


def _paid(game: MarkovGame, step: int, state: int) -> np.ndarray:
    """Rewards (m, A) at a state; where they depend on the next state, their mean under the nominal kernel."""
    reward = game.step_reward(step)[:, state]
    return reward if reward.ndim == 2 else (reward * game.rows(step)[1][state]).sum(axis=-1)


def _reward_lines(game: MarkovGame, reward: np.ndarray, joint_actions: Sequence[int], state: int) -> list[str]:
    groups: dict[bytes, list[int]] = {}
    for k, a in enumerate(joint_actions):
        groups.setdefault(reward[:, k].tobytes(), []).append(a)
    lines = []
    for name, group in group_names(game, list(groups.values()), state):
        paid = reward[:, joint_actions.index(group[0])]
        if paid.any():
            lines.append(f"{name} pays {', '.join(short(r) for r in paid)}".strip())
    return lines if len(lines) <= _LINES else ["pays by joint action"]


def _joint_actions(game: MarkovGame, joint_actions: Sequence[int] | None) -> list[int]:
    if joint_actions is None:
        return list(range(game.n_joint_actions))
    most = game.n_joint_actions - 1
    chosen = [
        checks.integer(f"joint_actions[{k}]", a, 0, most) for k, a in enumerate(listed("joint_actions", joint_actions))
    ]
    if not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(f"joint_actions must name at least one joint action, each once, got {list(joint_actions)}")
    return chosen


def _size(text: str, points: float) -> tuple[float, float]:
    """Width and height of a text in inches."""
    font = FontProperties(family="DejaVu Sans", size=points)
    lines = text.split("\n")
    width = max(text_to_path.get_text_width_height_descent(line, font, ismath=False)[0] for line in lines)
    return 1.06 * width / 72, 1.25 * points * len(lines) / 72


def _label_box(text: str) -> Box:
    if not text:
        return Box(0.06, 0.06, 0.0)
    width, height = _size(text, SMALL)
    return Box(width / 2 + 0.04, width / 2 + 0.04, height + 0.02)


def _state_box(text: str, loop: str | None) -> Box:
    name, *rest = text.split("\n")
    (width, height), (more, lower) = _size(name, TEXT), _size("\n".join(rest), SMALL) if rest else (0.0, 0.0)
    half, frame = max(width, more, 0.35) / 2 + 0.1, height + lower + 0.16
    if loop is None:
        return Box(half, half, frame, frame)
    width, height = _size(loop, SMALL) if loop else (0.0, 0.0)
    return Box(half, half + 0.36 + width, max(frame, height + 0.04), frame)


def _key(game: MarkovGame, labels: dict[Edge, str]) -> list[str]:
    """What the signs in this graph mean."""
    words = ["thick frame: start"]
    if "" in labels.values():
        words.append("no label: always")
    if any("*" in text for text in labels.values()):
        words.append("*: any action")
    return words


def _paper(size: tuple[float, float], key: list[str], title: str | None) -> tuple[Picture, Any]:
    """A figure whose only axes count in inches, with the key below the graph and the title above."""
    text, top = "   ".join(key), 0.4 if title else 0.1
    widest = max(size[0], _size(text, SMALL)[0], _size(title or "", TEXT + 1)[0])
    width, height = (np.ceil(DPI * inches) / DPI for inches in (widest + 0.2, size[1] + top + 0.4))
    figure = Picture(figsize=(width, height))
    ax = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    left = -(width - size[0]) / 2
    ax.set(xlim=(left, left + width), ylim=(-0.4, height - 0.4), aspect="equal")
    ax.axis("off")
    ax.text(left + 0.1, -0.25, text, color=GREY, fontsize=SMALL, va="center")
    if title:
        ax.text(left + 0.1, height - 0.6, title, fontsize=TEXT + 1, va="center")
    return figure, ax


def _draw_arrows(ax: Any, placed: Layout, labels: dict[Edge, str]) -> None:
    for edge, points in placed.routes.items():
        ax.add_patch(_arrow(_smooth(points)))
        if labels[edge]:
            _write(ax, placed.labels[edge], labels[edge], "center")


def _smooth(points: np.ndarray) -> Path:
    """A curve through the waypoints that leaves and arrives vertically and nowhere swings out (Fritsch, Butland)."""
    x, y = points.T
    slope = np.diff(x) / np.diff(y)
    turn = slope[:-1] * slope[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = np.where(turn > 0, 2 * turn / (slope[:-1] + slope[1:]), 0.0)
    tangent = np.concatenate([[0.0], inner, [0.0]])
    vertices, codes = [points[0]], [Path.MOVETO]
    for k, third in enumerate(np.diff(y) / 3):
        vertices += [(x[k] + third * tangent[k], y[k] + third), (x[k + 1] - third * tangent[k + 1], y[k + 1] - third)]
        vertices.append(points[k + 1])
        codes += [Path.CURVE4] * 3
    return Path(np.array(vertices), codes)


def _arrow(path: Path) -> FancyArrowPatch:
    return FancyArrowPatch(
        path=path, arrowstyle="-|>,head_length=5,head_width=2.5", color=GREY, linewidth=1.3, zorder=1, joinstyle="miter"
    )


def _draw_states(
    ax: Any, placed: Layout, boxes: list[Box], names: list[str], loops: dict[int, str], starts: Iterable[int]
) -> None:
    for s, (text, (x, y)) in enumerate(zip(names, placed.nodes, strict=True)):
        half = boxes[s].left
        height = boxes[s].frame
        if s in loops:
            right = x + half
            path = Path(
                [(right, y + 0.1), (right + 0.35, y + 0.24), (right + 0.35, y - 0.24), (right, y - 0.1)],
                [Path.MOVETO, *[Path.CURVE4] * 3],
            )
            ax.add_patch(_arrow(path))
            _write(ax, (right + 0.32, y), loops[s], "left")
        ax.add_patch(
            FancyBboxPatch(
                (x - half, y - height / 2),
                2 * half,
                height,
                boxstyle="round,pad=0,rounding_size=0.1",
                facecolor="#EEF5FA",
                edgecolor=COLOURS["blue"],
                linewidth=2.8 if s in starts else 1.0,
                zorder=2,
            )
        )
        name, *rest = text.split("\n")
        line = 1.25 * SMALL / 72
        ax.text(x, y + line * len(rest) / 2, name, fontsize=TEXT, ha="center", va="center", zorder=3)
        for k, more in enumerate(rest):
            below = y + line * len(rest) / 2 - 1.25 * TEXT / 72 / 2 - line * (k + 0.5)
            ax.text(x, below, more, fontsize=SMALL, ha="center", va="center", zorder=3, color="#00543D")


def _write(ax: Any, place: Any, text: str, align: str) -> None:
    """A label; one on an arrow interrupts it."""
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.8} if align == "center" else None
    ax.text(*place, text, fontsize=SMALL, ha=align, va="center", multialignment=align, bbox=ground, zorder=1.5)
