"""Stated assumptions: bounds hold with them, alone and together; they help; counts refute what is false."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from mornavi_lite import (
    ChiSquare,
    Counts,
    EpsilonGreedy,
    KullbackLeibler,
    MarkovGame,
    Mornavi,
    NashVI,
    Nominal,
    TotalVariation,
    best_response,
    evaluate,
    run,
    zoo,
)
from mornavi_lite.confidence import KnownRows, row_numbers
from mornavi_lite.contents import described
from mornavi_lite.uncertainty import sets_per_player

ROWS = ("row", "events", "chernoff", "bernstein", "hoeffding")
SETS: list[Any] = [
    Nominal(),
    TotalVariation(0.2),
    TotalVariation(0.2, shift_support=False),
    KullbackLeibler(0.2),
    ChiSquare(0.3),
    (TotalVariation(0.1), Nominal(), KullbackLeibler(0.3)),
]


def failing_game(seed: int, n_actions: tuple[int, ...] = (2, 3), by_outcome: bool = False) -> MarkovGame:
    """A random game whose kernel is the same at all steps, with few next states; the last state absorbs and pays 0.

    Rewards change from step to step.
    """
    rng, n_states, horizon, n_joint = np.random.default_rng(seed), 4, 3, math.prod(n_actions)
    kernel = rng.dirichlet(np.full(n_states, 0.5), size=(n_states, n_joint))
    kernel[rng.random(kernel.shape) < 0.4] = 0
    kernel[kernel.sum(axis=-1) == 0, 1] = 1
    kernel /= kernel.sum(axis=-1, keepdims=True)
    kernel[-1] = np.eye(n_states)[-1]
    shape = (len(n_actions), horizon, n_states, n_joint)
    reward = rng.random((*shape, n_states) if by_outcome else shape)
    reward[:, :, -1] = 0
    if by_outcome:
        reward[..., -1] = 0
    return MarkovGame(np.broadcast_to(kernel, (horizon, *kernel.shape)), reward, n_actions, initial=0)


def statements(game: MarkovGame, which: int) -> dict[str, Any]:
    """A subset of what holds, by the bits of ``which``; the support says more than it must on some rows."""
    support = game.transition > 0
    support[:, 1, :, 0] = True
    if which % 3 == 2:
        support = support[0]
    told: dict[str, Any] = {"support": support} if which & 1 else {}
    told |= {"rows": "stationary"} if which & 2 else {}
    return told | ({"fail_state": game.n_states - 1} if which & 4 else {})


def wrong_anywhere(game: MarkovGame, learner: Mornavi, seed: int, n_episodes: int) -> bool:
    """Whether any plan of a run has a bound that fails at any step and state."""
    plans = []

    class Watched(type(learner)):  # type: ignore[misc]
        def plan(self, counts: Counts) -> Any:
            plans.append(super().plan(counts))
            return plans[-1]

    watched = object.__new__(Watched)
    watched.__dict__.update(learner.__dict__)
    run(watched, game, n_episodes, seed)
    for plan in plans:
        value = evaluate(game, plan.policy, learner.uncertainty)
        deviated = np.maximum(value, best_response(game, plan.policy, learner.uncertainty))
        if (plan.upper < deviated - 1e-9).any() or (plan.lower > value + 1e-9).any():
            return True
    return False


def cases(n: int) -> list[tuple[MarkovGame, dict[str, Any], int]]:
    """Random games, statements that hold, forms and sets, all mixed."""
    found = []
    for seed in range(n):
        game = failing_game(seed, [(2, 3), (2, 2, 2), (3,)][seed % 3], by_outcome=seed % 4 == 3)
        sets = SETS[seed % 6]
        sets = tuple(sets_per_player(sets, 3))[: game.n_players] if isinstance(sets, tuple) else sets
        chosen = {"uncertainty": sets, "confidence": ROWS[seed % 5], "concept": "cce", "delta": 0.05}
        found.append((game, chosen | statements(game, 1 + seed % 7), seed))
    return found


@pytest.mark.parametrize("part", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
def test_bounds_hold_at_every_step_and_state_with_what_was_stated(part: int) -> None:
    """0 of 60 runs are wrong, with every subset of the statements."""
    mine = cases(60)[20 * part : 20 * part + 20]
    assert not [seed for game, chosen, seed in mine if wrong_anywhere(game, Mornavi(**chosen), seed, 200)]


def test_a_width_that_is_too_small_is_noticed() -> None:
    wrong = [wrong_anywhere(game, Mornavi(**chosen, scale=0.02), seed, 200) for game, chosen, seed in cases(60)[::5]]
    assert sum(wrong) >= 5


def test_a_false_statement_is_noticed() -> None:
    """Steps that differ, stated to be the same: wrong in most runs. That is what the measurement above could see."""
    wrong = 0
    for seed in range(12):
        game = zoo.garnet(3, (2, 2), 3, 2, seed)
        wrong += wrong_anywhere(game, Mornavi(TotalVariation(0.1), rows="stationary"), seed, 3000)
    assert wrong >= 6


@pytest.mark.parametrize("confidence", ROWS)
@pytest.mark.parametrize("which", range(1, 8))
def test_what_is_stated_only_narrows_the_bounds(confidence: str, which: int) -> None:
    game = failing_game(5)
    counts = Counts.for_game(game)
    everywhere = np.full(game.transition.shape[:3], 1 / 6)
    counts.add(game.play(everywhere, 400, np.random.default_rng(0)), game.reward)
    told = {"confidence": confidence} | statements(game, which)
    for sets in SETS[:5]:
        blind = Mornavi(sets, confidence=confidence).certify(counts, everywhere)
        seeing = Mornavi(sets, **told).certify(counts, everywhere)
        assert seeing.certificate() <= blind.certificate() + 1e-12
        if which == 7:
            assert seeing.certificate() < blind.certificate() - 0.05


def test_a_fail_state_is_known_before_the_first_visit() -> None:
    game = failing_game(1, by_outcome=True)
    for by_outcome in (False, True):
        game = failing_game(1, by_outcome=by_outcome)
        for confidence in (*ROWS, "bonus"):
            plan = Mornavi(TotalVariation(0.3), confidence=confidence, fail_state=3).plan(Counts.for_game(game))
            assert (plan.upper[:, :, 3] == 0).all() and (plan.lower[:, :, 3] == 0).all()
            # With shift a tenth and more of the mass lands there: (1 - (1 - rho)^(H - h)) / rho follows by itself.
            if confidence != "bonus":
                most = (1 - 0.7 ** np.arange(3, -1, -1)) / 0.3
                steps = most[1:] + 1 if by_outcome else most[:-1]
                assert (plan.upper[:, 2, :3] <= (0.7 if by_outcome else 1.0) + 1e-12).all()
                assert (plan.upper[:, 0, :3] <= steps[0] + 1e-12).all()


def test_a_row_with_one_successor_is_known_before_the_first_visit() -> None:
    """A deterministic game with its support stated: nothing but the rewards is unknown."""
    game = zoo.garnet(4, (2, 2), 3, 1, seed=0)
    counts = Counts.for_game(game)
    counts.add((game.transition * 1).astype(np.int64), game.reward)  # every cell once
    for confidence, ball in itertools.product(ROWS, SETS[:5]):
        if isinstance(ball, TotalVariation) and ball.shift_support:
            continue
        plan = Mornavi(ball, confidence=confidence, support=game).plan(counts)
        assert plan.certificate(game.initial) == pytest.approx(0, abs=1e-12)


def test_support_in_each_of_its_forms_is_the_same() -> None:
    game = zoo.garnet(4, (2, 2), 3, 2, seed=3, stationary=True)
    mask = game.transition > 0
    listed = np.argsort(~mask, axis=-1, kind="stable")[..., :2]
    forms = [game, mask, mask[0], listed, listed[0].tolist()]
    runs = [run(Mornavi(KullbackLeibler(0.1), support=each), game, 300, seed=2) for each in forms]
    for other in runs[1:]:
        assert other.upper.tobytes() == runs[0].upper.tobytes()
    assert Mornavi(Nominal(), support=mask) == Mornavi(Nominal(), support=game)
    assert hash(Mornavi(Nominal(), support=mask)) == hash(Mornavi(Nominal(), support=game))
    other = mask.copy()
    other[2, 3, 3, 0] ^= True
    assert described(Mornavi(Nominal(), support=mask)) != described(Mornavi(Nominal(), support=other))


def test_rows_by_number_are_rows_by_name_and_the_counts_are_pooled() -> None:
    game = failing_game(2)
    numbers = np.broadcast_to(np.arange(24).reshape(4, 6) * 7 - 50, (3, 4, 6))
    named, numbered = (run(Mornavi(Nominal(), rows=each), game, 500, seed=1) for each in ("stationary", numbers))
    assert named.upper.tobytes() == numbered.upper.tobytes()
    counts = named.checkpoint.counts
    for rows in ("stationary", numbers):
        known = KnownRows(counts, rows=row_numbers(rows))
        for step in range(3):
            assert (known.at(step)[0] == counts.transitions.sum(axis=0)).all()
        assert known.n_rows == 24
    halves = np.repeat(np.arange(12), 6).reshape(3, 4, 6)  # six joint actions share a row, at each step and state
    known = KnownRows(counts, rows=row_numbers(halves), fail_state=3)
    assert (known.at(1)[0][2, 4] == counts.transitions[1, 2].sum(axis=0)).all()
    assert known.n_rows == 6  # of three states, and not of the last step


def test_few_plans_with_pooled_rows() -> None:
    game, horizon = failing_game(3), 3
    history = run(Mornavi(TotalVariation(0.1), rows="stationary"), game, 10**6, seed=0)
    cells, rows = 3 * 4 * 6, 4 * 6
    assert history.n_plans <= rows * (math.floor(math.log2(horizon * 10**6)) + 1) + cells + 1


def test_pooled_rewards_would_be_wrong_and_are_not_pooled() -> None:
    """``fishing`` pays by the step: only kernels are pooled, and the bounds hold."""
    game = zoo.fishing()
    assert (game.reward != game.reward[:, :1]).any()
    history = run(Mornavi(TotalVariation(0.1), rows="stationary"), game, 2000, seed=0)
    assert (history.gap <= history.certificate + 1e-9).all()


# What counts refute


def seen_once(reward: float = 0.5) -> Counts:
    """State 0, joint action 1 at step 0 led to state 2, and from there joint action 0 to state 1."""
    counts = Counts(3, (2,), 2)
    counts.record([0, 2, 1], [1, 0], [[reward, reward]])
    return counts


@pytest.mark.parametrize("confidence", ROWS)
def test_counts_refute_what_is_false_and_name_the_cell(confidence: str) -> None:
    only = np.zeros((3, 2, 3), dtype=bool)
    only[..., 0] = True
    refuted: list[tuple[dict[str, Any], str]] = [
        ({"support": only}, "support is contradicted: at step 0, state 0, joint action 1, state 2 followed 1 times"),
        ({"fail_state": 2}, "fail_state=2 is contradicted: at step 1, joint action 0 led from it to state 1"),
        ({"min_probability": 1.0, "rows": np.zeros((2, 3, 2), dtype=int)}, "has 2 next states, at step 0, state 0"),
        ({"fail_state": 3}, "fail_state must be below n_states, 3, got 3"),
        ({"support": np.ones((4, 2, 4), dtype=bool)}, r"support must have shape .*, got \(4, 2, 4\)"),
        ({"rows": np.zeros((3, 3, 2), dtype=int)}, r"rows must have shape \(H, S, A\)"),
        ({"support": only, "fail_state": 2}, "support is contradicted|fail_state=2 is contradicted by support"),
    ]
    for told, message in refuted:
        with pytest.raises(ValueError, match=message):
            Mornavi(Nominal(), confidence=confidence, **told).plan(seen_once())


def test_pooled_supports_are_intersected() -> None:
    support = np.zeros((2, 3, 2, 3), dtype=bool)
    support[0, ..., 0], support[1, ..., 1] = True, True
    with pytest.raises(ValueError, match="nothing can follow step 0, state 0, joint action 0 and all cells"):
        Mornavi(Nominal(), support=support, rows="stationary").plan(Counts(3, (2,), 2))
    support[0] = True
    with pytest.raises(ValueError, match="support, with what is stated of cells that share a row, is contradicted"):
        Mornavi(Nominal(), support=support, rows="stationary").plan(seen_once())


def test_a_fail_state_that_pays_is_refuted() -> None:
    counts = Counts(2, (1,), 1)
    counts.record([1, 1], [0], [[0.25]])
    with pytest.raises(ValueError, match=r"joint action 0 pays player 0 there 0.25, more than 0"):
        Mornavi(Nominal(), fail_state=1).plan(counts)
    counts = Counts(2, (1,), 1, rewards="next_state")
    counts.record([0, 1], [0], [[0.25]])
    with pytest.raises(ValueError, match=r"step 0, state 0, joint action 0, the way into it pays player 0 0.25"):
        Mornavi(Nominal(), fail_state=1).plan(counts)


def test_an_episode_that_begins_elsewhere_is_refuted() -> None:
    counts = Counts(3, (1,), 1, initial=[0.5, 0.5, 0.0])
    with pytest.raises(ValueError, match=r"states\[0\] must be an initial state, \[0, 1\], got 2"):
        counts.record([2, 0], [0], [[0.0]])


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"support": np.ones((2, 2))}, r"support must have shape \(S, A, S\) or \(H, S, A, S\), got shape \(2, 2\)"),
        ({"support": np.zeros((2, 1, 2), dtype=bool)}, r"support\[0, 0\] must allow a next state"),
        ({"support": [[[2]], [[0]]]}, r"support\[0, 0, 0\] must be from 0 to 1, got 2"),
        ({"support": np.ones((2, 1, 2))}, "support must be an array of integers"),
        ({"rows": "same"}, "rows must be one of 'stationary', got 'same'"),
        ({"rows": [[1]]}, r'rows must be "stationary" or integers of shape \(H, S, A\), got shape \(1, 2\)|\(1, 1\)'),
        ({"fail_state": -1}, "fail_state must be at least 0, got -1"),
        ({"support": np.ones((2, 1, 2), dtype=bool), "confidence": "bonus"}, 'no meaning with confidence="bonus"'),
    ],
)
def test_statements_are_checked(told: dict[str, Any], message: str) -> None:
    for learner in (Mornavi, EpsilonGreedy):
        with pytest.raises((ValueError, TypeError), match=message):
            learner(Nominal(), **told)


# What they are called


def test_a_learner_says_what_it_was_given_and_nothing_if_it_was_given_nothing() -> None:
    plain = Mornavi(TotalVariation(0.1))
    assert plain.given == "" and ", support" not in repr(plain) and "rows" not in repr(plain)
    assert repr(plain) == (
        "Mornavi(uncertainty=TotalVariation(radius=0.1, shift_support=True), concept='cce', confidence='model', "
        "delta=0.05, scale=1.0, replan='doubling', min_probability=None)"
    )
    told = Mornavi(Nominal(), min_probability=0.1, support=[[[0, 1]], [[1, 1]]], rows="stationary", fail_state=1)
    assert told.given == "given: min_probability=0.1, support, rows='stationary', fail_state=1"
    assert "rows='stationary', fail_state=1" in repr(told)
    assert NashVI(rows="stationary") != NashVI() != Mornavi(Nominal())


def test_a_run_with_statements_is_taken_up() -> None:
    game = failing_game(4)
    learner = Mornavi(TotalVariation(0.1), support=game, rows="stationary", fail_state=3)
    whole, half = run(learner, game, 400, seed=3), run(learner, game, 150, seed=3)
    again = run(learner, game, 400, seed=3, resume=half)
    assert again.upper.tobytes() == whole.upper.tobytes() and again.n_plans == whole.n_plans
    with pytest.raises(ValueError, match="resume must be a run of the same learner"):
        run(Mornavi(TotalVariation(0.1), rows="stationary", fail_state=3), game, 400, resume=half)
