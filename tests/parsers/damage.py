"""Valid files of each kind, what is written into them on purpose, and what a reader may do about it."""

from __future__ import annotations

import io
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mornavi_lite import Counts, History, MarkovGame, Mornavi, Nominal, Solution, run, solve, zoo
from mornavi_lite.formats import read_log, read_nfg, read_table, write_log, write_nfg, write_table
from mornavi_lite.sweep import Grid

GAME = zoo.patrol(2)
EVEN = np.full((2, GAME.n_states, GAME.n_joint_actions), 1 / GAME.n_joint_actions)
TOML = b"""episodes = 10
seeds = [1, 2]
until = 0.5
[[game]]
name = "garnet"
n_states = 2
n_actions = [2, 2]
horizon = 2
branching = 1
seed = 1
[[learner]]
name = "Mornavi"
concept = "ce"
[[uncertainty]]
players = [{set = "KullbackLeibler", radius = 0.1}, {set = "Nominal"}]
"""


def made(write: Callable[[Path], Any]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "it"
        write(path)
        return path.read_bytes()


#: A valid file of each kind, and what reads it.
TEXTS: dict[str, tuple[bytes, Callable[[Path], Any]]] = {
    "nfg": (made(lambda path: write_nfg(path, [[1.0, 0, 0, 2.5], [1, 0, 0, 1]], (2, 2))), read_nfg),
    "table": (made(lambda path: write_table(path, GAME)), lambda path: read_table(path, GAME.horizon)),
    "log": (made(lambda path: write_log(path, GAME, EVEN, 3, np.random.default_rng(0))), read_log),
    "grid": (TOML, Grid.read),
}
HISTORY = run(Mornavi(Nominal()), GAME, 3)
ARRAYS: dict[str, tuple[bytes, Callable[[Path], Any]]] = {
    "game": (made(GAME.save), MarkovGame.load),
    "run": (made(HISTORY.save), History.load),
    "counts": (made(HISTORY.checkpoint.counts.save), Counts.load),
    "solution": (made(solve(GAME, Nominal()).save), Solution.load),
}
#: What somebody writes into a file on purpose.
SPLINTERS = [
    *(
        word.encode()
        for word in "1e999 -1e999 nan 1/0 1/3 1_0 \u0663 2147483648 -1 1000000000000 0x10 inf True".split()
    ),
    *(word.encode() for word in "{ = # , ,,,, ../../x /etc/passwd __import__('os') (a,b)".split()),
    *(b"10" * 30, b"9" * 5000, b"[" * 500, b"}" * 9, b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'"),
    *(b"\r", b"\n\n", b"\t", b""),
]


def damaged_bytes(rng: np.random.Generator, whole: bytes) -> bytes:
    """Some splinters in place of some of the bytes."""
    left = whole
    for _ in range(rng.integers(1, 5)):
        at, cut = int(rng.integers(len(left) + 1)), int(rng.choice([0, 1, 2, 5, 40, 400]))
        own = [left[at : at + cut] * 2, rng.bytes(int(rng.integers(7)))]
        k = int(rng.integers(len(SPLINTERS) + 8))
        put = SPLINTERS[k] if k < len(SPLINTERS) else own[k % 2]
        left = left[:at] + put + left[at + cut :]
    return left


def damaged_member(rng: np.random.Generator, whole: bytes) -> bytes:
    """An archive of which one array is damaged, or has the name of another: its checksums are right."""
    made, out = zipfile.ZipFile(io.BytesIO(whole)), io.BytesIO()
    names = made.namelist()
    chosen = names[rng.integers(len(names))]
    with zipfile.ZipFile(out, "w", rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        for name in names:
            content = made.read(name)
            if name == chosen:
                head = content[:128] if rng.random() < 0.6 else content
                content = damaged_bytes(rng, head) + content[len(head) :]
                name = names[rng.integers(len(names))] if rng.random() < 0.1 else name
            if name not in archive.namelist():
                archive.writestr(name, content)
    return out.getvalue()


def read_within_bounds(read: Callable[[Path], Any], stored: bytes, folder: Path, weighed: bool = True) -> bool:
    """Whether there is an answer, else a clear error; in at most ten times the file and some, no trace elsewhere.

    What is not ``weighed`` takes a fifth of the time.
    """
    path, most, answered = folder / "it", 0, True
    path.write_bytes(stored)
    if weighed:
        tracemalloc.start()
    try:
        read(path)
    except (ValueError, TypeError, OSError) as error:
        answered = False
        assert not isinstance(error, UnicodeError) and str(error), stored
    finally:
        if weighed:
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    assert most <= 10 * len(stored) + 5e6 and [each.name for each in folder.iterdir()] == ["it"]
    assert path.read_bytes() == stored
    return answered
