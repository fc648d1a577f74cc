"""The table that a notebook shows: what is played where play gets to, most visited first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ..rounding import rounded
from .about import About
from .words import MOST_PLAYERS, ROUNDING, many, short

#: States in a table, rows of one state, actions in a cell: what a reader looks at, however large the game is.
_MOST_STATES, _MOST_ROWS, _MOST_ACTIONS = 12, 4, 3
_LEFT = ' style="text-align:left;vertical-align:top"'


class Shown(NamedTuple):
    """What the rows of a table are made of."""

    policy: np.ndarray
    visits: np.ndarray
    about: About
    values: Callable[[int, int], list[str]]


def html(text: str, policy: np.ndarray, about: About, source: str, values: Callable[[int, int], list[str]]) -> str:
    """A result for a notebook: its lines of text, and a table of the states.

    ``values`` gives the value of each player at a step and a state, ``source`` says of what visits are expected.
    Without visits, states come in their order.
    """
    from html import escape  # here, since it reads all names of characters

    known = about.visits is not None
    visits = about.visits if about.visits is not None else np.ones(policy.shape[:2])
    total = visits.sum(axis=0)
    order = np.argsort(-rounded(total), kind="stable")
    reached = order[total[order] > 0]
    table = Shown(policy, visits, about, values)
    m = len(values(0, 0))
    heads = ["value"] if m == 1 else [f"value, player {i}" for i in range(1, min(m, MOST_PLAYERS) + 1)]
    rows = [["state", "visits", "steps", "plays", *heads]]
    rows += [row for s in reached[:_MOST_STATES] for row in _rows(int(s), table)]
    if not known:
        rows = [[row[0], *row[2:]] for row in rows]
    notes = ["Values count from the first step of a row on."]
    if m > MOST_PLAYERS:
        notes.append(f"Those of {m - MOST_PLAYERS} more players are left out.")
    if known:
        notes.append(f"Visits are those of one episode on average, {source}.")
    if len(reached) > _MOST_STATES:
        words = "that play reaches are" if known else "are"
        notes.append(f"{len(reached) - _MOST_STATES:,} more states {words} left out.")
    if len(reached) < len(order):
        notes.append(f"Play does not reach {many(len(order) - len(reached), 'state')}.")
    lines = [_line([escape(short(cell, 80)) for cell in row], "td" if k else "th") for k, row in enumerate(rows)]
    body = "\n".join(lines[1:])
    # Names may hold dollar signs, which notebooks would take for formulas.
    return f"""<div class="tex2jax_ignore mathjax_ignore"><pre>{escape(text)}</pre>
<table><thead>
{lines[0]}
</thead><tbody>
{body}
</tbody></table>
<p>{escape(" ".join(notes))}</p></div>"""


def _line(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}{_LEFT}>{cell}</{tag}>" for cell in cells) + "</tr>"


def _rows(s: int, table: Shown) -> list[list[str]]:
    """Rows of a state: one for all steps at which the same is played, to three decimals; of many the first."""
    alike: dict[bytes, list[int]] = {}
    for h in np.flatnonzero(table.visits[:, s] > 0).tolist():
        alike.setdefault((np.round(rounded(table.policy[h, s]), 3) + 0.0).tobytes(), []).append(h)
    rows = []
    for own in list(alike.values())[:_MOST_ROWS]:
        first = table.policy[own[0], s]
        rows.append(
            [
                "",
                _often(table, own, s),
                _spans(own),
                _played(first, table.about),
                *table.values(own[0], s)[:MOST_PLAYERS],
            ]
        )
    rows[0][0] = table.about.state_name(s)
    left = [h for own in list(alike.values())[_MOST_ROWS:] for h in own]
    if left:
        blank = [""] * len(table.values(0, s)[:MOST_PLAYERS])
        rows.append(["", _often(table, left, s), f"{len(left):,} more", "otherwise", *blank])
    return rows


def _often(table: Shown, steps: list[int], s: int) -> str:
    return f"{rounded(table.visits[steps, s].sum()):.3g}"


def _played(row: np.ndarray, about: About) -> str:
    """What is played, the most probable first; of many actions the first."""
    order = [int(a) for a in np.argsort(-rounded(row), kind="stable") if row[a] > ROUNDING]
    if len(order) == 1:
        return about.joint_action_name(order[0])
    words = [f"{row[a]:.3f} {about.joint_action_name(a)}" for a in order[:_MOST_ACTIONS]]
    return ", ".join(words) + (f", and {len(order) - _MOST_ACTIONS} more" if len(order) > _MOST_ACTIONS else "")


def _spans(steps: Sequence[int]) -> str:
    """Steps in words: "0-2, 4"."""
    runs: list[list[int]] = []
    for h in steps:
        if runs and h == runs[-1][1] + 1:
            runs[-1][1] = h
        else:
            runs.append([h, h])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
