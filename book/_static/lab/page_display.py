"""What cells take of IPython.display, as a piece of a page: the worker has this as IPython and as IPython.display."""

import re
from html import escape

EDGES = re.compile(r"^\||\|$")


def get_ipython():
    """Matplotlib asks whether a notebook runs: none does."""


class Markdown:
    """Of Markdown a table, which is what the book's cells make."""

    def __init__(self, data):
        self.data = data

    def _repr_html_(self):
        lines = [
            [
                cell.strip()
                for cell in EDGES.sub("", line.strip()).split("|")
            ]
            for line in self.data.strip().splitlines()
        ]
        if len(lines) < 2 or not all(
            re.fullmatch(":?-+:?", cell) for cell in lines[1]
        ):
            return f"<p>{escape(self.data)}</p>"
        right = [cell.endswith(":") for cell in lines[1]]
        body = "".join(row("td", line, right) for line in lines[2:])
        return f'<table class="table"><thead>{row("th", lines[0], right)}</thead><tbody>{body}</tbody></table>'


def row(tag, cells, right):
    """A line of the table; numbers end where their column ends."""
    styles = [' class="text-right"' if each else "" for each in right]
    made = [
        f"<{tag}{style}>{escape(cell)}</{tag}>"
        for cell, style in zip(cells, styles, strict=False)
    ]
    return f"<tr>{''.join(made)}</tr>"
