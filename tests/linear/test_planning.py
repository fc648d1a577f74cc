"""Planning with factors: the tabular planner where features are one-hot, a linear program where they are not."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog, minimize_scalar

import mornavi_lite
from mornavi_lite import ChiSquare, Contamination, KullbackLeibler, Nominal, TotalVariation
from mornavi_lite.linear import LinearGame, best_response, equilibrium_gap, evaluate, five_states, solve
from mornavi_lite.uncertainty import UncertaintySet
from tests.linear.games import random_game, random_policy

BALLS: list[Any] = [
    Nominal(),
    TotalVariation(0.2),
    TotalVariation(0.2, shift_support=False),
    KullbackLeibler(0.1),
    ChiSquare(0.3),
    Contamination(0.15),
    [TotalVariation(0.3), KullbackLeibler(0.05), ChiSquare(0.2)],
]


@pytest.mark.parametrize("ball", BALLS, ids=str)
def test_one_hot_features_give_the_tabular_planner(ball: Any) -> None:
    for seed in range(2):
        game = random_game(seed, one_hot=True)
        joint, policy = game.tabular(), random_policy(game, seed)
        for ours, theirs in ((evaluate, mornavi_lite.evaluate), (best_response, mornavi_lite.best_response)):
            np.testing.assert_allclose(ours(game, policy, ball), theirs(joint, policy, ball), rtol=0, atol=1e-12)
        for concept in ("cce", "ce"):
            mine = equilibrium_gap(game, policy, ball, concept)
            assert mine == pytest.approx(mornavi_lite.equilibrium_gap(joint, policy, ball, concept), abs=1e-12)
            found, expected = solve(game, ball, concept), mornavi_lite.solve(joint, ball, concept)
            np.testing.assert_allclose(found.value, expected.value, rtol=0, atol=1e-9)
            assert found.gap <= 1e-9


def test_radii_of_factors_are_those_of_their_rows() -> None:
    game, rng = random_game(3, one_hot=True), np.random.default_rng(0)
    which, policy = game.features.argmax(axis=-1), random_policy(game, 1)
    for make in (TotalVariation, KullbackLeibler, ChiSquare):
        radii = rng.uniform(0.0, 0.3, size=(3, 3))
        by_row = np.take_along_axis(radii[:, None, :], which.reshape(3, 1, -1), axis=2).reshape(which.shape)
        mine, theirs = make(radii), make(by_row)
        np.testing.assert_allclose(
            evaluate(game, policy, mine), mornavi_lite.evaluate(game.tabular(), policy, theirs), rtol=0, atol=1e-12
        )
        one = make(radii[0])  # the same at each step
        np.testing.assert_array_equal(
            evaluate(game, policy, one), evaluate(game, policy, make(np.tile(radii[0], (3, 1))))
        )
    with pytest.raises(ValueError, match=r"radius must broadcast to \(H, d\) = \(3, 3\), got shape \(2, 3\)"):
        evaluate(game, policy, TotalVariation(radii[:2]))


def program(ball: UncertaintySet, weights: np.ndarray, factors: np.ndarray, value: np.ndarray) -> float:
    """min of sum_j w_j q_j . v over all factors' balls at once: one linear program, or a dual for each factor."""
    d, n = factors.shape
    radius = float(np.asarray(ball.radius))
    if isinstance(ball, (TotalVariation, Contamination)):
        cost, tight, bound = [], [], []
        for j in range(d):  # variables: q_j, then |q_j - mu_j| or nothing
            cost += [*(weights[j] * value), *np.zeros(n)]
        equal = np.zeros((d, 2 * d * n))
        for j in range(d):
            equal[j, 2 * j * n : 2 * j * n + n] = 1
            for s in range(n):
                for sign in (1, -1):
                    row = np.zeros(2 * d * n)
                    row[2 * j * n + s], row[2 * j * n + n + s] = sign, -1
                    tight.append(row)
                    bound.append(sign * factors[j, s])
            row = np.zeros(2 * d * n)
            row[2 * j * n + n : 2 * j * n + 2 * n] = 0.5
            tight.append(row)
            bound.append(radius if isinstance(ball, TotalVariation) else 1.0)
        limits = []
        for j in range(d):
            for s in range(n):
                low = (1 - radius) * factors[j, s] if isinstance(ball, Contamination) else 0.0
                inside = isinstance(ball, TotalVariation) and not ball.shift_support and factors[j, s] == 0
                limits.append((low, 0.0 if inside else 1.0))
            limits += [(0, None)] * n
        found = linprog(cost, np.array(tight), bound, equal, np.ones(d), limits)
        assert found.status == 0
        return float(found.fun)
    total = 0.0
    for j in range(d):
        p, v = factors[j][factors[j] > 0], value[factors[j] > 0]
        if isinstance(ball, KullbackLeibler):

            def dual(log: float, p: np.ndarray = p, v: np.ndarray = v) -> float:
                level = np.exp(log)
                return float(-(v.min() - level * np.log(p @ np.exp(-(v - v.min()) / level)) - level * radius))
        else:

            def dual(log: float, p: np.ndarray = p, v: np.ndarray = v) -> float:
                cut = np.minimum(v, v.min() + np.exp(log))
                return float(-(p @ cut - np.sqrt(radius * max(p @ cut**2 - (p @ cut) ** 2, 0.0))))

        tries = [
            minimize_scalar(dual, bounds=(a, a + 5), method="bounded", options={"xatol": 1e-10})
            for a in np.arange(-25.0, 5.0, 5.0)
        ]
        total += weights[j] * max(-each.fun for each in tries)
    return total


@pytest.mark.parametrize("ball", BALLS[1:6], ids=str)
def test_soft_features_against_a_program_over_all_factors(ball: UncertaintySet) -> None:
    """Values by loops over players, steps, states and joint actions, each with its own program."""
    game = random_game(5, (2, 2), n_states=3, horizon=2)
    policy = random_policy(game, 2)
    value = np.zeros((2, 3, 3))
    for i, h, s in itertools.product(range(2), (1, 0), range(3)):
        for a in range(4):
            worst = program(ball, game.features[h, s, a], game.factors[h], value[i, h + 1])
            value[i, h, s] += policy[h, s, a] * (game.reward[i, h, s, a] + worst)
    np.testing.assert_allclose(evaluate(game, policy, ball), value, rtol=0, atol=1e-7)


@pytest.mark.parametrize("ball", BALLS[1:6], ids=str)
def test_the_set_around_factors_lies_in_that_around_rows(ball: UncertaintySet) -> None:
    """So its values are at least as high: strictly, but for contamination, which is linear in the row."""
    game = random_game(6)
    policy = random_policy(game, 3)
    ours, theirs = evaluate(game, policy, ball), mornavi_lite.evaluate(game.tabular(), policy, ball)
    assert (ours >= theirs - 1e-12).all()
    apart = float((ours - theirs).max())
    assert apart < 1e-12 if isinstance(ball, Contamination) else apart > 1e-3


def test_a_best_response_is_the_best_pure_policy_of_each_player() -> None:
    game, ball = random_game(7, (2, 3), n_states=2, horizon=2), [TotalVariation(0.1), KullbackLeibler(0.3)]
    policy = random_policy(game, 4)
    found = best_response(game, policy, ball)
    for i, own in enumerate(game.n_actions):
        best = -np.inf
        shaped = policy.reshape(2, 2, 2, 3)
        others = shaped.sum(axis=2 + i)
        for picks in itertools.product(range(own), repeat=4):
            deviated = np.zeros_like(shaped)
            for (h, s), pick in zip(itertools.product(range(2), repeat=2), picks, strict=True):
                if i == 0:
                    deviated[h, s, pick] = others[h, s]
                else:
                    deviated[h, s, :, pick] = others[h, s]
            best = max(best, evaluate(game, deviated.reshape(policy.shape), ball)[i, 0] @ game.initial)
        assert found[i, 0] @ game.initial == pytest.approx(best, abs=1e-10)


@pytest.mark.parametrize("concept", ["cce", "ce", "nash"])
def test_solutions_are_equilibria(concept: str) -> None:
    ball: Any = [TotalVariation(0.2), ChiSquare(0.1)]
    game = random_game(8, (3, 2), n_states=6)
    found = solve(game, ball, concept)
    assert equilibrium_gap(game, found.policy, ball, concept) == found.gap <= 1e-9
    np.testing.assert_allclose(evaluate(game, found.policy, ball), found.value, rtol=0, atol=1e-9)
    nominal = solve(game, Nominal(), concept)
    assert equilibrium_gap(game, nominal.policy, ball, concept) > 1e-3
    assert found.about.uncertainty.endswith("around 3 factors") and found.about.visits is not None
    np.testing.assert_allclose(found.about.visits, visits_by_rows(game, found.policy), rtol=0, atol=1e-12)


def visits_by_rows(game: LinearGame, policy: np.ndarray) -> np.ndarray:
    visits = [game.initial]
    for h in range(game.horizon - 1):
        visits.append(np.einsum("s,sa,sat->t", visits[-1], policy[h], game.transition[h]))
    return np.stack(visits)


def test_robust_and_not_robust_part_in_the_five_states() -> None:
    game = five_states()
    radius = np.zeros((3, 4))
    radius[0, 3] = 0.3
    robust, plain = solve(game, TotalVariation(radius)), solve(game, Nominal())
    assert robust.policy[0, 0].argmax() == 0 and plain.policy[0, 0].argmax() == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: solve(five_states().tabular(), Nominal()), "game must be a LinearGame, got MarkovGame"),
        (lambda: solve(five_states(), 0.1), "uncertainty must be an uncertainty set"),
        (lambda: solve(five_states(), Nominal(), "best"), "concept must be one of"),
        (lambda: solve(five_states(), [Nominal()] * 3), "uncertainty must have one set per player, 2, got 3"),
        (lambda: evaluate(five_states(), np.ones((3, 5, 4)), Nominal()), r"policy\[0, 0\] must sum to 1"),
        (
            lambda: equilibrium_gap(five_states(), np.tile([0.5, 0, 0, 0.5], (3, 5, 1)), Nominal(), "nash"),
            r"policy\[0, 0\]",
        ),
    ],
)
def test_bad_input_is_named(make: object, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()  # type: ignore[operator]
