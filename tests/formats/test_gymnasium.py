"""Games from gymnasium's tables, judged by a loop over the tables themselves that knows nothing of the package."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mornavi_lite import KullbackLeibler, MarkovGame, Nominal, TotalVariation, solve
from mornavi_lite.formats import from_gymnasium

gymnasium = pytest.importorskip("gymnasium")


def value_by_table(table: dict, horizon: int, radius: float = 0.0, discount: float = 1.0) -> np.ndarray:
    """Best worst-case value of each state, the adversary moving mass among the outcomes listed; float loops alone."""
    value = dict.fromkeys(table, 0.0)
    for _ in range(horizon):
        new = {}
        for state, own in table.items():
            by_action = []
            for outcomes in own.values():
                # one outcome is one next state, alive or ended, at its mean reward
                chances: dict[Any, float] = {}
                pays: dict[Any, float] = {}
                for chance, then, reward, done in outcomes:
                    chances[then, done] = chances.get((then, done), 0.0) + chance
                    pays[then, done] = pays.get((then, done), 0.0) + chance * reward
                worth = [
                    (pays[key] / chances[key] + (0.0 if key[1] else discount * value[key[0]]), chances[key])
                    for key in chances
                ]
                worth.sort(reverse=True)
                left, total, lowest = radius, 0.0, worth[-1][0]
                for gain, chance in worth:
                    moved = min(left, chance)
                    left -= moved
                    total += (chance - moved) * gain + moved * lowest
                by_action.append(total)
            new[state] = max(by_action)
        value = new
    return np.array([value[state] for state in sorted(table)])


@pytest.fixture(params=["FrozenLake-v1", "CliffWalking-v", "Taxi-v"])
def environment(request: pytest.FixtureRequest):
    known = gymnasium.registry
    name = next(n for n in sorted(known, reverse=True) if n.startswith(request.param))
    made = gymnasium.make(name)
    yield made
    made.close()


@pytest.mark.parametrize("radius", [0.0, 0.1])
def test_values_are_those_of_a_loop_over_the_table(environment, radius: float) -> None:
    table = environment.unwrapped.P
    kept = copy.deepcopy(table)
    game = from_gymnasium(environment, horizon=15)
    assert table == kept
    value = solve(game, TotalVariation(radius, shift_support=False)).value[0, 0]
    wanted = value_by_table(table, 15, radius)
    start = environment.unwrapped.initial_state_distrib
    live = [s for s in range(len(table)) if start[s] > 0 or game.name.startswith("Taxi")]
    np.testing.assert_allclose(value[live], wanted[live], atol=1e-9)
    np.testing.assert_array_equal(game.initial[: len(start)], start)
    assert np.count_nonzero(wanted[live]) and game.name == environment.spec.id


def test_frozen_lake_is_the_known_lake() -> None:
    environment = gymnasium.make("FrozenLake-v1", is_slippery=True, map_name="4x4")
    table = environment.unwrapped.P
    game = from_gymnasium(environment, 30, action_names=["left", "down", "right", "up"])
    assert (game.n_states, game.n_actions, game.horizon, game.n_players) == (16, (4,), 30, 1)
    assert game.reward_range.tolist() == [[0, 1]] and game.legal is None and game.action_names[0][0] == "left"
    ends = (5, 7, 11, 12, 15)
    for state in range(16):
        for action in range(4):
            row = np.zeros(16)
            for chance, then, _, _ in table[state][action]:
                row[then] += chance
            np.testing.assert_allclose(game.transition[0, state, action], np.eye(16)[state] if state in ends else row)
    assert not game.reward[0, 0, list(ends)].any()
    for radius in (0.0, 0.05, 0.3):
        value = solve(game, TotalVariation(radius, shift_support=False)).value[0, 0]
        np.testing.assert_allclose(value, value_by_table(table, 30, radius), atol=1e-12)


def test_discounted_frozen_lake_brackets_the_infinite_game() -> None:
    environment = gymnasium.make("FrozenLake-v1")
    game = from_gymnasium(environment, discount=0.95, accuracy=1e-6)
    found = solve(game, Nominal()).value[0, 0] + game.tail[0][:, None]
    wanted = value_by_table(environment.unwrapped.P, 2000, discount=0.95)
    assert (found[0] <= wanted + 1e-12).all() and (wanted <= found[1] + 1e-12).all()
    assert (found[1] - found[0]).max() <= 1e-6


def test_what_ends_an_episode_pays_nothing_more() -> None:
    # State 1 is a goal with live rows, 2 is reached both ways, "2" alive pays 7 on the next step.
    table = {
        0: {0: [(1.0, 1, 1.0, True)], 1: [(0.5, 2, 2.0, True), (0.5, 2, 0.0, False)]},
        1: {0: [(1.0, 2, 100.0, False)], 1: [(1.0, 1, 0.0, False)]},
        2: {0: [(1.0, 2, 7.0, True)], 1: [(1.0, 0, 0.0, False)]},
    }
    game = from_gymnasium(table, 2, state_names=["start", "goal", "both"])
    assert game.state_names == ("start", "goal", "both", "end")
    assert game.transition[0, 1].tolist() == [[0, 1, 0, 0]] * 2 and game.transition[0, 3].tolist() == [[0, 0, 0, 1]] * 2
    assert game.transition[0, 0, 1].tolist() == [0, 0, 0.5, 0.5] and game.transition[0, 2, 0].tolist() == [0, 0, 0, 1]
    assert game.reward_range.tolist() == [[0, 7]]
    value = solve(game, Nominal()).value[0, 0]
    assert value.tolist() == [0.5 * 2 + 0.5 * 7, 0, 7, 0] and value[0] == value_by_table(table, 2)[0]
    value = solve(game, TotalVariation(0.25, shift_support=False)).value[0, 0]
    assert value[0] == pytest.approx(value_by_table(table, 2, 0.25)[0], abs=1e-12)


def test_a_goal_that_is_also_a_start_stays_alive() -> None:
    table = {0: {0: [(1.0, 1, 1.0, True)]}, 1: {0: [(1.0, 0, 3.0, False)]}}
    assert from_gymnasium(table, 2).n_states == 2
    game = from_gymnasium(table, 2, initial={0: 0.5, 1: 0.5})
    assert game.n_states == 3 and game.initial.tolist() == [0.5, 0.5, 0]
    assert solve(game, Nominal()).value[0, 0].tolist() == [1, 4, 0]
    again = from_gymnasium(table, 2, initial=1, state_names=["end", "end 2"])
    assert again.state_names == ("end", "end 2", "end 3")


def test_missing_actions_are_illegal_and_an_empty_state_is_terminal() -> None:
    table = {"a": {"x": [(1, "b", 1, False)]}, "b": {"x": [(1, "c", 2, False)], "y": [(1, "a", 0, False)]}, "c": {}}
    game = from_gymnasium(table, 3)
    assert game.state_names == ("a", "b", "c") and game.action_names == (("x", "y"),)
    assert game.legal is not None and game.legal[0].tolist() == [[True, False], [True, True], [True, True]]
    assert solve(game, KullbackLeibler(0.1)).value[0, 0].tolist() == [3, 3, 0]
    assert from_gymnasium([[[(1, 1, 1, False)]], [[(1, 1, 0, False)]]], 3).n_states == 2


def test_labels_that_are_integers_are_in_their_order() -> None:
    table = {np.int64(2): {1: [(1.0, 0, 1.0, False)]}, 0: {0: [(1.0, 2, 0.0, False)]}}
    game = from_gymnasium(table, 2)
    assert game.state_names == ("0", "2") and game.initial.tolist() == [1, 0]


def test_an_environment_is_known_by_its_table() -> None:
    table = {0: {0: [(1.0, 1, 1.0, False)]}, 1: {0: [(1.0, 1, 0.0, False)]}}
    inner = SimpleNamespace(P=table, initial_state_distrib=np.array([0.25, 0.75]))
    assert from_gymnasium(SimpleNamespace(unwrapped=inner), 2).initial.tolist() == [0.25, 0.75]
    assert from_gymnasium(SimpleNamespace(P=table), 2) == from_gymnasium(table, 2)
    assert isinstance(from_gymnasium(table, 2, reward_range=(-1, 1)), MarkovGame)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"P": None}, TypeError, "P must be a table"),
        ({"P": {}}, TypeError, "P must be a table"),
        ({"P": "text"}, TypeError, "P must be a table"),
        ({"P": {0: 3}}, TypeError, r"P\[0\] must be a dict or a list, got 3"),
        ({"P": {0: {}}}, ValueError, "at least one transition"),
        ({"P": {0: {"up": [(1.0, 0, 0.0)]}}}, ValueError, r"P\[0\]\['up'\] must list \(probability, next state"),
        ({"P": {0: {0: [(1.0, 0, "x", True)]}}}, ValueError, r"P\[0\]\[0\] must list"),
        ({"P": {0: {0: [(1.0, 0, np.nan, True)]}}}, ValueError, r"P\[0\]\[0\] has the reward nan"),
        ({"P": {0: {0: [(-0.5, 0, 1, True), (1.5, 0, 1, True)]}}}, ValueError, r"P\[0\]\[0\].*in \[0, 1\], got -0.5"),
        ({"P": {3: {7: [(0.5, 3, 1, True)]}}}, ValueError, r"P\[3\]\[7\].*sum to 0.5, not to 1"),
        ({"horizon": 0}, ValueError, "horizon must be at least 1"),
        ({"P": {0: {"up": 0.5}}}, TypeError, r"P\[0\]\['up'\] must be a list, got float 0.5"),
        ({"horizon": None}, ValueError, "horizon must be a number of steps"),
        ({"discount": 0.9}, ValueError, "discount and accuracy go together"),
        ({"discount": 0.9, "accuracy": 0.1}, ValueError, "discount goes without a horizon"),
        ({"initial": 9}, ValueError, "initial must name a state, one of '0', '1'; got 9"),
        ({"initial": {0: 2.0}}, ValueError, r"initial\[0\] must be in \[0, 1\]"),
        ({"initial": [1.0]}, ValueError, r"initial must have shape \(S,\) = \(2,\)"),
        ({"state_names": ["a"]}, ValueError, "state_names must be a sequence of 2 names"),
        ({"reward_range": (0, 0.5)}, ValueError, r"P\[0\]\[0\]: a reward must be in \[0, 0.5\], got 1.0"),
        ({"reward_range": "seen"}, ValueError, "reward_range must be one of 'observed'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(change: dict, error: type[Exception], said: str) -> None:
    table = {0: {0: [(1.0, 1, 1.0, False)]}, 1: {0: [(1.0, 1, 0.0, False)]}}
    with pytest.raises(error, match=said):
        from_gymnasium(**{"P": table, "horizon": 2, **change})


def test_rounded_rows_are_normalized_on_request() -> None:
    table = {0: {0: [(0.333, 0, 1.0, False), (0.333, 1, 0.0, False), (0.333, 1, 0.0, True)]}, 1: {}}
    with pytest.raises(ValueError, match="normalize=True"):
        from_gymnasium(table, 2)
    game = from_gymnasium(table, 2, normalize=True)
    assert game.transition[0, 0, 0].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3]) and game.state_names[2] == "end"
