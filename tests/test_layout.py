"""The house: which room imports which, what a room shows, how large the core is, and every path that was public."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sphinx.pycode import ModuleAnalyzer

from tests import ROOT, files_of

PACKAGE = ROOT / "mornavi_lite"
#: A room imports only from rooms before it; the first six are the ground floor.
ORDER = """
    checks rounding contents files progress summaries
    uncertainty equilibrium games zoo planning confidence learners runs
    deployment sweep formats solving learning calibration lower_bounds linear anonymous plots widgets classroom __main__
""".split()
#: Each goes beyond the paper and stands alone: only figures, sliders and the command line may import it.
ALONE = {"calibration", "lower_bounds", "linear", "anonymous"}
MAY_IMPORT_ALL = {"plots", "widgets", "classroom", "__main__"}
#: What a learner of the paper needs, with the ground floor.
CORE = {*ORDER[: ORDER.index("runs") + 1], "__init__"} - {"zoo"}
#: Lines of the core, docstrings included. It is meant to be 6,500; lower this where you can.
MOST_LINES = 11_400
#: Docstrings with examples: the number does not fall.
FEWEST_EXAMPLES = 138
#: What `import mornavi_lite` leaves to whoever asks for it by name.
LATER = {"deployment", "sweep", "formats", "plots", "widgets", "classroom", *ALONE}
#: Every public import path of version 0.1.0.
PATHS = """
    mornavi_lite: ChiSquare Counts EpsilonGreedy GenerativeDRNVI History KullbackLeibler MarkovGame Mornavi
        NashVI Nominal OfflinePessimistic Plan RandomPlay Solution TotalVariation best_response deviation_gain
        equilibrium_gap evaluate run solve solve_stage zoo
    mornavi_lite.classroom: alone
    mornavi_lite.confidence: BONUS_CONSTANTS ConfidenceSet Counts TAILS bonus log_term_at
    mornavi_lite.deployment: kernel_distance mixed_game random_game worst_game
    mornavi_lite.equilibrium: CONCEPTS TOLERANCE deviation_gain deviation_value deviation_value_unchecked
        is_product require_product solve_stage solve_stage_unchecked
    mornavi_lite.games: MarkovGame
    mornavi_lite.learners: EpsilonGreedy GenerativeDRNVI Mornavi NashVI OfflinePessimistic Plan RandomPlay
    mornavi_lite.planning: Solution Uncertainty best_response equilibrium_gap evaluate gap_and_value solve
    mornavi_lite.plots: STYLES against_visits ball_on_simplex certificate_and_gap certificates cost_against_size
        game_graph kernel_bars learning_curves on_plane panels payoff_bounds payoff_corners payoff_region
        payoff_table plans_made png policy_heatmap policy_table raised_tails random_values rows_per_second
        value_against_distance value_against_radius value_against_samples value_bounds values_of_two
    mornavi_lite.runs: History run
    mornavi_lite.sweep: Grid Sweep load_results sweep
    mornavi_lite.uncertainty: ChiSquare KullbackLeibler Nominal TotalVariation UncertaintySet sets_per_player
    mornavi_lite.widgets: slider
    mornavi_lite.zoo: congestion delayed_coordination fishing gambler garnet intersection paper_cooperative
        paper_general_sum patrol safe_or_risky support_shift traffic_merge
"""

FILES = files_of("mornavi_lite", "**/*.py")
FACES = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path: Path, text: str) -> Iterator[tuple[str, int]]:
    """Each room that a file imports from, wherever in the file, and the line."""
    here = ["mornavi_lite", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(text)):
        found: list[list[str]] = []
        if isinstance(node, ast.ImportFrom):
            above = here[: len(here) - node.level + 1] if node.level else []
            start = [*above, *(node.module.split(".") if node.module else [])]
            found = [[*start, name.name] for name in node.names]
        elif isinstance(node, ast.Import):
            found = [name.name.split(".") for name in node.names]
        for parts in found:
            if parts[0] == "mornavi_lite":
                yield (parts[1] if len(parts) > 1 else "__init__"), node.lineno


def wrong_arrows(path: Path, text: str) -> list[str]:
    """Imports that go the wrong way, each with its place."""
    room, bad = room_of(path), []
    for other, line in imported(path, text):
        forwards = other not in ORDER or (other != room and ORDER.index(other) >= ORDER.index(room))
        if forwards or (other in ALONE - {room} and room not in MAY_IMPORT_ALL):
            bad.append(f"{path.relative_to(ROOT)}:{line}: {room} imports {other}")
    return bad


def test_every_room_has_its_place_in_the_order() -> None:
    assert {room_of(path) for path in FILES} - {"__init__"} <= set(ORDER)


@pytest.mark.parametrize(
    ("page", "row", "left_out"),
    [
        ("CONTRIBUTING.md", r"`(\w+)(?:/|\.py)`(?=[^|]*\|[^|]+\|$)", {"__main__"}),
        ("book/reference/api.md", r"<api/(\w+)>", {*ORDER[:6], "solving", "learning", "__main__"}),
        ("_toc.yml", r"api/(\w+)$", {*ORDER[:6], "solving", "learning", "__main__"}),
    ],
)
def test_the_maps_show_every_room_in_the_order(page: str, row: str, left_out: set[str]) -> None:
    rooms = {room_of(path) for path in FILES} - {"__init__"} - left_out
    shown = re.findall(row, (ROOT / page).read_text(encoding="utf8"), re.MULTILINE)
    assert shown == [room for room in ORDER if room in rooms]


def test_a_room_imports_only_from_rooms_above_it() -> None:
    files = [path for path in FILES if path != PACKAGE / "__init__.py"]  # which imports what it exports
    assert [arrow for path in files for arrow in wrong_arrows(path, path.read_text(encoding="utf8"))] == []


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("games/arrays.py", "from ..planning import solve", "games/arrays.py:1: games imports planning"),
        ("games/arrays.py", "from .. import checks, zoo", "games/arrays.py:1: games imports zoo"),
        ("checks.py", "import numpy\nfrom .files import x", "checks.py:2: checks imports files"),
        (
            "runs/history.py",
            "def f():\n    from mornavi_lite.plots import png",
            "runs/history.py:2: runs imports plots",
        ),
        ("runs/history.py", "import mornavi_lite.sweep.grid", "runs/history.py:1: runs imports sweep"),
        ("zoo/rows.py", "from mornavi_lite import solve", "zoo/rows.py:1: zoo imports solve"),
        ("anonymous/a.py", "from ..linear import x", "anonymous/a.py:1: anonymous imports linear"),
        ("solving.py", "from . import nowhere", "solving.py:1: solving imports nowhere"),
    ],
)
def test_a_wrong_arrow_is_named(file: str, text: str, said: str) -> None:
    assert wrong_arrows(PACKAGE / file, text) == [f"mornavi_lite/{said}"]
    right = "from .. import checks\nfrom . import rows\nfrom ..games.arrays import x\nimport numpy.linalg"
    assert wrong_arrows(PACKAGE / "zoo" / "papers.py", right) == []
    assert wrong_arrows(PACKAGE / "plots" / "style.py", "from ..linear import x") == []


@pytest.mark.parametrize("name", FACES)
def test_a_face_exports_what_is_public_and_explains_the_room(name: str) -> None:
    face = importlib.import_module(f"mornavi_lite.{name}")
    assert len(face.__all__) == len(set(face.__all__)) and all(hasattr(face, each) for each in face.__all__)
    assert not [each for each in face.__all__ if each.startswith("_")]
    files = {path.stem for path in files_of(PACKAGE / name, "*.py")} - {"__init__"}
    assert not [file for file in files if file.startswith("_")], "what a face does not export is private"
    assert not files & set(face.__all__), "a file would hide the object of its name"
    said = inspect.getdoc(face) or ""
    assert "**Files.**" in said and len(said.splitlines()) >= 8
    assert re.search(r"[Cc]hapters? \d|the page on", said), "where the book has its definitions"
    assert [file for file in files if f"``{file}``" not in said] == [], "a file that the page of its room does not name"


@pytest.mark.parametrize("name", FACES)
def test_every_public_object_is_explained(name: str) -> None:
    """Functions and classes by a docstring, constants by the comment above them, which the book shows."""
    face = importlib.import_module(f"mornavi_lite.{name}")
    files = [f"mornavi_lite.{name}.{path.stem}" for path in files_of(PACKAGE / name, "*.py")]
    comments = [ModuleAnalyzer.for_module(file).find_attr_docs() for file in files if not file.endswith("__init__")]
    constants = [each for each in face.__all__ if not callable(getattr(face, each))]
    bare = [each for each in constants if not any(("", each) in known for known in comments)]
    bare += [each for each in face.__all__ if each not in constants and not inspect.getdoc(getattr(face, each))]
    assert bare == []


def test_a_file_that_stands_alone_names_no_room() -> None:
    assert not [path for path in files_of(PACKAGE, "_*.py") if path.name not in ("__init__.py", "__main__.py")]


def test_the_core_is_small(capsys: pytest.CaptureFixture[str]) -> None:
    lines: dict[str, int] = dict.fromkeys(ORDER, 0)
    for path in FILES:
        lines[room_of(path)] = lines.get(room_of(path), 0) + len(path.read_text(encoding="utf8").splitlines())
    core = {room: n for room, n in lines.items() if room in CORE}
    with capsys.disabled():
        print(f"\nthe core has {sum(core.values())} lines, all of the package {sum(lines.values())}")
    assert sum(core.values()) <= MOST_LINES, core


def test_docstrings_keep_their_examples() -> None:
    finder, found = doctest.DocTestFinder(exclude_empty=True), set()
    for path in FILES:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        tests = finder.find(importlib.import_module(module))
        found |= {test.name for test in tests if test.examples}
    assert len(found) >= FEWEST_EXAMPLES


def test_the_source_of_public_classes_can_be_shown() -> None:
    for name in FACES:
        face = importlib.import_module(f"mornavi_lite.{name}")
        for _, kind in inspect.getmembers(face, inspect.isclass):
            assert inspect.getsource(kind).lstrip().startswith(("class ", "@"))
            assert Path(inspect.getsourcefile(kind) or "").is_relative_to(PACKAGE)


def test_importing_the_package_imports_numpy_alone_and_no_room_that_is_not_needed() -> None:
    code = (
        "import json, sys; was = {*sys.modules}; import mornavi_lite; print(json.dumps(sorted({*sys.modules} - was)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    loaded = json.loads(said)
    assert {name.split(".")[1] for name in loaded if name.startswith("mornavi_lite.")}.isdisjoint(LATER)
    outside = {name.split(".")[0] for name in loaded} - set(sys.stdlib_module_names) - {"mornavi_lite"}
    assert {name for name in outside if not name.startswith("_")} == {"numpy"}


def public_paths() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for word in PATHS.split():
        if word.endswith(":"):
            module = word[:-1]
        else:
            found.append((module, word))
    return found


def test_every_public_path_of_version_0_1_0_still_imports() -> None:
    paths = public_paths()
    assert len(paths) == 110
    for module, name in paths:
        namespace: dict[str, object] = {}
        exec(f"from {module} import {name}", namespace)
        assert namespace[name] is getattr(importlib.import_module(module), name)


def chapter_imports(source: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "mornavi_lite":
            yield from ((node.module or "", name.name) for name in node.names)
        elif isinstance(node, ast.Import):
            yield from ((name.name, "") for name in node.names if name.name.split(".")[0] == "mornavi_lite")


def private_imports(source: str) -> list[str]:
    """What a piece of code imports from a file of a room, or from a room that does not export it."""
    bad = []
    for module, name in chapter_imports(source):
        is_room = module == "mornavi_lite" and name in ORDER
        if module.count(".") > 1:
            bad.append(module)
        elif name and not is_room and name not in getattr(importlib.import_module(module), "__all__", [name]):
            bad.append(f"{module}.{name}")
    return bad


@pytest.mark.parametrize("path", files_of("book", "**/*.ipynb"), ids=lambda p: p.stem)
def test_the_book_uses_public_names_alone(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    code = [text for text in code if not text.startswith("%")]
    assert [name for text in code for name in private_imports(text)] == []


def test_private_imports_are_found() -> None:
    assert private_imports("from mornavi_lite import solve, zoo, plots\nfrom mornavi_lite.runs import History") == []
    assert private_imports("from mornavi_lite.runs import episodes") == ["mornavi_lite.runs.episodes"]
    assert private_imports("from mornavi_lite.runs.history import History") == ["mornavi_lite.runs.history"]
    assert private_imports("from mornavi_lite.games import stands_for") == ["mornavi_lite.games.stands_for"]
