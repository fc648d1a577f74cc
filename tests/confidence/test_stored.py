"""Counts in files: with all that counting needs in order to go on."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mornavi_lite import Counts, MarkovGame, Mornavi, TotalVariation
from mornavi_lite.confidence import counts as counts_module
from mornavi_lite.files import read_arrays, write_arrays
from tests.planning.test_models import made
from tests.summaries.shown import named_game


def discounted_game() -> MarkovGame:
    rng = np.random.default_rng(2)
    rows, reward = rng.dirichlet(np.ones(3), size=(3, 4)), rng.uniform(-1, 5, size=(2, 3, 4))
    return MarkovGame.discounted(rows, reward, (2, 2), discount=0.5, accuracy=1.0, reward_range=(-1, 5))


def counted(game: MarkovGame, n_episodes: int) -> Counts:
    counts, rng = Counts.for_game(game), np.random.default_rng(1)
    policy = rng.dirichlet(np.full(game.n_joint_actions, 0.5), size=(game.horizon, game.n_states))
    counts.add(game.play(policy, n_episodes, rng), game.reward)
    return counts


GAMES = {
    "named": named_game,
    "sparse": lambda: made(21, False, True),
    "next state": lambda: made(22, True, False),
    "both": lambda: made(23, True, True),
    "discounted": discounted_game,
}


def drawn() -> Counts:
    """Rewards that are drawn: of the same action once more, once less."""
    counts = Counts(2, (2, 1), 2, reward_range=[(0, 2), (-1, 1)], rewards="random", initial=1)
    for k in range(5):
        counts.record([1, k % 2, 0], [k % 2, 0], [[0.5 * (k % 3), 1.0], [0.1 * k, -0.5]])
    return counts


@pytest.mark.parametrize("counts", [*(counted(make(), 300) for make in GAMES.values()), drawn()], ids=[*GAMES, "drawn"])
def test_what_is_saved_is_read_back_and_counting_goes_on(counts: Counts, tmp_path: Path) -> None:
    path = tmp_path / "counts.npz"
    counts.save(path)
    again = Counts.load(path)
    for name in ("transitions", "visits", "reward", "reward_range", "step_ranges"):
        ours, theirs = getattr(again, name), getattr(counts, name)
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape and ours.tobytes() == theirs.tobytes()
    assert (again.rewards, again.n_actions, again.n_cells) == (counts.rewards, counts.n_actions, counts.n_cells)
    assert again.about == counts.about and repr(again) == repr(counts)
    assert (again.legal is None) == (counts.legal is None)
    for ours, theirs in zip(again.legal or (), counts.legal or (), strict=True):
        assert np.array_equal(ours, theirs)
    assert (again.starts is None) == (counts.starts is None)
    assert counts.starts is None or np.array_equal(again.starts, counts.starts)
    learner = Mornavi([TotalVariation(0.1 * (i + 1)) for i in range(len(counts.n_actions))])
    plans = learner.plan(counts), learner.plan(again)
    assert all(ours.tobytes() == theirs.tobytes() for ours, theirs in zip(*plans, strict=True))
    assert plans[0].about == plans[1].about
    again.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", GAMES)
def test_what_a_game_plays_is_added_to_loaded_counts(name: str, tmp_path: Path) -> None:
    game = GAMES[name]()
    counts = counted(game, 50)
    counts.save(tmp_path / "counts.npz")
    again = Counts.load(tmp_path / "counts.npz")
    policy = np.full((game.horizon, game.n_states, game.n_joint_actions), 1 / game.n_joint_actions)
    for each in (counts, again):
        each.add(game.play(policy, 1000, np.random.default_rng(4)), game.reward)
    assert again.transitions.tobytes() == counts.transitions.tobytes() and again.n_episodes == 1050
    assert again.reward.tobytes() == counts.reward.tobytes()


def test_what_are_no_counts_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "counts.npz"
    counts = counted(made(23, True, True), 100)
    counts.save(path)
    whole = path.read_bytes()
    for length in (0, 30, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"counts\.npz is damaged"):
            Counts.load(path)
    path.write_bytes(whole)
    good = read_arrays(path, "Counts")
    for change in (
        {"transitions": -good["transitions"]},
        {"transitions": good["transitions"][:, :-1]},
        {"reward": good["reward"] - 20_000},
        {"reward": good["reward"][:-1]},
        {"n_actions": good["n_actions"] + 1},
        {"rewards": np.array("sometimes")},
        {"ranges": good["ranges"][..., ::-1]},
        {"next_state": good["next_state"] + 5},
        {"next_state": good["next_state"][:, :-1]},
        {"starts": good["starts"][:-1]},
        {"legal": np.zeros((5, 7), dtype=bool)},
        {"legal": np.ones((5, 6), dtype=bool)},
        {"state_names": good["state_names"][:-1]},
    ):
        write_arrays(path, "Counts", good | change)
        with pytest.raises(ValueError, match=r"counts\.npz is damaged"):
            Counts.load(path)
    with pytest.raises(FileNotFoundError):
        Counts.load(tmp_path / "nothing.npz")


def small(kind: str = "deterministic", ranges: Any = (0, 1)) -> Counts:
    counts = Counts(3, (2,), 2, ranges, kind)
    for path, taken in (([0, 2, 1], [0, 1]), ([1, 2, 0], [0, 1]), ([0, 0, 0], [1, 0])):
        counts.record(path, taken, [[0.5, 0.5]])
    return counts


def test_a_file_says_what_is_not_the_custom() -> None:
    """The least is stored: no range of 0 to 1, no start that is not to be learned, no step that repeats another."""
    for ranges, kind in itertools.product(((0, 1), (0, 2), (-1, 1)), ("deterministic", "next_state", "random")):
        counts = small(kind, ranges)
        made = counts.parts()
        assert ("ranges" in made) == ("rewards" in made) == (ranges != (0, 1) or kind != "deterministic")
        again = Counts.from_parts(made)
        assert again.reward_range.tolist() == [list(ranges)] and again.rewards == kind
        assert again.start_row is None and again.starts is None and again.legal is None
        assert "start_learned" not in made
        learned = Counts.from_parts(counts.with_start().parts())
        assert learned.start_row is not None and learned.start_row.tolist() == [2, 1, 0]
        told = Counts.from_parts(counts.with_start([0.5, 0.5, 0]).parts())
        assert told.starts is not None and told.starts.dtype == bool and told.starts.tolist() == [True, True, False]
    free = Counts.from_parts(small().parts() | {"legal": np.ones((3, 2), dtype=bool), "starts": np.array([1, 1, 0])})
    assert free.legal is None and free.starts is not None and free.starts.dtype == bool
    assert free.n_cells == 12


def test_flags_of_random_rewards_are_flags_whatever_the_file_has() -> None:
    made = small("random").parts()
    again = Counts.from_parts(made | {"constant": made["constant"].astype(np.int64)})
    again.record([0, 0, 0], [0, 0], [[1.0, 0.0]])
    flags = again._rewards.constant
    assert flags is not None and flags.dtype == bool


@pytest.mark.parametrize("listed", [False, True])
def test_parts_that_cannot_be_are_named(listed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if listed:
        monkeypatch.setattr(counts_module, "MANY_NUMBERS", 0)
    one = Counts(1, (1,), 1)
    one.record([0, 0], [0], [[0.5]])
    assert Counts.from_parts(one.parts()).transitions.tolist() == [[[[1]]]]
    made = small("next_state").parts()
    assert ("lists" in made) == listed
    too_many = {"transitions": np.where(made["transitions"] > 0, 2**62, 0)}
    with pytest.raises(ValueError, match=r"^transitions must leave at most 2\*\*63 - 1 transitions of step 0, got"):
        Counts.from_parts(made | too_many)
    wrong = made["reward"].copy()
    wrong[0, 1, 2, 1, 0 if listed else 1] = 7.0
    with pytest.raises(ValueError, match=r"step 1, state 2, joint action 1, next state 1 must be in \[0, 1\], got 7"):
        Counts.from_parts(made | {"reward": wrong})


def test_lists_of_steps_that_are_the_same_are_stored_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the next states of a game are: one step of them stands for all."""
    game = made(21, False, True)
    stationary = MarkovGame.sparse(
        [[[1, 0]], [[0, 1]]], [[[0.5, 0.5]], [[1.0, 0.0]]], [[[0.5], [0.5]]], (1,), 2, horizon=3
    )
    assert Counts.for_game(stationary).parts()["next_state"].shape[0] == 1
    assert Counts.for_game(game).parts()["next_state"].shape[0] == 3
    monkeypatch.setattr(counts_module, "FEW_STATES", 0)
    assert Counts.for_game(stationary).parts()["lists"].shape[0] == 1
    assert Counts.for_game(game).parts()["lists"].shape[0] == 3
