"""A frozen policy certified player by player: bounds against integrated kernels, in flows and step by step."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mornavi_lite import KullbackLeibler, MarkovGame, Mornavi, TotalVariation, evaluate, solve, zoo
from mornavi_lite.anonymous import bridge_and_tunnel, certify_each, each
from mornavi_lite.anonymous import solve as solve_anonymous
from mornavi_lite.anonymous.each import _in_flows, _one_by_one
from mornavi_lite.uncertainty import UncertaintySet, sets_per_player
from tests.anonymous.games import random_game, random_policy
from tests.learners.small_games import varied_game


class Played:
    """A game as an environment: one step after the other."""

    def __init__(self, game: MarkovGame) -> None:
        self.game = game
        self.n_states, self.n_actions, self.horizon = game.n_states, game.n_actions, game.horizon
        self.reward_range, self.initial = game.reward_range, game.initial

    def reset(self, rng: np.random.Generator) -> int:
        self.step_number, self.state = 0, int(rng.choice(self.n_states, p=self.initial))
        return self.state

    def step(self, joint: int, rng: np.random.Generator) -> tuple[int, np.ndarray]:
        here = (self.step_number, self.state, joint)
        then = int(rng.choice(self.n_states, p=self.game.transition[here]))
        self.step_number, self.state = self.step_number + 1, then
        return then, self.game.reward[(slice(None), *here)]


def integrated(game: MarkovGame, policies: list[np.ndarray], player: int) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (H, S, A_i, S) and mean reward (H, S, A_i) of one player, by a loop over joint actions."""
    rows = np.zeros((game.horizon, game.n_states, game.n_actions[player], game.n_states))
    pays = np.zeros(rows.shape[:3])
    for k, joint in enumerate(itertools.product(*map(range, game.n_actions))):
        weight = np.ones((game.horizon, game.n_states))
        for j, a in enumerate(joint):
            weight = weight * (policies[j][..., a] if j != player else 1.0)
        rows[:, :, joint[player]] += weight[..., None] * game.transition[:, :, k]
        pays[:, :, joint[player]] += weight * game.reward[player, :, :, k]
    return rows, pays


def true_values(
    rows: np.ndarray, pays: np.ndarray, ball: UncertaintySet, policy: np.ndarray, initial: np.ndarray
) -> tuple[float, float]:
    """Best deviation and value of the policy in the sets around the integrated rows."""
    best = followed = np.zeros(rows.shape[1])
    for h in reversed(range(len(rows))):
        best = (pays[h] + ball.worst_case(rows[h], best)).max(axis=-1)
        followed = (policy[h] * (pays[h] + ball.worst_case(rows[h], followed))).sum(axis=-1)
    return float(best @ initial), float(followed @ initial)


def own_policies(game: MarkovGame, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.dirichlet(np.full(n, 0.5), size=(game.horizon, game.n_states)) for n in game.n_actions]


SETS = (TotalVariation(0.1), KullbackLeibler(0.01), TotalVariation(0.3))


@pytest.mark.parametrize("told", [False, True])
def test_bounds_hold_for_every_player_of_any_game(told: bool) -> None:
    """Three players with two and three actions and sets of their own."""
    for seed in range(3):
        game = varied_game(seed, (2, 3, 2))
        policies = own_policies(game, seed)
        truth = [integrated(game, policies, i) for i in range(3)]
        reward = [pays for _, pays in truth] if told else None
        found = certify_each(Played(game), policies, SETS, until=1.7, seed=seed, reward=reward)
        assert found.upper.shape == found.lower.shape == found.episodes.shape == (3,)
        for i, (rows, pays) in enumerate(truth):
            best, value = true_values(rows, pays, SETS[i], policies[i], game.initial)
            assert found.lower[i] - 1e-9 <= value <= best <= found.upper[i] + 1e-9
        assert found.certificate <= 1.7


@pytest.mark.parametrize("told", [False, True])
def test_bounds_hold_for_the_one_who_stands_for_all(told: bool) -> None:
    """At a thousandth of the width they break."""
    broken = 0
    for seed, scale in itertools.product(range(6), (1.0, 0.001)):
        game, ball = bridge_and_tunnel(base=0.95, slope=0.6).with_players(4), TotalVariation(0.1)
        policy = np.random.default_rng(seed).dirichlet(np.ones(2), size=(3, 2))
        rows, pays = integrated(game.tabular(), [policy] * 4, 2)
        best, value = true_values(rows, pays, ball, policy, game.initial)
        until = best - value + (0.4 if scale == 1 else 0.02)  # a certificate is no less than the gap
        options: dict[str, Any] = {"seed": seed, "scale": scale, "reward": pays if told else None}
        found = certify_each(game, policy, ball, until, **options)
        wrong = value < found.lower[0] - 1e-9 or best > found.upper[0] + 1e-9
        assert scale < 1 or (not wrong and found.certificate <= until)
        broken += wrong
    assert broken > 0


def test_flows_have_the_law_of_plain_episodes() -> None:
    game = random_game(3, 3, n_states=2)
    policy, own = random_policy(game, 1), random_policy(game, 2)
    rng, n = np.random.default_rng(0), 3000
    flows, sums = _in_flows(game, policy)(own, n, rng)
    plain, added = _one_by_one(Played(game.tabular()), [policy] * 3, 1)(own, n, rng)
    assert flows.shape == plain.shape and sums.shape == added.shape
    table = np.stack([flows[-1].ravel(), plain[-1].ravel()])
    assert stats.chi2_contingency(table[:, table.sum(axis=0) > 10]).pvalue > 1e-3
    visits = np.maximum(flows.sum(axis=-1), 1), np.maximum(plain.sum(axis=-1), 1)
    often = (visits[0] > 300) & (visits[1] > 300)
    assert often.any()
    np.testing.assert_allclose((sums[0] / visits[0])[often], (added[0] / visits[1])[often], atol=0.1)


def test_integrated_values_lie_below_joint_ones_by_what_is_proven() -> None:
    """For a fixed policy the loss is at most radius (1 - radius) times the range, each step."""
    for seed in range(10):
        game = varied_game(seed, (2, 3, 2), n_states=4, horizon=3)
        policies = own_policies(game, seed)
        joint = np.einsum("hsa,hsb,hsc->hsabc", *policies).reshape(3, 4, -1)
        for radius in (0.05, 0.3):
            ball = TotalVariation(radius)
            by_joint = evaluate(game, joint, ball)[:, 0] @ game.initial
            for i in range(3):
                rows, pays = integrated(game, policies, i)
                _, value = true_values(rows, pays, ball, policies[i], game.initial)
                assert -1e-12 <= by_joint[i] - value <= radius * (1 - radius) * (2 + 1) + 1e-12


def test_the_same_seed_is_the_same_and_players_are_all_played() -> None:
    game = zoo.traffic_merge()
    policies = [np.full((game.horizon, game.n_states, 2), 0.5)] * 2
    first, again, other = (certify_each(Played(game), policies, BALL, 1.5, seed=s) for s in (4, 4, 5))
    assert first.upper.tobytes() == again.upper.tobytes() and (first.episodes > 0).all()
    assert first.upper.tobytes() != other.upper.tobytes()


BALL = TotalVariation(0.1)
GAME = bridge_and_tunnel().with_players(6)
POLICY = solve_anonymous(GAME, TotalVariation(0.1)).policy


def ranged(reward_range: Any) -> Played:
    """An environment that says another range."""
    environment = Played(varied_game(0, (2, 3)))
    environment.reward_range = np.array(reward_range)
    return environment


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: certify_each(GAME, POLICY, BALL, 0.1, n_episodes=20),
            RuntimeError,
            "after 20 episodes",
        ),
        (
            lambda: certify_each(
                Played(varied_game(0, (2, 3))), own_policies(varied_game(0, (2, 3)), 0), BALL, 0, n_episodes=7
            ),
            RuntimeError,
            "player 0: the certificate is .* after 7 episodes, not 0",
        ),
        (
            lambda: certify_each(ranged([(0, 1)] * 3), own_policies(varied_game(0, (2, 3)), 0), BALL, 1.0),
            ValueError,
            r"reward_range must be \(lo, hi\), or one of them per player, got shape \(3, 2\)",
        ),
        (lambda: certify_each(GAME, POLICY, BALL, -1.0), ValueError, "until must be"),
        (lambda: certify_each(GAME, POLICY, BALL, 1.0, delta=1.0), ValueError, "delta must be"),
        (
            lambda: certify_each(GAME, POLICY[:1], BALL, 1.0),
            ValueError,
            r"policy must have shape \(H, S",
        ),
        (lambda: certify_each(GAME, POLICY * 2, BALL, 1.0), ValueError, "policy.* must sum to 1"),
        (lambda: certify_each(zoo.patrol(), POLICY, SETS, 1.0), TypeError, "environment must be .* or have reset"),
        (
            lambda: certify_each(Played(varied_game(0, (2, 3))), POLICY, SETS[:2], 1.0),
            ValueError,
            r"policy must be a sequence with an array for each player, who have \(2, 3\) actions",
        ),
        (
            lambda: certify_each(Played(varied_game(0, (2, 3))), [POLICY], SETS[:2], 1.0),
            ValueError,
            "policy must have one array for each player, 2, got 1",
        ),
        (lambda: certify_each(GAME, POLICY, SETS, 1.0), ValueError, "uncertainty must have one set per player, 1"),
    ],
)
def test_bad_input_is_named(call: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_players_share_what_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A third of delta for each of three players, all of it for the one who stands for all."""
    asked = []

    def remembered(ball: UncertaintySet, concept: str, confidence: str, delta: float, scale: float) -> Mornavi:
        asked.append(delta)
        return Mornavi(ball, concept, confidence, delta, scale)

    monkeypatch.setattr(each, "Mornavi", remembered)
    game = varied_game(0, (2, 3, 2))
    certify_each(Played(game), own_policies(game, 0), SETS, until=2.0, delta=0.03)
    certify_each(GAME, POLICY, BALL, until=3.0, delta=0.03)
    assert asked == pytest.approx([0.01] * 3 + [0.03], abs=1e-15)


def test_solutions_of_joint_games_can_be_certified() -> None:
    """A pure equilibrium of the joint game, taken apart into the players' own policies."""
    game = zoo.safe_or_risky(rewards="opposed")
    solution = solve(game, TotalVariation(0.1), "nash")
    both = solution.policy.reshape(game.horizon, game.n_states, 2, 2)
    own = [both.sum(axis=3), both.sum(axis=2)]
    found = certify_each(Played(game), own, TotalVariation(0.1), until=0.5, seed=1)
    assert found.certificate <= 0.5 and sets_per_player(TotalVariation(0.1), 2)
