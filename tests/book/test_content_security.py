"""Each page of the built book says what it may load, and Chromium holds it to that."""

from __future__ import annotations

import re
import threading

import content_security
import pytest

from browser.serve import PAGES, server
from tests.book.page_checks import PATIENCE, kept, listen
from tests.book.test_pages import NAMES, WITH_WIDGETS, source

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
WITHOUT_SLIDERS, WITH_SLIDERS = "book/reference/run.html", "book/welcome.html"
#: What somebody might get into a page: each says whether it was done. ``other`` is another server of this machine.
ATTACKS = {
    "a script of another server": """other => new Promise(done => {
        const e = document.createElement('script');
        e.onload = () => done(window.done_to_it === 1);
        e.onerror = () => done(false);
        e.src = other + 'foreign.js';
        document.head.append(e);
    })""",
    "a script in the page": """() => {
        const e = document.createElement('script');
        e.textContent = 'window.done_to_it = 1';
        document.head.append(e);
        return window.done_to_it === 1;
    }""",
    "what a picture does that does not load": """() => new Promise(done => {
        const e = document.createElement('img');
        e.setAttribute('onerror', 'window.done_to_it = 1');
        e.addEventListener('error', () => done(window.done_to_it === 1));
        e.src = 'data:image/png;base64,AA';
    })""",
    "a message to another server": "other => fetch(other, {mode: 'no-cors'}).then(() => true, () => false)",
    "a picture of another server": """other => new Promise(done => {
        const e = new Image();
        e.onload = () => done(true);
        e.onerror = () => done(false);
        e.src = other + 'dot.svg';
    })""",
    "a frame": """other => new Promise(done => {
        const e = document.createElement('iframe');
        e.onload = () => done(e.contentDocument === null);  // no page of this server: it was loaded
        e.src = other + 'foreign.js';
        document.body.append(e);
    })""",
    "a worker that is no file of the book": """() => new Promise(done => {
        try {
            const worker = new Worker(URL.createObjectURL(new Blob(['postMessage(1)'])));
            worker.onmessage = () => done(true);
            worker.onerror = () => done(false);
        } catch (error) { done(false); }
    })""",
    "text as code": """() => new Promise(done => setTimeout(() => {
        try { done(new Function('return true')()); } catch (error) { done(false); }
    }))""",
}


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """Address of another server, with what should not be loaded."""
    folder = tmp_path_factory.mktemp("other")
    (folder / "foreign.js").write_text("window.done_to_it = 1", encoding="utf8")
    (folder / "dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>', encoding="utf8")
    with server(folder, 0) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/"
        serving.shutdown()


def attacked(context, site, name, other, policy=True):
    """Of the attacks, one after the other in one page: which are done, and which the policy is said to refuse."""
    page, done, refused = kept(context), set(), set()
    said = listen(page, site)
    page.goto(site + name)
    for attack, script in ATTACKS.items():
        said.clear()
        page.evaluate("() => { delete window.done_to_it; }")
        done |= {attack} if page.evaluate(script, other) else set()
        if policy and attack != "text as code":
            for _ in range(PATIENCE):  # the console is a little later
                if any("Content Security Policy" in line for line in said):
                    refused.add(attack)
                    break
                page.wait_for_timeout(50)
    return done, refused


@pytest.mark.browser
def test_what_is_not_of_the_book_is_not_done(readers, site, other):
    """A frame that is refused says that it was loaded."""
    done, refused = attacked(readers, site, WITHOUT_SLIDERS, other)
    assert done <= {"a frame"}
    assert refused == set(ATTACKS) - {"text as code"}


@pytest.mark.browser
def test_without_the_policy_each_of_them_is_done(browser, site, other):
    context = browser.new_context(bypass_csp=True)
    assert attacked(context, site, WITHOUT_SLIDERS, other, policy=False)[0] == set(ATTACKS)
    context.close()


@pytest.mark.browser
def test_on_pages_with_sliders_text_may_be_code_and_nothing_else_is_done(readers, site, other):
    done, refused = attacked(readers, site, WITH_SLIDERS, other)
    assert done - {"a frame"} == {"text as code"}
    assert refused == set(ATTACKS) - {"text as code"}


@pytest.mark.built
def test_every_page_has_its_policy_before_anything_that_is_loaded():
    for name in NAMES:
        text = source(name)
        (found,) = POLICY.finditer(text)
        assert found.start() < min(text.index(tag) for tag in ("<script", "<link", "<style", "<body"))
        assert "<meta charset" not in text[1024:], f"the encoding of {name} is found too late"
        assert ("'unsafe-eval'" in found[1]) == (name in WITH_WIDGETS)
        scripts = next(rule for rule in found[1].split("; ") if rule.startswith("script-src"))
        assert not re.search(r"'unsafe-inline'|http|\*", scripts) and "default-src 'none'" in found[1]


def test_a_policy_names_the_scripts_of_a_page_and_its_clicks():
    page = """<head><script>run()</script><script type="text/javascript">more()</script><script src="a.js"></script>
        <script type="application/json">data</script></head><a onclick="go(&quot;x&quot;)">x</a>"""
    said = content_security.policy(page, content_security.clicks(page))
    for text, named in (("run()", 1), ("more()", 1), ("", 0), ("data", 0), ('go("x")', 1), ("go(&quot;x&quot;)", 0)):
        assert said.count(content_security.digest(text)) == named
    assert "'unsafe-hashes'" in said and "'unsafe-eval'" not in said
    assert content_security.digest("alert('Hello, world.');") == "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
    assert "'unsafe-hashes'" not in content_security.policy("<head></head>", set())


def test_the_policy_stands_after_the_encoding_once():
    text = content_security.with_policy('<head>\n<meta charset="utf-8"/><script>1</script></head><head>', set())
    assert text.startswith('<head>\n<meta charset="utf-8"/>\n<meta http-equiv="Content-Security-Policy"')
    assert len(POLICY.findall(text)) == 1


def test_pages_are_there_to_be_tested():
    assert not PAGES.is_dir() or {WITHOUT_SLIDERS, WITH_SLIDERS} <= set(NAMES)
