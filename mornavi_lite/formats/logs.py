"""Counts from logs in CSV form, one step a line."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import checks
from ..confidence import Counts
from ..confidence.rewards import KINDS, REWARD_TOLERANCE
from .cells import Cells, place, read_cells
from .columns import LOG
from .tables import actions_of, states_of, steps_of
from .transitions import initial_of, refuse_too_many

#: What would hold, where a reward is not of its kind.
_INSTEAD = {
    "deterministic": "rewards='next_state' holds if the next state decides it, rewards='random' if it is drawn",
    "next_state": "rewards='random' holds if it is drawn, with a mean that depends on state and joint action",
}


class Steps(NamedTuple):
    """The lines of a log as numbers: step, state, joint action and next state (n,), rewards (m, n)."""

    step: np.ndarray
    state: np.ndarray
    joint: np.ndarray
    next_state: np.ndarray
    rewards: np.ndarray


def read_log(
    path: str | os.PathLike[str],
    horizon: int | None = None,
    reward_range: Any = (0, 1),
    rewards: str = "deterministic",
    initial: Any = None,
    state_names: Sequence[Any] | None = None,
    action_names: Sequence[Sequence[Any]] | None = None,
) -> Counts:
    """Read what was seen of a game from a log in CSV form, one step a line.

    Parameters
    ----------
    path : str or path
        The file. Its first line names the columns: episode, step (from 0 on), state, action, next state, reward.
        Several players have columns such as ``action_row``, ``action_column`` and ``reward_row``, ``reward_column``, as
        in :func:`read_table`. States and actions are names or numbers; lines may have any order.
    horizon : int or None
        Number of steps H. None: as many as the longest episode has.
    reward_range : (lo, hi), or array_like of shape (m, 2) or (m, H, 2)
        Between which values rewards can lie, of what was not logged as well.
    rewards : {"deterministic", "next_state", "random"}
        As in :class:`mornavi_lite.Counts`.
    initial : label, dict or array_like of shape (S,), or None
        State in which every episode begins, the probability of each such state, or the distribution. None: not stated.
    state_names, action_names : sequences, optional
        All labels in the order in which they are to be numbered; for actions one sequence per player. Default: those of
        the log, integers by size, others by first appearance. What the log does not show then does not exist.

    Returns
    -------
    Counts
        What was seen, with the names. ``Mornavi.certify(counts, policy)`` bounds what any policy is worth.

    Raises
    ------
    ValueError, TypeError
        If the log is not of that form, a step is missing or there twice, a state is not where the step before led, or
        a reward is outside its range or not of its kind; the message names the line.

    Notes
    -----
    Chapter 5, :eq:`certificate`. The bounds hold for every policy at once, and for every way in which the log was made,
    if each action was chosen, and each line kept, without a look at what came after it. What the log does not tell is
    not known: a policy that goes where the log was not gets a wide certificate, and so does one from which a player
    gains by going there. An episode may stop before the horizon: what was not logged is not counted. If the game was
    over, log the state that it stays in, or state ``fail_state``.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from mornavi_lite import Mornavi, Nominal
    >>> from mornavi_lite.formats import read_log
    >>> text = '''episode,step,state,action,next state,reward
    ... 1,0,new,run,new,1
    ... 1,1,new,run,worn,1
    ... 2,0,new,repair,new,0
    ... 2,1,new,run,new,1
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "log.csv"
    ...     _ = file.write_text(text)
    ...     counts = read_log(file, initial="new")
    >>> counts.n_episodes, counts.horizon, counts.visits[0].tolist()
    (2, 2, [[1, 1], [0, 0]])
    >>> plan = Mornavi(Nominal()).certify(counts, [[[1, 0], [0.5, 0.5]]] * 2)
    >>> bool(plan.lower[0, 0, 0] >= 1)
    True
    """
    kind = checks.one_of("rewards", rewards, KINDS)
    if isinstance(reward_range, str):
        raise TypeError(f"reward_range must be (lo, hi), of all that can be paid, got {reward_range!r}")
    cells = read_cells(path, LOG)
    step, longest = steps_of(cells)
    assert longest is not None
    steps = longest if horizon is None else checks.integer("horizon", horizon, 1)
    states, state, following = states_of(cells, state_names)
    actions, own = actions_of(cells, action_names)
    sizes = tuple(map(len, actions))
    start = None if initial is None else initial_of(initial, states)
    refuse_too_many((1 if horizon is None else steps) * len(states) * math.prod(sizes), 1, len(actions))
    paid = np.broadcast_to(cells.rewards, (len(actions), len(step)))
    found = Steps(step, state, np.ravel_multi_index(tuple(own), sizes), following, paid)
    starts = None if start is None else checks.distribution("initial", start, len(states)) > 0
    _check_steps(cells, found, steps, starts)  # before memory is taken for as many steps as a line says
    names = {"state_names": states, "action_names": actions}
    counts = Counts(len(states), sizes, steps, reward_range, kind, initial=start, **names)
    _check_rewards(cells, found, counts)
    counts.add(*_sums(found, counts))
    return counts


def _check_steps(cells: Cells, found: Steps, horizon: int, starts: np.ndarray | None) -> None:
    """Raise at the first line, in the order of the episodes, that does not follow from the one before."""
    columns = cells.columns
    assert cells.episode is not None and columns.step is not None and columns.episode is not None
    order = np.lexsort((found.step, cells.episode))
    episode, step = cells.episode[order], found.step[order]
    same = np.concatenate([[False], episode[1:] == episode[:-1]])
    before = np.concatenate([[0], order[:-1]])
    wanted = np.where(same, found.step[before] + 1, 0)
    names = [str(label).strip() for label in cells.episodes.listed]
    for wrong, column, what in (
        (step >= horizon, columns.step, f"a step must be below the horizon, {horizon}, got {{step}}"),
        (
            same & (step == wanted - 1),
            columns.step,
            "step {step} of episode {episode} is there twice, also on line {line}",
        ),
        (step != wanted, columns.step, "episode {episode} has no step {wanted} before step {step}"),
        (
            same & (found.state[order] != found.next_state[before]),
            columns.state,
            "not the next state of step {last} of episode {episode}, on line {line}",
        ),
        (
            ~same & (False if starts is None else ~starts[found.state[order]]),
            columns.state,
            "an episode must begin where initial says",
        ),
    ):
        if np.any(wrong):
            k = int(np.argmax(wrong))
            words = {"step": step[k], "wanted": wanted[k], "last": step[k] - 1, "episode": names[episode[k]]}
            cells.fail(int(order[k]), column, what.format(**words, line=cells.lines[before[k]]))


def _check_rewards(cells: Cells, found: Steps, counts: Counts) -> None:
    """Raise at the first line with a reward that is outside its range, or that is not of its kind."""
    low, high = np.moveaxis(counts.step_ranges[:, found.step], -1, 0)
    outside = (found.rewards < low) | (found.rewards > high)
    if outside.any():
        i, k = _first(outside)
        ends = min(float(low[i, k]), float(found.rewards.min())), max(float(high[i, k]), float(found.rewards.max()))
        raise ValueError(
            f"{_paid(cells, i, k)}: a reward must be in [{low[i, k]:g}, {high[i, k]:g}], got {found.rewards[i, k]:g}; "
            f"reward_range=({ends[0]:g}, {ends[1]:g}) would hold those of the log"
        )
    if counts.rewards == "random":
        return
    where = _where(found, counts)
    _, first, cell = np.unique(np.ravel_multi_index(where, _shape(counts)), return_index=True, return_inverse=True)
    moved = np.abs(found.rewards - found.rewards[:, first[cell]]) > REWARD_TOLERANCE * (high - low)
    if moved.any():
        i, k = _first(moved)
        then = int(first[cell[k]])
        raise ValueError(
            f"{_paid(cells, i, k)}: the reward of player {i} differs from that on line {cells.lines[then]}, "
            f"{found.rewards[i, then]:g}, got {found.rewards[i, k]:g}; {_INSTEAD[counts.rewards]}"
        )


def _first(wrong: np.ndarray) -> tuple[int, int]:
    """Player and line of the first wrong reward (m, n), by lines."""
    k = int(wrong.any(axis=0).argmax())
    return int(wrong[:, k].argmax()), k


def _paid(cells: Cells, player: int, line: int) -> str:
    """Words for the cell of a reward."""
    columns = cells.columns
    column = columns.rewards[player if len(columns.rewards) > 1 else 0]
    return place(cells.source, int(cells.lines[line]), columns, column)


def _shape(counts: Counts) -> tuple[int, ...]:
    """Axes of the rewards that counts keep of each player."""
    return (counts.transitions if counts.rewards == "next_state" else counts.visits).shape


def _where(found: Steps, counts: Counts) -> tuple[np.ndarray, ...]:
    """The cells of the lines on these axes."""
    return (found.step, found.state, found.joint, found.next_state)[: len(_shape(counts))]


def _sums(found: Steps, counts: Counts) -> tuple[np.ndarray, np.ndarray]:
    """How often each transition happened, and the rewards, as ``Counts.add`` takes them."""
    played = np.zeros(counts.transitions.shape, dtype=np.int64)
    np.add.at(played, (found.step, found.state, found.joint, found.next_state), 1)
    reward = np.zeros((len(counts.n_actions), *_shape(counts)))
    where = _where(found, counts)
    for own, paid in zip(reward, found.rewards, strict=True):
        if counts.rewards == "random":
            np.add.at(own, where, paid)
        else:
            own[tuple(each[::-1] for each in where)] = paid[::-1]  # of several lines the first counts
    return played, reward
