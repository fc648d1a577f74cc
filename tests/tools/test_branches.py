"""tools/branches.py, without a measurement: which lines are told; each exception is about a line that is there."""

from __future__ import annotations

import tomllib

import branches
from tests import ROOT

LINES = [
    "def f(a):",
    "    if a:",
    "        x = 1",
    "        y = 2",
    "    return",
    "def g():",
    "    z = 1",
    "    return z",
]


def told(executed: list[int], missing: list[int], left: list[list[int]]) -> list[str]:
    measured = {"executed_lines": executed, "missing_lines": missing, "missing_branches": left}
    return list(branches.unreached(measured, LINES))


def test_a_branch_is_told_once_by_the_line_that_it_leaves() -> None:
    assert told([1, 2, 5, 6, 7, 8], [3, 4], [[2, 3]]) == ["if a:"]
    assert told([1, 2, 3, 4, 5, 6, 7, 8], [], [[2, 5]]) == ["if a:"]
    assert told([1, 2, 3, 4, 5, 6, 7, 8], [], []) == []


def test_lines_without_a_branch_before_them_are_told_by_the_first() -> None:
    assert told([1, 2, 3, 4, 5, 6], [7, 8], []) == ["z = 1"]


def test_every_folder_of_tests_is_measured_or_left_out_by_name() -> None:
    measured = {name.removeprefix("tests/").removesuffix(".py") for name in branches.all_tests()}
    assert measured.isdisjoint(branches.LEFT_OUT) and {"games", "inputs", "test_checks"} <= measured
    assert all(
        (ROOT / "tests" / name).exists() or (ROOT / "tests" / f"{name}.py").exists() for name in branches.LEFT_OUT
    )


def test_each_exception_is_about_a_line_that_is_there_and_says_why() -> None:
    for each in tomllib.loads(branches.read(branches.EXCEPTIONS)).get("branch", []):
        lines = (ROOT / "mornavi_lite" / each["file"]).read_text("utf8").splitlines()
        assert each["line"] in [" ".join(line.split()) for line in lines] and len(each["why"].split()) >= 4, each
