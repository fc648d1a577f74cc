"""Planning of anonymous games against the same games with an entry for each joint action, and against each other."""

from __future__ import annotations

import numpy as np
import pytest

import mornavi_lite
from mornavi_lite import ChiSquare, Contamination, KullbackLeibler, Nominal, TotalVariation
from mornavi_lite.anonymous import (
    AnonymousGame,
    best_response,
    bridge_and_tunnel,
    equilibrium_gap,
    evaluate,
    more_actions,
    planning,
    solve,
)
from tests.anonymous.games import crowded_game, random_game, random_policy

BALLS = [Nominal(), TotalVariation(0.2), KullbackLeibler(0.3), ChiSquare(0.1), Contamination(0.1)]


@pytest.mark.parametrize("ball", BALLS, ids=repr)
@pytest.mark.parametrize(("m", "n"), [(1, 2), (2, 3), (3, 2), (4, 2)])
def test_values_are_those_of_joint_actions(ball: object, m: int, n: int) -> None:
    game = random_game(m + n, m, n)
    joint, policy = game.tabular(), random_policy(game, 3)
    together = game.joint_policy(policy)
    value = mornavi_lite.evaluate(joint, together, ball)
    np.testing.assert_allclose(evaluate(game, policy, ball), value[:1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(value, np.broadcast_to(value[:1], value.shape), rtol=0, atol=1e-12)
    deviation = mornavi_lite.best_response(joint, together, ball)
    np.testing.assert_allclose(best_response(game, policy, ball), deviation[:1], rtol=0, atol=1e-12)
    gap = mornavi_lite.equilibrium_gap(joint, together, ball, "nash")
    assert equilibrium_gap(game, policy, ball) == pytest.approx(gap, abs=1e-12) and gap > 0.01


def test_a_radius_for_each_row_of_profiles() -> None:
    game = random_game(1, 3)
    policy, radius = random_policy(game, 1), np.random.default_rng(0).random(game.transition.shape[:3])
    by_profile = evaluate(game, policy, TotalVariation(radius))
    of = game.shared_rows() % game.n_profiles
    h, s, _ = np.indices(of.shape)
    by_joint = mornavi_lite.evaluate(game.tabular(), game.joint_policy(policy), TotalVariation(radius[h, s, of]))
    np.testing.assert_allclose(by_profile, by_joint[:1], rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="radius must broadcast"):
        evaluate(game, policy, TotalVariation(np.zeros((2, 3, 8))))


@pytest.mark.parametrize("ball", BALLS, ids=repr)
@pytest.mark.parametrize(("m", "n"), [(1, 1), (1, 3), (2, 2), (3, 2), (50, 2), (3, 3), (12, 3), (4, 4)])
def test_solutions_are_equilibria(ball: object, m: int, n: int) -> None:
    game = (random_game if n < 3 else crowded_game)(m, m, n)
    policy, value, gap = solve(game, ball)
    assert gap <= 1e-9 and gap == equilibrium_gap(game, policy, ball)
    np.testing.assert_allclose(value, evaluate(game, policy, ball), rtol=0, atol=1e-12)
    if m <= 4:
        assert mornavi_lite.equilibrium_gap(game.tabular(), game.joint_policy(policy), ball, "nash") <= 1e-9


def test_the_equilibrium_of_the_highest_payoff_is_taken() -> None:
    """Two drivers who are best off on the same lane, better on lane 0; by a coin they are worst off."""
    rows = np.ones((1, 1, 3, 1))
    for first, second, wanted in ((1.0, 0.5, 1.0), (0.5, 1.0, 0.0), (0.7, 0.7, 1.0)):
        game = AnonymousGame(2, 2, rows, [[[[0, 0, first], [second, 0, 0]]]])
        policy, value, _ = solve(game, Nominal())
        assert policy[0, 0].tolist() == [wanted, 1 - wanted] and value[0, 0, 0] == max(first, second)


def test_two_thousand_players_are_planned_with_a_gap_of_nothing() -> None:
    for game in (bridge_and_tunnel().with_players(2000), random_game(0, 2000, n_states=2)):
        assert solve(game, TotalVariation(0.1)).gap <= 1e-9


def test_what_prints_says_whose_value_it_is() -> None:
    text = repr(solve(bridge_and_tunnel().with_players(600), TotalVariation(0.1)))
    assert "bridge and tunnel, one of 600 players" in text and "nash" in text


def test_an_equilibrium_that_is_not_found_is_an_error_with_the_gap_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    game = crowded_game(0, 3, 3)

    def astray(against: np.ndarray, n_players: int) -> tuple[np.ndarray, np.ndarray]:
        start = np.full((1, 3), 1 / 3)
        return start, more_actions.gain(against, n_players, start)

    monkeypatch.setattr(planning, "found_equilibria", astray)
    with pytest.raises(RuntimeError, match=r"step 1, state 0: no symmetric equilibrium .* gap reached is 0\.\d+"):
        solve(game, Nominal())


def test_a_plan_that_is_no_equilibrium_is_an_error_with_its_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    game = crowded_game(0, 3, 3)
    even = np.full((game.n_states, 3), 1 / 3)
    monkeypatch.setattr(planning, "stage_equilibria", lambda *_: even)
    with pytest.raises(RuntimeError, match=r"the policy found has a gap of 0\.\d+: not certified"):
        solve(game, Nominal())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda game: solve(mornavi_lite.zoo.patrol(), Nominal()), "game must be an AnonymousGame"),
        (lambda game: solve(game, [Nominal()] * 3), "uncertainty must have one set per player, 1, got 3"),
        (lambda game: evaluate(game, np.zeros((2, 3, 2)), Nominal()), r"policy\[0, 0\] must sum to 1"),
        (lambda game: game.gap_and_value(np.full((2, 3, 2), 0.5), [Nominal()], "cce"), "concept must be one of 'nash'"),
        (lambda game: solve(random_game(0, 1, 11), Nominal()), "n_actions must be at most 10"),
    ],
)
def test_bad_input_is_named(call: object, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call(random_game(0, 3))  # type: ignore[operator]
