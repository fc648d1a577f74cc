"""Learning where the game is not known: certificates against the truth, breaks, exceptions, a start that is learned."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import stats

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
    RandomPlay,
    TotalVariation,
    learn,
    run,
    zoo,
)
from mornavi_lite.confidence import row_cost
from mornavi_lite.planning import gap_and_value
from mornavi_lite.runs.environment import Played
from mornavi_lite.runs.episodes import Going
from mornavi_lite.summaries import number
from mornavi_lite.uncertainty import sets_per_player
from tests.learners.small_games import MIXED, Recorded, varied_game


class Wrapped:
    """A game of which only reset and step are seen; "random" rewards are the ends of its range, with its means."""

    def __init__(self, game: MarkovGame, start: bool = True, rewards: str = "deterministic") -> None:
        self.game, self.rewards = game, rewards
        self.n_states, self.n_actions, self.horizon = game.n_states, game.n_actions, game.horizon
        self.reward_range: Any = game.reward_range
        self.state_names: Any = None
        self.action_names: Any = None
        if start:
            self.initial = game.initial
        self.began = 0

    def reset(self, rng: np.random.Generator) -> int:
        self.began += 1
        self.h, self.state = 0, int(rng.choice(self.n_states, p=self.game.initial))
        return self.state

    def step(self, joint_action: int, rng: np.random.Generator) -> tuple[Any, Any]:
        here = (self.h, self.state, joint_action)
        paid = self.game.reward[:, *here]
        if self.rewards == "random":
            low, high = self.game.reward_range.T
            paid = np.where(rng.random(len(paid)) * (high - low) < paid - low, high, low)
        self.h, self.state = self.h + 1, int(rng.choice(self.n_states, p=self.game.transition[here]))
        return self.state, paid[:, self.state] if self.rewards == "next_state" else paid


def contents(history: History, folder: Path) -> bytes:
    history.save(folder / "contents.npz")
    return (folder / "contents.npz").read_bytes()


def errors(game: MarkovGame, learner: Recorded, history: History) -> np.ndarray:
    """By how much each plan's gap or values are outside what the history claims, at most 0 if they are not."""
    sets, wrong = sets_per_player(learner.uncertainty, game.n_players), []
    truth: dict[bytes, Any] = {}
    for k, (_, plan) in enumerate(learner.plans):
        key = plan.policy.tobytes()
        gap, values = truth[key] = truth.get(key) or gap_and_value(game, plan.policy, sets, learner.concept)
        value = values[:, 0] @ game.initial
        outside = [gap - history.certificate[k], *(value - history.upper[k]), *(history.lower[k] - value)]
        wrong.append(max(outside))
    return np.array(wrong)


# Certificates


@pytest.mark.parametrize("start", [True, False], ids=["stated", "learned"])
@pytest.mark.parametrize(
    ("learner", "rewards"),
    [
        (Mornavi(MIXED, "ce"), "deterministic"),
        (Mornavi(MIXED, confidence="row", replan="spaced"), "random"),
        (Mornavi(MIXED, confidence="events"), "random"),
        (Mornavi(MIXED, confidence="chernoff", rows="stationary", replan="episode"), "deterministic"),
        (Mornavi([Nominal(), TotalVariation(0.3), KullbackLeibler(0.0)], confidence="row"), "deterministic"),
        (EpsilonGreedy(MIXED, epsilon=0.4), "deterministic"),
    ],
)
def test_certificates_cover_gaps_and_values_that_nobody_was_told(learner: Mornavi, rewards: str, start: bool) -> None:
    """Three players, not symmetric, not square, a radius for each; a start that is drawn."""
    game = varied_game(11, (2, 3, 2))
    if learner.rows is not None:
        first = game.transition[0]
        game = MarkovGame(np.stack([first, first]), game.reward, game.n_actions, game.initial)
    told = Recorded(learner)
    n_episodes = 60 if learner.replan == "episode" else 300
    history = learn(told, Wrapped(game, start, rewards), n_episodes, seed=5)
    assert len(told.plans) == history.n_plans > 5
    assert (errors(game, told, history) <= 1e-9).all()
    distance = (history.upper - history.lower).max(axis=1)
    assert history.certificate[-1] < history.certificate[0] and (history.certificate <= distance + 1e-9).all()
    assert (history.width is None) == start and not history.judged and np.isnan(history.regret).all()
    assert np.isnan(history.gap).all() and np.isnan(history.value).all()
    assert history.checkpoint.counts.n_episodes == history.checkpoint.episode == n_episodes
    assert history.checkpoint.counts.rewards == rewards
    best = int(history.certificate.argmin())
    at = game.initial if start else None
    assert history.best_plan.certificate(at) == pytest.approx(history.best_certificate, abs=1e-9)
    assert history.best_policy.tobytes() == told.plans[best][1].policy.tobytes()


def test_a_false_claim_would_be_seen() -> None:
    """The same measurement of sets that are far too small: claims are wrong."""
    game, wrong = varied_game(11, (2, 3, 2)), []
    for seed in range(5):
        told = Recorded(Mornavi(MIXED, scale=0.02))
        history = learn(told, Wrapped(game, start=False), 100, seed=seed)
        wrong.append(errors(game, told, history).max() > 1e-6)
    assert sum(wrong) >= 3


@pytest.mark.parametrize("rewards", ["shared", "opposed"])
def test_an_environment_is_learned_to_a_goal_about_as_fast_as_its_game(rewards: str) -> None:
    game = zoo.safe_or_risky(rewards=rewards)
    learner = Mornavi(TotalVariation(0.1))
    history = learn(learner, Wrapped(game), 10**5, seed=1, until=0.4)
    known = run(learner, game, 10**5, seed=1, until=0.4)
    assert history.best_certificate <= 0.4 < history.certificate[:-1].min()
    assert 0.5 < history.episode[-1] / known.episode[-1] < 2
    assert equal_bounds(history, learner, game)


def equal_bounds(history: History, learner: Mornavi, game: MarkovGame) -> bool:
    """Whether counts of the game give the history's last bounds."""
    plan = learner.plan(history.checkpoint.counts)
    return bool(np.allclose(plan.upper[:, 0] @ game.initial, history.upper[-1], rtol=0, atol=1e-9))


@pytest.mark.parametrize("confidence", ["row", "events", "chernoff"])
def test_at_a_learned_start_bounds_are_the_extremes_over_all_starts_that_are_left(confidence: str) -> None:
    """By searching the simplex; R + 1 rows share delta."""
    game = varied_game(4, (2, 3))
    learner = Recorded(Mornavi(MIXED[:2], confidence=confidence))
    history = learn(learner, Wrapped(game, start=False), 400, seed=3)
    counts, plan = learner.plans[-1]
    seen, total = counts.start_row, counts.n_episodes
    assert seen is not None and seen.sum() == total
    p = np.linspace(0, 1, 401)
    p = np.stack(np.meshgrid(p, p), axis=-1).reshape(-1, 2)
    p = np.column_stack([p, 1 - p.sum(axis=1)])[p.sum(axis=1) <= 1].clip(0, 1)
    vectors = {"upper": plan.upper[:, 0], "lower": plan.lower[:, 0], "width": plan.upper[:, 0] - plan.lower[:, 0]}
    if confidence == "row":
        with np.errstate(divide="ignore", invalid="ignore"):
            spent = (seen * np.where(seen > 0, np.log(seen / total / p), 0)).sum(axis=1)
        left = p[spent <= row_cost(seen) + np.log((6 * 3 + 1) / 0.05)]
        highest = {name: (left @ each.T).max(axis=0) for name, each in vectors.items()}
        np.testing.assert_allclose(history.upper[-1], highest["upper"], atol=0.01)
        np.testing.assert_allclose(history.lower[-1], (left @ vectors["lower"].T).min(axis=0), atol=0.01)
        assert history.certificate[-1] == pytest.approx(highest["width"].max(), abs=0.01)
    else:  # of what tails leave, the distribution of the highest mean has the highest tails
        from mornavi_lite.confidence import ConfidenceSet

        row = ConfidenceSet(confidence, 3, 2 * 3 * 6 + 1, 0.05)
        means = [row.optimistic(seen, each) @ each for each in vectors["width"]]
        assert history.certificate[-1] <= max(means) + 1e-9
        np.testing.assert_allclose(
            history.upper[-1], [row.optimistic(seen, each) @ each for each in vectors["upper"]], atol=1e-9
        )
    assert history.certificate[-1] < (history.upper[-1] - history.lower[-1]).max()
    stated = Mornavi(MIXED[:2], confidence=confidence).plan(counts.with_start(game.initial))
    assert stated.start is None and stated.certificate(game.initial) < history.certificate[-1]


def only_the_start_is_unknown(rng: np.random.Generator) -> MarkovGame:
    """One step: rewards are known once seen, and no row of a kernel matters."""
    reward = rng.random((2, 1, 4, 2))
    return MarkovGame(np.full((1, 4, 2, 4), 0.25), reward, (2, 1), rng.dirichlet(np.full(4, 0.7)))


@pytest.mark.parametrize(("scale", "least", "most"), [(1.0, 0, 0), (0.2, 2, 20)])
def test_a_learned_start_is_covered(scale: float, least: int, most: int) -> None:
    """20 runs, with the row's own shape of bounds; with sets a fifth as wide the same measurement finds errors."""
    wrong = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        game = only_the_start_is_unknown(rng)
        told = Recorded(RandomPlay(Nominal(), confidence=("row", "events")[seed % 2], scale=scale))
        history = learn(told, Wrapped(game, start=False), 128, seed=seed)
        wrong += bool((errors(game, told, history) > 1e-9).any())
    assert least <= wrong <= most


def test_a_bonus_has_a_start_too_and_knows_nothing_at_first() -> None:
    game = varied_game(1, (2, 2))
    first = learn(NashVI(confidence="bonus"), Wrapped(game, start=False), 1)
    plan = first.checkpoint.plan
    assert first.upper[0].tolist() == plan.upper[:, 0].max(axis=1).tolist()
    assert first.certificate[0] == 2.0
    many = learn(NashVI(confidence="bonus", scale=0.1), Wrapped(game, start=False), 4000, seed=1)
    assert many.best_certificate < 1.5


def test_joint_actions_are_drawn_from_the_behaviour(game: MarkovGame) -> None:
    """The array of an offline learner, the exploration of a greedy one, and the uniform policy where none is stated."""
    policy = np.random.default_rng(3).dirichlet(np.ones(12), size=(2, 3))
    for learner, expected in (
        (OfflinePessimistic(MIXED, behaviour=policy), policy),
        (OfflinePessimistic(MIXED), np.full((2, 3, 12), 1 / 12)),
        (RandomPlay(MIXED), np.full((2, 3, 12), 1 / 12)),
    ):
        visits = learn(learner, Wrapped(game), 500, seed=2).checkpoint.counts.visits
        for h, s in np.ndindex(2, 3):
            n = visits[h, s].sum()
            if n > 60:
                assert stats.chisquare(visits[h, s], n * expected[h, s]).pvalue > 1e-4


class Counter:
    """One player, ten actions and one state; it keeps what is played, and draws nothing."""

    n_states, n_actions, horizon, reward_range = 1, (10,), 2, (0, 1)

    def __init__(self) -> None:
        self.played: list[int] = []

    def reset(self, rng: Any) -> int:
        return 0

    def step(self, joint_action: int, rng: Any) -> tuple[int, list[int]]:
        self.played.append(joint_action)
        return 0, [0]


def test_no_draw_leads_to_a_joint_action_that_is_not_played() -> None:
    """The least and the greatest number that can be drawn, where ten tenths add up to less than 1."""
    policy = np.full((2, 1, 10), 0.1)
    policy[0, 0] = [0, 0.5, 0.5, *[0] * 7]
    for drawn, expected in ((0.0, [1, 0]), (1 - 2.0**-53, [2, 9]), (0.5, [2, 4])):
        environment = Counter()
        played = Played(environment, None)
        learner = OfflinePessimistic(Nominal(), behaviour=policy)
        going = Going(learner, played, [Nominal()], 0)
        going.rng: Any = SimpleNamespace(random=lambda: drawn, bit_generator=going.rng.bit_generator)  # noqa: B023
        going.plan = learner.plan(played.counts())
        told: list[int] = []
        assert played.play(going, 5, told.append)
        assert environment.played == expected and told == [1] and going.episode == going.since_plan == 1
        assert going.counts.n_episodes == 1 and played.counts().n_episodes == 0
        gap, value = played.gap_and_value(policy, [Nominal()], "cce")
        assert np.isnan(gap) and np.isnan(value).all() and value.shape == (1, 3, 1)


class Wide:
    """Two players with ranges of their own, three steps, names."""

    n_states, n_actions, horizon, reward_range = 2, (2, 3), 3, [(-1, 2), (3, 5)]
    state_names, action_names = ("a", "b"), (("x", "y"), ("left", "stay", "right"))
    initial: Any = 1

    def __init__(self, rewards: str) -> None:
        self.rewards = rewards

    def reset(self, rng: Any) -> int:
        return 1

    def step(self, joint_action: int, rng: Any) -> tuple[int, list[float]]:
        return 1, [2.0, 3.0]


@pytest.mark.parametrize(("rewards", "share"), [("deterministic", 0), ("random", 1e-9)])
def test_what_an_environment_says_of_itself_is_what_is_known(rewards: str, share: float) -> None:
    """Rewards that are drawn may be outside by a billionth of the range, for rounding."""
    played = Played(Wide(rewards), None)
    ends = np.array([[[-1 - 3 * share, 2 + 3 * share], [3 - 2 * share, 5 + 2 * share]]] * 3)
    np.testing.assert_allclose(played.ends, ends, rtol=0, atol=1e-15)
    np.testing.assert_allclose(np.stack([played.low, played.high], axis=-1), ends.swapaxes(0, 1), rtol=0, atol=1e-15)
    counts = played.counts()
    assert counts.rewards == rewards and counts.about.state_names == ("a", "b") and counts.about.action_names[1][2]
    assert played.initial is not None and played.initial.tolist() == [0, 1] and counts.n_episodes == 0
    others = [Wide(rewards) for _ in range(2)]
    others[0].initial, others[1].initial = None, [0.5, 0.5]
    assert len({Played(each, None).digest() for each in (*others, Wide("random"), Wide("deterministic"))}) == 4


def test_an_error_in_counting_that_names_no_step_is_said_of_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Counts, *episode: Any) -> None:
        raise ValueError("there is no room")

    monkeypatch.setattr(Counts, "record", full)
    with pytest.raises(ValueError, match=r"^episode 1, step 2: there is no room\b"):
        learn(RandomPlay(Nominal()), Wide("random"), 2)


# Breaks


@pytest.mark.parametrize(
    ("learner", "start"),
    [
        pytest.param(learner, start, marks=pytest.mark.slow if k and start == bool(k % 2) else ())
        for k, learner in enumerate(
            [
                Mornavi(MIXED, "ce"),
                Mornavi(MIXED, replan="episode"),
                Mornavi(MIXED, replan="spaced", min_probability=1e-10),
                EpsilonGreedy(MIXED),
                OfflinePessimistic(MIXED, behaviour=np.full((2, 3, 12), 1 / 12)),
            ]
        )
        for start in (True, False)
    ],
)
def test_a_broken_run_is_the_whole_run_to_the_byte(
    learner: Mornavi, start: bool, game: MarkovGame, tmp_path: Path
) -> None:
    """Between looks as well, where a run on a game stays at the look; the files are read again at each break."""
    rewards = "random" if start else "deterministic"
    total = 20 if learner.replan == "episode" else 60
    whole = learn(learner, Wrapped(game, start, rewards), total, seed=9)
    for breaks in ((1,), (7, 8), (13, 13, total - 1), (total,)):
        history = None
        for end in (*breaks, total):
            history = learn(learner, Wrapped(game, start, rewards), end, seed=9, resume=history)
            assert history.checkpoint.episode == end
            history.save(tmp_path / "part.npz")
            history = History.load(tmp_path / "part.npz")
        assert history is not None and contents(history, tmp_path) == contents(whole, tmp_path), breaks
        assert repr(history) == repr(whole) and history._repr_html_() == whole._repr_html_()
        assert history.best_plan.certificate() == whole.best_plan.certificate()


def test_only_the_same_learner_and_environment_are_taken_up(game: MarkovGame) -> None:
    learner, environment = Mornavi(MIXED), Wrapped(game)
    history = learn(learner, environment, 10)
    moved = Wrapped(game)
    moved.initial = np.array([0.2, 0.3, 0.5])
    higher = Wrapped(game)
    higher.reward_range = (0, 1.5)
    others = [
        (Mornavi(MIXED, "ce"), environment),
        (learner, moved),
        (learner, higher),
        (learner, Wrapped(game, start=False)),
        (learner, Wrapped(game, rewards="random")),
    ]
    for other, its in others:
        with pytest.raises(ValueError, match="resume must be a run of the same learner and"):
            learn(other, its, 20, resume=history)
    with pytest.raises(ValueError, match="resume must be a run of the same learner and"):
        run(learner, game, 20, resume=history)
    with pytest.raises(ValueError, match="n_episodes must be at least those of resume, 10, got 9"):
        learn(learner, environment, 9, resume=history)
    with pytest.raises(ValueError, match="counts cannot go with resume"):
        learn(learner, environment, 20, counts=Counts.for_game(game), resume=history)


@pytest.mark.parametrize("how", ["run", "learn"])
def test_a_checkpoint_is_written_at_each_plan(how: str, game: MarkovGame, tmp_path: Path) -> None:
    """What a machine that went down leaves behind: the history up to the last plan, from which the run goes on."""
    path, learner = tmp_path / "checkpoint.npz", Recorded(Mornavi(MIXED))
    play, world = (run, game) if how == "run" else (learn, Wrapped(game))
    whole = play(learner, world, 30, seed=2, checkpoint=path)
    last = History.load(path)
    assert last.n_plans == whole.n_plans == len(learner.plans)
    assert last.episode[-1] == last.checkpoint.episode == whole.episode[-2]
    again = play(learner, world, 30, resume=last)
    assert contents(again, tmp_path) == contents(whole, tmp_path)
    with pytest.raises(OSError):
        play(learner, world, 3, checkpoint=tmp_path / "nowhere" / "file.npz")
    with pytest.raises(TypeError, match=r"^checkpoint must be"):
        play(learner, world, 3, checkpoint=0.5)


# Exceptions


class Trouble(Wrapped):
    """An environment in which something happens once, at an episode, counted from 1, and a place."""

    def __init__(self, game: MarkovGame, episode: int, place: int, what: Any, start: bool = False) -> None:
        super().__init__(game, start)
        self.episode, self.place, self.what = episode, place, what

    def reset(self, rng: np.random.Generator) -> Any:
        state = super().reset(rng)
        return self.trouble(state) if self.place == -1 else state

    def step(self, joint_action: int, rng: np.random.Generator) -> Any:
        here, made = self.h, super().step(joint_action, rng)
        return self.trouble(made) if self.place == here else made

    def trouble(self, made: Any) -> Any:
        if self.began != self.episode:
            return made
        self.episode = -1  # once
        return self.what(made) if callable(self.what) else self.what


def interrupt(made: Any) -> Any:
    """What Ctrl-C does."""
    signal.raise_signal(signal.SIGINT)
    return made


def fail(made: Any) -> Any:
    raise ConnectionError("the simulator is gone")


@cache
def without_trouble() -> History:
    return learn(Mornavi(MIXED), Wrapped(varied_game(11, (2, 3, 2)), start=False), 60, seed=4)


@pytest.mark.parametrize("what", [interrupt, fail])
@pytest.mark.parametrize("place", [-1, 0, 1])
@pytest.mark.parametrize("episode", [1, 2, 23])
def test_an_exception_of_the_environment_loses_nothing(
    what: Any, place: int, episode: int, game: MarkovGame, tmp_path: Path
) -> None:
    """It goes on as it is, with whole episodes and a note; from there the run is the one without the exception."""
    learner, environment = Mornavi(MIXED), Trouble(game, episode, place, what)
    with pytest.raises((KeyboardInterrupt, ConnectionError)) as caught:
        learn(learner, environment, 60, seed=4)
    history = caught.value.history  # type: ignore[attr-defined]
    assert caught.value.__notes__ == [f"episode {episode}, step {max(place, 0)}"]
    assert history.checkpoint.episode == history.episode[-1] == episode - 1
    assert history.checkpoint.counts.n_episodes == episode - 1
    whole = contents(without_trouble(), tmp_path)
    assert contents(learn(learner, environment, 60, resume=history), tmp_path) == whole


def test_an_interruption_between_two_arrays_waits_until_they_fit_together(
    game: MarkovGame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Ctrl-C in the midst of counting: the episode is counted, whole."""
    learner, record, calls = Mornavi(MIXED), Counts.record, []

    def interrupted(self: Counts, *episode: Any) -> None:
        calls.append(None)
        if len(calls) == 17:
            signal.raise_signal(signal.SIGINT)
        record(self, *episode)

    monkeypatch.setattr(Counts, "record", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        learn(learner, Wrapped(game), 60, seed=4)
    history = caught.value.history  # type: ignore[attr-defined]
    assert history.checkpoint.episode == history.checkpoint.counts.n_episodes == 17
    whole = learn(learner, Wrapped(game), 60, seed=4)
    assert contents(learn(learner, Wrapped(game), 60, resume=history), tmp_path) == contents(whole, tmp_path)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("how", ["run", "learn"])
def test_an_exception_of_the_learner_loses_nothing(how: str, game: MarkovGame, tmp_path: Path) -> None:
    """While it plans; an assumption that counts refute, too."""

    class Tired(Recorded):
        def plan(self, counts: Counts) -> Any:
            if len(self.plans) == self.most:
                raise ArithmeticError("no more")
            return super().plan(counts)

        most = 9

    learner = Tired(Mornavi(MIXED))
    play, world = (run, game) if how == "run" else (learn, Wrapped(game))
    with pytest.raises(ArithmeticError) as caught:
        play(learner, world, 200, seed=1)
    history = caught.value.history  # type: ignore[attr-defined]
    assert history.n_plans == 9 and history.episode[-1] == history.checkpoint.episode
    assert caught.value.__notes__ == [f"episode {history.checkpoint.episode + 1}, at a new plan"]
    learner.most = -1
    whole = play(Recorded(Mornavi(MIXED)), world, 200, seed=1)
    assert contents(play(learner, world, 200, resume=history), tmp_path) == contents(whole, tmp_path)

    learner.most, learner.plans = 0, []
    with pytest.raises(ArithmeticError) as caught:
        play(learner, world, 200)
    assert caught.value.history is None  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="support is contradicted: at step") as refuted:
        play(Mornavi(MIXED, support=np.eye(3, dtype=bool)[:, None].repeat(12, axis=1)), world, 200)
    assert refuted.value.history.n_plans > 0  # type: ignore[attr-defined]


def test_an_exception_that_takes_no_attribute_is_passed_on(game: MarkovGame) -> None:
    class Closed(Exception):
        def __setattr__(self, name: str, value: Any) -> None:
            if name == "history":
                raise AttributeError(name)
            super().__setattr__(name, value)

    def close(made: Any) -> Any:
        raise Closed

    with pytest.raises(Closed) as caught:
        learn(Mornavi(MIXED), Trouble(game, 3, 1, close), 10)
    assert caught.value.__notes__ == ["episode 3, step 1"]


@pytest.mark.parametrize(
    ("place", "what", "message"),
    [
        (-1, 3, r"the state that reset returned in episode 5, step 0 must be from 0 to 2, got 3"),
        (-1, 1.0, r"the state that reset returned in episode 5, step 0 must be an integer, got float 1.0"),
        (-1, None, r"the state that reset returned in episode 5, step 0 must be an integer, got NoneType"),
        (0, lambda made: (-1, made[1]), r"^the state that step returned in episode 5, step 0 must be .* got -1"),
        (
            1,
            lambda made: (True, made[1]),
            r"state that step returned in episode 5, step 1 must be an int.* got bool",
        ),
        (
            1,
            4,
            r"^the pair of next state and rewards that step returned in episode 5, step 1 must be a tuple of two, got",
        ),
        (
            0,
            lambda made: (0, [0.1, np.nan, 0.1]),
            r"rewards .* episode 5, step 0\[1\] must be finite, got nan",
        ),
        (
            1,
            lambda made: (0, [0.1, 0.1, 1.5]),
            r"^the rewards that step returned in episode 5, step 1 must be in \[0, 1\] for player 2, got 1.5",
        ),
        (1, lambda made: (0, [0.1, 0.1]), r"rewards .* episode 5, step 1 must have shape \(m,\) = \(3,\), got \(2,\)"),
        (1, lambda made: (0, 0.5), r"rewards .* episode 5, step 1 must have shape \(m,\) = \(3,\), got \(\)"),
        (0, lambda made: (0, ["a", 0.1, 0.1]), r"^the rewards that step returned .* must be an array of real numbers"),
        (0, lambda made: (0, "abc"), r"rewards .* episode 5, step 0 must be an array of real numbers, got str 'abc'"),
    ],
)
def test_what_an_environment_returns_is_checked(place: int, what: Any, message: str, game: MarkovGame) -> None:
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        learn(RandomPlay(MIXED), Trouble(game, 5, place, what), 10)
    assert caught.value.history.checkpoint.episode == 4  # type: ignore[union-attr]
    assert caught.value.__notes__ == [f"episode 5, step {max(place, 0)}"]


def test_what_contradicts_its_kind_is_an_error_that_says_which_kind_would_hold() -> None:
    game = MarkovGame(np.ones((2, 1, 1, 1)), np.full((2, 2, 1, 1), 0.5), (1, 1))
    for step in (0, 1):
        moved = Trouble(game, 4, step, lambda made: (0, [0.5, 0.25]))
        said = rf"^episode 4, step {step}: reward of player 1 at step {step}.*0.5, got 0.25.*'random'"
        with pytest.raises(ValueError, match=said) as it:
            learn(Mornavi(Nominal()), moved, 10)
        assert it.value.history.checkpoint.episode == 3 and it.value.__notes__ == [f"episode 4, step {step}"]  # type: ignore[attr-defined]
    moved = Trouble(game, 4, 1, lambda made: (0, [0.5, 0.25]))
    moved.rewards = "random"
    moved.game = MarkovGame(np.ones((2, 1, 1, 1)), np.full((2, 2, 1, 1), 1.0), (1, 1))
    assert learn(Mornavi(Nominal()), moved, 10).episode[-1] == 10
    game = varied_game(0, (2, 2))
    elsewhere = Trouble(MarkovGame(game.transition, game.reward, (2, 2), 0), 6, -1, 2, start=True)
    with pytest.raises(ValueError, match=r"reset returned in episode 6, step 0 must be an initial one, \[0\], got 2"):
        learn(Mornavi(Nominal()), elsewhere, 10)


# Arguments


def test_what_was_seen_before_counts_and_stays_as_it_is(game: MarkovGame) -> None:
    counts = Counts.for_game(game)
    counts.add(game.play(np.full((2, 3, 12), 1 / 12), 5000, np.random.default_rng(0)), game.reward)
    before = counts.transitions.tobytes()
    for start in (True, False):
        told = Recorded(Mornavi(MIXED))
        history = learn(told, Wrapped(game, start), 20, counts=counts)
        assert told.plans[0][0].n_episodes == 5000 and history.checkpoint.counts.n_episodes == 5020
        assert history.episode[-1] == 20 and history.certificate[0] < 1
        assert (errors(game, told, history) <= 1e-9).all()
    assert counts.transitions.tobytes() == before and counts.start_row is None
    told = Counts(3, (2, 3, 2), 2, rewards="random")
    assert learn(Mornavi(MIXED), Wrapped(game, rewards="random"), 9, counts=told).checkpoint.counts.rewards == "random"


def test_an_environment_without_an_attribute_is_told_which(game: MarkovGame) -> None:
    class Bare:
        pass

    for name in ("n_states", "n_actions", "horizon", "reward_range", "reset", "step"):
        bare, whole = Bare(), Wrapped(game)
        for other in {"n_states", "n_actions", "horizon", "reward_range", "reset", "step"} - {name}:
            setattr(bare, other, getattr(whole, other))
        with pytest.raises(TypeError, match=f"environment must have {name}, which Bare has not"):
            learn(Mornavi(MIXED), bare, 10)


@pytest.mark.parametrize(
    ("name", "method", "message"),
    [
        ("step", lambda joint_action: (0, (0, 0)), r"environment.step must take \(joint_action, rng\): too many"),
        ("reset", lambda rng, seed: 0, r"environment.reset must take \(rng\): missing a required argument: 'seed'"),
        ("reset", 0, r"environment.reset must take \(rng\): 0 is not a callable"),
    ],
)
def test_a_method_that_takes_something_else_is_told_before_the_first_episode(
    game: MarkovGame, name: str, method: object, message: str
) -> None:
    environment = Wrapped(game)
    setattr(environment, name, method)
    with pytest.raises(TypeError, match=message) as raised:
        learn(Mornavi(MIXED), environment, 10)
    assert not hasattr(raised.value, "__notes__")


class OwnNumbers(Wrapped):
    """Rewards are numbers of NumPy in a list."""

    def step(self, joint_action: int, rng: np.random.Generator) -> tuple[Any, Any]:
        made = super().step(joint_action, rng)
        return tuple(list(each) if isinstance(each, np.ndarray) else each for each in made)


def test_rewards_may_be_numbers_of_numpy_and_a_run_may_have_a_thread_of_its_own(game: MarkovGame) -> None:
    with ThreadPoolExecutor(1) as thread:
        own = thread.submit(learn, Mornavi(Nominal()), OwnNumbers(game), 20, seed=3).result()
    assert equal_bounds_of(own, learn(Mornavi(Nominal()), Wrapped(game), 20, seed=3))


def equal_bounds_of(one: History, other: History) -> bool:
    return np.array_equal(one.certificate, other.certificate) and np.array_equal(one.value, other.value, equal_nan=True)


def test_a_reward_of_another_kind_says_what_to_set(game: MarkovGame) -> None:
    environment = Wrapped(game)
    step = environment.step
    environment.step = lambda joint_action, rng: (step(joint_action, rng)[0], [rng.random()] * len(game.n_actions))
    with pytest.raises(ValueError, match="rewards='random' if it is drawn; an environment has an attribute rewards"):
        learn(Mornavi(MIXED), environment, 300)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"learner": GenerativeDRNVI(MIXED)},
            "GenerativeDRNVI does not: it needs a simulator that starts anywhere",
        ),
        ({"learner": Nominal()}, "learner must have plan.*got Nominal"),
        ({"learner": Mornavi(MIXED[:2])}, "one set per player, 3, got 2"),
        (
            {"learner": OfflinePessimistic(MIXED, behaviour=np.ones((1, 3, 1)))},
            r"behaviour must have shape \(H, S, A\)",
        ),
        ({"n_episodes": 0}, "n_episodes must be from 1 to 1000000000000000, got 0"),
        ({"n_episodes": 1e3}, "n_episodes must be an integer, got float 1000.0"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"until": -0.1}, "until must be finite and at least 0, got -0.1"),
        ({"resume": 3}, "resume must be a History, got int"),
        ({"counts": np.zeros(3)}, "counts must be Counts, got ndarray"),
        ({"counts": Counts(4, (2, 3, 2), 2)}, "counts must have the n_states of the environment, 3, got 4"),
        ({"counts": Counts(3, (3, 2, 2), 2)}, r"the n_actions of the environment, \[2, 3, 2\], got \[3, 2, 2\]"),
        ({"counts": Counts(3, (2, 3, 2), 3)}, "the horizon of the environment, 2, got 3"),
        ({"counts": Counts(3, (2, 3, 2), 2, (0, 2))}, "the step_ranges of the environment"),
        ({"reward_range": "observed"}, "reward_range of an environment must be numbers, got str 'observed'"),
        ({"n_states": 0}, "n_states must be at least 1, got 0"),
        ({"rewards": "some"}, "rewards must be"),
        ({"initial": 7}, "initial must be from 0 to 2, got 7"),
    ],
)
def test_arguments_are_checked(change: dict[str, Any], message: str, game: MarkovGame) -> None:
    environment = Wrapped(game)
    fine = {"learner": Mornavi(MIXED), "environment": environment, "n_episodes": 3}
    for name, value in change.items():
        if name in ("reward_range", "n_states", "rewards", "initial"):
            setattr(environment, name, value)
        else:
            fine[name] = value
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        learn(**fine)
    assert environment.began == 0
    assert message.startswith("behaviour") or not hasattr(caught.value, "__notes__")  # it had not begun


def test_what_is_not_said_is_seed_0_and_silence(
    game: MarkovGame, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    learner = RandomPlay(MIXED)
    for play, world in ((run, game), (learn, Wrapped(game))):
        files = [contents(history, tmp_path) for history in (play(learner, world, 5), play(learner, world, 5, seed=0))]
        assert files[0] == files[1] != contents(play(learner, world, 5, seed=1), tmp_path)
    assert capfd.readouterr() == ("", "")


def test_counts_whose_episodes_began_elsewhere_are_refused(game: MarkovGame) -> None:
    counts = Counts(3, (2, 3, 2), 2)
    counts.record([2, 0, 0], [0, 0], np.zeros((3, 2)))
    environment = Wrapped(game)
    environment.initial = 1
    with pytest.raises(ValueError, match="initial is contradicted by counts: episodes began in state 2"):
        learn(Mornavi(MIXED), environment, 10, counts=counts)


# What is printed


@pytest.mark.parametrize("start", [True, False])
def test_what_an_environment_taught_is_saved_and_told(start: bool, game: MarkovGame, tmp_path: Path) -> None:
    """Certificates of a start that is learned are a column of their own."""
    history = learn(Mornavi(MIXED, min_probability=1e-10), Wrapped(game, start), 7)
    history.save(tmp_path / "file.npz")
    again = History.load(tmp_path / "file.npz")
    assert again.certificate.tobytes() == history.certificate.tobytes() and (again.width is None) == start
    best, truth = int(history.certificate.argmin()), "the game is not known, so neither are gaps, values and regret"
    assert repr(again) == repr(history)
    lines = repr(history).splitlines()
    assert lines[2] == f"7 episodes, {history.n_plans} plans; {truth}"
    certificate = f"certificate {number(history.best_certificate)} (given: min_probability=1e-10)"
    assert lines[3] == f"best plan, number {best + 1}: {certificate}"
    at = history.best_plan.about.initial
    assert (at is None) == (history.best_plan.start is not None) == (not start)
    assert at is None or at.tobytes() == game.initial.tobytes()
    assert again.best_plan.certificate() == history.best_plan.certificate() == history.best_certificate
    ends = [f"{number(history.lower[best, i])} to {number(history.upper[best, i])} (player {i + 1})" for i in range(3)]
    assert lines[4] == f"value at the start{'' if start else ', which is learned'}: {', '.join(ends)}"


def test_a_history_says_what_it_does_not_know(game: MarkovGame, capfd: pytest.CaptureFixture[str]) -> None:
    learner = Mornavi(MIXED, min_probability=1e-10)
    history = learn(learner, Wrapped(game, start=False), 40, progress=True)
    out, err = capfd.readouterr()
    assert out == "" and "episodes" in err and "certificate" in err and "/40" in err
    lines = repr(history).splitlines()
    assert len(lines) == 6 and "the game is not known, so neither are gaps, values and regret" in lines[2]
    assert lines[3].endswith("(given: min_probability=1e-10)") and "nan" not in repr(history)
    assert lines[4].startswith("value at the start, which is learned: ")
    assert "given: min_probability" in repr(history.best_plan) and "which is learned" in repr(history.best_plan)
    assert "given: min_probability" in history._repr_html_()
    known = run(learner, game, 40)
    assert known.judged and "given" in repr(known) and "regret" in repr(known)
    assert "given" not in repr(run(Mornavi(MIXED), game, 40))


def test_chi_square_and_support_go_together_on_an_environment() -> None:
    """What is stated is used, and printed."""
    game = zoo.delayed_coordination(horizon=3)
    learner = Mornavi(ChiSquare(0.05), support=game, rows="stationary")
    history = learn(learner, Wrapped(game), 400, seed=1)
    plain = learn(Mornavi(ChiSquare(0.05)), Wrapped(game), 400, seed=1)
    assert history.best_certificate < plain.best_certificate
    assert "(given: support, rows='stationary')" in repr(history)


def test_states_and_actions_keep_their_names() -> None:
    environment = Wrapped(zoo.traffic_merge())
    environment.state_names, environment.action_names = environment.game.state_names, environment.game.action_names
    history = learn(Mornavi(TotalVariation(0.1)), environment, 30)
    assert history.best_plan.about.state_names == zoo.traffic_merge().state_names
    assert history.best_plan.act(0, environment.state_names[0], np.random.default_rng(0)) in range(4)
    assert environment.action_names[0][0] in history._repr_html_()
    environment.action_names = environment.action_names[:1]
    with pytest.raises(ValueError, match="action_names must have one entry per player, 2, got"):
        learn(Mornavi(TotalVariation(0.1)), environment, 30)
    environment.action_names = (("a", "b"), ("a",))
    with pytest.raises(ValueError, match=r"action_names\[1\] must be a sequence of 2 names"):
        learn(Mornavi(TotalVariation(0.1)), environment, 30)
