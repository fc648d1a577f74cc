"""Small games made for this book, each with a picture in mind.

In each docstring a line such as ``harbour (far, far) -> 1 - storm voyage, storm storm`` is a row of the kernel, and
a line under "Rewards" gives one reward per player. ``*`` is any action, and the first line that fits applies.
"""

from __future__ import annotations

import numpy as np

from .. import checks
from ..games import MarkovGame
from .rows import Pays, Rows, arrays


def fishing(storm: float = 0.049, days: int = 5) -> MarkovGame:
    """A trawler and a dinghy: a safe catch at the coast, or a voyage to rich ground that a storm may end.

    Player 1 is the trawler, player 2 the dinghy. Both leave the harbour on day 0. Near means the coast: a catch that
    is sold the same evening, and home. Far means a voyage of ``days`` nights. Each night a storm may come, and it
    takes everything. Who is still out on the last day lands a full hold. The dinghy has no cold store and no radio:
    it earns half of what the trawler earns if it goes where the trawler goes, little at the coast alone, and
    nothing far out alone, where it must turn back.

    Transitions, from state ``harbour``::

        harbour (far, far) -> 1 - storm voyage, storm storm
        harbour (far, near) -> 1 - storm voyage alone, storm storm
        harbour (near, *) -> 1 home
        voyage (*, *) -> 1 - storm voyage, storm storm
        voyage alone (*, *) -> 1 - storm voyage alone, storm storm
        storm (*, *) -> 1 home
        home (*, *) -> 1 home

    Rewards at every step, 0 elsewhere::

        harbour (near, near) -> 0.95**days, 0.95**days / 2
        harbour (near, far) -> 0.95**days, 0
        harbour (far, near) -> 0, 0.1

    Rewards at the last step besides::

        voyage (*, *) -> 1, 0.5
        voyage alone (*, *) -> 1, 0

    Parameters
    ----------
    storm : float
        Probability of a storm in one night, in [0, 1].
    days : int
        Nights of the voyage, at least 1. The horizon is ``days + 1``.

    Returns
    -------
    MarkovGame
        5 states, 2 players with 2 actions each; the kernel is stationary, the last step has rewards of its own.

    Raises
    ------
    ValueError, TypeError
        If ``storm`` or ``days`` is not of that form.

    Notes
    -----
    The voyage is worth ``(1 - storm)**days`` to the trawler, the coast ``0.95**days``. So .05 is where the answer
    flips. With ``days=5``, below it (far, far) is the only equilibrium at the start, above it (near, near) is: the
    trawler has a strictly better action whatever the dinghy does, and the dinghy strictly prefers to follow (as long
    as ``(1 - storm)**days > 0.2``). If total variation may move a mass ``radius`` every night, the voyage is worth
    ``max(1 - storm - radius, 0)**days``, and the coast what it was.

    The idea that .049 against .051 flips the equilibrium of a fishing game is that of Shi et al. (2024). Their exact
    game is not this one: story, states and numbers here are our own.

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> for storm in (0.049, 0.051):
    ...     game = zoo.fishing(storm)
    ...     stays_out = game.transition[0, 1, 0, 1]  # one night on the voyage
    ...     print(round(float(stays_out) ** 5, 4), round(float(game.reward[0, 0, 0, 0]), 4))
    0.7779 0.7738
    0.7697 0.7738
    """
    chance = checks.number("storm", storm, 0, 1)
    nights = checks.integer("days", days, 1)
    coast = 0.95**nights
    states = ("harbour", "voyage", "voyage alone", "storm", "home")
    actions = (("near", "far"), ("near", "far"))
    rows: Rows = {
        ("harbour", "far", "far"): {"voyage": 1.0 - chance, "storm": chance},
        ("harbour", "far", "near"): {"voyage alone": 1.0 - chance, "storm": chance},
        ("harbour", "near", "*"): {"home": 1.0},
        ("voyage", "*", "*"): {"voyage": 1.0 - chance, "storm": chance},
        ("voyage alone", "*", "*"): {"voyage alone": 1.0 - chance, "storm": chance},
        ("storm", "*", "*"): {"home": 1.0},
        ("home", "*", "*"): {"home": 1.0},
    }
    every_day: Pays = {
        ("harbour", "near", "near"): (coast, coast / 2),
        ("harbour", "near", "far"): (coast, 0.0),
        ("harbour", "far", "near"): (0.0, 0.1),
    }
    last_day: Pays = {("voyage", "*", "*"): (1.0, 0.5), ("voyage alone", "*", "*"): (1.0, 0.0)}
    transition, reward = arrays(states, actions, rows, every_day)
    _, landing = arrays(states, actions, rows, every_day | last_day)
    return MarkovGame(
        np.broadcast_to(transition, (nights + 1, *transition.shape)),
        np.stack([reward] * nights + [landing], axis=1),
        n_actions=(2, 2),
        name=f"fishing, storm {chance:g}",
        state_names=states,
        action_names=actions,
    )


def patrol(horizon: int = 4, catch: float = 0.8) -> MarkovGame:
    """A guard and an intruder: three doors, one guard, and an intruder who may also wait.

    Player 1 is the guard, player 2 the intruder. At a door with the guard behind it the intruder is mostly caught.
    Another door gives way with a probability of its own, or the alarm goes off. With the alarm on, the guard misses
    nobody, the doors are half as weak, and each quiet step may end the alarm.

    Transitions, from state ``quiet``::

        quiet (*, wait) -> 1 quiet
        quiet (gate, gate) -> catch caught, 1 - catch alarm
        quiet (roof, roof) -> catch caught, 1 - catch alarm
        quiet (cellar, cellar) -> catch caught, 1 - catch alarm
        quiet (*, gate) -> 0.6 robbed, 0.4 alarm
        quiet (*, roof) -> 0.5 robbed, 0.5 alarm
        quiet (*, cellar) -> 0.4 robbed, 0.6 alarm
        alarm (*, wait) -> 0.5 quiet, 0.5 alarm
        alarm (gate, gate) -> 1 caught
        alarm (roof, roof) -> 1 caught
        alarm (cellar, cellar) -> 1 caught
        alarm (*, gate) -> 0.3 robbed, 0.7 alarm
        alarm (*, roof) -> 0.25 robbed, 0.75 alarm
        alarm (*, cellar) -> 0.2 robbed, 0.8 alarm
        caught (*, *) -> 1 caught
        robbed (*, *) -> 1 robbed

    Rewards, of guard and intruder; they always sum to 1::

        quiet (*, *) -> 0.75, 0.25
        alarm (*, *) -> 0.75, 0.25
        caught (*, *) -> 1, 0
        robbed (*, *) -> 0, 1

    Parameters
    ----------
    horizon : int
        Number of steps, at least 1.
    catch : float
        Probability that the guard catches an intruder at the same door while all is quiet, in [0, 1].

    Returns
    -------
    MarkovGame
        4 states, 2 players with 3 and 4 actions, stationary, constant-sum.

    Raises
    ------
    ValueError, TypeError
        If ``horizon`` or ``catch`` is not of that form.

    Notes
    -----
    Our own numbers. Nominally what the guard wins the intruder loses. Once each player faces a worst case of its
    own, the two robust values sum to less than the horizon.

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> game = zoo.patrol()
    >>> game.n_actions, game.joint_action_name(7)
    ((3, 4), '(roof, wait)')
    >>> bool((game.reward.sum(axis=0) == 1).all())
    True
    """
    checks.integer("horizon", horizon, 1)
    chance = checks.number("catch", catch, 0, 1)
    states = ("quiet", "alarm", "caught", "robbed")
    weakness = {"gate": 0.6, "roof": 0.5, "cellar": 0.4}
    actions = (tuple(weakness), (*weakness, "wait"))
    rows: Rows = {
        ("quiet", "*", "wait"): {"quiet": 1.0},
        ("alarm", "*", "wait"): {"quiet": 0.5, "alarm": 0.5},
        ("caught", "*", "*"): {"caught": 1.0},
        ("robbed", "*", "*"): {"robbed": 1.0},
    }
    for door, gives_way in weakness.items():
        rows["quiet", door, door] = {"caught": chance, "alarm": 1.0 - chance}
        rows["quiet", "*", door] = {"robbed": gives_way, "alarm": 1.0 - gives_way}
        rows["alarm", door, door] = {"caught": 1.0}
        rows["alarm", "*", door] = {"robbed": gives_way / 2, "alarm": 1.0 - gives_way / 2}
    pays: Pays = {("caught", "*", "*"): (1.0, 0.0), ("robbed", "*", "*"): (0.0, 1.0), ("*", "*", "*"): (0.75, 0.25)}
    return MarkovGame.stationary(
        *arrays(states, actions, rows, pays),
        n_actions=(3, 4),
        horizon=horizon,
        name="patrol",
        state_names=states,
        action_names=actions,
    )
