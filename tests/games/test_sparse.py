"""Sparse rows against loops over their entries: kernels, rewards, what is merged, what is not listed."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from mornavi_lite import MarkovGame
from mornavi_lite.games.arrays import frozen
from mornavi_lite.games.sparse import dense_kernel, dense_reward, gathered, laid_out, lowest_elsewhere, scattered


def entries(seed: int, per_outcome: bool, n_states: int = 6) -> dict[str, object]:
    """Rows of three players, with next states that come twice, entries of probability 0, and rewards of any sign."""
    rng = np.random.default_rng(seed)
    shape = (3, n_states, 12, 4)
    probability = rng.dirichlet(np.full(4, 0.7), size=shape[:-1])
    probability[..., 2] = 0.0
    probability /= probability.sum(axis=-1, keepdims=True)
    reward = rng.normal(size=(3, *shape)) * 10
    return {
        "next_state": rng.integers(0, n_states, shape),
        "probability": probability,
        "reward": reward if per_outcome else reward[..., 0],
        "n_actions": (2, 3, 2),
        "n_states": n_states,
        "reward_range": "observed",
    }


def by_loops(given: dict, n_states: int) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and, where they depend on the next state, rewards, entry by entry."""
    rows, reward = given["probability"], given["reward"]
    kernel = np.zeros((*rows.shape[:-1], n_states))
    paid = np.full((len(reward), *kernel.shape), reward.min())
    for h, s, a in np.ndindex(rows.shape[:-1]):
        for state in set(given["next_state"][h, s, a].tolist()):
            same = given["next_state"][h, s, a] == state
            kernel[h, s, a, state] = rows[h, s, a, same].sum()
            if reward.ndim == 5:
                weight = rows[h, s, a, same]
                for i in range(len(reward)):
                    own = reward[i, h, s, a, same]
                    paid[i, h, s, a, state] = own @ weight / weight.sum() if weight.sum() > 0 else own[0]
    return kernel, paid


@pytest.mark.parametrize("per_outcome", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_a_sparse_game_is_the_sum_of_its_entries(seed: int, per_outcome: bool) -> None:
    given = entries(seed, per_outcome)
    game = MarkovGame.sparse(**given)
    kernel, paid = by_loops(given, 6)
    np.testing.assert_allclose(game.transition, kernel, atol=1e-15)
    assert (np.diff(game.next_state, axis=-1) >= 0).all()
    if per_outcome:
        np.testing.assert_allclose(game.dense().reward, paid, atol=1e-12)
    else:
        np.testing.assert_array_equal(game.reward, given["reward"])


@pytest.mark.parametrize("per_outcome", [False, True])
def test_a_sparse_game_equals_its_dense_form_and_one_change_is_seen(per_outcome: bool) -> None:
    given = entries(7, per_outcome)
    game = MarkovGame.sparse(**given)
    dense = game.dense()
    assert game.next_state is not None and dense.next_state is None
    assert game == dense and dense == game and hash(game) == hash(dense)
    shuffled = dict(given)
    order = np.random.default_rng(0).permutation(4)
    for name in ("next_state", "probability"):
        shuffled[name] = given[name][..., order]
    if per_outcome:
        shuffled["reward"] = given["reward"][..., order]
    np.testing.assert_allclose(MarkovGame.sparse(**shuffled).transition, game.transition, atol=1e-15)
    reward = np.array(given["reward"])
    place = (1, 2, 3, 4, 1)[: reward.ndim]
    reward[place] /= 2
    assert MarkovGame.sparse(**{**given, "reward": reward}) != game
    kernel = np.array(dense.transition)
    kernel[0, 0, 0] = np.roll(kernel[0, 0, 0], 1)
    assert MarkovGame(kernel, dense.reward, (2, 3, 2), reward_range=dense.reward_range) != dense


def test_one_step_is_stored_once_and_repeated() -> None:
    ring = (np.arange(50)[:, None, None] + np.array([[1, -1, 1]])) % 50
    game = MarkovGame.sparse(ring, np.full((50, 1, 3), 1 / 3), np.zeros((1, 50, 1)), (1,), 50, horizon=10**6)
    assert game.next_state.shape == (10**6, 50, 1, 2) and game.next_state.strides[0] == 0
    np.testing.assert_allclose(game.probability[0, 1, 0], [1 / 3, 2 / 3])  # towards 0 once, towards 2 twice
    assert game.transition.shape == (10**6, 50, 1, 50) and game.transition.strides[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        game.next_state[0, 0, 0, 0] = 3


def test_rewards_of_each_step_have_an_entry_for_each_next_state() -> None:
    given = entries(2, True)
    with pytest.raises(ValueError, match=r"reward must have a last axis of B = 4, got \(3, 3, 6, 12, 3\)"):
        MarkovGame.sparse(**given | {"reward": given["reward"][..., :3]})


@pytest.mark.parametrize("per_outcome", [False, True])
def test_rows_may_be_laid_beside_other_next_states(per_outcome: bool) -> None:
    """The kernel of a sparse game and of its dense form, beside all states in another order: the same rewards."""
    game = MarkovGame.sparse(**entries(4, per_outcome))
    wanted = game.dense()
    others = np.broadcast_to(np.random.default_rng(1).permutation(6), (*game.next_state.shape[:-1], 6))
    rows = np.take_along_axis(wanted.transition, others, axis=-1)
    for form in (game, wanted):
        made = form.with_rows(others, rows).dense()
        np.testing.assert_array_equal(made.transition, wanted.transition)
        likely = wanted.transition > 0 if per_outcome else np.ones(wanted.reward.shape[1:], dtype=bool)
        np.testing.assert_allclose(made.reward[:, likely], wanted.reward[:, likely], rtol=0, atol=1e-12)


def test_saved_games_come_back_and_have_contents_of_their_own(tmp_path: Path) -> None:
    """Dense, sparse and discounted, which may be sparse as well; what is told apart is in the contents."""
    given = entries(4, False)
    once = {name: np.asarray(given[name])[0] for name in ("next_state", "probability")}
    sparse = MarkovGame.sparse(**given)
    endless = [
        MarkovGame.discounted(
            once["probability"], given["reward"][:, 0], (2, 3, 2), rate, 0.1, next_state=once["next_state"], n_states=6,
            reward_range="observed",
        )
        for rate in (0.5, 0.6)
    ]  # fmt: skip
    signed = MarkovGame(np.full((2, 3, 4, 3), 1 / 3), np.zeros((2, 2, 3, 4)), (2, 2), reward_range=(-1, 1))
    games = [sparse, sparse.dense(), signed, *endless, endless[0].dense()]
    for k, game in enumerate(games):
        game.save(tmp_path / f"{k}.npz")
        for again in (MarkovGame.load(tmp_path / f"{k}.npz"), pickle.loads(pickle.dumps(game))):
            assert again == game and [*again.contents()] == [*game.contents()] and (again.tail == game.tail).all()
    assert len({b"".join(game.contents()) for game in games}) == len(games)


@pytest.mark.parametrize("per_outcome", [False, True])
@pytest.mark.parametrize("rewards_of_each_step", [True, False])
def test_rewards_and_kernel_may_each_be_of_one_step_alone(rewards_of_each_step: bool, per_outcome: bool) -> None:
    """A kernel of one step with rewards of each, and the other way round."""
    given = entries(3, per_outcome)
    one = {"next_state", "probability"} if rewards_of_each_step else {"reward"}
    for name in one:
        axis = 1 if name == "reward" else 0
        first = np.take(given[name], [0], axis=axis)
        given[name] = np.broadcast_to(first, given[name].shape)
    kernel, paid = by_loops(given, 6)
    game = MarkovGame.sparse(**given)
    np.testing.assert_allclose(game.transition, kernel, atol=1e-15)
    np.testing.assert_allclose(game.dense().reward, paid if per_outcome else given["reward"], atol=1e-12)


@pytest.mark.parametrize("repeated", ["next_state", "probability"])
@pytest.mark.parametrize("per_outcome", [False, True])
def test_next_states_and_their_probabilities_may_each_be_of_one_step_alone(per_outcome: bool, repeated: str) -> None:
    """A view that repeats one of the two is no reason to take the other for one step."""
    given = entries(6, per_outcome)
    given[repeated] = np.broadcast_to(given[repeated][:1], given[repeated].shape)
    kernel, paid = by_loops(given, 6)
    masks = [np.ones((6, n), dtype=bool) for n in (2, 3, 2)]
    masks[1][4, 0] = False
    for legal in (None, masks):
        game = MarkovGame.sparse(**given, legal=legal)
        same = MarkovGame(
            kernel, paid if per_outcome else given["reward"], (2, 3, 2), reward_range="observed", legal=legal
        )
        np.testing.assert_allclose(game.transition, same.transition, atol=1e-15)
        np.testing.assert_allclose(game.dense().reward, same.reward, atol=1e-12)


def test_a_kernel_that_would_be_too_large_is_refused_with_its_size() -> None:
    size = 20_000
    nobody = MarkovGame.sparse(
        np.arange(size)[:, None, None], np.ones((size, 1, 1)), np.zeros((1, size, 1)), (1,), size, 3
    )
    with pytest.raises(ValueError, match=r"the kernel would have 3\.0 GiB"):
        _ = nobody.transition
    with pytest.raises(ValueError, match="2 GiB at most"):
        nobody.dense()


@pytest.mark.parametrize("n_states", [1, 3, 5, 9])
def test_the_lowest_value_of_a_state_that_a_row_does_not_list(n_states: int) -> None:
    rng = np.random.default_rng(n_states)
    rows = rng.integers(0, n_states, (40, 3))
    value = rng.integers(0, 4, n_states).astype(float)  # with ties
    for row, state, lowest in zip(rows, *lowest_elsewhere(value, rows), strict=True):
        assert lowest == min((value[s] for s in range(n_states) if s not in row), default=np.inf)
        ties = [s for s in range(n_states) if s not in row and value[s] == lowest]
        assert state == (ties[0] if ties else row[0])
    folded = rows.reshape(5, 2, 4, 3)
    for found, flat in zip(lowest_elsewhere(value, folded), lowest_elsewhere(value, rows), strict=True):
        assert found.shape == (5, 2, 4) and (found.ravel() == flat).all()
    many = np.repeat(np.arange(50.0)[::-1], 2)  # every value twice
    assert lowest_elsewhere(many, np.array([[3, 98, 99], [0, 1, 2]]))[0].tolist() == [96, 98]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"next_state": [[[0, 2]], [[0, 1]]]}, r"next_state\[0, 0, 1\] must be from 0 to 1, got 2"),
        ({"next_state": [[[0.0, 1.0]], [[0, 1]]]}, "next_state must be an array of integers"),
        ({"next_state": [[[0, 1, 1]], [[0, 1, 1]]]}, "next_state and probability must have the same shape"),
        ({"probability": [[[0.5, 0.5]], [[0.5, 0.6]]]}, r"probability\[1, 0\] must sum to 1, got 1\.1"),
        ({"probability": [[[0.5, 0.5]], [[1.5, -0.5]]]}, r"probability\[1, 0, 1\] must not be negative, got -0\.5"),
        ({"probability": [[0.5, 0.5]]}, "probability must have 3 axes"),
        ({"n_states": 3}, r"probability must have shape \(S, A, B\) with S, A = \(3, 1\)"),
        ({"reward": np.zeros((1, 2, 1, 5))}, "reward must have a last axis of 2 next states"),
        (
            {"reward": np.full((1, 2, 1), 1.5)},
            r"reward\[0, 0, 0\] must be in .*; reward_range=\(0, 1\.5\)",
        ),
        ({"horizon": 0}, "horizon must be at least 1"),
        ({"n_states": 2.5}, "n_states must be an integer"),
    ],
)
def test_bad_rows_are_named(change: dict[str, object], message: str) -> None:
    row = {"next_state": [[[0, 1]], [[0, 1]]], "probability": [[[0.5, 0.5]], [[0.5, 0.5]]]}
    given = row | {"reward": np.zeros((1, 2, 1)), "n_actions": (1,), "n_states": 2, "horizon": 2} | change
    with pytest.raises((ValueError, TypeError), match=message):
        MarkovGame.sparse(**given)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"probability": [[[[0.5, 0.5]], [[0.5, 0.6]]]]},
            r"^probability\[0, 1, 0\] must sum to 1, got 1\.1$",
        ),
        ({"next_state": [[[[0, 1]], [[-1, 1]]]]}, r"^next_state\[0, 1, 0, 0\] must be from 0 to 1, got -1"),
        ({"reward": np.full((1, 1, 2, 1), 2.0)}, r"^reward\[0, 0, 0, 0\] must be in"),
        ({"reward": np.zeros((1, 2, 1))}, r"^reward must have shape \(m, H, S, A\) = \(1, 1, 2, 1\) or with"),
        (
            {"probability": np.ones((1, 2, 1, 0)), "next_state": np.zeros((1, 2, 1, 0), dtype=int)},
            r"got \(1, 2, 1, 0\)",
        ),
        ({"n_actions": (2,)}, r"probability must have shape \(H, S, A, B\) with S, A = \(2, 2\), got \(1, 2, 1, 2\)"),
        ({"horizon": 2}, r"probability must have 3 axes, got shape \(1, 2, 1, 2\)"),
        ({"probability": [[[0.5, 0.5]], [[0.5, 0.5]]]}, r"probability must have 4 axes, got shape \(2, 1, 2\)"),
    ],
)
def test_bad_rows_of_each_step_are_named(change: dict[str, object], message: str) -> None:
    row = {"next_state": [[[[0, 1]], [[0, 1]]]], "probability": [[[[0.5, 0.5]], [[0.5, 0.5]]]]}
    given = row | {"reward": np.zeros((1, 1, 2, 1)), "n_actions": (1,), "n_states": 2} | change
    with pytest.raises(ValueError, match=message):
        MarkovGame.sparse(**given)


def test_rewards_of_entries_for_one_next_state_are_averaged_and_where_they_agree_are_just_that() -> None:
    """Also beside rows of one step, with probabilities whose sum is not exact, and for entries of probability 0."""
    third = 1 / 3
    game = MarkovGame.sparse(
        [[[2, 0, 2, 2]], [[1, 1, 1, 1]], [[0, 2, 1, 0]]],
        [[[third, 0.0, third, third]], [[0.1, 0.2, 0.3, 0.4]], [[0.0, 0.5, 0.5, 0.0]]],
        np.array([[[[0.7, 0.25, 0.7, 0.7]], [[1.0, 0.5, 0.0, 0.25]], [[0.125, 1.0, 0.5, 0.875]]]]),
        (1,), 3, horizon=2,
    )  # fmt: skip
    assert game.next_state[0, :, 0].tolist() == [[0, 2, 2], [1, 1, 1], [0, 1, 2]]
    np.testing.assert_allclose(game.probability[1, :, 0], [[0, 1, 0], [1, 0, 0], [0, 0.5, 0.5]], rtol=0, atol=1e-15)
    paid = game.reward[0, 1, :, 0].tolist()
    assert paid[0] == [0.25, 0.7, 0.7] and paid[2] == [0.125, 0.5, 1.0]
    np.testing.assert_allclose(paid[1], [0.3, 0.3, 0.3], rtol=0, atol=1e-15)
    assert game.dense().reward[0, 0, 0, 0].tolist() == [
        0.25,
        0.0,
        0.7,
    ]  # the lowest of the range where nothing is listed


def test_helpers_of_lists_against_loops() -> None:
    rng = np.random.default_rng(5)
    old, new = rng.permuted(np.tile(np.arange(7), (2, 3, 2, 1)), axis=-1)[..., :4], rng.integers(0, 7, (2, 3, 2, 5))
    values, rest = rng.random((2, 2, 3, 2, 4)), np.array([-1.0, -2.0]).reshape(2, 1, 1, 1, 1)
    laid = laid_out(values, old, new, rest)
    counts, at = rng.integers(0, 3, old.shape), rng.random(old.shape) < 0.5
    dense, spread = gathered(counts, old, 7), scattered(values, old, at, 7, rest)
    assert dense.dtype == np.int64 and (scattered(values, old, at, 7)[spread < 0] == 0).all()
    twice = gathered(np.array([[[[2, 3, 4]]]]), np.array([[[[1, 0, 1]]]]), 3)
    assert twice.tolist() == [[[[3, 6, 0]]]]
    lowest = np.array([[-5.0], [-7.0]]) * np.ones((2, 2))
    paid = dense_reward(old, values, lowest, 7)
    for h, s, a in np.ndindex(2, 3, 2):
        here = old[h, s, a].tolist()
        for k, state in enumerate(new[h, s, a].tolist()):
            for i in range(2):
                told = values[i, h, s, a, here.index(state)] if state in here else rest[i, 0, 0, 0, 0]
                assert laid[i, h, s, a, k] == told
        for state in range(7):
            listed = here.index(state) if state in here else None
            assert dense[h, s, a, state] == (0 if listed is None else counts[h, s, a, listed])
            for i in range(2):
                known = listed is not None and at[h, s, a, listed]
                assert spread[i, h, s, a, state] == (values[i, h, s, a, listed] if known else rest[i, 0, 0, 0, 0])
                assert paid[i, h, s, a, state] == (lowest[i, h] if listed is None else values[i, h, s, a, listed])


def test_dense_rewards_that_would_be_too_large_are_refused() -> None:
    size = 20_000
    lists, rows = np.arange(size)[:, None, None], np.ones((size, 1, 1))
    with pytest.raises(ValueError, match=r"^the rewards would have 6\.0 GiB"):
        dense_reward(lists[None], np.zeros((2, 1, size, 1, 1)), np.zeros((2, 1)), size)
    with pytest.raises(ValueError, match=r"^the kernel would have 3\.0 GiB"):
        dense_kernel(lists[None], rows[None], size)


def test_of_entries_without_probability_the_first_is_the_reward() -> None:
    """In rows of many entries as well, whose order a quick sort would change."""
    rng = np.random.default_rng(1)
    states, reward = rng.integers(0, 3, (4, 2, 40)), rng.random((2, 4, 2, 40))
    rows = np.where(states == 1, 1.0, 0.0)
    rows /= rows.sum(axis=-1, keepdims=True)
    game = MarkovGame.sparse(states, rows, reward, (2, 1), 4, horizon=1)
    for s, a in np.ndindex(4, 2):
        for k, state in enumerate(game.next_state[0, s, a].tolist()):
            entries_for = np.flatnonzero(states[s, a] == state)
            own = reward[:, s, a, entries_for]
            wanted = own.mean(axis=1) if state == 1 else own[:, 0]
            np.testing.assert_allclose(game.reward[:, 0, s, a, k], wanted, rtol=0, atol=1e-14)


def test_the_dense_kernel_is_kept_without_a_copy() -> None:
    game = MarkovGame.sparse(**entries(1, False))
    made = dense_kernel(game.next_state, game.probability, 6)
    assert np.shares_memory(frozen(made, made.shape), made) and not made.flags.writeable
    np.testing.assert_array_equal(made, game.transition)
