"""Sets and learners with arrays are told apart by every entry, and recognised by nothing else."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from mornavi_lite import ChiSquare, KullbackLeibler, Mornavi, NashVI, Nominal, TotalVariation
from mornavi_lite.contents import ByContents, contents_digest, described

KINDS = (TotalVariation, KullbackLeibler, ChiSquare)


@dataclass(frozen=True, eq=False, repr=False)
class Learner(ByContents):
    sets: Any
    support: Any = None
    scale: float = 1.0
    note: str = field(default="", compare=False)


@pytest.mark.parametrize("kind", KINDS)
def test_one_entry_of_14400_makes_another_set(kind: type) -> None:
    radius = np.full((20, 72, 10), 0.1)
    ball, same = kind(radius), kind(radius.copy())
    radius[13, 44, 7] = 0.10000000000000002
    other = kind(radius)
    assert ball == same and hash(ball) == hash(same) and contents_digest(ball) == contents_digest(same)
    assert ball != other and hash(ball) != hash(other) and contents_digest(ball) != contents_digest(other)
    assert len({ball, same, other}) == 2
    assert ball != kind(ball.radius.reshape(72, 20, 10)) and contents_digest(ball) != contents_digest(other)
    assert contents_digest((ball, other)) != contents_digest((other, ball))


def test_sets_of_different_kinds_or_options_are_different() -> None:
    radius = np.array([0.1, 0.0])
    sets = [kind(each) for kind in KINDS for each in (radius, radius[:1], 0.1)]
    sets += [TotalVariation(radius, False), TotalVariation(0.1, False), Nominal()]
    assert len(set(sets)) == len(sets) == len({contents_digest(each) for each in sets})
    assert len({contents_digest(Learner(each)) for each in sets}) == len({Learner(each) for each in sets}) == len(sets)
    assert (
        TotalVariation(np.array([0.1, -0.0])) == TotalVariation(radius) and TotalVariation(radius) != "TotalVariation"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_copies_are_equal_and_cannot_be_written_to(kind: type) -> None:
    mine = np.array([[0.1, 0.2], [0.0, 1.0]])
    ball = kind(mine)
    mine[0, 0] = 0.9
    assert ball.radius[0, 0] == 0.1 and mine.flags.writeable and not ball.radius.flags.writeable
    learner = Learner(ball, np.arange(3))
    for again in (
        copy.copy(ball),
        copy.deepcopy(ball),
        pickle.loads(pickle.dumps(ball)),
        pickle.loads(pickle.dumps(learner)).sets,
    ):
        assert again == ball and hash(again) == hash(ball) and repr(again) == repr(ball)
        with pytest.raises(ValueError, match="read-only"):
            again.radius[0, 0] = 0.3
    assert pickle.loads(pickle.dumps(kind(0.1))) == kind(0.1)


def test_repr_is_short() -> None:
    radius = np.linspace(0, 0.5, 14_400).reshape(20, 72, 10)
    assert repr(TotalVariation(radius)) == "TotalVariation(radius=<(20, 72, 10) from 0 to 0.5>, shift_support=True)"
    assert repr(TotalVariation(0.1)) == "TotalVariation(radius=0.1, shift_support=True)"
    assert repr(KullbackLeibler(1)) == "KullbackLeibler(radius=1.0)"
    support = np.zeros((5, 4, 5), dtype=bool)
    assert repr(Learner(Nominal(), support, note="x")) == (
        "Learner(sets=Nominal(), support=<(5, 4, 5) from 0 to 0>, scale=1.0, note='x')"
    )
    assert "<int64 (0,)>" in repr(Learner(Nominal(), np.zeros(0, dtype=np.int64)))


def test_what_holds_no_array_is_described_by_its_repr() -> None:
    """So that the digests of histories saved before there were arrays stay."""
    mixed = {"z": (1, 2.5, None, True), "a": [b"x", "y"]}
    for value in (
        Mornavi(TotalVariation(0.1)),
        NashVI(),
        (Nominal(), KullbackLeibler(0.2)),
        mixed,
        3,
        "word",
        TotalVariation,
    ):
        assert described(value) == repr(value)


def test_containers_are_described_by_what_is_in_them() -> None:
    array = np.arange(6.0)
    assert contents_digest(array) != contents_digest(array.reshape(2, 3)) != contents_digest(array.astype(np.float32))
    assert contents_digest(array[::2]) == contents_digest(array[::2].copy())
    assert contents_digest({"a": array, "b": 1}) == contents_digest({"b": 1, "a": array})
    assert contents_digest({"a": array}) != contents_digest({"a": array + 1})
    assert contents_digest([array, 1]) != contents_digest((array, 1))
    assert contents_digest({"b", "a", "c"}) == contents_digest({"c", "b", "a"}) != contents_digest({"c", "b"})
    assert contents_digest(frozenset("ab")) != contents_digest({"a", "b"})
    assert contents_digest(Learner(1, array, note="a")) == contents_digest(Learner(1, array, note="b"))
    assert Learner(1, array, note="a") == Learner(1, array, note="b") != Learner(2, array)
    with pytest.raises(TypeError, match="array of Python objects"):
        contents_digest(np.array([object()]))
