"""The prose of the book: British spelling, no doubled words, no phrases that explain nothing, no endless sentences.

The spelling is checked by codespell, which knows common mistakes and needs no dictionary of this book.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from importlib.resources import files

import nbformat
import pytest

from tests import ROOT
from tests.book.book_text import markdown, pages, sentences

#: Said of what the reader is to see, or of our own work.
EMPTY = re.compile(
    r"\b(clearly|simply|obvious|obviously|evidently|trivial|trivially|of course|needless to say|it is well known|"
    r"easy to see|easily seen|powerful|elegant|seamless|seamlessly|cutting-edge|state-of-the-art|blazing|effortless)\b",
    re.IGNORECASE,
)
#: American in codespell's list and British as well, in another sense: a computer's program, a story that is told.
BOTH = {
    "license",
    "practice",
    "practices",
    "program",
    "programs",
    "story",
    "stories",
    "meter",
    "check",
    "checks",
    "draft",
}
IZE = re.compile(r"\b[a-z]+(?:iz(?:e|es|ed|er|ers|ing|able|ation|ations)|yz(?:e|es|ed|ing))\b", re.IGNORECASE)
NOT_IZE = {"size", "sizes", "sized", "sizing", "resize", "resized", "prize", "prizes", "seize", "seized"}
#: A formula is the word "formula" and a name in code is "name", see book_text; "a million million" is meant.
TWICE = {"formula", "name", "million"}
#: Names that codespell takes for mistakes.
NAMES = "lite,jupyter"
LONGEST = 45  # words in a sentence


@cache
def american():
    """The British spelling of each American one, from codespell's list for the other direction."""
    lines = (files("codespell_lib") / "data/dictionary_en-GB_to_en-US.txt").read_text(encoding="utf8").splitlines()
    pairs = [line.split("->") for line in lines if "->" in line]
    found = {us.strip().lower(): gb for gb, words in pairs for us in words.split(",") if us.strip()}
    return {us: gb for us, gb in found.items() if us not in BOTH}


def not_british(sentence):
    words = re.findall(r"[a-z]+", sentence.lower())
    ize = [w for w in IZE.findall(sentence) if w.lower() not in NOT_IZE]
    return [f"{w} for {american()[w]}" for w in words if w in american()] + [f"{w}: write -ise" for w in ize]


def doubled(sentence):
    found = re.findall(r"\b([a-z]+) \1\b", sentence, re.IGNORECASE)
    return [f"{w} {w}" for w in found if w.lower() not in TWICE]


def empty_phrases(sentence):
    return EMPTY.findall(sentence)


def exclamations(sentence):
    return ["exclamation mark"] if re.search(r"\w[)\"”’]*!(?!=)", sentence) else []


def endless(sentence):
    words = len(re.findall(r"\w[\w’'.,-]*", sentence))
    return [f"{words} words"] if words > LONGEST else []


CHECKS = [not_british, doubled, empty_phrases, exclamations, endless]


@cache
def prose(path):
    """Sentences of a page, the alternative texts of its figures among them."""
    found = list(sentences(markdown(path)))
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        texts = [str(cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")) for cell in cells]
        found += [sentence for text in texts for sentence in sentences(text)]
    return found


#: Turns of phrase that came back too often, and how often they may stand in all chapters together.
WORN = {
    r"someone who runs the code": 0,
    r"^It costs\b": 2,
    r"\b(picture|figure|panel|line|curve|map)s? (does|do) not (say|show|know)\b": 2,
    r"\bDo not take (our|its|the \w+'s) word\b": 3,
}
#: Openings of boxes, which are meant to be the same everywhere.
FORMS = ("let formula be", "time about minutes", "you will be", "cite this chapter", "you need", "yes", "no ")
#: How often sentences of the chapters may begin with the same four words.
MOST = 6


def worn(lines):
    """Turns of phrase that come back more often than they may."""
    found = {turn: sum(bool(re.search(turn, line)) for line in lines) for turn in WORN}
    return {turn: times for turn, times in found.items() if times > WORN[turn]}


def openings(lines):
    """First four words that begin more sentences than MOST."""
    words = [re.findall(r"[a-z’']+", line.lower()) for line in lines]
    count = Counter(" ".join(each[:4]) for each in words if len(each) > 4)
    return {first: times for first, times in count.items() if times > MOST and not first.startswith(FORMS)}


def test_no_turn_of_phrase_comes_back_too_often():
    lines = [line for path in pages() if path.parent == ROOT / "book" for line in prose(path)]
    assert len(lines) > 2000
    assert worn(lines) == {} == openings(lines)


def test_what_comes_back_too_often_is_found():
    assert worn(["For someone who runs the code it is fast."]) and worn(["It costs a sort."] * 3)
    assert openings(["The panels of this figure differ."] * (MOST + 1)) and not openings(["Let formula be a set."] * 9)


def misspelled(texts, folder):
    """What codespell finds in texts, a dictionary from names of pages to their sentences."""
    for name, lines in texts.items():
        (folder / f"{name.replace('/', '_')}.txt").write_text("\n".join(lines), encoding="utf8")
    command = [sys.executable, "-m", "codespell_lib", "--builtin", "clear,rare", "-L", NAMES, "--config", "none", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf8")
    assert done.returncode in (0, 65), done.stderr  # 65: it found mistakes
    return done.stdout.splitlines()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_prose(check):
    bad = defaultdict(list)
    for path in pages():
        for sentence in prose(path):
            if found := check(sentence):
                bad[str(path.relative_to(ROOT))].append((found, sentence))
    assert dict(bad) == {}


def test_spelling(tmp_path):
    assert misspelled({str(p.relative_to(ROOT)): prose(p) for p in pages()}, tmp_path) == []


def test_pages_have_sentences():
    """Else the checks would have nothing to check."""
    assert sum(len(prose(path)) for path in pages()) > 3000
    assert all(len(prose(path)) > 100 for path in pages() if path.stem.startswith("ch"))


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        (not_british, "The behavior of the learner."),
        (not_british, "We optimize it."),
        (not_british, "An analyzed game."),
        (doubled, "This is is the value."),
        (doubled, "The the value."),
        (empty_phrases, "Clearly it holds."),
        (empty_phrases, "It is easy to see why."),
        (exclamations, "That is all!"),
        (endless, "and so " * LONGEST),
    ],
)
def test_each_check_finds_its_mistake(check, sentence):
    assert check(sentence)
    assert [found for other in CHECKS if other is not check for found in other(sentence)] == []


def test_a_misspelled_word_is_found(tmp_path):
    assert len(misspelled({"a/page": ["We recieve it.", "The radius seperates them."]}, tmp_path)) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "One line\ngoes on. Now: here.\n\n- an item\n- two",
            ["One line goes on.", "Now: here.", "- an item", "- two"],
        ),
        ("It is $x + y$ and `code` at [a page](to/it.md).", ["It is formula and name at a page."]),
        ("See {doc}`Chapter 1 </book/ch1>` and {eq}`gap`.", ["See Chapter 1 and name."]),
        ("```python\nbehavior = 1\n```\nEnd.", ["End."]),
        (
            "````{exercise} A title\n:label: a\n\nAsk `f!`.\n```python\nx = 1\n```\nGo.\n````",
            ["A title", "Ask name.", "Go."],
        ),
        ("$$\nx = 1.\nY\n$$ (behavior)\n\n(label)=\n## A head\nText", ["formula", "## A head", "Text"]),
    ],
)
def test_markup_is_no_prose(text, expected):
    assert list(sentences(text)) == expected
