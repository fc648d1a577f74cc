"""Batched simplex tableaux: one pivot in each of many small linear systems at once.

A tableau says how the basic variables (its rows) depend on the nonbasic ones
(its columns), with the right-hand side in a further column::

    basic[r] + sum_c tableau[r, c] * nonbasic[c] = right_hand_side[r]

Nonbasic variables are 0, so a basic one equals its right-hand side. The basic variables have
no columns of their own: a pivot lets one variable of each kind change places.

Only element by element arithmetic is used, no matrix product. So a game's result
is the same, to the last bit, whatever games are solved beside it and on whatever machine.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np

#: Numbers in the tableaux that are worked on together: about 1 MB, which stays in the cache.
CHUNK = 2**17
#: Smaller probabilities are rounding errors around 0.
NEGLIGIBLE = 1e-12


def pivot(tableau: np.ndarray, row: np.ndarray, column: np.ndarray) -> None:
    """Exchange basic variable ``row[g]`` and nonbasic variable ``column[g]`` of each game g, in place.

    ``tableau`` is (B, R, C); ``row`` and ``column`` are (B,) integers.
    """
    game = np.arange(len(tableau))
    leaving = tableau[game, row]
    entering = tableau[game, :, column]
    element = leaving[game, column]
    leaving /= element[:, None]
    leaving[game, column] = 1 / element
    tableau[game, :, column] = 0
    tableau -= entering[:, :, None] * leaving[:, None, :]
    tableau[game, row] = leaving


def exchange(row_name: np.ndarray, column_name: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Swap the names of the variables that a pivot exchanged, in place; return the names (B,) of those that left."""
    game = np.arange(len(row_name))
    leaving = row_name[game, row]
    row_name[game, row] = column_name[game, column]
    column_name[game, column] = leaving
    return leaving


def basic_solution(row_name: np.ndarray, amount: np.ndarray, n_variables: int) -> np.ndarray:
    """Values (B, n_variables) of the variables named 0, 1, ... ; ``amount`` (B, R) are those of the basic ones."""
    values = np.zeros((len(amount), max(n_variables, int(row_name.max()) + 1)))
    np.put_along_axis(values, row_name, amount, axis=1)
    values[values < NEGLIGIBLE] = 0.0
    return values[:, :n_variables]


def exactly(tableau: np.ndarray) -> np.ndarray:
    """The same numbers as fractions: the same pivots without rounding errors, about a thousand times slower."""
    return np.asarray(np.frompyfunc(Fraction, 1, 1)(tableau))


@lru_cache(maxsize=64)
def fixed_noise(size: int) -> np.ndarray:
    """Numbers in [0, 1) without pattern, the same in every call: for ties, which must not depend on the batch."""
    noise = np.random.Generator(np.random.PCG64(1974)).random(size)
    noise.setflags(write=False)
    return noise
