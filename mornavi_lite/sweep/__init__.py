"""Sweeps: many runs, in parallel, each in a file of its own, taken up where they stopped.

A grid says which games, learners, uncertainty sets and seeds. Each combination is one run, and each finished run one
file, whole or not there, named by a digest of its configuration. Start again, and what is missing is done. The files
hold neither times nor names of machines, so they are the same bytes whoever made them: one process, several, or the
workers of a Dask cluster. See the page on sweeps. On the command line: ``python -m mornavi_lite sweep grid.toml``.

A configuration may name files, a game or a radius for each row: their contents count, by a digest, and not their place.

**Files.** ``grid`` reads and checks what is to be run, ``place`` knows where in the file it stands, and ``named_files``
reads what it names; ``workers`` do it, ``results`` are the files, ``all_runs`` puts the parts together.
"""

from __future__ import annotations

from .all_runs import Sweep, sweep
from .grid import Grid
from .results import load_results

__all__ = ["Grid", "Sweep", "load_results", "sweep"]
