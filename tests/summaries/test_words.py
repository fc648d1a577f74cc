"""The lines of results: at most six, with the values at the start, the certificate, the sizes, where play is mixed."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from mornavi_lite import Counts, Mornavi, Nominal, Plan, Solution, TotalVariation, run, solve, zoo
from mornavi_lite.games.flows import expected_visits
from mornavi_lite.summaries import short, text_of
from mornavi_lite.uncertainty import UncertaintySet
from tests.learners.small_games import MIXED
from tests.summaries.shown import named_game


def numbers(line: str) -> list[float]:
    return [float(word) for word in re.findall(r"-?\d[\d,]*\.?\d*(?:e[+-]\d+)?", line.replace(",", ""))]


def lines_of(result: Any) -> list[str]:
    lines = repr(result).splitlines()
    assert 3 <= len(lines) <= 6 and all(0 < len(line) <= 200 for line in lines)
    return lines


@pytest.mark.parametrize("concept", ["cce", "ce", "nash"])
def test_a_solution_says_what_it_is_worth(concept: str) -> None:
    game = named_game()
    solution = solve(game, MIXED, concept)
    first, sizes, worth, gap, mixed = lines_of(solution)
    assert first.startswith(f"Solution of <i>town</i> & country: {concept}, [TotalVariation(radius=0.1, ")
    visits = expected_visits(game.transition, game.initial, solution.policy)
    n_reached = int((visits > 0).any(axis=0).sum())
    assert sizes == f"3 players, 4 steps, 5 states ({n_reached} reached), 2 x 3 x 2 actions"
    assert worth.startswith("value at the start: ") and worth.count("player") == 3
    np.testing.assert_allclose(numbers(worth)[::2], solution.value[:, 0] @ game.initial, rtol=1e-5)
    assert numbers(worth)[1::2] == [1, 2, 3]
    assert numbers(gap)[0] == pytest.approx(solution.gap, abs=1e-8)
    lottery = (solution.policy > 1e-9).sum(axis=-1) > 1
    assert numbers(mixed) == [(lottery & (visits > 0)).sum(), (visits > 0).sum()]


def test_where_a_policy_is_mixed_is_counted_where_play_gets_to() -> None:
    """Pennies in the first state only; in the second, which nothing leads to, as well."""
    game = zoo.traffic_merge()
    solution = solve(game, Nominal(), "nash")
    policy = solution.policy.copy()
    policy[0, 0] = [0.5, 0.5, 0, 0]
    policy[1, 0] = policy[0, 2] = [0.25] * 4  # never reached
    changed = Solution(policy, solution.value, solution.gap, solution.about)
    assert numbers(lines_of(changed)[-1])[0] == numbers(lines_of(solution)[-1])[0] + 1
    assert numbers(lines_of(Solution(policy, solution.value, 0.0))[-1]) == [
        ((policy > 0).sum(axis=-1) > 1).sum(),
        policy.shape[0] * policy.shape[1],
    ]


def test_a_solution_by_hand_prints_what_is_known() -> None:
    policy = np.tile(np.eye(6)[0], (2, 3, 1))
    value = np.arange(18.0).reshape(2, 3, 3)
    lines = lines_of(Solution(policy, value, 0.25))
    assert lines[:2] == ["Solution", "2 players, 2 steps, 3 states, 6 joint actions"]
    assert lines[2:4] == ["value in state 0: 0 (player 1), 9 (player 2)", "gap: 0.25"]
    assert "Plan\n" in repr(Plan(policy, value, value))
    assert lines_of(Plan(policy, value + 1, value))[3] == "certificate: 1"


def test_a_plan_and_a_history_say_their_certificates() -> None:
    game = named_game()
    history = run(Mornavi(MIXED, "ce"), game, 3000, seed=1)
    best = int(history.certificate.argmin())
    plan = history.best_plan
    bounds = [history.lower[best], history.upper[best]]
    _, _, worth, certificate, _ = lines_of(plan)
    found = numbers(worth)
    np.testing.assert_allclose(np.reshape(found, (3, 3))[:, :2].T, bounds, rtol=1e-5)
    assert numbers(certificate)[0] == pytest.approx(history.best_certificate, rel=1e-5)
    first, sizes, made, best_line, worth, mixed = lines_of(history)
    assert first.startswith("History of <i>town</i> & country: ce, ") and sizes.startswith("3 players, 4 steps, ")
    assert numbers(made) == pytest.approx([3000, history.n_plans, history.regret[-1], history.gap[-1]], rel=1e-5)
    assert numbers(best_line) == pytest.approx([best + 1, history.best_certificate, history.gap[best]], rel=1e-5)
    found = np.reshape(numbers(worth), (3, 4))
    np.testing.assert_allclose(found[:, :3].T, [history.value[best], *bounds], rtol=1e-5)
    assert mixed == lines_of(plan)[-1]


def test_before_anything_is_seen_a_plan_is_about_the_first_state() -> None:
    plan = Mornavi(TotalVariation(0.1)).plan(Counts(2, (2, 2), 3))
    assert plan.about.visits is None and plan.about.initial is None
    assert lines_of(plan)[2] == "value in state 0: 0 to 3 (player 1), 0 to 3 (player 2)"
    assert lines_of(run(Mornavi(TotalVariation(0.1)), zoo.fishing(), 1))[2].startswith("1 episode, 1 plan;")


def test_counts_say_how_much_was_tried() -> None:
    game = named_game()
    counts = Counts.for_game(game)
    policy = np.tile(np.eye(12)[3], (4, 5, 1))
    counts.add(game.play(policy, 1000, np.random.default_rng(0)), game.reward)
    first, sizes, tried, rewards = lines_of(counts)
    assert first == "Counts of <i>town</i> & country: 1,000 episodes"
    assert sizes == "3 players, 4 steps, 5 states, 2 x 3 x 2 actions"
    assert numbers(tried) == [(counts.visits > 0).sum(), counts.n_cells] and counts.n_cells < 240
    assert rewards == "rewards: deterministic, -20 to 50"
    each = Counts(2, (2, 2), 1, reward_range=[(0, 1), (-5, 5)], rewards="next_state")
    assert lines_of(each)[-1] == "rewards: next state, 0 to 1 (player 1), -5 to 5 (player 2)"
    assert lines_of(each)[0] == "Counts: 0 episodes"


def test_sets_are_told_in_a_line_that_is_the_same_everywhere() -> None:
    class Mine(UncertaintySet):
        radius = 0.0

    assert text_of(Mine()).endswith("Mine") and "0x" not in text_of(Mine())
    assert text_of([Mine(), Nominal()]).endswith("Mine, Nominal()]")
    per_row = text_of(TotalVariation(np.linspace(0, 0.5, 60).reshape(3, 4, 5)))
    assert "from 0 to 0.5" in per_row and "\n" not in per_row
    assert short("a\nb" * 50, 20) == "a ba ba ba ba ba ..." and len(short("x" * 99, 20)) == 20
