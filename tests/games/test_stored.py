"""Games compared, hashed, told apart, saved, made dense and given other rows."""

from __future__ import annotations

import copy
import itertools
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mornavi_lite import MarkovGame
from mornavi_lite.files import write_arrays
from mornavi_lite.games.stored import entries, facts, parts

SHAPE, N_ACTIONS = (2, 3, 6, 4), (3, 1, 2)


def given(per_outcome: bool = False) -> dict[str, Any]:
    """Sparse rows of at most four of three states, so each lists one twice, with probability 0 among others."""
    rng = np.random.default_rng(2)
    rows = rng.dirichlet(np.ones(4), size=SHAPE[:-1])
    rows[..., 1] = 0.0
    rows /= rows.sum(axis=-1, keepdims=True)
    lists = rng.integers(0, 3, SHAPE)
    reward = np.round(rng.random((3, *SHAPE)) * 16) / 16 - 0.5
    states, actions = ["a", "b", "c"], [["l", "m", "r"], ["-"], ["x", "y"]]
    return {
        "next_state": lists, "probability": rows, "reward": reward if per_outcome else reward[..., 0],
        "n_actions": N_ACTIONS, "n_states": 3, "initial": [0.5, 0.0, 0.5], "name": "quay", "state_names": states,
        "action_names": actions, "reward_range": [(-1, 1), (-0.5, 0.5), (-2, 1)],
    }  # fmt: skip


def legal(player: int, state: int, action: int) -> list[np.ndarray]:
    masks = [np.ones((3, n), dtype=bool) for n in N_ACTIONS]
    masks[player][state, action] = False
    return masks


def variants(per_outcome: bool) -> list[MarkovGame]:
    """One game, and others which differ from it in one thing each."""
    first = given(per_outcome)
    changes: list[dict[str, Any]] = [
        {}, {"initial": [0.25, 0.25, 0.5]}, {"name": "pier"}, {"state_names": ["a", "b", "d"]},
        {"action_names": [["l", "m", "r"], ["-"], ["y", "x"]]}, {"reward_range": [(-1, 1), (-0.5, 0.5), (-2, 1.5)]},
        {"reward_range": (-2, 1)}, {"legal": legal(0, 1, 2)}, {"legal": legal(0, 2, 2)}, {"legal": legal(2, 1, 0)},
    ]  # fmt: skip
    games = [MarkovGame.sparse(**first | change) for change in changes]
    rows, reward = first["probability"].copy(), first["reward"].copy()
    rows[1, 2, 5] = rows[1, 2, 5][::-1]
    reward[2, 1, 2, 5] = np.where(reward[2, 1, 2, 5] > 0, -0.25, 0.25)
    games += [MarkovGame.sparse(**first | {"probability": rows}), MarkovGame.sparse(**first | {"reward": reward})]
    return games


@pytest.mark.parametrize("per_outcome", [False, True])
def test_games_are_equal_where_all_that_is_told_of_them_is(per_outcome: bool) -> None:
    games = variants(per_outcome)
    forms = [[game, game.dense(), copy.deepcopy(game)] for game in games]
    for (i, own), (j, others) in itertools.product(enumerate(forms), repeat=2):
        for one, other in itertools.product(own[:2], others):
            assert (one == other) == (i == j) and (one != other) == (i != j), (i, j)
            if i == j:
                assert hash(one) == hash(other)
    assert games[0] != "quay" and not games[0] == 7
    assert len({hash(game) for game in games}) >= 5  # what is quickly compared is hashed


def test_of_two_games_one_may_repeat_a_step_and_differ_in_another() -> None:
    kernel = np.random.default_rng(0).dirichlet(np.ones(3), size=(3, 6))
    reward = np.random.default_rng(1).random((3, 3, 6))
    once = MarkovGame.stationary(kernel, reward, N_ACTIONS, 4)
    every = MarkovGame(np.repeat(kernel[None], 4, axis=0), np.repeat(reward[:, None], 4, axis=1), N_ACTIONS)
    assert once == every and every == once and once.repeats_one_step and not every.repeats_one_step
    assert once != MarkovGame.stationary(kernel, reward, N_ACTIONS, 5)
    for h in range(4):
        other, paid = np.repeat(kernel[None], 4, axis=0), np.repeat(reward[:, None], 4, axis=1)
        other[h, 2, 5] = other[h, 2, 5][[1, 2, 0]]
        paid[0, h, 0, 0] /= 2
        for changed in (MarkovGame(other, every.reward, N_ACTIONS), MarkovGame(every.transition, paid, N_ACTIONS)):
            assert once != changed and changed != once and every != changed
    less = MarkovGame.discounted(kernel, reward, N_ACTIONS, 0.5, 0.1, reward_range=(0, 1))
    same = MarkovGame(less.transition, less.reward, N_ACTIONS, reward_range=less.step_ranges)
    assert less == same and same == less and hash(less) == hash(same)
    more = MarkovGame.discounted(kernel, reward, N_ACTIONS, 0.51, 0.1, reward_range=(0, 1))
    assert more.horizon == less.horizon and more != less
    assert less != MarkovGame.stationary(kernel, reward, N_ACTIONS, less.horizon)


def test_the_reward_of_what_cannot_happen_counts_where_it_is_on_the_next_state() -> None:
    """Total variation may lead there. In a sparse row it is the lowest, or listed with probability 0."""
    rows, reward = np.array([[[[0.5, 0.5, 0.0]]] * 3]).reshape(1, 3, 1, 3), np.zeros((1, 1, 3, 1, 3))
    game = MarkovGame(rows, reward, (1,))
    more = reward.copy()
    more[0, 0, 1, 0, 2] = 0.5
    assert MarkovGame(rows, more, (1,)) != game
    lists = np.broadcast_to(np.arange(3), rows.shape)
    assert MarkovGame.sparse(lists, rows, more, (1,), 3) == MarkovGame(rows, more, (1,))
    assert MarkovGame.sparse(lists[..., :2], rows[..., :2], reward[..., :2], (1,), 3) == game
    place, value, *paid = entries(MarkovGame(rows, more, (1,)), 0)
    assert place.tolist() == [0, 1, 3, 4, 5, 6, 7] and value.tolist() == [0.5, 0.5, 0.5, 0.5, 0, 0.5, 0.5]
    assert paid[0].tolist() == [0, 0, 0, 0, 0.5, 0, 0]


@pytest.mark.parametrize("per_outcome", [False, True])
def test_contents_tell_games_apart_but_not_by_names(tmp_path: Path, per_outcome: bool) -> None:
    games = variants(per_outcome)
    named, others = games[2:5], games[:2] + games[5:]
    told = [b"".join(game.contents()) for game in others]
    assert len(set(told)) == len(told)
    assert all(b"".join(game.contents()) == told[0] for game in named)
    dense = [b"".join(game.dense().contents()) for game in others]
    assert len(set(dense) | set(told)) == 2 * len(told)
    for k, game in enumerate([*games, *(game.dense() for game in games)]):
        game.save(tmp_path / f"{k}.npz")
        for again in (MarkovGame.load(tmp_path / f"{k}.npz"), pickle.loads(pickle.dumps(game))):
            assert again == game and b"".join(again.contents()) == b"".join(game.contents())
            assert (again.next_state is None) == (game.next_state is None) and again.name == game.name
            assert again.state_names == game.state_names and again.action_names == game.action_names
    with pytest.raises(ValueError, match="damaged"):
        (tmp_path / "x.npz").write_bytes((tmp_path / "0.npz").read_bytes()[:-40])
        MarkovGame.load(tmp_path / "x.npz")


def test_of_what_is_repeated_one_step_is_kept() -> None:
    kernel, reward = np.full((3, 6, 3), 1 / 3), np.full((3, 3, 6), 0.5)
    game = MarkovGame.stationary(kernel, reward, N_ACTIONS, 1000, legal=legal(0, 1, 2))
    made = parts(game)
    assert made["probability"].shape == (1, 3, 6, 3) and made["reward"].shape == (3, 1, 3, 6)
    assert made["ranges"].shape == (3, 1, 2) and made["sizes"].tolist() == [1000, 3] and made["legal"].shape == (3, 6)
    assert made["n_actions"].tolist() == [3, 1, 2] and "discount" not in made and "next_state" not in made
    lists = MarkovGame.sparse(np.zeros((3, 6, 1), dtype=int), np.ones((3, 6, 1)), reward, N_ACTIONS, 3, horizon=1000)
    assert parts(lists)["next_state"].shape == (1, 3, 6, 1) and "legal" not in parts(lists)
    assert facts(game)[:3] == (1000, 3, N_ACTIONS)
    # The bytes of a dense kernel are those of all its steps: files of runs are known by them.
    short = MarkovGame.stationary(kernel, reward, N_ACTIONS, 2)
    first, second, start = short.contents()
    assert first == repr((2, 3, 6, 3)).encode() + np.repeat(kernel[None], 2, axis=0).tobytes()
    assert second == repr((3, 2, 3, 6)).encode() + np.repeat(reward[:, None], 2, axis=1).tobytes()
    assert start == repr((3,)).encode() + np.array([1.0, 0, 0]).tobytes()
    sparse, nexts, chances, *_ = lists.contents()
    assert chances == repr((1, 3, 6, 1)).encode() + np.ones((1, 3, 6, 1)).tobytes()
    assert sparse == b"sparse" and nexts == repr((1, 3, 6, 1)).encode() + np.zeros((1, 3, 6, 1), dtype=int).tobytes()


def test_a_discount_and_ranges_are_in_the_contents() -> None:
    kernel, reward = np.full((3, 6, 3), 1 / 3), np.full((3, 3, 6), 0.5)
    made = [MarkovGame.discounted(kernel, reward, N_ACTIONS, rate, 0.1) for rate in (0.5, 0.50001)]
    told = [list(game.contents()) for game in made]
    assert made[0].horizon == made[1].horizon and told[0] != told[1] and repr((0.5, 5)).encode() in told[0]
    assert told[0][1] == repr((3, 1, 3, 6)).encode() + reward[:, None].tobytes()  # the rewards of one step
    wide = MarkovGame.stationary(kernel, reward, N_ACTIONS, 2, reward_range=[(0, 1), (0, 1), (0, 2)])
    bytes_of_ranges = np.array([[[0.0, 1.0]], [[0.0, 1.0]], [[0.0, 2.0]]]).tobytes()
    assert list(wide.contents())[-1] == repr((3, 1, 2)).encode() + bytes_of_ranges


@pytest.mark.parametrize("per_outcome", [False, True])
def test_other_rows_leave_all_else_as_it_is(per_outcome: bool) -> None:
    """From sparse to dense rows and back, with rewards of next states carried along; what is new pays the lowest."""
    game = MarkovGame.sparse(**given(per_outcome) | {"legal": legal(0, 1, 2)})
    dense = game.dense()
    assert dense.dense() is dense and dense == game
    assert game.with_rows(None, game.transition) == game == dense.with_rows(None, dense.transition)
    assert game.with_rows(game.next_state, game.probability) == game
    kernel = np.random.default_rng(4).dirichlet(np.ones(3), size=SHAPE[:-1])
    lists = np.broadcast_to(np.array([2, 0, 1]), kernel.shape)
    beside = np.take_along_axis(kernel, lists, axis=-1)
    for form in (game, dense):
        for made in (form.with_rows(None, kernel), form.with_rows(lists, beside)):
            legal_row = kernel[:, 1, 0]  # of two illegal joint actions there
            np.testing.assert_allclose(made.transition[:, [0, 2]], kernel[:, [0, 2]], rtol=0, atol=1e-15)
            np.testing.assert_allclose(made.transition[:, 1, 4], legal_row, rtol=0, atol=1e-15)
            np.testing.assert_array_equal(made.dense().reward, dense.reward)
            assert (made.name, made.state_names, made.action_names) == (game.name, game.state_names, game.action_names)
            assert (made.initial == game.initial).all() and (made.step_ranges == game.step_ranges).all()
            assert made.state("b") == 1 and all((a == b).all() for a, b in zip(made.legal, game.legal, strict=True))
    with pytest.raises(ValueError, match=r"probability\[0, 0, 0\] must sum to 1"):
        game.with_rows(lists, 2 * beside)


def test_labels_outlive_another_kernel() -> None:
    game = MarkovGame.from_step(lambda s, a: [(1.0, ((s[0] + 1) % 70, 0), 0.5)], [[(1, 2)]], 2, (0, 0))
    assert game.next_state is not None
    for made in (
        game.dense(),
        game.with_rows(None, game.transition),
        game.with_rows(game.next_state, game.probability),
    ):
        assert made.state((7, 0)) == 7 and made.joint_action((1, 2)) == 0 and made == game


def test_rewards_on_the_next_state_are_another_kind_of_game() -> None:
    kernel, reward = np.full((2, 3, 6, 3), 1 / 3), np.full((3, 2, 3, 6), 0.5)
    plain, by_outcome = (MarkovGame(kernel, each, N_ACTIONS) for each in (reward, np.repeat(reward[..., None], 3, -1)))
    assert plain != by_outcome and by_outcome != plain
    one = [MarkovGame(kernel, each[:1], (6,)) for each in (reward, np.repeat(reward[..., None], 3, -1))]
    assert one[0] != one[1] and one[1] != one[0]


def test_parts_that_do_not_fit_are_a_damaged_file_and_it_is_named(tmp_path: Path) -> None:
    game, path = MarkovGame.sparse(**given()), tmp_path / "quay.npz"
    for name, part in (
        ("n_actions", np.array([2, 1, 2])),
        ("sizes", np.array([2, 2])),
        ("state_names", np.array(["a"])),
    ):
        write_arrays(path, "MarkovGame", {key: np.asarray(each) for key, each in (parts(game) | {name: part}).items()})
        with pytest.raises(ValueError, match=r"quay\.npz"):
            MarkovGame.load(path)


def test_what_is_not_listed_pays_the_lowest_of_its_step() -> None:
    """One step's rows and rewards, and a range of its own for each step."""
    rng, ends = np.random.default_rng(0), np.array([[[0, 1], [-1, 1], [-2, 3.0]], [[-0.5, 1], [0, 1], [0, 1]]])
    lists, rows = rng.integers(0, 5, (5, 2, 2)), rng.dirichlet(np.ones(2), size=(5, 2))
    game = MarkovGame.sparse(lists, rows, rng.random((2, 5, 2, 2)), (2, 1), 5, horizon=3, reward_range=ends)
    dense = game.dense()
    assert dense == game == game.with_rows(None, game.transition) and (dense.transition == game.transition).all()
    for (i, h), (s, a) in itertools.product(np.ndindex(2, 3), np.ndindex(5, 2)):
        here = game.next_state[h, s, a]
        others = np.setdiff1d(np.arange(5), here)
        assert (dense.reward[i, h, s, a, others] == ends[i, h, 0]).all()
        assert (dense.reward[i, h, s, a, here] == game.reward[i, h, s, a]).all()


@pytest.mark.parametrize("per_outcome", [False, True])
def test_the_dense_form_of_one_step_is_of_one_step(per_outcome: bool) -> None:
    """However many steps repeat it: a million of them are no more to keep."""
    rng = np.random.default_rng(1)
    lists, rows = rng.integers(0, 5, (5, 2, 2)), rng.dirichlet(np.ones(2), size=(5, 2))
    reward = rng.random((2, 5, 2, 2) if per_outcome else (2, 5, 2))
    dense = MarkovGame.sparse(lists, rows, reward, (2, 1), 5, horizon=10**6).dense()
    assert dense.repeats_one_step and dense.transition.strides[0] == dense.reward.strides[1] == 0
    assert dense.horizon == 10**6 and dense.reward.shape[:4] == (2, 10**6, 5, 2)
