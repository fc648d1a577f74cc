"""What the columns of a transition table, or of a log, hold, by their names in the header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

#: Names in small letters, without spaces and punctuation.
STATE = {"state", "from", "statefrom", "fromstate", "idstatefrom", "s"}
NEXT_STATE = {"nextstate", "next", "to", "stateto", "tostate", "idstateto", "s'"}
PROBABILITY = {"probability", "prob", "p"}
STEP = {"step", "h", "t"}
EPISODE = {"episode", "idepisode", "run", "k"}
ACTION = re.compile(r"(?:id|joint)?actions?(?P<own>.*)|a(?P<number>\d*)|(?P<first>.+)action")
REWARD = re.compile(r"rewards?(?P<own>.*)|r(?P<number>\d*)|(?P<first>.+)reward")


class Kind(NamedTuple):
    """A kind of file: what it is called, and which columns it must and may have besides actions and rewards."""

    title: str
    must: tuple[str, ...]
    may: tuple[str, ...]


KNOWN = {"state": STATE, "next_state": NEXT_STATE, "probability": PROBABILITY, "step": STEP, "episode": EPISODE}
TABLE = Kind("transition table", ("state", "next_state", "probability"), ("step",))
LOG = Kind("log", ("episode", "step", "state", "next_state"), ())


class Columns(NamedTuple):
    """Places of the columns in a line; None for one that the file does not have."""

    names: tuple[str, ...]
    actions: tuple[int, ...]
    rewards: tuple[int, ...]
    state: int
    next_state: int
    step: int | None = None
    probability: int | None = None
    episode: int | None = None

    @property
    def n_players(self) -> int:
        """One per column of actions; if there is one such column, one per column of rewards."""
        return len(self.actions) if len(self.actions) > 1 else len(self.rewards)


def columns_of(header: Sequence[str], source: str, line: int, kind: Kind = TABLE) -> Columns:
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
        for role in (*kind.must, *kind.may):
            if word in KNOWN[role]:
                found, key = single, role
                break
        else:
            action, reward = ACTION.fullmatch(word), REWARD.fullmatch(word)
            match = action or reward
            if match is None:
                fail(k, f"not a column of a {kind.title}: {', '.join(words_of((*in_words(kind), *kind.may)))}")
            found, key = (actions if action else rewards), "".join(part or "" for part in match.groups())
        if key in found:
            fail(k, f"the same as column {found[key] + 1} ({header[found[key]]})")
        found[key] = k
    missing = words_of([role for role in kind.must if role not in single])
    missing += ["action"] * (not actions) + ["reward"] * (not rewards)
    if missing:
        *first, last = words_of(in_words(kind))
        raise ValueError(
            f"{source}, line {line}: the header must name {', '.join(first)} and {last}; "
            f"no {' and no '.join(missing)} in {', '.join(header)!r:.200}"
        )
    order = in_order_of_players(actions, rewards)
    if order is None:
        raise ValueError(
            f"{source}, line {line}: columns of rewards must be one for all, or one per column of actions and named "
            f"like those; got actions {list(actions)} and rewards {list(rewards)}"
        )
    return Columns(tuple(header), tuple(actions.values()), order, **single)


def in_words(kind: Kind) -> list[str]:
    """The columns that a file must have, in the order in which a line tells its story."""
    order = ("episode", "step", "state", "action", "next_state", "probability", "reward")
    return [role for role in order if role in (*kind.must, "action", "reward")]


def words_of(roles: Sequence[str]) -> list[str]:
    """Roles as words."""
    return [role.replace("_", " ") for role in roles]


def in_order_of_players(actions: dict[str, int], rewards: dict[str, int]) -> tuple[int, ...] | None:
    """Columns of rewards, each player's in the order of the columns of actions; None if they do not fit."""
    if len(actions) == 1 or len(rewards) == 1:
        return tuple(rewards.values())
    return tuple(rewards[own] for own in actions) if set(actions) == set(rewards) else None
