"""What the published site adds to each page: launch buttons that lead somewhere, and what lies beside the pages.

The theme makes the buttons of a chapter from the repository's address, which pyproject.toml has under Repository in
[project.urls]; without it there is none. JupyterLite, PDF and archive lie in the site that `make site` builds, not
in the book alone: the links at the foot of a page appear only with SITE=1, what leads to JupyterLite only if LITE=1 says
as well that it lies there.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

PLACEHOLDER = "ADDRESS_OF_THE_REPOSITORY"
LITE = "lite/lab/index.html"
FOOT = {
    "PDF": "mornavi-lite.pdf",
    "the book to read offline (zip)": "mornavi-lite-book.zip",
    "run the chapters in this browser": LITE,
}


def take_address(app: Sphinx, config: Config) -> None:
    """Handler of config-inited. No address, no button: the theme would fail on an empty one."""
    project = tomllib.loads(
        (Path(app.confdir) / "pyproject.toml").read_text(encoding="utf8")
    )["project"]
    address = project.get("urls", {}).get("Repository", "")
    config.html_theme_options["repository_url"] = address
    config.html_theme_options["use_issues_button"] = bool(address)
    if not address:
        config.html_theme_options.pop("launch_buttons", None)
    elif not address.startswith("https://github.com/"):
        # Colab opens notebooks of GitHub alone; the theme would warn
        config.html_theme_options["launch_buttons"].pop("colab_url", None)


def tell_address(app: Sphinx, page: str, source: list[str]) -> None:
    """Handler of source-read: what a reader copies to run a chapter elsewhere has the address, where there is one."""
    if address := app.config.html_theme_options["repository_url"]:
        source[0] = source[0].replace(PLACEHOLDER, address)


def place(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    tree: Any,
) -> None:
    """Take JupyterLite's button away, or let it start from this page; add the links at the foot."""
    site, lite = (bool(os.environ.get(name)) for name in ("SITE", "LITE"))
    if site:
        links = [
            f'<a href="{context["pathto"](target, resource=True)}">{words}</a>'
            for words, target in FOOT.items()
            if lite or target != LITE
        ]
        context["theme_extra_footer"] = " · ".join(links)
    for group in context.get("header_buttons", []):
        if group.get("label") != "launch-buttons":
            continue
        for button in list(group["buttons"]):
            if button["text"] != "JupyterLite":
                continue
            if re.match(r"[a-z]+:", button["url"]):
                continue
            if lite:
                button["url"] = context["pathto"](
                    button["url"], resource=True
                )
            else:
                group["buttons"].remove(button)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value(
        "comments_config", {}, ""
    )  # Jupyter Book sets it, for comments that this book has not
    app.connect("config-inited", take_address)
    app.connect("source-read", tell_address)
    app.connect("html-page-context", place, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
