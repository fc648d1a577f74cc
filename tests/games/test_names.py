"""What states and actions are called, and which index has a name or a label."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from mornavi_lite import MarkovGame


def named(**options: Any) -> MarkovGame:
    return MarkovGame(np.full((1, 3, 6, 3), 1 / 3), np.zeros((3, 1, 3, 6)), (2, 1, 3), **options)


def town(n_states: int = 2) -> MarkovGame:
    """Labels that are tuples, numbers and words, and a move of each player."""

    def step(state: Any, moves: tuple[Any, ...]) -> list[tuple[float, Any, tuple[float, float]]]:
        return [(1.0, (0, n_states - 1) if state == "home" else "home", (0.0, 0.0))]

    states = ["home", *((0, k) for k in range(n_states))]
    return MarkovGame.from_step(step, [["stay", 7], [None, (1, 2), 2.5]], 2, "home", states=states)


def test_indices_stand_for_names_that_nobody_gave() -> None:
    game = named()
    assert game.state_names == ("0", "1", "2") and game.action_names == (("0", "1"), ("0",), ("0", "1", "2"))
    assert [game.state(str(s)) for s in range(3)] == [0, 1, 2] == [game.state(s) for s in range(3)]
    assert game.name == "" and named(name=None).name == "" and named(name="x").name == "x"
    assert named(name="x") != game


def test_names_are_texts_and_found_as_such() -> None:
    game = named(state_names=["a", "b", "c"], action_names=[["l", "r"], ["-"], ["x", "y", "z"]])
    assert [game.state(name) for name in "abc"] == [0, 1, 2]
    for k, joint in enumerate(itertools.product("lr", "-", "xyz")):
        assert game.joint_action(*joint) == k and game.joint_action_name(k) == f"({', '.join(joint)})"
        assert isinstance(game.joint_action(*joint), int)
    part = named(action_names=[None, None, ["x", "y", "z"]])
    assert part.action_names == (("0", "1"), ("0",), ("x", "y", "z"))


def test_labels_and_the_words_that_stand_for_them_are_found() -> None:
    game = town()
    assert game.state_names == ("home", "(0, 0)", "(0, 1)")
    assert game.action_names == (("stay", "7"), ("None", "(1, 2)", "2.5"))
    for s, label in enumerate(["home", (0, 0), (0, 1)]):
        assert game.state(label) == game.state(str(label)) == s
    for k, joint in enumerate(itertools.product(["stay", 7], [None, (1, 2), 2.5])):
        assert game.joint_action(*joint) == game.joint_action(*map(str, joint)) == k
    again = game.dense()
    assert again.state((0, 1)) == 2  # labels are kept


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda game: game.state("away"),
            r"state must be the name of a state, one of 'home', '\(0, 0\)', '\(0, 1\)'; ",
        ),
        (lambda game: game.state("away"), "got 'away'"),
        (lambda game: game.state(["home"]), r"one of .*; got \['home'\]"),
        (lambda game: game.state((9, 9)), r"got \(9, 9\)"),
        (
            lambda game: game.joint_action("go", None),
            "action of player 0 must be the name of one, one of 'stay', '7'; ",
        ),
        (lambda game: game.joint_action(7, 3), r"action of player 1 must be the name of one, one of 'None', .*got 3"),
        (lambda game: game.joint_action("stay"), "joint_action needs one action per player, 2, got 1"),
        (lambda game: game.joint_action_name(6), "joint_action must be from 0 to 5, got 6"),
        (lambda game: game.joint_action_name(-1), "joint_action must be at least 0|from 0 to 5, got -1"),
    ],
)
def test_what_has_no_such_name_is_said(ask: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask(town())


@pytest.mark.parametrize(("n_states", "more"), [(7, ""), (8, ", ...")])
def test_at_most_eight_names_are_listed(n_states: int, more: str) -> None:
    game = town(n_states)
    with pytest.raises(ValueError, match="must be the name of a state") as error:
        game.state("x" * 200)
    listed = ", ".join(map(repr, game.state_names[:8]))
    assert str(error.value) == f"state must be the name of a state, one of {listed}{more}; got '{'x' * 76}..."


def test_labels_that_are_written_alike_are_refused() -> None:
    for twins in ([1, "1", 2], ["b", 1, "1"]):
        with pytest.raises(ValueError, match=r"state_names must be different as text, but .* are both '1'"):
            named(state_names=twins)
    with pytest.raises(ValueError, match=r"action_names\[2\] must be different as text, but 1 and '1' are both '1'"):
        named(action_names=[["l", "r"], ["-"], [1, "1", "z"]])
    with pytest.raises(ValueError, match="state_names must be different from each other"):
        named(state_names=["a", "a", "b"])


class Odd:
    """A label of which Python cannot have the hash, or the text."""

    def __init__(self, hash_error: type[Exception] | None, text_error: type[Exception] | None) -> None:
        self.errors = hash_error, text_error

    def __hash__(self) -> int:
        if self.errors[0]:
            raise self.errors[0]
        return 7

    def __repr__(self) -> str:
        if self.errors[1]:
            raise self.errors[1]
        return "b"


def test_labels_without_hash_or_text_have_no_index() -> None:
    game = named(state_names=["a", "b", "c"])
    for error in (TypeError, ValueError, RuntimeError):
        assert game.state(Odd(error, None)) == 1  # by its text
        for hash_error in (None, error):
            with pytest.raises(ValueError, match=r"one of 'a', 'b', 'c'; got \(too long to be shown\)"):
                game.state(Odd(hash_error, error))
    for label in (10**5000, np.zeros(2), {}):
        with pytest.raises(ValueError, match="state must be the name of a state, one of 'a', 'b', 'c'; got "):
            game.state(label)


def test_too_few_names_are_said_to_be_so_whatever_they_are() -> None:
    for names in ([1, "1"], "abc", ["a", "b", "c", "d"]):
        with pytest.raises((ValueError, TypeError), match="state_names must be a sequence of 3 names"):
            named(state_names=names)
