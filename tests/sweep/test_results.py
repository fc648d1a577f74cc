"""The files of a sweep: what they hold, and that damaged or foreign ones are done again."""

from __future__ import annotations

import csv
import getpass
import io
import json
import os
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mornavi_lite import NashVI, run, zoo
from mornavi_lite.files import FORMAT, _machine, read_arrays, write_arrays
from mornavi_lite.sweep import Grid, load_results, sweep
from mornavi_lite.sweep.grid import game_of, key_of, learner_of, set_of
from mornavi_lite.sweep.results import KIND
from tests import ROOT
from tests.sweep.grids import BALL, CONTENT, GRID, TINY, files

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
    names = {platform.node(), getpass.getuser(), str(ROOT), _machine(), str(os.getpid()) + ".partial"} - {""}
    for name, stored in undisturbed.items():
        if name.endswith(".npz"):
            with zipfile.ZipFile(io.BytesIO(stored)) as archive:
                assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
                stored = b"".join(archive.read(member) for member in archive.namelist())
        assert not [word for word in names if word.encode() in stored or word.encode("utf-32-le") in stored]
    assert not any(column in undisturbed["table.csv"].decode() for column in ("time", "second", "date", "host"))


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


def test_partial_files_of_the_dead_are_removed_and_no_others(tmp_path: Path) -> None:
    """Those of a process of this machine that is gone. Those of other machines, and of other files, stay."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    key, here, there = "0123456789abcdef0123", _machine(), "f" * 12
    dead = f"{here}.{ended.pid}.01234567.partial"
    stale = {f"{key}.npz.{dead}", f"table.csv.{dead}", f"{key}.npz.{here}.{10**30}.01234567.partial"}
    living = {f"{key}.npz.{here}.{pid}.01234567.partial" for pid in (os.getppid(), 1)}
    living |= {f"{key}.npz.{there}.{ended.pid}.01234567.partial", f"table.csv.{there}.1.01234567.partial"}
    foreign = {"download.partial", ".partial", f"{key}.partial", f"{key}.npz.partial", f"{key}.npz.me.partial"}
    foreign |= {f"thesis.{dead}", f"{key}.npz.{dead}.old", "notes.txt", f"{key}.npz.bak"}
    for name in stale | living | foreign:
        (tmp_path / name).write_text("mine", encoding="utf8")
    (tmp_path / f"table.csv.{dead}.d").mkdir()
    assert len(sweep(TINY, tmp_path, resume=True).table) == 3
    left = {path.name for path in tmp_path.iterdir()}
    assert not stale & left and living | foreign <= left
    assert all((tmp_path / name).read_text(encoding="utf8") == "mine" for name in living | foreign)


def test_a_name_that_is_taken_by_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / f"{key_of(TINY.configurations[1])}.npz").mkdir()
    with pytest.raises(OSError):
        sweep(TINY, tmp_path, resume=True)


def test_results_of_no_folder_are_none(tmp_path: Path) -> None:
    assert list(load_results(TINY, tmp_path / "nowhere")) == []


def test_what_is_no_grid_is_named(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="grid must be a Grid, got dict"):
        list(load_results({}, tmp_path))  # type: ignore[arg-type]


def test_a_partial_file_is_no_result(tmp_path: Path) -> None:
    name = f"{key_of(TINY.configurations[0])}.npz"
    write_arrays(tmp_path / "other", "sweep result", {"gap": np.zeros(1)})
    (tmp_path / "other").rename(tmp_path / f"{name}.{_machine()}.{os.getpid()}.01234567.partial")
    assert list(load_results(TINY, tmp_path)) == []


# ---- another version of the algorithm ----


def test_results_of_the_version_before_are_done_again_and_their_files_stay(tmp_path: Path) -> None:
    """The files are those of version 0.1; what changed since is the learner that "model" is, and not "chernoff"."""
    grid = Grid.of(
        {
            "episodes": 100,
            "seeds": 1,
            "game": [{"name": "traffic_merge"}],
            "learner": [{"name": "Mornavi"}, {"name": "Mornavi", "confidence": "chernoff"}],
            "uncertainty": [{"set": "Nominal"}],
        }
    )
    for path in (Path(__file__).parent / "data").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    before = files(tmp_path)
    (kept,) = load_results(grid, tmp_path)
    assert kept[0]["learner"]["confidence"] == "chernoff" and len(before) == 3
    sweep(grid, tmp_path, resume=True)
    after = files(tmp_path)
    results = {name: content for name, content in before.items() if name.endswith(".npz")}
    assert len(after) == 4 and results.items() <= after.items()
    for configuration, arrays in load_results(grid, tmp_path):
        ball = set_of(configuration["uncertainty"])
        history = run(learner_of(configuration["learner"], ball), zoo.traffic_merge(), 100, uncertainty=ball)
        np.testing.assert_array_equal(arrays["upper"], history.upper)
    old = [read_arrays(tmp_path / name, KIND)["upper"] for name in results]
    events = run(NashVI(confidence="events"), zoo.traffic_merge(), 100)
    assert any(np.array_equal(each, events.upper) for each in old)
