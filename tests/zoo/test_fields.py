"""Soccer, written down again by hand: its rows, its value by linear programs, and its symmetry."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from scipy.optimize import linprog

from mornavi_lite import MarkovGame, Nominal, TotalVariation, evaluate, solve, zoo

DIRECTIONS = {"north": (-1, 0), "south": (1, 0), "east": (0, 1), "west": (0, -1), "stand": (0, 0)}


def row(game: MarkovGame, state: str, one: str, two: str) -> dict[str, float]:
    s, a = game.state(state), game.joint_action(one, two)
    found: dict[str, float] = {}
    for after, p in zip(game.next_state[0, s, a], game.probability[0, s, a], strict=True):
        if p > 0:
            found[game.state_names[after]] = float(p)
    return found


def by_hand(game: MarkovGame, height: int, width: int) -> np.ndarray:
    """The kernel (S, A, S) of one step from the rules, by rows of numbers."""
    kernel = np.zeros((game.n_states, 25, game.n_states))
    middle = {1, 2} if height == 4 else {0, 1} if height == 2 else {height // 2}
    start = [s for s in range(game.n_states) if game.initial[s] > 0]
    for s, name in enumerate(game.state_names):
        if name.endswith("scores"):
            kernel[s][:, start] = 0.5
            continue
        r1, c1, r2, c2, ball = (int(x) for x in re.findall(r"(?<=[( ])\d+(?=[,)]|$)", name))
        for a, moves in enumerate(itertools.product(DIRECTIONS.values(), repeat=2)):
            for order in ("12", "21"):
                at, has, end = {"1": (r1, c1), "2": (r2, c2)}, str(ball), ""
                for who in order:
                    other = "2" if who == "1" else "1"
                    r, c = (x + d for x, d in zip(at[who], moves[int(who) - 1], strict=True))
                    if end:
                        break
                    if (r, c) == at[other]:
                        has = other
                    elif has == who and r in middle and c == (-1 if who == "1" else width):
                        end = f"{who} scores"
                    elif 0 <= r < height and 0 <= c < width:
                        at[who] = (r, c)
                after = end or f"1 at {at['1']}, 2 at {at['2']}, ball {has}"
                kernel[s, a, game.state(after)] += 0.5
    return kernel


@pytest.mark.parametrize("height, width", [(4, 5), (2, 3), (3, 4)])
def test_every_row_is_what_the_rules_say(height: int, width: int) -> None:
    game, squares = zoo.soccer(2, height, width), height * width
    assert game.n_states == 2 * squares * (squares - 1) + 2
    assert (game.next_state is not None) == (squares > 6)  # sparse where that is smaller
    np.testing.assert_array_equal(game.transition[0], by_hand(game, height, width))
    expected = np.zeros((2, game.n_states))
    expected[:, game.state("1 scores")], expected[:, game.state("2 scores")] = (1, -1), (-1, 1)
    np.testing.assert_array_equal(game.reward[:, 0], np.broadcast_to(expected[..., None], (2, game.n_states, 25)))


def test_what_happens_before_a_goal_and_in_each_other_s_way() -> None:
    game = zoo.soccer(2)
    before_goal = "1 at (1, 0), 2 at (3, 4), ball 1"
    assert row(game, before_goal, "west", "stand") == {"1 scores": 1.0}
    beside_goal = "1 at (0, 0), 2 at (3, 4), ball 1"
    assert row(game, beside_goal, "west", "stand") == {beside_goal: 1.0}
    assert row(game, "1 at (1, 2), 2 at (1, 1), ball 1", "west", "stand") == {"1 at (1, 2), 2 at (1, 1), ball 2": 1.0}
    first = "1 at (1, 2), 2 at (1, 1), ball 1"  # who moves first decides
    assert row(game, first, "west", "south") == {
        "1 at (1, 2), 2 at (2, 1), ball 2": 0.5,
        "1 at (1, 1), 2 at (2, 1), ball 1": 0.5,
    }


def matrix_value(payoffs: np.ndarray) -> float:
    """Value of a zero-sum game to the row player, by a linear program."""
    n, m = payoffs.shape
    found = linprog(
        [0.0] * n + [-1.0],
        A_ub=np.column_stack([-payoffs.T, np.ones(m)]),
        b_ub=np.zeros(m),
        A_eq=[[1.0] * n + [0.0]],
        b_eq=[1.0],
        bounds=[(0, None)] * n + [(None, None)],
    )
    return -found.fun


def test_the_nominal_value_is_that_of_linear_programs() -> None:
    game = zoo.soccer(4, 2, 3)
    value = np.zeros(game.n_states)
    for h in reversed(range(4)):
        q = game.reward[0, h] + game.transition[h] @ value
        value = np.array([matrix_value(each.reshape(5, 5)) for each in q])
    solution = solve(game, Nominal(), "nash")
    np.testing.assert_allclose(solution.value[0, 0], value, rtol=0, atol=1e-9)
    np.testing.assert_allclose(solve(game, TotalVariation(0.0), "nash").value, solution.value, rtol=0, atol=1e-12)


def test_the_robust_value_is_that_of_loops_over_rows() -> None:
    game, radius = zoo.soccer(3, 2, 3), 0.05
    solution = solve(game, TotalVariation(radius), "nash")
    for player in (0, 1):
        value = np.zeros(game.n_states)
        for h in reversed(range(3)):
            after, value = value, np.zeros(game.n_states)
            for s, a in itertools.product(range(game.n_states), range(25)):
                # mass leaves the highest value for the lowest of all states
                p, worst, left = game.transition[h, s, a], 0.0, radius
                for z in np.argsort(-after, kind="stable"):
                    moved = min(left, p[z])
                    left -= moved
                    worst += (p[z] - moved) * after[z] + moved * after.min()
                value[s] += solution.policy[h, s, a] * (game.reward[player, h, s, a] + worst)
        np.testing.assert_allclose(solution.value[player, 0], value, rtol=0, atol=1e-12)


def test_neither_side_of_the_whole_game_is_better() -> None:
    game = zoo.soccer()
    for ball in (Nominal(), TotalVariation(0.05)):
        solution = solve(game, ball, "nash")
        first, second = solution.value[:, 0] @ game.initial
        assert solution.gap < 1e-7 and first == pytest.approx(second if ball != Nominal() else -second, abs=1e-7)
        np.testing.assert_allclose(evaluate(game, solution.policy, ball), solution.value, rtol=0, atol=1e-9)
