"""Build the book from the stored outputs of its notebooks; any warning is an error.

The whole book is built anew whenever one of its sources changed, in a folder beside, and then takes the place
of the old one: a build that was interrupted or found an error is never taken for a good one.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from shared.steps import PYTHON, ROOT, STATE, VENV, Failed, Progress, environment, logged, read, write

BUILD = ROOT / "_build"
LOG = STATE / "book.log"
SOURCES = [
    "_config.yml",
    "_toc.yml",
    "pyproject.toml",
    "book",
    "mornavi_lite",
    "benchmarks/results",
    "benchmarks/example_sweep.toml",
    "tools/build_book.py",
]
#: Sphinx keeps what it reads until the end; looking through all of it for garbage takes a third of the time.
COMMAND = "import gc, sys; gc.disable(); from jupyter_book.cli.main import main; sys.argv[0] = 'jupyter-book'; main()"


def build(name: str = "html", **variables: str) -> None:
    """Build, unless ``_build/NAME`` holds the book of exactly these sources and variables."""
    place, stamp = BUILD / name, BUILD / f"{name}.stamp"
    wanted = fingerprint(variables)
    if read(stamp) == wanted and (place / "index.html").is_file():
        Progress().keep("nothing changed: the book is up to date")
        return
    fresh = STATE / "book"
    shutil.rmtree(fresh, ignore_errors=True)
    progress, complaints = Progress(), []

    def show(line: str) -> None:
        line = re.sub(r"\x1b\[[0-9;]*m", "", line)
        if re.search(r"\b(WARNING|ERROR|CRITICAL)\b|^(Extension error|Exception|.*Error:)", line):
            complaints.append(line.replace(f"{ROOT}/", ""))
            progress.keep(complaints[-1])
        elif re.match(r"(reading|writing|copying|loading|building|highlighting)\b", line):
            progress.show(line)

    arguments = ["build", ".", "-W", "-n", "--keep-going", "--path-output", fresh]
    status, _ = logged([PYTHON, "-c", COMMAND, *arguments], LOG, show, env=environment(**variables))
    progress.close()
    if status:
        found = f"{len(complaints)} warnings or errors (above)" if complaints else "an error"
        raise Failed(f"the book has {found}; the whole log is in {LOG.relative_to(ROOT)}")
    stamp.unlink(missing_ok=True)
    shutil.rmtree(place, ignore_errors=True)
    BUILD.mkdir(exist_ok=True)
    (fresh / "_build" / "html").replace(place)
    write(stamp, wanted)
    shutil.rmtree(fresh, ignore_errors=True)


def fingerprint(variables: dict[str, str]) -> str:
    """Hash of all that the book is made from, the installed packages included."""
    total = hashlib.sha256(repr(sorted(variables.items())).encode())
    for path in sources():
        total.update(f"{path.relative_to(ROOT)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    total.update(read(VENV / "mornavi-lite" / "book").encode())
    return total.hexdigest() + "\n"


def sources() -> Iterator[Path]:
    for name in SOURCES:
        top = ROOT / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            hidden = any(part.startswith((".", "__pycache__")) for part in path.relative_to(ROOT).parts)
            if path.is_file() and not hidden:
                yield path


def where_to_open() -> None:
    """The last lines of ``make book``."""
    print(f"\nThe book is built. Open {BUILD / 'html' / 'index.html'}")
    print("in a browser, or run `make serve` and open the address that it prints.")
