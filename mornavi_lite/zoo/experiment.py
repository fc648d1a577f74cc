"""The two games of the shape that MORNAVI's paper uses for its experiments."""

from __future__ import annotations

from .. import checks
from ..games import MarkovGame
from .rows import Pays, Rows, arrays

_STATES = ("s0", "sH", "sM", "sT")
_ACTIONS = (("risky", "safe"), ("risky", "safe"))


def paper_cooperative(p_high: float = 0.75, medium: float = 0.75) -> MarkovGame:
    """Two players choose together between a risky and a safe way; both get the same.

    Transitions, at step 0 from state ``s0`` (p is ``p_high``)::

        s0 (risky, risky) -> p sH, 1 - p sT
        s0 (safe, safe) -> 0.9 sM, 0.1 sT
        s0 (*, *) -> 0.5 sM, 0.5 sT
        sH, sM, sT stay where they are

    Rewards, 0 elsewhere (v is ``medium``)::

        sH (*, *) -> 1, 1
        sM (*, *) -> v, v

    Parameters
    ----------
    p_high : float
        Probability in [0, 1] that the risky way ends in the high state.
    medium : float
        What the medium state pays, in [0, 1].

    Returns
    -------
    MarkovGame
        4 states, 2 players with 2 actions each, horizon 2, stationary.

    Raises
    ------
    ValueError, TypeError
        If a parameter is not in [0, 1].

    Notes
    -----
    The shape is that of the cooperative experiment of Farhat, Ghosh, Atia and Wang (2026): two steps, a start, a high,
    a medium and a trap state, joint actions risky, safe and mediocre. Their numbers are not public: these are ours.
    The trap is a fail state, as their theorem for total variation asks for.

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> game = zoo.paper_cooperative()
    >>> expected = game.transition[0, 0] @ game.reward[0, 1, :, 0]  # a player's total reward, by joint action
    >>> expected.round(3).tolist()
    [0.75, 0.375, 0.375, 0.675]
    """
    medium = checks.number("medium", medium, 0.0, 1.0)
    pays: Pays = {("sH", "*", "*"): (1.0, 1.0), ("sM", "*", "*"): (medium, medium)}
    return _game("the paper's shape, cooperative", p_high, pays)


def paper_general_sum(p_high: float = 0.75) -> MarkovGame:
    """Two players choose together between a risky and a safe way; a 2 x 2 game waits at the end of each.

    Transitions are those of :func:`paper_cooperative`. Rewards, 0 elsewhere::

        sH (risky, risky) -> 1, 0.7
        sH (safe, safe) -> 0.7, 1
        sM (risky, risky) -> 0.75, 0.6
        sM (safe, safe) -> 0.6, 0.75

    In the high and in the medium state the players must meet, and each has a place they like better. The trap pays
    nothing.

    Parameters
    ----------
    p_high : float
        Probability in [0, 1] that the risky way ends in the high state.

    Returns
    -------
    MarkovGame
        4 states, 2 players with 2 actions each, horizon 2, stationary.

    Raises
    ------
    ValueError, TypeError
        If ``p_high`` is not in [0, 1].

    Notes
    -----
    The shape is that of the general-sum experiment of Farhat, Ghosh, Atia and Wang (2026). Their numbers are not
    public: these are ours.

    Examples
    --------
    >>> from mornavi_lite import Nominal, solve, zoo
    >>> solution = solve(zoo.paper_general_sum(), Nominal())
    >>> solution.value[:, 1, 1:3].round(3).tolist()  # (sH, sM) of each player
    [[1.0, 0.75], [0.7, 0.6]]
    """
    pays: Pays = {
        ("sH", "risky", "risky"): (1.0, 0.7),
        ("sH", "safe", "safe"): (0.7, 1.0),
        ("sM", "risky", "risky"): (0.75, 0.6),
        ("sM", "safe", "safe"): (0.6, 0.75),
    }
    return _game("the paper's shape, general-sum", p_high, pays)


def _game(name: str, p_high: float, pays: Pays) -> MarkovGame:
    p_high = checks.number("p_high", p_high, 0.0, 1.0)
    rows: Rows = {
        ("s0", "risky", "risky"): {"sH": p_high, "sT": 1 - p_high},
        ("s0", "safe", "safe"): {"sM": 0.9, "sT": 0.1},
        ("s0", "*", "*"): {"sM": 0.5, "sT": 0.5},
        **{(state, "*", "*"): {state: 1.0} for state in _STATES[1:]},
    }
    transition, reward = arrays(_STATES, _ACTIONS, rows, pays)
    return MarkovGame.stationary(transition, reward, (2, 2), 2, name=name, state_names=_STATES, action_names=_ACTIONS)
