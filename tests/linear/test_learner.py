"""The learner that is told features: certificates that hold, little that depends on the states, runs, bad input."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mornavi_lite import (
    ChiSquare,
    Contamination,
    Counts,
    History,
    KullbackLeibler,
    Mornavi,
    Nominal,
    TotalVariation,
    learn,
    run,
)
from mornavi_lite.linear import (
    FeatureCounts,
    LinearGame,
    LinearMornavi,
    best_response,
    evaluate,
    grouped_states,
    look_alikes,
)
from tests.linear.games import random_game, random_policy

BALLS: list[Any] = [
    TotalVariation(0.1),
    KullbackLeibler(0.1),
    [ChiSquare(0.2), Nominal(), TotalVariation(np.array([0.05, 0.1, 0.3]), shift_support=False)],
    Contamination(0.2),
]


def wrong_bounds(game: LinearGame, plan: Any, ball: Any) -> bool:
    """Whether a plan's bounds fail at any step and state."""
    value, deviation = evaluate(game, plan.policy, ball), best_response(game, plan.policy, ball)
    reached = np.ones((game.horizon, game.n_states), dtype=bool)
    reached[0] = game.initial > 0
    apart = np.maximum(np.maximum(value, deviation) - plan.upper, plan.lower - value)[:, :-1]
    return bool((apart[:, reached] > 1e-9).any())


@pytest.mark.parametrize("one_hot", [True, False])
@pytest.mark.parametrize(
    "ball", [BALLS[0], *(pytest.param(each, marks=pytest.mark.slow) for each in BALLS[1:])], ids=str
)
def test_certificates_hold(ball: Any, one_hot: bool) -> None:
    """For every plan of every run, with three players; at a hundredth of the width they do not."""
    broken = 0
    for seed, scale in itertools.product(range(2), (1.0, 0.01)):
        game = random_game(seed, horizon=3, one_hot=one_hot)
        learner = LinearMornavi(game.features, ball, game.reward, scale=scale)
        history = run(learner, game, 300, seed=seed)
        wrong = (history.gap > history.certificate + 1e-9) | (history.lower > history.value + 1e-9).any(axis=1)
        assert scale < 1 or not (wrong.any() or wrong_bounds(game, history.best_plan, ball))
        broken += int(wrong.sum()) + (scale < 1 and wrong_bounds(game, history.best_plan, ball))
        other = learner.certify(history.checkpoint.counts, random_policy(game, seed))
        assert scale < 1 or not wrong_bounds(game, other, ball)
    assert broken > 0


@pytest.mark.parametrize(
    ("one_hot", "n_states"), [(True, 200), (False, 160), pytest.param(False, 60, marks=pytest.mark.slow)]
)
def test_certificates_hold_where_values_are_counted(one_hot: bool, n_states: int) -> None:
    game = random_game(5, (2, 2), n_states=n_states, n_features=2, horizon=4, one_hot=one_hot)
    history = run(LinearMornavi(game.features, TotalVariation(0.1), game.reward), game, 1000)
    assert (history.gap <= history.certificate + 1e-9).all() and history.best_certificate < 4.0
    assert not wrong_bounds(game, history.best_plan, TotalVariation(0.1))


def test_one_hot_bounds_are_within_those_of_shared_rows() -> None:
    """Against the learner of chapter 5 with the same rows, whose rewards have all been seen."""
    game = random_game(1, (2, 2), horizon=3, one_hot=True)
    joint, rng = game.tabular(), np.random.default_rng(0)
    counts = Counts.for_game(joint)
    counts.add(rng.multinomial(np.full(joint.transition.shape[:3], 25), joint.transition), joint.reward)
    numbers = game.features.argmax(axis=-1) + 3 * np.arange(3).reshape(3, 1, 1)
    policy = random_policy(game, 1)
    for ball in BALLS[:2]:
        plan = LinearMornavi(game.features, ball, game.reward, delta=0.1).certify(counts, policy)
        for form in ("events", "row"):
            wide = Mornavi(ball, "cce", form, 0.05, rows=numbers).certify(counts, policy)
            assert (plan.upper <= wide.upper + 1e-9).all() and (plan.lower >= wide.lower - 1e-9).all()
            assert plan.certificate(game.initial) > 0.5 * wide.certificate(game.initial)


def test_the_goals_for_thirty_two_states() -> None:
    game = grouped_states(32)
    history = run(LinearMornavi(game.features, TotalVariation(0.1), game.reward), game, 10**6, seed=5)
    made = np.concatenate([[0], history.episode[:-1]])
    assert history.certificate[made <= 10**4].min() <= 0.07
    assert history.best_certificate <= 0.008 and history.regret[-1] <= 40
    assert (history.gap <= history.certificate + 1e-9).all()


def test_the_number_of_states_hardly_matters() -> None:
    found = []
    for size in (16, 256):
        game = grouped_states(size)
        learner = LinearMornavi(game.features, TotalVariation(0.1), game.reward)
        found.append(run(learner, game, 10**4).best_certificate)
    assert found[1] < 2 * found[0]


def test_games_that_look_alike_are_both_within_the_bounds() -> None:
    """One mixture is seen, and whatever factors it is made of must be covered; the interval ends at both values."""
    ball, weight, good = TotalVariation(0.2), 0.3, 0.3
    games = look_alikes(weight, good)
    learner = LinearMornavi(games[0].features, ball, games[0].reward)
    histories = [run(learner, game, 10**8) for game in games]
    values = [float(evaluate(game, histories[0].policy, ball)[0, 0, 0]) for game in games]
    assert abs(values[1] - values[0]) == pytest.approx((1 - weight) * 0.2, abs=1e-12)
    for history in histories:
        (low,), (high,) = history.lower[-1], history.upper[-1]
        assert low <= min(values) and max(values) <= high
        assert low == pytest.approx(min(values), abs=3e-3) and high == pytest.approx(max(values), abs=3e-3)
    np.testing.assert_allclose(games[0].transition[0, 0], games[1].transition[0, 0], atol=1e-15)


@pytest.mark.parametrize("one_hot", [True, False])
def test_bounds_hold_where_they_are_tight(one_hot: bool) -> None:
    """After ten billion episodes widths hide nothing; the radii differ by factor, and rows are bounded as well."""
    radii = np.array([0.3, 0.02, 0.1])
    for ball in (
        [TotalVariation(radii), KullbackLeibler(radii), ChiSquare(radii)],
        [TotalVariation(radii, shift_support=False), Contamination(radii), Nominal()],
    ):
        game = random_game(11, horizon=2, one_hot=one_hot)
        learner = LinearMornavi(game.features, ball, game.reward)
        counts, even = game.counts(), np.full(game.features.shape[:3], 1 / 12)
        counts.add(game.play_unchecked(even, 10**12, np.random.default_rng(0)))
        plan = learner.plan(counts)
        assert not wrong_bounds(game, plan, ball) and plan.certificate(game.initial) < 0.05


def test_nominal_sets_close_whatever_the_features() -> None:
    game = look_alikes()[1]
    history = run(LinearMornavi(game.features, Nominal(), game.reward), game, 10**8)
    assert history.best_certificate < 2e-3


def test_counts_of_both_kinds_give_the_same_plan() -> None:
    for one_hot in (True, False):
        game = random_game(2, one_hot=one_hot)
        played = game.play(random_policy(game, 3), 500, np.random.default_rng(0))
        plain, own = Counts.for_game(game.tabular()), game.counts()
        plain.add(played, game.reward)
        own.add(played, game.reward)
        learner = LinearMornavi(game.features, [TotalVariation(0.1)] * 3, game.reward, "ce")
        ours, theirs = learner.plan(own), learner.plan(plain)
        np.testing.assert_allclose(ours.upper, theirs.upper, rtol=0, atol=1e-9)
        np.testing.assert_allclose(ours.lower, theirs.lower, rtol=0, atol=1e-9)
        assert ours.certificate(game.initial) < 9


def test_plans_are_made_when_a_determinant_has_doubled() -> None:
    game = random_game(3)
    learner = LinearMornavi(game.features, Nominal(), game.reward, ridge=0.5)
    visits = game.play(random_policy(game, 3), 50, np.random.default_rng(0)).sum(axis=-1)
    expected = []
    for h in range(2):
        regular = np.eye(3)
        for s, a in itertools.product(range(5), range(12)):
            regular += visits[h, s, a] * np.outer(game.features[h, s, a], game.features[h, s, a]) / 0.5
        expected.append(np.linalg.det(regular))
    np.testing.assert_allclose(learner.watched(visits), expected, rtol=1e-9)
    assert (learner.watched(np.zeros_like(visits)) == 1).all()
    many = random_game(0, (2, 2), n_states=40, n_features=40)
    large = LinearMornavi(many.features, Nominal(), many.reward).watched(np.full((3, 40, 4), 10**15))
    assert np.isfinite(large).all() and (large > 1).all()
    history = run(LinearMornavi(game.features, Nominal(), game.reward), game, 10**4)
    assert history.n_plans <= 2 + 2 * 3 * np.log2(1 + 10**4)
    hot = random_game(3, one_hot=True)
    pooled = np.einsum("hsa,hsaj->hj", visits[:2], hot.features[:2])
    product = LinearMornavi(hot.features, Nominal(), hot.reward).watched(visits)
    np.testing.assert_allclose(product, (1 + pooled).prod(axis=1), rtol=1e-9)


def test_exploration_is_played_and_not_planned() -> None:
    game = random_game(4)
    learner = LinearMornavi(game.features, Nominal(), game.reward, explore=0.3)
    plan = learner.plan(game.counts())
    np.testing.assert_allclose(learner.behaviour(plan), 0.7 * plan.policy + 0.3 / 12, atol=1e-15)
    still = LinearMornavi(game.features, Nominal(), game.reward)
    assert still.behaviour(plan) is plan.policy


@pytest.mark.parametrize("soft", [0.0, 0.3])
def test_a_run_is_saved_and_taken_up(tmp_path: Path, soft: float) -> None:
    game = grouped_states(12, soft=soft)
    learner = LinearMornavi(game.features, TotalVariation(0.1), game.reward)
    whole, part = run(learner, game, 800, seed=3), run(learner, game, 200, seed=3)
    part.save(tmp_path / "run.npz")
    again = run(learner, game, 800, resume=History.load(tmp_path / "run.npz", counts=FeatureCounts))
    for name in ("episode", "gap", "value", "upper", "lower", "policy", "best_policy"):
        assert getattr(again, name).tobytes() == getattr(whole, name).tobytes(), name
    assert "12 states in groups" in repr(whole) and "given: features, rewards" in repr(whole.best_plan)
    with pytest.raises(ValueError, match="resume must be a run of the same learner and game"):
        run(LinearMornavi(game.features, TotalVariation(0.2), game.reward), game, 800, resume=part)


class Environment:
    """A linear game as somebody else's simulator."""

    def __init__(self, game: LinearGame, stated: bool = True) -> None:
        self.game, self.n_states, self.n_actions, self.horizon = game, game.n_states, game.n_actions, game.horizon
        self.reward_range, self.rows = game.reward_range, game.transition
        if stated:
            self.initial = game.initial

    def reset(self, rng: np.random.Generator) -> int:
        self.h, self.s = 0, int(rng.choice(self.n_states, p=self.game.initial))
        return self.s

    def step(self, a: int, rng: np.random.Generator) -> tuple[int, np.ndarray]:
        paid = self.game.reward[:, self.h, self.s, a]
        self.s, self.h = int(rng.choice(self.n_states, p=self.rows[self.h, self.s, a])), self.h + 1
        return self.s, paid


def test_an_environment_is_learned() -> None:
    game = random_game(6, (2, 2))
    learner = LinearMornavi(game.features, TotalVariation(0.1), game.reward)
    history = learn(learner, Environment(game), 300)
    assert not history.judged and history.best_certificate < 3
    assert not wrong_bounds(game, history.best_plan, TotalVariation(0.1))
    with pytest.raises(ValueError, match="counts must say where episodes begin"):
        learn(learner, Environment(game, stated=False), 10)


def test_one_step_needs_no_episode() -> None:
    game = random_game(0, horizon=1)
    history = run(LinearMornavi(game.features, TotalVariation(0.1), game.reward), game, 100)
    assert history.n_plans == 1 and history.best_certificate < 1e-9 and history.gap[0] < 1e-9


GAME = grouped_states(4)
ONE = LinearMornavi(GAME.features, TotalVariation(0.1), GAME.reward)


def contradicted() -> Counts:
    counts = Counts(4, (2, 2), 3, initial=0)
    counts.record([0, 1, 2, 3], [0, 0, 0], 1 - GAME.reward[:, [0, 1, 2], [0, 1, 2], 0])
    return counts


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearMornavi(GAME.features * 2, Nominal(), GAME.reward), r"features\[0, 0, 0\] must sum to 1"),
        (lambda: LinearMornavi(GAME.features[0, :3], Nominal(), GAME.reward), "features must have shape"),
        (lambda: LinearMornavi(GAME.features, 0.1, GAME.reward), "uncertainty must be an uncertainty set"),
        (lambda: LinearMornavi(GAME.features, [Nominal()] * 3, GAME.reward), "one set per player, 2, got 3"),
        (lambda: LinearMornavi(GAME.features, Nominal(), GAME.reward[0]), "reward must have 4 axes"),
        (lambda: LinearMornavi(GAME.features, Nominal(), GAME.reward * np.nan), r"reward\[0, 0, 0, 0\] must be finite"),
        (lambda: LinearMornavi(GAME.features, Nominal(), GAME.reward, "best"), "concept must be one of"),
        (lambda: LinearMornavi(GAME.features, Nominal(), GAME.reward, delta=1), "delta must be"),
        (lambda: LinearMornavi(GAME.features, Nominal(), GAME.reward, ridge=0.0), "ridge must be"),
        (lambda: LinearMornavi(GAME.features, Nominal(), GAME.reward, explore=2), "explore must be in"),
        (lambda: LinearMornavi(GAME.features, Nominal(), GAME.reward, replan="never"), "replan must be one of"),
        (lambda: ONE.plan(GAME), "counts must be FeatureCounts or Counts, got LinearGame"),
        (lambda: ONE.plan(Counts(5, (2, 2), 3)), r"visits of counts must have shape \(H, S, A\) = \(3, 4, 4\)"),
        (lambda: ONE.plan(Counts(4, (4,), 3)), "counts must be of 2 players"),
        (lambda: ONE.plan(grouped_states(4, soft=0.1).counts()), "counts must have the features of the learner"),
        (lambda: ONE.plan(Counts(4, (2, 2), 3, rewards="random")), r"whose rewards are r\(s, a\)"),
        (lambda: ONE.plan(contradicted()), r"reward\[0, 0, 0, 0\] is contradicted by counts: told"),
        (lambda: ONE.certify(GAME, np.full((3, 4, 4), 0.25)), "counts must be FeatureCounts or Counts, got LinearGame"),
        (lambda: ONE.certify({}, np.full((3, 4, 4), 0.25)), "counts must be FeatureCounts or Counts, got dict"),
        (lambda: ONE.certify(GAME.counts(), np.ones((3, 4, 1))), r"policy must have shape \(H, S, A\)"),
        (
            lambda: run(LinearMornavi(GAME.features, TotalVariation(np.zeros((2, 4))), GAME.reward), GAME, 1),
            r"radius must broadcast to \(H, d\) = \(3, 4\)",
        ),
    ],
)
def test_bad_input_is_named(make: object, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()  # type: ignore[operator]


def test_learners_compare_by_contents() -> None:
    reward = GAME.reward.copy()
    one = LinearMornavi(GAME.features, TotalVariation(0.1), reward)
    reward[0, 0, 0] = 0.7
    assert one == ONE and hash(one) == hash(ONE)
    assert LinearMornavi(GAME.features, TotalVariation(0.1), reward) != ONE
    assert "explore" not in repr(ONE) and "reward=<(2, 3, 4, 4)" in repr(ONE)
