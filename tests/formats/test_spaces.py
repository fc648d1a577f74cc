"""Finite spaces, judged by gymnasium's own ``contains``, and those that are none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mornavi_lite.formats.spaces import finite

spaces = pytest.importorskip("gymnasium.spaces")

FINITE = [
    (spaces.Discrete(5), 5),
    (spaces.Discrete(4, start=-1), 4),
    (spaces.MultiDiscrete([2, 3]), 6),
    (spaces.MultiDiscrete([[2, 3], [1, 2]], start=[[1, 1], [0, -5]]), 12),
    (spaces.MultiBinary(3), 8),
    (spaces.MultiBinary([2, 2]), 16),
    (spaces.Box(-1, 1, (2,), np.int8), 9),
    (spaces.Box(np.array([0, 3]), np.array([1, 5]), dtype=np.int64), 6),
    (spaces.Tuple([spaces.Discrete(2), spaces.MultiDiscrete([2, 3]), spaces.Tuple([spaces.Discrete(2)])]), 24),
]


@pytest.mark.parametrize(("space", "size"), FINITE, ids=str)
def test_numbers_and_values_are_one_to_one(space: Any, size: int) -> None:
    found = finite(space, "the space")
    values = [found.value(k) for k in range(found.size)]
    assert found.size == size and all(space.contains(value) for value in values)
    assert [found.key(value) for value in values] == found.values() and len(set(found.values())) == size
    space.seed(0)
    assert all(found.key(space.sample()) in found.values() for _ in range(50))


def test_a_space_is_known_by_its_attributes() -> None:
    found = finite(SimpleNamespace(n=3), "the space")
    assert [int(found.value(k)) for k in range(3)] == [0, 1, 2] and found.key(np.int64(2)) == found.key([2.0]) == (2,)
    assert finite(SimpleNamespace(nvec=[2, 2]), "the space").size == 4


@pytest.mark.parametrize("value", [3, -1, 0.5, "a", None, [0, 1], np.nan])
def test_what_is_not_in_the_space_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        finite(spaces.Discrete(3), "the space").key(value)


@pytest.mark.parametrize("value", [3, (0,), (0, 5), "ab"])
def test_what_is_not_in_a_tuple_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        finite(spaces.Tuple([spaces.Discrete(2), spaces.Discrete(2)]), "the space").key(value)


@pytest.mark.parametrize(
    ("space", "said"),
    [
        (spaces.Box(0, 1, (2,)), "got Box"),
        (spaces.Text(3), "got Text"),
        (spaces.Tuple([spaces.Discrete(2), spaces.Box(0, 1)]), "got Tuple"),
        (spaces.Dict({"a": spaces.Discrete(2)}), "got Dict"),
        (
            spaces.Dict({"observation": spaces.Discrete(2), "action_mask": spaces.MultiBinary(2)}),
            "an action that is not legal do what a legal one does.*got Dict",
        ),
        (None, "got None"),
    ],
)
def test_what_is_not_finite_is_named(space: Any, said: str) -> None:
    with pytest.raises(TypeError, match=f"^the space of 'a' must be finite: .*{said}"):
        finite(space, "the space of 'a'")


def test_a_box_of_all_integers_has_its_size() -> None:
    assert finite(spaces.Box(-(2**62), 2**62, (2,), np.int64), "the space").size == (2**63 + 1) ** 2
