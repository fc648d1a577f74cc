"""The glossary's symbols come from one file, reference/symbols.toml: its table, and the symbol of each term.

The file is read when the glossary is. Nothing that was generated is stored, so nothing can be out of date.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

PAGE = "book/reference/glossary"
SOURCE = Path(__file__).resolve().parent.parent / "reference/symbols.toml"
MARK = "<!-- symbols -->"
HEAD = "| symbol | meaning; name in code | introduced in |\n|---|---|---|\n"


def load() -> dict[str, Any]:
    return tomllib.loads(SOURCE.read_text(encoding="utf8"))


def written(symbol: dict[str, str]) -> str:
    """A symbol and its name in code."""
    code = f", in code `{symbol['code']}`" if "code" in symbol else ""
    return f"${symbol['tex']}${code}"


def table(symbols: list[dict[str, str]]) -> str:
    """Three columns: four do not fit a phone."""
    rows = []
    for symbol in symbols:
        code = f"; `{symbol['code']}`" if "code" in symbol else ""
        rows.append(
            f"| ${symbol['tex']}$ | {symbol['meaning']}{code} | {symbol['where']} |"
        )
    return HEAD + "\n".join(rows)


def with_symbols(text: str, symbols: list[dict[str, str]]) -> str:
    """The glossary with the table at its mark, and a last line in the definition of each term that has a symbol."""
    terms = defaultdict(list)
    for symbol in symbols:
        if "term" in symbol:
            terms[symbol["term"]].append(written(symbol))
    lines, waiting = [], []
    for line in text.splitlines():
        if not line.strip() or line.startswith("```"):
            if waiting:
                lines.append(f"  Written {'; '.join(waiting)}.")
            waiting = []
        waiting = waiting + terms.pop(line, [])
        lines.append(line)
    if terms:
        raise ValueError(f"symbols.toml: no such term: {', '.join(terms)}")
    return "\n".join(lines).replace(MARK, table(symbols)) + "\n"


def read(app: Sphinx, page: str, source: list[str]) -> None:
    if page == PAGE:
        app.env.note_dependency(str(SOURCE))
        source[0] = with_symbols(source[0], load()["symbol"])


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
