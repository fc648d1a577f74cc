"""Who owns the arrays of a game: a copy is made of what somebody can write to, and of nothing else."""

from __future__ import annotations

import tracemalloc

import numpy as np

from mornavi_lite import MarkovGame


def kernel(n_states: int, n_actions: int, horizon: int) -> np.ndarray:
    return np.random.default_rng(0).dirichlet(np.ones(n_states), size=(horizon, n_states, n_actions))


def test_what_can_be_written_to_is_copied() -> None:
    transition, reward = kernel(3, 4, 2), np.zeros((2, 2, 3, 4))
    view = transition.view()
    view.setflags(write=False)  # its owner still can
    for given in (transition, view, view[::1]):
        game = MarkovGame(given, reward, (2, 2))
        assert not np.shares_memory(game.transition, transition)
    before = game.transition.copy()
    transition[:] = 1 / 3
    np.testing.assert_array_equal(game.transition, before)


def test_what_nobody_can_write_to_is_kept() -> None:
    transition, reward = kernel(3, 4, 2), np.full((2, 2, 3, 4), 0.5)
    copied = MarkovGame(transition, reward, (2, 2))
    transition.setflags(write=False)
    reward.setflags(write=False)
    game = MarkovGame(transition, reward, (2, 2))
    assert np.shares_memory(game.transition, transition) and np.shares_memory(game.reward, reward)
    assert game == copied and hash(game) == hash(copied)
    for other in (transition.astype(np.float32), np.asfortranarray(transition), transition[:, ::-1, :, ::-1]):
        again = MarkovGame(other, reward, (2, 2), normalize=True)
        assert not np.shares_memory(again.transition, other) and not again.transition.flags.writeable


def test_a_large_kernel_that_is_kept_takes_no_second_copy() -> None:
    transition = kernel(300, 2, 5)
    transition.setflags(write=False)
    tracemalloc.start()
    MarkovGame(transition, np.zeros((1, 5, 300, 2)), (2,))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < transition.nbytes / 4
