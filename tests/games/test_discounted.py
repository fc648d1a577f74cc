"""Games with a discount: the least horizon, rewards and ranges of each step, what is left out; ranges of any game."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from mornavi_lite import MarkovGame

N_ACTIONS, RANGES = (2, 3), np.array([[-1.0, 3.0], [0.0, 0.5]])


def made(discount: float, accuracy: float, per_outcome: bool = False, sparse: bool = False, **more: Any) -> MarkovGame:
    rng = np.random.default_rng(8)
    rows = rng.dirichlet(np.ones(4), size=(4, 6))
    reward = rng.random((2, 4, 6, 4) if per_outcome else (2, 4, 6))
    low, high = np.moveaxis(RANGES.reshape(2, 2, *(1,) * (reward.ndim - 1)), 1, 0)
    given = {"reward": low + (high - low) * reward, "n_actions": N_ACTIONS, "reward_range": RANGES} | more
    if sparse:
        rows[..., 3] = 0.0
        lists = np.broadcast_to(np.argsort(rng.random((4, 6, 4)), axis=-1), rows.shape)
        given["next_state"] = lists
        rows /= rows.sum(axis=-1, keepdims=True)
    return MarkovGame.discounted(rows, discount=discount, accuracy=accuracy, **given)


@pytest.mark.parametrize("discount", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("accuracy", [1e-6, 0.3, 1.0, 100.0])
def test_the_horizon_is_the_least_that_leaves_out_no_more_than_is_allowed(discount: float, accuracy: float) -> None:
    game, width = made(discount, accuracy), 4.0
    left = [discount**h * width / (1 - discount) for h in range(game.horizon + 1)]
    assert left[game.horizon] <= accuracy * (1 + 1e-9)
    assert game.horizon == 1 or left[game.horizon - 1] > accuracy


def test_a_horizon_that_comes_out_even_is_no_step_longer() -> None:
    """With 1/2 the steps from H on are worth 2^(3 - H): 4 is the first that leaves 1/2."""
    assert [made(0.5, 2.0**-k).horizon for k in range(-4, 4)] == [1, 1, 1, 2, 3, 4, 5, 6]
    nothing = MarkovGame.discounted(np.ones((1, 1, 1)), np.ones((1, 1, 1)), (1,), 0.9, 1e-9, reward_range=(1, 1))
    assert (
        nothing.horizon == 1 and (nothing.tail == nothing.tail[0, 0]).all() and nothing.tail[0, 0] == pytest.approx(9)
    )


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("per_outcome", [False, True])
def test_rewards_and_ranges_shrink_from_step_to_step(per_outcome: bool, sparse: bool) -> None:
    rate = 0.7
    game = made(rate, 0.5, per_outcome, sparse, initial=2, name="endless")
    once = made(rate, 100.0, per_outcome, sparse)  # one step
    assert once.horizon == 1 and game.horizon > 5 and game.repeats_one_step and game.name == "endless"
    assert game.initial.tolist() == [0, 0, 1, 0] and (once.initial == [1, 0, 0, 0]).all()
    assert game.reward.shape == (2, game.horizon, *once.reward.shape[2:]) and not game.reward.flags.writeable
    for h in range(game.horizon):
        np.testing.assert_allclose(game.reward[:, h], rate**h * once.reward[:, 0], rtol=1e-12)
        np.testing.assert_allclose(game.step_reward(h), game.reward[:, h], rtol=1e-15)
        np.testing.assert_allclose(game.step_ranges[:, h], rate**h * RANGES, rtol=1e-12)
        np.testing.assert_array_equal(game.transition[h], once.transition[0])
        for i in range(2):
            assert game.lowest_reward(i, h) == pytest.approx(rate**h * RANGES[i, 0], rel=1e-12)
        nexts, rows = game.rows(h)
        assert (nexts is None) != sparse and (rows == game.probability[h]).all()
        if sparse:
            assert (nexts == game.next_state[h]).all()
    np.testing.assert_array_equal(game.reward_range, RANGES)
    np.testing.assert_allclose(game.tail, rate**game.horizon / (1 - rate) * RANGES, rtol=1e-12)
    assert game.dense() == game and game.dense().horizon == game.horizon


def test_of_a_game_without_discount_nothing_is_left_out_and_each_step_has_its_range() -> None:
    ranges = np.array([[[0.0, 1.0], [-2.0, 0.5], [0.25, 4.0]], [[-1.0, 0.0], [-3.0, 9.0], [-0.5, 0.0]]])
    reward = np.broadcast_to(ranges.mean(axis=-1)[..., None, None], (2, 3, 2, 6))
    kernel = np.full((3, 2, 6, 2), 0.5)
    game = MarkovGame(kernel, reward, N_ACTIONS, reward_range=ranges)
    assert (game.tail == 0).all() and game.tail.shape == (2, 2)
    np.testing.assert_array_equal(game.step_ranges, ranges)
    np.testing.assert_array_equal(game.reward_range, [[-2, 4], [-3, 9]])
    for i, h in np.ndindex(2, 3):
        assert game.lowest_reward(i, h) == ranges[i, h, 0]
        np.testing.assert_array_equal(game.step_reward(h)[i], reward[i, h])
    assert not game.repeats_one_step
    one = MarkovGame.stationary(kernel[0], reward[:, 0], N_ACTIONS, 3, reward_range=ranges)
    assert one.repeats_one_step and (one.step_ranges == ranges).all()
    for changed in ({"transition": kernel}, {"reward": reward}):
        given = {
            "transition": np.broadcast_to(kernel[:1], kernel.shape),
            "reward": np.broadcast_to(reward[:, :1], reward.shape),
        }
        game = MarkovGame(**(given | changed), n_actions=N_ACTIONS, reward_range=(-9, 9))
        assert not game.repeats_one_step


@pytest.mark.parametrize(
    ("reward_range", "wanted"),
    [
        (None, [[0, 1], [0, 1]]),
        ((-1, 2), [[-1, 2], [-1, 2]]),
        ([[0, 1], [-5, 7]], [[0, 1], [-5, 7]]),
        ("observed", [[0.125, 0.75], [0.125, 0.75]]),
    ],
)
def test_a_range_is_for_all_for_each_player_or_what_is_observed(reward_range: Any, wanted: list[list[float]]) -> None:
    reward = np.full((2, 1, 6), 0.25)
    reward[0, 0, 3], reward[1, 0, 5] = 0.125, 0.75
    game = MarkovGame.stationary(np.ones((1, 6, 1)), reward, N_ACTIONS, 4, reward_range=reward_range)
    assert game.step_ranges.tolist() == [[pair] * 4 for pair in wanted]
    assert not game.step_ranges.flags.writeable and game.reward_range.tolist() == wanted


@pytest.mark.parametrize(
    ("reward_range", "message"),
    [
        ("seen", "reward_range must be one of 'observed', got 'seen'"),
        ((1, 0), r"reward_range must have its lower end first, got \[1\.0, 0\.0\]"),
        ([[0, 1], [3, 2]], r"lower end first, got \[3\.0, 2\.0\]"),
        (
            [[0, 1]] * 3,
            r"must be \(lo, hi\), an array \(m, 2\) = \(2, 2\), \(m, H, 2\), or 'observed', got shape \(3, 2\)",
        ),
        ((0, 1, 2), r"got shape \(3,\)"),
        (np.zeros((2, 3, 2)), r"got shape \(2, 3, 2\)"),
        ((0, np.inf), r"reward_range\[1\] must be finite"),
    ],
)
def test_ranges_that_are_none_are_named(reward_range: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MarkovGame.stationary(np.ones((1, 6, 1)), np.zeros((2, 1, 6)), N_ACTIONS, 4, reward_range=reward_range)


@pytest.mark.parametrize("by_step", [False, True])
def test_a_reward_out_of_its_range_is_named_with_a_range_that_would_hold_all(by_step: bool) -> None:
    reward = np.zeros((2, 3, 1, 6)) if by_step else np.zeros((2, 1, 6))
    place = (1, 2, 0, 4) if by_step else (1, 0, 4)
    reward[place] = 3.0
    reward[0, ..., 0] = 1.5
    ranges = [[-1, 2], [-2, 2.5]]
    named = "1, 2, 0, 4" if by_step else "1, 0, 4"
    with pytest.raises(
        ValueError, match=rf"^reward\[{named}\] must be in \[-2, 2\.5\], got 3\.0; reward_range=\(-2, 3\) or"
    ):
        if by_step:
            MarkovGame(np.ones((3, 1, 6, 1)), reward, N_ACTIONS, reward_range=ranges)
        else:
            MarkovGame.stationary(np.ones((1, 6, 1)), reward, N_ACTIONS, 3, reward_range=ranges)
    assert math.isclose(MarkovGame.stationary(np.ones((1, 6, 1)), np.full((2, 1, 6), 2.0), N_ACTIONS, 1,
                                              reward_range=(2, 2)).reward.max(), 2.0)  # fmt: skip


def test_too_many_steps_and_no_accuracy_are_refused() -> None:
    for rate, accuracy, message in (
        (1 - 1e-6, 1e-9, "accuracy 1e-09 at discount 0.999999 takes [0-9]+ steps, 1000000 at most are made"),
        (0.5, 0.0, "accuracy must be above 0, got 0"),
        (1.0, 0.1, "discount must be between 0 and 1"),
    ):
        with pytest.raises(ValueError, match=message):
            made(rate, accuracy)
    with pytest.raises(ValueError, match="reward must have a last axis of 4 next states"):
        made(0.5, 0.1, reward=np.zeros((2, 4, 6, 3)))
    with pytest.raises(ValueError, match=r"transition must have shape \(S, A, S\) with A = 6"):
        MarkovGame.discounted(np.full((4, 5, 4), 0.25), np.zeros((2, 4, 6)), N_ACTIONS, 0.5, 0.1)


def test_the_number_of_states_of_sparse_rows_may_be_told() -> None:
    assert made(0.5, 0.1, sparse=True, n_states=4) == made(0.5, 0.1, sparse=True) == made(0.5, 0.1, sparse=True).dense()
    with pytest.raises(
        ValueError, match=r"probability must have shape \(S, A, B\) with S, A = \(5, 6\), got \(4, 6, 4\)"
    ):
        made(0.5, 0.1, sparse=True, n_states=5)


def test_a_range_may_be_that_of_the_one_step_and_the_most_steps_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    assert made(0.5, 0.1, reward_range=RANGES[:, None]) == made(0.5, 0.1)
    horizon = made(0.5, 0.1).horizon
    monkeypatch.setattr("mornavi_lite.games.builders.MOST_STEPS", horizon)
    assert made(0.5, 0.1).horizon == horizon
    monkeypatch.setattr("mornavi_lite.games.builders.MOST_STEPS", horizon - 1)
    with pytest.raises(ValueError, match=f"takes {horizon} steps, {horizon - 1} at most are made"):
        made(0.5, 0.1)
