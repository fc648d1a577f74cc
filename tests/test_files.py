"""Files: whole or not there, whoever writes, dies, or writes at the same time; and nothing foreign is unpacked."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mornavi_lite import History, MarkovGame, Mornavi, Nominal, files, run, zoo
from mornavi_lite.formats import write_nfg, write_table
from tests import ROOT

HISTORY = run(Mornavi(Nominal()), zoo.fishing(), 40)
PENNIES = np.array([[1.0, -1, -1, 1], [-1, 1, 1, -1]])
WRITERS: list[tuple[str, Callable[[Path], Any]]] = [
    ("arrays", lambda path: files.write_arrays(path, "numbers", {"a": np.arange(3)})),
    ("text", lambda path: files.write_text(path, "words")),
    ("history", HISTORY.save),
    ("game", lambda path: zoo.fishing().save(path)),
    ("stage game", lambda path: write_nfg(path, PENNIES, (2, 2))),
    ("table", lambda path: write_table(path, zoo.fishing())),
]


def partial(name: str, machine: str | None = None, process: int | None = None) -> str:
    """What a file in the making of this target is called."""
    return f"{name}.{machine or files._machine()}.{process or os.getpid()}.0123abcd.partial"


def gone() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    return ended.pid


# ---- who writes, and what is left ----


@pytest.mark.parametrize("write", [each for _, each in WRITERS], ids=[name for name, _ in WRITERS])
def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path: Path, write: Callable[[Path], Any]) -> None:
    """On this machine if the process is gone, else after a day; of this target alone, whoever wrote it."""
    dead = gone()
    stale = [partial("it.npz", process=dead), partial("it.npz", process=10**30)]
    living = [
        partial("it.npz"),
        partial("it.npz", process=os.getppid()),
        partial("it.npz", machine="f" * 12, process=dead),
    ]
    others = [partial("that.npz", process=dead), "it.npz.partial", "it.npz.me.partial", "it.npz.old", ".partial"]
    others += [f"it.npz.{dead}.partial", partial("it.npz.bak", process=dead), partial("it.npz", process=dead) + "~"]
    for name in [*stale, *living, *others]:
        (tmp_path / name).write_text("half", encoding="utf8")
    write(tmp_path / "it.npz")
    assert {path.name for path in tmp_path.iterdir()} == {"it.npz", *living, *others}
    yesterday = time.time() - 90_000
    for name in [*living, *others]:
        os.utime(tmp_path / name, (yesterday, yesterday))
    write(tmp_path / "it.npz")
    # A day old: whoever it was is gone. Before, a file in the making had the number of the process alone.
    aged = {*living, f"it.npz.{dead}.partial"}
    assert {path.name for path in tmp_path.iterdir()} == {"it.npz", *others} - aged


KILLED = """
import os, signal, sys
import numpy as np
from mornavi_lite import Mornavi, Nominal, run, zoo
history, savez = run(Mornavi(Nominal()), zoo.fishing(), 40), np.savez
def killed(handle, **arrays):
    savez(handle, **arrays)
    handle.flush()
    os.truncate(handle.name, 1000)
    os.kill(os.getpid(), signal.SIGKILL)
np.savez = killed
history.save(sys.argv[1])
"""


def test_a_kill_in_the_middle_leaves_the_old_file_and_the_next_write_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    HISTORY.save(path)
    before = path.read_bytes()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-c", KILLED, path], env=environment)
    assert ended.returncode == -signal.SIGKILL
    (left,) = (each for each in tmp_path.iterdir() if each != path)
    assert left.stat().st_size == 1000 and path.read_bytes() == before
    HISTORY.save(path)
    assert [each.name for each in tmp_path.iterdir()] == ["run.npz"]


def test_threads_that_save_one_path_do_not_meet(tmp_path: Path) -> None:
    """Eight at once, many times: each write is whole, the last one stays, nothing is left over."""
    path, n_threads = tmp_path / "run.npz", 8
    together, errors = threading.Barrier(n_threads), []

    def save(number: int) -> None:
        together.wait()
        try:
            for _ in range(20):
                files.write_arrays(path, "numbers", {"a": np.full(3000, number)}, wait=False)
                assert len(set(files.read_arrays(path, "numbers")["a"].tolist())) == 1
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=save, args=(number,)) for number in range(n_threads)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert errors == [] and [each.name for each in tmp_path.iterdir()] == ["run.npz"]


def test_reading_an_array_disturbs_nobody_who_parses_or_warns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's parser and its filters of warnings are one for all threads: CPython 3.11 fails where two meet in it."""

    def meets(*_: Any, **__: Any) -> None:
        raise SystemError("AST constructor recursion depth mismatch")

    written = {
        "numbers": np.arange(6.0).reshape(2, 3),
        "columns": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "swapped": np.arange(3, dtype=">i4"),
        "truth": np.array([True, False]),
        "names": np.array(["a", "bc"]),
        "one": np.array(3),
        "nothing": np.empty((0, 4)),
    }
    files.write_arrays(tmp_path / "run.npz", "numbers", written)
    with monkeypatch.context() as context:
        for name in ("ast.literal_eval", "ast.parse", "warnings.catch_warnings"):
            context.setattr(name, meets)
        found = files.read_arrays(tmp_path / "run.npz", "numbers")
    assert found.keys() == written.keys()
    for name, array in found.items():
        assert array.dtype == written[name].dtype and array.shape == written[name].shape and array.flags.writeable
        np.testing.assert_array_equal(array, written[name])
        np.save(tmp_path / "one.npy", written[name])
        again = files.array_of((tmp_path / "one.npy").read_bytes())
        np.testing.assert_array_equal(again, array)
        assert again.flags.f_contiguous == written[name].flags.f_contiguous


def test_a_machine_has_one_word_and_another_has_another(monkeypatch: pytest.MonkeyPatch) -> None:
    word = files._machine()
    assert files._machine() == word and len(word) == 12 and int(word, 16) >= 0
    shown = subprocess.run(
        [sys.executable, "-c", "from mornavi_lite import files; print(files._machine())"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert shown.stdout.strip() == word
    monkeypatch.setattr("platform.node", lambda: "elsewhere")
    files._machine.cache_clear()
    try:
        assert files._machine() != word
    finally:
        files._machine.cache_clear()


def test_who_lives_is_asked_without_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(process: int, number: int) -> None:
        assert number == 0
        raise PermissionError

    assert files._lives(os.getpid()) and not files._lives(10**30)
    monkeypatch.setattr(os, "kill", refused)
    assert files._lives(os.getpid())  # that of another user
    monkeypatch.setattr(os, "kill", None)
    monkeypatch.setattr(os, "name", "nt")
    assert not files._lives(os.getpid())  # there 0 stands for Ctrl-C


# ---- what is written to ----


@pytest.mark.parametrize("write", [each for _, each in WRITERS], ids=[name for name, _ in WRITERS])
def test_a_link_stays_and_what_it_names_is_replaced(tmp_path: Path, write: Callable[[Path], Any]) -> None:
    """Whether the link is short or long, to a link, into another folder, or to what is not there yet."""
    (tmp_path / "far").mkdir()
    write(tmp_path / "expected")
    expected = (tmp_path / "expected").read_bytes()
    named = tmp_path / "far" / "named.npz"
    (tmp_path / "near").symlink_to("far/named.npz")
    (tmp_path / "second").symlink_to(tmp_path / "near")
    for link, before in ((tmp_path / "near", b"old"), (tmp_path / "second", b"old"), (tmp_path / "near", None)):
        named.unlink(missing_ok=True)
        if before is not None:
            named.write_bytes(before)
        write(link)
        assert link.is_symlink() and not named.is_symlink() and named.read_bytes() == link.read_bytes() == expected
    assert {path.name for path in tmp_path.iterdir()} == {"far", "near", "second", "expected"}
    assert [path.name for path in (tmp_path / "far").iterdir()] == ["named.npz"]


def test_a_link_to_itself_is_an_error_and_stays(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="loop"):
        files.write_text(tmp_path / "loop", "words")
    assert (tmp_path / "loop").is_symlink() and len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    files.write_text(pipe, "words")
    reader.join()
    assert read == [b"words"] and pipe.is_fifo() and len(list(tmp_path.iterdir())) == 1


def test_a_name_may_be_as_long_as_the_system_takes(tmp_path: Path) -> None:
    for name in ("é" * 127, "x" * 255):
        for _ in range(2):
            HISTORY.save(tmp_path / name)
        assert History.load(tmp_path / name).n_plans == HISTORY.n_plans
    assert len(list(tmp_path.iterdir())) == 2


# ---- what is read ----


def member(head: bytes | None = None, data: bytes = b"", array: Any = None) -> bytes:
    """An array in NumPy's format; with a head of one's own, whatever that says."""
    out = io.BytesIO()
    if head is None:
        np.lib.format.write_array(out, np.asarray(array), allow_pickle=True)
        return out.getvalue()
    padded = head + b" " * (-(len(head) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + data


def archive(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


HEAD = "{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}"
OURS = {"kind.npy": member(array="History"), "format.npy": member(array=1)}
FOREIGN: dict[str, dict[str, bytes]] = {
    "a shape that is not there": {"gap.npy": member(HEAD.format("<f8", "(100000000,)").encode(), bytes(64))},
    "a shape beyond all": {"gap.npy": member(HEAD.format("<f8", f"({10**30},)").encode(), bytes(64))},
    "a negative shape": {"gap.npy": member(HEAD.format("<f8", "(-1,)").encode(), bytes(64))},
    "a shape of words": {"gap.npy": member(HEAD.format("<f8", "('a',)").encode(), bytes(64))},
    "text of any length": {"gap.npy": member(HEAD.format("<U99999999", "(1,)").encode(), bytes(64))},
    "objects": {"gap.npy": member(array=np.array([{"a": 1}], dtype=object))},
    "records": {"gap.npy": member(array=np.zeros(3, dtype=[("a", "f8"), ("b", "O")]))},
    "dates": {"gap.npy": member(array=np.zeros(3, dtype="M8[s]"))},
    "complex numbers": {"gap.npy": member(array=np.zeros(3, dtype=complex))},
    "an endless head": {"gap.npy": member(b"{'descr': '<f8'," + b" " * 60_000 + b"}")},
    "a head that is no head": {"gap.npy": member(b"__import__('os').abort()")},
    "no array": {"gap.npy": b"words"},
    "a strange name": {"../../gap": member(array=1.0)},
    "very many members": {f"a{k}.npy": member(array=k) for k in range(200)},
}


@pytest.mark.parametrize("what", FOREIGN)
def test_foreign_archives_are_refused_before_anything_is_unpacked(tmp_path: Path, what: str) -> None:
    path = archive(tmp_path / "foreign.npz", OURS | FOREIGN[what])
    assert_refused(path)


def assert_refused(path: Path) -> None:
    for load in (History.load, MarkovGame.load, lambda path: files.read_arrays(path, "History")):
        tracemalloc.start()
        try:
            with pytest.raises(ValueError, match=r"foreign\.npz (?:is damaged, or not|does not hold)") as caught:
                load(path)
            assert tracemalloc.get_traced_memory()[1] < 2e6
        finally:
            tracemalloc.stop()
        assert "pickle" not in str(caught.value) and "trust" not in str(caught.value) and len(str(caught.value)) < 300
        assert caught.value.__cause__ is None


def test_an_archive_that_would_unpack_to_a_thousand_times_its_size_is_refused(tmp_path: Path) -> None:
    """Three forms of it: compressed zeros, members that share their bytes, and a directory that lies."""
    path = tmp_path / "foreign.npz"
    archive(path, OURS | {"gap.npy": member(array=np.zeros(5_000_000))}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    assert_refused(path)
    archive(path, OURS | {"gap.npy": member(array=np.zeros(50_000))})
    with zipfile.ZipFile(path, "a") as packed:
        original = packed.getinfo("gap.npy")
        for k in range(60):
            again = zipfile.ZipInfo(f"gap{k}.npy")
            for name in ("header_offset", "file_size", "compress_size", "CRC", "create_version", "extract_version"):
                setattr(again, name, getattr(original, name))
            packed.filelist.append(again)
            packed.NameToInfo[again.filename] = again
        packed._didModify = True  # type: ignore[attr-defined]
    assert len(zipfile.ZipFile(path).infolist()) == 63 and path.stat().st_size < 500_000
    assert_refused(path)
    archive(path, OURS | {"gap.npy": member(array=np.zeros(100))})
    stored = bytearray(path.read_bytes())
    place = stored.rindex(b"PK\x01\x02") + 24
    stored[place : place + 4] = (10**9).to_bytes(4, "little")  # the size of the last member, in the directory
    path.write_bytes(stored)
    assert_refused(path)


def test_the_same_member_twice_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "foreign.npz", OURS)
    with zipfile.ZipFile(path, "a") as packed, pytest.warns(UserWarning, match="Duplicate"):
        packed.writestr("kind.npy", OURS["kind.npy"])
    assert_refused(path)


def test_text_is_refused_in_words_of_our_own(tmp_path: Path) -> None:
    path = tmp_path / "foreign.npz"
    for text in (b"", b"notes of somebody else\n" * 1000, b"\x80\x04K\x01.", member(array=np.arange(3))):
        path.write_bytes(text)
        assert_refused(path)
    for load in (History.load, MarkovGame.load):
        with pytest.raises(ValueError, match=r"foreign\.npz is damaged, .* wrote: File is not a zip file"):
            load(path)


def test_arrays_of_every_kind_come_back_as_they_were(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = {
        "numbers": rng.random((3, 1, 4)),
        "columns": np.asfortranarray(rng.random((3, 4))),
        "counts": rng.integers(0, 2**63 - 1, 5),
        "bytes": np.arange(5, dtype=np.uint8),
        "truths": np.array([[True], [False]]),
        "words": np.array(["", "aäß", "long " * 50]),
        "word": np.array("once"),
        "nothing": np.zeros((2, 0, 3)),
    }
    files.write_arrays(tmp_path / "some", "numbers", arrays)
    found = files.read_arrays(tmp_path / "some", "numbers")
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape, name
        assert found[name].tobytes() == array.tobytes(), name
        assert found[name].flags.writeable
    with pytest.raises(ValueError, match=r"some does not hold a History of mornavi_lite$"):
        files.read_arrays(tmp_path / "some", "History")


ERRORS = [KeyError("gap"), IndexError("3"), OverflowError("big"), MemoryError(), TypeError("x")]


def test_the_memory_layout_of_an_array_changes_no_byte(tmp_path: Path) -> None:
    array = np.arange(12.0).reshape(1, 3, 4)
    layouts = [
        array,
        np.asfortranarray(array),
        array[::-1],
        np.tile(array, 2)[..., :4],
        array.astype(">f8").astype("<f8"),
    ]
    for i, each in enumerate(layouts):
        files.write_arrays(tmp_path / f"{i}.npz", "it", {"array": each, "number": 3})
    assert len({(tmp_path / f"{i}.npz").read_bytes() for i in range(len(layouts))}) == 1
    assert files.read_arrays(tmp_path / "0.npz", "it")["number"].shape == ()


@pytest.mark.parametrize("error", ERRORS)
def test_arrays_that_make_nothing_are_a_damaged_file(error: Exception) -> None:
    with pytest.raises(ValueError, match=rf"^run\.npz is damaged: .*({error}|{type(error).__name__})"):
        with files.fitting_together("run.npz"):
            raise error
    with pytest.raises(KeyboardInterrupt), files.fitting_together("run.npz"):
        raise KeyboardInterrupt
