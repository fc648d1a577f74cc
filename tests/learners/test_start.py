"""A start that is learned: its bounds by their definition, in loops, from those at the states of the first step."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mornavi_lite import Counts, Mornavi, Nominal, Plan
from tests.confidence.test_bonuses import bonus_in_loops
from tests.learners.reference_learning import highest_mean, optimistic
from tests.learners.small_games import MIXED, varied_game

N_ACTIONS = (2, 1, 2)
RANGES = np.array([[-1.0, 3.0], [0.0, 0.5], [2.0, 2.0]])  # the last player is always paid the same


def begun(
    n_episodes: int, initial: list[float], seed: int = 0, told: list[float] | None = None, rewards: str = "random"
) -> Counts:
    """Counts of episodes that begin where chance has it, played uniformly; the start is learned."""
    game, rng = varied_game(seed, N_ACTIONS), np.random.default_rng(seed)
    counts = Counts(3, N_ACTIONS, 2, RANGES, rewards, initial=told)
    for state in rng.choice(3, size=n_episodes, p=initial):
        states, actions = [int(state)], rng.integers(4, size=2)
        for h in range(2):
            states.append(int(rng.choice(3, p=game.transition[h, states[-1], actions[h]])))
        paid = RANGES[:, :1] + np.ptp(RANGES, axis=1)[:, None] * game.reward[:, [0, 1], states[:2], actions]
        counts.record(states, actions, paid)
    return counts.with_start()


def start_in_loops(
    counts: Counts, learner: Mornavi, plan: Plan, n_rows: int, delta: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """The largest mean of the upper values over the set of one row more, the least of the lower ones, and a width."""
    seen = counts.visits[0].sum(axis=1)
    can = np.ones(3, dtype=bool) if counts.starts is None else counts.starts
    form = "row" if learner.confidence == "model" else learner.confidence
    row: Any = SimpleNamespace(confidence=form, delta=delta, scale=learner.scale, stated=not can.all())

    def highest(value: np.ndarray) -> float:
        if form == "row":
            return highest_mean(seen[can], value[can], row, n_rows)
        return float(optimistic(seen[can], value[can], row, n_rows) @ value[can])

    upper, lower, both = [], [], []
    for high, low, (least, most) in zip(plan.upper[:, 0], plan.lower[:, 0], RANGES, strict=True):
        if form != "bonus":
            upper.append(highest(high))
            lower.append(-highest(-low))
            both.append(min(highest(high - low), upper[-1] - lower[-1]))
            continue
        units, times, p = (most - least) or 1.0, max(seen.sum(), 1), seen / max(seen.sum(), 1)
        term = math.log(2 * n_rows * times * (times + 1) / delta)
        width = units * learner.scale * bonus_in_loops(
            Nominal(), p, times, high / units, low / units, term, 2, times, learner.min_probability
        )  # fmt: skip
        upper.append(min(p @ high + width, high.max()) if seen.any() else high.max())
        lower.append(max(p @ low - width, low.min()) if seen.any() else low.min())
        both.append(upper[-1] - lower[-1])
    return np.array(upper), np.array(lower), max(both)


CASES = [(0, 1.0, None), (1, 0.0, None), (40, 1.0, None), (400, 0.5, None), (200, 1.0, [0.5, 0, 0.5])]


@pytest.mark.parametrize(("n_episodes", "scale", "told"), CASES)
@pytest.mark.parametrize(
    ("confidence", "rewards"),
    [
        ("model", "random"),
        ("row", "deterministic"),
        ("events", "random"),
        ("events", "deterministic"),
        ("bernstein", "deterministic"),
        ("bonus", "random"),
        ("bonus", "deterministic"),
    ],
)
def test_bounds_at_a_learned_start_are_their_definition(
    confidence: str, rewards: str, n_episodes: int, scale: float, told: list[float] | None
) -> None:
    """One row more shares delta, of which random rewards take half; no other statement is about the start."""
    counts = begun(n_episodes, [0.7, 0.0, 0.3], n_episodes, told, rewards)
    learner = Mornavi(MIXED, "cce", confidence, 0.1, 0.01 * scale if confidence == "bonus" else scale)
    plan = learner.certify(counts, np.full((2, 3, 4), 0.25))
    by_rows = confidence in ("model", "row")  # the kernels of the last step do not count, nor those of no start
    n_rows = (24 if not by_rows else 4 * (3 if told is None else 2)) + 1
    upper, lower, certificate = start_in_loops(counts, learner, plan, n_rows, 0.05 if rewards == "random" else 0.1)
    assert plan.start is not None
    np.testing.assert_allclose(plan.start.upper, upper, rtol=0, atol=1e-7)
    np.testing.assert_allclose(plan.start.lower, lower, rtol=0, atol=1e-7)
    assert plan.start.certificate == pytest.approx(certificate, abs=1e-7) == plan.certificate()
    assert plan.certificate() == 8.0 if n_episodes == 0 else plan.certificate() < 8.0  # twice a reward from -1 to 3
    assert learner.certify(counts.with_start([0.5, 0, 0.5]), plan.policy).start is None


def test_a_start_that_nobody_saw_may_be_anywhere_for_a_bonus_too() -> None:
    """Without data only the fail state is worth less than all others, so the uniform mean would be too little."""
    counts = begun(0, [1.0, 0.0, 0.0])
    plan = Mornavi(MIXED, "cce", "bonus", scale=0.0, fail_state=2).certify(counts, np.full((2, 3, 4), 0.25))
    high, low = plan.upper[:, 0], plan.lower[:, 0]
    assert plan.start is not None and high[0].mean() < high[0].max() - 0.5
    assert (plan.start.upper == high.max(axis=1)).all() and (plan.start.lower == low.min(axis=1)).all()


def test_a_smallest_probability_of_the_kernel_says_nothing_of_the_start() -> None:
    counts = begun(400, [0.97, 0.0, 0.03], 5)
    found = []
    for least in (None, 0.1):  # the start has smaller ones, and so was the row with its state 1 never seen
        learner = Mornavi(MIXED, "cce", "row", min_probability=least)
        found.append(learner.certify(counts, np.full((2, 3, 4), 0.25)))
    assert found[1].start is not None and found[1].upper.sum() < found[0].upper.sum()
    upper, lower, certificate = start_in_loops(counts, learner, found[1], 13, 0.025)
    np.testing.assert_allclose(found[1].start.upper, upper, rtol=0, atol=1e-7)
    np.testing.assert_allclose(found[1].start.lower, lower, rtol=0, atol=1e-7)
    assert found[1].start.certificate == pytest.approx(certificate, abs=1e-7)
