"""The page of claims: every theorem of the book is on it, and every row has a kind and a place that exists."""

from __future__ import annotations

import re

import pytest

from tests import ROOT
from tests.book.book_text import markdown, missing_places, pages

PAGE = ROOT / "book/reference/claims.md"
KINDS = {"proven here", "proven elsewhere", "measured", "conjectured", "open"}
#: Proofs prove something that has a label of its own; definitions and algorithms claim nothing.
STATEMENT = re.compile(
    r"\{prf:(theorem|proposition|lemma|corollary|conjecture)\}[^\n]*\n(?::(?!label)[^\n]*\n)*(?::label: *(\S+))?"
)


def statements(text):
    """Labels of the statements that a page claims; a statement without a label has the label ''."""
    return [label for _, label in STATEMENT.findall(text)]


def rows(page):
    """Claim, kind and place of each row, without the heads of the tables and the table of kinds."""
    cells = [
        [c.strip() for c in line.strip("|\n ").split(" | ")] for line in page.splitlines() if line.startswith("| ")
    ]
    return [row for row in cells if row[0] not in {"claim", "kind", *KINDS}]


def complaints(page):
    """Rows of another shape, of an unknown kind, or without a place that exists."""
    bad = []
    for row in rows(page):
        if len(row) != 3:
            bad.append(f"{len(row)} cells: {row}")
            continue
        claim, kind, place = row
        bad += [] if kind in KINDS else [f"unknown kind {kind!r}: {claim}"]
        bad += [] if claim.endswith((".", "?")) else [f"no sentence: {claim}"]
        bad += missing_places(place)
    return bad


def test_every_statement_of_the_book_is_on_the_page():
    listed = re.findall(r"\{prf:ref\}`([^`]+)`", PAGE.read_text(encoding="utf8"))
    missing = [(path.stem, label) for path in pages() for label in statements(markdown(path)) if label not in listed]
    assert missing == [], "a statement without a row, or without a label"


def test_the_book_has_statements():
    assert sum(len(statements(markdown(path))) for path in pages()) >= 35


def test_every_row_has_a_kind_and_a_place():
    page = PAGE.read_text(encoding="utf8")
    assert {row[1] for row in rows(page)} == KINDS
    assert complaints(page) == []


def test_every_chapter_has_claims():
    page = PAGE.read_text(encoding="utf8")
    heads = re.findall(r"^## (\w+(?: \d+)?)", page, re.MULTILINE)
    chapters = [f"Chapter {found[1]}" for path in pages() if (found := re.match(r"ch(\d+)", path.stem))]
    assert heads == ["Welcome", *chapters, "Speed", "Trust"]


@pytest.mark.parametrize(
    "row",
    [
        "| A claim. | proven | {prf:ref}`rectangular` |",
        "| A claim. | measured | Chapter 2 |",
        "| A claim. | measured | {prf:ref}`no-such-theorem` |",
        "| A claim. | measured | {ref}`no-such-section` |",
        "| A claim. | measured | {doc}`Chapter 1 </book/ch1_games>`, *No such section* |",
        "| A claim. | measured | {doc}`Chapter 1 </book/ch1_games>` |",
        "| A claim. | measured | {doc}`Chapter 0 </book/no_such_page>`, *By hand* |",
        "| A claim. | measured |",
        "| A claim | measured | {prf:ref}`rectangular` |",
    ],
)
def test_wrong_rows_are_found(row):
    assert complaints("| A claim. | proven here | {prf:ref}`rectangular` |") == []
    assert complaints(row)


def test_statements_are_found_with_and_without_a_label():
    assert statements("```{prf:lemma} A name\n:class: dropdown\n:label: a-lemma\n\nText.\n```") == ["a-lemma"]
    assert statements("```{prf:theorem} A name\nText.\n```") == [""]
    assert statements("```{prf:proof}\nText.\n```\n{prf:ref}`a-lemma`") == []
