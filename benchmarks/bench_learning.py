"""Learning: runs of 10^12 episodes, plans and runs beside loops, and how their cost grows.

The loops bound events one by one, so beside them ours runs with ``confidence="events"``; all else is the default.
Writes ``results/learning.json`` and ``results/learning_cost.json``; the page "Speed" of the book is made from them.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tracemalloc

import common

common.one_thread()

import numpy as np  # noqa: E402
import straightforward_learner  # noqa: E402
from straightforward import correlated_program  # noqa: E402

from mornavi_lite import Counts, KullbackLeibler, MarkovGame, Mornavi, TotalVariation, equilibrium_gap, run, zoo  # noqa: E402
from mornavi_lite.learners.mornavi import stage_policies  # noqa: E402

BALLS = {"TV": TotalVariation(0.1), "KL": KullbackLeibler(0.1)}
#: Most seconds that 10^12 episodes may take; None where nothing is promised. Most megabytes of the whole process.
LONG_RUNS = {
    ("TV", "model", "small"): 5.0,
    ("KL", "model", "small"): 5.0,
    ("TV", "bonus", "small"): None,
    ("KL", "bonus", "small"): None,
    ("TV", "model", "large"): None,
}
MOST_MEGABYTES = 300
EPISODES = 300
#: Least ratios.
RUN_GOALS = {"TV": 25, "KL": 25}
PLAN_GOALS = {"TV": 100, "KL": 60}
#: What is varied, and the shapes: (number of states, actions of each player, horizon). All else stays.
GROWTH = {
    "S": [(n, (2, 2), 3) for n in (5, 10, 20, 40, 80, 160)],
    "A": [(20, (n, n), 3) for n in (2, 4, 6, 8, 12)],
    "H": [(20, (3, 3), n) for n in (2, 4, 8, 16, 32)],
    "m": [(20, (2**6,), 3), (20, (8, 8), 3), (20, (4, 4, 4), 3), (20, (2,) * 6, 3)],
}


def small_game() -> MarkovGame:
    """The game of most long runs: 48 cells (h, s, a)."""
    return zoo.garnet(4, (2, 2), 3, branching=4, seed=1)


def large_game() -> MarkovGame:
    """Twenty-five times as many cells: 1,200."""
    return zoo.garnet(30, (2, 2), 10, branching=3, seed=1)


def uniform_counts(game: MarkovGame, n_episodes: int = 10**6) -> Counts:
    """Counts of episodes in which all joint actions are equally likely."""
    uniform = np.full(game.transition.shape[:3], 1 / game.n_joint_actions)
    counts = Counts(game.n_states, game.n_actions, game.horizon)
    counts.add(game.play(uniform, n_episodes, np.random.default_rng(0)), game.reward)
    return counts


def long_run(ball: str, confidence: str, size: str) -> dict:
    """10^12 episodes in this process: seconds, plans, and memory of the run and of the process, in megabytes."""
    import resource

    game, learner = {"small": small_game, "large": large_game}[size](), Mornavi(BALLS[ball], confidence=confidence)
    took, histories = [], []
    for _ in range(2 if size == "small" else 1):
        took.append(common.once(lambda: histories.append(run(learner, game, 10**12))))
    # The largest memory of the process, in kilobytes, on macOS in bytes; asked for before anything is traced.
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    found = {"seconds": min(took), "plans": histories[0].n_plans, "certificate": histories[0].best_certificate}
    found |= {"cells": game.horizon * game.n_states * game.n_joint_actions, "process_megabytes": megabytes}
    if size == "small":
        tracemalloc.start()
        run(learner, game, 10**12)
        found["run_megabytes"] = tracemalloc.get_traced_memory()[1] / 1e6
    return found


def long_runs() -> list[dict]:
    """Each long run in a process of its own, so that the memory is its own."""
    lines = []
    for (ball, confidence, size), most in LONG_RUNS.items():
        command = [sys.executable, __file__, "--long-run", ball, confidence, size]
        answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        line = {"set": ball, "confidence": confidence, "game": size, "episodes": 10**12, **answer}
        lines.append(line | {"goal_seconds": most, "goal_megabytes": MOST_MEGABYTES})
        slow = most is not None and answer["seconds"] > most
        print(
            f"10^12 episodes, {ball}, {confidence}, {size} game: {answer['seconds']:.2f} s, {answer['plans']} plans, "
            f"{answer['process_megabytes']:.0f} MB{'   <-- above the goal' if slow else ''}",
            flush=True,
        )
    return lines


def run_anew(learner: Mornavi, game: MarkovGame) -> None:
    """A run that finds no stage game of an earlier one."""
    stage_policies.cache_clear()
    run(learner, game, EPISODES)


def runs() -> list[dict]:
    """A plan after each of 300 episodes, and its true gap, after a check of both on the same counts and policies."""
    lines, game = [], zoo.garnet(5, (2, 2), 3, branching=5, seed=1)
    keep = (0, 1, 10, 100, EPISODES - 1)
    for name, ball in BALLS.items():
        learner, kept = Mornavi(ball, confidence="events", replan="episode"), []
        ours = common.seconds(lambda one=learner: run_anew(one, game), at_least=3.0)
        slow = common.once(lambda b=ball, out=kept: out.extend(straightforward_learner.run(game, b, EPISODES, keep)))
        for seen, (policy, upper, lower), gap in kept:
            counts = Counts(game.n_states, game.n_actions, game.horizon)
            counts.add(seen, game.reward)
            plan = learner.certify(counts, policy)
            np.testing.assert_allclose(plan.upper, upper, rtol=0, atol=1e-6)
            np.testing.assert_allclose(plan.lower, lower, rtol=0, atol=1e-6)
            np.testing.assert_allclose(equilibrium_gap(game, policy, ball, "cce"), gap, rtol=0, atol=1e-6)
        case = f"{EPISODES} episodes, S = 5, A = 2 x 2, H = 3"
        lines.append(common.row(f"run, {name}", case, ours, slow, "loops, brentq, linprog a state", RUN_GOALS[name]))
    return lines


def plan_anew(learner: Mornavi, counts: Counts) -> None:
    """A plan that finds no stage game of an earlier one."""
    stage_policies.cache_clear()
    learner.plan(counts)


def plans() -> list[dict]:
    """One plan of a large game. The loops do one step of the ten, and are taken ten times."""
    game, step, lines = zoo.garnet(50, (4, 4), 10, branching=50, seed=1), 4, []
    counts = uniform_counts(game)
    for name, ball in BALLS.items():
        learner = Mornavi(ball, confidence="events")
        plan = learner.plan(counts)
        slow = straightforward_learner.Learner(game, ball)
        slow.seen, slow.reward = np.array(counts.transitions), np.array(counts.reward)
        found: list = []

        def one_step(loops=slow, plan=plan, out=found) -> None:
            stages = [loops.payoffs(i, step, plan.upper[i, step + 1], plan.lower[i, step + 1]) for i in range(2)]
            for s in range(game.n_states):
                high = np.array([stage[0][s] for stage in stages])
                correlated_program(high, game.n_actions, "cce")
                policy = plan.policy[step, s]
                for i in range(2):
                    deviated = straightforward_learner.best_deviation(high[i], policy, game.n_actions, i)
                    out.append((max(high[i] @ policy, deviated), stages[i][1][s] @ policy))

        took = common.once(one_step)
        upper, lower = np.array(found).reshape(game.n_states, 2, 2).transpose(2, 1, 0)
        np.testing.assert_allclose(plan.upper[:, step], upper, rtol=0, atol=1e-6)
        np.testing.assert_allclose(plan.lower[:, step], lower, rtol=0, atol=1e-6)
        ours = common.seconds(lambda one=learner: plan_anew(one, counts), at_least=1.0)
        against = "loops, brentq, linprog a state"
        case = "S = 50, A = 4 x 4, H = 10"
        line = common.row(f"plan, {name}", case, ours, took * game.horizon, against, PLAN_GOALS[name])
        lines.append(line | {"steps_timed": 1, "steps": game.horizon})
    return lines


def growth() -> dict:
    """Seconds of a plan as one size grows, beside the bounds on events that it takes, with the slope of either.

    The slopes are those of straight lines through the last three points, on logarithmic axes.
    """
    found = {}
    for what, shapes in GROWTH.items():
        sizes, operations, curves = [], [], {name: [] for name in BALLS}
        for n_states, n_actions, horizon in shapes:
            game = zoo.garnet(n_states, n_actions, horizon, branching=n_states, seed=1)
            counts, n_joint = uniform_counts(game), math.prod(n_actions)
            sizes.append({"S": n_states, "A": n_joint, "H": horizon, "m": len(n_actions)}[what])
            operations.append(2 * len(n_actions) * horizon * n_states * n_joint * (n_states - 1))
            for name, ball in BALLS.items():
                learner = Mornavi(ball)
                curves[name].append(common.seconds(lambda one=learner, seen=counts: plan_anew(one, seen)))
        found[what] = {"sizes": sizes, "operations": operations, "seconds": curves}
        found[what]["exponents"] = {name: slope(sizes, times) for name, times in curves.items()}
        found[what]["exponents"]["operations"] = slope(sizes, operations)
        print(f"{what}: " + ", ".join(f"{name} {e:.2f}" for name, e in found[what]["exponents"].items()), flush=True)
    return found


def slope(sizes: list[int], costs: list[float], last: int = 3) -> float:
    """Exponent of the power law that fits the last points."""
    return float(np.polyfit(np.log(sizes[-last:]), np.log(costs[-last:]), 1)[0])


def growth_in_episodes() -> dict:
    """Plans and seconds of runs of 10^2 to 10^12 episodes, beside the most plans that the theorem allows."""
    game = small_game()
    episodes = [10**k for k in range(2, 13)]
    rows = game.transition[..., 0].size
    found: dict = {"episodes": episodes, "most_plans": [rows * (int(math.log2(k)) + 1) + 1 for k in episodes]}
    for key in ("plans", "seconds"):
        found[key] = {name: [] for name in BALLS}
    for name, ball in BALLS.items():
        learner = Mornavi(ball)
        for k in episodes:
            found["plans"][name].append(run(learner, game, k).n_plans)
            found["seconds"][name].append(common.seconds(lambda one=learner, n=k: run(one, game, n)))
        print(f"10^2 to 10^12 episodes, {name}: plans {found['plans'][name]}", flush=True)
    return found


def main() -> None:
    """All of it, about a minute and a half."""
    common.save("learning", {"long_runs": long_runs(), "ratios": plans() + runs()})
    common.save("learning_cost", {"plan": growth(), "run": growth_in_episodes()})


if __name__ == "__main__":
    if sys.argv[1:2] == ["--long-run"]:
        print(json.dumps(long_run(*sys.argv[2:])))
    else:
        main()
