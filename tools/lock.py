"""Write requirements.lock: one version of each package that the book, its tests and its site need, with its hashes;
and binder/requirements.txt: of these the packages that Binder installs, which reads that file and no other.

usage: python tools/lock.py

The ranges are those of requirements.txt and pyproject.toml; uv finds the newest versions that fit together, for every
system and Python that the project names. With LOCKED=1 `make` installs these and nothing else, each by its hash.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from shared import setup_venv
from shared.steps import PYTHON, ROOT, STATE, Failed, logged, read, status, write

LOCK = ROOT / "requirements.lock"
BINDER = ROOT / "binder" / "requirements.txt"
LOG = STATE / "lock.log"
HEAD = "# Made by `make lock` of the ranges in requirements.txt and pyproject.toml: do not edit.\n"


def lock() -> None:
    kept = [line for line in read(ROOT / "requirements.txt").splitlines() if not line.startswith("-")]
    write(LOCK, HEAD + compiled(kept, "--universal", *[f"--extra={name}" for name in setup_venv.LOCKED]))
    # Binder's machines run Linux, and build the package with what is installed there
    alone = compiled([*kept, "setuptools"], "--python-platform=linux", f"--constraint={LOCK}")
    write(BINDER, HEAD + "--require-hashes\n" + alone)


def compiled(ranges: list[str], *options: str) -> str:
    """One version of each package within these ranges and those of pyproject.toml, with the hashes of its files."""
    with TemporaryDirectory() as folder:
        asked, out = Path(folder, "ranges.in"), Path(folder, "out.lock")
        write(asked, "\n".join(ranges) + "\n")
        always = ["--quiet", "--python-version=3.11", "--generate-hashes", "--no-header", "--no-annotate"]
        always += ["--no-emit-index-url", "--no-emit-package=mornavi-lite", "--output-file", out]
        uv = [PYTHON, "-m", "uv", "pip", "compile", *always, *options, ROOT / "pyproject.toml", asked]
        failed, text = logged(uv, LOG, lambda line: None)
        if failed:
            raise Failed(f"no versions fit together, or a download failed; see {LOG.relative_to(ROOT)}\n{text[-500:]}")
        return read(out)


if __name__ == "__main__":
    sys.exit(status(lock))
