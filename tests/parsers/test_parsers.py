"""Files that others wrote, or damaged: a right answer or an error with the place, in memory in proportion to the file.

Valid files are changed by Hypothesis: letters replaced, cut out, repeated, numbers made huge. Nothing but ValueError,
TypeError and OSError comes out, nothing outside the folder is touched, and no code of a file runs.
"""

from __future__ import annotations

import io
import pickle
import tempfile
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mornavi_lite import MarkovGame
from mornavi_lite.formats import from_gymnasium_env
from mornavi_lite.sweep import Grid
from tests.parsers.damage import ARRAYS, SPLINTERS, TEXTS, read_within_bounds

#: What a member with an absolute name would write.
HARM = Path(tempfile.gettempdir()) / "harm-was-done.npy"


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """The file with some splinters in place of some of its bytes."""
    left = whole
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(left)))
        cut = draw(st.sampled_from([0, 1, 2, 5, 40, 400]))
        put = draw(st.sampled_from(SPLINTERS) | st.binary(max_size=6) | st.just(left[at : at + cut] * 2))
        left = left[:at] + put + left[at + cut :]
    return left


def searched(kind: str, examples: int, files: dict[str, tuple[bytes, Callable[[Path], Any]]], folder: Path) -> None:
    whole, read = files[kind]
    assert read_within_bounds(read, whole, folder)

    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(stored=damaged(whole))
    def every(stored: bytes) -> None:
        read_within_bounds(read, stored, folder)

    every()


@pytest.mark.parametrize("kind", TEXTS)
def test_damaged_texts_are_read_or_refused(kind: str, tmp_path: Path) -> None:
    searched(kind, 50, TEXTS, tmp_path)


@pytest.mark.parametrize("kind", ARRAYS)
def test_damaged_archives_are_read_or_refused(kind: str, tmp_path: Path) -> None:
    searched(kind, 40, ARRAYS, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*TEXTS, *ARRAYS])
def test_many_damaged_files_are_read_or_refused(kind: str, tmp_path: Path) -> None:
    searched(kind, 4000, TEXTS | ARRAYS, tmp_path)


# ---- archives that are made to do harm ----


class Harm:
    """Runs when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("harm-was-done"),))


def head(shape: str, descr: str = "<f8") -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def replaced(member: str, content: bytes, packed: int = zipfile.ZIP_STORED, called: str | None = None) -> bytes:
    """The saved game with one of its members replaced."""
    made, out = zipfile.ZipFile(io.BytesIO(ARRAYS["game"][0])), io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for each in made.namelist():
            kept = content if each == member else made.read(each)
            archive.writestr(called if called and each == member else each, kept, packed if each == member else 0)
    return out.getvalue()


MEMBER = "reward.npy"
EVIL = {
    "a head that claims 10^12 numbers": replaced(MEMBER, head("(1000000000000,)")),
    "a head that claims a negative number": replaced(MEMBER, head("(-1,)")),
    "a head whose product overflows": replaced(MEMBER, head("(4294967296, 4294967296)")),
    "a bomb": replaced(MEMBER, head("(100000000,)") + bytes(10**7), zipfile.ZIP_DEFLATED),
    "a pickle": replaced(MEMBER, head("()", "|O") + pickle.dumps(Harm())),
    "a pickle without a head": replaced(MEMBER, pickle.dumps(Harm())),
    "code in the head": replaced(MEMBER, head("(__import__('pathlib').Path('harm-was-done').touch(),)")),
    "a name that leads out": replaced(MEMBER, head("(0,)"), called="../../harm-was-done.npy"),
    "an absolute name": replaced(MEMBER, head("(0,)"), called=str(HARM)),
    "text where numbers were": replaced(MEMBER, head("(1,)", "<U2") + "ab".encode("utf-32-le")),
    "nothing": replaced(MEMBER, b""),
}


def test_what_is_replaced_is_a_member() -> None:
    stored = zipfile.ZipFile(io.BytesIO(ARRAYS["game"][0]))
    assert MEMBER in stored.namelist() and replaced(MEMBER, stored.read(MEMBER)) != b""


@pytest.mark.parametrize("what", EVIL)
def test_harm_is_refused_before_it_is_done(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "game.npz"
    path.write_bytes(EVIL[what])
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="is damaged"):
            MarkovGame.load(path)
        assert tracemalloc.get_traced_memory()[1] <= 5e6
    finally:
        tracemalloc.stop()
    assert [each.name for each in tmp_path.iterdir()] == ["game.npz"] and not HARM.exists()


def test_a_head_that_is_nearly_one_is_refused_without_a_warning(tmp_path: Path) -> None:
    """NumPy warns of numbers that Python 2 wrote."""
    path = tmp_path / "game.npz"
    path.write_bytes(replaced(MEMBER, head("(5L,)") + bytes(40)))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with pytest.raises(ValueError, match="is damaged"):
            MarkovGame.load(path)
    assert said == []


@pytest.mark.parametrize("file", ["../../secret.npz", "/etc/passwd", "//etc/passwd", "a\x00b"])
def test_a_grid_names_files_and_reads_no_others(file: str, tmp_path: Path) -> None:
    """What a grid names is read as a saved game, and is none."""
    content = {"episodes": 1, "seeds": 1, "learner": [{"name": "RandomPlay"}], "uncertainty": [{"set": "Nominal"}]}
    with pytest.raises(ValueError, match="game"):
        Grid.of(content | {"game": [{"name": "stored_game", "file": file}]}, folder=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


# ---- spaces of environments ----


class Huge:
    """An environment that nobody plays, because its spaces are refused."""

    def __init__(self, observed: Any, acted: Any) -> None:
        self.observation_space, self.action_space = observed, acted

    def reset(self, seed: Any = None, options: Any = None) -> Any:
        raise AssertionError("it is played")

    step = reset


def test_spaces_beyond_the_memory_are_refused_before_they_are_listed() -> None:
    spaces = pytest.importorskip("gymnasium.spaces")
    ends = np.iinfo(np.int64)
    large = [
        spaces.Discrete(10**12),
        spaces.MultiDiscrete([2**40, 2**20]),
        spaces.MultiBinary(200),
        spaces.Box(ends.min, ends.max, (3,), np.int64),
        spaces.Tuple([spaces.Discrete(10**9), spaces.Discrete(10**9)]),
    ]
    for space in large:
        tracemalloc.start()
        try:
            with pytest.raises(ValueError, match="observations must have at most 262,144 values"):
                from_gymnasium_env(Huge(space, spaces.Discrete(2)), 3)
            assert tracemalloc.get_traced_memory()[1] < 1e7
        finally:
            tracemalloc.stop()
    for space in (spaces.Box(0.0, 1.0, (2,)), spaces.Text(5), spaces.Dict({"a": spaces.Discrete(2)})):
        with pytest.raises(TypeError, match="must be finite"):
            from_gymnasium_env(Huge(space, spaces.Discrete(2)), 3)
