"""A Content-Security-Policy in the head of each page: what the book needs, and nothing else.

Scripts, styles, fonts and what a page fetches come from the book's own folder.
A script that stands in a page runs if its text is the one that was built: the
policy names its hash, and the hashes of what a click on a button of the theme
does; those of all pages, because the search reads other pages. MathJax and the
figures need styles in the page; pictures may be data. Python's worker is a file
of the book. Only pages with sliders may turn text into code: the widgets'
scripts compile their schema so.

The policy is written when the build is done, over the very text of each page.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path

from sphinx.application import Sphinx

POLICY = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "img-src": "'self' data:",
    "style-src": "'self' 'unsafe-inline'",
    "worker-src": "'self'",
}
INLINE = re.compile(
    r"<script(?![^>]*\ssrc=)([^>]*)>(.*?)</script>", re.DOTALL
)
#: A type that is no JavaScript is data, as the state of the sliders.
DATA = re.compile(r"""\stype=["'](?!module|text/javascript)""")
#: In a tag, as onclick="window.print()".
HANDLER = re.compile(r"""<[^>]*?\son[a-z]+=["']([^"']*)["']""")
WIDGETS = "application/vnd.jupyter.widget-view+json"
#: A browser looks for the encoding in the first 1,024 bytes, so it stays before.
FIRST = re.compile(r"<head[^>]*>(\s*<meta charset[^>]*>)?")


def digest(text: str) -> str:
    """The hash of a script's text, as a policy names it."""
    found = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(found).decode()}'"


def clicks(page: str) -> set[str]:
    """The hashes of what the tags of a page do when they are clicked."""
    found = HANDLER.findall(INLINE.sub("", page))
    return {digest(html.unescape(text)) for text in found}


def policy(page: str, handlers: set[str]) -> str:
    """The policy of a page, from its text."""
    scripts = [
        text for kind, text in INLINE.findall(page) if not DATA.search(kind)
    ]
    allowed = ["'self'", *sorted({digest(text) for text in scripts})]
    if handlers:
        allowed += ["'unsafe-hashes'", *sorted(handlers)]
    if WIDGETS in page:
        allowed.append("'unsafe-eval'")
    rules = {**POLICY, "script-src": " ".join(allowed)}
    return "; ".join(
        f"{name} {value}" for name, value in sorted(rules.items())
    )


def with_policy(page: str, handlers: set[str]) -> str:
    """The page with its policy before all that a policy is about."""
    content = policy(page, handlers)
    tag = f'<meta http-equiv="Content-Security-Policy" content="{content}">'
    return FIRST.sub(lambda head: f"{head[0]}\n{tag}", page, count=1)


def add_policies(app: Sphinx, exception: Exception | None) -> None:
    """Handler of build-finished, after those that write pages."""
    if exception is not None or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    paths = [
        p
        for p in Path(app.outdir).rglob("*.html")
        if static not in p.parents
    ]
    pages = {path: path.read_text(encoding="utf8") for path in paths}
    handlers = set().union(*map(clicks, pages.values()))
    for path, text in pages.items():
        path.write_text(
            with_policy(text, handlers), encoding="utf8", newline="\n"
        )


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", add_policies, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
