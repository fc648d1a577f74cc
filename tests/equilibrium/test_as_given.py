"""Payoffs of any size, solved and judged as given: gains relative to what they change, and which way is taken."""

import numpy as np
import pytest

from mornavi_lite.equilibrium import is_product, stage, tableau
from mornavi_lite.equilibrium.wide_ranges import relative_gain
from tests.equilibrium.references import PENNIES, RPS

CHASE = np.array([[0, 1, 0, 1, 3, 0, 3, 0], [5, 5, 0, 0, 0, 0, 5, 5], [2, 0, 0, 1, 2, 0, 0, 1]], dtype=float)
RULES = [("nash", "pure"), ("ce", "pure"), ("cce", "welfare")]


def gain_beside_changes(payoffs, policy, n_actions):
    """The largest gain of a constant deviation, divided by all that it changes."""
    shape, largest = (len(n_actions), *n_actions), 0.0
    table, weight = np.reshape(payoffs, shape), np.reshape(policy, n_actions)
    for player, n in enumerate(n_actions):
        for chosen in range(n):
            change = (np.take(table[player], [chosen], axis=player) - table[player]) * weight
            if change.any():
                largest = max(largest, change.sum() / np.abs(change).sum())
    return largest


@pytest.mark.parametrize("unit", [2.0**-1000, 2.0**-30, 1.0, 2.0**30, 2.0**1000])
def test_a_relative_gain_has_no_unit(unit):
    rng = np.random.default_rng(0)
    for n_actions in [(2, 3), (2, 1, 3), (2, 2, 2)]:
        for _ in range(5):
            payoffs = rng.normal(size=(len(n_actions), int(np.prod(n_actions))))
            policy = rng.dirichlet(np.ones(payoffs.shape[1]))
            units = np.array([unit, 1.0, 1 / unit])[: len(n_actions), None]
            wanted = gain_beside_changes(payoffs, policy, n_actions)
            assert 0 < wanted == pytest.approx(relative_gain(payoffs * units, policy, n_actions, "cce"), rel=1e-12)


def test_where_nobody_can_gain_the_relative_gain_is_0():
    dilemma = np.array([[3, 0, 5, 1], [3, 5, 0, 1]], dtype=float)
    for concept in ("nash", "ce", "cce"):
        assert relative_gain(dilemma, np.eye(4)[3], (2, 2), concept) == 0.0
        assert relative_gain(dilemma, np.eye(4)[0], (2, 2), concept) == 1.0
        assert relative_gain(np.ones((2, 4)), np.eye(4)[0], (2, 2), concept) == 0.0
    # Whoever deviates from this correlated equilibrium loses, and the third player has one action.
    together = np.array([[1.0, 0, 0, 1]] * 3)
    assert relative_gain(together, np.array([0.4, 0.1, 0.1, 0.4]), (2, 2, 1), "ce") == 0.0


def test_a_gain_is_beside_a_deviation_of_the_same_player_that_wins_as_much_as_it_loses():
    # Told its third action, once in 1e13 times, the first player gains by either other one; told one of those, it wins
    # and loses alike by the other. The second player has nothing at stake, or as the only one has what is even.
    policy = np.array([0.25, 0.25, 0.25, 0.25, 1e-13, 0.0])
    even = np.array([1, -1, -1, 1, -1, -1], dtype=float)
    payoffs = np.array([even, np.zeros(6)])
    assert relative_gain(payoffs, policy, (3, 2), "ce") == pytest.approx(2e-13 / 1.0, rel=1e-6)
    alone = np.array([[1, 1, 1, 1, 0, 0], even])
    assert relative_gain(alone, policy, (3, 2), "ce") == 1.0


def test_the_first_way_that_is_good_enough_is_taken_else_the_first_of_the_best(monkeypatch):
    payoffs = np.array([[-1e12, 1, 0, 2], [0, 3, -1e12, 5]])
    milder = np.array([[-30.0, 1, 0, 2], [0, 3, -75.0, 5]])
    ways, before = np.eye(4)[[3, 2, 1]], np.eye(4)[0]
    monkeypatch.setattr(stage, "_exact", lambda given, *rule: ways[0 if given is payoffs else 1])
    monkeypatch.setattr(stage, "_solve", lambda given, *rule: (ways[2:], None))
    for reached, best in [
        ([stage.TOLERANCE, 0.0, 0.0, 0.0], 0),
        ([0.5, 1e-9, 0.0, 0.0], 1),
        ([np.nan, np.nan, 1e-10, 0.0], 2),
        ([np.nan, 0.5, 0.5, 0.25], 3),
        ([0.5, 0.5, 0.5, 0.5], 0),
        ([np.nan, 0.5, 0.25, 0.25], 2),
    ]:
        gains, widths = iter(reached), []
        monkeypatch.setattr(stage, "relative_gain", lambda *args, g=gains, w=widths: w.append(args[4]) or next(g))
        policy, gap = stage._as_given(payoffs, milder.copy(), milder, before, (2, 2), "ce", "pure")
        assert policy.tolist() == [*ways, before][best].tolist() and gap == reached[best]
        # Beside them is half the range of what is in play.
        assert all(width.tolist() == [16.0, 40.0] for width in widths)


@pytest.mark.parametrize(("concept", "select"), RULES)
@pytest.mark.parametrize("units", [(0, 0, 0), (-600, 600, 0), (-1074, 0, 1000), (1021, -1000, 1021)])
def test_in_fractions_no_payoff_is_too_large_or_too_small_for_the_rule(units, concept, select):
    expected = stage._exact(CHASE, (2, 2, 2), concept, select)
    game = np.ldexp(CHASE, np.array(units)[:, None])
    policy = stage._exact(game, (2, 2, 2), concept, "pure" if concept == "nash" else select)
    unit = np.ldexp(game, -np.array(units)[:, None])
    assert relative_gain(unit, policy, (2, 2, 2), concept) <= 1e-9
    if concept == "nash":
        assert is_product(policy, (2, 2, 2))
        np.testing.assert_allclose(policy, expected, atol=1e-9)


@pytest.mark.parametrize(("concept", "select"), RULES)
def test_in_fractions_payoffs_may_all_be_alike_in_total_or_for_one_player(concept, select):
    np.testing.assert_allclose(stage._exact(RPS.astype(float), (3, 3), concept, select).sum(), 1.0)
    policy = stage._exact(RPS.astype(float), (3, 3), concept, select)
    assert relative_gain(RPS.astype(float), policy, (3, 3), concept) <= 1e-9
    chase = np.repeat(CHASE, 2, axis=1).reshape(3, 16)
    game = np.array([*chase, np.zeros(16)])
    policy = stage._exact(game, (2, 2, 2, 2), concept, select)
    assert relative_gain(game, policy, (2, 2, 2, 2), concept) <= 1e-9


@pytest.mark.parametrize("concept", ["ce", "cce"])
@pytest.mark.parametrize("bonus", [2.0**-50, 2.0**-20, 1.0, 2.0**20])
def test_in_fractions_the_highest_total_wins_by_however_little(bonus, concept):
    # To do the same as the other is an equilibrium, in three ways, one of which pays a little more.
    for best in range(3):
        same = np.eye(3)
        same[best, best] += bonus
        policy = stage._exact(np.array([same.ravel(), np.eye(3).ravel()]), (3, 3), concept, "welfare")
        assert policy.tolist() == np.diag(np.eye(3)[best]).ravel().tolist()


def test_in_fractions_the_least_payoff_there_is_decides():
    # The third player gains by its second action, in units of the smallest number: with real numbers that would be 0.
    game = np.array([np.repeat(PENNIES[0], 2), np.repeat(PENNIES[1], 2), [1, 0, 0, 1, 0, 1, 0, 1]], dtype=float)
    for power in (0, -1074, 1000):
        game[2] = np.ldexp([1, 0, 0, 1, 0, 1, 0, 1], power)
        policy = stage._exact(game, (2, 2, 2), "nash", "pure")
        np.testing.assert_allclose(policy, [0, 0.25] * 4, atol=1e-12)


def test_a_division_left_out_leaves_no_number_to_chance(monkeypatch):
    divide = np.divide

    def told_where_to(*args, out=None, where=True):
        assert where is True or out is not None
        return divide(*args, out=out, where=where)

    monkeypatch.setattr(np, "divide", told_where_to)
    game = np.array([*CHASE, np.zeros(8)])
    for concept in ("nash", "ce", "cce"):
        policy = stage.solve_stage(game, (2, 2, 2, 1), concept)
        assert relative_gain(game, policy, (2, 2, 2, 1), concept) <= 1e-8
        assert stage.solve_stage(RPS, (3, 3), concept).max() < 1


@pytest.mark.parametrize("attempt", [0, 1, 2])
def test_each_method_is_told_the_attempt_and_whether_payoffs_are_as_given(monkeypatch, attempt):
    told = []
    for method in ("lemke_howson", "many_players"):
        monkeypatch.setattr(stage, method, lambda payoffs, *args, m=method, **named: told.append((m, *args, named)))
    for exactly, as_given in ((np.asarray, False), (stage.exactly, True)):
        for n_actions in ((2, 1, 2), (2, 1, 3, 2)):
            size = int(np.prod(n_actions))
            payoffs = exactly(np.ones((1, len(n_actions), size)))
            stage._best_mixed(payoffs, payoffs[:, 0], n_actions, "nash", attempt)
        assert told == [
            ("lemke_howson", (2, 2), attempt, {}),
            ("many_players", (2, 3, 2), attempt, {"as_given": as_given}),
        ]
        told.clear()


def test_small_probabilities_are_rounding_errors_unless_they_are_exact():
    amount = np.array([[0.5, 1e-13, -1e-13, 0.25]])
    names = np.array([[2, 0, 1, 7]])
    assert tableau.basic_solution(names, amount, 4).tolist() == [[0, 0, 0.5, 0]]
    assert tableau.basic_solution(names, tableau.exactly(amount), 4).tolist() == [[1e-13, 0, 0.5, 0]]


def test_where_no_way_is_certified_the_one_of_the_least_gain_is_kept(monkeypatch):
    """Four ways, of which the third leaves the least; a gain that is no number is more than any."""
    gains = iter([0.5, 0.7, 0.3, np.nan])
    tried = []

    def gain(payoffs, policy, *_):
        tried.append(policy)
        return next(gains)

    monkeypatch.setattr(stage, "relative_gain", gain)
    payoffs = np.ldexp(PENNIES, 3).reshape(2, 4)
    policy, least = stage._as_given(payoffs, payoffs, payoffs, np.full(4, 0.25), (2, 2), "nash", "pure")
    assert least == 0.3 and policy is tried[2] and len(tried) == 4
