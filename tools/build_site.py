"""Put everything that is published into one folder, for any server of files: book, JupyterLite, PDF, offline archive.

JupyterLite is left out where no source had Python for the browser.

usage: python tools/build_site.py [--out DIR]

The parts have to be built; `make site` does that. The same sources give the same archive, byte for byte.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import zipfile
from pathlib import Path

from build_book import BUILD
from shared.steps import ROOT, STATE, Failed, put_in_place, size, status

OUT = BUILD / "site"
PDF = "mornavi-lite.pdf"
ARCHIVE = "mornavi-lite-book.zip"


def archive(folder: Path, out: Path) -> None:
    """A zip of the book to read offline: files in order and without dates, so that it depends on nothing else."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(f"mornavi-lite-book/{path.relative_to(folder).as_posix()}")
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            packed.writestr(entry, path.read_bytes())


def assemble(build: Path, out: Path) -> None:
    """Copy the parts beside, then put the folder in its place."""
    parts = {"pages for a site": build / "pages", "book": build / "html"}
    missing = [name for name, path in parts.items() if not (path / "index.html").is_file()]
    if not (build / "pdf" / PDF).is_file():
        missing.append("PDF")
    if missing:
        raise Failed(f"not built yet: {', '.join(missing)}; `make site` builds all of it")
    fresh = STATE / "site"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(build / "pages", fresh)
    has_lite = (build / "lite" / "index.html").is_file()
    if has_lite:
        shutil.copytree(build / "lite", fresh / "lite")
    shutil.copy(build / "pdf" / PDF, fresh)
    archive(build / "html", fresh / ARCHIVE)
    # without it, GitHub Pages leaves out every folder whose name begins with an underscore
    (fresh / ".nojekyll").touch()
    put_in_place(fresh, out)
    shown = out.relative_to(ROOT) if out.is_relative_to(ROOT) else out
    print(f"      {shown}: {size(out)}; PDF {PDF}, archive {ARCHIVE}, {'' if has_lite else 'no '}JupyterLite")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=OUT, help="folder to fill")
    out = parser.parse_args().out
    return status(lambda: assemble(BUILD, out))


if __name__ == "__main__":
    sys.exit(main())
