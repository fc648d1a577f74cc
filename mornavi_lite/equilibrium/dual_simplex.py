"""Correlated and coarse correlated equilibria of highest total payoff, for many stage games at once.

Both are linear programs in the joint policy p::

    maximise    sum_a welfare(a) p(a)
    subject to  sum_a gain_k(a) p(a) <= 0  for every deviation k,   sum_a p(a) = 1,   p >= 0

where gain_k(a) is what the deviating player wins when a would have been played. Put all mass on the joint action
of highest welfare: no other one improves the objective, so this basis is dual feasible, whatever
the inequalities say. The dual simplex method (Lemke 1954) starts there at once. Each pivot
mends the most violated inequality at the least cost in welfare, until none is left, or until
there were five for each row and column of the tableau.
"""

from __future__ import annotations

import math
from functools import lru_cache

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

#: An inequality violated by less than this counts as met (payoffs have a range between 1/2 and 1).
_VIOLATION = 5e-11
#: Smaller entries of a tableau are rounding errors, and no pivots.
_SMALLEST_PIVOT = 1e-10
#: Pivots allowed for each row and column of the tableau; a usual game needs less than one.
_MOST_PIVOTS = 5


@lru_cache(maxsize=64)
def deviations(n_actions: tuple[int, ...], concept: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All deviations of a concept: player (K,), joint action led to (K, A), share of the player's gain (K,).

    ``"cce"``: the player plays ``chosen`` whatever is recommended. ``"ce"``: plays ``chosen`` where
    ``told`` is recommended, and follows every other recommendation. A swap adds up one
    such gain for each recommendation, so each may take only a share of what is tolerated.
    """
    joint = np.arange(math.prod(n_actions))
    own_action = np.indices(n_actions).reshape(len(n_actions), -1)
    player, target, share = [], [], []
    for i, n in enumerate(n_actions):
        step = math.prod(n_actions[i + 1 :])
        for chosen in range(n):
            moved = joint + (chosen - own_action[i]) * step
            if concept == "cce":
                rows = [moved]
            else:
                rows = [np.where(own_action[i] == told, moved, joint) for told in range(n) if told != chosen]
            target += rows
            player += [i] * len(rows)
            share += [1.0 if concept == "cce" else 1.0 / n] * len(rows)
    return np.array(player), np.array(target), np.array(share)


def correlated(
    payoffs: np.ndarray, welfare: np.ndarray, n_actions: tuple[int, ...], concept: str, attempt: int = 0
) -> np.ndarray:
    """Equilibria (B, A) of highest welfare; whether one was reached is for the caller to certify.

    ``payoffs`` (B, m, A): each player's, with a range between 1/2 and 1. ``welfare`` (B, A): what to maximise.
    A second ``attempt`` (1) slackens the inequalities by up to 5e-10 of the range and breaks ties more strongly,
    a third (2) runs in exact arithmetic if the game is small enough for it. Fractions (NaN if it is not)
    are always worked with exactly.
    """
    n_rows, n_joint = len(deviations(n_actions, concept)[0]) + 2, welfare.shape[1]
    pivots = _MOST_PIVOTS * (n_rows + n_joint)
    if attempt == 2 or is_exact(welfare):
        fractions = exactly(payoffs)
        affordable = exact_pivots(fractions, n_rows, n_joint)
        if affordable:
            payoffs, welfare, pivots = fractions, exactly(welfare), min(pivots, affordable)
        elif is_exact(welfare):
            return np.full(welfare.shape, np.nan)
    chunk = max(1, CHUNK // (n_rows * n_joint))
    slack, tie_break = (2.5e-10, 1e-6) if attempt == 1 else (0.0, 1e-7)
    # Without ties in the objective no basis comes twice: the method cannot run in a circle.
    noise = tie_break * fixed_noise(welfare.shape[1])
    objective = welfare + (exactly(noise) if is_exact(welfare) else noise)
    policy = np.full(welfare.shape, np.nan)
    for start in range(0, len(welfare), chunk):
        part = slice(start, start + chunk)
        _mend(*_starting_tableau(payoffs[part], objective[part], n_actions, concept, slack), pivots, policy[part])
    total = policy.sum(axis=1, keepdims=True)
    return np.divide(policy, total, out=np.full_like(policy, np.nan), where=total > 0)


def _starting_tableau(
    payoffs: np.ndarray, objective: np.ndarray, n_actions: tuple[int, ...], concept: str, slack: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tableau (B, K + 2, A) with all mass on the best joint action; names of its rows and of its columns.

    Rows: the K inequalities, the probability of the best joint action, the objective. Columns: the other joint
    actions, the right-hand side. Names below A are joint actions, the others the inequalities' slack variables.
    """
    n_games, n_joint = objective.shape
    player, target, share = deviations(n_actions, concept)
    game = np.arange(n_games)
    tableau = np.empty((n_games, len(player) + 2, n_joint), dtype=payoffs.dtype)
    flat = payoffs.reshape(n_games, -1)
    np.subtract(flat.take(player[:, None] * n_joint + target, axis=1), payoffs[:, player], out=tableau[:, :-2])
    tableau[:, -2] = 1
    np.negative(objective, out=tableau[:, -1])
    # Everywhere else the probability of the best joint action is replaced by 1 minus the others.
    best = objective.argmax(axis=1)
    at_best = tableau[game, :, best]
    at_best[:, -2] = 0
    tableau -= at_best[:, :, None]
    # That frees its column: the last one moves there, and the right-hand side comes last.
    tableau[game, :, best] = tableau[:, :, -1]
    tableau[:, :-2, -1] = (slack * share if slack else 0) - at_best[:, :-2]
    tableau[:, -2, -1] = 1
    tableau[:, -1, -1] = 0
    row_name = np.tile(np.arange(n_joint, n_joint + len(player) + 1), (n_games, 1))
    row_name[:, -1] = best
    column_name = np.tile(np.arange(n_joint), (n_games, 1))
    column_name[game, best] = n_joint - 1
    return tableau, row_name, column_name[:, :-1]


def _mend(tableau: np.ndarray, row_name: np.ndarray, column_name: np.ndarray, pivots: int, policy: np.ndarray) -> None:
    """Pivot until no inequality is violated; write each game's probabilities to its row of ``policy``.

    Where the pivots do not suffice, the probabilities are those of the last basis: their gain says how far that is.
    """
    violation, smallest_pivot = (0.0, 0.0) if is_exact(tableau) else (_VIOLATION, _SMALLEST_PIVOT)
    left = np.arange(len(policy))
    for _ in range(pivots):
        game = np.arange(len(left))
        amount = tableau[:, :-1, -1]
        row = amount.argmin(axis=1)
        entry = -tableau[game, row, :-1]
        able = entry > smallest_pivot
        # A row that no column can mend (after rounding errors) is left as it is: the certificate decides.
        done = (amount[game, row] >= -violation) | ~able.any(axis=1)
        if done.any():
            policy[left[done]] = basic_solution(row_name[done], amount[done], policy.shape[1])
            going = ~done
            tableau, row_name, column_name = tableau[going], row_name[going], column_name[going]
            left, row, entry, able = left[going], row[going], entry[going], able[going]
        if not len(left):
            return
        # The column that costs least welfare per unit mended keeps the basis dual feasible.
        cost = np.divide(tableau[:, -1, :-1], entry, out=np.full_like(entry, np.inf), where=able)
        column = cost.argmin(axis=1)
        pivot(tableau, row, column)
        exchange(row_name, column_name, row, column)
    policy[left] = basic_solution(row_name, tableau[:, :-1, -1], policy.shape[1])
