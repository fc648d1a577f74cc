"""Games that no training tells apart."""

from __future__ import annotations

import numpy as np

from ..games import MarkovGame


def look_alike(game: MarkovGame, other: MarkovGame) -> bool:
    """Whether two games show every learner the same, whatever it plays and however long.

    Parameters
    ----------
    game, other : MarkovGame
        The games.

    Returns
    -------
    bool
        True if what a learner is told before it starts is the same (sizes, range of rewards, legal actions), the
        initial distributions are equal, and so are kernel and rewards in each cell (h, s, a) that some policy
        reaches.

    Raises
    ------
    TypeError
        If an argument is not a :class:`mornavi_lite.MarkovGame`.

    Notes
    -----
    Chapter 9, :prf:ref:`def-look-alike`, :prf:ref:`one-law`: then episodes have the same law in both games under every
    policy, so every learner that plays episodes has the same plans in both, with the same probabilities. A learner that
    needs a simulator which starts anywhere is none of these.

    Examples
    --------
    The way back from the bad state cannot be seen from the good one:

    >>> from mornavi_lite import zoo
    >>> from mornavi_lite.lower_bounds import look_alike
    >>> look_alike(zoo.support_shift(theta=0), zoo.support_shift(theta=1))
    True
    >>> look_alike(zoo.fishing(storm=0.02), zoo.fishing(storm=0.03))
    False
    """
    for name, each in (("game", game), ("other", other)):
        if not isinstance(each, MarkovGame):
            raise TypeError(f"{name} must be a MarkovGame, got {type(each).__name__}")
    game, other = game.dense(), other.dense()
    if not _told_the_same(game, other) or not (game.initial == other.initial).all():
        return False
    here = game.initial > 0
    for h in range(game.horizon):
        row, pays = game.transition[h][here], game.reward[:, h][:, here]
        if not (row == other.transition[h][here]).all():
            return False
        differs = pays != other.reward[:, h][:, here]
        if pays.ndim == 4:  # a reward on the next state is seen where that state can follow
            differs &= row > 0
        if differs.any():
            return False
        here = (row > 0).any(axis=(0, 1))
    return True


def _told_the_same(game: MarkovGame, other: MarkovGame) -> bool:
    sizes = [(g.horizon, g.n_states, g.n_actions, g.reward.ndim) for g in (game, other)]
    return (
        sizes[0] == sizes[1]
        and bool((game.step_ranges == other.step_ranges).all())
        and bool((_legal_cells(game) == _legal_cells(other)).all())
    )


def _legal_cells(game: MarkovGame) -> np.ndarray:
    """Which joint actions can be played at which state, booleans (S, A)."""
    legal = np.zeros((game.n_states, game.n_joint_actions), dtype=bool)
    for state in range(game.n_states):
        legal[state, game.legal_joint_actions(state)] = True
    return legal
