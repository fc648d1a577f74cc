"""Markov games: the arrays, their checks, and play.

**Objects.** A finite-horizon tabular Markov game with m players is a nominal kernel P (H, S, A, S), rewards r
(m, H, S, A) and an initial distribution (S,). Index order is always player, step, state, joint action, next state.
Joint actions are flattened in C order over ``n_actions``: with ``n_actions = (2, 3)`` the joint action 4 is action 1 of
player 0 and action 1 of player 1.

**Operator.** ``MarkovGame.play`` draws episodes of a joint policy, any number of them at once, as flows of counts.

**Guarantee.** A game is checked when it is made and read-only afterwards: every row is a distribution, every reward is
in its range. What repeats one step is stored once.

**Files.** ``markov_game`` has the class. Its methods: ``builders`` and ``stepping`` make a game of what its author has,
``playing`` draws episodes, ``stored`` saves and compares. ``arrays`` checks and keeps the arrays, ``sparse`` keeps rows
as lists of next states, ``legal`` knows the actions that a player does not have, ``names`` what all is called,
``flows`` how counts are drawn. Chapter 1 of the book.
"""

from __future__ import annotations

from .markov_game import MarkovGame

__all__ = ["MarkovGame"]
