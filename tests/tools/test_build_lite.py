"""The JupyterLite site: what its lock holds, and chapters that run in it from top to bottom."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import pytest

import build_lite
from browser.chromium import browser_path
from check_lite import compare
from shared import pyodide
from tests import ROOT


def test_without_pyodide_there_is_no_site_not_even_an_old_one_and_one_line_says_why(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pyodide, "fetch", lambda wanted: None)
    (tmp_path / "lite").mkdir()
    build_lite.build(tmp_path / "lite", ROOT / "book")
    assert not (tmp_path / "lite").exists() and "PYODIDE=FOLDER" in capsys.readouterr().out


def test_the_lock_names_files_that_are_there_by_their_hashes(tmp_path, monkeypatch):
    """Nothing has an address of its own: all of it comes from where the site is."""

    def wheel(folder, name):
        place = folder / f"{name}-1.0-py3-none-any.whl"
        place.write_bytes(name.encode())
        return place

    source = tmp_path / "source"
    source.mkdir()
    for name in pyodide.hashes(build_lite.CORE, build_lite.WANTED):
        (source / name).write_bytes(name.encode())
    monkeypatch.setattr(build_lite, "WORK", tmp_path / "work")
    monkeypatch.setattr(pyodide, "own_wheel", lambda folder: wheel(folder, "mornavi_lite"))
    monkeypatch.setattr(build_lite, "added_wheels", lambda folder: [wheel(folder, name) for name in build_lite.ADDED])
    build_lite.lay_out(source, ROOT / "book")
    place = tmp_path / "work" / "static" / "pyodide"
    packages = json.loads((place / pyodide.LOCK).read_text(encoding="utf8"))["packages"]
    assert {"mornavi-lite", "ipywidgets", "numpy", "scipy", "openblas", "stack-data"} <= set(packages)
    assert all(set(entry["depends"]) <= set(packages) for name, entry in packages.items() if name in build_lite.ADDED)
    for name in ("mornavi-lite", *build_lite.ADDED):
        data = (place / packages[name]["file_name"]).read_bytes()
        assert packages[name]["sha256"] == hashlib.sha256(data).hexdigest()
    assert all((place / entry["file_name"]).is_file() for entry in packages.values())
    assert all((place / name).is_file() for name in build_lite.CORE)
    written = tmp_path / "work" / "files"
    assert (written / "book" / "ch1_games.ipynb").is_file() and (written / "book" / "data" / "riverswim.csv").is_file()
    assert (written / "benchmarks" / "results" / "episodes.json").is_file()


def code_cell(text, *outputs, count=1, tags=()):
    return {
        "cell_type": "code",
        "metadata": {"tags": list(tags)},
        "source": text,
        "execution_count": count,
        "outputs": list(outputs),
    }


def test_a_run_is_compared_cell_by_cell():
    said = {"output_type": "stream", "name": "stdout", "text": ["0.5", "000\n"]}
    raised = {"output_type": "error", "ename": "ValueError", "evalue": "no"}
    stored = [{"cell_type": "markdown"}, code_cell("a", said)]
    assert compare(stored, [stored[0], code_cell("a", said | {"text": "0.5000\n"})]) == []
    solved = code_cell("a", said, tags=["solver"])
    assert compare([solved], [code_cell("a", said | {"text": "0.6\n"})]) == []
    assert "raises" in compare([solved], [code_cell("a", raised)])[0]
    assert "prints '0.6\\n'" in compare(stored, [stored[0], code_cell("a", said | {"text": "0.6\n"})])[0]
    assert "raises ValueError: no" in compare(stored, [stored[0], code_cell("a", raised)])[0]
    assert "was not run" in compare(stored, [stored[0], code_cell("a", count=None)])[0]
    assert compare([], []) == ["there is no code cell"]


def tool(name, *arguments, **variables):
    """Run a script of tools/; what it says."""
    command = [sys.executable, ROOT / "tools" / name, *arguments]
    said = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout


@pytest.mark.slow
@pytest.mark.skipif(browser_path() is None, reason="no Chromium on this machine")
def test_every_chapter_runs_in_the_browser_from_top_to_bottom_and_asks_nobody_else(tmp_path):
    pytest.importorskip("jupyterlite_core")
    pytest.importorskip("playwright")
    if pyodide.fetch(pyodide.hashes(build_lite.CORE, build_lite.WANTED)) is None:
        pytest.skip("no source has Pyodide's files")
    assert "is in the folder" in tool("build_lite.py", "--out", tmp_path / "site")
    said = tool("check_lite.py", "--site", tmp_path / "site")
    folder = tmp_path / "site" / "files" / "book"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.ipynb")}
    sheets = {name for name in found if name.startswith("assignments/release/")}
    assert len(sheets) == 5 and not any(name.startswith("assignments/source/") for name in found)
    assert said.count(" ok ") == len(found - sheets) > 5
