"""Who does the runs of a sweep: this process, several, or the workers of a Dask cluster."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from ..runs import run
from .grid import Configuration, game_of, learner_of, set_of

RECORDED = ("episode", "gap", "value", "upper", "lower", "policy", "best_policy")

#: How often a pool of workers that broke is started again although no run was finished in between.
_BROKEN_POOLS = 2

#: What joblib, the pool below it, and Dask call that, and Dask the loss of its scheduler, for which a new client waits
#: some time: compared by name, since none of them is needed for one process.
_KILLED = ("TerminatedWorker", "BrokenProcessPool", "KilledWorker", "CancelledError")


def result_of(configuration: Configuration, folder: str = "") -> dict[str, np.ndarray] | str:
    """Do one run: its arrays, or what went wrong. Called in workers; ``folder`` has the files that are named."""
    try:
        ball = set_of(configuration["uncertainty"], folder)
        history = run(
            learner_of(configuration["learner"], ball),
            game_of(configuration["game"], folder),
            configuration["episodes"],
            seed=configuration["seed"],
            until=configuration["until"],
            uncertainty=ball,
        )
    except Exception as error:  # whatever it is, the other runs go on
        return f"{type(error).__name__}: {error}"
    arrays = {name: getattr(history, name) for name in RECORDED}
    return arrays | {"configuration": np.array(json.dumps(configuration, sort_keys=True))}


def all_results(
    missing: dict[str, Configuration],
    n_jobs: int,
    scheduler: str | None,
    finished: Callable[[Configuration], bool],
    files: str = "",
) -> Iterator[tuple[str, dict[str, np.ndarray] | str]]:
    """The key of each missing run with its result, in the order in which they are finished.

    A run that is ``finished`` when its turn comes, by a sweep somewhere else, is left out. ``files`` is the folder of
    those that configurations name.
    """
    left, broken = dict(missing), 0
    while left:
        try:
            for key, result in _in_parallel([(*each, files) for each in left.items()], n_jobs, scheduler, finished):
                broken = 0
                del left[key]
                yield key, result
            return
        except Exception as error:
            # A pool breaks as a whole when a worker is killed: what was not handed out yet is done again.
            if not any(word in type(error).__name__ for word in _KILLED):
                raise
            broken += 1
            if broken > _BROKEN_POOLS:
                often = f"workers were killed, or lost, {broken} times in a row"
                raise RuntimeError(f"{often}; {len(left)} runs are left") from error


def _in_parallel(
    tasks: list[tuple[str, Configuration, str]],
    n_jobs: int,
    scheduler: str | None,
    finished: Callable[[Configuration], bool],
) -> Iterable[tuple[str, dict[str, np.ndarray] | str]]:
    if n_jobs == 1 and scheduler is None:
        return (_keyed(*task) for task in tasks if not finished(task[1]))
    try:
        import joblib
    except ImportError as error:
        who, extra = ("more than one process", "sweep") if scheduler is None else ("a scheduler", "dask")
        raise ImportError(f"{who} needs joblib: pip install 'mornavi-lite[{extra}]'") from error
    # One after the other, as workers ask for more: by then another sweep may have finished it.
    calls = (joblib.delayed(_keyed)(*task) for task in tasks if not finished(task[1]))
    if scheduler is None:
        return joblib.Parallel(n_jobs=n_jobs, return_as="generator_unordered")(calls)
    return _on_cluster(joblib, calls, scheduler)


def _on_cluster(joblib: Any, calls: Iterable[Any], scheduler: str) -> Iterator[Any]:
    try:
        import distributed
    except ImportError as error:
        raise ImportError("a scheduler needs dask.distributed: pip install 'mornavi-lite[dask]'") from error
    client: Any = distributed.Client
    with client(scheduler, set_as_default=True), joblib.parallel_config(backend="dask"):
        yield from joblib.Parallel(n_jobs=-1, return_as="generator_unordered")(calls)


def _keyed(key: str, configuration: Configuration, files: str) -> tuple[str, dict[str, np.ndarray] | str]:
    return key, result_of(configuration, files)
