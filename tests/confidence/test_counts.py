"""Counts: what is recorded, and what is refused."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from mornavi_lite import Counts, zoo

# Counts


def three_players() -> Counts:
    return Counts(n_states=4, n_actions=(2, 3, 2), horizon=3)


def an_episode(seed: int) -> tuple[list[int], list[list[int]], np.ndarray]:
    rng = np.random.default_rng(seed)
    states, own = rng.integers(4, size=4), np.stack([rng.integers(n, size=3) for n in (2, 3, 2)], axis=1)
    return states.tolist(), own.tolist(), rng.random((3, 3))


def state_of(counts: Counts) -> bytes:
    return counts.transitions.tobytes() + counts.visits.tobytes() + counts.reward.tobytes()


def test_new_counts_hold_nothing() -> None:
    counts = three_players()
    assert (counts.n_states, counts.n_actions, counts.horizon, counts.n_episodes) == (4, (2, 3, 2), 3, 0)
    assert counts.transitions.shape == (3, 4, 12, 4) and counts.transitions.dtype == np.int64
    assert counts.visits.shape == (3, 4, 12) and counts.visits.dtype == np.int64
    assert counts.reward.shape == (3, 3, 4, 12) and counts.reward.dtype == np.float64
    assert not counts.transitions.any() and not counts.visits.any() and not counts.reward.any()
    assert (counts.empirical_model() == 0.25).all()
    assert repr(counts).startswith("Counts: 0 episodes\n3 players, 3 steps, 4 states, 2 x 3 x 2 actions\n")


def test_recording_episodes_is_adding_their_counts() -> None:
    """Against loops over the steps, with joint actions as one index and as one action per player."""
    recorded, by_player, added = three_players(), three_players(), three_players()
    reward = np.random.default_rng(1).random((3, 3, 4, 12))
    for seed in range(40):
        states, own, _ = an_episode(seed)
        joint = [6 * a + 2 * b + c for a, b, c in own]
        played = np.zeros((3, 4, 12, 4), dtype=np.int32)
        gained = np.array([[reward[i, h, states[h], joint[h]] for h in range(3)] for i in range(3)])
        for h in range(3):
            played[h, states[h], joint[h], states[h + 1]] += 1
        recorded.record(states, joint, gained)
        by_player.record(np.array(states), np.array(own), gained.tolist())
        added.add(played, reward)
    assert state_of(recorded) == state_of(by_player) == state_of(added)
    assert recorded.n_episodes == 40
    np.testing.assert_array_equal(recorded.visits, recorded.transitions.sum(axis=-1))
    tried = recorded.visits > 0
    assert (recorded.reward[:, tried] == reward[:, tried]).all() and (recorded.reward[:, ~tried] == 0).all()
    frequencies = recorded.empirical_model()
    for h, s, a in itertools.product(range(3), range(4), range(12)):
        n = recorded.visits[h, s, a]
        expected = recorded.transitions[h, s, a] / n if n else np.full(4, 0.25)
        np.testing.assert_array_equal(frequencies[h, s, a], expected)


def test_one_player_may_write_actions_in_either_form() -> None:
    first, second = (Counts(2, (3,), 2) for _ in range(2))
    first.record([0, 1, 0], [2, 0], [[0.5, 1.0]])
    second.record([0, 1, 0], [[2], [0]], [[0.5, 1.0]])
    assert state_of(first) == state_of(second) and first.visits[0, 0, 2] == 1


def test_many_episodes_are_the_sum_of_their_parts() -> None:
    game = zoo.congestion()
    policy = np.full((game.horizon, game.n_states, game.n_joint_actions), 1 / game.n_joint_actions)
    whole, parts = (Counts(game.n_states, game.n_actions, game.horizon) for _ in range(2))
    played = [game.play(policy, n, np.random.default_rng(n)) for n in (5, 10**6, 10**12)]
    for each in played:
        parts.add(each, game.reward)
    whole.add(sum(played), game.reward)
    assert state_of(whole) == state_of(parts) and whole.n_episodes == 10**12 + 10**6 + 5


def test_only_rewards_of_what_was_played_are_looked_at() -> None:
    counts = three_players()
    reward = np.full((3, 3, 4, 12), np.nan)
    played = np.zeros((3, 4, 12, 4), dtype=int)
    played[0, 1, 5, 2], reward[:, 0, 1, 5] = 3, [0.25, 0.5, 1.0]
    counts.add(played, reward)
    assert counts.reward[:, 0, 1, 5].tolist() == [0.25, 0.5, 1.0]
    assert counts.reward.sum() == 1.75 and np.isfinite(counts.reward).all()


def test_integers_of_every_kind_are_counts() -> None:
    for kind in (np.int8, np.uint8, np.uint16, np.int32, np.uint32, np.int64, np.uint64):
        counts = Counts(1, (2,), 1)
        counts.add(np.array([[[[3], [0]]]], dtype=kind), [[[[0.25, 0.5]]]])
        assert counts.visits.tolist() == [[[3, 0]]] and counts.reward.tolist() == [[[[0.25, 0.0]]]], kind


def test_a_reward_seen_again_may_differ_by_rounding_only() -> None:
    counts = Counts(1, (1,), 1)
    counts.record([0, 0], [0], [[0.3]])
    counts.record([0, 0], [0], [[0.1 + 0.2]])
    assert counts.reward.item() == 0.3 and counts.n_episodes == 2
    message = r"reward of player 0 at step 0, state 0, joint action 0 differs from the one seen before, 0\.3, got 0\.4"
    for again in (lambda: counts.record([0, 0], [0], [[0.4]]), lambda: counts.add([[[[1]]]], [[[[0.4]]]])):
        with pytest.raises(ValueError, match=message):
            again()
    assert counts.n_episodes == 2


def spoiled_add(name: str, where: tuple[int, ...], value: float, kind: type = float) -> dict[str, Any]:
    played, reward = np.zeros((3, 4, 12, 4), dtype=int), np.full((3, 3, 4, 12), 0.5)
    played[:, 1, 7, 2] = 5
    arrays = {"played": played.astype(kind) if name == "played" else played, "reward": reward}
    arrays[name][where] = value
    return arrays


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (spoiled_add("played", (1, 2, 3, 0), -1, int), r"played\[1, 2, 3, 0\] must not be negative, got -1"),
        (spoiled_add("played", (0, 0, 0, 0), 1), "played must be an array of integers, got dtype float64"),
        (spoiled_add("played", (0, 0, 0, 0), 1, bool), "played must be an array of integers, got dtype bool"),
        (
            spoiled_add("reward", (2, 1, 1, 7), 1.5),
            "player 2 at step 1, state 1, joint action 7 must be in .0, 1., got 1.5",
        ),
        (
            spoiled_add("reward", (0, 2, 1, 7), -1e-9),
            "player 0 at step 2, state 1, joint action 7 must be in .0, 1., got -1",
        ),
        (
            spoiled_add("reward", (1, 0, 1, 7), np.nan),
            "player 1 at step 0, state 1, joint action 7 must be in .0, 1., got nan",
        ),
        (spoiled_add("reward", (1, 0, 1, 7), np.inf), "joint action 7 must be in .0, 1., got inf"),
        ({"played": np.zeros((3, 4, 12), dtype=int)}, r"played must have shape \(H, S, A, S\) = \(3, 4, 12, 4\), got"),
        ({"played": [[1, 2], [3]]}, "played must be an array of integers"),
        ({"played": "x"}, "played must be an array of integers"),
        (
            {"reward": np.zeros((2, 3, 4, 12))},
            r"reward must have shape \(m, H, S, A\) = \(3, 3, 4, 12\), got \(2, 3, 4, 12\)",
        ),
        ({"reward": "x"}, "reward must be an array of real numbers"),
        ({"reward": None}, "reward must be an array of real numbers"),
    ],
)
def test_bad_counts_are_named_and_nothing_is_added(arguments: dict[str, Any], message: str) -> None:
    counts = three_players()
    counts.record(*an_episode(0))
    before = state_of(counts)
    fine = spoiled_add("reward", (0, 0, 0, 0), 0.5)
    with pytest.raises((ValueError, TypeError), match=message):
        counts.add(**{**fine, **arguments})
    assert state_of(counts) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"states": [0, 1, 2]}, r"states must have shape \(H \+ 1,\) = \(4,\), got \(3,\)"),
        ({"states": [0, 1, 4, 2]}, r"states\[2\] must be from 0 to 3, got 4"),
        ({"states": [0, -1, 1, 2]}, r"states\[1\] must be from 0 to 3, got -1"),
        ({"states": [0, 1, 1, 2.0]}, "states must be .*integers, got"),
        ({"states": None}, "states must be .*integers, got"),
        ({"joint_actions": [0, 11, 12]}, r"joint_actions\[2\] must be from 0 to 11, got 12"),
        ({"joint_actions": [0, -1, 1]}, r"joint_actions\[1\] must be from 0 to 11, got -1"),
        ({"joint_actions": [0, 1]}, r"joint_actions must have shape \(H,\) = \(3,\), got \(2,\)"),
        ({"joint_actions": [[0, 0, 0], [1, 3, 1], [0, 0, 0]]}, r"joint_actions\[1, 1\] must be from 0 to 2, got 3"),
        (
            {"joint_actions": [[0, 0], [1, 1], [0, 0]]},
            r"joint_actions must have shape \(H, m\) = \(3, 3\), got \(3, 2\)",
        ),
        ({"joint_actions": [0.0, 1.0, 2.0]}, "joint_actions must be .*integers"),
        ({"joint_actions": np.zeros((3, 3))}, "joint_actions must be .*integers"),
        ({"rewards": np.zeros((3, 2))}, r"rewards must have shape \(m, H\) = \(3, 3\), got \(3, 2\)"),
        (
            {"rewards": [[0, 0, 0], [0, 2, 0], [0, 0, 0]]},
            "reward of player 1 at step 1, state 1, joint action 4 must be in",
        ),
        ({"rewards": [[0, 0, 0], [0, 0, 0], [0, 0, np.nan]]}, "reward of player 2 at step 2, state 2, .* got nan"),
        ({"rewards": "abc"}, "rewards must be an array of real numbers"),
    ],
)
def test_bad_episodes_are_named_and_nothing_is_added(change: dict[str, Any], message: str) -> None:
    counts = three_players()
    counts.record(*an_episode(0))
    before = state_of(counts)
    fine = {"states": [0, 1, 2, 3], "joint_actions": [3, 4, 5], "rewards": np.full((3, 3), 0.5)}
    with pytest.raises((ValueError, TypeError), match=message):
        counts.record(**{**fine, **change})
    assert state_of(counts) == before


def test_counts_up_to_the_largest_of_64_bits_and_not_one_more() -> None:
    """2**62 twice would be negative, in one row, in two rows of a step, in one call, and by one episode more."""
    most, unit = 2**63 - 1, np.zeros((2, 2, 3, 2), dtype=np.int64)
    unit[:, 0, 1, 1] = 1
    reward = np.full((1, 2, 2, 3), 0.5)
    counts = Counts(2, (3,), 2)
    counts.add(10**15 * unit, reward)
    counts.add((most - 10**15) * unit, reward)
    assert counts.n_episodes == most and counts.visits[1, 0, 1] == most and counts.transitions.min() == 0
    full, elsewhere = state_of(counts), unit[:, ::-1, ::-1]
    episode = [0, 0, 0], [0, 0], [[0.5, 0.5]]
    message = r"must leave at most 2\*\*63 - 1 transitions of step 0, got \d{19,20} with it"
    for again in (unit, elsewhere, 2**62 * unit + 2**62 * elsewhere, most * unit + most * elsewhere):
        with pytest.raises(ValueError, match=f"^played {message}"):
            counts.add(again, reward)
        assert state_of(counts) == full
    with pytest.raises(ValueError, match=f"^states {message}"):
        counts.record(*episode)
    assert state_of(counts) == full
    with pytest.raises(ValueError, match="of step 0, got 18446744073709551614 with it"):
        Counts(2, (3,), 2).add(most * unit + most * elsewhere, reward)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, (2, 2), 3), "n_states must be at least 1, got 0"),
        ((2, (2, 0), 3), r"n_actions\[1\] must be at least 1, got 0"),
        ((2, 4, 3), "n_actions must be a sequence"),
        ((2, (), 3), "n_actions must have one entry per player"),
        ((2, (2, 2), 0), "horizon must be at least 1, got 0"),
        ((2, (2, 2), 1.5), "horizon must be an integer, got float 1.5"),
    ],
)
def test_sizes_of_counts_are_checked(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        Counts(*arguments)


def test_counts_are_for_a_game() -> None:
    with pytest.raises(TypeError, match="game must be a MarkovGame, got Counts"):
        Counts.for_game(three_players())  # type: ignore[arg-type]


def test_copies_are_independent_and_views_are_read_only() -> None:
    counts = three_players()
    counts.record(*an_episode(0))
    other = counts.copy()
    before = state_of(counts)
    assert state_of(other) == before and other.n_actions == counts.n_actions
    other.record(*an_episode(0))
    assert state_of(counts) == before != state_of(other)
    seen = counts.visits
    for array in (counts.transitions, counts.visits, counts.reward):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1
    counts.record(*an_episode(0))
    assert seen.sum() == 6  # a view: it shows what was added since
