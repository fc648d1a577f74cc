"""Learners to compare with: how each gathers data, what it plans, what its certificate is worth, and how it resumes."""

from __future__ import annotations

import hashlib
import itertools
import math
import pickle
from collections.abc import Callable, Sequence
from functools import reduce
from operator import add
from pathlib import Path
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
    deviation_gain,
    run,
    solve,
    zoo,
)
from mornavi_lite.confidence import ConfidenceSet

BASELINES = [EpsilonGreedy, GenerativeDRNVI, OfflinePessimistic, RandomPlay]
SHAPES = [(3,), (2, 2), (2, 3), (2, 2, 2)]
#: Mixed Nash equilibria of three players need another solver.
CASES = [case for case in itertools.product(SHAPES, ("cce", "ce", "nash")) if case != ((2, 2, 2), "nash")]


def garnet(n_actions: Sequence[int], seed: int, n_states: int = 3, horizon: int = 2, branching: int = 2) -> MarkovGame:
    return zoo.garnet(n_states, n_actions, horizon, branching, seed)


def counts_of(game: MarkovGame, n_episodes: int, seed: int, policy: np.ndarray | None = None) -> Counts:
    """What is seen of some episodes; the policy is uniform unless given."""
    counts = Counts(game.n_states, game.n_actions, game.horizon)
    shape = (game.horizon, game.n_states, game.n_joint_actions)
    played = np.full(shape, 1 / shape[-1]) if policy is None else policy
    counts.add(game.play(played, n_episodes, np.random.default_rng(seed)), game.reward)
    return counts


def random_policy(game: MarkovGame, seed: int) -> np.ndarray:
    """A correlated joint policy with some zeros."""
    rng = np.random.default_rng(seed)
    weights = rng.random((game.horizon, game.n_states, game.n_joint_actions))
    weights[weights < 0.3] = 0.0
    weights[..., 0] += 0.1
    return weights / weights.sum(axis=-1, keepdims=True)


def plan_of(policy: np.ndarray, game: MarkovGame) -> Plan:
    """A plan of which only the policy matters."""
    nothing = np.zeros((game.n_players, game.horizon + 1, game.n_states))
    return Plan(policy, nothing, nothing)


def likely(seen: np.ndarray, expected: np.ndarray) -> bool:
    """Whether counts are within five standard deviations of what is expected, and 0 where that is 0."""
    assert (seen[expected == 0] == 0).all()
    return bool((np.abs(seen - expected) <= 5 * np.sqrt(expected) + 5).all())


def worst_case(ball: Any, p: np.ndarray, v: np.ndarray) -> float:
    """The least expectation: nominal, or mass that goes from the best outcomes to the worst one, by its words."""
    if isinstance(ball, Nominal):
        return float(p @ v)
    assert isinstance(ball, TotalVariation) and ball.shift_support
    q, left = p.astype(float).copy(), ball.radius
    for s in sorted(range(len(v)), key=lambda s: -v[s]):
        taken = min(q[s], left)
        q[s], left = q[s] - taken, left - taken
    q[int(np.argmin(v))] += ball.radius - left
    return float(q @ v)


def largest_gain(payoff: np.ndarray, policy: np.ndarray, n_actions: tuple[int, ...], i: int, concept: str) -> float:
    """What player i can gain at one state, over all listed deviations: one action, or a map of actions."""
    joint = list(itertools.product(*map(range, n_actions)))
    place = {actions: a for a, actions in enumerate(joint)}
    own = range(n_actions[i])
    maps = list(itertools.product(own, repeat=len(own))) if concept == "ce" else [(x,) * len(own) for x in own]
    best = -math.inf
    for swap in maps:
        deviated = sum(
            policy[a] * payoff[place[(*actions[:i], swap[actions[i]], *actions[i + 1 :])]]
            for a, actions in enumerate(joint)
        )
        best = max(best, deviated)
    return float(best - policy @ payoff)


def stage_by_stage(
    counts: Counts, policy: np.ndarray, sets: Sequence[Any], concept: str, kernel: Callable[..., np.ndarray]
) -> tuple[np.ndarray, float]:
    """Values (m, H+1, S) of a policy in a game of rewards seen and kernels by ``kernel``, and the largest gain."""
    n_players, horizon, n_states, n_joint = counts.reward.shape
    value, gain = np.zeros((n_players, horizon + 1, n_states)), 0.0
    for h in reversed(range(horizon)):
        for i, s in itertools.product(range(n_players), range(n_states)):
            rows = [kernel(h, s, a, value[i, h + 1]) for a in range(n_joint)]
            payoff = counts.reward[i, h, s] + [worst_case(sets[i], row, value[i, h + 1]) for row in rows]
            value[i, h, s] = policy[h, s] @ payoff
            gain = max(gain, largest_gain(payoff, policy[h, s], counts.n_actions, i, concept))
    return value, gain


# ---- how data are gathered ----


@pytest.mark.parametrize("n_actions", [*SHAPES, (2, 3, 2)])
@pytest.mark.parametrize("epsilon", [0.0, 0.3, 1.0])
def test_each_player_explores_by_itself(n_actions: tuple[int, ...], epsilon: float) -> None:
    rng = np.random.default_rng(7)
    policy = rng.dirichlet(np.ones(math.prod(n_actions)), size=(2, 3))
    joint = list(itertools.product(*map(range, n_actions)))
    wanted = np.zeros_like(policy)
    for (told_place, told), (done_place, done) in itertools.product(enumerate(joint), repeat=2):
        chance = 1.0
        for n, recommended, action in zip(n_actions, told, done, strict=True):
            chance *= (1 - epsilon) * (recommended == action) + epsilon / n
        wanted[..., done_place] += chance * policy[..., told_place]
    before = policy.copy()
    played = EpsilonGreedy(Nominal(), epsilon=epsilon).played(policy, n_actions)
    np.testing.assert_allclose(played, wanted, rtol=0, atol=1e-14)
    np.testing.assert_array_equal(policy, before)
    if epsilon == 0:
        np.testing.assert_allclose(played, policy, rtol=0, atol=1e-15)


def test_exploration_keeps_products_and_does_not_correlate() -> None:
    rng, n_actions = np.random.default_rng(3), (2, 3, 2)
    each = [rng.dirichlet(np.ones(n)) for n in n_actions]
    product = np.einsum("a,b,c->abc", *each).ravel()
    played = EpsilonGreedy(Nominal(), epsilon=0.4).played(product, n_actions)
    mixed = [0.6 * p + 0.4 / n for p, n in zip(each, n_actions, strict=True)]
    np.testing.assert_allclose(played, np.einsum("a,b,c->abc", *mixed).ravel(), rtol=0, atol=1e-15)


@pytest.mark.parametrize("n_actions", SHAPES)
def test_epsilon_greedy_episodes_have_the_law_of_the_explored_policy(n_actions: tuple[int, ...]) -> None:
    game, n = garnet(n_actions, 1), 10**6
    game = MarkovGame(game.transition, game.reward, n_actions, initial=[0.2, 0.0, 0.8])
    learner, policy = EpsilonGreedy(TotalVariation(0.1), epsilon=0.2), random_policy(game, 5)
    seen = learner.collect(game, plan_of(policy, game), n, np.random.default_rng(0))
    assert seen.shape == game.transition.shape and seen.dtype == np.int64
    played = learner.played(policy, n_actions)
    arriving = n * game.initial
    for h in range(game.horizon):
        assert seen[h].sum() == n
        expected = arriving[:, None, None] * played[h][..., None] * game.transition[h]
        assert likely(seen[h], expected)
        arriving = expected.sum(axis=(0, 1))
    tried = seen.sum(axis=-1) > 0
    assert tried[0, [0, 2]].all()  # with exploration everything is tried


def test_what_is_played_in_order_to_learn_is_the_plan_with_exploration() -> None:
    game, learner = garnet((2, 3), 3), EpsilonGreedy(Nominal(), epsilon=1)
    assert isinstance(learner.epsilon, float)
    plan = EpsilonGreedy(Nominal(), epsilon=0.3).plan(counts_of(game, 50, 1))
    for epsilon in (0.3, 0.0):
        mine = EpsilonGreedy(Nominal(), epsilon=epsilon)
        np.testing.assert_array_equal(mine.behaviour(plan), mine.played(plan.policy, (2, 3)))
    assert (learner.behaviour(plan) == 1 / 6).all() and Mornavi(Nominal()).behaviour(plan) is plan.policy
    with pytest.raises(TypeError, match="GenerativeDRNVI plays no policy: it needs a simulator"):
        GenerativeDRNVI(Nominal()).behaviour(plan)


def test_no_exploration_is_play_as_planned() -> None:
    game = garnet((2, 2), 4)
    plan = plan_of(random_policy(game, 1), game)
    explored = EpsilonGreedy(Nominal(), epsilon=0).collect(game, plan, 1000, np.random.default_rng(9))
    played = Mornavi(Nominal()).collect(game, plan, 1000, np.random.default_rng(9))
    np.testing.assert_array_equal(explored, played)


@pytest.mark.parametrize("n_episodes", [1, 2, 7, 1000, 10**12])
def test_generative_samples_are_even_whatever_the_plan(n_episodes: int) -> None:
    game = garnet((2, 3), 2, horizon=3)
    rows, total = 3 * 3 * 6, n_episodes * 3
    learner = GenerativeDRNVI(KullbackLeibler(0.1))
    plans = [plan_of(random_policy(game, k), game) for k in range(2)]
    seen, again = (learner.collect(game, plan, n_episodes, np.random.default_rng(4)) for plan in plans)
    np.testing.assert_array_equal(seen, again)
    visits = seen.sum(axis=-1)
    assert seen.dtype == np.int64 and visits.sum() == total
    assert visits.min() == total // rows and visits.max() - visits.min() <= 1
    assert likely(seen, visits[..., None] * game.transition)


def test_generative_samples_that_are_left_over_go_anywhere() -> None:
    game, learner = garnet((2, 2), 2), GenerativeDRNVI(Nominal())
    plan, rng = plan_of(random_policy(game, 0), game), np.random.default_rng(1)
    visits = sum(learner.collect(game, plan, 1, rng).sum(axis=-1) for _ in range(6000))
    assert likely(visits, np.full(visits.shape, 2 * 6000 / 24))


@pytest.mark.parametrize("n_actions", SHAPES)
def test_offline_episodes_follow_the_behaviour_whatever_the_plan(n_actions: tuple[int, ...]) -> None:
    game, n = garnet(n_actions, 6), 10**6
    behaviour = random_policy(game, 11)
    for learner, followed in (
        (OfflinePessimistic(Nominal(), behaviour=behaviour), behaviour),
        (OfflinePessimistic(Nominal()), np.full_like(behaviour, 1 / behaviour.shape[-1])),
    ):
        plans = [plan_of(random_policy(game, k), game) for k in range(2)]
        seen, again = (learner.collect(game, plan, n, np.random.default_rng(4)) for plan in plans)
        np.testing.assert_array_equal(seen, again)
        arriving = n * game.initial
        for h in range(game.horizon):
            expected = arriving[:, None, None] * followed[h][..., None] * game.transition[h]
            assert likely(seen[h], expected)
            arriving = expected.sum(axis=(0, 1))


def test_a_behaviour_policy_is_a_copy_that_nobody_changes() -> None:
    game = garnet((2, 2), 6)
    behaviour = random_policy(game, 1)
    learner, same = (
        OfflinePessimistic(Nominal(), behaviour=behaviour),
        OfflinePessimistic(Nominal(), behaviour=behaviour),
    )
    other = OfflinePessimistic(Nominal(), behaviour=random_policy(game, 2))
    kept = behaviour.copy()
    behaviour[:] = 0.25
    np.testing.assert_array_equal(learner.behaviour, kept)
    with pytest.raises(ValueError, match="read-only"):
        learner.behaviour[0] = 0
    assert learner == same and hash(learner) == hash(same) and learner == pickle.loads(pickle.dumps(learner))
    assert learner != other and repr(learner) != repr(other)
    assert learner != OfflinePessimistic(Nominal()) and OfflinePessimistic(Nominal()) == OfflinePessimistic(Nominal())
    flat = OfflinePessimistic(Nominal(), behaviour=np.full((2, 6, 2), 0.5))
    assert flat != OfflinePessimistic(Nominal(), behaviour=np.full((6, 2, 2), 0.5))  # the same bytes


def test_a_behaviour_is_known_by_a_digest_of_its_shape_and_its_numbers() -> None:
    """Files of runs hold the text, so it stays what it was."""
    behaviour = random_policy(garnet((2, 2), 6), 1)
    whole = hashlib.sha256(b"(2, 3, 4)" + behaviour.tobytes()).hexdigest()
    learner = OfflinePessimistic(Nominal(), behaviour=behaviour)
    assert learner.digest == whole[:16] and f"digest='{whole[:16]}'" in repr(learner)
    assert OfflinePessimistic(Nominal()).digest == "uniform"


@pytest.mark.parametrize(
    "behaviour, error, words",
    [
        (np.full((2, 4), 0.25), ValueError, r"behaviour must have 3 axes, got shape \(2, 4\)"),
        (np.full((2, 3, 4), 0.5), ValueError, r"behaviour\[0, 0\] must sum to 1, got 2.0"),
        ([[[1.5, -0.5]]], ValueError, r"behaviour\[0, 0, 1\] must not be negative, got -0.5"),
        ([[[np.nan, 1]]], ValueError, r"behaviour\[0, 0, 0\] must be finite"),
        ("uniform", TypeError, "behaviour must be an array of real numbers"),
        ([[[1.0], [0.5, 0.5]]], TypeError, "behaviour must be an array of real numbers"),
    ],
)
def test_a_behaviour_that_is_no_policy(behaviour: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        OfflinePessimistic(Nominal(), behaviour=behaviour)


def test_a_behaviour_of_another_game() -> None:
    learner = OfflinePessimistic(Nominal(), behaviour=np.full((3, 4, 4), 0.25))
    with pytest.raises(ValueError, match=r"behaviour must have shape \(H, S, A\) = \(2, 4, 4\), got \(3, 4, 4\)"):
        run(learner, zoo.paper_cooperative(), 10)


def test_random_play_is_uniform_in_what_it_plans_and_plays() -> None:
    game = garnet((2, 3), 1)
    history = run(RandomPlay(TotalVariation(0.1)), game, 10**6, seed=2)
    assert (history.policy == 1 / 6).all() and (history.best_policy == 1 / 6).all()
    assert (history.gap == history.gap[0]).all() and (history.value == history.value[0]).all()
    visits = history.checkpoint.counts.visits[0]
    assert likely(visits, np.outer(game.initial, np.full(6, visits.sum() / 6)))


@pytest.mark.parametrize(
    "epsilon, error",
    [(-0.1, ValueError), (1.1, ValueError), (np.nan, ValueError), ("0.1", TypeError), (True, TypeError)],
)
def test_epsilon_is_a_probability(epsilon: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="epsilon must be"):
        EpsilonGreedy(Nominal(), epsilon=epsilon)


@pytest.mark.parametrize("kind", BASELINES)
def test_the_other_arguments_are_those_of_mornavi(kind: type[Mornavi]) -> None:
    for wrong in ({"concept": "core"}, {"confidence": "none"}, {"delta": 1.0}, {"scale": -1}, {"replan": "never"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            kind(Nominal(), **wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="uncertainty"):
        kind(0.1)  # type: ignore[arg-type]
    learner = kind([Nominal(), TotalVariation(1)], scale=2)
    assert isinstance(learner.uncertainty, tuple) and isinstance(learner.scale, float)
    with pytest.raises(AttributeError):
        learner.delta = 0.5  # type: ignore[misc]
    with pytest.raises(TypeError, match="counts must be Counts"):
        learner.plan(np.zeros(3))  # type: ignore[arg-type]


# ---- what is planned ----


@pytest.mark.parametrize("kind", [EpsilonGreedy, GenerativeDRNVI])
@pytest.mark.parametrize("n_actions, concept", CASES)
def test_the_plan_is_a_robust_equilibrium_of_what_was_seen(
    kind: type, concept: str, n_actions: tuple[int, ...]
) -> None:
    sets = [TotalVariation(0.1 * (1 + i)) if i != 1 else Nominal() for i in range(len(n_actions))]
    learner = kind(sets, concept=concept)
    for n_episodes in (0, 3, 200):  # most rows unseen, some, none
        counts = Counts(3, n_actions, 2)
        if n_episodes:
            counts = counts_of(garnet(n_actions, 8), n_episodes, 1)

        def frequency(h: int, s: int, a: int, v: np.ndarray, seen: np.ndarray = counts.transitions) -> np.ndarray:
            row = seen[h, s, a]
            return row / row.sum() if row.sum() else np.full(len(row), 1 / len(row))

        plan = learner.plan(counts)
        assert stage_by_stage(counts, plan.policy, sets, concept, frequency)[1] <= 1e-9
        certified = Mornavi(sets, concept=concept).certify(counts, plan.policy)
        np.testing.assert_array_equal(plan.upper, certified.upper)
        np.testing.assert_array_equal(plan.lower, certified.lower)


@pytest.mark.parametrize("n_actions, concept", CASES)
def test_the_offline_plan_is_an_equilibrium_of_the_lowest_values(concept: str, n_actions: tuple[int, ...]) -> None:
    sets = [TotalVariation(0.1 * (1 + i)) if i != 1 else Nominal() for i in range(len(n_actions))]
    learner = OfflinePessimistic(sets, concept=concept, confidence="events")
    for n_episodes in (5, 100, 10**5):
        counts = counts_of(garnet(n_actions, 9), n_episodes, 2)
        model = ConfidenceSet("events", 3, counts.visits.size, learner.delta, 1.0, None)

        def lowest(
            h: int, s: int, a: int, v: np.ndarray, seen: np.ndarray = counts.transitions, model: ConfidenceSet = model
        ) -> np.ndarray:
            return np.asarray(model.pessimistic(seen[h], v)[s, a])

        plan = learner.plan(counts)
        value, gain = stage_by_stage(counts, plan.policy, sets, concept, lowest)
        assert gain <= 1e-9
        np.testing.assert_allclose(plan.lower, np.maximum(value, 0), rtol=0, atol=1e-12)
        certified = Mornavi(sets, concept=concept, confidence="events").certify(counts, plan.policy)
        np.testing.assert_array_equal(plan.upper, certified.upper)


def test_pessimists_and_optimists_differ_in_what_they_do_not_know() -> None:
    """One state, one player: a sure 0.5, and an action that nobody tried."""
    counts = Counts(1, (2,), 1)
    counts.record([0, 0], [0], [[0.5]])
    for kind, action in ((Mornavi, 1), (OfflinePessimistic, 0), (EpsilonGreedy, 0), (GenerativeDRNVI, 0)):
        plan = kind(Nominal()).plan(counts)
        assert plan.policy[0, 0].tolist() == np.eye(2)[action].tolist()
    assert RandomPlay(Nominal()).plan(counts).policy[0, 0].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("kind", [EpsilonGreedy, GenerativeDRNVI])
def test_the_observed_game_has_its_own_units_and_no_illegal_actions(kind: type[Mornavi]) -> None:
    """One state, so the observed game is the stage game of rewards seen; the best action of player 1 is illegal."""
    reward = np.array([[7.0, -2.0, 5.0, 3.0, 1.0, 6.0], [-1.0, 0.0, 9.0, 4.0, -3.0, 8.0]])
    legal = [np.ones((1, 2), dtype=bool), np.array([[True, True, False]])]
    game = MarkovGame.stationary(
        np.ones((1, 6, 1)), reward[:, None], (2, 3), 1, reward_range=[(-5, 8), (-3, 90)], legal=legal
    )
    counts = Counts.for_game(game)
    counts.add(game.play(np.full((1, 1, 6), 1 / 6), 500, np.random.default_rng(0)), game.reward)
    for concept in ("cce", "ce", "nash"):
        policy = kind(Nominal(), concept).plan(counts).policy
        np.testing.assert_array_equal(policy, solve(game, Nominal(), concept).policy)
        assert (policy[0, 0, [2, 5]] == 0).all()


@pytest.mark.parametrize("kind", [EpsilonGreedy, GenerativeDRNVI, OfflinePessimistic])
def test_the_concept_is_the_one_that_was_asked_for(kind: type[Mornavi]) -> None:
    """A stage without a pure equilibrium, of which the coarse correlated one of highest total is no product."""
    game = MarkovGame.stationary(np.ones((1, 6, 1)), np.random.default_rng(1).random((2, 1, 6)), (2, 3), 1)
    counts = counts_of(game, 200, 1)
    gains = {}
    for concept in ("cce", "ce", "nash"):
        policy = kind(Nominal(), concept).plan(counts).policy
        gains[concept] = deviation_gain(game.reward[:, 0, 0], policy[0, 0], (2, 3), concept)
        if concept == "cce":
            assert deviation_gain(game.reward[:, 0, 0], policy[0, 0], (2, 3), "ce") > 0.01
    assert max(gains.values()) < 1e-8
    np.testing.assert_allclose(
        policy[0, 0].reshape(2, 3), np.outer(*(policy.reshape(2, 3).sum(axis=k) for k in (1, 0)))
    )


@pytest.mark.parametrize("kind", [EpsilonGreedy, GenerativeDRNVI])
def test_a_mean_of_draws_is_no_reward_beyond_the_range(kind: type[Mornavi]) -> None:
    """The sum of ten draws of 0.1, divided by ten, is less than that."""
    assert reduce(add, [0.1] * 10) / 10 < 0.1  # `sum` is exact from Python 3.12 on
    counts = Counts(1, (2,), 1, (0.1, 0.3), rewards="random")
    for joint, paid in itertools.product((0, 1), (0.1,) * 10):
        counts.record([0, 0], [joint], [[paid + 0.2 * joint]])
    plan = kind(Nominal()).plan(counts)
    assert plan.policy.tolist() == [[[0.0, 1.0]]]


def test_a_stage_that_cannot_be_solved_is_named_by_its_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("payoffs[0]: no equilibrium")

    monkeypatch.setattr("mornavi_lite.learners.mornavi.solve_stage_unchecked", fail)
    with pytest.raises(RuntimeError, match=r"step 2, stage games by state: payoffs\[0\]: no equilibrium"):
        OfflinePessimistic(Nominal()).plan(Counts(2, (1, 3), 3))


# ---- certificates ----

SETS: list[Any] = [
    Nominal(),
    TotalVariation(0.2),
    TotalVariation(0.1, shift_support=False),
    KullbackLeibler(0.1),
    ChiSquare(0.2),
]


def certified_runs(scale: float, every: int = 1) -> list[History]:
    """Runs of all baselines on random games of one to three players, with one set or one per player."""
    histories = []
    for seed, (kind, (n_actions, concept)) in enumerate(itertools.product(BASELINES, CASES)):
        if seed % every:
            continue
        ball = SETS[seed % 5] if seed % 2 else [SETS[(seed + i) % 5] for i in range(len(n_actions))]
        more = (
            {"behaviour": random_policy(garnet(n_actions, seed), 1)} if kind is OfflinePessimistic and seed % 2 else {}
        )
        learner = kind(ball, concept=concept, scale=scale, **more)
        histories.append(run(learner, garnet(n_actions, seed), 10 ** (1 + seed % 4), seed=seed))
    return histories


def violated(history: History) -> bool:
    tolerance = 1e-9
    return bool(
        (history.gap > history.certificate + tolerance).any()
        or (history.value > history.upper + tolerance).any()
        or (history.value < history.lower - tolerance).any()
    )


def test_certificates_of_all_baselines_hold() -> None:
    histories = certified_runs(1.0)
    assert len(histories) >= 40
    assert [n for n, history in enumerate(histories) if violated(history)] == []
    assert min(history.best_certificate for history in histories) < 0.1  # and some say something


def test_certificates_that_are_too_narrow_are_noticed() -> None:
    assert sum(map(violated, certified_runs(0.01, every=3))) >= 8


# ---- runs ----


@pytest.mark.parametrize("replan", ["doubling", "episode"])
@pytest.mark.parametrize("kind", BASELINES)
def test_a_broken_run_is_the_whole_run(tmp_path: Path, kind: type[Mornavi], replan: str) -> None:
    game, n_episodes = garnet((2, 2), 3), 300 if replan == "doubling" else 20
    more: dict[str, Any] = {"behaviour": random_policy(game, 5)} if kind is OfflinePessimistic else {}
    learner = kind([KullbackLeibler(0.1), Nominal()], replan=replan, **more)
    whole = run(learner, game, n_episodes, seed=5)
    assert replan == "doubling" or whole.n_plans == n_episodes
    run(learner, game, n_episodes // 3, seed=5).save(tmp_path / "part.npz")
    again = kind([KullbackLeibler(0.1), Nominal()], replan=replan, **more)
    resumed = run(again, game, n_episodes, resume=History.load(tmp_path / "part.npz"))
    for name in ("episode", "gap", "value", "upper", "lower", "best_policy", "policy"):
        np.testing.assert_array_equal(getattr(resumed, name), getattr(whole, name), strict=True)
    np.testing.assert_array_equal(resumed.checkpoint.counts.transitions, whole.checkpoint.counts.transitions)


def test_a_run_is_not_taken_up_with_another_way_to_gather_data() -> None:
    game = garnet((2, 2), 3)
    first, second = random_policy(game, 5), random_policy(game, 6)
    learners: list[Mornavi] = [
        EpsilonGreedy(Nominal()),
        EpsilonGreedy(Nominal(), epsilon=0.2),
        GenerativeDRNVI(Nominal()),
        OfflinePessimistic(Nominal()),
        OfflinePessimistic(Nominal(), behaviour=first),
        OfflinePessimistic(Nominal(), behaviour=second),
        RandomPlay(Nominal()),
        Mornavi(Nominal()),
        NashVI(),
    ]
    histories = [run(learner, game, 10) for learner in learners]
    for (n, learner), (k, history) in itertools.product(enumerate(learners), enumerate(histories)):
        if n == k:
            assert run(learner, game, 20, resume=history).episode[-1] == 20
        else:
            with pytest.raises(ValueError, match="resume must be a run of the same learner and game"):
                run(learner, game, 20, resume=history)


class Recorded:
    """A learner that notes the policies of its plans."""

    def __init__(self, learner: Mornavi) -> None:
        self.learner, self.policies = learner, []
        self.uncertainty, self.concept, self.replan = learner.uncertainty, learner.concept, learner.replan

    def plan(self, counts: Counts) -> Plan:
        plan = self.learner.plan(counts)
        self.policies.append(plan.policy)
        return plan

    def collect(self, *arguments: Any) -> np.ndarray:
        return self.learner.collect(*arguments)


def robust_value_and_gap(game: MarkovGame, policy: np.ndarray, sets: Sequence[Any]) -> tuple[np.ndarray, float]:
    """Robust value of each player and the largest gain by a best response, by plain recursion."""
    values, gap = [], 0.0
    for i, ball in enumerate(sets):
        value, best = np.zeros((2, game.n_states))
        for h in reversed(range(game.horizon)):
            now, better = np.zeros((2, game.n_states))
            for s in range(game.n_states):
                rows, reward = game.transition[h, s], game.reward[i, h, s]
                payoff = reward + [worst_case(ball, row, value) for row in rows]
                now[s] = policy[h, s] @ payoff
                payoff = reward + [worst_case(ball, row, best) for row in rows]
                better[s] = policy[h, s] @ payoff + largest_gain(payoff, policy[h, s], game.n_actions, i, "cce")
            value, best = now, better
        values.append(game.initial @ value)
        gap = max(gap, float(game.initial @ (best - value)))
    return np.array(values), gap


@pytest.mark.parametrize("sets", [TotalVariation(0.3), [TotalVariation(0.2), Nominal()]])
@pytest.mark.parametrize("make", [NashVI, lambda: Mornavi(KullbackLeibler(0.2)), lambda: EpsilonGreedy(Nominal())])
def test_a_run_judged_by_other_sets_is_its_policies_evaluated(make: Callable[[], Mornavi], sets: Any) -> None:
    game = garnet((2, 2), 12)
    learner = Recorded(make())
    judged = run(learner, game, 300, seed=1, uncertainty=sets)
    own = run(make(), game, 300, seed=1)
    assert judged.n_plans == own.n_plans == len(learner.policies)
    for name in ("upper", "lower", "episode", "best_policy", "policy"):  # what the learner claims and does is its own
        np.testing.assert_array_equal(getattr(judged, name), getattr(own, name))
    each = sets if isinstance(sets, list) else [sets, sets]
    for policy, gap, value in zip(learner.policies, judged.gap, judged.value, strict=True):
        wanted, largest = robust_value_and_gap(game, policy, each)
        np.testing.assert_allclose(value, wanted, rtol=0, atol=1e-9)
        assert gap == pytest.approx(largest, abs=1e-9)
    assert not np.allclose(judged.value, own.value)
    with pytest.raises(ValueError, match="judged by the same sets"):
        run(make(), game, 600, resume=judged)
    with pytest.raises(ValueError, match="one set per player"):
        run(make(), game, 10, uncertainty=[Nominal()] * 3)
