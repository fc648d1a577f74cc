"""Features: how often bounds fail, what the number of states does, what hides in mixtures, five states with a failure.

Writes ``results/features.json``, which the chapter on features shows. Its content::

    radius, delta     settings of every run but those of five states
    coverage  list of {features, scale, runs, wrong}: runs of which any plan's bounds fail at the start
    curves    list of {learner, features, n_states, early, late, regret}: for each seed the best certificate of the
              plans of the first 10^4 episodes and of all 10^6, and the regret of all; null where it was not run
    hidden    list of {weight, floor, certificate}: look_alikes after 10^10 episodes, and how far its values are apart
    closing   list of {play, episodes, certificates, cost}: best certificates of 32 states with soft features, medians
              over seeds; cost, the gap of what is played in order to learn, per episode
    five      {episodes, seeds, radius, distances, robust, plain, crossings}: values, mean of both players, of policies
              that were learned, at each distance of the shifted factor, and where the seeds' lines cross

Takes about nine minutes with one process; what was interrupted goes on.
"""

from __future__ import annotations

import common

common.one_thread()

import numpy as np  # noqa: E402

from mornavi_lite import Mornavi, Nominal, TotalVariation, run  # noqa: E402
from mornavi_lite.linear import (  # noqa: E402
    LinearGame,
    LinearMornavi,
    best_response,
    equilibrium_gap,
    evaluate,
    five_states,
    grouped_states,
    look_alikes,
    solve,
)

RADIUS, DELTA, SEEDS = 0.1, 0.05, 10
BALL = TotalVariation(RADIUS)
EARLY, LATE = 10**4, 10**6
#: Number of states, and seeds, of each learner and kind of features; the table's last line stops early.
CURVES = {
    ("features", 0.0): {8: 10, 32: 10, 128: 10, 512: 10, 2048: 10},
    ("features", 0.2): {8: 10, 32: 10, 128: 10, 512: 10, 2048: 2},
    ("table", 0.0): {8: 10, 32: 10, 128: 1},
}
FULL_TABLE = 32
WEIGHTS = (0.2, 0.35, 0.5, 0.65, 0.8)
PLAYS = ("one start", "30 % at random", "uniform start")
DECADES = tuple(10**k for k in range(4, 11))
FIVE_EPISODES, FIVE_SEEDS, FIVE_RADIUS = 10**6, 100, 0.3
DISTANCES = tuple(round(0.05 * k, 2) for k in range(21))


def measure(job: tuple) -> dict:
    """One run of one of the kinds."""
    kind, *rest = job
    made = {"coverage": coverage, "curve": curve, "hidden": hidden, "closing": closing, "five": five}
    return made[kind](*rest)


def covered(one_hot: bool, scale: float, seed: int) -> bool:
    """Whether all bounds at the start hold, of every plan of a run of a small random game."""
    rng = np.random.default_rng([seed, one_hot])
    d, size, joint = 3, 6, 4
    features = rng.dirichlet(np.full(d, 0.5), size=(size, joint))
    if one_hot:
        features = np.eye(d)[features.argmax(axis=-1)]
    factors = rng.dirichlet(np.full(size, 0.5), size=(3, d))
    game = LinearGame(features, factors, rng.random((2, 3, size, joint)), (2, 2))
    learner = LinearMornavi(game.features, BALL, game.reward, delta=DELTA, scale=scale)
    history = run(learner, game, 1000, seed=seed)
    plan = history.best_plan
    above = best_response(game, plan.policy, BALL)[:, 0, 0] > plan.upper[:, 0, 0] + 1e-9
    wrong = (history.gap > history.certificate + 1e-9) | (history.lower > history.value + 1e-9).any(axis=1)
    return not (wrong.any() or (history.value > history.upper + 1e-9).any() or above.any())


def coverage(one_hot: bool, scale: float, seed: int) -> dict:
    """A run's word."""
    return {"wrong": not covered(one_hot, scale, seed)}


def curve(learner: str, soft: float, n_states: int, seed: int) -> dict:
    """Certificates and regret of a run."""
    game = grouped_states(n_states, soft=soft)
    if learner == "table":
        playing, told = game.tabular(), Mornavi(BALL, delta=DELTA)
        total = LATE if n_states <= FULL_TABLE else EARLY
    else:
        playing, told, total = game, LinearMornavi(game.features, BALL, game.reward, delta=DELTA), LATE
    history = run(told, playing, total, seed=seed)
    made = np.concatenate([[0], history.episode[:-1]])
    found = {"early": float(history.certificate[made <= EARLY].min()), "late": None, "regret": None}
    if total == LATE:
        found |= {"late": history.best_certificate, "regret": float(history.regret[-1])}
    return found | {"beyond": int((history.gap > history.certificate + 1e-9).sum())}


def hidden(weight: float) -> dict:
    """What is left of a certificate where one mixture is all that is seen."""
    games = look_alikes(weight, weight)
    values = [solve(game, BALL).value[0, 0, 0] for game in games]
    learner = LinearMornavi(games[0].features, BALL, games[0].reward, delta=DELTA)
    history = run(learner, games[1], 10**10)
    return {"floor": float(abs(values[1] - values[0])), "certificate": history.best_certificate}


def closing(play: str, seed: int) -> dict:
    """Certificates by decades, and what is lost by what is played to learn."""
    game = grouped_states(32, soft=0.2, spread=play == "uniform start")
    explore = 0.3 if "random" in play else 0.0
    learner = LinearMornavi(game.features, BALL, game.reward, delta=DELTA, explore=explore)
    history = run(learner, game, DECADES[-1], seed=seed)
    made = np.concatenate([[0], history.episode[:-1]])
    played = learner.behaviour(history.best_plan)
    return {
        "certificates": [float(history.certificate[made <= n].min()) for n in DECADES],
        "cost": equilibrium_gap(game, played, BALL, "cce"),
        "beyond": int((history.gap > history.certificate + 1e-9).sum()),
    }


def shifted(game: LinearGame, distance: float) -> LinearGame:
    """Five states, of which the way to safety fails at the first step with this probability."""
    factors = game.factors.copy()
    factors[0, 3] = [0, 0, 0, distance, 1 - distance]
    return LinearGame(game.features, factors, game.reward, game.n_actions)


def five(robust: bool, seed: int) -> dict:
    """Values of a learned policy at both ends: a line, since one factor of one step moves."""
    game, radius = five_states(), np.zeros((3, 4))
    radius[0, 3] = FIVE_RADIUS
    learner = LinearMornavi(game.features, TotalVariation(radius) if robust else Nominal(), game.reward, delta=DELTA)
    policy = run(learner, game, FIVE_EPISODES, seed=seed).policy
    worth = [evaluate(shifted(game, x), policy, Nominal())[:, 0, 0].mean() for x in (0.0, 1.0)]
    return {"ends": [float(each) for each in worth], "first": policy[0, 0].tolist()}


def crossing(one: list[float], other: list[float]) -> float | None:
    """Where two lines between 0 and 1 cross, by bisection."""
    low, high = 0.0, 1.0

    def apart(x: float) -> float:
        return (1 - x) * (one[0] - other[0]) + x * (one[1] - other[1])

    if apart(low) * apart(high) >= 0:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if apart(middle) * apart(low) > 0 else (low, middle)
    return middle


def jobs() -> list[tuple]:
    """All runs."""
    made: list[tuple] = [
        ("coverage", one_hot, scale, seed) for scale in (1.0, 0.1) for one_hot in (True, False) for seed in range(150)
    ]
    made += [("hidden", weight) for weight in WEIGHTS]
    made += [("five", robust, seed) for seed in range(FIVE_SEEDS) for robust in (True, False)]
    made += [("closing", play, seed) for play in PLAYS for seed in range(3)]
    for (learner, soft), sizes in CURVES.items():
        made += [("curve", learner, soft, size, seed) for size, seeds in sizes.items() for seed in range(seeds)]
    return made


def summary(answers: dict[tuple, dict]) -> dict:
    """The file's content from the answers."""
    cover = []
    for scale in (1.0, 0.1):
        for one_hot in (True, False):
            wrong = sum(answers["coverage", one_hot, scale, seed]["wrong"] for seed in range(150))
            name = "one-hot" if one_hot else "soft"
            cover.append({"features": name, "scale": scale, "runs": 150, "wrong": wrong})
    curves = []
    for (learner, soft), sizes in CURVES.items():
        for size, seeds in sizes.items():
            found = [answers["curve", learner, soft, size, seed] for seed in range(seeds)]
            line = {"learner": learner, "features": "soft" if soft else "one-hot", "n_states": size}
            curves.append(line | {key: [each[key] for each in found] for key in ("early", "late", "regret")})
    closes = []
    for play in PLAYS:
        found = [answers["closing", play, seed] for seed in range(3)]
        middle = np.median([each["certificates"] for each in found], axis=0).tolist()
        cost = float(np.median([each["cost"] for each in found]))
        closes.append({"play": play, "episodes": DECADES, "certificates": middle, "cost": cost})
    ends = {robust: [answers["five", robust, seed]["ends"] for seed in range(FIVE_SEEDS)] for robust in (True, False)}
    lines = {
        name: [[(1 - x) * a + x * b for x in DISTANCES] for a, b in ends[robust]]
        for name, robust in (("robust", True), ("plain", False))
    }
    crossings = [crossing(*pair) for pair in zip(ends[True], ends[False], strict=True)]
    told = {"episodes": FIVE_EPISODES, "seeds": FIVE_SEEDS, "radius": FIVE_RADIUS, "distances": DISTANCES}
    return {
        "radius": RADIUS,
        "delta": DELTA,
        "coverage": cover,
        "curves": curves,
        "hidden": [{"weight": weight} | answers["hidden", weight] for weight in WEIGHTS],
        "closing": closes,
        "five": told | lines | {"crossings": crossings},
        "beyond": sum(each.get("beyond", 0) for each in answers.values()),
    }


def main() -> None:
    """All runs, and the file."""
    every = jobs()
    answers = dict(zip(every, common.several("features", measure, every, processes=1), strict=True))
    common.save("features", summary(answers))
    common.finished("features")


if __name__ == "__main__":
    main()
