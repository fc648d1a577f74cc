"""Bounds in the units of each player and step, with the radius of each step, and what is known before all data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mornavi_lite import ChiSquare, Counts, KullbackLeibler, Mornavi, Nominal, TotalVariation
from mornavi_lite.learners import StagePayoffs
from mornavi_lite.uncertainty import Contamination, UncertaintySet, sets_per_player
from tests.learners.small_games import MIXED, varied_game

N_ACTIONS = (2, 1, 2)
#: Widths of the players' ranges, powers of two, and where these begin at each step.
WIDTHS, ENDS = np.array([4.0, 0.5, 1.0]), np.array([[-2.0, 8.0, 0.0], [1.0, 0.0, -4.0], [0.0, 0.25, 64.0]])


def two_counts(n_episodes: int, rewards: str) -> tuple[Counts, Counts]:
    """The same episodes, with rewards from 0 to 1 and in units of each player, from another end at each step."""
    game, rng = varied_game(3, N_ACTIONS, horizon=3), np.random.default_rng(1)
    played = game.play(np.full((3, 3, 4), 0.25), n_episodes, rng)
    paid = np.round(game.reward * 64) / 64
    if rewards == "next_state":
        paid = np.round(rng.random((3, *played.shape)) * 64) / 64
    wide, low = (each.reshape(3, -1, *(1,) * (paid.ndim - 2)) for each in (WIDTHS, ENDS))
    ranges = np.stack([ENDS, ENDS + WIDTHS[:, None]], axis=-1)
    plain, own = Counts(3, N_ACTIONS, 3, rewards=rewards), Counts(3, N_ACTIONS, 3, ranges, rewards)
    times = played.sum(axis=-1) if rewards == "random" else 1
    plain.add(played, paid * times)
    own.add(played, (low + wide * paid) * times)
    return plain, own


@pytest.mark.parametrize("rewards", ["deterministic", "next_state", "random"])
@pytest.mark.parametrize("confidence", ["row", "events", "bonus"])
def test_bounds_are_in_the_units_of_each_player_and_step(confidence: str, rewards: str) -> None:
    """A wider range and other ends are other units: bounds are those from 0 to 1, times the width, plus the ends."""
    sets = (TotalVariation(0.1), Nominal() if rewards == "random" else KullbackLeibler(0.3), ChiSquare(0.05))
    plain, own = two_counts(3000, rewards)
    learner = Mornavi(sets, "cce", confidence, scale=0.002 if confidence == "bonus" else 1.0, fail_state=None)
    policy = np.random.default_rng(0).dirichlet(np.ones(4), size=(3, 3))
    mine, theirs = (learner.certify(each, policy) for each in (plain, own))
    rest = np.cumsum(ENDS[:, ::-1], axis=1)[:, ::-1, None]
    for before, after in ((mine.upper, theirs.upper), (mine.lower, theirs.lower)):
        wanted = WIDTHS[:, None, None] * before[:, :-1] + rest
        np.testing.assert_allclose(after[:, :-1], wanted, rtol=0, atol=1e-9)
        assert (after[:, -1] == 0).all()
    inside = (mine.lower > 0) & (mine.upper < np.arange(3, -1, -1)[:, None])
    assert inside[:, :2].any(axis=(1, 2)).all()  # something is said of every player


@pytest.mark.parametrize("rewards", ["deterministic", "next_state"])
@pytest.mark.parametrize("confidence", ["row", "events", "bonus"])
def test_nothing_is_worth_more_or_less_than_what_can_be_paid(confidence: str, rewards: str) -> None:
    """Without data the bounds are the sums of the ranges, and those of a fail state the least, at each step."""
    ranges = np.stack([ENDS, ENDS + WIDTHS[:, None]], axis=-1)
    counts = Counts(3, N_ACTIONS, 3, ranges, rewards)
    least, most = (np.cumsum(ranges[:, ::-1, end], axis=1)[:, ::-1, None] for end in (0, 1))
    plan = Mornavi(Nominal(), confidence=confidence).plan(counts)
    assert (plan.upper[:, :-1] == most).all() and (plan.lower[:, :-1] == least).all()
    failing = Mornavi(Nominal(), confidence=confidence, fail_state=1).plan(counts)
    for bound in (failing.upper, failing.lower):
        assert (bound[:, :-1, 1] == least[..., 0]).all()
    assert (failing.upper[:, :-1, [0, 2]] == most).all() and (failing.lower[:, :-1] == least).all()


@pytest.mark.parametrize("confidence", ["row", "events", "bonus"])
def test_a_radius_of_each_step_is_that_of_the_step(confidence: str) -> None:
    """A step's payoffs are those with the radius of the step alone, whatever the other steps have."""
    counts, _ = two_counts(20_000, "deterministic")
    radii = [0.05, 0.0, 0.4]
    each: list[Any] = [TotalVariation, ChiSquare, TotalVariation]
    stepwise = tuple(kind(np.array(radii).reshape(3, 1, 1) / (k + 1)) for k, kind in enumerate(each))
    scale = 0.002 if confidence == "bonus" else 1.0
    plan = Mornavi(stepwise, "nash", confidence, scale=scale).certify(counts, np.tile([1.0, 0, 0, 0], (3, 3, 1)))
    found = []
    for h in range(3):
        sets = [kind(radii[h] / (k + 1)) for k, kind in enumerate(each)]
        payoffs = StagePayoffs(counts, sets, confidence, 0.05, scale, None)
        high, low = payoffs.at(h, plan.upper[:, h + 1], plan.lower[:, h + 1])
        np.testing.assert_allclose(plan.lower[:, h], low[..., 0].T, rtol=0, atol=1e-12)
        own = high.reshape(3, 3, 2, 2)[..., 0, :].max(axis=-1), high.reshape(3, 3, 2, 2)[..., 0].max(axis=-1)
        wanted = [own[1][:, 0], high[:, 1, 0], own[0][:, 2]]
        np.testing.assert_allclose(plan.upper[:, h], wanted, rtol=0, atol=1e-12)
        blind = StagePayoffs(counts, sets_per_player(Nominal(), 3), confidence, 0.05, scale, None)
        found.append(np.abs(blind.at(h, plan.upper[:, h + 1], plan.lower[:, h + 1])[1] - low).max())
    assert found[0] > 1e-3 and found[1] == 0
    assert (found[2] > 0) == (confidence == "bonus")  # the last step leads nowhere, but a bonus of chi-square is wider


def test_without_lower_values_only_the_highest_payoffs_are_found() -> None:
    counts, _ = two_counts(300, "next_state")
    payoffs = StagePayoffs(counts, list(MIXED), "events", 0.05, 1.0, None)
    upper, lower = np.random.default_rng(0).random((2, 3, 3))
    for h in range(3):
        high, same = payoffs.at(h, upper, None)
        assert same is high and (high == payoffs.at(h, upper, lower)[0]).all()


def test_means_of_random_rewards_get_half_of_what_may_fail_and_the_scale() -> None:
    """At the last step nothing follows, so payoffs are the bounds of the means themselves."""
    _, counts = two_counts(300, "random")
    for confidence, scale in (("row", 1.0), ("events", 0.5), ("hoeffding", 0.0)):
        payoffs = StagePayoffs(counts, list(MIXED), confidence, 0.1, scale, None)
        found = payoffs.at(2, np.zeros((3, 3)), np.zeros((3, 3)))
        for mine, bound in zip(found, counts.reward_bounds(2, 0.05, scale), strict=True):
            np.testing.assert_array_equal(mine, bound.swapaxes(0, 1))


def test_a_set_of_your_own_has_the_bounds_of_a_built_in_one_that_it_equals() -> None:
    class Half(UncertaintySet):
        """Half of the mass goes to the lowest value of all."""

        radius = 0.5

        def _worst(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
            return 0.5 * rows @ x

    counts, _ = two_counts(3000, "deterministic")
    policy = np.full((3, 3, 4), 0.25)
    mine = Mornavi(Half(), confidence="row").certify(counts, policy)
    same = Mornavi(Contamination(0.5), confidence="row").certify(counts, policy)
    np.testing.assert_allclose(mine.upper, same.upper, rtol=0, atol=1e-12)
    np.testing.assert_allclose(mine.lower, same.lower, rtol=0, atol=1e-12)


def test_older_forms_bound_rows_at_which_no_episode_begins() -> None:
    """Samples of a simulator: those rows count for "events" and not for "row", which leaves them unknown."""
    game = varied_game(3, N_ACTIONS, horizon=3)
    counts = Counts(3, N_ACTIONS, 3, initial=0)
    counts.add(np.random.default_rng(0).multinomial(500, game.transition), game.reward)
    policy = np.full((3, 3, 4), 0.25)
    events, row = (Mornavi(Nominal(), confidence=form).certify(counts, policy) for form in ("events", "row"))
    paid = counts.reward[:, 0, 1:].mean(axis=-1)
    np.testing.assert_allclose(row.lower[:, 0, 1:], paid + row.lower[:, 1].min(axis=-1)[:, None], rtol=0, atol=1e-12)
    assert (events.upper < row.upper)[:, 0, 1:].all() and (events.lower > row.lower)[:, 0, 1:].all()
    assert (row.upper[:, 0, 0] < events.upper[:, 0, 0]).all()
