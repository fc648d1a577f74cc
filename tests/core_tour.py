"""A tour of the package's core for an interpreter that has NumPy and nothing else; prints what it computed.

usage: python -I -W error core_tour.py FOLDER [bare]

With ``bare`` it first takes away what Python in a browser has not: threads, processes, and every package but NumPy.
"""

import json
import os
import sys

FOREIGN = {
    "scipy",
    "matplotlib",
    "ipywidgets",
    "IPython",
    "tqdm",
    "joblib",
    "dask",
    "distributed",
    "quantecon",
    "nashpy",
}
LACKING = {"_multiprocessing", "_posixsubprocess", "_posixshmem", "fcntl", "multiprocessing"}


class Absent:
    """An importer that finds none of the packages that a browser has not."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in FOREIGN | LACKING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def refuse(*arguments, **options):
    raise RuntimeError("can't start new thread")


def make_bare():
    """Leave what Pyodide has."""
    import _thread

    for name in ("start_new_thread", "start_new", "start_joinable_thread"):
        if hasattr(_thread, name):
            setattr(_thread, name, refuse)
    for name in [n for n in dir(os) if n.startswith(("fork", "exec", "spawn", "posix_spawn")) or n == "cpu_count"]:
        delattr(os, name)
    sys.meta_path.insert(0, Absent())


def games_and_plans():
    """Every set with every concept, on games of one, two and three players."""
    from mornavi_lite import ChiSquare, KullbackLeibler, Nominal, TotalVariation, best_response, solve, zoo

    found = {}
    sets = [Nominal(), TotalVariation(0.1), TotalVariation(0.1, False), KullbackLeibler(0.1), ChiSquare(0.1)]
    games = [zoo.gambler(), zoo.safe_or_risky(), zoo.patrol(), zoo.garnet(4, (2, 3), 3, 2, seed=0)]
    for game in [*games, zoo.garnet(3, (2, 2, 2), 2, 2, seed=1)]:
        for ball in sets:
            for concept in ("cce", "ce", "nash"):
                policy, value, gap = solve(game, ball, concept)
                assert gap <= 1e-9
                found[f"{game.name} {ball} {concept}"] = value[:, 0].round(7).tolist()
                best_response(game, policy, ball)
    return found


def runs(folder):
    """Every learner and every kind of confidence set; a run that is saved, loaded and taken up; a sweep."""
    import mornavi_lite as ml
    from mornavi_lite.sweep import Grid, sweep

    ball, game, found = ml.TotalVariation(0.1), ml.zoo.safe_or_risky(), {}
    learners = [ml.Mornavi(ball, "cce", kind) for kind in ("model", "hoeffding", "bernstein", "bonus")]
    learners += [kind(ball) for kind in (ml.EpsilonGreedy, ml.GenerativeDRNVI, ml.OfflinePessimistic, ml.RandomPlay)]
    for number, learner in enumerate([*learners, ml.NashVI()]):
        history = ml.run(learner, game, 2000, seed=number)
        found[f"{number} {type(learner).__name__}"] = [int(history.n_plans), round(float(history.regret[-1]), 6)]
    file = os.path.join(folder, "history.npz")
    history.save(file)
    again = ml.run(ml.NashVI(), game, 4000, seed=8, resume=ml.History.load(file))
    assert again.episode[-1] == 4000
    games, learners = [{"name": "traffic_merge"}], [{"name": "Mornavi"}, {"name": "NashVI"}]
    sets = [{"set": "KullbackLeibler", "radius": 0.1}]
    content = {"episodes": 100, "seeds": 2, "game": games, "learner": learners, "uncertainty": sets}
    done = sweep(Grid.of(content), os.path.join(folder, "sweep"))
    assert len(done.table) == 4 and not done.failures
    return found


def main(folder, *words):
    if "bare" in words:
        make_bare()
    import numpy

    found = {**games_and_plans(), **runs(folder)}
    modules = sorted(FOREIGN & set(sys.modules))
    print(json.dumps({"numpy": numpy.__version__, "modules": modules, "found": found}))


if __name__ == "__main__":
    main(*sys.argv[1:])
