"""Grids of runs: what a TOML file says, checked before anything runs."""

from __future__ import annotations

import hashlib
import inspect
import itertools
import json
import math
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import checks, learners, uncertainty, zoo
from ..games import MarkovGame
from ..learners import Mornavi
from ..uncertainty import Nominal, UncertaintySet

GAMES: dict[str, Callable[..., Any]] = {name: getattr(zoo, name) for name in zoo.__all__}
LEARNERS: dict[str, Callable[..., Any]] = {
    name: each
    for name in learners.__all__
    if isinstance(each := getattr(learners, name), type) and issubclass(each, Mornavi)
}
SETS: dict[str, Callable[..., Any]] = {
    name: getattr(uncertainty, name) for name in ("Nominal", "TotalVariation", "KullbackLeibler", "ChiSquare")
}
_TABLES = {"game": ("name", GAMES), "learner": ("name", LEARNERS), "uncertainty": ("set", SETS)}
_OTHERS = ("episodes", "seeds", "until")
#: Most runs of a grid: a mistyped number of seeds is an error, not an exhausted memory.
_MOST_RUNS = 10**6
Configuration = dict[str, Any]
_Numbered = list[tuple[int, dict[str, Any]]]


@dataclass(frozen=True)
class Grid:
    """All combinations of games, learners, uncertainty sets and seeds.

    Parameters
    ----------
    configurations : tuple of dict
        One for each run: "game", "learner", "uncertainty" (each with its parameters), "seed", "episodes", "until".

    Examples
    --------
    >>> from mornavi_lite.sweep import Grid
    >>> grid = Grid.of({
    ...     "episodes": 100, "seeds": 2, "game": [{"name": "traffic_merge"}], "learner": [{"name": "Mornavi"}],
    ...     "uncertainty": [{"set": "TotalVariation", "radius": [0.1, 0.2]}],
    ... })
    >>> len(grid.configurations)
    4
    """

    configurations: tuple[Configuration, ...]

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Grid:
        """Read a grid from a TOML file.

        Parameters
        ----------
        path : str or path
            The file: ``episodes``, ``seeds``, and tables ``[[game]]``, ``[[learner]]``, ``[[uncertainty]]``.

        Returns
        -------
        Grid
            Its runs.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is not TOML, or an entry is wrong; with the line, the key, and what is allowed.

        Examples
        --------
        >>> from mornavi_lite.sweep import Grid
        >>> len(Grid.read("benchmarks/example_sweep.toml").configurations) >= 24
        True
        """
        stored = Path(path).read_bytes()
        try:
            text = stored.decode()
            content = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path} is not TOML: {error}") from None
        return cls.of(content, str(path), text)

    @classmethod
    def of(cls, content: Mapping[str, Any], source: str = "grid", text: str = "") -> Grid:
        """Make a grid of what a TOML file would say.

        Parameters
        ----------
        content : mapping
            ``episodes``, ``seeds`` (a number n for 0 to n - 1, or a list), optional ``until``, and lists of tables
            ``game`` (``name`` and parameters of a function of the zoo), ``learner`` (``name`` and parameters) and
            ``uncertainty`` (``set``, ``radius`` or a list of radii; or ``players``, a list with one table each).
        source, text : str
            What errors call the grid, and the text in which they look for the line.

        Returns
        -------
        Grid
            Its runs: seeds vary fastest, then sets, then learners, then games.

        Raises
        ------
        ValueError
            If an entry is wrong.

        Examples
        --------
        >>> from mornavi_lite.sweep import Grid
        >>> try:
        ...     Grid.of({"episodes": 100, "seeds": 1, "game": [{"name": "chess"}]})
        ... except ValueError as error:
        ...     print("got 'chess'" in str(error))
        True
        """
        if not isinstance(content, Mapping):
            raise TypeError(f"content must be a mapping, got {type(content).__name__}")
        content, place = _plain(content), _Place(source, text)
        for key in content:
            if key not in (*_TABLES, *_OTHERS):
                raise place.named(key, f"unknown key {key!r}; allowed: {', '.join((*_TABLES, *_OTHERS))}")
        tables = {name: _entries(content, name, place) for name in _TABLES}
        with place.at("", 0):
            for key in ("episodes", "seeds"):
                if content.get(key) is None:
                    raise ValueError(f"{key} is missing")
            episodes = checks.integer("episodes", content["episodes"], 1, 10**15)
            seeds = _seeds(content["seeds"])
            until = None if content.get("until") is None else checks.number("until", content["until"], 0.0)
            n_runs = math.prod(map(len, tables.values())) * len(seeds)
            if n_runs > _MOST_RUNS:
                raise ValueError(f"seeds make {n_runs} runs of this grid, more than {_MOST_RUNS}")
        _check_together(tables, place)
        every = itertools.product(*([entry for _, entry in entries] for entries in tables.values()), seeds)
        last = {"episodes": episodes, "until": until}
        return cls(tuple({"game": g, "learner": n, "uncertainty": u, "seed": s, **last} for g, n, u, s in every))


def key_of(configuration: Configuration) -> str:
    """Name of a run: a digest of its configuration."""
    return hashlib.sha256(json.dumps(configuration, sort_keys=True).encode()).hexdigest()[:20]


def game_of(entry: Mapping[str, Any]) -> MarkovGame:
    """The game of a ``[[game]]`` table."""
    return GAMES[entry["name"]](**{key: value for key, value in entry.items() if key != "name"})


def set_of(entry: Mapping[str, Any]) -> UncertaintySet | list[UncertaintySet]:
    """The uncertainty of an ``[[uncertainty]]`` table: one set, or a list with one per player."""
    if "players" in entry:
        return [SETS[each["set"]](**{k: v for k, v in each.items() if k != "set"}) for each in entry["players"]]
    return SETS[entry["set"]](**{key: value for key, value in entry.items() if key != "set"})


def learner_of(entry: Mapping[str, Any], ball: UncertaintySet | list[UncertaintySet]) -> Mornavi:
    """The learner of a ``[[learner]]`` table; one that plans without robustness does not get the set."""
    make, parameters = LEARNERS[entry["name"]], {key: value for key, value in entry.items() if key != "name"}
    robust = "uncertainty" in inspect.signature(make).parameters
    return make(ball, **parameters) if robust else make(**parameters)


class _Place:
    """Where an entry stands, for messages: by line if there is a text."""

    def __init__(self, source: str, text: str) -> None:
        self.source, self.lines = source, text.splitlines()
        self.table, self.number = "", 0

    def at(self, table: str, number: int) -> _Place:
        """Errors in the ``with`` block belong to the table of this name and number."""
        self.table, self.number = table, number
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, (ValueError, TypeError, OverflowError, MemoryError)):
            message = str(error)
            raise self.error(self.table, self.number, re.split(r"\W", message)[0], message) from None

    def named(self, key: Any, message: str) -> ValueError:
        """A ValueError about what the file calls ``key``: an entry of its own, or a table."""
        is_table = not self._line("", 0, key) and self._line(key, 0, key)
        return self.error(key if is_table else "", 0, key, message)

    def error(self, table: str, number: int, key: str, message: str) -> ValueError:
        """A ValueError that names the file, the line or table, and says the message."""
        line = self._line(table, number, key)
        where = f", line {line}" if line else f", [[{table}]] {number + 1}" if table else ""
        return ValueError(f"{self.source}{where}: {message}")

    def _line(self, table: str, number: int, key: str) -> int:
        """Line of a key in the table of this number, or of the table's head; 0 where there is none."""
        found, inside, count = 0, not table, -1
        for n, line in enumerate(self.lines, start=1):
            head = re.match(r"\s*\[+\s*([\w.]+)\s*\]+\s*(#|$)", line)
            if head:
                count += head[1] == table
                inside = head[1] == table and count == number
                found = n if inside else found
            elif inside and re.match(rf"\s*{re.escape(str(key))}\s*=", line):
                return n
        return found


def _plain(value: Any) -> Any:
    """What a TOML file would hold: lists instead of tuples and arrays, so that a configuration is equal to its JSON."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return [_plain(each) for each in value] if isinstance(value, (list, tuple, range)) else value


def _entries(content: Mapping[str, Any], table: str, place: _Place) -> _Numbered:
    """The tables of one name, numbered, with known words and parameters; one entry for each radius of a list."""
    given = content.get(table)
    if not isinstance(given, list) or not given or not all(isinstance(entry, dict) for entry in given):
        raise place.named(table, f"a grid needs at least one table [[{table}]], with two brackets")
    entries: _Numbered = []
    for number, entry in enumerate(given):
        with place.at(table, number):
            for each in _players(entry) if table == "uncertainty" and "players" in entry else [entry]:
                _check_words(each, *_TABLES[table])
            for single in _one_radius_each(entry):
                if any(single == earlier for _, earlier in entries):
                    raise ValueError(f"[[{table}]] {json.dumps(single)} is there twice")
                entries.append((number, single))
    return entries


def _players(entry: dict[str, Any]) -> list[dict[str, Any]]:
    others = [key for key in entry if key != "players"]
    if others:
        raise ValueError(f"{others[0]} cannot stand beside players; it belongs to each of them")
    players = entry["players"]
    if not isinstance(players, list) or not players or not all(isinstance(each, dict) for each in players):
        raise ValueError(
            f"players must be a list with one table for each, as in {{set = 'Nominal'}}, got {checks.brief(players)}"
        )
    return players


def _check_words(entry: dict[str, Any], word: str, makers: Mapping[str, Callable[..., Any]]) -> None:
    """Raise unless an entry names one of ``makers`` and gives parameters that it knows, and all it needs."""
    if word not in entry:
        raise ValueError(f"{word} is missing; one of {', '.join(map(repr, makers))}")
    checks.one_of(word, entry[word], list(makers))
    known = dict(inspect.signature(makers[entry[word]]).parameters)
    known.pop("uncertainty", None)
    for key in entry:
        if key != word and key not in known:
            raise ValueError(f"{key} is no parameter of {entry[word]}; allowed: {', '.join(known) or 'none'}")
    for key, parameter in known.items():
        if parameter.default is parameter.empty and key not in entry:
            raise ValueError(f"{key} is missing; {entry[word]} needs it")


def _seeds(value: Any) -> Sequence[int]:
    if isinstance(value, list):
        seeds = [checks.integer(f"seeds[{k}]", seed, 0, 2**128 - 1) for k, seed in enumerate(value)]
        if not seeds or len(set(seeds)) < len(seeds):
            raise ValueError(f"seeds must be different from each other, at least one, got {value}")
        return seeds
    return range(checks.integer("seeds", value, 1, _MOST_RUNS))


def _one_radius_each(entry: dict[str, Any]) -> list[dict[str, Any]]:
    radii = entry.get("radius")
    if radii == []:
        raise ValueError("radius must be a number, or a list of at least one")
    return [entry | {"radius": radius} for radius in radii] if isinstance(radii, list) else [entry]


def _check_together(tables: dict[str, _Numbered], place: _Place) -> None:
    """Make every game, learner and set once, so that a wrong parameter is found before anything runs."""
    n_players = []
    for number, entry in tables["game"]:
        with place.at("game", number):
            n_players.append((entry["name"], game_of(entry).n_players))
    for number, entry in tables["learner"]:
        with place.at("learner", number):
            learner_of(entry, Nominal())
    for number, entry in tables["uncertainty"]:
        with place.at("uncertainty", number):
            balls = set_of(entry)
            for game, n in n_players:
                if isinstance(balls, list) and len(balls) != n:
                    raise ValueError(f"players must be {n}, as many as in {game}, got {len(balls)}")
