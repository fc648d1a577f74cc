"""Games of one player from the transition tables of gymnasium's environments."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import checks
from ..games import MarkovGame
from ..games.stepping import Labels
from .transitions import Length, Transitions, game_of, initial_of

#: Name of the state after the end, where one is needed.
END = "end"


class Entries(NamedTuple):
    """The entries of a table, one after the other, and its labels of states and actions."""

    states: list[Hashable]
    actions: list[Hashable]
    state: np.ndarray
    action: np.ndarray
    next_state: np.ndarray
    probability: np.ndarray
    reward: np.ndarray
    terminated: np.ndarray

    def place(self, entry: int, player: int | None = None) -> str:
        """Words for an entry, whatever of it is meant."""
        return f"P[{self.states[self.state[entry]]!r}][{self.actions[self.action[entry]]!r}]"


def from_gymnasium(
    P: Any,
    horizon: int | None = None,
    initial: Any = None,
    reward_range: Any = "observed",
    normalize: bool = False,
    discount: float | None = None,
    accuracy: float | None = None,
    name: str = "",
    state_names: Sequence[Any] | None = None,
    action_names: Sequence[Any] | None = None,
) -> MarkovGame:
    """Make a game of one player from gymnasium's table of transitions, or from an environment that has one.

    Parameters
    ----------
    P : dict of dicts of lists, or environment
        ``P[state][action]`` lists (probability, next state, reward, terminated). An environment has it as
        ``env.unwrapped.P``: FrozenLake, CliffWalking, Taxi and others of their kind.
    horizon : int or None
        Number of steps H, at which the episode is cut off; None with a discount.
    initial : label, dict or array_like of shape (S,), or None
        First state, the probability of each first state, or the distribution. None: the environment's own
        distribution; of a table the first state.
    reward_range, normalize, name
        As in :class:`mornavi_lite.MarkovGame`.
    discount, accuracy : float or None
        As in :meth:`mornavi_lite.MarkovGame.discounted`, instead of a horizon.
    state_names, action_names : sequence, optional
        Names in place of the table's labels, in the order of the states and of the actions.

    Returns
    -------
    MarkovGame
        Sparse where that is smaller. Rewards depend on the next state, if they do so in the table.

    Raises
    ------
    TypeError
        If there is no such table.
    ValueError
        If an entry is not of that form; the message names state and action.

    Notes
    -----
    The flag ``terminated`` ends the episode, whatever the table lists for the state that is reached: what follows pays
    0. A state that is only reached so becomes terminal itself. If one is reached alive as well, or is a first state, a
    state "end" is added for the episodes that end there. Actions that a state does not list are illegal there.

    Examples
    --------
    >>> from mornavi_lite import TotalVariation, solve
    >>> from mornavi_lite.formats import from_gymnasium
    >>> P = {0: {0: [(1.0, 0, 0.0, False)], 1: [(0.8, 1, 1.0, True), (0.2, 0, 0.0, False)]},
    ...      1: {0: [(1.0, 0, 0.0, False)], 1: [(1.0, 1, 5.0, True)]}}
    >>> game = from_gymnasium(P, horizon=3)
    >>> game.transition[0, 1].tolist(), game.reward[0, 0, 1].tolist()
    ([[0.0, 1.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]])
    >>> bool(abs(solve(game, TotalVariation(0.1)).value[0, 0, 0] - (1 - 0.3**3)) < 1e-12)
    True
    """
    length = Length(horizon, discount, accuracy).checked()
    table, start, title = table_of(P)
    entries = entries_of(table)
    states, actions = list(map(str, entries.states)), list(map(str, entries.actions))
    first = initial_of(start if initial is None else initial, states)
    checks.has_shape("initial", first, (len(states),), "(S,)")
    over = ended(entries, first)
    to_end = entries.terminated & ~over[entries.next_state]
    states = list(checks.names("state_names", states if state_names is None else state_names, len(states)))
    actions = list(checks.names("action_names", actions if action_names is None else action_names, len(actions)))
    following = np.where(to_end, len(states), entries.next_state)
    if to_end.any():
        first, states = np.append(first, 0.0), [*states, next(w for w in words_from(END) if w not in states)]
    lives = ~over[entries.state]
    entries = entries._replace(**{field: getattr(entries, field)[lives] for field in entries._fields[2:]})
    found = Transitions(
        np.zeros_like(entries.state),
        entries.state,
        entries.action,
        following[lives],
        entries.probability,
        entries.reward[None],
    )
    told = (reward_range, normalize, first, checks.text("name", name) or title)
    return game_of(found, entries.place, states, [actions], length, None, *told)


def table_of(given: Any) -> tuple[Any, Any, str]:
    """The table, the distribution of the first state or None, and the name of the environment."""
    inner = getattr(given, "unwrapped", given)
    table = getattr(inner, "P", given)
    if isinstance(table, (str, bytes)) or not isinstance(table, (Mapping, Sequence)) or not len(table):
        raise TypeError(
            f"P must be a table P[state][action] of (probability, next state, reward, terminated), or an environment "
            f"with one, got {type(given).__name__}"
        )
    title = str(getattr(getattr(given, "spec", None), "id", ""))
    return table, getattr(inner, "initial_state_distrib", None), title


def entries_of(table: Any) -> Entries:
    """All entries of a table; states and actions in the order of their numbers, if they are that, else as listed."""
    states, actions = Labels(), Labels()
    for label in items(table, "P"):
        states[label[0]]
    found: list[tuple[int, int, int, float, float, bool]] = []
    for state, own in items(table, "P"):
        for action, outcomes in items(own, f"P[{state!r}]"):
            if not isinstance(outcomes, Iterable):
                raise TypeError(f"P[{state!r}][{action!r}] must be a list, got {checks.shown(outcomes)}")
            for entry in outcomes:
                try:
                    chance, after, paid, done = entry
                    numbers = states[state], actions[action], states[after]
                    found.append((*numbers, float(chance), float(paid), bool(done)))
                except (TypeError, ValueError):
                    raise ValueError(
                        f"P[{state!r}][{action!r}] must list (probability, next state, reward, terminated), "
                        f"got {checks.brief(entry, 80)}"
                    ) from None
    if not found:
        raise ValueError("P must list at least one transition, got none")
    at, did, then, *rest = (np.array(column) for column in zip(*found, strict=True))
    state_labels, state_number = in_order(states.listed)
    action_labels, action_number = in_order(actions.listed)
    indices = state_number[at], action_number[did], state_number[then]
    entries = Entries(state_labels, action_labels, *indices, *rest)
    bad = ~np.isfinite(entries.reward)
    if bad.any():
        k = int(bad.argmax())
        raise ValueError(f"{entries.place(k)} has the reward {float(entries.reward[k])}, which must be finite")
    return entries


def items(table: Any, where: str) -> Iterable[tuple[Hashable, Any]]:
    """Labels and what stands under them, in a dict or a list."""
    if isinstance(table, Mapping):
        return table.items()
    if isinstance(table, (str, bytes)) or not isinstance(table, Sequence):
        raise TypeError(f"{where} must be a dict or a list, got {checks.brief(table, 80)}")
    return enumerate(table)


def in_order(labels: list[Hashable]) -> tuple[list[Hashable], np.ndarray]:
    """The labels, by size if they are integers, and the place of each in that order."""
    order = np.arange(len(labels))
    if all(isinstance(label, (int, np.integer)) for label in labels):
        order = np.argsort(np.array(labels))
    return [labels[k] for k in order], np.argsort(order)


def ended(entries: Entries, first: np.ndarray) -> np.ndarray:
    """Which states are reached only by the end of an episode, booleans (S,): what is listed for them never happens."""
    over = np.zeros(len(entries.states), dtype=bool)
    over[entries.next_state[entries.terminated]] = True
    over[first > 0] = False
    while True:
        alive = ~entries.terminated & ~over[entries.state] & (entries.state != entries.next_state)
        if not over[entries.next_state[alive]].any():
            return over
        over[entries.next_state[alive]] = False


def words_from(word: str) -> Iterable[str]:
    """The word, and then the word with a number."""
    yield word
    yield from (f"{word} {k}" for k in itertools.count(2))
