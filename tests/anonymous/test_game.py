"""Anonymous games: profiles, what is refused, the game of joint actions, and episodes."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from mornavi_lite import solve
from mornavi_lite.anonymous import AnonymousGame, ProfileCounts
from mornavi_lite.anonymous.profiles import joined, profile_probabilities, profiles
from mornavi_lite.uncertainty import Nominal
from tests.anonymous.games import random_game, random_policy


@pytest.mark.parametrize(("m", "n"), [(1, 1), (1, 4), (5, 1), (3, 2), (4, 3), (2, 5)])
def test_profiles_are_all_ways_to_spread_the_players(m: int, n: int) -> None:
    listed = profiles(m, n)
    every = {tuple(each.count(a) for a in range(n)) for each in itertools.product(range(n), repeat=m)}
    assert [tuple(each) for each in listed.tolist()] == sorted(every)
    assert len(listed) == math.comb(m + n - 1, n - 1)
    for a, k in itertools.product(range(n), range(len(profiles(m - 1, n)))):
        grown = profiles(m - 1, n)[k] + np.eye(n, dtype=int)[a]
        assert (listed[joined(m, n)[a, k]] == grown).all()


@pytest.mark.parametrize(("m", "n"), [(4, 3), (6, 2)])
def test_profile_probabilities_are_sums_over_joint_actions(m: int, n: int) -> None:
    for policy in (np.random.default_rng(m).dirichlet(np.ones(n)), np.eye(n)[1]):
        expected = dict.fromkeys(map(tuple, profiles(m, n).tolist()), 0.0)
        for joint in itertools.product(range(n), repeat=m):
            expected[tuple(joint.count(a) for a in range(n))] += math.prod(policy[a] for a in joint)
        np.testing.assert_allclose(profile_probabilities(m, policy), list(expected.values()), rtol=0, atol=1e-14)


def test_profile_probabilities_of_two_thousand_are_those_of_scipy() -> None:
    for x in (1e-9, 0.3, 0.5, 1.0):
        found = profile_probabilities(2000, np.array([x, 1 - x]))
        np.testing.assert_allclose(found, stats.binom.pmf(np.arange(2001), 2000, x), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize(("m", "n"), [(3, 2), (2, 3), (1, 2)])
def test_tabular_is_the_same_game(m: int, n: int) -> None:
    game = random_game(m, m, n)
    joint, rows = game.tabular(), game.shared_rows()
    policy = random_policy(game, 1)
    together = game.joint_policy(policy)
    for k, taken in enumerate(itertools.product(range(n), repeat=m)):
        c = [tuple(each) for each in game.profiles.tolist()].index(tuple(taken.count(a) for a in range(n)))
        assert (joint.transition[:, :, k] == game.transition[:, :, c]).all()
        for i, a in enumerate(taken):
            assert (joint.reward[i, :, :, k] == game.reward[:, :, a, c]).all()
        expected = math.prod(policy[1, 2, a] for a in taken)
        assert together[1, 2, k] == pytest.approx(expected, abs=1e-15)
    _, first = np.unique(rows, return_index=True)
    assert len(first) == game.transition[..., 0].size
    for number in np.unique(rows):
        h, s, k = np.nonzero(rows == number)
        assert len(set(zip(h.tolist(), s.tolist(), strict=True))) == 1
        assert (joint.transition[h, s, k] == joint.transition[h[0], s[0], k[0]]).all()


def test_episodes_have_the_law_of_plain_ones() -> None:
    """Profiles and next states at the last step, against draws of each player's action."""
    game, rng = random_game(4, 3, 3), np.random.default_rng(0)
    policy, n = random_policy(game, 2), 4000
    drawn = game.play(policy, n, rng)
    assert drawn.shape == game.transition.shape and (drawn.sum(axis=(1, 2, 3)) == n).all()
    plain = np.zeros_like(drawn)
    numbers = {tuple(each): c for c, each in enumerate(game.profiles.tolist())}
    for _ in range(n):
        s = rng.choice(3, p=game.initial)
        for h in range(game.horizon):
            taken = rng.choice(3, size=3, p=policy[h, s])
            c = numbers[tuple(int((taken == a).sum()) for a in range(3))]
            then = rng.choice(3, p=game.transition[h, s, c])
            plain[h, s, c, then] += 1
            s = then
    table = np.stack([drawn[-1].ravel(), plain[-1].ravel()])
    table = table[:, table.sum(axis=0) > 10]
    assert stats.chi2_contingency(table).pvalue > 1e-3
    other = game.play(random_policy(game, 3), n, rng)
    table = np.stack([other[-1].ravel(), plain[-1].ravel()])
    assert stats.chi2_contingency(table[:, table.sum(axis=0) > 10]).pvalue < 1e-9


def test_arrays_are_copied_and_read_only() -> None:
    rows, pays = np.full((1, 2, 3, 2), 0.5), np.full((1, 2, 2, 3), 0.25)
    rows.setflags(write=False)
    pays.setflags(write=False)
    game = AnonymousGame(2, 2, rows, pays)
    for array in (game.transition, game.reward, game.initial, game.profiles):
        assert not array.flags.writeable
    same = AnonymousGame(2, 2, rows, pays)
    assert game.digest() == same.digest() != AnonymousGame(2, 2, rows, pays + 0.25).digest()
    assert game.digest() != AnonymousGame(2, 2, rows, pays, reward_range=(0, 2)).digest()


def test_counts_and_games_say_how_much_they_hold() -> None:
    game = random_game(4, 5, 3)
    counts, played = game.counts(), game.play(random_policy(game, 0), 40, np.random.default_rng(2))
    counts.add(played, game.reward)
    assert counts.transitions.tolist() == played.tolist() and counts.n_episodes == 40
    assert repr(game) == "AnonymousGame(name='', n_players=5, n_actions=3, horizon=2, n_states=3)"


ROWS, PAYS = np.ones((1, 1, 4, 1)), np.full((1, 1, 2, 4), 0.5)
BAD = PAYS.copy()
BAD[0, 0, 1, 2] = 1.5
NAN = PAYS.copy()
NAN[0, 0, 0, 3] = np.nan
UNPAID = PAYS.copy()
UNPAID[0, 0, 0, 0] = np.nan


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AnonymousGame(0, 2, ROWS, PAYS), "n_players must be at least 1, got 0"),
        (lambda: AnonymousGame(3, 2.0, ROWS, PAYS), "n_actions must be an integer"),
        (lambda: AnonymousGame(4, 2, ROWS, PAYS), r"transition must have shape \(H, S, C, S\) with C = 5 profiles"),
        (lambda: AnonymousGame(3, 2, ROWS * 0.9, PAYS), r"transition\[0, 0, 0\] must sum to 1, got 0.9"),
        (lambda: AnonymousGame(3, 2, ROWS, PAYS[..., :3]), r"reward must have shape \(H, S, A, C\) = \(1, 1, 2, 4\)"),
        (lambda: AnonymousGame(3, 2, ROWS, BAD), r"reward\[0, 0, 1, 2\] must be in \[0, 1\], got 1.5"),
        (lambda: AnonymousGame(3, 2, ROWS, NAN), r"reward\[0, 0, 0, 3\] must be finite, got nan"),
        (lambda: AnonymousGame(3, 2, ROWS, PAYS, reward_range=(1, 0)), "reward_range must have its lower end first"),
        (lambda: AnonymousGame(3, 2, ROWS, PAYS, initial=[0.5]), "initial must sum to 1"),
        (lambda: AnonymousGame(3, 2, ROWS, PAYS, action_names=["a"]), "action_names must be a sequence of 2 names"),
        (lambda: AnonymousGame(3000, 3, ROWS, PAYS), "3000 players with 3 actions have 4504501 profiles"),
        (lambda: AnonymousGame(3, 2, ROWS, PAYS).check_policy([[[1.0]]]), r"policy must have shape \(H, S, A\)"),
        (lambda: AnonymousGame(3, 2, ROWS, PAYS).play([[[1, 0]]], 0, np.random.default_rng(0)), "n_episodes must be"),
        (lambda: AnonymousGame(3, 2, ROWS, PAYS).play([[[1, 0]]], 1, 0), "rng must be a numpy.random.Generator"),
        (lambda: solve(AnonymousGame(3, 2, ROWS, PAYS), Nominal()), "got AnonymousGame; .* mornavi_lite.anonymous"),
        (lambda: random_game(0, 40).tabular(), "joint actions would have .* GiB"),
        (lambda: random_game(0, 40).joint_policy(np.full((2, 3, 2), 0.5)), "joint policy would have .* GiB"),
        (lambda: ProfileCounts(3, 2, 1, 1).add(np.zeros((1, 1, 3, 1), int), PAYS), "played must have shape"),
    ],
)
def test_bad_input_is_named(make: object, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()  # type: ignore[operator]


def test_rewards_that_nobody_gets_may_be_anything() -> None:
    game = AnonymousGame(3, 2, ROWS, UNPAID, reward_range="observed")
    assert game.reward_range == (0.5, 0.5) and game.reward[0, 0, 0, 0] == 0.5
