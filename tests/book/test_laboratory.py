"""The laboratory in Chromium: the real package in the page, and nothing loaded before a click.

Run after ``make book``. Python for the browser is fetched in the set-up of ``make test``; where no source had it, these
tests are skipped, and say so.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

import mornavi_lite as ml
from browser.serve import PAGES
from mornavi_lite import zoo
from mornavi_lite.formats import read_table, write_nfg
from tests.book import page_checks
from tests.book.page_checks import listen

pytestmark = pytest.mark.browser
HERE = "book/laboratory.html"
NEEDS_PYTHON = pytest.mark.skipif(
    not (PAGES / "_static" / "pyodide" / "pyodide-lock.json").is_file(),
    reason="the book was built without Pyodide: no source had it; PYODIDE=FOLDER make book takes it from a folder",
)
IDLE = "() => document.querySelector('[aria-busy=false]') && !document.querySelector('[data-ask=learn]').disabled"
CSV = """state,action_row,action_column,next state,probability,reward_row,reward_column
new,run,watch,new,0.8,4,1
new,run,watch,worn,0.2,4,1
new,run,sleep,worn,1,5,0
worn,run,watch,worn,1,1,2
worn,run,sleep,worn,1,1,2
worn,repair,watch,new,1,-2,0
worn,repair,sleep,new,0.5,-2,3
worn,repair,sleep,worn,0.5,-2,3
"""


@pytest.fixture(scope="module")
def visit(browser, site):
    """One reader, whose page keeps its Python from test to test; all that was asked for, and all that went wrong."""
    context = browser.new_context()
    context.set_default_timeout(120_000)
    page = context.new_page()
    problems, asked = listen(page, site), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site + HERE)
    page.wait_for_load_state("networkidle")
    yield page, asked, problems
    context.close()


def press(page, button):
    """Press, and wait for the answer; what the page then says."""
    page.locator(f"[data-ask={button}]").click()
    page.wait_for_function(IDLE)
    return page.locator(".lab-status").inner_text()


def numbers(page):
    return page.evaluate("() => document.getElementById('laboratory').dataset.numbers")


def choose(page, **fields):
    """Fill the form in by a link."""
    words = "&".join(f"{name}={value}" for name, value in fields.items())
    page.evaluate("words => { location.hash = words; }", words)
    page.wait_for_function("words => location.hash === '#' + words", arg=words)


def test_before_a_click_there_is_a_result_and_nothing_of_python_is_loaded(visit):
    page, asked, problems = visit
    assert not [url for url in asked if re.search(r"pyodide|worker|workbench|\.wasm|\.whl", url)]
    assert page.locator(".lab-result svg polyline").count() == 2
    assert "certificate" in page.locator(".lab-result").inner_text()
    history = ml.run(ml.Mornavi(ml.TotalVariation(0.1)), zoo.safe_or_risky(), 10**9)
    assert f"certificate {history.best_certificate:.6g}" in page.locator(".lab-result pre").first.inner_text()
    assert problems == []


@NEEDS_PYTHON
def test_the_size_that_is_said_is_what_a_click_loads(visit):
    page, asked, problems = visit
    before, loaded = len(asked), {}
    page.on("response", lambda answer: loaded.update({answer.url: len(answer.body())}))
    assert press(page, "solve").startswith("Solved: gap 0.")
    said = float(re.search(r"([\d.]+) MB", page.locator(".lab-weight").inner_text())[1])
    sizes = {url: (PAGES / urlsplit(url).path.lstrip("/")).stat().st_size for url in asked[before:]}
    assert any(url.endswith(".wasm") for url in sizes)
    assert sum(sizes.values()) / 1e6 == pytest.approx(said, abs=0.06) and said <= 18
    assert problems == []


@NEEDS_PYTHON
@pytest.mark.parametrize(("sets", "concept"), [("tv:0.1,kl:0.05,chi2:0.2", "ce"), ("nominal", "cce")])
def test_every_digit_is_that_of_the_package_here(visit, sets, concept):
    """Three players, no two alike, each with a set of their own."""
    page, _, problems = visit
    choose(page, game="congestion", sets=sets, concept=concept, delta="0.1", episodes="1e6", seed="4")
    game = zoo.congestion()
    uncertainty = {"nominal": ml.Nominal()}.get(
        sets, [ml.TotalVariation(0.1), ml.KullbackLeibler(0.05), ml.ChiSquare(0.2)]
    )
    press(page, "solve")
    assert numbers(page) == repr(ml.solve(game, uncertainty, concept))
    said = press(page, "learn")
    history = ml.run(ml.Mornavi(uncertainty, concept=concept, delta=0.1), game, 10**6, seed=4)
    assert numbers(page) == repr(history)
    assert said.startswith(f"1,000,000 episodes, {history.n_plans} plans: certificate {history.best_certificate:.4g}")
    assert problems == []


@NEEDS_PYTHON
def test_a_link_brings_back_what_was_picked(visit, site):
    page, _, problems = visit
    choose(page, game="intersection", sets="kl:0.02,tv-support:0.3", concept="nash", episodes="1e4", support="1")
    address = page.locator(".lab-link").get_attribute("href")
    other = page.context.new_page()
    other.goto(site + HERE + address)
    assert other.locator("#lab-game").input_value() == "intersection"
    assert other.locator(".lab-set").count() == 2
    assert other.locator("[data-part=radius]").nth(1).input_value() == "0.3"
    again = {name: value for name, (value,) in parse_qs(other.locator(".lab-link").get_attribute("href")[1:]).items()}
    assert again == {name: value for name, (value,) in parse_qs(address[1:]).items()}
    assert again["sets"] == "kl:0.02,tv-support:0.3" and again["support"] == "1" and "rows" not in again
    other.close()
    assert problems == []


@NEEDS_PYTHON
def test_a_file_of_ones_own_is_solved_and_goes_nowhere(visit, tmp_path):
    page, asked, problems = visit
    (tmp_path / "farm.csv").write_text(CSV)
    choose(page, game="file", horizon="6", sets="tv:0.1,kl:0.3", concept="cce")
    press(page, "solve")  # without a file: Python is loaded, if no test before this one has done it
    page.locator("#lab-file").set_input_files(tmp_path / "farm.csv")
    before = len(asked)
    press(page, "solve")
    game = read_table(tmp_path / "farm.csv", 6, name="farm")
    assert numbers(page) == repr(ml.solve(game, [ml.TotalVariation(0.1), ml.KullbackLeibler(0.3)]))
    assert re.search(r"\((run|repair), (watch|sleep)\)", page.locator(".lab-table").inner_text())
    (tmp_path / "farm.csv").write_text(CSV.replace("0.8,4", "eight,4"))
    page.locator("#lab-file").set_input_files(tmp_path / "farm.csv")
    said = press(page, "solve")
    assert "farm.csv" in said and "line 2" in said and "eight" in said
    assert len(asked) == before and problems == []


@NEEDS_PYTHON
def test_a_stage_game_of_gambit_is_one_step_of_its_players(visit, tmp_path):
    page, asked, problems = visit
    payoffs = np.array([[1.0, -2, 0, 3, 2, 6], [4, 0, 1, 1, -1, 2]])  # 2 x 3 actions
    write_nfg(tmp_path / "swim.nfg", payoffs, (2, 3))
    choose(page, game="file", sets="tv:0.1", concept="ce")
    press(page, "solve")
    page.locator("#lab-file").set_input_files(tmp_path / "swim.nfg")
    before = len(asked)
    press(page, "solve")
    one, two = payoffs @ ml.solve_stage(payoffs, (2, 3), "ce")
    said = numbers(page)
    assert f"value at the start: {one:g} (player 1), {two:g} (player 2)" in said and "2 x 3 actions\n" in said
    (tmp_path / "swim.nfg").write_text("NFG 1 R")
    page.locator("#lab-file").set_input_files(tmp_path / "swim.nfg")
    assert "swim.nfg" in press(page, "solve")
    assert len(asked) == before and problems == []


@NEEDS_PYTHON
def test_what_is_wrong_is_said_in_the_words_of_the_package(visit):
    page, _, problems = visit
    choose(page, game="patrol", sets="tv:-0.5")
    with pytest.raises(ValueError) as error:
        ml.TotalVariation(-0.5)
    assert press(page, "solve") == f"ValueError: {error.value}"
    assert page.locator(".lab-status").get_attribute("aria-live") == "polite"
    assert problems == []


@NEEDS_PYTHON
def test_stop_ends_a_run_and_the_next_click_starts_another(visit):
    page, _, problems = visit
    choose(page, game="gambler", sets="kl:0.1", episodes="1e12")
    page.locator("[data-ask=learn]").click()
    page.wait_for_function("() => / plans: certificate /.test(document.querySelector('.lab-status').textContent)")
    assert press(page, "stop").startswith("Stopped.")
    choose(page, game="traffic_merge", sets="tv:0.1")
    assert press(page, "solve").startswith("Solved: gap 0.")
    assert problems == []


@NEEDS_PYTHON
def test_with_a_result_the_page_is_as_every_page(visit):
    page, _, problems = visit
    choose(page, game="congestion", sets="tv:0.1,kl:0.05,chi2:0.2", episodes="1e4")
    press(page, "learn")
    checks = (page_checks.sideways, page_checks.printed, page_checks.accessible)
    assert [line for check in checks for line in check(page)] == [] == problems


@NEEDS_PYTHON
def test_keys_alone_are_enough(visit):
    page, _, _ = visit
    page.set_viewport_size({"width": 375, "height": 800})
    page.evaluate("() => document.querySelector('h1 a').focus()")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => document.activeElement.id || document.activeElement.dataset.ask || ''"))
        if reached[-1] == "solve":
            break
    order = [name for name in ("lab-game", "lab-each", "lab-concept", "lab-episodes", "lab-delta", "lab-seed", "solve")]
    assert [name for name in reached if name in order] == order


@NEEDS_PYTHON
def test_a_run_that_does_not_come_to_its_next_look_is_ended(visit):
    """The last test of this page: its worker is gone."""
    page, _, problems = visit
    page.evaluate("() => { Worker.prototype.postMessage = function () {}; }")
    page.locator("[data-ask=solve]").click()
    assert press(page, "stop") == "Stopped."
    assert problems == []


def test_opened_from_a_disk_the_page_says_what_to_do(browser):
    page = browser.new_page()
    page.goto(f"{PAGES.as_uri()}/{HERE}")
    assert "make serve" in page.locator(".lab-status").inner_text()
    assert page.locator("[data-ask=solve]").is_disabled()
    assert page.locator(".lab-result svg").count() == 1
    page.close()
