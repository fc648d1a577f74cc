"""Penalties of any size: the game without the forbidden actions, its linear programs, and gains in exact fractions."""

from fractions import Fraction

import numpy as np
import pytest

from mornavi_lite.equilibrium import deviation_gain, is_product, solve_stage, tableau
from mornavi_lite.equilibrium.wide_ranges import in_play, mild
from tests.equilibrium.references import PENNIES, brute_gain, linear_program, pure_equilibria, relative_gain

CONCEPTS = ["nash", "ce", "cce"]
SIZES = [1e3, 1e6, 1e7, 1e9, 1e10, 1e12, 1e15, 1e16, 1e17, 1e30, 1e200, 1e300, 1.7e308]
#: Crossing pays 7 against who waits, and is a crash against who crosses too; nothing is dominated.
CHICKEN = [[6, 2, 7, 0], [6, 7, 3, 0]]
#: Three players without a pure equilibrium: 2 follows 1, 3 follows 2, 1 avoids 3; payoffs differ between them.
CHASE = np.array([[0, 1, 0, 1, 3, 0, 3, 0], [5, 5, 0, 0, 0, 0, 5, 5], [2, 0, 0, 1, 2, 0, 0, 1]], dtype=float)


def opposed(n, seed):
    """A bimatrix game without a pure equilibrium: what one player gains the other mostly loses."""
    rng = np.random.default_rng(seed)
    first = rng.normal(size=n * n)
    return np.array([first, -0.8 * first + 0.5 * rng.normal(size=n * n)])


def forbid(payoffs, n_actions, penalty, rng=None):
    """One action more for each player, put anywhere, that costs ``penalty``; the others get something ordinary."""
    larger = tuple(n + 1 for n in n_actions)
    place = [int(rng.integers(n)) if rng else n - 1 for n in larger]
    table = np.zeros((len(n_actions), *larger)) if rng is None else rng.normal(size=(len(n_actions), *larger))
    kept = np.ix_(*[[a for a in range(n) if a != put] for n, put in zip(larger, place, strict=True)])
    for player, payoff in enumerate(payoffs):
        table[player][kept] = np.reshape(payoff, n_actions)
        np.moveaxis(table[player], player, 0)[place[player]] = -penalty
    return table.reshape(len(n_actions), -1), larger, kept


def exact_gain(payoffs, policy, n_actions):
    """The largest gain of a constant deviation, in fractions."""
    policy = [Fraction(float(p)) for p in policy]
    policy = [p / sum(policy) for p in policy]
    return max(
        0,
        *[
            sum(
                p
                * (
                    Fraction(float(payoff[a // (later * n) * (later * n) + b * later + a % later]))
                    - Fraction(float(payoff[a]))
                )
                for a, p in enumerate(policy)
                if p
            )
            for payoff, n, later in zip(
                payoffs, n_actions, np.cumprod([1, *n_actions[:0:-1]])[::-1].tolist(), strict=True
            )
            for b in range(n)
        ],
    )


@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize("penalty", SIZES)
def test_a_forbidden_action_leaves_matching_pennies_as_they_are(penalty, concept):
    game, n_actions, kept = forbid(PENNIES, (2, 2), penalty)
    policy = solve_stage(game, n_actions, concept).reshape(n_actions)
    np.testing.assert_allclose(policy[kept], 0.25, rtol=0, atol=1e-9)
    assert exact_gain(game, policy.ravel(), n_actions) < 1e-8


@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize("penalty", [1e9, 1e10, 1e17, 1e300])
@pytest.mark.parametrize("n_actions", [(2, 2), (2, 3), (3, 3), (2, 2, 2)])
def test_a_game_with_forbidden_actions_is_answered_like_the_game_without(n_actions, penalty, concept):
    rng = np.random.default_rng([3, *n_actions])
    seen = 0
    for _ in range(30):
        payoffs = rng.normal(size=(len(n_actions), int(np.prod(n_actions))))
        game, larger, kept = forbid(payoffs, n_actions, penalty, rng)
        expected = solve_stage(payoffs, n_actions, concept)
        policy = solve_stage(game, larger, concept)
        assert exact_gain(game, policy, larger) <= 1e-8
        np.testing.assert_allclose(policy.reshape(larger)[kept].ravel(), expected, rtol=0, atol=1e-7)
        seen += expected.max() < 1
    assert seen >= 2


@pytest.mark.parametrize("concept", CONCEPTS)
def test_in_a_large_game_what_is_forbidden_is_taken_out(concept):
    # Too large for exact arithmetic.
    game, larger, kept = forbid(opposed(12, seed=4), (12, 12), 1e12, np.random.default_rng(4))
    left, apart = in_play(game[None], larger, concept)
    inside = np.zeros(larger, dtype=bool)
    inside[kept] = True
    assert apart.all() and not (left[0] & ~inside.ravel()).any()
    assert concept != "cce" or (left[0] == inside.ravel()).all()
    policy = solve_stage(game, larger, concept)
    assert not policy[~inside.ravel()].any() and policy.max() < 1
    assert exact_gain(game, policy, larger) < 1e-7


@pytest.mark.parametrize(("concept", "n", "share", "seed"), [("nash", 30, 0.01, 3), ("ce", 8, 0.05, 1)])
def test_without_exact_arithmetic_a_penalty_that_remains_is_made_mild(monkeypatch, concept, n, share, seed):
    monkeypatch.setattr(tableau, "_EXACT_SECONDS", 0.0)
    game = opposed(n, seed)
    game[np.random.default_rng(seed).random(game.shape) < share] = -1e12
    assert not pure_equilibria(game, (n, n)) and not in_play(game[None], (n, n), concept)[1].any()
    policy = solve_stage(game, (n, n), concept)
    assert not policy[(game == -1e12).any(axis=0)].any()
    assert exact_gain(game, policy, (n, n)) < 1e-7
    milder = mild(game, 16.0)
    ordinary = game > -1e12
    assert (milder[ordinary] == game[ordinary]).all()
    assert (milder[~ordinary] < milder[ordinary].min() - 15 * np.ptp(game[0][ordinary[0]]) / 2).all()


@pytest.mark.parametrize("concept", CONCEPTS)
def test_three_players_may_be_forbidden_something_too(concept):
    assert not pure_equilibria(CHASE, (2, 2, 2))
    for penalty in (1e7, 1e10, 1e300):
        game, n_actions, kept = forbid(CHASE, (2, 2, 2), penalty)
        policy = solve_stage(game, n_actions, concept)
        inside = policy.reshape(n_actions)[kept].ravel()
        assert inside.sum() == pytest.approx(1, abs=1e-12)
        assert brute_gain(CHASE, inside, (2, 2, 2), concept) < 1e-8


@pytest.mark.parametrize("concept", CONCEPTS)
def test_penalties_of_different_sizes_come_off_one_after_the_other(concept):
    game, n_actions, _ = forbid(PENNIES, (2, 2), 1e10)
    game, n_actions, _ = forbid(game, n_actions, 1e200)
    policy = solve_stage(game, n_actions, concept).reshape(4, 4)
    np.testing.assert_allclose(policy[:2, :2], 0.25, rtol=0, atol=1e-9)


@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize("prize", [1e10, 1e300])
def test_an_action_worth_any_prize_is_played(prize, concept):
    # The first player's third action pays the prize; the second then plays its better reply.
    game = np.zeros((2, 3, 2))
    game[:, :2] = PENNIES.reshape(2, 2, 2)
    game[0, 2], game[1, 2] = prize, [1, 1.5]
    assert solve_stage(game.reshape(2, 6), (3, 2), concept).tolist() == [0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize("penalty", [1e3, 1e8, 1e10, 1e17, 1e300])
def test_a_crash_that_nobody_risks_leaves_the_rule_of_selection(penalty, concept):
    game = np.array(CHICKEN, dtype=float)
    game[:, 3] = -penalty
    # (cross, wait) and (wait, cross) are pure equilibria with totals 10 and 9.
    assert solve_stage(game, (2, 2), concept).tolist() == [0, 0, 1, 0]
    together = np.array([[1, -penalty, -penalty, 2], [3, -penalty, -penalty, 2.5]])
    assert solve_stage(together, (2, 2), concept).tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_with_a_crash_the_highest_total_is_that_of_the_linear_program(concept):
    game = np.array(CHICKEN, dtype=float)
    game[:, 3] = -1e4
    best = linear_program(game, (2, 2), concept)
    for penalty in (1e8, 1e12, 1e300):
        game[:, 3] = -penalty
        policy = solve_stage(game, (2, 2), concept, select="welfare")
        assert policy[3] == 0 and exact_gain(game, policy, (2, 2)) < 1e-9
        # A worse crash deters more cheaply: the total is a little higher, and at most that without any crossing.
        assert best - 1e-7 <= game[:, :3].sum(axis=0) @ policy[:3] <= best + 1e-2


def test_a_penalty_that_must_be_risked_is_risked_as_little_as_it_takes():
    # Row wants to be where column is not, and one of the corners costs a fortune.
    for penalty in (1e7, 1e10, 1e17, 1e100, 1e300):
        game = np.array([[-penalty, 1, 0, 0], [1, 0, 0, 1]])
        policy = solve_stage(game, (2, 2), "nash")
        column = policy.reshape(2, 2).sum(axis=0)
        assert column[0] * penalty == pytest.approx(column[1], rel=1e-9)
        assert is_product(policy, (2, 2)) and float(exact_gain(game, policy, (2, 2))) < 1e-9


@pytest.mark.parametrize("concept", CONCEPTS)
def test_a_game_with_penalties_does_not_depend_on_the_games_beside_it(concept):
    rng = np.random.default_rng(5)
    games = []
    for penalty in (1, 1e8, 1e12, 1e12, 1e300):
        games += [forbid(rng.normal(size=(2, 4)), (2, 2), penalty)[0] for _ in range(8)]
        crash = rng.normal(size=(2, 9))
        crash[:, 4] = -penalty
        games.append(crash)
    games = np.array(games)
    together = solve_stage(games, (3, 3), concept)
    order = rng.permutation(len(games))
    assert solve_stage(games[order], (3, 3), concept).tobytes() == together[order].tobytes()
    for game, policy in zip(games, together, strict=True):
        assert solve_stage(game, (3, 3), concept).tobytes() == policy.tobytes()


@pytest.mark.parametrize("concept", CONCEPTS)
def test_without_a_hidden_difference_nothing_is_taken_out(concept):
    # In the CCE of highest total the first player plays an action that is strictly dominated, by 1 of a range of 10.
    game = np.array([[10, 1, 0, 11, 2, 1], [2, 9, 10, 0, 9, 1]], dtype=float)
    policy = solve_stage(game, (2, 3), concept)
    assert (relative_gain(game[None], policy[None], (2, 3), concept) <= 1.0001e-9).all()
    if concept != "nash" and not pure_equilibria(game, (2, 3)):
        assert game.sum(axis=0) @ policy == pytest.approx(linear_program(game, (2, 3), concept), abs=1e-7)


def test_a_gain_beside_a_penalty_is_seen():
    for penalty in SIZES:
        game, n_actions, _ = forbid(PENNIES, (2, 2), penalty)
        assert float(deviation_gain(game, np.eye(9)[0], n_actions, "cce")) == 2.0
        assert float(deviation_gain(game, np.full(9, 1 / 9), n_actions, "cce")) > penalty / 4


@pytest.mark.parametrize("concept", CONCEPTS)
def test_rounding_errors_around_0_are_ties_where_all_other_payoffs_are_costs(concept):
    rng = np.random.default_rng(6)
    costs = -rng.integers(0, 4, (200, 2, 9)) / 7
    costs[::4, 0, :3] = 0.0
    before = solve_stage(costs, (3, 3), concept)
    np.testing.assert_array_equal(solve_stage(costs + rng.normal(size=costs.shape) * 1e-16, (3, 3), concept), before)


@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize("power", [-60, -1, 60])
def test_the_unit_does_not_matter_beside_a_penalty(power, concept):
    for penalty in (2.0**30, 2.0**40):
        game, n_actions, _ = forbid(PENNIES, (2, 2), penalty)
        policy = solve_stage(game, n_actions, concept)
        assert solve_stage(game * 2.0**power, n_actions, concept).tobytes() == policy.tobytes()
