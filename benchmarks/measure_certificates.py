"""How often a certificate is wrong: at most in 5 of 100 runs, says the theorem. Random games, sets and learners.

Writes ``results/certificates.json``; chapters 4 to 6 and the page "Speed" of the book are made from it. A run is
wrong if for any of its plans, at any step and state, an upper value is below the robust value of the policy or of the
player's best deviation in the true game, or a lower value above that of the policy, or if the true gap exceeds the
certificate. Content::

    delta       what the theorem allows
    certified   list of {confidence, runs, wrong, plans, largest_share}: the confidence sets, scale 1
    by_set, by_concept, by_players, by_rows
                the same runs counted by what they hold: {name: {runs, wrong}}
    shrunk      list of {scale, runs, wrong}: the default with a smaller width, which the theorem does not cover
    bonuses     list of {set, assumed, scale, runs, wrong, plans, largest_share}: bonuses, which no theorem covers

``largest_share`` is the largest ratio of true gap and certificate of any plan: 1 is where it would turn wrong.
``assumed`` says whether the bonus was told the smallest positive probability, which that of KL needs. All radii are
drawn from RADII. Takes about ten minutes with two processes. What is interrupted goes on where it was. With a method
and a number, only that many of its runs are made, and its line alone is replaced in the file, or added::

    python benchmarks/measure_certificates.py model 200
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

import common

common.one_thread()

import numpy as np  # noqa: E402

from mornavi_lite import ChiSquare, KullbackLeibler, MarkovGame, Mornavi, Nominal, TotalVariation, run, zoo  # noqa: E402
from mornavi_lite.confidence import TAILS  # noqa: E402
from mornavi_lite.learners import Plan  # noqa: E402
from mornavi_lite.planning import evaluate  # noqa: E402
from mornavi_lite.planning.backup import deviated  # noqa: E402
from mornavi_lite.uncertainty import UncertaintySet, sets_per_player  # noqa: E402

DELTA = 0.05
#: Runs of each confidence set, 1,000 together; of each smaller scale; and of each bonus.
CERTIFIED = {"model": 640, "chernoff": 120, "bernstein": 120, "hoeffding": 120}
SHRUNK, SHRUNK_RUNS = (0.3, 0.1, 0.02), 100
BONUS_SCALES, BONUS_RUNS = (1.0, 0.02), 40
RADII = (0.01, 0.1, 0.3, 1.0)
SETS = {
    "nominal": lambda radius: Nominal(),
    "TV": TotalVariation,
    "TV in support": lambda radius: TotalVariation(radius, shift_support=False),
    "KL": KullbackLeibler,
    "chi-square": ChiSquare,
}
#: What may go wrong by rounding, in units of reward.
ROUNDING = 1e-8


class Watched(Mornavi):
    """The learner, which keeps its plans."""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "plans", [])

    def plan(self, counts) -> Plan:
        """The plan, which is kept."""
        self.plans.append(super().plan(counts))
        return self.plans[-1]


def random_game(rng: np.random.Generator) -> tuple[MarkovGame, str]:
    """A random game of one, two or three players, and what its rows are like."""
    m, n_states = int(rng.integers(1, 4)), int(rng.integers(2, 7))
    n_actions = tuple(rng.integers(2, 3 if m == 3 else 4, m).tolist())
    rows = str(rng.choice(["deterministic", "sparse", "dense"]))
    branching = {"deterministic": 1, "sparse": min(2, n_states), "dense": n_states}[rows]
    rewards = str(rng.choice(["general", "shared", "zero-sum"] if m == 2 else ["general", "shared"]))
    horizon = int(rng.integers(2, 5))
    return zoo.garnet(n_states, n_actions, horizon, branching, int(rng.integers(10**6)), rewards), rows


def random_sets(m: int, rng: np.random.Generator) -> tuple[list[UncertaintySet], str]:
    """A set for each player: half of the time of one kind, else mixed; each with a radius of its own."""
    kinds = list(rng.choice(list(SETS), m)) if m > 1 and rng.random() < 0.5 else [rng.choice(list(SETS))] * m
    sets = [SETS[str(kind)](float(rng.choice(RADII))) for kind in kinds]
    return sets, str(kinds[0]) if len(set(kinds)) == 1 else "mixed"


def random_run(job: tuple) -> dict:
    """One run of a confidence set: all drawn from the number of the run."""
    confidence, scale, number = job
    rng = np.random.default_rng([TAILS.index(confidence), number])
    game, rows = random_game(rng)
    sets, kind = random_sets(game.n_players, rng)
    # A mixed Nash equilibrium of three players need not be found.
    concept = str(rng.choice(["cce", "ce"] if game.n_players == 3 else ["cce", "ce", "nash"]))
    told = float(game.transition[game.transition > 0].min()) if rng.random() < 0.25 else None
    episodes = round(10 ** rng.uniform(2, 7))
    replan = "episode" if episodes <= 300 else "doubling"
    learner = Watched(sets, concept, confidence, DELTA, scale, replan, told)
    about = {"set": kind, "concept": concept, "players": str(game.n_players), "rows": rows}
    return judged(game, learner, episodes, number) | about


def bonus_run(job: tuple) -> dict:
    """One run of a bonus: one set for all players, from a random game."""
    kind, assumed, scale, number = job
    rng = np.random.default_rng([list(SETS).index(kind), number])
    game, _ = random_game(rng)
    told = float(game.transition[game.transition > 0].min()) if assumed else None
    ball = SETS[kind](float(rng.choice(RADII)))
    learner = Watched(ball, "cce", "bonus", DELTA, scale, "doubling", told)
    return judged(game, learner, round(10 ** rng.uniform(2, 6)), number)


def judged(game: MarkovGame, learner: Watched, episodes: int, seed: int) -> dict:
    """A run, and whether any bound of any plan was wrong."""
    history = run(learner, game, episodes, seed=seed)
    wrong = bool((history.gap > history.certificate + ROUNDING).any())
    shares = history.gap / np.maximum(history.certificate, 1e-12)
    sets = sets_per_player(learner.uncertainty, game.n_players)
    for plan in learner.plans:
        value = evaluate(game, plan.policy, learner.uncertainty)
        best = deviated(game, sets, plan.policy, learner.concept)
        wrong |= bool((np.maximum(value, best) > plan.upper + ROUNDING).any())
        wrong |= bool((value < plan.lower - ROUNDING).any())
    return {"wrong": wrong, "plans": len(learner.plans), "share": float(shares.max())}


def summary(runs: list[dict]) -> dict:
    """How many of some runs were wrong, and how near the others came."""
    counted = {"runs": len(runs), "wrong": sum(one["wrong"] for one in runs), "plans": sum(o["plans"] for o in runs)}
    return counted | {"largest_share": max(one["share"] for one in runs)}


def by(key: str, runs: list[dict]) -> dict:
    """The runs counted by what they hold."""
    names: Iterable[str] = sorted({one[key] for one in runs})
    groups = {name: [one for one in runs if one[key] == name] for name in names}
    return {name: {k: summary(group)[k] for k in ("runs", "wrong")} for name, group in groups.items()}


def grouped(name: str, work, groups: dict[tuple, int]) -> dict[tuple, list[dict]]:
    """All runs of all groups, by group; a job is a group and a number."""
    jobs = [(*group, number) for group, n_runs in groups.items() for number in range(n_runs)]
    answers = iter(common.several(name, work, jobs))
    return {group: [next(answers) for _ in range(n_runs)] for group, n_runs in groups.items()}


def some_more(confidence: str, n_runs: int) -> None:
    """Fewer runs, of one method alone."""
    content = json.loads((common.RESULTS / "certificates.json").read_text(encoding="utf8"))
    runs = common.several("certificates_more", random_run, [(confidence, 1.0, number) for number in range(n_runs)])
    line = {"confidence": confidence} | summary(runs)
    print(line, flush=True)
    others = [each for each in content["certified"] if each["confidence"] != confidence]
    common.save("certificates", content | {"certified": [line, *others]})
    common.finished("certificates_more")


def main() -> None:
    """Certified runs, then those with smaller widths, then bonuses."""
    certified = {(tail, 1.0): n_runs for tail, n_runs in CERTIFIED.items()}
    groups = grouped("certificates", random_run, certified | {("model", scale): SHRUNK_RUNS for scale in SHRUNK})
    every = [one for group in certified for one in groups[group]]
    content = {"delta": DELTA, "certified": [{"confidence": g[0]} | summary(groups[g]) for g in certified]}
    content |= {f"by_{key}": by(key, every) for key in ("set", "concept", "players", "rows")}
    for scale in SHRUNK:
        counted = summary(groups["model", scale])
        content.setdefault("shrunk", []).append({"scale": scale} | {key: counted[key] for key in ("runs", "wrong")})
    for line in content["certified"] + content["shrunk"]:
        print(line, flush=True)
    kinds = [
        (kind, kind == "KL" and assumed) for kind in SETS for assumed in (False, True) if kind == "KL" or not assumed
    ]
    bonuses = grouped("certificates_bonus", bonus_run, {(*k, s): BONUS_RUNS for k in kinds for s in BONUS_SCALES})
    content["bonuses"] = [
        {"set": kind, "assumed": assumed, "scale": scale} | summary(runs)
        for (kind, assumed, scale), runs in bonuses.items()
    ]
    for line in content["bonuses"]:
        print(line, flush=True)
    common.save("certificates", content)
    for name in ("certificates", "certificates_bonus"):
        common.finished(name)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        some_more(sys.argv[1], int(sys.argv[2]))
    else:
        main()
