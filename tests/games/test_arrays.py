"""Arrays of a game: which are refused, who owns them, and that a copy is made of what can be written to alone."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from mornavi_lite import MarkovGame
from mornavi_lite.games.arrays import frozen, one_step, read_only, refuse_too_large


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


def off_by(excess: float, where: tuple[int, ...] = (1, 2, 3)) -> np.ndarray:
    rows = kernel(3, 4, 2)
    rows[0, 1, 2] = [0.0, 0.25, 0.75]
    rows[where] *= 1 + excess
    return rows


@pytest.mark.parametrize("excess", [0.99e-3, -0.99e-3, 2e-8])
def test_rows_that_nearly_sum_to_one_are_divided_by_their_sum_if_that_is_asked_for(excess: float) -> None:
    rows, reward = off_by(excess), np.zeros((2, 2, 3, 4))
    game = MarkovGame(rows, reward, (2, 2), normalize=True)
    np.testing.assert_allclose(game.transition, rows / rows.sum(axis=-1, keepdims=True), rtol=1e-15)
    assert np.abs(game.transition.sum(axis=-1) - 1).max() < 1e-15
    hint = r"^transition\[1, 2, 3\] must sum to 1, got [0-9.]+; normalize=True divides each row by its sum$"
    with pytest.raises(ValueError, match=hint):
        MarkovGame(rows, reward, (2, 2))
    with pytest.raises(ValueError, match=r"^transition\[2, 3\] must sum to 1, got .*; normalize=True divides"):
        MarkovGame.stationary(rows[1], reward[:, 1], (2, 2), 5)
    assert MarkovGame.stationary(rows[1], reward[:, 1], (2, 2), 5, normalize=True).horizon == 5


@pytest.mark.parametrize("excess", [1.01e-3, -1.01e-3, 0.5])
def test_rows_that_are_further_off_are_refused(excess: float) -> None:
    """Nothing is said of ``normalize`` where it would not help."""
    rows, reward, total = off_by(excess), np.zeros((2, 2, 3, 4)), f"{1 + excess:.7g}"[:6]
    with pytest.raises(ValueError, match=rf"^transition\[1, 2, 3\] must sum to 1, got {total}[0-9]*$"):
        MarkovGame(rows, reward, (2, 2))
    message = rf"^transition\[1, 2, 3\] must sum to 1 within 0\.001 to be normalized, got {total}[0-9]*$"
    with pytest.raises(ValueError, match=message):
        MarkovGame(rows, reward, (2, 2), normalize=True)
    two = off_by(5e-4, (0, 0, 0))
    two[1, 1, 1] *= 2
    with pytest.raises(ValueError, match=r"^transition\[0, 0, 0\] must sum to 1, got 1\.000[0-9]*$"):
        MarkovGame(two, reward, (2, 2))


def test_what_is_no_probability_is_refused_with_and_without_normalize() -> None:
    reward = np.zeros((2, 2, 3, 4))
    for normalize in (False, True):
        for value, message in ((-1e-6, "must not be negative, got -1e-06"), (np.nan, "must be finite, got nan")):
            rows = kernel(3, 4, 2)
            rows[1, 2, 3, 0], rows[1, 2, 3, 1] = value, rows[1, 2, 3, 1] + rows[1, 2, 3, 0] + 1e-6
            with pytest.raises(ValueError, match=rf"^transition\[1, 2, 3, 0\] {message}$"):
                MarkovGame(rows, reward, (2, 2), normalize=normalize)
    with pytest.raises(TypeError, match="normalize must be True or False, got 1"):
        MarkovGame(kernel(3, 4, 2), reward, (2, 2), normalize=1)  # type: ignore[arg-type]
    huge = np.full((1, 1, 1, 1), 1e308)
    for normalize in (False, True):
        with pytest.raises(ValueError, match="must sum to 1"):
            MarkovGame.stationary(np.repeat(huge, 4, axis=3)[0].repeat(4, axis=0), np.zeros((1, 4, 1)), (1,), 2,
                                  normalize=normalize)  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "n_actions", "message"),
    [
        ((2, 3, 2, 2, 3), (2, 2), r"an axis for each player's actions: write transition\.reshape\(2, 3, -1, 3\)"),
        ((2, 3, 2, 1, 2, 3), (2, 1, 2), r"write transition\.reshape\(2, 3, -1, 3\)"),
        ((2, 3, 2, 3, 3), (2, 2), r"^transition must have 4 axes, got shape \(2, 3, 2, 3, 3\)$"),
        ((2, 3, 4, 3, 3), (4,), r"^transition must have 4 axes, got shape \(2, 3, 4, 3, 3\)$"),
        ((2, 3, 4), (2, 2), r"^transition must have 4 axes, got shape \(2, 3, 4\)$"),
        ((2, 3, 4, 4), (2, 2), r"shape \(H, S, A, S\) with A = 4, the product of n_actions, got \(2, 3, 4, 4\)"),
        ((2, 3, 3, 3), (2, 2), r"with A = 4, the product of n_actions, got \(2, 3, 3, 3\)"),
        ((0, 3, 4, 3), (2, 2), r"got \(0, 3, 4, 3\)"),
        ((2, 0, 4, 0), (2, 2), r"got \(2, 0, 4, 0\)"),
    ],
)
def test_shapes_of_kernels_are_named(shape: tuple[int, ...], n_actions: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MarkovGame(np.ones(shape), np.zeros((len(n_actions), *shape[:3])), n_actions)


def test_one_step_has_its_own_shapes() -> None:
    with pytest.raises(ValueError, match=r"write transition\.reshape\(3, -1, 3\)"):
        MarkovGame.stationary(np.ones((3, 2, 2, 3)), np.zeros((2, 3, 4)), (2, 2), 5)
    for reward in (np.zeros((2, 3, 5)), np.zeros((1, 3, 4)), np.zeros((2, 3, 4, 3, 1)), np.zeros((2, 2, 3, 4))):
        with pytest.raises(ValueError, match=r"reward must have shape \(m, S, A\) = \(2, 3, 4\) or with a last axis"):
            MarkovGame.stationary(kernel(3, 4, 1)[0], reward, (2, 2), 5)
    with pytest.raises(ValueError, match="reward must have a last axis of 3 next states"):
        MarkovGame.stationary(kernel(3, 4, 1)[0], np.zeros((2, 3, 4, 4)), (2, 2), 5)
    with pytest.raises(ValueError, match=r"reward must have a last axis of S = 3, got \(2, 1, 3, 4, 2\)"):
        MarkovGame(kernel(3, 4, 1), np.zeros((2, 1, 3, 4, 2)), (2, 2))
    assert MarkovGame.stationary(kernel(3, 4, 1)[0], np.zeros((2, 3, 4, 3)), (2, 2), 5).reward.shape == (2, 5, 3, 4, 3)
    for given in ((Rows(),), [Rows(), Rows()], Rows()):
        with pytest.raises(TypeError, match="transition must be an array, got a SciPy sparse matrix"):
            MarkovGame.stationary(given, np.zeros((1, 1, 1)), (1,), 2)
    with pytest.raises(ValueError, match=r"transition must have 3 axes, got shape \(0,\)"):
        MarkovGame.stationary([], np.zeros((1, 1, 1)), (1,), 2)


class Rows:
    """A sparse matrix of SciPy's, by what it is known by."""

    def tocsr(self) -> None:
        raise AssertionError("it is not unpacked")


def test_one_step_is_told_from_arrays_of_many() -> None:
    array = np.random.default_rng(0).random((4, 5))
    repeated = np.broadcast_to(array[None], (7, 4, 5))
    assert one_step(repeated, 0).shape == (1, 4, 5) and (one_step(repeated, 0)[0] == array).all()
    assert one_step(np.moveaxis(repeated, 0, 1), 1).shape == (4, 1, 5)
    assert one_step(np.moveaxis(repeated, 0, 2), 2).shape == (4, 5, 1)
    for same in (array, array[:1], np.broadcast_to(array[None], (1, 4, 5)), np.repeat(array[None], 7, axis=0)):
        assert one_step(same, 0) is same
    assert one_step(repeated, 1) is repeated and one_step(array, 2) is array


def test_arrays_of_more_than_two_gibibytes_are_refused() -> None:
    refuse_too_large("the kernel", 2**28)
    with pytest.raises(ValueError, match=r"^the kernel would have 2\.0 GiB as a dense array, 2 GiB at most are made"):
        refuse_too_large("the kernel", 2**28 + 1)
    with pytest.raises(ValueError, match=r"^a step would have 24\.0 GiB"):
        refuse_too_large("a step", 3 * 2**30)


def test_frozen_arrays_are_of_doubles_in_the_shape_that_is_asked_for() -> None:
    given = np.asfortranarray(np.arange(6).reshape(2, 3))
    kept = frozen(given, (4, 2, 3))
    assert kept.dtype == np.float64 and kept.shape == (4, 2, 3) and kept.strides[0] == 0 and kept[0].flags.c_contiguous
    assert not kept.flags.writeable and given.flags.writeable and not np.shares_memory(kept, given)
    owner = np.arange(6.0)
    read_only(owner)
    assert np.shares_memory(frozen(owner.reshape(2, 3), (2, 3)), owner) and read_only(owner) is owner
    assert not np.shares_memory(frozen(owner.reshape(2, 3).T, (3, 2)), owner)
    np.testing.assert_array_equal(frozen(owner.reshape(2, 3).T, (3, 2)), owner.reshape(2, 3).T)


def test_rewards_at_the_ends_of_the_range_are_inside() -> None:
    reward = np.array([-1.0, 2.0, 0.5]).reshape(1, 1, 1, 3)
    assert MarkovGame(np.ones((1, 1, 3, 1)), reward, (3,), reward_range=(-1, 2)).reward.max() == 2
    for ends, value, hold in (((-0.5, 2), "-1", r"\(-1, 2\)"), ((-1, 1.5), "2", r"\(-1, 2\)")):
        with pytest.raises(
            ValueError, match=rf"got {value}\.0; reward_range={hold} or reward_range=\"observed\" would"
        ):
            MarkovGame(np.ones((1, 1, 3, 1)), reward, (3,), reward_range=ends)
