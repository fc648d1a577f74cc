"""Grids of runs whose results are kept until a measurement is whole."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator

import common
import numpy as np

from mornavi_lite.sweep import Grid, load_results, sweep

#: Modules that no result of a run depends on, by a word of their names.
_NO_MATTER = ("plot", "widget", "graph", "sweep", "grid", "file", "progress", "main", "deployment")


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
    code = hashlib.sha256()
    for path in sorted((common.HERE.parent / "mornavi_lite").rglob("*.py")):
        code.update(b"" if any(word in path.stem for word in _NO_MATTER) else path.read_bytes())
    return common.UNFINISHED / f"sweep_{name}_{code.hexdigest()[:12]}"
