"""Exactly how often a certificate is ever wrong: the law of what is seen, visit by visit, and each plan's bounds.

A game of one player, one row and two or three states that pay differently has counts few enough to list. For each of
them the learner's bounds are compared with the true robust value; what has failed is taken out of the law.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from mornavi_lite import Counts, KullbackLeibler, MarkovGame, Mornavi, TotalVariation, evaluate
from mornavi_lite.confidence import ConfidenceSet
from mornavi_lite.confidence.raised import budget
from tests.fuzz.subjects import SUBJECTS


def one_row(p: list[float], pays: list[float]) -> MarkovGame:
    """From state 0 somewhere by p; what is paid is paid there."""
    n = len(p)
    stay = np.broadcast_to(np.eye(n)[:, None], (n, 1, n))
    first = np.broadcast_to(np.array(p), (n, 1, n))
    reward = np.zeros((1, 2, n, 1))
    reward[0, 1, :, 0] = pays
    return MarkovGame(np.stack([first, stay]), reward, (1,))


def ever_wrong(game: MarkovGame, learner: Mornavi, longest: int) -> float:
    """Probability that at some time the value is outside the bounds of the plan of that time."""
    p, policy = game.transition[0, 0, 0], np.ones((2, game.n_states, 1))
    true = evaluate(game, policy, learner.uncertainty)[0, 0, 0]
    law, failed = {(0,) * len(p): 1.0}, 0.0
    for _ in range(longest):
        after: dict[tuple[int, ...], float] = {}
        for seen, chance in law.items():
            for s in np.flatnonzero(p).tolist():
                new = (*seen[:s], seen[s] + 1, *seen[s + 1 :])
                after[new] = after.get(new, 0.0) + chance * float(p[s])
        law = {}
        for seen, chance in after.items():
            played = np.zeros(game.transition.shape, dtype=np.int64)
            played[0, 0, 0] = seen
            played[1, range(len(p)), 0, range(len(p))] = seen
            counts = Counts.for_game(game)
            counts.add(played, game.reward)
            plan = learner.certify(counts, policy)
            if plan.lower[0, 0, 0] - 1e-12 <= true <= plan.upper[0, 0, 0] + 1e-12:
                law[seen] = chance
            else:
                failed += chance
    return failed


@pytest.mark.parametrize("delta", [0.05, 0.5, 0.9])
def test_two_outcomes_and_rewards_that_an_adversary_chose(delta: float) -> None:
    """The coins and payments at which a bound fails most often, of those tried, fail less often than delta."""
    learner = Mornavi(TotalVariation(0.1), delta=delta)
    cases = [([1 - p, p], pays) for p in (0.04, 0.5) for pays in ([0.0, 1.0], [1.0, 0.0])]
    assert max(ever_wrong(one_row(*case), learner, 20) for case in cases) <= delta


def test_the_law_can_see_bounds_that_are_too_narrow() -> None:
    narrow = Mornavi(TotalVariation(0.1), delta=0.5, scale=0.05)
    assert ever_wrong(one_row([0.5, 0.5], [0.0, 1.0]), narrow, 20) > 0.5


@pytest.mark.slow
@pytest.mark.parametrize("delta", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("confidence", ["model", "events", "chernoff", "bernstein", "hoeffding"])
def test_two_and_three_outcomes_of_every_form(confidence: str, delta: float) -> None:
    learner = Mornavi(KullbackLeibler(0.05), confidence=confidence, delta=delta)
    for p, longest in (([0.9, 0.1], 40), ([1 / 3, 1 / 3, 1 / 3], 9), ([0.8, 0.15, 0.05], 9)):
        for pays in itertools.product([0.0, 1.0], repeat=len(p)):
            assert ever_wrong(one_row(p, list(pays)), learner, longest) <= delta


@pytest.mark.parametrize("n_states", [2, 3, 6])
def test_rows_on_the_boundary_of_the_set_are_between_its_two_tails(n_states: int) -> None:
    """Rows that spend the whole budget, and values that point to where they are: nothing is beyond the tail kernels."""
    rng, nearest = np.random.default_rng(n_states), np.inf
    row = ConfidenceSet("model", n_states, 60, 0.05)
    for visits in (1, 7, 200, 10**5):
        seen = rng.multinomial(visits, rng.dirichlet(np.full(n_states, 0.5)))
        spent = budget(row, seen[None], None)
        assert spent is not None
        for _ in range(40):
            corner, low, high = rng.dirichlet(np.full(n_states, 0.3)), 0.0, 1.0 - 1e-12
            for _ in range(60):  # from the frequencies to the corner, until the budget is spent
                middle = (low + high) / 2
                there = (1 - middle) * seen / visits + middle * corner
                cost = sum(n * math.log(n / visits / q) for n, q in zip(seen, there, strict=True) if n and q > 0)
                low, high = (middle, high) if cost <= float(spent[0]) else (low, middle)
            inside = (1 - low) * seen / visits + low * corner
            for value in (rng.random(n_states), inside - seen / visits, seen / visits - inside, np.eye(n_states)[0]):
                best, worst = row.optimistic(seen, value) @ value, row.pessimistic(seen, value) @ value
                assert worst - 1e-12 <= inside @ value <= best + 1e-12
                nearest = min(nearest, best - inside @ value)
    assert nearest < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("piece", range(20))
def test_a_hundred_thousand_plans(piece: int) -> None:
    for seed in range(5000 * piece, 5000 * (piece + 1)):
        SUBJECTS["learners"](10**6 + seed)
