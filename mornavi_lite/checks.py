"""Checks of arguments: every public function calls these before it computes anything.

Each check returns the argument in the form that the inner loops use, or raises an
error that names the argument, what is wrong with it, and the first place where.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Sequence
from contextlib import suppress
from numbers import Real
from typing import Any

import numpy as np

#: How far the sum of a probability row may be from 1.
ROW_TOLERANCE = 1e-8
#: The largest count, number of steps, states or actions: what an int64 holds.
LARGEST = 2**63 - 1


def place(index: Sequence[int]) -> str:
    """Write an index the way NumPy does, ``[2, 0, 1]``; nothing for a scalar."""
    return f"[{', '.join(str(int(i)) for i in index)}]" if len(index) else ""


def first_true(mask: np.ndarray) -> tuple[int, ...]:
    """Index of the first true entry of ``mask``, in C order."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(mask)), mask.shape))


def shown(value: Any) -> str:
    """Type of ``value`` and how it begins, short enough for an error message."""
    return f"{type(value).__name__} {brief(value)}"


def brief(value: Any, most: int = 40) -> str:
    """How ``value`` begins, in one line of at most so many letters."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # an integer of more digits than Python writes, lists in lists in lists, what has no text
        text = "(too long to be shown)"
    return text if len(text) <= most else text[: most - 3] + "..."


def real_array(name: str, values: Any, ndim: int | None = None) -> np.ndarray:
    """``values`` as a float64 array; the caller's array is never written to."""
    raw = plain_array(name, values, "biuf", "real numbers")
    with np.errstate(over="ignore"):  # a long double beyond float64 is infinite
        array = np.asarray(raw, dtype=np.float64)
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, got shape {array.shape}")
    return array


def integer_array(name: str, values: Any) -> np.ndarray:
    """``values`` as an int64 array; the caller's array is never written to."""
    array = plain_array(name, values, "iu", "integers")
    if array.dtype == np.uint64 and array.size and array.max() > LARGEST:
        where = first_true(array > LARGEST)
        raise ValueError(f"{name}{place(where)} must be at most {LARGEST}, got {int(array[where])}")
    return array.astype(np.int64, copy=False)


def boolean_array(name: str, values: Any) -> np.ndarray:
    """``values`` as an array of True and False; nothing that is masked is in it."""
    return plain_array(name, values, "b", "True and False")


def counts_array(name: str, values: Any) -> np.ndarray:
    """``values`` as an int64 array without negative entries."""
    array = integer_array(name, values)
    if array.size and array.min() < 0:
        where = first_true(array < 0)
        raise ValueError(f"{name}{place(where)} must not be negative, got {int(array[where])}")
    return array


def exact_sums(counts: np.ndarray, n_axes: int) -> np.ndarray:
    """Sums of counts over the last ``n_axes`` axes as Python's integers, which do not overflow."""
    axes = tuple(range(counts.ndim - n_axes, counts.ndim))
    halves = [np.asarray(half.sum(axis=axes)).astype(object) for half in (counts >> 32, counts & 0xFFFFFFFF)]
    return np.asarray(halves[0] * 2**32 + halves[1], dtype=object)


def plain_array(name: str, values: Any, kinds: str, what: str) -> np.ndarray:
    """``values`` as an array of one of the ``kinds`` of number; nothing that is masked is in it."""
    if hasattr(values, "policy"):  # a solution, a plan or a history, of which one part is meant
        kind = type(values).__name__
        raise TypeError(f"{name} must be an array of {what}, got a {kind}: pass {kind.lower()}.policy")
    masked = sys.modules.get("numpy.ma")  # nothing is masked where nobody has imported it, or a thread is about to
    if hasattr(masked, "is_masked") and _is_masked(values, masked):
        raise ValueError(f"{name} must not have masked entries: fill them, or drop what is masked")
    try:
        array = np.asarray(values)
        if array.dtype == object and "f" in kinds and all(isinstance(each, Real) for each in array.flat):
            array = np.array([float(each) for each in array.flat]).reshape(array.shape)  # exact fractions
        if array.dtype.kind not in kinds:
            raise TypeError
    except Exception:  # lists of different lengths; integers beyond float64; what makes no array of itself
        got = f"dtype {values.dtype}" if isinstance(values, np.ndarray) else shown(values)
        raise TypeError(f"{name} must be an array of {what}, got {got}") from None
    return array


def _is_masked(values: Any, masked: Any, depth: int = 64) -> bool:
    if isinstance(values, (list, tuple)):  # as deep as arrays have axes
        return depth > 0 and any(_is_masked(each, masked, depth - 1) for each in values)
    return isinstance(values, masked.MaskedArray) and bool(masked.is_masked(values))


def finite_array(name: str, values: Any, ndim: int | None = None) -> np.ndarray:
    """``values`` as a float64 array without NaN or infinity."""
    array = real_array(name, values, ndim)
    bad = ~np.isfinite(array)
    if bad.any():
        where = first_true(bad)
        raise ValueError(f"{name}{place(where)} must be finite, got {float(array[where])}")
    return array


def bounded_array(name: str, values: Any, low: float, high: float = np.inf) -> np.ndarray:
    """``values`` as a float64 array without NaN or infinity, each in [``low``, ``high``]."""
    array = finite_array(name, values)
    outside = (array < low) | (array > high)
    if outside.any():
        where = first_true(outside)
        interval = f"in [{low:g}, {high:g}]" if np.isfinite(high) else f"at least {low:g}"
        raise ValueError(f"{name}{place(where)} must be {interval}, got {float(array[where])}")
    return array


def has_shape(name: str, array: np.ndarray, shape: tuple[int, ...], axes: str) -> None:
    """Raise unless ``array`` has exactly ``shape``; ``axes`` names them, like ``(H, S, A)``."""
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {axes} = {shape}, got {array.shape}")


def broadcastable(**arrays: np.ndarray) -> None:
    """Raise unless the shapes of the named arrays fit each other by NumPy's rule."""
    try:
        np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        words, shapes = " and ".join(arrays), " and ".join(str(array.shape) for array in arrays.values())
        raise ValueError(f"{words} must broadcast against each other, got shapes {shapes}") from None


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
        raise TypeError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {shown(value)}")
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {brief(value)}")
    return value


def truth(name: str, value: Any) -> bool:
    """``value`` if it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {brief(value)}")
    return bool(value)


def text(name: str, value: Any) -> str:
    """``value`` if it is a text."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, got {shown(value)}")
    return value


def as_text(name: str, value: Any) -> str:
    """What ``value`` is as a text."""
    try:
        return str(value)
    except Exception:  # an integer of more digits than Python writes, lists in lists in lists
        raise TypeError(f"{name} must have a text, got {shown(value)}") from None


def number(name: str, value: Any, low: float, high: float = np.inf) -> float:
    """``value`` as a float in [``low``, ``high``], finite."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a number, got {shown(value)}")
    try:
        result = float(value)
    except OverflowError:  # an integer beyond float64
        result = np.inf
    if not np.isfinite(result) or not low <= result <= high:
        interval = f"in [{low:g}, {high:g}]" if np.isfinite(high) else f"finite and at least {low:g}"
        raise ValueError(f"{name} must be {interval}, got {_digits(value)}")
    return result


def numbers(name: str, value: Any, low: float, high: float = np.inf) -> float | np.ndarray:
    """``value`` as a float, or as a read-only copy in float64 where it is an array, each entry in the interval."""
    if not isinstance(value, np.ndarray):
        return number(name, value, low, high)
    with np.errstate(over="ignore"):  # a long double beyond float64 is infinite
        array = plain_array(name, value, "iuf", "real numbers").astype(np.float64) + 0.0  # a copy, and -0.0 becomes 0.0
    if array.size == 0:
        raise ValueError(f"{name} must have an entry, got {shown(value)}")
    bad = ~((array >= low) & (array <= high) & np.isfinite(array))
    if bad.any():
        where = first_true(bad)
        number(f"{name}{place(where)}", float(array[where]), low, high)
    if array.ndim == 0:
        return float(array)
    array.setflags(write=False)
    return array


def probability(name: str, value: Any) -> float:
    """``value`` as a float in (0, 1), both ends left out."""
    result = number(name, value, -np.inf)
    if not 0 < result < 1:
        raise ValueError(f"{name} must be between 0 and 1, both left out, got {_digits(value)}")
    return result


def min_probability(value: Any) -> float | None:
    """``value`` as a float in (0, 1], or None."""
    if value is None:
        return None
    result = number("min_probability", value, 0.0, 1.0)
    if result == 0:
        raise ValueError("min_probability must be above 0, or None, got 0")
    return result


def integer(name: str, value: Any, low: int, high: float = LARGEST) -> int:
    """``value`` as an int, at least ``low`` and at most ``high``; 3.0 is not an integer."""
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        result = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {shown(value)}") from None
    if not low <= result <= high:
        bound = f"at least {low}" if high >= LARGEST and result < low else f"from {low} to {high}"
        raise ValueError(f"{name} must be {bound}, got {_digits(result)}")
    return result


def _digits(value: Any) -> str:
    """A number as it is written, without the digits between of a very long one."""
    return str(value) if not isinstance(value, int) or abs(value) < 10**40 else brief(value)


def action_counts(n_actions: Any) -> tuple[int, ...]:
    """``n_actions`` as a tuple with one positive integer per player."""
    if not is_sequence(n_actions):
        raise TypeError(f"n_actions must be a sequence with one integer per player, got {shown(n_actions)}")
    if len(n_actions) == 0:
        raise ValueError("n_actions must have one entry per player, got none")
    return tuple(integer(f"n_actions[{i}]", n, 1) for i, n in enumerate(n_actions))


def distribution(name: str, value: Any, n: int) -> np.ndarray:
    """The distribution over ``n`` states that ``value`` (None for state 0, a state, or a distribution) stands for."""
    if value is None or not is_sequence(value):
        point = np.zeros(n)
        point[0 if value is None else integer(name, value, 0, n - 1)] = 1.0
        return point
    array = real_array(name, value)
    has_shape(name, array, (n,), "(S,)")
    return probability_rows(name, array)


def generator(rng: Any) -> None:
    """Raise unless ``rng`` is a source of randomness of NumPy."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, got {type(rng).__name__}")


def is_sequence(value: Any) -> bool:
    """Whether it is a list, a tuple or an array, with a length; a text is none."""
    if not hasattr(value, "__array__"):
        return isinstance(value, Sequence) and not isinstance(value, (str, bytes))
    with suppress(Exception):  # whatever it raises that has an array, and does not give it
        return np.ndim(value) > 0  # of a column of a data frame too
    return False


def per_player(name: str, value: Any, n_players: int) -> Sequence[Any]:
    """``value`` if it is a sequence with one entry per player."""
    if not is_sequence(value) or len(value) != n_players:
        raise ValueError(f"{name} must have one entry per player, {n_players}, got {brief(value)}")
    result: Sequence[Any] = list(value)
    return result


def names(argument: str, words: Sequence[str] | None, n: int) -> tuple[str, ...]:
    """``n`` different names, or the indices as words where ``words`` is None."""
    if words is None:
        return tuple(str(i) for i in range(n))
    if not is_sequence(words) or len(words) != n:
        raise ValueError(f"{argument} must be a sequence of {n} names, got {shown(words)}")
    result = tuple(as_text(f"{argument}[{k}]", word) for k, word in enumerate(words))
    if len(set(result)) < n:
        raise ValueError(f"{argument} must be different from each other, got {result}")
    return result
