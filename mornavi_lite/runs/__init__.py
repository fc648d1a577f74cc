"""Runs: a learner plays a game, episode after episode, and a history tells what each plan was worth.

``run`` simulates; it knows the game, so it can say how far each plan was from a robust equilibrium. The learner sees
only counts. While a plan is kept, episodes are independent and only their counts matter, so they are drawn together,
in as many steps as it takes to notice that some visits have doubled: ten episodes or 10**12 cost about the same.

**Guarantee.** The same seed gives the same history, byte for byte, on every machine. A run that was stopped and taken
up again is the run without the break, and a file that is damaged is an error.

**Files.** ``episodes`` has the loop, ``history`` its record. Chapters 5 and 6 of the book.
"""

from __future__ import annotations

from .episodes import run
from .history import Checkpoint, History

__all__ = ["Checkpoint", "History", "run"]
