"""Reading a table of a million transitions: ours against the loop over its lines, in one run.

Writes ``results/formats.json``; the page "Speed" of the book is made from it.
"""

from __future__ import annotations

import common

common.one_thread()

import csv  # noqa: E402
import tempfile  # noqa: E402
from collections import defaultdict  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402

from mornavi_lite import MarkovGame  # noqa: E402
from mornavi_lite.formats import read_table, write_table  # noqa: E402

#: States, joint actions, next states of a row; how many times faster, and in how many seconds.
CASES = [("10^5 lines", (5_000, 4, 5), 1.5, 1.0), ("10^6 lines", (50_000, 4, 5), 1.5, 10.0)]
HORIZON = 20


def ring(n_states: int, n_joint: int, branching: int) -> MarkovGame:
    """A game of sparse rows, two players, rewards on the next state."""
    rng = np.random.default_rng(0)
    jump = rng.integers(0, 100, size=(n_states, n_joint, 1)) + 7 * np.arange(branching)
    following = (np.arange(n_states)[:, None, None] + jump) % n_states
    chance = rng.dirichlet(np.ones(branching), size=(n_states, n_joint))
    reward = rng.random((2, *following.shape))
    return MarkovGame.sparse(following, chance, reward, (2, n_joint // 2), n_states, horizon=HORIZON)


def by_loop(path: Path) -> MarkovGame:
    """What one would write first: the lines into dictionaries, and the game from a function of them."""
    rows = defaultdict(list)
    with path.open(newline="") as handle:
        for line in csv.DictReader(handle):
            joint = (int(line["action_0"]), int(line["action_1"]))
            pays = (float(line["reward_0"]), float(line["reward_1"]))
            entry = (float(line["probability"]), int(line["next state"]), pays)
            rows[int(line["state"]), joint].append(entry)
    n_states = 1 + max(state for state, _ in rows)
    actions = [sorted({joint[i] for _, joint in rows}) for i in range(2)]
    return MarkovGame.from_step(lambda s, a: rows[s, a], actions, HORIZON, 0, states=range(n_states))


def main() -> None:
    """Time each case once for the loop, three times for ours."""
    lines, seconds = [], []
    for case, sizes, goal, most in CASES:
        game = ring(*sizes)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "game.csv"
            written = common.once(lambda g=game, p=path: write_table(p, g))
            assert read_table(path, HORIZON, reward_range=(0, 1)) == game == by_loop(path)
            ours = common.seconds(lambda p=path: read_table(p, HORIZON, reward_range=(0, 1)), at_least=0.0)
            loop = common.once(lambda p=path: by_loop(p))
        lines.append(common.row("read a table", case, ours, loop, "csv.DictReader, dictionaries, from_step", goal))
        seconds.append({"case": case, "read_s": ours, "write_s": written, "goal_s": most})
    common.save("formats", {"ratios": lines, "tables": seconds})


if __name__ == "__main__":
    main()
