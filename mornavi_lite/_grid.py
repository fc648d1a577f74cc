"""Grids of runs: what a TOML file says, checked before anything runs. Public in :mod:`mornavi_lite.sweep`."""

from __future__ import annotations

import hashlib
import inspect
import itertools
import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import _checks, learners, uncertainty, zoo
from ._mornavi import Mornavi
from .games import MarkovGame
from .uncertainty import UncertaintySet, sets_per_player

GAMES: dict[str, Callable[..., Any]] = {name: getattr(zoo, name) for name in zoo.__all__}
LEARNERS: dict[str, Callable[..., Any]] = {name: getattr(learners, name) for name in learners.__all__ if name != "Plan"}
SETS: dict[str, Callable[..., Any]] = {
    name: getattr(uncertainty, name) for name in ("Nominal", "TotalVariation", "KullbackLeibler", "ChiSquare")
}
_TABLES = {"game": ("name", GAMES), "learner": ("name", LEARNERS), "uncertainty": ("set", SETS)}
_OTHERS = ("episodes", "seeds", "until")
Configuration = dict[str, Any]


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
        text = Path(path).read_text(encoding="utf8")
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
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
        >>> Grid.of({"episodes": 100, "seeds": 1, "game": [{"name": "chess"}]})  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        ValueError: grid, [[game]] 1: name must be one of ..., got 'chess'
        """
        place = _Place(source, text)
        unknown = next((key for key in content if key not in (*_TABLES, *_OTHERS)), None)
        if unknown is not None:
            raise place.error("", 0, unknown, f"unknown key {unknown!r}; allowed: {', '.join((*_TABLES, *_OTHERS))}")
        tables = {name: _entries(content, name, place) for name in _TABLES}
        with place.at("", 0):
            episodes = _checks.integer("episodes", content.get("episodes"), 1, 10**15)
            seeds = _seeds(content.get("seeds"))
            until = None if content.get("until") is None else _checks.number("until", content["until"], 0.0)
        sets = [ball for entry in tables["uncertainty"] for ball in _one_radius_each(entry)]
        _check_together(tables, place)
        return cls(
            tuple(
                {"game": g, "learner": n, "uncertainty": u, "seed": seed, "episodes": episodes, "until": until}
                for g, n, u, seed in itertools.product(tables["game"], tables["learner"], sets, seeds)
            )
        )


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
        if isinstance(error, (ValueError, TypeError)):
            message = str(error)
            raise self.error(self.table, self.number, re.split(r"\W", message)[0], message) from None

    def error(self, table: str, number: int, key: str, message: str) -> ValueError:
        """A ValueError that names the file, the line or table, and says the message."""
        line = self._line(table, number, key)
        where = f", line {line}" if line else f", [[{table}]] {number + 1}" if table else ""
        return ValueError(f"{self.source}{where}: {message}")

    def _line(self, table: str, number: int, key: str) -> int:
        """Line of a key in the table of this number, or of the table's head; 0 where there is none."""
        found, inside, count = 0, not table, -1
        for n, line in enumerate(self.lines, start=1):
            head = re.match(r"\s*\[+\s*([\w.]+)\s*\]+", line)
            if head:
                count += head[1] == table
                inside = head[1] == table and count == number
                found = n if inside else found
            elif inside and re.match(rf"\s*{re.escape(key)}\s*=", line):
                return n
        return found


def _entries(content: Mapping[str, Any], table: str, place: _Place) -> list[dict[str, Any]]:
    """The tables of one name, each with a known word and known parameters."""
    word, makers = _TABLES[table]
    entries = content.get(table)
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise place.error(table, 0, "", f"a grid needs at least one table [[{table}]]")
    for number, entry in enumerate(entries):
        with place.at(table, number):
            for each in entry.get("players", [entry]):
                if word not in each:
                    raise ValueError(f"{word} is missing; one of {', '.join(map(repr, makers))}")
                _checks.one_of(word, each[word], list(makers))
                known = [name for name in inspect.signature(makers[each[word]]).parameters if name != "uncertainty"]
                for key in each:
                    if key != word and key not in known:
                        raise ValueError(f"{key} is no parameter of {each[word]}; allowed: {', '.join(known)}")
    return [dict(entry) for entry in entries]


def _seeds(value: Any) -> Sequence[int]:
    if isinstance(value, list):
        seeds = [_checks.integer(f"seeds[{k}]", seed, 0) for k, seed in enumerate(value)]
        if not seeds or len(set(seeds)) < len(seeds):
            raise ValueError(f"seeds must be different from each other, at least one, got {value}")
        return seeds
    return range(_checks.integer("seeds", value, 1))


def _one_radius_each(entry: dict[str, Any]) -> list[dict[str, Any]]:
    radii = entry.get("radius")
    return [entry | {"radius": radius} for radius in radii] if isinstance(radii, list) else [entry]


def _check_together(tables: dict[str, list[dict[str, Any]]], place: _Place) -> None:
    """Make every game, set and learner once, so that a wrong parameter is found before anything runs."""
    for number, entry in enumerate(tables["uncertainty"]):
        with place.at("uncertainty", number):
            balls = [set_of(each) for each in _one_radius_each(entry)]
            for game in tables["game"] if "players" in entry else []:
                sets_per_player(balls[0], game_of(game).n_players)
    for number, entry in enumerate(tables["game"]):
        with place.at("game", number):
            game_of(entry)
    for number, entry in enumerate(tables["learner"]):
        with place.at("learner", number):
            learner_of(entry, balls[0])
