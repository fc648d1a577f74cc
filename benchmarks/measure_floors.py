"""What no learner learns in two worlds of one look, and what certificates gain by what a user states about a game.

Writes ``results/floors.json``; chapter 9 of the book is made from it. Its content::

    seeds, delta     of each part; the confidence sets are those of whole rows
    worlds           support_shift with either better action, radius 0.2, judged by that ball:
        budgets      numbers of episodes
        entries      list of {learner, rates}: regret per episode, {budget: [one list per world, a number per seed]}
    stated           what is told, and what it buys, runs of ``most_episodes``:
        levels       certificates asked for
        grid         numbers of episodes at which the best certificate so far is stored
        entries      list of {game, set, stated, episodes, median, low, middle, high, beyond}:
            episodes   {level: list with one number or null per seed}: episodes before the first plan with it
            median     {level: number or null}; null where no certificate was reached by half of the seeds
            low, middle, high   best certificate so far on the grid: percentiles 10, 50 and 90 of the seeds
            beyond     number of plans, of all seeds, whose true gap exceeds their certificate

Takes about ten minutes with two processes. What is interrupted goes on where it was.
"""

from __future__ import annotations

import math

import common

common.one_thread()

import numpy as np  # noqa: E402

from mornavi_lite import (  # noqa: E402
    ChiSquare,
    EpsilonGreedy,
    GenerativeDRNVI,
    KullbackLeibler,
    MarkovGame,
    Mornavi,
    NashVI,
    Nominal,
    RandomPlay,
    TotalVariation,
    run,
    zoo,
)

DELTA, FORM = 0.05, "row"
WORLD_SEEDS, RADIUS, BUDGETS = 20, 0.2, (10**3, 10**4, 10**5, 10**6)
SEEDS, MOST, LEVELS = 10, 10**8, (0.2, 0.05, 0.02)
GRID = np.unique(np.rint(10 ** np.arange(1, 8.01, 0.25)).astype(np.int64))
LEARNERS = {
    "MORNAVI": lambda ball: Mornavi(ball, confidence=FORM),
    "MORNAVI, in support": lambda ball: Mornavi(TotalVariation(RADIUS, False), confidence=FORM),
    "MORNAVI, bonus": lambda ball: Mornavi(ball, confidence="bonus"),
    "Nash-VI": lambda ball: NashVI(confidence=FORM),
    "greedy": lambda ball: EpsilonGreedy(ball, confidence=FORM),
    "random": lambda ball: RandomPlay(ball, confidence=FORM),
    "generative": lambda ball: GenerativeDRNVI(ball, confidence=FORM),
}
GAMES = {
    "opposed": lambda: zoo.safe_or_risky(rewards="opposed"),
    "delayed_coordination": lambda: zoo.delayed_coordination(),
    "traffic_merge": lambda: zoo.traffic_merge(),
    "intersection": lambda: zoo.intersection(),
    "patrol": lambda: zoo.patrol(),
}
SETS = {
    "nominal": Nominal(),
    "TV": TotalVariation(0.1),
    "TV in support": TotalVariation(0.1, shift_support=False),
    "KL": KullbackLeibler(0.1),
    "chi-square": ChiSquare(0.1),
}
#: The state that absorbs and pays everybody the least; patrol has none.
FAIL = {"opposed": "done", "delayed_coordination": "done", "traffic_merge": "done", "intersection": "crash"}
EVERYTHING = ("", "support", "rows", "fail", "least", "support, fail", "support, rows, fail")
#: What is stated where.
CASES = {
    **{(game, "nominal"): ("", "support", "support, fail", "support, rows, fail") for game in tuple(GAMES)[:3]},
    **{(game, ball): EVERYTHING for game in tuple(GAMES)[1:3] for ball in ("TV", "KL")},
    **{(game, "TV in support"): ("", "support", "fail", "least") for game in tuple(GAMES)[1:3]},
    ("delayed_coordination", "chi-square"): ("", "support", "least"),
    ("intersection", "TV"): ("", "support", "rows", "fail"),
    ("patrol", "TV"): ("", "support", "rows"),
}


def told(name: str, game: MarkovGame, stated: str) -> dict:
    """What a learner is told: arguments of ``Mornavi``, all of them true."""
    words = stated.split(", ") if stated else []
    found = {"support": game} if "support" in words else {}
    found |= {"rows": "stationary"} if "rows" in words else {}
    found |= {"fail_state": game.state(FAIL[name])} if "fail" in words else {}
    return found | ({"min_probability": game.transition[game.transition > 0].min()} if "least" in words else {})


def measure_worlds(job: tuple) -> dict:
    """One run of a learner in one of the two worlds."""
    learner, theta, seed = job
    ball = TotalVariation(RADIUS)
    history = run(LEARNERS[learner](ball), zoo.support_shift(theta), BUDGETS[-1], seed, uncertainty=ball)
    return {"rate": np.round(history.regret_at(BUDGETS) / BUDGETS, 9).tolist()}


def measure_stated(job: tuple) -> dict:
    """One run of a learner that was told something."""
    name, ball, stated, seed = job
    game = GAMES[name]()
    history = run(Mornavi(SETS[ball], confidence=FORM, delta=DELTA, **told(name, game, stated)), game, MOST, seed)
    made, best = np.concatenate([[0], history.episode[:-1]]), np.minimum.accumulate(history.certificate)
    reached = [np.flatnonzero(best <= level) for level in LEVELS]
    return {
        "episodes": [int(made[each[0]]) if len(each) else None for each in reached],
        "best": np.round(best[np.searchsorted(made, GRID, side="right") - 1], 9).tolist(),
        "beyond": int((history.gap > history.certificate + 1e-9).sum()),
    }


def median(numbers: list[int | None]) -> int | None:
    """The median, with null as more than any number."""
    middle = float(np.median([math.inf if n is None else n for n in numbers]))
    return None if math.isinf(middle) else round(middle)


def worlds() -> list[dict]:
    """Regret per episode of every learner in both worlds."""
    jobs = [(learner, theta, seed) for learner in LEARNERS for theta in (0, 1) for seed in range(WORLD_SEEDS)]
    answers = dict(zip(jobs, common.several("floors_worlds", measure_worlds, jobs), strict=True))
    lines = []
    for learner in LEARNERS:
        rates = {
            str(budget): [[answers[learner, theta, s]["rate"][k] for s in range(WORLD_SEEDS)] for theta in (0, 1)]
            for k, budget in enumerate(BUDGETS)
        }
        lines.append({"learner": learner, "rates": rates})
    return lines


def entries() -> list[dict]:
    """What each statement buys."""
    kinds = [(name, ball, stated) for (name, ball), which in CASES.items() for stated in which]
    jobs = [(*kind, seed) for kind in kinds for seed in range(SEEDS)]
    answers = common.several("floors", measure_stated, jobs)
    lines = []
    for k, (name, ball, stated) in enumerate(kinds):
        runs = answers[k * SEEDS : (k + 1) * SEEDS]
        episodes = {f"{level:g}": [one["episodes"][j] for one in runs] for j, level in enumerate(LEVELS)}
        line = {"game": name, "set": ball, "stated": stated, "episodes": episodes}
        line["median"] = {level: median(numbers) for level, numbers in episodes.items()}
        curves = np.percentile([one["best"] for one in runs], [10, 50, 90], axis=0).round(9).tolist()
        line |= dict(zip(("low", "middle", "high"), curves, strict=True))
        lines.append(line | {"beyond": sum(one["beyond"] for one in runs)})
        print(name, ball, stated or "nothing", line["median"], f"{line['middle'][-1]:.4f}", flush=True)
    return lines


def main() -> None:
    """Both parts, and the file."""
    content = {
        "delta": DELTA,
        "worlds": {"seeds": WORLD_SEEDS, "radius": RADIUS, "budgets": BUDGETS, "entries": worlds()},
        "stated": {
            "seeds": SEEDS,
            "most_episodes": MOST,
            "levels": [f"{level:g}" for level in LEVELS],
            "grid": GRID.tolist(),
            "entries": entries(),
        },
    }
    common.save("floors", content)
    for name in ("floors", "floors_worlds"):
        common.finished(name)


if __name__ == "__main__":
    main()
