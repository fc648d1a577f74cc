"""What frozen dataclasses that hold arrays are: compared, hashed, shown and recognised by what is in the arrays.

Python compares dataclasses field by field, which arrays do not allow, and ``repr`` shortens long arrays, so that two
which differ look the same. Here an array counts by its kind of number, its shape and all its entries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np


class ByContents:
    """Equality, hash, ``repr`` and copies for a frozen dataclass with arrays: ``dataclass(eq=False, repr=False)``."""

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return _fields(self) == _fields(other)

    def __hash__(self) -> int:
        return hash(_fields(self))

    def __repr__(self) -> str:
        shown = (f"{each.name}={short(getattr(self, each.name))}" for each in fields(self) if each.repr)  # type: ignore[arg-type]
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __setstate__(self, state: dict[str, Any]) -> None:
        for value in state.values():  # a copy's arrays, and those from a pickle, could be written to
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
        self.__dict__.update(state)


def described(value: Any) -> str:
    """Text that tells a value from every other: its ``repr``, with a digest in the place of each array.

    Parameters
    ----------
    value : object
        Numbers, words, arrays, dataclasses, and tuples, lists, sets and mappings of them. Of a dataclass, the fields
        that it is compared by.

    Returns
    -------
    str
        ``repr(value)``, to the byte, where there is neither an array nor a set in it.

    Raises
    ------
    TypeError
        If an array holds Python objects.

    Examples
    --------
    >>> import numpy as np
    >>> from mornavi_lite import TotalVariation
    >>> from mornavi_lite.contents import described
    >>> described(TotalVariation(0.1)) == repr(TotalVariation(0.1))
    True
    >>> radius = np.full((20, 72, 10), 0.1)
    >>> before = described(TotalVariation(radius))
    >>> radius[7, 31, 4] = 0.2
    >>> before == described(TotalVariation(radius))
    False
    """
    if not _hides_something(value):
        return repr(value)
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise TypeError(f"an array of Python objects has no digest, got shape {value.shape}")
        digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return f"array({value.dtype.str}, {value.shape}, {digest})"
    kind = type(value).__qualname__
    if is_dataclass(value):
        inside = [f"{each.name}={described(getattr(value, each.name))}" for each in fields(value) if each.compare]
    elif isinstance(value, Mapping):
        inside = sorted(f"{described(key)}: {described(each)}" for key, each in value.items())
    else:
        inside = [described(each) for each in value]
        if isinstance(value, (set, frozenset)):
            inside.sort()
    return f"{kind}({', '.join(inside)})"


def contents_digest(value: Any) -> str:
    """Digest of :func:`described`: the same in every process, another one where a single entry differs.

    Parameters
    ----------
    value : object
        What :func:`described` takes.

    Returns
    -------
    str
        SHA-256, 64 hexadecimal digits.

    Examples
    --------
    >>> from mornavi_lite.contents import contents_digest
    >>> contents_digest({"a", "b"}) == contents_digest({"b", "a"}) != contents_digest({"a"})
    True
    """
    return hashlib.sha256(described(value).encode()).hexdigest()


def _hides_something(value: Any) -> bool:
    """Whether ``repr`` is no description of it: it shortens arrays, and sets have no order."""
    if isinstance(value, (np.ndarray, set, frozenset)):
        return True
    if is_dataclass(value) and not isinstance(value, type):
        return any(_hides_something(getattr(value, each.name)) for each in fields(value) if each.compare)
    if isinstance(value, Mapping):
        return any(_hides_something(each) for pair in value.items() for each in pair)
    return isinstance(value, (tuple, list)) and any(_hides_something(each) for each in value)


def _fields(instance: Any) -> tuple:
    return tuple(_comparable(getattr(instance, each.name)) for each in fields(instance) if each.compare)


def _comparable(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    return tuple(_comparable(each) for each in value) if isinstance(value, (tuple, list)) else value


def short(value: Any) -> str:
    """``repr``, or the shape and the range of an array."""
    if not isinstance(value, np.ndarray):
        return repr(value)
    if value.size == 0 or value.dtype.kind not in "biuf":
        return f"<{value.dtype} {value.shape}>"
    return f"<{value.shape} from {float(value.min()):g} to {float(value.max()):g}>"
