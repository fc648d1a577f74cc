"""A game from a function that says what one step does: transitions a second, against the loop that fills dense arrays.

Writes ``results/steps.json``; the page "Speed" of the book is made from it.
"""

from __future__ import annotations

import common

common.one_thread()

import time  # noqa: E402
from collections.abc import Iterator  # noqa: E402

import numpy as np  # noqa: E402

from mornavi_lite import MarkovGame  # noqa: E402

ACTIONS, BRANCHING = 4, 5
#: States; the second is too many for dense arrays.
SIZES = (500, 20_000)


def rule(n_states: int):
    """A walk with five outcomes that reaches every state."""

    def step(state: int, joint: tuple[int, ...]) -> Iterator[tuple[float, int, tuple[float]]]:
        for k in range(BRANCHING):
            yield 0.2, (state * 7 + k * 13 + joint[0]) % n_states, (0.25 * (k % 2),)

    return step


def by_loop(n_states: int) -> MarkovGame:
    """What one would write first: a list of states, and dense arrays filled one transition at a time."""
    step, numbers, rows = rule(n_states), {0: 0}, []
    for state in (states := [0]):
        for a in range(ACTIONS):
            for chance, following, paid in step(state, (a,)):
                if following not in numbers:
                    numbers[following] = len(states)
                    states.append(following)
                rows.append((numbers[state], a, numbers[following], chance, paid[0]))
    transition, reward = np.zeros((2, len(states), ACTIONS, len(states)))
    for s, a, t, chance, paid in rows:
        transition[s, a, t] += chance
        reward[s, a, t] = paid
    return MarkovGame.stationary(transition, reward[None], (ACTIONS,), 10)


def smallest(call, rounds: int) -> float:
    """Smallest processor time of several calls."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Time both on the small game, ours on the large one."""
    ours = {n: smallest(lambda n=n: MarkovGame.from_step(rule(n), [range(ACTIONS)], 10, 0), 5) for n in SIZES}
    small, large = SIZES
    told = MarkovGame.from_step(rule(small), [range(ACTIONS)], 10, 0)
    assert np.allclose(told.transition, by_loop(small).transition, atol=1e-15)
    loop = smallest(lambda: by_loop(small), 3)
    rate = large * ACTIONS * BRANCHING / ours[large]
    print(f"{rate:,.0f} transitions a second")
    line = common.row("a game from a rule", f"{small} states", ours[small], loop, "a loop that fills dense arrays", 1.0)
    common.save("steps", {"ratios": [line], "transitions_per_second": rate, "goal_per_second": 200_000})


if __name__ == "__main__":
    main()
