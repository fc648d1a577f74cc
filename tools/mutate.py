"""Change the code of one room in small ways, one at a time, and see whether the room's own tests find it.

usage: ROOM=uncertainty [MINUTES=15] [PROCESSES=2] [AGAIN=1] python tools/mutate.py

mutmut makes the changes, in a copy of the checkout below .make/mutation, and `tools/mutants.py` tries them. What was
tried is kept there: the same command tries again what survived (not with AGAIN=0), and goes on; after a change of the
sources it tries again the functions that changed. After MINUTES it stops, and with 0 it only says what is known. Not
changed is what is raised and what `checks` is asked, which the table of inputs tries (`tests/inputs`), and functions
with a decorator. What no test found is listed as TOML: either a test is missing, or the change makes no difference, and
then it belongs into `tests/equivalent.toml`, with a reason.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from shared.steps import PYTHON, ROOT, STATE, Failed, environment, read, status, write

#: What the tests of a room import beside the package.
COPIED = ("mornavi_lite", "tests", "tools", "benchmarks", "book/_ext", "pyproject.toml")
EQUIVALENT = ROOT / "tests" / "equivalent.toml"
SETTINGS = """[mutmut]
source_paths=
    mornavi_lite
only_mutate={sources}
also_copy=
{copied}
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


def makes_no_difference(change: dict[str, Any], entries: list[dict[str, Any]]) -> bool:
    """Whether it is listed: by its function, by its line, or by its line and what becomes of it."""
    for entry in entries:
        keys = [key for key in ("file", "function", "line") if key in entry]
        becomes = entry.get("becomes", [change["becomes"]])
        if all(change[key] == entry[key] for key in keys) and change["becomes"] in becomes:
            return True
    return False


def judged(result: dict[str, Any], same: list[dict[str, Any]]) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Counts, and what a test is missing for: what is listed as making no difference is taken out of both."""
    left = [each for each in result["left"] if not makes_no_difference(each, same)]
    n_same = len(result["left"]) - len(left)
    tried = result["tried"] - n_same
    return {"changes": result["changes"], "tried": tried, "found": tried - len(left), "equivalent": n_same}, left


def report(counts: dict[str, int]) -> str:
    """The score in one line: of what was tried and makes a difference, the share that a test found."""
    score = f"{counts['found'] / counts['tried']:.1%}" if counts["tried"] else "nothing"
    tried = counts["tried"] + counts["equivalent"]
    left = f"{counts['found']} of {counts['tried']} found ({score})"
    return f"{tried} of {counts['changes']} changes tried, {counts['equivalent']} without a difference; {left}"


def listed(left: list[dict[str, Any]]) -> str:
    """What no test has found, as it would stand in the list of what makes no difference."""
    lines = []
    for each in left:
        head = f"# {each['name']}" + ("" if each["reached"] else ", to which no test comes")
        body = [f"{key} = {json.dumps(each[key], ensure_ascii=False)}" for key in ("file", "line")]
        body.append(f"becomes = [{json.dumps(each['becomes'], ensure_ascii=False)}]")
        lines += [head, "[[change]]", *body, ""]
    return "\n".join(lines)


def main() -> None:
    room = os.environ.get("ROOM", "")
    sources, tests = places(room)
    folder = STATE / "mutation" / room
    copy_checkout(folder)
    write(
        folder / "setup.cfg", SETTINGS.format(sources=sources, copied="\n".join(f"    {name}" for name in COPIED[1:]))
    )
    shutil.rmtree(folder / "mutants" / "tests", ignore_errors=True)
    (folder / "result.json").unlink(missing_ok=True)
    how = [os.environ.get(*each) for each in (("MINUTES", "6000"), ("PROCESSES", "2"), ("AGAIN", "1"))]
    variables = {name: value for name, value in environment(MPLBACKEND="agg").items() if name != "PYTHONPATH"}
    subprocess.run([PYTHON, ROOT / "tools" / "mutants.py", tests, *how], cwd=folder, env=variables)
    result = read(folder / "result.json")
    if not result:
        raise Failed("the changes came to no result; what is above says why")
    counts, left = judged(json.loads(result), tomllib.loads(read(EQUIVALENT))["change"])
    write(folder / "counts.json", json.dumps(counts))
    print(f"{listed(left)}\n      {room}: {report(counts)}")


if __name__ == "__main__":
    sys.exit(status(main))
