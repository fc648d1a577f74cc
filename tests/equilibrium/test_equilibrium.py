"""Stage equilibria: gains by brute force, optima by linear programming, Nash equilibria by support enumeration."""

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from stage_kinds import SHAPES, kinds

from mornavi_lite.equilibrium import (
    deviation_gain,
    deviation_value,
    dual_simplex,
    is_product,
    lemke_howson,
    solve_stage,
    stage,
)

SMALL = [(2, 2), (2, 3), (3, 2), (3, 3), (1, 3), (2, 2, 2), (2, 3, 2), (4,)]
RPS = np.array([[0, -1, 1, 1, 0, -1, -1, 1, 0], [0, 1, -1, -1, 0, 1, 1, -1, 0]])
PENNIES = np.array([[1, -1, -1, 1], [-1, 1, 1, -1]])
CHICKEN = np.array([[6, 2, 7, 0], [6, 7, 2, 0]])
#: Shapley's cycle, with which Moulin and Vial (1978) show that a CCE can pay everybody more than any Nash equilibrium.
MOULIN_VIAL = np.array([[0, 1, 2, 2, 0, 1, 1, 2, 0], [0, 2, 1, 1, 0, 2, 2, 1, 0]])
#: The only Nash equilibrium, the best CE and the best CCE of this game all differ.
ALL_DIFFER = np.array([[2, 0, 1, 1, 0, 2, 1, 1, 1], [1, 2, 0, 1, 0, 0, 0, 0, 1]])
#: Mixed strategies differ between the players: what holds by symmetry alone fails here.
SKEWED = np.array([[3, -1, -1, 1], [-3, 1, 1, -1]])


# Definitions in plain loops


def joint_actions(n_actions):
    return list(itertools.product(*[range(n) for n in n_actions]))


def expected(payoff, policy, n_actions, player=0, reply=lambda a: a):
    """Payoff of one player whose recommendation a becomes reply(a)."""
    total = 0.0
    for index, joint in enumerate(joint_actions(n_actions)):
        played = list(joint)
        played[player] = reply(joint[player])
        total += policy[index] * payoff[joint_actions(n_actions).index(tuple(played))]
    return total


def brute_value(payoff, policy, n_actions, player, concept):
    """Largest payoff over every single deviation: constants for Nash and CCE, all maps of actions for CE."""
    n = n_actions[player]
    maps = itertools.product(range(n), repeat=n) if concept == "ce" else [(b,) * n for b in range(n)]
    return max(expected(payoff, policy, n_actions, player, lambda a, m=m: m[a]) for m in maps)


def brute_gain(payoffs, policy, n_actions, concept):
    gains = [
        brute_value(payoffs[i], policy, n_actions, i, concept) - expected(payoffs[i], policy, n_actions)
        for i in range(len(n_actions))
    ]
    return max(0.0, *gains)


def pure_equilibria(payoffs, n_actions):
    joints = joint_actions(n_actions)

    def stable(joint):
        for i, n in enumerate(n_actions):
            for b in range(n):
                other = (*joint[:i], b, *joint[i + 1 :])
                if payoffs[i][joints.index(other)] > payoffs[i][joints.index(joint)]:
                    return False
        return True

    return [index for index, joint in enumerate(joints) if stable(joint)]


def linear_program(payoffs, n_actions, concept):
    """Highest total payoff of a CE or CCE, by HiGHS, one inequality for every deviation."""
    joints = joint_actions(n_actions)
    rows = []
    for i, n in enumerate(n_actions):
        for told, b in itertools.product(range(n), range(n)):
            row = np.zeros(len(joints))
            for index, joint in enumerate(joints):
                if concept == "cce" or joint[i] == told:
                    other = (*joint[:i], b, *joint[i + 1 :])
                    row[index] = payoffs[i][joints.index(other)] - payoffs[i][index]
            rows.append(row)
    total = np.sum(payoffs, axis=0)
    result = linprog(-total, A_ub=rows, b_ub=np.zeros(len(rows)), A_eq=[np.ones(len(joints))], b_eq=[1])
    assert result.status == 0
    return -result.fun


def support_enumeration(payoffs, n_actions):
    """All Nash equilibria (x, y) of a nondegenerate two-player game: equal supports, indifference, no better action."""
    first, second = np.reshape(payoffs[0], n_actions), np.reshape(payoffs[1], n_actions)
    found = []
    for size in range(1, min(n_actions) + 1):
        for rows in itertools.combinations(range(n_actions[0]), size):
            for columns in itertools.combinations(range(n_actions[1]), size):
                y = indifferent(first[np.ix_(rows, columns)], n_actions[1], columns)
                x = indifferent(second[np.ix_(rows, columns)].T, n_actions[0], rows)
                if x is None or y is None:
                    continue
                if (first @ y).max() <= (first @ y)[rows[0]] + 1e-9 and (x @ second).max() <= (x @ second)[
                    columns[0]
                ] + 1e-9:
                    found.append(np.outer(x, y).ravel())
    return found


def indifferent(matrix, n, support):
    """The mixture over ``support`` that makes all rows of the square ``matrix`` pay the same, or None."""
    size = len(matrix)
    system = np.block([[matrix, -np.ones((size, 1))], [np.ones((1, size)), np.zeros((1, 1))]])
    if abs(np.linalg.det(system)) < 1e-12:
        return None
    weights = np.linalg.solve(system, np.eye(size + 1)[-1])[:size]
    if weights.min() < -1e-12:
        return None
    strategy = np.zeros(n)
    strategy[list(support)] = weights
    return strategy


def relative_gain(payoffs, policy, n_actions, concept):
    """Largest gain relative to the player's range, minimum subtracted first; no function of the package."""
    worst = 0.0
    for i, own in enumerate(n_actions):
        payoff = payoffs[:, i] - payoffs[:, i].min(axis=1, keepdims=True)
        width = payoff.max(axis=1, keepdims=True)
        payoff = payoff / np.where(width > 0, width, 1)
        last = np.moveaxis(payoff.reshape(-1, *n_actions), i + 1, 1).reshape(len(payoff), own, -1)
        weight = np.moveaxis(policy.reshape(-1, *n_actions), i + 1, 1).reshape(len(payoff), own, -1)
        table = np.einsum("gar,gbr->gab", weight, last)
        followed = np.einsum("gaa->g", table)
        best = table.max(axis=2).sum(axis=1) if concept == "ce" else table.sum(axis=1).max(axis=1)
        worst = np.maximum(worst, best - followed)
    return worst


def mixed_policies(rng, n_games, n_actions, concept):
    if concept != "nash":
        return rng.dirichlet(np.full(int(np.prod(n_actions)), 0.5), n_games)
    policy = np.ones((n_games, 1))
    for n in n_actions:
        policy = (policy[:, :, None] * rng.dirichlet(np.ones(n), n_games)[:, None, :]).reshape(n_games, -1)
    return policy


# Gains


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
@pytest.mark.parametrize("n_actions", SMALL)
def test_gain_and_value_are_the_best_of_all_deviations(n_actions, concept):
    rng = np.random.default_rng(1)
    payoffs = rng.normal(size=(4, len(n_actions), int(np.prod(n_actions))))
    policy = mixed_policies(rng, 4, n_actions, concept)
    gain = deviation_gain(payoffs, policy, n_actions, concept)
    for g in range(4):
        assert gain[g] == pytest.approx(brute_gain(payoffs[g], policy[g], n_actions, concept), abs=1e-12)
        for i in range(len(n_actions)):
            value = deviation_value(payoffs[g, i], policy[g], n_actions, i, concept)
            assert value == pytest.approx(brute_value(payoffs[g, i], policy[g], n_actions, i, concept), abs=1e-12)


def test_gain_is_in_payoff_units_whatever_their_size():
    policy = np.array([0.5, 0, 0.25, 0.25])
    gain = float(deviation_gain(PENNIES, policy, (2, 2), "cce"))
    for scale in (2.0**-1000, 1e-5, 3.0, 2.0**1000):
        assert float(deviation_gain(PENNIES * scale, policy, (2, 2), "cce")) == pytest.approx(gain * scale, rel=1e-14)
    assert float(deviation_gain(1e8 + PENNIES, policy, (2, 2), "cce")) == pytest.approx(gain, rel=1e-12)
    huge = np.array([[1, -1, -1, 1], [0, 0, 0, 0]]) * 1.7e308
    assert deviation_gain(huge, [0.5, 0.25, 0.125, 0.125], (2, 2), "cce") == 0


def test_gain_is_never_negative_where_following_beats_every_deviation():
    game, policy = [[1, 0, 0, 1]] * 2, [0.5, 0, 0, 0.5]
    assert float(deviation_gain(game, policy, (2, 2), "cce")) == 0
    assert float(deviation_value(game[0], policy, (2, 2), 0, "cce")) == 0.5
    assert float(deviation_value(game[0], policy, (2, 2), 0, "ce")) == 1


def test_a_product_policy_is_recognised():
    rng = np.random.default_rng(2)
    for n_actions in SMALL:
        policy = mixed_policies(rng, 3, n_actions, "nash")
        assert is_product(policy, n_actions).all()
        if np.sum(np.array(n_actions) > 1) > 1:
            tilted = policy.copy()
            tilted[1] = 0.5 * np.eye(policy.shape[1])[0] + 0.5 * np.eye(policy.shape[1])[-1]
            assert is_product(tilted, n_actions).tolist() == [True, False, True]
    assert not is_product([0.25 + 1e-6, 0.25 - 1e-6, 0.25 - 1e-6, 0.25 + 1e-6], (2, 2))
    assert is_product([0.25 + 1e-10, 0.25 - 1e-10, 0.25 - 1e-10, 0.25 + 1e-10], (2, 2))


# Certified equilibria


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
@pytest.mark.parametrize("n_actions", SHAPES)
def test_every_kind_of_payoffs_is_solved_and_certified(n_actions, concept):
    n_games = 12 if n_actions == (10, 10) and concept == "ce" else 60
    for name, payoffs in kinds(n_games, n_actions, seed=3).items():
        if concept == "nash" and len(n_actions) > 2:
            payoffs = np.array([game for game in payoffs[:12] if pure_equilibria(game, n_actions)])
            if not len(payoffs):
                continue
        policy = solve_stage(payoffs, n_actions, concept)
        assert policy.shape == (len(payoffs), payoffs.shape[2])
        assert (policy >= 0).all(), name
        np.testing.assert_allclose(policy.sum(axis=1), 1, rtol=0, atol=1e-14, err_msg=name)
        assert (relative_gain(payoffs, policy, n_actions, concept) <= 1.0001e-9).all(), name
        if concept == "nash":
            assert is_product(policy, n_actions).all(), name


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
def test_the_best_pure_equilibrium_comes_first_and_ties_go_to_the_lowest_joint_action(concept):
    rng = np.random.default_rng(4)
    for n_actions in [(2, 2), (3, 3), (2, 4), (2, 2, 2), (2, 3, 2), (3,)]:
        shape = (40, len(n_actions), int(np.prod(n_actions)))
        seen = 0
        for game in [*rng.integers(0, 3, shape), *(rng.integers(0, 10, shape) / 10), *rng.normal(size=shape)]:
            pure = pure_equilibria(game, n_actions)
            if not pure:
                continue
            seen += 1
            total = [round(float(game[:, a].sum()), 9) for a in pure]
            best = pure[total.index(max(total))]
            assert solve_stage(game, n_actions, concept).tolist() == np.eye(shape[2])[best].tolist()
        assert seen > 40


@pytest.mark.parametrize("concept", ["ce", "cce"])
@pytest.mark.parametrize("n_actions", [(2, 2), (3, 3), (2, 5), (4, 3), (2, 2, 2), (2, 3, 2), (3, 3, 3)])
def test_without_a_pure_equilibrium_no_other_has_a_higher_total(n_actions, concept):
    rng = np.random.default_rng(5)
    shape = (150, len(n_actions), int(np.prod(n_actions)))
    games = np.concatenate([rng.random(shape), rng.normal(size=shape), rng.integers(0, 5, shape)])
    games = np.array([game for game in games if not pure_equilibria(game, n_actions)])[::5]
    assert len(games) >= 5
    policy = solve_stage(games, n_actions, concept)
    for game, p in zip(games, policy, strict=True):
        assert game.sum(axis=0) @ p == pytest.approx(linear_program(game, n_actions, concept), abs=1e-7)


def test_without_a_pure_equilibrium_the_total_is_highest_when_one_player_counts_more():
    rng = np.random.default_rng(6)
    games = rng.normal(size=(200, 2, 9)) * [[[1], [30]]]
    games = np.array([game for game in games if not pure_equilibria(game, (3, 3))])
    for game, p in zip(games, solve_stage(games, (3, 3), "cce"), strict=True):
        assert game.sum(axis=0) @ p == pytest.approx(linear_program(game, (3, 3), "cce"), abs=3e-6)


@pytest.mark.parametrize("n_actions", [(2, 2), (3, 3), (2, 4), (4, 3)])
def test_nash_is_one_that_support_enumeration_finds(n_actions):
    rng = np.random.default_rng(7)
    games = rng.normal(size=(60, 2, int(np.prod(n_actions))))
    for attempt in (0, 1, 2):
        policy = lemke_howson.lemke_howson(stage.scaled_payoffs(games)[0], n_actions, attempt)
        for game, p in zip(games[:: attempt * 5 + 1], policy[:: attempt * 5 + 1], strict=True):
            all_equilibria = support_enumeration(game, n_actions)
            assert len(all_equilibria) % 2 == 1
            assert min(np.abs(p - each).max() for each in all_equilibria) < 1e-9


# Games by name


def test_prisoners_dilemma_defects():
    for concept in ("nash", "ce", "cce"):
        assert solve_stage([[3, 0, 5, 1], [3, 5, 0, 1]], (2, 2), concept).tolist() == [0, 0, 0, 1]


def test_matching_pennies_and_rock_paper_scissors_are_uniform():
    for concept in ("nash", "ce", "cce"):
        np.testing.assert_allclose(solve_stage(PENNIES, (2, 2), concept), 0.25, atol=1e-14)
        policy = solve_stage(RPS, (3, 3), concept)
        assert brute_gain(RPS, policy, (3, 3), concept) < 1e-12
    np.testing.assert_allclose(solve_stage(RPS, (3, 3), "nash"), 1 / 9, atol=1e-14)
    np.testing.assert_allclose(solve_stage(RPS, (3, 3), "ce"), 1 / 9, atol=1e-14)


def test_a_skewed_zero_sum_game_mixes_one_to_two():
    policy = solve_stage(SKEWED, (2, 2), "nash").reshape(2, 2)
    np.testing.assert_allclose(policy, np.outer([1, 2], [1, 2]) / 9, atol=1e-14)


def test_chickens_famous_correlated_equilibrium():
    thirds = np.array([1, 1, 1, 0]) / 3
    assert float(deviation_gain(CHICKEN, thirds, (2, 2), "ce")) < 1e-14
    scaled, width, exponent = stage.scaled_payoffs(CHICKEN[None].astype(float))
    best = dual_simplex.correlated(scaled, stage.total_payoff(scaled, width, exponent), (2, 2), "ce")[0]
    np.testing.assert_allclose(best, [0.5, 0.25, 0.25, 0], atol=1e-12)
    # It has pure equilibria, so the rule takes the better one; both have 9, and (dare, swerve) comes later.
    assert solve_stage(CHICKEN, (2, 2), "ce").tolist() == [0, 1, 0, 0]


def test_moulin_and_vial_a_cce_that_pays_more_than_nash():
    nash, cce = solve_stage(MOULIN_VIAL, (3, 3), "nash"), solve_stage(MOULIN_VIAL, (3, 3), "cce")
    np.testing.assert_allclose(nash, 1 / 9, atol=1e-14)
    np.testing.assert_allclose(MOULIN_VIAL @ nash, [1, 1], atol=1e-13)
    assert MOULIN_VIAL.sum(axis=0) @ cce == pytest.approx(3, abs=1e-9)
    assert brute_gain(MOULIN_VIAL, cce, (3, 3), "cce") < 1e-9


def test_a_game_where_the_best_nash_ce_and_cce_differ():
    (nash,) = support_enumeration(ALL_DIFFER, (3, 3))
    np.testing.assert_allclose(nash, np.outer([1, 1, 2], [1, 1, 1]).ravel() / 12, atol=1e-14)
    sixths = np.array([1, 1, 0, 1, 0, 1, 0, 1, 1]) / 6
    halves = np.array([1, 0, 0, 0, 0, 0, 0, 0, 1]) / 2
    total = ALL_DIFFER.sum(axis=0)
    for concept, policy, value in (("nash", nash, 1.5), ("ce", sixths, 2.0), ("cce", halves, 2.5)):
        np.testing.assert_allclose(solve_stage(ALL_DIFFER, (3, 3), concept), policy, atol=1e-12)
        assert total @ policy == pytest.approx(value, abs=1e-12)
        assert brute_gain(ALL_DIFFER, policy, (3, 3), concept) < 1e-12
        if concept != "nash":
            assert linear_program(ALL_DIFFER, (3, 3), concept) == pytest.approx(value, abs=1e-9)
    assert brute_gain(ALL_DIFFER, halves, (3, 3), "ce") == pytest.approx(0.5)
    assert brute_gain(ALL_DIFFER, sixths, (3, 3), "ce") < 1e-12
    assert not is_product(sixths, (3, 3))


DEGENERATE = {
    "all payoffs equal": ([[1, 1, 1, 1], [1, 1, 1, 1]], (2, 2)),
    "one player does not care": ([[1, -1, -1, 1], [7, 7, 7, 7]], (2, 2)),
    "pennies with the same row twice": ([[1, -1, -1, 1, 1, -1], [-1, 1, 1, -1, -1, 1]], (3, 2)),
    "pennies with a dominated column": ([[1, -1, 0, -1, 1, 0], [-1, 1, -5, 1, -1, -5]], (2, 3)),
    "three best replies to one action": ([[0, 2, 1, 0, 1, 2, 0, 0, 0], [0, 1, 2, 0, 2, 1, 1, 0, 0]], (3, 3)),
    "rock paper scissors, rock twice": (
        [[0, -1, 1, 0, 1, 0, -1, 1, -1, 1, 0, -1, 0, -1, 1, 0], [0, 1, -1, 0, -1, 0, 1, -1, 1, -1, 0, 1, 0, 1, -1, 0]],
        (4, 4),
    ),
    "a single joint action": ([[5], [-3]], (1, 1)),
    "only the second player chooses": ([[0, 0, 0], [1, 3, 3]], (1, 3)),
}


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_games(name, concept):
    payoffs, n_actions = DEGENERATE[name]
    policy = solve_stage(payoffs, n_actions, concept)
    assert brute_gain(payoffs, policy, n_actions, concept) < 1e-9
    assert concept != "nash" or is_product(policy, n_actions)


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
def test_one_player_takes_the_first_best_action(concept):
    assert solve_stage([[1, 4, 4, 2]], (4,), concept).tolist() == [0, 1, 0, 0]


def test_players_with_one_action_do_not_make_a_game_of_three(monkeypatch):
    monkeypatch.setitem(sys.modules, "quantecon", None)
    between = np.array([PENNIES[0], [9, 8, 7, 6], PENNIES[1]])
    np.testing.assert_allclose(solve_stage(between, (2, 1, 2), "nash"), 0.25, atol=1e-14)


# Three and more players


@pytest.mark.parametrize("n_actions", [(2, 2, 2), (2, 3, 2), (3, 3, 3), (2, 2, 2, 2)])
def test_mixed_nash_of_many_players(n_actions):
    pytest.importorskip("quantecon")
    payoffs = np.random.default_rng(8).normal(size=(60, len(n_actions), int(np.prod(n_actions))))
    payoffs = payoffs[[not pure_equilibria(game, n_actions) for game in payoffs]][:6]
    policy = solve_stage(payoffs, n_actions, "nash")
    assert (deviation_gain(payoffs, policy, n_actions, "nash") <= 1e-9 * np.ptp(payoffs, axis=2).max(axis=1)).all()


def test_a_game_of_three_players_that_cannot_be_certified_ends_and_says_what_can_be_done():
    """The simplicial method creeps on this game: without a limit on its steps it ran for minutes."""
    pytest.importorskip("quantecon")
    payoffs = np.random.default_rng(124).random((3, 27))
    with pytest.raises(RuntimeError, match=r"deviation gain of .* concepts 'ce' and 'cce' are linear programs"):
        solve_stage(payoffs, (3, 3, 3), "nash")
    for concept in ("ce", "cce"):
        assert deviation_gain(payoffs, solve_stage(payoffs, (3, 3, 3), concept), (3, 3, 3), concept) <= 1e-9


def test_without_the_optional_solver_only_what_needs_it_fails(monkeypatch):
    monkeypatch.setitem(sys.modules, "quantecon", None)
    coordination = np.zeros((3, 8))
    coordination[:, 0] = 1
    assert solve_stage(coordination, (2, 2, 2), "nash")[0] == 1
    cycle = kinds(1, (2, 2, 2), 0)["cycle"]
    assert not pure_equilibria(cycle[0], (2, 2, 2))
    with pytest.raises(ImportError, match=r"install mornavi-lite\[nash\].*'ce' or 'cce'"):
        solve_stage(cycle, (2, 2, 2), "nash")
    solve_stage(cycle, (2, 2, 2), "cce")


# Same digits


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
@pytest.mark.parametrize("n_actions", [(2, 2), (3, 3), (2, 5), (2, 2, 2)])
def test_a_game_has_the_same_bytes_alone_and_in_any_batch(n_actions, concept):
    payoffs = np.concatenate(list(kinds(30, n_actions, seed=9).values()))
    if concept == "nash" and len(n_actions) > 2:
        payoffs = payoffs[[len(pure_equilibria(game, n_actions)) > 0 for game in payoffs]]
    together = solve_stage(payoffs, n_actions, concept)
    order = np.random.default_rng(9).permutation(len(payoffs))
    assert solve_stage(payoffs[order], n_actions, concept).tobytes() == together[order].tobytes()
    for cut in (7, 64):
        pieces = [solve_stage(payoffs[k : k + cut], n_actions, concept) for k in range(0, len(payoffs), cut)]
        assert np.concatenate(pieces).tobytes() == together.tobytes()
    for k in range(0, len(payoffs), 5):
        assert solve_stage(payoffs[k], n_actions, concept).tobytes() == together[k].tobytes()
    large = solve_stage(np.resize(payoffs, (10_000, *payoffs.shape[1:])), n_actions, concept)
    assert large.tobytes() == np.resize(together, large.shape).tobytes()
    folded = np.asfortranarray(payoffs[:300].reshape(3, 100, *payoffs.shape[1:]))
    assert solve_stage(folded, n_actions, concept).tobytes() == together[:300].tobytes()


def test_gains_do_not_depend_on_the_batch():
    rng = np.random.default_rng(10)
    for n_actions in [(3, 3), (10, 10), (2, 5), (3, 3, 3)]:
        payoffs = rng.normal(size=(50, len(n_actions), int(np.prod(n_actions))))
        policy = mixed_policies(rng, 50, n_actions, "cce")
        for concept in ("ce", "cce"):
            together = deviation_gain(payoffs, policy, n_actions, concept)
            alone = [deviation_gain(u, p, n_actions, concept) for u, p in zip(payoffs, policy, strict=True)]
            assert np.array(alone).tobytes() == together.tobytes()


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
def test_the_last_bits_of_the_payoffs_do_not_tip_the_choice(concept):
    rng = np.random.default_rng(11)
    games = np.concatenate(
        [rng.integers(0, 4, (300, 2, 9)) / 7, rng.integers(0, 2, (100, 2, 9)) / 3, [MOULIN_VIAL / 10]]
    )
    before = solve_stage(games, (3, 3), concept)
    for _ in range(3):
        np.testing.assert_array_equal(
            solve_stage(games + rng.normal(size=games.shape) * 1e-16, (3, 3), concept), before
        )


def test_same_bytes_without_vector_instructions():
    features = np._core._multiarray_umath.__cpu_features__
    usable = [name for name in np._core._multiarray_umath.__cpu_dispatch__ if features[name]]
    code = (
        "import numpy as np, hashlib; from mornavi_lite.equilibrium import solve_stage\n"
        "u = np.random.default_rng(0).normal(size=(300, 2, 9)); u[150:] = u[150:].round(0)\n"
        "found = b''.join(solve_stage(u, (3, 3), c).tobytes() for c in ('nash', 'ce', 'cce'))\n"
        "print(hashlib.sha256(found).hexdigest())"
    )
    digests = set()
    for disabled in ("", " ".join(usable)):
        environment = os.environ | {"NPY_DISABLE_CPU_FEATURES": disabled}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        digests.add(done.stdout)
    assert len(digests) == 1


# Invariances

games = st.sampled_from([(2, 2), (2, 3), (3, 3), (2, 2, 2), (3, 2, 2)]).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.integers(-4, 4), min_size=len(n) * int(np.prod(n)), max_size=len(n) * int(np.prod(n))).map(
            lambda values, n=n: np.array(values, dtype=float).reshape(len(n), -1)
        ),
    )
)


@settings(max_examples=60)
@given(game=games, concept=st.sampled_from(["ce", "cce"]), data=st.data())
def test_names_of_actions_and_players_do_not_matter(game, concept, data):
    n_actions, payoffs = game
    total = payoffs.sum(axis=0) @ solve_stage(payoffs, n_actions, concept)
    table = payoffs.reshape(len(n_actions), *n_actions)
    for player, n in enumerate(n_actions):
        table = np.take(table, data.draw(st.permutations(range(n))), axis=player + 1)
    order = data.draw(st.permutations(range(len(n_actions))))
    renamed = table[order].transpose(0, *(i + 1 for i in order)).reshape(len(n_actions), -1)
    sizes = tuple(n_actions[i] for i in order)
    policy = solve_stage(renamed, sizes, concept)
    assert renamed.sum(axis=0) @ policy == pytest.approx(total, abs=1e-6)
    assert brute_gain(renamed, policy, sizes, concept) <= 1e-8


@settings(max_examples=60)
@given(
    game=games,
    concept=st.sampled_from(["nash", "ce", "cce"]),
    power=st.integers(-900, 900),
    shift=st.integers(-1000, 1000),
)
def test_unit_and_zero_of_the_payoffs_do_not_matter(game, concept, power, shift):
    n_actions, payoffs = game
    if concept == "nash" and len(n_actions) > 2 and not pure_equilibria(payoffs, n_actions):
        concept = "cce"
    policy = solve_stage(payoffs, n_actions, concept)
    np.testing.assert_array_equal(solve_stage((payoffs + shift) * 2.0**power, n_actions, concept), policy)
    if concept != "nash":
        total = payoffs.sum(axis=0)
        assert total @ solve_stage(payoffs * 0.3 + 0.7, n_actions, concept) == pytest.approx(total @ policy, abs=1e-6)


# Ways to call


def test_payoffs_may_be_integers_lists_read_only_and_have_any_leading_axes():
    rng = np.random.default_rng(12)
    payoffs = rng.integers(-3, 4, (2, 5, 3, 2, 4))
    payoffs.setflags(write=False)
    policy = solve_stage(payoffs, (2, 2))
    assert policy.shape == (2, 5, 3, 4) and policy.dtype == np.float64
    np.testing.assert_array_equal(solve_stage(payoffs.astype(float), [2, 2]), policy)
    np.testing.assert_array_equal(solve_stage(payoffs[1, 2, 1].tolist(), np.array([2, 2])), policy[1, 2, 1])
    assert deviation_gain(payoffs, policy, (2, 2), "cce").shape == (2, 5, 3)
    assert solve_stage(np.zeros((0, 2, 4)), (2, 2)).shape == (0, 4)
    assert solve_stage(np.zeros((3, 0, 2, 4)), (2, 2), "nash").shape == (3, 0, 4)
    assert deviation_gain(np.zeros((0, 2, 4)), np.zeros((0, 4)), (2, 2), "ce").shape == (0,)


def test_floats_are_not_written_to():
    for concept in ("nash", "ce", "cce"):
        payoffs = np.random.default_rng(13).normal(size=(40, 2, 9))
        before = payoffs.copy()
        payoffs.setflags(write=False)
        policy = solve_stage(payoffs, (3, 3), concept)
        policy.setflags(write=False)
        deviation_gain(payoffs, policy, (3, 3), concept)
        np.testing.assert_array_equal(payoffs, before)
        policy.copy()[0] = 1


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
def test_huge_tiny_and_shifted_payoffs(concept):
    for payoffs in (PENNIES * 1.7e308, PENNIES * 5e-324, PENNIES * [[1e300], [1e-300]], 1e8 + 1e-6 * PENNIES):
        np.testing.assert_allclose(solve_stage(payoffs, (2, 2), concept), 0.25, atol=1e-9)


def test_a_constant_player_does_not_drown_the_other_in_the_total():
    # The first player is paid 1e300 whatever happens, the second prefers joint action 2.
    game = [[1e300] * 4, [0, 0, 1, 1 - 2.0**-20]]
    for concept in ("nash", "ce", "cce"):
        assert solve_stage(game, (2, 2), concept).tolist() == [0, 0, 1, 0]


GOOD = np.zeros((3, 2, 4))
NAN, INF = GOOD.copy(), GOOD.copy()
NAN[1, 0, 2] = np.nan
INF[2, 1, 3] = -np.inf


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: solve_stage(NAN, (2, 2)), ValueError, r"payoffs\[1, 0, 2\] must be finite, got nan"),
        (lambda: solve_stage(INF, (2, 2)), ValueError, r"payoffs\[2, 1, 3\] must be finite, got -inf"),
        (lambda: solve_stage(GOOD, (2, 3)), ValueError, r"payoffs .* m, A = \(2, 6\), got \(3, 2, 4\)"),
        (lambda: solve_stage(GOOD, (2, 2, 1)), ValueError, r"payoffs .* m, A = \(3, 4\), got \(3, 2, 4\)"),
        (lambda: solve_stage(GOOD[0, 0], (2, 2)), ValueError, r"payoffs .* got \(4,\)"),
        (lambda: solve_stage("no", (2, 2)), TypeError, "payoffs must be an array of real numbers"),
        (lambda: solve_stage(GOOD, ()), ValueError, "n_actions must have one entry"),
        (lambda: solve_stage(GOOD, (2, 0)), ValueError, r"n_actions\[1\] must be at least 1, got 0"),
        (lambda: solve_stage(GOOD, (2, 2.0)), TypeError, r"n_actions\[1\] must be an integer"),
        (
            lambda: solve_stage(GOOD, (2, 2), "pure"),
            ValueError,
            "concept must be one of 'nash', 'ce', 'cce', got 'pure'",
        ),
        (lambda: solve_stage(GOOD, (2, 2), None), TypeError, "concept must be one of"),
        (lambda: deviation_gain(GOOD, np.full((3, 3), 1 / 3), (2, 2), "ce"), ValueError, "policy must have shape"),
        (
            lambda: deviation_gain(GOOD, np.full((1, 4), 0.25), (2, 2), "ce"),
            ValueError,
            r"policy must have shape .*\(3, 4\)",
        ),
        (lambda: deviation_gain(GOOD, np.eye(4)[:3] * 1.1, (2, 2), "ce"), ValueError, r"policy\[0\] must sum to 1"),
        (
            lambda: deviation_gain(GOOD[0], [1.5, -0.5, 0, 0], (2, 2), "ce"),
            ValueError,
            r"policy\[1\] must not be negative",
        ),
        (
            lambda: deviation_gain(GOOD, [[1, 0, 0, 0], [0.5, 0, 0, 0.5], [0, 0, 0, 1]], (2, 2), "nash"),
            ValueError,
            r"policy\[1\] must be a product .* joint action 0 has probability 0.5, the product 0.25",
        ),
        (
            lambda: deviation_value(GOOD[0, 0], np.eye(4)[0], (2, 2), 2, "ce"),
            ValueError,
            "player must be from 0 to 1, got 2",
        ),
        (lambda: deviation_value(GOOD[0, 0, :3], np.eye(4)[0], (2, 2), 0, "ce"), ValueError, "payoff must have shape"),
        (lambda: is_product(np.eye(3), (2, 2)), ValueError, "policy must have shape"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


# Second tries, and giving up


def unsolvable(n_games=3):
    """Games of which only the last one has no pure equilibrium."""
    return np.concatenate([np.zeros((n_games - 1, 2, 4)), PENNIES[None]])


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
@pytest.mark.parametrize("bad", [0.0, np.nan, 1.0])
def test_an_answer_that_is_not_certified_is_never_returned(monkeypatch, concept, bad):
    name = "lemke_howson" if concept == "nash" else "correlated"
    wrong = np.array([[1.0, 0, 0, 0]]) if bad == 1 else np.full((1, 4), bad)
    if bad == 0:
        # All zeros gain nothing by any deviation: the solvers themselves must not hand that out.
        monkeypatch.setattr(dual_simplex, "basic_solution", lambda names, amount, n: np.zeros((len(names), n)))
        monkeypatch.setattr(lemke_howson, "basic_solution", lambda names, amount, n: np.zeros((len(names), n)))
    else:
        monkeypatch.setattr(stage, name, lambda *arguments: wrong)
    gap = "1.0e\\+00" if bad == 1 else "nan"
    with pytest.raises(
        RuntimeError, match=rf"payoffs\[2\]: no '{concept}' equilibrium .* gain of {gap} .*1 of 3 games"
    ):
        solve_stage(unsolvable(), (2, 2), concept)
    with pytest.raises(RuntimeError, match=r"payoffs\[1, 0\]: "):
        solve_stage(unsolvable(4)[[0, 1, 3, 2]].reshape(2, 2, 2, 4), (2, 2), concept)
    with pytest.raises(RuntimeError, match="payoffs: no "):
        solve_stage(PENNIES, (2, 2), concept)


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
@pytest.mark.parametrize("attempt", [1, 2])
def test_each_later_attempt_solves_every_kind_too(monkeypatch, concept, attempt):
    solver = stage._best_mixed
    monkeypatch.setattr(stage, "_best_mixed", lambda *arguments: solver(*arguments[:-1], attempt))
    monkeypatch.setattr(stage, "_ATTEMPTS", 1)
    failed = 0
    for n_actions in [(2, 2), (2, 3), (3, 3)]:
        for payoffs in kinds(6, n_actions, seed=14).values():
            for game in payoffs:
                try:
                    policy = solve_stage(game, n_actions, concept)
                except RuntimeError:
                    failed += 1
                else:
                    assert (relative_gain(game[None], policy[None], n_actions, concept) <= 1.0001e-9).all()
    assert failed <= (3 if attempt == 1 else 0)


@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_exact_arithmetic_agrees(concept):
    scaled, width, exponent = stage.scaled_payoffs(np.random.default_rng(15).normal(size=(30, 2, 9)))
    total = stage.total_payoff(scaled, width, exponent)
    usual, exact = (dual_simplex.correlated(scaled, total, (3, 3), concept, attempt) for attempt in (0, 2))
    np.testing.assert_allclose(usual, exact, atol=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
def test_none_of_many_difficult_games_is_left_uncertified(concept):
    """As many as the book's page on speed states, of another seed; an answer that fails would raise."""
    shapes = [n for n in SHAPES if concept != "nash" or len(n) == 2]
    each = -(-(10**5) // (len(shapes) * len(kinds(1, (2, 2), 0))))
    solved = 0
    for n_actions in shapes:
        for payoffs in kinds(each, n_actions, seed=20).values():
            policy = solve_stage(payoffs, n_actions, concept)
            assert (relative_gain(payoffs, policy, n_actions, concept) <= 1.0001e-9).all()
            solved += len(payoffs)
    assert solved >= 10**5
