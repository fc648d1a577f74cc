"""Environments as ``learn`` asks for them, judged by environments whose episodes are known."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mornavi_lite import History, MarkovGame, Mornavi, TotalVariation, learn, zoo
from mornavi_lite.formats import Environment, from_gymnasium_env, from_parallel_env, to_parallel_env

gymnasium = pytest.importorskip("gymnasium")
pytest.importorskip("pettingzoo")
Box, Dict, Discrete = gymnasium.spaces.Box, gymnasium.spaces.Dict, gymnasium.spaces.Discrete
MultiDiscrete, Tuple = gymnasium.spaces.MultiDiscrete, gymnasium.spaces.Tuple


class Scripted:
    """Two agents, whose observations, rewards and leaving are written down step by step."""

    def __init__(self, script: list[dict], observe: Any = None, act: Any = None, **more: Any) -> None:
        self.possible_agents, self.script = ["ann", "bob"], script
        self.observe = observe or {"ann": Discrete(4), "bob": Discrete(4)}
        self.act = act or {"ann": Discrete(2), "bob": Discrete(3)}
        self.seeds: list[int] = []
        self.played: list[dict] = []
        vars(self).update(more)

    def __str__(self) -> str:
        return "scripted"

    def observation_space(self, agent: str) -> Any:
        return self.observe[agent]

    def action_space(self, agent: str) -> Any:
        return self.act[agent]

    def reset(self, seed: int | None = None, options: Any = None) -> tuple[dict, dict]:
        self.seeds.append(seed)
        self.at = 0
        return self.told()[0], self.told()[4]

    def step(self, actions: dict) -> tuple[dict, ...]:
        self.played.append(actions)
        self.at += 1
        return self.told()

    def told(self) -> tuple[dict, ...]:
        """What is said now; who is named under "left" has terminated, under "cut" was truncated."""
        now = self.script[self.at]
        there = now.get("there", ["ann", "bob"])
        gone = [*now.get("left", []), *now.get("cut", [])]
        self.agents = [each for each in there if each not in gone]
        seen = now["sees"] if isinstance(now["sees"], dict) else dict.fromkeys(there, now["sees"])
        paid = now.get("paid", dict.fromkeys(there, 0.5))
        ended, cut = ({a: a in now.get(word, []) for a in there} for word in ("left", "cut"))
        return seen, paid, ended, cut, now.get("infos", {a: {} for a in there})


def episode(environment: Environment, joint: int = 4, seed: int = 0) -> tuple[list[int], list[list[float]]]:
    """States and rewards of an episode in which one joint action is played throughout."""
    rng = np.random.default_rng(seed)
    states, rewards = [environment.reset(rng)], []
    for _ in range(environment.horizon):
        state, paid = environment.step(joint, rng)
        states.append(state)
        rewards.append(paid.tolist())
    return states, rewards


def test_states_rewards_and_actions_are_those_of_the_environment() -> None:
    env = Scripted([{"sees": 1}, {"sees": 3, "paid": {"ann": 1, "bob": -2.5}}, {"sees": np.array([2])}])
    environment = from_parallel_env(env, 2, reward_range=(-3, 1))
    assert (environment.n_states, environment.n_actions, environment.horizon) == (4, (2, 3), 2)
    assert environment.reward_range.tolist() == [[[-3, 1]] * 2] * 2 and environment.initial is environment.end is None
    assert episode(environment) == ([1, 3, 2], [[1, -2.5], [0.5, 0.5]])
    assert [{a: int(x) for a, x in each.items()} for each in env.played] == [{"ann": 1, "bob": 1}] * 2
    assert environment.state_names == ("0", "1", "2", "3") and environment.action_names == (("0", "1"), ("0", "1", "2"))
    assert environment.state(3) == 3 and environment.support.all() and environment.support.shape == (4, 6, 4)
    assert repr(environment) == "Environment of scripted: 2 players, 2 x 3 joint actions, 4 states, 2 steps"


def test_the_seed_of_a_reset_comes_from_the_generator() -> None:
    env = Scripted([{"sees": 0}, {"sees": 0}])
    environment = from_parallel_env(env, 1)
    rng = np.random.default_rng(7)
    for _ in range(3):
        environment.reset(rng)
        environment.step(0, rng)
    wanted = np.random.default_rng(7)
    assert env.seeds == [int(wanted.integers(2**31)) for _ in range(3)] and len(set(env.seeds)) == 3


def test_actions_of_several_axes_are_joint_actions_in_c_order() -> None:
    env = Scripted([{"sees": 0}] * 13, act={"ann": MultiDiscrete([2, 3], start=[1, 0]), "bob": Discrete(2, start=5)})
    environment = from_parallel_env(env, 12)
    assert environment.n_actions == (6, 2) and environment.action_names[0][:2] == ("(1, 0)", "(1, 1)")
    rng = np.random.default_rng(0)
    environment.reset(rng)
    for joint in range(12):
        environment.step(joint, rng)
    wanted = [((a, b), c) for a in (1, 2) for b in (0, 1, 2) for c in (5, 6)]
    assert [(tuple(each["ann"].tolist()), int(each["bob"])) for each in env.played] == wanted
    assert all(env.act[a].contains(each[a]) for each in env.played for a in env.act)


@pytest.mark.parametrize("word", ["left", "cut"])
def test_an_episode_that_ends_stays_where_it_was_and_pays_nothing(word: str) -> None:
    script = [{"sees": 0}, {"sees": 2, word: ["ann", "bob"], "paid": {"ann": 1, "bob": 0}}]
    env = Scripted(script)
    assert episode(from_parallel_env(env, 4)) == ([0, 2, 2, 2, 2], [[1, 0], [0, 0], [0, 0], [0, 0]])
    assert len(env.played) == 1
    one = from_parallel_env(env, 4, ends="one")
    assert one.n_states == 5 and one.end == 4 and one.state_names[4] == "end"
    assert episode(one) == ([0, 4, 4, 4, 4], [[1, 0], [0, 0], [0, 0], [0, 0]])
    assert one.support[4].tolist() == [[False] * 4 + [True]] * 6 and one.support[:4].all()


def test_a_state_that_is_an_end_now_and_then_is_refused_and_one_end_is_not() -> None:
    script = [{"sees": 0}, {"sees": 2}, {"sees": 2, "left": ["ann", "bob"]}]
    env = Scripted(script)
    environment = from_parallel_env(env, 3)
    assert episode(environment)[0] == [0, 2, 2, 2]  # a living and an ended 2, at different steps
    env.script = [{"sees": 0}, {"sees": 2, "cut": ["ann", "bob"]}]
    with pytest.raises(ValueError, match=r"state 2 at step 1 .*once they were \['ann', 'bob'\], now \[\]: let ends="):
        episode(environment)
    environment = from_parallel_env(env, 3, ends="one")
    episode(environment)
    env.script = script
    assert episode(environment)[0] == [0, 2, 4, 4]


def test_an_agent_that_leaves_is_paid_nothing_and_asked_for_nothing() -> None:
    env = Scripted(
        [{"sees": 0}, {"sees": 1, "left": ["ann"]}, {"sees": 3, "there": ["bob"]}, {"sees": 2, "there": ["bob"]}]
    )
    environment = from_parallel_env(env, 3)
    assert episode(environment) == ([0, 1, 3, 2], [[0.5, 0.5], [0, 0.5], [0, 0.5]])
    assert [list(each) for each in env.played] == [["ann", "bob"], ["bob"], ["bob"]]
    env.script = [{"sees": 0}, {"sees": 1}]
    with pytest.raises(
        ValueError, match=r"state 1 at step 1 must tell .*\['bob'\], now \['ann', 'bob'\]: make it part"
    ):
        episode(environment)


def test_joint_observations_are_a_state_of_what_all_see() -> None:
    env = Scripted(
        [
            {"sees": {"ann": 1, "bob": [0, 2]}},
            {"sees": {"ann": 3, "bob": [1, 0]}, "left": ["ann"]},
            {"sees": {"bob": [1, 2]}, "there": ["bob"]},
        ],
        {"ann": Discrete(4), "bob": MultiDiscrete([2, 3])},
    )
    with pytest.raises(TypeError, match=r"agents 'ann' and 'bob' must share what they observe.*observations=\"joint\""):
        from_parallel_env(env, 2)
    environment = from_parallel_env(env, 2, observations="joint")
    assert environment.n_states == 24 and environment.state_names[1 * 6 + 2] == "(1, 0, 2)"
    assert episode(environment)[0] == [1 * 6 + 2, 3 * 6 + 3, 3 * 6 + 5]  # who has left sees the last thing
    assert environment.state((1, [0, 2])) == 8


def test_one_space_is_not_yet_one_observation() -> None:
    env = Scripted([{"sees": {"ann": 1, "bob": 1}}, {"sees": {"ann": 1, "bob": 2}}])
    with pytest.raises(ValueError, match=r"agents 'ann' and 'bob' must observe the same, got 1 and 2 at step 1"):
        episode(from_parallel_env(env, 1))


def test_a_state_of_the_environment_comes_first_if_it_is_finite() -> None:
    env = Scripted([{"sees": {"ann": 1, "bob": 0}}] * 3, state_space=MultiDiscrete([2, 2]))
    env.state = lambda: np.array([1, env.at % 2])
    assert episode(from_parallel_env(env, 2))[0] == [2, 3, 2]
    env.state_space = Box(0, 1, (2,))
    env.script = [{"sees": 3}] * 3
    assert episode(from_parallel_env(env, 2))[0] == [3, 3, 3]
    with pytest.raises(TypeError, match=r"env.state_space must be finite.*got Box"):
        from_parallel_env(env, 2, observations="state")


def test_an_environment_of_many_states_is_learned_saved_and_taken_up(tmp_path: Path) -> None:
    class Wide:
        observation_space, action_space = Discrete(20_000), Discrete(2)

        def reset(self, seed: Any = None, options: Any = None) -> Any:
            self.rng, self.state = np.random.default_rng(seed), 0
            return 0, {}

        def step(self, action: int) -> Any:
            self.state = int(self.state * 7 + action + self.rng.integers(3))
            return self.state, float(self.state % 2), False, False, {}

    learner = Mornavi(TotalVariation(0.1))
    whole, begun = (
        learn(learner, from_gymnasium_env(Wide(), 2, rewards="next_state"), n_episodes) for n_episodes in (40, 20)
    )
    begun.save(tmp_path / "history.npz")
    resumed = History.load(tmp_path / "history.npz")
    ended = learn(learner, from_gymnasium_env(Wide(), 2, rewards="next_state"), 40, resume=resumed)
    assert whole.best_certificate < 2 and ended.certificate.tobytes() == whole.certificate.tobytes()


def test_only_the_states_that_are_listed_are_numbered() -> None:
    env = Scripted([{"sees": [9, 7]}, {"sees": [0, 7]}], dict.fromkeys(["ann", "bob"], MultiDiscrete([1000, 1000])))
    with pytest.raises(ValueError, match=r"at most 262,144 values, got 1,000,000 with 'shared'; states may list"):
        from_parallel_env(env, 1)
    environment = from_parallel_env(env, 1, states=[(0, 7), [9, 7]])
    assert episode(environment)[0] == [1, 0] and environment.state_names == ("(0, 7)", "(9, 7)")
    with pytest.raises(ValueError, match=r"what is observed at step 1 is not among the states: \[0, 7\]"):
        episode(from_parallel_env(env, 1, states=[(9, 7)]))
    with pytest.raises(ValueError, match=r"observation must be one of the states, got \(5, 5\)"):
        environment.state((5, 5))


@pytest.mark.parametrize(
    ("spaces", "said"),
    [
        ({"observe": {"ann": Box(0, 1, (2,)), "bob": Discrete(2)}}, r"the observation space of agent 'ann'.*got Box"),
        ({"observe": {"ann": Discrete(2), "bob": Box(0, 1)}}, r"the observation space of agent 'bob'.*got Box"),
        ({"observe": {"ann": Discrete(2), "bob": Discrete(3)}}, r"must share what they observe, got Discrete\(2\) and"),
        (
            {"observe": dict.fromkeys(["ann", "bob"], Dict(observation=Discrete(2), action_mask=MultiDiscrete([2])))},
            r"the observation space of agent 'ann' must be finite: no Dict with a mask",
        ),
        ({"act": {"ann": Discrete(2), "bob": Box(0, 1)}}, r"the action space of agent 'bob' must be finite.*got Box"),
        (
            {"act": {"ann": Box(0, 1, (1,), int), "bob": Discrete(1)}},
            r"the action space of agent 'ann' must be Discrete",
        ),
        (
            {"act": {"ann": Tuple([Discrete(2)]), "bob": Discrete(1)}},
            r"the action space of agent 'ann' must be Discrete",
        ),
    ],
)
def test_what_is_not_finite_is_named_with_its_agent(spaces: dict, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        from_parallel_env(Scripted([], **spaces), 3)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ([{"sees": 4}], "what is observed at step 0 is not among the states: 4"),
        ([{"sees": None}], "what is observed at step 0 is not among the states: None"),
        ([{"sees": {"bob": 1}}], "env must show agent 'ann' something at step 0"),
        ([{"sees": {}}], "env must show agent 'ann' something at step 0"),
        ([{"sees": 0}, {"sees": 0, "paid": {"ann": 1}}], "env must pay agent 'bob' at step 0"),
        ([{"sees": 0, "there": ["ann", "eve"]}], "must be among possible_agents, ['ann', 'bob'], got 'eve'"),
        (
            [{"sees": 0}, {"sees": 0, "infos": {"bob": {"action_mask": np.array([1, 0, 1])}}}],
            "the info of agent 'bob' at step 1 has an action_mask that forbids actions of Discrete(3)",
        ),
    ],
)
def test_what_an_environment_does_wrong_is_named_where_it_is_seen(script: list[dict], said: str) -> None:
    environment = from_parallel_env(Scripted([*script, {"sees": 0}]), 2)
    with pytest.raises(ValueError, match=re.escape(said)):
        episode(environment)


def test_a_mask_that_forbids_nothing_is_none() -> None:
    infos = {"ann": {"action_mask": np.ones(2)}, "bob": None}
    assert episode(from_parallel_env(Scripted([{"sees": 1, "infos": infos}] * 2), 1))[0] == [1, 1]


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"env": 3}, TypeError, "env must be a PettingZoo ParallelEnv, got int, which has no possible_agents"),
        ({"env": SimpleNamespace(possible_agents=["a"])}, TypeError, "which has no reset"),
        ({"env": Scripted([], possible_agents=[])}, ValueError, "possible_agents must name at least one agent"),
        ({"horizon": 0}, ValueError, "horizon must be at least 1"),
        ({"horizon": 2.5}, TypeError, "horizon must be an integer"),
        ({"reward_range": "observed"}, TypeError, "reward_range must be .lo, hi., known before anything is seen"),
        ({"reward_range": (1, 0)}, ValueError, "lower end first"),
        ({"reward_range": [(0, 1)] * 3}, ValueError, "reward_range must be"),
        ({"rewards": "noisy"}, ValueError, "rewards must be one of 'deterministic', 'next_state', 'random'"),
        ({"rewards": None}, TypeError, "rewards must be one of"),
        ({"observations": "all"}, ValueError, "observations must be one of 'shared', 'joint', 'state', got 'all'"),
        ({"observations": 1}, TypeError, "observations must be one of"),
        ({"observations": "state"}, TypeError, "env.state_space must be finite.*got None"),
        ({"states": 3}, TypeError, "states must be a sequence of observations, got 3"),
        ({"states": "01"}, TypeError, "states must be a sequence"),
        ({"states": []}, ValueError, "states must list at least one"),
        ({"states": [0, 77]}, ValueError, r"states\[1\] must be an observation, got 77"),
        ({"states": [0, 1, 0]}, ValueError, r"states\[2\] must be different from states\[0\]"),
        ({"ends": "two"}, ValueError, "ends must be one of 'observed', 'one', got 'two'"),
        ({"ends": None}, TypeError, "ends must be one of"),
        ({"initial": 4}, ValueError, "initial"),
        ({"initial": [0.5, 0.6, 0, 0]}, ValueError, "initial"),
        ({"initial": "0"}, (TypeError, ValueError), "initial"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(change: dict, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        from_parallel_env(**{"env": Scripted([]), "horizon": 3, **change})
    if not {"env", "observations"} & set(change) and change.get("reward_range") != [(0, 1)] * 3:
        with pytest.raises(error, match=said):
            from_gymnasium_env(**{"env": gymnasium.make("FrozenLake-v1"), "horizon": 3, "states": range(4), **change})


@pytest.mark.parametrize("env", [None, SimpleNamespace(reset=1, step=2), Scripted])
def test_what_is_no_environment_of_gymnasium_is_named(env: Any) -> None:
    with pytest.raises(TypeError, match=r"env must be a gymnasium environment, got|must be finite"):
        from_gymnasium_env(env, 3)


@pytest.mark.parametrize("game", [zoo.congestion(), zoo.patrol(), zoo.gambler(), zoo.fishing()], ids=lambda g: g.name)
def test_a_game_goes_there_and_back(game: MarkovGame) -> None:
    environment = from_parallel_env(to_parallel_env(game), game.horizon, game.reward_range)
    assert (environment.n_states, environment.n_actions) == (game.n_states, game.n_actions)
    rng = np.random.default_rng(2)
    for _ in range(30):
        state = environment.reset(rng)
        assert game.initial[state] > 0
        for h in range(game.horizon):
            joint = int(rng.integers(game.n_joint_actions))
            then, paid = environment.step(joint, rng)
            assert game.transition[h, state, joint, then] > 0
            reward = game.reward[:, h, state, joint]
            assert paid.tolist() == (reward[:, then] if reward.ndim == 2 else reward).tolist()
            state = then


def test_a_generator_in_the_same_state_gives_the_same_episodes() -> None:
    game = zoo.garnet(5, (2, 3), 4, 3, seed=1)
    made = [from_parallel_env(to_parallel_env(game), game.horizon) for _ in range(2)]
    first, second = ([episode(each, 5, seed) for seed in (3, 4, 5)] for each in made)
    assert first == second and len({str(each) for each in first}) > 1
    assert episode(made[0], 5, 4) == first[1]  # whatever was played before


def test_an_environment_of_gymnasium_is_a_game_of_one_player() -> None:
    env = gymnasium.make("FrozenLake-v1", is_slippery=False)
    environment = from_gymnasium_env(env, 8, initial=0)
    assert (environment.n_states, environment.n_actions, environment.n_states) == (16, (4,), 16)
    assert repr(environment) == "Environment of FrozenLake-v1: 1 player, 4 joint actions, 16 states, 8 steps"
    rng = np.random.default_rng(0)
    states, paid = [environment.reset(rng)], 0.0
    for action in (1, 1, 2, 1, 2, 2, 0, 0):
        state, reward = environment.step(action, rng)
        states.append(state)
        paid += float(reward[0])
    assert states == [0, 4, 8, 9, 13, 14, 15, 15, 15] and paid == 1
    assert environment.initial.tolist() == [1.0] + [0.0] * 15


def test_a_time_limit_of_the_environment_ends_the_episode() -> None:
    env = gymnasium.make("FrozenLake-v1", is_slippery=False, max_episode_steps=2)
    assert episode(from_gymnasium_env(env, 4, ends="one"), 0)[0] == [0, 0, 16, 16, 16]
    assert episode(from_gymnasium_env(env, 4), 0)[0] == [0, 0, 0, 0, 0]
