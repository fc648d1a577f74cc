"""Exercises stand alone: the code of each solution runs in an empty file, after none of the chapter's cells."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from contextlib import chdir, redirect_stdout

import nbformat
import pytest

from tests import ROOT

PAGES = [*sorted((ROOT / "book").glob("*.ipynb")), *sorted((ROOT / "book/reference").glob("*.ipynb"))]
START = re.compile(r"^(?:`{3,}|:{3,})\{solution-start\} *(\S+)", re.MULTILINE)
END = re.compile(r"\{solution-end\}")
#: These learn for seconds or minutes; in make test the notebooks run them, and they are searched for missing names.
SLOW = {"ch6-check-average", "ch6-break-scale", "ch7-break-bonus", "ch7-break-greedy", "ch2-swim"}


def solutions(nb):
    """The code of each solution of a page, by the label of its exercise."""
    found, inside = {}, None
    for cell in nb.cells:
        if cell.cell_type == "code":
            if inside:
                found[inside].append(cell.source)
            continue
        for mark in re.finditer(f"{START.pattern}|{END.pattern}", cell.source, re.MULTILINE):
            inside = mark[1]
            if inside:
                found[inside] = []
    return {label: "\n\n\n".join(cells) for label, cells in found.items() if cells}


CASES = [
    pytest.param(path, label, code, id=label, marks=[pytest.mark.slow] if label in SLOW else [])
    for path in PAGES
    for label, code in solutions(nbformat.read(path, as_version=4)).items()
]


@pytest.mark.parametrize(("path", "label", "code"), CASES)
def test_a_solution_runs_alone_and_prints_what_the_page_prints(path, label, code):
    printed = io.StringIO()
    with chdir(path.parent), redirect_stdout(printed):
        exec(compile(code, label, "exec"), {"__name__": label})
    assert printed.getvalue() == shown(nbformat.read(path, as_version=4), label)


def undefined(codes, folder):
    """Names that no line of a solution defines."""
    for label, code in codes.items():
        (folder / f"{label}.py").write_text(code, encoding="utf8")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "F821", "--output-format"]
    said = subprocess.run([*command, "concise", folder], capture_output=True, text=True, check=False).stdout
    return re.findall(r"([\w-]+)\.py:\d+:\d+: F821 Undefined name `(\w+)`", said)


def test_no_solution_takes_a_name_from_its_chapter(tmp_path):
    assert undefined({case.values[1]: case.values[2] for case in CASES}, tmp_path) == []
    assert undefined({"ex-1": "import math\nprint(math.pi + x)"}, tmp_path) == [("ex-1", "x")]


def shown(nb, label):
    """What the cells of a solution have printed in the chapter."""
    text, inside = "", None
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            for mark in re.finditer(f"{START.pattern}|{END.pattern}", cell.source, re.MULTILINE):
                inside = mark[1]
        elif inside == label:
            text += "".join(out.text for out in cell.outputs if out.output_type == "stream")
    return text


def test_every_chapter_has_solutions_with_code():
    chapters = {path.stem for path in PAGES if path.stem.startswith("ch")}
    assert {case.values[0].stem for case in CASES} >= chapters and len(CASES) > 25


def test_a_solution_that_leans_on_its_chapter_is_found():
    cells = [
        nbformat.v4.new_code_cell("x = 1"),
        nbformat.v4.new_markdown_cell("```{solution-start} ex\n:class: dropdown\n```\n"),
        nbformat.v4.new_code_cell("print(x)"),
        nbformat.v4.new_markdown_cell("```{solution-end}\n```\n\nMore."),
        nbformat.v4.new_code_cell("y = 2"),
    ]
    code = solutions(nbformat.v4.new_notebook(cells=cells))
    assert code == {"ex": "print(x)"}
    with pytest.raises(NameError):
        exec(code["ex"], {})
