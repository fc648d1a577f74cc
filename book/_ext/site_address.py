"""What a published book tells those who look for it: made from its address, and where there is none, left out.

The address is that of the repository, under Repository in [project.urls] of pyproject.toml. A book of a repository on
GitHub is published at the address of its Pages; one that is elsewhere is named under Documentation. With an address
each page has its canonical link, a description and a card for those who share it; the site has a map for search
engines, and a page for addresses that lead nowhere. Extensions that others keep do all of this.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from sphinx.application import Sphinx
from sphinx.config import Config

EXTENSIONS = ("sphinxext.opengraph", "sphinx_sitemap", "notfound.extension")
PICTURE = "_static/readme.png"
WORDS = (
    "Catch a trawler can count on against the error of a storm forecast: "
    "the robust plan keeps its catch, the plan that trusts the forecast loses it."
)


def address(folder: str | Path) -> str:
    """Where the book of this project is published, with a stroke at the end; empty where nothing is said of it."""
    project = tomllib.loads(
        (Path(folder) / "pyproject.toml").read_text(encoding="utf8")
    )["project"]
    urls = project.get("urls", {})
    pages = re.fullmatch(
        r"https://github\.com/([^/]+)/([^/]+?)(?:\.git)?/?",
        urls.get("Repository", ""),
    )
    found = urls.get("Documentation") or (
        f"https://{pages[1].lower()}.github.io/{pages[2]}" if pages else ""
    )
    return f"{found.rstrip('/')}/" if found else ""


def configure(app: Sphinx, config: Config) -> None:
    """Handler of config-inited, before those of the extensions."""
    here = address(app.confdir)
    config.html_baseurl = config.ogp_site_url = here
    config.ogp_site_name = config.html_title or config.project
    config.ogp_image, config.ogp_image_alt = here + PICTURE, WORDS
    config.ogp_social_cards = {
        "enable": False
    }  # one picture for all; drawing them takes Matplotlib's fonts
    config.sitemap_url_scheme = "{link}"
    config.sitemap_excludes = [
        "404.html",
        "search.html",
        "genindex.html",
        "py-modindex.html",
        "_modules/*",
    ]
    config.notfound_urls_prefix = urlsplit(here).path


def setup(app: Sphinx) -> dict[str, bool]:
    if address(app.confdir):
        for name in EXTENSIONS:
            app.setup_extension(name)
        app.connect("config-inited", configure, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
