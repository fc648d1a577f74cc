"""Sweeps: nothing done twice, nothing lost, failures reported, arguments checked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mornavi_lite.sweep.workers as module
from mornavi_lite.sweep import Grid, sweep
from mornavi_lite.sweep.grid import key_of
from tests.sweep.grids import CONTENT, GRID, TINY, files
from tests.sweep.test_results import _single


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


def test_without_tqdm_progress_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert len(sweep(TINY, tmp_path, progress=True).table) == 3
    said = capsys.readouterr().err
    assert said.startswith("\r0 of 3 runs") and said.endswith("\r3 of 3 runs\n") and said.count("\n") == 1
