"""Games of the road, made for this book.

In each docstring a line such as ``1 waits (go, *) -> 1 clear`` is a row of the kernel, and a line under "Rewards"
gives one reward per player. ``*`` is any action, and the first line that fits applies.
"""

from __future__ import annotations

import itertools

import numpy as np

from .. import checks
from ..games import MarkovGame
from .rows import Pays, Rows, arrays


def intersection(horizon: int = 4, ice: float = 0.1) -> MarkovGame:
    """Two cars at a crossing on an icy road: go or yield, and a car that yields may slide.

    A car that yields slides into the crossing all the same with probability ``ice``, each on its own. Two cars in
    the crossing crash. One car in the crossing gets across, and the other one is left to wait. Waiting costs half
    of each step.

    Transitions, from state ``both wait``::

        both wait (go, go) -> 1 crash
        both wait (go, yield) -> 1 - ice 2 waits, ice crash
        both wait (yield, go) -> 1 - ice 1 waits, ice crash
        both wait (yield, yield) -> (1 - ice)**2 both wait, ice*(1 - ice) 2 waits, ice*(1 - ice) 1 waits, ice**2 crash
        1 waits (go, *) -> 1 clear
        1 waits (yield, *) -> ice clear, 1 - ice 1 waits
        2 waits (*, go) -> 1 clear
        2 waits (*, yield) -> ice clear, 1 - ice 2 waits
        clear (*, *) -> 1 clear
        crash (*, *) -> 1 crash

    Rewards, 0 elsewhere::

        both wait (*, *) -> 0.5, 0.5
        1 waits (*, *) -> 0.5, 1
        2 waits (*, *) -> 1, 0.5
        clear (*, *) -> 1, 1

    Parameters
    ----------
    horizon : int
        Number of steps, at least 1.
    ice : float
        Probability that a car that yields slides, in [0, 1].

    Returns
    -------
    MarkovGame
        5 states, 2 players with 2 actions each, stationary.

    Raises
    ------
    ValueError, TypeError
        If ``horizon`` or ``ice`` is not of that form.

    Notes
    -----
    Our own numbers. Crash is a fail state: it absorbs and pays 0. Each of (go, yield) and (yield, go) is an
    equilibrium on a dry road, so the cars have to agree on one.

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> game = zoo.intersection(ice=0.1)
    >>> crash = game.transition[0, 0, :, game.state_names.index("crash")]
    >>> {game.joint_action_name(a): round(float(crash[a]), 3) for a in range(4)}
    {'(go, go)': 1.0, '(go, yield)': 0.1, '(yield, go)': 0.1, '(yield, yield)': 0.01}
    """
    checks.integer("horizon", horizon, 1)
    slides = checks.number("ice", ice, 0, 1)
    stops = 1.0 - slides
    states = ("both wait", "1 waits", "2 waits", "clear", "crash")
    actions = (("go", "yield"), ("go", "yield"))
    rows: Rows = {
        ("both wait", "go", "go"): {"crash": 1.0},
        ("both wait", "go", "yield"): {"2 waits": stops, "crash": slides},
        ("both wait", "yield", "go"): {"1 waits": stops, "crash": slides},
        ("both wait", "yield", "yield"): {
            "both wait": stops * stops,
            "2 waits": slides * stops,
            "1 waits": stops * slides,
            "crash": slides * slides,
        },
        ("1 waits", "go", "*"): {"clear": 1.0},
        ("1 waits", "yield", "*"): {"clear": slides, "1 waits": stops},
        ("2 waits", "*", "go"): {"clear": 1.0},
        ("2 waits", "*", "yield"): {"clear": slides, "2 waits": stops},
        ("clear", "*", "*"): {"clear": 1.0},
        ("crash", "*", "*"): {"crash": 1.0},
    }
    pays: Pays = {
        ("both wait", "*", "*"): (0.5, 0.5),
        ("1 waits", "*", "*"): (0.5, 1.0),
        ("2 waits", "*", "*"): (1.0, 0.5),
        ("clear", "*", "*"): (1.0, 1.0),
    }
    return MarkovGame.stationary(
        *arrays(states, actions, rows, pays),
        n_actions=(2, 2),
        horizon=horizon,
        name=f"intersection, ice {slides:g}",
        state_names=states,
        action_names=actions,
    )


def congestion(horizon: int = 3) -> MarkovGame:
    """A truck, a car and a scooter choose between a bridge, quick while it is empty, and a tunnel.

    Players 1, 2 and 3 are truck, car and scooter, of weight 3, 2 and 1. The load is the weight of those who take the
    bridge, from 0 to 6. The bridge pays each of its users 1 - load / 10 while the road is clear, and half of that in
    a jam. The tunnel is never jammed, and pays the truck .55, the car .5 and the scooter .4. A heavy load makes a
    jam likely, and a jam lasts.

    Transitions, from state ``clear``; load is that of the joint action::

        clear (*, *, *) -> 1 - load / 10 clear, load / 10 jam
        jam (*, *, *) -> 0.7 - load / 10 clear, 0.3 + load / 10 jam

    Rewards on the bridge::

        clear: 1 - load / 10        jam: (1 - load / 10) / 2

    Rewards in the tunnel, in both states::

        truck: 0.55        car: 0.5        scooter: 0.4

    Parameters
    ----------
    horizon : int
        Number of steps, at least 1.

    Returns
    -------
    MarkovGame
        2 states, 3 players with 2 actions each, stationary.

    Raises
    ------
    ValueError, TypeError
        If ``horizon`` is not an integer of at least 1.

    Notes
    -----
    Our own numbers. No two players are alike, so a test with this game finds players that change places.

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> game = zoo.congestion()
    >>> game.joint_action_name(1), game.reward[:, 0, 0, 1].round(3).tolist()  # load 5
    ('(bridge, bridge, tunnel)', [0.5, 0.5, 0.4])
    """
    checks.integer("horizon", horizon, 1)
    weights, tunnel = np.array([3, 2, 1]), np.array([0.55, 0.5, 0.4])
    on_bridge = np.array(list(itertools.product((True, False), repeat=3))).T  # (3 players, 8 joint actions)
    load = weights @ on_bridge
    speed = 1.0 - load / 10
    transition = np.stack([[speed, load / 10], [speed - 0.3, 0.3 + load / 10]]).transpose(0, 2, 1)
    reward = np.stack([np.where(on_bridge, pay, tunnel[:, None]) for pay in (speed, speed / 2)], axis=1)
    return MarkovGame.stationary(
        transition,
        reward,
        n_actions=(2, 2, 2),
        horizon=horizon,
        name="congestion",
        state_names=("clear", "jam"),
        action_names=(("bridge", "tunnel"),) * 3,
    )
