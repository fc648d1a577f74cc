"""The learner with rows by profile: bounds of the joint learner, certificates that hold, runs that are taken up."""

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
    run,
)
from mornavi_lite.anonymous import AnonymousGame, AnonymousMornavi, ProfileCounts, evaluate
from tests.anonymous.games import random_game, random_policy


def counts_of_both(game: AnonymousGame, seed: int, most: int = 300) -> tuple[ProfileCounts, Counts]:
    """The same visits by profile and by joint action: of some profiles none, of the others each joint action's."""
    rng, joint = np.random.default_rng(seed), game.tabular()
    of = game.shared_rows() % game.n_profiles
    seen = rng.random(game.transition.shape[:3]) < 0.8
    h, s, _ = np.indices(of.shape)
    visits = np.where(seen[h, s, of], rng.integers(1, most, size=of.shape), 0)
    played = rng.multinomial(visits, joint.transition)
    by_joint, by_profile = Counts(joint.n_states, joint.n_actions, joint.horizon), game.counts()
    by_joint = Counts.for_game(joint)
    by_joint.add(played, joint.reward)
    total = np.zeros_like(game.transition, dtype=np.int64)
    np.add.at(total, (h, s, of), played)
    by_profile.add(total, game.reward)
    return by_profile, by_joint


@pytest.mark.parametrize("form", ["events", "row", "hoeffding", "chernoff"])
@pytest.mark.parametrize(("m", "n"), [(1, 3), (2, 3), (3, 2), (4, 2)])
def test_bounds_are_those_of_the_joint_learner_with_shared_rows(form: str, m: int, n: int) -> None:
    for seed, ball in enumerate((TotalVariation(0.1), KullbackLeibler(0.2), ChiSquare(0.1), Contamination(0.2))):
        game = random_game(seed, m, n)
        ours, theirs = counts_of_both(game, seed)
        policy = random_policy(game, seed)
        joint = Mornavi(ball, "nash", form, delta=0.1, rows=game.shared_rows())
        expected = joint.certify(theirs, game.joint_policy(policy))
        plan = AnonymousMornavi(ball, 0.1, form).certify(ours, policy)
        np.testing.assert_allclose(plan.upper, expected.upper[:1], rtol=0, atol=1e-12)
        np.testing.assert_allclose(plan.lower, expected.lower[:1], rtol=0, atol=1e-12)
        np.testing.assert_allclose(expected.upper, np.broadcast_to(plan.upper, expected.upper.shape), atol=1e-12)
        assert plan.certificate() > 0.01


def test_what_is_stated_goes_to_the_joint_learner_in_the_same_way() -> None:
    game = random_game(5, 3)
    still = AnonymousGame(3, 2, np.broadcast_to(game.transition[:1], game.transition.shape), game.reward, game.initial)
    ours, theirs = counts_of_both(still, 1)
    of = still.shared_rows() % still.n_profiles
    numbers = np.arange(3).reshape(1, 3, 1) * still.n_profiles + of
    support = still.transition[0] > 0
    for stated in (False, True):
        mine: dict[str, Any] = {"support": support} if stated else {}
        joint: dict[str, Any] = {"support": still.tabular()} if stated else {}
        policy = random_policy(still, 2)
        plan = AnonymousMornavi(TotalVariation(0.1), rows="stationary", **mine).certify(ours, policy)
        learner = Mornavi(TotalVariation(0.1), "nash", rows=numbers, **joint)
        expected = learner.certify(theirs, still.joint_policy(policy))
        np.testing.assert_allclose(plan.upper, expected.upper[:1], rtol=0, atol=1e-12)
        np.testing.assert_allclose(plan.lower, expected.lower[:1], rtol=0, atol=1e-12)
    wrong = np.zeros_like(support)
    wrong[..., 0] = True
    with pytest.raises(ValueError, match="support is contradicted"):
        AnonymousMornavi(TotalVariation(0.1), support=wrong).plan(ours)


@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize(("m", "n"), [(5, 2), pytest.param(2, 3, marks=pytest.mark.slow)])
def test_certificates_hold(told: bool, m: int, n: int) -> None:
    """For every plan of every run; at a fiftieth of the width they do not."""
    broken = 0
    for seed, scale in itertools.product(range(3), (1.0, 0.02)):
        game = random_game(seed + 10 * n, m, n)
        learner = AnonymousMornavi(TotalVariation(0.1), scale=scale, reward=game.reward if told else None)
        history = run(learner, game, 1000, seed=seed)
        start = game.initial
        value = np.array([evaluate(game, history.best_policy, TotalVariation(0.1))[0, 0] @ start])
        best = int(history.certificate.argmin())
        np.testing.assert_allclose(history.value[best], value, rtol=0, atol=1e-9)
        wrong = (history.gap > history.certificate + 1e-9) | (history.lower > history.value + 1e-9).any(axis=1)
        assert scale < 1 or not wrong.any()
        broken += int(wrong.sum())
    assert broken > 0


def test_rewards_that_are_known_spare_visits() -> None:
    game = random_game(3, 6)
    known = run(AnonymousMornavi(TotalVariation(0.1), reward=game.reward), game, 10**6, until=0.5)
    learned = run(AnonymousMornavi(TotalVariation(0.1)), game, 10**6, until=0.5)
    assert known.best_certificate <= 0.5 and known.episode[-1] <= learned.episode[-1]


def test_a_run_is_saved_and_taken_up(tmp_path: Path) -> None:
    game, learner = random_game(2, 8), AnonymousMornavi(TotalVariation(0.1))
    whole = run(learner, game, 200, seed=3)
    part = run(learner, game, 60, seed=3)
    part.save(tmp_path / "run.npz")
    again = run(learner, game, 200, resume=History.load(tmp_path / "run.npz", counts=ProfileCounts))
    for name in ("episode", "gap", "value", "upper", "lower", "policy", "best_policy"):
        assert getattr(again, name).tobytes() == getattr(whole, name).tobytes(), name
    assert isinstance(again.checkpoint.counts, ProfileCounts)
    assert "one of 8 players" in repr(whole)
    with pytest.raises(ValueError, match="resume must be a run of the same learner and game"):
        run(AnonymousMornavi(TotalVariation(0.2)), game, 200, resume=part)
    assert run(learner, game, 200, seed=3).gap.tobytes() == whole.gap.tobytes()


def test_tuples_are_never_made() -> None:
    game = random_game(1, 50)
    history = run(AnonymousMornavi(KullbackLeibler(0.1)), game, 200, seed=1)
    assert history.checkpoint.counts.visits.shape == (2, 3, 51)
    assert (history.gap <= history.certificate + 1e-9).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AnonymousMornavi(0.1), "uncertainty must be an uncertainty set"),
        (lambda: AnonymousMornavi([TotalVariation(0.1)] * 2), "uncertainty must have one set per player, 1, got 2"),
        (lambda: AnonymousMornavi(TotalVariation(0.1), delta=0), "delta must be"),
        (lambda: AnonymousMornavi(TotalVariation(0.1), confidence="bonus"), "confidence must be .* 'bonus'|bonus"),
        (lambda: AnonymousMornavi(TotalVariation(0.1), reward=[[np.nan]]), "reward"),
        (lambda: AnonymousMornavi(TotalVariation(0.1)).plan(random_game(0, 2)), "counts must be ProfileCounts"),
        (
            lambda: AnonymousMornavi(TotalVariation(0.1)).certify(Counts(3, (2,), 2), np.full((2, 3, 2), 0.5)),
            "counts must be ProfileCounts, got Counts",
        ),
        (
            lambda: AnonymousMornavi(Nominal(), reward=np.zeros((2, 3, 2, 4))).plan(random_game(0, 2).counts()),
            r"reward must have shape \(H, S, A, C\) = \(2, 3, 2, 3\)",
        ),
        (
            lambda: AnonymousMornavi(TotalVariation(0.1)).certify(random_game(0, 2).counts(), np.ones((2, 3, 1))),
            r"policy must have shape \(H, S, A\) = \(2, 3, 2\)",
        ),
    ],
)
def test_bad_input_is_named(make: object, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()  # type: ignore[operator]


def test_learners_compare_by_contents() -> None:
    reward = np.zeros((1, 1, 2, 3))
    one = AnonymousMornavi(TotalVariation(0.1), reward=reward)
    reward[0] = 1.0
    assert one != AnonymousMornavi(TotalVariation(0.1), reward=reward) and hash(one) == hash(one)
    assert one == AnonymousMornavi([TotalVariation(0.1)], reward=np.zeros((1, 1, 2, 3)))
    assert "reward=<(1, 1, 2, 3)" in repr(one) and "rows" not in repr(one)
