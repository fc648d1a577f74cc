"""A radius from returns: coverage of the policy that was played, and none of any other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mornavi_lite import ChiSquare, KullbackLeibler, MarkovGame, Nominal, TotalVariation, evaluate, solve, zoo
from mornavi_lite.calibration import from_returns, returns, sets
from mornavi_lite.deployment import random_game
from tests.planning.test_induction import random_game as some_game
from tests.planning.test_induction import random_policy


def returns_of(world: MarkovGame, policy: np.ndarray, n: int, player: int, rng: np.random.Generator) -> np.ndarray:
    return np.array([(world.reward[player] * world.play(policy, 1, rng).sum(axis=-1)).sum() for _ in range(n)])


def value_of(game: MarkovGame, policy: np.ndarray, player: int, ball: Any) -> float:
    return float(evaluate(game, policy, ball)[player, 0] @ game.initial)


def test_the_promise_to_each_of_three_players_is_kept_for_the_logged_policy() -> None:
    game, rng = some_game(7), np.random.default_rng(0)
    policy, kept = random_policy(game, 3), []
    for draw in range(30):
        world, player = random_game(game, TotalVariation(0.2), rng), draw % 3
        try:
            radius = from_returns(game, policy, returns_of(world, policy, 60, player, rng), player, delta=0.2)
        except ValueError:
            kept.append(True)  # nothing was promised
            continue
        promise = value_of(game, policy, player, TotalVariation(radius))
        kept.append(promise <= value_of(world, policy, player, Nominal()) + 1e-9)
    assert np.mean(kept) >= 0.8


@pytest.mark.parametrize("kind", [TotalVariation, KullbackLeibler, ChiSquare])
def test_the_radius_is_the_smallest_that_promises_no_more_than_the_bound(kind: Any) -> None:
    game = zoo.fishing(storm=0.02)
    policy = solve(game, Nominal()).policy
    radius = from_returns(game, policy, [1.0] * 75 + [0.0] * 25, uncertainty=kind, delta=0.1, between=(0, 1))
    bound = value_of(game, policy, 0, kind(radius))
    assert value_of(game, policy, 0, kind(radius * (1 - 1e-6))) > bound
    spent = 100 * (0.75 * np.log(0.75 / bound) + 0.25 * np.log(0.25 / (1 - bound)))
    assert spent == pytest.approx(np.log(10), rel=1e-6) and bound < 0.75


def test_the_bound_is_that_of_the_binary_divergence() -> None:
    """One step, two states, reward 1 in the good one: the return is a coin, and its bound can be written down."""
    row = np.array([[[0.9, 0.1]], [[0.0, 1.0]]])
    rewards = np.array([[[0.0], [0.0]], [[1.0], [0.0]]]).reshape(1, 2, 2, 1)
    game = MarkovGame(np.stack([row, row]), rewards, (1,), 0, reward_range=np.array([[0, 1]]))
    policy = np.ones((2, 2, 1))
    earned, n = np.repeat([1.0, 0.0], [80, 20]), 100
    radius = from_returns(game, policy, earned, delta=0.05)
    mean = (0.9 - radius) / 2  # the range of two steps is [0, 2]
    seen = 0.4
    spent = n * (seen * np.log(seen / mean) + (1 - seen) * np.log((1 - seen) / (1 - mean)))
    assert spent == pytest.approx(np.log(20), rel=1e-6)


def trap() -> tuple[MarkovGame, MarkovGame, np.ndarray]:
    """A game of two ways, the world in which both are worse, the second by far, and the policy that takes the first."""
    kernel = np.zeros((4, 2, 4))
    kernel[0, 0, [1, 3]], kernel[0, 1, [2, 3]], kernel[1:, :, 3] = (0.8, 0.2), (0.95, 0.05), 1
    rewards = np.zeros((1, 4, 2))
    rewards[0, 1:3] = 0.9
    game = MarkovGame.stationary(kernel, rewards, (2,), 2)
    kernel[0] = [[0, 0.7, 0, 0.3], [0, 0, 0.5, 0.5]]
    safe = np.zeros((2, 4, 2))
    safe[:, :, 0] = 1
    return game, MarkovGame.stationary(kernel, rewards, (2,), 2), safe


def test_the_trap_a_policy_that_was_not_played_is_promised_what_it_does_not_earn() -> None:
    game, world, safe = trap()
    rng = np.random.default_rng(0)
    for _ in range(5):
        radius = from_returns(game, safe, returns_of(world, safe, 400, 0, rng))
        anew = solve(game, TotalVariation(radius))
        assert value_of(game, safe, 0, TotalVariation(radius)) <= value_of(world, safe, 0, Nominal())
        assert anew.value[0, 0, 0] > 0.6 and value_of(world, anew.policy, 0, Nominal()) == pytest.approx(0.45)


@pytest.mark.slow
def test_of_a_thousand_promises_for_the_logged_policy_few_are_broken_and_all_for_the_other() -> None:
    game, world, safe = trap()
    rng, delta = np.random.default_rng(1), 0.1
    earned, kept, other = value_of(world, safe, 0, Nominal()), 0, 0
    for _ in range(1000):
        returns = np.where(rng.random(300) < 0.7, 0.9, 0.0)  # what the first way pays in the world
        radius = from_returns(game, safe, returns, delta=delta, between=(0, 0.9))
        kept += value_of(game, safe, 0, TotalVariation(radius)) <= earned + 1e-12
        anew = solve(game, TotalVariation(radius))
        other += anew.value[0, 0, 0] <= value_of(world, anew.policy, 0, Nominal())
    # a bound at level delta, less three standard deviations of a thousand draws; the other has none
    assert kept >= 1000 * (1 - delta) - 3 * np.sqrt(1000 * delta * (1 - delta))
    assert kept < 1000 and other == 0


def test_no_radius_and_radius_none() -> None:
    game = zoo.fishing(storm=0.02)
    near = solve(game, TotalVariation(0.1)).policy
    assert from_returns(game, near, [0.95] * 1000, between=(0, 1)) == 0.0
    with pytest.raises(ValueError, match="no radius promises as little"):
        from_returns(game, near, [0.0] * 1000)


def test_a_radius_above_one_and_returns_that_are_all_the_same() -> None:
    """A coin that shows 1 with probability 0.9: the radius is the distance to the coin of the bound."""
    row = np.array([[[0.9, 0.1]], [[0.0, 1.0]]])
    rewards = np.array([[[0.0], [0.0]], [[1.0], [0.0]]]).reshape(1, 2, 2, 1)
    game, policy = MarkovGame(np.stack([row, row]), rewards, (1,), 0), np.ones((2, 2, 1))
    earned, n = [1.0] * 50 + [0.0] * 950, 1000
    radius = from_returns(game, policy, earned, uncertainty=KullbackLeibler, delta=0.05, between=(0, 1))
    bound = value_of(game, policy, 0, KullbackLeibler(radius))
    spent = n * (0.05 * np.log(0.05 / bound) + 0.95 * np.log(0.95 / (1 - bound)))
    assert spent == pytest.approx(np.log(20), rel=1e-6) and bound < 0.05
    distance = bound * np.log(bound / 0.9) + (1 - bound) * np.log((1 - bound) / 0.1)
    assert radius == pytest.approx(distance, rel=1e-9) and 1 < radius < 16
    assert from_returns(game, policy, [0.0] * 9, uncertainty=KullbackLeibler) == pytest.approx(np.log(10), rel=1e-9)
    # Where a return can be nothing but a half there is nothing to estimate.
    assert from_returns(game, policy, [0.5], between=(0.5, 0.5)) == pytest.approx(0.4, abs=1e-12)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.0, 5.0), (2.0, 2.5), (-10.0, -2.0)])
def test_the_lowest_mean_spends_the_level_and_returns_may_be_out_of_range_by_rounding(low: float, high: float) -> None:
    """n kl(share, lowest share) is log(1 / delta), the share in units of the range."""
    earned = low + (high - low) * np.array([0.0, 1.0, 0.25, 0.75, 1.0])
    lowest = (returns._lowest_mean(earned, low, high, 0.1) - low) / (high - low)
    spent = 5 * (0.6 * np.log(0.6 / lowest) + 0.4 * np.log(0.4 / (1 - lowest)))
    assert spent == pytest.approx(np.log(10), rel=1e-6) and lowest < 0.6
    slack = 1e-9 * max(abs(low), abs(high), high - low)
    off = returns._lowest_mean([low - 0.95 * slack, high + 0.95 * slack], low, high, 0.1)
    assert off == pytest.approx(returns._lowest_mean([low, high], low, high, 0.1), abs=1e-14)
    for outside in (low - 1.5 * slack, high + 1.5 * slack):
        with pytest.raises(ValueError, match=r"returns\[0\] must be in"):
            returns._lowest_mean([outside], low, high, 0.1)


def test_a_return_that_is_known_beforehand_is_the_lowest_mean() -> None:
    assert returns._lowest_mean([3.0, 3.0 - 1e-9], 3.0, 3.0, 0.1) == 3.0
    assert returns._ends((-1, 4)) == (-1.0, 4.0) and returns._ends([2, 2]) == (2.0, 2.0)
    game = zoo.fishing(storm=0.02)
    policy = solve(game, Nominal()).policy
    assert from_returns(game, policy, [7.0], between=(7, 7)) == 0.0  # more than any value


def test_very_large_radii_are_found_where_a_set_has_them() -> None:
    """Returns of 0 leave a mean of 0: all mass has to go to what has a chance of 1e-12, at KL -log of it."""
    row = np.array([[[1 - 1e-12, 1e-12]], [[0.0, 1.0]]])
    rewards = np.array([[[0.0], [0.0]], [[1.0], [0.0]]]).reshape(1, 2, 2, 1)
    game = MarkovGame(np.stack([row, row]), rewards, (1,), 0, reward_range=np.array([[0, 1]]))
    for kind, needed in ((KullbackLeibler, -np.log(1e-12)), (ChiSquare, 1e12)):
        asked = []

        def made(radius: float, kind: Any = kind, asked: list[float] = asked) -> Any:
            asked.append(radius)
            return kind(radius)

        radius = from_returns(game, np.ones((2, 2, 1)), [0.0] * 20, uncertainty=made, between=(0, 1))
        assert radius == pytest.approx(needed, rel=1e-6)
        assert asked[2:6] == [0.0, 1.0, 16.0, 256.0] and len(asked) < 60  # after what a class of sets is asked first


def test_the_largest_radius_is_1_where_a_set_allows_no_more() -> None:
    assert sets.largest_radius(TotalVariation) == 1.0
    assert sets.largest_radius(KullbackLeibler) == sets.largest_radius(lambda r: ChiSquare(r)) == 2.0**60
    assert sets.largest_radius(lambda r: TotalVariation(2 * r)) == 1.0  # though that is too large for it
    assert sets.set_of(KullbackLeibler, 0.25) == KullbackLeibler(0.25)


MERGE = zoo.traffic_merge()
GIVEN = {"game": MERGE, "policy": solve(MERGE, Nominal()).policy, "returns": [1.0, 0.0]}
WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"game": 3}, TypeError, "game must be a MarkovGame"),
    ({"returns": []}, ValueError, "returns must have one entry"),
    ({"returns": [1.0, np.nan]}, ValueError, r"returns\[1\] must be finite"),
    ({"returns": [1.0, 5.5]}, ValueError, r"returns\[1\] must be in \[-5e-09, 5\]"),
    ({"returns": [[1.0]]}, ValueError, "returns must have 1 axes"),
    ({"returns": [0.5], "between": (1, 0)}, ValueError, "between must have the least"),
    ({"returns": [0.5], "between": 1.0}, ValueError, "between must have 1 axes"),
    ({"returns": [0.5, 2.0], "between": (0, 1)}, ValueError, r"returns\[1\] must be in"),
    ({"player": 2}, ValueError, "player must be from 0 to 1"),
    ({"delta": 0.0}, ValueError, "delta must be between"),
    ({"uncertainty": TotalVariation(0.1)}, TypeError, "a class like TotalVariation"),
    ({"uncertainty": float}, TypeError, "must make an uncertainty set"),
    ({"uncertainty": Nominal}, TypeError, "must make an uncertainty set of a radius: .*takes"),
    ({"policy": np.zeros((5, 6, 4))}, ValueError, "policy"),
]


@pytest.mark.parametrize(("wrong", "error", "said"), WRONG, ids=[said[:30] for _, _, said in WRONG])
def test_wrong_arguments_are_named(wrong: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        from_returns(**GIVEN | wrong)
