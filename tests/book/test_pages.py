"""The built book in Chromium, with the network cut: every page, every slider, at every width, in both themes.

Run after ``make book``. Where there is no Chromium these tests are skipped, and say so; in continuous integration
(the variable CI) that is a failure. SCREENSHOTS=DIR keeps a picture of each page at each width and theme there.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from contextlib import contextmanager
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup

from browser.serve import PAGES
from tests import ROOT
from tests.book import page_checks
from tests.book.page_checks import CHECKS, THEMES, WIDTHS, kept, listen, settle, show

pytestmark = pytest.mark.browser
NAMES = sorted(
    name for name in (p.relative_to(PAGES).as_posix() for p in PAGES.rglob("*.html")) if not name.startswith("_static/")
)
WIDGET = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
#: A command, as in \rho, brackets of a formula, or an index in braces; code may have a line's end, \n.
LATEX = re.compile(r"\\(?!n)[a-zA-Z]{2,}|\\[()\[\]]|[_^]\{")


@cache
def source(name):
    return (PAGES / name).read_text(encoding="utf8")


WITH_WIDGETS = [n for n in NAMES if WIDGET in source(n)]
CHAPTERS = [n for n in NAMES if (ROOT / n).with_suffix(".ipynb").is_file()]
FIRST = "book/ch1_games.html"
#: Pages that are made alike: one in so many is opened each time, the others among the slow tests.
ALIKE = {"_modules/": 8, "book/reference/api/": 4, "book/assignments/release/": 3}


def sample(names, one_in):
    return [pytest.param(name, marks=pytest.mark.slow) if k % one_in else name for k, name in enumerate(names)]


def unlike(name):
    return not name.startswith(tuple(ALIKE))


TO_OPEN = list(filter(unlike, NAMES))
for folder, one_in in ALIKE.items():
    TO_OPEN += sample([n for n in NAMES if n.startswith(folder)], one_in)


@contextmanager
def opened(context, base, name):
    page = kept(context)
    problems = listen(page, base)
    page.goto(base + name)
    settle(page)
    yield page, problems


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
    assert len(CHAPTERS) > 5 and len(WITH_WIDGETS) > 5, "run `make book` first"


@pytest.mark.parametrize("name", TO_OPEN)
def test_page(readers, site, name):
    with opened(readers, site, name) as (page, problems):
        photograph(page, name)
        assert complaints(page, problems, CHECKS) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for k, n in enumerate(filter(unlike, NAMES)) if k % 3 == 0])
def test_every_rule_of_axe_on_a_phone_and_in_the_dark(readers, site, name):
    with opened(readers, site, name) as (page, _):
        assert page_checks.accessible(page, elsewhere=None) == []


@pytest.mark.parametrize("name", sample(WITH_WIDGETS, 6))
def test_sliders_move_without_a_server(readers, name):
    with opened(readers, f"{PAGES.as_uri()}/", name) as (page, problems):
        assert complaints(page, problems, [page_checks.typeset, page_checks.sliders]) == {}


def test_the_address_of_the_book_is_its_first_page(readers, site):
    with opened(readers, site, "") as (page, problems):
        assert page.url == site and page.title() == BeautifulSoup(source("book/welcome.html"), "html.parser").title.text
        page.locator(".bd-sidebar-primary a", has_text="robust Bellman").first.click()
        page.wait_for_url("**/book/ch2_bellman.html")
        assert problems == []


@pytest.mark.parametrize("word", ["worst", "monotone", "counts", "correlated", "visits"])
def test_search_results_are_words_without_latex(readers, site, word):
    with opened(readers, site, f"search.html?q={word}") as (page, problems):
        page.wait_for_function("() => / found /.test(document.querySelector('.search-summary')?.innerText)")
        page.wait_for_load_state("networkidle")
        shown = page.eval_on_selector_all("#search-results li", "all => all.map(e => e.innerText)")
        assert len(shown) > 5 and problems == []
        assert [text for text in shown if LATEX.search(text)] == []


def test_search_finds_the_pages_that_say_a_word(readers, site):
    with opened(readers, site, "book/welcome.html") as (page, problems):
        page.locator("button.search-button-field:visible").click()
        page.keyboard.type("rectangular")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=rectangular")
        page.wait_for_selector("#search-results li a")
        found = page.eval_on_selector_all("#search-results li a", "all => all.map(a => a.href.split(/[?#]/)[0])")
        assert site + "book/ch1_games.html" in found
        assert complaints(page, problems, [page_checks.sideways, page_checks.accessible]) == {}


def test_the_button_changes_the_theme_and_the_next_page_keeps_it(readers, site):
    with opened(readers, site, "book/welcome.html") as (page, problems):
        background = "() => getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(background)
        for _ in THEMES:
            if page.evaluate(background) == light:
                page.locator(".theme-switch-button:visible").click()
        dark = page.evaluate(background)
        assert dark != light
        page.goto(site + FIRST)
        assert page.evaluate(background) == dark
        page.evaluate("() => localStorage.clear()")
        assert problems == []


def test_printing_opens_the_solutions_and_makes_a_document(readers, site):
    with opened(readers, site, FIRST) as (page, _):
        page.evaluate("() => addEventListener('beforeprint', () => { document.title = 'was printed'; })")
        paper = page.pdf(format="A4")
        assert paper.startswith(b"%PDF") and paper.count(b"/Type /Page\n") > 5
        assert page.title() == "was printed"  # so what the check "printed" calls by hand is called


# --- what needs no browser --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_scripts_of_the_sliders_are_where_sliders_are(name):
    assert (
        ("vendor/widgets/embed-amd.js" in source(name)) == ("widget-boot.js" in source(name)) == (name in WITH_WIDGETS)
    )
    assert ("vendor/require.js" in source(name)) == (name in WITH_WIDGETS)


class Parts(HTMLParser):
    """Places, links and pictures of a page; the frames of its sliders too."""

    def __init__(self, text):
        super().__init__()
        self.places, self.links, self.pictures, self.in_state = set(), [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.places |= {found[key] for key in ("id", "name") if found.get(key)}
        self.links += [found[key] for key in ("href", "src") if found.get(key)]
        if tag == "img":
            self.pictures.append((found.get("src"), (found.get("alt") or "").strip()))
        self.in_state = tag == "script" and found.get("type") == STATE

    def handle_data(self, data):
        if self.in_state:
            for model in json.loads(data)["state"].values():
                if model["model_name"] == "HTMLModel":
                    self.pictures += Parts(model["state"]["value"]).pictures
            self.in_state = False


@cache
def parts(name):
    return Parts(source(name))


def lost_links(name, names):
    """Links of a page that lead to no file of the book, or to no place on the page that they name."""
    bad = []
    for link in parts(name).links:
        if urlsplit(link).scheme or link.startswith("//"):
            continue
        target, place = urldefrag(urljoin(f"/{name}", link))
        target = unquote(urlsplit(target).path).removeprefix("/")
        if not (PAGES / target).is_file():
            bad.append(link)
        elif place and target in names and unquote(place) not in parts(target).places:
            bad.append(link)
    return bad


@pytest.mark.parametrize("name", NAMES)
def test_no_link_leads_nowhere(name):
    assert lost_links(name, NAMES) == []


def soup_without_code(name):
    """Two of three elements of a chapter are words of its code."""
    return BeautifulSoup(re.sub(r"<pre>.*?</pre>", "", source(name), flags=re.DOTALL), "html.parser")


def from_formulas(name):
    """Pairs of a formula or box and the function that the line there leads to; what a formula says its box says too."""
    soup, direct, boxed, places = soup_without_code(name), set(), set(), defaultdict(list)
    for tag in soup.find_all(id=True):
        places[tag["id"]].append(tag)
    for line in soup.select("p.in-code"):
        (place,) = places[line["id"].removeprefix("code-of-")]
        assert any(above is place.parent for above in line.parents)  # beside the formula, or in the box
        functions = [urljoin(f"/{name}", link["href"]) for link in line.select("a")]
        direct |= {(f"/{name}#{place['id']}", function) for function in functions}
        boxed |= {(f"/{name}#{box.get('id')}", f) for box in line.find_parents(class_="proof") for f in functions}
    return direct, boxed


def from_functions(name):
    """The same pairs, by the links in the notes of the functions."""
    soup, found = soup_without_code(name), set()
    for entry in soup.select("dl:is(.function, .class, .method, .data) > dt.sig[id]"):
        # the notes of a class, and not those of its methods
        for link in entry.find_next_sibling("dd").select("a[href*='/ch']"):
            if link.find_parent("dl", class_="py") is entry.parent:
                found.add((urljoin(f"/{name}", link["href"]), f"/{name}#{entry['id']}"))
    return found


def test_formulas_and_functions_lead_to_each_other():
    direct, boxed = (set().union(*pairs) for pairs in zip(*map(from_formulas, CHAPTERS), strict=True))
    back = set().union(*(from_functions(name) for name in NAMES if "/reference/api/" in f"/{name}"))
    back = {pair for pair in back if "#" in pair[0]}  # other links lead to whole chapters
    assert len(direct) > 40
    assert direct <= back <= direct | boxed


def same_words(pictures):
    """Alternative texts of two or more different pictures; and the empty one."""
    shown = defaultdict(set)
    for picture, words in pictures:
        shown[words].add(picture)
    return [words for words, different in shown.items() if len(different) > 1 or not words]


def test_no_two_pictures_of_the_book_have_the_same_words():
    found = [(urljoin(f"/{n}", src), words) for n in NAMES for src, words in parts(n).pictures]
    assert len(found) > 100
    assert same_words(found) == []
