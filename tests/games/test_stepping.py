"""Games from a function: the rows it means, who may do what, terminal states, and what is said of mistakes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mornavi_lite import MarkovGame, zoo

MERGE = {"0": "1", "1": "2", "2": "3", "3": "merged"}


def merge(state: str, actions: tuple[str, str]) -> Iterator[tuple[float, str, tuple[float, float]]]:
    """zoo.traffic_merge, told as a function."""
    paid = float(state == "merged")
    if state in MERGE and actions == ("go", "go"):
        yield 0.7, MERGE[state], (paid, paid)
        yield 0.3, "crash", (paid, paid)
    else:
        yield 1, MERGE.get(state, "done"), (paid, paid)


def test_a_game_of_the_zoo_told_as_a_function_is_that_game() -> None:
    known = zoo.traffic_merge()
    told = MarkovGame.from_step(merge, [("go", "wait")] * 2, 5, "0", states=known.state_names, name=known.name)
    assert told == known and told.next_state is None
    found = MarkovGame.from_step(merge, [("go", "wait")] * 2, 5, "0")
    assert found.state_names == ("0", "1", "crash", "2", "done", "3", "merged")  # breadth first


def grid(
    state: tuple[int, int], moves: tuple[int, ...], h: int = 0
) -> list[tuple[Fraction, tuple[int, int], list[Any]]]:
    """Three players push a cart; labels are tuples, probabilities fractions, rewards depend on where it ends."""
    x, y = state
    if (x, y) == (3, 3):
        return []
    after = (min(3, max(0, x + moves[0])), min(3, max(0, y + moves[1])))
    paid = [after[0] + h, -after[1] * moves[2], 2.5]
    return [(Fraction(1, 3), after, paid), (Fraction(1, 3), state, [0, 0, 1]), (Fraction(1, 3), after, [0, 0, 0])]


def actions(state: tuple[int, int]) -> list[list[int]]:
    return [[1, -1] if state[0] else [1], [0, 1], [7] if state[1] % 2 else [5, 6, 7]]


@pytest.mark.parametrize("by_step", [False, True])
def test_rows_are_what_the_function_says(by_step: bool) -> None:
    game = MarkovGame.from_step(
        grid, actions, 4, {(0, 0): 0.25, (1, 2): 0.75}, by_step=by_step, reward_range="observed"
    )
    assert game.n_actions == (2, 2, 3) and game.initial[game.state((1, 2))] == 0.75
    assert game.action_names == (("1", "-1"), ("0", "1"), ("5", "6", "7"))
    for h, state in itertools.product(range(4), itertools.product(range(4), repeat=2)):
        s, legal = game.state(state), actions(state)
        for names, mask, own in zip(game.action_names, game.legal, legal, strict=True):
            assert {int(name) for name, allowed in zip(names, mask[s], strict=True) if allowed} == set(own)
        for joint in itertools.product(*legal):
            a = game.joint_action(*joint)
            said = grid(state, joint, h if by_step else 0)
            if not said:
                assert game.transition[h, s, a, s] == 1 and (game.reward[:, h, s, a, s] == 0).all()
                continue
            for following in {entry[1] for entry in said}:
                same = [entry for entry in said if entry[1] == following]
                chance = sum(entry[0] for entry in same)
                assert game.transition[h, s, a, game.state(following)] == pytest.approx(float(chance), abs=1e-15)
                for i in range(3):
                    mean = float(sum(entry[0] * entry[2][i] for entry in same) / chance)
                    assert game.reward[i, h, s, a, game.state(following)] == pytest.approx(mean, abs=1e-12)


def test_an_illegal_action_has_the_row_of_the_first_legal_one() -> None:
    game = MarkovGame.from_step(grid, actions, 2, (0, 0), reward_range="observed")
    s, wanted = game.state((0, 1)), game.joint_action(1, 0, 7)
    for joint in itertools.product(range(2), range(3)):
        a = int(np.ravel_multi_index((joint[0], 0, joint[1]), game.n_actions))
        np.testing.assert_array_equal(game.transition[0, s, a], game.transition[0, s, wanted])
        np.testing.assert_array_equal(game.reward[:, 0, s, a], game.reward[:, 0, s, wanted])


def test_many_states_are_stored_as_lists() -> None:
    def step(state: int, own: tuple[int]) -> Iterator[tuple[float, int, float]]:
        yield 0.5, (state + own[0]) % 500, 1.0
        yield 0.5, state, 1.0

    game = MarkovGame.from_step(step, [[1, 2]], 3, 0)
    assert game.n_states == 500 and game.next_state.shape == (3, 500, 2, 2) and game.reward.shape == (1, 3, 500, 2)


def told(*said: Any, first: Any = 0, **options: Any) -> MarkovGame:
    return MarkovGame.from_step(lambda state, own: said, [["left", "right"]], 2, first, **options)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: told((0.5, 0, 0)),
            r"step at state 0, actions \('left',\) yields .* sum to 1, got 0\.5",
        ),
        (lambda: told((-0.5, 0, 0), (1.5, 0, 0)), "yields a probability of -0.5, not in"),
        (lambda: told((float("nan"), 0, 0)), "yields a probability of nan"),
        (lambda: told(("half", 0, 0)), "must yield probabilities, got 'half'"),
        (lambda: told((1, 0)), r"must yield \(probability, next state, rewards\), got \(1, 0\)"),
        (lambda: told((1, [0], 0)), r"must yield \(probability, next state, rewards\), got \(1, \[0\], 0\)"),
        (lambda: told((1, 0, (0, 1))), r"must yield one reward per player, 1, got \(0, 1\)"),
        (lambda: told((0.5, 0, 0), (0.5, 0, (0, 1))), r"must yield one reward per player, 1, got \(0, 1\)"),
        (lambda: told((1, 0, "much")), "must yield one reward per player, 1, got 'much'"),
        (lambda: told((1, 0, float("inf"))), "yields a reward of inf for player 0"),
        (lambda: told((1, 0, 5)), r"must be in \[0, 1\], got 5\.0; reward_range=\(0, 5\)"),
        (lambda: told((1, 1, 0), states=[0]), "step at state 0 leads to 1, which states lacks"),
        (lambda: told((1, 0, 0), states=[1]), "initial names the state 0, which states does not list"),
        (lambda: told((1, "0", 0)), "state_names must be different as text, but 0 and '0' are both '0'"),
        (lambda: told((1, 0, 0), first={}), "initial must name at least one state"),
        (lambda: told((1, 0, 0), first={0: 0.5}), "initial must sum to 1"),
        (lambda: MarkovGame.from_step(lambda s, a: [], "ab", 1, 0), "actions must be one sequence per player"),
        (lambda: MarkovGame.from_step(lambda s, a: [], [[]], 1, 0), "actions of player 0 must be one or more"),
        (
            lambda: MarkovGame.from_step(lambda s, a: [], lambda s: [[1, 1]], 1, 0),
            "at state 0 must be one or more",
        ),
        (
            lambda: MarkovGame.from_step(lambda s, a: [(1, 1, 0)], lambda s: [[1]] * (1 + s), 1, 0),
            "actions at state 1 have 2 players, elsewhere 1",
        ),
        (lambda: MarkovGame.from_step(7, [[1]], 1, 0), "step must be a function, got int"),
        (
            lambda: MarkovGame.from_step(lambda s, a: [(1, s, 0)] if a[0] else [], [[0, 1]], 1, 0),
            r"step yields nothing for state 0, actions \(0,\), but something for other actions",
        ),
    ],
)
def test_what_a_function_says_wrong_is_named(make: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_an_exception_of_the_function_is_passed_on() -> None:
    def step(state: int, own: tuple[int]) -> list[Any]:
        raise KeyError("no such port")

    with pytest.raises(KeyError, match="no such port"):
        MarkovGame.from_step(step, [[0]], 2, 0)
