"""Launch buttons of a chapter: with the repository's address they open this notebook, without it there are none."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from bs4 import BeautifulSoup

from build_book import COMMAND
from tests import ROOT

DUMMY = "https://github.com/OWNER/NAME"
NOTEBOOK = {
    "cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# A chapter"]}],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def small_book(folder: Path, address: str, **variables: str) -> dict[str, dict[str, str]]:
    """Build two notebooks with the real configuration; the launch buttons of each, and the links at its foot."""
    shutil.copy(ROOT / "_config.yml", folder)
    lines = [f'urls.Repository = "{address}"'] * bool(address)
    (folder / "pyproject.toml").write_text("\n".join(["[project]", *lines]), encoding="utf8")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: book/one\nchapters:\n  - file: book/reference/two\n")
    shutil.copytree(ROOT / "book" / "_ext", folder / "book" / "_ext", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "book" / "_static").mkdir()
    (folder / "book" / "reference").mkdir()
    (folder / "book" / "references.bib").write_text("")
    for name in ("one", "reference/two"):
        (folder / "book" / f"{name}.ipynb").write_text(json.dumps(NOTEBOOK))
    kept = {k: v for k, v in os.environ.items() if k != "SITE"}
    command = [sys.executable, "-c", COMMAND, "build", "."]
    said = subprocess.run(command, cwd=folder, env={**kept, **variables}, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout[-2000:] + said.stderr[-2000:]
    found = {}
    for name in ("one", "reference/two"):
        page = BeautifulSoup((folder / f"_build/html/book/{name}.html").read_text(encoding="utf8"), "html.parser")
        links = page.select(".dropdown-launch-buttons a, .extra_footer a")
        found[name] = {link.get_text(strip=True): link["href"] for link in links}
    return found


def test_without_an_address_there_is_no_button_and_no_address(tmp_path):
    assert small_book(tmp_path, "") == {"one": {}, "reference/two": {}}
    pages = "".join(p.read_text(encoding="utf8") for p in tmp_path.glob("_build/html/book/**/*.html"))
    assert not re.search(r"mybinder|OWNER|lite/lab|github\.com/", pages)


def test_the_book_alone_has_a_binder_button_that_opens_this_notebook(tmp_path):
    place = "https://mybinder.org/v2/gh/OWNER/NAME/main?urlpath=lab/tree/book/"
    assert small_book(tmp_path, DUMMY) == {
        "one": {"Binder": f"{place}one.ipynb"},
        "reference/two": {"Binder": f"{place}reference/two.ipynb"},
    }


def test_the_published_site_has_jupyterlite_as_well(tmp_path):
    for name, links in small_book(tmp_path, DUMMY, SITE="1").items():
        up = "../" * (name.count("/") + 1)
        assert links["JupyterLite"] == f"{up}lite/lab/index.html?path=book/{name}.ipynb"
        assert links["Binder"].endswith(f"book/{name}.ipynb")
        assert links["PDF"] == f"{up}mornavi-lite.pdf"
        assert f"{up}mornavi-lite-book.zip" in links.values()
