"""Planning on games as users have them, against loops that take one row at a time by the definition."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mornavi_lite import (
    ChiSquare,
    KullbackLeibler,
    MarkovGame,
    Nominal,
    TotalVariation,
    best_response,
    deviation_gain,
    equilibrium_gap,
    evaluate,
    solve,
    zoo,
)
from mornavi_lite.deployment import kernel_distance, mixed_game, random_game, worst_game
from mornavi_lite.planning.backup import worst_rows
from mornavi_lite.uncertainty import UncertaintySet
from tests.uncertainty.references import chi_square_references, kl_references, tv_programs

SHAPE = (3, 5, 12)  # steps, states, joint actions of 2, 3 and 2


def references(p: np.ndarray, v: np.ndarray, ball: UncertaintySet, radius: np.ndarray) -> np.ndarray:
    """The worst cases of rows (R, S) by a linear program or a dual, whatever the package does."""
    if isinstance(ball, TotalVariation):
        return tv_programs(p, v, radius, ball.shift_support)
    if isinstance(ball, KullbackLeibler):
        return kl_references(p, v, radius).astype(float)
    return chi_square_references(p, v, radius).astype(float)


def made(seed: int, per_outcome: bool, sparse: bool) -> MarkovGame:
    """Three players who get money, with rewards below and above 0; some actions are not legal."""
    rng = np.random.default_rng(seed)
    listed = np.array([[rng.choice(5, 3, replace=False) for _ in range(180)]]).reshape(*SHAPE, 3)
    rows = rng.dirichlet(np.full(3, 0.6), SHAPE)
    reward = rng.normal(size=(3, *SHAPE, 3)) * np.array([1.0, 40.0, 1e3]).reshape(3, 1, 1, 1, 1)
    legal = [np.ones((5, n), dtype=bool) for n in (2, 3, 2)]
    legal[1][2, 0] = legal[0][4, 1] = legal[2][0, 0] = False
    game = MarkovGame.sparse(
        listed,
        rows,
        reward if per_outcome else reward[..., 0],
        (2, 3, 2),
        5,
        initial=[0.1, 0, 0.4, 0.5, 0],
        reward_range=[(-10, 10), (-300, 300), (-1e4, 1e4)],
        legal=legal,
    )
    return game if sparse else game.dense()


def radii(seed: int, kind: str) -> np.ndarray | float:
    rng = np.random.default_rng(seed)
    shapes = {"number": (), "per action": SHAPE[1:], "per row": SHAPE, "per step": (3, 1, 1)}
    return rng.uniform(0, 0.6, shapes[kind]) if kind != "number" else 0.15


def stage(game: MarkovGame, sets: list[UncertaintySet], h: int, after: np.ndarray) -> np.ndarray:
    """Stage payoffs (m, S, A) of a step, each row by itself, on the dense kernel."""
    dense, cells = game.dense(), list(itertools.product(range(5), range(12)))
    stands = []
    for s, a in cells:
        own = [int(b) for b in np.unravel_index(a, game.n_actions)]
        legal = [np.flatnonzero(mask[s]).tolist() for mask in game.legal]
        own = [b if b in mine else mine[0] for b, mine in zip(own, legal, strict=True)]
        stands.append((s, int(np.ravel_multi_index(own, game.n_actions))))
    of = tuple(np.array(stands).T)
    payoffs = np.empty((game.n_players, *SHAPE[1:]))
    for i, ball in enumerate(sets):
        reward, radius = dense.reward[i, h][of], np.broadcast_to(ball.radius, SHAPE)[h][of]
        rows, paid = dense.transition[h][of], reward if reward.ndim == 2 else np.zeros((60, 1))
        worst = references(rows, paid + after[i], ball, radius)
        payoffs[i] = (worst + (reward if reward.ndim == 1 else 0)).reshape(SHAPE[1:])
    return payoffs


def three_sets(kind: str) -> list[UncertaintySet]:
    number = radii(4, kind)
    return [TotalVariation(number), TotalVariation(number, shift_support=False), KullbackLeibler(number)]


def recursion(per_outcome: bool, radius: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A policy, its values and the best values of deviations, with the worst cases of the references all the way."""
    game, sets = made(3, per_outcome, sparse=False), three_sets(radius)
    policy = game.fold(np.random.default_rng(5).dirichlet(np.full(12, 0.5), SHAPE[:2]))
    value, best = np.zeros((2, 3, 4, 5))
    own = np.array(list(itertools.product(range(2), range(3), range(2))))
    for h in reversed(range(3)):
        value[:, h] = (policy[h] * stage(game, sets, h, value[:, h + 1])).sum(axis=-1)
        payoffs = stage(game, sets, h, best[:, h + 1])
        for i, s in itertools.product(range(3), range(5)):
            tried = []
            for action in range(game.n_actions[i]):
                moved = own.copy()
                moved[:, i] = action
                played = np.ravel_multi_index(tuple(moved.T), game.n_actions)
                tried.append(float(policy[h, s] @ payoffs[i, s, played]))
            best[i, h, s] = max(tried)
    return policy, value, best


@pytest.mark.parametrize("per_outcome", [False, True], ids=["r(s, a)", "r(s, a, s')"])
@pytest.mark.parametrize("radius", ["number", "per action", "per row"])
def test_values_and_deviations_are_the_recursion(per_outcome: bool, radius: str) -> None:
    policy, value, best = recursion(per_outcome, radius)
    for sparse in (False, True):
        game = made(3, per_outcome, sparse)
        found = evaluate(game, policy, three_sets(radius))
        np.testing.assert_allclose(found, value, rtol=1e-9, atol=1e-8, err_msg=f"sparse {sparse}")
        found = best_response(game, policy, three_sets(radius))
        np.testing.assert_allclose(found, best, rtol=1e-9, atol=1e-8, err_msg=f"sparse {sparse}")


@pytest.mark.parametrize("per_outcome", [False, True], ids=["r(s, a)", "r(s, a, s')"])
@pytest.mark.parametrize("concept", ["cce", "ce"])
def test_solutions_are_equilibria_of_every_stage_and_never_illegal(per_outcome: bool, concept: str) -> None:
    game = made(8, per_outcome, sparse=True)
    sets = [ChiSquare(0.1), TotalVariation(radii(2, "per row")), KullbackLeibler(radii(3, "per step"))]
    policy, value, gap = solve(game, sets, concept)
    assert gap <= 1e-8 * 3 * 2e4 and gap == equilibrium_gap(game, policy, sets, concept)
    for h in range(3):
        payoffs = stage(game, sets, h, value[:, h + 1]).transpose(1, 0, 2)
        assert (deviation_gain(payoffs, policy[h], game.n_actions, concept) <= 1e-6).all()
    own = np.unravel_index(np.arange(12), game.n_actions)
    for mask, actions in zip(game.legal, own, strict=True):
        assert (policy[:, ~mask[:, actions]] == 0).all()
    dense = solve(game.dense(), sets, concept)
    np.testing.assert_allclose(dense.value, value, rtol=1e-9, atol=1e-7)


def test_averaging_rewards_over_the_nominal_row_is_wrong_either_way() -> None:
    """The adversary moves what is paid on the way: by hand, one coin, one step and two."""
    row, paid = [[[0.5, 0.5]], [[0, 1]]], [[[1.0, 0.0]], [[0.0, 0.0]]]
    game = MarkovGame.stationary(row, [paid], (1,), 1)
    assert evaluate(game, np.ones((1, 2, 1)), TotalVariation(0.2))[0, 0, 0] == pytest.approx(0.3)  # average: 0.5
    # The goal pays 1 and ends; elsewhere 0.9 follows: the adversary gains only a tenth of what it moves.
    kernel = np.array([[[[0.5, 0.5]], [[0, 1]]]] * 2)
    reward = np.zeros((1, 2, 2, 1, 2))
    reward[0, 0, 0, 0, 0] = 1.0
    reward[0, 1, 1] = 0.9
    two = MarkovGame(kernel, reward, (1,))
    value = evaluate(two, np.ones((2, 2, 1)), TotalVariation(0.2))
    assert value[0, 0, 0] == pytest.approx(0.3 * 1 + 0.7 * 0.9)  # 0.93
    averaged = MarkovGame(kernel, (kernel * reward).sum(axis=-1), (1,))
    assert evaluate(averaged, np.ones((2, 2, 1)), TotalVariation(0.2))[0, 0, 0] == pytest.approx(0.77)


def test_units_scale_and_shift_values_and_gaps() -> None:
    game = zoo.garnet(4, (2, 3, 2), 3, 2, seed=1)
    money = MarkovGame(game.transition, 1000 * game.reward - 300, game.n_actions, reward_range=(-300, 700))
    ball = TotalVariation(0.1)
    for concept in ("cce", "ce"):
        mine, theirs = solve(game, ball, concept), solve(money, ball, concept)
        np.testing.assert_allclose(mine.policy, theirs.policy, atol=1e-7)
        steps = np.arange(3, -1, -1)[None, :, None]
        np.testing.assert_allclose(theirs.value, 1000 * mine.value - 300 * steps, atol=1e-9)


@pytest.mark.parametrize("ball", [Nominal(), TotalVariation(0.2), TotalVariation(0.2, False), KullbackLeibler(0.2)])
def test_a_discounted_chain_by_hand(ball: UncertaintySet) -> None:
    """Stay and get 1, with probability 1/2; else leave for ever and get 0: V = 1 + discount * worst(stay) V."""
    kernel, reward, rate = np.array([[[0.5, 0.5]], [[0, 1]]]), np.array([[[1.0], [0.0]]]), 0.9
    game = MarkovGame.discounted(kernel, reward, (1,), rate, accuracy=1e-6)
    stay = float(ball.worst_case([0.5, 0.5], [1, 0]))
    exact = 1 / (1 - rate * stay)
    least, most = evaluate(game, np.ones((game.horizon, 2, 1)), ball)[0, 0, 0] + game.tail[0]
    assert least - 1e-9 <= exact <= most + 1e-9 and most - least <= 1e-6
    shorter = rate ** (game.horizon - 1) / (1 - rate)
    assert game.tail[0, 1] <= 1e-6 < shorter  # the least horizon
    assert game.reward[0, 5, 0, 0] == rate**5 and game.step_ranges[0, 5].tolist() == [0, rate**5]


def test_an_independent_value_iteration_of_a_discounted_game() -> None:
    rng = np.random.default_rng(6)
    kernel, reward = rng.dirichlet(np.ones(4), (4, 3)), rng.normal(size=(1, 4, 3, 4)) * 5
    game = MarkovGame.discounted(kernel, reward, (3,), 0.8, 1e-8, reward_range="observed")
    value = np.zeros(4)
    for _ in range(120):  # 0.8^120 is about 2e-12
        after = reward[0] + 0.8 * value
        worst = tv_programs(kernel.reshape(12, 4), after.reshape(12, 4), np.full(12, 0.15), shift_support=True)
        value = worst.reshape(4, 3).max(axis=1)
    found = solve(game, TotalVariation(0.15)).value[0, 0]
    low, high = game.tail[0]
    assert (found + low <= value + 1e-7).all() and (value <= found + high + 1e-7).all()
    assert high - low <= 1e-8


@pytest.mark.parametrize("per_outcome", [False, True], ids=["r(s, a)", "r(s, a, s')"])
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_the_worst_game_is_worst_for_its_player(per_outcome: bool, sparse: bool) -> None:
    game = made(11, per_outcome, sparse)
    policy = np.random.default_rng(1).dirichlet(np.ones(12), SHAPE[:2])
    own = np.unravel_index(np.arange(12), game.n_actions)
    legal = np.all([mask[:, actions] for mask, actions in zip(game.legal, own, strict=True)], axis=0)
    sets = [TotalVariation(0.2), ChiSquare(radii(5, "per row")), TotalVariation(0.3, shift_support=False)]
    for i, ball in enumerate(sets):
        worst = worst_game(game, policy, sets, i)
        robust = evaluate(game, policy, sets)[i]
        np.testing.assert_allclose(evaluate(worst, policy, Nominal())[i], robust, rtol=1e-9, atol=1e-7)
        distance = ball.divergence(worst.transition, game.transition)
        assert (distance <= np.broadcast_to(ball.radius, SHAPE) + 1e-9)[:, legal].all()
        half = mixed_game(game, worst, 0.5)
        np.testing.assert_allclose(half.transition, (game.transition + worst.transition) / 2, atol=1e-12)
        assert kernel_distance(game, half) == pytest.approx(kernel_distance(game, worst) / 2)
    moved = random_game(game, TotalVariation(radii(9, "per action")), np.random.default_rng(0))
    distance = TotalVariation(1).divergence(moved.transition, game.transition)
    np.testing.assert_allclose(distance[:, legal], np.broadcast_to(radii(9, "per action"), SHAPE)[:, legal], atol=1e-9)


@pytest.mark.parametrize("n_listed", [1, 3, 4])
def test_worst_rows_are_worth_the_worst_case_whatever_a_row_lists(n_listed: int) -> None:
    """One next state, some, or all four in any order: then there is none for mass to land on elsewhere."""
    rng, shape, ball = np.random.default_rng(2), (2, 4, 6), TotalVariation(0.3)
    listed = rng.permuted(np.broadcast_to(np.arange(4), (*shape, 4)), axis=-1)[..., :n_listed]
    rows = rng.dirichlet(np.ones(n_listed), shape)
    game = MarkovGame.sparse(listed, rows, rng.random((2, *shape)), (3, 2), 4)
    value = rng.random((3, 4))
    nexts, found = worst_rows(game, ball, 1, value)
    assert nexts is not None and found.dtype == np.float64 and found.shape == (*shape, n_listed + 1)
    np.testing.assert_allclose(found.sum(axis=-1), 1, rtol=0, atol=1e-12)
    for h in range(2):
        worth = (found[h] * value[h + 1][nexts[h]]).sum(axis=-1)
        kernel = game.dense().transition[h].reshape(24, 4)
        expected = tv_programs(kernel, np.tile(value[h + 1], (24, 1)), np.full(24, 0.3), True).reshape(4, 6)
        np.testing.assert_allclose(worth, expected, rtol=0, atol=1e-9)
