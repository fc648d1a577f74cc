"""Sweeps on processes and on Dask that are killed at random moments, again and again, and each time gone on with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import ROOT
from tests.sweep.grids import files
from tests.sweep.test_workers import cluster_of_two

#: A sweep in a process of its own, which goes on with what is there.
DRIVER = """
import sys
from mornavi_lite.sweep import sweep
from tests.sweep.grids import GRID
if __name__ == "__main__":
    how = {"scheduler": sys.argv[2]} if sys.argv[2] else {"n_jobs": 2}
    print("begins", flush=True)
    assert sweep(GRID, sys.argv[1], resume=True, **how).failures == []
"""


def begun(folder: Path, scheduler: str) -> subprocess.Popen[Any]:
    """A sweep that has begun, with its workers in a session of their own unless a scheduler has them."""
    driver = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", DRIVER, str(folder), scheduler],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert driver.stdout is not None and driver.stdout.readline() == b"begins\n"
    return driver


def killed_sweeps(outer: Path, whole: dict[str, bytes], scheduler: str, n_kills: int, seed: int) -> None:
    """Kill sweeps so often, at any moment from their beginning to their end; each that ends has the bytes ``whole``."""
    rng, left, turn = np.random.default_rng(seed), n_kills, 0
    start = time.monotonic()
    with begun(outer / "first", scheduler) as driver:
        assert driver.wait(600) == 0
    took, found = time.monotonic() - start, 0
    while left:
        folder, turn = outer / str(turn), turn + 1
        for _ in range(50):
            with begun(folder, scheduler) as driver:
                time.sleep(rng.uniform(0, took))
                if driver.poll() is not None:
                    break
                os.killpg(driver.pid, signal.SIGKILL)
            left -= 1
            found += any(folder.glob("*.npz"))
            for path in folder.glob("*.npz"):  # whole, at every moment, or as good as not there
                assert path.read_bytes() == whole[path.name]
            if not left:
                break
        with begun(folder, scheduler) as driver:
            assert driver.wait(600) == 0
        assert files(folder) == whole
    assert found > n_kills / 10, "too few kills met a sweep in its middle"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(0, 50, 10))
def test_sweeps_on_processes_that_are_killed(tmp_path: Path, undisturbed: dict[str, bytes], seed: int) -> None:
    killed_sweeps(tmp_path, undisturbed, "", 10, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(0, 50, 10))
def test_sweeps_on_a_cluster_that_are_killed(tmp_path: Path, undisturbed: dict[str, bytes], seed: int) -> None:
    with cluster_of_two() as cluster:
        killed_sweeps(tmp_path, undisturbed, cluster.scheduler_address, 10, seed)
