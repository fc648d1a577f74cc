"""Choosing the radius: from logs, from returns, and from where the plan changes.

A robust plan keeps its promise in every world of its ball, and the radius of the ball is a statement about the world in
which it will be played. Three ways to come by one. *Two logs*, one of the world in which the plan was made and one of
the world in which it is to be played, leave a radius for each row that both visited (:func:`from_logs`). *Returns* that
a policy earned there leave one radius for that policy (:func:`from_returns`), and for no other. Without data there is
the question at which radius the answer would change (:func:`flips`).

**Guarantee.** With probability 1 - delta the rows of the deployment lie within the radii of :func:`from_logs`, so every
plan earns at least its robust value in the game with these radii. Where either log has no visit the radius is 1 in
total variation: nothing is excluded.

**Files.** ``logs`` has the radii of all rows and which of them share delta, ``rows`` those of one row, ``coins`` the
exact tails that they are made of; ``returns`` has the radius of a policy that was played, ``changes`` where the plan
changes, ``sets`` what both ask of a class of sets. Definitions, proofs and measurements: chapter 10 of the book.
"""

from __future__ import annotations

from .changes import flips
from .logs import Radii, from_logs
from .returns import from_returns

__all__ = ["Radii", "flips", "from_logs", "from_returns"]
