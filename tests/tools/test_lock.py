"""The lock: one version within each range, each with a hash; and what `make` installs with it."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shared import setup_venv
from tests import ROOT

LINES = (ROOT / "requirements.lock").read_text(encoding="utf8")
#: Each name with the versions that are locked: some packages have one for some Pythons and another for others.
LOCKED: dict[str, list[str]] = {}
for entry in re.findall(r"^([\w.-]+)==([^\s;]+)", LINES, re.MULTILINE):
    LOCKED.setdefault(canonicalize_name(entry[0]), []).append(entry[1])


def ranges():
    """What the locked levels ask for, with what they bring along."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
    asked = [*project["dependencies"], *(ROOT / "requirements.txt").read_text(encoding="utf8").splitlines()]
    waiting, seen = list(setup_venv.LOCKED), set()
    while waiting:
        level = waiting.pop()
        seen.add(level)
        asked += project["optional-dependencies"][level]
        own = [each for line in project["optional-dependencies"][level] for each in Requirement(line).extras]
        waiting += [each for each in own if each in project["optional-dependencies"] and each not in seen]
    lines = [re.sub(r"\s#.*", "", line) for line in asked]
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-", "mornavi-lite"))]


def test_every_range_has_a_version_within_it():
    found = {str(each): LOCKED.get(canonicalize_name(each.name), []) for each in ranges()}
    assert len(found) > 30
    assert {
        r: v for r, v in found.items() if not v or not all(Requirement(r).specifier.contains(each) for each in v)
    } == {}


def test_every_version_has_hashes_and_nothing_comes_from_an_address():
    entries = [each for each in re.split(r"\n(?=\S)", LINES.strip()) if not each.startswith("#")]
    assert len(entries) > 100
    assert [each.splitlines()[0] for each in entries if "--hash=sha256:" not in each] == []
    assert "://" not in LINES and "mornavi" not in re.sub(r"^#.*", "", LINES, flags=re.MULTILINE)


def test_binder_installs_a_part_of_the_lock_and_every_range_of_the_notebooks():
    """The same versions, each with hashes; without one of them pip would install nothing at all."""
    text = (ROOT / "binder" / "requirements.txt").read_text(encoding="utf8")
    entries = re.split(r"\n(?=\w)", text.partition("--require-hashes\n")[2].strip())
    found = dict(re.match(r"([\w.-]+)==([^\s;]+)", each).groups() for each in entries)
    assert all("--hash=sha256:" in each for each in entries) and "://" not in text
    assert all(version in LOCKED[canonicalize_name(name)] for name, version in found.items())
    lines = (ROOT / "requirements.txt").read_text(encoding="utf8").splitlines()
    asked = [Requirement(re.sub(r"\s#.*", "", line)) for line in lines if not line.startswith(("#", "-"))]
    assert len(asked) > 4 and all(each.specifier.contains(found[each.name]) for each in asked)


@pytest.mark.parametrize("level", setup_venv.LOCKED)
def test_with_the_lock_nothing_is_installed_by_a_range(monkeypatch, level):
    monkeypatch.setenv("LOCKED", "1")
    packages, own = setup_venv.wanted_of(level)
    assert packages == ["--require-hashes", "-r", "requirements.lock"]
    assert "--no-deps" in own and own[-2:] == ["-e", "."]
    monkeypatch.delenv("LOCKED")
    assert setup_venv.wanted_of(level) == [["-r", "requirements.txt", "-e", f".[{level}]"]]


def test_the_lock_decides_whether_what_is_installed_is_right(monkeypatch):
    monkeypatch.delenv("LOCKED", raising=False)
    without = setup_venv.fingerprint("book", "3.11")
    monkeypatch.setenv("LOCKED", "1")
    assert setup_venv.fingerprint("book", "3.11") != without
