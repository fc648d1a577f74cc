"""The built book in Chromium, with the network cut: every page, every slider, at every width, in both themes.

Run after ``make book``. Where there is no Chromium these tests are skipped, and say so; in continuous integration
(the variable CI) that is a failure. SCREENSHOTS=DIR keeps a picture of each page at each width and theme there.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import defaultdict
from contextlib import contextmanager
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import page_checks
import pytest
from page_checks import CHECKS, FLAGS, ROOT, THEMES, WIDTHS, listen, settle, show

sys.path.append(str(ROOT / "tools"))
from serve import PAGES, server

pytestmark = pytest.mark.browser
NAMES = sorted(p.relative_to(PAGES).as_posix() for p in PAGES.rglob("*.html") if p.relative_to(PAGES).parts[0] != "_static")
#: Pages of source code come from one template and hold nothing but code.
LISTINGS = [n for n in NAMES if n.startswith("_modules/")]
TEXTS = [n for n in NAMES if n not in LISTINGS]
WIDGET = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
MEGABYTE = 10**6


@cache
def source(name):
    return (PAGES / name).read_text(encoding="utf8")


def chapters():
    return [n for n in TEXTS if (ROOT / n).with_suffix(".ipynb").is_file()]


def with_widgets():
    return [n for n in TEXTS if WIDGET in source(n)]


@pytest.fixture(scope="session")
def browser():
    found = page_checks.chromium()
    if found is None:
        words = "no Chromium on this machine, so no page was opened; install it or set CHROMIUM"
        pytest.fail(words) if os.environ.get("CI") else pytest.skip(words)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        # with the scroll bars of a desk: they take room, and show what scrolls that should not
        running = play.chromium.launch(executable_path=found, args=FLAGS, ignore_default_args=["--hide-scrollbars"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def site():
    """Address of a local server of the book."""
    with server(PAGES, 0) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/"
        serving.shutdown()


@pytest.fixture(scope="session")
def readers(browser):
    """One reader of many pages: what pages share is fetched once."""
    context = browser.new_context()
    yield context
    context.close()


@contextmanager
def opened(context, base, name):
    page = context.new_page()
    page.set_default_timeout(20_000)
    problems = listen(page, base)
    page.goto(base + name)
    settle(page)
    yield page, problems
    page.close()


def complaints(page, problems, checks):
    found = {check.__name__: check(page) for check in checks}
    found["on the way"] = problems  # last: a check may have caused some
    return {name: lines for name, lines in found.items() if lines}


def photograph(page, name):
    """The theme scrolls inside itself, so the window is made as tall as the text."""
    if folder := os.environ.get("SCREENSHOTS"):
        for width in WIDTHS:
            for theme in THEMES:
                show(page, width, theme)
                tall = page.evaluate("() => document.documentElement.scrollHeight")
                page.set_viewport_size({"width": width, "height": min(tall, 16_000)})
                stem = name.removesuffix(".html").replace("/", "_")
                page.screenshot(path=Path(folder) / f"{stem}_{width}_{theme}.png")


def test_the_book_is_built():
    assert len(TEXTS) > 20, "run `make book` first"


@pytest.mark.parametrize("name", NAMES)
def test_page(readers, site, name):
    with opened(readers, site, name) as (page, problems):
        photograph(page, name)
        assert complaints(page, problems, CHECKS) == {}
