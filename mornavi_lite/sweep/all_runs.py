"""A sweep: what of a grid is not done yet is done, and a table of all is written. The page on sweeps of the book."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from .. import checks
from ..files import located, write_arrays, write_text
from ..progress import bar
from .grid import Configuration, Grid, key_of
from .results import KIND, csv_of, file_of, is_stored, remove_leftovers, row_of, stored_result
from .workers import all_results


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
        Whether to show a progress bar of tqdm or, where that is missing, a line on stderr.

    Returns
    -------
    Sweep
        The table, and the runs that failed. A failure does not stop the others.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, or the folder is not empty and ``resume`` is False.
    ImportError
        If joblib or dask.distributed is needed and missing.
    RuntimeError
        If workers die again and again. What was finished is in its files.

    Notes
    -----
    The results do not depend on the number of processes, nor on the scheduler. Several sweeps of one grid may share a
    folder, with ``resume``, on one machine or on several: what one has finished the others leave alone.

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
    workers, going_on = checks.integer("n_jobs", n_jobs, 1), checks.truth("resume", resume)
    for name, value, kind in (("grid", grid, Grid), ("scheduler", "" if scheduler is None else scheduler, str)):
        if not isinstance(value, kind):
            raise TypeError(f"{name} must be a {kind.__name__}, got {type(value).__name__}")
    folder = located("out", out)
    if folder.exists() and not going_on and any(folder.iterdir()):
        raise ValueError(
            f"out must be a new or empty folder, {folder} is not; resume=True, or --resume, goes on with what is there"
        )
    folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder)
    every = {key_of(each): each for each in grid.configurations}
    found = {key: stored_result(folder, each) for key, each in every.items()}
    rows = {key: row_of(every[key], arrays) for key, arrays in found.items() if arrays is not None}
    missing = {key: each for key, each in every.items() if key not in rows}
    failures: dict[str, str] = {}
    with bar(len(every), len(rows), progress, "runs") as shown:
        finished = partial(is_stored, folder)
        for key, result in all_results(missing, workers, scheduler, finished, str(Path(grid.folder).resolve())):
            if isinstance(result, str):
                failures[key] = result
            else:
                rows[key] = row_of(every[key], result)
                write_arrays(file_of(folder, every[key]), KIND, result, wait=False)
            shown.update(1)
        for key in [key for key in every if key not in rows]:  # what another sweep has finished is finished
            arrays = stored_result(folder, every[key])
            if arrays is not None:
                rows[key] = row_of(every[key], arrays)
                shown.update(failures.pop(key, None) is None)
    table = [rows[key] for key in every if key in rows]
    write_text(folder / "table.csv", csv_of(table))
    return Sweep(table, [(every[key], failures[key]) for key in every if key in failures])
