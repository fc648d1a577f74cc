"""Games that the measurements of chapter 12 are made with: what they are said to be, by the package's planning."""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np
import pytest

from mornavi_lite import MarkovGame, Nominal, best_response, equilibrium_gap, evaluate, solve, zoo
from tests import measurement

NOMINAL = Nominal()


@pytest.fixture
def script(request: pytest.FixtureRequest) -> ModuleType:
    return measurement(request.param)


def drawn_alone(rng: np.random.Generator, game: MarkovGame) -> np.ndarray:
    """A policy in which two players draw by themselves."""
    first, second = (rng.dirichlet(np.ones(n), size=(game.horizon, game.n_states)) for n in game.n_actions)
    return (first[..., :, None] * second[..., None, :]).reshape(game.horizon, game.n_states, -1)


@pytest.mark.parametrize("script", ["measure_general_sum"], indirect=True)
def test_every_policy_is_worth_something_else_where_interests_differ(script: ModuleType) -> None:
    rng, game = np.random.default_rng(0), zoo.safe_or_risky(rewards="opposed")
    made = script.candidates(0.2)
    assert {(about["player"], about["action"]) for about, _ in made} == {(0, None), (0, 0), (0, 1), (1, 0), (1, 1)}
    for number in [*rng.choice(len(made), 25, replace=False).tolist(), 0]:
        about, other = made[number]
        player, rise = about["player"], about["rise"]
        for _ in range(4):
            policy = drawn_alone(rng, game)
            here = evaluate(game, policy, NOMINAL)[player, 0, 0]
            if about["action"] is None:
                assert evaluate(other, policy, NOMINAL)[player, 0, 0] <= here + rise + 1e-11 < here
            else:
                assert best_response(other, policy, NOMINAL)[player, 0, 0] >= here + rise - 1e-11 > here
        seen = [(0, 0), *[(1, s) for s in np.flatnonzero(game.transition[0, 0].any(axis=0))], (2, 4)]
        assert all((game.reward[:, h, s] == other.reward[:, h, s]).all() for h, s in seen)
        assert (other.initial == game.initial).all() and (other.step_ranges == game.step_ranges).all()


@pytest.mark.parametrize("script", ["measure_regret"], indirect=True)
def test_what_is_missed_on_the_hard_game_and_when_there_is_no_gap(script: ModuleType) -> None:
    rng, more = np.random.default_rng(1), 0.1
    game = script.hard_game(3, more, best=5)  # player 1 plays its second action, player 2 its third
    assert math.isclose(solve(game, NOMINAL).value[0, 0, 0], 0.5 + more)
    for _ in range(5):
        policy = drawn_alone(rng, game)
        missed = 0.5 + more - evaluate(game, policy, NOMINAL)[:, 0, 0]
        assert np.allclose(missed, more * (1 - policy[0, 0, 5]))
        gap = max(policy[0, 0, [3, 4, 5]].sum(), policy[0, 0, [2, 5, 8]].sum()) - policy[0, 0, 5]
        assert equilibrium_gap(game, policy, NOMINAL, "cce") == pytest.approx(more * gap)
    both_miss = np.zeros((2, 3, 9))
    both_miss[..., 0] = 1
    assert equilibrium_gap(game, both_miss, NOMINAL, "nash") == pytest.approx(0, abs=1e-12)
