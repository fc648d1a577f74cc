"""Mornavi: plans against their definition, bounds that hold, what a learner may not know, arguments."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from mornavi_lite import (
    ChiSquare,
    Counts,
    EpsilonGreedy,
    GenerativeDRNVI,
    History,
    KullbackLeibler,
    MarkovGame,
    Mornavi,
    NashVI,
    Nominal,
    OfflinePessimistic,
    Plan,
    RandomPlay,
    TotalVariation,
    best_response,
    evaluate,
    run,
    solve_stage,
    zoo,
)
from mornavi_lite.confidence import BONUS_CONSTANTS, TAILS
from mornavi_lite.learners.mornavi import stage_choices
from mornavi_lite.planning.backup import deviated
from mornavi_lite.rounding import GRID
from mornavi_lite.uncertainty import Contamination, UncertaintySet, sets_per_player
from tests.learners.reference_learning import best_deviation, pure_equilibrium, reference_plan
from tests.learners.small_games import MIXED, Recorded, counts_everywhere, played_counts, varied_game
from tests.planning.test_induction import by_definition

CONFIDENCES = (*TAILS, "events", "row", "bonus")
IN_SUPPORT = TotalVariation(0.2, shift_support=False)


def assert_same_run(first: History, second: History) -> None:
    """Everything but the name of the learner is the same, to the byte."""
    for name in ("episode", "gap", "value", "upper", "lower", "policy", "best_policy", "regret"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes(), name
    at, other = first.checkpoint, second.checkpoint
    assert at.counts.transitions.tobytes() == other.counts.transitions.tobytes()
    assert at.counts.reward.tobytes() == other.counts.reward.tobytes()
    assert (at.generator, at.episode, at.since_plan) == (other.generator, other.episode, other.since_plan)


# Plans are what the definitions say


@pytest.mark.parametrize("confidence", CONFIDENCES)
@pytest.mark.parametrize(
    ("n_actions", "sets", "concept", "most"),
    [
        ((2, 3, 2), MIXED, "ce", 900),
        ((2, 3, 2), MIXED, "cce", 10**6),
        ((3, 2), (IN_SUPPORT, TotalVariation(0.3)), "nash", 200),
        ((3, 2), (Nominal(), KullbackLeibler(0.02)), "ce", 10**5),
        ((4,), ChiSquare(0.3), "cce", 20_000),
        ((1, 3, 1), IN_SUPPORT, "nash", 30),
    ],
)
def test_plans_are_their_definition(
    confidence: str, n_actions: tuple[int, ...], sets: Any, concept: str, most: int
) -> None:
    """Upper and lower values at every step and state, in loops; and the policy is an equilibrium of each stage."""
    game = varied_game(most, n_actions)
    counts = counts_everywhere(game, most, seed=len(n_actions))
    learner = Mornavi(sets, concept, confidence, delta=0.1, scale=0.004 if confidence == "bonus" else 1.0)
    plan = learner.plan(counts)
    expected, high = reference_plan(counts, learner, plan.policy)
    np.testing.assert_allclose(plan.upper, expected.upper, rtol=0, atol=1e-9)
    np.testing.assert_allclose(plan.lower, expected.lower, rtol=0, atol=1e-9)
    game.check_policy(plan.policy)
    if learner._may_leave_support(counts):  # chosen by the larger set, certified by the smaller one
        _, high = reference_plan(counts, Mornavi(sets, concept, "events", delta=0.1), plan.policy)
    for h, s, i in itertools.product(range(game.horizon), range(game.n_states), range(game.n_players)):
        deviated = best_deviation(high[h, s, i], plan.policy[h, s], n_actions, i, concept)
        assert deviated <= plan.policy[h, s] @ high[h, s, i] + 1e-8
    assert (plan.upper[:, -1] == 0).all() and (plan.lower[:, -1] == 0).all()
    assert (plan.upper[:, 0] < game.horizon - 0.01).any() and (plan.lower[:, 0] > 0).any()


ONE_STEP = np.array([0.0, 0.1, 0.0]).reshape(3, 1, 1)


@pytest.mark.parametrize(
    ("sets", "leaves"),
    [
        (TotalVariation(0.2), True),
        (Contamination(0.1), True),
        ((Nominal(), TotalVariation(0.1)), True),
        (TotalVariation(ONE_STEP), True),
        (IN_SUPPORT, False),
        (TotalVariation(0.0), False),
        (KullbackLeibler(0.2), False),
        (Nominal(), False),
    ],
)
def test_where_mass_may_leave_the_support_the_larger_set_chooses_and_the_smaller_one_certifies(
    sets: Any, leaves: bool
) -> None:
    counts = counts_everywhere(varied_game(2, (2, 3), horizon=3), 60, 2)
    plans = {form: Mornavi(sets, confidence=form).plan(counts) for form in ("model", "row", "events")}
    assert (plans["row"].policy != plans["events"].policy).any()
    assert (plans["model"].policy == plans["events" if leaves else "row"].policy).all()
    certified = Mornavi(sets, confidence="row").certify(counts, plans["model"].policy)
    assert (plans["model"].upper == certified.upper).all() and (plans["model"].lower == certified.lower).all()


def test_with_a_fail_state_the_smaller_set_chooses_as_well() -> None:
    game = varied_game(0, (2, 3), horizon=3)
    transition, reward = game.transition.copy(), game.reward.copy()
    transition[:, 2], reward[:, :, 2] = np.eye(3)[2], 0.0
    counts = counts_everywhere(MarkovGame(transition, reward, (2, 3)), 60, 0)
    plans = [Mornavi(TotalVariation(0.2), confidence=form, fail_state=2).plan(counts) for form in ("model", "row")]
    larger = Mornavi(TotalVariation(0.2), confidence="events", fail_state=2).plan(counts)
    assert (plans[0].policy == plans[1].policy).all() and (plans[0].policy != larger.policy).any()


@pytest.mark.parametrize("scale", [0.0, 0.3, 2.5])
def test_scale_multiplies_the_width_of_the_set(scale: float) -> None:
    """What was never visited stays unknown, whatever the scale; of the rest, scale 0 leaves what was observed."""
    counts = counts_everywhere(varied_game(7, (2, 3)), 300, 7)
    for confidence in TAILS:
        learner = Mornavi(MIXED[:2], confidence=confidence, scale=scale)
        plan = learner.certify(counts, np.full((2, 3, 6), 1 / 6))
        expected, _ = reference_plan(counts, learner, plan.policy)
        np.testing.assert_allclose(plan.upper, expected.upper, rtol=0, atol=1e-9)
        np.testing.assert_allclose(plan.lower, expected.lower, rtol=0, atol=1e-9)
        assert (plan.upper >= plan.lower).all()


def test_one_player_is_robust_ucb_vi() -> None:
    """Optimistic value iteration in loops, with a policy of its own: the best action, the first of those."""
    for seed, (confidence, ball) in enumerate(
        itertools.product(("model", "chernoff", "bonus"), (KullbackLeibler(0.1), TotalVariation(0.2), ChiSquare(0.2)))
    ):
        game = varied_game(seed, (3,), n_states=4, horizon=3)
        counts = counts_everywhere(game, 3000, seed)
        learner = Mornavi(ball, "nash", confidence, scale=0.05 if confidence == "bonus" else 1.0)
        plan, (expected, _) = learner.plan(counts), reference_plan(counts, learner)
        np.testing.assert_allclose(plan.upper, expected.upper, rtol=0, atol=1e-9)
        np.testing.assert_allclose(plan.lower, expected.lower, rtol=0, atol=1e-9)
        np.testing.assert_array_equal(plan.policy, expected.policy)


class InLoops:
    """Multi-Nash-VI in loops, for games in which every stage has a pure equilibrium."""

    def __init__(self, like: Mornavi) -> None:
        self.like = like

    def __getattr__(self, name: str) -> Any:
        return getattr(self.like, name)

    def plan(self, counts: Counts) -> Plan:
        return reference_plan(counts, self.like)[0]


@pytest.mark.parametrize("confidence", ["model", "bonus"])
def test_a_whole_run_without_robustness_is_multi_nash_vi(confidence: str) -> None:
    """The loops choose, play and replan for themselves; a shared reward leaves a pure equilibrium at every stage."""
    game = zoo.garnet(3, (2, 3), 2, 2, seed=4, rewards="shared")
    learner = NashVI("nash", confidence, scale=0.01 if confidence == "bonus" else 1.0)
    ours, loops = run(learner, game, 200, seed=5), run(InLoops(learner), game, 200, seed=5)
    assert ours.n_plans > 20
    np.testing.assert_array_equal(ours.episode, loops.episode)
    np.testing.assert_array_equal(ours.policy, loops.policy)
    assert ours.checkpoint.counts.transitions.tobytes() == loops.checkpoint.counts.transitions.tobytes()
    for name in ("gap", "value", "upper", "lower"):
        np.testing.assert_allclose(getattr(ours, name), getattr(loops, name), rtol=0, atol=1e-9)


@pytest.mark.parametrize("confidence", ["model", "bonus"])
def test_all_sets_of_radius_zero_are_nash_vi_to_the_byte(confidence: str) -> None:
    zero = [TotalVariation(0), TotalVariation(0, False), KullbackLeibler(0), ChiSquare(0), Nominal()]
    sets = [*zero, (TotalVariation(0), KullbackLeibler(0), ChiSquare(0))]
    scale = 0.01 if confidence == "bonus" else 1.0
    for game, concept in ((varied_game(1, (2, 3, 2)), "cce"), (zoo.congestion(), "ce")):
        plain = run(NashVI(concept, confidence, scale=scale), game, 60, seed=2)
        for each in sets:
            assert_same_run(run(Mornavi(each, concept, confidence, scale=scale), game, 60, seed=2), plain)


def test_a_stage_game_is_a_bandit() -> None:
    """H = S = 1: each joint action once, in order, since the unknown may pay 1 to all; then the true equilibrium."""
    for seed, n_actions in enumerate([(2, 2), (2, 3), (3, 3), (2, 2, 2), (4,), (1, 3)]):
        n_joint = math.prod(n_actions)
        payoffs = np.random.default_rng(seed).random((len(n_actions), n_joint))
        game = MarkovGame.stationary(np.ones((1, n_joint, 1)), payoffs[:, None], n_actions, horizon=1)
        for concept in ("cce", "ce", "nash")[: 3 if len(n_actions) < 3 else 2]:
            learner = Recorded(Mornavi(MIXED[: len(n_actions)], concept))
            history = run(learner, game, 1000, seed)
            for tried, (counts, plan) in enumerate(learner.plans[:n_joint]):
                assert counts.visits[0, 0].tolist() == [1] * tried + [0] * (n_joint - tried)
                assert plan.policy[0, 0].tolist() == np.eye(n_joint)[tried].tolist()
                assert plan.lower[0, 0, 0] == 0 and plan.upper[0, 0, 0] == 1
            answer = solve_stage(payoffs, n_actions, concept)
            for _, plan in learner.plans[n_joint:]:
                np.testing.assert_allclose(plan.policy[0, 0], answer, rtol=0, atol=1e-9)
                np.testing.assert_allclose(plan.upper[:, 0, 0], payoffs @ answer, rtol=0, atol=2e-9)
                np.testing.assert_allclose(plan.lower[:, 0, 0], payoffs @ answer, rtol=0, atol=1e-12)
            np.testing.assert_array_equal(history.episode[: n_joint - 1], np.arange(1, n_joint))
            assert (history.gap[n_joint:] <= 1e-8).all()
            if answer.max() == 1:  # then one joint action alone is played on, and its visits double
                doubled = 1 + math.floor(math.log2(1000 - n_joint + 1))
                assert history.n_plans in (n_joint + doubled, n_joint + doubled - 1)
                np.testing.assert_array_equal(pure_equilibrium(payoffs, n_actions), answer)


# The theorem


def cases() -> list[tuple[MarkovGame, Any, str, str, int]]:
    """Sixty runs: one to three players, every set, concept and confidence set, no two alike."""
    sets: list[Any] = [
        TotalVariation(0.1),
        KullbackLeibler(0.1),
        IN_SUPPORT,
        ChiSquare(0.2),
        Nominal(),
        MIXED,
        (ChiSquare(0.5), IN_SUPPORT, TotalVariation(0.4)),
    ]
    found = []
    for seed in range(60):
        n_actions = [(2, 2), (2, 3), (2, 2, 2), (3,), (3, 2), (2, 1, 3)][seed % 6]
        uncertainty = sets[seed % 7]
        uncertainty = uncertainty[: len(n_actions)] if isinstance(uncertainty, tuple) else uncertainty
        concept = ("cce", "ce", "nash")[seed // 2 % 3]
        if concept == "nash" and len(n_actions) == 3:
            concept = "cce"
        horizon = 3 if seed % 4 == 0 and math.prod(n_actions) < 6 else 2
        found.append((varied_game(seed, n_actions, 3, horizon), uncertainty, concept, TAILS[seed % 5 % 4], seed))
    return found


def violations(game: MarkovGame, uncertainty: Any, learner: Any, plans: list[tuple[Counts, Plan]]) -> int:
    """Plans whose bounds fail anywhere: below a deviation or the value, above the value, or less than the gap."""
    failed, sets = 0, sets_per_player(uncertainty, game.n_players)
    for _, plan in plans:
        value = evaluate(game, plan.policy, uncertainty)
        deviation = np.maximum(deviated(game, sets, plan.policy, learner.concept), value)
        outside = (plan.upper < deviation - 1e-9).any() or (plan.lower > value + 1e-9).any()
        gap = max(0.0, float(((deviation - value)[:, 0] @ game.initial).max()))
        failed += bool(outside or gap > plan.certificate(game.initial) + 1e-9)
    return failed


def runs_that_fail(chosen: list[tuple[MarkovGame, Any, str, str, int]], scale: float, n_episodes: int) -> int:
    failed = 0
    for game, uncertainty, concept, confidence, seed in chosen:
        learner = Recorded(Mornavi(uncertainty, concept, confidence, delta=0.05, scale=scale))
        run(learner, game, n_episodes, seed)
        failed += violations(game, uncertainty, learner, learner.plans) > 0
    return failed


@pytest.mark.parametrize("part", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_the_bounds_of_every_plan_hold_at_every_step_and_state(part: int) -> None:
    """In no more than delta of the runs does any plan fail anywhere: of 30 runs, no more than 1."""
    assert runs_that_fail(cases()[30 * part : 30 * part + 30], scale=1.0, n_episodes=300) <= 1


def test_bounds_that_are_too_narrow_are_noticed() -> None:
    assert runs_that_fail(cases()[::3], scale=0.02, n_episodes=300) >= 10


@pytest.mark.slow
def test_the_bounds_hold_in_long_runs() -> None:
    assert runs_that_fail(cases(), scale=1.0, n_episodes=10**7) <= 3


# What a learner knows


def test_a_plan_does_not_change_with_what_was_never_visited() -> None:
    """Same counts from two games that differ wherever nobody was: in kernel and in rewards, by as much as they can."""
    for seed, n_actions in enumerate([(2, 3), (2, 2, 2), (3,)]):
        game, other = varied_game(seed, n_actions), varied_game(seed + 100, n_actions)
        counts = played_counts(game, 40, seed)
        tried = counts.visits > 0
        assert not tried.all()
        reward = np.where(tried, game.reward, 1 - np.round(other.reward))
        same = Counts(3, n_actions, 2)
        same.add(counts.transitions, reward)
        for confidence, sets in itertools.product(CONFIDENCES, (MIXED[: len(n_actions)], IN_SUPPORT)):
            plan, again = (Mornavi(sets, confidence=confidence).plan(each) for each in (counts, same))
            assert all(a.tobytes() == b.tobytes() for a, b in zip(plan, again, strict=True))


def test_a_run_does_not_change_with_what_is_never_visited() -> None:
    """The two games of Lu et al. differ in a row that no episode reaches: all that is learned in them is the same."""
    for ball, confidence in itertools.product((TotalVariation(0.2), KullbackLeibler(0.2)), ("model", "bonus")):
        learner = Mornavi(ball, confidence=confidence)
        first, second = (run(learner, zoo.support_shift(theta), 10**5, seed=3) for theta in (0, 1))
        for name in ("episode", "upper", "lower", "policy"):
            assert getattr(first, name).tobytes() == getattr(second, name).tobytes()


def test_the_counts_that_a_learner_is_shown_hold_no_reward_of_what_nobody_tried() -> None:
    game = varied_game(3, (2, 2, 2))
    learner = Recorded(Mornavi(MIXED))
    run(learner, game, 60, seed=1)
    for counts, _ in learner.plans:
        tried = counts.visits > 0
        assert (counts.reward[:, ~tried] == 0).all() and (counts.reward[:, tried] == game.reward[:, tried]).all()


def test_a_plan_leaves_counts_as_they_are() -> None:
    counts = played_counts(varied_game(2, (2, 3)), 100, 0)
    before = counts.transitions.tobytes() + counts.reward.tobytes()
    first, second = (Mornavi(MIXED[:2], "ce").plan(counts) for _ in range(2))
    assert counts.transitions.tobytes() + counts.reward.tobytes() == before
    assert all(a.tobytes() == b.tobytes() for a, b in zip(first, second, strict=True))


def test_states_that_nobody_visited_are_ties_and_ties_go_to_the_first_joint_action() -> None:
    """All payoffs are equal there but for rounding, and rounding must not choose."""
    for n_states, n_actions in ((100, (2, 2)), (11, (3, 3))):
        game = zoo.garnet(n_states, n_actions, 3, n_states // 3, seed=5)
        uniform = np.full((3, n_states, game.n_joint_actions), 1 / game.n_joint_actions)
        for seed in range(5):
            counts = Counts(n_states, n_actions, 3)
            counts.add(game.play(uniform, 10**6, np.random.default_rng(seed)), game.reward)
            for ball in (TotalVariation(0.1), TotalVariation(0.1, shift_support=False)):
                plan = Mornavi(ball).plan(counts)
                unknown = (counts.visits == 0).all(axis=-1)
                assert (plan.policy[unknown][:, 0] == 1).all(), (n_states, seed, ball)


def test_before_the_first_episode_everything_is_possible() -> None:
    for confidence, sets in itertools.product(CONFIDENCES, (MIXED, Nominal())):
        plan = Mornavi(sets, confidence=confidence).plan(Counts(4, (2, 3, 2), 5))
        assert (plan.upper == np.arange(5, -1, -1)[None, :, None]).all() and (plan.lower == 0).all()
        assert plan.certificate() == 5


# Bonuses, and the assumption of a smallest probability


@pytest.mark.parametrize("ball", [TotalVariation(0.1), KullbackLeibler(0.1), ChiSquare(0.1), Nominal()], ids=repr)
def test_the_bonus_learner_finds_the_equilibrium(ball: UncertaintySet) -> None:
    game = zoo.garnet(3, (2, 2), 2, 3, seed=1)
    history = run(Mornavi(ball, confidence="bonus"), game, 10**8, seed=0)
    assert history.gap[-1] < 0.1 and history.gap[-1] <= history.certificate[-1] < 2
    assert (history.upper >= history.lower).all()
    assert (history.upper <= 2).all() and (history.lower >= 0).all()
    widths = [run(Mornavi(ball, confidence="bonus", scale=x), game, 1000).certificate[-1] for x in (0.001, 0.1, 1.0)]
    assert widths[0] < widths[1] <= widths[2]


def test_the_bonus_of_kl_uses_the_smallest_probability() -> None:
    game = varied_game(1, (2, 2))
    counts = played_counts(game, 10**6, 1)
    for least in (1e-4, 0.3):
        learner = Mornavi(KullbackLeibler(0.3), confidence="bonus", scale=0.01, min_probability=least)
        plan = learner.plan(counts)
        expected, _ = reference_plan(counts, learner, plan.policy)
        np.testing.assert_allclose(plan.upper, expected.upper, rtol=0, atol=1e-9)
        np.testing.assert_allclose(plan.lower, expected.lower, rtol=0, atol=1e-9)


def test_scale_zero_of_a_bonus_is_the_observed_game() -> None:
    """All visited: then upper and lower values are the robust values of the empirical kernel."""
    game = varied_game(4, (2, 2))
    counts = Counts(3, (2, 2), 2)
    for h, s, a in itertools.product(range(2), range(3), range(4)):  # start everywhere: every row is seen
        counts.add(one_row(game, h, s, a), game.reward)
    plan = Mornavi(MIXED[:2], confidence="bonus", scale=0.0).plan(counts)
    observed = MarkovGame(counts.empirical_model(), game.reward, (2, 2))
    np.testing.assert_allclose(plan.lower, evaluate(observed, plan.policy, MIXED[:2]), rtol=0, atol=1e-12)
    np.testing.assert_allclose(plan.upper, plan.lower, rtol=0, atol=1e-8)


def one_row(game: MarkovGame, h: int, s: int, a: int) -> np.ndarray:
    played = np.zeros(game.transition.shape, dtype=int)
    played[h, s, a] = np.random.default_rng(h + 10 * s).multinomial(50, game.transition[h, s, a])
    return played


def test_no_bonus_is_known_for_a_set_of_your_own_but_a_confidence_set_is() -> None:
    class Mean(UncertaintySet):
        radius = 0.1

        def _worst(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
            return 0.9 * rows @ x

    counts = played_counts(varied_game(1, (2, 2)), 100, 0)
    Mornavi(Mean()).plan(counts)
    with pytest.raises(TypeError, match="no bonus is known for Mean"):
        Mornavi(Mean(), confidence="bonus").plan(counts)


def test_with_a_true_smallest_probability_bounds_hold_and_are_narrower() -> None:
    """traffic_merge: no positive probability is below 0.3. KL needs it: what was not seen costs only 1 / log N."""
    game, ball = zoo.traffic_merge(), KullbackLeibler(0.1)
    found = []
    for least in (None, 0.3):
        learner = Recorded(Mornavi(ball, min_probability=least))
        found.append(run(learner, game, 5000, seed=1).best_certificate)
        assert violations(game, ball, learner, learner.plans[::8]) == 0
    assert 0 <= found[1] < 0.5 * found[0]


def test_a_wrong_smallest_probability_is_an_error() -> None:
    game = zoo.traffic_merge(horizon=3)
    with pytest.raises(ValueError, match=r"min_probability=0\.6 is contradicted: a row has 2 next states"):
        run(Mornavi(TotalVariation(0.1), min_probability=0.6), game, 1000)


# Arguments


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"uncertainty": 0.1}, "uncertainty must be an uncertainty set or a sequence of them, got 0.1"),
        ({"uncertainty": [Nominal(), 0.1]}, r"uncertainty\[1\] must be an uncertainty set, got 0.1"),
        ({"uncertainty": None}, "uncertainty must be"),
        ({"concept": "Nash"}, "concept must be one of 'nash', 'ce', 'cce', got 'Nash'"),
        ({"concept": None}, "concept must be one of"),
        ({"confidence": "kl"}, "one of 'model', 'chernoff', 'bernstein', 'hoeffding', 'events', 'row', 'bonus'"),
        ({"delta": 0}, "delta must be between 0 and 1, both left out, got 0"),
        ({"delta": 1.0}, "delta must be between 0 and 1"),
        ({"delta": "0.1"}, "delta must be a number, got str"),
        ({"scale": -1e-9}, "scale must be finite and at least 0, got -1e-09"),
        ({"scale": math.nan}, "scale must be finite"),
        ({"replan": "always"}, "replan must be one of 'doubling', 'spaced', 'often', 'episode', got 'always'"),
        ({"min_probability": 0}, "min_probability must be above 0, or None, got 0"),
        ({"min_probability": 2}, r"min_probability must be in \[0, 1\], got 2"),
    ],
)
@pytest.mark.parametrize("kind", [Mornavi, EpsilonGreedy, GenerativeDRNVI, OfflinePessimistic, RandomPlay])
def test_arguments_are_checked(kind: type, change: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        kind(**{"uncertainty": Nominal(), **change})


def test_a_plan_needs_counts_and_a_set_for_each_player() -> None:
    with pytest.raises(TypeError, match="counts must be Counts, got ndarray"):
        Mornavi(Nominal()).plan(np.zeros(3))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one set per player, 2, got 3"):
        Mornavi(MIXED).plan(Counts(2, (2, 2), 2))
    with pytest.raises(TypeError, match="concept must be one of"):
        NashVI(TotalVariation(0.1))  # type: ignore[arg-type]


def test_settings_are_kept_as_numbers_and_a_learner_cannot_be_changed() -> None:
    learner = Mornavi([TotalVariation(0.1), Nominal()], delta=np.float64(0.5), scale=2, min_probability=1)
    assert repr(learner).count("np.") == 0 and learner.uncertainty == (TotalVariation(0.1), Nominal())
    assert isinstance(learner.scale, float) and isinstance(learner.min_probability, float)
    assert learner == Mornavi((TotalVariation(0.1), Nominal()), delta=0.5, scale=2.0, min_probability=1.0)
    assert NashVI().uncertainty == Nominal() and NashVI("ce").concept == "ce"
    with pytest.raises(AttributeError):
        learner.scale = 3.0  # type: ignore[misc]


def test_a_stage_that_cannot_be_solved_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("payoffs[2]: no equilibrium")

    monkeypatch.setattr("mornavi_lite.learners.mornavi.solve_stage_unchecked", fail)
    with pytest.raises(RuntimeError, match=r"step 2, stage games by state: payoffs\[2\]: no equilibrium"):
        Mornavi(Nominal()).plan(Counts(3, (2, 2), 3))


@pytest.mark.parametrize("scale", [1.0, 2.0**20, 2.0**-20])
def test_rounding_does_not_choose_whatever_the_units_and_the_level(scale: float) -> None:
    """Differences of less than half the grid are ties, also of payoffs on both sides of where it would be rounded."""
    levels = scale * GRID * np.array([[0.2, 1234.6], [1e6 + 0.6, 0.6]])[..., None]  # of states and players
    less = scale * GRID * np.random.default_rng(0).uniform(0.12, 0.2, (2, 2, 6))
    less[..., 0] = 0.0
    found = stage_choices(levels + less, (2, 3), "cce", scale, 0)
    assert (found == np.eye(6)[0]).all()
    more = np.zeros((2, 2, 6))
    more[:, :, 4] = 8 * scale * GRID
    assert (stage_choices(levels + less + more, (2, 3), "cce", scale, 0) == np.eye(6)[4]).all()


@pytest.mark.parametrize("concept", ["cce", "ce"])
def test_upper_values_cover_the_deviations_of_the_concept(concept: str) -> None:
    """All is known in one step of one state: then the width is the gain of the best deviation, in loops."""
    n_actions, rng = (2, 3, 2), np.random.default_rng(7)
    counts = Counts(1, n_actions, 1)
    counts.add(np.ones((1, 1, 12, 1), dtype=int), rng.random((3, 1, 1, 12)))
    policy, gains = rng.dirichlet(np.full(12, 0.3), size=(1, 1)), []
    plan = Mornavi(MIXED, concept).certify(counts, policy)
    for i, payoff in enumerate(counts.reward[:, 0, 0]):
        gains.append(best_deviation(payoff, policy[0, 0], n_actions, i, concept) - policy[0, 0] @ payoff)
    np.testing.assert_allclose((plan.upper - plan.lower)[:, 0, 0], np.maximum(gains, 0.0), rtol=0, atol=1e-12)
    more = best_deviation(counts.reward[1, 0, 0], policy[0, 0], n_actions, 1, "ce")
    assert more > best_deviation(counts.reward[1, 0, 0], policy[0, 0], n_actions, 1, "cce") + 0.01


@pytest.mark.parametrize("confidence", ["row", "events"])
def test_a_set_of_one_kernel_asks_for_the_highest_mean_of_whole_rows(confidence: str) -> None:
    """So do rows of radius 0 among others; "events" have no more than tails. One player, two steps, in loops."""
    counts = counts_everywhere(varied_game(5, (2,)), 5000, 5)
    policy, moved = np.full((2, 3, 2), 0.5), TotalVariation(0.3, shift_support=False)
    some = TotalVariation(np.array([0.0, 0.3, 0.0]).reshape(1, 3, 1), shift_support=False)
    plain, shifted = (reference_plan(counts, Mornavi(x, confidence=confidence), policy)[0] for x in (Nominal(), moved))
    for sets, kinds in ((Nominal(), [plain] * 3), (some, [plain, shifted, plain]), (moved, [shifted] * 3)):
        plan = Mornavi(sets, confidence=confidence).certify(counts, policy)
        for s, wanted in enumerate(kinds):
            np.testing.assert_allclose(plan.upper[0, 0, s], wanted.upper[0, 0, s], rtol=0, atol=1e-9)
            np.testing.assert_allclose(plan.lower[0, 0, s], wanted.lower[0, 0, s], rtol=0, atol=1e-9)


# Learners to compare with


def test_epsilon_greedy_plays_what_its_definition_says() -> None:
    """Each player, by itself, draws uniformly with probability epsilon: in loops over all joint actions."""
    n_actions, epsilon = (2, 3, 2), 0.3
    policy = np.random.default_rng(0).dirichlet(np.ones(12), size=(2, 4))
    found = EpsilonGreedy(Nominal(), epsilon=epsilon).played(policy, n_actions)
    joint = list(itertools.product(*map(range, n_actions)))
    for h, s in itertools.product(range(2), range(4)):
        for k, played in enumerate(joint):
            expected = 0.0
            for told, probability in zip(joint, policy[h, s], strict=True):
                for i, n in enumerate(n_actions):
                    probability *= (1 - epsilon) * (told[i] == played[i]) + epsilon / n
                expected += probability
            assert found[h, s, k] == pytest.approx(expected, abs=1e-14)
    game = varied_game(1, n_actions)
    learner = EpsilonGreedy(MIXED, epsilon=epsilon)
    plan = learner.plan(played_counts(game, 100, 1))
    counts = learner.collect(game, plan, 10**8, np.random.default_rng(1))
    frequency = counts[0].sum(axis=-1) / counts[0].sum(axis=(-1, -2))[:, None]
    np.testing.assert_allclose(frequency, learner.played(plan.policy, n_actions)[0], rtol=0, atol=2e-3)


@pytest.mark.parametrize("kind", [EpsilonGreedy, GenerativeDRNVI])
def test_greedy_and_generative_plan_on_the_observed_game(kind: type) -> None:
    game = varied_game(2, (2, 3))
    counts = played_counts(game, 200, 2)
    for concept in ("cce", "ce", "nash"):
        plan = kind(MIXED[:2], concept).plan(counts)
        observed = MarkovGame(counts.empirical_model(), counts.reward, (2, 3), [1 / 3] * 3)
        value = by_definition(observed, plan.policy, MIXED[:2], "value")
        deviation = by_definition(observed, plan.policy, MIXED[:2], concept if concept == "ce" else "cce")
        assert (deviation - value).max() <= 1e-8


def test_generative_samples_every_row_alike() -> None:
    game = varied_game(3, (2, 3), n_states=4, horizon=3)
    learner = GenerativeDRNVI(Nominal())
    for n_episodes in (1, 7, 24, 1000, 10**12):
        played = learner.collect(game, None, n_episodes, np.random.default_rng(n_episodes))  # type: ignore[arg-type]
        visits = played.sum(axis=-1)
        assert visits.sum() == 3 * n_episodes and visits.max() - visits.min() <= 1
        assert (played[game.transition == 0] == 0).all() and (played >= 0).all()
    np.testing.assert_allclose(played / visits[..., None], game.transition, rtol=0, atol=1e-4)


def test_offline_learns_from_the_log_of_its_behaviour() -> None:
    game = varied_game(4, (2, 3))
    behaviour = np.random.default_rng(4).dirichlet(np.ones(6), size=(2, 3))
    for policy in (behaviour, None):
        learner = OfflinePessimistic(MIXED[:2], behaviour=policy)
        plan = learner.plan(Counts(3, (2, 3), 2))
        played = learner.collect(game, plan, 10**8, np.random.default_rng(0))
        frequency = played[0].sum(axis=-1) / played[0].sum(axis=(-1, -2))[:, None]
        np.testing.assert_allclose(frequency, np.full((3, 6), 1 / 6) if policy is None else behaviour[0], atol=2e-3)
    assert repr(OfflinePessimistic(Nominal(), behaviour=behaviour)) != repr(OfflinePessimistic(Nominal()))
    with pytest.raises(ValueError, match=r"behaviour\[0, 0\] must sum to 1"):
        OfflinePessimistic(Nominal(), behaviour=behaviour * 2)


def test_offline_plays_an_equilibrium_of_the_lowest_payoffs() -> None:
    """No deviation improves the lower value: a one-step check at each stage, with the payoffs of the definition."""
    game = varied_game(5, (2, 3))
    counts = played_counts(game, 2000, 5)
    learner = OfflinePessimistic(MIXED[:2], "ce")
    plan = learner.plan(counts)
    expected, _ = reference_plan(counts, learner, plan.policy)
    np.testing.assert_allclose(plan.lower, expected.lower, rtol=0, atol=1e-9)
    for h, s, joint in itertools.product(range(2), range(3), range(6)):
        changed = plan.policy.copy()
        changed[h, s] = np.eye(6)[joint]
        own = np.unravel_index(joint, (2, 3))
        if plan.policy[h, s].max() < 1:
            continue
        told = np.unravel_index(int(plan.policy[h, s].argmax()), (2, 3))
        for i in range(2):  # a deviation of player i alone
            if own[1 - i] == told[1 - i]:
                assert learner.certify(counts, changed).lower[i, h, s] <= plan.lower[i, h, s] + 1e-8


@pytest.mark.parametrize("kind", [EpsilonGreedy, GenerativeDRNVI, OfflinePessimistic, RandomPlay])
def test_bounds_of_the_other_learners_hold_too(kind: type) -> None:
    failed = 0
    for seed, n_actions in enumerate([(2, 3), (3,), (2, 2, 2), (2, 2)]):
        game, sets = varied_game(seed, n_actions), MIXED[: len(n_actions)]
        learner = Recorded(kind(sets, "cce"))
        run(learner, game, 150, seed)
        failed += violations(game, sets, learner, learner.plans) > 0
    assert failed == 0


def test_random_play_is_uniform() -> None:
    plan = RandomPlay(Nominal()).plan(Counts(3, (2, 3), 2))
    assert (plan.policy == 1 / 6).all()
    assert (best_response(zoo.traffic_merge(), np.full((5, 7, 4), 0.25), Nominal()) >= 0).all()
    assert set(BONUS_CONSTANTS) == {"variance", "lower order", "KL", "chi-square"}
