"""The version that one would write first: loops, one SciPy call per row or state. The yardstick of every ratio."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
from scipy.optimize import linprog, minimize_scalar

from mornavi_lite import KullbackLeibler, MarkovGame, TotalVariation


def tv_closed_form(p: np.ndarray, v: np.ndarray, radius: float) -> float:
    """The closed form of the TV worst case in NumPy, for one row."""
    order = np.argsort(-v)
    falling = v[order]
    tails = np.cumsum(p[order])[:-1]
    return float(falling[-1] + np.maximum(tails - radius, 0.0) @ (falling[:-1] - falling[1:]))


def tv_program(p: np.ndarray, v: np.ndarray, radius: float) -> float:
    """The TV worst case as a linear program, for one row."""
    n = len(p)
    answer = linprog(
        np.concatenate([v, np.zeros(n)]),
        A_ub=np.block([[np.eye(n), -np.eye(n)], [np.zeros((1, n)), np.ones((1, n))]]),
        b_ub=np.append(p, radius),
        A_eq=np.concatenate([np.ones(n), np.zeros(n)])[None],
        b_eq=[1.0],
    )
    return float(answer.fun)


def tv_dual(p: np.ndarray, v: np.ndarray, radius: float) -> float:
    """The TV dual by SciPy's scalar minimiser, for one row."""
    low = v.min()
    answer = minimize_scalar(
        lambda level: p @ np.maximum(level - v, 0.0) + radius * max(level - low, 0.0) - level,
        bounds=(low, v.max()),
        method="bounded",
    )
    return float(-answer.fun)


def kl_dual(p: np.ndarray, v: np.ndarray, radius: float) -> float:
    """The KL dual by SciPy's scalar minimiser, for one row."""
    low = v.min()
    answer = minimize_scalar(
        lambda scale: scale * np.log(p @ np.exp((low - v) / scale)) + scale * radius - low,
        bounds=(1e-6, 1e3),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(-answer.fun)


@cache
def deviations(n_actions: tuple[int, ...], concept: str) -> tuple[np.ndarray, np.ndarray]:
    """Who deviates (K,), and which joint action results (K, A): a fixed action, or another one where one is told."""
    joint = list(itertools.product(*map(range, n_actions)))
    players, results = [], []
    for i, n in enumerate(n_actions):
        pairs = [(None, b) for b in range(n)] if concept == "cce" else itertools.permutations(range(n), 2)
        for told, instead in pairs:
            played = [(*a[:i], instead if told in (None, a[i]) else a[i], *a[i + 1 :]) for a in joint]
            players.append(i)
            results.append([joint.index(a) for a in played])
    return np.array(players), np.array(results)


def correlated_program(payoffs: np.ndarray, n_actions: tuple[int, ...], concept: str) -> np.ndarray:
    """CE or CCE of highest total payoff of one stage game (m, A), by one linear program."""
    player, result = deviations(n_actions, concept)
    gain = payoffs[player[:, None], result] - payoffs[player]
    answer = linprog(
        -payoffs.sum(axis=0), A_ub=gain, b_ub=np.zeros(len(gain)), A_eq=np.ones((1, payoffs.shape[1])), b_eq=[1.0]
    )
    return answer.x


def solve(game: MarkovGame, ball: TotalVariation | KullbackLeibler) -> tuple[np.ndarray, np.ndarray]:
    """Backward induction in loops: a scalar dual per row, a linear program per state."""
    dual = tv_dual if isinstance(ball, TotalVariation) else kl_dual
    m, horizon, n_states, n_joint = game.reward.shape
    value = np.zeros((m, horizon + 1, n_states))
    policy = np.zeros((horizon, n_states, n_joint))
    for h in reversed(range(horizon)):
        for s in range(n_states):
            payoffs = np.empty((m, n_joint))
            for i in range(m):
                for a in range(n_joint):
                    expected = dual(game.transition[h, s, a], value[i, h + 1], ball.radius)
                    payoffs[i, a] = game.reward[i, h, s, a] + expected
            policy[h, s] = correlated_program(payoffs, game.n_actions, "cce")
            value[:, h, s] = payoffs @ policy[h, s]
    return policy, value
