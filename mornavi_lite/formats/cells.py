"""The cells of a table in CSV form, as numbers: labels by first appearance, values as float64, each with its line."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple, NoReturn

import numpy as np

from ..games.stepping import Labels
from .columns import Columns, columns_of
from .tokens import number_of

#: Lines that are turned into arrays at a time: few enough to stay in cache.
CHUNK = 2**10


class Cells(NamedTuple):
    """All lines of a table, n of them."""

    source: str
    columns: Columns
    lines: np.ndarray  # (n,) numbers of the lines in the file
    states: Labels  # of the columns of states and of next states
    state: np.ndarray
    next_state: np.ndarray
    actions: list[tuple[Labels, np.ndarray]]  # one per column of actions
    step: np.ndarray | None
    probability: np.ndarray
    rewards: np.ndarray  # (columns of rewards, n)

    def fail(self, entry: int, column: int, what: str) -> NoReturn:
        """Raise an error at a cell."""
        raise ValueError(f"{place(self.source, int(self.lines[entry]), self.columns, column)}: {what}")


def place(source: str, line: int, columns: Columns, column: int) -> str:
    """Words for a cell."""
    return f"{source}, line {line}, column {column + 1} ({columns.names[column]})"


def read_cells(path: str | os.PathLike[str]) -> Cells:
    """All cells of a table with a header, separated by commas, semicolons or tabs; UTF-8, else Latin-1."""
    try:
        return _read(path, "utf-8-sig")
    except UnicodeDecodeError:
        return _read(path, "latin-1")


def _read(path: str | os.PathLike[str], encoding: str) -> Cells:
    source = os.fspath(path)
    parts = []
    with Path(path).open(encoding=encoding, newline="") as handle:
        columns, delimiter, before = _header(handle, source)
        states, actions = Labels(), [Labels() for _ in columns.actions]
        for rows, lines in _chunks(handle, delimiter, before, columns, source):
            parts.append(_arrays(rows, lines, columns, states, actions, source))
    if not parts:
        raise ValueError(f"{source} has no transitions")
    lines_of, state, following, chance, *rest = (np.concatenate(each) for each in zip(*parts, strict=True))
    own, paid = rest[: len(actions)], rest[len(actions) : len(actions) + len(columns.rewards)]
    step = None if columns.step is None else rest[-1]
    labelled = list(zip(actions, own, strict=True))
    return Cells(source, columns, lines_of, states, state, following, labelled, step, chance, np.stack(paid))


def _header(handle: IO[str], source: str) -> tuple[Columns, str, int]:
    """The columns by the first line that is neither empty nor a comment, what separates them, and its number."""
    for line, text in enumerate(handle, start=1):
        if text.strip() and not text.startswith("#"):
            delimiter = next((mark for mark in ",;\t" if mark in text), ",")
            names = [name.strip() for name in next(csv.reader([text], delimiter=delimiter))]
            while names and not names[-1]:
                names.pop()
            return columns_of(names, source, line), delimiter, line
    raise ValueError(f"{source} is empty: a transition table has a header")


def _chunks(
    handle: IO[str], delimiter: str, before: int, columns: Columns, source: str
) -> Iterator[tuple[list[list[str]], list[int]]]:
    """Rows of as many cells as there are columns, and their lines; empty lines are left out."""
    width = len(columns.names)
    reader = csv.reader(handle, delimiter=delimiter, skipinitialspace=True, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for row in reader:
            if len(row) != width or not row[columns.state]:
                if not any(cell.strip() for cell in row):
                    continue
                if len(row) < width or any(cell.strip() for cell in row[width:]):
                    raise csv.Error(f"{width} cells are expected, got {len(row)}")
                row = row[:width]
            rows.append(row)
            lines.append(before + reader.line_num)
            if len(rows) == CHUNK:
                yield rows, lines
                rows, lines = [], []
    except csv.Error as error:
        raise ValueError(f"{source}, line {before + reader.line_num}: {error}") from None
    if rows:
        yield rows, lines


def _arrays(
    rows: list[list[str]],
    lines: list[int],
    columns: Columns,
    states: Labels,
    actions: Sequence[Labels],
    source: str,
) -> list[np.ndarray]:
    """The columns of some rows as arrays: lines, state, next state, probability, actions, rewards, step."""
    n, cells = len(rows), list(zip(*rows, strict=True))

    def labels(known: Labels, column: int) -> np.ndarray:
        return np.fromiter(map(known.__getitem__, cells[column]), np.int64, n)

    def numbers(column: int) -> np.ndarray:
        try:
            values = np.fromiter(map(float, cells[column]), np.float64, n)
        except ValueError:
            values = np.full(n, np.nan)
        if not np.isfinite(values).all() or "_" in "".join(cells[column]):
            values = np.array([number_of(cell.strip()) for cell in cells[column]])
            if not np.isfinite(values).all():
                k = int(np.isfinite(values).argmin())
                where = place(source, lines[k], columns, column)
                raise ValueError(f"{where}: expected a number, got {cells[column][k]!r:.80}")
        return values

    first = [labels(states, columns.state), labels(states, columns.next_state), numbers(columns.probability)]
    own = [labels(known, column) for known, column in zip(actions, columns.actions, strict=True)]
    paid = [numbers(column) for column in columns.rewards]
    step = [] if columns.step is None else [numbers(columns.step)]
    return [np.array(lines), *first, *own, *paid, *step]
