"""What counts as hidden by a penalty, at both sides of each border: for actions taken out, and for losses made mild."""

import numpy as np
import pytest

from mornavi_lite.equilibrium.wide_ranges import _totals, in_play, mild, stakes
from tests.equilibrium.references import PENNIES, brute_value, expected

HIDDEN = 2.0**20


def made_mild(*payoffs):
    """Which payoffs of one player a loss of 16 ranges takes the place of."""
    game = np.array([payoffs, payoffs[::-1]], dtype=float)
    before = game.copy()
    found = mild(game, 16.0)
    assert (game == before).all() and (found[1] == found[0][::-1]).all()
    return (found[0] != game[0]).tolist()


# Half of the range of the first two is 1, and they are 2**20 times as far from the third, or not.
@pytest.mark.parametrize("level", [0.0, 2.0**19, -(2.0**19)])
@pytest.mark.parametrize(("times", "is_mild"), [(1.25, True), (1 + 2**-19, True), (1.0, False), (1 - 2**-22, False)])
@pytest.mark.parametrize("unit", [2.0**-30, 1.0, 2.0**30])
def test_a_payoff_is_a_penalty_if_it_is_far_below_and_the_rest_is_no_tie(level, times, is_mild, unit):
    payoffs = unit * np.array([level, level + 2, level - 2 * times * HIDDEN])
    assert made_mild(*payoffs) == [False, False, is_mild]
    # A third of them far below leaves nothing but the highest two in play, at one floor.
    floor = mild(np.array([[*payoffs, 3 * payoffs[2]]] * 2), 16.0)[0]
    if is_mild:
        assert (floor[2:] == payoffs[0] - 16.0 * 2 * unit).all()


@pytest.mark.parametrize(
    ("high", "low", "is_mild"),
    [
        (HIDDEN - 1, HIDDEN - 3, True),
        (HIDDEN, HIDDEN - 2, False),
        (HIDDEN + 1, HIDDEN - 1, False),
        (3 - HIDDEN, 1 - HIDDEN, True),
        (2 - HIDDEN, -HIDDEN, False),
        (1 - HIDDEN, -1 - HIDDEN, False),
    ],
)
def test_what_differs_by_little_of_itself_is_a_tie_however_far_a_penalty_is_below(high, low, is_mild):
    assert made_mild(high, low, -8 * HIDDEN) == [False, False, is_mild]


def forbidden(level, times, factor=1.0):
    """Matching pennies, times ``factor`` for the second player, and a third action that costs the first a penalty
    and the second a little."""
    game = np.zeros((2, 3, 2))
    game[:, :2] = PENNIES.reshape(2, 2, 2)
    game[1, 2] = -2.0
    game[1] *= factor
    game[0] += level
    game[0, 2] = level + 1 - 2 * times * HIDDEN
    return game.reshape(2, 6)


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
@pytest.mark.parametrize("factor", [2.0**-40, 1.0, 2.0**40])
@pytest.mark.parametrize("level", [0.0, 2.0**19 - 1, -(2.0**19)])
@pytest.mark.parametrize(("times", "hides"), [(1.25, True), (0.75, False)])
def test_actions_taken_out_hid_the_rest_if_their_range_is_far_larger(level, times, hides, factor, concept):
    left, apart = in_play(forbidden(level, times, factor)[None], (3, 2), concept)
    assert apart.tolist() == [hides]
    assert concept == "cce" or left[0].tolist() == [True] * 4 + [False] * 2


def test_an_action_worse_for_its_player_and_better_in_total_may_be_played_in_a_cce_alone():
    game = forbidden(0.0, 1.25)
    game[0, 4:], game[1, 4:] = -1.5, 10.0
    for concept, is_left in (("nash", False), ("ce", False), ("cce", True)):
        left, apart = in_play(game[None], (3, 2), concept)
        assert left[0].tolist() == [True] * 4 + [is_left] * 2 and not apart[0]


def test_totals_of_the_largest_payoffs_are_finite_and_their_range_is_at_most_1():
    rng = np.random.default_rng(0)
    for players in (2, 3, 4, 7):
        payoffs = rng.choice([-1.0, 1.0], size=(6, players, 8)) * np.finfo(float).max
        payoffs[:, :, 0], payoffs[:, :, 1] = np.finfo(float).max, -np.finfo(float).max
        total = _totals(payoffs)
        assert np.isfinite(total).all() and (np.ptp(total, axis=1) <= 1).all() and (np.ptp(total, axis=1) >= 0.1).all()
        order = np.sign(payoffs).sum(axis=1)
        np.testing.assert_allclose(total / total[:, :1], order / players, atol=1e-12)


@pytest.mark.parametrize("n_actions", [(2, 3), (2, 2, 2)])
def test_half_of_what_is_gained_and_half_of_all_that_changes_are_at_stake(n_actions):
    rng = np.random.default_rng(1)
    payoffs, policy = (
        rng.normal(size=(len(n_actions), int(np.prod(n_actions)))),
        rng.dirichlet(np.ones(int(np.prod(n_actions)))),
    )
    player, gain, size = stakes(payoffs, policy, n_actions, "cce")
    for each in range(len(n_actions)):
        best = brute_value(payoffs[each], policy, n_actions, each, "cce") - expected(payoffs[each], policy, n_actions)
        assert 2 * gain[player == each].max() == pytest.approx(best, abs=1e-12)
    assert (size >= np.abs(gain)).all() and (size > 0).all()
    assert [int((player == each).sum()) for each in range(len(n_actions))] == list(n_actions)
