"""A tournament: six learners, fourteen games, two uncertainty sets, the same number of transitions for all.

Writes ``results/tournament.json`` from the runs of ``tournament.toml``; chapter 7 of the book is made from it. Its
content::

    episodes, seeds   of each run; an episode is worth as many transitions as the game has steps
    budgets           numbers of episodes after which the policy is judged
    sets, learners    names, as in the entries
    games             list of {game, n_states, n_actions, horizon, random}; the last is {set: gap of uniform play}
    entries           list of {game, set, learner, gap, certificate, certified, value}, with one number per seed:
        gap           {budget: true robust gap of the learner's plan}
        certificate   the smallest of all plans
        certified     true robust gap of the plan that has it
        value         at the end, robust value of the plan, mean over the players
        played        for the learner that explores by chance: gap of the policy that it plays at the end
    relabelled        list of {game, learner, gap, value}: TV 0.1, the same at the end, on games of common payoff whose
                      actions are numbered in reverse

Takes about a quarter of an hour with two processes on a quiet machine. What is interrupted goes on where it was.
"""

from __future__ import annotations

import itertools
import tomllib

import common

common.one_thread()

import grids  # noqa: E402
import numpy as np  # noqa: E402

from mornavi_lite import MarkovGame, equilibrium_gap, run  # noqa: E402
from mornavi_lite.sweep.grid import game_of, learner_of, set_of  # noqa: E402

NAME, BUDGETS, DECIMALS = "tournament", (100, 300, 1000, 3000, 10_000), 12
GRID = tomllib.loads((common.HERE / f"{NAME}.toml").read_text(encoding="utf8"))
#: Names of the tables of the grid, in its order.
GAMES = (
    "safe or risky, shared",
    "safe or risky, opposed",
    "delayed coordination",
    "traffic merge",
    "fishing",
    "intersection",
    "patrol",
    "congestion",
    "gambler",
    "support shift",
    "paper, cooperative",
    "paper, general-sum",
    "random, zero-sum",
    "random, 3 players",
)
LEARNERS = ("MORNAVI", "MORNAVI, bonus", "Nash-VI", "greedy", "generative", "offline")
SETS = ("TV", "KL")
#: Games in which all players are paid the same, so that a value can be too low although nobody gains by deviating.
RELABELLED = ("safe or risky, shared", "delayed coordination", "traffic merge", "paper, cooperative")


def game_named(name: str) -> MarkovGame:
    """The game of this name."""
    return game_of(GRID["game"][GAMES.index(name)])


def set_named(name: str):
    """The uncertainty set of this name."""
    return set_of(GRID["uncertainty"][SETS.index(name)])


def learner_named(name: str, ball):
    """The learner of this name, with its set."""
    return learner_of(GRID["learner"][LEARNERS.index(name)], ball)


def reversed_actions(game: MarkovGame) -> MarkovGame:
    """The same game with every player's actions in reverse order, and so the joint actions."""
    return MarkovGame(game.transition[:, :, ::-1], game.reward[..., ::-1], game.n_actions, initial=game.initial)


def plans_at(episode: np.ndarray) -> list[int]:
    """Number of the plan that is there after each budget."""
    return np.searchsorted(episode, BUDGETS).tolist()


def judged(names: tuple[str, str, str], arrays: dict[str, np.ndarray]) -> dict:
    """What one run says."""
    game, ball, learner = game_named(names[0]), set_named(names[1]), names[2]
    certificate = (arrays["upper"] - arrays["lower"]).max(axis=1)
    answer = {
        "gap": arrays["gap"][plans_at(arrays["episode"])],
        "certificate": certificate.min(),
        "certified": arrays["gap"][certificate.argmin()],
        "value": arrays["value"][-1].mean(),
    }
    if learner == "greedy":
        played = learner_named(learner, ball).played(arrays["policy"], game.n_actions)
        answer["played"] = equilibrium_gap(game, played, ball, "cce")
    return {key: np.round(number, DECIMALS).tolist() for key, number in answer.items()}


def of_run(name: str, ball: str, learner: str, seed: int, relabelled: bool = False) -> dict:
    """One run, apart from the sweep, judged."""
    game, uncertainty = game_named(name), set_named(ball)
    game = reversed_actions(game) if relabelled else game
    history = run(learner_named(learner, uncertainty), game, GRID["episodes"], seed, uncertainty=uncertainty)
    arrays = {key: getattr(history, key) for key in ("episode", "gap", "value", "upper", "lower", "policy")}
    return judged((name, ball, learner), arrays)


def measure_relabelled(job: tuple) -> dict:
    """One run on a game with its actions in reverse order."""
    name, learner, seed = job
    answer = of_run(name, "TV", learner, seed, relabelled=True)
    return {"gap": answer["gap"][-1], "value": answer["value"]}


def shapes() -> list[dict]:
    """The games, and what playing at random is worth in them."""
    lines = []
    for name in GAMES:
        game = game_named(name)
        uniform = np.full(game.transition.shape[:3], 1 / game.n_joint_actions)
        random = {ball: round(equilibrium_gap(game, uniform, set_named(ball), "cce"), DECIMALS) for ball in SETS}
        shape = {"game": name, "n_states": game.n_states, "n_actions": game.n_actions, "horizon": game.horizon}
        lines.append(shape | {"random": random})
    return lines


def entries() -> list[dict]:
    """The large table."""
    answers: dict[tuple[str, str, str], list[dict]] = {}
    every = itertools.product(GAMES, LEARNERS, SETS, range(GRID["seeds"]))
    for (game, learner, ball, _), (_, arrays) in zip(every, grids.results(NAME), strict=True):
        names = (game, ball, learner)
        answers.setdefault(names, []).append(judged(names, arrays))
    lines = []
    for (game, ball, learner), runs in answers.items():
        gap = {str(budget): [each["gap"][k] for each in runs] for k, budget in enumerate(BUDGETS)}
        line = {"game": game, "set": ball, "learner": learner, "gap": gap}
        lines.append(line | {key: [each[key] for each in runs] for key in runs[0] if key != "gap"})
    return lines


def relabelled() -> list[dict]:
    """What is left of the scores if the actions are numbered the other way round."""
    pairs = list(itertools.product(RELABELLED, LEARNERS))
    jobs = [(*pair, seed) for pair in pairs for seed in range(GRID["seeds"])]
    answers = iter(common.several(f"{NAME}_relabelled", measure_relabelled, jobs))
    lines = []
    for game, learner in pairs:
        runs = [next(answers) for _ in range(GRID["seeds"])]
        lines.append({"game": game, "learner": learner} | {key: [each[key] for each in runs] for key in runs[0]})
    return lines


def main() -> None:
    """All runs, and the file."""
    settings = {"episodes": GRID["episodes"], "seeds": GRID["seeds"], "budgets": BUDGETS}
    content = settings | {"sets": SETS, "learners": LEARNERS, "games": shapes()}
    common.save(NAME, content | {"entries": entries(), "relabelled": relabelled()})
    grids.finished(NAME)
    common.finished(f"{NAME}_relabelled")


if __name__ == "__main__":
    main()
