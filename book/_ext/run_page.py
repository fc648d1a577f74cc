"""On each page with code cells a bar that runs them in the reader's browser, where the book has Python for it.

The page itself has the code. What the bar is told besides: which packages the cells take, which files they read, and on
a sheet of a problem set which cells are answers and how many points the checks give. Without Python in
book/_static/pyodide there is no bar.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from jinja2 import Template
from laboratory import in_the_browser, what_is_loaded
from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
BOOK = HERE.parent
RESULTS = BOOK.parent / "benchmarks" / "results"
#: Packages in the order in which they are named, and words of a cell that say that it takes one.
WORDS = {
    "numpy": "",
    "matplotlib": r"\bmatplotlib\b|\bmornavi_lite\.(plots|widgets)\b|import .*\bplots\b",
    "scipy": r"\bscipy\b|\bpayoff_region\b",
    "mornavi-lite": "",
}
NAMES = {
    "numpy": "NumPy",
    "matplotlib": "Matplotlib",
    "scipy": "SciPy",
    "mornavi-lite": "mornavi_lite",
}
SCRIPTS = ["cells.py", "page_widgets.py"]


def code_cells(place: Path) -> list[dict[str, Any]]:
    cells = json.loads(place.read_text(encoding="utf8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def text_of(cells: list[dict[str, Any]]) -> str:
    return "\n".join("".join(cell["source"]) for cell in cells)


def files_read(text: str) -> dict[str, Path]:
    """Stored results and data of the book that the code names: where it looks for them, and where they are.

    A cell runs in the folder book/, as far as paths are concerned.
    """
    found = {}
    for name in sorted(set(re.findall(r"[\w/]*\w\.\w+", text))):
        if name.startswith("data/") and (BOOK / name).is_file():
            found[name] = BOOK / name
        stored = RESULTS / Path(name).name
        if stored.suffix == ".json" and stored.is_file():
            found[f"../benchmarks/results/{stored.name}"] = stored
    return found


def kind(cell: dict[str, Any]) -> list[Any]:
    """Of a cell of a sheet: whether it is an answer or a check, and its points."""
    graded = cell["metadata"].get("nbgrader", {})
    if graded.get("solution"):
        return ["answer", 0]
    return ["check", graded["points"]] if graded.get("grade") else ["", 0]


def facts(cells: list[dict[str, Any]]) -> dict[str, Any]:
    """What the page's script needs to know of the cells."""
    text, known = text_of(cells), in_the_browser()
    wanted = [
        name for name, words in WORDS.items() if re.search(words, text)
    ]
    files = {
        place: f"../read/{path.name}"
        for place, path in files_read(text).items()
    }
    files |= {"cells.py": "cells.py", "ipywidgets.py": "page_widgets.py"}
    return {
        "packages": [name for name in wanted if name in known],
        "missing": [NAMES[name] for name in wanted if name not in known],
        "files": files,
        "cells": [kind(cell) for cell in cells],
    }


def bar(cells: list[dict[str, Any]]) -> str:
    told = facts(cells)
    text = (HERE / "run_page.html").read_text(encoding="utf8")
    read = files_read(text_of(cells)).values()
    return Template(text, autoescape=True).render(
        facts=json.dumps(told),
        loaded=[NAMES[name] for name in told["packages"]],
        missing=told["missing"],
        sheet=any(word == "answer" for word, _ in told["cells"]),
        size=what_is_loaded(told["packages"], SCRIPTS)
        + sum(path.stat().st_size for path in read),
    )


def add_bar(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    tree: Any,
) -> None:
    """Handler of html-page-context: the bar below the title of a page that is a notebook."""
    if "body" not in context or page not in app.env.found_docs:
        return
    place = Path(app.env.doc2path(page))
    if place.suffix != ".ipynb" or not in_the_browser():
        return
    cells = code_cells(place)
    if cells:
        context["body"] = context["body"].replace(
            "</h1>", f"</h1>\n{bar(cells)}", 1
        )
        app.add_css_file("lab/run_page.css")
        for script in ("python.js", "run_page.js"):
            app.add_js_file(f"lab/{script}", loading_method="defer")


def copy_files(app: Sphinx, error: Exception | None) -> None:
    """Handler of build-finished: what the cells of some page read, beside the pages."""
    if error or not in_the_browser():
        return
    folder = Path(app.outdir) / "_static" / "read"
    folder.mkdir(parents=True, exist_ok=True)
    places = [Path(app.env.doc2path(page)) for page in app.env.found_docs]
    for place in places:
        if place.suffix == ".ipynb":
            for path in files_read(text_of(code_cells(place))).values():
                shutil.copy(path, folder)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", add_bar)
    app.connect("build-finished", copy_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
