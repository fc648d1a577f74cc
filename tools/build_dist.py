"""Build the source archive and the wheel into dist/, and let twine check what an index would show of them.

Files in them have the time of the last commit, or that of SOURCE_DATE_EPOCH: the same commit, built again with the same
setuptools, is the same wheel to the byte.

usage: python tools/build_dist.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from shared.steps import PYTHON, ROOT, Failed, checked, status

OUT = ROOT / "dist"


def source_date() -> str:
    """Seconds since 1970 that both archives give their files; of sources without a repository, those of 1980."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return given
    asked = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True)
    return asked.stdout.strip() or "315532800"


def build() -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    checked([PYTHON, "-m", "build", "--no-isolation", "--outdir", OUT, ROOT], SOURCE_DATE_EPOCH=source_date())
    built = sorted(OUT.iterdir())
    if [path.suffix for path in built] != [".whl", ".gz"]:
        raise Failed(f"dist/ holds {[path.name for path in built]}, not one wheel and one source archive")
    checked([PYTHON, "-m", "twine", "check", "--strict", *built])


if __name__ == "__main__":
    sys.exit(status(build))
