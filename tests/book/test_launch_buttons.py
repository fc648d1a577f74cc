"""What a page has of the project's address: launch buttons, and what those find who look for it; without it nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import front_page
import launch_buttons
import pytest
import site_address
from bs4 import BeautifulSoup

from build_book import COMMAND
from tests import ROOT

DUMMY = "https://github.com/OWNER/NAME"
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# A chapter\n\nA chapter with words."]},
        {
            "cell_type": "markdown",
            "id": "b",
            "metadata": {},
            "source": ["```text\n!git clone ADDRESS_OF_THE_REPOSITORY\n```"],
        },
    ],
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
    kept = {k: v for k, v in os.environ.items() if k not in ("SITE", "LITE")}
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
    assert not re.search(r"mybinder|colab|OWNER|lite/lab|github\.com/|canonical|og:|name=\"description", pages)
    assert not (tmp_path / "_build/html/sitemap.xml").exists() and not (tmp_path / "_build/html/404.html").exists()


def test_the_book_alone_has_buttons_that_open_this_notebook(tmp_path):
    place = "https://mybinder.org/v2/gh/OWNER/NAME/main?urlpath=lab/tree/book/"
    colab = "https://colab.research.google.com/github/OWNER/NAME/blob/main/book/"
    assert small_book(tmp_path, DUMMY) == {
        name: {"Binder": f"{place}{name}.ipynb", "Colab": f"{colab}{name}.ipynb"} for name in ("one", "reference/two")
    }

    assert_found(tmp_path / "_build" / "html")


def assert_found(folder: Path) -> None:
    """One address for each page, a card, a map of the site, a page for what is not there, a way to report an error."""
    here = "https://owner.github.io/NAME/"
    for name in ("one", "reference/two"):
        page = BeautifulSoup((folder / f"book/{name}.html").read_text(encoding="utf8"), "html.parser")
        (canonical,) = page.select("link[rel=canonical]")
        card = {tag["property"]: tag["content"] for tag in page.select("meta[property^='og:']")}
        assert canonical["href"] == card["og:url"] == f"{here}book/{name}.html"
        assert card["og:title"] == "A chapter" and card["og:site_name"].startswith("Distributionally robust")
        assert card["og:image"] == f"{here}_static/readme.png" and len(card["og:image:alt"]) > 20
        assert page.select_one("meta[name=description]")["content"].startswith("A chapter with words.")
        assert f"git clone {DUMMY}\n" in page.pre.get_text()
        (report,) = page.select("a[href*='/issues/new']")
        assert report["href"].startswith(f"{DUMMY}/issues/new") and name in report["href"]
    places = re.findall(r"<loc>(.*?)</loc>", (folder / "sitemap.xml").read_text(encoding="utf8"))
    assert sorted(places) == [f"{here}book/one.html", f"{here}book/reference/two.html"]
    lost = BeautifulSoup((folder / "404.html").read_text(encoding="utf8"), "html.parser")
    assert {link["href"].partition("_static")[0] for link in lost.select("link[rel=stylesheet]")} == {"/NAME/"}


def test_the_front_page_is_the_first_page_with_its_links_told_from_the_top():
    page = '<html data-content_root="../"><a href="ch1.html#a"><a href="#b"><a href="//c"><img src="../_static/d.png">'
    moved = (
        '<html data-content_root="./"><a href="book/ch1.html#a"><a href="#b"><a href="//c"><img src="_static/d.png">'
    )
    assert front_page.from_top(page, "book") == moved
    assert (
        front_page.from_top('<a href="../x.html?q=1#y"><a href="z/">', "a/b")
        == '<a href="a/x.html?q=1#y"><a href="a/b/z">'
    )


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        ("", ""),
        ('urls.Repository = "https://github.com/OWNER/NAME.git"', "https://owner.github.io/NAME/"),
        ('urls.Repository = "https://example.org/OWNER/NAME"', ""),
        (
            'urls.Repository = "https://github.com/OWNER/NAME"\nurls.Documentation = "https://book.example/x"',
            "https://book.example/x/",
        ),
    ],
)
def test_one_address_is_enough_and_another_one_goes_before_it(tmp_path, urls, expected):
    (tmp_path / "pyproject.toml").write_text(f"[project]\n{urls}\n", encoding="utf8")
    assert site_address.address(tmp_path) == expected


@pytest.mark.parametrize(("address", "there"), [(DUMMY, True), ("https://gitlab.com/OWNER/NAME", False), ("", None)])
def test_colab_is_offered_where_it_can_open_a_chapter(tmp_path, address, there):
    lines = [f'urls.Repository = "{address}"'] * bool(address)
    (tmp_path / "pyproject.toml").write_text("\n".join(["[project]", *lines]), encoding="utf8")
    config = SimpleNamespace(html_theme_options={"launch_buttons": {"colab_url": "x", "binderhub_url": "y"}})
    launch_buttons.take_address(SimpleNamespace(confdir=tmp_path), config)
    left = config.html_theme_options.get("launch_buttons")
    assert left is None if there is None else ("colab_url" in left) == there and "binderhub_url" in left


@pytest.mark.slow
def test_the_published_site_has_jupyterlite_as_well(tmp_path):
    for name, links in small_book(tmp_path, DUMMY, SITE="1", LITE="1").items():
        up = "../" * (name.count("/") + 1)
        assert links["JupyterLite"] == f"{up}lite/lab/index.html?path=book/{name}.ipynb"
        assert links["Binder"].endswith(f"book/{name}.ipynb")
        assert links["PDF"] == f"{up}mornavi-lite.pdf"
        assert f"{up}mornavi-lite-book.zip" in links.values()


@pytest.mark.parametrize("lite", ["", "1"])
def test_a_site_without_jupyterlite_does_not_lead_there(monkeypatch, lite):
    monkeypatch.setenv("SITE", "1")
    monkeypatch.setenv("LITE", lite)
    buttons = [
        {"text": "JupyterLite", "url": "lite/lab/index.html?path=one.ipynb"},
        {"text": "Binder", "url": "https://b"},
    ]
    context = {"pathto": lambda target, resource: f"../{target}", "header_buttons": []}
    context["header_buttons"].append({"label": "launch-buttons", "buttons": buttons})
    launch_buttons.place(None, "one", "", context, None)
    shown = context["theme_extra_footer"] + " ".join(button["url"] for button in buttons)
    assert (
        shown.count("../lite/lab/index.html") == 2 * bool(lite)
        and "mornavi-lite.pdf" in shown
        and len(buttons) > bool(lite)
    )


def test_what_colab_is_told_to_install_is_what_the_book_needs():
    """The extras exist, and hold all that the chapters import besides what requirements.txt has for JupyterLab."""
    text = (ROOT / "book" / "reference" / "run.md").read_text(encoding="utf8")
    (extras,) = re.findall(r'%pip install --quiet "\./repository\[([\w,]+)\]"', text)
    assert f"!git clone --depth 1 {launch_buttons.PLACEHOLDER} repository\n" in text and "%cd repository/book\n" in text
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
    brought = [
        *project["dependencies"],
        *(line for name in extras.split(",") for line in project["optional-dependencies"][name]),
    ]
    wanted = (ROOT / "requirements.txt").read_text(encoding="utf8")
    names = set(re.findall(r"^[a-z-]+(?=[<>=])", wanted, re.MULTILINE)) - {"ipykernel", "jupyterlab-myst"}
    assert names == {re.match(r"[\w-]+", line)[0] for line in brought}
