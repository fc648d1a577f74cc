"""The version that one would write first: loops, one SciPy call per row or state. The yardstick of every ratio."""

from __future__ import annotations

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


def correlated_program(payoffs: np.ndarray, n_actions: tuple[int, ...], concept: str) -> np.ndarray:
    """CE or CCE of highest total payoff of one stage game (m, A), by one linear program."""
    n_players, n_joint = payoffs.shape
    grid = np.arange(n_joint).reshape(n_actions)
    constraints = []
    for i in range(n_players):
        for action in range(n_actions[i]):
            # The joint action that results if player i plays this action instead.
            instead = np.take(grid, [action] * n_actions[i], axis=i).ravel()
            gain = payoffs[i, instead] - payoffs[i]
            if concept == "cce":
                constraints.append(gain)
            else:
                own = np.unravel_index(np.arange(n_joint), n_actions)[i]
                constraints += [np.where(own == told, gain, 0.0) for told in range(n_actions[i]) if told != action]
    answer = linprog(
        -payoffs.sum(axis=0),
        A_ub=np.array(constraints),
        b_ub=np.zeros(len(constraints)),
        A_eq=np.ones((1, n_joint)),
        b_eq=[1.0],
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
