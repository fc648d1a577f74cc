"""Plans: certificates of any policy from the same counts, and what cannot be certified."""

from __future__ import annotations

import numpy as np
import pytest

from mornavi_lite import (
    Counts,
    Mornavi,
    Nominal,
    Plan,
    equilibrium_gap,
)
from tests.learners.reference_learning import reference_plan
from tests.learners.small_games import MIXED, played_counts, varied_game
from tests.learners.test_mornavi import violations


@pytest.mark.parametrize("concept", ["cce", "ce", "nash"])
def test_any_policy_can_be_certified_from_the_same_counts(concept: str) -> None:
    """Policies that never played a role: their bounds are the definition, and hold."""
    for seed, n_actions in enumerate([(2, 3), (3,), (2, 2, 2)]):
        game = varied_game(seed, n_actions)
        sets, rng = MIXED[: len(n_actions)], np.random.default_rng(seed)
        learner, counts = Mornavi(sets, concept), played_counts(game, 500, seed)
        policy = rng.dirichlet(np.ones(game.n_joint_actions), size=(2, 3))
        if concept == "nash":
            policy = np.eye(game.n_joint_actions)[rng.integers(game.n_joint_actions, size=(2, 3))]
        plan = learner.certify(counts, policy)
        expected, _ = reference_plan(counts, learner, policy)
        assert plan.policy.tobytes() == policy.tobytes()
        np.testing.assert_allclose(plan.upper, expected.upper, rtol=0, atol=1e-9)
        np.testing.assert_allclose(plan.lower, expected.lower, rtol=0, atol=1e-9)
        assert violations(game, sets, learner, [(counts, plan)]) == 0
        assert equilibrium_gap(game, policy, sets, concept) <= plan.certificate(game.initial)
        own = learner.plan(counts)
        again = learner.certify(counts, own.policy)
        assert again.upper.tobytes() == own.upper.tobytes() and again.lower.tobytes() == own.lower.tobytes()


def test_what_cannot_be_certified_is_named() -> None:
    game = varied_game(0, (2, 2))
    learner, counts = Mornavi(Nominal(), "nash"), Counts(3, (2, 2), 2)
    correlated = np.tile([0.5, 0, 0, 0.5], (2, 3, 1))
    with pytest.raises(ValueError, match=r"policy\[0, 0\] must be a product of its marginals"):
        learner.certify(counts, correlated)
    Mornavi(Nominal(), "ce").certify(counts, correlated)
    for policy, message in (
        (correlated[:1], r"policy must have shape \(H, S, A\) = \(2, 3, 4\), got \(1, 3, 4\)"),
        (correlated * 2, r"policy\[0, 0\] must sum to 1, got 2"),
        (np.full((2, 3, 4), np.nan), r"policy\[0, 0, 0\] must be finite"),
        ("x", "policy must be an array of real numbers"),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            learner.certify(counts, policy)
    with pytest.raises(TypeError, match="counts must be Counts, got MarkovGame"):
        learner.certify(game, correlated)  # type: ignore[arg-type]


def test_the_certificate_is_the_largest_width_at_the_start() -> None:
    upper, lower = np.zeros((2, 3, 2)), np.zeros((2, 3, 2))
    upper[:, 0], lower[:, 0] = [[1.0, 0.5], [0.9, 0.4]], [[0.5, 0.4], [0.1, 0.4]]
    upper[:, 1] = 9.0
    plan = Plan(np.ones((2, 2, 1)), upper, lower)
    assert plan.certificate() == pytest.approx(0.8) and plan.certificate(1) == pytest.approx(0.1)
    assert plan.certificate(np.array([0.25, 0.75])) == pytest.approx(0.2)
    for initial, message in (
        (2, "initial must be from 0 to 1, got 2"),
        ([0.5, 0.6], "initial must sum to 1"),
        ([1.0], r"initial must have shape \(S,\)"),
        (0.5, "initial must be an integer"),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            plan.certificate(initial)  # type: ignore[arg-type]
