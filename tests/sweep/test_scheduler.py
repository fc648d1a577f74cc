"""A Dask scheduler that is killed in the middle of a sweep: with another one in its place the sweep goes on."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mornavi_lite.sweep import sweep
from tests import ROOT
from tests.sweep.grids import GRID, files

#: A scheduler with a worker of two threads, in a process that can be killed; its runs are slow enough for that.
SERVER = """
import asyncio, sys, time
from distributed import Scheduler, Worker
import mornavi_lite.sweep.workers as module
run = module.run
def slowly(*arguments, **options):
    time.sleep(0.2)
    return run(*arguments, **options)
module.run = slowly
async def main():
    async with Scheduler(host="127.0.0.1", port=int(sys.argv[1]), dashboard_address="127.0.0.1:0") as scheduler:
        async with Worker(scheduler.address, nthreads=2, dashboard_address=None):
            print("ready", flush=True)
            await scheduler.finished()
asyncio.run(main())
"""


def started(port: int) -> subprocess.Popen[str]:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(port)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None and server.stdout.readline() == "ready\n"
    return server


def stopped(server: subprocess.Popen[str]) -> None:
    server.kill()
    server.wait()
    assert server.stdout is not None
    server.stdout.close()


def with_a_death(folder: Path, then: Callable[[int], subprocess.Popen[str]] | None) -> list[str]:
    """Do the grid, kill its scheduler once three runs are there, and do ``then``: the files that were there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    servers, there = [started(port)], []

    def kill() -> None:
        while len(list(folder.glob("*.npz"))) < 3:
            time.sleep(0.01)
        stopped(servers[0])
        there.extend(path.name for path in folder.glob("*.npz"))
        if then is not None:
            servers.append(then(port))

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        done = sweep(GRID, folder, scheduler=f"tcp://127.0.0.1:{port}")
        assert done.failures == []
    finally:
        killer.join()
        for server in servers[1:]:
            stopped(server)
    return there


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # what Dask says about it
def test_a_scheduler_that_is_killed_and_back_loses_nothing(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    there = with_a_death(tmp_path, started)
    assert 3 <= len(there) < len(GRID.configurations) and files(tmp_path) == undisturbed


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_scheduler_that_does_not_come_back_ends_the_sweep_and_what_is_done_stays(
    tmp_path: Path, undisturbed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    dask = pytest.importorskip("dask")
    with dask.config.set({"distributed.comm.timeouts.connect": "3s"}), pytest.raises(OSError, match=r"127\.0\.0\.1"):
        with_a_death(tmp_path, None)
    left = {name: stored for name, stored in files(tmp_path).items() if name.endswith(".npz")}
    assert len(left) >= 3 and all(stored == undisturbed[name] for name, stored in left.items())
    assert sweep(GRID, tmp_path, resume=True).failures == [] and files(tmp_path) == undisturbed
