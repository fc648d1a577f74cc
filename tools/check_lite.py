"""Run notebooks of the JupyterLite site in Chromium from top to bottom, and compare what they print.

usage: python tools/check_lite.py [--site DIR] [--timeout SECONDS] [NOTEBOOK ...]

A notebook, such as book/ch1_games.ipynb (default: all in book/), fails if a cell raises or is not run, if a printed
line is not the one that is stored (but for cells with the tag "solver", whose digits are those of a version of SciPy),
or if the browser asks another server for anything.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from pathlib import Path

from browser.chromium import FLAGS, browser_path
from browser.serve import server
from build_lite import OUT
from shared.notebooks import all_notebooks, runs_through

OPEN = """() => window.jupyterapp && jupyterapp.shell.currentWidget && jupyterapp.shell.currentWidget.sessionContext
    && jupyterapp.shell.currentWidget.sessionContext.session
    && jupyterapp.shell.currentWidget.sessionContext.session.kernel
    && jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'
    && jupyterapp.shell.currentWidget.content.widgets.length > 0"""
RUN = """async () => {
    const panel = jupyterapp.shell.currentWidget;
    await panel.context.ready;
    await jupyterapp.commands.execute('notebook:run-all-cells');
    return panel.content.model.toJSON().cells;
}"""


def printed(cell: dict) -> str:
    """What a code cell wrote to standard output."""
    texts = [o["text"] for o in cell["outputs"] if o["output_type"] == "stream" and o["name"] == "stdout"]
    return "".join(text if isinstance(text, str) else "".join(text) for text in texts)


def compare(stored: list[dict], seen: list[dict]) -> list[str]:
    """What is wrong with the cells after a run, beside those that are stored."""
    problems = []
    code = [(a, b) for a, b in zip(stored, seen, strict=True) if a["cell_type"] == "code"]
    for number, (old, new) in enumerate(code, 1):
        raised = [o for o in new["outputs"] if o["output_type"] == "error"]
        if raised:
            problems.append(f"cell {number} raises {raised[0]['ename']}: {raised[0]['evalue'][:200]}")
        elif not new["execution_count"]:
            problems.append(f"cell {number} was not run")
        elif printed(new) != printed(old) and "solver" not in old["metadata"].get("tags", []):
            problems.append(f"cell {number} prints {printed(new)[:200]!r}, stored is {printed(old)[:200]!r}")
    return problems if code else ["there is no code cell"]


def run(page, base: str, site: Path, name: str, timeout: float) -> list[str]:
    """Open one notebook, run it, and say what is wrong."""
    foreign: list[str] = []
    page.context.on("request", lambda r: foreign.append(r.url) if not r.url.startswith((base, "data:", "blob:")) else 0)
    start = time.monotonic()
    page.goto(f"{base}lab/index.html?path={name}")
    page.wait_for_function(OPEN, timeout=timeout * 1000)
    ready = time.monotonic()
    seen = page.evaluate(RUN)
    print(f"      {name}: kernel after {ready - start:.1f} s, cells in {time.monotonic() - ready:.1f} s", flush=True)
    stored = json.loads((site / "files" / name).read_text(encoding="utf8"))["cells"]
    problems = compare(stored, seen)
    return problems + [f"asks another server: {url}" for url in dict.fromkeys(foreign)]


def check(site: Path, names: list[str], timeout: float, chromium: str) -> int:
    """Number of notebooks with a problem."""
    from playwright.sync_api import Error, sync_playwright

    serving, bad = server(site, 0), 0
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{serving.server_port}/"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        for name in names:
            context = browser.new_context()
            page = context.new_page()
            page.set_default_timeout(timeout * 1000)
            try:
                problems = run(page, base, site, name, timeout)
            except Error as error:
                problems = [f"does not come to an end: {str(error).splitlines()[0]}"]
            context.close()
            print(f"      {'FAILED' if problems else 'ok':6s} {name}", flush=True)
            print("".join(f"             {problem}\n" for problem in problems), end="", flush=True)
            bad += bool(problems)
        browser.close()
    serving.shutdown()
    return bad


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("notebooks", nargs="*", help="such as book/ch1_games.ipynb")
    parser.add_argument("--site", type=Path, default=OUT, help="folder of the JupyterLite site")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for each notebook")
    options = parser.parse_args()
    chromium = browser_path()
    site = options.site.resolve()
    found = [path.as_posix() for path in filter(runs_through, all_notebooks(site / "files" / "book"))]
    if chromium is None or not found:
        missing = "no Chromium on this machine" if chromium is None else f"{site} is no built site; run `make lite`"
        print(f"mornavi-lite: {missing}", file=sys.stderr)
        return 2
    return min(check(site, options.notebooks or found, options.timeout, chromium), 100)


if __name__ == "__main__":
    sys.exit(main())
