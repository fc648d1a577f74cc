"""Episodes until a learner can certify its policy: by game, uncertainty set, assumption and confidence method.

Writes ``results/episodes.json``; chapter 6 and the page "Speed" of the book are made from it. Its content::

    delta, most_episodes   settings of every run; a run that has no certificate by then has "not reached", null
    levels                 names of the certificates asked for: ["0.2", "0.05"]
    sets, methods          names, as in the entries
    games                  list of {game, n_states, n_actions, horizon, min_probability}; the last is the game's
                           smallest positive probability, over all steps
    entries                list of {game, set, assumed, method, episodes, median, smallest, beyond}:
        assumed            whether the learner was told min_probability
        episodes           {level: list with one number or null per seed 0, 1, ...}
        median             {level: number or null}; null where no certificate was reached by half of the seeds
        smallest           median over the seeds of the smallest certificate of the run, which ends at the last level
        beyond             number of plans, of all seeds, whose true gap exceeds their certificate
    published              list of {game, method, episodes, median, goal}: nominal sets, certificate 0.2, 10 seeds;
                           goal is null for all but the default method
    with_support           list of {game, episodes, median}: the same for the default method, told what can follow what
    by_size                list of {n_states, branching, method, episodes, median}: nominal sets, certificate 0.2,
                           on random games with sparse rows; "events, uniform" spreads delta evenly over all partitions
                           of the states, "events" over their sizes first

A run is simulated to the last level or to ``most_episodes``. Bonuses have one seed: their runs take ten times as long.
Takes about a quarter of an hour with two processes. What is interrupted goes on where it was. Methods that are named on
the command line are measured again, and the lines of the others stay as they are in the file::

    python benchmarks/measure_episodes.py model
"""

from __future__ import annotations

import json
import math
import sys
from unittest import mock

import common

common.one_thread()

import numpy as np  # noqa: E402

from mornavi_lite import KullbackLeibler, MarkovGame, Mornavi, Nominal, TotalVariation, run, zoo  # noqa: E402
from mornavi_lite.confidence import ConfidenceSet  # noqa: E402
from mornavi_lite.learners import stage_payoffs  # noqa: E402

DELTA, MOST, LEVELS = 0.05, 10**12, (0.2, 0.05)
SEEDS, BONUS_SEEDS, MANY_SEEDS = 3, 1, 10
METHODS = ("bonus", "hoeffding", "bernstein", "chernoff", "events", "model")
SETS = {"nominal": Nominal(), "TV 0.1": TotalVariation(0.1), "KL 0.1": KullbackLeibler(0.1)}
GAMES = {
    "safe_or_risky, shared": lambda: zoo.safe_or_risky(),
    "safe_or_risky, opposed": lambda: zoo.safe_or_risky(rewards="opposed"),
    "delayed_coordination": lambda: zoo.delayed_coordination(),
    "traffic_merge": lambda: zoo.traffic_merge(),
    "fishing": lambda: zoo.fishing(),
    "intersection": lambda: zoo.intersection(),
    "patrol": lambda: zoo.patrol(),
    "congestion": lambda: zoo.congestion(),
    "gambler": lambda: zoo.gambler(),
    "support_shift": lambda: zoo.support_shift(theta=1),
    "garnet, dense, zero-sum": lambda: zoo.garnet(4, (2, 2), 3, branching=4, seed=1, rewards="zero-sum"),
    "garnet, sparse, 3 players": lambda: zoo.garnet(6, (2, 2, 2), 3, branching=2, seed=1),
}
#: Most episodes to certificate 0.2 that the default method may take.
PUBLISHED = {"safe_or_risky, opposed": 2200, "delayed_coordination": 2100, "traffic_merge": 2700}
BY_SIZE = {
    20: ("chernoff", "events, uniform", "events", "model"),
    50: ("chernoff", "events, uniform", "events", "model"),
}
BRANCHING = 2


class UniformOverPartitions(ConfidenceSet):
    """The set "events" with the same share of delta for each way to part the states in two."""

    def __post_init__(self) -> None:
        super().__post_init__()
        partitions = 2 ** (self.n_states - 1) - 1
        object.__setattr__(self, "_event_costs", np.full(self.n_states + 1, math.log(partitions)))


def smallest_probability(game: MarkovGame) -> float:
    """The smallest positive probability of the kernel."""
    return float(game.transition[game.transition > 0].min())


def first_plans(learner: Mornavi, game: MarkovGame, seed: int, levels: tuple[float, ...]) -> dict:
    """One run: episodes before the first plan with each certificate, null where there was none."""
    history = run(learner, game, MOST, seed=seed, until=levels[-1])
    starts = np.concatenate([[0], history.episode[:-1]])
    reached = [np.flatnonzero(history.certificate <= level) for level in levels]
    return {
        "episodes": [int(starts[each[0]]) if len(each) else None for each in reached],
        "smallest": history.best_certificate,
        "beyond": int((history.gap > history.certificate + 1e-9).sum()),
    }


def measure(job: tuple) -> dict:
    """One run of the large table."""
    name, ball, assumed, method, seed = job
    game = GAMES[name]()
    least = smallest_probability(game) if assumed else None
    learner = Mornavi(SETS[ball], confidence=method, delta=DELTA, min_probability=least)
    return first_plans(learner, game, seed, LEVELS)


def measure_published(job: tuple) -> dict:
    """One run to certificate 0.2 with nominal sets."""
    name, method, seed = job
    return first_plans(Mornavi(Nominal(), confidence=method, delta=DELTA), GAMES[name](), seed, (0.2,))


def measure_with_support(job: tuple) -> dict:
    """One run to certificate 0.2 with nominal sets, of a learner that is told what can follow what."""
    name, seed = job
    game = GAMES[name]()
    return first_plans(Mornavi(Nominal(), delta=DELTA, support=game), game, seed, (0.2,))


def measure_by_size(job: tuple) -> dict:
    """One run to certificate 0.2 on a random game with sparse rows; the seed is that of the game as well."""
    n_states, method, seed = job
    game = zoo.garnet(n_states, (2, 2), 3, BRANCHING, seed=seed)
    kind = UniformOverPartitions if method == "events, uniform" else ConfidenceSet
    learner = Mornavi(Nominal(), confidence=method.split(",")[0], delta=DELTA)
    with mock.patch.object(stage_payoffs, "ConfidenceSet", kind):
        return first_plans(learner, game, seed, (0.2,))


def median(numbers: list[int | None]) -> int | None:
    """The median, with null as more than any number."""
    middle = float(np.median([math.inf if n is None else n for n in numbers]))
    return None if math.isinf(middle) else round(middle)


def jobs(n_seeds: int, methods: tuple[str, ...]) -> dict[tuple, list[tuple]]:
    """Runs of each entry of the large table."""
    found = {}
    for name in GAMES:
        for ball in SETS:
            for assumed in (False, True):
                for method in methods:
                    # The bonuses of nominal and TV sets have no use for the assumption: the runs are the same.
                    used = assumed and not (method == "bonus" and not ball.startswith("KL"))
                    seeds = range(min(n_seeds, BONUS_SEEDS) if method == "bonus" else n_seeds)
                    found[name, ball, assumed, method] = [(name, ball, used, method, seed) for seed in seeds]
    return found


def entries(n_seeds: int, methods: tuple[str, ...], kept: list[dict]) -> list[dict]:
    """The large table, with this number of seeds; lines of ``kept`` are those of the other methods."""
    wanted = jobs(n_seeds, methods)
    flat = list(dict.fromkeys(job for each in wanted.values() for job in each))
    answers = dict(zip(flat, common.several("episodes", measure, flat), strict=True))
    lines = [line for line in kept if line["method"] not in methods]
    for (name, ball, assumed, method), each in wanted.items():
        runs = [answers[job] for job in each]
        episodes = {f"{level:g}": [one["episodes"][k] for one in runs] for k, level in enumerate(LEVELS)}
        line = {"game": name, "set": ball, "assumed": assumed, "method": method, "episodes": episodes}
        line["median"] = {level: median(numbers) for level, numbers in episodes.items()}
        line["smallest"] = float(np.median([one["smallest"] for one in runs]))
        lines.append(line | {"beyond": sum(one["beyond"] for one in runs)})
    order = list(jobs(0, METHODS))
    return sorted(lines, key=lambda e: order.index((e["game"], e["set"], e["assumed"], e["method"])))


def published(methods: tuple[str, ...], kept: list[dict]) -> list[dict]:
    """The three games whose shapes others report on, for every method."""
    before = {(line["game"], line["method"]): line for line in kept}
    kinds = [(name, method) for name in PUBLISHED for method in METHODS]
    flat = [(*kind, seed) for kind in kinds if kind[1] in methods for seed in range(MANY_SEEDS)]
    answers = dict(zip(flat, common.several("episodes_published", measure_published, flat), strict=True))
    lines = []
    for name, method in kinds:
        if method not in methods:
            lines.append(before[name, method])
            continue
        episodes = [answers[name, method, seed]["episodes"][0] for seed in range(MANY_SEEDS)]
        goal = PUBLISHED[name] if method == "model" else None
        line = {"game": name, "method": method, "episodes": episodes, "median": median(episodes), "goal": goal}
        missed = goal is not None and (line["median"] is None or line["median"] > goal)
        print(f"{name}, {method}: median {line['median']}{'   <-- above the goal' if missed else ''}", flush=True)
        lines.append(line)
    return lines


def with_support() -> list[dict]:
    """The same three games for the default method, which knows what can follow what, as the published learner does."""
    flat = [(name, seed) for name in PUBLISHED for seed in range(MANY_SEEDS)]
    answers = dict(zip(flat, common.several("episodes_with_support", measure_with_support, flat), strict=True))
    lines = []
    for name in PUBLISHED:
        episodes = [answers[name, seed]["episodes"][0] for seed in range(MANY_SEEDS)]
        lines.append({"game": name, "episodes": episodes, "median": median(episodes)})
        print(f"{name}, support stated: median {lines[-1]['median']}", flush=True)
    return lines


def by_size(methods: tuple[str, ...], kept: list[dict]) -> list[dict]:
    """What it is worth to pay less for small events, on games with many states and sparse rows."""
    before = {(line["n_states"], line["method"]): line for line in kept}
    kinds = [(n_states, method) for n_states, names in BY_SIZE.items() for method in names]
    flat = [(*kind, seed) for kind in kinds if kind[1].split(",")[0] in methods for seed in range(MANY_SEEDS)]
    answers = dict(zip(flat, common.several("episodes_by_size", measure_by_size, flat), strict=True))
    lines = []
    for n_states, method in kinds:
        if method.split(",")[0] not in methods:
            lines.append(before[n_states, method])
            continue
        episodes = [answers[n_states, method, seed]["episodes"][0] for seed in range(MANY_SEEDS)]
        line = {"n_states": n_states, "branching": BRANCHING, "method": method, "episodes": episodes}
        lines.append(line | {"median": median(episodes)})
        print(f"S = {n_states}, {method}: median {lines[-1]['median']}", flush=True)
    return lines


def main(methods: tuple[str, ...]) -> None:
    """The small tables, then the large one, seed by seed; the file is whole after each."""
    shapes = []
    for name, make in GAMES.items():
        game = make()
        shape = {"game": name, "n_states": game.n_states, "n_actions": game.n_actions, "horizon": game.horizon}
        shapes.append(shape | {"min_probability": smallest_probability(game)})
    kept: dict = {}
    if set(methods) != set(METHODS):
        kept = json.loads((common.RESULTS / "episodes.json").read_text(encoding="utf8"))
    before = {name: kept.get(name, []) for name in ("entries", "published", "by_size")}
    content = {"delta": DELTA, "most_episodes": MOST, "levels": [f"{level:g}" for level in LEVELS]}
    content |= {"sets": list(SETS), "methods": METHODS, "games": shapes}
    content |= {"published": published(methods, before["published"]), "with_support": with_support()}
    content |= {"by_size": by_size(methods, before["by_size"])}
    for n_seeds in range(1, SEEDS + 1) if not kept else [SEEDS]:
        common.save("episodes", content | {"entries": entries(n_seeds, methods, before["entries"])})
    for name in ("episodes", "episodes_published", "episodes_with_support", "episodes_by_size"):
        common.finished(name)


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or METHODS)
