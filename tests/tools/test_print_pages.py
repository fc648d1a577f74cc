"""The pages of the book as one page to print: order, links, contents, solutions."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from pdf.print_pages import Page, contents, document, gather_solutions, read_pages

TOC = """
format: jb-book
root: book/welcome
parts:
  - caption: Tutorial
    chapters:
      - file: book/one
  - caption: Reference
    chapters:
      - file: book/reference/api
        sections:
          - file: book/reference/api/games
"""
WELCOME = """<section id="top"><h1>Welcome</h1>
<p><a href="one.html#eq">first</a> <a href="reference/api.html">api</a></p>
<p><a href="https://example.org/">out</a> <a href="../_modules/x.html">source</a></p></section>"""
ONE = """<section id="one"><h1>1. One<a class="headerlink" href="#one">#</a></h1>
<section id="sec"><h2>1.1. Section</h2><div class="math" id="eq"><span class="eqno">(1.1)</span>\\[x\\]</div>
<div class="cell tag_hide-input"><details class="above-input"><summary>Show</summary><div class="cell_input">code</div>
</details><div class="cell_output"><img alt="A" src="../_images/a.png"></div></div>
<div class="solution" id="sol"><p>Because <a href="#eq">(1.1)</a></p></div>
<div class="cell"><div class="cell_output">
<script type="application/vnd.jupyter.widget-view+json">{}</script></div></div>
</section></section>"""
OTHER = '<section id="{0}"><h1>{0}</h1><section id="more"><h2>More</h2></section></section>'


@pytest.fixture
def pages(tmp_path):
    (tmp_path / "_toc.yml").write_text(TOC)
    texts = {
        "welcome": WELCOME,
        "one": ONE,
        "reference/api": OTHER.format("api"),
        "reference/api/games": OTHER.format("games"),
    }
    for name, text in texts.items():
        path = tmp_path / "book" / f"{name}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'<html><body><nav>menu</nav><article class="bd-article">{text}</article></body></html>')
    return read_pages(tmp_path, tmp_path / "_toc.yml")


FRONT = {"title": "T & T", "author": "A", "edition": "E", "note": "N"}


def test_pages_stand_in_the_order_of_the_book_with_their_parts(tmp_path, pages):
    assert contents(tmp_path / "_toc.yml") == [
        ("book/welcome", "", 0),
        ("book/one", "Tutorial", 0),
        ("book/reference/api", "Reference", 0),
        ("book/reference/api/games", "Reference", 1),
    ]
    text = BeautifulSoup(document(pages, FRONT, {}), "html.parser")
    assert [a["id"] for a in text.select("article")] == [p.slug for p in pages]
    assert [p.get_text() for p in text.select(".part")] == ["Tutorial", "Reference"]
    assert text.title.get_text() == "T & T" and "menu" not in text.get_text()


def test_links_stay_inside_the_document_and_lead_somewhere(pages):
    text = BeautifulSoup(document(pages, FRONT, {}), "html.parser")
    every = [e["id"] for e in text.select("[id]")]
    assert len(every) == len(set(every))
    targets = [a["href"] for a in text.select("a[href]")]
    assert "https://example.org/" in targets
    assert all(t[1:] in every for t in targets if t.startswith("#"))
    assert all(t.startswith(("#", "https://")) for t in targets)
    assert not any("_modules" in t for t in targets) and "source" in text.get_text()
    assert [i["src"] for i in text.select("img")] == ["_images/a.png"]


def test_the_contents_have_the_page_numbers_that_are_given(pages):
    anchors = [anchor for page in pages for anchor, _ in page.headings]
    numbers = {anchor: 7 + k for k, anchor in enumerate(anchors)}
    text = BeautifulSoup(document(pages, FRONT, numbers), "html.parser")
    lines = [(a.span.get_text(), int(a.b.get_text())) for a in text.select(".toc a")]
    titles = ["Welcome", "1. One", "1.1. Section", "Solutions", "api", "More", "games"]
    assert lines == [(title, 7 + k) for k, title in enumerate(titles)]


def test_solutions_stand_at_the_end_and_what_only_moves_is_left_out(pages):
    article = pages[1].article
    last = article.select("section")[-1]
    assert last.h2.get_text() == "Solutions" and last.select_one(".solution")
    assert len(article.select(".solution")) == 1
    assert "code" not in article.get_text() and not article.select("script, .headerlink")
    assert len(article.select("div.cell")) == 1, "the cell of the slider is empty and goes"


FOLDED = """<details class="sd-dropdown"><summary><span class="sd-summary-text">{}</span></summary>
<div class="sd-summary-content"><p>{}</p></div></details>"""
QUIZ = [
    ("First?", [("Red", "No. Red."), ("Blue", "Yes. Blue.")]),
    ("Second?", [("Up", "Yes. Up."), ("Down", "No. Down.")]),
]


def test_a_quiz_keeps_its_answers_and_its_reasons_stand_with_the_solutions():
    asked = "".join(f"<p>{q}</p>" + "".join(FOLDED.format(*answer) for answer in answers) for q, answers in QUIZ)
    quiz = f'<section id="quiz"><h2>Quiz</h2>{asked}<p>After.</p></section>'
    article = f"<article><section><h1>T</h1>{quiz}</section></article>"
    page = Page("one", "", 0, BeautifulSoup(article, "html.parser").article)
    gather_solutions(page)
    quiz, solutions = page.article.select("section > section")
    assert quiz.get_text(" ", strip=True) == "Quiz First? Red Blue Second? Up Down After."
    assert [li.get_text() for li in quiz.select("ol[type=a] > li")] == ["Red", "Blue", "Up", "Down"]
    reasons = [li.get_text(strip=True) for li in solutions.select("ol > li > ol[type=a] > li")]
    assert reasons == ["No. Red.", "Yes. Blue.", "Yes. Up.", "No. Down."]
    assert len(solutions.select("ol:not([type]) > li")) == len(QUIZ) and not page.article.select("details")
