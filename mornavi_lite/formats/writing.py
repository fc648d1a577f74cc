"""Games, policies and episodes written as tables in CSV form."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from .. import checks
from ..files import write_text
from ..games import MarkovGame
from .tables import numbered


def write_table(path: str | os.PathLike[str], game: MarkovGame) -> None:
    """Write a game as a table in CSV form, one transition a line, whole or not at all.

    Parameters
    ----------
    path : str or path
        The file.
    game : MarkovGame
        Dense or sparse. Columns: step (where the game differs by step), state, action, next state, probability,
        reward; for several players ``action_0``, ``action_1``, ... and ``reward_0``, ``reward_1``, ...

    Raises
    ------
    TypeError
        If ``game`` is not a MarkovGame.
    ValueError
        If names cannot be told apart in a table.

    Notes
    -----
    What can happen is written, and what pays more than the lowest of the range if rewards depend on the next state.
    :func:`read_table` makes an equal game if it is given what the table does not hold: the initial distribution, the
    range of rewards, and the order of names that are not integers. :meth:`mornavi_lite.MarkovGame.save` keeps all.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from mornavi_lite import zoo
    >>> from mornavi_lite.formats import read_table, write_table
    >>> game = zoo.traffic_merge()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "game.csv"
    ...     write_table(file, game)
    ...     again = read_table(file, game.horizon, reward_range=(0, 1), name=game.name)
    >>> again == game
    True
    """
    if not isinstance(game, MarkovGame):
        raise TypeError(f"game must be a MarkovGame, got {type(game).__name__}")
    refuse_names(game)
    by_step = not game.repeats_one_step or bool(game.tail.any())  # a discount makes the steps differ
    header = ["state", *per_player("action", game), "next state", "probability", *per_player("reward", game)]
    lines: Iterator[Sequence[Any]] = transitions(game, 0)
    if by_step:
        header.insert(0, "step")
        lines = ((h, *line) for h in range(game.horizon) for line in transitions(game, h))
    write_lines(path, header, lines)


def write_policy(path: str | os.PathLike[str], game: MarkovGame, policy: Any) -> None:
    """Write a policy as a table in CSV form, with the names of states and actions, whole or not at all.

    Parameters
    ----------
    path : str or path
        The file. Columns: step, state, action (for several players ``action_0``, ``action_1``, ...), probability.
    game : MarkovGame
        The game, for its names.
    policy : array_like, shape (H, S, A)
        Joint policy. Joint actions of probability 0 have no line.

    Raises
    ------
    ValueError, TypeError
        If the policy is not one of this game.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from mornavi_lite import Nominal, solve, zoo
    >>> from mornavi_lite.formats import write_policy
    >>> game = zoo.traffic_merge(horizon=5)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "policy.csv"
    ...     write_policy(file, game, solve(game, Nominal()).policy)
    ...     lines = file.read_text().splitlines()
    >>> lines[0], lines[1].split(",")[:2]
    ('step,state,action_0,action_1,probability', ['0', '0'])
    >>> bool(sum(float(line.split(",")[-1]) for line in lines[1:]) == game.horizon * game.n_states)
    True
    """
    if not isinstance(game, MarkovGame):
        raise TypeError(f"game must be a MarkovGame, got {type(game).__name__}")
    checked = game.check_policy(policy)
    step, state, joint = np.nonzero(checked)
    lines = zip(
        step.tolist(),
        named(game.state_names, state),
        *named_actions(game, joint),
        map(shortest, checked[step, state, joint].tolist()),
        strict=True,
    )
    write_lines(path, ["step", "state", *per_player("action", game), "probability"], lines)


def write_log(
    path: str | os.PathLike[str], game: MarkovGame, policy: Any, n_episodes: int, rng: np.random.Generator
) -> None:
    """Play a game and write a log in CSV form, one step a line, whole or not at all.

    Parameters
    ----------
    path : str or path
        The file. Columns: episode, step, state, action, next state, reward; for several players ``action_0``,
        ``action_1``, ... and ``reward_0``, ``reward_1``, ...
    game : MarkovGame
        What is played.
    policy : array_like, shape (H, S, A)
        Joint policy with which it is played.
    n_episodes : int
        How many episodes, at least 1.
    rng : numpy.random.Generator
        Source of randomness.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form, or names cannot be told apart in a file.

    Notes
    -----
    :func:`read_log` reads it back, given what the log does not hold: the range of rewards, their kind, and the order of
    names that are not integers.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from mornavi_lite import zoo
    >>> from mornavi_lite.formats import read_log, write_log
    >>> game = zoo.traffic_merge()
    >>> uniform = np.full((game.horizon, game.n_states, game.n_joint_actions), 1 / game.n_joint_actions)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "log.csv"
    ...     write_log(file, game, uniform, 20, np.random.default_rng(0))
    ...     counts = read_log(file, state_names=game.state_names, action_names=game.action_names)
    >>> counts.n_episodes, bool((counts.visits.sum(axis=(1, 2)) == 20).all())
    (20, True)
    """
    if not isinstance(game, MarkovGame):
        raise TypeError(f"game must be a MarkovGame, got {type(game).__name__}")
    checks.generator(rng)
    refuse_names(game)
    played = game.fold(game.check_policy(policy))
    total = checks.integer("n_episodes", n_episodes, 1)
    header = ["episode", "step", "state", *per_player("action", game), "next state", *per_player("reward", game)]
    write_lines(path, header, episodes(game, played, total, rng))


def transitions(game: MarkovGame, step: int) -> Iterator[tuple[Any, ...]]:
    """The lines of one step: names of state, actions and next state, probability, rewards."""
    listed, chances = game.rows(step)
    reward = game.step_reward(step)
    said = chances > 0
    if reward.ndim == 4:
        lowest = np.array([game.lowest_reward(i, step) for i in range(game.n_players)]).reshape(-1, 1, 1, 1)
        said = said | (reward != lowest).any(axis=0)
    if listed is not None:
        said[..., 1:] &= (listed[..., 1:] != listed[..., :-1]) | (chances[..., 1:] > 0)
    if game.legal is not None:
        said = said & legal_joint(game)[..., None]
    state, joint, place_in_row = np.nonzero(said)
    following = place_in_row if listed is None else listed[state, joint, place_in_row]
    where = (state, joint, place_in_row)[: reward.ndim - 1]
    return zip(
        named(game.state_names, state),
        *named_actions(game, joint),
        named(game.state_names, following),
        map(shortest, chances[state, joint, place_in_row].tolist()),
        *(map(shortest, own[where].tolist()) for own in reward),
        strict=True,
    )


def legal_joint(game: MarkovGame) -> np.ndarray:
    """Which joint actions are legal in each state, booleans (S, A)."""
    masks, each = game.legal or (), np.unravel_index(np.arange(game.n_joint_actions), game.n_actions)
    return np.logical_and.reduce([mask[:, own] for mask, own in zip(masks, each, strict=True)])


def per_player(word: str, game: MarkovGame) -> list[str]:
    """Names of a column of each player."""
    return [word] if game.n_players == 1 else [f"{word}_{i}" for i in range(game.n_players)]


def named(names: Sequence[str], indices: np.ndarray) -> list[str]:
    """The names at some indices."""
    return np.array(names, dtype=object)[indices].tolist()


def named_actions(game: MarkovGame, joint: np.ndarray) -> list[list[str]]:
    """For each player the names of its actions in some joint actions."""
    each = np.unravel_index(joint, game.n_actions)
    return [named(names, own) for names, own in zip(game.action_names, each, strict=True)]


def shortest(value: float) -> str:
    """The shortest decimal that is read as the same float64."""
    return repr(value).removesuffix(".0")


def refuse_names(game: MarkovGame) -> None:
    """Raise where the names would not be told apart once they are read: spaces around them, 1 and 01."""
    for what, names in (("state", game.state_names), *(("action", each) for each in game.action_names)):
        stripped = [name.strip() for name in names]
        wrong = next((name for name, inner in zip(names, stripped, strict=True) if name != inner or not name), None)
        if wrong is not None:
            raise ValueError(f"{what} {wrong!r} cannot be told apart in a table: empty, or with spaces around it")
        if len(numbered(stripped, range(len(stripped)), None)[0]) < len(names):
            raise ValueError(f"{what}s cannot be told apart in a table: some are the same integer")


def write_lines(path: str | os.PathLike[str], header: Sequence[str], lines: Iterable[Sequence[Any]]) -> None:
    """Write a table, whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    write_text(path, text.getvalue())


def episodes(game: MarkovGame, policy: np.ndarray, total: int, rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    """The lines of all episodes, one episode after the other."""
    state = drawn(np.broadcast_to(game.initial, (total, game.n_states)), rng)
    columns: list[list[tuple[Any, ...]]] = []
    for h in range(game.horizon):
        joint = drawn(policy[h, state], rng)
        listed, chances = game.rows(h)
        spot = drawn(chances[state, joint], rng)
        following = spot if listed is None else listed[state, joint, spot]
        reward = game.step_reward(h)
        paid = reward[(slice(None), state, joint, spot)[: reward.ndim]]
        columns.append(
            list(
                zip(
                    named(game.state_names, state),
                    *named_actions(game, joint),
                    named(game.state_names, following),
                    *(map(shortest, own.tolist()) for own in paid),
                    strict=True,
                )
            )
        )
        state = following
    return ((k, h, *columns[h][k]) for k in range(total) for h in range(game.horizon))


def drawn(chances: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A place in each row of probabilities (n, K)."""
    total = np.cumsum(chances, axis=1)
    beyond = total <= rng.random((len(total), 1)) * total[:, -1:]
    last = chances.shape[1] - 1 - (chances[:, ::-1] > 0).argmax(axis=1)
    return np.minimum(beyond.sum(axis=1), last)
