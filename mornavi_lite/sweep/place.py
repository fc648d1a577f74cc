"""Where an entry of a grid stands, so that an error names the file, the line and the key."""

from __future__ import annotations

import re
from typing import Any


class Place:
    """Where an entry stands, for messages: by line if there is a text."""

    def __init__(self, source: str, text: str) -> None:
        self.source, self.lines = source, text.splitlines()
        self.table, self.number = "", 0

    def at(self, table: str, number: int) -> Place:
        """Errors in the ``with`` block belong to the table of this name and number."""
        self.table, self.number = table, number
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, (ValueError, TypeError, OverflowError, MemoryError)):
            message = str(error)
            raise self.error(self.table, self.number, re.split(r"\W", message)[0], message) from None

    def named(self, key: Any, message: str) -> ValueError:
        """A ValueError about what the file calls ``key``: an entry of its own, or a table."""
        is_table = not self._line("", 0, key) and self._line(key, 0, key)
        return self.error(key if is_table else "", 0, key, message)

    def error(self, table: str, number: int, key: str, message: str) -> ValueError:
        """A ValueError that names the file, the line or table, and says the message."""
        line = self._line(table, number, key)
        where = f", line {line}" if line else f", [[{table}]] {number + 1}" if table else ""
        return ValueError(f"{self.source}{where}: {message}")

    def _line(self, table: str, number: int, key: str) -> int:
        """Line of a key in the table of this number, or of the table's head; 0 where there is none."""
        found, inside, count = 0, not table, -1
        for n, line in enumerate(self.lines, start=1):
            head = re.match(r"\s*\[+\s*([\w.]+)\s*\]+\s*(#|$)", line)
            if head:
                count += head[1] == table
                inside = head[1] == table and count == number
                found = n if inside else found
            elif inside and re.match(rf"\s*[\"']?{re.escape(str(key))}[\"']?\s*[=.]", line):
                return n
        return found
