"""What every page of the built book must be, as seen in Chromium: each check goes from a page to complaints.

Nothing is installed here. Chromium is taken from the PATH, or from the variable CHROMIUM.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from browser.chromium import browser_path
from tests import ROOT

AXE = ROOT / ".make" / "page_tests" / "axe.min.js"
#: Chromium finds no server but this machine's. A route in each page would do the same, and switch off its cache.
NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
#: A phone, a tablet and a desk.
WIDTHS = (375, 768, 1440)
THEMES = ("light", "dark")
#: The smallest letters of a figure are 14.5 pixels high in its own size, and no smaller than 7.5 on a phone.
SMALLEST_SCALE = 7.5 / 14.5
#: A4 less margins of 10 mm, in CSS pixels.
PAPER = 718
MEGABYTE = 10**6
#: How often to look, every twentieth of a second, for what a busy machine does late.
PATIENCE = 1200
SLIDER = ".jupyter-widgets .noUi-handle"
#: Of what axe-core looks for by itself, all of WCAG 2.1 A and AA and what it calls best practice, that which colours,
#: sizes and folded menus decide.
LAYOUT = ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"]
LAYOUT += ["aria-hidden-focus", "button-name", "link-name", "label", "select-name", "nested-interactive"]
#: Half of the elements of a page are in formulas and in code, alike to axe-core: each formula becomes one letter, and
#: of the words of one colour in one piece of code the first keeps its element.
FEWER_ELEMENTS = """() => {
    document.querySelectorAll('mjx-container').forEach(e => e.replaceWith('x'));
    for (const box of document.querySelectorAll('.highlight pre')) {
        const seen = new Set();
        for (const e of box.querySelectorAll('span'))
            if (e.children.length || e.id || !seen.has(e.className)) seen.add(e.className);
            else e.replaceWith(e.textContent);
    }
}"""
#: What the sliders' part of the page shows: every visible picture in a widget.
FRAMES = """() => [...document.querySelectorAll('.jupyter-widgets img')]
    .filter(e => e.offsetParent).map(e => e.src + e.alt).join('|')"""


def chromium_or_skip() -> str:
    """The Chromium of this machine; else the test is skipped, and in continuous integration fails."""
    found = browser_path()
    if found is None:
        words = "no Chromium on this machine, so no page was opened; install it or set CHROMIUM"
        pytest.fail(words) if os.environ.get("CI") else pytest.skip(words)
    return found


def kept(context: Any) -> Any:
    """The one page that a context keeps, as if it were new: a new one is a process of its own, and twice the time."""
    page = context.pages[0] if context.pages else context.new_page()
    page.goto("about:blank")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.emulate_media(media="screen")
    return page


def listen(page: Any, base: str) -> list[str]:
    """All that a page does wrong on its way, as it happens. NO_NETWORK cuts off what it asks of anybody else."""
    problems: list[str] = []

    def asked(request: Any) -> None:
        if not request.url.startswith((base, "data:", "blob:", "about:")):
            problems.append(f"asks another server: {request.url}")

    for event, old in getattr(page, "heard_by", {}).items():
        page.remove_listener(event, old)
    page.heard_by = {
        "request": asked,
        "response": lambda r: problems.append(f"answer {r.status}: {r.url}") if r.status >= 400 else None,
        "console": lambda m: problems.append(f"script error: {m.text[:200]}") if m.type == "error" else None,
        "pageerror": lambda e: problems.append(f"script error: {str(e)[:200]}"),
    }
    for event, new in page.heard_by.items():
        page.on(event, new)
    return problems


def settle(page: Any) -> None:
    """Wait until formulas and widgets are drawn."""
    page.wait_for_load_state("load")
    page.evaluate("() => window.MathJax && MathJax.startup && MathJax.startup.promise.then(() => true)")
    if wanted := widgets_wanted(page):
        page.locator(SLIDER).nth(wanted - 1).wait_for()
    page.evaluate("() => document.fonts.ready.then(() => true)")


def widgets_wanted(page: Any) -> int:
    return page.locator("script[type='application/vnd.jupyter.widget-view+json']").count()


def show(page: Any, width: int, theme: str) -> None:
    """Give the window this width and the page this theme."""
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)


def typeset(page: Any) -> list[str]:
    """Formulas that stayed TeX, or that a screen reader cannot read."""
    bad = page.evaluate("""() => [...document.querySelectorAll('.bd-article .math')]
        .filter(e => !e.querySelector('mjx-container')).map(e => e.textContent.slice(0, 60))""")
    wrong = page.locator("mjx-merror").all_inner_texts()
    silent = page.evaluate("""() => [...document.querySelectorAll('mjx-container')]
        .filter(e => !e.querySelector('mjx-assistive-mml')).length""")
    return [f"not typeset: {text}" for text in bad + wrong] + ([f"{silent} formulas without MathML"] if silent else [])


def pictures(page: Any) -> list[str]:
    """Pictures that do not load, say nothing to who does not see them, or shrink on a phone until nobody can."""
    show(page, WIDTHS[0], "light")
    found = page.evaluate("""() => [...document.querySelectorAll('.bd-article img')].map(e => ({
        src: e.src.slice(0, 60), alt: e.alt.trim(), seen: !!e.offsetParent, natural: e.naturalWidth,
        loaded: e.complete && e.naturalWidth > 0, width: e.getBoundingClientRect().width}))""")
    bad = [f"no alternative text: {p['src']}" for p in found if not p["alt"]]
    bad += [f"does not load: {p['src']}" for p in found if p["seen"] and not p["loaded"]]
    drawn = [p for p in found if p["seen"] and p["loaded"]]
    return bad + [
        f"shown at {p['width']:.0f} of {p['natural']} pixels: {p['alt'][:60]}"
        for p in drawn
        if p["width"] < SMALLEST_SCALE * p["natural"]
    ]


def sideways(page: Any) -> list[str]:
    """Widths at which the page has to be moved sideways, or a formula in a line of text has a scroll bar."""
    bad = []
    for width, theme in zip(WIDTHS, ("dark", "light", "dark"), strict=True):  # colours move nothing
        show(page, width, theme)
        wide, room, bars = page.evaluate("""() => [
            document.documentElement.scrollWidth, document.documentElement.clientWidth,
            [...document.querySelectorAll('span.math')].filter(e => e.offsetHeight > e.clientHeight).length]""")
        bad += [f"{wide} pixels wide where there are {room} ({theme})"] if wide > room else []
        bad += [f"{bars} scroll bars under formulas at {width} ({theme})"] if bars and width > WIDTHS[0] else []
    return bad


def accessible(page: Any, elsewhere: list[str] | None = LAYOUT) -> list[str]:
    """What axe-core finds on a desk, whatever its rules; on a phone and in the dark by these rules, None for all."""
    show(page, WIDTHS[0], "light")
    bad = [f"no key scrolls {text}" for text in unreachable(page)]
    page.evaluate(AXE.read_text(encoding="utf8"))
    page.evaluate(FEWER_ELEMENTS)
    page.mouse.move(0, 0)  # a link under it has another colour
    page.add_style_tag(content="* { transition: none !important; animation: none !important; }")
    for width, theme, only in ((WIDTHS[2], "light", None), (WIDTHS[0], "dark", elsewhere)):
        show(page, width, theme)
        unreachable(page)
        found = page.evaluate(
            """rules => axe.run(document, {...rules, resultTypes: ['violations'], preload: false})
            .then(r => r.violations.map(v => `${v.id}: ${v.nodes.length} x ${v.nodes[0].html.slice(0, 120)}`))""",
            {"runOnly": only} if only else {"rules": {"target-size": {"enabled": True}}},
        )
        bad += [f"{width} {theme}: {line}" for line in found]
    return bad


def unreachable(page: Any) -> list[str]:
    """Code and formulas that scroll, and not by key. The theme sees to it some time after the window has changed."""
    found: list[str] = []
    for _ in range(PATIENCE):
        found = page.evaluate("""() => [...document.querySelectorAll('pre, .math, .math mjx-container')]
            .filter(e => e.scrollWidth > e.clientWidth + 10 && e.tabIndex < 0
                && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)).map(e => e.textContent.slice(0, 60))""")
        if not found:
            break
        page.wait_for_timeout(50)
    return found


def printed(page: Any) -> list[str]:
    """What paper would show and should not, or cut off."""
    show(page, PAPER, "dark")
    page.emulate_media(media="print")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    bad = page.evaluate(
        """width => {
        const found = [];
        const seen = e => e.getClientRects().length && getComputedStyle(e).visibility !== 'hidden';
        for (const e of document.querySelectorAll(`.bd-sidebar-primary, .bd-sidebar-secondary, .bd-header-article,
                .prev-next-footer, .copybtn, .jupyter-widgets`))
            if (seen(e)) found.push(`prints ${e.className}`);
        for (const e of document.querySelectorAll('.bd-article pre, .bd-article div.math, .bd-article .output'))
            if (seen(e) && e.scrollWidth > e.clientWidth + 1)
                found.push(`cut off at ${e.clientWidth} of ${e.scrollWidth} pixels: ${e.textContent.slice(0, 50)}`);
        for (const e of document.querySelectorAll('details.toggle-details, .bd-article .toggle'))
            if (e.matches('details:not([open]), .toggle-hidden')) found.push('a folded solution stays folded');
        if (document.documentElement.scrollWidth > width) found.push(`is ${document.documentElement.scrollWidth} wide`);
        if (document.documentElement.dataset.theme !== 'light') found.push('light letters on white paper');
        return found;
    }""",
        PAPER,
    )
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    back = page.evaluate("() => document.documentElement.dataset.theme")
    return bad + ([] if back == "dark" else ["printing changes the theme of the screen"])


def sliders(page: Any) -> list[str]:
    """Sliders that no key reaches or that do not change the picture, and play buttons that do not."""
    wanted, bad = widgets_wanted(page), []
    if not wanted:
        return []
    handles, buttons = page.locator(SLIDER), page.locator(".widget-play button:first-child")
    if not handles.count() == buttons.count() == wanted:
        bad.append(f"{wanted} widgets, {handles.count()} sliders, {buttons.count()} play buttons")
    reached = tab_through(page)
    bad += [f"no key reaches slider {k + 1}" for k in range(handles.count()) if k not in reached]
    for k in range(handles.count()):
        if not changes(page, lambda k=k: press_either_way(handles.nth(k))):
            bad.append(f"slider {k + 1} does not change the picture")
    return bad + [f"play button {k + 1} does not change the picture" for k in not_playing(page, buttons)]


def not_playing(page: Any, buttons: Any) -> list[int]:
    """Numbers of the play buttons whose widget shows the same picture as before: all play at once, and then pause."""
    frames = """all => all.map(e => {
        let widget = e;
        while (widget.parentElement.closest('.jupyter-widgets'))
            widget = widget.parentElement.closest('.jupyter-widgets');
        return [...widget.querySelectorAll('img')].filter(e => e.offsetParent).map(e => e.src + e.alt).join('|');
    })"""
    before = buttons.evaluate_all(frames)
    dead = list(range(len(before)))
    for k in dead:
        buttons.nth(k).click()
    for _ in range(PATIENCE):
        now = buttons.evaluate_all(frames)
        dead = [k for k in dead if now[k] == before[k]]  # who comes round again has moved
        if not dead:
            break
        page.wait_for_timeout(50)
    buttons.evaluate_all("all => all.forEach(e => e.click())")  # pause
    return dead


def tab_through(page: Any) -> set[int]:
    """Numbers of the sliders that the Tab key stops at, on its way from the top of the text to its end."""
    page.evaluate(
        """slider => {
        const top = document.querySelector('h1 a, a, button'), all = [...document.querySelectorAll(slider)];
        if (top) top.focus();
        window.reached = new Set();
        document.addEventListener('focusin', e => reached.add(e.target === top ? 'top' : all.indexOf(e.target)));
    }""",
        SLIDER,
    )
    every, reached = set(range(page.locator(SLIDER).count())), set()
    for _ in range(60):
        for _ in range(25):
            page.keyboard.press("Tab")
        reached = set(page.evaluate("() => [...reached]"))
        if every <= reached or "top" in reached:
            break
    return reached & every


def press_either_way(handle: Any) -> None:
    """One step up, or down where the slider stands at its upper end."""
    handle.focus()
    at_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
    handle.press("ArrowLeft" if at_end else "ArrowRight")


def changes(page: Any, action: Callable[[], None]) -> bool:
    """Whether the visible frames are others soon after an action."""
    before = page.evaluate(FRAMES)
    action()
    return page.evaluate(
        f"""async ([before, looks]) => {{
        const frames = {FRAMES};
        for (let k = 0; k < looks * 5; k++) {{
            if (frames() !== before) return true;
            await new Promise(done => setTimeout(done, 10));
        }}
        return false;
    }}""",
        [before, PATIENCE],
    )


def figures(page: Any) -> list[str]:
    """Pictures of cells without number and caption, still copies of sliders on the screen or missing on paper, and
    handles that a finger does not find."""
    show(page, WIDTHS[0], "light")
    bad = page.evaluate("""() => [...document.querySelectorAll('.bd-article .cell_output img')]
        .filter(e => !e.closest('.jupyter-widgets') && !/\\d/.test(
            (e.closest('figure') || document.createElement('p')).querySelector('figcaption .caption-number')
                ?.textContent || '')).map(e => `no number: ${e.alt.slice(0, 60)}`)""")
    still = "() => [...document.querySelectorAll('.tag_still img')].map(e => e.getClientRects().length > 0)"
    bad += ["a still copy beside its slider"] * sum(page.evaluate(still))
    bad += page.evaluate("""() => [...document.querySelectorAll('.jupyter-widgets .noUi-handle')].flatMap(e => {
        const seen = e.getBoundingClientRect(), inside = e.querySelector('.noUi-touch-area');
        const touched = inside ? inside.getBoundingClientRect() : seen;
        return seen.width >= 24 && seen.height >= 24 && touched.width >= 44 && touched.height >= 44 ? []
            : [`a handle of ${seen.width} x ${seen.height} pixels, ${touched.width} to touch`]; })""")
    page.emulate_media(media="print")
    bad += ["no still copy on paper"] * page.evaluate(still).count(False)
    page.emulate_media(media="screen")
    return bad


def folds(page: Any) -> list[str]:
    """Boxes that are to be folded and are open, or do not open."""
    return page.evaluate("""() => [...document.querySelectorAll('.bd-article .admonition.dropdown')].flatMap(e => {
        const title = e.querySelector(':scope > .admonition-title'), text = e.textContent.trim().slice(0, 40);
        const folded = () => e.classList.contains('toggle-hidden');
        if (!title || !folded()) return [`not folded: ${text}`];
        title.scrollIntoView({block: 'center', behavior: 'instant'});
        const {left, top} = title.getBoundingClientRect();
        const under = document.elementFromPoint(left + 4, top + 4);  // beside the link in it
        if (!title.contains(under)) return [`lies under something: ${text}`];
        under.click();
        const shut = folded();
        title.click();
        return shut ? [`does not open: ${text}`] : [];
    })""")


def light(page: Any) -> list[str]:
    """Bytes that no other page needs, and bytes of styles and scripts that the first letter waits for."""
    own, waited_for = page.evaluate("""() => {
        const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
        const sum = some => some.reduce((total, e) => total + e.decodedBodySize, 0);
        return [sum(all.filter(e => !/[/](_static[/]|searchindex.js)/.test(e.name))),
            sum(all.filter(e => e.renderBlockingStatus === 'blocking'))]; }""")
    bad = [f"{own} bytes of its own"] if own > 3 * MEGABYTE else []
    return bad + ([f"{waited_for} bytes before the first letter"] if waited_for > 1.2 * MEGABYTE else [])


#: A click moves the place from which the Tab key goes on, so what folds is tried after the sliders.
CHECKS = [light, typeset, pictures, figures, sideways, printed, sliders, folds, accessible]
