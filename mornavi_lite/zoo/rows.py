"""From a game written down as rows by name to its arrays. Private: the games themselves are in ``zoo``."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

Entry = TypeVar("Entry")
Rows = dict[tuple[str, ...], dict[str, float]]
Pays = dict[tuple[str, ...], tuple[float, ...]]


def arrays(
    states: Sequence[str],
    actions: Sequence[Sequence[str]],
    rows: Rows,
    pays: Pays,
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (S, A, S) and rewards (m, S, A) of one step.

    A key of ``rows`` and ``pays`` is (state, action of player 1, action of player 2, ...); "*" fits any action, and
    the first key that fits applies. ``rows`` must cover every state and joint action; who is not in ``pays`` gets 0.
    """
    joint_actions = list(itertools.product(*actions))
    transition = np.zeros((len(states), len(joint_actions), len(states)))
    reward = np.zeros((len(actions), len(states), len(joint_actions)))
    for (s, state), (a, joint_action) in itertools.product(enumerate(states), enumerate(joint_actions)):
        for following, probability in first_that_fits(rows, (state, *joint_action), {}).items():
            transition[s, a, states.index(following)] += probability
        reward[:, s, a] = first_that_fits(pays, (state, *joint_action), (0.0,) * len(actions))
    return transition, reward


def first_that_fits(table: Mapping[tuple[str, ...], Entry], key: tuple[str, ...], otherwise: Entry) -> Entry:
    """The entry of the first pattern in ``table`` that fits ``key``."""
    for pattern, entry in table.items():
        if all(wanted in ("*", word) for wanted, word in zip(pattern, key, strict=True)):
            return entry
    return otherwise
