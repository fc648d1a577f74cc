"""The learner that one would write first: loops, one trajectory an episode, a root of SciPy's for each bound.

It is the learner ``Mornavi(ball, confidence="model", replan="episode")`` of the package, written without it: the same
confidence set, so on the same counts and policy the same upper and lower values. Only where a stage game has several
equilibria may it pick another one.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq
from straightforward import correlated_program, kl_dual, tv_closed_form

from mornavi_lite import KullbackLeibler, MarkovGame, TotalVariation


def event_bound(seen: int, visits: int, log_term: float) -> float:
    """The largest probability p of an event with visits kl(seen / visits, p) <= log_term."""
    if visits == 0 or seen == visits:
        return 1.0
    if seen == 0:
        return 1 - math.exp(-log_term / visits)
    share = seen / visits

    def excess(p: float) -> float:
        divergence = share * math.log(share / p) + (1 - share) * math.log((1 - share) / (1 - p))
        return visits * divergence - log_term

    return brentq(excess, share, 1 - 1e-15)


def optimistic_row(seen: np.ndarray, value: np.ndarray, n_rows: int, delta: float) -> np.ndarray:
    """The kernel row that dominates every row that the counts allow, in the order of the value."""
    n_states, visits = len(seen), int(seen.sum())
    order = sorted(range(n_states), key=lambda s: -value[s])
    tails, above = [], 0
    for j in range(1, n_states):
        above += int(seen[order[j - 1]])
        seen_below = sum(seen[s] > 0 for s in order[j:])
        # The event may be enlarged by all states that were never seen, if that makes it cheaper.
        log_term = math.log(4 * n_rows / delta) + min(price(n_states, j), price(n_states, seen_below))
        if 0 < above < visits:
            log_term += math.log(visits) / 2
        tails.append(event_bound(above, visits, log_term))
    tails.append(1.0)
    row, below = np.zeros(n_states), 0.0
    for j, s in enumerate(order):
        tail = min(tails[j:])
        row[s], below = tail - below, tail
    return row


def price(n_states: int, size: int) -> float:
    """What a union over all ways to part the states in two pays for an event of this size."""
    ways = math.comb(n_states, size)
    ways = ways // 2 if 2 * size == n_states else ways
    return math.log(max(1, n_states // 2) * ways)


def worst_case(ball: TotalVariation | KullbackLeibler, row: np.ndarray, value: np.ndarray) -> float:
    """Lowest expectation of one row's ball."""
    if isinstance(ball, TotalVariation):
        return tv_closed_form(row, value, ball.radius)
    return kl_dual(row[row > 0], value[row > 0], ball.radius)


class Learner:
    """Counts in arrays, and a plan in loops."""

    def __init__(self, game: MarkovGame, ball: TotalVariation | KullbackLeibler, delta: float = 0.05) -> None:
        self.game, self.ball, self.delta = game, ball, delta
        self.seen = np.zeros(game.transition.shape, dtype=np.int64)
        self.reward = np.zeros(game.reward.shape)

    def play(self, policy: np.ndarray, rng: np.random.Generator) -> None:
        """One episode, step by step."""
        state = rng.choice(self.game.n_states, p=self.game.initial)
        for h in range(self.game.horizon):
            action = rng.choice(self.game.n_joint_actions, p=policy[h, state])
            following = rng.choice(self.game.n_states, p=self.game.transition[h, state, action])
            self.seen[h, state, action, following] += 1
            self.reward[:, h, state, action] = self.game.reward[:, h, state, action]
            state = following

    def payoffs(self, player: int, step: int, upper: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Highest and lowest stage payoffs (S, A) of a player, from values (S,) at the next step."""
        horizon, n_states, n_joint, _ = self.seen.shape
        n_rows = horizon * n_states * n_joint
        high, low = np.empty((n_states, n_joint)), np.empty((n_states, n_joint))
        for s in range(n_states):
            for a in range(n_joint):
                seen = self.seen[step, s, a]
                best = optimistic_row(seen, upper, n_rows, self.delta)
                worst = optimistic_row(seen, -lower, n_rows, self.delta)
                reward = self.reward[player, step, s, a]
                highest = reward if seen.sum() > 0 else 1.0
                high[s, a] = min(highest + worst_case(self.ball, best, upper), horizon - step)
                low[s, a] = max(reward + worst_case(self.ball, worst, lower), 0.0)
        return high, low

    def plan(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Policy (H, S, A) with upper and lower values (m, H+1, S)."""
        horizon, n_states, n_joint, _ = self.seen.shape
        m, n_actions = self.game.n_players, self.game.n_actions
        policy = np.zeros((horizon, n_states, n_joint))
        upper, lower = np.zeros((m, horizon + 1, n_states)), np.zeros((m, horizon + 1, n_states))
        for h in reversed(range(horizon)):
            stages = [self.payoffs(i, h, upper[i, h + 1], lower[i, h + 1]) for i in range(m)]
            for s in range(n_states):
                high = np.array([stage[0][s] for stage in stages])
                chosen = np.clip(correlated_program(high, n_actions, "cce"), 0, None)
                policy[h, s] = chosen / chosen.sum()
                for i in range(m):
                    deviated = best_deviation(high[i], policy[h, s], n_actions, i)
                    upper[i, h, s] = max(high[i] @ policy[h, s], deviated)
                    lower[i, h, s] = stages[i][1][s] @ policy[h, s]
        return policy, upper, lower


def best_deviation(payoff: np.ndarray, policy: np.ndarray, n_actions: tuple[int, ...], player: int) -> float:
    """What a player gets by its best fixed action against the others' share of a joint policy."""
    others = policy.reshape(n_actions).sum(axis=player)
    by_action = np.moveaxis(payoff.reshape(n_actions), player, 0)
    return max(float((each * others).sum()) for each in by_action)


def true_gap(game: MarkovGame, ball: TotalVariation | KullbackLeibler, policy: np.ndarray) -> float:
    """What the best deviation of any player gains in the true game, as the package's run records it for each plan."""
    m, horizon, n_states, n_joint = game.reward.shape
    gains = [0.0]
    for i in range(m):
        value, deviated = np.zeros((horizon + 1, n_states)), np.zeros((horizon + 1, n_states))
        for h in reversed(range(horizon)):
            for s in range(n_states):
                stage, other = np.empty(n_joint), np.empty(n_joint)
                for a in range(n_joint):
                    row, reward = game.transition[h, s, a], game.reward[i, h, s, a]
                    stage[a] = reward + worst_case(ball, row, value[h + 1])
                    other[a] = reward + worst_case(ball, row, deviated[h + 1])
                value[h, s] = stage @ policy[h, s]
                deviated[h, s] = best_deviation(other, policy[h, s], game.n_actions, i)
        gains.append(float((deviated[0] - value[0]) @ game.initial))
    return max(gains)


def run(
    game: MarkovGame, ball: TotalVariation | KullbackLeibler, n_episodes: int, keep: tuple[int, ...] = ()
) -> list[tuple]:
    """A plan before each episode, and its true gap; counts, plan and gap at the episodes to ``keep``, for a check."""
    learner, rng, kept = Learner(game, ball), np.random.default_rng(0), []
    for episode in range(n_episodes):
        plan = learner.plan()
        gap = true_gap(game, ball, plan[0])
        if episode in keep:
            kept.append((learner.seen.copy(), plan, gap))
        learner.play(plan[0], rng)
    return kept
