"""How long a chapter takes to read, by a stated model, with what is folded closed and with it open.

usage: python tools/reading_time.py [--write] [book/NAME.ipynb ...]

With --write the first cell of each chapter states what the model says, to five minutes.

The model: 130 words a minute (a formula in a line, a name in code and a link count as one word each), 25 s a formula
of its own, 5 s a visible line of code, 3 s a line of output, 40 s a figure or slider, 90 s a visible proof on top of
its words. Folded are solutions, ``dropdown`` directives and whatever has ``:class: dropdown``. Code of a cell with the
tag ``hide-input`` is seen by nobody who does not ask for it, and counts in neither way.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

ROOT = Path(__file__).resolve().parent.parent
SECONDS = {"word": 60 / 130, "formula": 25.0, "code": 5.0, "output": 3.0, "figure": 40.0, "proof": 90.0}
PICTURES = {"image/png", "application/vnd.jupyter.widget-view+json"}
#: A still copy of a slider carries this tag; a reader of the page sees the slider alone.
STILL = "still"
FENCE = re.compile(r"^ *(`{3,}|:{3,})(?:\{([\w:-]+)\} *(.*)|(\w*))$")
OPTION = re.compile(r"^ *:[\w-]+:( |$)")
STATED = re.compile(r"\*\*Time\*\*: about (\d+) minutes, (\d+) with all that is folded")
MARKUP = [
    (re.compile(r"^ *\$\$.*?\$\$(?: *\([\w-]+\))?", re.DOTALL | re.MULTILINE), " @FORMULA@ "),
    (re.compile(r"(?<!\\)\$[^$]+\$|`[^`\n]+`"), "x"),
    (re.compile(r"\{[\w:-]+\}(?=x)"), ""),
    (re.compile(r"\]\([^)]*\)|^\([\w-]+\)=$|^[|: -]+$|<!--.*?-->", re.MULTILINE), ""),
]


class Fence(NamedTuple):
    """An open directive: the mark that closes it, its name, and whether what is in it is folded."""

    mark: str
    name: str
    folded: bool


class Reader:
    """Reads a notebook from top to bottom: counts in ``open`` all that it sees, in ``closed`` what is not folded."""

    def __init__(self, folder: Path = ROOT / "book") -> None:
        self.folder = folder
        self.open: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()
        self.inside: list[Fence] = []
        self.solution = False

    @property
    def folded(self) -> bool:
        return self.solution or any(fence.folded for fence in self.inside)

    def count(self, kind: str, number: int = 1) -> None:
        self.open[kind] += number
        if not self.folded:
            self.closed[kind] += number

    def words(self, lines: list[str]) -> None:
        """Count a piece of text that is folded or not as a whole, and empty the list of its lines."""
        text = "\n".join(lines)
        for pattern, put in MARKUP:
            text = pattern.sub(put, text)
        found = re.findall(r"@FORMULA@|\w[\w’'.,-]*", text)
        formulas = found.count("@FORMULA@")
        self.count("formula", formulas)
        self.count("word", len(found) - formulas)
        lines.clear()

    def markdown(self, source: str) -> None:
        lines, waiting = source.splitlines(), []
        for number, line in enumerate(lines):
            fence = FENCE.match(line)
            within = self.inside[-1] if self.inside else None
            if within and line.strip() == within.mark:
                self.words(waiting)
                self.inside.pop()
            elif fence:
                self.words(waiting)
                self.enter(fence, lines[number + 1 :])
            elif within and within.name in ("", "python", "math"):
                self.count("code", within.name == "python")
            elif not OPTION.match(line):
                waiting.append(line)
        self.words(waiting)

    def enter(self, fence: re.Match[str], rest: list[str]) -> None:
        mark, directive, title = fence[1], fence[2], fence[3] or ""
        options = []
        for line in rest:
            if not OPTION.match(line):
                break
            options.append(line.strip())
        if directive in ("solution-start", "solution-end"):
            self.solution = directive == "solution-start"
        folds = directive == "solution" or ":class: dropdown" in options
        if directive == "dropdown" or (folds and not self.solution):
            self.words([title])  # the words on the button are seen
        self.inside.append(Fence(mark, directive or fence[4], folds or directive == "dropdown"))
        if directive == "prf:proof":
            self.count("proof")
        self.count("formula", directive == "math")
        if directive == "literalinclude":
            self.count("code", listing(self.folder / title, options))

    def code(self, cell: Any) -> None:
        tags = cell.metadata.get("tags", [])
        if "hide-input" not in tags and "remove-input" not in tags:
            self.count("code", sum(bool(line.strip()) for line in cell.source.splitlines()))
        for out in cell.outputs:
            data = out.get("data", {})
            if PICTURES & set(data):
                self.count("figure", STILL not in tags)
            elif "text/markdown" in data:
                self.words(data["text/markdown"].splitlines())
            else:
                text = out.get("text", data.get("text/plain", ""))
                self.count("output", sum(bool(line.strip()) for line in text.splitlines()))


def listing(path: Path, options: list[str]) -> int:
    """Lines of a file that a page includes, or of the one function that it names."""
    text = path.read_text(encoding="utf8")
    names = [option.split()[1] for option in options if option.startswith(":pyobject:")]
    if names:
        (node,) = (n for n in ast.walk(ast.parse(text)) if getattr(n, "name", None) == names[0])
        text = ast.get_source_segment(text, node) or ""
    return sum(bool(line.strip()) for line in text.splitlines())


def counts(nb: Any) -> tuple[Counter[str], Counter[str]]:
    """What there is to read with the folded parts closed, and with them open."""
    reader = Reader()
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            reader.markdown(cell.source)
        elif cell.cell_type == "code":
            reader.code(cell)
    return reader.closed, reader.open


def minutes(found: Counter[str]) -> float:
    return sum(SECONDS[kind] * number for kind, number in found.items()) / 60


def both(path: Path) -> tuple[float, float]:
    """Minutes for a page as it opens, and with all that is folded."""
    closed, opened = counts(nbformat.read(path, as_version=4))
    return minutes(closed), minutes(opened)


def stated(nb: Any) -> tuple[int, int]:
    """The minutes that the first cell of a page states: as it opens, and with all that is folded."""
    found = STATED.search(nb.cells[0].source)
    if not found:
        raise ValueError("no '**Time**: about N minutes, M with all that is folded' in the first cell")
    return int(found[1]), int(found[2])


def state(path: Path, closed: float, opened: float) -> None:
    """Write both numbers, to five minutes, where the page states its time; the rest of the file stays as it is."""
    nb = nbformat.read(path, as_version=4)
    said = f"**Time**: about {5 * round(closed / 5)} minutes, {5 * round(opened / 5)} with all that is folded"
    nb.cells[0].source = STATED.sub(said, nb.cells[0].source)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(nbformat.writes(nb).rstrip("\n") + "\n", encoding="utf8")
    partial.replace(path)


def main() -> None:
    write = "--write" in sys.argv
    paths = [Path(name) for name in sys.argv[1:] if name != "--write"] or sorted((ROOT / "book").glob("*.ipynb"))
    print(f"{'':24s}{'min':>5s} {'open':>5s}   what there is to read unfolded")
    for path in paths:
        closed, opened = counts(nbformat.read(path, as_version=4))
        parts = ", ".join(f"{closed[kind]} {kind}" for kind in SECONDS)
        print(f"{path.stem:24s}{minutes(closed):5.0f} {minutes(opened):5.0f}   {parts}")
        if write:
            state(path, minutes(closed), minutes(opened))


if __name__ == "__main__":
    main()
