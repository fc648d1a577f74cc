"""Whoever makes them, the same bytes; and workers, machines and sweeps that die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import mornavi_lite.sweep.workers as module
from mornavi_lite.files import _machine
from mornavi_lite.sweep import Grid, sweep
from mornavi_lite.sweep.grid import key_of
from tests import ROOT
from tests.sweep.grids import CONTENT, GRID, TINY, files

# ---- whoever makes them ----


def test_two_processes_make_the_same_bytes(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    done = sweep(GRID, tmp_path, n_jobs=2)
    assert files(tmp_path) == undisturbed
    assert [row["seed"] for row in done.table] == [each["seed"] for each in GRID.configurations]


def cluster_of_two() -> Any:
    """A Dask cluster on this machine, with two worker processes."""
    distributed = pytest.importorskip("distributed")
    # Without an address Dask serves its state on port 8787 all the same, and warns where another cluster is there.
    options = {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "silence_logs": 50}
    return distributed.LocalCluster(n_workers=2, processes=True, **options)


def test_a_dask_cluster_makes_the_same_bytes(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    with cluster_of_two() as cluster:
        done = sweep(GRID, tmp_path, scheduler=cluster.scheduler_address)
        assert done.failures == [] and files(tmp_path) == undisturbed
        failing = Grid.of(CONTENT | {"learner": [{"name": "OfflinePessimistic", "behaviour": [[[1.0]]]}]})
        done = sweep(failing, tmp_path / "failing", scheduler=cluster.scheduler_address)
        assert len(done.failures) == len(failing.configurations) and done.table == []


class TerminatedWorkerError(Exception):
    """Named like joblib's."""


class KilledWorker(Exception):
    """Named like Dask's."""


@pytest.mark.parametrize("broken", [TerminatedWorkerError, KilledWorker])
def test_workers_that_die_again_and_again_end_the_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: type[Exception]
) -> None:
    attempts: list[int] = []

    def dying(tasks: list[Any], *options: Any) -> Iterator[Any]:
        attempts.append(len(tasks))
        if len(attempts) == 2:  # a result between two broken pools; after it nothing but broken pools
            yield module._keyed(*tasks[0])
        raise broken("killed")

    monkeypatch.setattr(module, "_in_parallel", dying)
    with pytest.raises(RuntimeError, match=r"workers were killed, or lost, 3 times in a row; 2 runs are left"):
        sweep(TINY, tmp_path)
    assert attempts == [3, 3, 2, 2]
    assert len(list(tmp_path.glob("*.npz"))) == 1


def test_other_errors_of_the_machinery_are_not_swallowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*arguments: Any) -> Iterator[Any]:
        raise LookupError("no such scheduler")

    monkeypatch.setattr(module, "_in_parallel", failing)
    with pytest.raises(LookupError, match="no such scheduler"):
        sweep(TINY, tmp_path)


def swept_while_a_worker_is_killed(outer: Path, workers: Callable[[], list[int]], **options: Any) -> Path:
    """Do the grid, and kill a worker once some runs are done; again where that came too late. The folder."""
    for turn in range(20):
        folder, left = outer / str(turn), []

        def kill(folder: Path = folder, left: list[int] = left) -> None:
            deadline = time.monotonic() + 600
            while not list(folder.glob("*.npz")) and time.monotonic() < deadline:
                time.sleep(0.005)
            with suppress(ProcessLookupError):
                for worker in workers()[:1]:
                    os.kill(worker, signal.SIGKILL)
                    left.append(len(GRID.configurations) - len(list(folder.glob("*.npz"))))

        killer = threading.Thread(target=kill)
        killer.start()
        done = sweep(GRID, folder, **options)
        killer.join()
        assert done.failures == []
        if any(left):
            return folder
    raise AssertionError("all was done each time before a worker was killed")


def test_a_killed_worker_loses_nothing(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    pool = pytest.importorskip("joblib.externals.loky.reusable_executor")
    folder = swept_while_a_worker_is_killed(tmp_path, lambda: list(pool._executor._processes), n_jobs=2)
    assert files(folder) == undisturbed


@pytest.mark.slow
def test_a_killed_worker_of_a_cluster_loses_nothing(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    with cluster_of_two() as cluster:
        workers = lambda: [nanny.pid for nanny in cluster.workers.values()]  # noqa: E731
        folder = swept_while_a_worker_is_killed(tmp_path, workers, scheduler=cluster.scheduler_address)
    assert files(folder) == undisturbed


#: A sweep in a process of its own, slow enough to be met in the middle; it may kill itself while it writes.
DRIVER = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have switched it off for jobs behind the scenes
import numpy as np
import mornavi_lite.__main__
savez, calls = np.savez, []
def slowly(handle, **arrays):
    calls.append(handle)
    savez(handle, **arrays)
    if len(calls) == {dies_at}:
        handle.flush()
        os.truncate(handle.name, 1000)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep({pause})
np.savez = slowly
if __name__ == "__main__":
    sys.exit(mornavi_lite.__main__.main())
"""


#: Before that: another machine, on which the process has the number 1, as in a container.
ELSEWHERE = """
import os
os.getpid = lambda: 1
import mornavi_lite.files
mornavi_lite.files._machine = lambda: "{machine}"
"""


def start(
    tmp_path: Path, n_jobs: int, dies_at: int = 0, machine: str = "", pause: float = 0.1
) -> subprocess.Popen[str]:
    """A sweep of the grid, in a session of its own; with a name of a machine, one that goes on with what is there.

    It rests for ``pause`` seconds after each file: whoever is to be met in the middle had better take long.
    """
    lines = ["episodes = 10", "seeds = [3, 0]"]
    for table in ("game", "learner", "uncertainty"):
        for entry in CONTENT[table]:
            lines += [f"[[{table}]]", *(f"{key} = {_toml(value)}" for key, value in entry.items())]
    (tmp_path / "grid.toml").write_text("\n".join(lines), encoding="utf8")
    assert Grid.read(tmp_path / "grid.toml") == GRID
    options = [
        "sweep",
        "grid.toml",
        "--out",
        "out",
        "--quiet",
        "--jobs",
        str(n_jobs),
        *(["--resume"] if machine else []),
    ]
    elsewhere = ELSEWHERE.format(machine=machine) if machine else ""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", elsewhere + DRIVER.format(dies_at=dies_at, pause=pause), *options],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)


def until_some_are_done(driver: subprocess.Popen[str], folder: Path, some: int = 3) -> None:
    deadline = time.monotonic() + 600
    while len(list(folder.glob("*.npz"))) < some:
        assert driver.poll() is None and time.monotonic() < deadline, driver.communicate()
        time.sleep(0.005)


def end(driver: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait for a sweep, end the workers that it left behind, and return what it said."""
    try:
        driver.wait(timeout=600)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(driver.pid, signal.SIGKILL)
    return driver.communicate()


@pytest.mark.parametrize("n_jobs", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_a_killed_sweep_goes_on_where_it_was(tmp_path: Path, undisturbed: dict[str, bytes], n_jobs: int) -> None:
    driver = start(tmp_path, n_jobs, pause=1.0)
    until_some_are_done(driver, tmp_path / "out")
    driver.kill()
    end(driver)
    there = set(files(tmp_path / "out"))
    assert "table.csv" not in there and 3 <= len(there) < 16
    sweep(GRID, tmp_path / "out", resume=True)
    assert files(tmp_path / "out") == undisturbed


def test_a_sweep_that_dies_while_it_writes_leaves_no_half_a_file(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    driver = start(tmp_path, 1, dies_at=4)
    end(driver)
    assert driver.returncode == -signal.SIGKILL
    there = files(tmp_path / "out")
    assert len(there) == 4
    (partial,) = [name for name in there if name.endswith(".partial")]
    assert f".npz.{_machine()}.{driver.pid}." in partial and len(there[partial]) == 1000
    assert all(stored == undisturbed[name] for name, stored in there.items() if name != partial)
    sweep(GRID, tmp_path / "out", resume=True)
    assert files(tmp_path / "out") == undisturbed


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_two_machines_share_a_folder(tmp_path: Path, undisturbed: dict[str, bytes], n_jobs: int) -> None:
    """Both at once, each slow to write and with the same process number: all results, each once whole, and no error."""
    drivers = [start(tmp_path, n_jobs, machine=letter * 12) for letter in "ab"]
    said = [end(driver) for driver in drivers]
    assert [driver.returncode for driver in drivers] == [0, 0], said
    assert all(printed.startswith("16 of 16 runs are in out") and not complained for printed, complained in said)
    assert files(tmp_path / "out") == undisturbed


def test_what_another_sweep_finishes_meanwhile_is_not_done_again(tmp_path: Path, counted: list[int]) -> None:
    """It is a result, also where this one was about to do it, or failed at it; but a damaged file is none."""
    sweep(TINY, tmp_path / "other")
    theirs, ours = files(tmp_path / "other"), tmp_path / "ours"
    names = [f"{key_of(each)}.npz" for each in TINY.configurations]
    ours.mkdir()
    (ours / names[2]).write_bytes(b"damaged")
    real = module.run

    def meanwhile(*arguments: Any, **options: Any) -> Any:
        (ours / names[1]).write_bytes(theirs[names[1]])
        if options["seed"] == 0:
            (ours / names[0]).write_bytes(theirs[names[0]])
            raise RuntimeError("out of memory")
        return real(*arguments, **options)

    counted.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "run", meanwhile)
        done = sweep(TINY, ours, resume=True)
    assert counted == [2]
    assert done.failures == [] and [row["seed"] for row in done.table] == [0, 1, 2] and files(ours) == theirs


@pytest.mark.parametrize("n_jobs", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_control_c_stops_and_says_how_to_go_on(tmp_path: Path, undisturbed: dict[str, bytes], n_jobs: int) -> None:
    driver = start(tmp_path, n_jobs, pause=1.0)
    until_some_are_done(driver, tmp_path / "out")
    os.killpg(driver.pid, signal.SIGINT)  # a terminal sends it to the workers as well
    said, complained = end(driver)
    assert driver.returncode == 130
    assert said == "" and "stopped; the same command with --resume goes on from here" in complained
    there = files(tmp_path / "out")
    assert 3 <= len(there) < 16 and set(there) < set(undisturbed)
    sweep(GRID, tmp_path / "out", resume=True)
    assert files(tmp_path / "out") == undisturbed
