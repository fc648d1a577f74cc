"""Mixed Nash equilibria of stage games with three or more players, one after the other, through QuantEcon.

Such equilibria may be irrational where all payoffs are integers, and finding one is PPAD-hard. The simplicial
method of McLennan and Tourky (2006) finds strategies that nearly are one. Newton's method then
makes each player indifferent, to rounding, among the actions in use.
"""

from __future__ import annotations

import numpy as np

#: How near to an equilibrium the simplicial method stops, in each attempt (payoffs have a range of about 1).
_NEAR = (1e-3, 1e-5, 1e-6)
#: Actions played less than this are not in use.
_IN_USE = 1e-2
_NEWTON_STEPS = 20
#: Steps of the simplicial method; its steps grow dearer, and more of them rarely end in an answer.
_MOST_STEPS = 300


def many_players(payoffs: np.ndarray, n_actions: tuple[int, ...], attempt: int = 0) -> np.ndarray:
    """Product policies (B, A) that are Nash equilibria; whether one was reached is for the caller to certify."""
    policy = np.empty((len(payoffs), payoffs.shape[-1]))
    for game, payoff in enumerate(payoffs.reshape(*payoffs.shape[:2], *n_actions)):
        joint = np.ones(1)
        for strategy in _indifferent(payoff, _nearly_nash(payoff, _NEAR[attempt])):
            # Newton may leave the simplex; then the certificate fails.
            strategy = np.where(strategy < 1e-12, 0.0, strategy)
            joint = np.multiply.outer(joint, strategy / strategy.sum()).ravel()
        policy[game] = joint
    return policy


def _nearly_nash(payoff: np.ndarray, near: float) -> list[np.ndarray]:
    """Strategies of an equilibrium up to ``near``; ``payoff`` is (m, *n_actions)."""
    try:
        from quantecon import game_theory
    except ImportError:
        raise ImportError(
            "a mixed Nash equilibrium of three or more players needs QuantEcon: install mornavi-lite[nash], "
            "or ask for concept 'ce' or 'cce', which need nothing"
        ) from None
    # QuantEcon's arrays begin with the player's own action and go on in circular order.
    order = [np.roll(np.arange(len(payoff)), -player) for player in range(len(payoff))]
    players = [
        game_theory.Player(np.ascontiguousarray(own.transpose(axes))) for own, axes in zip(payoff, order, strict=True)
    ]
    found = game_theory.mclennan_tourky(game_theory.NormalFormGame(players), epsilon=near, max_iter=_MOST_STEPS)
    return [np.asarray(strategy) for strategy in found]


def _indifferent(payoff: np.ndarray, strategies: list[np.ndarray]) -> list[np.ndarray]:
    """Newton's method for strategies near those given that make all players indifferent among their actions in use.

    Unknowns: the probabilities of all players' actions, then the players' values. Equations: an action in use pays
    its player's value, another has probability 0; each player's probabilities sum to 1.
    """
    n_players, n_actions = len(payoff), payoff.shape[1:]
    ends = np.cumsum(n_actions)
    of = [slice(int(end - n), int(end)) for end, n in zip(ends, n_actions, strict=True)]
    used = [strategy > _IN_USE for strategy in strategies]
    values = [_expected(payoff[i], strategies, [i]) @ strategies[i] for i in range(n_players)]
    unknown = np.concatenate([*strategies, values])
    for _ in range(_NEWTON_STEPS):
        now = [unknown[part] for part in of]
        slope = np.zeros((len(unknown), len(unknown)))
        miss = np.zeros(len(unknown))
        for i in range(n_players):
            value = ends[-1] + i
            miss[of[i]] = np.where(used[i], _expected(payoff[i], now, [i]) - unknown[value], now[i])
            miss[value] = now[i].sum() - 1.0
            slope[of[i], of[i]] = np.diag(np.where(used[i], 0.0, 1.0))
            slope[of[i], value] = np.where(used[i], -1.0, 0.0)
            slope[value, of[i]] = 1.0
            for j in range(n_players):
                if j != i:
                    slope[of[i], of[j]] = used[i][:, None] * _expected(payoff[i], now, [i, j])
        # Least squares, as a degenerate game has many solutions: take the nearest.
        if not np.isfinite(slope).all():
            break
        unknown = unknown - np.linalg.lstsq(slope, miss, rcond=1e-12)[0]
    return [unknown[part] for part in of]


def _expected(payoff: np.ndarray, strategies: list[np.ndarray], free: list[int]) -> np.ndarray:
    """Payoff for each action of the ``free`` players, axes in that order, expected over the other players' actions."""
    for player in reversed(range(len(strategies))):
        if player not in free:
            payoff = np.tensordot(payoff, strategies[player], axes=(player, 0))
    return payoff if free == sorted(free) else payoff.T
