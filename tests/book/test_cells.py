"""Cells of a page as the page runs them, here and not in a browser: what they print, show and raise."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from types import ModuleType

import matplotlib.pyplot as plt
import nbformat
import pytest
import run_page
from bs4 import BeautifulSoup

import assignments
from tests import ROOT

LAB = ROOT / "book" / "_static" / "lab"
NOTEBOOKS = sorted([*(ROOT / "book").glob("*.ipynb"), *(ROOT / "book" / "reference").glob("*.ipynb")])


#: Functions of the package that look for SciPy when they are called.
TAKE_SCIPY = [
    name
    for path in (ROOT / "mornavi_lite").rglob("*.py")
    for name in re.findall(r'Error\("(\w+) needs SciPy', path.read_text(encoding="utf8"))
]


def module(name):
    """A file that the worker takes in, as a module of its own."""
    made = ModuleType(name)
    exec(compile((LAB / f"{name}.py").read_text(encoding="utf8"), name, "exec"), vars(made))
    return made


@pytest.fixture
def run(monkeypatch):
    """Ask as the page asks, cell by cell; the fresh names of one page."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    cells = module("cells")
    numbers = iter(range(1, 100))
    return lambda source: json.loads(cells.answer(json.dumps({"ask": "run", "source": source, "cell": next(numbers)})))


def test_a_cell_prints_shows_its_last_line_and_leaves_its_names_to_the_next(run):
    told = run("import sys\nx = 3\nprint('one', x)\nprint('two', file=sys.stderr)\nx * 2")
    assert (told["printed"], told["text"], told["pictures"]) == ("one 3\ntwo\n", "6", []) and told["seconds"] >= 0
    assert run("x")["text"] == "3"
    assert run("x;")["text"] == run("x = 4")["text"] == run("None")["text"] == run("")["text"] == ""
    assert run("class A:\n    def _repr_html_(self): return '<b>a</b>'\nA()")["html"] == "<b>a</b>"


def test_a_run_of_the_whole_page_begins_with_nothing():
    cells = module("cells")
    ask = lambda **question: json.loads(cells.answer(json.dumps(question)))  # noqa: E731
    ask(ask="run", source="x = 3", cell=1)
    assert ask(ask="clear") == {} and "NameError" in ask(ask="run", source="x", cell=1)["error"]
    assert ask(ask="run", source="__name__", cell=2)["text"] == "'__main__'"


def test_figures_become_pictures_whether_shown_or_left_open(run):
    plt.switch_backend("agg")
    one = run("from mornavi_lite import plots\nplots.value_against_radius([0, 1], {'line': [0, 1]})")
    assert len(one["pictures"]) == 1 and one["text"] == ""
    assert base64.b64decode(one["pictures"][0]).startswith(b"\x89PNG")
    assert len(run("import matplotlib.pyplot as plt\nplt.plot([1])\nplt.figure()\nprint(1)")["pictures"]) == 2
    assert run("1")["pictures"] == [] == plt.get_fignums()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import mornavi_lite as ml\nml.TotalVariation(-1)", "ValueError: radius must"),
        ("def f():\n    assert 1 > 2, 'too low'\n\nf()", "AssertionError: too low"),
        ("a = 1\nassert a == 2", "AssertionError\ncell 1, line 2: assert a == 2"),
        ("x = (", "SyntaxError: '(' was never closed"),
        ("raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_what_is_wrong_is_said_with_the_line_of_the_cell(run, source, words):
    told = run(f"{source}")
    assert words in told["error"] and not told["missing"]
    assert re.search(r"cell 1\W+line \d", told["error"])
    assert run("'goes on'")["text"] == "'goes on'"


def test_an_error_in_a_function_of_an_earlier_cell_names_that_cell(run):
    run("def half(x):\n    return 1 / x")
    assert run("half(0)")["error"] == "ZeroDivisionError: division by zero\ncell 1, line 2: return 1 / x"


def test_what_the_browser_has_not_is_missing_and_not_wrong(run):
    told = run("import no_such_package")
    assert told["missing"] and "no_such_package" in told["error"]


def test_a_slider_is_a_piece_of_the_page(monkeypatch):
    """Pictures are there, one is seen; the words of the slider are those of ipywidgets."""
    import ipywidgets

    from mornavi_lite import plots, widgets

    def line(k):
        return plots.value_against_radius([0, 1], {"line": [0, k]})

    real = widgets.slider(line, "slope <k>", "A line to {}.", values=[1, 2, 4], start=2)
    monkeypatch.setattr(widgets, "ipywidgets", module("page_widgets"))
    shown = widgets.slider(line, "slope <k>", "A line to {}.", values=[1, 2, 4], start=2)
    page = BeautifulSoup(shown._repr_html_(), "html.parser")
    (slider,) = page.select(".run-slider input[type=range]")
    choice = real.children[0].children[1]
    assert isinstance(choice, ipywidgets.SelectionSlider)
    assert slider["data-words"].split("|") == [word for word, _ in choice.options]
    assert (slider["value"], slider["max"], slider["aria-valuetext"]) == ("1", "2", "2")
    assert page.label.get_text().split() == ["slope", "<k>", "2"]
    seen = [frame.img["alt"] for frame in page.select(".run-frame") if not frame.has_attr("hidden")]
    assert seen == ["A line to 2."] and len(page.select(".run-frame img")) == 3


def test_the_stand_in_has_all_that_the_package_takes_of_ipywidgets():
    taken = set(re.findall(r"\bipywidgets\.(\w+)", (ROOT / "mornavi_lite" / "widgets.py").read_text(encoding="utf8")))
    assert taken and taken <= set(vars(module("page_widgets")))


def test_a_table_of_markdown_is_a_table_of_the_page():
    """With strokes at the ends of its lines or without; what is no table is text."""
    markdown = module("page_display").Markdown
    for text in ("|game|a < b|\n|---|--:|\n||1|\n|x|2|", "game | a < b\n---|--:\no | 1\nx | 2"):
        page = BeautifulSoup(markdown(text)._repr_html_(), "html.parser")
        _, *rows = [[cell.get_text() for cell in row] for row in page.select("tr")]
        assert rows == [["o" if "o |" in text else "", "1"], ["x", "2"]]
        assert [cell.get_text() for cell in page.select("th")] == ["game", "a < b"]
        assert [cell.get("class") for cell in page.select("tr:last-child td")] == [None, ["text-right"]]
    assert markdown("1 < 2")._repr_html_() == "<p>1 &lt; 2</p>"


def test_the_words_for_scipy_name_each_function_that_takes_it():
    assert len(TAKE_SCIPY) > 1 and all(re.search(run_page.WORDS["scipy"], f"x = {name}(y)") for name in TAKE_SCIPY)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_names_what_its_cells_take(path, monkeypatch):
    """Matplotlib where a cell draws; SciPy where one is imported; the stored results that are opened."""
    known = {name: {} for name in run_page.WORDS}
    monkeypatch.setattr(run_page, "in_the_browser", lambda: known)
    cells = run_page.code_cells(path)
    told = run_page.facts(cells, path.parent)
    text = run_page.text_of(cells)
    draws = any("image/png" in out.get("data", {}) for cell in cells for out in cell["outputs"])
    assert draws == ("matplotlib" in told["packages"])
    takes = rf"^\s*(from|import) scipy|\b({'|'.join(TAKE_SCIPY)})\b"
    assert ("scipy" in told["packages"]) == bool(re.search(takes, text, re.MULTILINE))
    assert len(told["cells"]) == len(cells) and told["missing"] == []
    opened = {
        f"{name}.json" for pair in re.findall(r'\b(\w+)\.json\b|\bread\("(\w+)"\)', text) for name in pair if name
    }
    opened |= set(re.findall(r"\bdata/(\w+\.csv)\b", text))
    read = {where for where in told["files"] if where not in run_page.SCRIPTS}
    assert opened == {Path(where).name for where in read}
    assert all((path.parent / where).is_file() for where in read)
    monkeypatch.setattr(run_page, "in_the_browser", lambda: {name: {} for name in ("numpy", "mornavi-lite")})
    assert ("Matplotlib" in run_page.facts(cells)["missing"]) == draws


@pytest.mark.parametrize("name", assignments.names())
def test_a_sheet_names_its_answers_and_the_points_of_its_checks(name):
    path = assignments.COURSE / f"release/{name}/{name}.ipynb"
    sheet = nbformat.read(path, as_version=4)
    graded = [cell.metadata.get("nbgrader", {}) for cell in sheet.cells if cell.cell_type == "code"]
    kinds = run_page.facts(run_page.code_cells(path))["cells"]
    assert [kind for kind, _ in kinds].count("answer") == sum(bool(g.get("solution")) for g in graded) > 2
    assert sum(points for _, points in kinds) == sum(g["points"] for g in graded if g.get("grade") and g["locked"]) > 10
    assert next(kind for kind, _ in kinds if kind) == "answer"
