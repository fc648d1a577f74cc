"""The problem sets: what their checks find, and that the sheets give nothing away.

Here the cells run in this process, one task at a time. tests/book/test_assignments_grading.py sends whole notebooks
through nbgrader.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
import warnings

import matplotlib.pyplot as plt
import nbformat
import pytest

import assignments
from tests.book.wrong_answers import WRONG, spoiled

NAMES = assignments.names()
SOURCES = {name: nbformat.read(assignments.source(name), as_version=4) for name in NAMES}
SHEETS = {name: nbformat.read(assignments.COURSE / f"release/{name}/{name}.ipynb", as_version=4) for name in NAMES}
ANSWERS = [(task, wrong) for task in WRONG for wrong in WRONG[task]]
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n.*### END HIDDEN TESTS", re.DOTALL)


def kind(cell, *wanted):
    """Whether nbgrader knows the cell as all of "grade", "solution", "locked"."""
    return all(cell.metadata.get("nbgrader", {}).get(each) for each in wanted)


def points(nb):
    return {c.id: c.metadata.nbgrader.points for c in nb.cells if kind(c, "grade")}


def executed(nb, keep=lambda cell: True, **replaced):
    """What each code cell raises, None where nothing; cells with another text than in the notebook in ``replaced``."""
    plt.switch_backend("agg")
    names, raised = {"__name__": "__main__"}, {}
    for cell in nb.cells:
        if cell.cell_type == "code" and keep(cell):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what a wrong answer divides by is not our affair
                try:
                    exec(compile(replaced.get(cell.id, cell.source), cell.id, "exec"), names)
                    raised[cell.id] = None
                except Exception as error:
                    raised[cell.id] = error
    plt.close("all")
    return raised


def managed(cell):
    return kind(cell, "locked") or (kind(cell, "solution") and not kind(cell, "grade"))


def check_of(task):
    return task.replace("_", "_check_", 1)


@pytest.mark.parametrize("name", NAMES)
def test_each_set_has_twenty_points_and_says_so(name):
    text = "\n\n".join(cell.source for cell in SOURCES[name].cells)
    said = [sum(map(int, task[2].split(" + "))) for task in assignments.HEADING.findall(text)]
    minutes = sum(int(task[3]) for task in assignments.HEADING.findall(text))
    assert sum(said) == sum(points(SOURCES[name]).values()) == 20
    assert len(re.findall("^## Task", text, re.MULTILINE)) == len(said)
    assert 60 <= minutes <= 120
    stated = int(re.search(r"\*\*Time\*\*: (\d+) minutes\. \*\*Points\*\*: 20", text)[1])
    assert abs(stated - minutes) <= 5
    solved = [cell.id for cell in SOURCES[name].cells if kind(cell, "solution") and not kind(cell, "grade")]
    assert solved == [task for task in WRONG if task.startswith(name)]
    assert {check_of(task) for task in solved} <= set(points(SOURCES[name]))


@pytest.mark.parametrize("name", NAMES)
def test_a_blank_sheet_earns_nothing_and_says_what_is_missing(name):
    raised = executed(SHEETS[name])
    assert all(isinstance(raised[cell], NotImplementedError) for cell in points(SHEETS[name]) if cell in raised)
    assert all(
        raised[cell.id] is None for cell in SHEETS[name].cells if cell.id in raised and cell.id.endswith("setup")
    )
    assert all(isinstance(e, (NotImplementedError, NameError)) for e in raised.values() if e)


@pytest.mark.parametrize("name", NAMES)
def test_each_task_can_be_solved_without_the_others(name):
    for task in (t for t in WRONG if t.startswith(name)):
        solution = next(cell.source for cell in SOURCES[name].cells if cell.id == task)
        tests = {cell.id: cell.source for cell in SOURCES[name].cells if kind(cell, "grade")}
        raised = executed(SHEETS[name], managed, **tests, **{task: solution})
        assert [cell for cell in tests if cell in raised and raised[cell] is None] == [check_of(task)]


def test_each_task_has_two_wrong_answers_or_more():
    assert all(len(answers) >= 2 for answers in WRONG.values())
    assert len(WRONG) >= 20


def tried(task, wrong, hidden):
    """What the cells raise with one wrong answer; only its own check has the hidden tests, if ``hidden``."""
    nb = SOURCES[task.partition("_")[0]]
    texts = {c.id: HIDDEN.sub("", c.source) for c in nb.cells if kind(c, "grade", "locked")}
    own = {cell.id: cell.source for cell in nb.cells if cell.id == task or (hidden and cell.id == check_of(task))}
    return executed(nb, managed, **texts | own | {task: spoiled(own[task], WRONG[task][wrong])})


@pytest.mark.parametrize(("task", "wrong"), ANSWERS, ids=[f"{task}: {wrong}" for task, wrong in ANSWERS])
def test_a_wrong_answer_fails_its_own_task_in_words(task, wrong):
    failed = {cell: error for cell, error in tried(task, wrong, hidden=True).items() if error}
    assert list(failed) == [check_of(task)]
    error = failed[check_of(task)]
    assert isinstance(error, (AssertionError, FloatingPointError)), repr(error)  # the latter says "divide by zero"
    assert len(str(error).split()) >= 2, "says nothing"
    if wrong == "calls the package":
        assert "of mornavi_lite: write it yourself" in str(error)


def test_some_wrong_answers_pass_what_is_visible():
    """Otherwise the hidden tests would be for nothing."""
    passed, wanted = 0, len(WRONG) // 2
    for task in WRONG:
        passed += any(tried(task, wrong, hidden=False)[check_of(task)] is None for wrong in list(WRONG[task])[:2])
        if passed == wanted:
            return
    raise AssertionError(f"{passed} of {len(WRONG)} tasks, and not {wanted}")


@pytest.mark.parametrize("name", NAMES)
def test_no_sheet_holds_a_solution(name):
    for cell, original in zip(SHEETS[name].cells, SOURCES[name].cells, strict=True):
        assert not re.search("BEGIN (SOLUTION|HIDDEN)", cell.source)
        assert not cell.get("outputs")
        assert "mystnb" not in cell.metadata
        if kind(original, "solution"):
            inner = original.source.partition("### BEGIN SOLUTION\n")[2] or original.source
            lines = [line.strip() for line in inner.splitlines() if len(line.strip()) > 20 and "###" not in line]
            assert not [line for line in lines if line in cell.source]
        if kind(original, "grade", "locked"):
            assert HIDDEN.search(original.source), f"{cell.id} has no hidden tests"


def imported(nb):
    """Top-level packages that the code cells import."""
    found = set()
    for cell in nb.cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Import):
                    found |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_solutions_pass_with_what_binder_and_the_browser_have(name, monkeypatch):
    """NumPy, Matplotlib and the package; while they run, nothing else of what the tests have installed is imported."""
    assert imported(SOURCES[name]) <= {"numpy", "matplotlib", "mornavi_lite"}
    absent, really = (
        {"scipy", "joblib", "distributed", "tqdm", "ipywidgets", "quantecon", "nbgrader"},
        builtins.__import__,
    )

    def only_these(module, *rest):
        if module.partition(".")[0] in absent:
            raise ImportError(f"{module} is not there")
        return really(module, *rest)

    for module in [m for m in sys.modules if m.partition(".")[0] in absent]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(builtins, "__import__", only_these)
    assert [error for error in executed(SOURCES[name]).values() if error] == []
