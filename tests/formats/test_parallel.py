"""Games as environments of PettingZoo, judged by PettingZoo's own tests and by the rows of the games."""

from __future__ import annotations

import inspect
import sys
import warnings
from typing import Any

import numpy as np
import pytest

from mornavi_lite import MarkovGame, zoo
from mornavi_lite.formats import to_parallel_env

pytest.importorskip("pettingzoo")
with warnings.catch_warnings():  # PettingZoo's tests import an environment in the way that PettingZoo deprecates
    warnings.simplefilter("ignore", DeprecationWarning)
    from pettingzoo.test import parallel_api_test, parallel_seed_test

ARGUMENTS = {
    "garnet": {"n_states": 4, "n_actions": (2, 3, 2), "horizon": 3, "branching": 2, "seed": 0},
    "support_shift": {"theta": 1},
}


def ring() -> MarkovGame:
    """Sparse, with rewards on the next state, by step, and three players who differ."""
    rng = np.random.default_rng(5)
    after = rng.integers(0, 70, (3, 70, 12, 3))
    chances = rng.dirichlet(np.ones(3), (3, 70, 12))
    return MarkovGame.sparse(after, chances, rng.random((3, 3, 70, 12, 3)), (2, 3, 2), 70, initial=[1 / 70] * 70)


def walled() -> MarkovGame:
    """The first player may not do its first action in state 1."""
    legal = [np.array([[True, True], [False, True]]), np.ones((2, 2), bool)]
    kernel = np.array([[[0.5, 0.5]] * 4, [[1, 0], [1, 0], [0, 1], [0, 1]]])
    return MarkovGame.stationary(kernel, np.arange(16).reshape(2, 2, 4) / 16, (2, 2), 4, legal=legal)


def games() -> list[Any]:
    named = [pytest.param(getattr(zoo, name)(**ARGUMENTS.get(name, {})), id=name) for name in zoo.__all__]
    return [*named, pytest.param(ring(), id="ring"), pytest.param(walled(), id="walled")]


def test_every_game_of_the_zoo_can_be_made_here() -> None:
    for name in zoo.__all__:
        wanted = [p.name for p in inspect.signature(getattr(zoo, name)).parameters.values() if p.default is p.empty]
        assert set(wanted) <= set(ARGUMENTS.get(name, {}))


@pytest.mark.parametrize("game", games())
def test_pettingzoo_takes_it(game: MarkovGame) -> None:
    parallel_api_test(to_parallel_env(game), 30)
    parallel_seed_test(lambda: to_parallel_env(game), 30)


@pytest.mark.parametrize("game", games())
def test_every_step_is_one_of_the_game(game: MarkovGame) -> None:
    env, rng = to_parallel_env(game), np.random.default_rng(1)
    for seed in range(20):
        observations, _ = env.reset(seed=seed)
        state = observations["player_0"]
        assert game.initial[state] > 0
        for h in range(game.horizon):
            joint = int(rng.choice(game.legal_joint_actions(state)))
            each = np.unravel_index(joint, game.n_actions)
            actions = {agent: int(a) for agent, a in zip(env.agents, each, strict=True)}
            seen, paid, ended, cut, _ = env.step(actions)
            assert set(seen.values()) == {int(env.state())} and not any(cut.values())
            assert all(done == (h == game.horizon - 1) for done in ended.values())
            then = seen["player_0"]
            listed, chances = game.rows(h)
            after = range(game.n_states) if listed is None else listed[state, joint].tolist()
            place = after.index(then)
            assert chances[state, joint, place] > 0
            reward = game.step_reward(h)[:, state, joint]
            reward = reward[:, place] if reward.ndim == 2 else reward
            assert list(paid.values()) == reward.tolist()
            state = then
        assert env.agents == []


def test_frequencies_are_the_kernel() -> None:
    game, n = zoo.patrol(), 4000
    env, seen = to_parallel_env(game), np.zeros(game.n_states)
    env.reset(seed=3)
    for _ in range(n):
        env.reset()
        seen[env.step({"player_0": 2, "player_1": 1})[0]["player_1"]] += 1
    row = game.initial @ game.transition[0, :, 2 * 4 + 1]
    assert (np.abs(seen / n - row) <= 5 * np.sqrt(row * (1 - row) / n)).all() and row.max() < 1


def test_the_state_is_shown_by_name() -> None:
    env = to_parallel_env(zoo.intersection(), render_mode="ansi")
    env.reset(seed=0)
    assert env.render() == "step 0 of 4: both wait"
    seen = env.step({"player_0": 1, "player_1": 0})[0]
    assert env.render().startswith(f"step 1 of 4: {zoo.intersection().state_names[seen['player_0']]} after (")
    assert to_parallel_env(zoo.intersection()).render() is None and env.render_mode in env.metadata["render_modes"]


def test_legal_actions_are_a_mask_and_others_stand_for_the_first_legal_one() -> None:
    game = walled()
    env = to_parallel_env(game)
    for seed in range(20):
        infos = env.reset(seed=seed)[1]
        assert infos["player_0"]["action_mask"].tolist() == [1, 1]
        seen, _, _, _, infos = env.step({"player_0": 0, "player_1": 0})
        assert infos["player_0"]["action_mask"].tolist() == game.legal[0][seen["player_0"]].astype(int).tolist()
        if seen["player_0"] == 1:
            then, paid, *_ = env.step({"player_0": 0, "player_1": 1})
            assert then["player_0"] == 1 and list(paid.values()) == game.reward[:, 0, 1, 3].tolist()
            return
    raise AssertionError("state 1 was never reached")


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ((None,), TypeError, "game must be a MarkovGame, got NoneType"),
        ((zoo.patrol(), "human"), ValueError, "render_mode must be one of 'ansi', got 'human'"),
        ((zoo.patrol(), 3), TypeError, "render_mode must be one of 'ansi'"),
    ],
)
def test_what_is_wrong_is_named(arguments: tuple, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        to_parallel_env(*arguments)


def test_a_missing_package_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "mornavi_lite.formats.parallel", raising=False)
    monkeypatch.setitem(sys.modules, "pettingzoo", None)
    with pytest.raises(ImportError, match=r"PettingZoo, and that is missing: pip install 'mornavi-lite\[pettingzoo\]'"):
        to_parallel_env(zoo.patrol())


def test_wrong_actions_and_steps_after_the_end_are_named() -> None:
    env = to_parallel_env(zoo.safe_or_risky(horizon=3))
    env.reset(seed=0)
    for actions in ({}, {"player_0": 0}, {"player_0": 0, "player_1": 2}, {"player_0": 0, "player_1": None}):
        with pytest.raises(ValueError, match=r"actions\['player_[01]'\] must be in Discrete\(2\), got"):
            env.step(actions)
    for _ in range(3):
        env.step({"player_0": 0, "player_1": 0})
    with pytest.raises(RuntimeError, match="reset the environment"):
        env.step({"player_0": 0, "player_1": 0})
