"""Games against rows, payoffs and worst cases that are written out a second time."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import linprog

from mornavi_lite import MarkovGame

Rows = Mapping[Any, Mapping[str, float]]
OVER = {"done": 1.0}


def keys(game: MarkovGame) -> list[tuple[tuple[int, int], tuple[str, ...]]]:
    """Each state and joint action as numbers and by name; counted here, in C order."""
    joint_actions = list(itertools.product(*game.action_names))
    assert len(joint_actions) == game.n_joint_actions
    return [
        ((s, a), (state, *joint)) for s, state in enumerate(game.state_names) for a, joint in enumerate(joint_actions)
    ]


def same_rows(game: MarkovGame, step: int, rows: Rows) -> None:
    """Compare all rows of one step: ``rows`` by (state, actions...), or by the state alone if actions do not matter."""
    wanted = np.zeros(game.transition.shape[1:])
    for place, key in keys(game):
        for following, probability in (rows[key] if key in rows else rows[key[0]]).items():
            wanted[(*place, game.state_names.index(following))] = probability
    np.testing.assert_allclose(game.transition[step], wanted, rtol=0, atol=1e-15, err_msg=f"step {step}")


def same_rewards(game: MarkovGame, step: int, pays: Mapping[Any, Sequence[float]]) -> None:
    """Compare all rewards of one step; what is not in ``pays`` is 0 for everybody."""
    wanted = np.zeros((game.n_players, *game.reward.shape[2:]))
    for place, key in keys(game):
        wanted[(slice(None), *place)] = pays.get(key, pays.get(key[0], 0.0))
    np.testing.assert_allclose(game.reward[:, step], wanted, rtol=0, atol=1e-15, err_msg=f"step {step}")


def same(game: MarkovGame, rows: Rows, pays: Mapping[Any, Sequence[float]]) -> None:
    """Compare a game that is the same at every step and starts in its first state."""
    assert game.initial.tolist() == [1.0] + [0.0] * (game.n_states - 1)
    assert game.transition.strides[0] == 0 and game.reward.strides[1] == 0
    same_rows(game, -1, rows)
    same_rewards(game, -1, pays)


# ---- values by hand ----


def worst_by_program(p: np.ndarray, v: np.ndarray, radius: float) -> float:
    """The least q @ v over distributions q within total variation ``radius`` of p, as a linear program."""
    n = len(p)
    inside = np.block([[np.eye(n), -np.eye(n)], [-np.eye(n), -np.eye(n)], [np.zeros((1, n)), np.ones((1, n))]])
    found = linprog(
        np.append(v, np.zeros(n)),
        A_ub=inside,
        b_ub=np.concatenate([p, -p, [2 * radius]]),
        A_eq=[[1.0] * n + [0.0] * n],
        b_eq=[1.0],
    )
    assert found.status == 0
    return float(found.fun)


def worst_by_hand(p: np.ndarray, v: np.ndarray, radius: float) -> float:
    """The same by its words: mass ``radius`` goes from the best outcomes, one after the other, to the worst."""
    q, left = p.copy(), radius
    for j in np.argsort(v)[::-1]:
        taken = min(q[j], left)
        q[j], left = q[j] - taken, left - taken
    return float(q @ v + (radius - left) * v.min())


def best_total(game: MarkovGame, radius: float = 0.0) -> float:
    """Best worst-case sum of player 1's rewards, if all players work for it: plain recursion."""
    value = np.zeros(game.n_states)
    for step in reversed(range(game.horizon)):
        after = [
            [worst_by_program(row, value, radius) if radius else float(row @ value) for row in rows]
            for rows in game.transition[step]
        ]
        value = (game.reward[0, step] + np.array(after)).max(axis=1)
    return float(game.initial @ value)
