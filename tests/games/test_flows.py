"""Expected visits and drawn flows, on dense and sparse rows, against loops."""

from __future__ import annotations

import numpy as np
import pytest

from mornavi_lite import MarkovGame
from mornavi_lite.games.flows import expected_visits, flow, split


def sparse_game(n_states: int = 5) -> MarkovGame:
    rng = np.random.default_rng(6)
    shape = (3, n_states, 6, 3)
    lists, rows = rng.integers(0, n_states, shape), rng.dirichlet(np.full(3, 0.6), size=shape[:-1])
    start = rng.dirichlet(np.ones(n_states))
    return MarkovGame.sparse(lists, rows, np.zeros((2, *shape[:-1])), (2, 3), n_states, initial=start)


def visits_in_loops(game: MarkovGame, policy: np.ndarray) -> np.ndarray:
    visits = np.zeros((game.horizon, game.n_states))
    arriving = dict(enumerate(game.initial.tolist()))
    for h in range(game.horizon):
        following = dict.fromkeys(range(game.n_states), 0.0)
        for s in range(game.n_states):
            visits[h, s] = arriving[s]
            for a in range(game.n_joint_actions):
                for then in range(game.n_states):
                    following[then] += arriving[s] * policy[h, s, a] * game.transition[h, s, a, then]
        arriving = following
    return visits


@pytest.mark.parametrize("small", [False, True])
def test_expected_visits_are_those_of_loops_and_of_many_episodes(small: bool) -> None:
    game = sparse_game()
    policy = np.random.default_rng(1).dirichlet(np.full(6, 0.5), size=(3, 5))
    wanted, dense = visits_in_loops(game, policy), game.dense()
    listed = game.next_state.astype(np.int32) if small else game.next_state
    found = expected_visits(game.probability, game.initial, policy, listed)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-14)
    np.testing.assert_allclose(expected_visits(dense.transition, game.initial, policy), wanted, rtol=0, atol=1e-14)
    n = 10**12
    for each in (game, dense):
        played = each.play(policy, n, np.random.default_rng(2))
        np.testing.assert_allclose(played.sum(axis=(2, 3)) / n, wanted, rtol=0, atol=1e-5)


def test_a_flow_on_sparse_rows_is_one_beside_its_next_states() -> None:
    """What arrives in a state by any of the listed ways leaves it; each row is drawn by its probabilities."""
    game, n = sparse_game(), 10**12
    policy = np.random.default_rng(3).dirichlet(np.full(6, 0.5), size=(3, 5))
    played = flow(game.probability, game.initial, policy, n, np.random.default_rng(4), game.next_state)
    assert played.shape == game.next_state.shape and played.dtype == np.int64
    assert (played[game.probability == 0] == 0).all()
    for h in range(3):
        leaving = played[h].sum(axis=(1, 2))
        if h:
            arrived = np.zeros(5, dtype=int)
            np.add.at(arrived, game.next_state[h - 1], played[h - 1])
            assert arrived.tolist() == leaving.tolist()
        assert leaving.sum() == n
        drawn = played[h].sum(axis=-1)
        np.testing.assert_allclose(drawn / leaving[:, None], policy[h], rtol=0, atol=1e-4)
        often = drawn > 10**9
        share = played[h][often] / drawn[often][:, None]
        np.testing.assert_allclose(share, game.probability[h][often], rtol=0, atol=1e-3)
    np.testing.assert_allclose(played[0].sum(axis=(1, 2)) / n, game.initial, rtol=0, atol=1e-5)


def test_a_split_leaves_its_arguments_alone_and_each_row_keeps_its_own_likeliest() -> None:
    rows = np.array([[0.2, 0.7, 0.1, 0.0], [0.0, 0.0, 0.0, 1.0], [0.5, 0.5, 0.0, 0.0], [0.25, 0.0, 0.75, 0.0]])
    counts, before = np.array([10**12, 7, 10**12, 10**12]), rows.copy()
    drawn = split(counts, rows, np.random.default_rng(5))
    assert (rows == before).all() and (drawn.sum(axis=1) == counts).all() and (drawn[rows == 0] == 0).all()
    np.testing.assert_allclose(drawn / counts[:, None], rows, rtol=0, atol=1e-5)


def test_states_that_nothing_leads_to_are_visited_by_nobody() -> None:
    """The last one among them, beside lists and in a dense kernel."""
    lists = np.zeros((3, 4, 2, 2), dtype=int)
    lists[..., 1] = 2
    rows = np.broadcast_to([0.25, 0.75], lists.shape)
    game = MarkovGame.sparse(lists, rows, np.zeros((1, 3, 4, 2)), (2,), 4, initial=1)
    policy, wanted = np.full((3, 4, 2), 0.5), [[0, 1, 0, 0], [0.25, 0, 0.75, 0], [0.25, 0, 0.75, 0]]
    assert expected_visits(game.probability, game.initial, policy, game.next_state).tolist() == wanted
    assert expected_visits(game.transition, game.initial, policy).tolist() == wanted
