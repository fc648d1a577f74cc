"""Games read from tables in CSV form, one transition a line."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import checks
from ..games import MarkovGame
from ..games.stepping import Labels
from .cells import Cells, place, read_cells
from .transitions import Length, Transitions, game_of, initial_of

WHOLE = re.compile(r"[+-]?[0-9]{1,18}(?:\.0*)?")


def read_table(
    path: str | os.PathLike[str],
    horizon: int | None = None,
    initial: Any = None,
    reward_range: Any = "observed",
    normalize: bool = False,
    discount: float | None = None,
    accuracy: float | None = None,
    name: str = "",
    state_names: Sequence[Any] | None = None,
    action_names: Sequence[Sequence[Any]] | None = None,
) -> MarkovGame:
    """Read a game from a table in CSV form, one transition a line.

    Parameters
    ----------
    path : str or path
        The file. Its first line names the columns: state, action, next state, probability, reward, and where the
        game differs by step a column step, from 0 on. Several players have columns such as ``action_row``,
        ``action_column`` and ``reward_row``, ``reward_column``; one column of rewards is everybody's; one column of
        actions holds joint actions, as in "(go, wait)". Names such as idstatefrom, idaction, idstateto are known too.
    horizon : int or None
        Number of steps H. None with a discount, or where the table has a column of steps.
    initial : label, dict or array_like of shape (S,), or None
        First state by its label in the table, the probability of each first state, or the distribution. None: the
        first state.
    reward_range, normalize, name
        As in :class:`mornavi_lite.MarkovGame`.
    discount, accuracy : float or None
        As in :meth:`mornavi_lite.MarkovGame.discounted`, instead of a horizon.
    state_names, action_names : sequences, optional
        All labels in the order in which they are to be numbered; for actions one sequence per player. Default: labels
        that are all integers by size, others by first appearance.

    Returns
    -------
    MarkovGame
        Sparse where that is smaller. Rewards depend on the next state, if they do so in the table.

    Raises
    ------
    ValueError
        If the table is not of that form; the message names line and column.

    Notes
    -----
    Chapter 3, "Your own game". An action that a state does not list is illegal there, and a state that lists none is
    terminal: it stays and pays 0. Lines of one state, action and next state add up, their rewards averaged by
    probability. The reward of a next state that is not listed is the lowest of the range.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from mornavi_lite import TotalVariation, solve
    >>> from mornavi_lite.formats import read_table
    >>> text = '''state,action,next state,probability,reward
    ... new,run,new,0.9,4
    ... new,run,worn,0.1,4
    ... worn,run,worn,1,1
    ... worn,repair,new,1,-2
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "machine.csv"
    ...     _ = file.write_text(text)
    ...     game = read_table(file, horizon=10)
    >>> game.state_names, game.action_names, game.legal[0].tolist()
    (('new', 'worn'), (('run', 'repair'),), [[True, False], [True, True]])
    >>> bool(solve(game, TotalVariation(0.1)).value[0, 0, 0] < 10 * 4)
    True
    """
    cells = read_cells(path)
    columns = cells.columns
    assert cells.probability is not None and columns.probability is not None
    chance = columns.probability

    def place_of(entry: int, player: int | None = None) -> str:
        paid = columns.rewards if len(columns.rewards) > 1 else columns.rewards * columns.n_players
        column = chance if player is None else paid[player]
        return place(cells.source, int(cells.lines[entry]), columns, column)

    step, n_steps = steps_of(cells)
    length = Length(horizon, discount, accuracy).checked(n_steps)
    states, state, following = states_of(cells, state_names)
    actions, own = actions_of(cells, action_names)
    found = Transitions(
        step,
        state,
        np.ravel_multi_index(tuple(np.asarray(own, dtype=np.intp)), tuple(map(len, actions))),
        following,
        cells.probability,
        np.broadcast_to(cells.rewards, (len(actions), len(state))),
    )
    start = initial_of(initial, states)
    return game_of(found, place_of, states, actions, length, n_steps, reward_range, normalize, start, name)


def steps_of(cells: Cells) -> tuple[np.ndarray, int | None]:
    """Step of each line, and the number of steps; 0 and None where the table has no such column."""
    if cells.step is None:
        return np.zeros(len(cells.lines), dtype=np.int64), None
    assert cells.columns.step is not None
    wrong = (cells.step < 0) | (cells.step != np.floor(cells.step)) | (cells.step >= 2**31)
    if wrong.any():
        k = int(wrong.argmax())
        cells.fail(k, cells.columns.step, f"a step must be 0, 1, ..., got {cells.step[k]:g}")
    step = cells.step.astype(np.int64)
    return step, int(step.max()) + 1


def states_of(cells: Cells, given: Sequence[Any] | None) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Names of all states, and the number of the state and of the next state of each line."""
    labels = [str(label).strip() for label in cells.states.listed]
    first = np.full(len(labels), len(cells.lines))
    np.minimum.at(first, cells.state, np.arange(len(cells.state)))
    led = first.copy()
    np.minimum.at(led, cells.next_state, np.arange(len(cells.state)))
    seen = np.lexsort((led, first))  # first those that have lines of their own, then those that are only led to
    given = None if given is None else listed("state_names", given)
    names, number, unknown = numbered(labels, seen, given)
    for ids, column in ((cells.state, cells.columns.state), (cells.next_state, cells.columns.next_state)):
        refuse_unknown(cells, ids, column, unknown, labels, "a state")
    return names, number[cells.state], number[cells.next_state]


def actions_of(cells: Cells, given: Sequence[Sequence[Any]] | None) -> tuple[list[tuple[str, ...]], list[np.ndarray]]:
    """For each player the names of its actions, and the number of its action in each line."""
    columns, m = cells.columns, cells.columns.n_players
    if given is not None:
        given = [listed(f"action_names[{i}]", own) for i, own in enumerate(checks.per_player("action_names", given, m))]
    actions, own = [], []
    for i, (known, ids) in enumerate(cells.actions if len(cells.actions) == m else players_of(cells, m, given)):
        labels = [str(label).strip() for label in known.listed]
        names, number, unknown = numbered(labels, np.arange(len(labels)), None if given is None else given[i])
        refuse_unknown(cells, ids, columns.actions[i if len(columns.actions) == m else 0], unknown, labels, "an action")
        actions.append(names)
        own.append(number[ids])
    return actions, own


def listed(argument: str, given: Any) -> list[str]:
    """The labels that are given as texts."""
    if not checks.is_sequence(given):
        raise ValueError(f"{argument} must be a sequence of labels, got {checks.brief(given)}")
    return [checks.as_text(f"{argument}[{k}]", each) for k, each in enumerate(given)]


def players_of(cells: Cells, n_players: int, given: Sequence[Sequence[Any]] | None) -> list[tuple[Labels, np.ndarray]]:
    """Labels of each player's actions, and its action in each line, from one column of joint actions."""
    joint, ids = cells.actions[0]
    each = [Labels() for _ in range(n_players)]
    numbers = np.zeros((len(joint), n_players), dtype=np.int64)
    for k, label in enumerate(joint.listed):
        parts = parts_of(str(label).strip(), n_players, given)
        if parts is None:
            what = "an index, with action_names, or one action per player" if given else "one action per player"
            cells.fail(
                int((ids == k).argmax()),
                cells.columns.actions[0],
                f"expected {what}, as in ({', '.join('abcdefghij'[:n_players])}), got {checks.brief(label, 80)}",
            )
        numbers[k] = [known[part] for known, part in zip(each, parts, strict=True)]
    return [(known, numbers[ids, i]) for i, known in enumerate(each)]


def parts_of(label: str, n_players: int, given: Sequence[Sequence[Any]] | None) -> list[str] | None:
    """The action of each player in a joint action, which may be the index of one; None if it is not of that form."""
    inside = label[1:-1] if label[:1] + label[-1:] in ("()", "[]") else label
    separator = next((mark for mark in ",;|" if mark in inside), None)
    parts = [part.strip() for part in inside.split(separator)]
    if len(parts) == n_players and all(parts):
        return parts
    sizes = tuple(map(len, given or ()))
    if not sizes or not label.isdecimal() or len(label) > 18 or int(label) >= math.prod(sizes):
        return None
    return [str(names[int(a)]) for names, a in zip(given or (), np.unravel_index(int(label), sizes), strict=True)]


def numbered(
    labels: Sequence[str], order: Iterable[int], given: Sequence[Any] | None
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Names in their order, the number of each label, and which labels are unknown.

    The order is that of ``given``, that of size where all labels are integers, else ``order`` of the labels.
    """
    if given is not None:
        names = tuple(str(label) for label in given)
    elif all(map(WHOLE.fullmatch, labels)):
        labels = [str(int(label.partition(".")[0])) for label in labels]
        names = tuple(sorted(set(labels), key=int))
    else:
        names = tuple(dict.fromkeys(labels[k] for k in order))
    numbers = {name: k for k, name in enumerate(names) if name}
    number = np.array([numbers.get(label, -1) for label in labels])
    return names, number, number < 0


def refuse_unknown(
    cells: Cells, ids: np.ndarray, column: int, unknown: np.ndarray, labels: Sequence[str], what: str
) -> None:
    """Raise at the first line with a label that is empty, or that is not among those that were given."""
    wrong = unknown[ids]
    if wrong.any():
        k = int(wrong.argmax())
        label = labels[ids[k]]
        got = f"{checks.brief(label, 80)}, which is not listed" if label else "nothing"
        cells.fail(k, column, f"expected {what}, got {got}")
