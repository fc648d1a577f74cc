"""What the columns of a transition table hold, by their names in the header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

#: Names in small letters, without spaces and punctuation.
STATE = {"state", "from", "statefrom", "fromstate", "idstatefrom", "s"}
NEXT_STATE = {"nextstate", "next", "to", "stateto", "tostate", "idstateto", "s'"}
PROBABILITY = {"probability", "prob", "p"}
STEP = {"step", "h", "t"}
ACTION = re.compile(r"(?:id|joint)?actions?(?P<own>.*)|a(?P<number>\d*)|(?P<first>.+)action")
REWARD = re.compile(r"rewards?(?P<own>.*)|r(?P<number>\d*)|(?P<first>.+)reward")


class Columns(NamedTuple):
    """Places of the columns in a line; ``step`` is None where there is none."""

    names: tuple[str, ...]
    step: int | None
    state: int
    actions: tuple[int, ...]
    next_state: int
    probability: int
    rewards: tuple[int, ...]

    @property
    def n_players(self) -> int:
        """One per column of actions; if there is one such column, one per column of rewards."""
        return len(self.actions) if len(self.actions) > 1 else len(self.rewards)


def columns_of(header: Sequence[str], source: str, line: int) -> Columns:
    """Which column holds what."""

    def fail(column: int, what: str) -> NoReturn:
        raise ValueError(f"{source}, line {line}, column {column + 1} ({header[column]}): {what}")

    single: dict[str, int] = {}
    actions: dict[str, int] = {}
    rewards: dict[str, int] = {}
    for k, name in enumerate(header):
        word = re.sub(r"[\s_.:\-]+", "", name.lower())
        if not word and k == 0:
            continue  # numbers of lines, as data frames are written
        for role, known in (("state", STATE), ("next_state", NEXT_STATE), ("probability", PROBABILITY), ("step", STEP)):
            if word in known:
                found, key = single, role
                break
        else:
            action, reward = ACTION.fullmatch(word), REWARD.fullmatch(word)
            match = action or reward
            if match is None:
                fail(k, "not a column of a transition table: state, action, next state, probability, reward, step")
            found, key = (actions if action else rewards), "".join(part or "" for part in match.groups())
        if key in found:
            fail(k, f"the same as column {found[key] + 1} ({header[found[key]]})")
        found[key] = k
    missing = [role.replace("_", " ") for role in ("state", "next_state", "probability") if role not in single]
    missing += ["action"] * (not actions) + ["reward"] * (not rewards)
    if missing:
        raise ValueError(
            f"{source}, line {line}: the header must name state, action, next state, probability and reward; "
            f"no {' and no '.join(missing)} in {', '.join(header)!r:.200}"
        )
    order = in_order_of_players(actions, rewards)
    if order is None:
        raise ValueError(
            f"{source}, line {line}: columns of rewards must be one for all, or one per column of actions and named "
            f"like those; got actions {list(actions)} and rewards {list(rewards)}"
        )
    return Columns(
        tuple(header),
        single.get("step"),
        single["state"],
        tuple(actions.values()),
        single["next_state"],
        single["probability"],
        order,
    )


def in_order_of_players(actions: dict[str, int], rewards: dict[str, int]) -> tuple[int, ...] | None:
    """Columns of rewards, each player's in the order of the columns of actions; None if they do not fit."""
    if len(actions) == 1 or len(rewards) == 1:
        return tuple(rewards.values())
    return tuple(rewards[own] for own in actions) if set(actions) == set(rewards) else None
