"""Games in groups of states: what is solved by its definition, and what comes out by exact value and gap."""

from __future__ import annotations

import itertools
import tracemalloc
from typing import Any

import numpy as np
import pytest

from mornavi_lite import (
    ChiSquare,
    KullbackLeibler,
    MarkovGame,
    Nominal,
    TotalVariation,
    equilibrium_gap,
    evaluate,
    solve,
    solve_stage,
    zoo,
)
from mornavi_lite.games.legal import stands_for
from mornavi_lite.planning import reachable, solve_aggregated
from mornavi_lite.planning.aggregate import partition

CONCEPTS = ("nash", "ce", "cce")
MIXED = (TotalVariation(0.1), KullbackLeibler(0.3), ChiSquare(0.05))
OTHERS = (Nominal(), TotalVariation(0.2, shift_support=False), TotalVariation(0.15))
N_ACTIONS = (2, 3, 2)
PER_ROW = [KullbackLeibler(np.random.default_rng(1).random((3, 5, 12))), TotalVariation(0.2), ChiSquare(0.4)]


def small_game(seed: int = 0, layout: str = "dense", paid: str = "now", legal: bool = False) -> MarkovGame:
    """Three players, 5 states, 3 steps that differ; rows of 3; paid for where one is, or for what follows."""
    rng = np.random.default_rng(seed)
    shape, m = (3, 5, 12), len(N_ACTIONS)
    nexts = rng.permuted(np.broadcast_to(np.arange(5), (*shape, 5)), axis=-1)[..., :3]
    p = rng.dirichlet(np.full(3, 0.6), size=shape)
    masks = [np.ones((5, n), dtype=bool) for n in N_ACTIONS]
    if legal:
        masks[0][3, 0] = masks[1][[1, 4], 0] = masks[1][[1, 4], 2] = False
    stand = stands_for(tuple(masks), N_ACTIONS)
    reward = rng.random((m, *shape, 3) if paid == "next" else (m, *shape))
    options: dict[str, Any] = {"initial": rng.dirichlet(np.ones(5)), "legal": masks if legal else None}
    at = stand[None, ..., None]
    nexts, p = np.take_along_axis(nexts, at, 2), np.take_along_axis(p, at, 2)
    reward = np.take_along_axis(reward, stand.reshape(1, 1, 5, 12, *[1] * (reward.ndim - 4)), 3)
    game = MarkovGame.sparse(nexts, p, reward, N_ACTIONS, n_states=5, **options)
    return game if layout == "sparse" else game.dense()


def split_game(seed: int) -> tuple[MarkovGame, MarkovGame, np.ndarray]:
    """A game, one in which each state comes in some copies that differ in how they go on to copies, and the groups."""
    rng, whole = np.random.default_rng(seed), small_game(seed)
    group = np.repeat(np.arange(5), [1, 3, 2, 1, 2])[rng.permutation(9)]
    among = rng.random((*whole.transition.shape[:1], 9, 12, 9)) ** 3
    for g in range(5):
        among[..., group == g] /= among[..., group == g].sum(axis=-1, keepdims=True)
    kernel = whole.transition[:, group][..., group] * among
    initial = whole.initial[group] / np.bincount(group)[group]
    return whole, MarkovGame(kernel, whole.reward[:, :, group], N_ACTIONS, initial), group


@pytest.mark.parametrize("layout", ["dense", "sparse"])
@pytest.mark.parametrize(("paid", "legal"), [("now", False), ("next", False), ("now", True)])
@pytest.mark.parametrize("sets", [MIXED, OTHERS, PER_ROW], ids=["mixed", "others", "per row"])
def test_groups_of_one_state_are_the_game_itself(layout: str, paid: str, legal: bool, sets: Any) -> None:
    game = small_game(3, layout, paid, legal)
    numbers = np.array([[7, 2, 90, 4, 0], [4, 3, 2, 1, 0], [10, 11, 12, 13, 14]])
    for concept, select in (("ce", "pure"), ("cce", "pure"), ("cce", "welfare")):
        expected = solve(game, sets, concept, select)
        for groups, members in ((numbers, 1), (numbers[0], None)):
            ours = solve_aggregated(game, groups, sets, concept, select, members=members)
            np.testing.assert_allclose(ours.policy, expected.policy, rtol=0, atol=1e-12)
            np.testing.assert_allclose(ours.value, expected.value, rtol=0, atol=1e-12)
            assert abs(ours.gap - expected.gap) <= 1e-12
            assert ours.about.concept == concept and ours.about.visits is not None


@pytest.mark.parametrize("sets", [MIXED, OTHERS], ids=["mixed", "others"])
@pytest.mark.parametrize("members", [1, 2, None])
def test_states_that_are_alike_cost_nothing(sets: Any, members: int | None) -> None:
    whole, game, group = split_game(4)
    for concept in ("ce", "cce"):
        expected = solve(whole, sets, concept)
        ours = solve_aggregated(game, group, sets, concept, members=members)
        np.testing.assert_allclose(ours.value, expected.value[..., group], rtol=0, atol=1e-9)
        assert ours.gap <= 1e-9


def worst(game: MarkovGame, ball: Any, i: int, h: int, s: int, a: int, value: np.ndarray) -> float:
    """Worst case of one row of a dense game."""
    own = ball.at_step(h, (game.horizon, game.n_states, game.n_joint_actions))
    if isinstance(own.radius, np.ndarray):
        own = own.with_radius(float(own.radius[s, a]))
    return float(game.reward[i, h, s, a] + own.worst_case(game.transition[h, s, a], value))


def by_loops(
    game: MarkovGame, numbers: np.ndarray, sets: Any, concept: str, members: int | None
) -> tuple[np.ndarray, float]:
    """Policy of the aggregated game by its definition, and 2 times the sum of how far members are from their group."""
    policy = np.zeros((game.horizon, game.n_states, game.n_joint_actions))
    value, bound = np.zeros((game.n_players, game.n_states)), 0.0
    for h in reversed(range(game.horizon)):
        each = [
            [
                [worst(game, sets[i], i, h, s, a, value[i]) for a in range(game.n_joint_actions)]
                for i in range(len(sets))
            ]
            for s in range(game.n_states)
        ]
        payoffs, value, largest = np.array(each), np.zeros_like(value), 0.0
        for g in set(numbers[h].tolist()):
            alike = np.flatnonzero(numbers[h] == g)
            used = alike[[(len(alike) - 1) // 2]] if members == 1 else alike
            stage = payoffs[used].mean(axis=0)
            policy[h, alike] = solve_stage(stage, game.n_actions, concept)
            value[:, alike] = (stage @ policy[h, alike[0]])[:, None]
            largest = max(largest, np.abs(payoffs[alike] - stage).max())
        bound += 2 * largest
    return policy, bound


#: Two of three, and two.
GROUPS = [1, 0, 1, 0, 1]


@pytest.mark.parametrize("sets", [MIXED, OTHERS, PER_ROW], ids=["mixed", "others", "per row"])
@pytest.mark.parametrize("members", [1, None])
def test_any_groups_give_the_policy_of_the_definition_and_its_exact_gap(sets: Any, members: int | None) -> None:
    numbers = np.random.default_rng(5).integers(3, size=(3, 5))
    dense, sparse = (small_game(6, layout) for layout in ("dense", "sparse"))
    gaps = []
    for concept in ("ce", "cce"):
        policy, bound = by_loops(dense, numbers, sets, concept, members)
        for game in (dense, sparse):
            ours = solve_aggregated(game, numbers, sets, concept, members=members)
            np.testing.assert_allclose(ours.policy, policy, rtol=0, atol=1e-9)
            np.testing.assert_allclose(ours.value, evaluate(game, policy, sets), rtol=0, atol=1e-9)
            assert ours.gap == equilibrium_gap(game, ours.policy, sets, concept) <= bound
        gaps.append(ours.gap)
        at_all_steps = [
            solve_aggregated(dense, each, sets, concept, members=members) for each in (GROUPS, [GROUPS] * 3)
        ]
        assert at_all_steps[0].policy.tobytes() == at_all_steps[1].policy.tobytes()
    assert max(gaps) > 0.01


@pytest.mark.parametrize("game", [zoo.congestion(), zoo.patrol(), zoo.soccer(3, 2, 3)], ids=lambda game: game.name)
def test_nash_of_groups_is_a_product_with_its_exact_gap(game: MarkovGame) -> None:
    sets = [TotalVariation(0.05 * (i + 1)) for i in range(game.n_players)]
    every = np.arange(game.n_states)
    for groups, members in itertools.product((every, every // 2, every * 0), (1, 2)):
        ours = solve_aggregated(game, groups, sets, "nash", members=members)
        assert ours.gap == equilibrium_gap(game, ours.policy, sets, "nash")
        np.testing.assert_allclose(ours.value, evaluate(game, ours.policy, sets), rtol=0, atol=1e-12)
    assert solve_aggregated(game, every, sets, "nash").gap < 1e-8


def test_states_that_cannot_be_reached_are_one_group() -> None:
    game = zoo.soccer(4, 3, 3)
    reached, policy = reachable(game), np.full((4, game.n_states, 25), 0.04)
    assert (reached == (expected_visits(game, policy) > 0)).all() and not reached.all()
    groups = np.where(reached, np.arange(game.n_states), game.n_states)
    for ball in (Nominal(), KullbackLeibler(0.1), TotalVariation(0.1, shift_support=False)):
        ours, whole = (solve_aggregated(game, each, ball, "nash") for each in (groups, np.arange(game.n_states)))
        assert ours.gap < 1e-9
        np.testing.assert_allclose(ours.value[:, 0] @ game.initial, whole.value[:, 0] @ game.initial, atol=1e-9)
    dense = small_game(2)
    assert reachable(dense).all()
    expected = [[1, 0, 0], [0, 1, 0], [1, 0, 1]]  # from state 0 to the trap and back to it
    assert (reachable(zoo.delayed_coordination(3))[:, :3] == np.array(expected)).all()


def expected_visits(game: MarkovGame, policy: np.ndarray) -> np.ndarray:
    """Expected visits (H, S) by products of dense matrices."""
    visits = [game.initial]
    for h in range(game.horizon - 1):
        visits.append(np.einsum("s,sa,sat->t", visits[-1], policy[h], game.transition[h]))
    return np.array(visits)


def test_members_are_evenly_spaced_and_the_middle_one_stands_for_all() -> None:
    pairs = partition(np.array([3, 0, 3, 0]), None)
    assert pairs.mean(np.array([2.0, 4.0, 6.0, 12.0])[:, None, None]).ravel().tolist() == [3, 9]
    numbers = np.array([5, 5, 1, 5, 1, 5, 5, 9, 1, 1])  # 5: 0 1 3 5 6; 1: 2 4 8 9; 9: 7
    for members, expected in ((1, [4, 3, 7]), (2, [2, 8, 1, 5, 7]), (None, [2, 4, 8, 9, 0, 1, 3, 5, 6, 7])):
        part = partition(numbers, members)
        assert part.chosen.tolist() == expected, members
        np.testing.assert_array_equal(part.group, np.searchsorted([1, 5, 9], numbers))
        payoffs = np.arange(10.0)[part.chosen][:, None, None]
        mean = [np.mean([s for s in part.chosen if numbers[s] == g]) for g in (1, 5, 9)]
        np.testing.assert_allclose(part.mean(payoffs)[:, 0, 0], mean)


def test_large_sparse_games_take_the_memory_of_their_rows() -> None:
    n, rng = 4_000, np.random.default_rng(0)
    nexts, p = rng.integers(n, size=(n, 4, 3)), rng.dirichlet(np.ones(3), size=(n, 4))
    game = MarkovGame.sparse(nexts, p, rng.random((2, n, 4)), (2, 2), n_states=n, horizon=3)
    tracemalloc.start()
    solution = solve_aggregated(game, np.arange(n) // 10, TotalVariation(0.1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0 < solution.gap < 3
    assert peak < 0.05 * 8 * n * 4 * n  # of a dense kernel


LEGAL = small_game(1, legal=True)


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        (
            {"groups": np.zeros(4, int)},
            ValueError,
            r"groups must have shape \(S,\) = \(5,\) or \(H, S\) = \(3, 5\), got \(4",
        ),
        ({"groups": np.zeros((5, 3), int)}, ValueError, r"groups must have shape .* got \(5, 3\)"),
        ({"groups": 3}, ValueError, r"groups must have shape .* got \(\)"),
        ({"groups": [0.0, 1, 1, 2, 2]}, TypeError, "groups must be an array of integers, got list"),
        ({"groups": [0, True, "a", 2, 2]}, TypeError, "groups must be an array of integers"),
        ({"groups": [0, 1, -1, 2, -3]}, ValueError, r"groups\[2\] must not be negative, got -1"),
        ({"groups": np.arange(15).reshape(3, 5) - 8}, ValueError, r"groups\[0, 0\] must not be negative, got -8"),
        ({"members": 0}, ValueError, "members must be at least 1, got 0"),
        ({"members": 1.5}, TypeError, "members must be an integer"),
        ({"concept": "equal"}, ValueError, "concept must be one of"),
        ({"select": "best"}, ValueError, "select must be one of"),
        ({"uncertainty": MIXED[:2]}, ValueError, "uncertainty must have one set per player, 3, got 2"),
        ({"game": 3}, TypeError, "game must be a MarkovGame, got int"),
        ({"game": LEGAL}, ValueError, r"groups\[1\] puts state '1' with state '0', which has other legal actions"),
        (
            {"game": LEGAL, "groups": [[0, 1, 2, 3, 4], [0, 1, 0, 2, 1], [0, 1, 2, 0, 1]]},
            ValueError,
            r"groups\[2, 3\] puts state '3' with state '0'",
        ),
    ],
)
def test_bad_arguments_are_named(changed: dict[str, Any], error: type[Exception], said: str) -> None:
    arguments = {"game": small_game(), "groups": np.zeros(5, int), "uncertainty": MIXED} | changed
    with pytest.raises(error, match=said):
        solve_aggregated(**arguments)


def test_states_with_the_same_legal_actions_may_be_one_group_and_nothing_is_changed() -> None:
    groups = np.array([0, 1, 0, 2, 1])
    ours = solve_aggregated(LEGAL, groups, MIXED, members=None)
    assert ours.policy[:, LEGAL_ROWS].sum() == 0 and (groups == [0, 1, 0, 2, 1]).all()
    assert ours.gap == equilibrium_gap(LEGAL, ours.policy, MIXED, "cce")
    with pytest.raises(TypeError, match="game must be a MarkovGame, got list"):
        reachable([])  # type: ignore[arg-type]


LEGAL_ROWS = stands_for(LEGAL.legal or (), N_ACTIONS) != np.arange(12)
