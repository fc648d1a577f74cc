"""The dual simplex: floating point against exact fractions."""

import numpy as np
import pytest

from mornavi_lite.equilibrium import (
    deviation_gain,
    dual_simplex,
    solve_stage,
    stage,
)
from mornavi_lite.equilibrium.wide_ranges import stakes


@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_exact_arithmetic_agrees(concept):
    scaled, width, exponent = stage.scaled_payoffs(np.random.default_rng(15).normal(size=(30, 2, 9)))
    total = stage.total_payoff(scaled, width, exponent)
    usual, exact = (dual_simplex.correlated(scaled, total, (3, 3), concept, attempt) for attempt in (0, 2))
    np.testing.assert_allclose(usual, exact, atol=1e-10)


@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_where_the_pivots_do_not_suffice_the_error_says_how_far_they_led(monkeypatch, concept):
    # Without a pure equilibrium, and the start is none.
    payoffs = np.random.default_rng(2).normal(size=(40, 2, 16))
    payoffs = payoffs[solve_stage(payoffs, (4, 4), concept).max(axis=1) < 1][:1]
    monkeypatch.setattr(dual_simplex, "_MOST_PIVOTS", 0)
    with pytest.raises(RuntimeError, match=r"the best policy found leaves a deviation gain of [1-9].*e-0[0-3] of"):
        solve_stage(payoffs, (4, 4), concept)


def test_exact_arithmetic_is_left_out_where_it_would_take_long(monkeypatch):
    exact = []
    mend = dual_simplex._mend
    monkeypatch.setattr(
        dual_simplex, "_mend", lambda tableau, *rest: exact.append(tableau.dtype == object) or mend(tableau, *rest)
    )
    for n in (3, 10):
        payoffs = np.random.default_rng(n).random((1, 2, n * n))
        scaled, width, exponent = stage.scaled_payoffs(payoffs)
        total = stage.total_payoff(scaled, width, exponent)
        policy = dual_simplex.correlated(stage.rounded(scaled), total, (n, n), "ce", 2)
        assert deviation_gain(payoffs, policy, (n, n), "ce") <= 1e-9
    assert exact == [True, False]
    too_large = dual_simplex.exactly(scaled), dual_simplex.exactly(total)
    assert np.isnan(dual_simplex.correlated(*too_large, (10, 10), "ce")).all()


def pennies(n=1):
    """Scaled payoffs and totals of games without a pure equilibrium, in which what one gains the other mostly loses."""
    table = np.array([[1.0, 0, 0, 1], [0, 1, 0.75, 0]])
    return np.repeat(table[None], n, axis=0), np.repeat(table.sum(axis=0)[None], n, axis=0) / 2


@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_exact_arithmetic_is_exact_in_every_entry_and_its_cost_is_that_of_the_tableau(monkeypatch, concept):
    asked, mended = [], []
    monkeypatch.setattr(dual_simplex, "exact_pivots", lambda numbers, *shape: asked.append(shape) or 100)
    monkeypatch.setattr(dual_simplex, "_mend", lambda tableau, *rest: mended.append(tableau))
    rng = np.random.default_rng(3)
    dual_simplex.correlated(rng.random((1, 2, 6)), rng.random((1, 6)), (2, 3), concept, 2)
    assert asked == [mended[0].shape[1:]]
    assert not any(isinstance(entry, float) for entry in mended[0].flat)


@pytest.mark.parametrize("together", [0, 1, 3, 7, 100])
def test_games_are_mended_few_at_a_time_and_each_once(monkeypatch, together):
    rng = np.random.default_rng(4)
    payoffs, welfare = rng.random((7, 2, 6)), rng.random((7, 6))
    expected = dual_simplex.correlated(payoffs, welfare, (2, 3), "cce")
    mend, parts = dual_simplex._mend, []
    monkeypatch.setattr(dual_simplex, "CHUNK", together * (5 + 2) * 6)
    monkeypatch.setattr(
        dual_simplex, "_mend", lambda tableau, *rest: parts.append(len(tableau)) or mend(tableau, *rest)
    )
    assert dual_simplex.correlated(payoffs, welfare, (2, 3), "cce").tobytes() == expected.tobytes()
    each = min(max(together, 1), 7)
    assert parts == [each] * (7 // each) + [7 % each] * (7 % each > 0)


@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_the_second_attempt_alone_leaves_a_gain_and_not_more_than_it_may(concept):
    payoffs, welfare = pennies()
    first, other, second = (
        dual_simplex.correlated(payoffs, welfare, (2, 2), concept, *attempt) for attempt in ((), (0,), (1,))
    )
    assert first.tobytes() == other.tobytes()
    assert deviation_gain(payoffs, first, (2, 2), concept) <= 1e-15
    assert 1e-10 < deviation_gain(payoffs, second, (2, 2), concept)[0] <= 2.5e-10 * (1 + 1e-5)
    np.testing.assert_allclose(second, first, atol=1e-8)


def test_ties_of_the_total_alone_are_broken_by_noise():
    # All mass on either of two joint actions is an equilibrium, one of which pays 1e-4 more in total.
    payoffs = np.array([[[1.0, 0, 0, 1]] * 2])
    for attempt in (0, 1, 2):
        for best in (0, 3):
            welfare = np.array([[0.5, 0, 0, 0.5]])
            welfare[0, best] += 1e-4
            policy = dual_simplex.correlated(payoffs, welfare, (2, 2), "ce", attempt)
            assert policy[0].tolist() == np.eye(4)[best].tolist()


def test_an_inequality_that_is_met_exactly_takes_no_pivot(monkeypatch):
    # In the best joint action the first player is indifferent between its two actions.
    payoffs, welfare = np.array([[[1.0, 0, 1, 0.5], [1, 0, 0, 0.5]]]), np.array([[1.0, 0, 0, 0]])
    monkeypatch.setattr(dual_simplex, "pivot", None)
    for exactly in (np.asarray, dual_simplex.exactly):
        for concept in ("ce", "cce"):
            policy = dual_simplex.correlated(exactly(payoffs), exactly(welfare), (2, 2), concept)
            assert policy.tolist() == [[1, 0, 0, 0]]


def test_without_a_pivot_the_policy_is_that_of_the_start(monkeypatch):
    payoffs, welfare = pennies(2)
    welfare[:] = [[0.8, 0.2, 0.1, 0.3], [0.1, 0.2, 0.9, 0.3]]
    monkeypatch.setattr(dual_simplex, "_MOST_PIVOTS", 0)
    for concept in ("ce", "cce"):
        policy = dual_simplex.correlated(payoffs, welfare, (2, 2), concept)
        assert policy.tolist() == np.eye(4)[welfare.argmax(axis=1)].tolist()


def test_a_game_that_no_column_can_mend_is_left_and_those_beside_it_are_mended():
    payoffs, welfare = pennies(2)
    expected = dual_simplex.correlated(payoffs, welfare, (2, 2), "cce")[1]
    tableau, row_name, column_name = dual_simplex._starting_tableau(payoffs, welfare, (2, 2), "cce", 0.0)
    start = int(row_name[0, -1])
    tableau[0, :-1, :-1], tableau[0, 0, -1] = 0.0, -1.0
    policy = np.full((2, 4), np.nan)
    dual_simplex._mend(tableau, row_name, column_name, 50, policy)
    assert policy[0].tolist() == np.eye(4)[start].tolist()
    np.testing.assert_allclose(policy[1] / policy[1].sum(), expected, atol=1e-12)


@pytest.mark.parametrize("pivots", [0, 1, 2])
def test_where_the_pivots_end_the_probabilities_are_those_of_the_last_basis(pivots):
    rng, seen = np.random.default_rng(5), 0
    for _ in range(20):
        payoffs, welfare = rng.random((1, 2, 9)), rng.random((1, 9))
        tableau, *names = dual_simplex._starting_tableau(payoffs, welfare, (3, 3), "cce", 0.0)
        policy = np.full((1, 9), np.nan)
        dual_simplex._mend(tableau, *names, pivots, policy)
        # Negative ones are left out of a policy; without one, each pivot has made a deviation gain nothing.
        if np.count_nonzero(policy) == pivots + 1:
            seen += 1
            assert policy.sum() == pytest.approx(1.0, abs=1e-12)
            _, gain, size = stakes(payoffs[0], policy[0], (3, 3), "cce")
            assert np.count_nonzero((np.abs(gain) < 1e-12) & (size > 1e-6)) == pivots
    assert seen >= 3
