"""The tests: the package's folders again, a file per module; tests/book for the book, tests/tools for the tools."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
