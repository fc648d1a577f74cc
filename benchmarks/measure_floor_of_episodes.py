"""Floors of episodes beside what the learner takes, and growth of one family.

Writes ``results/floor_of_episodes.json``, from which chapter 12 is made, in parts that can be named on the command
line: "floors", "told", "by_delta", "knowing", "growth" and "replanned"; "floors=traffic_merge" are the lines of a table
that begin so. A part takes some minutes of one process; what is not named stays as it is in the file. Its content::

    floors            list of {game, set, epsilon, floor, per_nat, alternatives, learner, ratio}: floors of games of
                      common interest (null for infinite), and the median of three seeds of the default learner, null
                      where it does not get there; ratio is null without both
    told              the same where both sides are told what can follow what; three seeds, measured here
    by_delta          list of {game, told, delta, floor, learner}: nominal sets, certificate 0.2, one delta for both
    knowing           list of {game, told, floor, alternatives, episodes, error}: nominal sets, 0.2, and alternatives in
                      which all outputs are wrong. ``episodes`` is the mean of 30 runs of one who knows the game and
                      these alternatives, and has to rule out nothing else; ``error`` is that of the mean
    replanned         list of {game, told, doubling, often, episode, plans_doubling, plans_often, plans_episode}:
                      nominal sets, 0.2, games of chapter 6; episodes, and plans, of each seed by ``replan``,
                      "episode" for few games only
    growth            list of {grows, at, episodes, floor}: what changes, its value, episodes of each seed to the
                      certificate, and the floor where it was computed
"""

from __future__ import annotations

import itertools
import json
import math
import sys
import time

import common

common.one_thread()

import numpy as np  # noqa: E402

from mornavi_lite import MarkovGame, Mornavi, Nominal, TotalVariation, run, zoo  # noqa: E402
from mornavi_lite.lower_bounds import EpisodesFloor, episodes_floor  # noqa: E402

SETS = {"nominal": Nominal(), "TV 0.1": TotalVariation(0.1)}
GAMES = {
    "safe_or_risky, shared": lambda: zoo.safe_or_risky(),
    "delayed_coordination": lambda: zoo.delayed_coordination(),
    "traffic_merge": lambda: zoo.traffic_merge(),
    "gambler": lambda: zoo.gambler(),
    "support_shift": lambda: zoo.support_shift(theta=1),
}
LEVELS, MOST, ROUNDS = (0.2, 0.05), 10**7, 24
#: Other numbers of rounds: where the search goes on to find more, and where each takes long.
OTHERS = {"safe_or_risky, shared": 60, "delayed_coordination": 60, "traffic_merge": 60, "gambler": 8}
#: The family: rooms, actions of each of two players, horizon, certificate; one changes at a time.
USUAL = {"rooms": 4, "actions": 2, "horizon": 4, "epsilon": 0.2}
GROWS = {
    "rooms": (2, 4, 8, 16),
    "actions": (1, 2, 3, 4),
    "horizon": (3, 4, 6, 10),
    "epsilon": (0.4, 0.2, 0.1, 0.05),
}
GROWTH_SEEDS, KNOWING_SEEDS, REPLANNED_SEEDS = 3, 30, {True: 5, False: 3}
EACH_EPISODE = ("safe_or_risky, shared", "delayed_coordination")
DELTAS = (0.2, 0.05, 1e-3, 1e-6, 1e-12)


def rooms_game(rooms: int, actions: int, horizon: int) -> MarkovGame:
    """A room is drawn; there one joint action leads to what pays with 3/4, all others with 1/2, to the end."""
    n_states, n_joint = rooms + 3, actions**2
    start, good, bad = 0, rooms + 1, rooms + 2
    kernel = np.zeros((n_states, n_joint, n_states))
    kernel[start, :, 1 : rooms + 1] = 1 / rooms
    kernel[1 : rooms + 1, :, good] = kernel[1 : rooms + 1, :, bad] = 0.5
    kernel[1 : rooms + 1, -1, [good]] = 0.75
    kernel[1 : rooms + 1, -1, [bad]] = 0.25
    kernel[good, :, good] = kernel[bad, :, bad] = 1
    reward = np.zeros((2, n_states, n_joint))
    reward[:, good] = 1
    return MarkovGame.stationary(kernel, reward, (actions, actions), horizon)


def episodes_to(learner: Mornavi, game: MarkovGame, seed: int, level: float, most: int = MOST) -> int | None:
    """Episodes before the first plan with this certificate, null where there is none."""
    history = run(learner, game, most, seed=seed, until=level)
    reached = np.flatnonzero(history.certificate <= level)
    return int(np.concatenate([[0], history.episode])[reached[0]]) if len(reached) else None


def stored(name: str, ball: str, level: float) -> int | None:
    """What the default learner took without assumptions, as the table of chapter 6 has it."""
    entries = json.loads((common.RESULTS / "episodes.json").read_text(encoding="utf8"))["entries"]
    key = (name, ball, False, "model")
    [line] = [each for each in entries if (each["game"], each["set"], each["assumed"], each["method"]) == key]
    return line["median"][f"{level:g}"]


def median(spent: list[int | None]) -> int | None:
    """The median of runs, null where most did not get there."""
    middle = float(np.median([math.inf if n is None else n for n in spent]))
    return round(middle) if math.isfinite(middle) else None


def floors(wanted: str, kept: list[dict], told: bool) -> list[dict]:
    """A table of floors and learners; lines that do not begin as wanted are kept."""
    before = {(line["game"], line["set"], line["epsilon"]): line for line in kept}
    lines = []
    for name, ball, level in itertools.product(GAMES, SETS, LEVELS):
        if f"{name}, {ball}, {level:g}".startswith(wanted):
            lines.append(floor_and_learner(name, ball, level, told))
        elif (name, ball, level) in before:
            lines.append(before[name, ball, level])
    return lines


def floor_and_learner(name: str, ball: str, level: float, told: bool) -> dict:
    """One line of a table."""
    start, game, sets = time.process_time(), GAMES[name](), SETS[ball]
    rounds = min(OTHERS.get(name, ROUNDS), ROUNDS if told else math.inf)
    found = episodes_floor(game, level, 0.05, sets, support=game if told else None, rounds=rounds, sharper=True)
    learner = stored(name, ball, level)
    if told:
        runs = [episodes_to(Mornavi(sets, support=game), game, seed, level) for seed in range(GROWTH_SEEDS)]
        learner = median(runs)
    floor = found.episodes if math.isfinite(found.episodes) else None
    line = {"game": name, "set": ball, "epsilon": level, "floor": floor, "learner": learner}
    line["per_nat"] = found.per_nat if floor is not None else None
    line["alternatives"] = len(found.alternatives)
    line["ratio"] = learner / floor if learner and floor else None
    print(line, f"{time.process_time() - start:.0f} s", flush=True)
    return line


def by_delta() -> list[dict]:
    """Floor and learner, as both are to be surer."""
    lines = []
    for name, told, delta in itertools.product(
        ("safe_or_risky, shared", "delayed_coordination"), (False, True), DELTAS
    ):
        game = GAMES[name]()
        support = game if told else None
        floor = episodes_floor(game, 0.2, delta, support=support, rounds=12, sharper=told).episodes
        learner = Mornavi(Nominal(), delta=delta, support=support)
        spent = [episodes_to(learner, game, seed, 0.2) for seed in range(GROWTH_SEEDS)]
        lines.append({"game": name, "told": told, "delta": delta, "floor": floor, "learner": median(spent)})
        print(lines[-1], flush=True)
    return lines


def knowing() -> list[dict]:
    """How far alternatives that were found could carry, by any inequality."""
    lines = []
    names = ("safe_or_risky, shared", "delayed_coordination", "traffic_merge")
    for name, told in itertools.product(names, (False, True)):
        game = GAMES[name]()
        found = episodes_floor(game, 0.2, 0.05, support=game if told else None, rounds=ROUNDS)
        if found.episodes > 0:
            spent = [rule_out(game, found, 0.05, seed) for seed in range(KNOWING_SEEDS)]
            line = {"game": name, "told": told, "floor": found.episodes}
            line |= {"alternatives": len(found.alternatives), "episodes": float(np.mean(spent))}
            lines.append(line | {"error": float(np.std(spent) / math.sqrt(KNOWING_SEEDS))})
            print(lines[-1], flush=True)
    return lines


def rule_out(game: MarkovGame, found: EpisodesFloor, delta: float, seed: int) -> int:
    """Episodes until each alternative is less likely than the game by delta, played to tell most of the likeliest."""
    rng, kernel, every = np.random.default_rng(seed), game.transition, range(game.horizon)
    rows = np.stack([each.transition for each in found.alternatives])
    with np.errstate(divide="ignore", invalid="ignore"):
        likelier = np.where(kernel > 0, np.log(kernel / rows), 0.0)
    told = np.stack([each.information for each in found.alternatives])
    seen, episodes = np.zeros(len(told)), 0
    while seen.min() < -math.log(delta):
        pays = np.tensordot(np.exp(seen.min() - seen), told, 1)
        value, plays = np.zeros(game.n_states), np.zeros(pays.shape[:2], dtype=int)
        for h in reversed(every):
            worth = pays[h] + kernel[h] @ value
            plays[h], value = worth.argmax(axis=1), worth.max(axis=1)
        state = rng.choice(game.n_states, p=game.initial)
        for h in every:
            action = plays[h, state]
            after = rng.choice(game.n_states, p=kernel[h, state, action])
            seen, state = seen + likelier[:, h, state, action, after], after
        episodes += 1
    return episodes


def replanned(wanted: str, kept: list[dict]) -> list[dict]:
    """What it is worth to make plans more often than when visits double."""
    from measure_episodes import GAMES as EVERY

    lines = {(line["game"], line["told"]): line for line in kept}
    games = [name for name in EVERY if name != "gambler"]  # where a plan takes long
    for name, told in [*itertools.product(games, (False,)), *itertools.product(EACH_EPISODE, (True,))]:
        if not f"{name}, {'told' if told else 'not'}".startswith(wanted):
            continue
        game, line = EVERY[name](), {"game": name, "told": told, "episode": None}
        for how in ("doubling", "often", "episode") if name in EACH_EPISODE else ("doubling", "often"):
            learner = Mornavi(Nominal(), support=game if told else None, replan=how)
            seeds = range(REPLANNED_SEEDS[told])
            runs = [run(learner, game, MOST, seed=seed, until=0.2) for seed in seeds]
            line[how] = [int(each.episode[-2]) for each in runs]
            line[f"plans_{how}"] = [each.n_plans for each in runs]
        lines[name, told] = line
        print(line, flush=True)
    return list(lines.values())


def growth() -> list[dict]:
    """One parameter at a time."""
    lines = []
    for name, values in GROWS.items():
        for value in values:
            now = USUAL | {name: value}
            game = rooms_game(now["rooms"], now["actions"], now["horizon"])
            spent = [episodes_to(Mornavi(Nominal()), game, seed, now["epsilon"]) for seed in range(GROWTH_SEEDS)]
            small = game.n_states * game.n_joint_actions * game.horizon <= 250
            floor = episodes_floor(game, now["epsilon"], rounds=8).episodes if small else None
            lines.append({"grows": name, "at": value, "episodes": spent, "floor": floor})
            print(lines[-1], flush=True)
    return lines


OTHER_PARTS = {"by_delta": by_delta, "knowing": knowing, "growth": growth}


def main(parts: tuple[str, ...]) -> None:
    """Measure the parts that are named, or all."""
    file = common.RESULTS / "floor_of_episodes.json"
    for each in parts or ("floors", "told", *OTHER_PARTS, "replanned"):
        part, _, name = each.partition("=")
        content = json.loads(file.read_text(encoding="utf8")) if file.exists() else {}
        if part == "replanned":
            content[part] = replanned(name, content.get("replanned", []))
        elif part in ("floors", "told"):
            content[part] = floors(name, content.get(part, []), part == "told")
        else:
            content[part] = OTHER_PARTS[part]()
        common.save("floor_of_episodes", content)


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
