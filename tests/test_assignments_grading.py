"""The problem sets through nbgrader, in a folder of their own: source, release, submission, grades, CSV.

Which wrong answer each task finds is tested cell by cell in tests/test_assignments.py; here whole notebooks are graded.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import nbformat
import pytest
from wrong_answers import WRONG, spoiled

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import assignments  # noqa: E402

NAMES = assignments.names()
#: What nbgrader and what it stands on warn of is not our affair.
pytestmark = pytest.mark.filterwarnings("ignore")


class Classroom:
    """A course folder in which one problem set has been released."""

    def __init__(self, folder, name, **settings):
        self.folder, self.name = folder, name
        self.api = assignments.nbgrader_in(folder, **settings)
        assignments.released(name, folder, self.api)
        self.solved = nbformat.read(assignments.source(name), as_version=4)
        self.sheet = nbformat.read(assignments.COURSE / f"release/{name}/{name}.ipynb", as_version=4)

    def submit(self, student, answers, at="2026-01-01 12:00:00 UTC"):
        """Hand in the sheet as students get it, with the text of some cells replaced."""
        nb = nbformat.from_dict(self.sheet)
        for cell in nb.cells:
            cell.source = answers.get(cell.id, cell.source)
        folder = self.folder / "submitted" / student / self.name
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(nb, folder / f"{self.name}.ipynb")
        (folder / "timestamp.txt").write_text(at)

    def solution(self, *without):
        """Every answer, less some."""
        cells = [cell for cell in self.solved.cells if cell.metadata.get("nbgrader", {}).get("solution")]
        return {cell.id: cell.source for cell in cells if cell.id not in without}

    def grade(self, student, force=False):
        return self.api.autograde(self.name, student, force=force, create=True)["success"]

    def scores(self, student):
        """Points of each graded cell, and whether a person still has to look at it."""
        with self.api.gradebook as book:
            grades = book.find_submission_notebook(self.name, self.name, student).grades
            return {g.name: g.score for g in grades}, [g.name for g in grades if g.needs_manual_grade]

    def grade_by_hand(self, student):
        """Full points for what only a person can judge."""
        with self.api.gradebook as book:
            for grade in book.find_submission_notebook(self.name, self.name, student).grades:
                if grade.needs_manual_grade:
                    grade.manual_score, grade.needs_manual_grade = grade.max_score, False
            book.db.commit()


@pytest.fixture
def offline(monkeypatch):
    """This environment's kernel, and nothing outside that answers."""
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    for variable in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_gets_everything_a_blank_sheet_nothing_and_no_mistake_a_point(name, tmp_path, offline):
    room = Classroom(tmp_path, name)
    right, tasks = room.solution(), [task for task in WRONG if task.startswith(name)]
    room.submit("solution", right)
    room.submit("blank", {})
    for k in range(2):
        mistakes = {task: spoiled(right[task], list(WRONG[task].values())[k]) for task in tasks}
        room.submit(f"wrong{k}", right | mistakes)
    assert all(room.grade(student) for student in ("solution", "blank", "wrong0", "wrong1"))

    room.grade_by_hand("solution")
    scores, left = room.scores("solution")
    assert sum(scores.values()) == 20 and not left
    assert {cell.id: cell.metadata.nbgrader.points for cell in room.solved.cells if cell.id in scores} == scores
    scores, left = room.scores("blank")
    assert set(scores.values()) == {0} and not left
    for k in range(2):
        scores, left = room.scores(f"wrong{k}")
        assert {name: points for name, points in scores.items() if points} == {}
        assert left == [cell.id for cell in room.solved.cells if cell.id in right and cell.id in scores]


LOOP, CRASH = "def worst_row(p, v, radius):\n    while True:\n        pass", "import os\n\nos._exit(1)"


def test_accidents_cost_their_own_notebook_and_a_second_try_counts(tmp_path, offline):
    room = Classroom(tmp_path, "ps1", timeout=6)
    right = room.solution()
    room.submit("loop", right | {"ps1_worst_row": LOOP})
    room.submit("crash", right | {"ps1_worst_row": CRASH})
    room.submit("again", {})
    room.submit("steady", right)
    assert [room.grade(student) for student in ("loop", "crash", "again", "steady")] == [True, False, True, True]
    assert sum(room.scores("steady")[0].values()) == 20
    assert sum(room.scores("loop")[0].values()) == 15  # the task of 5 points is lost, and the one after it is not
    assert sum(room.scores("again")[0].values()) == 0

    room.submit("again", right, at="2026-01-02 12:00:00 UTC")  # newer: graded without force
    room.submit("crash", right, at="2026-01-02 12:00:00 UTC")
    assert room.grade("again") and room.grade("crash")
    assert exported(room, tmp_path / "grades.csv") == {"loop": 15, "crash": 20, "again": 20, "steady": 20}


def exported(room, path):
    """Scores by student, as nbgrader writes them to a CSV file."""
    from nbgrader.plugins.export import CsvExportPlugin

    with room.api.gradebook as book:
        CsvExportPlugin(to=str(path)).export(book)
    with path.open(encoding="utf8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["assignment"] for row in rows} == {room.name}
    assert {float(row["max_score"]) for row in rows} == {20}
    return {row["student_id"]: float(row["score"]) for row in rows}


def test_a_submission_cannot_change_its_checks(tmp_path, offline):
    room = Classroom(tmp_path, "ps1")
    checks = {cell.id: "pass" for cell in room.sheet.cells if cell.metadata.get("nbgrader", {}).get("grade")}
    room.submit("clever", checks)
    assert room.grade("clever")
    assert set(room.scores("clever")[0].values()) == {0}
