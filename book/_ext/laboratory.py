"""The directive ``{laboratory}``: the form of the laboratory, and a result that is there before anything is loaded.

The result is made by the same file that runs in the reader's browser, book/_static/lab/workbench.py. What the browser
would load lies in book/_static/pyodide, if a source had it; the page says how large it is, or how to get it.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from docutils import nodes
from jinja2 import Template
from markupsafe import Markup
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import mornavi_lite.zoo

HERE = Path(__file__).resolve().parent
STATIC = HERE.parent / "_static"
PYTHON = STATIC / "pyodide"
TOOLS = HERE.parent.parent / "tools"
#: What a page loads before any package, and what the laboratory loads then.
CORE = [
    "pyodide.mjs",
    "pyodide.asm.js",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
]
PACKAGES = ["numpy", "mornavi-lite"]
#: Uncertainty sets in the words of the form.
SETS = {
    "tv": "total variation",
    "tv-support": "total variation within the support",
    "kl": "Kullback–Leibler",
    "chi2": "χ²",
    "contamination": "contamination",
    "nominal": "nominal: nothing differs",
}


def workbench() -> ModuleType:
    """The file that runs in the browser, here; without a trace of compiled code beside it."""
    place = STATIC / "lab" / "workbench.py"
    module = ModuleType("workbench")
    exec(
        compile(place.read_text(encoding="utf8"), str(place), "exec"),
        vars(module),
    )
    return module


def in_the_browser() -> dict[str, Any]:
    """What the lock file of the browser's Python says of its packages, by name; empty where there is no such Python."""
    lock = PYTHON / "pyodide-lock.json"
    if not lock.is_file():
        return {}
    return json.loads(lock.read_text(encoding="utf8"))["packages"]


def what_is_loaded(packages: Iterable[str], scripts: Iterable[str]) -> int:
    """Bytes that a first click loads: core, packages with what they need, scripts; 0 where there is no Python."""
    known, chosen = in_the_browser(), set()
    if not known:
        return 0
    waiting = list(packages)
    while waiting:
        name = waiting.pop()
        if name not in chosen:
            chosen.add(name)
            waiting += known[name]["depends"]
    files = [PYTHON / name for name in CORE]
    files += [PYTHON / known[name]["file_name"] for name in chosen]
    files += [STATIC / "lab" / name for name in ("worker.js", *scripts)]
    return sum(path.stat().st_size for path in files)


def said_of(name: str) -> str:
    """The first sentence of a game's docstring, less its full stop."""
    doc = inspect.getdoc(getattr(mornavi_lite.zoo, name)) or ""
    return doc.partition("\n")[0].rstrip(".")


def form(size: int) -> str:
    """The form, with what it would load in bytes, and the still result."""
    bench = workbench()
    games = [
        (
            name,
            f"{name.replace('_', ' ')} ({players}): {said_of(name)}",
            players,
        )
        for name, (_, players) in bench.GAMES.items()
    ]
    facts = json.loads((TOOLS / "pyodide.json").read_text(encoding="utf8"))
    text = (HERE / "laboratory.html").read_text(encoding="utf8")
    return Template(text, autoescape=True).render(
        begin=json.dumps(bench.DEFAULT),
        games=games,
        sets=SETS.items(),
        size=size,
        version=facts["info"]["version"],
        still=Markup(bench.learnt(bench.DEFAULT)["html"]),
    )


class Laboratory(SphinxDirective):
    """The form, and the still result."""

    def run(self) -> list[nodes.Node]:
        for path in (
            STATIC / "lab" / "workbench.py",
            HERE / "laboratory.html",
        ):
            self.env.note_dependency(str(path))
        self.env.metadata[self.env.docname]["laboratory"] = "1"
        return [
            nodes.raw(
                "",
                form(what_is_loaded(PACKAGES, ["workbench.py"])),
                format="html",
            )
        ]


def add_files(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    tree: Any,
) -> None:
    """Handler of html-page-context: the page's own script and style, and no other page's."""
    if app.env.metadata.get(page, {}).get("laboratory"):
        app.add_css_file("lab/laboratory.css")
        for script in ("python.js", "laboratory.js"):
            app.add_js_file(f"lab/{script}", loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("laboratory", Laboratory)
    app.connect("html-page-context", add_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
