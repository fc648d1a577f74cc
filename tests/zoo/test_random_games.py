"""Random games: the same seed, the same bytes; supports, laws and shapes as promised; wrong parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mornavi_lite import MarkovGame, zoo

untyped: Any = zoo  # for calls that a type checker would refuse


def test_garnet_same_seed_same_bytes() -> None:
    make: Any = zoo.garnet
    one, two, other = (make(6, (2, 3), 4, 3, seed=seed) for seed in (7, 7, 8))
    assert one.transition.tobytes() == two.transition.tobytes() and one.reward.tobytes() == two.reward.tobytes()
    assert (one.transition != other.transition).any() and (one.reward != other.reward).any()
    typed = make(np.int64(6), np.array([2, 3]), np.int32(4), np.uint8(3), seed=np.int64(7))
    assert typed.transition.tobytes() == one.transition.tobytes() and typed.name == one.name


@pytest.mark.parametrize("n_states, branching", [(3, 2), (600, 2), (600, 300)])
def test_garnet_draws_in_this_order(n_states: int, branching: int) -> None:
    """The stream of draws is part of the interface: a stored result names its game by the seed."""
    rng = np.random.default_rng(3)
    key = rng.random((1, n_states, 2, n_states))
    weight = rng.standard_exponential((1, n_states, 2, branching))
    pay = rng.random((1, 1, n_states, 2))
    game = zoo.garnet(n_states, (2,), 1, branching, seed=3)
    for place in np.ndindex(1, n_states, 2):
        smallest = sorted(np.argsort(key[place])[:branching])
        np.testing.assert_allclose(game.transition[place][smallest], weight[place] / sum(weight[place]), rtol=1e-13)
    assert game.reward.tobytes() == pay.tobytes()


def test_garnet_keeps_its_numbers() -> None:
    game = zoo.garnet(3, (2,), 2, 2, seed=3)
    assert game.transition[0, 0, 0].round(6).tolist() == [0.094324, 0.905676, 0.0]
    assert game.reward[0, 0, 0].round(6).tolist() == [0.180288, 0.74686]


@given(
    st.integers(1, 6),
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
    st.integers(1, 4),
    st.data(),
    st.integers(0, 2**63),
    st.sampled_from(["general", "shared"]),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_garnet_rows(
    n_states: int, n_actions: list[int], horizon: int, data: st.DataObject, seed: int, rewards: str, stationary: bool
) -> None:
    branching = data.draw(st.integers(1, n_states))
    game = zoo.garnet(n_states, n_actions, horizon, branching, seed, rewards, stationary)
    assert game.transition.shape == (horizon, n_states, int(np.prod(n_actions)), n_states)
    assert game.n_actions == tuple(n_actions) and game.initial[0] == 1
    assert ((game.transition > 0).sum(axis=-1) == branching).all()
    np.testing.assert_allclose(game.transition.sum(axis=-1), 1, rtol=0, atol=1e-14)
    assert (game.reward >= 0).all() and (game.reward < 1).all()
    if rewards == "shared":
        assert (game.reward == game.reward[:1]).all()
    if stationary and horizon > 1:
        assert game.transition.strides[0] == 0 and game.reward.strides[1] == 0


def test_garnet_kinds() -> None:
    general = zoo.garnet(5, (2, 2), 3, 5, seed=1)
    assert (general.reward[0] != general.reward[1]).all()
    assert (general.transition[0] != general.transition[1]).all()
    opposed = zoo.garnet(5, (2, 3), 3, 2, seed=1, rewards="zero-sum")
    assert (opposed.reward[1] == 1 - opposed.reward[0]).all() and len(np.unique(opposed.reward[0])) == 5 * 6 * 3


def test_garnet_rows_are_uniform() -> None:
    """Supports are uniform among sets of the size; on the support, probabilities are uniform on the simplex."""
    rows = zoo.garnet(5, (100, 10), 4, 3, seed=0).transition.reshape(-1, 5)  # 20,000 rows
    sets, counts = np.unique(rows > 0, axis=0, return_counts=True)
    assert len(sets) == 10
    assert ((counts - 2000) ** 2 / 2000).sum() < 30  # chi-square, 9 degrees of freedom: beyond it p < .0005
    inside = rows[rows > 0].reshape(-1, 3)
    np.testing.assert_allclose(inside.mean(axis=0), 1 / 3, atol=0.01)
    np.testing.assert_allclose(inside.var(axis=0), 1 / 18, atol=0.002)  # of a Dirichlet(1, 1, 1) coordinate


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: untyped.garnet(0, (2,), 1, 1, 0), ValueError, "n_states must be at least 1"),
        (lambda: untyped.garnet(3, (2, 0), 1, 1, 0), ValueError, r"n_actions\[1\] must be at least 1"),
        (lambda: untyped.garnet(3, (), 1, 1, 0), ValueError, "n_actions must have one entry per player"),
        (lambda: untyped.garnet(3, 2, 1, 1, 0), TypeError, "n_actions must be a sequence"),
        (lambda: untyped.garnet(3, (2,), 0, 1, 0), ValueError, "horizon must be at least 1"),
        (lambda: untyped.garnet(3, (2,), 1, 4, 0), ValueError, "branching must be from 1 to 3, got 4"),
        (lambda: untyped.garnet(3, (2,), 1, 0, 0), ValueError, "branching must be from 1 to 3, got 0"),
        (lambda: untyped.garnet(3, (2,), 1, 1, -1), ValueError, "seed must be at least 0, got -1"),
        (lambda: untyped.garnet(3, (2,), 1, 1, None), TypeError, "seed must be an integer"),
        (lambda: untyped.garnet(3, (2,), 1, 1, 0, "team"), ValueError, "rewards must be one of"),
        (lambda: untyped.garnet(3, (2, 2, 2), 1, 1, 0, "zero-sum"), ValueError, "rewards 'zero-sum' need two players"),
        (lambda: untyped.garnet(3, (2,), 1, 1, 0, stationary=1), TypeError, "stationary must be True or False, got 1"),
    ],
)
def test_wrong_parameters(call: Callable[[], MarkovGame], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
