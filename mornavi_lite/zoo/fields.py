"""Games on a field of squares, made by a function that says what one step does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from .. import checks
from ..games import MarkovGame

#: What each action adds to row and column.
MOVES = {"north": (-1, 0), "south": (1, 0), "east": (0, 1), "west": (0, -1), "stand": (0, 0)}

Place = tuple[int, int]


def soccer(horizon: int = 50, height: int = 4, width: int = 5) -> MarkovGame:
    """Littman's soccer: two players on a grid, one with the ball, each wants it in the other's goal.

    Both choose to go north, south, east or west, or to stand. Their moves are made one after the other, in an order
    drawn anew at each step. Who would enter the other's square stays where he is, and loses the ball if he has it: it
    goes to the other. Walls stop a move. Player 1 scores by carrying the ball out of the field to the west, player 2
    to the east, each through the two middle rows (one, where the number of rows is odd). After a goal both begin
    again at their first places, and a coin says who has the ball.

    States are ``1 at (r, c), 2 at (r, c), ball 1``, row and column counted from 0 in the north-west, and ``1 scores``,
    ``2 scores``.

    Rewards, 0 elsewhere::

        1 scores (*, *) -> 1, -1
        2 scores (*, *) -> -1, 1

    Parameters
    ----------
    horizon : int
        Number of steps, at least 1.
    height, width : int
        Number of rows, at least 2, and of columns, at least 3.

    Returns
    -------
    MarkovGame
        2 n (n - 1) + 2 states for n = height * width squares, 762 on the first field, each row with one or two next
        states and sparse; 2 players with 5 actions each; rewards in [-1, 1].

    Raises
    ------
    ValueError, TypeError
        If an argument is not of that form.

    Notes
    -----
    Littman (1994), "Markov games as a framework for multi-agent reinforcement learning", with his field of 4 x 5
    squares and his first places; there without a horizon and with a discount. A goal takes a step of its own here, at
    which it pays and the players go back.

    Examples
    --------
    >>> from mornavi_lite import zoo
    >>> game = zoo.soccer(horizon=3)
    >>> game.n_states, game.n_joint_actions, game.next_state.shape[-1]
    (762, 25, 2)
    """
    steps = checks.integer("horizon", horizon, 1)
    rows, columns = checks.integer("height", height, 2), checks.integer("width", width, 3)
    goal = {r for r in range(rows) if abs(r - (rows - 1) / 2) < 1}
    first: tuple[Place, Place] = (rows // 2, columns // 2 + 1), ((rows - 1) // 2, (columns - 1) // 2 - 1)
    starts = [shown(first, ball) for ball in (0, 1)]

    def moved(places: tuple[Place, Place], ball: int, player: int, action: str) -> tuple[tuple[Place, Place], int, str]:
        """Places and ball after the move of one player, and the state of a goal if it is one."""
        (r, c), (down, right) = places[player], MOVES[action]
        after = r + down, c + right
        if after == places[1 - player]:
            return places, 1 - player, ""
        out = -1 if player == 0 else columns
        if ball == player and after[1] == out and r in goal:
            return places, ball, f"{player + 1} scores"
        if not (0 <= after[0] < rows and 0 <= after[1] < columns):
            return places, ball, ""
        return ((after, places[1]) if player == 0 else (places[0], after)), ball, ""

    squares = list(itertools.product(range(rows), range(columns)))
    known = {
        shown((one, two), ball): ((one, two), ball)
        for one, two in itertools.permutations(squares, 2)
        for ball in (0, 1)
    }

    def step(state: str, actions: tuple[str, str]) -> Iterator[tuple[float, str, tuple[float, float]]]:
        if state not in known:
            sign = 1.0 if state == "1 scores" else -1.0
            yield from ((0.5, start, (sign, -sign)) for start in starts)
            return
        for order in ((0, 1), (1, 0)):
            places, ball = known[state]
            scored = ""
            for player in order:
                if not scored:
                    places, ball, scored = moved(places, ball, player, actions[player])
            yield 0.5, scored or shown(places, ball), (0.0, 0.0)

    return MarkovGame.from_step(
        step,
        [tuple(MOVES)] * 2,
        steps,
        dict.fromkeys(starts, 0.5),
        states=[*known, "1 scores", "2 scores"],
        reward_range=(-1, 1),
        name="soccer",
    )


def shown(places: tuple[Place, Place], ball: int) -> str:
    """Name of a state."""
    return f"1 at {places[0]}, 2 at {places[1]}, ball {ball + 1}"
