"""What a game's states and actions are called, and which number has a name."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import checks
from ..summaries import joint_name

if TYPE_CHECKING:
    from .markov_game import MarkovGame


class Names:
    """Labels of states, or of a player's actions, and the words that stand for them; indices where there are none."""

    def __init__(self, argument: str, labels: Sequence[Any] | None, n: int) -> None:
        if isinstance(labels, Sequence) and checks.is_sequence(labels) and len(labels) == n:
            _refuse_twins(argument, labels)
        self.words = checks.names(argument, labels, n)
        self.numbers: dict[Hashable, int] = {word: k for k, word in enumerate(self.words)}
        if labels is not None:
            self.numbers.update({label: k for k, label in enumerate(labels) if isinstance(label, Hashable)})

    def number(self, argument: str, label: Any, what: str) -> int:
        """The index of a label, or of the word that stands for it."""
        for form in (lambda each: each, str):
            with suppress(KeyError, TypeError, ValueError, RuntimeError):  # unknown, or without hash or text
                return self.numbers[form(label)]
        known = ", ".join(map(repr, self.words[:8])) + (", ..." if len(self.words) > 8 else "")
        raise ValueError(f"{argument} must be {what}, one of {known}; got {checks.brief(label, 80)}")


def _refuse_twins(argument: str, labels: Sequence[Any]) -> None:
    """Raise where two different labels are written alike."""
    first: dict[str, Any] = {}
    for label in labels:
        if isinstance(label, Hashable) and first.setdefault(str(label), label) != label:
            twin = first[str(label)]
            raise ValueError(
                f"{argument} must be different as text, but {twin!r} and {label!r} are both {str(label)!r}"
            )


def state(self: MarkovGame, label: Hashable) -> int:
    """Index of a state.

    Parameters
    ----------
    label : hashable
        Its name, or the label that :meth:`from_step` met.

    Returns
    -------
    int
        From 0 to S - 1.

    Raises
    ------
    ValueError
        If there is no such state.

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> zoo.traffic_merge().state_names[zoo.traffic_merge().state("crash")]
    'crash'
    """
    return self._states.number("state", label, "the name of a state")


def joint_action(self: MarkovGame, *actions: Hashable) -> int:
    """Index of a joint action.

    Parameters
    ----------
    *actions : hashable
        The name of each player's action, or the label that :meth:`from_step` met.

    Returns
    -------
    int
        From 0 to A - 1.

    Raises
    ------
    ValueError
        If there is not one action per player, or no such action.

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> game = zoo.traffic_merge()
    >>> game.joint_action_name(game.joint_action("go", "wait"))
    '(go, wait)'
    """
    if len(actions) != self.n_players:
        raise ValueError(f"joint_action needs one action per player, {self.n_players}, got {len(actions)}")
    own = [
        names.number(f"action of player {i}", action, "the name of one")
        for i, (names, action) in enumerate(zip(self._actions, actions, strict=True))
    ]
    return int(np.ravel_multi_index(own, self._n_actions))


def joint_action_name(self: MarkovGame, joint_action: int) -> str:
    """Name of a joint action, such as "(go, wait)".

    Parameters
    ----------
    joint_action : int
        Index of the joint action, from 0 to A - 1.

    Returns
    -------
    str
        The players' action names; without brackets if there is one player.

    Raises
    ------
    ValueError, TypeError
        If there is no such joint action.

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> zoo.traffic_merge().joint_action_name(1)
    '(go, wait)'
    """
    index = checks.integer("joint_action", joint_action, 0, self.n_joint_actions - 1)
    return joint_name(self.action_names, index)
