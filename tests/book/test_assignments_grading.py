"""The problem sets through nbgrader, in a folder of their own: source, release, submission, grades, CSV.

Which wrong answer each task finds is tested cell by cell in tests/book/test_assignments.py; here whole notebooks are
graded.
"""

from __future__ import annotations

import csv

import nbformat
import pytest

import assignments
from tests import tracked_files
from tests.book.wrong_answers import WRONG, spoiled

NAMES = assignments.names()
#: What nbgrader and what it stands on warn of is not our affair.
pytestmark = pytest.mark.filterwarnings("ignore")


class Classroom:
    """One problem set of a course folder in which all have been released."""

    def __init__(self, course, name):
        (self.folder, self.api, _), self.name = course, name
        self.solved = nbformat.read(assignments.source(name), as_version=4)
        self.sheet = nbformat.read(assignments.COURSE / f"release/{name}/{name}.ipynb", as_version=4)

    def submit(self, student, answers, at="2026-01-01 12:00:00 UTC"):
        """Hand in the sheet as students get it, with the text of some cells replaced; those with None are deleted."""
        nb = nbformat.from_dict(self.sheet)
        for cell in nb.cells:
            cell.source = answers.get(cell.id, cell.source)
        nb.cells = [cell for cell in nb.cells if cell.source is not None]
        folder = self.folder / "submitted" / student / self.name
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(nb, folder / f"{self.name}.ipynb")
        (folder / "timestamp.txt").write_text(at)

    def solution(self, *without):
        """Every answer, less some."""
        cells = [cell for cell in self.solved.cells if cell.metadata.get("nbgrader", {}).get("solution")]
        return {cell.id: cell.source for cell in cells if cell.id not in without}

    def grade(self, student, api=None):
        return (api or self.api).autograde(self.name, student, force=False, create=True)["success"]

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


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A folder with nbgrader's interface to it; every problem set is released. Kernels are this environment's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
        for variable in ("http_proxy", "https_proxy"):  # who asks outside gets no answer
            patch.setenv(variable, "http://127.0.0.1:9")
        folder = tmp_path_factory.mktemp("course")
        api = assignments.nbgrader_in(folder)
        yield folder, api, assignments.sheets(folder, api)


def test_the_sheets_and_the_guide_are_what_the_sources_generate(course):
    stale = [path.name for path, text in assignments.texts(course[2]).items() if assignments.read(path) != text]
    assert stale == [], "run `make assignments`"
    committed = {p for p in tracked_files() if p.is_relative_to(assignments.COURSE / "release")}
    assert committed == {assignments.COURSE / f"release/{name}/{name}.ipynb" for name in NAMES}


#: Each answer is tried cell by cell elsewhere, so of whole notebooks the last goes through nbgrader each time: every
#: problem set does among the slow tests, and the first in the test of accidents.
WHOLE = [name if name == NAMES[-1] else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]


@pytest.mark.parametrize("name", WHOLE)
def test_the_solution_gets_everything_a_blank_sheet_nothing_and_no_mistake_a_point(name, course):
    room = Classroom(course, name)
    right, tasks = room.solution(), [task for task in WRONG if task.startswith(name)]
    room.submit("solution", right)
    room.submit("blank", {})
    for k in range(2):
        mistakes = {task: spoiled(right[task], list(WRONG[task].values())[k]) for task in tasks}
        room.submit(f"wrong{k}", room.solution("ps4_figure") | mistakes)
    assert all(room.grade(student) for student in ("solution", "blank", "wrong0", "wrong1"))

    room.grade_by_hand("solution")
    scores, left = room.scores("solution")
    assert sum(scores.values()) == 20 and not left
    assert {cell.id: cell.metadata.nbgrader.points for cell in room.solved.cells if cell.id in scores} == scores
    for student in ("blank", "wrong0", "wrong1"):
        scores, left = room.scores(student)
        assert {task: points for task, points in scores.items() if points} == {}
        # what was written is not a person's to read where nothing was written
        assert left == (["ps4_critique"] if name == "ps4" and student != "blank" else [])


LOOP, CRASH = "def by_hand(radius):\n    while True:\n        pass", "import os\n\nos._exit(1)"


@pytest.mark.slow
def test_accidents_cost_their_own_notebook_and_a_second_try_counts(course):
    room = Classroom(course, "ps1")
    right = room.solution()
    checks = [cell.id for cell in room.sheet.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    for student, answers in {
        "loop": right | {"ps1_by_hand": LOOP},
        "crash": right | {"ps1_worst_row": CRASH},
        "clever": dict.fromkeys(checks, "pass"),  # checks that check nothing: nbgrader puts its own back
        "tidy": right | dict.fromkeys(checks[::2]),  # checks deleted: they come back as well
        "again": {},
        "steady": right,
    }.items():
        room.submit(student, answers)
    impatient = assignments.nbgrader_in(room.folder, timeout=40)
    assert room.grade("loop", impatient) and not room.grade("crash")
    assert all(room.grade(student) for student in ("clever", "tidy", "again", "steady"))
    students = ("loop", "clever", "tidy", "again", "steady")
    totals = {student: sum(room.scores(student)[0].values()) for student in students}
    # of the loop the task of 4 points is lost, and those after it are not
    assert totals == {"loop": 16, "clever": 0, "tidy": 20, "again": 0, "steady": 20}

    room.submit("again", right, at="2026-01-02 12:00:00 UTC")  # newer, so it is graded although there is a grade
    room.submit("crash", right, at="2026-01-02 12:00:00 UTC")
    assert room.grade("again") and room.grade("crash")
    table = exported(room, room.folder / "grades.csv")
    assert {student: table[student] for student in (*students, "crash")} == totals | {"again": 20, "crash": 20}


def exported(room, path):
    """Scores by student, as nbgrader writes them to a CSV file."""
    from nbgrader.plugins.export import CsvExportPlugin

    with room.api.gradebook as book:
        CsvExportPlugin(to=str(path)).export(book)
    with path.open(encoding="utf8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["assignment"] == room.name]
    assert {float(row["max_score"]) for row in rows} == {20}
    return {row["student_id"]: float(row["score"]) for row in rows}
