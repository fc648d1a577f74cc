"""Stage games of QuantEcon and Nashpy, both ways: the arrays of one, turned into those of the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import checks


class StageGame(tuple[np.ndarray, tuple[int, ...]]):
    """A stage game that was read from a file: unpacks to ``payoffs`` and ``n_actions``, and has names.

    Attributes
    ----------
    payoffs : numpy.ndarray, shape (m, A)
        Payoff of each player at each joint action, flattened in C order over ``n_actions``.
    n_actions : tuple of int
        Number of actions of each player.
    action_names : tuple of tuples of str
        For each player the name of each action, different from each other.
    player_names : tuple of str
        Name of each player, different from each other.
    title : str
        What the file calls the game.
    comment : str
        What else it says of it.
    """

    payoffs: np.ndarray
    n_actions: tuple[int, ...]
    action_names: tuple[tuple[str, ...], ...]
    player_names: tuple[str, ...]
    title: str
    comment: str

    def __new__(
        cls,
        payoffs: np.ndarray,
        n_actions: tuple[int, ...],
        action_names: tuple[tuple[str, ...], ...],
        player_names: tuple[str, ...],
        title: str = "",
        comment: str = "",
    ) -> StageGame:
        self = super().__new__(cls, (payoffs, n_actions))
        self.payoffs, self.n_actions = payoffs, n_actions
        self.action_names, self.player_names = action_names, player_names
        self.title, self.comment = title, comment
        return self

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.payoffs, self.n_actions, self.action_names, self.player_names, self.title, self.comment

    def __repr__(self) -> str:
        return f"StageGame(title={self.title!r}, n_actions={self.n_actions}, player_names={self.player_names})"


def from_quantecon(game: Any) -> tuple[np.ndarray, tuple[int, ...]]:
    """Payoffs of a ``quantecon.game_theory.NormalFormGame``.

    Parameters
    ----------
    game : quantecon.game_theory.NormalFormGame
        Any number of players.

    Returns
    -------
    payoffs : numpy.ndarray, shape (m, A)
        Payoff of each player at each joint action.
    n_actions : tuple of int
        Number of actions of each player.

    Raises
    ------
    TypeError
        If ``game`` is not such a game.
    ValueError
        If a payoff is not finite.

    Notes
    -----
    The axes of player i's array in QuantEcon are its own action first, then those of players i+1, ..., m-1, 0, ...,
    i-1. Here all players' arrays have the axes of players 0, ..., m-1.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite.formats import from_quantecon
    >>> from quantecon.game_theory import NormalFormGame, Player
    >>> game = NormalFormGame([Player([[1, 2, 3], [4, 5, 6]]), Player([[10, 40], [20, 50], [30, 60]])])
    >>> payoffs, n_actions = from_quantecon(game)
    >>> n_actions, bool((payoffs[1] == 10 * payoffs[0]).all())
    ((2, 3), True)
    """
    players = getattr(game, "players", None)
    if not isinstance(players, Sequence) or not players or not all(hasattr(each, "payoff_array") for each in players):
        raise TypeError(f"game must be a NormalFormGame of quantecon, got {type(game).__name__}")
    m = len(players)
    arrays = [checks.finite_array(f"payoffs of player {i}", each.payoff_array, m) for i, each in enumerate(players)]
    n_actions = tuple(array.shape[0] for array in arrays)
    turned = [array.transpose([(j - i) % m for j in range(m)]) for i, array in enumerate(arrays)]
    for i, array in enumerate(turned):
        checks.has_shape(f"payoffs of player {i}", array, n_actions, "the numbers of actions")
    return np.stack([array.ravel() for array in turned]), n_actions


def to_quantecon(payoffs: Any, n_actions: Sequence[int]) -> Any:
    """A stage game as a ``quantecon.game_theory.NormalFormGame``.

    Parameters
    ----------
    payoffs : array_like, shape (m, A)
        Payoff of each player at each joint action.
    n_actions : sequence of int
        Number of actions of each player; their product is A.

    Returns
    -------
    quantecon.game_theory.NormalFormGame
        Player i's array has its own action first, then those of players i+1, ..., m-1, 0, ..., i-1.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.
    ImportError
        If quantecon is not installed; the message says how to install it.

    Examples
    --------
    >>> from mornavi_lite.formats import from_quantecon, to_quantecon
    >>> game = to_quantecon([[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]], (2, 3))
    >>> game.players[1].payoff_array.tolist()
    [[6.0, 3.0], [5.0, 2.0], [4.0, 1.0]]
    >>> bool((from_quantecon(game)[0] == [[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]]).all())
    True
    """
    table, counts = stage_payoffs(payoffs, n_actions)
    try:
        from quantecon.game_theory import NormalFormGame, Player
    except ImportError as error:
        raise ImportError(missing("quantecon")) from error
    m = len(counts)
    turned = [row.reshape(counts).transpose([(i + k) % m for k in range(m)]) for i, row in enumerate(table)]
    return NormalFormGame([Player(np.ascontiguousarray(array)) for array in turned])


def from_nashpy(game: Any) -> tuple[np.ndarray, tuple[int, ...]]:
    """Payoffs of a ``nashpy.Game``.

    Parameters
    ----------
    game : nashpy.Game
        Two players.

    Returns
    -------
    payoffs : numpy.ndarray, shape (2, A)
        Payoff of each player at each joint action.
    n_actions : tuple of int
        Number of actions of each player.

    Raises
    ------
    TypeError
        If ``game`` is not such a game.
    ValueError
        If a payoff is not finite.

    Examples
    --------
    >>> from mornavi_lite.formats import from_nashpy
    >>> import nashpy
    >>> payoffs, n_actions = from_nashpy(nashpy.Game([[1, 2, 3], [4, 5, 6]], [[6, 5, 4], [3, 2, 1]]))
    >>> n_actions, payoffs.tolist()
    ((2, 3), [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [6.0, 5.0, 4.0, 3.0, 2.0, 1.0]])
    """
    matrices = getattr(game, "payoff_matrices", None)
    if not isinstance(matrices, Sequence) or len(matrices) != 2:
        raise TypeError(f"game must be a Game of nashpy, got {type(game).__name__}")
    row, column = (checks.finite_array(f"payoffs of player {i}", each, 2) for i, each in enumerate(matrices))
    checks.has_shape("payoffs of player 1", column, row.shape, "the numbers of actions")
    return np.stack([row.ravel(), column.ravel()]), (row.shape[0], row.shape[1])


def to_nashpy(payoffs: Any, n_actions: Sequence[int]) -> Any:
    """A stage game of two players as a ``nashpy.Game``.

    Parameters
    ----------
    payoffs : array_like, shape (2, A)
        Payoff of each player at each joint action.
    n_actions : sequence of two int
        Number of actions of each player; their product is A.

    Returns
    -------
    nashpy.Game
        The game of the two payoff matrices.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form, or there are not two players.
    ImportError
        If nashpy is not installed; the message says how to install it.

    Examples
    --------
    >>> from mornavi_lite.formats import to_nashpy
    >>> game = to_nashpy([[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]], (2, 3))
    >>> [matrix.tolist() for matrix in game.payoff_matrices]
    [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[6.0, 5.0, 4.0], [3.0, 2.0, 1.0]]]
    """
    table, counts = stage_payoffs(payoffs, n_actions)
    if len(counts) != 2:
        raise ValueError(f"n_actions must have two entries, as nashpy has games of two players, got {counts}")
    try:
        from nashpy import Game
    except ImportError as error:
        raise ImportError(missing("nashpy")) from error
    return Game(*(row.reshape(counts) for row in table))


def stage_payoffs(payoffs: Any, n_actions: Sequence[int]) -> tuple[np.ndarray, tuple[int, ...]]:
    """``payoffs`` as an array (m, A) of its own and ``n_actions`` as a tuple, if they fit each other."""
    counts = checks.action_counts(n_actions)
    table = checks.finite_array("payoffs", payoffs, 2)
    checks.has_shape("payoffs", table, (len(counts), int(np.prod(counts))), "(m, A)")
    return table.copy(), counts


def missing(package: str) -> str:
    """What to do where an optional package is not there."""
    return f"{package} is not installed: pip install 'mornavi-lite[formats]'"
