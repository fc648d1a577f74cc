"""Launch buttons that lead where something is: JupyterLite lies in the published site, beside the pages.

The theme makes the buttons of a chapter from the repository's address, the one setting `repository_url` in
_config.yml; while it is empty there is none. A relative address of JupyterLite counts from the top of the site, and
the book alone has no JupyterLite: its button stays only where the site is built, with SITE=1.
"""

from __future__ import annotations

import os
import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config


def switch_off(app: Sphinx, config: Config) -> None:
    """No address, no button: the theme would fail on an empty one."""
    options = config.html_theme_options
    if not options.get("repository_url"):
        options.pop("launch_buttons", None)


def place(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    tree: Any,
) -> None:
    """Take JupyterLite's button away, or let it start from this page."""
    for group in context.get("header_buttons", []):
        if group.get("label") != "launch-buttons":
            continue
        for button in list(group["buttons"]):
            if button["text"] != "JupyterLite":
                continue
            if re.match(r"[a-z]+:", button["url"]):
                continue
            if os.environ.get("SITE"):
                button["url"] = context["pathto"](
                    button["url"], resource=True
                )
            else:
                group["buttons"].remove(button)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", switch_off)
    app.connect("html-page-context", place, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
