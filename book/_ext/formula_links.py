"""From a formula to the functions that compute it: the way back of the references in their docstrings.

A docstring names the formula or the definition that it computes, as in :eq:`gap`. Under that formula, or at the end of
that definition's box, the book then says "In code" with a link to the function. Nothing is written twice.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

ROLE = re.compile(r":(eq|prf:ref):`(?:[^`<]*<)?([\w-]+)>?`")
#: What Sphinx puts before a label to make the place of what has it.
PLACE = {"eq": "equation-", "prf:ref": ""}


def users(env: BuildEnvironment) -> dict[str, dict[str, str]]:
    """Of each place the objects whose docstrings name it, each with the page that documents it."""
    if not hasattr(env, "formula_users"):
        env.formula_users = {}
    return env.formula_users


def remember(
    app: Sphinx,
    what: str,
    name: str,
    obj: Any,
    options: Any,
    lines: list[str],
) -> None:
    """Handler of autodoc-process-docstring."""
    if what != "module":
        for role, label in ROLE.findall("\n".join(lines)):
            named = users(app.env).setdefault(PLACE[role] + label, {})
            named[name] = app.env.docname


def forget(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Handler of env-purge-doc: the page will be read again, or is gone."""
    for named in users(env).values():
        for name in [n for n, where in named.items() if where == page]:
            del named[name]


def line(
    app: Sphinx, page: str, spot: str, names: list[str]
) -> nodes.paragraph:
    """The words "In code" and a link for each name."""
    said = nodes.paragraph(
        "", "", nodes.Text("In code: "), classes=["in-code"]
    )
    said["ids"].append(f"code-of-{spot}")
    for k, name in enumerate(names):
        entry = app.env.domains["py"].objects[name]
        parts = 2 if entry.objtype in ("method", "property") else 1
        words = nodes.literal("", ".".join(name.split(".")[-parts:]))
        if k:
            said += nodes.Text(", ")
        said += make_refnode(
            app.builder, page, entry.docname, entry.node_id, words
        )
    return said


def place(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Handler of doctree-resolved: a line under each formula, and in a box for those whom no formula in it has named."""
    known = users(app.env)
    boxes = [n for n in tree.findall(nodes.Element) if "realtype" in n]
    for box in boxes:
        inside = [
            f"equation-{f.get('label')}"
            for f in box.findall(nodes.math_block)
        ]
        named = {name for spot in inside for name in known.get(spot, ())}
        if names := sorted(set(known.get(box["label"], ())) - named):
            box.children[-1].append(line(app, page, box["label"], names))
    for formula in list(tree.findall(nodes.math_block)):
        spot = f"equation-{formula.get('label')}"
        if names := sorted(known.get(spot, ())):
            after = formula.parent.index(formula) + 1
            formula.parent.insert(after, line(app, page, spot, names))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", remember)
    app.connect("env-purge-doc", forget)
    app.connect("doctree-resolved", place)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
