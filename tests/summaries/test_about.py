"""What a result remembers: copied, stored and read back; and the action that is drawn by it."""

from __future__ import annotations

import copy
import math
import pickle
from functools import cache
from typing import Any

import numpy as np
import pytest

from mornavi_lite import MarkovGame, Mornavi, Nominal, Plan, Solution, TotalVariation, run, solve
from mornavi_lite.summaries import About
from tests.learners.small_games import MIXED
from tests.summaries.shown import named_game


@cache
def results() -> list[Any]:
    game = named_game()
    history = run(Mornavi(MIXED), game, 500)
    return [solve(game, MIXED), history.best_plan, history.checkpoint.plan]


def test_results_are_tuples_of_three_that_copies_keep_whole() -> None:
    for result in results():
        first, second, third = result
        assert isinstance(result, tuple) and len(result) == 3 and result == (first, second, third)
        assert list(result._asdict()) == list(result._fields)
        for again in (copy.copy(result), copy.deepcopy(result), pickle.loads(pickle.dumps(result))):
            assert type(again) is type(result) and again.about == result.about and repr(again) == repr(result)
            assert all(np.array_equal(a, b) for a, b in zip(again, result, strict=True))
        bare = result._replace(policy=result.policy)
        assert bare.about == About() and bare.policy is result.policy  # whose visits these were is not known


def test_parts_are_all_that_is_known() -> None:
    for about in [*(each.about for each in results()), About(), About(n_actions=(2, 3), concept="ce")]:
        parts = about.parts()
        assert all(each.dtype.kind in "fiU" for each in parts.values())
        again = About.from_parts(parts, (4, 5, math.prod(about.n_actions) if about.n_actions else 12))
        assert again == about and hash(again) == hash(about)
        assert again.state_names == about.state_names and again.action_names == about.action_names


def test_an_action_is_drawn_from_the_policy() -> None:
    """10,000 draws against the row, for each result; a state by its name draws the same as by its index."""
    game = named_game()
    row = np.array([0.0, 0.5, 0.0, 0.2, 0.0, 0.0, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0])
    for result in results():
        policy = result.policy.copy()
        policy[2, 3] = row
        mixed = type(result)(policy, *result[1:], result.about)
        rng, other = np.random.default_rng(1), np.random.default_rng(1)
        drawn = [mixed.act(2, 3, rng) for _ in range(10_000)]
        assert all(type(a) is int for a in drawn)
        share = np.bincount(drawn, minlength=12) / 10_000
        assert (np.abs(share - row) <= 5 * np.sqrt(row * (1 - row) / 10_000)).all()
        assert [mixed.act(np.int64(2), game.state_names[3], other) for _ in range(50)] == drawn[:50]


def test_labels_of_a_game_from_a_function_name_its_states() -> None:
    def step(place: tuple[int, bool], moves: tuple[int]) -> Any:
        yield 1.0, ((place[0] + moves[0]) % 3, not place[1]), (float(place[0]),)

    game = MarkovGame.from_step(step, [(0, 1)], horizon=3, initial=(0, True), reward_range=(0, 2))
    solution, rng = solve(game, Nominal()), np.random.default_rng(0)
    for label in [(0, True), (1, False), "(2, True)"]:
        assert solution.act(0, label, rng) == solution.policy[0, game.state(label)].argmax()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"h": 4}, "h must be from 0 to 3, got 4"),
        ({"h": -1}, "h must be from 0 to 3, got -1"),
        ({"h": 0.0}, "h must be an integer"),
        ({"state": 5}, "state must be from 0 to 4, got 5"),
        ({"state": -1}, "state must be from 0 to 4, got -1"),
        ({"state": "work"}, "state must be an index from 0 to 4, or one of '<b>home</b>', .*; got 'work'"),
        ({"state": 1.0}, r"state must be .*; got 1\.0"),
        ({"state": None}, "state must be .*; got None"),
        ({"state": True}, "state must be .*; got True"),
        ({"rng": 0}, "rng must be a numpy.random.Generator, got int"),
        ({"rng": np.random.RandomState(0)}, "rng must be a numpy.random.Generator, got RandomState"),
    ],
)
def test_what_cannot_be_played_is_named(change: dict[str, Any], message: str) -> None:
    good = {"h": 0, "state": 0, "rng": np.random.default_rng(0)}
    for result in results()[:2]:
        with pytest.raises((ValueError, TypeError), match=message):
            result.act(**good | change)


def test_what_was_made_by_hand_is_played_by_index() -> None:
    policy = np.tile(np.eye(4)[2], (2, 3, 1))
    rng = np.random.default_rng(0)
    for result in (Solution(policy, np.zeros((2, 3, 3)), 0.0), Plan(policy, *np.zeros((2, 2, 3, 3)))):
        assert result.act(1, 2, rng) == 2
        with pytest.raises(ValueError, match="an index from 0 to 2; no names are known; got 'home'"):
            result.act(1, "home", rng)
    wrong = Solution(policy * 2, np.zeros((2, 3, 3)), 0.0)
    with pytest.raises(ValueError, match=r"policy\[1, 2\] must sum to 1, got 2"):
        wrong.act(1, 2, rng)


def test_a_set_per_player_and_its_radius_are_told() -> None:
    solution = solve(named_game(), [TotalVariation(0.1), TotalVariation(0.2), Nominal()])
    assert solution.about.uncertainty.count("TotalVariation") == 2 and "0.2" in solution.about.uncertainty
