"""Kills, full disks and clocks that go backwards: nothing finished is lost, and the result is the undisturbed one."""

from __future__ import annotations

import errno
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mornavi_lite import Counts, History, Mornavi, TotalVariation, learn, run, solve, zoo
from mornavi_lite.files import read_arrays
from mornavi_lite.formats import write_log, write_nfg, write_table
from mornavi_lite.sweep import sweep
from tests import ROOT
from tests.sweep.grids import TINY, files

GAME, LEARNER = zoo.patrol(2), Mornavi(TotalVariation(0.1), replan="episode")


class World:
    """The game as an environment, which may raise once."""

    def __init__(self, raises_at: int = -1) -> None:
        self.n_states, self.n_actions, self.horizon = GAME.n_states, GAME.n_actions, GAME.horizon
        self.reward_range, self.initial, self.left = GAME.reward_range, 0, raises_at

    def reset(self, rng: np.random.Generator) -> int:
        self.h = self.s = 0
        return 0

    def step(self, a: int, rng: np.random.Generator) -> tuple[int, np.ndarray]:
        self.left -= 1
        if self.left == 0:
            raise ConnectionError("the simulator is gone")
        h, s = self.h, self.s
        self.h, self.s = h + 1, int(rng.choice(self.n_states, p=GAME.transition[h, s, a]))
        return self.s, GAME.reward[:, h, s, a]


#: A run in a process of its own, which goes on from its checkpoint where there is one.
DRIVER = """
import sys
from pathlib import Path
from mornavi_lite import History, learn, run
from tests.faults.test_faults import GAME, LEARNER, World
how, folder = sys.argv[1], Path(sys.argv[2])
at = folder / "checkpoint.npz"
resume = History.load(at) if at.exists() else None
print("begins", flush=True)
play, world = (run, GAME) if how == "run" else (learn, World())
play(LEARNER, world, int(sys.argv[3]), seed=3, resume=resume, checkpoint=at).save(folder / "done.npz")
"""


def killed_until_it_is_done(how: str, folder: Path, n_kills: int, seed: int, n_episodes: int = 60) -> int:
    """How often it was killed before it was done, at most ``n_kills`` times; each time its files are whole."""
    rng, environment = (
        np.random.default_rng(seed),
        os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tools")])},
    )
    for kill in range(n_kills + 1):
        command = [sys.executable, "-W", "error", "-c", DRIVER, how, str(folder), str(n_episodes)]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as driver:
            assert driver.stdout is not None and driver.stdout.readline() == b"begins\n"
            if kill == n_kills:
                assert driver.wait(900) == 0
                return kill
            time.sleep(rng.exponential(0.08))
            driver.send_signal(signal.SIGKILL)
            driver.wait()
        for path in folder.glob("*.npz"):  # whole, at every moment
            read_arrays(path, "History")
        if (folder / "done.npz").exists():
            return kill
    raise AssertionError("unreachable")


def undisturbed(how: str, folder: Path, n_episodes: int = 60) -> bytes:
    play, world = (run, GAME) if how == "run" else (learn, World())
    play(LEARNER, world, n_episodes, seed=3).save(folder / "whole.npz")
    return (folder / "whole.npz").read_bytes()


def killed(how: str, outer: Path, n_kills: int, seed: int, n_episodes: int) -> None:
    """Kill runs so often, and look at the bytes of each one that is done in spite of that."""
    whole, left = undisturbed(how, outer, n_episodes), n_kills
    for turn in range(n_kills):
        folder = outer / str(turn)
        folder.mkdir()
        left -= killed_until_it_is_done(how, folder, left, seed + turn, n_episodes)
        assert (folder / "done.npz").read_bytes() == whole
        assert {each.name for each in folder.iterdir()} == {"checkpoint.npz", "done.npz"}
        if not left:
            return
    raise AssertionError(f"{left} kills came too late")


@pytest.mark.parametrize("how", ["run", "learn"])
def test_a_run_that_is_killed_again_and_again_ends_as_if_it_had_not_been(how: str, tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    folder.mkdir()
    assert killed_until_it_is_done(how, folder, 3, seed=7) > 0
    assert (folder / "done.npz").read_bytes() == undisturbed(how, tmp_path)
    assert {each.name for each in folder.iterdir()} == {"checkpoint.npz", "done.npz"}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(0, 1000, 100))
@pytest.mark.parametrize("how", ["run", "learn"])
def test_two_hundred_kills(how: str, seed: int, tmp_path: Path) -> None:
    killed(how, tmp_path, 10, seed, 300)


# ---- the n-th thing that a disk is asked for fails ----


class Disk:
    """Counts what is asked of the disk, and refuses the n-th thing: to open, write, flush, be sure, rename."""

    def __init__(self, patch: pytest.MonkeyPatch, fails_at: int) -> None:
        self.left, self.patch = fails_at, patch
        opened, replaced, synced = Path.open, Path.replace, os.fsync
        patch.setattr(Path, "open", lambda path, *mode, **more: self.file(opened, path, mode, more))
        patch.setattr(Path, "replace", lambda path, target: self.asked() or replaced(path, target))
        patch.setattr(os, "fsync", lambda handle: self.asked() or synced(handle))

    def asked(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def file(self, opened: Any, path: Path, mode: tuple[str, ...], more: dict[str, Any]) -> Any:
        if "b" not in "".join(mode) or "r" in mode[0]:
            return opened(path, *mode, **more)
        self.asked()
        return Guarded(opened(path, *mode, **more), self)


class Guarded:
    """A file that asks the disk before it is written to."""

    def __init__(self, file: Any, disk: Disk) -> None:
        self.file, self.disk = file, disk

    def write(self, data: Any) -> Any:
        self.disk.asked()
        return self.file.write(data)

    def flush(self) -> Any:
        self.disk.asked()
        return self.file.flush()

    def __enter__(self) -> Guarded:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


SOLUTION = solve(GAME, TotalVariation(0.1))
EVEN = np.full((2, GAME.n_states, GAME.n_joint_actions), 1 / GAME.n_joint_actions)
WRITERS: dict[str, Callable[[Path], Any]] = {
    "game": GAME.save,
    "counts": Counts.for_game(GAME).save,
    "solution": SOLUTION.save,
    "history": run(LEARNER, GAME, 3).save,
    "stage game": lambda path: write_nfg(path, [[1.0, 0, 0, 1]] * 2, (2, 2)),
    "table": lambda path: write_table(path, GAME),
    "log": lambda path: write_log(path, GAME, EVEN, 2, np.random.default_rng(0)),
}


@pytest.mark.parametrize("what", WRITERS)
def test_whatever_the_disk_refuses_the_file_of_before_stays(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"of before")
    for n in itertools.count(1):
        with monkeypatch.context() as patch:
            disk = Disk(patch, n)
            try:
                WRITERS[what](path)
            except OSError as error:
                assert error.errno == errno.ENOSPC
            else:
                break
        assert path.read_bytes() == b"of before" and [each.name for each in tmp_path.iterdir()] == ["it"], n
    assert n > 4 and disk.left > 0 and path.read_bytes() != b"of before"


@pytest.mark.parametrize("how", ["run", "learn"])
def test_a_checkpoint_that_cannot_be_written_loses_no_episode(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exception carries the history; from there, or from the last checkpoint, it is the undisturbed run."""
    whole, folder = undisturbed(how, tmp_path), tmp_path / "full"
    folder.mkdir()
    play, world = (run, lambda: GAME) if how == "run" else (learn, World)
    for n in (1, 2, 3, 40, 150, 333):
        at = folder / "checkpoint.npz"
        at.unlink(missing_ok=True)
        with monkeypatch.context() as patch:
            Disk(patch, n)
            with pytest.raises(OSError, match="No space left") as caught:
                play(LEARNER, world(), 60, seed=3, checkpoint=at)
        left = [caught.value.history] if hasattr(caught.value, "history") else []
        left += [History.load(at)] if at.exists() else []
        assert left and {each.name for each in folder.iterdir()} <= {at.name}
        for history in left:
            play(LEARNER, world(), 60, resume=history).save(tmp_path / "again.npz")
            assert (tmp_path / "again.npz").read_bytes() == whole


def test_a_sweep_on_a_full_disk_goes_on_when_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep(TINY, tmp_path / "whole")
    wanted, out = files(tmp_path / "whole"), tmp_path / "full"
    failures = 0
    for n in range(5, 200, 14):
        with monkeypatch.context() as patch:
            Disk(patch, n)
            try:
                sweep(TINY, out, resume=True)
            except OSError:
                failures += 1
        there = files(out)
        assert all(stored == wanted[name] for name, stored in there.items())
        if there == wanted:
            break
    assert failures > 1 and files(out) == wanted


def test_a_folder_that_takes_no_file_is_an_os_error(tmp_path: Path) -> None:
    if not Path("/proc/self").is_dir():
        pytest.skip("there is no folder that refuses everybody")
    for write in WRITERS.values():
        with pytest.raises(OSError):
            write(Path("/proc/self/it"))
    with pytest.raises(OSError):
        run(LEARNER, GAME, 3, checkpoint="/proc/self/it")


# ---- time ----


@pytest.mark.parametrize("drift", [-(10.0**6), 10.0**6, -(10.0**10)], ids=["backwards", "forwards", "before 1970"])
def test_a_clock_that_jumps_changes_no_result(drift: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of before stay, whatever the clock says; so do those of a writer that lives."""
    sweep(TINY, tmp_path / "whole")
    wanted, now, ticks = files(tmp_path / "whole"), time.time(), itertools.count()
    monkeypatch.setattr(time, "time", lambda: now + drift * next(ticks))
    out = tmp_path / "out"
    sweep(TINY, out)
    assert files(out) == wanted
    sweep(TINY, out, resume=True)
    assert files(out) == wanted
    history = run(LEARNER, GAME, 60, seed=3, checkpoint=tmp_path / "checkpoint.npz")
    history.save(tmp_path / "it.npz")
    assert (tmp_path / "it.npz").read_bytes() == undisturbed("run", tmp_path)


def test_an_environment_that_raises_at_any_step_loses_no_whole_episode(tmp_path: Path) -> None:
    whole = undisturbed("learn", tmp_path)
    for step in (1, 2, 3, 50, 119, 120):
        with pytest.raises(ConnectionError) as caught:
            learn(LEARNER, World(step), 60, seed=3, checkpoint=tmp_path / "checkpoint.npz")
        history = caught.value.history  # type: ignore[attr-defined]
        assert history.checkpoint.episode == (step - 1) // 2
        learn(LEARNER, World(), 60, resume=history).save(tmp_path / "again.npz")
        assert (tmp_path / "again.npz").read_bytes() == whole


def test_the_disk_would_be_seen_to_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that writes in place loses the file of before, and the shim notices."""
    path = tmp_path / "it"
    path.write_bytes(b"of before")
    with monkeypatch.context() as patch:
        Disk(patch, 2)
        with pytest.raises(OSError, match="No space"), path.open("wb") as handle:
            handle.write(b"new")
    assert path.read_bytes() != b"of before"
