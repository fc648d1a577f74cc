"""The lines that results print."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .about import About

#: Players of whom a line tells; of more, how many there are.
MOST_PLAYERS = 6
#: Where play starts, if that is a row of the confidence set.
LEARNED = "at the start, which is learned"
#: A policy that puts all but this on one joint action is not mixed.
ROUNDING = 1e-9


def headline(kind: str, about: About) -> str:
    """What it is, of which game, with which concept and sets."""
    made = ", ".join(filter(None, [about.concept, short(about.uncertainty, 70)]))
    return kind + (f" of {short(about.game, 40)}" if about.game else "") + (f": {made}" if made else "")


def sizes(about: About, shape: Sequence[int], m: int) -> str:
    """How many players, steps, states and actions; ``shape`` is (H, S, A)."""
    horizon, n_states, n_joint = shape
    reached = "" if about.visits is None else f" ({int((about.visits > 0).any(axis=0).sum()):,} reached)"
    actions = " x ".join(map(str, about.n_actions)) or f"{n_joint:,} joint"
    return f"{many(m, 'player')}, {many(horizon, 'step')}, {many(n_states, 'state')}{reached}, {actions} actions"


def start(about: About) -> str:
    """Words for where play starts; where that is not known, for the state that is shown instead."""
    return "at the start" if about.initial is not None else f"in state {short(about.state_name(0), 30)}"


def given(about: About) -> str:
    """What was stated about the game, in brackets after a certificate; nothing where nothing was."""
    return f" ({short(about.given, 70)})" if about.given else ""


def per_player(words: Sequence[str]) -> str:
    """One word for each player, by number; of many players for the first."""
    if len(words) == 1:
        return words[0]
    told = ", ".join(f"{word} (player {i})" for i, word in enumerate(words[:MOST_PLAYERS], start=1))
    more = len(words) - MOST_PLAYERS
    return told + (f", and {more} more" if more > 0 else "")


def mixing(about: About, policy: np.ndarray) -> str:
    """At how many of the steps and states that play reaches the policy (H, S, A) is a lottery."""
    mixed = policy.max(axis=-1) < 1 - ROUNDING
    if about.visits is None:
        return f"policy: mixed at {int(mixed.sum()):,} of {mixed.size:,} steps and states"
    reached = about.visits > 0
    n, total = int((mixed & reached).sum()), int(reached.sum())
    return f"policy: mixed at {n:,} of the {total:,} steps and states that play reaches"


def number(value: float) -> str:
    """A number in up to six digits."""
    return f"{float(value):.6g}"


def interval(low: float, high: float) -> str:
    """Two numbers, the lower one first."""
    return f"{number(low)} to {number(high)}"


def short(text: str, most: int) -> str:
    """The text in one line, and in at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 3] + "..."


def many(n: int, what: str) -> str:
    """A number of things."""
    return f"{n:,} {what}" + ("" if n == 1 else "s")
