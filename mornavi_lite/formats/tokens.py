"""The words, numbers and marks of a text, with the place of each: what Gambit's formats are read from."""

from __future__ import annotations

import math
import os
import re
from typing import NoReturn

from ..files import located

#: Larger files are refused before they are read, larger games before memory is taken for them.
MOST_BYTES = 2**28

# Repetitions that give nothing back (*+), so that no file makes the search slow.
TEXT = r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
NUMBER = r"([+-]?(?:[0-9]++(?:/[0-9]++|(?:\.[0-9]*+)?)|\.[0-9]++)(?:[eE][+-]?[0-9]++)?)(?=[\s{},\"]|\Z)"
TOKEN = re.compile(rf"\s*+(?:{NUMBER}|([{{}},])|{TEXT}|([A-Za-z]++)|\Z)", re.DOTALL)
WHOLE_NUMBER = re.compile(NUMBER)
KINDS = ("end", "number", "mark", "text", "word")


class Tokens:
    """The tokens of a text, one after the other: ``kind`` and ``word`` are those of the token that comes next."""

    def __init__(self, text: str, source: str) -> None:
        self.text, self.source = text, source
        self.start = self.end = 0
        self.kind, self.word = "", ""
        self.advance()

    def advance(self) -> None:
        """Go on to the next token."""
        found = TOKEN.match(self.text, self.end)
        if found is None:
            unread = re.compile(r"\s*+(\S{1,30})").match(self.text, self.end)
            self.start = unread.start(1) if unread else self.end
            self.fail(f"cannot read {unread[1] if unread else ''!r}")
        self.end, group = found.end(), found.lastindex or 0
        self.kind = KINDS[group]
        self.word, self.start = (found[group], found.start(group)) if group else ("", self.end)

    def expected(self, what: str) -> NoReturn:
        """Raise the error that something else was expected here."""
        shown = self.word if len(self.word) <= 30 else self.word[:27] + "..."
        self.fail(f"expected {what}, got {'the end of the file' if self.kind == 'end' else repr(shown)}")

    def fail(self, what: str) -> NoReturn:
        """Raise an error at the token that comes next."""
        before = self.text[: self.start]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise ValueError(f"{self.source}, line {line}, column {column}: {what}")

    def take(self, kind: str, what: str, word: str | None = None) -> str:
        """The next token, which must be of that kind (and that word), and go on."""
        if self.kind != kind or (word is not None and self.word != word):
            self.expected(what)
        taken = self.word
        self.advance()
        return taken

    def is_mark(self, mark: str) -> bool:
        """Whether the next token is that mark; if so, go on."""
        if self.kind != "mark" or self.word != mark:
            return False
        self.advance()
        return True

    def number(self, what: str) -> float:
        """The next token as the nearest float64, and go on."""
        if self.kind != "number":
            self.expected(what)
        value = number_of(self.word)
        if math.isnan(value):
            self.expected("a finite number")
        self.advance()
        return value

    def integer(self, what: str, low: int, high: int) -> int:
        """The next token as an integer from ``low`` to ``high``, and go on."""
        digits = self.word.removeprefix("+")
        if self.kind != "number" or not digits.isdecimal() or len(digits) > 18 or not low <= int(digits) <= high:
            self.expected(what)
        self.advance()
        return int(digits)


def number_of(word: str) -> float:
    """The nearest float64 to an integer, a decimal or a fraction; NaN if the word is no finite number."""
    if not WHOLE_NUMBER.fullmatch(word):
        return math.nan
    above, slash, below = word.partition("/")
    try:
        value = int(above) / int(below) if slash else float(above)
    except (ValueError, ZeroDivisionError, OverflowError):
        return math.nan
    return value if math.isfinite(value) else math.nan


def read_text(path: str | os.PathLike[str]) -> str:
    """The text of a file of at most 256 MiB: UTF-8, or Latin-1 if it is not that; with or without a byte-order mark."""
    with located("path", path).open("rb") as handle:
        content = bytearray()
        while len(content) <= MOST_BYTES and (part := handle.read(2**16)):  # room is made for what is there
            content += part
    if len(content) > MOST_BYTES:
        raise ValueError(f"{os.fspath(path)} has more than 256 MiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")
