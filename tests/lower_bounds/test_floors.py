"""The floor of a certificate: its recursion, its ends, and what learners reach on games that are made for it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mornavi_lite import MarkovGame, Mornavi, Nominal, TotalVariation, equilibrium_gap, evaluate, run, zoo
from mornavi_lite.lower_bounds import certificate_floor, look_alike


def by_recursion(horizon: int, radius: Fraction) -> Fraction:
    """Step by step, from the end: mass that was moved lands on something worth from 0 to all that is left."""
    apart = Fraction(0)
    for left in range(1, horizon + 1):
        apart = (1 - radius) * apart + radius * (left - 1)
    return apart


def longer_shift(horizon: int) -> MarkovGame:
    """``support_shift`` with another number of steps: the decision stays at the second one."""
    game = zoo.support_shift(theta=0)
    steps = [0, 1, *[2] * horizon][:horizon]
    return MarkovGame(game.transition[steps], game.reward[:, steps], game.n_actions)


@pytest.mark.parametrize("horizon", [1, 2, 3, 7, 40])
@pytest.mark.parametrize("radius", ["0", "1/1000000000000", "1/7", "1/5", "1/2", "99/100", "1"])
def test_it_is_the_recursion_and_the_closed_form(horizon: int, radius: str) -> None:
    exact = by_recursion(horizon, Fraction(radius))
    assert certificate_floor(horizon, float(Fraction(radius))) == pytest.approx(float(exact), rel=1e-13, abs=0)
    if Fraction(radius) > 0:
        assert exact == horizon - (1 - (1 - Fraction(radius)) ** horizon) / Fraction(radius)


def test_it_grows_with_horizon_and_radius_from_nothing_to_all_but_the_first_step() -> None:
    radii = np.linspace(0, 1, 21).tolist()
    table = np.array([[certificate_floor(n, radius) for radius in radii] for n in range(1, 8)])
    assert (table[0] == 0).all() and (table[:, 0] == 0).all() and (table[:, -1] == np.arange(7)).all()
    assert (np.diff(table[1:], axis=1) > 0).all() and (np.diff(table[:, 1:], axis=0) > 0).all()
    assert type(certificate_floor(3, 1)) is float


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((0, 0.1), "horizon"),
        ((2.5, 0.1), "horizon"),
        (("3", 0.1), "horizon"),
        ((3, -0.1), "radius"),
        ((3, 1.5), "radius"),
        ((3, float("nan")), "radius"),
        ((3, [0.1, 0.2]), "radius"),
    ],
)
def test_wrong_arguments_are_named(arguments: Any, said: str) -> None:
    with pytest.raises((ValueError, TypeError), match=said):
        certificate_floor(*arguments)


@pytest.mark.parametrize(("horizon", "radius"), [(2, 0.5), (5, 0.1)])
def test_learners_reach_it_from_above_where_visited_states_pay_the_most(horizon: int, radius: float) -> None:
    history = run(Mornavi(TotalVariation(radius)), longer_shift(horizon), 10**12)
    above = history.certificate - certificate_floor(horizon, radius)
    assert (above >= -1e-9).all() and above.min() < 1e-9


def test_two_worlds_of_one_look_are_apart_by_the_floor() -> None:
    """The bad state pays the most, or nothing: bounds that are right in both cannot be closer."""
    for horizon, radius in ((3, 0.2), (6, 0.35)):
        values = []
        for pays in (0.0, 1.0):
            kernel = np.broadcast_to(np.eye(2)[None, :, None, :], (horizon, 2, 2, 2))
            reward = np.ones((1, horizon, 2, 2))
            reward[:, :, 1] = pays
            game = MarkovGame(kernel, reward, (2,))
            policy = np.full((horizon, 2, 2), 0.5)
            values.append(evaluate(game, policy, TotalVariation(radius))[0, 0, 0])
        assert values[1] - values[0] == pytest.approx(certificate_floor(horizon, radius), abs=1e-12)


@pytest.mark.parametrize(("horizon", "radius", "n_actions"), [(3, 0.2, 2), (5, 0.1, 3)])
def test_gaps_are_on_average_a_share_of_it_whatever_the_plan(horizon: int, radius: float, n_actions: int) -> None:
    """In world theta the state that is never reached pays for action theta alone."""
    rng = np.random.default_rng(2)
    kernel = np.broadcast_to(np.eye(2)[:, None, :], (horizon, 2, n_actions, 2))
    worlds = []
    for theta in range(n_actions):
        reward = np.ones((1, horizon, 2, n_actions))
        reward[:, :, 1] = np.eye(n_actions)[theta]
        worlds.append(MarkovGame(kernel, reward, (n_actions,)))
    assert all(look_alike(worlds[0], world) for world in worlds)
    for _ in range(5):
        policy = rng.dirichlet(np.full(n_actions, 0.5), size=(horizon, 2))
        gaps = [equilibrium_gap(world, policy, TotalVariation(radius), "cce") for world in worlds]
        assert np.mean(gaps) == pytest.approx((1 - 1 / n_actions) * certificate_floor(horizon, radius), abs=1e-12)


@pytest.mark.parametrize(
    ("game", "radius"),
    [
        pytest.param(zoo.delayed_coordination(), 0.3, marks=pytest.mark.slow),
        pytest.param(zoo.traffic_merge(), 0.1, marks=pytest.mark.slow),
        (zoo.garnet(4, (2, 3, 1), 3, 2, seed=3), 0.1),
    ],
)
def test_elsewhere_certificates_end_below_it(game: MarkovGame, radius: float) -> None:
    """Three players, unequal numbers of actions, random rows: what is visited is known, and no certificate is above."""
    history = run(Mornavi(TotalVariation(radius)), game, 10**7)
    assert history.best_certificate < certificate_floor(game.horizon, radius) + 1e-3


def test_without_a_ball_there_is_no_floor() -> None:
    assert run(Mornavi(Nominal()), longer_shift(4), 10**12).best_certificate < 1e-9
