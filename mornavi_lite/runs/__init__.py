"""Runs: a learner plays a game, episode after episode, and a history tells what each plan was worth.

``learn`` plays an environment of your own, episode by episode, and knows no more of it than its sizes: what a plan is
worth is then said by its certificate alone. ``run`` simulates; it knows the game, so it can say how far each plan was
from a robust equilibrium. The learner sees only counts. While a plan is kept, the episodes of a game are independent
and only their counts matter, so they are drawn together, in as many steps as it takes to notice that some visits have
doubled: ten episodes or 10**12 cost about the same.

**What a run asks.** Of a learner ``plan(counts)``, ``behaviour(plan)``, the policy that it plays in order to learn,
``uncertainty``, ``concept`` and ``replan``; ``collect(game, plan, n_episodes, rng)`` comes first where it has one and
the game is a ``MarkovGame``, and ``watched(visits)`` says of what the doubling starts a new plan. Of a plan ``policy``,
``upper`` and ``lower`` of shape (m, H+1, S), as :class:`mornavi_lite.Plan` has them. Of a game that is no
``MarkovGame``::

    horizon, n_states, n_actions      sizes; n_actions has a number for each player
    initial                           distribution of the first state, shape (S,)
    counts()                          counts of which nothing was seen, for the learner's ``plan``
    play(policy, n_episodes, rng)     what was played, as ``add_unchecked`` takes it; or play_unchecked, if there is one
    reward                            what ``add_unchecked`` takes beside it
    gap_and_value(policy, sets, concept)    the truth about a policy: its gap, and its values (m, H+1, S)
    digest()                          text that differs where anything of the game does

Its counts may be :class:`mornavi_lite.Counts`, or a kind of their own with ``visits`` (an array of integers),
``step_ranges`` (m, H, 2), ``add_unchecked(played, reward)`` and ``copy()``; with ``parts()``, ``from_parts``,
``n_states``, ``n_actions``, ``horizon`` and ``about`` a history of them goes into a file, see ``History.load``.

**Guarantee.** The same seed gives the same history, byte for byte, on every machine. A run that was stopped and taken
up again is the run without the break, and a file that is damaged is an error. An exception, Ctrl-C among them, carries
the history up to there as ``.history``, and a note says at which episode and step it was.

**Files.** ``episodes`` has the loop, ``environment`` the episodes of an environment, ``protocol`` what a run asks,
``history`` its record, ``interruption`` what is done when it is cut short. Chapters 5 and 6 of the book.
"""

from __future__ import annotations

from .environment import learn
from .episodes import run
from .history import Checkpoint, History

__all__ = ["Checkpoint", "History", "learn", "run"]
