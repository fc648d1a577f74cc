"""What the set-up scripts share: folders, one-line failures, visible progress, and commands with a log.

Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".make"
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


class Failed(Exception):
    """A step could not be done; the text is the one line that the user reads."""


def status(action: Callable[[], None]) -> int:
    """Do it; the exit status of a tool, which says in one line what could not be done."""
    try:
        action()
    except Failed as failure:
        print(f"mornavi-lite: {failure}", file=sys.stderr, flush=True)
        return 1
    return 0


class Progress:
    """The newest line of a long step: in place on a terminal, else one line every few seconds."""

    def __init__(self, every: float = 5.0) -> None:
        self.live, self.every, self.last = sys.stdout.isatty(), every, time.monotonic()

    def show(self, text: str) -> None:
        if self.live:
            print(f"\r\033[K      {text[:100]}", end="", flush=True)
        elif time.monotonic() - self.last >= self.every:
            self.last = time.monotonic()
            self.keep(text)

    def keep(self, text: str) -> None:
        """Print a line that stays."""
        print(f"\r\033[K      {text}" if self.live else f"      {text}", flush=True)

    def close(self) -> None:
        if self.live:
            print("\r\033[K", end="", flush=True)


def environment(**more: str) -> dict[str, str]:
    """The variables for everything that runs in .venv: nothing of the user's own set-up leaks in."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONPATH", "MPLBACKEND")}
    env["VIRTUAL_ENV"] = str(VENV)
    env["PATH"] = str(PYTHON.parent) + os.pathsep + env.get("PATH", "")
    env.update({"PYTHONNOUSERSITE": "1", "JUPYTER_PREFER_ENV_PATH": "1", "PYTHONUTF8": "1"})
    env["MPLCONFIGDIR"] = str(STATE / "matplotlib")
    env["IPYTHONDIR"] = str(STATE / "ipython")
    env.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    env["PYTHONHASHSEED"] = "0"
    return env | more


def logged(command: Sequence[str | Path], log: Path, show: Callable[[str], None], **options) -> tuple[int, str]:
    """Run a command; each line goes to ``log`` and to ``show``. Returns the exit status and all lines."""
    log.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    with log.open("w", encoding="utf8") as record:
        process = subprocess.Popen(
            [str(c) for c in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            encoding="utf8",
            errors="replace",
            start_new_session=True,
            **{"env": environment(), "cwd": ROOT, **options},
        )
        try:
            with process.stdout:
                for line in process.stdout:
                    record.write(line)
                    lines.append(line)
                    show(line.rstrip())
            return process.wait(), "".join(lines)
        except BaseException:  # interrupted: leave no child behind, nor a child's child
            stop(process, os.killpg)
            raise


def checked(command: Sequence[str | Path], **more: str) -> None:
    """Run a command of .venv with its output as it comes; fail where it fails."""
    process = subprocess.Popen([str(c) for c in command], cwd=ROOT, env=environment(**more))
    try:
        status = process.wait()
    except BaseException:  # the terminal has told the child as well: let it put its things in order
        stop(process, os.kill, patience=5)
        raise
    if status:
        raise Failed(f"exit status {status}")


@contextmanager
def beside(commands: dict[str, Sequence[str | Path]], **more: str):
    """Run commands while the block does something else; what they print, and what failed, follows at its end."""
    outputs = [tempfile.TemporaryFile("w+", encoding="utf8", errors="replace") for _ in commands]
    running, failures = [], []
    try:
        for command, output in zip(commands.values(), outputs, strict=True):
            how = {"cwd": ROOT, "env": environment(**more), "stdout": output, "stderr": subprocess.STDOUT}
            running.append(subprocess.Popen([str(c) for c in command], **how))
        try:
            yield
        except Failed as failure:
            failures.append(str(failure))
        for title, process, output in zip(commands, running, outputs, strict=True):
            status = process.wait()
            output.seek(0)
            print(f"      {title}\n{output.read()}", end="", flush=True)
            failures += [f"{title}: exit status {status}"] if status else []
    finally:
        for process, output in zip(running, outputs, strict=False):
            stop(process, os.kill) if process.poll() is None else None
            output.close()
    if failures:
        raise Failed("; ".join(failures))


def stop(process: subprocess.Popen, kill: Callable[[int, int], None], patience: float = 0) -> None:
    """End a process that may still run, kindly at first."""
    for wait, number in ((patience, signal.SIGTERM), (10, signal.SIGKILL)):
        try:
            process.wait(timeout=wait)
            return
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            with suppress(ProcessLookupError):
                kill(process.pid, number)
    process.wait()


@contextmanager
def one_at_a_time():
    """Two makes in one folder would build over each other: the second waits."""
    STATE.mkdir(exist_ok=True)
    with (STATE / "lock").open("w") as handle:
        try:
            import fcntl
        except ImportError:  # not on every system
            yield
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("mornavi-lite: another make works in this folder; waiting for it.", flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="utf8", newline="\n") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    partial.replace(path)


def put_in_place(fresh: Path, out: Path) -> None:
    """A folder that was built beside takes the place of the old one."""
    shutil.rmtree(out, ignore_errors=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(fresh, out)


def size(folder: Path) -> str:
    """How large a folder is."""
    return f"{sum(path.stat().st_size for path in folder.rglob('*') if path.is_file()) / 1e6:.0f} MB"


def read(path: Path) -> str:
    """A file's text, empty where there is none."""
    return path.read_text(encoding="utf8") if path.is_file() else ""
