"""What a run asks of a game and of a learner, by a game and a learner that have that and nothing else."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mornavi_lite import (
    Counts,
    EpsilonGreedy,
    GenerativeDRNVI,
    History,
    MarkovGame,
    Mornavi,
    OfflinePessimistic,
    Plan,
    RandomPlay,
    equilibrium_gap,
    evaluate,
    run,
)
from mornavi_lite.planning import gap_and_value
from mornavi_lite.runs.episodes import Going
from mornavi_lite.runs.protocol import behaviour_of, check_learner, episodes_of
from tests.learners.small_games import MIXED, varied_game


class Bare:
    """A game that is no MarkovGame."""

    def __init__(self, game: MarkovGame, kind: type = Counts) -> None:
        self.horizon, self.n_states, self.n_actions = game.horizon, game.n_states, game.n_actions
        self.initial, self.reward = game.initial, game.reward
        self.counts = lambda: kind(game.n_states, game.n_actions, game.horizon, initial=game.initial)
        self.play, self.digest = game.play_unchecked, lambda: "one"
        self.gap_and_value = lambda policy, sets, concept: gap_and_value(game, policy, sets, concept)


class OwnCounts:
    """Counts of a kind of their own, around those of which the learner knows."""

    step_ranges = np.broadcast_to(np.array([0.0, 1.0]), (3, 2, 2))

    def __init__(self, *sizes: Any, initial: Any = None, inside: Counts | None = None) -> None:
        self.inside = Counts(*sizes, initial=initial) if inside is None else inside
        for name in ("n_states", "n_actions", "horizon", "about"):
            setattr(self, name, getattr(self.inside, name))

    @property
    def visits(self) -> np.ndarray:
        return self.inside.visits.reshape(-1)

    def add_unchecked(self, played: np.ndarray, reward: np.ndarray) -> None:
        self.inside.add_unchecked(played, reward)

    def copy(self) -> OwnCounts:
        return OwnCounts(inside=self.inside.copy())

    def parts(self) -> dict[str, np.ndarray]:
        return self.inside.parts()

    @classmethod
    def from_parts(cls, stored: Any) -> OwnCounts:
        return cls(inside=Counts.from_parts(stored))


class OwnLearner:
    uncertainty, concept, replan = MIXED, "ce", "doubling"

    def plan(self, counts: OwnCounts) -> Plan:
        return Mornavi(MIXED, "ce").plan(counts.inside)

    def behaviour(self, plan: Plan) -> np.ndarray:
        return plan.policy

    def __repr__(self) -> str:
        return "OwnLearner()"


def same(first: History, second: History) -> bool:
    recorded = ("episode", "gap", "value", "upper", "lower", "best_policy", "policy")
    return all(getattr(first, name).tobytes() == getattr(second, name).tobytes() for name in recorded)


@pytest.mark.parametrize(
    "learner",
    [
        Mornavi(MIXED, "ce"),
        EpsilonGreedy(MIXED, "ce", epsilon=0.3),
        OfflinePessimistic(MIXED, "ce"),
        OfflinePessimistic(MIXED, "ce", behaviour=np.random.default_rng(2).dirichlet(np.ones(12), size=(2, 3))),
    ],
)
def test_a_game_needs_no_more_than_what_a_run_asks(learner: Mornavi, game: MarkovGame) -> None:
    """With the same random numbers it is the run of the arrays that are behind it."""
    assert same(run(learner, Bare(game), 40, seed=3), run(learner, game, 40, seed=3))


def test_a_behaviour_is_a_method_an_array_or_all_joint_actions_alike(game: MarkovGame) -> None:
    plan, array = RandomPlay(MIXED).plan(Counts.for_game(game)), np.random.default_rng(2).dirichlet(np.ones(12), (2, 3))
    for behaviour, expected in ((lambda plan: 2 * plan.policy, 2 * plan.policy), (array, array), (None, 1 / 12)):
        found = behaviour_of(SimpleNamespace(behaviour=behaviour), plan)
        np.testing.assert_array_equal(found, np.broadcast_to(expected, (2, 3, 12)))


def test_episodes_are_gathered_as_the_learner_says_where_it_can(game: MarkovGame) -> None:
    """Where it says nothing, or the game is no array, its behaviour is played; without checks, if there is a way."""
    plan, rng = SimpleNamespace(policy=np.zeros((2, 3, 12))), np.random.default_rng(0)

    def played(by: str) -> Any:
        return lambda policy, n_episodes, its_rng: (by, policy.sum(), n_episodes, its_rng is rng)

    both = SimpleNamespace(behaviour=lambda plan: plan.policy + 1, collect=lambda *what: ("collect", *what))
    behaving, collecting = SimpleNamespace(behaviour=both.behaviour), SimpleNamespace(collect=both.collect)
    bare, quick = SimpleNamespace(play=played("play")), SimpleNamespace(play=played("play"), play_unchecked=played("q"))
    for learner, world, by in (
        (both, game, "collect"),
        (collecting, game, "collect"),
        (collecting, bare, "collect"),
        (both, bare, "play"),
        (behaving, bare, "play"),
        (behaving, quick, "q"),
        (both, quick, "q"),
    ):
        found = episodes_of(learner, world, plan, 7, rng)
        assert found == (("collect", world, plan, 7, rng) if by == "collect" else (by, 72, 7, True))


@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_what_a_plan_is_worth_is_the_truth_about_its_policy(concept: str, game: MarkovGame) -> None:
    policy, learner = np.random.default_rng(5).dirichlet(np.ones(12), (2, 3)), SimpleNamespace(concept=concept)
    expected = equilibrium_gap(game, policy, MIXED, concept), evaluate(game, policy, MIXED)[:, 0] @ game.initial
    for world in (game, Bare(game)):
        gap, value = Going(learner, world, list(MIXED), 0)._worth(policy)
        assert gap == pytest.approx(expected[0], abs=1e-9) and gap > 0.01
        np.testing.assert_allclose(value, expected[1], rtol=0, atol=1e-9)
    gaps = {equilibrium_gap(game, policy, MIXED, each) for each in ("ce", "cce")}
    assert len(gaps) == 2


def test_a_learner_plays_or_collects(game: MarkovGame, tmp_path: Path) -> None:
    every = {"plan": None, "uncertainty": MIXED, "concept": "ce", "replan": "doubling"}
    for name in ("behaviour", "collect"):
        check_learner(SimpleNamespace(**every, **{name: None}))
    own, going = OwnLearner(), Going(OwnLearner(), game, list(MIXED), 0)
    another = type("Another", (OwnLearner,), {"__repr__": lambda self: "Another()"})()
    assert going.origin(own) == going.origin(OwnLearner()) != going.origin(another)
    history = run(RandomPlay(MIXED), game, 3, checkpoint=tmp_path / "file.npz")
    assert History.load(tmp_path / "file.npz").n_plans == history.n_plans


def test_where_an_exception_of_the_game_was_is_said(game: MarkovGame) -> None:
    def gone(*arguments: Any) -> Any:
        raise ConnectionError("gone")

    bare, learner = Bare(game), OwnLearner()
    assert Going(learner, bare, list(MIXED), 0).where() == "episode 1"
    bare.play = gone
    with pytest.raises(ConnectionError) as caught:
        run(RandomPlay(MIXED), bare, 5)
    assert caught.value.__notes__ == ["episode 1"] and caught.value.history.n_plans == 1  # type: ignore[attr-defined]


def test_a_batch_is_told_when_it_is_counted(game: MarkovGame) -> None:
    going, told = Going(RandomPlay(MIXED), game, list(MIXED), 0), []
    going.make_plan()
    assert [going.play(7, told.append) for _ in range(5)] == [True] * 3 + [False] * 2  # 1, 1, 2; the next are 4
    assert told == [1, 1, 2] and going.episode == going.since_plan == 4 and going.counts.n_episodes == 4


def test_counts_of_a_kind_of_their_own_are_saved_and_taken_up(game: MarkovGame, tmp_path: Path) -> None:
    bare, learner, path = Bare(game, OwnCounts), OwnLearner(), tmp_path / "own.npz"
    whole = run(learner, bare, 50, seed=1)
    assert same(whole, run(Mornavi(MIXED, "ce"), game, 50, seed=1))
    history = run(learner, bare, 17, seed=1)
    history.save(path)
    history = run(learner, bare, 50, resume=History.load(path, counts=OwnCounts))
    assert same(history, whole) and isinstance(history.checkpoint.counts, OwnCounts)
    assert history.checkpoint.generator == whole.checkpoint.generator
    other = Bare(game, OwnCounts)
    other.digest = lambda: "another"
    another = type("Another", (OwnLearner,), {"__repr__": lambda self: "Another()"})()
    for its_learner, its_game in ((learner, other), (another, bare)):
        with pytest.raises(ValueError, match=r"resume must be a run of the same learner and game, judged by .* sets$"):
            run(its_learner, its_game, 60, resume=history)


def test_what_is_missing_is_named(game: MarkovGame) -> None:
    for name in ("horizon", "n_states", "n_actions", "initial", "reward", "counts", "play", "gap_and_value", "digest"):
        bare = Bare(game)
        delattr(bare, name)
        with pytest.raises(TypeError, match=f"game must be a MarkovGame, got Bare, which has no {name} for run to use"):
            run(Mornavi(MIXED), bare, 10)
    for name in ("plan", "uncertainty", "concept", "replan", "behaviour"):
        every = {"plan": None, "uncertainty": MIXED, "concept": "ce", "replan": "doubling", "behaviour": None}
        learner = SimpleNamespace(**{key: each for key, each in every.items() if key != name})
        with pytest.raises(TypeError, match=f"learner must have {name}, as Mornavi has; got SimpleNamespace"):
            run(learner, game, 10)


def test_a_learner_that_starts_anywhere_is_refused_where_games_are_only_played() -> None:
    with pytest.raises(TypeError, match="GenerativeDRNVI plays no policy"):
        run(GenerativeDRNVI(MIXED), Bare(varied_game(2, (2, 3, 2))), 10)
