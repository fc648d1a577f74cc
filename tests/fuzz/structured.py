"""Cases of games with structure, players who are all alike and linear kernels: planned and learned."""

from __future__ import annotations

import numpy as np

from mornavi_lite import (
    ChiSquare,
    Contamination,
    KullbackLeibler,
    TotalVariation,
    anonymous,
    equilibrium_gap,
    evaluate,
    linear,
    run,
)
from tests.fuzz.draws import CONCEPTS, Seen, rows


def many_players(seed: int) -> Seen:
    """Players who are all alike, against the same game with every joint action."""
    rng = np.random.default_rng(seed)
    n_players, n_states, horizon = (int(rng.integers(1, most)) for most in (5, 4, 4))
    n_actions = 2
    shape = (horizon, n_states, n_players + 1)
    reward = rng.integers(0, 5, (horizon, n_states, n_actions, n_players + 1)) / 4
    game = anonymous.AnonymousGame(n_players, n_actions, rows(rng, shape, n_states), reward, rows(rng, (), n_states))
    ball = [TotalVariation, KullbackLeibler, ChiSquare, Contamination][rng.integers(4)](
        float(rng.choice([0.0, 1e-12, 0.1, 0.5]))
    )
    policy = rows(rng, (horizon, n_states), n_actions)
    table, joint = game.tabular(), game.joint_policy(policy)
    ours, theirs = anonymous.evaluate(game, policy, ball), evaluate(table, joint, ball)
    assert np.abs(ours - theirs).max() <= 1e-9
    gap = equilibrium_gap(table, joint, ball, "nash")
    assert abs(anonymous.equilibrium_gap(game, policy, ball) - gap) <= 1e-9
    assert anonymous.solve(game, ball).gap <= 1e-8
    told = {"reward": game.reward} if rng.random() < 0.5 else {}
    told |= {"support": game.transition > 0} if rng.random() < 0.3 else {}
    learner = anonymous.AnonymousMornavi(ball, 1e-12, str(rng.choice(["model", "row", "chernoff"])), **told)
    history = run(learner, game, int(rng.choice([1, 7, 30])), seed=seed)
    assert (history.gap <= history.certificate + 1e-8).all() and (history.lower <= history.value + 1e-8).all()
    other = learner.certify(history.checkpoint.counts, policy)
    assert (other.lower <= ours + 1e-8).all() and gap <= other.certificate(game.initial) + 1e-8
    return 1, (horizon, n_states, n_players)


def features(seed: int) -> Seen:
    """Linear games: the worst case of each factor, mixed by the features, in loops."""
    rng = np.random.default_rng(seed)
    n_states, d, horizon = int(rng.integers(1, 5)), int(rng.integers(1, 4)), int(rng.integers(1, 4))
    n_actions = [(2,), (2, 2), (2, 1, 2)][rng.integers(3)]
    n_joint, m = int(np.prod(n_actions)), len(n_actions)
    mixed = rows(rng, (horizon, n_states, n_joint), d)
    factors, reward = rows(rng, (horizon, d), n_states), rng.integers(0, 5, (m, horizon, n_states, n_joint)) / 4
    game = linear.LinearGame(mixed, factors, reward, n_actions)
    ball = [TotalVariation, KullbackLeibler, ChiSquare, Contamination][rng.integers(4)](
        float(rng.choice([0.0, 1e-12, 0.1, 0.5]))
    )
    policy, value, gap = linear.solve(game, ball)
    assert gap <= 1e-8
    for i in range(m):
        follow = np.zeros(n_states)
        for h in reversed(range(horizon)):
            payoff = reward[i, h] + mixed[h] @ ball.worst_case(factors[h], follow)
            follow = (policy[h] * payoff).sum(axis=-1)
            assert np.abs(follow - value[i, h]).max() <= 1e-8
    told = {"ridge": float(rng.choice([1e-6, 1.0])), "explore": float(rng.choice([0.0, 0.5]))}
    learner = linear.LinearMornavi(game.features, ball, game.reward, str(rng.choice(CONCEPTS)), 1e-12, **told)
    history = run(learner, game, int(rng.choice([1, 7, 30])), seed=seed)
    assert (history.gap <= history.certificate + 1e-8).all() and (history.lower <= history.value + 1e-8).all()
    other = learner.certify(history.checkpoint.counts, policy)
    assert (other.lower <= value + 1e-8).all() and (value <= other.upper + 1e-8).all()
    return 1, (horizon, n_states, n_actions, d)
