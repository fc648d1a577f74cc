"""KL runs: one call a step for the worst cases of all value vectors, against a call for each, in one run.

Before, every vector of values (upper and lower, of each player) had a call of its own at each step, Newton's method row
by row, and a policy was evaluated in one pass and deviated from in another. Writes ``results/runs.json``: for each line
seconds of the processor of both, medians of several runs taken in turn, after a check that all records are the same to
the byte.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import common

common.one_thread()
common.CLOCK = time.process_time

import numpy as np  # noqa: E402

from mornavi_lite import History, KullbackLeibler, Mornavi, run, zoo  # noqa: E402
from mornavi_lite.learners.mornavi import stage_policies  # noqa: E402
from mornavi_lite.planning import gap_and_value  # noqa: E402
from mornavi_lite.runs import protocol  # noqa: E402
from mornavi_lite.uncertainty import kl  # noqa: E402

ROUNDS = 7
#: States, when a new plan is made, episodes, and the least ratio.
CASES = ((5, "doubling", 10**5, 2.0), (20, "doubling", 1000, 1.5), (5, "episode", 100, 2.0), (20, "episode", 150, 1.5))


@contextmanager
def before() -> Iterator[None]:
    """A call for each vector of values, and two passes for what a policy is worth."""
    together, short = KullbackLeibler.together_up_to, kl.SHORT_UP_TO
    KullbackLeibler.together_up_to = kl.SHORT_UP_TO = 0
    protocol.gap_and_value = lambda game, policy, sets, concept, at_once: gap_and_value(game, policy, sets, concept)
    try:
        yield
    finally:
        KullbackLeibler.together_up_to, kl.SHORT_UP_TO, protocol.gap_and_value = together, short, gap_and_value


def compared(n_states: int, replan: str, n_episodes: int, goal: float) -> dict:
    game = zoo.garnet(n_states, (2, 2), 5, branching=n_states, seed=1)
    found: list[History] = []

    def once() -> None:
        stage_policies.cache_clear()
        found.append(run(Mornavi(KullbackLeibler(0.1), replan=replan), game, n_episodes))

    times = []
    for _ in range(ROUNDS):
        now = common.once(once)
        with before():
            times.append((now, common.once(once)))
    records = {(each.regret.tobytes(), each.certificate.tobytes(), each.value.tobytes()) for each in found}
    assert len(records) == 1, "the same bytes, whatever is worked on together"
    ours, reference = np.median(times, axis=0)
    line = common.row(
        "KL run", f"S = {n_states}, {replan}", float(ours), float(reference), "a call for each vector", goal
    )
    return line | {"episodes": n_episodes, "plans": found[0].n_plans}


if __name__ == "__main__":
    common.save("runs", {"ratios": [compared(*case) for case in CASES]})
