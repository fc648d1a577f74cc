"""The cells of a page, run one after the other as a notebook runs them: in the reader's browser, in a worker of the page."""

import ast
import base64
import io
import json
import linecache
import logging
import os
import sys
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout

os.environ["MPLBACKEND"] = "agg"  # pictures go to the page, as PNG
# that the first start of Matplotlib takes a while is no word of a cell
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
NAMES = {"__name__": "__main__"}


def answer(asked):
    """What the page asks, and what it is told: both as JSON."""
    question = json.loads(asked)
    if question["ask"] == "clear":
        NAMES.clear()
        NAMES["__name__"] = "__main__"
        return "{}"
    return json.dumps(run(question["source"], question["cell"]))


def run(source, number):
    """Run a cell: what it prints, what its last line shows, or what is wrong."""
    name, said, start = f"cell {number}", io.StringIO(), time.perf_counter()
    linecache.cache[name] = (
        len(source),
        None,
        source.splitlines(keepends=True),
        name,
    )
    told = {"html": "", "text": "", "pictures": []}
    try:
        with redirect_stdout(said), redirect_stderr(said):
            show(value_of(source, name), told)
    except BaseException as error:  # a cell may raise what it likes: SystemExit too ends the cell alone
        told["error"] = words(error)
        told["missing"] = isinstance(error, ImportError)
    return told | {
        "printed": said.getvalue(),
        "seconds": time.perf_counter() - start,
    }


def value_of(source, name):
    """Run the statements; the value of the last one, if it has one that no semicolon hides."""
    body = ast.parse(source, name).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), name, "exec"), NAMES)
    if last is None:
        return None
    value = eval(compile(ast.Expression(last.value), name, "eval"), NAMES)
    return None if source.rstrip().endswith(";") else value


def show(value, told):
    """A figure as a picture, what knows how to look on a page as a piece of it, and all else as text."""
    if hasattr(value, "savefig"):
        told["pictures"].append(picture(value))
    elif hasattr(value, "_repr_html_"):
        told["html"] = value._repr_html_()
    elif value is not None:
        told["text"] = repr(value)
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        open_figures = [pyplot.figure(k) for k in pyplot.get_fignums()]
        told["pictures"] += [
            picture(f) for f in open_figures if f is not value
        ]
        pyplot.close("all")


def picture(figure):
    """As a notebook draws it, in base64."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight")
    return base64.b64encode(buffer.getvalue()).decode()


def words(error):
    """The error in the words of who raised it, and the line of the cell that led there."""
    said = "".join(traceback.format_exception_only(error)).strip()
    lines = [
        line
        for line in traceback.extract_tb(error.__traceback__)
        if line.filename.startswith("cell ")
    ]
    if not lines:
        return said
    return f"{said}\n{lines[-1].filename}, line {lines[-1].lineno}: {lines[-1].line}"
