"""The files of a sweep: one per finished run, whole or not there, and the table of them."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ..files import located, read_arrays, remove_stale
from .grid import Configuration, Grid, key_of
from .named_files import shown
from .workers import RECORDED

KIND = "sweep result"

#: Names of the files of a sweep.
_OURS = re.compile(r"[0-9a-f]{20}\.npz|table\.csv")


def load_results(grid: Grid, out: str | os.PathLike[str]) -> Iterator[tuple[Configuration, dict[str, np.ndarray]]]:
    """The stored results of a grid.

    Parameters
    ----------
    grid : Grid
        Which runs.
    out : str or path
        Folder with result files.

    Yields
    ------
    tuple of dict and dict of numpy.ndarray
        Configuration, and the arrays of :class:`mornavi_lite.History`, for each run that is stored.

    Examples
    --------
    >>> import tempfile
    >>> from mornavi_lite.sweep import Grid, load_results
    >>> grid = Grid.of({
    ...     "episodes": 100, "seeds": 2, "game": [{"name": "traffic_merge"}], "learner": [{"name": "Mornavi"}],
    ...     "uncertainty": [{"set": "KullbackLeibler", "radius": 0.1}],
    ... })
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(list(load_results(grid, folder)))
    []
    """
    if not isinstance(grid, Grid):
        raise TypeError(f"grid must be a Grid, got {type(grid).__name__}")
    folder = located("out", out)
    for configuration in grid.configurations:
        stored = stored_result(folder, configuration)
        if stored is not None:
            yield configuration, stored


def file_of(folder: Path, configuration: Configuration) -> Path:
    return folder / f"{key_of(configuration)}.npz"


def stored_result(folder: Path, configuration: Configuration) -> dict[str, np.ndarray] | None:
    """The arrays of a finished run; None if there is no file, or a damaged one."""
    with suppress(FileNotFoundError, ValueError):
        arrays = read_arrays(file_of(folder, configuration), KIND)
        belongs = json.loads(str(arrays.pop("configuration", None))) == configuration
        if belongs and set(arrays) == set(RECORDED):
            return arrays
    return None


def is_stored(folder: Path, configuration: Configuration) -> bool:
    """Whether a run is finished, by whomever."""
    return file_of(folder, configuration).exists() and stored_result(folder, configuration) is not None


def remove_leftovers(folder: Path) -> None:
    """Remove what writers of a sweep's files that are gone left behind; a living one keeps its file, on any machine."""
    remove_stale(folder, lambda name: bool(_OURS.fullmatch(name)))


def row_of(configuration: Configuration, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """One line of the table: what was run, and what came of it."""
    certificates = (arrays["upper"] - arrays["lower"]).max(axis=1)
    best = int(certificates.argmin())
    lengths = np.diff(arrays["episode"], prepend=0)
    ball = configuration["uncertainty"]
    return {
        "game": _words(configuration["game"], "name"),
        "learner": _words(configuration["learner"], "name"),
        "set": _words({k: v for k, v in ball.items() if k != "radius"}, "set") if "set" in ball else "per player",
        "radius": shown(ball.get("radius", json.dumps(ball["players"]) if "players" in ball else 0.0)),
        "seed": configuration["seed"],
        "episodes": int(arrays["episode"][-1]),
        "plans": len(lengths),
        "regret": float(np.cumsum(arrays["gap"] * lengths)[-1]),
        "gap": float(arrays["gap"][-1]),
        "best_certificate": float(certificates[best]),
        "best_gap": float(arrays["gap"][best]),
        **{f"value_{i + 1}": float(value) for i, value in enumerate(arrays["value"][-1])},
    }


def _words(entry: dict[str, Any], word: str) -> str:
    rest = ", ".join(f"{key}={shown(value)!r}" for key, value in entry.items() if key != word)
    return f"{entry[word]}({rest})" if rest else str(entry[word])


def csv_of(table: list[dict[str, Any]]) -> str:
    columns = list(dict.fromkeys(column for row in table for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()
