"""Shifted games: the worst kernel attains the robust value; random ones reach the edge of the ball, never more."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mornavi_lite import ChiSquare, Contamination, KullbackLeibler, MarkovGame, Nominal, TotalVariation, evaluate, zoo
from mornavi_lite.deployment import kernel_distance, mixed_game, random_game, worst_game
from mornavi_lite.uncertainty import UncertaintySet
from tests.planning.test_induction import random_game as some_game
from tests.planning.test_induction import random_policy

SETS = [
    TotalVariation(0.15),
    TotalVariation(0.15, shift_support=False),
    KullbackLeibler(0.2),
    ChiSquare(0.1),
    Contamination(0.3),
    TotalVariation(1.0),
    KullbackLeibler(50.0),
]


def sparse_game(seed: int) -> MarkovGame:
    """Three unlike players; rows with zeros and some that are certain."""
    game = some_game(seed)
    kernel = np.where(game.transition < 0.1, 0.0, game.transition)
    kernel[:, 1, ::3] = np.eye(game.n_states)[2]
    return MarkovGame(
        kernel / kernel.sum(axis=-1, keepdims=True),
        game.reward,
        game.n_actions,
        game.initial,
        "sparse",
        ["a", "b", "c", "d"],
        [["x", "y"], ["1", "2", "3"], ["left", "right"]],
    )


def rows_of(game: MarkovGame) -> np.ndarray:
    return game.transition.reshape(-1, game.n_states)


# --- the worst kernel


@pytest.mark.parametrize("ball", SETS, ids=str)
def test_the_worst_game_pays_the_robust_value_at_every_step_and_state(ball: UncertaintySet) -> None:
    game = sparse_game(1)
    policy = random_policy(game, 2)
    robust = evaluate(game, policy, ball)
    for player in range(game.n_players):
        worst = worst_game(game, policy, ball, player)
        assert kernel_distance(game, worst, ball) <= ball.radius + 1e-12
        values = evaluate(worst, policy, Nominal())
        np.testing.assert_allclose(values[player], robust[player], rtol=0, atol=1e-11)
        assert (values >= robust - 1e-11).all()  # for the others it is one world of their ball among many


def test_each_player_has_a_worst_game_by_its_own_set() -> None:
    game = sparse_game(3)
    policy, sets = random_policy(game, 4), [TotalVariation(0.2), Nominal(), KullbackLeibler(0.3)]
    robust = evaluate(game, policy, sets)
    for player, ball in enumerate(sets):
        worst = worst_game(game, policy, sets, player)
        assert kernel_distance(game, worst, ball) <= ball.radius + 1e-12
        np.testing.assert_allclose(evaluate(worst, policy, Nominal())[player], robust[player], rtol=0, atol=1e-11)
    assert kernel_distance(game, worst_game(game, policy, sets, 1)) == 0


def test_worst_games_of_opponents_differ_and_pay_a_constant_sum() -> None:
    game, ball = zoo.patrol(), TotalVariation(0.1)
    policy = random_policy(game, 5)
    values = [evaluate(worst_game(game, policy, ball, i), policy, Nominal())[:, 0, 0] for i in (0, 1)]
    np.testing.assert_allclose(np.sum(values, axis=1), game.horizon, rtol=0, atol=1e-12)
    assert values[0][1] > values[1][1] + 0.1 and values[1][0] > values[0][0] + 0.1


def test_a_storm_more_each_night_is_the_worst_of_fishing() -> None:
    game = zoo.fishing(storm=0.02)
    far = np.eye(4)[np.full((game.horizon, game.n_states), 3)]
    worst = worst_game(game, far, TotalVariation(0.05), 0)
    np.testing.assert_allclose(worst.transition[1:5, 1, 3, 1], 0.93, rtol=0, atol=1e-12)  # still at sea
    assert abs(evaluate(worst, far, Nominal())[0, 0, 0] - 0.93**5) < 1e-12


# --- mixtures


def test_a_mixture_is_a_share_of_the_way() -> None:
    game = sparse_game(6)
    policy = random_policy(game, 7)
    other = worst_game(game, policy, TotalVariation(0.6), 1)
    assert mixed_game(game, other, 0).transition.tobytes() == game.transition.tobytes()
    assert mixed_game(game, other, 1.0).transition.tobytes() == other.transition.tobytes()
    for weight in (0.1, 0.5, 0.9):
        mixed = mixed_game(game, other, weight)
        assert kernel_distance(game, mixed) == pytest.approx(weight * kernel_distance(game, other), abs=1e-14)
        share = weight * TotalVariation(1).divergence(other.transition, game.transition)
        np.testing.assert_allclose(TotalVariation(1).divergence(mixed.transition, game.transition), share, atol=1e-14)


@pytest.mark.parametrize("ball", [KullbackLeibler(0.4), ChiSquare(0.4)], ids=str)
def test_on_a_mixture_a_convex_divergence_is_at_most_its_share(ball: UncertaintySet) -> None:
    game = sparse_game(8)
    other = worst_game(game, random_policy(game, 9), ball, 0)
    whole = ball.divergence(other.transition, game.transition)
    mixed = mixed_game(game, other, 0.3)
    assert (ball.divergence(mixed.transition, game.transition) <= 0.3 * whole + 1e-14).all()
    assert kernel_distance(game, mixed, ball) < 0.3 * kernel_distance(game, other, ball)


def test_everything_but_the_kernel_is_kept() -> None:
    game = sparse_game(10)
    policy, rng = random_policy(game, 11), np.random.default_rng(0)
    other = random_game(game, TotalVariation(0.2), rng)
    for shifted in (other, worst_game(game, policy, TotalVariation(0.2), 2), mixed_game(game, other, 0.5)):
        assert not np.array_equal(shifted.transition, game.transition)
        assert shifted.reward.tobytes() == game.reward.tobytes()
        assert shifted.initial.tobytes() == game.initial.tobytes()
        for name in ("n_actions", "name", "state_names", "action_names"):
            assert getattr(shifted, name) == getattr(game, name)


# --- random kernels


@pytest.mark.parametrize("ball", SETS, ids=str)
def test_each_row_goes_to_the_edge_or_as_far_as_it_can(ball: UncertaintySet) -> None:
    game, rng = sparse_game(12), np.random.default_rng(1)
    rows = rows_of(game)
    depth = ball.divergence(np.eye(game.n_states), rows[:, None])
    farthest = np.where(np.isfinite(depth), depth, -1).max(axis=1)
    for _ in range(20):
        moved = rows_of(random_game(game, ball, rng))
        divergence = ball.divergence(moved, rows)
        assert (divergence <= ball.radius * (1 + 1e-12)).all()
        np.testing.assert_allclose(divergence, np.minimum(ball.radius, farthest), rtol=1e-11, atol=1e-14)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 10**6),
    st.integers(2, 7),
    st.sampled_from([TotalVariation, KullbackLeibler, ChiSquare, Contamination]),
    st.floats(1e-6, 0.5),
    st.floats(0.02, 2),
)
def test_random_rows_are_distributions_in_the_ball(
    seed: int, n_states: int, kind: Any, radius: float, spread: float
) -> None:
    rng, ball = np.random.default_rng(seed), kind(radius)
    kernel = rng.dirichlet(np.full(n_states, spread), size=(n_states, 6))
    kernel = np.where(kernel < 1e-12, 0, kernel) / np.where(kernel < 1e-12, 0, kernel).sum(-1, keepdims=True)
    game = MarkovGame.stationary(kernel, np.zeros((1, n_states, 6)), (6,), 2)
    shifted = random_game(game, ball, rng)
    assert shifted.transition.min() >= 0
    np.testing.assert_allclose(shifted.transition.sum(axis=-1), 1, rtol=0, atol=1e-12)
    assert kernel_distance(game, shifted, ball) <= radius * (1 + 1e-9) + 1e-15
    if kind is TotalVariation:  # up to one half every row can move
        distances = ball.divergence(shifted.transition, game.transition)
        np.testing.assert_allclose(distances, radius, rtol=1e-9)


def test_a_row_that_cannot_go_that_far_ends_in_its_least_likely_state() -> None:
    kernel = np.array([[[0.5, 0.3, 0.2]], [[0.0, 1.0, 0.0]], [[0.1, 0.1, 0.8]]])
    game = MarkovGame.stationary(kernel, np.zeros((1, 3, 1)), (1,), 1)
    rng = np.random.default_rng(2)
    moved = random_game(game, TotalVariation(0.95), rng).transition[0, :, 0]
    assert moved[0].tolist() == [0, 0, 1] and moved[1, 1] == pytest.approx(0.05)
    inside = random_game(game, KullbackLeibler(5.0), rng).transition[0, :, 0]
    assert inside[0].tolist() == [0, 0, 1] and inside[1].tolist() == [0, 1, 0]


def test_nothing_moves_without_a_radius_or_with_one_state() -> None:
    game, rng = sparse_game(13), np.random.default_rng(3)
    for ball in (Nominal(), TotalVariation(0), KullbackLeibler(0), ChiSquare(0), Contamination(0)):
        assert random_game(game, ball, rng).transition.tobytes() == game.transition.tobytes()
    single = MarkovGame.stationary(np.ones((1, 2, 1)), np.zeros((1, 1, 2)), (2,), 3)
    for ball in (TotalVariation(0.5), KullbackLeibler(0.5)):
        assert (random_game(single, ball, rng).transition == 1).all()


def test_rows_move_by_themselves_and_a_seed_says_how() -> None:
    game = zoo.patrol()
    again = [random_game(game, TotalVariation(0.1), np.random.default_rng(s)).transition for s in (4, 4, 5)]
    assert again[0].tobytes() == again[1].tobytes() != again[2].tobytes()
    assert not np.array_equal(again[0][0], again[0][1])  # each step its own, though the game is stationary


def test_no_state_is_favoured() -> None:
    kernel = np.full((4, 500, 4), 0.25)
    game = MarkovGame.stationary(kernel, np.zeros((1, 4, 500)), (500,), 1)
    for ball in (TotalVariation(0.1), KullbackLeibler(0.05)):
        moves = rows_of(random_game(game, ball, np.random.default_rng(6))) - 0.25
        errors = moves.std(axis=0) / np.sqrt(len(moves))
        assert (np.abs(moves.mean(axis=0)) < 5 * errors).all()


# --- distance


def test_distance_is_the_largest_divergence_of_a_row() -> None:
    calm, stormy = zoo.fishing(storm=0.02), zoo.fishing(storm=0.3)
    assert kernel_distance(calm, calm) == 0
    assert kernel_distance(calm, stormy) == pytest.approx(0.28)
    assert kernel_distance(calm, stormy, TotalVariation(0)) == kernel_distance(calm, stormy)
    chi_square = 0.28**2 / 0.02 + 0.28**2 / 0.98
    assert kernel_distance(calm, stormy, ChiSquare(7)) == pytest.approx(chi_square)
    safe = zoo.fishing(storm=0.0)
    assert kernel_distance(safe, calm, KullbackLeibler(1)) == np.inf
    assert kernel_distance(calm, safe, KullbackLeibler(1)) == pytest.approx(-np.log(0.98))
    late = stormy.transition.copy()
    late[:-1] = calm.transition[:-1]  # one row in one step is enough
    assert kernel_distance(calm, MarkovGame(late, calm.reward, calm.n_actions)) == pytest.approx(0.28)


# --- errors

GAME, RNG = zoo.patrol(), np.random.default_rng(0)
POLICY = np.full(GAME.transition.shape[:3], 1 / 12)
WRONG = [
    (worst_game, (GAME, POLICY, TotalVariation(0.1), 2), r"player must be from 0 to 1, got 2"),
    (worst_game, (GAME, POLICY, TotalVariation(0.1), 0.0), r"player must be an integer, got float 0.0"),
    (worst_game, (GAME, POLICY[0], TotalVariation(0.1), 0), r"policy must have shape \(H, S, A\)"),
    (worst_game, (GAME, POLICY, 0.1, 0), r"uncertainty must be an uncertainty set"),
    (worst_game, ("patrol", POLICY, Nominal(), 0), r"game must be a MarkovGame, got str"),
    (mixed_game, (GAME, GAME, 1.1), r"weight must be in \[0, 1\], got 1.1"),
    (mixed_game, (GAME, GAME, np.nan), r"weight must be in \[0, 1\], got nan"),
    (mixed_game, (GAME, None, 0.5), r"other must be a MarkovGame, got NoneType"),
    (mixed_game, (GAME, zoo.fishing(), 0.5), r"other must have n_actions \(3, 4\), as game has, got \(2, 2\)"),
    (mixed_game, (GAME, zoo.patrol(horizon=5), 0.5), r"other must have H, S = \(4, 4\)"),
    (random_game, (GAME, 0.1, RNG), r"ball must be an uncertainty set, got 0.1"),
    (random_game, (GAME, [TotalVariation(0.1)] * 2, RNG), r"ball must be an uncertainty set"),
    (random_game, (GAME, TotalVariation(0.1), 0), r"rng must be a numpy.random.Generator, got int"),
    (random_game, (3, TotalVariation(0.1), RNG), r"game must be a MarkovGame, got int"),
    (kernel_distance, (GAME, zoo.patrol(horizon=5)), r"other must have H, S = "),
    (kernel_distance, (GAME, GAME, "KL"), r"ball must be an uncertainty set, got 'KL'"),
]


@pytest.mark.parametrize(("function", "arguments", "message"), WRONG)
def test_bad_arguments_are_named(function: Any, arguments: tuple, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        function(*arguments)


# --- games with sparse rows are the dense ones


def listed(game: MarkovGame, seed: int) -> MarkovGame:
    """The same game with its rows as lists, in any order, as long as the longest row needs."""
    n_listed = int((game.transition > 0).sum(axis=-1).max())
    order = np.argsort(np.random.default_rng(seed).random(game.transition.shape), axis=-1)
    order = np.take_along_axis(order, np.argsort(np.take_along_axis(game.transition, order, -1) == 0, -1), -1)
    rows = np.take_along_axis(game.transition, order, axis=-1)
    names = {"state_names": game.state_names, "action_names": game.action_names, "name": game.name}
    told = {"initial": game.initial, "reward_range": game.reward_range}
    order, rows = order[..., :n_listed], rows[..., :n_listed]
    return MarkovGame.sparse(order, rows, game.reward, game.n_actions, game.n_states, **told, **names)


def near_and_far() -> tuple[MarkovGame, MarkovGame]:
    """Two kernels of one game, whose rows reach three states of four: the one not the first, the other not the last."""
    game = sparse_game(7)
    kernel = game.transition * [0, 1, 1, 1] + np.array([0, 0, 1e-3, 0])
    kernel /= kernel.sum(axis=-1, keepdims=True)
    return game.with_rows(None, kernel), game.with_rows(None, kernel[..., ::-1].copy())


@pytest.mark.parametrize("ball", [*SETS, TotalVariation(np.full((3, 1, 1), 0.2))], ids=str)
def test_worst_and_random_games_of_sparse_rows(ball: UncertaintySet) -> None:
    game = sparse_game(1)
    same, policy = listed(game, 3), random_policy(game, 2)
    for player in range(game.n_players):
        worst = worst_game(same, policy, ball, player)
        assert worst.name == "sparse" and worst.state_names == game.state_names
        values = evaluate(worst, policy, Nominal())[player]
        np.testing.assert_allclose(values, evaluate(game, policy, ball)[player], rtol=0, atol=1e-11)
    wanted = random_game(game, ball, np.random.default_rng(5))
    moved = random_game(same, ball, np.random.default_rng(5))
    np.testing.assert_allclose(moved.dense().transition, wanted.transition, rtol=0, atol=1e-12)


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_mixtures_of_sparse_and_dense_games(weight: float) -> None:
    game, other = near_and_far()
    wanted = (1 - weight) * game.transition + weight * other.transition
    pairs = [(listed(game, 1), other), (game, listed(other, 2)), (listed(game, 3), listed(other, 4))]
    for first, second in pairs:
        mixed = mixed_game(first, second, weight)
        assert mixed.next_state is not None and mixed.name == "sparse"
        np.testing.assert_allclose(mixed.dense().transition, wanted, rtol=0, atol=1e-15)
        np.testing.assert_array_equal(mixed.dense().reward, game.reward)


@pytest.mark.parametrize("ball", [None, *SETS[:4]], ids=str)
def test_distances_of_sparse_and_dense_games(ball: UncertaintySet | None) -> None:
    game, other = near_and_far()
    inside = mixed_game(game, random_game(game, KullbackLeibler(0.3), np.random.default_rng(0)), 0.5)
    for there in (other, inside):
        wanted = kernel_distance(game, there, ball)
        assert wanted > 0 and (there is other or wanted < np.inf)
        pairs = [(listed(game, 1), there), (game, listed(there, 2)), (listed(game, 3), listed(there, 4))]
        for first, second in pairs:
            assert kernel_distance(first, second, ball) == pytest.approx(wanted, rel=1e-12)
