"""Contamination: its two linear programs, what its linearity gives, and the learner's certificate."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import linprog

from mornavi_lite import Contamination, MarkovGame, Mornavi, TotalVariation, run, solve
from mornavi_lite.sweep import Grid
from tests.learners.small_games import counts_everywhere, varied_game
from tests.uncertainty.references import random_rows


def primal(p: np.ndarray, v: np.ndarray, radius: float) -> float:
    """The lowest q . v of all distributions q of which at least (1 - radius) p is left."""
    answer = linprog(v, A_eq=[np.ones(len(p))], b_eq=[1.0], bounds=[(left, None) for left in (1 - radius) * p])
    assert answer.status == 0
    return float(answer.x @ v)


def dual(p: np.ndarray, v: np.ndarray, radius: float) -> float:
    """The highest eta + (1 - radius) p . y with eta + y(s) <= v(s) and y >= 0."""
    n = len(p)
    cost = -np.concatenate([[1.0], (1 - radius) * p])
    answer = linprog(
        cost, A_ub=np.column_stack([np.ones(n), np.eye(n)]), b_ub=v, bounds=[(None, None)] + [(0, None)] * n
    )
    assert answer.status == 0
    return -float(answer.fun)


@pytest.mark.parametrize("n_states", [1, 2, 3, 7, 40])
def test_worst_case_is_primal_and_dual(n_states: int) -> None:
    rng = np.random.default_rng(n_states)
    for radius in (0.0, 0.03, 0.3, 1.0):
        rows, values = random_rows(rng, 5, n_states)
        found = Contamination(radius).worst_case(rows, values)
        for worst, row in zip(found, rows, strict=True):
            assert worst == pytest.approx(primal(row, values, radius), abs=1e-9)  # HiGHS solves to about this
            assert worst == pytest.approx(dual(row, values, radius), abs=1e-9)  # HiGHS solves to about this


def test_divergence_is_the_smallest_part_that_must_be_anything() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        rows, _ = random_rows(rng, 2, 5)
        q, p = rows
        part = float(Contamination(0.1).divergence(q, p))
        assert (q >= (1 - part) * p - 1e-15).all()
        smaller = 1 - part * (1 - 1e-9)
        assert part == 0 or (q < smaller * p).any()
        assert TotalVariation(0.1).divergence(q, p) <= part + 1e-15


def test_mixing_rows_and_the_worst_case_change_places_as_no_other_set_does() -> None:
    rng = np.random.default_rng(2)
    rows, weights, v = rng.dirichlet(np.ones(4), 30), rng.dirichlet(np.ones(30)), rng.normal(size=4)
    for ball, apart in ((Contamination(0.3), 0.0), (TotalVariation(0.3), 1e-3)):
        joint, integrated = weights @ ball.worst_case(rows, v), ball.worst_case(weights @ rows, v)
        assert integrated <= joint + 1e-15
        assert (joint - integrated > apart) if apart else joint == pytest.approx(integrated, abs=1e-14)


def sets(game: MarkovGame) -> list[Contamination]:
    """Radii that differ by player, and for the last one by row."""
    by_row = np.random.default_rng(3).choice([0.0, 0.1, 0.6], size=game.transition.shape[:3])
    return [Contamination(0.05), Contamination(0.2), Contamination(by_row)][: game.n_players]


@pytest.mark.parametrize(("n_actions", "concept"), [((2, 3, 2), "cce"), ((3, 2), "nash"), ((2, 3, 2), "ce")])
def test_solutions_are_the_definition_on_dense_and_sparse_rows(n_actions: tuple[int, ...], concept: str) -> None:
    game = varied_game(5, n_actions)
    balls = sets(game)
    solution = solve(game, balls, concept)
    assert solution.gap <= 1e-9
    for i, ball in enumerate(balls):
        after, left = np.zeros(game.n_states), 1 - np.broadcast_to(ball.radius, game.transition.shape[:3])
        for h in reversed(range(game.horizon)):
            payoff = game.reward[i, h] + left[h] * (game.transition[h] @ after) + (1 - left[h]) * after.min()
            after = (solution.policy[h] * payoff).sum(axis=-1)
            np.testing.assert_allclose(solution.value[i, h], after, rtol=0, atol=1e-12)
    next_state = np.broadcast_to(np.arange(game.n_states), game.transition.shape)
    sparse = MarkovGame.sparse(
        next_state, game.transition, game.reward, game.n_actions, game.n_states, initial=game.initial
    )
    np.testing.assert_allclose(solve(sparse, balls, concept).value, solution.value, rtol=0, atol=1e-12)


@pytest.mark.parametrize("confidence", ["events", "row", "hoeffding"])
def test_the_learner_has_its_certificate(confidence: str) -> None:
    """Bounds hold for every plan, here and at a scale of a hundredth not."""
    broken = 0
    for seed, scale in itertools.product(range(5), (1.0, 0.01)):
        game = varied_game(seed, (2, 3, 2))
        learner = Mornavi(sets(game), confidence=confidence, scale=scale)
        history = run(learner, game, 300, seed=seed)
        wrong = (history.gap > history.certificate + 1e-9) | (history.lower > history.value + 1e-9).any(axis=1)
        assert scale < 1 or not wrong.any()
        broken += int(wrong.sum())
    assert broken > 0


def test_the_learners_lower_value_is_linear_in_the_pessimistic_one() -> None:
    """The worst case is linear in the row: the lowest is (1 - radius) times the lowest mean, plus the lowest value."""
    game = varied_game(1, (2, 2))
    counts = counts_everywhere(game, 500, seed=1)
    nominal = Mornavi(Contamination(0.0)).plan(counts)
    last_but_one = game.horizon - 2
    robust = Mornavi(Contamination(0.25)).certify(counts, nominal.policy)
    plain = Mornavi(Contamination(0.0)).certify(counts, nominal.policy)
    payoff = np.array([r[last_but_one] for r in counts.reward])
    assert payoff.shape == (2, 3, 4)
    low = plain.lower[:, last_but_one + 1].min(axis=-1)
    follow = (nominal.policy[last_but_one] * payoff).sum(axis=-1)
    known = (counts.visits[last_but_one] > 0).all(axis=-1)
    expected = follow + 0.75 * (plain.lower[:, last_but_one] - follow) + 0.25 * low[:, None]
    np.testing.assert_allclose(robust.lower[:, last_but_one, known], expected[:, known], rtol=0, atol=1e-12)


def test_sweeps_know_it_and_a_bonus_does_not() -> None:
    table = {"episodes": 10, "seeds": 1, "learner": [{"name": "Mornavi"}], "game": [{"name": "traffic_merge"}]}
    grid = Grid.of(table | {"uncertainty": [{"set": "Contamination", "radius": 0.1}]})
    assert len(grid.configurations) == 1
    with pytest.raises(TypeError, match="no bonus is known for Contamination"):
        run(Mornavi(Contamination(0.1), confidence="bonus"), varied_game(0, (2, 2)), 10)


def test_a_weight_near_the_smallest_numbers_stays_whole() -> None:
    """A part of it would have no digits, and the kernel would be outside of the set."""
    p = np.array([[5e-324, 1.0, 1e-320], [0.25, 0.5, 0.25]])
    kernel = Contamination(0.3).worst_kernel(p, [2.0, 1.0, 3.0])
    assert kernel[0].tolist() == [5e-324, 0.7 + 0.3, 1e-320]
    np.testing.assert_allclose(kernel[1], [0.175, 0.35 + 0.3, 0.175], rtol=0, atol=1e-15)
