"""Build the source archive and the wheel into dist/, and let twine check what an index would show of them.

usage: python tools/build_dist.py
"""

from __future__ import annotations

import shutil
import sys

from shared.steps import PYTHON, ROOT, Failed, checked, status

OUT = ROOT / "dist"


def build() -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    checked([PYTHON, "-m", "build", "--no-isolation", "--outdir", OUT, ROOT])
    built = sorted(OUT.iterdir())
    if [path.suffix for path in built] != [".whl", ".gz"]:
        raise Failed(f"dist/ holds {[path.name for path in built]}, not one wheel and one source archive")
    checked([PYTHON, "-m", "twine", "check", "--strict", *built])


if __name__ == "__main__":
    sys.exit(status(build))
