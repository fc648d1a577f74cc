"""Named linear games: five states with a way to fail, states in groups, and two games that look alike."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from .. import checks
from .game import LinearGame


def five_states(safety: float = 0.3, effort: float = 0.2, first: float = 0.6, second: float = 0.5) -> LinearGame:
    """Two players on a road of three states, who may leave it for a safe place together; a fail state ends all.

    Parameters
    ----------
    safety : float
        Weight of the factor that leads to safety where the players pull in different directions.
    effort : float
        By how much the weight rises where both pull towards safety, and falls where both pull away; at most ``safety``
        and ``1 - safety``.
    first, second : float
        What the road pays each player in its middle state, against 1 in the safe place.

    Returns
    -------
    LinearGame
        Horizon 3; states start, middle, end, failed, safe; actions on, out of each player; factors on, further,
        failed, safe, the first two of which fail with probability 0.001.

    Raises
    ------
    ValueError, TypeError
        If an argument is not a number of that kind.

    Notes
    -----
    Chapter 13. The shape is that of the experiment of Zheng and Lin (2025): five states, horizon 3, a fail state,
    features that depend on the actions. All numbers are ours.

    Examples
    --------
    >>> from mornavi_lite.linear import five_states
    >>> game = five_states()
    >>> game.features[0, 0, :, 3].round(12).tolist()
    [0.1, 0.3, 0.3, 0.5]
    """
    middle = checks.number("safety", safety, 0.0, 1.0)
    pull = checks.number("effort", effort, 0.0, min(middle, 1 - middle))
    paid = [checks.number(name, each, 0.0, 1.0) for name, each in (("first", first), ("second", second))]
    features, factors = np.zeros((5, 4, 4)), np.zeros((4, 5))
    for a, pulls in enumerate(itertools.product((-1, 1), repeat=2)):
        out = middle + pull * sum(pulls) / 2
        for s in range(3):
            features[s, a, s], features[s, a, 3] = 1 - out, out
    features[3, :, 2] = features[4, :, 3] = 1.0
    factors[0, [1, 3]] = factors[1, [2, 3]] = [0.999, 0.001]
    factors[2, 3] = factors[3, 4] = 1.0
    worth = np.array([[0.0, each, 0.0, 1.0] for each in paid])
    reward = np.zeros((2, 3, 5, 4))
    reward[:, 1:] = np.einsum("saj,ij->isa", features, worth)[:, None]
    named: dict[str, Any] = {
        "state_names": ("start", "middle", "end", "failed", "safe"),
        "action_names": (("on", "out"),) * 2,
    }
    return LinearGame(features, np.broadcast_to(factors, (3, 4, 5)), reward, (2, 2), 0, "five states", **named)


def grouped_states(
    n_states: int, soft: float = 0.0, horizon: int = 3, seed: int = 0, spread: bool = False
) -> LinearGame:
    """Any number of states in four groups: of one game a small and a large edition.

    Parameters
    ----------
    n_states : int
        Number of states S, at least 4.
    soft : float
        How far features are from one-hot, in [0, 1]: 0 one-hot, so that a cell has one factor; above, mixtures of the
        group, and this part of them is the state's own.
    horizon : int
        Number of steps H.
    seed : int
        Of the states' own parts and the factors. The table of the groups is the same for all.
    spread : bool
        Whether episodes begin in all states alike, and not in state 0.

    Returns
    -------
    LinearGame
        Two players with two actions, four factors: each leads with probability 0.7 to its group and else anywhere.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Examples
    --------
    >>> from mornavi_lite.linear import grouped_states
    >>> sorted(set(grouped_states(32).features.ravel().tolist()))
    [0.0, 1.0]
    """
    size, steps = checks.integer("n_states", n_states, 4), checks.integer("horizon", horizon, 1)
    share, own = checks.number("soft", soft, 0.0, 1.0), np.random.default_rng(checks.integer("seed", seed, 0))
    group, n_groups = np.arange(size) % 4, 4
    table = np.random.default_rng(1234).dirichlet(np.full(n_groups, 0.4), size=(n_groups, 4))
    if share == 0:
        features = np.eye(n_groups)[table.argmax(axis=-1)][group]
    else:
        features = (1 - share) * table[group] + share * own.dirichlet(np.full(n_groups, 0.5), size=(size, 4))
    home = (group == np.arange(n_groups)[:, None]).astype(np.float64)
    factors = 0.7 * home / home.sum(axis=1, keepdims=True) + 0.3 * own.dirichlet(np.ones(size), size=n_groups)
    worth = np.array([[1.0, 0.5, 0.2, 0.0], [0.2, 0.5, 1.0, 0.0]])
    reward = np.clip(np.einsum("saj,ij->isa", features, worth), 0.0, 1.0)
    start = np.full(size, 1 / size) if checks.truth("spread", spread) else 0
    return LinearGame(
        features,
        np.broadcast_to(factors, (steps, *factors.shape)),
        np.broadcast_to(reward[:, None], (2, steps, size, 4)),
        (2, 2),
        start,
        f"{size} states in groups",
    )


def look_alikes(weight: float = 0.5, shifted: float = 0.5) -> tuple[LinearGame, LinearGame]:
    """Two games that no episode tells apart, and whose robust values differ.

    Parameters
    ----------
    weight : float
        Weight w of the first factor in the only mixture that is played, in (0, 1).
    shifted : float
        The mixture's probability of the good state, in (0, 1).

    Returns
    -------
    tuple of two LinearGame
        One player, one action, two steps, states start, good, bad. In the first game both factors are the mixture. In
        the second they are as far apart as the mixture allows.

    Raises
    ------
    ValueError, TypeError
        If an argument is not a number of that kind.

    Notes
    -----
    Chapter 13, :prf:ref:`features-look-alike`.

    Examples
    --------
    >>> from mornavi_lite import TotalVariation
    >>> from mornavi_lite.linear import look_alikes, solve
    >>> [float(solve(game, TotalVariation(0.2)).value[0, 0, 0].round(12)) for game in look_alikes()]
    [0.3, 0.4]
    """
    w = checks.probability("weight", weight)
    good = checks.probability("shifted", shifted)
    first = min(1.0, good / w)  # all that the mixture allows on the first factor
    apart = np.array([first, (good - w * first) / (1 - w)])
    reward = np.zeros((1, 2, 3, 1))
    reward[0, 1, 1] = 1.0
    features = np.full((3, 1, 2), [w, 1 - w])
    made = []
    for chances in (np.full(2, good), apart):
        factors = np.stack([np.zeros(2), chances, 1 - chances], axis=-1)
        names = ("start", "good", "bad")
        made.append(LinearGame(features, np.stack([factors] * 2), reward, (1,), 0, "look-alike", names))
    return made[0], made[1]
