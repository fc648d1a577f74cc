"""Kinds of wrong, and forms of right: what people pass by mistake, and the ways to write the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

import mornavi_lite as ml

HUGE = 10**400
#: Of pandas and polars, what is here: `make check-all` and `make matrix` install both.
FRAMES = [import_module(name) for name in ("pandas", "polars") if find_spec(name)]


def nested(depth: int = 2000) -> list[Any]:
    """Lists in lists, deeper than arrays have axes."""
    made: list[Any] = [0.5]
    for _ in range(depth):
        made = [made]
    return made


class Hostile:
    """What has no text."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")


class Unwilling:
    """What has an array, and does not give it: a tensor of which gradients are taken."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise self.error("not now")


#: What people pass by mistake. Each is right somewhere, and then nothing is raised.
WRONG: dict[str, Any] = {
    "nothing": None,
    "true": True,
    "an integer": 7,
    "a negative number": -1,
    "a fraction of one": 0.3,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "minus infinity": float("-inf"),
    "the smallest number": 5e-324,
    "the largest number": 1.7e308,
    "an integer beyond floats": HUGE,
    "an integer beyond text": -(10**5000),
    "an unsigned integer beyond 63 bits": np.uint64(2**64 - 1),
    "a small unsigned integer": np.uint8(9),
    "half precision": np.float16(0.3),
    "a long double": np.longdouble("0.3"),
    "a long double beyond floats": np.longdouble(2) ** 2000,
    "an exact fraction": Fraction(1, 3),
    "a decimal": Decimal("0.5"),
    "a complex number": 1j,
    "a word": "x",
    "no word": "",
    "a word with a null": "\0",
    "half a letter": "\ud800",
    "bytes": b"ab",
    "a list of words": ["a", "b"],
    "an array of words": np.array(["a", "b", "c"]),
    "lists of different lengths": [[1], [1, 2]],
    "no list": [],
    "no tuple": (),
    "an empty array": np.zeros(0),
    "no rows": np.zeros((0, 3)),
    "rows of nothing": np.zeros((2, 0)),
    "an array of one": np.array([0.5]),
    "an array without axes": np.array(0.5),
    "integers": np.array([2, 1, 2]),
    "too many axes": np.full((1,) * 9, 0.5),
    "complex numbers": np.array([0.5 + 0j, 0.5]),
    "objects": np.array([None, object()], dtype=object),
    "what is masked": np.ma.array([0.5, 0.5], mask=[False, True]),
    "dates": np.array(["2020-01-01"], dtype="datetime64[D]"),
    "records": np.zeros(2, dtype=[("a", float)]),
    "lists in lists": nested(),
    "a set": {1, 2},
    "a generator": (each for each in (1, 2)),
    "a range": range(3),
    "a function": len,
    "a class": ml.Nominal,
    "an object": object(),
    "what has no text": Hostile(),
    "what gives no array": Unwilling(ValueError),
    "what gives no array at all": Unwilling(RuntimeError),
    "a mapping": {"a": 7},
    "a game": ml.zoo.fishing(),
    "a set of kernels": ml.TotalVariation(0.1),
    "a radius per row": ml.TotalVariation(np.full((7, 1, 1), 0.1)),
    "a list of sets": [ml.Nominal()] * 7,
    "a solution": ml.solve(ml.zoo.fishing(), ml.Nominal()),
    "counts": ml.Counts(2, (2, 2), 1),
    "a learner": ml.Mornavi(ml.Nominal()),
    "a history": ml.run(ml.Mornavi(ml.Nominal()), ml.zoo.fishing(), 2),
    "a generator of numbers": np.random.RandomState(0),
}
for _library in FRAMES:
    WRONG |= {
        f"a gap in a column of {_library.__name__}": _library.Series([1, None, 2]),
        f"words in a data frame of {_library.__name__}": _library.DataFrame({"a": ["x", "y"], "b": [1, 2]}),
        f"no data frame of {_library.__name__}": _library.DataFrame(),
    }


def is_array(value: Any) -> bool:
    """Whether it is an array of numbers, or lists that stand for one."""
    return isinstance(value, (np.ndarray, list, tuple)) and _kind(value) in "biuf" and np.size(value) > 0


def _kind(value: Any) -> str:
    try:
        return np.asarray(value).dtype.kind
    except ValueError:
        return "O"


def spoiled(value: Any) -> Iterator[tuple[str, Any]]:
    """The array with something that no array of numbers may hold: each is an error."""
    array = np.asarray(value)
    for what in (float("nan"), float("inf"), -float("inf"), HUGE, 1j, None, "x", [0.5, 0.5], np.ma.masked):
        lists = array.tolist()
        last = lists
        for _ in range(array.ndim - 1):
            last = last[-1]
        last[-1] = what
        yield f"{str(what)[:10]} at the end", lists
    if array.dtype.kind == "f":
        for number in (np.nan, np.inf, -np.inf):
            bad = array.copy()
            bad.flat[array.size // 2] = number
            yield f"{number} in the middle", bad
        beyond = array.astype(np.longdouble)
        beyond.flat[array.size // 2] = np.longdouble(2) ** 2000
        yield "beyond floats in the middle", beyond
    yield "complex", array + 0j
    hidden = np.zeros(array.shape, dtype=bool)
    hidden.flat[-1] = True
    yield "masked", np.ma.array(array, mask=hidden)
    yield "text", array.astype(str)
    objects = array.astype(object)
    objects.flat[-1] = object()
    yield "objects", objects


def misshapen(value: Any) -> Iterator[tuple[str, Any]]:
    """The array in another shape, or with other signs: an error, or right where shapes broadcast."""
    array = np.asarray(value)
    yield "an axis more", array[None]
    yield "an axis more behind", array[..., None]
    yield "an axis less", array[0]
    yield "turned round", array.T
    yield "flat", array.ravel()
    for axis in range(array.ndim):
        yield f"none along {axis}", np.take(array, [], axis=axis)
        yield f"one more along {axis}", np.concatenate([array, np.take(array, [0], axis=axis)], axis=axis)
        yield f"one less along {axis}", np.delete(array, 0, axis=axis)
    if array.dtype.kind != "b":
        yield "negative", -array
        yield "larger", array + 1
        yield "much larger", array * 2**40
        yield "zero", array * 0
        yield "largest", np.full(array.shape, 1.7e308 if array.dtype.kind == "f" else np.iinfo(array.dtype).max)
        yield "smallest", np.full(array.shape, 5e-324 if array.dtype.kind == "f" else np.iinfo(array.dtype).min)


def forms(value: Any) -> Iterator[tuple[str, Any]]:
    """The same numbers, written otherwise: each does what the array does."""
    array = np.asarray(value)
    yield "lists", array.tolist()
    yield "tuples", tuple(map(tuple, array)) if array.ndim == 2 else tuple(array)
    yield "rows in a list", list(array)
    yield "Fortran's order", np.asfortranarray(array)
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), dtype=array.dtype)
    wide[..., ::2] = array
    yield "every other entry", wide[..., ::2]
    yield "read backwards", np.flip(np.flip(array).copy())
    yield "the other order of bytes", array.astype(array.dtype.newbyteorder())
    fixed = array.copy()
    fixed.setflags(write=False)
    yield "read-only", fixed
    yield "a mask of nothing", np.ma.array(array, mask=False)
    if array.dtype.kind == "f":
        yield "single precision", array.astype(np.float32)
        yield "long double", array.astype(np.longdouble)
        fractions = np.array([Fraction(float(each)) for each in array.flat], dtype=object).reshape(array.shape)
        yield "exact fractions", fractions
        yield "exact fractions in lists", fractions.tolist()
    elif array.dtype.kind in "iu" and array.min() >= 0 and array.max() < 128:
        yield "unsigned integers", array.astype(np.uint64)
        yield "small unsigned integers", array.astype(np.uint8)
        yield "small integers", array.astype(np.int8)
    yield "its memory", memoryview(array) if array.flags.c_contiguous else array
    yield from frames(array)


def frames(array: np.ndarray) -> Iterator[tuple[str, Any]]:
    """The same numbers in data frames of those libraries that are installed: rows and columns have names."""
    for library in FRAMES if array.ndim in (1, 2) else ():
        yield f"a data frame of {library.__name__}", (library.DataFrame if array.ndim == 2 else library.Series)(array)
        if library.__name__ == "pandas":
            rows = [f"row {i}" for i in range(len(array))]
            columns = {} if array.ndim == 1 else {"columns": [f"column {i}" for i in range(array.shape[1])]}
            yield "a data frame with names", (library.DataFrame if columns else library.Series)(array, rows, **columns)
