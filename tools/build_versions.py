"""Put the book of each release beside the newest one, in versions/ of the site, with a page that lists them.

usage: python tools/build_versions.py [--site DIR]

A release is a tag such as v0.1.0. Each is built by its own sources, by `make book` in a checkout of its own; one that
cannot be built is named, and the site goes without it.
"""

from __future__ import annotations

import argparse
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from shared.steps import ROOT, Failed, status, write

SITE = ROOT / "_build" / "site"
RELEASE = re.compile(r"v(\d+)\.(\d+)\.(\d+)")
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Versions of the book</title></head><body><main><h1>Versions of the book</h1>
<ul>
<li><a href="../index.html">newest</a></li>
{items}</ul></main></body></html>
"""


def releases(root: Path) -> list[str]:
    """The tags of releases, the newest first."""
    said = subprocess.run(["git", "tag", "--list", "v*"], cwd=root, capture_output=True, text=True, check=True).stdout
    found = [tag for tag in said.split() if RELEASE.fullmatch(tag)]
    return sorted(found, key=lambda tag: [int(n) for n in RELEASE.fullmatch(tag).groups()], reverse=True)


def build(root: Path, tag: str, out: Path) -> bool:
    """Build one release in a checkout of its own; whether there is a book."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "release"
        add = ["git", "clone", "--quiet", "--branch", tag, "--depth", "1", root.resolve().as_uri(), str(place)]
        subprocess.run(add, check=True, capture_output=True)
        kept = {name: value for name, value in os.environ.items() if name not in ("SITE", "VIRTUAL_ENV", "PYTHONPATH")}
        subprocess.run(["make", "book"], cwd=place, env=kept, check=False)
        book = place / "_build" / "html"
        if not (book / "index.html").is_file():
            return False
        shutil.copytree(book, out)
    return True


def add_versions(root: Path, site: Path) -> None:
    """Fill versions/ of the site."""
    if not (site / "index.html").is_file():
        raise Failed(f"{site} is no built site; run `make site`")
    shutil.rmtree(site / "versions", ignore_errors=True)
    built = [tag for tag in releases(root) if report(tag, build(root, tag, site / "versions" / tag))]
    items = "".join(f'<li><a href="{tag}/index.html">{html.escape(tag)}</a></li>\n' for tag in built)
    write(site / "versions" / "index.html", PAGE.format(items=items))


def report(tag: str, built: bool) -> bool:
    print(f"      {tag}: {'built' if built else 'could not be built, left out'}", flush=True)
    return built


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--site", type=Path, default=SITE, help="folder of the built site")
    site = parser.parse_args().site
    return status(lambda: add_versions(ROOT, site))


if __name__ == "__main__":
    sys.exit(main())
