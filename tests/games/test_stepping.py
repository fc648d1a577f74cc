"""Games from a function: the rows it means, who may do what, terminal states, and what is said of mistakes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal
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


def by_label(game: MarkovGame, state: Any, *joint: Any) -> dict[str, float]:
    """Where a joint action leads at the first step, by the names of the states."""
    row = game.transition[0, game.state(state), game.joint_action(*joint)]
    return {game.state_names[s]: float(row[s]) for s in np.flatnonzero(row)}


def test_the_function_is_asked_once_of_each_state_and_legal_joint_action() -> None:
    """With ``by_step`` at each step; states are numbered as they are met, actions by first appearance."""
    asked: list[Any] = []

    def step(state: str, own: tuple[str, ...], *h: int) -> list[Any]:
        asked.append((state, own, *h))
        return [(1, {"a": "c", "c": "b", "b": "b"}[state], (0.5, 1))]

    def legal(state: str) -> tuple[Any, ...]:
        return (["y"] if state == "c" else ["x", "y"], ("z",))

    for by_step in (False, True):
        asked.clear()
        game = MarkovGame.from_step(step, legal, 2, "a", by_step=by_step)
        steps = [(0,), (1,)] if by_step else [()]
        told = [("a", ("x", "z")), ("a", ("y", "z")), ("c", ("y", "z")), ("b", ("x", "z")), ("b", ("y", "z"))]
        wanted = [(s, own, *h) for s in "acb" for h in steps for state, own in told if state == s]
        assert asked == wanted
        assert game.state_names == ("a", "c", "b") and game.action_names == (("x", "y"), ("z",))
        assert game.n_actions == (2, 1) and game.horizon == 2 and game.initial.tolist() == [1, 0, 0]
        assert game.legal[0].tolist() == [[True, True], [False, True], [True, True]] and game.legal[1].all()
        assert by_label(game, "a", "x", "z") == {"c": 1} and by_label(game, "c", "x", "z") == {"b": 1}
        assert (game.reward[0] == 0.5).all() and (game.reward[1] == 1).all() and game.reward.ndim == 4


def test_rewards_that_depend_on_the_next_state_have_an_axis_for_it() -> None:
    """Entries that come twice are averaged by probability; those of probability 0 alone count as they are listed."""
    said = {
        0: [(0.25, 1, 0.0), (0.5, 1, 0.75), (0.25, 2, 1.0), (0.0, 0, 0.5)],
        1: [(1.0, 2, 0.25)],
        2: [],
    }
    game = MarkovGame.from_step(lambda s, own: said[s], [["only"]], 2, 0, states=[0, 1, 2])
    np.testing.assert_allclose(game.transition[0, :, 0], [[0, 0.75, 0.25], [0, 0, 1], [0, 0, 1]], atol=1e-15)
    np.testing.assert_allclose(game.reward[0, 0, :, 0], [[0.5, 0.5, 1], [0, 0, 0.25], [0, 0, 0]], atol=1e-15)
    lists = MarkovGame.from_step(lambda s, own: said.get(s, [(0.5, s - 1, 0.0), (0.5, 0, 0.0)]), [["only"]], 2, 99)
    assert lists.next_state.shape == (2, 100, 1, 3) and lists.n_states == 100 and lists.state_names[0] == "99"
    for s in range(3):
        row, at = lists.transition[0, lists.state(s), 0], [lists.state(k) for k in range(3)]
        np.testing.assert_allclose(row[at], game.transition[0, s, 0], atol=1e-15)


@pytest.mark.parametrize(
    ("n_states", "width", "dense"), [(64, 1, True), (65, 1, False), (65, 16, False), (65, 17, True), (68, 17, True)]
)
def test_rows_are_dense_where_states_are_few_or_rows_are_full(n_states: int, width: int, dense: bool) -> None:
    def step(state: int, own: tuple[int]) -> list[Any]:
        return [(1 / width, (state + k + 1) % n_states, 0.0) for k in range(width)]

    game = MarkovGame.from_step(step, [[0]], 3, 0, name="ring")
    assert (game.next_state is None) == dense and game.name == "ring" and game.n_states == n_states
    assert (game.transition[0] > 0).sum() == n_states * width


def test_a_first_state_may_be_drawn_and_what_has_no_end_stays() -> None:
    game = MarkovGame.from_step(lambda s, own: None, [["l", "r"], ["u"]], 3, {"b": 0.75, "a": 0.25})
    assert game.state_names == ("b", "a") and game.initial.tolist() == [0.75, 0.25]
    assert (game.transition == np.eye(2)[None, :, None]).all() and (game.reward == 0).all()
    other = MarkovGame.from_step(lambda s, own: iter(()), [["l"]], 3, "a", states=("b", "a", "c"), reward_range=(0, 2))
    assert other.name == "" and other.initial.tolist() == [0, 1, 0] and other.state_names == ("b", "a", "c")
    assert other.reward_range.tolist() == [[0, 2]]
    late = MarkovGame.from_step(lambda s, own, h: [] if h else [(1, 1 - s, 0.5)], [["l"]], 2, 0, by_step=True)
    assert late.transition[:, :, 0].tolist() == [[[0, 1], [1, 0]], [[1, 0], [0, 1]]]
    assert late.step_reward(0).max() == 0.5 and late.step_reward(1).max() == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: told((1, 0, 0), states=3), "states must be an iterable of labels, got int 3"),
        (lambda: told((1, 0, 0), states=np.array(3)), "states must be an iterable of labels, got ndarray"),
        (lambda: told((1, 0, 0), states=[[0]]), r"states must be hashable, got list \[0\]"),
        (lambda: told((1, 0, 0), first=[0]), r"initial must be hashable, got list \[0\]"),
        (lambda: told((1, 0, 0), first={0: 1.5}), r"initial\[0\] must be in \[0, 1\], got 1\.5"),
        (lambda: told((1, 0, 0), first={0: 0.5, 1: "x"}), r"initial\[1\] must be a number, got str"),
        (lambda: told((1, 0, 0), first={7: 1.0}, states=[0]), "initial names the state 7, which states does not list"),
        (lambda: told((0.5, 0, 0), (0.6, 0, 0)), r"^step at state 0, actions \('left',\) yields prob.* to 1, got 1\.1"),
        (
            lambda: told((0.5, 0, 0), (1.5, 0, 0)),
            r"^step at state 0, actions \('left',\) yields a probability of 1\.5,",
        ),
        (
            lambda: told((0.5, 0, 0), (0.5, 0, np.nan)),
            r"^step at state 0, actions \('left',\) yields a reward of nan for",
        ),
        (lambda: told((0.5, 0, 0), (10**400, 0, 0)), "must yield probabilities, got 1000000"),
        (
            lambda: told((0.5, 0, 0), (0.5, 0, None)),
            r"state 0, actions \('left',\) must yield one reward per player, 1",
        ),
        (lambda: told((0.5, 0, 0), (0.5, 0, "1")), "must yield one reward per player, 1, got '1'"),
        (lambda: told((0.5, 0, 0), (0.5, 0, 10**400)), "must yield one reward per player, 1, got 1000000"),
        (lambda: told((1, 0, (0, "1"))), r"must yield one reward per player, 1, got \(0, '1'\)"),
        (lambda: told(("0.5", 0, 0), (0.5, 0, 0)), "must yield probabilities, got '0.5'"),
        (lambda: told((Fraction(1, 2), 0, 0), ([0.5, 0.5], 0, 0)), r"must yield probabilities, got \[0\.5, 0\.5\]"),
        (lambda: told((0.5, 0, 0), (10**5000, 0, 0)), r"must yield probabilities, got \(too long to be shown\)"),
        (lambda: told((1, 0, 0), by_step=1), "by_step must be True or False, got 1"),
        (lambda: MarkovGame.from_step(lambda s, a: [], 5, 1, 0), "actions must be one sequence per player, .* got 5"),
        (
            lambda: MarkovGame.from_step(lambda s, a: [], [], 1, 0),
            r"actions must be one sequence per player, .*got \[\]",
        ),
        (
            lambda: MarkovGame.from_step(lambda s, a: [], ["ab"], 1, 0),
            "actions of player 0 must be a sequence, got 'ab'",
        ),
        (
            lambda: MarkovGame.from_step(lambda s, a: [], [[1], 5], 1, 0),
            "actions of player 1 must be a sequence, got 5",
        ),
        (
            lambda: MarkovGame.from_step(lambda s, a: [], [[[1]]], 1, 0),
            r"actions of player 0 must be hashable, got list",
        ),
        (
            lambda: MarkovGame.from_step(lambda s, a: [], lambda s: [[1], b"ab"], 1, "x"),
            "actions of player 1 at state 'x' must be a sequence, got b'ab'",
        ),
    ],
)
def test_what_else_is_wrong_is_named(make: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def second(said: Any) -> Any:
    """A function that says something wrong of the right action in the second state alone."""

    def step(state: str, own: tuple[str, str]) -> list[Any]:
        if state == "b" and own == ("right", "up"):
            return said
        return [(0.5, "a", (0, 0)), (0.5, "b", (0, 0))]

    return lambda: MarkovGame.from_step(step, [["left", "right"], ["up", "down"]], 2, "a")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ([(0.5, "a", (0, 0))], "yields probabilities that must sum to 1, got 0.5"),
        (
            [(0.5, "a", (0, 0)), (-0.5, "a", (0, 0)), (1, "a", (0, 0))],
            r"yields a probability of -0\.5, not in \[0, 1\]",
        ),
        ([(0.5, "a", (0, 0)), ("x", "a", (0, 0))], "must yield probabilities, got 'x'"),
        ([(0.5, "a", (0, 0)), (0.5, "a", (0, np.inf))], "yields a reward of inf for player 1"),
        ([(0.5, "a", (0, 0)), (0.5, "a", (0, 0, 0))], r"must yield one reward per player, 2, got \(0, 0, 0\)"),
        ([(0.5, "a", (0, 0)), (0.5, "a", (0, "0"))], r"must yield one reward per player, 2, got \(0, '0'\)"),
        ([(1, "a")], r"must yield \(probability, next state, rewards\), got \(1, 'a'\)"),
        ([], "something for other actions there"),
        ([("x", "a", (0, 0))], "must yield probabilities, got 'x'"),
        ([(1, "a", (0, "x"))], r"must yield one reward per player, 2, got \(0, 'x'\)"),
    ],
)
def test_where_something_is_wrong_is_said(said: list[Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message) as error:
        second(said)()
    assert "state 'b', actions ('right', 'up')" in str(error.value)


def test_numbers_of_every_kind_are_numbers() -> None:
    """Of NumPy, fractions, decimals, truth; one reward for one player stands alone or in a sequence."""
    said = [
        [(Decimal("0.25"), 0, Decimal("0.5")), (np.float32(0.75), 0, (np.int8(1),))],
        [(True, 0, [0.875])],
        [(np.array(0.5), 0, np.array([0.75])), (Fraction(1, 2), 0, Fraction(1))],
        [(1, 0, np.float64(0.875))],
    ]
    for each in said:
        game = MarkovGame.from_step(lambda s, own, each=each: each, [["only"]], 1, 0)
        assert game.reward[0, 0, 0, 0].tolist() in ([0.875], 0.875)


def test_probabilities_may_be_off_by_rounding() -> None:
    game = told((1 + 1e-8, 0, 0.5))
    assert game.transition.ravel().tolist() == [1 + 1e-8] * 4
    for most in (1 + 1.1e-8, 1 - 1.1e-8):
        with pytest.raises(ValueError, match=r"yields a probability of|must sum to 1"):
            told((most, 0, 0.5))
