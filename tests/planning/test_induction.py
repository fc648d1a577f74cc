"""Planning against its definitions: loops, linear programs, exact fractions and the reductions."""

from __future__ import annotations

import itertools
import sys
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mornavi_lite import (
    ChiSquare,
    KullbackLeibler,
    MarkovGame,
    Nominal,
    Solution,
    TotalVariation,
    best_response,
    deviation_gain,
    equilibrium_gap,
    evaluate,
    solve,
    solve_stage,
    zoo,
)
from mornavi_lite.planning import Uncertainty, aggregate, induction, solve_aggregated
from mornavi_lite.planning.induction import certified
from tests.uncertainty.references import tv_programs

CONCEPTS = ("nash", "ce", "cce")
THREE_SETS = (TotalVariation(0.1), KullbackLeibler(0.3), ChiSquare(0.05))


def random_game(seed: int, n_actions: tuple[int, ...] = (2, 3, 2), n_states: int = 4, horizon: int = 3) -> MarkovGame:
    """Not symmetric, not square, sparse, different at each step."""
    rng = np.random.default_rng(seed)
    n_joint = int(np.prod(n_actions))
    transition = rng.dirichlet(np.full(n_states, 0.4), size=(horizon, n_states, n_joint))
    initial = rng.dirichlet(np.ones(n_states))
    return MarkovGame(transition, rng.random((len(n_actions), horizon, n_states, n_joint)), n_actions, initial)


def random_policy(game: MarkovGame, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(game.n_joint_actions, 0.5), size=(game.horizon, game.n_states))


def worst(p: np.ndarray, v: np.ndarray, ball: object) -> np.ndarray:
    """Of rows (R, S) TV by a linear program; the others by the set itself, which tests/uncertainty checks."""
    return worst_of(p.tobytes(), v.tobytes(), ball)


@cache
def worst_of(rows: bytes, values: bytes, ball: object) -> np.ndarray:
    """Rows with their values come again, at the last step above all, with each concept and each deviation."""
    v = np.frombuffer(values)
    p = np.frombuffer(rows).reshape(-1, len(v))
    if not isinstance(ball, TotalVariation):
        return ball.worst_case(p, v)  # type: ignore[attr-defined]
    return tv_programs(p, np.tile(v, (len(p), 1)), np.full(len(p), ball.radius), ball.shift_support)


def by_definition(game: MarkovGame, policy: np.ndarray, sets: tuple, kind: str) -> np.ndarray:
    """Values of the policy, or of the best deviation, by loops over everything and every deviation."""
    value = np.zeros((game.n_players, game.horizon + 1, game.n_states))
    joint = list(itertools.product(*map(range, game.n_actions)))
    for i, h in itertools.product(range(game.n_players), reversed(range(game.horizon))):
        follow = worst(game.transition[h].reshape(-1, game.n_states), value[i, h + 1], sets[i])
        for s, q in enumerate(game.reward[i, h] + follow.reshape(game.n_states, -1)):
            own = range(game.n_actions[i])
            if kind == "value":
                deviations = [own]
            elif kind == "ce":  # every map from the recommended action to the action played
                deviations = list(itertools.product(own, repeat=game.n_actions[i]))
            else:
                deviations = [(a,) * game.n_actions[i] for a in own]
            value[i, h, s] = max(
                sum(
                    policy[h, s, k] * q[joint.index((*told[:i], swap[told[i]], *told[i + 1 :]))]
                    for k, told in enumerate(joint)
                )
                for swap in deviations
            )
    return value


@pytest.mark.parametrize("sets", [THREE_SETS, (TotalVariation(0.2, shift_support=False),) * 3, (Nominal(),) * 3])
def test_values_and_gaps_are_their_definitions(sets: tuple) -> None:
    game = random_game(1)
    policy = random_policy(game, 2)
    value = by_definition(game, policy, sets, "value")
    np.testing.assert_allclose(evaluate(game, policy, sets), value, rtol=0, atol=1e-11)
    np.testing.assert_allclose(best_response(game, policy, sets), by_definition(game, policy, sets, "cce"), atol=1e-11)
    for concept in ("ce", "cce"):
        gains = (by_definition(game, policy, sets, concept) - value)[:, 0] @ game.initial
        assert equilibrium_gap(game, policy, sets, concept) == pytest.approx(max(0, gains.max()), abs=1e-11)


@pytest.mark.parametrize("concept", CONCEPTS)
@pytest.mark.parametrize("n_actions", [(2, 3), (3, 1), (4,), (1, 1)])
@pytest.mark.parametrize("kind", ["tv", "in support", "kl", "chi", "mixed"])
def test_solve_returns_an_equilibrium(concept: str, n_actions: tuple[int, ...], kind: str) -> None:
    for seed in range(2):
        game = random_game(seed, n_actions)
        m = game.n_players
        sets = {
            "tv": [TotalVariation(0.15)] * m,
            "in support": [TotalVariation(0.15, shift_support=False)] * m,
            "kl": [KullbackLeibler(0.2)] * m,
            "chi": [ChiSquare(0.2)] * m,
            "mixed": list(THREE_SETS[:m]),
        }[kind]
        solution = solve(game, sets, concept)
        assert isinstance(solution, Solution)
        game.check_policy(solution.policy)
        value = by_definition(game, solution.policy, tuple(sets), "value")
        np.testing.assert_allclose(solution.value, value, rtol=0, atol=1e-11)
        deviation = by_definition(game, solution.policy, tuple(sets), "ce" if concept == "ce" else "cce")
        assert ((deviation - value)[:, 0] @ game.initial).max() <= 1e-9 * game.horizon + 1e-11
        assert 0 <= solution.gap <= 1e-8
        assert solution.gap == equilibrium_gap(game, solution.policy, sets, concept)


@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_three_players_with_a_set_each(concept: str) -> None:
    game = random_game(5)
    solution = solve(game, THREE_SETS, concept)
    assert solution.gap <= 1e-8
    deviation = by_definition(game, solution.policy, THREE_SETS, concept)
    assert ((deviation - by_definition(game, solution.policy, THREE_SETS, "value"))[:, 0]).max() <= 1e-8


def test_a_two_state_two_step_game_by_hand() -> None:
    """Exact fractions. One player moves probability, one does not; radii 1/4 and 1/10, TV.

    State 0 pays (1/2, 1/4), state 1 pays nothing. Action a of player 0 keeps state 0 with probability 3/4, action b
    with 1/2; player 1 adds 1/8 by action b, at a cost of 1/8 of its reward at the first step.
    """
    keep = {(0, 0): Fraction(3, 4), (0, 1): Fraction(7, 8), (1, 0): Fraction(1, 2), (1, 1): Fraction(5, 8)}
    transition, reward = np.zeros((2, 2, 4, 2)), np.zeros((2, 2, 2, 4))
    for k, (first, second) in enumerate(keep):
        transition[:, 0, k] = [float(keep[first, second]), float(1 - keep[first, second])]
        transition[:, 1, k] = [0, 1]
        reward[0, :, 0, k] = 0.5
        reward[1, 0, 0, k] = 0.25 - 0.125 * second
        reward[1, 1, 0, k] = 0.25
    game = MarkovGame(transition, reward, (2, 2))
    sets = [TotalVariation(0.25), TotalVariation(0.1)]
    # Step 1: nothing follows, so the values of state 0 are 1/2 and 1/4. Step 0: the worst case keeps less, and
    # state 1 is worth 0.
    for k, (pair, kept) in enumerate(keep.items()):
        policy = np.zeros((2, 2, 4))
        policy[:, :, k] = 1
        by_hand = (
            Fraction(1, 2) + (kept - Fraction(1, 4)) * Fraction(1, 2),
            Fraction(1, 4) - Fraction(pair[1], 8) + (kept - Fraction(1, 10)) * Fraction(1, 4),
        )
        value = evaluate(game, policy, sets)
        np.testing.assert_allclose(value[:, 0, 0], [float(x) for x in by_hand], rtol=0, atol=1e-15)
        # Player 0 can gain 1/4 * 1/2 by action a; player 1 gains 1/8 - 1/8 * 1/4 by action a.
        gain = max(Fraction(1, 8) if pair[0] == 1 else 0, Fraction(3, 32) if pair[1] == 1 else 0)
        assert equilibrium_gap(game, policy, sets, "nash") == pytest.approx(float(gain), abs=1e-15)
    solution = solve(game, sets)
    assert solution.policy[0, 0].tolist() == [1, 0, 0, 0]
    np.testing.assert_allclose(solution.value[:, 0, 0], [0.75, 0.25 + 0.65 * 0.25], rtol=0, atol=1e-15)


@pytest.mark.parametrize("radius", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("theta", [0, 1])
def test_support_shift_has_the_published_value(theta: int, radius: float) -> None:
    """Example 3.1 of Lu et al. (2024): V* = 3 - 3 rho + rho p."""
    solution = solve(zoo.support_shift(theta, p=0.9, q=0.4), TotalVariation(radius))
    assert solution.value[0, 0, 0] == pytest.approx(3 - 3 * radius + radius * 0.9, abs=1e-12)


def test_a_robust_constant_sum_game_is_general_sum() -> None:
    """Each player faces its own worst kernel: the values add up to no more than H - h, here to strictly less."""
    rng = np.random.default_rng(0)
    first = rng.random((3, 4, 4))
    game = MarkovGame(rng.dirichlet(np.ones(4), (3, 4, 4)), np.stack([first, 1 - first]), (2, 2))
    steps_left = np.arange(3, -1, -1)[:, None]
    nominal = solve(game, Nominal(), "nash").value.sum(axis=0)
    np.testing.assert_allclose(nominal, np.broadcast_to(steps_left, (4, 4)), rtol=0, atol=1e-9)
    robust = solve(game, TotalVariation(0.1), "nash").value.sum(axis=0)
    assert (robust <= steps_left + 1e-12).all() and (robust[0] < 3 - 0.05).all()


@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_by_welfare_every_stage_has_the_highest_total(concept: str) -> None:
    # A first state in which a game of chicken is played, and the choice made there leads to other random games.
    random = random_game(4, n_actions=(2, 2), n_states=5)
    reward = random.reward.copy()
    reward[:, :, 0] = np.array([[6, 2, 7, 0], [6, 7, 2, 0]])[:, None] / 7
    game, sets = MarkovGame(random.transition, reward, (2, 2)), [TotalVariation(0.1), ChiSquare(0.3)]
    solution = solve(game, sets, concept, select="welfare")
    assert solution.gap <= 1e-9 and equilibrium_gap(game, solution.policy, sets, concept) == solution.gap
    payoffs = np.moveaxis(game.reward[:, -1], 0, 1)
    last = solve_stage(payoffs, (2, 2), concept, select="welfare")
    assert solution.policy[-1].tobytes() == last.tobytes()
    assert solution.value[:, -2, 0].sum() == pytest.approx(10.5 / 7, abs=1e-9)
    assert solve(game, sets, concept).value[:, -2, 0].sum() == pytest.approx(9 / 7, abs=1e-9)
    with pytest.raises(ValueError, match="select must be 'pure' for concept 'nash'"):
        solve(game, sets, "nash", select="welfare")


def test_horizon_one_is_the_stage_game() -> None:
    game = random_game(3, n_actions=(3, 2), horizon=1)
    for concept in CONCEPTS:
        solution = solve(game, TotalVariation(0.3), concept)
        expected = solve_stage(np.moveaxis(game.reward[:, 0], 0, 1), (3, 2), concept)
        assert solution.policy[0].tobytes() == expected.tobytes()
        gains = deviation_gain(np.moveaxis(game.reward[:, 0], 0, 1), expected, (3, 2), concept)
        assert solution.gap <= gains.max() + 1e-15


def test_one_player_is_a_robust_decision_process() -> None:
    """Maximise over actions at every step: the standard robust Bellman recursion, in loops."""
    game, ball = random_game(4, n_actions=(5,)), KullbackLeibler(0.2)
    value = np.zeros(game.n_states)
    for h in reversed(range(game.horizon)):
        value = np.array(
            [
                max(game.reward[0, h, s, a] + ball.worst_case(game.transition[h, s, a], value) for a in range(5))
                for s in range(game.n_states)
            ]
        )
    for concept in CONCEPTS:
        np.testing.assert_allclose(solve(game, ball, concept).value[0, 0], value, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", [TotalVariation, KullbackLeibler, ChiSquare])
def test_radius_zero_is_the_ordinary_game_to_the_byte(kind: type) -> None:
    game = random_game(6, n_actions=(2, 3))
    for concept in CONCEPTS:
        robust, ordinary = solve(game, kind(0), concept), solve(game, Nominal(), concept)
        assert robust.policy.tobytes() == ordinary.policy.tobytes()
        assert robust.value.tobytes() == ordinary.value.tobytes()


def test_a_shared_reward_gives_the_best_robust_value() -> None:
    """In a common-interest game the rule (highest total payoff) must find the best policy of all."""
    rng = np.random.default_rng(9)
    shared = rng.random((2, 3, 4))
    game = MarkovGame(rng.dirichlet(np.ones(3), (2, 3, 4)), np.stack([shared, shared]), (2, 2))
    alone = MarkovGame(game.transition, shared[None], (4,))
    ball = TotalVariation(0.1)
    for concept in ("ce", "cce", "nash"):
        np.testing.assert_allclose(solve(game, ball, concept).value[0], solve(alone, ball).value[0], rtol=0, atol=1e-12)


@given(st.integers(0, 10**6), st.sampled_from([TotalVariation(0.2), KullbackLeibler(0.1), ChiSquare(0.3)]))
@settings(max_examples=25, deadline=None)
def test_relabelling_states_actions_and_players(seed: int, ball: Uncertainty) -> None:
    game = random_game(seed, n_actions=(2, 3), n_states=3, horizon=2)
    policy = random_policy(game, seed)
    rng = np.random.default_rng(seed)
    states, actions = rng.permutation(3), rng.permutation(6)
    # Players change places: joint actions are reordered as (a2, a1).
    swapped = np.arange(6).reshape(2, 3).T.ravel()
    kernel = game.transition[:, states][..., states][:, :, swapped]
    reward = game.reward[::-1][:, :, states][..., swapped]
    other = MarkovGame(kernel, reward, (3, 2), game.initial[states])
    value = evaluate(other, policy[:, states][..., swapped], ball)
    np.testing.assert_allclose(value, evaluate(game, policy, ball)[::-1][:, :, states], rtol=0, atol=1e-10)
    for concept in ("ce", "cce"):
        there = equilibrium_gap(other, policy[:, states][..., swapped], ball, concept)
        assert there == pytest.approx(equilibrium_gap(game, policy, ball, concept), abs=1e-10)
    alone = MarkovGame(game.transition[:, :, actions], game.reward[:1][..., actions], (6,))
    before = MarkovGame(game.transition, game.reward[:1], (6,))
    np.testing.assert_allclose(solve(alone, ball).value, solve(before, ball).value, rtol=0, atol=1e-10)


def test_values_fall_with_the_radius() -> None:
    game = random_game(7)
    policy = random_policy(game, 7)
    for kind in (TotalVariation, KullbackLeibler, ChiSquare):
        values = np.stack([evaluate(game, policy, kind(radius)) for radius in np.linspace(0, 1, 9)])
        assert (np.diff(values, axis=0) <= 1e-12).all()
        assert (values >= -1e-12).all() and (values <= game.horizon).all()


def test_the_gap_is_never_negative_and_nash_names_a_correlated_row() -> None:
    """Chicken with a fair coin for who goes first: deviating loses the coordination."""
    chicken = np.array([[[0.6, 0.2, 1.0, 0.0]], [[0.6, 1.0, 0.2, 0.0]]])
    game = MarkovGame.stationary(np.ones((1, 4, 1)), chicken, (2, 2), horizon=2)
    policy = np.zeros((2, 1, 4))
    policy[:, :, 1:3] = 0.5
    deviation, value = best_response(game, policy, Nominal()), evaluate(game, policy, Nominal())
    assert (deviation[:, 0] < value[:, 0]).all()
    assert equilibrium_gap(game, policy, Nominal(), "cce") == 0.0
    policy[0, 0] = [1, 0, 0, 0]
    with pytest.raises(ValueError, match=r"policy\[1, 0\] must be a product of its marginals"):
        equilibrium_gap(game, policy, Nominal(), "nash")


def test_arguments_are_checked() -> None:
    game = random_game(0)
    policy = random_policy(game, 0)
    cases = [
        (lambda: evaluate(game.transition, policy, Nominal()), "game must be a MarkovGame, got ndarray"),  # type: ignore[arg-type]
        (lambda: evaluate(game, policy[:2], Nominal()), r"policy must have shape \(H, S, A\)"),
        (lambda: evaluate(game, policy * 1.1, Nominal()), r"policy\[0, 0\] must sum to 1"),
        (lambda: best_response(game, -policy, Nominal()), r"policy\[0, 0, 0\] must not be negative"),
        (lambda: evaluate(game, policy, [Nominal()] * 2), "one set per player, 3, got 2"),
        (lambda: evaluate(game, policy, 0.1), "uncertainty must be an uncertainty set"),  # type: ignore[arg-type]
        (lambda: equilibrium_gap(game, policy, Nominal(), "Nash"), "concept must be one of 'nash', 'ce', 'cce'"),
        (lambda: solve(game, Nominal(), None), "concept must be one of"),  # type: ignore[arg-type]
    ]
    for call, message in cases:
        with pytest.raises((ValueError, TypeError), match=message):
            call()


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("mornavi_lite.linear.game", "; what solves it is in mornavi_lite.linear"),
        ("mornavi_lite", ""),
        ("other.linear.game", ""),
        ("other", ""),
    ],
)
def test_a_game_of_another_room_is_told_where_it_is_solved(module: str, said: str) -> None:
    other = type("Other", (), {"__module__": module})()
    with pytest.raises(TypeError) as caught:
        solve(other, Nominal())
    assert str(caught.value) == "game must be a MarkovGame, got Other" + said


def test_a_policy_with_a_gap_above_rounding_is_no_solution() -> None:
    """Rounding is 1e-8 of what rewards range over, in powers of two, at each of four steps."""
    for low, high, unit in ((0, 1, 1), (-300, 700, 1024), (0, 2.0**-20, 2.0**-20)):
        game = MarkovGame(np.ones((4, 1, 2, 1)), np.full((1, 4, 1, 2), low), (2,), reward_range=(low, high))
        most = 1e-8 * 4 * unit
        assert certified(most, game) == most and certified(0.0, game) == 0.0
        with pytest.raises(RuntimeError, match=r"the policy found has a gap of .*: not certified as an equilibrium"):
            certified(np.nextafter(most, 1), game)


def test_a_stage_that_is_not_solved_is_named_by_its_step(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = []

    def unsolved(payoffs: np.ndarray, *rule: Any) -> np.ndarray:
        steps.append(len(payoffs))
        if len(steps) == 2:
            raise RuntimeError("payoffs[3]: none was found")
        return np.eye(4)[np.zeros(len(payoffs), dtype=int)]

    for module in (induction, aggregate):
        monkeypatch.setattr(module, "solve_stage_unchecked", unsolved)
    game = random_game(2, n_actions=(2, 2))
    with pytest.raises(RuntimeError, match=r"^step 1, stage games by state: payoffs\[3\]: none was found$"):
        solve(game, Nominal())
    steps.clear()
    with pytest.raises(RuntimeError, match=r"^step 1, stage games by group: payoffs\[3\]: none was found$"):
        solve_aggregated(game, np.arange(game.n_states), Nominal())


def test_steps_are_shown_on_request(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    game = random_game(2, n_actions=(2, 2))
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)  # a line instead of a bar
    monkeypatch.setattr("mornavi_lite.progress._PAUSE", 0.0)
    solve(game, Nominal())
    assert capsys.readouterr() == ("", "")
    solve(game, Nominal(), progress=True)
    shown = [line.strip() for line in capsys.readouterr().err.split("\r")]
    assert shown == ["", *(f"{k} of 3 steps" for k in (0, 1, 2, 3, 3))]


def test_nothing_is_written_to_and_the_same_call_gives_the_same_bytes() -> None:
    game = random_game(2, n_actions=(3, 2))
    policy = random_policy(game, 1)
    policy.setflags(write=False)
    assert evaluate(game, policy, THREE_SETS[:2]).tobytes() == evaluate(game, policy, THREE_SETS[:2]).tobytes()
    first, second = solve(game, THREE_SETS[:2]), solve(game, THREE_SETS[:2])
    assert first.policy.tobytes() == second.policy.tobytes() and first.gap == second.gap
