"""A call of each public function in which every argument is given, and what is no public function and why.

Numbers are such that single precision holds them, so that every form of an array stands for the same numbers.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

import mornavi_lite as ml
from mornavi_lite import anonymous, formats, linear, sweep, zoo
from mornavi_lite.confidence import ConfidenceSet
from tests.sweep.grids import CONTENT, TINY

ROOMS = (
    "uncertainty equilibrium games zoo planning confidence learners runs deployment sweep formats calibration "
    "lower_bounds linear anonymous"
).split()

#: Part of a face for the sake of other rooms, which call it with what they have checked. A reason for each.
INNER = {
    "unchecked": "the name says that whoever calls it has checked",
    **dict.fromkeys(
        "Counts.of Counts.fold Counts.standing Counts.from_parts MarkovGame.fold MarkovGame.standing "
        "MarkovGame.with_rows MarkovGame.rows MarkovGame.step_reward MarkovGame.lowest_reward "
        "ProfileCounts.from_parts FeatureCounts.from_parts LinearGame.gap_and_value AnonymousGame.gap_and_value "
        "MeanFieldGame.at_shares Counts.reward_bounds".split(),
        "one room asks another, with arrays of its own",
    ),
    **dict.fromkeys(
        "KullbackLeibler.at_step TotalVariation.at_step ChiSquare.at_step Nominal.at_step Contamination.at_step "
        "worst_cases_of UncertaintySet.at_step kl_solve require_product gap_and_value highest_average highest_mean "
        "pooled_visits "
        "row_cost by_rows KnownRows KnownRows.at ConfidenceSet.highest_means StagePayoffs StagePayoffs.at "
        "StagePayoffs.start stage_policies AtStart EpsilonGreedy.played Plan.table Plan.rounded "
        "check_selection".split(),
        "a step of planning and learning, called once the arguments of the whole are checked",
    ),
    **dict.fromkeys("UncertaintySet".split(), "what sets have in common"),
    **dict.fromkeys(
        "Checkpoint EachCertificate Radii Alternative EpisodesFloor".split(), "what is returned; nobody makes one"
    ),
    **dict.fromkeys("History Sweep Environment Plan Solution StageGame".split(), "what is returned; nobody makes one"),
    **dict.fromkeys("watched collect behaviour".split(), "a run asks a learner, with what it has made itself"),
}

H, S, ACTIONS = 2, 3, (2, 1, 2)
A = 4
_rng = np.random.default_rng(0)


def eighths(*shape: int) -> np.ndarray:
    return _rng.integers(0, 9, shape) / 8


def halves(*shape: int, entries: int) -> np.ndarray:
    """Rows of probabilities in quarters, of which no two entries need be equal."""
    rows = np.zeros((*shape, entries))
    parts = [0.5, 0.25, 0.25] if entries > 2 else [0.75, 0.25]
    rows[..., : len(parts)] = parts
    return _rng.permuted(rows, axis=-1)


TRANSITION, REWARD = halves(H, S, A, entries=S), eighths(3, H, S, A)
INITIAL = np.array([0.25, 0.5, 0.25])
STATES, NAMES = ["home", "road", "work"], [["go", "stay"], ["wait"], ["left", "right"]]
LEGAL = [np.ones((S, n), dtype=bool) for n in ACTIONS]
LEGAL[2][1, 1] = False
GAME = ml.MarkovGame(TRANSITION, REWARD, ACTIONS, INITIAL, "game", STATES, NAMES)
POINT = ml.MarkovGame(TRANSITION, REWARD, ACTIONS, 1, "game", STATES, NAMES)
LINKS = np.array([[[0, 1], [1, 2], [2, 0], [0, 2]]] * S)
PAIRS = halves(S, A, entries=2)
POLICY = np.zeros((H, S, A))
POLICY[..., 0] = POLICY[..., 3] = 0.5
PRODUCT = np.full((H, S, A), 0.25)
GROUPS = np.array([0, 1, 1])
BALL = ml.TotalVariation(0.25)
SETS = [ml.TotalVariation(0.25), ml.KullbackLeibler(0.125), ml.ChiSquare(0.5)]
RETURN = float(ml.evaluate(POINT, PRODUCT, ml.Nominal())[1, 0, 1])
PAYOFFS = eighths(3, A)
ROW, VALUES = np.array([0.5, 0.25, 0.25]), np.array([1.0, 0.5, 0.0])
SUPPORT = np.ones((S, A, S), dtype=bool)
CELLS = np.arange(H * S * A).reshape(H, S, A)
LEARNER = ml.Mornavi(BALL)
ALIKE = ml.Mornavi(SETS, "ce", "model", 0.25, 1.0, "doubling", None)
HISTORY = ml.run(LEARNER, POINT, 8)
PLAN, SOLUTION = HISTORY.best_plan, ml.solve(GAME, BALL)
ONE = ml.MarkovGame(halves(H, S, 2, entries=S), eighths(1, H, S, 2), (2,))


class World:
    """The game as an environment."""

    n_states, n_actions, horizon, reward_range, initial = S, ACTIONS, H, (0, 1), 1

    def reset(self, rng: np.random.Generator) -> int:
        self.h, self.s = 0, 1
        return 1

    def step(self, a: int, rng: np.random.Generator) -> tuple[int, np.ndarray]:
        h, s = self.h, self.s
        self.h, self.s = h + 1, int(rng.choice(S, p=TRANSITION[h, s, a]))
        return self.s, REWARD[:, h, s, a]


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def counts(game: Any = POINT) -> ml.Counts:
    seen = ml.Counts.for_game(game)
    seen.add(game.play(np.full((H, S, game.n_joint_actions), 1 / game.n_joint_actions), 8, rng()), game.reward)
    return seen


PLAYED = POINT.play(PRODUCT, 8, rng())
LEARN = {
    "concept": "ce",
    "confidence": "model",
    "delta": 0.25,
    "scale": 1.0,
    "replan": "doubling",
    "min_probability": 0.25,
    "support": SUPPORT,
    "rows": CELLS,
    "fail_state": None,
}


def learner_rows() -> dict[str, Callable[[], dict[str, Any]]]:
    """Of each learner: how it is made, and what it is asked."""
    made: dict[str, Callable[[], dict[str, Any]]] = {}
    more: dict[str, dict[str, Any]] = {
        "EpsilonGreedy": {"epsilon": 0.25},
        "OfflinePessimistic": {"behaviour": PRODUCT},
    }
    for name in ("Mornavi", "NashVI", "EpsilonGreedy", "GenerativeDRNVI", "OfflinePessimistic", "RandomPlay"):
        sets = {} if name == "NashVI" else {"uncertainty": SETS}
        made[name] = lambda sets=sets, name=name: sets | LEARN | more.get(name, {})
        learner = ml.NashVI() if name == "NashVI" else getattr(ml, name)(BALL)
        made[f"{name}.plan"] = lambda learner=learner: {"self": learner, "counts": counts()}
        made[f"{name}.certify"] = lambda learner=learner: {"self": learner, "counts": counts(), "policy": PRODUCT}
    return made


def ball_rows() -> dict[str, Callable[[], dict[str, Any]]]:
    made: dict[str, Callable[[], dict[str, Any]]] = {"Nominal": dict}
    for kind in (ml.TotalVariation, ml.KullbackLeibler, ml.ChiSquare, ml.Contamination, ml.Nominal):
        name = kind.__name__
        ball = kind() if kind is ml.Nominal else kind(0.25)
        if kind is not ml.Nominal:
            made[name] = lambda: {"radius": np.full((H, S, A), 0.25)}
        asked = {"self": ball, "p": np.stack([ROW, ROW[::-1]]), "v": VALUES}
        made[f"{name}.worst_case"] = lambda asked=asked: asked
        made[f"{name}.worst_kernel"] = lambda asked=asked: asked
        made[f"{name}.divergence"] = lambda ball=ball: {"self": ball, "q": ROW[::-1].copy(), "p": ROW}
        made[f"{name}.with_radius"] = lambda ball=ball: {"self": ball, "radius": 0.5}
    made["TotalVariation"] = lambda: {"radius": np.full((H, S, A), 0.25), "shift_support": True}
    return made


ANONYMOUS = anonymous.bridge_and_tunnel(2).with_players(3)
UNIFORM = np.full((ANONYMOUS.horizon, ANONYMOUS.n_states, 2), 0.5)
ALL_ALIKE = anonymous.AnonymousMornavi(ml.TotalVariation(0.25))
PROFILES = 4


def seen_profiles() -> Any:
    seen = ANONYMOUS.counts()
    seen.add_unchecked(ANONYMOUS.play(UNIFORM, 8, rng()), ANONYMOUS.reward)
    return seen


def anonymous_rows() -> dict[str, Callable[[], dict[str, Any]]]:
    game = {
        "n_players": 3,
        "n_actions": 2,
        "transition": halves(H, S, PROFILES, entries=S),
        "reward": eighths(H, S, 2, PROFILES),
        "initial": INITIAL,
        "name": "alike",
        "state_names": STATES,
        "action_names": ["a", "b"],
        "reward_range": (0.0, 1.0),
    }
    told = {key: game[key] for key in ("initial", "name", "state_names", "action_names", "reward_range")}
    asked = {"game": ANONYMOUS, "policy": UNIFORM, "uncertainty": BALL}
    stage = eighths(2, 3)
    mean_field = anonymous.bridge_and_tunnel(2)
    return {
        "anonymous.AnonymousGame": lambda: game,
        "anonymous.AnonymousGame.check_policy": lambda: {"self": ANONYMOUS, "policy": UNIFORM},
        "anonymous.AnonymousGame.joint_policy": lambda: {"self": ANONYMOUS, "policy": UNIFORM},
        "anonymous.AnonymousGame.play": lambda: {
            "self": ANONYMOUS,
            "policy": UNIFORM,
            "n_episodes": 8,
            "rng": rng(),
        },
        "anonymous.MeanFieldGame": lambda: {
            "kernel": lambda shares: np.full((2, 2, 2), 0.5),
            "reward": lambda shares: np.full((2, 2, 2), 0.5),
            "n_states": 2,
            "n_actions": 2,
            "horizon": 2,
            **told,
            "initial": 1,
            "state_names": ["x", "y"],
        },
        "anonymous.MeanFieldGame.with_players": lambda: {"self": mean_field, "n_players": 3},
        "anonymous.MeanFieldGame.limit": lambda: {"self": mean_field, "uncertainty": BALL},
        "anonymous.ProfileCounts": lambda: {
            "n_players": 3,
            "n_actions": 2,
            "n_states": 3,
            "horizon": 2,
            "reward_range": (0.0, 1.0),
            "initial": INITIAL,
        },
        "anonymous.ProfileCounts.add": lambda: {
            "self": ANONYMOUS.counts(),
            "played": ANONYMOUS.play(UNIFORM, 8, rng()),
            "reward": np.full(ANONYMOUS.reward.shape, 0.5),
        },
        "anonymous.AnonymousMornavi": lambda: {
            "uncertainty": BALL,
            "delta": 0.25,
            "confidence": "model",
            "scale": 1.0,
            "replan": "doubling",
            "min_probability": 0.25,
            "support": np.ones((H, S, PROFILES, S), dtype=bool),
            "rows": np.arange(H * S * PROFILES).reshape(H, S, PROFILES),
            "fail_state": None,
            "reward": game["reward"],
        },
        "anonymous.AnonymousMornavi.plan": lambda: {"self": ALL_ALIKE, "counts": seen_profiles()},
        "anonymous.AnonymousMornavi.certify": lambda: {
            "self": ALL_ALIKE,
            "counts": seen_profiles(),
            "policy": UNIFORM,
        },
        "anonymous.solve": lambda: {"game": ANONYMOUS, "uncertainty": BALL},
        "anonymous.evaluate": lambda: asked,
        "anonymous.best_response": lambda: asked,
        "anonymous.equilibrium_gap": lambda: asked,
        "anonymous.symmetric_equilibria": lambda: {"payoffs": stage},
        "anonymous.bridge_and_tunnel": lambda: {"horizon": 2, "base": 1.0, "slope": 2.0},
        "anonymous.certify_each": lambda: {
            "environment": World(),
            "policy": [np.full((H, S, n), 1 / n) for n in ACTIONS],
            "uncertainty": BALL,
            "until": 1.5,
            "delta": 0.25,
            "seed": 3,
            "reward": None,
            "n_episodes": 20,
            "confidence": "model",
            "scale": 1.0,
        },
    }


FEATURES = halves(H, S, A, entries=2)
LINEAR = linear.LinearGame(FEATURES, halves(H, 2, entries=S), REWARD, ACTIONS, 1)


def linear_rows() -> dict[str, Callable[[], dict[str, Any]]]:
    told = {"initial": INITIAL, "name": "n", "state_names": STATES, "action_names": NAMES, "reward_range": (0.0, 1.0)}
    factors, seen = halves(H, 2, entries=S), LINEAR.play(PRODUCT, 8, rng())
    asked = {"game": LINEAR, "policy": PRODUCT, "uncertainty": SETS}
    learner = linear.LinearMornavi(FEATURES, SETS, REWARD)
    return {
        "linear.LinearGame": lambda: {
            "features": FEATURES,
            "factors": factors,
            "reward": REWARD,
            "n_actions": ACTIONS,
            **told,
        },
        "linear.LinearGame.check_policy": lambda: {"self": LINEAR, "policy": PRODUCT},
        "linear.LinearGame.play": lambda: {"self": LINEAR, "policy": PRODUCT, "n_episodes": 8, "rng": rng()},
        "linear.FeatureCounts": lambda: {"features": FEATURES, "n_actions": ACTIONS, "horizon": H, **told},
        "linear.FeatureCounts.add": lambda: {"self": LINEAR.counts(), "played": seen, "reward": REWARD},
        "linear.evaluate": lambda: asked,
        "linear.best_response": lambda: asked,
        "linear.equilibrium_gap": lambda: asked | {"concept": "cce"},
        "linear.solve": lambda: {
            "game": LINEAR,
            "uncertainty": SETS,
            "concept": "ce",
            "select": "welfare",
            "progress": False,
        },
        "linear.LinearMornavi": lambda: {
            "features": FEATURES,
            "uncertainty": SETS,
            "reward": REWARD,
            "concept": "ce",
            "delta": 0.25,
            "scale": 1.0,
            "replan": "doubling",
            "ridge": 0.5,
            "explore": 0.25,
        },
        "linear.LinearMornavi.plan": lambda: {"self": learner, "counts": LINEAR.counts()},
        "linear.LinearMornavi.certify": lambda: {"self": learner, "counts": LINEAR.counts(), "policy": PRODUCT},
        "linear.five_states": lambda: {"safety": 0.25, "effort": 0.25, "first": 0.5, "second": 0.5},
        "linear.grouped_states": lambda: {"n_states": 6, "soft": 0.25, "horizon": 2, "seed": 1, "spread": False},
        "linear.look_alikes": lambda: {"weight": 0.5, "shifted": 0.5},
    }


def zoo_rows() -> dict[str, Callable[[], dict[str, Any]]]:
    """The named games, with what they are called with where nothing is said."""
    made: dict[str, Callable[[], dict[str, Any]]] = {}
    for name in zoo.__all__:
        given = inspect.signature(getattr(zoo, name)).parameters
        made[f"zoo.{name}"] = lambda given=given: {
            key: each.default for key, each in given.items() if each.default is not each.empty
        }
    made["zoo.support_shift"] = lambda: {"theta": 1, "p": 0.75, "q": 0.5}
    made["zoo.soccer"] = lambda: {"horizon": 2, "height": 2, "width": 3}
    made["zoo.gambler"] = lambda: {"goal": 4, "win": 0.5, "horizon": 3, "capital": 2}
    made["zoo.garnet"] = lambda: {
        "n_states": 3,
        "n_actions": (2, 3),
        "horizon": 2,
        "branching": 2,
        "seed": 1,
        "rewards": "shared",
        "stationary": True,
    }
    return made


def files_at(folder: Path) -> dict[str, Callable[[], dict[str, Any]]]:
    """What reads and writes files, there."""
    here = lambda name: folder / name  # noqa: E731
    GAME.save(here("game.npz"))
    counts().save(here("counts.npz"))
    SOLUTION.save(here("solution.npz"))
    HISTORY.save(here("history.npz"))
    formats.write_nfg(here("game.nfg"), PAYOFFS, ACTIONS)
    formats.write_table(here("game.csv"), POINT)
    formats.write_log(here("log.csv"), POINT, PRODUCT, 4, rng())
    (here("grid.toml")).write_text(
        'episodes = 10\nseeds = 1\n[[game]]\nname = "fishing"\n[[learner]]\nname = "RandomPlay"\n'
        '[[uncertainty]]\nset = "Nominal"\n',
        encoding="utf8",
    )
    done = folder / "done"
    if not done.exists():
        sweep.sweep(TINY, done)
    new = folder / "new"
    return {
        "MarkovGame.save": lambda: {"self": GAME, "path": new},
        "MarkovGame.load": lambda: {"path": here("game.npz")},
        "Counts.save": lambda: {"self": counts(), "path": new},
        "Counts.load": lambda: {"path": here("counts.npz")},
        "Solution.save": lambda: {"self": SOLUTION, "path": new},
        "Solution.load": lambda: {"path": here("solution.npz")},
        "History.save": lambda: {"self": HISTORY, "path": new},
        "History.load": lambda: {"path": here("history.npz"), "counts": ml.Counts},
        "sweep.Grid.read": lambda: {"path": here("grid.toml")},
        "sweep.sweep": lambda: {
            "grid": TINY,
            "out": done,
            "n_jobs": 1,
            "scheduler": None,
            "resume": True,
            "progress": False,
        },
        "sweep.load_results": lambda: {"grid": TINY, "out": done},
        "formats.read_nfg": lambda: {"path": here("game.nfg")},
        "formats.write_nfg": lambda: {
            "path": new,
            "payoffs": PAYOFFS,
            "n_actions": ACTIONS,
            "action_names": NAMES,
            "player_names": ["x", "y", "z"],
            "title": "t",
            "comment": "c",
        },
        "formats.read_table": lambda: {
            "path": here("game.csv"),
            "horizon": H,
            "initial": INITIAL,
            "reward_range": (0.0, 1.0),
            "normalize": False,
            "discount": None,
            "accuracy": None,
            "name": "n",
            "state_names": STATES,
            "action_names": NAMES,
        },
        "formats.write_table": lambda: {"path": new, "game": GAME},
        "formats.write_policy": lambda: {"path": new, "game": GAME, "policy": POLICY},
        "formats.read_log": lambda: {
            "path": here("log.csv"),
            "horizon": H,
            "reward_range": (0.0, 1.0),
            "rewards": "next_state",
            "initial": "road",
            "state_names": STATES,
            "action_names": NAMES,
        },
        "formats.write_log": lambda: {"path": new, "game": POINT, "policy": PRODUCT, "n_episodes": 2, "rng": rng()},
        "run": lambda: {
            "learner": LEARNER,
            "game": POINT,
            "n_episodes": 8,
            "seed": 0,
            "progress": False,
            "until": 0.5,
            "resume": HISTORY,
            "uncertainty": BALL,
            "checkpoint": new,
        },
        "learn": lambda: {
            "learner": LEARNER,
            "environment": World(),
            "n_episodes": 8,
            "counts": counts(),
            "seed": 0,
            "progress": False,
            "until": 0.5,
            "resume": None,
            "checkpoint": new,
        },
    }


TABLE = {
    0: {0: [(0.5, 0, 1.0, False), (0.5, 1, 0.0, False)], 1: [(1.0, 0, 0.5, False)]},
    1: {0: [(1.0, 1, 0.0, True)], 1: [(1.0, 0, 0.25, False)]},
}


def played_world(kind: str) -> Any:
    """An environment in the form of another package."""
    from gymnasium.spaces import Discrete

    if kind == "parallel":
        return formats.to_parallel_env(zoo.fishing())

    class Alone:
        observation_space, action_space = Discrete(2), Discrete(2)

        def reset(self, seed: Any = None, options: Any = None) -> Any:
            return 0, {}

        def step(self, action: Any) -> Any:
            return int(action), 0.5, False, False, {}

        def close(self) -> None: ...

    return Alone()


def format_rows() -> dict[str, Callable[[], dict[str, Any]]]:
    learned = {
        "horizon": 2,
        "reward_range": (0.0, 1.0),
        "rewards": "random",
        "states": None,
        "ends": "observed",
        "initial": None,
    }
    two = {"payoffs": eighths(2, 6), "n_actions": (2, 3)}
    matrices = (eighths(2, 3), eighths(2, 3))
    return {
        "formats.from_gymnasium": lambda: {
            "P": TABLE,
            "horizon": 2,
            "initial": np.array([0.5, 0.5]),
            "reward_range": (0.0, 1.0),
            "normalize": False,
            "discount": None,
            "accuracy": None,
            "name": "n",
            "state_names": ["x", "y"],
            "action_names": ["l", "r"],
        },
        "formats.from_gymnasium_env": lambda: {"env": played_world("alone"), **learned},
        "formats.from_parallel_env": lambda: {"env": played_world("parallel"), "observations": None, **learned},
        "formats.Environment.reset": lambda: {
            "self": formats.from_gymnasium_env(played_world("alone"), 2),
            "rng": rng(),
        },
        "formats.Environment.step": lambda: {"self": begun(), "joint_action": 1, "rng": rng()},
        "formats.Environment.actions": lambda: {"self": begun(), "joint_action": 1},
        "formats.Environment.state": lambda: {"self": begun(), "observation": 1},
        "formats.from_nashpy": lambda: {
            "game": SimpleNamespace(payoff_matrices=matrices),
        },
        "formats.from_quantecon": lambda: {"game": formats.to_quantecon(**two)},
        "formats.to_nashpy": lambda: two,
        "formats.to_quantecon": lambda: two,
        "formats.to_parallel_env": lambda: {"game": POINT, "render_mode": None},
    }


def begun() -> Any:
    world = formats.from_gymnasium_env(played_world("alone"), 2)
    world.reset(rng())
    return world


def stepping(state: Any, actions: Any) -> Any:
    yield 0.5, "x", (0.5, 0.25)
    yield 0.5, "y", (1.0, 0.0)


def rows(folder: Path) -> dict[str, Callable[[], dict[str, Any]]]:
    """A call of each public function by its name, fresh each time; methods have what they belong to as ``self``."""
    told = {"initial": INITIAL, "name": "n", "state_names": STATES, "action_names": NAMES, "reward_range": (0.0, 1.0)}
    told |= {"normalize": False, "legal": LEGAL}
    cell = ConfidenceSet("events", 3, 60, 0.25)
    asked = {"game": GAME, "policy": PRODUCT, "uncertainty": SETS}
    tail = {"frequency": np.array([0.25, 0.5]), "visits": np.array([8, 4]), "log_term": np.array([2.0, 4.0])}
    return {
        **ball_rows(),
        **learner_rows(),
        **anonymous_rows(),
        **linear_rows(),
        **zoo_rows(),
        **format_rows(),
        **files_at(folder),
        "uncertainty.sets_per_player": lambda: {"uncertainty": SETS, "n_players": 3},
        "solve_stage": lambda: {"payoffs": PAYOFFS, "n_actions": ACTIONS, "concept": "ce", "select": "welfare"},
        "deviation_gain": lambda: {
            "payoffs": PAYOFFS,
            "policy": POLICY[0, 0],
            "n_actions": ACTIONS,
            "concept": "ce",
        },
        "equilibrium.deviation_value": lambda: {
            "payoff": PAYOFFS[0],
            "policy": POLICY[0, 0],
            "n_actions": ACTIONS,
            "player": 1,
            "concept": "cce",
        },
        "equilibrium.is_product": lambda: {"policy": PRODUCT[0], "n_actions": ACTIONS},
        "MarkovGame": lambda: {"transition": TRANSITION, "reward": REWARD, "n_actions": ACTIONS, **told},
        "MarkovGame.stationary": lambda: {
            "transition": TRANSITION[0],
            "reward": REWARD[:, 0],
            "n_actions": ACTIONS,
            "horizon": 2,
            "initial": INITIAL,
        },
        "MarkovGame.sparse": lambda: {
            "next_state": LINKS,
            "probability": PAIRS,
            "reward": REWARD[:, 0],
            "n_actions": ACTIONS,
            "n_states": S,
            "horizon": 2,
            "initial": INITIAL,
        },
        "MarkovGame.discounted": lambda: {
            "transition": PAIRS,
            "reward": REWARD[:, 0],
            "n_actions": ACTIONS,
            "discount": 0.5,
            "accuracy": 0.5,
            "initial": INITIAL,
            "next_state": LINKS,
            "n_states": S,
            "reward_range": (0.0, 1.0),
        },
        "MarkovGame.from_step": lambda: {
            "step": stepping,
            "actions": [["l", "r"], ["u", "d"]],
            "horizon": 2,
            "initial": "x",
            "states": ["x", "y"],
            "by_step": False,
            "reward_range": (0.0, 1.0),
            "name": "n",
        },
        "MarkovGame.state": lambda: {"self": GAME, "label": "road"},
        "MarkovGame.joint_action_name": lambda: {"self": GAME, "joint_action": 3},
        "MarkovGame.legal_joint_actions": lambda: {"self": GAME, "state": 1},
        "MarkovGame.check_policy": lambda: {"self": GAME, "policy": POLICY},
        "MarkovGame.play": lambda: {"self": GAME, "policy": POLICY, "n_episodes": 8, "rng": rng()},
        "solve": lambda: {
            "game": GAME,
            "uncertainty": SETS,
            "concept": "ce",
            "select": "welfare",
            "progress": False,
        },
        "planning.solve_aggregated": lambda: {
            "game": GAME,
            "groups": GROUPS,
            "uncertainty": SETS,
            "concept": "ce",
            "select": "welfare",
            "members": 1,
        },
        "planning.reachable": lambda: {"game": GAME},
        "evaluate": lambda: asked,
        "best_response": lambda: asked,
        "equilibrium_gap": lambda: asked | {"concept": "nash"},
        "Solution.act": lambda: {"self": SOLUTION, "h": 1, "state": "road", "rng": rng()},
        "Plan.act": lambda: {"self": PLAN, "h": 1, "state": "road", "rng": rng()},
        "Plan.certificate": lambda: {"self": PLAN, "initial": INITIAL},
        "History.regret_at": lambda: {"self": HISTORY, "episodes": np.array([1, 5])},
        "Counts": lambda: {
            "n_states": S,
            "n_actions": ACTIONS,
            "horizon": H,
            "reward_range": (0.0, 1.0),
            "rewards": "random",
            "initial": INITIAL,
            "state_names": STATES,
            "action_names": NAMES,
        },
        "Counts.for_game": lambda: {"game": GAME},
        "Counts.add": lambda: {"self": ml.Counts.for_game(POINT), "played": PLAYED, "reward": REWARD},
        "Counts.record": lambda: {
            "self": ml.Counts.for_game(POINT),
            "states": [1, 0, 2],
            "joint_actions": [3, 1],
            "rewards": REWARD[:, [0, 1], [1, 0], [3, 1]],
        },
        "Counts.with_start": lambda: {"self": ml.Counts.for_game(POINT), "initial": INITIAL},
        "confidence.ConfidenceSet": lambda: {
            "tail": "events",
            "n_states": 3,
            "n_rows": 60,
            "delta": 0.25,
            "scale": 1.0,
            "min_probability": 0.25,
        },
        "confidence.ConfidenceSet.event_bound": lambda: {
            "self": cell,
            "seen": np.array([1, 2]),
            "visits": np.array([4, 8]),
            "size": np.array([1, 2]),
        },
        "confidence.ConfidenceSet.row_bound": lambda: {
            "self": ConfidenceSet("model", 3, 60, 0.25),
            "transitions": np.array([3, 2, 1]),
            "event": np.array([True, False, True]),
        },
        "confidence.ConfidenceSet.optimistic": lambda: {
            "self": cell,
            "transitions": np.array([3, 2, 1]),
            "value": VALUES,
        },
        "confidence.ConfidenceSet.pessimistic": lambda: {
            "self": cell,
            "transitions": np.array([3, 2, 1]),
            "value": VALUES,
        },
        "confidence.bernstein": lambda: tail,
        "confidence.chernoff": lambda: tail,
        "confidence.hoeffding": lambda: tail,
        "confidence.bonus": lambda: {
            "ball": BALL,
            "rows": np.stack([ROW, ROW[::-1]]),
            "visits": np.array([4, 8]),
            "upper": VALUES,
            "lower": VALUES / 2,
            "log_term": np.array([2.0, 4.0]),
            "horizon": 2,
            "n_episodes": 16,
            "min_probability": 0.25,
        },
        "confidence.log_term_at": lambda: {"visits": np.array([4, 8]), "n_rows": 60, "delta": 0.25},
        "confidence.row_numbers": lambda: {"rows": CELLS},
        "confidence.support_mask": lambda: {"support": SUPPORT},
        "deployment.kernel_distance": lambda: {"game": GAME, "other": POINT, "ball": BALL},
        "deployment.mixed_game": lambda: {"game": GAME, "other": GAME, "weight": 0.25},
        "deployment.random_game": lambda: {"game": GAME, "ball": BALL, "rng": rng()},
        "deployment.worst_game": lambda: {"game": GAME, "policy": PRODUCT, "uncertainty": SETS, "player": 1},
        "sweep.Grid": lambda: {"configurations": TINY.configurations, "folder": "."},
        "sweep.Grid.of": lambda: {"content": CONTENT, "source": "grid", "text": "", "folder": ""},
        "calibration.from_logs": lambda: {
            "training": counts(),
            "deployment": counts(),
            "delta": 0.25,
            "uncertainty": ml.TotalVariation,
            "stopped": False,
            "rows": CELLS,
            "support": SUPPORT,
            "smoothing": 0.5,
        },
        "calibration.from_returns": lambda: {
            "game": POINT,
            "policy": PRODUCT,
            "returns": np.full(4096, RETURN),
            "player": 1,
            "uncertainty": ml.TotalVariation,
            "delta": 0.25,
            "between": (0.0, 2.0),
        },
        "calibration.flips": lambda: {
            "game": ONE,
            "uncertainty": ml.TotalVariation,
            "between": (0.0, 1.0),
            "concept": "cce",
            "points": 3,
            "tolerance": 0.25,
        },
        "lower_bounds.certificate_floor": lambda: {"horizon": 3, "radius": 0.25},
        "lower_bounds.episodes_floor": lambda: {
            "game": ONE,
            "epsilon": 0.5,
            "delta": 0.25,
            "uncertainty": BALL,
            "support": np.ones((S, 2, S), dtype=bool),
            "sharper": False,
            "rounds": 1,
        },
        "lower_bounds.look_alike": lambda: {"game": GAME, "other": POINT},
    }


def public() -> Iterator[tuple[str, Callable[..., Any], list[str]]]:
    """Name, function and arguments of all that a room's face shows, and of the methods of its classes."""
    for room in ROOMS:
        try:
            face = importlib.import_module(f"mornavi_lite.{room}")
        except ModuleNotFoundError:
            continue
        for name in face.__all__:
            found = getattr(face, name)
            prefix = "" if getattr(ml, name, None) is found else f"{room}."
            if not callable(found) or not getattr(found, "__module__", "").startswith("mornavi_lite"):
                continue
            yield f"{prefix}{name}", found, arguments(found)
            for method, each in inspect.getmembers(found, callable) if inspect.isclass(found) else ():
                home = getattr(each, "__module__", "") or ""
                if not method.startswith("_") and home.startswith("mornavi_lite") and arguments(each):
                    yield f"{prefix}{name}.{method}", each, arguments(each)


def arguments(function: Callable[..., Any]) -> list[str]:
    """Their names, but for ``self`` and what has none."""
    try:
        given = inspect.signature(function).parameters.values()
    except ValueError:
        return []
    named = [each.name for each in given if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]
    return [name for name in named if name != "self"]


def inner(name: str) -> bool:
    """Whether it is no public function, for a reason that stands in ``INNER``."""
    words = name.split(".")
    words = words[1:] if words[0] in ROOMS else words
    exempt = ".".join(words) in INNER or words[-1] in INNER or words[-1].endswith("_unchecked")
    return exempt or words[0] == "UncertaintySet"
