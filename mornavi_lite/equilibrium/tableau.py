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
#: Exact arithmetic is for tableaux whose pivots take about this many seconds, at most.
_EXACT_SECONDS = 5.0


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
    # What is computed exactly is no rounding error, however small.
    values[values < (0.0 if is_exact(amount) else NEGLIGIBLE)] = 0.0
    return values[:, :n_variables]


def exactly(array: np.ndarray) -> np.ndarray:
    """The same numbers as fractions: the same pivots without rounding errors, about a thousand times slower."""
    return np.asarray(np.frompyfunc(Fraction, 1, 1)(array), dtype=object)


def is_exact(array: np.ndarray) -> bool:
    """Whether these are fractions, from :func:`exactly`."""
    return array.dtype == object


def exact_pivots(numbers: np.ndarray, n_rows: int, n_columns: int) -> int:
    """How many pivots a tableau made of these fractions is worth; 0 where they would not lead far.

    The digits of an entry grow with each pivot until all rows or columns have been exchanged, and the time for a
    fraction grows with their square: 3 microseconds for few, 0.4 for a thousand bits.
    """
    fewest = min(n_rows, n_columns)
    longest = max(max(number.numerator.bit_length(), number.denominator.bit_length()) for number in numbers.flat)
    seconds = n_rows * n_columns * (3e-6 + 0.4e-6 * (longest * fewest / 1000) ** 2)
    allowed = int(_EXACT_SECONDS / seconds)
    return allowed if allowed >= fewest else 0


@lru_cache(maxsize=64)
def fixed_noise(size: int) -> np.ndarray:
    """Numbers in [0, 1) without pattern, the same in every call: for ties, which must not depend on the batch."""
    noise = np.random.Generator(np.random.PCG64(1974)).random(size)
    noise.setflags(write=False)
    return noise
