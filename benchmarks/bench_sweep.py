"""Sweeps: two processes beside one, and what a sweep costs beside the runs themselves.

Writes ``results/sweep.json``; the page "Speed" of the book is made from it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import common

common.one_thread()

from joblib.externals.loky import get_reusable_executor  # noqa: E402

from mornavi_lite.sweep import Grid, sweep  # noqa: E402
from mornavi_lite.sweep.workers import result_of  # noqa: E402

RUNS = 200
#: Least ratio of the times of one process and of two.
GOAL = 1.7
#: Most milliseconds that a run may take longer in a sweep than by itself.
MOST_MILLISECONDS = 5.0
REPEATS = 3


def grid(game: dict[str, Any], learner: dict[str, Any], episodes: int) -> Grid:
    """As many seeds as there are runs, with a set of total variation."""
    ball = {"set": "TotalVariation", "radius": 0.1}
    return Grid.of({"episodes": episodes, "seeds": RUNS, "game": [game], "learner": [learner], "uncertainty": [ball]})


def in_new_folders(each: Grid, n_jobs: int, check: Callable[[dict[str, bytes]], None]) -> float:
    """Smallest time of a sweep into an empty folder; ``check`` sees its files."""
    times = []
    for _ in range(REPEATS):
        if n_jobs > 1:
            get_reusable_executor().shutdown()  # so that the time in which workers start is part of it
        with tempfile.TemporaryDirectory() as folder:
            times.append(common.once(lambda out=folder: sweep(each, out, n_jobs=n_jobs)))
            check({path.name: path.read_bytes() for path in Path(folder).iterdir()})
    return min(times)


def throughput() -> dict[str, Any]:
    """Two processes against one; all files are the same bytes."""
    each = grid({"name": "paper_general_sum"}, {"name": "Mornavi"}, episodes=10**7)
    written: list[dict[str, bytes]] = []
    one, two = (in_new_folders(each, n_jobs, written.append) for n_jobs in (1, 2))
    assert len(written[0]) == RUNS + 1 and all(files == written[0] for files in written)
    return common.row("sweep", f"{RUNS} runs of 10^7 episodes, two processes", two, one, "one process", GOAL)


def overhead() -> dict[str, Any]:
    """What one run costs more in a sweep of one process: to look, to name, to store, to write a table."""
    each = grid({"name": "gambler", "goal": 2, "horizon": 1}, {"name": "RandomPlay"}, episodes=1)
    swept = in_new_folders(each, 1, lambda files: None)
    alone = min(common.once(lambda: [result_of(c) for c in each.configurations]) for _ in range(REPEATS))
    milliseconds = 1e3 * (swept - alone) / RUNS
    mark = "" if milliseconds <= MOST_MILLISECONDS else "   <-- above the goal"
    print(f"sweep, overhead: {milliseconds:.2f} ms a run (goal {MOST_MILLISECONDS:g}){mark}")
    return {
        "runs": RUNS,
        "sweep_s": swept,
        "runs_s": alone,
        "milliseconds": milliseconds,
        "goal_milliseconds": MOST_MILLISECONDS,
    }


def main() -> None:
    """Measure both, on a machine that does nothing else."""
    common.save("sweep", {"overhead": overhead(), "ratios": [throughput()]})


if __name__ == "__main__":
    main()
