"""Plans of the learners by their definitions: loops over players, steps, states and joint actions, one row at a time.

Nothing here uses the arithmetic of the package: bounds are roots found by SciPy, worst cases are those of
tests/uncertainty, deviations are all maps of actions, listed.
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from mornavi_lite import ChiSquare, Counts, KullbackLeibler, Plan, TotalVariation
from tests.confidence.test_bonuses import bonus_in_loops
from tests.confidence.test_sets import log_terms
from tests.uncertainty.references import kl_reference


@lru_cache(maxsize=10**6)
def event_bound(tail: str, seen: int, visits: int, size: int, n_states: int, n_rows: int, delta: float) -> float:
    """Largest probability of an event of so many states that the counts allow."""
    if visits == 0 or seen == visits:
        return 1.0
    row = SimpleNamespace(n_states=n_states, n_rows=n_rows, delta=delta)
    term, t = log_terms(tail, size, seen, visits, row), seen / visits  # type: ignore[arg-type]
    if tail == "hoeffding":
        return min(t + math.sqrt(term / (2 * visits)), 1.0)
    if tail == "bernstein":
        term += math.log(2)
        if visits == 1:
            return 1.0
        return min(t + math.sqrt(2 * t * (1 - t) * term / (visits - 1)) + 7 * term / (3 * (visits - 1)), 1.0)

    def excess(x: float) -> float:
        """visits kl(t, p) - term, as a function of x = -log(1 - p)."""
        p = -math.expm1(-x)
        return visits * ((t * math.log(t / p) if t else 0.0) + (1 - t) * (math.log1p(-t) + x)) - term

    return -math.expm1(-brentq(excess, -math.log1p(-t) if t else 0.0, 700.0, xtol=1e-300, rtol=1e-14))


def form_of(learner: Any) -> str:
    """The form by its own name."""
    return "row" if learner.confidence == "model" else str(learner.confidence)


def row_budget(counts: np.ndarray, n_rows: int, delta: float, stated: bool = False) -> float:
    """log ML(n) - log w(n) + log(R / delta), with all sets of states listed; ``stated`` is that all can follow."""
    n_states, visits, seen = len(counts), int(counts.sum()), [s for s, n in enumerate(counts) if n]
    best = sum(counts[s] * math.log(counts[s] / visits) for s in seen)
    terms = []
    for k in range(1, n_states + 1):
        for subset in itertools.combinations(range(n_states), k):
            if set(seen) <= set(subset):
                size = 0.25 * 2**-k + 0.75 * 2 ** (k - n_states - 1) if stated else 2**-k
                weight = math.log(size / (1 - 2**-n_states) / math.comb(n_states, k))
                inside = sum(math.lgamma(counts[s] + 0.5) - math.lgamma(0.5) for s in subset)
                terms.append(weight + math.lgamma(k / 2) - math.lgamma(visits + k / 2) + inside)
    top = max(terms)
    return float(best - top - math.log(sum(math.exp(t - top) for t in terms)) + math.log(n_rows / delta))


def root(t: float, visits: int, term: float) -> float:
    """Largest p with visits kl(t, p) <= term."""
    if visits == 0 or t == 1:
        return 1.0

    def excess(x: float) -> float:
        p = -math.expm1(-x)
        return visits * ((t * math.log(t / p) if t else 0.0) + (1 - t) * (math.log1p(-t) + x)) - term

    return -math.expm1(-brentq(excess, -math.log1p(-t) if t else 0.0, 700.0, xtol=1e-300, rtol=1e-14))


def highest_mean(counts: np.ndarray, value: np.ndarray, learner: Any, n_rows: int) -> float:
    """The least bound y - exp(sum t log(y - v) - b), over y."""
    visits, best = int(counts.sum()), float(value.max())
    if visits == 0:
        return best
    stated = getattr(learner, "stated", False)
    t, b = counts / visits, row_budget(counts, n_rows, learner.delta, stated) / visits
    mean, seen = float(t @ value), t > 0
    if mean >= best - 1e-14:
        return best

    def bound(x: float) -> float:
        level = best + math.exp(x)
        return level - math.exp(float(t[seen] @ np.log(level - value[seen])) - b)

    found = [
        minimize_scalar(bound, bounds=(x, x + 3), method="bounded", options={"xatol": 1e-9}).fun
        for x in range(-30, 8, 2)
    ]
    return float(min(mean + learner.scale * (min(*found, best) - mean), best))


def optimistic(counts: np.ndarray, value: np.ndarray, learner: Any, n_rows: int) -> np.ndarray:
    """The kernel that dominates the set: the best states' bounds, each at most those of more states."""
    n_states, visits = len(counts), int(counts.sum())
    order = sorted(range(n_states), key=lambda s: -value[s])
    never = {s for s in range(n_states) if counts[s] == 0}
    bounds = []
    for j in range(1, n_states):
        event = set(order[:j])
        seen = int(sum(counts[s] for s in event))
        sizes = {j} | ({len(event | never)} if len(event | never) < n_states else set())
        if form_of(learner) == "row":
            term = row_budget(counts, n_rows, learner.delta) if visits else 0.0
            bound = root(seen / max(visits, 1), visits, term)
        else:
            bound = min(event_bound(form_of(learner), seen, visits, k, n_states, n_rows, learner.delta) for k in sizes)
        if len(event | never) == n_states:
            bound = 1.0
        if visits:
            bound = min(seen / visits + learner.scale * (bound - seen / visits), 1.0)
        bounds.append(bound)
    bounds.append(1.0)
    tails = [min(bounds[j:]) for j in range(n_states)]
    kernel = np.zeros(n_states)
    for j, s in enumerate(order):
        kernel[s] = tails[j] - (tails[j - 1] if j else 0.0)
    return kernel


def chi_square_dual(p: np.ndarray, v: np.ndarray, radius: float) -> float:
    """The largest E min(v, t) - sqrt(radius Var min(v, t)) over t, smooth from one value to the next."""

    def loss(t: float) -> float:
        cut = np.minimum(v, t)
        mean = p @ cut
        return float(math.sqrt(radius * (p @ (cut - mean) ** 2)) - mean)

    ends = [*np.unique(v[p > 0]), v.max() + 10 * (np.ptp(v) + 1) * (1 + radius)]
    parts = itertools.pairwise(ends)
    found = [minimize_scalar(loss, bounds=part, method="bounded", options={"xatol": 1e-9}).fun for part in parts]
    return -min(min(found), *map(loss, ends))


def worst_case(ball: Any, p: np.ndarray, v: np.ndarray) -> float:
    """Lowest expectation over the ball around one row."""
    if ball.radius == 0:
        return float(sum(p[s] * v[s] for s in range(len(p))))
    if isinstance(ball, KullbackLeibler):
        return kl_reference(p, v, ball.radius)
    if isinstance(ball, ChiSquare):
        return chi_square_dual(p, v, ball.radius)
    assert isinstance(ball, TotalVariation)
    q, left = p.copy(), ball.radius
    lowest = min(range(len(p)), key=lambda s: v[s] if ball.shift_support or p[s] > 0 else math.inf)
    for s in sorted(range(len(p)), key=lambda s: -v[s]):
        moved = min(q[s], left) if v[s] > v[lowest] else 0.0
        q[s], q[lowest], left = q[s] - moved, q[lowest] + moved, left - moved
    return float(q @ v)


def best_deviation(payoff: np.ndarray, policy: np.ndarray, n_actions: tuple[int, ...], i: int, concept: str) -> float:
    """Payoff of player i's best deviation: every map from recommended to played action, or every constant one."""
    joint, own = list(itertools.product(*map(range, n_actions))), range(n_actions[i])
    maps = itertools.product(own, repeat=n_actions[i]) if concept == "ce" else [(b,) * n_actions[i] for b in own]
    played = [
        sum(
            policy[k] * payoff[joint.index((*a[:i], swap[a[i]], *a[i + 1 :]))] for k, a in enumerate(joint) if policy[k]
        )
        for swap in maps
    ]
    return float(max(played))


def pure_equilibrium(payoffs: np.ndarray, n_actions: tuple[int, ...]) -> np.ndarray:
    """The pure Nash profile (A,) of highest total payoff, the first of those; payoffs (m, A) tie within 1e-9."""
    joint, payoffs = list(itertools.product(*map(range, n_actions))), np.round(payoffs, 9)
    stable = [
        k
        for k, a in enumerate(joint)
        if all(
            payoffs[i, joint.index((*a[:i], b, *a[i + 1 :]))] <= payoffs[i, k]
            for i, n in enumerate(n_actions)
            for b in range(n)
        )
    ]
    best = max(stable, key=lambda k: (round(float(payoffs[:, k].sum()), 8), -k))
    return np.eye(len(joint))[best]


def stage_bounds(
    counts: Counts, learner: Any, sets: list[Any], i: int, h: int, s: int, a: int, upper: np.ndarray, lower: np.ndarray
) -> tuple[float, float]:
    """Highest and lowest robust payoff of one player for one joint action, from its values (S,) at the next step."""
    row, visits, horizon = counts.transitions[h, s, a], int(counts.visits[h, s, a]), counts.horizon
    n_rows, width = counts.visits.size, 0.0
    if form_of(learner) == "row":
        steps, _, n_joint = counts.visits.shape
        first = counts.n_states if counts.starts is None else int(counts.starts.sum())
        n_rows = max(1, n_joint * (first + counts.n_states * (steps - 2))) if steps > 1 else 1
    if learner.confidence == "bonus":
        times = max(visits, 1)
        best = worst = row / visits if visits else np.full(len(row), 1 / len(row))
        term = math.log(2 * n_rows * times * (times + 1) / learner.delta)
        episodes = max(counts.n_episodes, 1)
        width = learner.scale * bonus_in_loops(
            sets[i], best, visits, upper, lower, term, horizon, episodes, learner.min_probability
        )
    else:
        best, worst = optimistic(row, upper, learner, n_rows), optimistic(row, -lower, learner, n_rows)
    reward = float(counts.reward[i, h, s, a])
    highest, lowest = worst_case(sets[i], best, upper), worst_case(sets[i], worst, lower)
    if form_of(learner) == "row" and sets[i].radius == 0:
        highest, lowest = (sign * highest_mean(row, sign * v, learner, n_rows) for sign, v in ((1, upper), (-1, lower)))
    high = (reward if visits else 1.0) + highest + width
    low = (reward if visits else 0.0) + lowest - width
    return min(high, horizon - h), max(low, 0.0)


def reference_plan(counts: Counts, learner: Any, policy: np.ndarray | None = None) -> tuple[Plan, np.ndarray]:
    """Bounds of a policy (H, S, A), and the highest stage payoffs (H, S, m, A).

    Without a policy the pure equilibrium of the highest payoffs is played, where there is one.
    """
    m, sets = len(counts.n_actions), learner.uncertainty
    sets = list(sets) if isinstance(sets, (tuple, list)) else [sets] * m
    steps, states, n_joint = counts.visits.shape
    upper, lower = np.zeros((2, m, steps + 1, states))
    high, low, played = np.zeros((steps, states, m, n_joint)), np.zeros(m * n_joint), np.zeros((steps, states, n_joint))
    for h, s in itertools.product(reversed(range(steps)), range(states)):
        low = np.zeros((m, n_joint))
        for i, a in itertools.product(range(m), range(n_joint)):
            next_values = upper[i, h + 1], lower[i, h + 1]
            high[h, s, i, a], low[i, a] = stage_bounds(counts, learner, sets, i, h, s, a, *next_values)
        played[h, s] = pure_equilibrium(high[h, s], counts.n_actions) if policy is None else policy[h, s]
        for i in range(m):
            deviated = best_deviation(high[h, s, i], played[h, s], counts.n_actions, i, learner.concept)
            upper[i, h, s] = max(played[h, s] @ high[h, s, i], deviated)
            lower[i, h, s] = played[h, s] @ low[i]
    return Plan(played, upper, lower), high
