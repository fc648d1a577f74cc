"""The grid that decisions are rounded to, so that they are the same on every machine."""

from __future__ import annotations

import numpy as np

#: Equilibria are chosen on scaled payoffs rounded to multiples of this, about 1e-10. A power of two, so that games
#: with integer payoffs are not changed at all.
GRID = 2.0**-33


def rounded(values: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """The nearest multiples of ``GRID`` times a ``scale`` that is a power of two."""
    unit = max(GRID * scale, 5e-324)
    return np.rint(values / unit) * unit


def power_of_two(ranges: np.ndarray) -> float:
    """The least power of two that no range (..., 2) is wider than; 1 where all ranges are points."""
    width = float((ranges[..., 1] - ranges[..., 0]).max())
    return float(2.0 ** np.ceil(np.log2(width))) if width > 0 else 1.0
