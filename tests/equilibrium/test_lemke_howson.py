"""Lemke and Howson's paths: large games, and what happens where the pivots do not suffice."""

import numpy as np
import pytest

from mornavi_lite.equilibrium import deviation_gain, lemke_howson, solve_stage, stage


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
