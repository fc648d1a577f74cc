"""Nash equilibria of three players and more: named games, random ones, degenerate ones, and an end to the search."""

import sys

import numpy as np
import pytest
from measure_nash import game
from stage_kinds import kinds

from mornavi_lite import Nominal, solve, zoo
from mornavi_lite.equilibrium import deviation_gain, is_product, many_players, solve_stage
from tests.equilibrium.references import PENNIES, brute_gain, pure_equilibria, relative_gain

#: One of its equilibria plays an action less than once in a hundred times.
RARELY = np.array(
    [
        [0.71, -1.86, 0.69, 0.57, -1.68, -0.97, 0.23, 1.18],
        [-0.46, -0.33, 0.02, 0.01, 2.07, -0.39, -0.53, -0.37],
        [-0.24, 2.12, -0.66, -0.48, -0.38, 1.44, 0.33, -0.74],
    ]
)
#: To play everything alike is an equilibrium, and there are infinitely many others.
DEGENERATE = np.array(
    [
        [2, 1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 1],
        [0, 0, 0, 0, 1, 2, 1, 2, 2, 1, 2, 1, 0, 0, 0, 0],
        [0, 2, 1, 1, 1, 1, 2, 0, 1, 1, 0, 2, 2, 0, 1, 1],
    ]
)
#: Integer payoffs, and irrational probabilities alone (after Nau, Gomez Canovas and Hansen 2004).
IRRATIONAL = np.array([[3, 1, 0, 0, 0, 0, 1, 2], [0, 0, 2, 1, 1, 3, 0, 0], [2, 0, 0, 0, 0, 0, 0, 3]])


def test_players_with_one_action_do_not_make_a_game_of_three():
    between = np.array([PENNIES[0], [9, 8, 7, 6], PENNIES[1]])
    np.testing.assert_allclose(solve_stage(between, (2, 1, 2), "nash"), 0.25, atol=1e-14)


def test_an_action_that_is_played_rarely_is_not_dropped():
    first, second, third = [0, 1], [0.37, 0.63], [0.0072, 0.9928]
    near = np.multiply.outer(np.multiply.outer(first, second), third).ravel()
    assert brute_gain(RARELY, near, (2, 2, 2), "nash") < 0.02
    policy = solve_stage(RARELY, (2, 2, 2), "nash")
    assert brute_gain(RARELY, policy, (2, 2, 2), "nash") < 1e-8
    np.testing.assert_allclose(policy, near, atol=0.005)


@pytest.mark.parametrize("seed", range(20))
def test_a_degenerate_game_is_answered_under_all_names_of_the_actions(seed):
    order = np.random.default_rng(seed).permutation(4)
    renamed = DEGENERATE.reshape(3, 2, 2, 4)[..., order].reshape(3, 16)
    assert brute_gain(renamed, np.full(16, 1 / 16), (2, 2, 4), "nash") == 0
    policy = solve_stage(renamed, (2, 2, 4), "nash")
    assert is_product(policy, (2, 2, 4)) and brute_gain(renamed, policy, (2, 2, 4), "nash") < 1e-8


@pytest.mark.parametrize("seed", range(12))
def test_a_game_of_four_players_is_planned(seed):
    solution = solve(zoo.garnet(20, (2, 2, 2, 2), 5, 3, seed), Nominal(), "nash")
    assert solution.gap <= 1e-8


@pytest.mark.parametrize("payoffs", ["uniform", "opposed"])
@pytest.mark.parametrize(
    "n_actions", [(2, 2, 2), (2, 3, 2), (3, 3, 3), (4, 2, 3), (4, 4, 4), (2, 2, 2, 2), (3, 2, 2, 3), (2, 1, 2, 2)]
)
def test_random_games_without_a_pure_equilibrium_are_answered(n_actions, payoffs):
    games = np.array([game(n_actions, payoffs, seed) for seed in range(1000, 1008)])
    assert not any(pure_equilibria(each, n_actions) for each in games)
    policy = solve_stage(games, n_actions, "nash")
    assert is_product(policy, n_actions).all()
    assert (relative_gain(games, policy, n_actions, "nash") <= 1.0001e-9).all()
    for each, found in zip(games, policy, strict=True):
        assert solve_stage(each, n_actions, "nash").tobytes() == found.tobytes()


@pytest.mark.parametrize("n_actions", [(2, 2, 2), (2, 3, 2), (3, 3, 3), (2, 2, 2, 2)])
def test_every_kind_of_payoffs_is_answered(n_actions):
    for name, payoffs in kinds(12, n_actions, seed=3).items():
        policy = solve_stage(payoffs, n_actions, "nash")
        assert (relative_gain(payoffs, policy, n_actions, "nash") <= 1.0001e-9).all(), name


def test_probabilities_may_be_irrational_where_payoffs_are_integers():
    policy = solve_stage(IRRATIONAL, (2, 2, 2), "nash")
    assert brute_gain(IRRATIONAL, policy, (2, 2, 2), "nash") < 1e-9
    left = policy.reshape(2, 2, 2).sum(axis=(0, 2))[0]
    assert left == pytest.approx((601**0.5 - 13) / 24, abs=1e-9)


@pytest.mark.parametrize("attempt", [1, 2])
def test_each_later_attempt_finds_what_the_first_might_miss(attempt):
    full = 0
    for seed in range(200):
        payoffs = game((2, 2, 2), "opposed", seed)
        payoffs = (payoffs - payoffs.min(axis=1, keepdims=True)) / np.ptp(payoffs, axis=1, keepdims=True)
        first = many_players.many_players(payoffs[None], (2, 2, 2))
        # All three players mix: the equations are not linear.
        if np.count_nonzero(first) == 8:
            full += 1
            policy = many_players.many_players(payoffs[None], (2, 2, 2), attempt)
            assert relative_gain(payoffs[None], policy, (2, 2, 2), "nash") <= 1e-9
    assert full >= 5


def test_where_the_starts_do_not_suffice_there_is_an_error_that_says_what_can_be_done(monkeypatch):
    payoffs = game((3, 3, 3), "opposed", 0)
    monkeypatch.setattr(many_players, "_MOST_STARTS", 30)
    with pytest.raises(RuntimeError, match=r"no 'nash' equilibrium .* best policy found .* 'ce' and 'cce' are linear"):
        solve_stage(payoffs, (3, 3, 3), "nash")
    for concept in ("ce", "cce"):
        policy = solve_stage(payoffs, (3, 3, 3), concept)
        assert deviation_gain(payoffs, policy, (3, 3, 3), concept) <= 1e-9 * np.ptp(payoffs)


def test_numpy_alone_is_needed(monkeypatch):
    for name in ("quantecon", "scipy"):
        monkeypatch.setitem(sys.modules, name, None)
    cycle = kinds(1, (2, 2, 2), 0)["cycle"]
    assert not pure_equilibria(cycle[0], (2, 2, 2))
    solve_stage(cycle, (2, 2, 2), "nash")


def test_newton_steps_that_are_denormal_overflow_nothing() -> None:
    """Found by fuzzing: five players whose payoffs nearly tie, or are of the sizes 1e-300 to 1e172."""
    size = {"0": 0.0, "1": 1.0, "+": 1e-12, "-": -1e-12, "<": 1 - 1e-12, ">": 1 + 1e-12, "e": 1e-300, "L": 1e9}
    first, third, fourth = (
        [size[letter] for letter in word]
        for word in (
            "0<<<+<++>0-+<<-+<+0--><++1<>0--1",
            ">-<00<<>1<->+10>-1><<0<-++<>++<1",
            "e10010L110e110e110eL011eee00111L",
        )
    )
    second = [7, 22, -16, 30, 38, -38, 24, -14, -30, 15, 37, 18, -8, 28, -23, 5, -10, -27, -48, -46, 1, -67, -7, 1, 2]
    second += [-33, 28, -76, 20, 9, -11, -7]
    payoffs = np.array([first, np.multiply(second, 1e171), third, fourth, np.negative(first)])
    policy = solve_stage(payoffs, (2,) * 5, "nash")
    unit = payoffs / np.abs(payoffs).max(axis=1, keepdims=True)
    assert is_product(policy, (2,) * 5) and brute_gain(unit, policy, (2,) * 5, "nash") < 1e-8
