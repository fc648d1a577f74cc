"""Put the pages of the built book together as one page to print: title, table of contents, parts, chapters.

What is printed is what the book shows: its texts, numbers, formulas and figures are taken from the built pages. Links
between pages become links inside the one page; sliders and folded code are left out, because paper moves nothing; the
solutions of a chapter and the reasons of its quiz stand at its end.
"""

from __future__ import annotations

import html
import posixpath
import re
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

import yaml
from bs4 import BeautifulSoup, Tag

#: Styles of the book that serve on paper as well; the theme's own layout does not.
STYLES = ["pygments.css", "sphinx-codeautolink.css"]
LEFT_OUT = (
    "a.headerlink, .toctree-wrapper, .tag_hide-input .cell_input, details.above-input, details.below-input, "
    "script, .sphinx-codeautolink-a[href^='#none'], a:has(> .viewcode-link), .jupyter-widgets"
)


@dataclass
class Page:
    """One page of the book, as it stands in the table of contents."""

    name: str
    part: str
    depth: int
    article: Tag
    headings: list[tuple[str, str]] = field(default_factory=list)

    @property
    def slug(self) -> str:
        return slug_of(self.name)


def slug_of(name: str) -> str:
    return re.sub(r"\W+", "-", name)


def contents(toc: Path) -> list[tuple[str, str, int]]:
    """Names of the pages in reading order, each with its part and its depth below the part."""
    book = yaml.safe_load(toc.read_text(encoding="utf8"))
    found = [(book["root"], "", 0)]

    def walk(entries: list[dict], part: str, depth: int) -> None:
        for entry in entries:
            found.append((entry["file"], part, depth))
            walk(entry.get("sections", []), part, depth + 1)

    for part in book["parts"]:
        walk(part["chapters"], part["caption"], 0)
    return found


def read_pages(folder: Path, toc: Path) -> list[Page]:
    """The pages of the book in ``folder``, ready to stand below one another."""
    pages = []
    for name, part, depth in contents(toc):
        soup = BeautifulSoup((folder / f"{name}.html").read_text(encoding="utf8"), "html.parser")
        pages.append(Page(name, part, depth, soup.select_one("article.bd-article")))
    names = {page.name for page in pages}
    for page in pages:
        tidy(page)
        move_links(page, names)
        gather_solutions(page)
        page.headings = headings(page)
    return pages


def tidy(page: Page) -> None:
    """Take out what only a screen can show."""
    for element in page.article.select(LEFT_OUT):
        element.decompose()
    for cell in page.article.select("div.cell, div.cell_output"):
        if not cell.get_text(strip=True) and not cell.find("img"):
            cell.decompose()
    for details in page.article.select("details"):
        details["open"] = ""


def move_links(page: Page, names: set[str]) -> None:
    """Identifiers become unique in the whole document, and links and pictures follow."""
    here = posixpath.dirname(page.name)
    for element in page.article.select("[id]"):
        element["id"] = f"{page.slug}--{element['id']}"
    for picture in page.article.select("img[src]"):
        if not re.match(r"[a-z]+:", picture["src"]):
            picture["src"] = posixpath.normpath(posixpath.join(here, picture["src"]))
    for link in page.article.select("a[href]"):
        place, _, anchor = link["href"].partition("#")
        if re.match(r"[a-z]+:", place):
            continue
        target = posixpath.normpath(posixpath.join(here, place)).removesuffix(".html") if place else page.name
        if target in names:
            link["href"] = f"#{slug_of(target)}" + (f"--{anchor}" if anchor else "")
        else:  # a page that is not printed: the listing of a module, the index
            link.unwrap()


def gather_solutions(page: Page) -> None:
    """Move the solutions and the quiz's reasons behind the last section, under a heading of their own."""
    solutions = page.article.select("div.solution") + quiz_reasons(page)
    if not solutions:
        return
    new = BeautifulSoup("", "html.parser").new_tag
    section, heading = new("section", id=f"{page.slug}--solutions"), new("h2")
    heading.string = "Solutions"
    section.append(heading)
    for solution in solutions:
        section.append(solution.extract())
    page.article.section.append(section)


def quiz_reasons(page: Page) -> list[Tag]:
    """Letter the answers of each question, and take out the reasons: they say which answer is right."""
    new = BeautifulSoup("", "html.parser").new_tag
    box, title, questions = new("div", attrs={"class": "solution"}), new("p", attrs={"class": "rubric"}), new("ol")
    title.string = "Quiz"
    for first in page.article.select("p + details.sd-dropdown"):
        question, answers, reasons = new("li"), new("ol", type="a"), new("ol", type="a")
        for folded in [first, *takewhile(lambda e: e.name == "details", first.find_next_siblings())]:
            for part, letters in ((".sd-summary-text", answers), (".sd-summary-content", reasons)):
                item = new("li")
                item.extend(list(folded.select_one(part).contents))
                letters.append(item)
        question.append(reasons)
        questions.append(question)
        first.insert_before(answers)
    for folded in page.article.select("details.sd-dropdown"):
        folded.decompose()
    box.extend([title, questions])
    return [box] if questions.contents else []


def headings(page: Page) -> list[tuple[str, str]]:
    """Identifier and title of the page and its sections, for the table of contents."""
    found = [(page.slug, page.article.h1.get_text())]
    for heading in page.article.select("section > h2"):
        found.append((heading.find_parent("section")["id"], heading.get_text()))
    return found if page.depth == 0 else found[:1]


def table_of_contents(pages: list[Page], numbers: dict[str, int]) -> str:
    """The contents as lines with page numbers; a number that is not known yet stands as 000, which is as wide."""
    lines, part = [], ""
    for page in pages:
        if page.part != part:
            part = page.part
            lines.append(f'<p class="toc-part">{html.escape(part)}</p>')
        for level, (anchor, title) in enumerate(page.headings):
            kind = "toc-chapter" if level == 0 and page.depth == 0 else "toc-section"
            lines.append(
                f'<p class="{kind}"><a href="#{anchor}"><span>{html.escape(title)}</span>'
                f"<i></i><b>{numbers.get(anchor, '000')}</b></a></p>"
            )
    return '<nav class="toc"><h1>Contents</h1>' + "\n".join(lines) + "</nav>"


def running_heads(pages: list[Page]) -> str:
    """Styles that put the title of the chapter above each of its pages."""
    rules, chapter = [], pages[0]
    for page in pages:
        if page.depth:  # the same kind of page as its chapter's: another kind would begin on a new sheet
            rules.append(f"#{page.slug} {{ page: {chapter.slug}; }}")
            continue
        chapter = page
        title = page.headings[0][1].replace("\\", "").replace('"', "'")
        rules.append(f'@page {page.slug} {{ @top-left {{ content: "{title}"; }} }}')
        rules.append(f"#{page.slug} {{ page: {page.slug}; }}")
    return "\n".join(rules)


def document(pages: list[Page], front: dict[str, str], numbers: dict[str, int]) -> str:
    """The whole page to print; it lies in the folder of the built book."""
    styles = "".join(f'<link rel="stylesheet" href="_static/{name}">' for name in STYLES)
    own = (Path(__file__).parent / "print.css").read_text(encoding="utf8")
    body, part = [], ""
    for page in pages:
        if page.part != part:
            part = page.part
            body.append(f'<div class="part"><p>{html.escape(part)}</p></div>')
        kind = "chapter" if page.depth == 0 else "subpage"
        body.append(f'<article class="{kind}" id="{page.slug}">{page.article.decode_contents()}</article>')
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(front["title"])}</title>{styles}
<style>{own}\n{running_heads(pages)}</style>
<script>window.MathJax = {{
  options: {{
    processHtmlClass: "math", ignoreHtmlClass: "mathjax_ignore", enableMenu: false, enableAssistiveMml: false
  }},
  chtml: {{mtextInheritFont: true}}
}};</script>
<script defer src="_static/vendor/mathjax/tex-chtml.js"></script></head><body>
<header class="front"><h1>{html.escape(front["title"])}</h1><p class="author">{html.escape(front["author"])}</p>
<p class="edition">{html.escape(front["edition"])}</p>
<p class="note">{html.escape(front["note"])}</p></header>
{table_of_contents(pages, numbers)}
<main>{"".join(body)}</main></body></html>
"""
