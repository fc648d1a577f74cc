"""Numbers as they are written in files: the nearest float64, or none."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mornavi_lite.formats.tokens import Tokens, number_of


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**30))
def test_fractions_are_the_nearest_number(above: int, below: int) -> None:
    assert number_of(f"{above}/{below}") == float(Fraction(above, below))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_decimals_are_the_same_number(value: float) -> None:
    assert number_of(repr(value)).hex() == value.hex()


@pytest.mark.parametrize("word", ["+1.5", "1.5", "1.50", "15e-1", ".15E1", "0.15e+1", "3/2", "+6/4"])
def test_forms_of_one_number(word: str) -> None:
    assert number_of(word) == 1.5


@pytest.mark.parametrize(
    "word",
    ["", "x", "nan", "inf", "1_0", "1,5", "1.5.", "--1", "1/0", "1/-2", "1.5/2", "1e", "e5", "1e999", "1 2"],
)
def test_what_is_no_finite_number(word: str) -> None:
    assert math.isnan(number_of(word))


def test_tokens_one_after_the_other() -> None:
    tokens = Tokens(' word {"a \\" b", -1/2}\n 3e4 ', "file")
    seen = []
    while tokens.kind != "end":
        seen.append((tokens.kind, tokens.word))
        tokens.advance()
    wanted = [("word", "word"), ("mark", "{"), ("text", 'a \\" b'), ("mark", ","), ("number", "-1/2"), ("mark", "}")]
    assert seen == [*wanted, ("number", "3e4")]
