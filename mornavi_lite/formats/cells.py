"""The cells of a table or a log in CSV form: labels numbered by first appearance, values as float64, and the lines."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from typing import IO, NamedTuple, NoReturn

import numpy as np

from ..files import located
from ..games.stepping import Labels
from .columns import TABLE, Columns, Kind, columns_of
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
    rewards: np.ndarray  # (columns of rewards, n)
    step: np.ndarray | None
    probability: np.ndarray | None
    episodes: Labels
    episode: np.ndarray | None

    def fail(self, entry: int, column: int, what: str) -> NoReturn:
        """Raise an error at a cell."""
        raise ValueError(f"{place(self.source, int(self.lines[entry]), self.columns, column)}: {what}")


def place(source: str, line: int, columns: Columns, column: int) -> str:
    """Words for a cell."""
    return f"{source}, line {line}, column {column + 1} ({columns.names[column]})"


def read_cells(path: str | os.PathLike[str], kind: Kind = TABLE) -> Cells:
    """All cells of a file with a header, separated by commas, semicolons or tabs; UTF-8, else Latin-1."""
    try:
        return _read(path, kind, "utf-8-sig")
    except UnicodeDecodeError:
        return _read(path, kind, "latin-1")


def _read(path: str | os.PathLike[str], kind: Kind, encoding: str) -> Cells:
    file, parts = located("path", path), []
    source = str(file)
    with file.open(encoding=encoding, newline="") as handle:
        columns, delimiter, before = _header(handle, source, kind)
        states, episodes, actions = Labels(), Labels(), [Labels() for _ in columns.actions]
        labels = {columns.state: states, columns.next_state: states, **dict(zip(columns.actions, actions, strict=True))}
        if columns.episode is not None:
            labels[columns.episode] = episodes
        for rows, lines in _chunks(handle, delimiter, before, columns, source):
            parts.append(_arrays(rows, lines, columns, labels, source))
    if not parts:
        raise ValueError(f"{source} has no transitions")
    lines_of, *every = (np.concatenate(each) for each in zip(*parts, strict=True))

    def column(k: int | None) -> np.ndarray | None:
        return None if k is None else every[k]

    return Cells(
        source,
        columns,
        lines_of,
        states,
        every[columns.state],
        every[columns.next_state],
        [(known, every[k]) for known, k in zip(actions, columns.actions, strict=True)],
        np.stack([every[k] for k in columns.rewards]),
        column(columns.step),
        column(columns.probability),
        episodes,
        column(columns.episode),
    )


def _header(handle: IO[str], source: str, kind: Kind) -> tuple[Columns, str, int]:
    """The columns by the first line that is neither empty nor a comment, what separates them, and its number."""
    for line, text in enumerate(handle, start=1):
        if text.strip() and not text.startswith("#"):
            delimiter = next((mark for mark in ",;\t" if mark in text), ",")
            names = [name.strip() for name in next(csv.reader([text], delimiter=delimiter))]
            while names and not names[-1]:
                names.pop()
            return columns_of(names, source, line, kind), delimiter, line
    raise ValueError(f"{source} is empty: a {kind.title} has a header")


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
    rows: list[list[str]], lines: list[int], columns: Columns, labels: Mapping[int, Labels], source: str
) -> list[np.ndarray]:
    """The lines, and each column of some rows as an array: numbers of labels, or numbers."""
    n, cells = len(rows), list(zip(*rows, strict=True))

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

    numeric = {*columns.rewards, columns.probability, columns.step}
    every = [
        np.fromiter(map(labels[k].__getitem__, cells[k]), np.int64, n)
        if k in labels
        else numbers(k)
        if k in numeric
        else np.zeros(n)  # numbers of lines
        for k in range(len(columns.names))
    ]
    return [np.array(lines), *every]
