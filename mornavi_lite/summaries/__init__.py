"""What results say of themselves: lines of text, a table in a notebook, and the joint action to play.

**Objects.** ``About`` is what a solution (chapter 3), counts (chapter 4) or a plan (chapter 5) remember of the game:
names, ranges, start, and how often play visits each state. Names are text here, so that they go into files.

**Guarantee.** A result has at most six lines, and a table at most a dozen states, whatever the size of the game; what
is left out is counted. Numbers are rounded to where they are the same on every processor.

**Files.** ``about`` has the record, and ``act``; ``words`` the lines that are printed, ``table`` what a notebook shows.
"""

from __future__ import annotations

from .about import About, act, joint_name, text_of
from .table import html
from .words import LEARNED, given, headline, interval, many, mixing, number, per_player, short, sizes, start

__all__ = [
    "LEARNED",
    "About",
    "act",
    "given",
    "headline",
    "html",
    "interval",
    "joint_name",
    "many",
    "mixing",
    "number",
    "per_player",
    "short",
    "sizes",
    "start",
    "text_of",
]
