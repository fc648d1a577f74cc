"""A game of three players with awkward names, and what is in the HTML of a result."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np

from mornavi_lite import MarkovGame
from mornavi_lite.games.legal import stands_for

STATES = ("<b>home</b>", 'a & "b"', "$5 to $10", "far", "nowhere")
ACTIONS = (("stay", "go"), ("<left>", "right", "up"), ("yes", "no"))


def named_game(seed: int = 5, horizon: int = 4) -> MarkovGame:
    """Three players of two, three and two actions, some illegal; the last of five states follows on none."""
    rng = np.random.default_rng(seed)
    kernel = rng.dirichlet(np.full(4, 0.3), size=(horizon, 5, 12))
    kernel = np.concatenate([kernel * (kernel > 0.05), np.zeros((horizon, 5, 12, 1))], axis=-1)
    kernel /= kernel.sum(axis=-1, keepdims=True)
    legal = [np.ones((5, n), dtype=bool) for n in (2, 3, 2)]
    legal[0][1, 0] = legal[1][0, 1] = legal[1][3, 0] = legal[2][2, 1] = False
    stand = stands_for(tuple(legal), (2, 3, 2))
    kernel = np.take_along_axis(kernel, stand[None, ..., None], 2)
    reward = rng.uniform(-20, 50, size=(3, horizon, 5, 12))
    start = [0.5, 0.0, 0.0, 0.5, 0.0]
    options = {"reward_range": (-20, 50), "legal": legal, "state_names": STATES, "action_names": ACTIONS}
    return MarkovGame(kernel, reward, (2, 3, 2), start, name="<i>town</i> & country", **options)


class Page(HTMLParser):
    """Text of the lines, cells of the table and the note below it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lines, self.note = "", ""
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data
        elif self.open and self.open[-1] == "pre":
            self.lines += data
        elif self.open and self.open[-1] == "p":
            self.note += data


def steps_of(text: str) -> list[int]:
    """Steps of words such as "0-2, 4"."""
    found: list[int] = []
    for part in text.split(", "):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found
