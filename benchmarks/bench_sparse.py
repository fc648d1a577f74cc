"""Sparse rows: a robust backup beside the nominal one and the dense one, how large a game is solved, what a plan costs.

All in one run, in seconds of the processor: everything is done by one thread, and other work adds to wall time.
Each game is solved in a process of its own, whose peak of memory is its own. ``results/sparse.json``::

    nominal   one line for each branching and set: "branching", "set", "multiple" of the time of the nominal backup,
              "goal", the most it should be, and "ours_s", seconds, for 10,000 states with 9 joint actions
    dense     lines of ``common.row``: the same backups beside rows of all 1,000 states; "ratio" is dense over sparse
    games     one line for each number of states: "n_states", "seconds" and "gib" of solving it, and its "gap"
    exponent  of the growth of these seconds in the number of states
    plans     one line for each set: a learner's plan from the counts of a game with "n_states" states, 2 x 2 joint
              actions, 5 steps and branching 5 after "episodes" episodes: "plan_s" and "solve_s", seconds of the plan
              and of one ``solve`` of that game, "multiple", the first over the second, "goal", the most it should be;
              and "megabytes", the peak of what the counts and a plan take
"""

from __future__ import annotations

import resource
import sys
import time
import tracemalloc

import common

common.one_thread()
common.CLOCK = time.process_time

import numpy as np  # noqa: E402

from mornavi_lite import (  # noqa: E402
    ChiSquare,
    Counts,
    KullbackLeibler,
    MarkovGame,
    Mornavi,
    Nominal,
    TotalVariation,
    solve,
)
from mornavi_lite.learners import stage_policies  # noqa: E402
from mornavi_lite.uncertainty import UncertaintySet  # noqa: E402

RADIUS = 0.1
SETS: dict[str, UncertaintySet] = {
    "TV": TotalVariation(RADIUS),
    "TV in the support": TotalVariation(RADIUS, shift_support=False),
    "KL": KullbackLeibler(RADIUS),
    "chi-square": ChiSquare(RADIUS),
}
#: Largest multiples of the nominal backup, by branching.
GOALS = {5: {"TV": 4, "TV in the support": 4, "KL": 20, "chi-square": 20}, 10: dict.fromkeys(SETS, 13) | {"KL": 25}}
AGAINST_DENSE = {"TV": 30, "KL": 40}
#: States, joint actions of a row of the tables, and seconds and GiB that solving the largest game may take.
N_STATES, N_ACTIONS, SOLVED, SECONDS, GIB = 10_000, 9, (1_000, 10_000, 100_000), 60, 2

#: A learner's plan: numbers of states and episodes, and the most times of one ``solve`` that it may take.
LEARNED, EPISODES, PLAN_GOAL = (500, 2_000, 8_000), 10**6, 5


def instance(n_states: int, branching: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Next states and probabilities (S, A, B), and values (S,)."""
    rng = np.random.default_rng(branching)
    next_state = rng.integers(n_states, size=(n_states, N_ACTIONS, branching))
    return next_state, rng.dirichlet(np.ones(branching), size=next_state.shape[:2]), rng.random(n_states)


def sparse_backup(ball: UncertaintySet, next_state: np.ndarray, p: np.ndarray, v: np.ndarray) -> np.ndarray:
    return ball.worst_case_unchecked(p, v[next_state], floor=v.min())


def against_nominal() -> list[dict]:
    """Times of a robust and of the nominal backup (gather, multiply, add), side by side."""
    lines = []
    for branching, goals in GOALS.items():
        next_state, p, v = instance(N_STATES, branching)
        for name, ball in SETS.items():
            ours = common.seconds(lambda b=ball, s=next_state, q=p, x=v: sparse_backup(b, s, q, x))
            nominal = common.seconds(lambda s=next_state, q=p, x=v: (q * x[s]).sum(axis=-1))
            multiple, goal = ours / nominal, goals[name]
            mark = "" if multiple <= goal else "   <-- above the goal"
            print(f"branching {branching}, {name}: {multiple:.1f} x the nominal backup (goal {goal}){mark}", flush=True)
            lines.append({"branching": branching, "set": name, "multiple": multiple, "goal": goal, "ours_s": ours})
    return lines


def against_dense() -> list[dict]:
    """The same backup by rows of all 1,000 states, after a check that the numbers are the same."""
    next_state, p, v = instance(1_000, 5)
    dense = np.zeros((*next_state.shape[:2], 1_000))
    rows = np.indices(next_state.shape)
    np.add.at(dense, (rows[0], rows[1], next_state), p)
    lines = []
    for name, goal in AGAINST_DENSE.items():
        ball = SETS[name]
        expected = ball.worst_case_unchecked(dense, v)
        np.testing.assert_allclose(sparse_backup(ball, next_state, p, v), expected, rtol=0, atol=1e-12)
        ours = common.seconds(lambda b=ball: sparse_backup(b, next_state, p, v))
        reference = common.seconds(lambda b=ball: b.worst_case_unchecked(dense, v))
        lines.append(common.row(f"{name} backup", "S = 1000, branching 5", ours, reference, "dense rows", goal))
    return lines


def solved(n_states: int) -> dict:
    """Seconds and peak memory of a game of two players with three actions, 20 steps, branching 5."""
    next_state, p, _ = instance(n_states, 5)
    reward = np.random.default_rng(0).random((2, n_states, N_ACTIONS))
    game = MarkovGame.sparse(next_state, p, reward, (3, 3), n_states, horizon=20)
    answer: list = []
    took = common.once(lambda: answer.append(solve(game, TotalVariation(0.1))))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 2**30
    print(f"S = {n_states}: solved in {took:.1f} s, {peak:.2f} GiB, gap {answer[0].gap:.1g}", flush=True)
    return {"n_states": n_states, "seconds": took, "gib": peak, "gap": answer[0].gap}


def planned(n_states: int) -> dict:
    """Lines of plans from the counts of one game, each beside one solve of that game."""
    rng, uniform = np.random.default_rng(5), np.full((5, n_states, 4), 0.25)
    next_state = rng.integers(n_states, size=(n_states, 4, 5))
    p, reward = rng.dirichlet(np.ones(5), size=(n_states, 4)), rng.random((2, n_states, 4))
    start = np.full(n_states, 1 / n_states)
    game = MarkovGame.sparse(next_state, p, reward, (2, 2), n_states, horizon=5, initial=start)
    tracemalloc.start()
    counts = Counts.for_game(game)
    counts.add(game.play(uniform, EPISODES, rng), game.reward)
    Mornavi(TotalVariation(RADIUS)).plan(counts)
    megabytes = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    lines = []
    for name, ball in (SETS | {"nominal": Nominal()}).items():

        def plan_anew(one: Mornavi) -> None:
            stage_policies.cache_clear()
            one.plan(counts)

        solving = common.seconds(lambda b=ball: solve(game, b), 1.0)
        learner = Mornavi(ball)
        plan = common.seconds(lambda one=learner: plan_anew(one), 1.0)
        mark = "" if plan <= PLAN_GOAL * solving else "   <-- above the goal"
        print(f"S = {n_states}, {name}: a plan takes {plan / solving:.1f} x one solve{mark}", flush=True)
        line = {"n_states": n_states, "set": name, "episodes": EPISODES, "plan_s": plan, "solve_s": solving}
        lines.append(line | {"multiple": plan / solving, "goal": PLAN_GOAL, "megabytes": megabytes})
    return {"lines": lines}


if __name__ == "__main__":
    plans = [line for n_states in LEARNED for line in common.in_a_process(planned, n_states)["lines"]]
    games = [common.in_a_process(solved, n_states) for n_states in SOLVED]
    exponent = float(np.log(games[-1]["seconds"] / games[0]["seconds"]) / np.log(SOLVED[-1] / SOLVED[0]))
    print(f"time grows like S to the power of {exponent:.2f}; goals {SECONDS} s, {GIB} GiB, exponent 1.1")
    common.save(
        "sparse",
        {
            "nominal": against_nominal(),
            "dense": against_dense(),
            "games": games,
            "exponent": exponent,
            "plans": plans,
        },
    )
