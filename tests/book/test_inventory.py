"""The built book's list of names, which other projects' documentation links by: each is the path of an import."""

from __future__ import annotations

import importlib
import inspect

import pytest
from bs4 import BeautifulSoup
from sphinx.util.inventory import InventoryFile

import mornavi_lite
from browser.serve import PAGES
from tests import ROOT, files_of

pytestmark = [pytest.mark.built, pytest.mark.skipif(not PAGES.is_dir(), reason="the book is not built")]

#: What the other rooms stand on, and the commands.
NOT_SHOWN = {"__main__", "checks", "contents", "files", "learning", "progress", "rounding", "solving", "summaries"}
FILES = [path.relative_to(ROOT / "mornavi_lite").with_suffix("") for path in files_of("mornavi_lite", "**/*.py")]
ROOMS = sorted({path.parts[0] for path in FILES} - NOT_SHOWN - {"__init__"})


@pytest.fixture(scope="module")
def listed():
    """Project, version, address and shown name of each Python name, whatever its kind."""
    with (PAGES / "objects.inv").open("rb") as file:
        found = InventoryFile.load(file, "", lambda base, place: base + place)
    return {name: said for kind, names in found.items() if kind.startswith("py:") for name, said in names.items()}


def room(name):
    return importlib.import_module(f"mornavi_lite.{name}")


def public(module):
    return getattr(module, "__all__", None) or [
        name for name, found in vars(module).items() if getattr(found, "__module__", "") == module.__name__
    ]


def exported(path):
    """Does each part of a dotted path exist, and do the package and the room before it say that it is public?"""
    at = mornavi_lite
    for name in path.split(".")[1:]:
        if name.startswith("_"):
            return False
        if inspect.ismodule(at):
            if name not in public(at) and not (at is mornavi_lite and name in ROOMS):
                return False
            at = getattr(at, name, None) or room(name)
        else:  # an attribute that a class only announces has no value
            at = getattr(at, name, None) or next(
                (each for each in at.__mro__ if name in vars(each).get("__annotations__", {})), None
            )
            if at is None:
                return False
    return True


def test_it_says_whose_and_of_which_version(listed):
    assert {said[:2] for said in listed.values()} == {("mornavi-lite", mornavi_lite.__version__)}


@pytest.mark.parametrize("name", ROOMS)
def test_every_public_name_is_listed_under_the_path_by_which_it_is_imported(listed, name):
    paths = [f"mornavi_lite.{name}", *(f"mornavi_lite.{name}.{each}" for each in public(room(name)))]
    assert [path for path in paths if path not in listed] == []


def test_what_the_package_exports_has_one_place_under_both_of_its_names(listed):
    for each in mornavi_lite.__all__:
        assert f"mornavi_lite.{each}" in listed
    for path, said in listed.items():
        _, name, first, *members = [*path.split("."), "", ""]
        if name in ROOMS and getattr(room(name), first, None) is getattr(mornavi_lite, first, ()):
            short = ".".join(filter(None, ["mornavi_lite", first, *members]))
            assert listed[short][2] == said[2]


def test_nothing_private_is_listed(listed):
    assert [path for path in listed if not exported(path)] == []


@pytest.mark.parametrize("path", ["mornavi_lite.solve", "mornavi_lite.zoo.fishing", "mornavi_lite.Mornavi.certify"])
def test_private_paths_are_told_from_public_ones(path):
    assert exported(path)
    parts = path.split(".")
    assert not exported(".".join([*parts[:-1], "_" + parts[-1]]))
    assert not exported("mornavi_lite.planning.induction.solve") and not exported("mornavi_lite.runs.episodes")


def test_every_address_is_a_place_on_a_page(listed):
    pages = {}
    for _, _, address, _ in listed.values():
        name, _, place = address.partition("#")
        if name not in pages:
            soup = BeautifulSoup((PAGES / name).read_text(encoding="utf8"), "html.parser")
            pages[name] = {tag["id"] for tag in soup.find_all(id=True)}
        assert place in pages[name]


def test_source_links_lead_to_the_code_of_each_object():
    for name in ROOMS:
        page = PAGES / "book" / "reference" / "api" / f"{name}.html"
        soup = BeautifulSoup(page.read_text(encoding="utf8"), "html.parser")
        shown = soup.select("dl.py.function > dt, dl.py.class > dt, dl.py.method > dt")
        assert len(shown) >= 1
        links = [each.select_one("a:has(> .viewcode-link)") for each in shown]
        bare = [each.get("id") for each, link in zip(shown, links, strict=True) if link is None]
        assert bare == []
        for link in links:
            code, _, place = link["href"].partition("#")
            text = (page.parent / code).resolve().read_text(encoding="utf8")
            assert f'id="{place}"' in text
