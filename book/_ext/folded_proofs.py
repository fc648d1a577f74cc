"""Proofs that fold: sphinx-proof gives them neither a title, which the button needs, nor a place of their own."""

from __future__ import annotations

import re
from itertools import count
from typing import Any

from sphinx.application import Sphinx

UNTITLED = re.compile(
    r'<div class="proof dropdown admonition" id="proof">(\s*(?:<section[^>]*>\s*)?<p>)Proof\. '
)


def with_titles(body: str) -> str:
    """The page with a title above each folded proof, and a number in its place."""
    numbers = count(1)

    def titled(found: re.Match[str]) -> str:
        place = f'<div class="proof dropdown admonition" id="proof-{next(numbers)}">'
        return f'{place}\n<p class="admonition-title">Proof</p>{found[1]}'

    return UNTITLED.sub(titled, body)


def title_proofs(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    doctree: Any,
) -> None:
    if context.get("body"):
        context["body"] = with_titles(context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", title_proofs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
