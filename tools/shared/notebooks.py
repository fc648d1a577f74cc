"""Which notebooks there are, and which of them run through from top to bottom.

The problem sets are there twice: the sources, with solutions, for instructors, and the sheets that are made of them,
which stop where an answer is missing.
"""

from __future__ import annotations

from pathlib import Path

from shared.steps import ROOT

SOURCES = Path("book/assignments/source")
SHEETS = Path("book/assignments/release")


def all_notebooks(book: Path = ROOT / "book") -> list[Path]:
    """Every notebook of a copy of the book, as a path from ``book/`` on, in order."""
    found = [Path("book") / path.relative_to(book) for path in sorted(book.rglob("*.ipynb")) if path.is_file()]
    return [path for path in found if not any(part.startswith(".") for part in path.parts)]


def runs_through(path: Path) -> bool:
    """Is it no sheet? tests/book/test_assignments.py runs those."""
    return not path.is_relative_to(SHEETS)


def is_handed_out(path: Path) -> bool:
    """Is it for readers: has it no solutions?"""
    return not path.is_relative_to(SOURCES)
