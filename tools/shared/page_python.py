"""Python for the page that runs it: Pyodide's core, NumPy and the package's own wheel, beside the book's pages.

They lie in book/_static/pyodide, which git ignores. Where no source has Pyodide's files the folder is empty: the page
then says so, and how to get them, and the book is built all the same.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from shared import pyodide
from shared.steps import ROOT, STATE, Progress, read, write

PLACE = ROOT / "book" / "_static" / "pyodide"
PACKAGES = ["numpy"]


def lay_out() -> None:
    """Fill the folder, unless it is filled from the same sources."""
    wanted = fingerprint()
    if read(PLACE / "stamp") == wanted:
        return
    files = pyodide.hashes(pyodide.CORE, PACKAGES)
    say = Progress().keep
    cache = pyodide.fetch(files, say)
    if cache is None:
        shutil.rmtree(PLACE, ignore_errors=True)
        say(f"no source has Pyodide {pyodide.VERSION}, so the laboratory is a still page: see CONTRIBUTING.md, PYODIDE")
        return
    fresh = STATE / "page_python"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name in files:
        shutil.copy(cache / name, fresh)
    own = pyodide.line_of(pyodide.own_wheel(fresh), PACKAGES)
    write(fresh / pyodide.LOCK, pyodide.lock({**pyodide.closure(PACKAGES), own["name"]: own}))
    write(fresh / "stamp", wanted)
    shutil.rmtree(PLACE, ignore_errors=True)
    fresh.replace(PLACE)


def fingerprint() -> str:
    """Hash of all that the folder is made from."""
    total = hashlib.sha256(json.dumps([pyodide.FACTS, pyodide.CORE, PACKAGES]).encode())
    for path in [*sources(ROOT / "mornavi_lite"), ROOT / "pyproject.toml", ROOT / "setup.py", ROOT / "README.md"]:
        total.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest() + "\n"


def sources(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
