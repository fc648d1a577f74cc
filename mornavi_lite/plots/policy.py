"""A policy as a picture and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import checks
from ..games import MarkovGame
from ..games.flows import expected_visits
from .arguments import told
from .style import LIGHT_TO_DARK, SMALL, in_style, panels


def policy_heatmap(
    game: MarkovGame, policy: Any, step: int | None = None, title: str | None = None, ax: Axes | None = None
) -> Figure:
    """Probability of each joint action in each state, as colours with the numbers in them.

    Parameters
    ----------
    game : MarkovGame
        The game, for the names.
    policy : array_like, shape (H, S, A)
        Joint policy.
    step : int, optional
        The step drawn, from 0 to H - 1. Default: all, one panel for each run of steps with the same policy.
    title : str, optional
        What stands before the step or steps in the title of each panel.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in, if there is only one panel. Default: a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        States from top to bottom, joint actions from left to right; white is probability 0. The numbers are left out
        where there are more than 25 states or 12 joint actions.

    Raises
    ------
    ValueError, TypeError
        If the policy is not one of the game, there is no such step, or there is one ``ax`` for several panels.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import plots, zoo
    >>> game = zoo.congestion()
    >>> uniform = np.full((game.horizon, game.n_states, game.n_joint_actions), 1 / 8)
    >>> figure = plots.policy_heatmap(game, uniform)
    >>> bool((figure.axes[0].images[0].get_array() == 1 / 8).all())
    True
    """
    told(game=game, title=title, ax=ax)
    policy = game.check_policy(policy)
    runs = same_steps(policy, step)
    if ax is not None and len(runs) > 1:
        raise ValueError(f"ax has room for one panel, and the policy needs {len(runs)}: give a step")
    with in_style():
        figure: Any
        if ax is None:
            longest = max(len(game.joint_action_name(a)) for a in range(game.n_joint_actions))
            each = 0.32 * min(game.n_states, 20) + min(0.5 + 0.08 * longest, 2.0)
            figure, axes = panels(rows=len(runs), height=max(2.2, each * len(runs) + 0.4))
        else:
            figure, axes = ax.figure, [ax]
        for axis, (first, last) in zip(axes, runs, strict=True):
            when = f"step {first}" if first == last else f"steps {first} to {last}"
            image = _heatmap_panel(axis, game, policy[first], ", ".join(filter(None, [title, when])))
        bar = figure.colorbar(image, ax=axes, label="probability", shrink=0.9, aspect=20)
        bar.outline.set_visible(False)
    return figure


def policy_table(
    game: MarkovGame,
    policy: Any,
    min_probability: float = 1e-3,
    step: int | None = None,
    reached_only: bool = False,
) -> str:
    """A policy as a table to print: step, state, joint action by name, probability.

    Parameters
    ----------
    game : MarkovGame
        The game, for the names.
    policy : array_like, shape (H, S, A)
        Joint policy.
    min_probability : float
        Smaller probabilities are left out, and a last line says so; in [0, 1]. Zeros are always left out.
    step : int, optional
        Only this step, from 0 to H - 1. Default: all; steps in a row with the same policy are one, such as "0-3".
    reached_only : bool
        Whether to leave out states that play does not reach at those steps, and to say how many they are.

    Returns
    -------
    str
        One line per positive probability, most probable first, with three decimals; ends without a line break.

    Raises
    ------
    ValueError, TypeError
        If the policy is not one of the game, or there is no such step.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import plots, zoo
    >>> game = zoo.support_shift(theta=1)
    >>> policy = np.zeros((3, 2, 2))
    >>> policy[:, 0] = 0.5  # in the good state a coin decides
    >>> policy[:, 1, 1] = 1  # in the bad state right
    >>> print(plots.policy_table(game, policy))
    step  state  action  probability
    0-2   good   left          0.500
                 right         0.500
          bad    right         1.000
    """
    if not isinstance(game, MarkovGame):
        raise TypeError(f"game must be a MarkovGame, got {type(game).__name__}")
    policy = game.check_policy(policy)
    least = checks.number("min_probability", min_probability, 0.0, 1.0)
    if not isinstance(reached_only, (bool, np.bool_)):
        raise TypeError(f"reached_only must be True or False, got {checks.shown(reached_only)}")
    rows: list[tuple[str, str, str, str]] = []
    reached = np.ones(policy.shape[:2], dtype=bool)
    if reached_only:
        reached = expected_visits(game.probability, game.initial, policy, game.next_state) > 0
    for first, last in same_steps(policy, step):
        when = str(first) if first == last else f"{first}-{last}"
        here = np.flatnonzero(reached[first : last + 1].any(axis=0))
        for s in here.tolist():
            state = game.state_names[s]
            row = policy[first, s]
            order = sorted(np.flatnonzero((row > 0) & (row >= least)), key=lambda a: (-row[a], a))
            for k, a in enumerate(order):
                shown = state if k == 0 else ""
                rows.append(
                    (when if s == here[0] and k == 0 else "", shown, game.joint_action_name(int(a)), f"{row[a]:.3f}")
                )
    played = policy if step is None else policy[step]
    text = aligned([("step", "state", "action" if game.n_players == 1 else "joint action", "probability"), *rows])
    if ((played > 0) & (played < least)).any():
        text += f"\nprobabilities below {least:g} are left out"
    never = int((~(reached if step is None else reached[[step]]).any(axis=0)).sum())
    if never:
        text += f"\n{never} state{'s' * (never > 1)} that play does not reach left out"
    return text


def _heatmap_panel(ax: Axes, game: MarkovGame, table: np.ndarray, title: str) -> Any:
    """One step of a policy; the image."""
    possible = sorted({a for s in range(game.n_states) for a in game.legal_joint_actions(s)})
    table = table[:, possible]
    n_states, n_joint = table.shape
    shown = np.ma.masked_equal(table, 0)
    image = ax.imshow(shown, cmap=LIGHT_TO_DARK, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    names = [game.joint_action_name(a) for a in possible]
    every, tall = -(-n_joint // 40), -(-n_states // 25)
    upright = sum(map(len, names)) * 0.085 > 4.0
    ax.set_xticks(range(0, n_joint, every), names[::every], rotation=90 if upright else 0)
    ax.set_yticks(range(0, n_states, tall), game.state_names[::tall])
    ax.set_xticks(np.arange(n_joint + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(n_states + 1) - 0.5, minor=True)
    ax.tick_params(which="both", length=0)
    ax.grid(which="minor", color="#BBBBBB", linewidth=0.6)
    for side in ("top", "right"):
        ax.spines[side].set(visible=True, color="#BBBBBB", linewidth=0.6)
    ax.set(xlabel="joint action", ylabel="state")
    ax.set_title(title)
    if n_joint <= 12 and n_states <= 25:
        for (s, a), probability in np.ndenumerate(table):
            if probability > 0:
                number = "1" if probability == 1 else f"{probability:.2f}" if probability >= 0.005 else "<.01"
                number = number.lstrip("0") if n_joint > 8 else number  # narrow columns
                colour = "white" if probability > 0.5 else "black"
                ax.text(a, s, number, ha="center", va="center", color=colour, fontsize=SMALL)
    return image


def same_steps(policy: np.ndarray, step: int | None = None) -> list[tuple[int, int]]:
    """Runs (first, last) of steps with the same policy to three decimals; only ``step`` if it is given."""
    if step is not None:
        h = checks.integer("step", step, 0, len(policy) - 1)
        return [(h, h)]
    rounded = np.round(policy, 3)
    runs = [(0, 0)]
    for h in range(1, len(policy)):
        first = runs[-1][0]
        if np.array_equal(rounded[h], rounded[first]):
            runs[-1] = (first, h)
        else:
            runs.append((h, h))
    return runs


def aligned(rows: Sequence[Sequence[str]], right: Sequence[int] = (-1,)) -> str:
    """Rows of words in columns two spaces apart; the columns in ``right`` end flush."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    flush = {k % len(widths) for k in right}
    lines = []
    for row in rows:
        words = [w.rjust(n) if k in flush else w.ljust(n) for k, (w, n) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(words).rstrip())
    return "\n".join(lines)
