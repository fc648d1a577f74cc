"""Environments of others go through ``learn``; certificates are judged by the game that each environment is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mornavi_lite import (
    ChiSquare,
    KullbackLeibler,
    MarkovGame,
    Mornavi,
    Nominal,
    TotalVariation,
    equilibrium_gap,
    evaluate,
    learn,
    zoo,
)
from mornavi_lite.formats import from_gymnasium, from_gymnasium_env, from_parallel_env, to_parallel_env

gymnasium = pytest.importorskip("gymnasium")
pytest.importorskip("pettingzoo")


def covers(history: Any, game: MarkovGame, learner: Mornavi) -> None:
    """The certificates and the bounds of the best plan hold in the game that was learned."""
    plan, at = history.best_plan, int(history.certificate.argmin())
    assert not history.judged
    assert equilibrium_gap(game, plan.policy, learner.uncertainty, learner.concept) <= history.best_certificate + 1e-9
    value = evaluate(game, plan.policy, learner.uncertainty)[:, 0] @ game.initial
    assert (history.lower[at] <= value + 1e-9).all() and (value <= history.upper[at] + 1e-9).all()


LOPSIDED = zoo.garnet(3, (2, 3, 2), 3, 2, seed=4)
DIFFERENT = [TotalVariation(0.1), KullbackLeibler(0.02), ChiSquare(0.05)]


@pytest.mark.parametrize(
    ("game", "sets", "concept", "initial"),
    [
        pytest.param(LOPSIDED, DIFFERENT, "cce", None, id="three players"),
        pytest.param(LOPSIDED, DIFFERENT, "ce", 0, id="three players, stated start"),
        pytest.param(zoo.patrol(), TotalVariation(0.1), "nash", 0, id="patrol"),
        pytest.param(zoo.traffic_merge(), TotalVariation(0.1), "cce", None, id="traffic merge"),
        pytest.param(zoo.gambler(), KullbackLeibler(0.1), "cce", None, id="gambler"),
    ],
)
def test_a_game_is_learned_as_an_environment(game: MarkovGame, sets: Any, concept: str, initial: int | None) -> None:
    learner = Mornavi(sets, concept)
    environment = from_parallel_env(to_parallel_env(game), game.horizon, game.reward_range, initial=initial)
    history = learn(learner, environment, 300, seed=1)
    covers(history, game, learner)
    assert history.best_certificate < history.certificate[0]


def test_a_run_that_is_taken_up_is_the_run_without_a_break() -> None:
    learner = Mornavi(DIFFERENT, rows="stationary")

    def environment() -> Any:
        return from_parallel_env(to_parallel_env(LOPSIDED), LOPSIDED.horizon)

    whole = learn(learner, environment(), 120, seed=5)
    begun = learn(learner, environment(), 50, seed=5)
    again = learn(learner, environment(), 120, resume=begun)
    assert again.upper.tobytes() == whole.upper.tobytes() and again.episode.tolist() == whole.episode.tolist()
    assert again.checkpoint.counts.transitions.tobytes() == whole.checkpoint.counts.transitions.tobytes()


def rock_paper_scissors(horizon: int) -> MarkovGame:
    """Each player sees the other's last move, 3 before the first: the state is what both see."""

    def step(seen: tuple[int, int], moves: tuple[int, int]):
        first, second = moves
        won = (0, 1, -1)[(first - second) % 3]
        yield 1.0, (second, first), (won, -won)

    every = [(a, b) for a in range(4) for b in range(4)]
    return MarkovGame.from_step(step, [(0, 1, 2)] * 2, horizon, (3, 3), states=every, reward_range=(-1, 1))


@pytest.fixture
def rps() -> Any:
    """PettingZoo's own."""
    return pytest.importorskip("pettingzoo.classic.rps.rps").parallel_env(max_cycles=15)


def test_rock_paper_scissors_of_pettingzoo_is_learned(rps: Any) -> None:
    game, learner = rock_paper_scissors(2), Mornavi(TotalVariation(0.1))
    with pytest.raises(ValueError, match="agents 'player_0' and 'player_1' must observe the same"):
        learn(learner, from_parallel_env(rps, 2, (-1, 1)), 50)
    environment = from_parallel_env(rps, 2, (-1, 1), observations="joint", initial=15)
    history = learn(learner, environment, 2000, seed=2, until=0.8)
    assert history.best_certificate <= 0.8
    covers(history, game, learner)


def test_with_its_support_stated_rock_paper_scissors_is_known_after_each_move_was_seen(rps: Any) -> None:
    game = rock_paper_scissors(3)
    learner = Mornavi([TotalVariation(0.1, shift_support=False), KullbackLeibler(0.2)], "nash", support=game)
    environment = from_parallel_env(rps, 3, (-1, 1), observations="joint", initial=15)
    history = learn(learner, environment, 2000, until=1e-9)
    assert history.best_certificate <= 1e-9 and history.episode[-1] < 1000
    covers(history, game, learner)
    np.testing.assert_allclose(history.best_plan.policy[0, 15], 1 / 9, atol=1e-9)


@pytest.mark.parametrize("shift", [True, False])
def test_a_lake_that_is_not_slippery_is_learned(shift: bool) -> None:
    env = gymnasium.make("FrozenLake-v1", is_slippery=False)
    game, fear = from_gymnasium(env, 8), TotalVariation(0.1, shift_support=shift)
    learner = Mornavi(fear, support=game, rows="stationary")
    history = learn(learner, from_gymnasium_env(env, 8, initial=0), 2000, until=0.1)
    assert history.best_certificate <= 0.1
    covers(history, game, learner)
    assert history.lower[-1, 0] >= (0.5 if shift else 1 - 1e-9)


@pytest.mark.slow
def test_frozen_lake_is_learned() -> None:
    env = gymnasium.make("FrozenLake-v1")
    game, learner = from_gymnasium(env, 15), Mornavi(Nominal(), support=from_gymnasium(env, 15), rows="stationary")
    environment = from_gymnasium_env(env, 15, rewards="next_state", initial=0)
    history = learn(learner, environment, 10**6, until=0.1)
    assert history.best_certificate <= 0.1
    covers(history, game, learner)


@pytest.mark.parametrize("ends", ["observed", "one"])
def test_an_end_before_the_horizon_is_learned(ends: str) -> None:
    """A race that is over once somebody is there; one end for all is a fail state if nothing is paid on the way."""

    class Race(gymnasium.Env):
        observation_space, action_space = gymnasium.spaces.Discrete(3), gymnasium.spaces.Discrete(2)

        def reset(self, seed: int | None = None, options: Any = None) -> tuple[int, dict]:
            super().reset(seed=seed)
            self.at = 0
            return 0, {}

        def step(self, action: int) -> tuple[int, float, bool, bool, dict]:
            paid = 0.0 if self.at == 2 else (0.3, 0.6)[int(action)] * (self.at + 1) / 2
            fell = self.np_random.random() < 0.25 * action
            self.at = 2 if fell else 1
            return self.at, 0.0 if fell else paid, fell, False, {}

    def step(at: int, moves: tuple[int]):
        if at in (0, 1):
            (risk,) = moves
            yield 0.25 * risk, 2, 0.0
            yield 1 - 0.25 * risk, 1, (0.3, 0.6)[risk] * (at + 1) / 2

    states = (0, 1, 2) if ends == "observed" else (0, 1, "observed end", 2)
    game = MarkovGame.from_step(step, [(0, 1)], 4, 0, states=states)
    environment = from_gymnasium_env(Race(), 4, rewards="next_state", ends=ends, initial=0)
    assert environment.n_states == len(states)
    stated = {} if ends == "observed" else {"support": environment.support, "fail_state": environment.end}
    learner = Mornavi(TotalVariation(0.1), **stated)
    history = learn(learner, environment, 400, seed=3)
    covers(history, game, learner)
