"""Sweeps: the same bytes whoever makes them, nothing done twice, nothing lost."""

from __future__ import annotations

import csv
import getpass
import io
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mornavi_lite.sweep.results as finished
import mornavi_lite.sweep.workers as module
from mornavi_lite import run
from mornavi_lite.files import FORMAT, read_arrays, write_arrays
from mornavi_lite.sweep import Grid, load_results, sweep
from mornavi_lite.sweep.grid import game_of, key_of, learner_of, set_of
from tests import ROOT

BALL = {"set": "TotalVariation", "radius": 0.1}
CONTENT: dict[str, Any] = {
    "episodes": 10,
    "seeds": [3, 0],
    "game": [
        {"name": "paper_cooperative"},
        {"name": "garnet", "n_states": 2, "n_actions": [2, 2], "horizon": 2, "branching": 2, "seed": 1},
    ],
    "learner": [{"name": "Mornavi", "concept": "ce"}, {"name": "RandomPlay", "delta": 0.5}],
    "uncertainty": [
        BALL | {"shift_support": False},
        {"players": [{"set": "KullbackLeibler", "radius": 0.1}, {"set": "ChiSquare", "radius": 0.2}]},
    ],
}
GRID = Grid.of(CONTENT)
TINY = Grid.of(
    CONTENT | {"seeds": 3, "game": CONTENT["game"][:1], "learner": [{"name": "RandomPlay"}], "uncertainty": [BALL]}
)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """All files of the grid, made by one process in one go."""
    folder = tmp_path_factory.mktemp("undisturbed")
    done = sweep(GRID, folder)
    assert len(done.table) == len(GRID.configurations) == 16 and done.failures == []
    return files(folder)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The seeds of the runs that were done since."""
    seeds: list[int] = []

    def counting(*arguments: Any, **options: Any) -> Any:
        seeds.append(options["seed"])
        return run(*arguments, **options)

    monkeypatch.setattr(module, "run", counting)
    return seeds


# ---- what is stored ----


def test_files_are_one_for_each_run_and_a_table(undisturbed: dict[str, bytes]) -> None:
    assert set(undisturbed) == {f"{key_of(each)}.npz" for each in GRID.configurations} | {"table.csv"}


def test_results_and_table_are_those_of_single_runs(tmp_path: Path) -> None:
    table = sweep(GRID, tmp_path).table
    stored = list(load_results(GRID, tmp_path))
    assert [configuration for configuration, _ in stored] == list(GRID.configurations)
    for (each, arrays), row in zip(stored, table, strict=True):
        ball = set_of(each["uncertainty"])
        history = run(learner_of(each["learner"], ball), game_of(each["game"]), 10, seed=each["seed"], uncertainty=ball)
        assert set(arrays) == {"episode", "gap", "value", "upper", "lower", "policy", "best_policy"}
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, getattr(history, name), strict=True)
        best = int(history.certificate.argmin())
        numbers = {name: row[name] for name in list(row)[4:]}
        assert numbers == {
            "seed": each["seed"],
            "episodes": 10,
            "plans": history.n_plans,
            "regret": history.regret[-1],
            "gap": history.gap[-1],
            "best_certificate": history.best_certificate,
            "best_gap": history.gap[best],
            "value_1": history.value[-1, 0],
            "value_2": history.value[-1, 1],
        }
    words = [[row[name] for name in ("game", "learner", "set", "radius")] for row in table]
    assert words[0] == ["paper_cooperative", "Mornavi(concept='ce')", "TotalVariation(shift_support=False)", 0.1]
    assert words[-1] == [
        "garnet(n_states=2, n_actions=[2, 2], horizon=2, branching=2, seed=1)",
        "RandomPlay(delta=0.5)",
        "per player",
        json.dumps(CONTENT["uncertainty"][1]["players"]),
    ]
    written = list(csv.DictReader(io.StringIO((tmp_path / "table.csv").read_text(encoding="utf8"))))
    assert written == [{name: str(value) for name, value in row.items()} for row in table]


def test_a_learner_without_robustness_is_judged_with_it(tmp_path: Path) -> None:
    ball = {"set": "TotalVariation", "radius": 0.85}
    game = {"name": "paper_cooperative", "p_high": 0.85}  # risky pays more, and nothing in the worst case
    learned = {"learner": [{"name": "NashVI"}], "game": [game], "seeds": 1, "episodes": 10_000}
    (judged,) = sweep(Grid.of(CONTENT | learned | {"uncertainty": [ball]}), tmp_path / "a").table
    (plain,) = sweep(Grid.of(CONTENT | learned | {"uncertainty": [{"set": "Nominal"}]}), tmp_path / "b").table
    assert judged["plans"] == plain["plans"] and judged["best_certificate"] == plain["best_certificate"]
    assert plain["radius"] == 0.0 and plain["set"] == "Nominal"
    assert judged["value_1"] == pytest.approx(0) and plain["value_1"] == pytest.approx(0.85)


def test_a_run_ends_where_it_should(tmp_path: Path) -> None:
    (row,) = sweep(Grid.of(CONTENT | _single() | {"until": 2.0}), tmp_path / "early").table
    assert (row["episodes"], row["plans"], row["regret"]) == (0, 1, 0.0)
    (row,) = sweep(Grid.of(CONTENT | _single() | {"until": 0.0, "episodes": 17}), tmp_path / "late").table
    assert row["episodes"] == 17


def _single() -> dict[str, Any]:
    return {"seeds": 1, "game": CONTENT["game"][:1], "learner": [{"name": "Mornavi"}], "uncertainty": [BALL]}


def test_games_with_different_numbers_of_players_share_a_table(tmp_path: Path) -> None:
    games = [{"name": "gambler"}, {"name": "congestion", "horizon": 1}]
    done = sweep(Grid.of(CONTENT | _single() | {"game": games}), tmp_path)
    lines = (tmp_path / "table.csv").read_text(encoding="utf8").splitlines()
    assert lines[0].endswith(",best_gap,value_1,value_2,value_3")
    assert lines[1].endswith(",,") and not lines[2].endswith(",")
    assert [len(row) for row in done.table] == [12, 14]


def test_files_hold_neither_times_nor_names_of_machines(undisturbed: dict[str, bytes]) -> None:
    names = {platform.node(), getpass.getuser(), str(ROOT), str(os.getpid()) + ".partial"} - {""}
    for name, stored in undisturbed.items():
        if name.endswith(".npz"):
            with zipfile.ZipFile(io.BytesIO(stored)) as archive:
                assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
                stored = b"".join(archive.read(member) for member in archive.namelist())
        assert not [word for word in names if word.encode() in stored or word.encode("utf-32-le") in stored]
    assert not any(column in undisturbed["table.csv"].decode() for column in ("time", "second", "date", "host"))


# ---- whoever makes them ----


def test_two_processes_make_the_same_bytes(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    done = sweep(GRID, tmp_path, n_jobs=2)
    assert files(tmp_path) == undisturbed
    assert [row["seed"] for row in done.table] == [each["seed"] for each in GRID.configurations]


def cluster_of_two() -> Any:
    """A Dask cluster on this machine, with two worker processes."""
    distributed = pytest.importorskip("distributed")
    options = {"threads_per_worker": 1, "processes": True, "dashboard_address": None, "silence_logs": 50}
    return distributed.LocalCluster(n_workers=2, **options)


def test_a_dask_cluster_makes_the_same_bytes(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    with cluster_of_two() as cluster:
        done = sweep(GRID, tmp_path, scheduler=cluster.scheduler_address)
        assert done.failures == [] and files(tmp_path) == undisturbed
        failing = Grid.of(CONTENT | {"learner": [{"name": "OfflinePessimistic", "behaviour": [[[1.0]]]}]})
        done = sweep(failing, tmp_path / "failing", scheduler=cluster.scheduler_address)
        assert len(done.failures) == len(failing.configurations) and done.table == []


def test_the_same_file_serves_every_grid_that_has_the_run(tmp_path: Path, counted: list[int]) -> None:
    sweep(TINY, tmp_path)
    larger = Grid.of(CONTENT | _single() | {"seeds": 5, "learner": [{"name": "RandomPlay"}]})
    assert len(sweep(larger, tmp_path, resume=True).table) == 5
    assert counted == [0, 1, 2, 3, 4]
    assert len(sweep(TINY, tmp_path, resume=True).table) == 3
    assert len(list(tmp_path.glob("*.npz"))) == 5


# ---- resuming ----


def test_resuming_does_what_is_missing_and_nothing_else(
    tmp_path: Path, undisturbed: dict[str, bytes], counted: list[int]
) -> None:
    sweep(GRID, tmp_path)
    assert len(counted) == 16
    counted.clear()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.npz")}
    gone = [GRID.configurations[n] for n in (0, 5, 15)]
    for each in gone:
        (tmp_path / f"{key_of(each)}.npz").unlink()
    (tmp_path / "table.csv").write_text("old", encoding="utf8")
    done = sweep(GRID, tmp_path, resume=True)
    assert counted == [each["seed"] for each in gone]
    assert len(done.table) == 16 and files(tmp_path) == undisturbed
    untouched = {path for path, then in before.items() if path.stat().st_mtime_ns == then}
    assert len(untouched) == 13
    counted.clear()
    assert sweep(GRID, tmp_path, n_jobs=2, resume=True).table == done.table
    assert counted == []


def truncated(stored: bytes) -> bytes:
    return stored[: len(stored) // 2]


def flipped(stored: bytes) -> bytes:
    place = stored.index(b"NUMPY", len(stored) // 3) + 130  # in the numbers of an array, after its header
    return stored[:place] + bytes([stored[place] ^ 1]) + stored[place + 1 :]


def changed(**changes: Any) -> Callable[[bytes], bytes]:
    """A whole file of NumPy's with other arrays; those that are None are left out."""

    def change(stored: bytes) -> bytes:
        with np.load(io.BytesIO(stored)) as arrays:
            kept = {name: changes.get(name, arrays[name]) for name in arrays.files}
        out = io.BytesIO()
        np.savez(out, **{name: array for name, array in (kept | changes).items() if array is not None})
        return out.getvalue()

    return change


def rewritten(kind: str = "sweep result", **changes: Any) -> Callable[[bytes], bytes]:
    """A file of ours, sound in itself, with other arrays; those that are None are left out."""

    def change(stored: bytes) -> bytes:
        with np.load(io.BytesIO(stored)) as arrays:
            kept = {name: arrays[name] for name in arrays.files if name not in ("kind", "format", "digest")}
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "changed"
            write_arrays(file, kind, {name: array for name, array in (kept | changes).items() if array is not None})
            assert read_arrays(file, kind)
            return file.read_bytes()

    return change


def of_numpy(stored: bytes) -> bytes:
    out = io.BytesIO()
    np.save(out, np.arange(3))
    return out.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        truncated,
        flipped,
        of_numpy,
        lambda stored: b"",
        lambda stored: stored[:-1],
        lambda stored: stored[1:],
        lambda stored: b"PK\x03\x04" + bytes(100),
        lambda stored: b"notes of somebody else",
        changed(kind=None),
        changed(kind=None, format=None, configuration=None),
        changed(format=np.array(FORMAT + 1)),
        changed(format=np.array("new")),
        rewritten(kind="History"),
        rewritten(configuration=np.array(json.dumps(TINY.configurations[1], sort_keys=True))),
        rewritten(configuration=np.array("{")),
        rewritten(configuration=None),
        rewritten(gap=None),
        rewritten(more=np.arange(3)),
    ],
)
def test_damaged_and_foreign_files_are_done_again(
    tmp_path: Path, counted: list[int], damage: Callable[[bytes], bytes]
) -> None:
    sweep(TINY, tmp_path)
    whole = files(tmp_path)
    victim = tmp_path / f"{key_of(TINY.configurations[2])}.npz"
    victim.write_bytes(damage(whole[victim.name]))
    assert len(list(load_results(TINY, tmp_path))) == 2
    counted.clear()
    done = sweep(TINY, tmp_path, resume=True)
    assert counted == [2] and done.failures == [] and files(tmp_path) == whole


def damaged(stored: bytes, every: int) -> Iterator[bytes]:
    for n in range(0, len(stored), every):
        yield stored[:n]
        for mask in (1, 128, 255):
            yield stored[:n] + bytes([stored[n] ^ mask]) + stored[n + 1 :]


@pytest.mark.parametrize("every", [101, pytest.param(1, marks=pytest.mark.slow)])
def test_no_damage_passes_for_another_result(tmp_path: Path, every: int) -> None:
    """Whatever byte is another: the file is read as it was, or taken for damaged."""
    sweep(TINY, tmp_path)
    only = Grid(TINY.configurations[:1])
    file = tmp_path / f"{key_of(TINY.configurations[0])}.npz"
    stored = file.read_bytes()
    ((_, whole),) = load_results(only, tmp_path)
    refused = 0
    for n, bad in enumerate(damaged(stored, every)):
        file.write_bytes(bad)
        found = list(load_results(only, tmp_path))
        refused += not found
        for _, arrays in found:  # a byte that nobody reads: of a date, or of the zip's own notes
            assert set(arrays) == set(whole), n
            assert all(np.array_equal(arrays[name], whole[name]) for name in whole), n
    assert refused > 200 / every


def test_a_folder_in_use_is_left_alone_without_resume(tmp_path: Path, counted: list[int]) -> None:
    for name in ("notes.txt", ".hidden", "0" * 20 + ".npz.1.partial"):
        folder = tmp_path / name.strip(".")
        folder.mkdir()
        (folder / name).write_text("mine", encoding="utf8")
        with pytest.raises(
            ValueError, match=r"out must be a new or empty folder, .*; resume=True, or --resume, goes on"
        ):
            sweep(TINY, folder)
        assert files(folder) == {name: b"mine"}
    (tmp_path / "file").write_text("mine", encoding="utf8")
    for resume in (False, True):
        with pytest.raises(OSError):
            sweep(TINY, tmp_path / "file", resume=resume)
    assert counted == [] and (tmp_path / "file").read_text(encoding="utf8") == "mine"


def test_resuming_may_start(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "new", "deep/inside"):
        assert len(sweep(TINY, tmp_path / name, resume=True).table) == 3
    assert len(sweep(TINY, str(tmp_path / "text")).table) == 3
    assert files(tmp_path / "empty") == files(tmp_path / "deep/inside") == files(tmp_path / "text")


def test_partial_files_of_the_dead_are_removed_and_no_others(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    key = "0123456789abcdef0123"
    stale = {f"{key}.npz.{ended.pid}.partial", f"table.csv.{ended.pid}.partial", f"{key}.npz.{10**30}.partial"}
    living = {f"{key}.npz.{pid}.partial" for pid in (os.getppid(), 1)}
    foreign = {"download.partial", ".partial", f"{key}.partial", f"{key}.npz.partial", f"{key}.npz.me.partial"}
    foreign |= {f"thesis.{ended.pid}.partial", f"{key}.npz.{ended.pid}.partial.old", "notes.txt", f"{key}.npz.bak"}
    for name in stale | living | foreign:
        (tmp_path / name).write_text("mine", encoding="utf8")
    (tmp_path / f"table.csv.{ended.pid + 1}.partial.d").mkdir()
    assert len(sweep(TINY, tmp_path, resume=True).table) == 3
    left = {path.name for path in tmp_path.iterdir()}
    assert not stale & left and living | foreign <= left
    assert all((tmp_path / name).read_text(encoding="utf8") == "mine" for name in living | foreign)


def test_who_lives_is_asked_without_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(process: int, number: int) -> None:
        assert number == 0
        raise PermissionError

    assert finished._lives(os.getpid()) and not finished._lives(10**30)
    monkeypatch.setattr(os, "kill", refused)
    assert finished._lives(os.getpid())  # that of another user
    monkeypatch.setattr(os, "kill", None)
    monkeypatch.setattr(os, "name", "nt")
    assert not finished._lives(os.getpid())  # there 0 stands for Ctrl-C


def test_a_name_that_is_taken_by_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / f"{key_of(TINY.configurations[1])}.npz").mkdir()
    with pytest.raises(OSError):
        sweep(TINY, tmp_path, resume=True)


# ---- failures ----


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_failing_run_is_reported_and_the_others_finish(tmp_path: Path, n_jobs: int) -> None:
    wrong = {"name": "OfflinePessimistic", "behaviour": [[[0.5, 0.5]]]}
    grid = Grid.of(CONTENT | _single() | {"seeds": 2, "learner": [wrong, {"name": "RandomPlay"}]})
    for _ in range(2):  # and it is tried again
        done = sweep(grid, tmp_path, n_jobs=n_jobs, resume=True)
        assert [(each["learner"]["name"], each["seed"]) for each, _ in done.failures] == [
            ("OfflinePessimistic", 0),
            ("OfflinePessimistic", 1),
        ]
        assert all(configuration in grid.configurations for configuration, _ in done.failures)
        assert all(message.startswith("ValueError: behaviour must have shape") for _, message in done.failures)
        assert [(row["learner"], row["seed"]) for row in done.table] == [("RandomPlay", 0), ("RandomPlay", 1)]
        assert len(files(tmp_path)) == 3


def test_whatever_a_run_raises_is_its_own_affair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[BaseException] = [MemoryError("no room"), RuntimeError("no equilibrium"), ZeroDivisionError()]

    def failing(*arguments: Any, seed: int, **options: Any) -> Any:
        raise raised[seed]

    monkeypatch.setattr(module, "run", failing)
    done = sweep(TINY, tmp_path)
    assert [message for _, message in done.failures] == [
        "MemoryError: no room",
        "RuntimeError: no equilibrium",
        "ZeroDivisionError: ",
    ]
    assert done.table == [] and set(files(tmp_path)) == {"table.csv"}
    raised[1] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        sweep(TINY, tmp_path / "stopped")
    assert files(tmp_path / "stopped") == {}


def test_a_full_disk_stops_the_sweep_and_leaves_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    savez, calls = np.savez, []

    def full(handle: Any, **arrays: Any) -> None:
        calls.append(handle)
        savez(handle, **arrays)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        sweep(TINY, tmp_path)
    assert set(files(tmp_path)) == {f"{key_of(TINY.configurations[0])}.npz"}


class TerminatedWorkerError(Exception):
    """Named like joblib's."""


class KilledWorker(Exception):
    """Named like Dask's."""


@pytest.mark.parametrize("broken", [TerminatedWorkerError, KilledWorker])
def test_workers_that_die_again_and_again_end_the_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: type[Exception]
) -> None:
    attempts: list[int] = []

    def dying(tasks: list[Any], n_jobs: int, scheduler: str | None) -> Iterator[Any]:
        attempts.append(len(tasks))
        if len(attempts) == 2:  # a result between two broken pools; after it nothing but broken pools
            yield module._keyed(*tasks[0])
        raise broken("killed")

    monkeypatch.setattr(module, "_in_parallel", dying)
    with pytest.raises(RuntimeError, match=r"workers were killed 3 times in a row; 2 runs are left"):
        sweep(TINY, tmp_path)
    assert attempts == [3, 3, 2, 2]
    assert len(list(tmp_path.glob("*.npz"))) == 1


def test_other_errors_of_the_machinery_are_not_swallowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*arguments: Any) -> Iterator[Any]:
        raise LookupError("no such scheduler")

    monkeypatch.setattr(module, "_in_parallel", failing)
    with pytest.raises(LookupError, match="no such scheduler"):
        sweep(TINY, tmp_path)


def swept_while_a_worker_is_killed(folder: Path, workers: Callable[[], list[int]], **options: Any) -> None:
    """Do the grid, and kill a worker once some runs are done."""
    left: list[int] = []

    def kill() -> None:
        deadline = time.monotonic() + 120
        while len(list(folder.glob("*.npz"))) < 3 and time.monotonic() < deadline:
            time.sleep(0.005)
        os.kill(workers()[0], signal.SIGKILL)
        left.append(len(GRID.configurations) - len(list(folder.glob("*.npz"))))

    killer = threading.Thread(target=kill)
    killer.start()
    done = sweep(GRID, folder, **options)
    killer.join()
    assert done.failures == [] and left[0] > 0


def test_a_killed_worker_loses_nothing(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    pool = pytest.importorskip("joblib.externals.loky.reusable_executor")
    swept_while_a_worker_is_killed(tmp_path, lambda: list(pool._executor._processes), n_jobs=2)
    assert files(tmp_path) == undisturbed


@pytest.mark.slow
def test_a_killed_worker_of_a_cluster_loses_nothing(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    with cluster_of_two() as cluster:
        workers = lambda: [nanny.pid for nanny in cluster.workers.values()]  # noqa: E731
        swept_while_a_worker_is_killed(tmp_path, workers, scheduler=cluster.scheduler_address)
    assert files(tmp_path) == undisturbed


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
    time.sleep(0.05)
np.savez = slowly
if __name__ == "__main__":
    sys.exit(mornavi_lite.__main__.main())
"""


def start(tmp_path: Path, n_jobs: int, dies_at: int = 0) -> subprocess.Popen[str]:
    """A sweep of the grid, in a session of its own."""
    lines = ["episodes = 10", "seeds = [3, 0]"]
    for table in ("game", "learner", "uncertainty"):
        for entry in CONTENT[table]:
            lines += [f"[[{table}]]", *(f"{key} = {_toml(value)}" for key, value in entry.items())]
    (tmp_path / "grid.toml").write_text("\n".join(lines), encoding="utf8")
    assert Grid.read(tmp_path / "grid.toml") == GRID
    options = ["sweep", "grid.toml", "--out", "out", "--quiet", "--jobs", str(n_jobs)]
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", DRIVER.format(dies_at=dies_at), *options],
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
    deadline = time.monotonic() + 120
    while len(list(folder.glob("*.npz"))) < some:
        assert driver.poll() is None and time.monotonic() < deadline, driver.communicate()
        time.sleep(0.005)


def end(driver: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait for a sweep, end the workers that it left behind, and return what it said."""
    try:
        driver.wait(timeout=120)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(driver.pid, signal.SIGKILL)
    return driver.communicate()


@pytest.mark.parametrize("n_jobs", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_a_killed_sweep_goes_on_where_it_was(tmp_path: Path, undisturbed: dict[str, bytes], n_jobs: int) -> None:
    driver = start(tmp_path, n_jobs)
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
    assert partial.endswith(f".npz.{driver.pid}.partial") and len(there[partial]) == 1000
    assert all(stored == undisturbed[name] for name, stored in there.items() if name != partial)
    sweep(GRID, tmp_path / "out", resume=True)
    assert files(tmp_path / "out") == undisturbed


@pytest.mark.parametrize("n_jobs", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_control_c_stops_and_says_how_to_go_on(tmp_path: Path, undisturbed: dict[str, bytes], n_jobs: int) -> None:
    driver = start(tmp_path, n_jobs)
    until_some_are_done(driver, tmp_path / "out")
    os.killpg(driver.pid, signal.SIGINT)  # a terminal sends it to the workers as well
    said, complained = end(driver)
    assert driver.returncode == 130
    assert said == "" and "stopped; the same command with --resume goes on from here" in complained
    there = files(tmp_path / "out")
    assert 3 <= len(there) < 16 and set(there) < set(undisturbed)
    sweep(GRID, tmp_path / "out", resume=True)
    assert files(tmp_path / "out") == undisturbed


# ---- arguments ----


@pytest.mark.parametrize(
    "wrong, error, words",
    [
        ({"grid": CONTENT}, TypeError, "grid must be a Grid, got dict"),
        ({"grid": "grid.toml"}, TypeError, "grid must be a Grid, got str"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be at least 1, got 0"),
        ({"n_jobs": -1}, ValueError, "n_jobs must be at least 1, got -1"),
        ({"n_jobs": 2.0}, TypeError, "n_jobs must be an integer"),
        ({"scheduler": 8786}, TypeError, "scheduler must be a str, got int"),
    ],
)
def test_wrong_arguments(tmp_path: Path, wrong: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        sweep(**{"grid": TINY, "out": tmp_path / "out"} | wrong)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "absent, options, words",
    [
        ("joblib", {"n_jobs": 2}, r"more than one process needs joblib: pip install 'mornavi-lite\[sweep\]'"),
        ("joblib", {"scheduler": "tcp://localhost:1"}, r"joblib: pip install 'mornavi-lite\[dask\]'"),
        (
            "distributed",
            {"scheduler": "tcp://localhost:1"},
            r"needs dask.distributed: pip install 'mornavi-lite\[dask\]'",
        ),
        ("tqdm.auto", {"progress": True}, r"needs tqdm: pip install 'mornavi-lite\[progress\]'"),
    ],
)
def test_what_is_missing_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, absent: str, options: dict[str, Any], words: str
) -> None:
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(ImportError, match=words):
        sweep(TINY, tmp_path, **options)
    assert files(tmp_path) == {}
    assert len(sweep(TINY, tmp_path).table) == 3  # one process needs none of them


def test_progress_counts_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    sweep(TINY, tmp_path, progress=True)
    assert "3.00/3.00" in capsys.readouterr().err
    (tmp_path / f"{key_of(TINY.configurations[0])}.npz").unlink()
    sweep(TINY, tmp_path, resume=True, progress=True)
    said = capsys.readouterr().err
    assert "2.00/3.00" in said and "3.00/3.00" in said
    sweep(TINY, tmp_path, resume=True)
    assert capsys.readouterr() == ("", "")


def test_results_of_no_folder_are_none(tmp_path: Path) -> None:
    assert list(load_results(TINY, tmp_path / "nowhere")) == []


def test_a_partial_file_is_no_result(tmp_path: Path) -> None:
    name = f"{key_of(TINY.configurations[0])}.npz"
    write_arrays(tmp_path / "other", "sweep result", {"gap": np.zeros(1)})
    (tmp_path / "other").rename(tmp_path / f"{name}.{os.getpid()}.partial")
    assert list(load_results(TINY, tmp_path)) == []
