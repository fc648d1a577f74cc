"""Sweeps: many runs, in parallel, each in a file of its own, taken up where they stopped.

A grid says which games, learners, uncertainty sets and seeds. Each combination is one run, and each finished run one
file, whole or not there, named by a digest of its configuration. Start again, and what is missing is done. The files
hold neither times nor names of machines, so they are the same bytes whoever made them: one process, several, or the
workers of a Dask cluster. Chapter 8 of the book. On the command line: ``python -m mornavi_lite sweep grid.toml``.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from . import _checks
from ._files import read_arrays, write_arrays, write_text
from ._grid import Configuration, Grid, game_of, key_of, learner_of, set_of
from ._progress import bar
from .runs import run

__all__ = ["Grid", "Sweep", "load_results", "sweep"]

_KIND = "sweep result"
#: Name of a file in the making: that of the file, then the writer's process.
_PARTIAL = re.compile(r"(?:[0-9a-f]{20}\.npz|table\.csv)\.(\d+)\.partial")
_RECORDED = ("episode", "gap", "value", "upper", "lower", "policy", "best_policy")
#: How often a pool of workers that broke is started again although no run was finished in between.
_BROKEN_POOLS = 2
#: What joblib, the pool below it, and Dask call that: compared by name, since none of them is needed for one process.
_KILLED = ("TerminatedWorker", "BrokenProcessPool", "KilledWorker")


class Sweep(NamedTuple):
    """What a sweep has done.

    Attributes
    ----------
    table : list of dict
        One row per finished run, in the order of the grid.
    failures : list of tuple of dict and str
        Configuration and error of each run that failed, in the order of the grid.
    """

    table: list[dict[str, Any]]
    failures: list[tuple[Configuration, str]]


def sweep(
    grid: Grid,
    out: str | os.PathLike[str],
    n_jobs: int = 1,
    scheduler: str | None = None,
    resume: bool = False,
    progress: bool = False,
) -> Sweep:
    """Do all runs of a grid that are not done yet, and write a table of them.

    Parameters
    ----------
    grid : Grid
        Which runs.
    out : str or path
        Folder for the result files and ``table.csv``; made if missing.
    n_jobs : int
        Number of processes, at least 1. More than one needs joblib.
    scheduler : str or None
        Address of a Dask scheduler whose workers do the runs instead; needs dask.distributed.
    resume : bool
        Whether the folder may hold results already. Those of this grid are kept, and not done again.
    progress : bool
        Whether to show a progress bar; needs tqdm.

    Returns
    -------
    Sweep
        The table, and the runs that failed. A failure does not stop the others.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, or the folder is not empty and ``resume`` is False.
    ImportError
        If joblib, dask.distributed or tqdm is needed and missing.
    RuntimeError
        If workers die again and again. What was finished is in its files.

    Notes
    -----
    Chapter 8. The results do not depend on the number of processes, nor on the scheduler.

    Examples
    --------
    >>> import tempfile
    >>> from mornavi_lite.sweep import Grid, sweep
    >>> grid = Grid.of({
    ...     "episodes": 100, "seeds": 2, "game": [{"name": "traffic_merge"}], "learner": [{"name": "Mornavi"}],
    ...     "uncertainty": [{"set": "KullbackLeibler", "radius": 0.1}],
    ... })
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = sweep(grid, folder)
    >>> [row["seed"] for row in done.table], done.failures
    ([0, 1], [])
    """
    workers = _checks.integer("n_jobs", n_jobs, 1)
    for name, value, kind in (("grid", grid, Grid), ("scheduler", "" if scheduler is None else scheduler, str)):
        if not isinstance(value, kind):
            raise TypeError(f"{name} must be a {kind.__name__}, got {type(value).__name__}")
    folder = Path(out)
    if folder.exists() and not resume and any(folder.iterdir()):
        raise ValueError(
            f"out must be a new or empty folder, {folder} is not; resume=True, or --resume, goes on with what is there"
        )
    folder.mkdir(parents=True, exist_ok=True)
    _remove_stale(folder)
    every = {key_of(each): each for each in grid.configurations}
    rows = {key: _row(every[key], stored) for key in every if (stored := _stored(folder, every[key])) is not None}
    missing = {key: each for key, each in every.items() if key not in rows}
    failures: dict[str, str] = {}
    with bar(len(every), len(rows), progress, "runs") as shown:
        for key, result in _all_results(missing, workers, scheduler):
            if isinstance(result, str):
                failures[key] = result
            else:
                rows[key] = _row(every[key], result)
                write_arrays(_file(folder, every[key]), _KIND, result, wait=False)
            shown.update(1)
    table = [rows[key] for key in every if key in rows]
    write_text(folder / "table.csv", _csv(table))
    return Sweep(table, [(every[key], failures[key]) for key in every if key in failures])


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
    for configuration in grid.configurations:
        stored = _stored(Path(out), configuration)
        if stored is not None:
            yield configuration, stored


def result_of(configuration: Configuration) -> dict[str, np.ndarray] | str:
    """Do one run: its arrays, or what went wrong. Called in workers; needs nothing but its argument."""
    try:
        ball = set_of(configuration["uncertainty"])
        history = run(
            learner_of(configuration["learner"], ball),
            game_of(configuration["game"]),
            configuration["episodes"],
            seed=configuration["seed"],
            until=configuration["until"],
            uncertainty=ball,
        )
    except Exception as error:  # whatever it is, the other runs go on
        return f"{type(error).__name__}: {error}"
    arrays = {name: getattr(history, name) for name in _RECORDED}
    return arrays | {"configuration": np.array(json.dumps(configuration, sort_keys=True))}


def _all_results(
    missing: dict[str, Configuration], n_jobs: int, scheduler: str | None
) -> Iterator[tuple[str, dict[str, np.ndarray] | str]]:
    """The key of each missing run with its result, in the order in which they are finished."""
    left, broken = dict(missing), 0
    while left:
        try:
            for key, result in _in_parallel(list(left.items()), n_jobs, scheduler):
                broken = 0
                del left[key]
                yield key, result
        except Exception as error:
            # A pool breaks as a whole when a worker is killed: what was not handed out yet is done again.
            if not any(word in type(error).__name__ for word in _KILLED):
                raise
            broken += 1
            if broken > _BROKEN_POOLS:
                raise RuntimeError(f"workers were killed {broken} times in a row; {len(left)} runs are left") from error


def _in_parallel(
    tasks: list[tuple[str, Configuration]], n_jobs: int, scheduler: str | None
) -> Iterable[tuple[str, dict[str, np.ndarray] | str]]:
    if n_jobs == 1 and scheduler is None:
        return (_keyed(*task) for task in tasks)
    try:
        import joblib
    except ImportError as error:
        who, extra = ("more than one process", "sweep") if scheduler is None else ("a scheduler", "dask")
        raise ImportError(f"{who} needs joblib: pip install 'mornavi-lite[{extra}]'") from error
    calls = [joblib.delayed(_keyed)(*task) for task in tasks]
    if scheduler is None:
        return joblib.Parallel(n_jobs=n_jobs, return_as="generator_unordered")(calls)
    return _on_cluster(joblib, calls, scheduler)


def _on_cluster(joblib: Any, calls: list[Any], scheduler: str) -> Iterator[Any]:
    try:
        import distributed
    except ImportError as error:
        raise ImportError("a scheduler needs dask.distributed: pip install 'mornavi-lite[dask]'") from error
    client: Any = distributed.Client
    with client(scheduler, set_as_default=True), joblib.parallel_config(backend="dask"):
        yield from joblib.Parallel(n_jobs=-1, return_as="generator_unordered")(calls)


def _keyed(key: str, configuration: Configuration) -> tuple[str, dict[str, np.ndarray] | str]:
    return key, result_of(configuration)


def _file(folder: Path, configuration: Configuration) -> Path:
    return folder / f"{key_of(configuration)}.npz"


def _stored(folder: Path, configuration: Configuration) -> dict[str, np.ndarray] | None:
    """The arrays of a finished run; None if there is no file, or a damaged one."""
    with suppress(FileNotFoundError, ValueError):
        arrays = read_arrays(_file(folder, configuration), _KIND)
        belongs = json.loads(str(arrays.pop("configuration", None))) == configuration
        if belongs and set(arrays) == set(_RECORDED):
            return arrays
    return None


def _remove_stale(folder: Path) -> None:
    """Remove what writers that are gone left behind; a living one keeps its file, and so does everybody else."""
    for partial in folder.glob("*.partial"):
        written_by = _PARTIAL.fullmatch(partial.name)
        if written_by and not _lives(int(written_by[1])):
            with suppress(OSError):
                partial.unlink()


def _lives(process: int) -> bool:
    """Whether there is a process of this number on this machine, as far as one can ask without disturbing it."""
    if os.name == "nt":  # there, the question would be a Ctrl-C; a file that is being written cannot be removed
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it lives, but is not ours
        return True
    return True


def _row(configuration: Configuration, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """One line of the table: what was run, and what came of it."""
    certificates = (arrays["upper"] - arrays["lower"]).max(axis=1)
    best = int(certificates.argmin())
    lengths = np.diff(arrays["episode"], prepend=0)
    ball = configuration["uncertainty"]
    return {
        "game": _words(configuration["game"], "name"),
        "learner": _words(configuration["learner"], "name"),
        "set": _words({k: v for k, v in ball.items() if k != "radius"}, "set") if "set" in ball else "per player",
        "radius": ball.get("radius", json.dumps(ball["players"]) if "players" in ball else 0.0),
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
    rest = ", ".join(f"{key}={value!r}" for key, value in entry.items() if key != word)
    return f"{entry[word]}({rest})" if rest else str(entry[word])


def _csv(table: list[dict[str, Any]]) -> str:
    columns = list(dict.fromkeys(column for row in table for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()
