"""Games of one player, which are robust Markov decision processes.

Docstrings read as in ``_zoo_papers``: ``good (*) -> 1 bad`` is a row of the kernel, and ``*`` is any action.
"""

from __future__ import annotations

import numpy as np

from .. import checks
from ..games import MarkovGame


def support_shift(theta: int, p: float = 0.9, q: float = 0.4) -> MarkovGame:
    """One player, three steps, and a decision that matters only where training never comes.

    Nominally the player stays in the good state for ever, whatever it does. An adversary that may leave the support
    (total variation with ``shift_support=True``) pushes it into the bad state. There, one of the two actions is the
    better way back: number ``theta``. No episode of training shows which.

    Transitions, from state ``good``, at steps 0 and 2::

        good (*) -> 1 good
        bad (*) -> 1 bad

    Transitions at step 1, the second one, if ``theta`` is 0 (if it is 1, left and right change places)::

        good (*) -> 1 good
        bad (left) -> p good, 1 - p bad
        bad (right) -> q good, 1 - q bad

    Rewards at every step, 0 elsewhere::

        good (*) -> 1

    Parameters
    ----------
    theta : {0, 1}
        The better action in the bad state: 0 is left, 1 is right.
    p : float
        Probability that the better action leads back, with q < p <= 1.
    q : float
        Probability that the other action leads back, with 0 <= q < p.

    Returns
    -------
    MarkovGame
        2 states, 1 player with 2 actions, horizon 3; the kernel depends on the step.

    Raises
    ------
    ValueError, TypeError
        If ``theta`` is not 0 or 1, or not 0 <= q < p <= 1.

    Notes
    -----
    Example 3.1 of Lu et al. (2024), who count the steps from 1: their step 2 is step 1 here. What the bad state does
    at the other steps changes no value from the good state: at step 0 nobody is there, and after step 2 nothing is
    paid. Here it stays bad. For every radius from 0 to q, with support shift, the best robust value is
    ``3 - 3 * radius + radius * p``, and the wrong action costs ``radius * (p - q)`` of it: chapter 9,
    :eq:`ferry-value`.

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> game = zoo.support_shift(theta=1)
    >>> game.transition[1, 1, :, 0].tolist()  # from bad at step 1: to good, by action
    [0.4, 0.9]
    >>> radius, back = 0.2, 0.9 - 0.2  # the worst case takes the radius off the way back, too
    >>> second = 1 + (1 - radius) * 1  # at good, step 1
    >>> round(1 + (1 - radius) * second + radius * back, 6) == round(3 - 3 * radius + radius * 0.9, 6)
    True
    """
    checks.integer("theta", theta, 0, 1)
    better, worse = checks.number("p", p, 0, 1), checks.number("q", q, 0, 1)
    if worse >= better:
        raise ValueError(f"q must be less than p, got q = {q} and p = {p}")
    way_back = np.array([better, worse] if theta == 0 else [worse, better])
    transition = np.zeros((3, 2, 2, 2))
    transition[:, 0, :, 0] = 1.0
    transition[:, 1, :, 1] = 1.0
    transition[1, 1] = np.stack([way_back, 1.0 - way_back], axis=-1)
    reward = np.broadcast_to(np.array([1.0, 0.0])[None, None, :, None], (1, 3, 2, 2))
    return MarkovGame(
        transition,
        reward,
        n_actions=(2,),
        name="support shift",
        state_names=("good", "bad"),
        action_names=(("left", "right"),),
    )


def gambler(goal: int = 8, win: float = 0.4, horizon: int = 8, capital: int | None = None) -> MarkovGame:
    """One player stakes coins on a biased coin, and wants a capital of ``goal`` before the time is up.

    The states are the capital, from 0 to ``goal``, and done. Action number k, called "stake k + 1", stakes
    min(k + 1, capital, goal - capital): never more than there is, and never more than the goal needs.

    Transitions, from state ``capital``, with a stake of x from a capital of c strictly between 0 and ``goal``::

        c -> win c + x, 1 - win c - x
        0 -> 1 0
        goal -> 1 done
        done -> 1 done

    Rewards: 1 in the state ``goal``, 0 elsewhere. So the total reward is the probability of reaching the goal, and
    it is paid one step after the winning bet: ``horizon`` steps are time for ``horizon - 1`` bets.

    Parameters
    ----------
    goal : int
        The capital to reach, at least 2.
    win : float
        Probability that a bet is won, in [0, 1].
    horizon : int
        Number of steps, at least 1.
    capital : int, optional
        What the player starts with, from 0 to ``goal``. Default: half the goal, rounded down.

    Returns
    -------
    MarkovGame
        goal + 2 states, 1 player with goal // 2 actions, stationary.

    Raises
    ------
    ValueError, TypeError
        If a parameter is not of that form.

    Notes
    -----
    The gambler's problem of Sutton and Barto (2018, Example 4.3), with a finite horizon.

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> game = zoo.gambler(goal=4, win=0.4)
    >>> game.state_names, game.action_names
    (('0', '1', '2', '3', '4', 'done'), (('stake 1', 'stake 2'),))
    >>> game.transition[0, 2, 1].tolist()  # all of a capital of 2
    [0.6, 0.0, 0.0, 0.0, 0.4, 0.0]
    """
    goal = checks.integer("goal", goal, 2)
    chance = checks.number("win", win, 0, 1)
    checks.integer("horizon", horizon, 1)
    start = goal // 2 if capital is None else checks.integer("capital", capital, 0, goal)
    n_stakes, done = goal // 2, goal + 1
    transition = np.zeros((goal + 2, n_stakes, goal + 2))
    transition[0, :, 0] = 1.0
    for c in range(1, goal):
        for k in range(n_stakes):
            stake = min(k + 1, c, goal - c)
            transition[c, k, c + stake] = chance
            transition[c, k, c - stake] = 1.0 - chance
    transition[[goal, done], :, done] = 1.0
    reward = np.zeros((1, goal + 2, n_stakes))
    reward[0, goal] = 1.0
    return MarkovGame.stationary(
        transition,
        reward,
        n_actions=(n_stakes,),
        horizon=horizon,
        initial=start,
        name="gambler",
        state_names=[*(str(c) for c in range(goal + 1)), "done"],
        action_names=([f"stake {k + 1}" for k in range(n_stakes)],),
    )
