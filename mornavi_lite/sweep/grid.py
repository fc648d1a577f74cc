"""Grids of runs: what a TOML file says, checked before anything runs."""

from __future__ import annotations

import hashlib
import inspect
import itertools
import json
import math
import os
import tomllib
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .. import checks, learners, uncertainty, zoo
from ..files import located
from ..games import MarkovGame
from ..learners import Mornavi
from ..learners.identity import algorithm_of
from ..uncertainty import Nominal, UncertaintySet
from .named_files import path_of, radius_of, stored_game, with_digest
from .place import Place

GAMES: dict[str, Callable[..., Any]] = {name: getattr(zoo, name) for name in zoo.__all__}
GAMES["stored_game"] = stored_game
LEARNERS: dict[str, Callable[..., Any]] = {
    name: each
    for name in learners.__all__
    if isinstance(each := getattr(learners, name), type) and issubclass(each, Mornavi)
}
SETS: dict[str, Callable[..., Any]] = {
    name: getattr(uncertainty, name)
    for name in ("Nominal", "TotalVariation", "KullbackLeibler", "ChiSquare", "Contamination")
}
_TABLES = {"game": ("name", GAMES), "learner": ("name", LEARNERS), "uncertainty": ("set", SETS)}
_OTHERS = ("episodes", "seeds", "until")
#: Most runs of a grid: a mistyped number of seeds is an error, not an exhausted memory.
_MOST_RUNS = 10**6
#: So deep are tables and lists in each other at most; a grid needs four.
_DEEPEST = 20
Configuration = dict[str, Any]
_Numbered = list[tuple[int, dict[str, Any]]]


@dataclass(frozen=True)
class Grid:
    """All combinations of games, learners, uncertainty sets and seeds.

    Parameters
    ----------
    configurations : tuple of dict
        One for each run: "game", "learner", "uncertainty" (each with its parameters), "seed", "episodes", "until". Of a
        file that is named it holds the digest.
    folder : str
        Where the files that are named lie: the folder of the grid's own file.

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
    folder: str = field(default="", compare=False)

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
        stored = located("path", path).read_bytes()
        try:
            text = stored.decode("utf-8-sig")  # some editors begin a file with a byte-order mark
            content = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path} is not TOML: {error}") from None
        return cls.of(content, str(path), text, str(Path(path).parent))

    @classmethod
    def of(cls, content: Mapping[str, Any], source: str = "grid", text: str = "", folder: str = "") -> Grid:
        """Make a grid of what a TOML file would say.

        Parameters
        ----------
        content : mapping
            ``episodes``, ``seeds`` (a number n for 0 to n - 1, or a list), optional ``until``, and lists of tables
            ``game`` (``name`` and parameters of a function of the zoo, or "stored_game" and ``file``), ``learner``
            (``name`` and parameters) and ``uncertainty`` (``set``, ``radius`` or a list of radii; or ``players``, a
            list with one table each). A radius may be the name of a ``.npy`` file with one for each row.
        source, text : str
            What errors call the grid, and the text in which they look for the line.
        folder : str
            Where the files that are named lie.

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
        for name, value in (("source", source), ("text", text), ("folder", folder)):
            checks.text(name, value)
        place = Place(source, text)
        for key, value in content.items():
            if _depth(value) > _DEEPEST:
                raise place.named(key, f"{key} must not hold more than {_DEEPEST} tables and lists in each other")
        content = _plain(content)
        for key in content:
            if key not in (*_TABLES, *_OTHERS):
                raise place.named(key, f"unknown key {key!r}; allowed: {', '.join((*_TABLES, *_OTHERS))}")
        tables = {name: _entries(content, name, place, folder) for name in _TABLES}
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
        _check_together(tables, place, folder)
        every = itertools.product(*([entry for _, entry in entries] for entries in tables.values()), seeds)
        last = {"episodes": episodes, "until": until}
        runs = tuple({"game": g, "learner": n, "uncertainty": u, "seed": s, **last} for g, n, u, s in every)
        return cls(runs, folder)


def key_of(configuration: Configuration) -> str:
    """Name of a run: a digest of its configuration, and of the algorithm's version where that is not the first."""
    text = json.dumps(configuration, sort_keys=True)
    version = algorithm_of(configuration["learner"].get("confidence", "model"))
    if version > 1:
        text += f", algorithm {version}"
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def game_of(entry: Mapping[str, Any], folder: str = "") -> MarkovGame:
    """The game of a ``[[game]]`` table."""
    return GAMES[entry["name"]](**{key: path_of(value, key, folder) for key, value in entry.items() if key != "name"})


def set_of(entry: Mapping[str, Any], folder: str = "") -> UncertaintySet | list[UncertaintySet]:
    """The uncertainty of an ``[[uncertainty]]`` table: one set, or a list with one per player."""
    if "players" in entry:
        return [_one_set(each, folder) for each in entry["players"]]
    return _one_set(entry, folder)


def _one_set(entry: Mapping[str, Any], folder: str) -> UncertaintySet:
    given = {key: value for key, value in entry.items() if key != "set"}
    if "radius" in given:
        given["radius"] = radius_of(given["radius"], folder)
    made: UncertaintySet = SETS[entry["set"]](**given)
    return made


def learner_of(entry: Mapping[str, Any], ball: UncertaintySet | list[UncertaintySet]) -> Mornavi:
    """The learner of a ``[[learner]]`` table; one that plans without robustness does not get the set."""
    make, parameters = LEARNERS[entry["name"]], {key: value for key, value in entry.items() if key != "name"}
    robust = "uncertainty" in inspect.signature(make).parameters
    return make(ball, **parameters) if robust else make(**parameters)


def _depth(value: Any) -> int:
    """How deep mappings and lists are in each other, counted no further than one more than is allowed."""
    depth, level = 0, [value]
    while depth <= _DEEPEST and level:
        nested = [each for each in level if isinstance(each, (Mapping, list, tuple))]
        level = [inner for each in nested for inner in (each.values() if isinstance(each, Mapping) else each)]
        depth += bool(nested)
    return depth


def _plain(value: Any) -> Any:
    """What a TOML file would hold: lists instead of tuples and arrays, so that a configuration is equal to its JSON."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return [_plain(each) for each in value] if isinstance(value, (list, tuple, range)) else value


def _entries(content: Mapping[str, Any], table: str, place: Place, folder: str) -> _Numbered:
    """The tables of one name, numbered, with known words and parameters; one entry for each radius of a list."""
    given = content.get(table)
    if not isinstance(given, list) or not given or not all(isinstance(entry, dict) for entry in given):
        raise place.named(table, f"a grid needs at least one table [[{table}]], with two brackets")
    entries: _Numbered = []
    seen: set[Any] = set()
    for number, entry in enumerate(given):
        with place.at(table, number):
            for each in _players(entry) if table == "uncertainty" and "players" in entry else [entry]:
                _check_words(each, *_TABLES[table])
            for single in _one_radius_each(entry):
                single = _with_digests(single, table, folder)
                if _hashable(single) in seen:
                    raise ValueError(f"[[{table}]] {json.dumps(single)} is there twice")
                seen.add(_hashable(single))
                entries.append((number, single))
    return entries


def _with_digests(entry: dict[str, Any], table: str, folder: str) -> dict[str, Any]:
    """The entry with the digest of each file that it names."""
    if table == "game":
        return with_digest(entry, "file", folder)
    if table == "uncertainty" and "players" in entry:
        return {"players": [with_digest(each, "radius", folder) for each in entry["players"]]}
    return with_digest(entry, "radius", folder) if table == "uncertainty" else entry


def _hashable(value: Any) -> Any:
    """Something that is equal for equal entries, and can be looked up among twenty thousand."""
    if isinstance(value, Mapping):
        return frozenset((key, _hashable(each)) for key, each in value.items())
    if isinstance(value, list):
        return tuple(_hashable(each) for each in value)
    return value if isinstance(value, Hashable) else repr(value)


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


def _check_together(tables: dict[str, _Numbered], place: Place, folder: str) -> None:
    """Make every game, learner and set once, so that a wrong parameter is found before anything runs."""
    n_players = []
    for number, entry in tables["game"]:
        with place.at("game", number):
            n_players.append((entry["name"], game_of(entry, folder).n_players))
    for number, entry in tables["learner"]:
        with place.at("learner", number):
            learner_of(entry, Nominal())
    for number, entry in tables["uncertainty"]:
        with place.at("uncertainty", number):
            balls = set_of(entry, folder)
            for game, n in n_players:
                if isinstance(balls, list) and len(balls) != n:
                    raise ValueError(f"players must be {n}, as many as in {game}, got {len(balls)}")
