"""Nash equilibria of many two-player stage games at once, by the method of Lemke and Howson (1964).

Let R and C be the players' payoff matrices, shifted to be positive. The inequalities::

    r = 1 - R y >= 0,    s = 1 - C' x >= 0,    x, y >= 0

describe strategies x and y, not scaled to sum 1, against which no action earns more than 1. In an equilibrium
every action is unplayed or a best response: x_i r_i = 0 and y_j s_j = 0. The pair x = y = 0 has
this property too, and is no equilibrium. The method leaves it by letting one action, the label, be both played
and not a best response. It walks from vertex to vertex: a pivot drops one variable, and the
next brings in its complement (x_i for r_i, y_j for s_j, and back), until the label is in order again.

The longest paths grow exponentially with the size (Savani and von Stengel 2006), so pivots are limited: to 2,000 and
100 more for each action. That was enough for ordinary games of up to 280 actions together, from one of two labels.
"""

from __future__ import annotations

import numpy as np

from .tableau import (
    CHUNK,
    basic_solution,
    exact_pivots,
    exactly,
    exchange,
    fixed_noise,
    is_exact,
    pivot,
)

#: Smaller entries of a tableau are rounding errors, and no pivots.
_SMALLEST_PIVOT = 1e-9
#: Pivots allowed for each game, and for each of its actions; a random 10 x 10 game needs about 20 in all.
_MOST_PIVOTS = 2000
_MOST_PIVOTS_PER_ACTION = 100


def lemke_howson(payoffs: np.ndarray, n_actions: tuple[int, ...], attempt: int = 0) -> np.ndarray:
    """Product policies (B, A) that are Nash equilibria; whether one was reached is for the caller to certify.

    ``payoffs`` (B, 2, A): each player's, in [0, 1]. A second ``attempt`` (1) starts from another label, a third (2)
    from yet another, in exact arithmetic if the game is small enough for it. Fractions (NaN if it is not)
    are always worked with exactly.
    """
    rows, columns = n_actions
    size = rows + columns
    pivots = _MOST_PIVOTS + _MOST_PIVOTS_PER_ACTION * size
    if attempt == 2 or is_exact(payoffs):
        fractions = exactly(payoffs)
        affordable = exact_pivots(fractions, size, size + 2)
        if affordable:
            payoffs, pivots = fractions, min(pivots, affordable)
        elif is_exact(payoffs):
            return np.full((len(payoffs), rows * columns), np.nan)
    chunk = max(1, CHUNK // (size * (size + 2)))
    strategy = np.full((len(payoffs), size), np.nan)
    for start in range(0, len(payoffs), chunk):
        part = slice(start, start + chunk)
        _follow(_starting_tableau(payoffs[part], rows, columns), attempt % size, pivots, strategy[part])
    first, second = strategy[:, :rows], strategy[:, rows:]
    total = first.sum(axis=1, keepdims=True) * second.sum(axis=1, keepdims=True)
    joint = (first[:, :, None] * second[:, None, :]).reshape(len(payoffs), rows * columns)
    return np.divide(joint, total, out=np.full_like(joint, np.nan), where=total > 0)


def _starting_tableau(payoffs: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Tableau (B, N, N + 2), N = rows + columns: x and y nonbasic, r and s basic, two right-hand sides."""
    size = rows + columns
    matrix = payoffs.reshape(len(payoffs), 2, rows, columns) + 1
    tableau = np.zeros((len(payoffs), size, size + 2), dtype=payoffs.dtype)
    tableau[:, :rows, rows:size] = matrix[:, 0]
    tableau[:, rows:, :rows] = matrix[:, 1].transpose(0, 2, 1)
    tableau[:, :, -2] = 1
    # The second right-hand side counts among ties alone: an infinitely small perturbation of the first.
    tableau[:, :, -1] = fixed_noise(size)
    return exactly(tableau) if is_exact(tableau) else tableau


def _follow(tableau: np.ndarray, label: int, pivots: int, strategy: np.ndarray) -> None:
    """Follow the path of ``label`` from x = y = 0; write x and y to each game's row of ``strategy``.

    Where the pivots do not suffice, x and y are those of the last vertex: its gain says how far that is.
    """
    n_games, size = strategy.shape
    smallest_pivot = 0.0 if is_exact(tableau) else _SMALLEST_PIVOT
    # Names below N are x and y; N more gives the complement.
    row_name = np.tile(np.arange(size, 2 * size), (n_games, 1))
    column_name = np.tile(np.arange(size), (n_games, 1))
    entering = np.full(n_games, label)
    left = np.arange(n_games)
    for _ in range(pivots):
        column = (column_name == entering[:, None]).argmax(axis=1)
        row, stuck = _leaving_row(tableau, column, smallest_pivot)
        # Rounding errors can leave a game without a pivot: it is given up, and its certificate will fail.
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            pivot(tableau, row, column)
        leaving = exchange(row_name, column_name, row, column)
        entering = (leaving + size) % (2 * size)
        done = (leaving % size == label) | stuck
        if done.any():
            strategy[left[done]] = basic_solution(row_name[done], tableau[done, :, -2], size)
            going = ~done
            tableau, row_name, column_name = tableau[going], row_name[going], column_name[going]
            left, entering = left[going], entering[going]
        if not len(left):
            return
    strategy[left] = basic_solution(row_name, tableau[:, :, -2], size)


def _leaving_row(tableau: np.ndarray, column: np.ndarray, smallest_pivot: float) -> tuple[np.ndarray, np.ndarray]:
    """Row of the basic variable that reaches 0 first as the nonbasic one grows, and whether there is none."""
    entry = tableau[np.arange(len(tableau)), :, column]
    able = entry > smallest_pivot
    ratio = np.divide(tableau[:, :, -2], entry, out=np.full_like(entry, np.inf), where=able)
    able &= ratio == ratio.min(axis=1, keepdims=True)
    ratio = np.divide(tableau[:, :, -1], entry, out=np.full_like(entry, np.inf), where=able)
    return ratio.argmin(axis=1), np.logical_not(able.any(axis=1))
