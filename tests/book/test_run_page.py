"""Chapters and problem sets run in the page, in Chromium: each printed line, with changed code, with no server's help.

Run after ``make book``. Where no source had Python for the browser these tests are skipped, and say so.
"""

from __future__ import annotations

import html
import json
import re
from contextlib import contextmanager
from urllib.parse import urlsplit

import laboratory
import nbformat
import pytest

import assignments
from browser.serve import PAGES
from shared import pyodide
from tests import ROOT
from tests.book import page_checks
from tests.book.page_checks import listen, settle

LOCK = PAGES / "_static" / "pyodide" / "pyodide-lock.json"
HAS = set(json.loads(LOCK.read_text(encoding="utf8"))["packages"]) if LOCK.is_file() else set()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif("scipy" not in HAS, reason="no source had Pyodide with Matplotlib and SciPy; PYODIDE=FOLDER"),
]
HERE = "book/welcome.html"
FOLDERS = (ROOT / "book", ROOT / "book" / "reference")
CHAPTERS = sorted(
    path.relative_to(ROOT / "book").with_suffix("").as_posix() for folder in FOLDERS for path in folder.glob("*.ipynb")
)
#: Chapters that `make test` runs, beside the welcome page and the laboratory; `make check-all` runs all.
SOME = ["ch1_games", "ch14_many_players"]
BUSY = "() => document.getElementById('run-page').dataset.busy === ''"


@contextmanager
def reader(browser, site, name):
    """Somebody who opens the page; all that was asked for, and all that went wrong."""
    context = browser.new_context()
    context.set_default_timeout(120_000)
    page = context.new_page()
    problems, asked = listen(page, site), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site + name)
    settle(page)
    yield page, asked, problems
    context.close()


def press(page, selector="[data-do=run]"):
    """Press, and wait until the run is over; what the page then says."""
    page.locator(selector).first.click()
    page.wait_for_function(BUSY, timeout=900_000)
    return page.locator(".run-status").inner_text()


def verdicts(page):
    return page.eval_on_selector_all("[data-run]", "all => all.map(e => e.dataset.run)")


def errors(page):
    return page.locator(".run-error").all_inner_texts()


def cell(page, number):
    return page.locator(".bd-article div.cell:has(.cell_input)").nth(number - 1)


def write(page, number, code):
    """Open the box of a cell, and put other code into it."""
    where = cell(page, number)
    for fold in where.locator("details:not([open]) > summary").all():
        fold.click()
    if not where.locator("textarea").count():
        where.locator("button", has_text="change").click()
    where.locator("textarea").fill(code)


def runs_as_it_is_printed(page, asked):
    assert not [url for url in asked if re.search(r"pyodide|worker|cells\.py|\.wasm|\.whl", url)]
    still = page.locator(".bd-article .cell_output figure img:visible").first.get_attribute("src")
    assert press(page).endswith("They print what the book prints."), errors(page)
    assert set(verdicts(page)) == {"same"} and page.locator("[data-run]").count() > 10
    drawn = page.locator(".bd-article .cell_output figure img:visible").first.get_attribute("src")
    assert still.endswith(".png") and drawn.startswith("data:image/png")


def loaded_what_it_said(page, asked):
    names = {urlsplit(url).path.removeprefix("/") for url in asked}
    loaded = [name for name in names if name.startswith(("_static/pyodide/", "_static/lab/", "_static/read/"))]
    said = float(re.search(r"(\d+) MB", page.locator(".run-weight").text_content())[1])
    assert sum((PAGES / name).stat().st_size for name in loaded) / 1e6 == pytest.approx(said, abs=0.6)


def slider_moves_by_key(page, asked):
    slider, seen = page.locator(".run-slider input"), ".run-slider .run-frame:visible img"
    first = page.locator(seen).get_attribute("alt")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(seen).count() == 1 and page.locator(seen).get_attribute("alt") != first
    assert slider.get_attribute("aria-valuetext") == page.locator(".run-slider output").inner_text()
    assert not page.locator(".jupyter-widgets:visible").count()


def changed_code_runs_and_can_be_brought_back(page, asked):
    original = cell(page, 2).locator(".cell_input pre").text_content()
    write(page, 2, "print('other', 6 * 7)")
    cell(page, 2).locator("textarea").press("Shift+Enter")
    page.wait_for_function(BUSY, timeout=900_000)
    assert "other 42" in cell(page, 2).locator(".cell_output").inner_text()
    assert cell(page, 2).get_attribute("data-run") == "changed"
    cell(page, 2).locator("button", has_text="as it was").click()
    assert cell(page, 2).locator(".cell_input pre").text_content() == original
    press(page, "[aria-label='Run cell 2']")
    assert cell(page, 2).get_attribute("data-run") == "same"


def error_is_said_with_a_link_to_its_cell(page, asked):
    write(page, 3, "import mornavi_lite\nmornavi_lite.TotalVariation(-0.5)")
    assert press(page, "[aria-label='Run cell 3']") == "Stopped at an error in cell 3."
    (said,) = errors(page)
    assert said.startswith("ValueError: radius must") and "cell 3, line 2: mornavi_lite.TotalVariation(-0.5)" in said
    assert page.locator(".run-status").get_attribute("aria-live") == "polite"
    assert page.locator(page.locator(".run-status a").get_attribute("href")).get_attribute("data-run") == "error"


def stop_ends_a_cell(page, asked):
    write(page, 3, "while True:\n    pass")
    page.locator("[aria-label='Run cell 3']").click()
    page.locator("[data-do=stop]").click()
    page.wait_for_function(BUSY, timeout=900_000)
    assert page.locator(".run-status").inner_text().startswith("Stopped.")
    assert page.evaluate("() => document.activeElement.dataset.do") == "run"


def test_the_welcome_page_runs_in_its_page(browser, site):
    """One reader, one after the other: each step takes the page as the one before left it."""
    with reader(browser, site, HERE) as (page, asked, problems):
        for step in (
            runs_as_it_is_printed,
            loaded_what_it_said,
            slider_moves_by_key,
            changed_code_runs_and_can_be_brought_back,
            error_is_said_with_a_link_to_its_cell,
            stop_ends_a_cell,
        ):
            step(page, asked)
            assert problems == [], step.__name__
        checks = (page_checks.sideways, page_checks.pictures, page_checks.printed, page_checks.accessible)
        assert [line for check in checks for line in check(page)] == [] == problems


def test_opened_from_a_disk_the_page_says_what_to_do(browser):
    page = browser.new_page()
    page.goto(f"{PAGES.as_uri()}/{HERE}")
    assert "make serve" in page.locator(".run-status").inner_text()
    assert page.locator("[data-do=run]").is_disabled()
    page.close()


def test_each_file_of_python_is_loaded_by_some_page():
    """What lies there for nothing would only make the book larger."""
    packages = json.loads(LOCK.read_text(encoding="utf8"))["packages"]
    wanted = set(laboratory.PACKAGES)
    for path in (PAGES / "book").rglob("*.html"):
        if told := re.search("data-facts='([^']*)'", path.read_text(encoding="utf8")):
            wanted |= set(json.loads(html.unescape(told[1]))["packages"])
    for name in list(wanted):
        wanted |= set(pyodide.closure([name])) if name in pyodide.FACTS["packages"] else set()
    files = {packages[name]["file_name"] for name in wanted} | set(laboratory.CORE)
    assert {path.name for path in LOCK.parent.iterdir()} == files | {"stamp"}


def runs_from_top_to_bottom(browser, site, name):
    with reader(browser, site, f"book/{name}.html") as (page, _, problems):
        said, seen = press(page), verdicts(page)
        assert errors(page) == [] == problems and set(seen) <= {"same", "solver"}, said
        assert "They print what the book prints" in said and ("version of SciPy" in said) == ("solver" in seen)


@pytest.mark.parametrize("name", SOME)
def test_a_chapter_runs_in_its_page_and_prints_what_is_printed(browser, site, name):
    runs_from_top_to_bottom(browser, site, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in CHAPTERS if name not in ("welcome", *SOME)])
def test_every_other_chapter_runs_in_its_page_as_well(browser, site, name):
    runs_from_top_to_bottom(browser, site, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", assignments.names())
def test_a_sheet_is_checked_in_its_page(browser, site, name):
    """Empty it earns nothing; with the solutions everything; and what was written is there again."""
    sheet = f"book/assignments/release/{name}/{name}.html"
    source = nbformat.read(assignments.source(name), as_version=4)
    code = [each for each in source.cells if each.cell_type == "code"]
    answers = {k: each for k, each in enumerate(code, 1) if each.metadata.get("nbgrader", {}).get("solution")}
    with reader(browser, site, sheet) as (page, _, problems):
        assert re.match(r"0 of \d+ checks pass, for 0 of \d+ points", press(page))
        # what a cell between the answers takes of one that is missing has no name yet
        assert all(re.search("NotImplementedError|NameError", words) for words in errors(page))
        for number, answer in answers.items():
            write(page, number, answer.source)
        said = press(page)
        checks, all_checks, points, all_points = re.findall(r"\d+", said)[:4]
        assert checks == all_checks and points == all_points and errors(page) == []
        page.reload()
        assert press(page) == said and problems == []


@pytest.mark.slow
def test_a_wrong_answer_hears_what_is_wrong(browser, site):
    with reader(browser, site, "book/assignments/release/ps2/ps2.html") as (page, _, _):
        press(page)
        write(page, 2, "def tv_worst_case(p, v, radius):\n    return np.sum(p * v, axis=-1)")
        said = press(page, "[aria-label='Run cell 2']")
        assert re.match("0 of", said) and "AssertionError" in cell(page, 3).locator(".run-error").inner_text()
        assert "off by" in cell(page, 3).locator(".run-error").inner_text()
