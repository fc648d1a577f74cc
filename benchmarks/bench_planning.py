"""Solving a known game: ours against the straightforward loops, in one run.

Writes ``results/planning.json``; the page "Speed" of the book is made from it.
"""

from __future__ import annotations

import common

common.one_thread()

import numpy as np  # noqa: E402
import straightforward  # noqa: E402

from mornavi_lite import KullbackLeibler, TotalVariation, evaluate, solve, zoo  # noqa: E402

CASES = [
    ("S = 6, A = 3 x 3, H = 5", (6, (3, 3), 5), {"TV": 20, "KL": 20}),
    ("S = 30, A = 3 x 3, H = 5", (30, (3, 3), 5), {"TV": 100, "KL": 60}),
    ("S = 100, A = 4 x 4, H = 5", (100, (4, 4), 5), {"TV": 100, "KL": 60}),
]
BALLS = {"TV": TotalVariation(0.1), "KL": KullbackLeibler(0.1)}


def main() -> None:
    """Time each case once for the loops, as often as fits for ours."""
    lines = []
    for case, (n_states, n_actions, horizon), goals in CASES:
        game = zoo.garnet(n_states, n_actions, horizon, branching=n_states, seed=1)
        for name, ball in BALLS.items():
            solution, reference = solve(game, ball), []
            slow = common.once(lambda g=game, b=ball, out=reference: out.append(straightforward.solve(g, b)))
            policy = np.clip(reference[0][0], 0, None)
            policy /= policy.sum(axis=-1, keepdims=True)
            value = evaluate(game, policy, ball)
            np.testing.assert_allclose(value, reference[0][1], atol=1e-4)
            ours = common.seconds(lambda g=game, b=ball: solve(g, b), at_least=1.0)
            line = common.row(f"solve, {name}", case, ours, slow, "loops, scipy dual, linprog a state", goals[name])
            lines.append(line | {"gap": solution.gap})
    common.save("planning", {"ratios": lines})


if __name__ == "__main__":
    main()
