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
from mornavi_lite.learners import AtStart
from mornavi_lite.rounding import GRID
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


def words(low: np.ndarray, high: np.ndarray) -> str:
    """Bounds of each player, as a plan prints them."""
    return ", ".join(f"{a:.6g} to {b:.6g} (player {i})" for i, (a, b) in enumerate(zip(low, high, strict=True), 1))


def seen_plan(start_learned: bool = False) -> tuple[Counts, Plan]:
    """Of a game whose first state is drawn, with something stated."""
    game = varied_game(4, (2, 1, 2))
    counts = Counts(3, (2, 1, 2), 2, [(0, 1), (-1, 3), (0, 2)], state_names=["quay", "road", "<end>"])
    counts.add(game.play(np.full((2, 3, 4), 0.25), 400, np.random.default_rng(2)), game.reward)
    told = counts.with_start() if start_learned else counts
    return told, Mornavi(MIXED, "ce", "row", min_probability=1e-4).plan(told)


@pytest.mark.parametrize("start_learned", [False, True])
def test_a_plan_prints_its_bounds_and_its_certificate_at_the_start(start_learned: bool) -> None:
    counts, plan = seen_plan(start_learned)
    first = counts.visits[0].sum(axis=-1) / 400
    np.testing.assert_allclose(plan.about.initial, first, rtol=0, atol=1e-9)
    low, high = plan.lower[:, 0] @ first, plan.upper[:, 0] @ first
    certificate, where = (high - low).max(), "at the start"
    if start_learned:
        high, low, certificate = plan.start
        where = "at the start, which is learned"
    head, sizes, value, said, mixed = repr(plan).splitlines()
    sets = "[TotalVariation(radius=0.1, shift_support=True), KullbackLeibler(ra..."
    assert head == f"Plan: ce, {sets}" and mixed.startswith("policy: mixed at ")
    assert sizes == "3 players, 2 steps, 3 states (3 reached), 2 x 1 x 2 actions"
    assert value == f"value {where}: {words(low, high)}"
    assert said == f"certificate: {certificate:.6g} (given: min_probability=0.0001)"


def test_a_plan_by_hand_prints_what_is_known_in_its_first_state() -> None:
    upper, lower = np.full((2, 3, 2), 2.0), np.full((2, 3, 2), -0.5)
    upper[1, 0, 0] = 5.0
    plan = Plan(np.full((2, 2, 4), 0.25), upper, lower)
    assert repr(plan).splitlines() == [
        "Plan",
        "2 players, 2 steps, 2 states, 4 joint actions",
        "value in state 0: -0.5 to 2 (player 1), -0.5 to 5 (player 2)",
        "certificate: 5.5",
        "policy: mixed at 4 of 4 steps and states",
    ]
    assert plan.n_actions == () and plan.start is None


def test_a_plan_in_a_notebook_has_the_bounds_of_each_step_and_state() -> None:
    _, plan = seen_plan()
    page = plan._repr_html_()
    assert page == plan.table(repr(plan)) != plan.table("a word")
    assert "certificate: " in page and "certificate: " not in plan.table("a word") and "a word" in plan.table("a word")
    assert "on average, by what has been seen." in page and "&lt;end&gt;" in page
    spans = [f">{words(plan.lower[i : i + 1, 1, 0], plan.upper[i : i + 1, 1, 0])[:-11]}<" for i in range(3)]
    place = [page.index(span) for span in spans]
    assert place == sorted(place)


@pytest.mark.parametrize("start_learned", [False, True])
def test_a_rounded_plan_is_the_same_on_the_grid(start_learned: bool) -> None:
    """Bounds, also those at the start, are multiples of the grid, and half of one away at most."""
    _, plan = seen_plan(start_learned)
    same = plan.rounded(4.0)
    assert same.policy is plan.policy and same.about is plan.about
    pairs = [(same.upper, plan.upper), (same.lower, plan.lower)]
    assert (same.start is None) == (plan.start is None) != start_learned
    if same.start is not None:
        assert isinstance(same.start, AtStart) and isinstance(same.start.certificate, float)
        pairs += [(np.asarray(a), np.asarray(b)) for a, b in zip(same.start, plan.start, strict=True)]
    for rounded, exact in pairs:
        steps = rounded / (4 * GRID)
        assert (steps == np.rint(steps)).all() and (rounded != exact).any()
        np.testing.assert_allclose(rounded, exact, rtol=0, atol=2 * GRID)


def test_a_plan_knows_where_it_leads_and_what_it_was_made_for() -> None:
    """Expected visits by the frequencies of what was seen, which is all rows here; and the words that it prints."""
    counts, plan = seen_plan()
    played = plan.policy[0][..., None] * counts.transitions[0] / np.maximum(counts.visits[0], 1)[..., None]
    assert (counts.visits > 0).all()
    np.testing.assert_allclose(plan.about.visits[0], plan.about.initial, rtol=0, atol=1e-9)
    np.testing.assert_allclose(plan.about.visits[1], np.einsum("s,san->n", plan.about.initial, played), atol=1e-9)
    assert plan.about.concept == "ce" and plan.about.given == "given: min_probability=0.0001"
    assert plan.about.uncertainty == f"[{', '.join(map(repr, MIXED))}]" and plan.n_actions == (2, 1, 2)
    assert plan.about.state_names == ("quay", "road", "<end>")
    empty = Mornavi(MIXED).plan(Counts(3, (2, 1, 2), 2))
    assert empty.about.initial is None and empty.about.visits is None and empty.about.given == ""
