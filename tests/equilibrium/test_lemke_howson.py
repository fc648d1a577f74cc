"""Lemke and Howson's paths: large games, and what happens where the pivots do not suffice."""

from fractions import Fraction

import numpy as np
import pytest

from mornavi_lite.equilibrium import deviation_gain, lemke_howson, solve_stage, stage
from tests.equilibrium.references import PENNIES


def opposed(n, seed=0):
    """A bimatrix game in which what one player gains the other mostly loses."""
    rng = np.random.default_rng(seed)
    first = rng.normal(size=(n, n))
    return np.stack([first.ravel(), (-0.9 * first + 0.436 * rng.normal(size=(n, n))).ravel()])


def test_a_game_of_a_hundred_actions_each_is_solved():
    payoffs = opposed(100)
    policy = solve_stage(payoffs, (100, 100), "nash")
    assert 10 < np.count_nonzero(policy) < 10**4
    assert deviation_gain(payoffs, policy, (100, 100), "nash") <= 1e-9 * np.ptp(payoffs, axis=1).min()


def test_where_the_pivots_do_not_suffice_the_error_says_how_far_they_led(monkeypatch):
    payoffs = opposed(30)
    monkeypatch.setattr(lemke_howson, "_MOST_PIVOTS", 10)
    monkeypatch.setattr(lemke_howson, "_MOST_PIVOTS_PER_ACTION", 0)
    with pytest.raises(RuntimeError, match=r"the best policy found leaves a deviation gain of [1-9].*e-0[1-3] of"):
        solve_stage(payoffs, (30, 30), "nash")


def test_exact_arithmetic_is_left_out_where_it_would_take_long(monkeypatch):
    scaled = stage.rounded(stage.scaled_payoffs(opposed(60)[None])[0])
    exact = []
    monkeypatch.setattr(lemke_howson, "_follow", lambda tableau, *rest: exact.append(tableau.dtype == object))
    lemke_howson.lemke_howson(scaled, (60, 60), 2)
    lemke_howson.lemke_howson(scaled[:, :, :16], (4, 4), 2)
    assert exact == [False, True]
    assert np.isnan(lemke_howson.lemke_howson(lemke_howson.exactly(scaled), (60, 60))).all()


@pytest.mark.parametrize("attempt", [0, 1, 2])
def test_each_attempt_follows_another_path(attempt):
    scaled = stage.rounded(stage.scaled_payoffs(opposed(6, seed=3)[None])[0])
    policy = lemke_howson.lemke_howson(scaled, (6, 6), attempt)
    assert deviation_gain(scaled, policy, (6, 6), "nash") <= 1e-10


def test_exact_arithmetic_is_exact_in_every_entry_and_its_cost_is_that_of_the_tableau(monkeypatch):
    asked, followed = [], []
    monkeypatch.setattr(lemke_howson, "exact_pivots", lambda numbers, *shape: asked.append(shape) or 100)
    monkeypatch.setattr(lemke_howson, "_follow", lambda tableau, *rest: followed.append(tableau))
    lemke_howson.lemke_howson(np.random.default_rng(0).random((1, 2, 6)), (2, 3), 2)
    assert asked == [followed[0].shape[1:]]
    assert all(isinstance(entry, Fraction) for entry in followed[0].flat)


@pytest.mark.parametrize("together", [0, 1, 3, 7, 100])
def test_games_are_followed_few_at_a_time_and_each_once(monkeypatch, together):
    payoffs = np.random.default_rng(1).random((7, 2, 6))
    expected = lemke_howson.lemke_howson(payoffs, (2, 3))
    follow, parts = lemke_howson._follow, []
    monkeypatch.setattr(lemke_howson, "CHUNK", together * 5 * 7)
    monkeypatch.setattr(
        lemke_howson, "_follow", lambda tableau, *rest: parts.append(len(tableau)) or follow(tableau, *rest)
    )
    assert lemke_howson.lemke_howson(payoffs, (2, 3)).tobytes() == expected.tobytes()
    each = min(max(together, 1), 7)
    assert parts == [each] * (7 // each) + [7 % each] * (7 % each > 0)


def test_the_first_attempt_is_that_from_the_first_label():
    # To do the same as the other is an equilibrium; the path of an action leads to where it is played.
    same = np.eye(2).ravel()[None, None].repeat(2, axis=1)
    ways = [lemke_howson.lemke_howson(same, (2, 2), *attempt)[0].tolist() for attempt in ((), (0,), (1,))]
    assert ways == [[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]


def test_differences_that_are_rounding_errors_of_real_numbers_count_in_fractions():
    nearly = 0.5 + 1e-12 * PENNIES[None]
    fractions = lemke_howson.lemke_howson(lemke_howson.exactly(nearly), (2, 2))
    np.testing.assert_allclose(fractions, 0.25, atol=1e-3)
    assert not np.allclose(lemke_howson.lemke_howson(nearly, (2, 2)), fractions, atol=0.1)


def test_ties_are_broken_by_the_second_right_hand_side_and_a_game_without_a_pivot_is_stuck():
    tableau = np.array(
        [
            [[1.0, 0.0, 1.0, 5.0], [2.0, 0.0, 2.0, 4.0], [1.0, 0.0, 2.0, 0.0]],  # a tie of two, the second is less
            [[1.0, 0.0, 1.0, 1.0], [2.0, 0.0, 2.0, 4.0], [-1.0, 0.0, -9.0, -9.0]],
            [[0.0, 1.0, 1.0, 1.0], [-1.0, 1.0, 1.0, 1.0], [1e-12, 1.0, 1.0, 1.0]],
        ]
    )
    row, stuck = lemke_howson._leaving_row(tableau, np.zeros(3, dtype=int), 1e-9)
    assert row[:2].tolist() == [1, 0] and stuck.tolist() == [False, False, True]


def test_a_game_that_is_given_up_warns_of_nothing_and_leaves_those_beside_it_alone():
    payoffs = np.random.default_rng(2).random((3, 2, 4))
    tableau = lemke_howson._starting_tableau(payoffs, 2, 2)
    tableau[0] = 0.0
    tableau[0, :, -2:] = 1.0
    tableau[1, :, 0] = 1e-320
    strategy = np.full((3, 4), np.nan)
    lemke_howson._follow(tableau, 0, 50, strategy)
    alone = lemke_howson.lemke_howson(payoffs[2:], (2, 2))[0]
    joint = np.multiply.outer(strategy[2, :2], strategy[2, 2:]).ravel()
    np.testing.assert_allclose(joint / joint.sum(), alone, rtol=1e-12)
