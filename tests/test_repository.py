"""What holds for the files of the project as a whole."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from itertools import chain

import pytest

from tests import ROOT, tracked_files

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
BINARY = {".png", ".jpg", ".ico", ".woff", ".woff2", ".npz"}


def texts(root=ROOT):
    """Files of text that git tracks: what else lies in a folder, a log or notes, is nobody's business."""
    return [p for p in tracked_files(root) if p.is_file() and p.suffix not in BINARY]


def mentions(pattern, text):
    return [match.group() for match in pattern.finditer(text)]


@pytest.mark.parametrize(("pattern", "example"), [(PATHS, "see /" + "tmp/x"), (HOSTS, "https://pypi" + ".org/simple")])
def test_no_file_names_a_machine_path_or_a_registry(pattern, example):
    assert mentions(pattern, example)
    found = {str(p.relative_to(ROOT)): mentions(pattern, p.read_text(encoding="utf8")) for p in texts()}
    assert found
    assert {name: words for name, words in found.items() if words} == {}


def test_only_what_git_tracks_is_read(tmp_path):
    """A log beside the sources, ignored or not, holds paths of the machine, and is no file of the project."""
    (tmp_path / "code.py").write_text("pass\n", encoding="utf8")
    (tmp_path / "server.log").write_text(f"{tmp_path}\n", encoding="utf8")
    assert {p.name for p in texts(tmp_path)} == {"code.py", "server.log"}  # no checkout: all there is
    for arguments in (["init", "--quiet"], ["add", "code.py"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    assert [p.name for p in texts(tmp_path)] == ["code.py"]


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
    lock = json.loads((ROOT / "tools/npm/page_scripts/package-lock.json").read_text(encoding="utf8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert len(packages) > 3
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())
