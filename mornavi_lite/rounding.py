"""The grid that decisions are rounded to, so that they are the same on every machine."""

from __future__ import annotations

import numpy as np

#: Equilibria are chosen on scaled payoffs rounded to multiples of this, about 1e-10. A power of two, so that games
#: with integer payoffs are not changed at all.
GRID = 2.0**-33


def rounded(values: np.ndarray) -> np.ndarray:
    """The nearest multiples of ``GRID``."""
    return np.rint(values * (1 / GRID)) * GRID
