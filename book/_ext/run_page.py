"""On each page with code cells a bar that runs them in the reader's browser, where the book has Python for it.

The page itself has the code. What the bar is told besides: which packages the cells take, which files they read, and on
a sheet of a problem set which cells are answers and how many points the checks give. Without Python in
book/_static/pyodide there is no bar.
"""

from __future__ import annotations

import json
import os
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
    "scipy": r"\b(scipy|payoff_region|episodes_floor)\b",
    "mornavi-lite": "",
}
NAMES = {
    "numpy": "NumPy",
    "matplotlib": "Matplotlib",
    "scipy": "SciPy",
    "mornavi-lite": "mornavi_lite",
}
#: Files of the worker's own, by the path at which a cell imports them.
SCRIPTS = {
    "cells.py": "cells.py",
    "ipywidgets.py": "page_widgets.py",
    "IPython/__init__.py": "page_display.py",
    "IPython/display.py": "page_display.py",
}


def code_cells(place: Path) -> list[dict[str, Any]]:
    cells = json.loads(place.read_text(encoding="utf8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def text_of(cells: list[dict[str, Any]]) -> str:
    return "\n".join("".join(cell["source"]) for cell in cells)


def files_read(text: str) -> list[Path]:
    """Stored results and data of the book that the code names: in full, or by what it gives to a function `read`."""
    named = {
        name.lstrip("/") for name in re.findall(r"[\w/]*\w\.\w+", text)
    }
    named |= {
        f"{name}.json" for name in re.findall(r'\bread\("(\w+)"', text)
    }
    data = {BOOK / name for name in named if name.startswith("data/")}
    stored = {
        RESULTS / Path(name).name
        for name in named
        if name.endswith(".json")
    }
    return sorted(path for path in data | stored if path.is_file())


def kind(cell: dict[str, Any]) -> list[Any]:
    """Whether a cell of a sheet is an answer or a check, and its points; or that SciPy's solver has a say in what it prints."""
    graded = cell["metadata"].get("nbgrader", {})
    if graded.get("solution"):
        return ["answer", 0]
    if graded.get("grade"):
        return ["check", graded["points"]]
    return [
        "solver" if "solver" in cell["metadata"].get("tags", []) else "",
        0,
    ]


def facts(
    cells: list[dict[str, Any]], folder: Path = BOOK
) -> dict[str, Any]:
    """What the page's script needs to know of the cells, which run in this folder as far as paths are concerned."""
    text, known = text_of(cells), in_the_browser()
    wanted = [
        name for name, words in WORDS.items() if re.search(words, text)
    ]
    read = {
        Path(
            os.path.relpath(path, folder)
        ).as_posix(): f"../read/{path.name}"
        for path in files_read(text)
    }
    return {
        "packages": [name for name in wanted if name in known],
        "missing": [NAMES[name] for name in wanted if name not in known],
        "words": {
            name: words
            for name, words in WORDS.items()
            if words and name in known
        },
        "files": read | SCRIPTS,
        "cells": [kind(cell) for cell in cells],
    }


def bar(cells: list[dict[str, Any]], folder: Path) -> str:
    told = facts(cells, folder)
    text = (HERE / "run_page.html").read_text(encoding="utf8")
    read = files_read(text_of(cells))
    return Template(text, autoescape=True).render(
        facts=json.dumps(told),
        loaded=[NAMES[name] for name in told["packages"]],
        missing=told["missing"],
        sheet=any(word == "answer" for word, _ in told["cells"]),
        size=what_is_loaded(told["packages"], SCRIPTS.values())
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
            "</h1>", f"</h1>\n{bar(cells, place.parent)}", 1
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
            for path in files_read(text_of(code_cells(place))):
                shutil.copy(path, folder)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", add_bar)
    app.connect("build-finished", copy_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
