"""The laboratory's Python, here and not in a browser: the shown program is what ran, and what is wrong is said."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re

import laboratory
import numpy as np
import pytest
from bs4 import BeautifulSoup

from mornavi_lite import run
from tests import ROOT

SOURCE = ROOT / "book" / "_static" / "lab" / "workbench.py"
#: Three players, no two alike, with sets of three kinds.
ALL_DIFFER = {"game": "congestion", "sets": "tv:0.1,kl:0.05,chi2:0.2", "concept": "ce"}
TOLD = {"support": "1", "rows": "1", "min_probability": "0.1", "fail_state": "crash", "game": "intersection"}
NFG = 'NFG 1 R "Three" { "A" "B" "C" } { 2 3 1 } 1 2 3 4 5 6 7 8 9 0 1 2 5 5 -5 1 1 1'
CSV = """state,action,next state,probability,reward
new,run,new,0.9,4
new,run,worn,0.1,4
worn,run,worn,1,1
worn,repair,new,1,-2
"""
#: A stage game of three players from a file, and a table.
OWN = [
    {"game": "file", "file": "three.nfg", "sets": "kl:0.1,tv:0.3,nominal"},
    {"game": "file", "file": "machine.csv", "horizon": "7", "initial": "worn", "sets": "tv-support:0.2"},
]


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """The file, run as the page runs it, in a folder with two games."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "three.nfg").write_text(NFG)
    (tmp_path / "machine.csv").write_text(CSV)
    names: dict = {"__name__": "workbench"}
    exec(compile(SOURCE.read_text(encoding="utf8"), str(SOURCE), "exec"), names)
    return names


def ask(bench, what, picked):
    return json.loads(bench["answer"](json.dumps({"ask": what, "picked": picked})))


def to_the_end(bench, picked):
    told = ask(bench, "learn", picked)
    while not told.get("done") and "error" not in told:
        told = ask(bench, "step", {})
    return told


def printed(program):
    """What a program prints that knows nothing of the page."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(program, "program", "exec"), {"__name__": "__main__"})
    return said.getvalue().rstrip("\n")


@pytest.mark.parametrize("picked", [{}, ALL_DIFFER, {"game": "garnet", "concept": "nash"}, *OWN])
def test_the_shown_program_prints_what_the_page_shows(bench, picked):
    told = ask(bench, "solve", picked)
    assert printed(told["program"]) == told["numbers"]
    assert float(re.search(r"^gap: (.*)$", told["numbers"], re.MULTILINE)[1]) < 1e-9
    learnt = to_the_end(bench, picked | {"episodes": "3000", "seed": "5"})
    assert printed(learnt["program"]) == learnt["numbers"]


def test_every_game_of_the_form_can_be_solved_and_has_as_many_players_as_it_says(bench):
    for game, (_, players) in bench["GAMES"].items():
        sets = ",".join(f"tv:0.{k + 1}" for k in range(players))
        told = ask(bench, "solve", {"game": game, "sets": sets})
        assert told.get("done"), told
        assert re.search(r"\b1 player,|\b(\d) players,", told["numbers"])[1] in (str(players), None)


def test_what_is_assumed_reaches_the_learner(bench):
    told = to_the_end(bench, TOLD | {"episodes": "200"})
    for word in ("support=game", 'rows="stationary"', "min_probability=0.1", 'fail_state=game.state("crash")'):
        assert word in told["program"]
    alone = to_the_end(bench, {"game": "intersection", "episodes": "200"})
    certificates = [float(re.search(r"certificate (\S+),", each["said"])[1]) for each in (told, alone)]
    assert certificates[0] < certificates[1]


def test_looks_on_the_way_change_no_digit(bench):
    learning = bench["Learning"](bench["DEFAULT"] | {"game": "patrol", "episodes": "5000", "seed": "3"})
    looks = 0
    while not learning.step()["done"]:
        looks += 1
    whole = run(learning.made["learner"], learning.made["game"], 5000, seed=3)
    assert looks > 4
    assert np.array_equal(whole.episode, learning.history.episode)
    assert np.array_equal(whole.certificate, learning.history.certificate)
    assert (whole.gap <= whole.certificate + 1e-9).all()


@pytest.mark.parametrize(
    ("picked", "words"),
    [
        ({"sets": "tv:-1"}, "ValueError: radius must"),
        ({"sets": "tv:wide"}, "radius must be a number, got 'wide'"),
        ({"sets": "tv:0.1,kl:x"}, "radius of player 2 must be a number"),
        ({"sets": "tv:0.1,kl:0.1,tv:0.2"}, "ValueError: uncertainty"),
        ({"sets": "ball:1"}, "set must be one of"),
        ({"game": "chess"}, "game must be one of"),
        ({"concept": "best"}, "concept must be one of"),
        ({"delta": "2"}, "ValueError: delta must"),
        ({"delta": "nan"}, "ValueError: delta must"),
        ({"episodes": "0"}, "ValueError: n_episodes must"),
        ({"episodes": "1.5"}, "episodes must be an integer, got '1.5'"),
        ({"episodes": "inf"}, "episodes must be an integer"),
        ({"seed": "-1"}, "ValueError: seed must"),
        ({"fail_state": "nowhere"}, "ValueError: state must"),
        ({"game": "file"}, "choose a file first"),
        ({"game": "file", "file": "absent.csv"}, "FileNotFoundError"),
        ({"game": "file", "file": "machine.csv"}, "horizon"),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_package(bench, picked, words):
    assert words in ask(bench, "learn", picked)["error"]


@pytest.mark.parametrize("words", ['"), __import__("os").system("x', "'\n+print(1)#", "\\", "é\u2028\x00{x}"])
def test_words_from_an_address_stay_words(bench, words):
    """A link may hold anything: in the program it is one string, whatever is in it."""
    for field in ("fail_state", "initial", "file"):
        trees = []
        for text in ("word.csv", f"{words}.csv"):
            lines, _ = bench["program"](bench["DEFAULT"] | {**TOLD, **OWN[1], field: text}, "learn")
            trees.append([type(node).__name__ for node in ast.walk(ast.parse("\n".join(lines)))])
        assert trees[0] == trees[1] and trees[0].count("Constant") > 5


def test_names_are_no_markup(bench, tmp_path):
    (tmp_path / "odd.csv").write_text(CSV.replace("worn", "<img src=x onerror=alert(1)>").replace("run", "<b>"))
    told = ask(bench, "solve", {"game": "file", "file": "odd.csv", "horizon": "3"})
    assert "&lt;img" in told["html"] and not re.search(r"<(img|b)\b", told["html"])


def test_the_curve_lies_where_its_numbers_are(bench):
    learning = bench["Learning"](bench["DEFAULT"] | {"game": "patrol", "episodes": "20000"})
    while not learning.step()["done"]:
        pass
    history, drawn = learning.history, bench["curve"](learning.history)
    lines = dict(re.findall(r'<polyline class="lab-(\w+)" points="([^"]*)"', drawn))
    across, up = bench["axes"](history)
    for name, values in (("certificate", history.certificate), ("gap", history.gap)):
        x, y = np.array([point.split(",") for point in lines[name].split()], dtype=float).T
        assert (np.diff(x) >= 0).all() and x[0] == bench["LEFT"] and x[-1] <= bench["RIGHT"]
        assert (
            abs(10 ** (across.first + (x[-1] - across.start) / (across.end - across.start) * across.last) - 20000) < 300
        )
        if values[-1] > 0:
            share = (y[-1] - up.start) / (up.end - up.start)
            assert 10 ** (up.first + share * (up.last - up.first)) == pytest.approx(values[-1], rel=0.05)
        else:
            assert y[-1] == bench["BOTTOM"]
        assert (y >= bench["TOP"]).all() and (y <= bench["BOTTOM"]).all()
    assert f"certificate {history.certificate[-1]:.3g} and the gap {history.gap[-1]:.3g}" in drawn


@pytest.mark.parametrize("size", [0, 17_100_000])
def test_the_form_says_what_it_loads_or_how_to_get_it(bench, size):
    page = BeautifulSoup(laboratory.form(size), "html.parser")
    said = page.select_one(".lab-weight").get_text()
    assert ("17.1 MB" in said) == bool(size) and ("PYODIDE=FOLDER make book" in said) == (not size)
    assert all(button.has_attr("disabled") for button in page.select("button"))  # the script enables them
    assert page.select_one(".lab-result polyline") and "certificate" in page.select_one(".lab-result").get_text()
    assert json.loads(page.select_one("#laboratory")["data-begin"]) == bench["DEFAULT"]


def test_the_form_offers_what_the_program_knows(bench):
    page = BeautifulSoup(laboratory.form(0), "html.parser")
    games = {each["value"]: each.get("data-players") for each in page.select("#lab-game option")}
    assert games.pop("file") is None
    assert games == {name: str(players) for name, (_, players) in bench["GAMES"].items()}
    sets = page.select_one("template").select("[data-part=kind] option")
    assert [each["value"] for each in sets] == list(bench["SETS"])
    assert sorted(each["value"] for each in page.select("#lab-concept option")) == sorted(bench["CONCEPTS"])


def test_without_a_lock_file_nothing_is_said_to_be_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr(laboratory, "PYTHON", tmp_path)
    (tmp_path / "pyodide.asm.wasm").write_bytes(b"half")
    assert laboratory.what_is_loaded(["numpy"], ["workbench.py"]) == 0
