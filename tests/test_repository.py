"""What holds for the files of the project as a whole."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from itertools import chain

import pytest

from tests import ROOT

#: Put together here so that this file does not hold what it looks for.
PATHS = re.compile(r"(?<![\w.])/(?:" + "|".join(["tmp", "work", "root", r"ho" r"me/\w+", r"Us" r"ers/\w+"]) + r")/\w")
HOSTS = re.compile(
    "|".join(
        [
            r"npm" r"js\.(org|com)",
            r"pypi" r"\.org",
            r"python" r"hosted\.org",
            r"yarn" r"pkg\.com",
            r"deb" r"ian\.org/deb",
        ]
    )
)
IGNORED = {".git", ".venv", ".make", "_build", "vendor", "node_modules", "__pycache__", "mornavi_lite.egg-info"}
BINARY = {".png", ".jpg", ".ico", ".woff", ".woff2", ".npz"}


def tracked_files():
    """Files that git holds or would hold; all files where this is no checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode == 0:
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        paths = [p for p in ROOT.rglob("*") if not IGNORED & set(p.relative_to(ROOT).parts)]
    return [p for p in paths if p.is_file() and p.suffix not in BINARY]


def mentions(pattern, text):
    return [match.group() for match in pattern.finditer(text)]


@pytest.mark.parametrize(("pattern", "example"), [(PATHS, "see /" + "tmp/x"), (HOSTS, "https://pypi" + ".org/simple")])
def test_no_file_names_a_machine_path_or_a_registry(pattern, example):
    assert mentions(pattern, example)
    found = {str(p.relative_to(ROOT)): mentions(pattern, p.read_text(encoding="utf8")) for p in tracked_files()}
    assert found
    assert {name: words for name, words in found.items() if words} == {}


def requirements():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))
    extras = project["project"]["optional-dependencies"]
    lines = [*project["build-system"]["requires"], *project["project"]["dependencies"], *chain(*extras.values())]
    lines += (ROOT / "requirements.txt").read_text(encoding="utf8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-", "mornavi-lite["))]


def test_every_requirement_has_an_upper_bound():
    assert [line for line in requirements() if not re.search(r"<|==", line)] == []
    assert len(requirements()) > 10


def test_every_command_that_the_texts_name_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf8"), re.MULTILINE))
    texts = "".join((ROOT / name).read_text(encoding="utf8") for name in ("README.md", "CONTRIBUTING.md"))
    named = set(re.findall(r"(?:`|^ *)(?:[A-Z]+=\S+ )?make ([a-z-]+)", texts, re.MULTILINE))
    assert {"book", "test"} <= named
    assert named <= targets


def test_third_party_scripts_are_locked_by_hash_and_name_no_address():
    lock = json.loads((ROOT / "tools/page_scripts/package-lock.json").read_text(encoding="utf8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert len(packages) > 3
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())
