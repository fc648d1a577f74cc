"""The steps of the search for Nash equilibria of many players: supports, starts, Newton's method, and what is taken."""

import itertools
import math

import numpy as np
import pytest

from mornavi_lite.equilibrium import many_players
from tests.equilibrium.references import PENNIES, brute_gain

SHAPE = (2, 3, 2)
#: Two play matching pennies. The third one's first action pays at the first of their four outcomes, its second at the
#: others: it gains 1/2 by leaving the first one, and neither is worse whatever they do.
BYSTANDER = np.array([np.repeat(PENNIES[0], 2), np.repeat(PENNIES[1], 2), [1, 0, 0, 1, 0, 1, 0, 1]], dtype=float)


def random_table(seed, shape=SHAPE):
    return np.random.default_rng(seed).normal(size=(len(shape), *shape))


@pytest.mark.parametrize(("most", "length"), [(1, 1), (60, 2), (2**17, None)])
def test_each_support_comes_once_and_few_at_a_time(monkeypatch, most, length):
    monkeypatch.setattr(many_players, "CHUNK", most)
    seen = []
    for supports in many_players._supports(SHAPE, 2):
        assert length is None or len(supports[0]) <= length
        seen += [tuple(map(tuple, each)) for each in zip(*[each.tolist() for each in supports], strict=True)]
    sets = [[c for k in range(1, n + 1) for c in itertools.combinations(range(n), k)] for n in SHAPE]
    wanted = [
        each
        for each in itertools.product(*sets)
        if any(len(actions) > 1 for actions in each)
        and all(len(a) - 1 <= sum(len(b) - 1 for b in each) - (len(a) - 1) for a in each)
    ]
    assert len(seen) == len(set(seen)) and set(seen) == set(wanted)
    sizes = [sum(map(len, each)) for each in seen]
    assert sizes == sorted(sizes)


def test_a_support_goes_if_one_of_its_actions_is_worse_whatever_the_others_play_of_theirs():
    table = random_table(0)
    kept = gone = 0
    for supports in many_players._supports(SHAPE, 1):
        left = many_players._undominated(table, supports)
        left = list(zip(*[each.tolist() for each in left], strict=True))
        for each in zip(*[each.tolist() for each in supports], strict=True):
            worse = False
            for player, actions in enumerate(each):
                others = [each[other] if other != player else [0] for other in range(len(SHAPE))]
                for own, instead in itertools.product(actions, range(SHAPE[player])):
                    pays = []
                    for joint in itertools.product(*others):
                        told, other = list(joint), list(joint)
                        told[player], other[player] = own, instead
                        pays.append(table[player][tuple(other)] > table[player][tuple(told)])
                    worse |= all(pays)
            assert (each in left) != worse
            kept, gone = kept + (not worse), gone + worse
    assert kept > 5 and gone > 5


@pytest.mark.parametrize("unit", [2.0**-30, 1.0, 2.0**30])
def test_differences_to_the_first_action_have_the_largest_as_their_unit(unit):
    table = random_table(1) * unit
    table[2] = 7.0
    supports = [np.array([[0, 1], [0, 1]]), np.array([[0, 2], [1, 2]]), np.array([[0, 1], [0, 1]])]
    for player, difference in enumerate(many_players._differences(table, supports)):
        for one, actions in enumerate(zip(*supports, strict=True)):
            restricted = np.moveaxis(table[player][np.ix_(*actions)], player, 0)
            more = restricted[1:] - restricted[:1]
            largest = np.abs(more).max() or 1.0
            np.testing.assert_allclose(difference[one], more / largest, rtol=1e-15)


def newton(steps, monkeypatch, differences, starts):
    monkeypatch.setattr(many_players, "_NEWTON_STEPS", steps)
    return many_players._indifferent(differences, [np.array(each, dtype=float) for each in starts])


def test_linear_equations_take_one_step_however_long_and_more_steps_change_nothing(monkeypatch):
    # Both are indifferent where the other plays (0.05, 0.9, 0.05).
    rows = np.array([[[[-0.9], [0.05], [0.0]], [[0.0], [0.05], [-0.9]]]])
    starts = [[[1 / 3] * 3], [[1 / 3] * 3], [[1.0]]]
    differences = [rows, rows.copy(), np.zeros((1, 0, 3, 3))]
    for steps in (1, 20):
        found = newton(steps, monkeypatch, differences, starts)
        for strategy in found[:2]:
            np.testing.assert_allclose(strategy, [[0.05, 0.9, 0.05]], atol=1e-14)


def test_a_solution_far_from_all_probabilities_is_none(monkeypatch):
    # Indifferent at the "probabilities" -4 and 5, and at 1/2 each.
    far, near = np.array([[[[5.0], [4.0]]]]), np.array([[[[1.0], [-1.0]]]])
    starts = [[[0.5, 0.5]], [[0.5, 0.5]], [[1.0]]]
    found = newton(20, monkeypatch, [far, near, np.zeros((1, 0, 2, 2))], starts)
    assert all(np.isnan(strategy).all() for strategy in found)
    found = newton(20, monkeypatch, [near, near.copy(), np.zeros((1, 0, 2, 2))], starts)
    assert [strategy.tolist() for strategy in found] == [[[0.5, 0.5]], [[0.5, 0.5]], [[1.0]]]


def test_where_three_mix_no_step_is_longer_than_a_half_and_what_has_not_converged_is_kept(monkeypatch):
    table = random_table(2, (2, 2, 2, 200))[:3]
    supports = [np.array([[0, 1]] * 200)] * 3
    differences = [
        np.concatenate(
            [many_players._differences(table[..., one], [each[:1] for each in supports])[player] for one in range(200)]
        )
        for player in range(3)
    ]
    found = newton(1, monkeypatch, differences, [[[0.5, 0.5]] * 200] * 3)
    moved = np.abs(np.stack(found) - 0.5).max(axis=(0, 2))
    assert np.isfinite(moved).all() and moved.max() == pytest.approx(0.5, abs=1e-12) and (moved < 0.49).any()


def test_starts_are_strategies_the_first_in_the_middle_and_no_two_alike():
    support = np.zeros((6, 3), dtype=int)
    np.testing.assert_allclose(many_players._starts(support, range(1)), 1 / 3)
    starts = many_players._starts(support, range(9, 12))
    assert (starts > 0).all() and len(np.unique(starts, axis=0)) == 3
    np.testing.assert_allclose(starts.sum(axis=1), 1.0)
    assert (starts[:3] == starts[3:]).all()


def test_where_two_mix_there_is_one_start_and_none_in_the_second_attempt(monkeypatch):
    payoffs = random_table(3).reshape(3, -1)
    monkeypatch.setattr(many_players, "_GAIN", -1.0)
    indifferent, calls = many_players._indifferent, []
    monkeypatch.setattr(
        many_players,
        "_indifferent",
        lambda differences, now: calls.append((differences, now)) or indifferent(differences, now),
    )
    for attempt, (starts, _) in enumerate(many_players._ATTEMPTS):
        calls.clear()
        many_players.many_players(payoffs[None], SHAPE, attempt)
        seen = {2: 0, 3: 0}
        for differences, now in calls:
            mixing = sum(strategy.shape[1] > 1 for strategy in now)
            rows = np.concatenate([each.reshape(len(each), -1) for each in differences], axis=1)
            alike = np.unique(rows, axis=0, return_counts=True)[1]
            assert (alike == (1 if mixing == 2 else len(starts))).all()
            seen[mixing] += 1
        assert seen[3] and bool(seen[2]) == (attempt != 1)


def test_the_first_policy_whose_gain_is_allowed_is_taken_else_the_first_of_the_nearest(monkeypatch):
    half = many_players.many_players(BYSTANDER[None], (2, 2, 2))[0].reshape(4, 2).sum(axis=0)
    assert half.tolist() == [0.0, 1.0]
    for limit, third in [(0.5, [1.0, 0.0]), (0.499, [0.0, 1.0])]:
        monkeypatch.setattr(many_players, "_GAIN", limit)
        policy = many_players.many_players(BYSTANDER[None], (2, 2, 2))[0]
        assert policy.reshape(4, 2).sum(axis=0).tolist() == third
        assert brute_gain(BYSTANDER, policy, (2, 2, 2), "nash") == (0.5 if third[0] else 0.0)
    monkeypatch.setattr(many_players, "_GAIN", -1.0)
    indifferent = np.array([*BYSTANDER[:2], np.zeros(8)])
    assert many_players.many_players(indifferent[None], (2, 2, 2))[0].reshape(4, 2).sum(axis=0).tolist() == [1.0, 0.0]


def test_gains_are_relative_to_what_a_deviation_changes_only_where_payoffs_are_as_given(monkeypatch):
    # The third player gains 1e-12 in a range of 1 by its second action, and all that it can.
    game = BYSTANDER.copy()
    game[2] = [1e-12, 2e-12, 2e-12, 2e-12, 2e-12, 2e-12, 0, 2e-12]
    for rule, third in [((), 0), ((0, False), 0), ((0, True), 1)]:
        policy = many_players.many_players(game[None], (2, 2, 2), *rule)[0]
        assert policy.reshape(4, 2).sum(axis=0).tolist() == np.eye(2)[third].tolist(), rule


def test_strategies_are_policies_unless_a_probability_of_any_player_is_negative_or_none():
    supports = [np.array([[0, 1]] * 4), np.array([[0, 2]] * 4), np.array([[1]] * 4)]
    first = np.array([[0.25, 0.75], [-0.5, 1.5], [np.nan, np.nan], [1.001, -1e-12]])
    second = np.array([[0.5, 0.5]] * 4)
    policies = list(many_players._policies([first, second, np.ones((4, 1))], supports, (2, 3, 2)))
    assert len(policies) == 2
    marginals = policies[0].reshape(2, 3, 2)
    assert marginals.sum(axis=(1, 2)).tolist() == [0.25, 0.75] and marginals.sum(axis=(0, 2)).tolist() == [0.5, 0, 0.5]
    assert (policies[1] >= 0).all() and math.isclose(policies[1].sum(), 1.0)


def test_equations_are_solved_where_they_can_be_without_a_warning():
    systems = np.random.default_rng(4).normal(size=(5, 3, 4))
    systems[3, 1] = systems[3, 0]  # singular
    systems[4] = 0.0
    systems[4, 0] = [1e-320, 0, 0, 1]
    solutions = many_players._solved(systems.copy())
    for system, solution in zip(systems[:3], solutions, strict=False):
        np.testing.assert_allclose(system[:, :-1] @ solution, system[:, -1], atol=1e-12)
    assert np.isnan(solutions[3:]).any(axis=1).all()
