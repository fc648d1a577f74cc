"""Python for the pages that run it: Pyodide's core, packages and the project's own wheel, beside the book's pages.

They lie in book/_static/pyodide, which git ignores. The laboratory needs NumPy alone, the cells of
chapters Matplotlib and SciPy as well. Where no source has Pyodide's files there is no folder: the laboratory then says
so, and how to get them, and the book is built all the same.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

from shared import pyodide
from shared.steps import ROOT, STATE, Progress, read, write

PLACE = ROOT / "book" / "_static" / "pyodide"
#: For the laboratory, and what the cells of a chapter take besides, if a source has it.
PACKAGES, MORE = ["numpy"], ["matplotlib", "scipy"]


def lay_out() -> None:
    """Fill the folder, unless it is filled from the same sources."""
    if read(PLACE / "stamp") == fingerprint([*PACKAGES, *MORE]):
        return
    say = Progress().keep
    packages = what_there_is(say)
    if not packages or read(PLACE / "stamp") == fingerprint(packages):
        return
    fresh = STATE / "page_python"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name in pyodide.hashes(pyodide.CORE, packages):
        shutil.copy(pyodide.CACHE / name, fresh)
    own = pyodide.line_of(pyodide.own_wheel(fresh), PACKAGES)
    write(fresh / pyodide.LOCK, pyodide.lock({**pyodide.closure(packages), own["name"]: own}))
    write(fresh / "stamp", fingerprint(packages))
    shutil.rmtree(PLACE, ignore_errors=True)
    fresh.replace(PLACE)


def what_there_is(say: Callable[[str], None]) -> list[str]:
    """Packages whose files some source has: all, those of the laboratory, or none; what is missing is said."""
    if pyodide.fetch(pyodide.hashes(pyodide.CORE, [*PACKAGES, *MORE]), say):
        return [*PACKAGES, *MORE]
    if pyodide.cached(pyodide.hashes(pyodide.CORE, PACKAGES)):
        say(f"no source has {' and '.join(MORE)} for Pyodide {pyodide.VERSION}: cells that need them will say so")
        return PACKAGES
    shutil.rmtree(PLACE, ignore_errors=True)
    say(f"no source has Pyodide {pyodide.VERSION}, so no page runs Python: see CONTRIBUTING.md, PYODIDE")
    return []


def fingerprint(packages: list[str]) -> str:
    """Hash of all that the folder is made from."""
    total = hashlib.sha256(json.dumps([pyodide.FACTS, pyodide.CORE, packages]).encode())
    for path in [*sources(ROOT / "mornavi_lite"), ROOT / "pyproject.toml", ROOT / "setup.py", ROOT / "README.md"]:
        total.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest() + "\n"


def sources(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
