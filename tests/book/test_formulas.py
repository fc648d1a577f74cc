"""Formulas and functions name each other: a docstring the formula that it computes; the book builds the way back."""

from __future__ import annotations

import re

import pytest
from formula_links import ROLE

from tests import files_of
from tests.book.book_text import CHAPTERS, markdown

#: Steps of proofs, bounds and values that a chapter states, and computes where at all in a cell of its own.
WITHOUT_FUNCTION = {
    "summation-by-parts",
    "kl-identity",
    "price-of-fear",
    "mixture",
    "anytime",
    "tails-in-order",
    "optimism-excess",
    "regret-bound",
    "few-bad",
    "linear-regret",
    "crossing",
    "averaged-value",
    "price-of-robustness",
    "worst-case-gain",
    "past-the-edge",
    "radius-from-logs",
    "roofline",
}
EQUATION = re.compile(r"^\$\$ \(([\w-]+)\)$|^```\{math\}\n:label: (\S+)$", re.MULTILINE)


def numbered(text):
    """Labels of the numbered formulas of a page."""
    return [one or other for one, other in EQUATION.findall(text)]


def named():
    """Labels of the formulas that the docstrings of the package name."""
    texts = [path.read_text(encoding="utf8") for path in files_of("mornavi_lite", "**/*.py")]
    return {label for text in texts for kind, label in ROLE.findall(text) if kind == "eq"}


def test_every_numbered_formula_is_named_by_the_function_that_computes_it():
    found = [label for path in CHAPTERS for label in numbered(markdown(path))]
    assert len(found) > 40 and len(set(found)) == len(found)
    assert set(found) - named() == WITHOUT_FUNCTION


def test_numbered_formulas_are_found():
    text = "$$\nx\n$$ (one)\n\n```{math}\n:label: two\n\ny\n```\n$$ z $$\nsee $$ (none) of it"
    assert numbered(text) == ["one", "two"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Chapter 1, :eq:`gap` and :prf:ref:`def-gap`.", [("eq", "gap"), ("prf:ref", "def-gap")]),
        (":prf:ref:`a definition <def-gap>`", [("prf:ref", "def-gap")]),
        (":func:`solve` and :ref:`section`, in code ``eq``", []),
    ],
)
def test_a_docstring_names_formulas_by_their_roles(text, names):
    assert ROLE.findall(text) == names
