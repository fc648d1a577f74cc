"""The paper's experiment: averaged robust value of the policies played, against samples and against the radius.

Writes ``results/experiment.json`` from the runs of ``experiment.toml``; chapter 7 of the book is made from it. Its
content::

    episodes, seeds   of each run; a run's number is its seed
    checkpoints       numbers of episodes at which values are averaged, the last one that of the run
    entries           list of {game, set, radius, learner, equilibrium, mean, low, high, averaged, last}, each with one
                      entry per player:
        equilibrium   robust value of the equilibrium that ``solve`` finds in the known game
        mean          mean over the seeds, at each checkpoint, of the averaged robust value
        low, high     10th and 90th percentile over the seeds
        averaged      for each seed, the averaged robust value at the end
        last          for each seed, the robust value of the policy that is played at the end

The averaged robust value after k episodes is the mean of the robust values of the policies that were played in them.
Takes some minutes with two processes. What is interrupted goes on where it was.
"""

from __future__ import annotations

import itertools

import common

common.one_thread()

import grids  # noqa: E402
import numpy as np  # noqa: E402

from mornavi_lite import run, solve  # noqa: E402
from mornavi_lite.sweep.grid import game_of, learner_of, set_of  # noqa: E402

NAME, EPISODES = "experiment", 100_000
CHECKPOINTS = np.unique(np.rint(np.geomspace(10, EPISODES, 17)).astype(np.int64))
DECIMALS, DRAWN_DECIMALS = 12, 6


def averaged(episode: np.ndarray, value: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Mean of the values (n, m) of the plans played up to each number of episodes ``at``, (m, len(at))."""
    total = np.cumsum(value.T * np.diff(episode, prepend=0), axis=1)
    record = np.searchsorted(episode, at)
    return (total[:, record] - (episode[record] - at) * value[record].T) / at


def of_run(configuration: dict) -> dict[str, np.ndarray]:
    """One run again, apart from the sweep: its episodes and values."""
    ball = set_of(configuration["uncertainty"])
    learner, game = learner_of(configuration["learner"], ball), game_of(configuration["game"])
    history = run(learner, game, configuration["episodes"], configuration["seed"], uncertainty=ball)
    return {"episode": history.episode, "value": history.value}


def entry(configuration: dict, runs: list[dict[str, np.ndarray]]) -> dict:
    """What all seeds of one configuration say."""
    curves = np.stack([averaged(each["episode"], each["value"], CHECKPOINTS) for each in runs])  # (seeds, m, n)
    game, ball = game_of(configuration["game"]), configuration["uncertainty"]
    drawn = {"mean": curves.mean(axis=0), "low": np.percentile(curves, 10, axis=0)}
    drawn["high"] = np.percentile(curves, 90, axis=0)
    numbers = {
        "equilibrium": solve(game, set_of(ball)).value[:, 0] @ game.initial,
        **{key: array.round(DRAWN_DECIMALS) for key, array in drawn.items()},
        "averaged": curves[:, :, -1].T,
        "last": np.array([each["value"][-1] for each in runs]).T,
    }
    names = {"game": configuration["game"]["name"], "set": ball["set"], "radius": ball["radius"]}
    names["learner"] = configuration["learner"]["name"]
    return names | {key: array.round(DECIMALS).tolist() for key, array in numbers.items()}


def main() -> None:
    """All runs, then one entry for each configuration."""

    def but_seed(pair: tuple[dict, dict]) -> dict:
        return pair[0] | {"seed": None}

    entries, seeds = [], 0
    for _, group in itertools.groupby(grids.results(NAME), key=but_seed):
        pairs = list(group)
        seeds = len(pairs)
        entries.append(entry(pairs[0][0], [arrays for _, arrays in pairs]))
    content = {"episodes": EPISODES, "seeds": seeds, "checkpoints": CHECKPOINTS.tolist()}
    common.save(NAME, content | {"entries": entries})
    grids.finished(NAME)


if __name__ == "__main__":
    main()
