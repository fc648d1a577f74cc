"""What counts as hidden by a penalty, at both sides of each border: for actions taken out, and for losses made mild."""

import numpy as np
import pytest

from mornavi_lite.equilibrium.wide_ranges import _totals, hidden, in_play, mild, stakes
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


@pytest.mark.parametrize(("level", "times"), [(0.0, 1.0), (HIDDEN - 1, 1.25), (1 - HIDDEN, 1.25)])
def test_at_the_border_nothing_is_hidden(level, times):
    assert not in_play(forbidden(level, times)[None], (3, 2), "nash")[1][0]


@pytest.mark.parametrize("level", [0.0, 2.0**19, -(2.0**19)])
@pytest.mark.parametrize(
    ("prize", "penalty", "hides"),
    [
        (1.0, 2.0**36, True),
        (2.0**10, 2.0**36, True),
        (2.0**26, 0.0, True),
        (2.0**26, 2.0**60, True),
        (2.0**60, 0.0, False),
    ],
)
def test_far_below_an_outcome_taken_out_what_is_nearly_alike_is_a_tie(level, prize, penalty, hides):
    # The second player does not play its third action, where the first one would get a prize, or a penalty.
    game = np.zeros((2, 2, 3))
    game[:, :, :2] = PENNIES.reshape(2, 2, 2)
    game[0, :, 2], game[1, :, 2] = [prize, -penalty], -3.0
    game[0] += level * (abs(level) < max(prize, penalty))
    left, apart = in_play(game.reshape(1, 2, 6), (2, 3), "nash")
    assert left[0].tolist() == [True, True, False] * 2 and apart.tolist() == [hides]


@pytest.mark.parametrize("n_actions", [(3, 4), (2, 3, 3)])
def test_what_is_left_is_what_is_never_strictly_dominated(n_actions):
    rng = np.random.default_rng(2)
    games = rng.integers(0, 7, (60, len(n_actions), *n_actions))
    games[:, 0, 0] += 2
    games[:, 1, :, 1] += 2
    left = in_play(games.reshape(60, len(n_actions), -1).astype(float), n_actions, "nash")[0].reshape(60, *n_actions)
    some = 0
    for game, mask in zip(games, left, strict=True):
        kept = [list(range(n)) for n in n_actions]
        for _ in range(sum(n_actions)):
            for player in range(len(n_actions)):
                own = np.moveaxis(game[player], player, 0)
                others = np.ix_(*[kept[each] for each in range(len(n_actions)) if each != player])
                kept[player] = [
                    a for a in kept[player] if not any((own[b][others] > own[a][others]).all() for b in kept[player])
                ]
        wanted = np.zeros(n_actions, dtype=bool)
        wanted[np.ix_(*kept)] = True
        assert (mask == wanted).all()
        some += 1 < wanted.sum() < wanted.size
    assert some > 10


def test_a_penalty_that_another_player_gets_is_not_risked_in_a_cce_either():
    game = np.zeros((3, 2))
    game[:2], game[2] = PENNIES[0].reshape(2, 2), -1e9
    left, apart = in_play(np.array([[game.ravel(), -game.ravel()]]), (3, 2), "cce")
    assert left[0].tolist() == [True] * 4 + [False] * 2 and apart[0]


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


# A second look


def looked_at_again(games, n_actions, rivals, limit):
    """Of games with the joint actions played (or policies), whether each is looked at again, alone and together."""
    payoffs = np.array([game for game, _ in games], dtype=float)
    policy = np.array([np.eye(payoffs.shape[2])[played] if np.ndim(played) == 0 else played for _, played in games])
    total = _totals(payoffs)
    welfare = (total - total.min(axis=1, keepdims=True)) / np.maximum(np.ptp(total, axis=1, keepdims=True), 1e-300)
    mask = np.zeros(welfare.shape, dtype=bool)
    for game, stable in enumerate(rivals):
        mask[game, stable] = True
    given = payoffs, policy, mask, welfare, np.array(limit, dtype=float)
    found = hidden(*given, n_actions)
    alone = [hidden(*(each[game : game + 1] for each in given), n_actions)[0] for game in range(len(games))]
    assert found.tolist() == alone
    return found.tolist()


def test_a_pure_equilibrium_is_looked_at_again_if_a_rival_or_a_reply_is_nearly_as_good_and_no_tie():
    far = [[0, -1e9, -1e9, 0], [0, -2e9, -3e9, 0]]
    more, other, alike, reply = (np.array(far) for _ in range(4))
    more[:, 3] = 1.0  # (1, 1) is another equilibrium, of a slightly higher total
    more[:, 0] = other[:, 0] = reply[:, 0] = 2.0
    other[:, 3] = [1.0, 1.0]  # the same, but not among the rivals
    reply[0, 2] = 1.5  # the first player's other action costs next to nothing
    games = [(more, 0), (other, 0), (alike, 0), (other, 0), (reply, 0), (np.array([[5.0, 1, 1, 4], [5, 2, 1, 0]]), 0)]
    rivals = [[0, 3], [0], [0, 3], [0, 1], [0], [0]]
    limit = [[1e9 * 2.0**-21] * 2] * 5 + [[1e-6] * 2]
    assert looked_at_again(games, (2, 2), rivals, limit) == [True, False, False, False, True, False]


@pytest.mark.parametrize("level", [0.0, 0.9 * HIDDEN, -0.9 * HIDDEN])
def test_a_mixed_equilibrium_is_looked_at_again_if_all_it_leads_to_is_near_and_no_tie(level):
    # At stake are halves of 1 for each player, and as far from the mean are half the payoffs.
    game, mixed = PENNIES + np.array([[level], [-level / 2]]), [0.25] * 4
    tie = PENNIES + 1.2 * HIDDEN
    limits = [[0.6, 0.6], [0.6, 0.1], [0.1, 0.6], [0.4, 0.4], [0.6, 0.6]]
    games = [(game, mixed)] * 4 + [(tie, mixed)]
    assert looked_at_again(games, (2, 2), [[]] * 5, limits) == [True, True, True, False, False]
    # Nothing is at stake for the first player, too much for it to be near for the second.
    assert looked_at_again([([[0] * 4, PENNIES[1]], mixed)], (2, 2), [[]], [[0.1, 0.1]]) == [False]


def test_what_a_deviation_from_all_recommendations_changes_is_taken_together():
    # Whoever plays the first action whatever is recommended wins 1 at one outcome and loses 1 at another.
    first = np.full((3, 3), -1000.0)
    first[np.arange(3), np.arange(3)], first[0] = 0.0, [0, 1, -1]
    game, policy = [first.ravel(), [*[0.0] * 8, 1e-30]], np.eye(3).ravel() / 3
    for limit, again in ((0.25, False), (0.4, True)):
        assert looked_at_again([(game, policy)], (3, 3), [[]], [[limit, 0.0]]) == [again]
