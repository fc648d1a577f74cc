"""The tests: the package's folders again, a file per module; tests/book for the book, tests/tools for the tools."""

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent

#: Where git is not asked, what it would ignore is known by name.
IGNORED = {".git", ".venv", ".make", "_build", "vendor", "node_modules", "__pycache__", "mornavi_lite.egg-info"}


def measurement(name: str) -> ModuleType:
    """A script of benchmarks/, as a module; it finds what lies beside it."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


def files_of(folder, pattern):
    """Files below a folder of the checkout; a folder may have any name, ``x.py`` as well."""
    return sorted(path for path in (ROOT / folder).glob(pattern) if path.is_file())


def tracked_files(root=ROOT):
    """Files that git tracks; all files where this is no checkout. Whatever else lies beside them is not looked at."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True)
    if listed.returncode == 0 and listed.stdout:
        return [root / name for name in listed.stdout.split("\0") if name]
    return [p for p in sorted(root.rglob("*")) if not IGNORED & set(p.relative_to(root).parts)]
