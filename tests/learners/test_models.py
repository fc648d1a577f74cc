"""Learning on games as users have them: bounds hold in their units, for every kind of reward and on sparse rows."""

from __future__ import annotations

import numpy as np
import pytest

from mornavi_lite import (
    ChiSquare,
    Counts,
    EpsilonGreedy,
    GenerativeDRNVI,
    KullbackLeibler,
    MarkovGame,
    Mornavi,
    Nominal,
    OfflinePessimistic,
    RandomPlay,
    TotalVariation,
    best_response,
    evaluate,
    run,
    zoo,
)
from mornavi_lite.rounding import GRID, power_of_two
from tests.planning.test_models import made, radii

#: Each learner with a kind of reward and of rows, the first with all four pairs; the others' are among the slow tests.
KINDS = [Mornavi, EpsilonGreedy, GenerativeDRNVI, OfflinePessimistic, RandomPlay]
PAIRS = [
    pytest.param(
        kind, per_outcome, sparse, marks=pytest.mark.slow if k and not per_outcome == sparse == bool(k % 2) else ()
    )
    for k, kind in enumerate(KINDS)
    for per_outcome in (False, True)
    for sparse in (False, True)
]


@pytest.mark.parametrize(("kind", "per_outcome", "sparse"), PAIRS)
def test_certificates_bound_the_true_gap(kind: type[Mornavi], per_outcome: bool, sparse: bool) -> None:
    game = made(21, per_outcome, sparse)
    sets = [TotalVariation(radii(6, "per row")), KullbackLeibler(0.05), ChiSquare(0.1)]
    history = run(kind(sets), game, 3000, seed=3)
    assert (history.gap <= history.certificate + 1e-5).all() and history.best_certificate < 0.7 * history.certificate[0]
    policy = history.policy
    upper, lower = history.checkpoint.plan.upper, history.checkpoint.plan.lower
    digits = GRID * power_of_two(game.step_ranges)  # what is recorded is rounded
    assert (upper >= best_response(game, policy, sets) - digits).all()
    assert (lower <= evaluate(game, policy, sets) + digits).all()
    own = np.unravel_index(np.arange(12), game.n_actions)
    for mask, actions in zip(game.legal, own, strict=True):
        assert (policy[:, ~mask[:, actions]] == 0).all()
        assert (history.checkpoint.counts.visits[:, ~mask[:, actions]] == 0).all()


@pytest.mark.parametrize("confidence", ["model", "hoeffding", "bernstein", "chernoff", "bonus"])
def test_units_scale_all_that_is_recorded(confidence: str) -> None:
    """Cents instead of euros, and a fixed fee: the same episodes, and bounds in the new units."""
    game = zoo.garnet(4, (2, 3), 3, 3, seed=2)
    money = MarkovGame(game.transition, 128 * game.reward - 64, game.n_actions, reward_range=(-64, 64))
    mine = run(Mornavi(TotalVariation(0.1), confidence=confidence), game, 500, seed=1)
    theirs = run(Mornavi(TotalVariation(0.1), confidence=confidence), money, 500, seed=1)
    np.testing.assert_array_equal(mine.episode, theirs.episode)
    np.testing.assert_allclose(theirs.certificate, 128 * mine.certificate, atol=1e-6)
    np.testing.assert_allclose(theirs.gap, 128 * mine.gap, atol=1e-6)
    np.testing.assert_allclose(theirs.upper, 128 * mine.upper - 64 * 3, atol=1e-6)
    until = run(
        Mornavi(TotalVariation(0.1), confidence=confidence), money, 500, seed=1, until=float(theirs.certificate[10])
    )
    assert until.n_plans <= 11


def test_a_discounted_game_is_learned_within_the_ranges_of_its_steps() -> None:
    rng = np.random.default_rng(0)
    game = MarkovGame.discounted(
        rng.dirichlet(np.ones(3), (3, 4)), rng.normal(size=(2, 3, 4)), (2, 2), 0.6, 0.3, reward_range=(-3, 3)
    )
    first = Mornavi(Nominal()).plan(Counts.for_game(game))
    worth = 3 * 0.6 ** np.arange(game.horizon)
    np.testing.assert_allclose(first.upper[0, :-1, 0], np.cumsum(worth[::-1])[::-1])
    np.testing.assert_allclose(first.lower, -first.upper)
    history = run(Mornavi(TotalVariation(0.05)), game, 2000, seed=0)
    assert (history.gap <= history.certificate).all()


class RandomGame:
    """One state, two joint actions, rewards drawn from a beta distribution or a coin; the mean is known to us."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.mean = self.rng.random((2, 2, 4))  # players, steps, joint actions
        self.coin = self.rng.random(self.mean.shape) < 0.5
        self.mean[0, 0, 0], self.mean[1, 1, 2] = 0.0, 1.0  # never paid, always paid

    def play(self, counts: Counts, n: int, low: float, width: float) -> None:
        for _ in range(n):
            joint = self.rng.integers(0, 4, 2)
            paid = np.empty((2, 2))
            for i, h in np.ndindex(2, 2):
                m = self.mean[i, h, joint[h]]
                draw = (
                    self.rng.random() < m
                    if self.coin[i, h, joint[h]] or m in (0, 1)
                    else self.rng.beta(2 * m, 2 - 2 * m)
                )
                paid[i, h] = low + width * draw
            counts.record([0, 0, 0], joint, paid)


@pytest.mark.parametrize("scale, wrong", [(1.0, (0, 0)), (0.1, (12, 30))])
def test_bounds_of_random_rewards_hold_at_all_times(scale: float, wrong: tuple[int, int]) -> None:
    """30 runs, looked at again and again: at scale 1 the means are always inside, at scale 0.1 often not."""
    failures = 0
    for seed in range(30):
        game, low, width = RandomGame(seed), -20.0, 50.0
        counts = Counts(1, (2, 2), 2, reward_range=(low, low + width), rewards="random")
        inside = True
        for _ in range(12):
            game.play(counts, 5, low, width)
            for h in range(2):
                high, bottom = counts.reward_bounds(h, 0.05, scale)
                truth = low + width * game.mean[:, h][:, None]
                inside &= bool(((bottom <= truth + 1e-9) & (truth <= high + 1e-9)).all())
        failures += not inside
    assert wrong[0] <= failures <= wrong[1]


def test_a_policy_is_certified_from_random_rewards() -> None:
    game = RandomGame(3)
    counts = Counts(1, (2, 2), 2, rewards="random")
    game.play(counts, 2000, 0.0, 1.0)
    plan = Mornavi(Nominal(), "cce").plan(counts)
    worth = sum((plan.policy[h, 0] * game.mean[:, h]).sum(axis=-1) for h in range(2))
    assert (plan.lower[:, 0, 0] <= worth).all() and (worth <= plan.upper[:, 0, 0]).all()
    assert plan.certificate() < 0.5


@pytest.mark.parametrize(
    ("kind", "second", "words"),
    [
        (
            "deterministic",
            0.75,
            r"of player 0 at step 0, state 0, joint action 1 differs .* 0\.5, got 0\.75.*'random'",
        ),
        (
            "next_state",
            0.75,
            r"action 1, next state 1 differs from the one seen before, 0\.5, got 0\.75.*'random'",
        ),
        ("random", 1.5, r"must be in \[0, 1\] for each of 1 visits, got 1\.5"),
        ("next_state", -0.5, r"next state 1 must be in \[0, 1\], got -0\.5"),
    ],
)
def test_a_reward_that_contradicts_its_kind_says_what_would_hold(kind: str, second: float, words: str) -> None:
    counts = Counts(2, (2,), 1, rewards=kind)
    counts.record([0, 1], [1], [[0.5]])
    before = counts.parts()["transitions"].copy()
    with pytest.raises(ValueError, match=words):
        counts.record([0, 1], [1], [[second]])
    np.testing.assert_array_equal(counts.transitions, before)
    if kind == "next_state":
        counts.record([0, 0], [1], [[0.75]])  # another next state may pay something else
        assert counts.reward[0, 0, 0, 1].tolist() == [0.75, 0.5]


def test_ends_of_the_range_are_flags_and_not_rounded_sums() -> None:
    """A mean that only rounds to the end of the range keeps the price of the mixture."""
    exact, rounded = (Counts(1, (1,), 1, rewards="random") for _ in range(2))
    for _ in range(50):
        exact.record([0, 0], [0], [[0.0]])
        rounded.record([0, 0], [0], [[1e-300]])
    assert exact.reward_bounds(0, 0.05)[0] < rounded.reward_bounds(0, 0.05)[0]
    together = Counts(1, (1,), 1, rewards="random")
    together.add([[[[50]]]], [[[[0.0]]]])  # only the sum is known here
    assert together.reward_bounds(0, 0.05)[0] == rounded.reward_bounds(0, 0.05)[0]
