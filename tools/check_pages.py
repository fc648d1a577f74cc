"""Open every page of the built book in Chromium with the network cut, and move every slider.

usage: python tools/check_pages.py [--pages DIR] [--screenshots DIR] [--width PIXELS]

A page fails on a request to anywhere but its own folder, an answer of 400 or more, a script error, a formula that is
not typeset, a picture that does not load or has no alternative text, and a slider or play button that does not
change the picture beside it. Sliders are moved over http and from disk, by key. Chromium is taken from the PATH or
from the variable CHROMIUM; nothing is installed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import threading
from pathlib import Path

from serve import PAGES, server

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
#: What the sliders' part of the page shows: every visible picture in a widget.
PICTURES = """() => [...document.querySelectorAll('.jupyter-widgets img')]
    .filter(e => e.offsetParent).map(e => e.src + e.alt).join('|')"""
NO_ALT = """() => [...document.querySelectorAll('.bd-article img')]
    .filter(e => !(e.getAttribute('alt') || '').trim()).map(e => e.src.slice(0, 60))"""
NOT_LOADED = """() => [...document.querySelectorAll('.bd-article img')]
    .filter(e => e.offsetParent && e.complete && !e.naturalWidth).map(e => e.src.slice(0, 60))"""


def browser_path() -> str | None:
    """A Chromium on this machine."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def listen(page, base: str) -> list[str]:
    """Collect all that a page does wrong on its way."""
    problems: list[str] = []

    def route(asked) -> None:
        url = asked.request.url
        if url.startswith((base, "data:", "blob:", "about:")):
            asked.continue_()
        else:
            problems.append(f"asks another server: {url}")
            asked.abort()

    page.route("**/*", route)
    page.on("response", lambda r: problems.append(f"answer {r.status}: {r.url}") if r.status >= 400 else None)
    page.on("console", lambda m: problems.append(f"script error: {m.text[:200]}") if m.type == "error" else None)
    page.on("pageerror", lambda e: problems.append(f"script error: {str(e)[:200]}"))
    return problems


def look(page, base: str, name: str) -> list[str]:
    """Open one page and say what is wrong with it."""
    problems = listen(page, base)
    page.goto(base + name + ("?q=equilibrium" if name == "search.html" else ""))
    page.wait_for_load_state("networkidle")
    page.evaluate("() => window.MathJax && MathJax.startup && MathJax.startup.promise")
    if name == "search.html":
        page.wait_for_selector("#search-results li", timeout=10_000)
    if page.locator("mjx-merror").count():
        problems.append(f"formula not typeset: {page.locator('mjx-merror').first.inner_text()[:100]}")
    if page.locator(".math").count() and not page.locator("mjx-container").count():
        problems.append("formulas are not typeset")
    problems += [f"picture without alternative text: {src}" for src in page.evaluate(NO_ALT)]
    problems += [f"picture does not load: {src}" for src in page.evaluate(NOT_LOADED)]
    return problems + move_sliders(page)


def move_sliders(page) -> list[str]:
    """Press each slider and each play button; the pictures must change."""
    wanted = page.locator("script[type='application/vnd.jupyter.widget-view+json']").count()
    if not wanted:
        return []
    try:
        page.wait_for_selector(".jupyter-widgets .noUi-handle, .jupyter-widgets img", timeout=15_000)
    except Exception:
        return [f"{wanted} widgets, and none is drawn"]
    page.wait_for_timeout(500)
    problems = []
    handles = page.locator(".jupyter-widgets .noUi-handle")
    for k in range(handles.count()):
        if not changes(page, lambda k=k: press_either_way(handles.nth(k))):
            problems.append(f"slider {k + 1} does not change the picture")
    buttons = page.locator(".widget-play button:first-child")
    for k in range(buttons.count()):
        if not changes(page, lambda k=k: buttons.nth(k).click()):
            problems.append(f"play button {k + 1} does not change the picture")
        buttons.nth(k).click()  # pause
    return problems


def press_either_way(handle) -> None:
    """One step up, or down where the slider stands at its upper end."""
    handle.focus()
    at_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
    handle.press("ArrowLeft" if at_end else "ArrowRight")


def changes(page, action) -> bool:
    """Whether the visible pictures are others within three seconds of an action."""
    before = page.evaluate(PICTURES)
    action()
    for _ in range(30):
        page.wait_for_timeout(100)
        if page.evaluate(PICTURES) != before:
            return True
    return False


def save(page, folder: Path, name: str) -> None:
    """A picture of the whole page; the theme scrolls inside itself, so the window is made as tall as the text."""
    folder.mkdir(parents=True, exist_ok=True)
    tall = page.evaluate("() => document.documentElement.scrollHeight")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": min(int(tall), 16_000)})
    page.screenshot(path=str(folder / (name.removesuffix(".html").replace("/", "_") + ".png")), full_page=True)


def check(browser, options: argparse.Namespace) -> int:
    """Number of pages with a problem."""
    folder = options.pages.resolve()
    names = [p.relative_to(folder).as_posix() for p in sorted(folder.rglob("*.html"))]
    names = [n for n in names if not n.startswith("_static/")]
    if not names:
        print(f"mornavi-lite: {folder} holds no page; run `make book`", file=sys.stderr)
        return 1
    bad, serving = 0, server(folder, 0)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    for name in names:
        for base in (f"http://127.0.0.1:{serving.server_port}/", f"{folder.as_uri()}/"):
            if base.startswith("file:") and "widget-view+json" not in (folder / name).read_text(encoding="utf8"):
                continue
            page = browser.new_page(viewport={"width": options.width, "height": 900})
            problems = look(page, base, name)
            print(f"      {'FAILED' if problems else 'ok':6s} {base.partition(':')[0]}:{name}", flush=True)
            print("".join(f"             {p}\n" for p in dict.fromkeys(problems)), end="", flush=True)
            bad += bool(problems)
            if options.screenshots and base.startswith("http"):
                save(page, options.screenshots, name)
            page.close()
    serving.shutdown()
    return bad


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=Path, default=PAGES, help="folder of the built book")
    parser.add_argument("--screenshots", type=Path, help="save a picture of each page here")
    parser.add_argument("--width", type=int, default=1280, help="of the window")
    options = parser.parse_args()
    chromium = browser_path()
    if chromium is None:
        print(
            "mornavi-lite: no Chromium on this machine, so no page was opened; install it or set CHROMIUM",
            file=sys.stderr,
        )
        return 2
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("mornavi-lite: playwright is not installed; run `make check-all`", file=sys.stderr)
        return 2
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        bad = check(browser, options)
        browser.close()
    return min(bad, 100)


if __name__ == "__main__":
    sys.exit(main())
