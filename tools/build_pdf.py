"""Print the built book to one PDF with Chromium: table of contents with page numbers, outline, running heads.

usage: python tools/build_pdf.py [--pages DIR] [--out FILE]

The book is printed twice: the first time tells on which page each section begins, the second has these numbers in its
table of contents. Nothing is fetched: the formulas are set by the MathJax that the pages use.
"""

from __future__ import annotations

import argparse
import re
import sys
import threading
from pathlib import Path

import yaml
from pypdf import PdfReader

from browser.chromium import FLAGS, browser_path
from browser.serve import PAGES, server
from pdf.print_pages import Page, document, read_pages
from shared.steps import ROOT, write

OUT = ROOT / "_build" / "pdf" / "mornavi-lite.pdf"
NOTE = (
    "Printed from the pages of the book. Sliders and the code that draws figures are left out; the solutions of the "
    "exercises and the reasons of the quiz stand at the end of each chapter. Every number was computed on the page "
    "where it stands."
)
LARGEST = 30e6  # bytes: small enough to be sent by mail
#: What keeps a print from being good, as seen inside the page.
FAULTS = """() => [
    ...[...document.querySelectorAll('mjx-merror')].map(e => 'formula not set: ' + e.textContent.slice(0, 80)),
    ...[...document.images].filter(e => !e.naturalWidth).map(e => 'picture does not load: ' + e.src.slice(0, 80)),
    ...(document.querySelector('.math') && !document.querySelector('mjx-container') ? ['formulas are not set'] : []),
    ...[...document.querySelectorAll('a[href^="#"]')].filter(e => !document.getElementById(e.hash.slice(1)))
       .map(e => 'link leads nowhere: ' + e.hash),
]"""


def front_matter() -> dict[str, str]:
    """Title, author and edition, from where the book and the package have them."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))
    said = re.search(r'__version__ = "([^"]+)"', (ROOT / "mornavi_lite" / "__init__.py").read_text(encoding="utf8"))
    edition = f"Edition of mornavi_lite {said.group(1)}, {config['copyright']}"
    return {"title": config["title"], "author": config["author"], "edition": edition, "note": NOTE}


def page_numbers(pdf: Path) -> dict[str, int]:
    """On which page each named place is, counted from 1."""
    reader = PdfReader(pdf)
    found = {name: reader.get_destination_page_number(place) for name, place in reader.named_destinations.items()}
    return {name.removeprefix("/"): number + 1 for name, number in found.items() if number is not None}


def print_once(browser, address: str, out: Path) -> list[str]:
    """Open the page, wait for its formulas, print it; what is wrong with it."""
    page = browser.new_page()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.evaluate("() => MathJax.startup.promise")
    page.evaluate("() => document.fonts.ready")
    faults = page.evaluate(FAULTS)
    page.pdf(path=str(out), prefer_css_page_size=True, print_background=True, outline=True, tagged=True)
    page.close()
    return faults


def print_twice(browser, pages: list[Page], folder: Path, out: Path) -> list[str]:
    """The second print has the page numbers of the first, and leaves every section on its page."""
    sheet, front, numbers = folder / "print.html", front_matter(), {}
    serving = server(folder, 0)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    try:
        for _ in range(2):
            write(sheet, document(pages, front, numbers))
            faults = print_once(browser, f"http://127.0.0.1:{serving.server_port}/print.html", out)
            before, numbers = numbers, page_numbers(out)
    finally:
        sheet.unlink(missing_ok=True)
        serving.shutdown()
    wanted = [anchor for page in pages for anchor, _ in page.headings]
    faults += [f"not in the contents: {anchor}" for anchor in wanted if anchor not in numbers]
    faults += [f"moved to another page: {a}" for a in wanted if before.get(a) != numbers.get(a)]
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=Path, default=PAGES, help="folder of the built book")
    parser.add_argument("--out", type=Path, default=OUT, help="the PDF to write")
    options = parser.parse_args()
    chromium = browser_path()
    if chromium is None:
        print("mornavi-lite: the PDF is printed by Chromium; install it or set CHROMIUM", file=sys.stderr)
        return 2
    from playwright.sync_api import sync_playwright

    partial = options.out.with_suffix(".partial.pdf")
    partial.parent.mkdir(parents=True, exist_ok=True)
    pages = read_pages(options.pages, ROOT / "_toc.yml")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        faults = print_twice(browser, pages, options.pages.resolve(), partial)
        browser.close()
    if partial.stat().st_size > LARGEST:
        faults.append(f"{partial.stat().st_size / 1e6:.0f} MB are more than {LARGEST / 1e6:.0f}")
    print("".join(f"      {fault}\n" for fault in dict.fromkeys(faults)), end="")
    if faults:
        return 1
    partial.replace(options.out)
    print(f"      {options.out}: {len(PdfReader(options.out).pages)} pages, {options.out.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
