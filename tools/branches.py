"""Which lines and branches of the package its tests do not come to, beside those that `tests/unreached.toml` names.

usage: [TESTS="tests/games tests/inputs"] python tools/branches.py

coverage.py measures each folder and each file of the tests by itself; what one comes to counts for all. With TESTS only
those are measured again. A branch is told by the line at which it leaves the way that is taken. Tests of the book, of
the tools, of processes and the slow ones are left out; no file of the package is.
"""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from shared.steps import PYTHON, ROOT, STATE, Failed, checked, read, status

EXCEPTIONS, DATA = ROOT / "tests" / "unreached.toml", STATE / "branches"
#: Others about the package: its pages, its tools, what happens when processes are killed, what takes long.
LEFT_OUT = {"book", "tools", "faults", "fuzz", "proofs"}
LEFT_OUT |= {f"test_{name}" for name in ("layout", "repository", "wheel", "long_run", "machines", "benchmarks")}
COVERAGE = [PYTHON, "-m", "coverage"]


def all_tests() -> list[str]:
    """The folders and files of the tests of the package."""
    found = [path for path in sorted((ROOT / "tests").iterdir()) if path.stem not in LEFT_OUT]
    return [f"tests/{path.name}" for path in found if path.name.startswith("test_") or any(path.glob("test_*.py"))]


def measure(tests: str) -> None:
    data = DATA / f"data.{tests.replace('/', '.')}"
    run = ["run", "--branch", f"--data-file={data}", "--include=mornavi_lite/*", "-m", "pytest", "-q", "-m", "not slow"]
    checked([*COVERAGE, *run, "-p", "no:cacheprovider", tests], MPLBACKEND="agg")


def unreached(measured: dict[str, Any], lines: list[str]) -> Iterator[str]:
    """Of one file, the line of each branch that is not taken, and the first of lines without such a branch before."""
    missing = set(measured["missing_lines"])
    left = {branch[0] for branch in measured["missing_branches"]} - missing
    explained = {abs(branch[1]) for branch in measured["missing_branches"]}
    before = 0
    for number in sorted(missing | set(measured["executed_lines"])):
        if number in missing:
            if number not in explained and before not in missing:
                left.add(number)
            explained.add(number)
        before = number
    return (" ".join(lines[number - 1].split()) for number in sorted(left))


def main() -> None:
    DATA.mkdir(parents=True, exist_ok=True)
    for tests in os.environ.get("TESTS", "").split() or all_tests():
        print(f"      {tests}", flush=True)
        measure(tests)
    checked([*COVERAGE, "combine", "-q", "--keep", f"--data-file={DATA / 'all'}", *sorted(DATA.glob("data.*"))])
    checked([*COVERAGE, "json", "-q", f"--data-file={DATA / 'all'}", "-o", DATA / "report.json"])
    result = json.loads(read(DATA / "report.json"))
    named = Counter((each["file"], each["line"]) for each in tomllib.loads(read(EXCEPTIONS)).get("branch", []))
    left = Counter(
        (name.removeprefix("mornavi_lite/"), line)
        for name, measured in result["files"].items()
        for line in unreached(measured, read(ROOT / name).splitlines())
    )
    new = left - named
    for file, line in new.elements():
        print(f"[[branch]]\nfile = {json.dumps(file)}\nline = {json.dumps(line, ensure_ascii=False)}\n")
    for file, line in named - left:
        print(f"      named, and a test comes to it: {file}: {line}")
    percent, known = result["totals"]["percent_covered"], (left & named).total()
    print(f"      {percent:.2f} % of lines and branches; {known} exceptions named, {new.total()} not")
    absent = {str(path.relative_to(ROOT)) for path in (ROOT / "mornavi_lite").rglob("*.py")} - set(result["files"])
    if wrong := {f"mornavi_lite/{file}" for file, _ in new} | absent:
        raise Failed(f"no test comes to some branches of {', '.join(sorted(wrong))}")


if __name__ == "__main__":
    sys.exit(status(main))
