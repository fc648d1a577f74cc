"""The episode loop: what is counted, recorded, stopped and taken up again, the same on every machine."""

from __future__ import annotations

import itertools
import math
import os
import subprocess
import sys
import tracemalloc
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
    Plan,
    RandomPlay,
    TotalVariation,
    equilibrium_gap,
    evaluate,
    run,
    zoo,
)
from mornavi_lite.runs.episodes import Going
from tests import ROOT
from tests.games.test_markov_game import plain_trajectories
from tests.learners.small_games import MIXED, Recorded, varied_game

#: What is recorded is rounded to multiples of 2**-33.
ROUNDING = 2.0**-33


def contents(history: History, folder: Path) -> bytes:
    """The bytes of the file that holds the history: every number in it."""
    path = folder / "contents.npz"
    history.save(path)
    return path.read_bytes()


class Fixed:
    """Plays one policy, whatever it sees: what is left is the loop of a run."""

    uncertainty, concept, replan = Nominal(), "cce", "doubling"

    def __init__(self, policy: np.ndarray, n_players: int) -> None:
        self.policy, self.n_players = policy, n_players
        self.seen: list[np.ndarray] = []

    def __repr__(self) -> str:
        return "Fixed"

    def plan(self, counts: Counts) -> Plan:
        self.seen.append(counts.visits.copy())
        steps, states, _ = self.policy.shape
        upper = np.zeros((self.n_players, steps + 1, states))
        upper[:, :-1] = 1 / (1 + len(self.seen))
        return Plan(self.policy, upper, np.zeros_like(upper))

    def collect(self, game: MarkovGame, plan: Plan, n_episodes: int, rng: np.random.Generator) -> np.ndarray:
        return game.play(plan.policy, n_episodes, rng)


def uniform(game: MarkovGame) -> np.ndarray:
    return np.full((game.horizon, game.n_states, game.n_joint_actions), 1 / game.n_joint_actions)


# When there is a new plan


def test_few_plans_are_enough(game: MarkovGame) -> None:
    """At most H S A (floor(log2 K) + 1) + 1, and never two without an episode between."""
    for each, ball in ((game, MIXED), (varied_game(2, (3,), 4, 3), ChiSquare(0.1)), (zoo.fishing(), Nominal())):
        cells = each.horizon * each.n_states * each.n_joint_actions
        for n_episodes in (1, 2, 100, 2000):
            history = run(Mornavi(ball, confidence="chernoff"), each, n_episodes, seed=1)
            assert history.n_plans <= cells * (math.floor(math.log2(n_episodes)) + 1) + 1
            assert history.n_plans <= n_episodes and history.episode[-1] == n_episodes
            assert (np.diff(history.episode) > 0).all() and history.episode[0] >= 1


def test_plans_are_made_at_the_first_look_at_which_visits_have_doubled(game: MarkovGame) -> None:
    """Looks are 1, 2, 4, ... episodes after a plan. The episodes are played again with the same generator."""
    learner = Fixed(uniform(game), 3)
    history = run(learner, game, 3000, seed=8)
    rng, visits, starts, episode = np.random.default_rng(8), np.zeros((2, 3, 12), dtype=int), [], 0
    while True:
        starts.append(episode)
        planned, since = visits.copy(), 0
        assert learner.seen[len(starts) - 1].tolist() == visits.tolist()
        while not ((visits >= 1) & (visits >= 2 * planned)).any():
            batch = max(1, since)
            if episode + batch > 3000:
                break
            visits = visits + game.play(learner.policy, batch, rng).sum(axis=-1)
            since, episode = since + batch, episode + batch
        else:
            continue
        break
    assert [0, *history.episode[:-1].tolist()] == starts and history.episode[-1] == 3000
    assert history.checkpoint.counts.visits.tolist() == visits.tolist()
    assert (history.checkpoint.episode, history.checkpoint.since_plan) == (episode, since)


def test_a_plan_after_each_episode_if_asked_for(game: MarkovGame) -> None:
    learner = Recorded(Mornavi(MIXED, replan="episode"))
    history = run(learner, game, 40, seed=3)
    assert history.episode.tolist() == list(range(1, 41))
    for k, (counts, _) in enumerate(learner.plans):
        assert (counts.visits.sum(axis=(1, 2)) == k).all() and counts.n_episodes == k


@pytest.mark.parametrize(
    ("kind", "replan"),
    [
        (Mornavi, "doubling"),
        (Mornavi, "episode"),
        (EpsilonGreedy, "doubling"),
        (GenerativeDRNVI, "doubling"),
        (OfflinePessimistic, "doubling"),
    ],
)
def test_no_learner_knows_how_long_it_will_run(kind: type, replan: str) -> None:
    """The records of a run to K are the first ones of a run to 10 K; the last of them is cut at K."""
    game, learner = varied_game(5, (2, 3)), kind(MIXED[:2], replan=replan)
    for n_episodes in (1, 6) if replan == "episode" else (1, 7, 40):
        short, long = (run(learner, game, k, seed=2) for k in (n_episodes, 10 * n_episodes))
        n = short.n_plans
        for name in ("gap", "value", "upper", "lower"):
            assert getattr(short, name).tobytes() == getattr(long, name)[:n].tobytes()
        assert short.episode[:-1].tolist() == long.episode[: n - 1].tolist()
        assert short.episode[-1] == n_episodes <= long.episode[n - 1]
        assert short.regret[-1] == pytest.approx(long.regret_at(n_episodes), abs=1e-12)


# What is recorded


@pytest.mark.parametrize("concept", ["cce", "ce", "nash"])
def test_records_are_the_truth_about_each_plan(concept: str) -> None:
    """Gap, value and regret from the policies themselves, in the true game; bounds as the learner gave them."""
    for seed, n_actions in enumerate([(2, 3), (3,), (2, 2, 2)][: 2 if concept == "nash" else 3]):
        game, sets = varied_game(seed, n_actions), MIXED[: len(n_actions)]
        learner = Recorded(Mornavi(sets, concept, "chernoff"))
        history = run(learner, game, 500, seed)
        plans = [plan for _, plan in learner.plans]
        assert history.n_plans == len(plans)
        close = {"rtol": 0, "atol": ROUNDING}
        gaps = np.array([equilibrium_gap(game, plan.policy, sets, concept) for plan in plans])
        np.testing.assert_allclose(history.gap, gaps, **close)
        values = [evaluate(game, plan.policy, sets)[:, 0] @ game.initial for plan in plans]
        np.testing.assert_allclose(history.value, values, **close)
        np.testing.assert_allclose(history.upper, [plan.upper[:, 0] @ game.initial for plan in plans], **close)
        np.testing.assert_allclose(history.lower, [plan.lower[:, 0] @ game.initial for plan in plans], **close)
        certificates = [plan.certificate(game.initial) for plan in plans]
        np.testing.assert_allclose(history.certificate, certificates, rtol=0, atol=2 * ROUNDING)
        assert history.best_certificate == history.certificate.min()
        best = int(history.certificate.argmin())
        assert history.best_policy.tobytes() == plans[best].policy.tobytes()
        assert history.policy.tobytes() == plans[-1].policy.tobytes()
        per_episode = np.repeat(history.gap, np.diff(history.episode, prepend=0))
        assert len(per_episode) == 500
        np.testing.assert_allclose(history.regret, np.cumsum(per_episode)[history.episode - 1], rtol=1e-12)
        np.testing.assert_allclose(history.regret_at(np.arange(1, 501)), np.cumsum(per_episode), rtol=1e-12)


def test_a_run_may_be_judged_by_other_sets() -> None:
    """A learner that knows nothing of robustness, and what its plans are worth if something shifts."""
    game, sets = varied_game(3, (2, 3)), (TotalVariation(0.3), ChiSquare(0.4))
    learner = Recorded(NashVI("ce"))
    history, plain = run(learner, game, 300, seed=1, uncertainty=sets), run(NashVI("ce"), game, 300, seed=1)
    assert history.upper.tobytes() == plain.upper.tobytes() and history.policy.tobytes() == plain.policy.tobytes()
    gaps = [equilibrium_gap(game, plan.policy, sets, "ce") for _, plan in learner.plans]
    np.testing.assert_allclose(history.gap, gaps, rtol=0, atol=ROUNDING)
    values = [evaluate(game, plan.policy, sets)[:, 0] @ game.initial for _, plan in learner.plans]
    np.testing.assert_allclose(history.value, values, rtol=0, atol=ROUNDING)
    assert not np.array_equal(history.value, plain.value)
    with pytest.raises(ValueError, match="one set per player, 2, got 3"):
        run(NashVI(), game, 10, uncertainty=MIXED)


@pytest.mark.parametrize("until", [0.7, 0.3])
def test_a_run_stops_at_the_first_plan_that_is_good_enough(until: float) -> None:
    game, learner = zoo.garnet(3, (2, 2), 2, 2, seed=2), Mornavi((TotalVariation(0.1), ChiSquare(0.2)))
    stopped, full = run(learner, game, 10**6, seed=3, until=until), run(learner, game, 10**6, seed=3)
    n = stopped.n_plans
    assert (stopped.certificate[:-1] > until).all() and stopped.certificate[-1] <= until
    assert stopped.episode.tolist() == [*full.episode[: n - 1].tolist(), full.episode[n - 2]]
    assert stopped.upper.tobytes() == full.upper[:n].tobytes()
    assert stopped.policy.tobytes() == stopped.best_policy.tobytes()
    assert stopped.regret[-1] == stopped.regret[-2]
    assert equilibrium_gap(game, stopped.policy, learner.uncertainty, "cce") <= until
    never = run(learner, game, 100, seed=3, until=0.0)
    assert never.episode[-1] == 100
    at_once = run(learner, game, 100, until=2.0)
    assert at_once.episode.tolist() == [0] and at_once.n_plans == 1 and at_once.regret.tolist() == [0.0]
    assert at_once.regret_at([0, 0]).tolist() == [0, 0] and at_once.checkpoint.counts.n_episodes == 0


# The same seed, the same bytes


def test_the_same_seed_gives_the_same_file_and_another_one_another(game: MarkovGame, tmp_path: Path) -> None:
    learner = Mornavi(MIXED, "ce")
    files = [contents(run(learner, game, 30, seed=seed), tmp_path) for seed in (5, 5, 6)]
    assert files[0] == files[1] != files[2]
    transitions = [run(learner, game, 30, seed=seed).checkpoint.counts.transitions.tobytes() for seed in (5, 6)]
    assert transitions[0] != transitions[1]
    assert contents(run(learner, game, 9), tmp_path) == contents(run(learner, game, 9, seed=0), tmp_path)


SCRIPT = """
import sys
import numpy as np
from mornavi_lite import ChiSquare, Counts, KullbackLeibler, Mornavi, TotalVariation, run, zoo

balls = {"tv": TotalVariation(0.1), "kl": KullbackLeibler(0.1), "mixed": (ChiSquare(0.2), TotalVariation(0.2, False))}
arrays = {}
for name, ball in balls.items():
    for seed, rewards in enumerate(("general", "zero-sum")):
        history = run(Mornavi(ball, ("cce", "nash")[seed]), zoo.garnet(3, (2, 3), 2, 3, seed, rewards), 10**4, seed)
        at = history.checkpoint
        for key in ("episode", "policy", "best_policy", "gap", "regret", "value", "upper", "lower"):
            arrays[f"{name} {seed} {key}"] = getattr(history, key)
        arrays[f"{name} {seed} transitions"] = at.counts.transitions
        arrays[f"{name} {seed} generator"] = np.array(at.generator)
game = zoo.garnet(100, (2, 2), 3, 33, 5)  # of the first step, one state is visited
for seed in range(4):
    counts = Counts(100, (2, 2), 3)
    counts.add(game.play(np.full((3, 100, 4), 0.25), 10**6, np.random.default_rng(seed)), game.reward)
    arrays[f"wide {seed} policy"] = Mornavi(TotalVariation(0.1)).plan(counts).policy
np.savez(sys.argv[1], **arrays)
"""


def cpu_features() -> list[str]:
    """What NumPy found beyond its baseline, and can do without."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return [name for name in __cpu_dispatch__ if __cpu_features__[name]]


def test_the_same_numbers_on_another_kind_of_processor(tmp_path: Path) -> None:
    """Without NumPy's vector units and with BLAS kernels of old processors: every decision is the same."""
    disabled = {"NPY_DISABLE_CPU_FEATURES": " ".join(cpu_features())}
    kinds = {"native": {}, "old": {**disabled, "OPENBLAS_CORETYPE": "Prescott"}}
    waiting = []
    for kind, variables in kinds.items():
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **variables}
        command = [sys.executable, "-c", SCRIPT, str(tmp_path / f"{kind}.npz")]
        waiting.append(subprocess.Popen(command, env=environment, cwd=tmp_path))
    assert [process.wait(timeout=600) for process in waiting] == [0, 0]
    with np.load(tmp_path / "native.npz") as native, np.load(tmp_path / "old.npz") as old:
        for name in native.files:
            assert native[name].tobytes() == old[name].tobytes(), name


# Taking up a run


@pytest.mark.parametrize(
    ("kind", "replan"),
    [(Mornavi, "doubling"), (Mornavi, "episode"), (EpsilonGreedy, "doubling"), (GenerativeDRNVI, "doubling")],
)
def test_a_resumed_run_is_the_run_without_the_break(kind: type, replan: str, tmp_path: Path) -> None:
    """To the byte, wherever it broke: once, twice, in the middle of a batch, after the file was read again."""
    game, learner = varied_game(6, (2, 3)), kind(MIXED[:2], "ce", replan=replan)
    total = 30 if replan == "episode" else 200
    whole = contents(run(learner, game, total, seed=9), tmp_path)
    for breaks in ((1,), (7, 8), (13, 13, 29), (total - 1,), (total,)):
        history = None
        for n_episodes in (*breaks, total):
            history = run(learner, game, n_episodes, seed=9, resume=history)
            history.save(tmp_path / "part.npz")
            history = History.load(tmp_path / "part.npz")
        assert history is not None and contents(history, tmp_path) == whole, breaks


def test_a_history_may_be_taken_up_more_than_once_and_stays_as_it_was(game: MarkovGame, tmp_path: Path) -> None:
    learner = Mornavi(MIXED)
    first = run(learner, game, 50, seed=1)
    before = contents(first, tmp_path)
    longer = [contents(run(learner, game, 120, seed=77, resume=first), tmp_path) for _ in range(2)]
    assert longer[0] == longer[1] == contents(run(learner, game, 120, seed=1), tmp_path)
    assert contents(first, tmp_path) == before


def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    game, learner = zoo.garnet(3, (2, 2), 2, 2, seed=2), Mornavi(TotalVariation(0.1))
    stopped = run(learner, game, 10**5, seed=3, until=0.7)
    stopped.save(tmp_path / "stopped.npz")
    again = History.load(tmp_path / "stopped.npz")
    assert contents(run(learner, game, 10**5, resume=again), tmp_path) == contents(
        run(learner, game, 10**5, seed=3), tmp_path
    )
    lower = contents(run(learner, game, 10**5, until=0.3, resume=again), tmp_path)
    assert lower == contents(run(learner, game, 10**5, seed=3, until=0.3), tmp_path)


def test_a_run_that_has_reached_its_goal_does_not_go_on(tmp_path: Path) -> None:
    """With the same goal, or an easier one that its last plan meets, the result is what there is."""
    game, learner = zoo.garnet(3, (2, 2), 2, 2, seed=2), Mornavi(TotalVariation(0.1))
    stopped = run(learner, game, 10**5, seed=3, until=0.7)
    again = run(learner, game, 10**5, until=0.7, resume=stopped)
    assert contents(again, tmp_path) == contents(stopped, tmp_path)


def test_only_the_same_learner_and_game_are_taken_up() -> None:
    game, learner = varied_game(1, (2, 2)), Mornavi(TotalVariation(0.1))
    history = run(learner, game, 20)
    moved = game.transition.copy()
    moved[0, 0, 0] = moved[0, 0, 0][::-1] if (moved[0, 0, 0] != moved[0, 0, 0][::-1]).any() else [0.2, 0.3, 0.5]
    rewards = game.reward.copy()
    rewards[1, 1, 2, 3] = 1 - rewards[1, 1, 2, 3] / 2
    others = [
        (Mornavi(TotalVariation(0.1000001)), game),
        (Mornavi(TotalVariation(0.1, shift_support=False)), game),
        (Mornavi(TotalVariation(0.1), "ce"), game),
        (Mornavi(TotalVariation(0.1), delta=0.1), game),
        (Mornavi(TotalVariation(0.1), scale=0.5), game),
        (Mornavi(TotalVariation(0.1), confidence="chernoff"), game),
        (Mornavi(TotalVariation(0.1), replan="episode"), game),
        (Mornavi(TotalVariation(0.1), min_probability=1e-9), game),
        (EpsilonGreedy(TotalVariation(0.1)), game),
        (learner, varied_game(2, (2, 2))),
        (learner, MarkovGame(moved, game.reward, (2, 2), game.initial)),
        (learner, MarkovGame(game.transition, rewards, (2, 2), game.initial)),
        (learner, MarkovGame(game.transition, game.reward, (2, 2), 0)),
        (learner, MarkovGame(game.transition, game.reward, (4, 1), game.initial)),
    ]
    for other, its_game in others:
        with pytest.raises(ValueError, match="resume must be a run of the same learner and"):
            run(other, its_game, 50, resume=history)
    with pytest.raises(ValueError, match="resume must be a run of the same learner and"):
        run(learner, game, 50, resume=history, uncertainty=Nominal())
    with pytest.raises(ValueError, match="n_episodes must be at least those of resume, 20, got 19"):
        run(learner, game, 19, resume=history)
    with pytest.raises(TypeError, match="resume must be a History, got dict"):
        run(learner, game, 50, resume={})  # type: ignore[arg-type]
    renamed = MarkovGame(game.transition, game.reward, (2, 2), game.initial, name="a name changes nothing")
    assert run(learner, renamed, 20, resume=history).n_plans == history.n_plans


# The bar, and arguments


def test_a_progress_bar_is_shown_on_request(game: MarkovGame, capfd: pytest.CaptureFixture[str]) -> None:
    quiet = run(Mornavi(MIXED), game, 64)
    assert capfd.readouterr() == ("", "")
    shown = run(Mornavi(MIXED), game, 64, progress=True)
    out, err = capfd.readouterr()
    assert out == "" and "episodes" in err and "certificate" in err and "/64" in err
    assert shown.checkpoint.generator == quiet.checkpoint.generator and shown.regret.tobytes() == quiet.regret.tobytes()


def test_a_line_tells_episodes_plans_and_the_best_certificate(
    game: MarkovGame, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)  # a line instead of a bar
    monkeypatch.setattr("mornavi_lite.progress._PAUSE", 0.0)
    learner = RandomPlay(MIXED)
    short = run(learner, game, 13, progress=True)
    shown = [line.strip() for line in capsys.readouterr().err.split("\r")[1:]]
    looks = [0]
    for first, last in itertools.pairwise([0, *short.episode.tolist()]):
        looks += [first + 2**k for k in range(9) if first + 2**k <= last]
    for line, episode in zip(shown, [*looks, 13], strict=False):
        told = line.split(", ")
        assert told[0] == f"{episode} of 13 episodes"
        if episode:
            n = int(told[2].removesuffix(" plans"))
            assert 1 <= n <= short.n_plans and told[1] == f"certificate {short.certificate[:n].min():.3g}"
    assert shown[-1].startswith("13 of 13 episodes") and shown[-1].endswith(f"{short.n_plans} plans")
    run(learner, game, 20, progress=True, resume=short)
    first, *_, last = capsys.readouterr().err.split("\r")[1:]
    assert first.strip() == f"{short.checkpoint.episode} of 20 episodes" and last.startswith("20 of 20 episodes")


class Tied(Fixed):
    """Each plan plays another joint action, and all have the same bounds, or those that are stated."""

    bounds: Any = itertools.repeat(0.5)

    def plan(self, counts: Counts) -> Plan:
        plan = super().plan(counts)
        policy = np.zeros_like(self.policy)
        policy[..., len(self.seen) % self.policy.shape[-1]] = 1
        return Plan(policy, np.full_like(plan.upper, next(self.bounds)), plan.lower)


def test_ties_go_to_the_first_plan_and_a_goal_is_met_by_what_equals_it(
    game: MarkovGame,
) -> None:
    tied = run(Tied(uniform(game), 3), game, 20)
    assert tied.n_plans > 3 and (tied.best_policy[..., 1] == 1).all() and (tied.certificate == 0.5).all()
    assert tied.episode.dtype == np.int64 and tied.best_plan.about.initial.tobytes() == game.initial.tobytes()
    falling = Tied(uniform(game), 3)
    falling.bounds = iter([1.0, 0.75, 0.25, 0.5, *[0.125] * 20])
    stopped = run(falling, game, 20, until=0.25)
    assert stopped.certificate.tolist() == [1, 0.75, 0.25] and stopped.episode.tolist() == [
        *tied.episode[:2],
        tied.episode[1],
    ]


@pytest.mark.parametrize("made", [0, 2])
def test_a_learner_that_gives_up_leaves_the_history_and_is_told_where(game: MarkovGame, made: int) -> None:
    learner = Tied(uniform(game), 3)
    learner.bounds = iter([0.5] * made)  # and then StopIteration
    with pytest.raises(StopIteration) as caught:
        run(learner, game, 20)
    history = caught.value.history  # type: ignore[attr-defined]
    assert (history is None) == (made == 0)
    assert caught.value.__notes__ == [f"episode {1 + (history.episode[-1] if made else 0)}, at a new plan"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learner": Nominal()}, "learner must have plan.*got Nominal"),
        ({"learner": None}, "learner must have plan.*got NoneType"),
        ({"game": np.zeros(3)}, "game must be a MarkovGame, got ndarray"),
        ({"n_episodes": 0}, "n_episodes must be from 1 to 1000000000000000, got 0"),
        ({"n_episodes": 10**15 + 1}, "n_episodes must be from 1 to 1000000000000000, got 1000000000000001"),
        ({"n_episodes": 1e3}, "n_episodes must be an integer, got float 1000.0"),
        ({"n_episodes": True}, "n_episodes must be an integer, got bool"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"seed": 0.5}, "seed must be an integer"),
        ({"seed": None}, "seed must be an integer, got NoneType"),
        ({"until": -0.1}, "until must be finite and at least 0, got -0.1"),
        ({"until": math.nan}, "until must be finite"),
        ({"until": "0.1"}, "until must be a number"),
        ({"learner": Mornavi(MIXED)}, "one set per player, 2, got 3"),
        ({"uncertainty": 0.1}, "uncertainty must be an uncertainty set"),
    ],
)
def test_arguments_are_checked(change: dict[str, Any], message: str) -> None:
    fine = {"learner": Mornavi(Nominal()), "game": zoo.fishing(), "n_episodes": 3}
    with pytest.raises((ValueError, TypeError), match=message):
        run(**{**fine, **change})


# The law of what is played


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_run_has_the_law_of_plain_trajectories(seed: int) -> None:
    """Batches of 1, 1, 2, 4, ... episodes of one policy against episodes one by one: chi-square at every step."""
    game, rng = varied_game(seed, (2, 3)), np.random.default_rng(seed)
    policy = rng.dirichlet(np.full(6, 0.7), size=(2, 3))
    counts = np.zeros(game.transition.shape, dtype=int)
    episodes = 0
    for k in range(12):
        at = run(Fixed(policy, 2), game, 150, seed=100 * seed + k).checkpoint
        counts, episodes = counts + at.counts.transitions, episodes + at.episode
    plain = plain_trajectories(game, policy, episodes, rng)
    for h in range(game.horizon):
        table = np.stack([counts[h].ravel(), plain[h].ravel()])
        assert table.sum(axis=1).tolist() == [episodes] * 2
        common = table[:, table.sum(axis=0) >= 30]
        table = np.column_stack([common, table.sum(axis=1) - common.sum(axis=1)])
        p_value = stats.chi2_contingency(table[:, table.sum(axis=0) > 0]).pvalue
        assert p_value > 1e-4, (h, p_value)


def test_counts_of_a_run_are_those_of_its_policies(game: MarkovGame) -> None:
    """Episode by episode a path: one transition a step, each from where the last one led, none that is impossible."""
    learner = Recorded(Mornavi(MIXED, replan="episode"))
    run(learner, game, 40, seed=6)
    for (before, plan), (after, _) in zip(learner.plans, learner.plans[1:], strict=False):
        played = after.transitions - before.transitions
        assert (played.sum(axis=(1, 2, 3)) == 1).all() and played.min() == 0
        np.testing.assert_array_equal(played[:-1].sum(axis=(1, 2)), played[1:].sum(axis=(2, 3)))
        assert (played[game.transition == 0] == 0).all() and (played.sum(axis=-1)[plan.policy == 0] == 0).all()


def test_a_trillion_episodes_take_no_memory() -> None:
    game, learner = zoo.garnet(3, (2, 2), 2, 3, seed=1), Mornavi(TotalVariation(0.1))
    run(learner, game, 100)
    tracemalloc.start()
    history = run(learner, game, 10**12, seed=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3e6
    assert history.episode[-1] == 10**12 and history.n_plans < 200
    assert history.checkpoint.counts.n_episodes == history.checkpoint.episode <= 10**12
    assert history.best_certificate < 1e-4
    longest = run(learner, game, 10**15, seed=1)
    assert longest.checkpoint.counts.visits.min() >= 0 and longest.episode[-1] == 10**15
    assert longest.regret[-1] >= history.regret[-1] and longest.best_certificate < history.best_certificate


# An environment of one's own


class Ferry:
    """Two captains, three actions and two; no array of probabilities anywhere, only reset and step."""

    def __init__(self, seed: int) -> None:
        self.rng, self.place = np.random.default_rng(seed), 0

    def reset(self) -> int:
        self.place = 0 if self.rng.random() < 0.7 else 1
        return self.place

    def step(self, first: int, second: int) -> tuple[int, tuple[float, float]]:
        rewards = self.rewards(self.place, first, second)
        self.place = int(self.rng.random() < self.chance(self.place, first, second))
        return self.place, rewards

    @staticmethod
    def chance(place: int, first: int, second: int) -> float:
        return (0.2 + 0.3 * first) if second == 0 else (0.9 if place else 0.1 * first)

    @staticmethod
    def rewards(place: int, first: int, second: int) -> tuple[float, float]:
        return 0.25 * first + 0.5 * place * second, 1.0 - 0.25 * first if place else 0.5 * second


def test_an_environment_of_your_own_needs_only_reset_and_step() -> None:
    environment, horizon = Ferry(seed=1), 2
    learner = Mornavi((TotalVariation(0.1), KullbackLeibler(0.05)), "ce")
    counts, rng = Counts(2, (3, 2), horizon), np.random.default_rng(0)
    start = np.array([0.7, 0.3])
    for episode in range(2**12):
        if episode & (episode - 1) == 0 or episode < 60:
            plan = learner.plan(counts)
        states, joint_actions, rewards = [environment.reset()], [], []
        for h in range(horizon):
            joint_actions.append(rng.choice(6, p=plan.policy[h, states[-1]]))
            state, reward = environment.step(*divmod(int(joint_actions[-1]), 2))
            states.append(state)
            rewards.append(reward)
        counts.record(states, joint_actions, np.transpose(rewards))
    plan = learner.plan(counts)
    assert counts.n_episodes == 2**12 and plan.certificate(start) < 0.6
    transition, reward = np.zeros((2, 6, 2)), np.zeros((2, 2, 6))
    for place in range(2):
        for k in range(6):
            p = Ferry.chance(place, *divmod(k, 2))
            transition[place, k], reward[:, place, k] = [1 - p, p], Ferry.rewards(place, *divmod(k, 2))
    truth = MarkovGame.stationary(transition, reward, (3, 2), horizon, start)
    gap = equilibrium_gap(truth, plan.policy, learner.uncertainty, "ce")
    assert gap <= plan.certificate(start) and gap < 0.05


# Plans with a space between them


def test_spaced_plans_are_fewer_and_keep_to_their_rule() -> None:
    """Between two plans a fiftieth of the episodes, or some count grew eightfold; and always some count doubled."""
    game = zoo.garnet(8, (2, 3), 6, 3, seed=0)
    seen, plans = [], []

    class Watched(Mornavi):
        def plan(self, counts: Any) -> Any:
            seen.append(counts.visits.copy())
            plans.append(counts.n_episodes)
            return super().plan(counts)

    history = run(Watched(Nominal(), replan="spaced"), game, 4000, seed=0)
    assert plans[0] == 0 and (history.gap <= history.certificate + 1e-9).all()
    waited = 0
    for before, now, start, end in zip(seen, seen[1:], plans, plans[1:], strict=False):
        assert (now >= np.maximum(2 * before, 1)).any()
        grown = bool((now >= 8 * np.maximum(before, 1)).any())
        waited += not grown
        assert grown or 50 * (end - start) >= end
    doubling = run(Mornavi(Nominal()), game, 4000, seed=0)
    most = 51 + math.log(4000) / math.log(50 / 49) + doubling.checkpoint.counts.visits.size * 4
    assert waited > 20 and history.n_plans < min(0.9 * doubling.n_plans, most)


@pytest.mark.parametrize("radius", [0.0, 0.1])
def test_plans_that_come_often_keep_to_their_rule(radius: float) -> None:
    """Three players, another number of actions for each: a count grew by an eighth, and the certificate holds."""
    game = zoo.garnet(4, (2, 3, 1), 3, 2, seed=0)
    seen = []

    class Watched(Mornavi):
        def plan(self, counts: Any) -> Any:
            seen.append(counts.visits.copy())
            return super().plan(counts)

    often = run(Watched(TotalVariation(radius), replan="often"), game, 3000, seed=0, until=0.5)
    assert (often.gap <= often.certificate + 1e-9).all() and often.certificate[-1] <= 0.5
    pairs = list(itertools.pairwise(seen))
    assert all((8 * now >= np.maximum(9 * before, 8)).any() for before, now in pairs)
    assert any((now < np.maximum(2 * before, 1)).all() for before, now in pairs)
    doubling = run(Mornavi(TotalVariation(radius)), game, 3000, seed=0, until=0.5)
    assert often.n_plans > doubling.n_plans


@pytest.mark.parametrize(
    ("replan", "episode", "since", "before", "now", "wanted"),
    [
        ("doubling", 9, 4, 3, 6, True),
        ("doubling", 9, 4, 3, 5, False),
        ("doubling", 9, 4, 0, 1, True),
        ("doubling", 9, 4, 0, 0, False),
        ("doubling", 9, 3, 3, 6, False),  # no look
        ("episode", 9, 1, 3, 3, True),
        ("episode", 9, 0, 3, 9, False),
        ("often", 9, 4, 8, 9, True),
        ("often", 9, 4, 9, 10, False),
        ("often", 9, 4, 0, 0, False),
        ("often", 9, 4, 0, 1, True),
        ("spaced", 100, 2, 3, 6, True),
        ("spaced", 100, 2, 3, 5, False),
        ("spaced", 101, 2, 3, 23, False),
        ("spaced", 101, 2, 3, 24, True),
        ("spaced", 101, 2, 0, 7, False),
        ("spaced", 101, 2, 0, 8, True),
    ],
)
def test_when_there_is_a_new_plan(
    game: MarkovGame, replan: str, episode: int, since: int, before: int, now: int, wanted: bool
) -> None:
    """At looks alone; by one cell of all, or by what a learner watches: twice, nine eighths, eight times as often."""
    learner: Any = Fixed(uniform(game), 3)
    learner.replan = replan
    going = Going(learner, game, [Nominal()] * 3, 0)
    assert going.wants_plan() and going.until_next_look() == 1  # there is none yet
    going.starts, going.episode, going.since_plan = [0], episode, since
    visits = np.zeros((2, 3, 12), dtype=int)
    visits[1, 2, 7] = now
    going.counts = SimpleNamespace(visits=visits)
    going.planned_visits = np.where(visits > 0, before, 0) if now else visits
    assert going.wants_plan() is wanted
    learner.watched = lambda visits: visits[0]
    assert going.wants_plan() is (replan == "episode" and wanted)
    for after, looks in zip(
        [0, 1, 1, 2, 4, 7, 11, 12, 13, 14, 15, 8], [1, 1, 1, 2, 4, 1, 5, 4, 3, 2, 1, 8], strict=True
    ):
        going.since_plan = after
        assert going.until_next_look() == (1 if replan == "episode" else looks)
        assert learner.replan == "episode" or (after + looks) & (after + looks - 1) == 0


@pytest.mark.parametrize("replan", ["spaced", "often"])
def test_a_broken_run_with_other_plans_is_the_whole_run(replan: str) -> None:
    game, learner = zoo.traffic_merge(), Mornavi(TotalVariation(0.1), replan=replan)
    whole, half = run(learner, game, 90, seed=1), run(learner, game, 37, seed=1)
    again = run(learner, game, 90, seed=1, resume=half)
    assert again.upper.tobytes() == whole.upper.tobytes() and again.episode.tobytes() == whole.episode.tobytes()


@pytest.mark.parametrize("power", [-990, -40, 300])
@pytest.mark.parametrize("confidence", ["model", "chernoff"])
def test_the_unit_of_the_rewards_may_be_of_any_size(power: int, confidence: str) -> None:
    """Rewards times a power of two: the same plans, and certificates times that power."""
    game, unit = zoo.safe_or_risky(rewards="opposed"), 2.0**power
    other = MarkovGame(
        game.transition, game.reward * unit, game.n_actions, game.initial, reward_range=game.reward_range * unit
    )
    learner = Mornavi([TotalVariation(0.1), KullbackLeibler(0.1)], confidence=confidence)
    ours, theirs = run(learner, game, 300, seed=2), run(learner, other, 300, seed=2)
    np.testing.assert_array_equal(theirs.episode, ours.episode)
    np.testing.assert_allclose(theirs.certificate / unit, ours.certificate, atol=1e-8)
    np.testing.assert_allclose(theirs.gap / unit, ours.gap, atol=1e-8)
    np.testing.assert_allclose(theirs.best_policy, ours.best_policy, atol=1e-8)
