"""Coordination games of two players from the literature.

In each docstring a line such as ``start (a, a) -> 0.9 high, 0.1 trap`` is a row of the kernel, and a line under
"Rewards" gives one reward per player. ``*`` is any action, and the first line that fits applies.
"""

from __future__ import annotations

import itertools

from .. import checks
from ..games import MarkovGame
from .rows import Pays, Rows, arrays


def safe_or_risky(horizon: int = 3, rewards: str = "shared") -> MarkovGame:
    """Two players choose together between a risky and a safe way to a good state.

    Both playing a is the risky way: mostly to the high state, sometimes into the trap. Both playing b is the safe
    way: it ends in the high or the medium state. If they disagree, a coin decides between high and trap.

    Transitions, from state ``start``::

        start (a, a) -> 0.9 high, 0.1 trap
        start (b, b) -> 0.6 high, 0.4 medium
        start (*, *) -> 0.5 high, 0.5 trap
        high (*, *) -> 1 done
        medium (*, *) -> 1 done
        trap (*, *) -> 1 done
        done (*, *) -> 1 done

    Rewards if "shared", 0 elsewhere::

        high (*, *) -> 1, 1
        medium (*, *) -> 0.6, 0.6

    Rewards if "opposed", 0 elsewhere::

        high (*, *) -> 1, 0
        medium (*, *) -> 0, 1

    Parameters
    ----------
    horizon : int
        Number of steps, at least 1. The second step is the one that pays.
    rewards : {"shared", "opposed"}
        Whether the players want the same, or player 1 the high and player 2 the medium state.

    Returns
    -------
    MarkovGame
        5 states, 2 players with 2 actions each, stationary.

    Raises
    ------
    ValueError, TypeError
        If ``horizon`` is not an integer of at least 1, or ``rewards`` is not one of the two words.

    Notes
    -----
    "Safe vs. Risky" of He and Parker (2026), who ask for the probability of being in high (player 1) or medium
    (player 2) within three steps. Rewards "opposed" pay exactly that.

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> game = zoo.safe_or_risky()
    >>> expected = game.transition[0, 0] @ game.reward[0, 1, :, 0]  # a player's total reward, by joint action
    >>> expected.round(3).tolist()
    [0.9, 0.5, 0.5, 0.84]
    """
    checks.integer("horizon", horizon, 1)
    checks.one_of("rewards", rewards, ("shared", "opposed"))
    states = ("start", "high", "medium", "trap", "done")
    actions = (("a", "b"), ("a", "b"))
    rows: Rows = {
        ("start", "a", "a"): {"high": 0.9, "trap": 0.1},
        ("start", "b", "b"): {"high": 0.6, "medium": 0.4},
        ("start", "*", "*"): {"high": 0.5, "trap": 0.5},
        ("high", "*", "*"): {"done": 1.0},
        ("medium", "*", "*"): {"done": 1.0},
        ("trap", "*", "*"): {"done": 1.0},
        ("done", "*", "*"): {"done": 1.0},
    }
    pays: Pays = {("high", "*", "*"): (1.0, 1.0), ("medium", "*", "*"): (0.6, 0.6)}
    if rewards == "opposed":
        pays = {("high", "*", "*"): (1.0, 0.0), ("medium", "*", "*"): (0.0, 1.0)}
    return MarkovGame.stationary(
        *arrays(states, actions, rows, pays),
        n_actions=(2, 2),
        horizon=horizon,
        name=f"safe or risky, {rewards} rewards",
        state_names=states,
        action_names=actions,
    )


def delayed_coordination(horizon: int = 5) -> MarkovGame:
    """Two players must both play c three times in a row; one slip, and they start again from a trap.

    Nothing is paid on the way, so a learner sees a reward only after it has coordinated three times.

    Transitions, from state ``0``::

        0 (c, c) -> 1 1
        1 (c, c) -> 0.9 2, 0.1 trap
        2 (c, c) -> 1 goal
        0 (*, *) -> 1 trap
        1 (*, *) -> 1 trap
        2 (*, *) -> 1 trap
        trap (*, *) -> 0.8 0, 0.2 trap
        goal (*, *) -> 1 done
        done (*, *) -> 1 done

    Rewards, 0 elsewhere::

        goal (*, *) -> 1, 1

    Parameters
    ----------
    horizon : int
        Number of steps, at least 1. The goal pays at the fourth step at the earliest.

    Returns
    -------
    MarkovGame
        6 states, 2 players with 2 actions each, stationary.

    Raises
    ------
    ValueError, TypeError
        If ``horizon`` is not an integer of at least 1.

    Notes
    -----
    "Delayed Coordination" of He and Parker (2026).

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> game = zoo.delayed_coordination()
    >>> both_c = game.transition[0, :, 0]
    >>> arrival = game.initial @ both_c @ both_c @ both_c
    >>> float(arrival[game.state_names.index("goal")].round(3))
    0.9
    """
    checks.integer("horizon", horizon, 1)
    states = ("0", "1", "2", "goal", "trap", "done")
    actions = (("c", "d"), ("c", "d"))
    rows: Rows = {
        ("0", "c", "c"): {"1": 1.0},
        ("1", "c", "c"): {"2": 0.9, "trap": 0.1},
        ("2", "c", "c"): {"goal": 1.0},
        ("0", "*", "*"): {"trap": 1.0},
        ("1", "*", "*"): {"trap": 1.0},
        ("2", "*", "*"): {"trap": 1.0},
        ("trap", "*", "*"): {"0": 0.8, "trap": 0.2},
        ("goal", "*", "*"): {"done": 1.0},
        ("done", "*", "*"): {"done": 1.0},
    }
    return MarkovGame.stationary(
        *arrays(states, actions, rows, {("goal", "*", "*"): (1.0, 1.0)}),
        n_actions=(2, 2),
        horizon=horizon,
        name="delayed coordination",
        state_names=states,
        action_names=actions,
    )


def traffic_merge(horizon: int = 5) -> MarkovGame:
    """Two lanes become one; two cars that both go may crash.

    The state is how far the queue has come. One car at a time is safe, and so is a wait of both: the cars behind
    close up.

    Transitions, from state ``0``::

        0 (go, go) -> 0.7 1, 0.3 crash
        1 (go, go) -> 0.7 2, 0.3 crash
        2 (go, go) -> 0.7 3, 0.3 crash
        3 (go, go) -> 0.7 merged, 0.3 crash
        0 (*, *) -> 1 1
        1 (*, *) -> 1 2
        2 (*, *) -> 1 3
        3 (*, *) -> 1 merged
        merged (*, *) -> 1 done
        crash (*, *) -> 1 done
        done (*, *) -> 1 done

    Rewards, 0 elsewhere::

        merged (*, *) -> 1, 1

    Parameters
    ----------
    horizon : int
        Number of steps, at least 1. The merge pays at the fifth step.

    Returns
    -------
    MarkovGame
        7 states, 2 players with 2 actions each, stationary.

    Raises
    ------
    ValueError, TypeError
        If ``horizon`` is not an integer of at least 1.

    Notes
    -----
    "Traffic Merge" of He and Parker (2026).

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> game = zoo.traffic_merge()
    >>> both_go, one_goes = game.transition[0, :, 0], game.transition[0, :, 1]
    >>> merged = game.state_names.index("merged")
    >>> float((game.initial @ both_go @ both_go @ both_go @ both_go)[merged].round(4)), float(one_goes[3, merged])
    (0.2401, 1.0)
    """
    checks.integer("horizon", horizon, 1)
    states = ("0", "1", "2", "3", "merged", "crash", "done")
    actions = (("go", "wait"), ("go", "wait"))
    rows: Rows = {}
    for here, following in itertools.pairwise(states[:5]):
        rows[here, "go", "go"] = {following: 0.7, "crash": 0.3}
        rows[here, "*", "*"] = {following: 1.0}
    for over in ("merged", "crash", "done"):
        rows[over, "*", "*"] = {"done": 1.0}
    return MarkovGame.stationary(
        *arrays(states, actions, rows, {("merged", "*", "*"): (1.0, 1.0)}),
        n_actions=(2, 2),
        horizon=horizon,
        name="traffic merge",
        state_names=states,
        action_names=actions,
    )
