"""The search for the games that prove a floor: what it says where there is none, and when it ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mornavi_lite import MarkovGame, TotalVariation
from mornavi_lite.lower_bounds import alternatives, cutting, episodes, episodes_floor
from mornavi_lite.lower_bounds.allocation import Cut, Program, requirement
from mornavi_lite.lower_bounds.alternatives import Search
from mornavi_lite.lower_bounds.cutting import MARGIN, Cutting
from mornavi_lite.lower_bounds.known import Known, known, worst_means
from mornavi_lite.lower_bounds.tilts import nearest
from tests.lower_bounds.test_episodes import one_coin, shared


def facts_of(game: MarkovGame, radius: float = 0.0) -> Known:
    return known(game, np.full(game.reward.shape[1:], radius), None)


def search_of(facts: Known, change: float) -> Search:
    worth = float(facts.values(facts.kernel, facts.reward)[0] @ facts.initial)
    return Search(facts, worth + change, change > 0)


def test_one_step_shows_all_its_rewards_and_has_no_floor() -> None:
    parts = shared(1, 3, (2, 3), 2, 2)
    game = MarkovGame(parts.transition[:1], parts.reward[:, :1], (2, 3))
    floor = episodes_floor(game, 0.1, rounds=1)
    assert floor.episodes == floor.per_nat == 0 and floor.alternatives == ()


def test_floors_and_alternatives_print_what_they_are() -> None:
    floor = episodes_floor(one_coin(), 0.2, rounds=1)
    first = floor.alternatives[0]
    assert repr(floor).startswith(f"EpisodesFloor(episodes={floor.episodes:.6g}, per_nat={floor.per_nat:.6g}, ")
    assert repr(first) == f"Alternative(change={first.change:.6g}, weight={first.weight:.6g})"
    assert first.reward is first.game.reward and first.transition is first.game.transition


def test_a_program_without_a_solution_is_an_error() -> None:
    game = facts_of(one_coin())
    program = Program(game.kernel, game.initial, game.legal, 1)
    nothing = Cut(np.zeros(game.shape), np.ones(1, bool), False)
    with pytest.raises(RuntimeError, match=r"the linear program of the floor has no solution: .*nfeasible"):
        program.solve([nothing], [requirement(0.1, False)], 0.9)


@pytest.mark.parametrize(("change", "radius"), [(0.02, 0.0), (0.02, 0.15), (-0.02, 0.0)])
def test_values_that_no_kernel_has_make_no_alternative(change: float, radius: float) -> None:
    facts = facts_of(shared(3, 3, (2, 1, 2), 3, 3), radius)
    search, weights = search_of(facts, change), np.ones(facts.shape)
    chosen = search.descend(next(search.first_values()), weights)
    built = search.build(chosen, weights)
    assert search.possible and built is not None
    assert facts.values(*built)[0] @ facts.initial == pytest.approx(search.wanted, abs=1e-7)
    assert search.build(chosen + 500 * change, weights) is None


def test_where_another_level_of_the_ball_asks_for_more_rows_are_moved_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Downwards every level counts. One move is mostly enough, and where it is not, none is no alternative."""
    after, radius, asked = np.array([0.0, 0.4, 0.5, 1.0]), 0.2, 0
    rng = np.random.default_rng(3)
    for _ in range(40):
        kernel = rng.dirichlet(np.full(4, 0.5), size=(2, 4, 1))
        game = MarkovGame(kernel, np.zeros((1, 2, 4, 1)), (1,))
        facts = facts_of(game, radius)
        search = search_of(facts, -0.1)
        before = float(worst_means(kernel[0, 0], after, np.array([radius]))[0])
        rows = kernel[0, 0].copy()
        arguments: Any = (0, 0, after, 0.4 * before, np.ones(1))
        assert search._change(rows, *arguments)
        assert worst_means(rows, after, np.array([radius]))[0] <= 0.4 * before + 1e-12
        with monkeypatch.context() as patched:
            patched.setattr(alternatives, "_REPAIRS", 1)
            once = kernel[0, 0].copy()
            if not search._change(once, *arguments):
                asked += 1
                assert (once == kernel[0, 0]).all()
    assert 0 < asked < 40


def test_a_game_that_changes_too_little_is_no_alternative() -> None:
    facts = facts_of(one_coin())
    whole = Cutting(facts, 0.1, 0.05, MARGIN, False)
    for side in whole.sides:
        share, refutes = side.refuting(0)
        search, weights = side.search(share), np.ones(facts.shape)
        chosen = search.descend(side.own + side.starts[0] * 0.1, weights)
        assert whole._alternative(side, share, refutes, search, chosen, weights) is not None
        assert whole._alternative(side, share, refutes, search, side.own, weights) is None
        assert whole._alternative(side, share, refutes, search, side.own + (9 if side.upwards else -9), weights) is None


def test_what_would_rule_out_a_visit_that_happens_is_no_alternative() -> None:
    """A probability at the end of what a float holds would be 0 in a game where the others are likelier."""
    least = 5e-324
    kernel = np.array([[[0, 0.6, 0.4, least]], [[0, 0, 1, 0]], [[0, 0, 1, 0]], [[0, 0, 1, 0]]])
    reward = np.array([[[0.0], [1.0], [0.0], [0.0]]])
    game = MarkovGame.stationary(kernel, reward, (1,), 2, reward_range=(0, 1))
    floor = episodes_floor(game, 0.3, rounds=1)
    assert 0 < floor.episodes < np.inf
    assert all(np.isfinite(each.information).all() for each in floor.alternatives)


def test_a_search_that_gains_nothing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    solved, solve = [], Cutting.solve

    def counted(self: Cutting, found: list[cutting.Found]) -> Any:
        solved.append(len(found))
        return solve(self, found)

    monkeypatch.setattr(Cutting, "solve", counted)
    floors = [episodes_floor(one_coin(), 0.1, rounds=rounds).episodes for rounds in (1, 40)]
    assert len(solved) < 20 and floors[0] <= floors[1] * (1 + 1e-9) <= floors[0] * 1.01


def test_an_alternative_that_planning_does_not_confirm_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(episodes, "_as_game", lambda found, game, kernel: game)
    floor = episodes_floor(one_coin(), 0.1, uncertainty=TotalVariation(0.05), rounds=1)
    assert floor.episodes == 0 and floor.alternatives == ()


def test_a_root_is_near_enough_where_the_steps_run_out() -> None:
    """Rounding keeps one of these rows from its last digit for sixty steps: it is worth its target all the same."""
    p = np.tile([0.9999995926021851, 3.943767719672002e-07, 1.3019855158435399e-08, 1.1877629471953168e-12], (100, 1))
    v = np.tile([-2.604996934398944e-07, 0.6138716663808528, 1.0, 0.1498814148848802], (100, 1))
    v[:, 0] *= 1 + np.arange(100) * 1e-3
    cost, slope, q = nearest(p, v, np.zeros(100), np.ones((100, 4), bool))
    np.testing.assert_allclose(q.sum(axis=1), 1, rtol=0, atol=1e-15)
    np.testing.assert_allclose((q * v).sum(axis=1), 0, rtol=0, atol=1e-15)
    np.testing.assert_allclose(cost, (p * np.log(p / q)).sum(axis=1), rtol=0, atol=1e-15)
    assert (slope > 0).all()
