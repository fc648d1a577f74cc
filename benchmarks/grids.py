"""Grids of runs whose results are kept until a measurement is whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import common
import numpy as np

from mornavi_lite.sweep import Grid, load_results, sweep


def results(name: str, processes: int = 2) -> Iterator[tuple[dict, dict[str, np.ndarray]]]:
    """Configuration and arrays of each run of the grid ``<name>.toml``, in its order; done now unless they are kept.

    Kept results are those of the package as it is. :func:`finished` removes them.
    """
    grid, folder = Grid.read(common.HERE / f"{name}.toml"), _folder(name)
    done = sweep(grid, folder, n_jobs=processes, resume=True, progress=True)
    if done.failures:
        raise SystemExit(f"{len(done.failures)} runs failed; the first: {done.failures[0]}")
    return load_results(grid, folder)


def finished(name: str) -> None:
    """Remove what :func:`results` kept."""
    shutil.rmtree(_folder(name), ignore_errors=True)


def _folder(name: str):
    return common.UNFINISHED / f"sweep_{name}_{common.PACKAGE[:12]}"
