"""Change the code of one room in small ways, one at a time, and see whether the room's own tests find it.

usage: ROOM=uncertainty [MINUTES=15] python tools/mutate.py

mutmut makes the changes and runs the tests, in a copy of the checkout below .make/mutation. What was tried is kept
there: the same command tries again what survived, and goes on; after a change of the sources it tries again the
functions that changed. After MINUTES it stops; without them it ends when everything has been tried. The survivors are
listed: each is a test that is missing, or a change that makes no difference.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from shared.steps import PYTHON, ROOT, STATE, Failed, environment, read, status, write

#: What the tests of a room import beside the package.
COPIED = ("mornavi_lite", "tests", "tools", "benchmarks", "book/_ext", "pyproject.toml")
SETTINGS = """[mutmut]
source_paths=
    mornavi_lite
only_mutate={sources}
also_copy=
{copied}
pytest_add_cli_args=
    -m
    not slow
pytest_add_cli_args_test_selection={tests}
timeout_multiplier=3
"""


def places(room: str) -> tuple[str, str]:
    """What is changed, as a pattern, and the tests that have to find it."""
    if (
        room.isidentifier()
        and (ROOT / "mornavi_lite" / room / "__init__.py").is_file()
        and (ROOT / "tests" / room).is_dir()
    ):
        return f"mornavi_lite/{room}/*", f"tests/{room}"
    if (ROOT / "mornavi_lite" / f"{room}.py").is_file() and (ROOT / "tests" / f"test_{room}.py").is_file():
        return f"mornavi_lite/{room}.py", f"tests/test_{room}.py"
    raise Failed(f"ROOM={room!r} is no room with tests of its own; `ROOM=uncertainty make mutate` tries one that is")


def copy_checkout(folder: Path) -> None:
    """Bring the copy up to date; a file that is as it was keeps its time, by which mutmut knows it."""
    listed = subprocess.run(["git", "ls-files", "-z", *COPIED], cwd=ROOT, capture_output=True, check=True).stdout
    wanted = {Path(name) for name in listed.decode().split("\0") if name and (ROOT / name).is_file()}
    for top in COPIED:
        for path in (folder / top).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path.relative_to(folder) not in wanted:
                path.unlink()
    for name in sorted(wanted):
        source, copy = ROOT / name, folder / name
        if not copy.is_file() or copy.read_bytes() != source.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)


def mutmut(folder: Path, *words: str, minutes: float = 0) -> str:
    """Run mutmut in the copy; what it printed, where that is not a line of progress. Out of time it is interrupted."""
    variables = {name: value for name, value in environment(MPLBACKEND="agg").items() if name != "PYTHONPATH"}
    command = [PYTHON, "-m", "mutmut", *words]
    process = subprocess.Popen(
        command, cwd=folder, env=variables, text=True, stdout=subprocess.PIPE if not minutes else None
    )
    try:
        return process.communicate(timeout=minutes * 60 or None)[0] or ""
    except subprocess.TimeoutExpired:
        print(f"\n      {minutes:g} minutes are over; the same command goes on from here", flush=True)
        return ""
    finally:
        with suppress(subprocess.TimeoutExpired):
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(30)
        if process.poll() is None:
            process.kill()
            process.wait()


def unfound(folder: Path) -> list[str]:
    """The changes that no test has found so far, a line for each."""
    if not (folder / "mutants").is_dir():
        return []
    listed = mutmut(folder, "results").splitlines()
    return [line.strip() for line in listed if line.endswith((": survived", ": no tests"))]


def report(counts: dict[str, int]) -> str:
    """The score in one line: of what was tried, the share that a test found, by failing or by having no end."""
    found = counts["killed"] + counts["timeout"] + counts["segfault"] + counts["suspicious"]
    tried = found + counts["survived"] + counts["no_tests"]
    score = f"{found / tried:.1%}" if tried else "nothing"
    left = f"{counts['survived']} survived, {counts['no_tests']} without a test"
    return f"{tried} of {counts['total']} changes tried: {found} found ({score}), {left}"


def main() -> None:
    room = os.environ.get("ROOM", "")
    sources, tests = places(room)
    folder = STATE / "mutation" / room
    copy_checkout(folder)
    settings = SETTINGS.format(sources=sources, copied="\n".join(f"    {name}" for name in COPIED), tests=tests)
    if read(folder / "setup.cfg") != settings:
        write(folder / "setup.cfg", settings)
    minutes = float(os.environ.get("MINUTES", "6000"))
    run = ("run", "--max-children", os.environ.get("PROCESSES", "2"))
    again = [line.partition(":")[0] for line in unfound(folder)]
    if again:  # mutmut does not see that tests are new
        mutmut(folder, *run, *again, minutes=minutes)
    mutmut(folder, *run, minutes=minutes)
    mutmut(folder, "export-cicd-stats")
    survivors = unfound(folder)
    counts = json.loads(read(folder / "mutants" / "mutmut-cicd-stats.json") or "{}")
    if not counts:
        raise Failed("mutmut came to no result; its own words are above")
    print("\n".join([*survivors, f"      {room}: {report(counts)}"]))


if __name__ == "__main__":
    sys.exit(status(main))
