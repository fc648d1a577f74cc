"""When an answer is certified, when it is searched for again, with what, and what the error says."""

from copy import deepcopy

import numpy as np
import pytest

from mornavi_lite.equilibrium import stage, wide_ranges
from tests.equilibrium.references import CHICKEN, PENNIES


@pytest.mark.parametrize(
    ("concept", "advice"),
    [("nash", "; concepts 'ce' and 'cce' are linear programs, which need no such search"), ("ce", ""), ("cce", "")],
)
def test_the_error_says_which_game_failed_by_how_much_and_what_can_be_done(monkeypatch, concept, advice):
    games = np.repeat(PENNIES[None], 6, axis=0).reshape(2, 3, 2, 4)
    gap = np.array([0.0, stage.TOLERANCE, 1e-10, 0.0, 0.125, np.nan])
    monkeypatch.setattr(
        stage, "_solve", lambda payoffs, *rule: (np.full((len(payoffs), 4), 0.25), gap[-len(payoffs) :])
    )
    begin, best = f"no {concept!r} equilibrium could be certified; the best policy found", "1.2e-01 of a player's range"
    with pytest.raises(RuntimeError) as error:
        stage.solve_stage(games, (2, 2), concept)
    wanted = f"payoffs[1, 1]: {begin} leaves a deviation gain of {best}, 1e-09 is allowed (2 of 6 games failed){advice}"
    assert str(error.value) == wanted
    gap[:] = np.nan
    with pytest.raises(RuntimeError) as error:
        stage.solve_stage(PENNIES, (2, 2), concept)
    wanted = f"payoffs: {begin} is none: the work allowed for a game of this size did not suffice (1 of 1 games failed)"
    assert str(error.value) == wanted + advice
    gap[:] = stage.TOLERANCE
    assert stage.solve_stage(games, (2, 2), concept).shape == (2, 3, 4)


def test_a_pure_equilibrium_is_what_is_taken_if_nothing_is_said():
    given = CHICKEN.astype(float), (2, 2), "cce"
    assert stage.solve_stage_unchecked(*given).tolist() == [0, 1, 0, 0]
    assert np.count_nonzero(stage.solve_stage_unchecked(*given, "welfare")) > 1


@pytest.mark.parametrize(
    ("n_actions", "alone"),
    [((3,), True), ((1, 3), True), ((3, 1, 1), True), ((1, 1), True), ((2, 2), False), ((2, 1, 2), False)],
)
def test_a_single_player_who_chooses_takes_the_best_action_whatever_the_rule(n_actions, alone):
    assert stage._pure_first(n_actions, "pure") and stage._pure_first(n_actions, "welfare") == alone


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
def test_what_is_not_certified_or_hidden_is_searched_for_again_by_the_same_rule(monkeypatch, concept):
    games = np.array([PENNIES, CHICKEN, 2.0**70 * PENNIES + 2.0**71, [[5, 0, 0, 1], [2, 0, 0, 3]]], dtype=float)
    near, asked = [], []
    monkeypatch.setattr(stage, "hidden", lambda *given: near.append(given[4]) or np.array([False, False, False, True]))
    monkeypatch.setattr(stage, "_best_mixed", lambda payoffs, *given: np.eye(4)[[0] * len(payoffs)])
    monkeypatch.setattr(stage, "_solve_again", lambda *given: asked.append(given) or (given[1], given[2]))
    policy, gap = stage._solve(games, (2, 2), concept, "pure")
    # Half of what is near is 2**-21 of the range.
    np.testing.assert_allclose(near[0], np.ptp(games, axis=2) * 2.0**-21, rtol=1e-12)
    payoffs, before, reached, *rule = asked[0]
    assert len(asked) == 1 and rule == [(2, 2), concept, "pure"]
    assert (payoffs == games[[0, 2, 3]]).all() and (before == np.eye(4)[0]).all()
    np.testing.assert_allclose(reached, [1.0, 1.0, 0.0], atol=1e-12)
    assert gap[1] == 0 and policy[1].tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("concept", ["nash", "ce", "cce"])
def test_a_penalty_that_remains_is_judged_beside_the_policy_found_before(monkeypatch, concept):
    game = np.array([[-1e30, 1, 0, 2], [3, -1e30, 5, 4]])
    before, told = np.full((2, 4), 0.25), []
    monkeypatch.setattr(stage, "_as_given", lambda *given: told.append(deepcopy(given)) or (np.eye(4)[3], 0.5))
    policy, gap = stage._solve_again(np.array([PENNIES, game]), before.copy(), np.zeros(2), (2, 2), concept, "pure")
    ((payoffs, mild, milder, policy_before, *rule),) = told
    assert (payoffs == game).all() and (policy_before == 0.25).all() and rule == [(2, 2), concept, "pure"]
    assert (mild[game > -1e30] == game[game > -1e30]).all() and (mild[game == -1e30] > -1e21).all()
    assert milder.tolist() == [[-32.0, 1, 0, 2], [3, 3 - 32.0, 5, 4]]
    assert policy.tolist() == [[0.25] * 4, [0, 0, 0, 1]] and gap.tolist() == [0, 0.5]


def test_a_rounding_error_is_small_in_itself_and_beside_the_range():
    small = 2.0**-44
    width = np.array([small / 4, small / 4, small / 2, small, 1.0, 2 * small])
    whole = np.array([1.0, 0.25, 0.5, 2.0, 2.0**50, 1.0])
    assert wide_ranges._rounding(width, whole).tolist() == [True, False, False, False, False, False]
