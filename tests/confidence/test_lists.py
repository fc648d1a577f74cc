"""Counts beside lists of next states: what goes in comes out, whatever the lists are."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
import pytest

from mornavi_lite import Counts, MarkovGame
from mornavi_lite.confidence import counts as module
from mornavi_lite.confidence import support_mask
from mornavi_lite.confidence.counts import Counts as Class


@pytest.fixture
def lists_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FEW_STATES", 0)
    monkeypatch.setattr(module, "MANY_NUMBERS", 0)


def filled(rewards: str, n_episodes: int, legal: bool = False) -> Counts:
    """Counts of a game with three kinds of rewards, and episodes of it that were recorded by hand."""
    rng = np.random.default_rng(0)
    n_states, horizon = 6, 3
    next_state, probability = rng.integers(n_states, size=(n_states, 4, 3)), rng.dirichlet(np.ones(3), size=(6, 4))
    shape = (2, *next_state.shape) if rewards == "next_state" else (2, n_states, 4)
    masks = (rng.random((n_states, 2)) < 0.7, np.ones((n_states, 2), dtype=bool)) if legal else None
    if masks is not None:
        masks[0][:, 1] |= ~masks[0][:, 0]
    game = MarkovGame.sparse(next_state, probability, rng.random(shape), (2, 2), n_states, horizon=horizon, legal=masks)
    if rewards == "random":
        counts = Counts(n_states, (2, 2), horizon, rewards="random")
    else:
        counts = Counts.for_game(game)
        policy = rng.dirichlet(np.ones(4), size=(horizon, n_states))
        counts.add(game.play(policy, n_episodes, rng), game.reward)
    every = game.dense().reward
    pays = np.broadcast_to(every if every.ndim == 5 else every[..., None], (2, horizon, n_states, 4, n_states)).copy()
    for k in range(n_episodes):  # next states that the game does not list are among them
        path, taken = rng.integers(n_states, size=horizon + 1), rng.integers(4, size=horizon)
        path[0] = 0
        told = pays[:, np.arange(horizon), path[:-1], taken, path[1:]]
        counts.record(path, taken, rng.random(told.shape) if rewards == "random" else told)
        if k == n_episodes // 2 and rewards != "random":
            counts.add(game.play(policy, n_episodes, rng), game.reward)
    return counts


@pytest.mark.parametrize("rewards", ["deterministic", "next_state", "random"])
@pytest.mark.parametrize("legal", [False, True])
def test_they_are_the_counts_of_all_transitions(
    rewards: str, legal: bool, request: pytest.FixtureRequest, tmp_path: pathlib.Path
) -> None:
    if legal and rewards == "random":
        return
    dense = filled(rewards, 30, legal)
    assert dense._lists is None
    request.getfixturevalue("lists_everywhere")
    listed = filled(rewards, 30, legal)
    assert listed._lists is not None and listed._lists.shape[-1] <= 8
    for name in ("transitions", "visits", "reward", "n_episodes", "n_cells"):
        np.testing.assert_array_equal(getattr(listed, name), getattr(dense, name))
    np.testing.assert_array_equal(listed.empirical_model(), dense.empirical_model())
    listed.save(tmp_path / "counts.npz")
    again = Counts.load(tmp_path / "counts.npz")
    np.testing.assert_array_equal(again.transitions, dense.transitions)
    np.testing.assert_array_equal(again.reward, dense.reward)
    assert again._lists is not None


def test_dense_arrays_are_added_to_lists_that_grow_and_copies_stay(lists_everywhere: None) -> None:
    rng, counts = np.random.default_rng(0), Counts(5, (2,), 2, rewards="next_state")
    played = rng.integers(0, 3, size=(2, 5, 2, 5)) * (rng.random((2, 5, 2, 5)) < 0.3)
    reward = rng.random((1, 2, 5, 2, 5))
    counts.add(played, reward)
    before = counts.copy()
    counts.add(played[:, :, ::-1], reward)
    np.testing.assert_array_equal(before.transitions, played)
    np.testing.assert_array_equal(counts.transitions, played + played[:, :, ::-1])
    with pytest.raises(ValueError, match=r"step \d, state \d, joint action \d, next state \d differs"):
        counts.add(played, 1 - reward)


def test_a_row_that_is_longer_than_its_game_says_keeps_the_lists_of_the_game(lists_everywhere: None) -> None:
    game = MarkovGame.sparse([[[1]], [[0]]], [[[1.0]], [[1.0]]], [[[0.5], [0.5]]], (1,), 2, horizon=3)
    counts = Counts.for_game(game)
    assert counts._lists is game.next_state and counts.copy()._lists is game.next_state
    counts.record([0, 0, 1, 1], [0, 0, 0], [[0.5, 0.5, 0.5]])
    counts.add(game.play(np.ones((3, 2, 1)), 7, np.random.default_rng(0)), game.reward)
    assert game.next_state is not None and game.next_state.shape[-1] == 1
    np.testing.assert_array_equal(counts.transitions[:, 0, 0], [[1, 7], [0, 1], [0, 7]])
    assert counts.of(game).transitions.tobytes() == counts.transitions.tobytes()


def test_memory_goes_with_what_can_be_seen() -> None:
    n, rng = 30_000, np.random.default_rng(0)
    game = MarkovGame.sparse(
        rng.integers(n, size=(n, 2, 3)), np.full((n, 2, 3), 1 / 3), np.zeros((1, n, 2)), (2,), n, horizon=2
    )
    for counts in (Counts.for_game(game), Counts(n, (2,), 2)):
        assert counts._transitions.size <= game.probability.size
        with pytest.raises(ValueError, match="the counts would have"):
            _ = counts.transitions
    mask = support_mask(game)
    assert mask is not None and mask.shape == (n, 2, 3)
    assert isinstance(counts, Class)


def test_a_file_whose_lists_name_no_state_is_refused(lists_everywhere: None) -> None:
    counts: Any = Counts(3, (1,), 1)
    counts.record([0, 2], [0], [[0.0]])
    parts = counts.parts()
    with pytest.raises(ValueError, match="must be from 0 to 2"):
        Counts.from_parts(parts | {"lists": parts["lists"] + 7})
