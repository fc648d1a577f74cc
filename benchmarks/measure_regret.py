"""Regret on games that are as hard as any for their number of episodes, against episodes and joint actions.

Writes ``results/regret.json``, from which chapter 12 is made. From the start, two players with as many actions each go
to what pays 1 or to what pays 0, with probability 1/2 each; one joint action, which the seed draws, goes to what pays
with 1/2 + advantage. The advantage is set to the number of episodes, ``edge * sqrt(A / K)``, so that each number of
episodes has games of its own. The usual edge is about the worst for the learner; others, for the fewest episodes and
few actions, show that it is. Its content::

    usual, seeds      the usual edge, and how many seeds
    lines             list of {joint_actions, episodes, edge, missing, gaps}: of the default learner, sums over all
                      episodes of the best value less the policy's, and of the gaps, one number per seed

Takes a quarter of an hour of one process. Numbers on the command line are actions of a player, and then the lines of
others stay as they are in the file::

    python benchmarks/measure_regret.py 2 3
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

from mornavi_lite import MarkovGame, Mornavi, Nominal, run  # noqa: E402

USUAL, OTHERS, SEEDS = 3.0, (0.35, 1.5, 6.0), 20
PLAYERS_ACTIONS = (2, 3, 4, 5)
EPISODES = (10**4, 10**5, 10**6)


def hard_game(n_actions: int, advantage: float, best: int) -> MarkovGame:
    """Two players with so many actions each; joint action ``best`` leads to what pays that much more often."""
    n_joint = n_actions**2
    kernel = np.zeros((3, n_joint, 3))
    kernel[0, :, 1:] = 0.5
    kernel[0, best, 1:] = 0.5 + advantage * np.array([1, -1])
    kernel[1, :, 1] = kernel[2, :, 2] = 1
    reward, ranges = np.zeros((2, 2, 3, n_joint)), np.zeros((2, 2, 2))
    reward[:, 1, 1] = ranges[:, 1, 1] = 1  # the first step pays nothing, and everybody knows
    return MarkovGame(np.stack([kernel] * 2), reward, (n_actions,) * 2, reward_range=ranges)


def measure(n_actions: int, episodes: int, edge: float, seed: int) -> tuple[float, float]:
    """Two sums over the episodes of one run: best value less the policy's, and gaps."""
    best = int(np.random.default_rng([seed, n_actions]).integers(n_actions**2))
    game = hard_game(n_actions, edge * n_actions / math.sqrt(episodes), best)
    history = run(Mornavi(Nominal()), game, episodes, seed=seed)
    played = np.diff(history.episode, prepend=0)
    missing = game.transition[0, 0, best, 1] - history.value[:, 0]
    return float(missing @ played), float(history.regret[-1])


def main(wanted: tuple[int, ...]) -> None:
    """Measure what is named, or all, and keep the rest of the file."""
    file = common.RESULTS / "regret.json"
    kept = json.loads(file.read_text(encoding="utf8"))["lines"] if file.exists() and wanted else []
    lines = [line for line in kept if math.isqrt(line["joint_actions"]) not in wanted]
    for n_actions, episodes in itertools.product(wanted or PLAYERS_ACTIONS, EPISODES):
        few = n_actions <= 3 and episodes == EPISODES[0]
        for edge in (USUAL, *OTHERS) if few else (USUAL,):
            start = time.process_time()
            sums = [measure(n_actions, episodes, edge, seed) for seed in range(SEEDS)]
            line = {"joint_actions": n_actions**2, "episodes": episodes, "edge": edge}
            lines.append(line | {"missing": [each[0] for each in sums], "gaps": [each[1] for each in sums]})
            print(line, np.mean(sums, axis=0), f"{time.process_time() - start:.0f} s", flush=True)
            lines.sort(key=lambda line: (line["joint_actions"], line["episodes"], line["edge"]))
            common.save("regret", {"usual": USUAL, "seeds": SEEDS, "lines": lines})


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])))
