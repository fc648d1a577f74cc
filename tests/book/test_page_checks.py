"""The checks of tests/book/page_checks.py: a small page passes all of them, and each change for the worse is found."""

from __future__ import annotations

import base64

import pytest

from tests.book import page_checks
from tests.book.page_checks import CHECKS, kept, listen

pytestmark = pytest.mark.browser
ONE_PIXEL = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d494844520000000100000001010000000037"
        "6ef9240000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
    )
).decode()
PAGE = f"""<!doctype html><html lang="en" data-theme="light"><head><title>A page</title><style>
html {{ color: #000; background: #fff; }} html[data-theme="dark"] {{ color: #fff; background: #000; }}
.math {{ display: inline-block; max-width: 90px; overflow: auto hidden; }}
[role=slider] {{ width: 24px; height: 24px; position: relative; margin: 12px; }}
.noUi-touch-area {{ position: absolute; inset: -10px; }} .toggle-hidden .inside {{ display: none; }}
@media screen {{ .tag_still img {{ display: none; }} }}
</style></head><body><main class="bd-article"><h1>Title</h1>
<p>Text <span class="math"><mjx-container>x<mjx-assistive-mml></mjx-assistive-mml></mjx-container></span></p>
<details class="toggle-details"><summary>Solution</summary><p>Yes</p></details><pre>code</pre>
<script type="application/vnd.jupyter.widget-view+json">{{}}</script>
<div class="jupyter-widgets"><div class="widget-play"><button>Play</button></div>
<div class="noUi-handle" role="slider" tabindex="0" aria-label="radius" aria-valuenow="0" aria-valuemin="0"
  aria-valuemax="1"><div class="noUi-touch-area"></div></div>
<img alt="A dot" width="1" src="data:image/png;base64,{ONE_PIXEL}"></div>
<div class="tag_still"><div class="cell_output"><figure><img alt="Still" style="width: 1px"
  src="data:image/png;x=y;base64,{ONE_PIXEL}"><figcaption><span class="caption-number">Figure 1</span></figcaption>
</figure></div></div>
<div class="admonition dropdown toggle-hidden"><p class="admonition-title">Proof</p><p class="inside">So.</p></div>
</main><script>
document.querySelector('.admonition-title').addEventListener('click', e => {{
  e.target.parentElement.classList.toggle('toggle-hidden');
}});
const change = () => {{ document.querySelector('img').alt += '.'; }};
document.querySelector('[role=slider]').addEventListener('keydown', change);
document.querySelector('button').addEventListener('click', change);
addEventListener('beforeprint', () => {{
  document.documentElement.dataset.theme = 'light';
  document.querySelector('details').open = true;
  document.querySelector('.jupyter-widgets').hidden = true;
}});
addEventListener('afterprint', () => {{
  document.documentElement.dataset.theme = 'dark';
  document.querySelector('.jupyter-widgets').hidden = false;
}});
</script></body></html>"""
#: What in the page becomes what, and the check that has to say so.
WRONG = {
    "TeX": ("typeset", "<mjx-container>x<mjx-assistive-mml></mjx-assistive-mml></mjx-container>", "\\(x\\)"),
    "error in TeX": ("typeset", "<mjx-container>x", "<mjx-container><mjx-merror>x</mjx-merror>"),
    "formula without MathML": ("typeset", "<mjx-assistive-mml></mjx-assistive-mml>", ""),
    "no words": ("pictures", 'alt="A dot"', 'alt=" "'),
    "no attribute for words": ("pictures", 'alt="A dot"', ""),
    "picture that does not load": ("pictures", "data:image/png;base64,", "data:image/png;base64,A"),
    "picture too small": ("pictures", 'width="1"', 'style="width: 0.5px"'),
    "wide": ("sideways", "<pre>", '<pre style="width: 2000px">'),
    "wide on a phone": ("sideways", "<pre>", '<pre style="width: 400px">'),
    "formula with a scroll bar": ("sideways", "<mjx-container>", '<mjx-container><span style="padding: 99px">y</span>'),
    "formula that no key scrolls": (
        "accessible",
        "<mjx-container>x",
        f'<mjx-container><span tabindex="0">{"x" * 99}</span>',
    ),
    "text outside of every landmark": ("accessible", "</main><script>", "</main><p>Lost</p><script>"),
    "heading that is left out": ("accessible", "<pre>", "<h4>Part</h4><pre>"),
    "button without a name": ("accessible", ">Play<", "><"),
    "slider without a name": ("accessible", 'aria-label="radius"', ""),
    "pale": ("accessible", "<pre>", '<pre style="color: #bbb; background: #fff">'),
    "pale in the dark": ("accessible", "#fff; background: #000", "#444; background: #000"),
    "side bar on paper": ("printed", "<pre>", '<pre class="bd-sidebar-primary">'),
    "slider on paper": ("printed", "hidden = true", "hidden = false"),
    "code cut off": ("printed", "<pre>code", f'<pre style="overflow: auto">{"code" * 99}'),
    "folded": ("printed", "'details').open = true", "'details').open = false"),
    "dark paper": ("printed", "theme = 'light'", "theme = 'dark'"),
    "light after printing": ("printed", "theme = 'dark'", "theme = 'light'"),
    "slider that no key reaches": ("sliders", 'tabindex="0"', 'tabindex="-1"'),
    "dead slider": ("sliders", "'keydown', change", "'keydown', null"),
    "dead button": ("sliders", "'click', change", "'click', null"),
    "figure without a number": ("figures", "Figure 1", "Figure"),
    "still copy on the screen": ("figures", "@media screen", "@media print"),
    "small handle": ("figures", "width: 24px", "width: 23px"),
    "handle that fingers miss": ("figures", "inset: -10px", "inset: -9px"),
    "open proof": ("folds", "dropdown toggle-hidden", "dropdown"),
    "proof that stays folded": ("folds", "classList.toggle", "classList.add"),
    "proof without a button": ("folds", '"admonition-title"', '"rubric admonition-title-not"'),
    "proof under something": (
        "folds",
        '<div class="admonition dropdown',
        '<div style="position: fixed; inset: 0"></div><div class="admonition dropdown',
    ),
    "no slider": ("sliders", "noUi-handle", "handle"),
}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(page_checks, "PATIENCE", 10)


def complaints(readers, html, checks):
    page = kept(readers)
    page.set_content(html)
    found = {check.__name__: check(page) for check in checks}
    return {name for name, lines in found.items() if lines}


def test_a_good_page_passes_every_check(readers):
    assert complaints(readers, PAGE, CHECKS) == set()


@pytest.mark.parametrize("name", WRONG)
def test_each_check_finds_its_mistake(readers, name):
    check, good, bad = WRONG[name]
    assert PAGE.count(good) == 1
    assert complaints(readers, PAGE.replace(good, bad), [getattr(page_checks, check)]) == {check}


@pytest.mark.parametrize(
    ("element", "words"),
    [
        ('<img src="http://example.invalid/a.png" alt="">', "asks another server"),
        ("<script>fetch('http://example.invalid/')</script>", "asks another server"),
        ("<script>console.error('no')</script>", "script error: no"),
        ("<script>throw new Error('no')</script>", "script error: no"),
    ],
)
def test_what_goes_wrong_on_the_way_is_found(readers, element, words):
    page = kept(readers)
    problems = listen(page, "http://127.0.0.1:1/")
    page.set_content(PAGE.replace("</body>", f"{element}</body>"))
    for _ in range(1200):
        if any(line.startswith(words) for line in problems):
            return
        page.wait_for_timeout(50)
    raise AssertionError(problems)


@pytest.mark.parametrize(
    ("page_bytes", "style_bytes", "found"),
    [(3e6, 1.1e6, []), (3.1e6, 0, ["of its own"]), (0, 1.3e6, ["before the first letter"])],
)
def test_a_heavy_page_is_found(readers, page_bytes, style_bytes, found):
    """The style is no weight of its own: every page has it."""
    page, here = readers.new_page(), "http://127.0.0.1:1/"
    style = "/*" + " " * int(style_bytes) + "*/"
    page.route(f"{here}_static/style.css", lambda asked: asked.fulfill(body=style, content_type="text/css"))
    html = PAGE.replace("<title>", f"<link rel=stylesheet href={here}_static/style.css><title>")
    html += "-" * (int(page_bytes) - len(html))
    page.route(here, lambda asked: asked.fulfill(body=html, content_type="text/html"))
    page.goto(here)
    assert [line.partition(" bytes ")[2] for line in page_checks.light(page)] == found
    page.close()


def test_an_answer_of_404_is_found(readers, site):
    page = kept(readers)
    problems = listen(page, site)
    page.goto(f"{site}missing.html")
    assert f"answer 404: {site}missing.html" in problems


def test_without_a_browser_the_tests_are_skipped_and_in_continuous_integration_fail(monkeypatch):
    monkeypatch.setattr(page_checks, "browser_path", lambda: None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Chromium"):
        page_checks.chromium_or_skip()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no Chromium"):
        page_checks.chromium_or_skip()
