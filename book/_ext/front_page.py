"""index.html is the first page of the book itself, and no page that only leads on to it.

It is written again from the finished first page, with its links told from the top folder. In the table of contents, in
the search and for engines that look for the page's one address it stays the page that it is.
"""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import normpath

from sphinx.application import Sphinx

LINK = re.compile(r'\b(href|src)="(?![a-z]+:|//|#)([^"]*)"')


def from_top(html: str, folder: str) -> str:
    """The page with its links told from the top, where they were told from ``folder``."""

    def moved(found: re.Match[str]) -> str:
        target, mark, rest = re.match(
            r"([^?#]*)([?#]?)(.*)", found[2]
        ).groups()  # type: ignore[union-attr]
        return f'{found[1]}="{normpath(f"{folder}/{target}")}{mark}{rest}"'

    root = "../" * (folder.count("/") + 1)
    return LINK.sub(moved, html).replace(
        f'data-content_root="{root}"', 'data-content_root="./"'
    )


def write(app: Sphinx, failed: Exception | None) -> None:
    """Handler of build-finished."""
    if failed or app.builder.name != "html":
        return
    folder, _, name = app.config.root_doc.rpartition("/")
    page = Path(app.outdir, folder, f"{name}.html")
    if folder and page.is_file():
        Path(app.outdir, "index.html").write_text(
            from_top(page.read_text(encoding="utf8"), folder),
            encoding="utf8",
        )


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
