"""Finite spaces of gymnasium and PettingZoo: which values they have, and the number of each. Nothing is imported.

A value is a tuple of integers here, one per axis; its number counts in C order, the last axis fastest.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import checks

#: Visits are counted for each state, joint action and step: more states than this ask for gigabytes in most games.
MOST_STATES = 2**18


class Finite(NamedTuple):
    """A space of finitely many values."""

    axes: tuple[range, ...]
    kind: str  # "number", "array", or "tuple" of other spaces, which ``parts`` are
    shape: tuple[int, ...] = ()
    dtype: Any = np.int64
    parts: tuple[Finite, ...] = ()

    @property
    def size(self) -> int:
        """How many values there are."""
        return math.prod(axis.stop - axis.start for axis in self.axes)

    def values(self) -> list[tuple[int, ...]]:
        """All values, in the order of their numbers."""
        return list(itertools.product(*self.axes))

    def key(self, value: Any) -> tuple[int, ...]:
        """A value of the space as a tuple of integers; ValueError if it is none."""
        if self.kind == "tuple":
            if not isinstance(value, Sequence) or len(value) != len(self.parts):
                raise ValueError("not a tuple of that length")
            return tuple(itertools.chain.from_iterable(part.key(v) for part, v in zip(self.parts, value, strict=True)))
        try:
            array = checks.plain_array("value", value, "biuf", "integers")
        except TypeError as error:
            raise ValueError(str(error)) from None
        if array.dtype.kind not in "biuf" or array.size != len(self.axes):
            raise ValueError("not an integer for each axis")
        flat = array.ravel().tolist()
        if not np.isfinite(array).all():
            raise ValueError("not an integer for each axis")
        found = tuple(map(int, flat))
        if any(n != x or n not in axis for n, x, axis in zip(found, flat, self.axes, strict=True)):
            raise ValueError("outside the space")
        return found

    def value(self, number: int) -> Any:
        """The value with that number, as the space has it."""
        where = np.unravel_index(number, tuple(map(len, self.axes))) if self.axes else ()
        return self._made([axis[int(k)] for axis, k in zip(self.axes, where, strict=True)])

    def _made(self, key: list[int]) -> Any:
        if self.kind == "tuple":
            ends = [0, *itertools.accumulate(len(part.axes) for part in self.parts)]
            return tuple(p._made(key[a:b]) for p, (a, b) in zip(self.parts, itertools.pairwise(ends), strict=True))
        return self.dtype.type(key[0]) if self.kind == "number" else np.array(key, self.dtype).reshape(self.shape)


def finite(space: Any, owner: str) -> Finite:
    """A space as a finite one, known by its attributes; ``owner`` says whose it is, should it not be finite."""
    made = _finite(space)
    if made is None:
        advice = "Discrete, MultiDiscrete, MultiBinary, a Box of integers with bounds, or a Tuple of such"
        if "action_mask" in _names(space):
            advice = "no Dict with a mask of actions: let an action that is not legal do what a legal one does, and "
            advice += "observe what is under 'observation'"
        raise TypeError(f"{owner} must be finite: {advice}; got {checks.brief(space, 200)}")
    return made


def _names(space: Any) -> Sequence[Hashable]:
    spaces = getattr(space, "spaces", None)
    return list(spaces) if isinstance(spaces, Mapping) else []


def _finite(space: Any) -> Finite | None:
    """The space, or None if it is not one of those that are known to be finite."""
    dtype, shape = np.dtype(getattr(space, "dtype", None) or np.int64), tuple(getattr(space, "shape", None) or ())
    spaces = getattr(space, "spaces", None)
    if spaces is not None:
        parts = None if isinstance(spaces, Mapping) else [_finite(each) for each in spaces]
        if parts is None or any(part is None for part in parts):
            return None
        known = tuple(part for part in parts if part is not None)
        return Finite(tuple(itertools.chain.from_iterable(p.axes for p in known)), "tuple", parts=known)
    if hasattr(space, "nvec"):  # MultiDiscrete
        sizes = np.asarray(space.nvec)
        first = np.broadcast_to(getattr(space, "start", 0), sizes.shape)
        axes = tuple(range(a, a + n) for a, n in zip(first.ravel().tolist(), sizes.ravel().tolist(), strict=True))
        return Finite(axes, "array", sizes.shape, dtype)
    if hasattr(space, "low") and hasattr(space, "high"):  # Box
        if dtype.kind not in "biu":
            return None
        ends = (np.broadcast_to(each, shape).ravel().tolist() for each in (space.low, space.high))
        return Finite(tuple(range(a, b + 1) for a, b in zip(*ends, strict=True)), "array", shape, dtype)
    if not hasattr(space, "n"):
        return None
    if shape:  # MultiBinary
        return Finite((range(2),) * math.prod(shape), "array", shape, dtype)
    start = int(getattr(space, "start", 0))
    return Finite((range(start, start + int(space.n)),), "number", (), dtype)


def actions_of(space: Any, agent: Hashable) -> Finite:
    """The actions of an agent."""
    owner = f"the action space of agent {agent!r}"
    found = finite(space, owner)
    if hasattr(space, "low") or hasattr(space, "spaces"):
        raise TypeError(f"{owner} must be Discrete, MultiDiscrete or MultiBinary, got {checks.brief(space, 200)}")
    return found


def observed_of(env: Any, agents: tuple[Hashable, ...], observations: str | None) -> tuple[str, Finite]:
    """What the state is, and its space."""
    told = getattr(env, "state_space", None)
    if observations == "state" or (observations is None and told is not None):
        try:
            return "state", finite(told, "env.state_space")
        except TypeError:
            if observations == "state":
                raise
    each = [finite(env.observation_space(agent), f"the observation space of agent {agent!r}") for agent in agents]
    if observations == "joint":
        return "joint", Finite(
            tuple(itertools.chain.from_iterable(own.axes for own in each)), "tuple", parts=tuple(each)
        )
    for agent, own in zip(agents, each, strict=True):
        if own.axes != each[0].axes:
            raise TypeError(
                f"agents {agents[0]!r} and {agent!r} must share what they observe, got "
                f"{env.observation_space(agents[0])} and {env.observation_space(agent)}; "
                'observations="joint" makes a state of what all see'
            )
    return "shared", each[0]


def keys_of(space: Finite, states: Iterable[Any] | None, kind: str) -> Sequence[tuple[int, ...]]:
    """The observations that can occur."""
    if states is None:
        if space.size > MOST_STATES:
            raise ValueError(
                f"observations must have at most {MOST_STATES:,} values, got {space.size:,} with {kind!r}; states may "
                "list those that can occur"
            )
        return space.values()
    if isinstance(states, (str, bytes)) or not isinstance(states, Iterable) or _no_axes(states):
        raise TypeError(f"states must be a sequence of observations, got {checks.brief(states, 80)}")
    keys: dict[tuple[int, ...], int] = {}
    for k, value in enumerate(states):
        try:
            key = space.key(value)
        except (TypeError, ValueError):
            raise ValueError(f"states[{k}] must be an observation, got {checks.brief(value, 80)}") from None
        if key in keys:
            raise ValueError(f"states[{k}] must be different from states[{keys[key]}], got {checks.brief(value, 80)}")
        keys[key] = k
    if not keys:
        raise ValueError("states must list at least one observation, got none")
    return list(keys)


def _no_axes(states: Any) -> bool:
    return isinstance(states, np.ndarray) and states.ndim == 0


def text_of(key: tuple[int, ...]) -> str:
    """A value as a name."""
    return str(key[0] if len(key) == 1 else key)
