"""Logs: what they count, what is wrong with a line, and what a certificate from one is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mornavi_lite import (
    ChiSquare,
    Counts,
    KullbackLeibler,
    MarkovGame,
    Mornavi,
    TotalVariation,
    equilibrium_gap,
    evaluate,
    solve,
    zoo,
)
from mornavi_lite.formats import read_log, write_log

HEADER = "episode,step,state,action_0,action_1,next state,reward_0,reward_1"
LINES = """
a,0,home,go,l,away,1,0
a,1,away,stay,r,away,0.5,0.25
b,0,home,go,l,home,1,0
b,1,home,stay,l,away,0,0.75
"""


@pytest.fixture
def log(tmp_path: Path):
    """The path of a log with these lines."""

    def written(lines: str = LINES, header: str = HEADER) -> Path:
        path = tmp_path / "log.csv"
        path.write_text(f"{header}\n{lines.strip()}\n")
        return path

    return written


def lopsided() -> MarkovGame:
    """Three players with 2, 3 and 2 actions, steps that differ, rewards that nobody shares."""
    rng = np.random.default_rng(8)
    kernel = rng.dirichlet(np.full(3, 0.5), (3, 3, 12))
    return MarkovGame(kernel, rng.random((3, 3, 3, 12)), (2, 3, 2), initial=1, name="lopsided")


def anything(game: MarkovGame, seed: int) -> np.ndarray:
    """A policy that is correlated and plays everything."""
    shape = (game.horizon, game.n_states)
    return np.random.default_rng(seed).dirichlet(np.ones(game.n_joint_actions), shape)


def test_counts_are_those_of_the_lines(log) -> None:
    counts = read_log(log())
    same = Counts(2, (2, 2), 2)
    # home 0, away 1; go 0, stay 1; l 0, r 1
    same.record([0, 1, 1], [[0, 0], [1, 1]], [[1, 0.5], [0, 0.25]])
    same.record([0, 0, 1], [[0, 0], [1, 0]], [[1, 0], [0, 0.75]])
    assert counts.transitions.tolist() == same.transitions.tolist() and counts.reward.tolist() == same.reward.tolist()
    assert counts.about.state_names == ("home", "away") and counts.about.action_names == (("go", "stay"), ("l", "r"))
    assert counts.starts is None and counts.rewards == "deterministic" and counts.n_episodes == 2
    learner = Mornavi(TotalVariation(0.1))
    wanted, found = learner.plan(same), learner.plan(counts)
    assert found.upper.tolist() == wanted.upper.tolist() and found.lower.tolist() == wanted.lower.tolist()
    assert "home" in found.about.state_names


def test_lines_may_have_any_order_and_numbers_may_be_labels(log) -> None:
    wanted = read_log(log())
    again = read_log(log("\n".join(LINES.strip().splitlines()[::-1])), state_names=["home", "away"])
    assert again.visits.sum() == wanted.visits.sum() == 4
    counts = read_log(log("7,0,0,0,2,1\n7,1,2,1,0,0\n", "k,t,s,a,s',r"))
    assert counts.about.state_names == ("0", "2") and counts.transitions[1, 1, 1].tolist() == [1, 0]
    counts = read_log(log("7,0,0,0,2,1\n7,1,2,1,0,0\n", "k,t,s,a,s',r"), state_names=range(4), action_names=[range(3)])
    assert counts.n_states == 4 and counts.n_actions == (3,) and counts.transitions[1, 2, 1, 0] == 1


def test_sizes_start_and_range_may_be_stated(log) -> None:
    counts = read_log(
        log(),
        horizon=4,
        reward_range=[(0, 2), (-1, 1)],
        initial="home",
        state_names=["away", "home", "far"],
        action_names=[["go", "stay"], ["r", "l", "up"]],
    )
    assert counts.transitions.shape == (4, 3, 6, 3) and counts.starts.tolist() == [False, True, False]
    assert counts.reward_range.tolist() == [[0, 2], [-1, 1]] and counts.visits[0, 1, 1] == 2


def test_an_episode_that_stops_early_counts_as_far_as_it_goes(log) -> None:
    counts = read_log(log(LINES + "c,0,home,go,l,home,1,0"))
    assert counts.visits.sum(axis=(1, 2)).tolist() == [3, 2]


@pytest.mark.parametrize("kind", ["next_state", "random"])
def test_rewards_of_other_kinds(log, kind: str) -> None:
    lines = "a,0,x,u,y,1\nb,0,x,u,x,0\nc,0,x,u,y,1\n"
    header = "episode,step,state,action,next,reward"
    with pytest.raises(
        ValueError, match=r"line 3, column 6 \(reward\): the reward of player 0 differs from that on line"
    ):
        read_log(log(lines, header))
    counts = read_log(log(lines, header), rewards=kind)
    high, low = counts.reward_bounds(0, 0.05)
    if kind == "random":
        assert counts.reward[0, 0, 0, 0] == pytest.approx(2 / 3) and low[0, 0, 0] < 2 / 3 < high[0, 0, 0]
    else:
        assert high[0, 0, 0].tolist() == low[0, 0, 0].tolist() == [0, 1]
        with pytest.raises(
            ValueError, match=r"line 5.*differs from that on line 2, 1, got 0.5; rewards='random' holds"
        ):
            read_log(log(lines + "d,0,x,u,y,0.5", header), rewards=kind)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("a,0,home,go,l,away,1", "line 2: 8 cells are expected, got 7"),
        ("a,0,home,go,l,away,1,x", r"line 2, column 8 \(reward_1\): expected a number, got 'x'"),
        ("a,0,home,go,l,away,1,nan", r"line 2, column 8 \(reward_1\): expected a number, got 'nan'"),
        ("a,zero,home,go,l,away,1,0", r"line 2, column 2 \(step\): expected a number"),
        ("a,0.5,home,go,l,away,1,0", r"line 2, column 2 \(step\): a step must be 0, 1, ..., got 0.5"),
        ("a,-1,home,go,l,away,1,0", r"line 2, column 2 \(step\): a step must be 0, 1"),
        ("a,0,,go,l,away,1,0", r"line 2, column 3 \(state\): expected a state, got nothing"),
        ("a,0,home,,l,away,1,0", r"line 2, column 4 \(action_0\): expected an action, got nothing"),
        ("a,1,home,go,l,away,1,0", r"line 2, column 2 \(step\): episode a has no step 0 before step 1"),
        (
            "a,0,home,go,l,away,1,0\na,2,away,go,l,away,1,0",
            r"line 3, column 2 \(step\): episode a has no step 1 before step 2",
        ),
        (
            "a,0,home,go,l,away,1,0\nb,0,home,go,l,away,1,0\na,0,home,go,l,away,1,0",
            r"line 4, column 2 \(step\): step 0 of episode a is there twice, also on line 2",
        ),
        (
            "a,0,home,go,l,away,1,0\nb,0,home,go,l,home,1,0\na,1,home,go,l,away,1,0",
            r"line 4, column 3 \(state\): not the next state of step 0 of episode a, on line 2",
        ),
        (
            "a,0,home,go,l,away,1,0\nb,0,home,go,l,home,1,0.5",
            r"line 3, column 8 \(reward_1\): the reward of player 1 differs from that on line 2, 0, got 0.5; rewards",
        ),
        (
            "a,0,home,go,l,away,1,-3",
            r"line 2, column 8.*must be in \[0, 1\], got -3; reward_range=\(-3, 1\) would hold",
        ),
    ],
)
def test_a_bad_line_is_named(log, lines: str, said: str) -> None:
    with pytest.raises(ValueError, match=rf"log\.csv, {said}"):
        read_log(log(lines))


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"horizon": 1}, ValueError, r"line 3, column 2 \(step\): a step must be below the horizon, 1, got 1"),
        ({"horizon": 0}, ValueError, "horizon must be at least 1"),
        ({"horizon": "2"}, TypeError, "horizon must be an integer"),
        ({"reward_range": "observed"}, TypeError, "reward_range must be .lo, hi., of all that can be paid"),
        ({"reward_range": (0.6, 1)}, ValueError, r"line 2, column 8 .*must be in \[0.6, 1\], got 0"),
        ({"reward_range": (1, 0)}, ValueError, "lower end first"),
        ({"rewards": "noisy"}, ValueError, "rewards must be one of"),
        ({"rewards": None}, TypeError, "rewards must be one of"),
        ({"initial": "nowhere"}, ValueError, "initial must name a state, one of 'home', 'away'; got 'nowhere'"),
        ({"initial": "away"}, ValueError, r"line 2, column 3 \(state\): an episode must begin where initial says"),
        ({"initial": {"home": 2}}, ValueError, r"initial\['home'\] must be in \[0, 1\]"),
        ({"initial": [0.5, 0.6]}, ValueError, "initial"),
        (
            {"state_names": ["home"]},
            ValueError,
            r"line 3, column 3 .*expected a state, got 'away', which is not listed",
        ),
        ({"state_names": ["home", "away", "away"]}, ValueError, "state_names must be different from each other"),
        ({"action_names": [["go", "stay", "go"], ["l", "r"]]}, ValueError, "action_names.0. must be different"),
        ({"action_names": [["go", "stay"]]}, ValueError, "action_names must have one entry per player, 2"),
        ({"action_names": [["go"], ["l", "r"]]}, ValueError, r"line 3, column 4 .*got 'stay', which is not listed"),
    ],
)
def test_wrong_arguments_are_named(log, change: dict, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        read_log(log(), **change)


def test_sizes_that_no_line_bears_out_are_refused_before_memory_is_taken(log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mornavi_lite.formats.logs.Counts", None)
    with pytest.raises(ValueError, match=r"line 3, column 2 \(step\): episode a has no step 1 before step 2147483641"):
        read_log(log("a,0,home,go,l,away,1,0\na,2147483641,away,stay,r,away,1,0"))
    with pytest.raises(ValueError, match=r"\d{10} rows .* do not fit into 2 GiB"):
        read_log(log(), horizon=10**9)
    columns = [f"{what}_{i}" for what in ("action", "reward") for i in range(40)]
    lines = "\n".join(f"{k},0,home," + ",".join([f"way {k}"] * 40 + ["home"] + ["0"] * 40) for k in range(3))
    header = ",".join(["episode", "step", "state", *columns[:40], "next state", *columns[40:]])
    with pytest.raises(ValueError, match=r"12157665459056928801 rows .* do not fit into 2 GiB"):
        read_log(log(lines, header))


def test_other_files_are_refused(tmp_path: Path, log) -> None:
    with pytest.raises(OSError):
        read_log(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="has no transitions"):
        read_log(log(""))
    with pytest.raises(ValueError, match=r"line 1, column 6 \(p\): not a column of a log"):
        read_log(log("", "episode,step,s,a,s',p,r"))


@pytest.mark.parametrize(
    "game", [lopsided(), zoo.gambler(), zoo.garnet(80, (2, 2), 3, 2, seed=0)], ids=lambda g: g.name
)
def test_what_is_written_is_read_back_and_has_the_law_of_the_game(tmp_path: Path, game: MarkovGame) -> None:
    path, n = tmp_path / "log.csv", 500
    policy = anything(game, 1)
    write_log(path, game, policy, n, np.random.default_rng(0))
    text = path.read_text()
    write_log(path, game, policy, n, np.random.default_rng(0))
    assert path.read_text() == text
    counts = read_log(path, game.horizon, state_names=game.state_names, action_names=game.action_names)
    assert counts.n_episodes == n and (counts.visits.sum(axis=(1, 2)) == n).all()
    dense = game.dense() if game.next_state is not None else game
    assert not counts.transitions[dense.transition == 0].any()
    seen = counts.visits > 0
    np.testing.assert_array_equal(counts.reward[:, seen], dense.reward[:, seen])
    reach = game.initial
    for h in range(game.horizon):
        mean = reach[:, None] * policy[h]
        near = 5 * np.sqrt(mean * (1 - mean) / n) + 1e-12
        assert (np.abs(counts.visits[h] / n - mean) <= near + 3 / n).all()
        reach = np.einsum("sa,sat->t", mean, dense.transition[h])


def test_rewards_on_the_next_state_are_read_back(tmp_path: Path) -> None:
    game = MarkovGame.stationary([[[0.5, 0.5]], [[0.25, 0.75]]], [[[[0, 1]], [[0.5, 0.25]]]], (1,), 3)
    write_log(tmp_path / "log.csv", game, np.ones((3, 2, 1)), 200, np.random.default_rng(0))
    counts = read_log(tmp_path / "log.csv", rewards="next_state", state_names=game.state_names)
    assert counts.reward_bounds(2, 0.05)[0].tolist() == game.reward[:, 2].tolist()


SETS = [TotalVariation(0.1), KullbackLeibler(0.05), ChiSquare(0.2)]


@pytest.mark.parametrize("start", ["stated", "learned"])
def test_a_certificate_from_a_log_covers_the_truth(tmp_path: Path, start: str) -> None:
    """Of the plan from the log, of the equilibrium of the true game, and of whatever else is played."""
    game, sizes = lopsided(), []
    for n in (30, 3000):
        path = tmp_path / f"{n}.csv"
        write_log(path, game, anything(game, 2), n, np.random.default_rng(n))
        names = {"state_names": game.state_names, "action_names": game.action_names}
        counts = read_log(path, **names, initial="1" if start == "stated" else None)
        learner = Mornavi(SETS)
        for policy in (learner.plan(counts).policy, solve(game, SETS).policy, anything(game, 3)):
            plan = learner.certify(counts, policy)
            value, gap = evaluate(game, policy, SETS), equilibrium_gap(game, policy, SETS, "cce")
            assert (plan.lower[:, 0, 1] <= value[:, 0, 1] + 1e-9).all()
            assert (value[:, 0, 1] <= plan.upper[:, 0, 1] + 1e-9).all()
            certificate = (plan.upper - plan.lower)[:, 0, 1].max()
            assert gap <= certificate + 1e-9
            sizes.append(certificate)
    assert max(sizes[3:]) < min(sizes[:3]) and sizes[3] < 0.8  # it is no empty promise


def test_what_the_log_never_tried_is_not_promised(tmp_path: Path) -> None:
    """A log in which one player never moves says nothing of what that player could gain by moving."""
    game = lopsided()
    timid = anything(game, 2).reshape(3, 3, 2, 3, 2)
    timid[:, :, 1] = 0
    timid = (timid / timid.sum(axis=(2, 3, 4), keepdims=True)).reshape(3, 3, 12)
    write_log(tmp_path / "log.csv", game, timid, 3000, np.random.default_rng(0))
    counts = read_log(tmp_path / "log.csv", state_names=game.state_names, action_names=game.action_names, initial="1")
    plan = Mornavi(SETS).certify(counts, timid)
    width = (plan.upper - plan.lower)[:, 0, 1]
    assert width[0] > 1 and equilibrium_gap(game, timid, SETS, "cce") <= width.max()
    assert width[1:].max() < width[0]


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"game": None}, TypeError, "game must be a MarkovGame"),
        ({"policy": np.ones((1, 1, 1))}, ValueError, "policy must have shape"),
        ({"policy": np.ones((3, 3, 12))}, ValueError, "policy"),
        ({"n_episodes": 0}, ValueError, "n_episodes must be at least 1"),
        ({"n_episodes": 1.5}, TypeError, "n_episodes must be an integer"),
        ({"rng": 3}, TypeError, "rng must be a numpy.random.Generator, got int"),
    ],
)
def test_wrong_arguments_of_writing_are_named(tmp_path: Path, change: dict, error: type[Exception], said: str) -> None:
    game = lopsided()
    given: dict[str, Any] = {
        "game": game,
        "policy": anything(game, 0),
        "n_episodes": 3,
        "rng": np.random.default_rng(0),
    }
    with pytest.raises(error, match=said):
        write_log(tmp_path / "log.csv", **(given | change))
    assert not list(tmp_path.iterdir())
