"""Payoffs brought to one scale, and rounded so that equilibria are chosen alike on every machine."""

from __future__ import annotations

import numpy as np

from ..rounding import rounded


def scaled_payoffs(payoffs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each player's payoffs (..., m, A) with minimum 0 and maximum ``width`` in [1/2, 1), or 0 if constant.

    Returns them, ``width`` and ``exponent`` (..., m): payoffs = minimum + 2**exponent * scaled. Powers of two change
    no digit; the first scaling keeps the difference of two huge payoffs finite.
    """
    # The least and the greatest of each player come from an array in which the loop over games is the inner one.
    columns = np.ascontiguousarray(payoffs.reshape(-1, payoffs.shape[-1]).T)
    low, high = (each.reduce(columns, axis=0).reshape(payoffs.shape[:-1]) for each in (np.minimum, np.maximum))
    magnitude = np.frexp(np.maximum(np.abs(low), np.abs(high)))[1]
    low = np.ldexp(low, -magnitude)
    width, more = np.frexp(np.ldexp(high, -magnitude) - low)
    scaled = np.ldexp(payoffs, -magnitude[..., None])
    scaled -= low[..., None]
    return np.ldexp(scaled, -more[..., None], out=scaled), width, magnitude + more


def total_payoff(scaled: np.ndarray, width: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """Total payoff (B, A) up to a constant, in units of the largest range, rounded like the payoffs."""
    # A constant adds nothing to the choice, however large it is.
    exponent = np.where(width > 0, exponent, -9999)
    shift = exponent - exponent.max(axis=1, keepdims=True)
    total = np.ldexp(scaled, shift[:, :, None]).sum(axis=1)
    return rounded(total)
