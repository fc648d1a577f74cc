"""Illegal actions stand for the first legal one of their player: in rows, rewards, policies and counts, by loops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mornavi_lite import MarkovGame
from mornavi_lite.games.legal import folded, legal_masks, standing, stands_for

N_ACTIONS = (3, 1, 2)
#: At state 0 all is legal; player 0 lacks its first action at state 1, its last two at state 2, player 2 its first.
MASKS = (
    np.array([[True, True, True], [False, True, True], [True, False, False]]),
    np.ones((3, 1), dtype=bool),
    np.array([[True, True], [True, True], [False, True]]),
)


def in_loops() -> np.ndarray:
    """The joint action (S, A) that each one stands for, by the words of the definition."""
    joint = list(itertools.product(*map(range, N_ACTIONS)))
    found = np.empty((3, 6), dtype=int)
    for s, (a, actions) in itertools.product(range(3), enumerate(joint)):
        played = tuple(
            own if mask[s, own] else next(k for k, legal in enumerate(mask[s]) if legal)
            for own, mask in zip(actions, MASKS, strict=True)
        )
        found[s, a] = joint.index(played)
    return found


def legal_game(per_outcome: bool = False, sparse: bool = False) -> tuple[MarkovGame, MarkovGame]:
    """The same arrays with everything legal and with what is not."""
    rng = np.random.default_rng(1)
    rows = rng.dirichlet(np.ones(3), size=(2, 3, 6))
    reward = rng.random((3, 2, 3, 6, 3) if per_outcome else (3, 2, 3, 6))
    if not sparse:
        return tuple(MarkovGame(rows, reward, N_ACTIONS, [0.5, 0.25, 0.25], legal=each) for each in (None, MASKS))
    lists = np.argsort(rng.random(rows.shape), axis=-1)
    made = (MarkovGame.sparse(lists, rows, reward, N_ACTIONS, 3, initial=1, legal=each) for each in (None, MASKS))
    return tuple(made)


def test_masks_are_read_only_copies_and_none_where_all_is_legal() -> None:
    given = [mask.copy() for mask in MASKS]
    masks = legal_masks(given, 3, N_ACTIONS)
    assert masks is not None and len(masks) == 3
    given[0][:] = True
    for mask, wanted in zip(masks, MASKS, strict=True):
        assert (mask == wanted).all() and mask.dtype == bool and not mask.flags.writeable
    assert legal_masks(None, 3, N_ACTIONS) is None
    assert legal_masks([np.ones((3, n), dtype=bool) for n in N_ACTIONS], 3, N_ACTIONS) is None
    for wrong, message in (
        ([*MASKS, MASKS[0]], "one boolean array per player, 3"),
        (MASKS[0], r"legal\[0\] must have shape \(S, A_i\) = \(3, 3\)"),
        (7, "one boolean array per player, 3, got 7"),
        ([MASKS[0], MASKS[1][:2], MASKS[2]], r"legal\[1\] must have shape \(S, A_i\) = \(3, 1\), got \(2, 1\)"),
        ([MASKS[0], ~MASKS[1], MASKS[2]], r"legal\[1\]\[0\] must allow at least one action, got none"),
        ([MASKS[0], MASKS[1], MASKS[2] & [[True], [True], [False]]], r"legal\[2\]\[2\] must allow at least one"),
    ):
        with pytest.raises(ValueError, match=message):
            legal_masks(wrong, 3, N_ACTIONS)


def test_what_an_illegal_joint_action_stands_for() -> None:
    stand = stands_for(MASKS, N_ACTIONS)
    assert stand.shape == (3, 6) and (stand == in_loops()).all() and np.issubdtype(stand.dtype, np.integer)
    rng = np.random.default_rng(0)
    for axis, shape in ((0, (3, 6)), (1, (2, 3, 6)), (2, (4, 2, 3, 6)), (1, (2, 3, 6, 5)), (0, (3, 6, 2, 2))):
        array = rng.random(shape)
        found = standing(array, stand, axis)
        for s, a in np.ndindex(3, 6):
            there = (slice(None),) * axis
            np.testing.assert_array_equal(found[(*there, s, a)], array[(*there, s, stand[s, a])])


@pytest.mark.parametrize("shape", [(3, 6), (2, 3, 6), (2, 4, 3, 6)])
def test_what_is_on_illegal_joint_actions_is_moved(shape: tuple[int, ...]) -> None:
    rng, stand = np.random.default_rng(2), in_loops()
    for array in (rng.random(shape), rng.integers(0, 9, shape), np.asfortranarray(rng.random(shape))):
        before, found = array.copy(), folded(array, stand)
        wanted = np.zeros(shape, array.dtype)
        for where in np.ndindex(shape):
            *lead, s, a = where
            wanted[(*lead, s, stand[s, a])] += array[where]
        np.testing.assert_array_equal(found, wanted)
        assert found.dtype == array.dtype and found.flags.c_contiguous and (array == before).all()
    assert folded(before, None) is before


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("per_outcome", [False, True])
def test_rows_and_rewards_of_illegal_joint_actions_are_those_of_what_they_stand_for(
    per_outcome: bool, sparse: bool
) -> None:
    (plain, game), stand = legal_game(per_outcome, sparse), in_loops()
    paid = game.dense().reward
    for s, a in np.ndindex(3, 6):
        np.testing.assert_array_equal(game.transition[:, s, a], plain.transition[:, s, stand[s, a]])
        np.testing.assert_array_equal(paid[:, :, s, a], plain.dense().reward[:, :, s, stand[s, a]])
    assert plain.legal is None and all((a == b).all() for a, b in zip(game.legal, MASKS, strict=True))
    for s in range(3):
        assert game.legal_joint_actions(s) == [a for a in range(6) if stand[s, a] == a]
        assert plain.legal_joint_actions(s) == list(range(6))
        assert all(isinstance(a, int) for a in game.legal_joint_actions(s))


def test_payoffs_policies_and_episodes_of_a_game_with_illegal_actions() -> None:
    (plain, game), stand = legal_game(), in_loops()
    rng = np.random.default_rng(3)
    payoffs, states = rng.random((3, 6)), np.array([2, 0])
    assert (game.standing(payoffs) == standing(payoffs, stand, 0)).all() and plain.standing(payoffs) is payoffs
    assert (game.standing(payoffs[states], states) == standing(payoffs, stand, 0)[states]).all()
    assert plain.standing(payoffs[states], states).tolist() == payoffs[states].tolist()
    policy = rng.dirichlet(np.ones(6), size=(2, 3))
    assert (game.fold(policy) == folded(policy, stand)).all() and plain.fold(policy) is policy
    played = game.play(policy, 10**6, np.random.default_rng(4))
    same = plain.play(folded(policy, stand), 10**6, np.random.default_rng(4))
    illegal = np.ones((3, 6), dtype=bool)
    illegal[np.arange(3)[:, None], stand] = False
    assert (played.sum(axis=-1)[:, illegal] == 0).all() and (played.sum(axis=-1)[:, ~illegal] > 0).all()
    np.testing.assert_array_equal(played, same)
