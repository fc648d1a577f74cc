"""tools/mutate.py, without a mutation: which files are changed, by which tests, in which copy, and the score."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib

import pytest

import mutate
from shared.steps import Failed, environment
from tests import ROOT


def test_every_room_has_a_place_and_tests():
    assert mutate.places("uncertainty") == ("mornavi_lite/uncertainty/*", "tests/uncertainty")
    assert mutate.places("deployment") == ("mornavi_lite/deployment.py", "tests/test_deployment.py")


@pytest.mark.parametrize("room", ["", "nothing", "../tests", "__main__"])
def test_what_is_no_room_is_said(room):
    with pytest.raises(Failed, match="ROOM="):
        mutate.places(room)


def test_the_copy_follows_the_checkout_and_leaves_alone_what_stayed(tmp_path, monkeypatch):
    monkeypatch.setattr(mutate, "COPIED", ("tools/npm", "pyproject.toml"))
    mutate.copy_checkout(tmp_path)
    copied = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert "pyproject.toml" in copied and "tools/npm/page_scripts/package.json" in copied
    for name in ("tools/npm/old.json", "tools/npm/page_scripts/package.json"):
        (tmp_path / name).write_text("old", encoding="utf8")
    os.utime(tmp_path / "pyproject.toml", (1e9, 1e9))
    mutate.copy_checkout(tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()} == copied
    package = "tools/npm/page_scripts/package.json"
    assert (tmp_path / package).read_bytes() == (ROOT / package).read_bytes()
    assert (tmp_path / "pyproject.toml").stat().st_mtime == 1e9


LINE = {"file": "a.py", "function": "f", "line": "x = 1"}
LEFT = [LINE | {"becomes": f"x = {x}", "name": f"a__{x}", "reached": x > 2} for x in (2, 3)]


def test_the_score_is_of_what_was_tried_and_makes_a_difference():
    result = {"changes": 50, "tried": 20, "left": LEFT}
    assert mutate.judged(result, [])[1] == LEFT
    for whole in ({"file": "a.py", "line": "x = 1"}, {"file": "a.py", "function": "f"}):
        assert mutate.judged(result, [whole])[1] == []
    same = [{"file": "a.py", "line": "x = 1", "becomes": ["x = 3"]}, {"file": "b.py", "line": "x = 1"}]
    counts, left = mutate.judged(result, same)
    assert counts == {"changes": 50, "tried": 19, "found": 18, "equivalent": 1} and left == LEFT[:1]
    assert mutate.report(counts) == "20 of 50 changes tried, 1 without a difference; 18 of 19 found (94.7%)"
    assert "0 of 0 found (nothing)" in mutate.report(dict.fromkeys(counts, 0))


def test_what_no_test_found_is_listed_as_what_the_list_holds():
    text = mutate.listed(LEFT)
    assert [each["becomes"] for each in tomllib.loads(text)["change"]] == [["x = 2"], ["x = 3"]]
    assert "# a__2, to which no test comes\n" in text and "# a__3\n" in text


SOURCE = """from mornavi_lite import checks
def larger(a, b):
    if a is None:
        raise ValueError("a is None, and " + "b is " + str(b))
    checks.number("b", b)
    return a if a > b else b
def slow(n):
    while n > 0:
        n -= 1
    return n
def nobody(x):
    return x + 1
"""
TESTS = """from mornavi_lite.room import larger, slow
def test_larger():
    assert larger(1, 2) == 2 and larger(3, 2) == 3
def test_slow():
    assert slow(3) == 0
"""


@pytest.mark.slow
def test_changes_are_tried_where_they_are_reached_and_messages_are_left_alone(tmp_path):
    """One line of four, a loop without an end, a function without a test; what is tried is not tried again."""
    pytest.importorskip("mutmut")
    contents = {"mornavi_lite/__init__.py": "", "mornavi_lite/checks.py": "def number(name, value):\n    pass\n"}
    contents |= {"mornavi_lite/room/__init__.py": SOURCE, "tests/room/test_it.py": TESTS}
    contents["pyproject.toml"] = '[tool.pytest.ini_options]\npythonpath = ["."]\nmarkers = ["slow: slow"]\n'
    contents["setup.cfg"] = mutate.SETTINGS.format(
        sources="mornavi_lite/room/*", copied="    tests\n    pyproject.toml"
    )
    for name, text in contents.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf8")
    command = [sys.executable, ROOT / "tools" / "mutants.py", "tests/room", "1", "1"]
    said = subprocess.run([*command, "0"], cwd=tmp_path, env=environment(), capture_output=True, text=True)
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf8"))
    assert result["tried"] == result["changes"] > 5, said
    left = {(each["line"], each["becomes"], each["reached"]) for each in result["left"]}
    assert ("return a if a > b else b", "return a if a >= b else b", True) in left  # no difference
    assert ("return x + 1", "return x - 1", False) in left and not any("raise" in line for line, _, _ in left)
    assert not any("n -= 1" in line or "checks" in line for line, _, _ in left)
    codes = json.loads((tmp_path / "mutants/mornavi_lite/room/__init__.py.meta").read_text())["exit_code_by_key"]
    assert 36 in codes.values()
    said = subprocess.run([*command, "0"], cwd=tmp_path, env=environment(), capture_output=True, text=True).stdout
    assert "      2 changes, 2 tests" in said  # those without a test
