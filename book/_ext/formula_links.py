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

ROLE = re.compile(r":(?:eq|prf:ref):`(?:[^`<]*<)?([\w-]+)>?`")


def users(env: BuildEnvironment) -> dict[str, dict[str, str]]:
    """Of each label the objects whose docstrings name it, each with the page that documents it."""
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
        for label in ROLE.findall("\n".join(lines)):
            users(app.env).setdefault(label, {})[name] = app.env.docname


def forget(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Handler of env-purge-doc: the page will be read again, or is gone."""
    for named in users(env).values():
        for name in [n for n, where in named.items() if where == page]:
            del named[name]


def line(app: Sphinx, page: str, names: list[str]) -> nodes.paragraph:
    """The words "In code" and a link for each name."""
    said = nodes.paragraph(
        "", "", nodes.Text("In code: "), classes=["in-code"]
    )
    for k, name in enumerate(names):
        entry = app.env.domains["py"].objects[name]
        parts = 2 if entry.objtype in ("method", "property") else 1
        words = nodes.literal("", ".".join(name.split(".")[-parts:]))
        said += [nodes.Text(", ")] if k else []
        said += make_refnode(
            app.builder, page, entry.docname, entry.node_id, words
        )
    return said


def place(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Handler of doctree-resolved: the lines under formulas, and in boxes what no formula inside has said."""
    known = users(app.env)
    boxes = [n for n in tree.findall(nodes.Element) if n.get("realtype")]
    inside = {id(box): box.findall(nodes.math_block) for box in boxes}
    said = {
        key: {
            name
            for block in blocks
            for name in known.get(block.get("label"), ())
        }
        for key, blocks in inside.items()
    }
    for block in list(tree.findall(nodes.math_block)):
        if names := sorted(known.get(block.get("label"), ())):
            spot = block.parent.index(block) + 1
            block.parent.insert(spot, line(app, page, names))
    for box in boxes:
        names = set(known.get(box.get("label"), ())) - said[id(box)]
        if names:
            box.children[-1].append(line(app, page, sorted(names)))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", remember)
    app.connect("env-purge-doc", forget)
    app.connect("doctree-resolved", place)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
