"""Checks of arguments: every public function calls these before it computes anything.

Each check returns the argument in the form that the inner loops use, or raises an
error that names the argument, what is wrong with it, and the first place where.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

#: How far the sum of a probability row may be from 1.
ROW_TOLERANCE = 1e-8


def place(index: Sequence[int]) -> str:
    """Write an index the way NumPy does, ``[2, 0, 1]``; nothing for a scalar."""
    return f"[{', '.join(str(int(i)) for i in index)}]" if len(index) else ""


def first_true(mask: np.ndarray) -> tuple[int, ...]:
    """Index of the first true entry of ``mask``, in C order."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(mask)), mask.shape))


def real_array(name: str, values: Any, ndim: int | None = None) -> np.ndarray:
    """``values`` as a float64 array; the caller's array is never written to."""
    try:
        raw = np.asarray(values)
        if raw.dtype.kind not in "biuf":
            raise ValueError
    except ValueError:
        raise TypeError(f"{name} must be an array of real numbers, got {_kind(values)}") from None
    array = np.asarray(raw, dtype=np.float64)
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, got shape {array.shape}")
    return array


def finite_array(name: str, values: Any, ndim: int | None = None) -> np.ndarray:
    """``values`` as a float64 array without NaN or infinity."""
    array = real_array(name, values, ndim)
    bad = ~np.isfinite(array)
    if bad.any():
        where = first_true(bad)
        raise ValueError(f"{name}{place(where)} must be finite, got {float(array[where])}")
    return array


def has_shape(name: str, array: np.ndarray, shape: tuple[int, ...], axes: str) -> None:
    """Raise unless ``array`` has exactly ``shape``; ``axes`` names them, like ``(H, S, A)``."""
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {axes} = {shape}, got {array.shape}")


def probability_rows(name: str, values: Any, ndim: int | None = None) -> np.ndarray:
    """``values`` as rows of probabilities: none negative, each last axis summing to 1 within 1e-8."""
    array = real_array(name, values, ndim)
    if array.ndim == 0 or array.shape[-1] == 0:
        raise ValueError(f"{name} must have a last axis of probabilities, got shape {array.shape}")
    # One product and one minimum find that all is well, NaN included; only where not do we look for the place.
    with np.errstate(invalid="ignore", over="ignore"):
        total = array @ np.ones(array.shape[-1])
        if array.size == 0 or (array.min() >= 0 and np.abs(total - 1.0).max() <= ROW_TOLERANCE):
            return array
    finite_array(name, array)
    if (array < 0).any():
        where = first_true(array < 0)
        raise ValueError(f"{name}{place(where)} must not be negative, got {float(array[where])}")
    where = first_true(np.abs(total - 1.0) > ROW_TOLERANCE)
    raise ValueError(f"{name}{place(where)} must sum to 1, got {float(total[where])}")


def one_of(name: str, value: Any, allowed: Sequence[str]) -> str:
    """``value`` if it is one of the ``allowed`` words."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {_kind(value)}")
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value


def number(name: str, value: Any, low: float, high: float = np.inf) -> float:
    """``value`` as a float in [``low``, ``high``], finite."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a number, got {_kind(value)}")
    result = float(value)
    if not np.isfinite(result) or not low <= result <= high:
        interval = f"in [{low:g}, {high:g}]" if np.isfinite(high) else f"finite and at least {low:g}"
        raise ValueError(f"{name} must be {interval}, got {value}")
    return result


def probability(name: str, value: Any) -> float:
    """``value`` as a float in (0, 1), both ends left out."""
    result = number(name, value, -np.inf)
    if not 0 < result < 1:
        raise ValueError(f"{name} must be between 0 and 1, both left out, got {value}")
    return result


def min_probability(value: Any) -> float | None:
    """``value`` as a float in (0, 1], or None."""
    if value is None:
        return None
    result = number("min_probability", value, 0.0, 1.0)
    if result == 0:
        raise ValueError("min_probability must be above 0, or None, got 0")
    return result


def integer(name: str, value: Any, low: int, high: int | None = None) -> int:
    """``value`` as an int, at least ``low`` and at most ``high``; 3.0 is not an integer."""
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        result = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {_kind(value)}") from None
    if result < low or (high is not None and result > high):
        bound = f"at least {low}" if high is None else f"from {low} to {high}"
        raise ValueError(f"{name} must be {bound}, got {result}")
    return result


def action_counts(n_actions: Any) -> tuple[int, ...]:
    """``n_actions`` as a tuple with one positive integer per player."""
    if isinstance(n_actions, str) or not isinstance(n_actions, (Sequence, np.ndarray)):
        raise TypeError(f"n_actions must be a sequence with one integer per player, got {_kind(n_actions)}")
    if len(n_actions) == 0:
        raise ValueError("n_actions must have one entry per player, got none")
    return tuple(integer(f"n_actions[{i}]", n, 1) for i, n in enumerate(n_actions))


def distribution(name: str, value: Any, n: int) -> np.ndarray:
    """The distribution over ``n`` states that ``value`` (None for state 0, a state, or a distribution) stands for."""
    if value is None or np.ndim(value) == 0:
        return np.eye(n)[0 if value is None else integer(name, value, 0, n - 1)]
    array = real_array(name, value)
    has_shape(name, array, (n,), "(S,)")
    return probability_rows(name, array)


def names(argument: str, words: Sequence[str] | None, n: int) -> tuple[str, ...]:
    """``n`` different names, or the indices as words where ``words`` is None."""
    if words is None:
        return tuple(str(i) for i in range(n))
    if isinstance(words, str) or not isinstance(words, (Sequence, np.ndarray)) or len(words) != n:
        raise ValueError(f"{argument} must be a sequence of {n} names, got {words!r}")
    result = tuple(str(word) for word in words)
    if len(set(result)) < n:
        raise ValueError(f"{argument} must be different from each other, got {result}")
    return result


def _kind(value: Any) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 40 else text[:37] + '...'}"
