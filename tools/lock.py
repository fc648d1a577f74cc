"""Write requirements.lock: one version of each package that the book, its tests and its site need, with its hashes.

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
LOG = STATE / "lock.log"
HEAD = "# Made by `make lock` of the ranges in requirements.txt and pyproject.toml: do not edit.\n"


def lock() -> None:
    with TemporaryDirectory() as folder:
        ranges, out = Path(folder, "ranges.in"), Path(folder, "out.lock")
        kept = [line for line in read(ROOT / "requirements.txt").splitlines() if not line.startswith("-")]
        write(ranges, "\n".join(kept) + "\n")
        options = ["--quiet", "--universal", "--python-version=3.11", "--generate-hashes", "--no-header"]
        options += ["--no-annotate", "--no-emit-index-url", "--no-emit-package=mornavi-lite", "--output-file", out]
        options += [f"--extra={name}" for name in setup_venv.LOCKED]
        uv = [PYTHON, "-m", "uv", "pip", "compile", *options, ROOT / "pyproject.toml", ranges]
        failed, text = logged(uv, LOG, lambda line: None)
        if failed:
            raise Failed(f"no versions fit together, or a download failed; see {LOG.relative_to(ROOT)}\n{text[-500:]}")
        write(LOCK, HEAD + read(out))


if __name__ == "__main__":
    sys.exit(status(lock))
