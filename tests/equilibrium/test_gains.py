"""Deviation gains and values: the best of all deviations, by brute force."""

import numpy as np
import pytest

from mornavi_lite.equilibrium import (
    deviation_gain,
    deviation_value,
    deviations,
    is_product,
)
from tests.equilibrium.references import PENNIES, SMALL, brute_gain, brute_value, mixed_policies

# Gains


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
@pytest.mark.parametrize("n_actions", SMALL)
def test_gain_and_value_are_the_best_of_all_deviations(n_actions, concept):
    rng = np.random.default_rng(1)
    payoffs = rng.normal(size=(4, len(n_actions), int(np.prod(n_actions))))
    policy = mixed_policies(rng, 4, n_actions, concept)
    gain = deviation_gain(payoffs, policy, n_actions, concept)
    for g in range(4):
        assert gain[g] == pytest.approx(brute_gain(payoffs[g], policy[g], n_actions, concept), abs=1e-12)
        for i in range(len(n_actions)):
            value = deviation_value(payoffs[g, i], policy[g], n_actions, i, concept)
            assert value == pytest.approx(brute_value(payoffs[g, i], policy[g], n_actions, i, concept), abs=1e-12)


def test_gain_is_in_payoff_units_whatever_their_size():
    policy = np.array([0.5, 0, 0.25, 0.25])
    gain = float(deviation_gain(PENNIES, policy, (2, 2), "cce"))
    for scale in (2.0**-1000, 1e-5, 3.0, 2.0**1000):
        assert float(deviation_gain(PENNIES * scale, policy, (2, 2), "cce")) == pytest.approx(gain * scale, rel=1e-14)
    assert float(deviation_gain(1e8 + PENNIES, policy, (2, 2), "cce")) == pytest.approx(gain, rel=1e-12)
    huge = np.array([[1, -1, -1, 1], [0, 0, 0, 0]]) * 1.7e308
    assert deviation_gain(huge, [0.5, 0.25, 0.125, 0.125], (2, 2), "cce") == 0


def test_gain_is_never_negative_where_following_beats_every_deviation():
    game, policy = [[1, 0, 0, 1]] * 2, [0.5, 0, 0, 0.5]
    assert float(deviation_gain(game, policy, (2, 2), "cce")) == 0
    assert float(deviation_value(game[0], policy, (2, 2), 0, "cce")) == 0.5
    assert float(deviation_value(game[0], policy, (2, 2), 0, "ce")) == 1


def test_a_product_policy_is_recognised():
    rng = np.random.default_rng(2)
    for n_actions in SMALL:
        policy = mixed_policies(rng, 3, n_actions, "nash")
        assert is_product(policy, n_actions).all()
        if np.sum(np.array(n_actions) > 1) > 1:
            tilted = policy.copy()
            tilted[1] = 0.5 * np.eye(policy.shape[1])[0] + 0.5 * np.eye(policy.shape[1])[-1]
            assert is_product(tilted, n_actions).tolist() == [True, False, True]
    for by, beyond in ((1e-6, True), (5.5e-9, True), (4.5e-9, False), (1e-10, False)):  # 1e-8 in total variation
        assert is_product([0.25 + by, 0.25 - by, 0.25 - by, 0.25 + by], (2, 2)) != beyond


def test_gains_do_not_depend_on_the_batch():
    rng = np.random.default_rng(10)
    for n_actions in [(3, 3), (10, 10), (2, 5), (3, 3, 3)]:
        payoffs = rng.normal(size=(50, len(n_actions), int(np.prod(n_actions))))
        policy = mixed_policies(rng, 50, n_actions, "cce")
        for concept in ("ce", "cce"):
            together = deviation_gain(payoffs, policy, n_actions, concept)
            alone = [deviation_gain(u, p, n_actions, concept) for u, p in zip(payoffs, policy, strict=True)]
            assert np.array(alone).tobytes() == together.tobytes()


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
def test_values_of_deviations_of_many_games_are_those_of_each(concept):
    rng, n_actions = np.random.default_rng(12), (2, 3, 2)
    payoff, policy = rng.normal(size=(4, 5, 12)), mixed_policies(rng, 20, n_actions, concept).reshape(4, 5, 12)
    for player in range(3):
        found = deviation_value(payoff, policy, n_actions, player, concept)
        for g in np.ndindex(4, 5):
            wanted = brute_value(payoff[g], policy[g], n_actions, player, concept)
            assert found[g] == pytest.approx(wanted, abs=1e-12)
    with pytest.raises(ValueError, match=r"^policy must .*\(5, 4, 12\)"):
        deviation_value(payoff, policy.transpose(1, 0, 2), n_actions, 0, concept)


def test_wrong_arguments_of_gains_are_named():
    fine = np.ones(4), np.full(4, 0.25), (2, 2)
    for call in (lambda c: deviation_gain([fine[0]] * 2, *fine[1:], c), lambda c: deviation_value(*fine, 0, c)):
        with pytest.raises(ValueError, match=r"^concept must be one of"):
            call("correlated")
    with pytest.raises(ValueError, match=r"^payoff\[1\] must be finite"):
        deviation_value([1, np.nan, 1, 1], *fine[1:], 0, "ce")
    with pytest.raises(ValueError, match=r"^payoff must have shape \(\.\.\., A\) with A = 4, got \(3,\)"):
        deviation_value([1, 1, 1], *fine[1:], 0, "ce")
    with pytest.raises(ValueError, match=r"^policy must be a product .* joint action 2 has probability 0\.0, .* 0\.12"):
        deviation_gain(np.ones((2, 6)), [0.3, 0.3, 0.0, 0.1, 0.1, 0.2], (2, 3), "nash")


def test_a_large_constant_costs_no_digit():
    # None of these payoffs, with the constant, loses one; their expectations would.
    policy = np.multiply.outer([0.5, 0.3, 0.2], [0.1, 0.6, 0.3]).ravel()
    payoffs = np.array([[0, 5, 1, 1, 0, 5, 5, 1, 0], [3, 1, 4, 1, 5, 9, 2, 6, 5]], dtype=float)
    for concept in ("nash", "ce", "cce"):
        gain = deviation_gain(payoffs, policy, (3, 3), concept)
        assert deviation_gain(payoffs + 2.0**49, policy, (3, 3), concept) == pytest.approx(gain, rel=1e-12)


def test_a_distance_of_exactly_what_is_allowed_is_allowed(monkeypatch):
    # In total variation half of it lies elsewhere than in the product of its marginals.
    for limit, allowed in ((0.5, True), (0.4999, False)):
        monkeypatch.setattr(deviations, "PRODUCT_TOLERANCE", limit)
        assert is_product([0.5, 0, 0, 0.5], (2, 2)) == allowed
