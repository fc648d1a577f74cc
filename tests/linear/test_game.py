"""Linear games: what is refused, the game of rows, equality, episodes, and counts of them."""

from __future__ import annotations

import copy
import itertools
import pickle

import numpy as np
import pytest
from scipy import stats

import mornavi_lite
from mornavi_lite import Nominal
from mornavi_lite.linear import FeatureCounts, LinearGame, five_states, grouped_states, look_alikes
from tests.linear.games import random_game, random_policy


def test_rows_are_mixtures_of_factors() -> None:
    for by_step in (True, False):
        game = random_game(0, by_step=by_step)
        joint = game.tabular()
        for h, s, a in itertools.product(range(3), range(5), range(12)):
            weights = game.features[h, s, a]
            row = [sum(weights[j] * game.factors[h, j, then] for j in range(3)) for then in range(5)]
            np.testing.assert_allclose(joint.transition[h, s, a], row, rtol=0, atol=1e-15)
        assert (joint.reward == game.reward).all() and (joint.initial == game.initial).all()
        assert (joint.reward_range == game.reward_range).all() and joint.n_actions == game.n_actions
        for name in ("horizon", "n_states", "n_players", "n_joint_actions", "state_names", "action_names", "name"):
            assert getattr(joint, name) == getattr(game, name), name


def test_games_are_equal_by_contents() -> None:
    game = random_game(1)
    parts = (game.features, game.factors, game.reward, game.n_actions, game.initial)
    same = LinearGame(*parts, reward_range=[(-1, 2)] * 3)
    assert same == game and hash(same) == hash(game) and same.digest() == game.digest()
    for twin in (copy.deepcopy(game), pickle.loads(pickle.dumps(game)), copy.copy(grouped_states(8))):
        assert twin in (game, grouped_states(8)) and not twin.features.flags.writeable
    moved = game.features.copy()
    moved[0, 0, 0] = moved[0, 0, 0][::-1]
    others = [
        LinearGame(moved, *parts[1:], reward_range=[(-1, 2)] * 3),
        LinearGame(*parts, reward_range=[(-1, 2), (-1, 2), (-1, 3)]),
        LinearGame(*parts[:4], 1, reward_range=[(-1, 2)] * 3),
        LinearGame(*parts, "another", reward_range=[(-1, 2)] * 3),
    ]
    assert all(each != game for each in others) and game != game.tabular()
    assert others[3].digest() == game.digest()
    once, thrice = random_game(2, by_step=False), np.array(random_game(2, by_step=False).features)
    assert once == LinearGame(thrice, once.factors, once.reward, once.n_actions, once.initial, reward_range=(-1, 2))


def test_arrays_are_copied_and_read_only() -> None:
    features, factors = np.full((2, 2, 2), 0.5), np.full((1, 2, 2), 0.5)
    reward = np.full((1, 1, 2, 2), 0.25)
    for array in (features, factors, reward):
        array.setflags(write=False)
    game = LinearGame(features, factors, reward, (2,))
    for array in (game.features, game.factors, game.reward, game.initial, game.transition):
        assert not array.flags.writeable
    mine = np.full((2, 2, 2), 0.5)
    kept = LinearGame(mine, factors, reward, (2,))
    mine[0, 0] = [1.0, 0.0]
    assert kept == game


def test_flows_have_the_law_of_episodes() -> None:
    """Visits and sums of what run plays against those of play: equal counts in law, by step, state and action."""
    game, n = random_game(3, (2, 2), n_states=3), 40_000
    policy = random_policy(game, 0)
    flows, dense = game.counts(), game.counts()
    flows.add(game.play_unchecked(policy, n, np.random.default_rng(0)))
    dense.add(game.play(policy, n, np.random.default_rng(1)))
    joint = game.tabular().play(policy, n, np.random.default_rng(2))
    for one in (flows, dense):
        assert (one.visits.sum(axis=(1, 2)) == n).all() and one.n_episodes == n
        np.testing.assert_allclose(one.sums.sum(axis=(1, 2)), n, rtol=1e-12)
        np.testing.assert_allclose(one.sums.sum(axis=2), np.einsum("hsa,hsaj->hj", one.visits, game.features))
        for h in range(game.horizon):
            table = np.stack([one.visits[h].ravel(), joint[h].sum(axis=-1).ravel()])
            assert stats.chi2_contingency(table[:, table.sum(axis=0) > 10]).pvalue > 1e-3
            mean = np.einsum("saj,sat->jt", game.features[h], joint[h])
            assert np.abs(one.sums[h] - mean).max() < 6 * np.sqrt(n)
    other = game.play(random_policy(game, 1), n, np.random.default_rng(1)).sum(axis=-1)
    table = np.stack([other[2].ravel(), joint[2].sum(axis=-1).ravel()])
    assert stats.chi2_contingency(table[:, table.sum(axis=0) > 10]).pvalue < 1e-9


def test_counts_are_sums_over_visits() -> None:
    game = random_game(4)
    played = game.play(random_policy(game, 1), 50, np.random.default_rng(0))
    counts = FeatureCounts(game.features, game.n_actions, game.horizon)
    counts.add(played)
    counts.add(played)
    sums, gram = np.zeros_like(counts.sums), np.zeros((3, 3, 3))
    for h, s, a, then in np.argwhere(played):
        phi, times = game.features[h, s, a], 2 * played[h, s, a, then]
        sums[h, :, then] += times * phi
        gram[h] += times * np.outer(phi, phi)
    np.testing.assert_allclose(counts.sums, sums, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(counts.gram, gram, rtol=1e-12, atol=1e-12)
    again = FeatureCounts.from_parts(counts.parts())
    assert (again.sums == counts.sums).all() and (again.visits == counts.visits).all()
    twin = counts.copy()
    twin.add(played)
    assert counts.n_episodes == 100 and twin.n_episodes == 150


def test_named_games_are_what_they_say() -> None:
    game = five_states()
    assert game.state_names == ("start", "middle", "end", "failed", "safe")
    assert repr(game) == f"LinearGame(name={game.name!r}, horizon=3, n_states=5, n_features=4, n_actions=(2, 2))"
    assert game.factors[0].tolist()[3] == [0, 0, 0, 0, 1]
    assert game.features[0, 0, :, 3].round(12).tolist() == [0.1, 0.3, 0.3, 0.5]
    assert not game.reward[:, :, 3].any() and (game.reward[:, 1:, 4] == 1).all() and not game.reward[:, 0].any()
    for size in (4, 8, 30):
        small, soft = grouped_states(size), grouped_states(size, soft=0.2, spread=True)
        assert set(small.features.ravel().tolist()) == {0.0, 1.0} and small.n_features == soft.n_features == 4
        assert len(np.unique(soft.features[0].reshape(-1, 4), axis=0)) > 16 or size == 4
        assert (soft.initial == 1 / size).all()
    one, other = look_alikes(0.3, 0.4)
    np.testing.assert_allclose(one.transition[0, 0, 0], other.transition[0, 0, 0], atol=1e-15)
    assert abs(one.factors - other.factors).max() > 0.5


PHI, MU, PAYS = np.full((2, 3, 2), 0.5), np.full((1, 2, 2), 0.5), np.full((1, 1, 2, 3), 0.5)
BAD, NAN, HIGH = PHI.copy(), PHI.copy(), PAYS.copy()
BAD[1, 2], NAN[0, 1, 1], HIGH[0, 0, 1, 2] = [0.5, 0.4], np.nan, 1.5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearGame(PHI[:1], MU, PAYS, (3,)), r"features must have shape \(S, A, d\) = \(2, 3, 2\)"),
        (lambda: LinearGame(BAD, MU, PAYS, (3,)), r"features\[1, 2\] must sum to 1, got 0.9; .* in the simplex"),
        (lambda: LinearGame(NAN, MU, PAYS, (3,)), r"features\[0, 1, 1\] must be finite, got nan"),
        (lambda: LinearGame(PHI * [3, -1], MU, PAYS, (3,)), r"features\[0, 0, 1\] must not be negative, got -0.5"),
        (lambda: LinearGame(PHI, MU * 2, PAYS, (3,)), r"factors\[0, 0\] must sum to 1, got 2"),
        (lambda: LinearGame(PHI, MU[0], PAYS, (3,)), "factors must have 3 axes"),
        (lambda: LinearGame(PHI, MU[:, :0], PAYS, (3,)), r"factors must have shape .* with entries, got \(1, 0, 2\)"),
        (lambda: LinearGame(PHI, MU, PAYS[0], (3,)), "reward must have 4 axes"),
        (lambda: LinearGame(PHI, MU, PAYS, (2, 2)), "features must have shape"),
        (lambda: LinearGame(PHI, MU, PAYS[..., :2], (3,)), r"reward must have shape \(m, H, S, A\)"),
        (lambda: LinearGame(PHI, MU, HIGH, (3,)), r"reward\[0, 0, 1, 2\] must be in \[0, 1\], got 1.5"),
        (lambda: LinearGame(PHI, MU, PAYS, (3,), 2), "initial must be from 0 to 1, got 2"),
        (lambda: LinearGame(PHI, MU, PAYS, (3,), action_names=[]), "action_names must have one entry per player"),
        (lambda: LinearGame(PHI, MU, PAYS, (3,)).check_policy([[[1.0]]]), r"policy must have shape \(H, S, A\)"),
        (lambda: five_states().play(np.full((3, 5, 4), 0.25), 0, np.random.default_rng(0)), "n_episodes must be"),
        (lambda: five_states().play(np.full((3, 5, 4), 0.25), 1, 0), "rng must be a numpy.random.Generator"),
        (lambda: mornavi_lite.solve(five_states(), Nominal()), r"got LinearGame; .* mornavi_lite.linear"),
        (lambda: grouped_states(8192).transition, "the kernel would have .* GiB"),
        (lambda: FeatureCounts(PHI, (2,), 1), r"features must have shape .* with A = 2"),
        (lambda: FeatureCounts(PHI, (3,), 1).add(np.zeros((1, 2, 2, 2), int)), r"played must have shape"),
        (lambda: five_states(0.1, 0.2), "effort must be in"),
        (lambda: grouped_states(3), "n_states must be at least 4"),
        (lambda: look_alikes(1.0), "weight must be"),
    ],
)
def test_bad_input_is_named(make: object, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()  # type: ignore[operator]
