"""Games in files, compared with each other, and told apart by a digest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..files import fitting_together, read_arrays, write_arrays
from .arrays import one_step
from .sparse import dense_kernel, dense_reward, laid_out

if TYPE_CHECKING:
    from .markov_game import MarkovGame

KIND = "MarkovGame"


def save(self: MarkovGame, path: str | os.PathLike[str]) -> None:
    """Write the game to one file, whole or not at all.

    Parameters
    ----------
    path : str or path
        File to write, by custom ``.npz``; an older one is replaced.

    Raises
    ------
    OSError
        If the file cannot be written; an older one is then as it was.

    Notes
    -----
    The file holds one step of what repeats one step, names as text, and neither times nor names of machines.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from mornavi_lite import MarkovGame, zoo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "patrol.npz")
    ...     zoo.patrol().save(file)
    ...     MarkovGame.load(file) == zoo.patrol()
    True
    """
    write_arrays(path, KIND, {name: np.asarray(part) for name, part in parts(self).items()})


def load(cls: type[MarkovGame], path: str | os.PathLike[str]) -> MarkovGame:
    """Read a game that :meth:`save` wrote.

    Parameters
    ----------
    path : str or path
        File to read.

    Returns
    -------
    MarkovGame
        An equal game, checked like any other.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If the file is truncated, damaged, of another kind, or written by a newer version.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from mornavi_lite import MarkovGame
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     foreign = pathlib.Path(folder, "notes.npz")
    ...     _ = foreign.write_text("no game at all")
    ...     try:
    ...         MarkovGame.load(foreign)
    ...     except ValueError as error:
    ...         print("damaged" in str(error))
    True
    """
    stored = read_arrays(path, KIND)
    with fitting_together(path):
        return from_parts(cls, stored)


def parts(game: MarkovGame) -> dict[str, Any]:
    """What makes the game: arrays with one step where a step is repeated, and names as text."""
    made: dict[str, Any] = {
        "probability": one_step(game._probability, 0),
        "reward": one_step(game._reward, 1),
        "ranges": one_step(game._ranges, 1),
        "initial": game.initial,
        "n_actions": np.array(game.n_actions),
        "sizes": np.array([game.horizon, game.n_states]),
        "name": game.name,
        "state_names": np.array(game.state_names),
        "action_names": np.array([word for each in game.action_names for word in each]),
    }
    if game._next_state is not None:
        made["next_state"] = one_step(game._next_state, 0)
    if game._legal is not None:
        made["legal"] = np.concatenate(game._legal, axis=1)
    if game._discount is not None:
        made["discount"] = np.array(game._discount)
    return made


def from_parts(cls: type[MarkovGame], made: dict[str, Any]) -> MarkovGame:
    """The game of which :func:`parts` are given."""
    horizon, n_states = (int(n) for n in made["sizes"])
    counts = tuple(int(n) for n in made["n_actions"])
    ends = np.cumsum(counts)[:-1]
    probability, reward = made["probability"], made["reward"]
    listed = made.get("next_state")
    steps = (horizon, *probability.shape[1:])
    words = [str(word) for word in made["action_names"]]
    return cls._made(
        None if listed is None else np.broadcast_to(listed, steps),
        np.broadcast_to(probability, steps),
        np.broadcast_to(reward, (reward.shape[0], horizon, *reward.shape[2:])),
        counts,
        n_states,
        made["initial"],
        name=str(made["name"]),
        state_names=[str(word) for word in made["state_names"]],
        action_names=[[words[k] for k in each] for each in np.split(np.arange(len(words)), ends)],
        reward_range=np.broadcast_to(made["ranges"], (len(counts), horizon, 2)),
        legal=None if "legal" not in made else np.split(np.asarray(made["legal"]), ends, axis=1),
        discount=float(made["discount"]) if "discount" in made else None,
    )


def equal(game: MarkovGame, other: MarkovGame) -> bool:
    """Whether two games have the same kernel, rewards, start, ranges, legal actions and names."""
    if facts(game) != facts(other) or not np.array_equal(game.initial, other.initial):
        return False
    if not np.array_equal(game.step_ranges, other.step_ranges):
        return False
    mine, theirs = (each._legal or () for each in (game, other))
    if len(mine) != len(theirs) or not all(np.array_equal(a, b) for a, b in zip(mine, theirs, strict=True)):
        return False
    one = all(each.repeats_one_step and each._discount is None for each in (game, other))
    return all(
        np.array_equal(a, b)
        for h in range(1 if one else game.horizon)
        for a, b in zip(entries(game, h), entries(other, h), strict=True)
    )


def facts(game: MarkovGame) -> tuple[Any, ...]:
    """What is quickly compared, and hashed."""
    return game.horizon, game.n_states, game.n_actions, game.name, game.state_names, game.action_names


def entries(game: MarkovGame, step: int) -> tuple[np.ndarray, ...]:
    """A step's entries that are not the default (probability 0, the lowest reward), by place, with their values."""
    listed, chances = game.rows(step)
    reward = game.step_reward(step)
    if reward.ndim == 3:
        row, column = np.nonzero(chances.reshape(-1, chances.shape[-1]))
        reward_entries: tuple[np.ndarray, ...] = (reward,)
    else:
        lowest = game.step_ranges[:, step, 0].reshape(-1, 1, 1, 1)
        said = (chances != 0) | (reward != lowest).any(axis=0)
        row, column = np.nonzero(said.reshape(-1, chances.shape[-1]))
        reward_entries = tuple(each.reshape(-1, chances.shape[-1])[row, column] for each in reward)
    state = column if listed is None else listed.reshape(-1, chances.shape[-1])[row, column]
    value = chances.reshape(-1, chances.shape[-1])[row, column]
    place = row * np.int64(game.n_states) + state
    order = np.unique(place, return_index=True)[1]  # a padded entry repeats one of its row
    if reward.ndim == 4:
        reward_entries = tuple(each[order] for each in reward_entries)
    return (place[order], value[order], *reward_entries)


def contents(game: MarkovGame) -> Iterator[bytes]:
    """The bytes that tell this game from others, whatever states and actions are called."""
    if game._next_state is not None:
        yield b"sparse"
        yield from _bytes_of(one_step(game._next_state, 0))
    kernel = game._probability if game._next_state is None else one_step(game._probability, 0)
    reward = game._reward if game._discount is None else one_step(game._reward, 1)
    for array in (kernel, reward, game.initial):
        yield from _bytes_of(array)
    if game._discount is not None:
        yield repr((game._discount, game.horizon)).encode()
    if (game._ranges != (0.0, 1.0)).any():
        yield from _bytes_of(one_step(game._ranges, 1))
    for mask in game._legal or ():
        yield from _bytes_of(mask)


def _bytes_of(array: np.ndarray) -> Iterator[bytes]:
    yield repr(array.shape).encode() + np.ascontiguousarray(array).tobytes()


def dense(self: MarkovGame) -> MarkovGame:
    """The same game with a dense kernel.

    Returns
    -------
    MarkovGame
        An equal game; this one if it is dense.

    Raises
    ------
    ValueError
        If its arrays would have more than 2 GiB.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import MarkovGame
    >>> ring = (np.arange(5)[:, None, None] + np.array([[1, -1]])) % 5
    >>> game = MarkovGame.sparse(ring, np.full((5, 1, 2), 0.5), np.zeros((1, 5, 1)), (1,), 5, horizon=2)
    >>> game.dense() == game, game.next_state.shape, game.dense().next_state
    (True, (2, 5, 1, 2), None)
    """
    if self._next_state is None:
        return self
    made = parts(self)
    listed = made.pop("next_state")
    made["probability"] = dense_kernel(listed, made["probability"], self._n_states)
    if self._reward.ndim == 5:
        lowest = made["ranges"][..., 0]  # of each step, where that differs
        paid = made["reward"] if lowest.shape[1] == 1 else self._reward
        made["reward"] = dense_reward(listed, paid, lowest, self._n_states)
    same = from_parts(type(self), made)
    same._states, same._actions = self._states, self._actions  # labels are not in the parts
    return same


def with_rows(self: MarkovGame, next_state: np.ndarray | None, probability: np.ndarray) -> MarkovGame:
    """The same game with another kernel.

    Parameters
    ----------
    next_state : numpy.ndarray of int, shape (H, S, A, B), or None
        The next states of each row; None for dense rows.
    probability : numpy.ndarray, shape (H, S, A, B), or (H, S, A, S)
        Their probabilities.

    Returns
    -------
    MarkovGame
        Rewards, start, names and legal actions are those of this game.

    Raises
    ------
    ValueError, TypeError
        If a row is not a distribution.

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> game = zoo.patrol()
    >>> game.with_rows(None, game.transition) == game
    True
    """
    made = parts(self) | {"probability": probability}
    if self._reward.ndim == 5:
        old = self._next_state
        if old is None and next_state is not None:
            old = np.broadcast_to(np.arange(self.n_states), self._probability.shape)
        if next_state is not None and old is not None:
            lowest = np.broadcast_to(self._ranges[..., 0, None, None, None], (self.n_players, self.horizon, 1, 1, 1))
            made["reward"] = laid_out(self._reward, old, next_state, lowest)
        elif old is not None:
            made["reward"] = dense_reward(old, self._reward, self._ranges[..., 0], self.n_states)
    made.pop("next_state", None)
    if next_state is not None:
        made["next_state"] = next_state
    same = from_parts(type(self), made)
    same._states, same._actions = self._states, self._actions
    return same
