"""Radii from two logs: coverage and width for one row over a table of sizes, and a machine that ages, season by season.

Writes ``results/radius.json``. Coverage counts, in 10,000 draws a line, those in which the true distance of the two
rows is not excluded; it looks at the test at the true distance alone, which is what the radius is made of. Widths are
means of 60 draws of the whole function. Rows are Dirichlet, the second on the way from the first to another, at the
distance that is asked for where it can be reached. Takes about twenty minutes.
"""

from __future__ import annotations

import common

common.one_thread()

import numpy as np  # noqa: E402

from mornavi_lite import Counts, MarkovGame, Nominal, evaluate, solve  # noqa: E402
from mornavi_lite.calibration import coins, from_logs, rows  # noqa: E402

DRAWS, WIDTHS, SEASONS, DELTA = 10_000, 60, 200, 0.05
#: States, visits in training and in deployment, true distance.
TABLE = [
    (5, 1000, 100, 0.1),
    (2, 50, 50, 0.0),
    (2, 50, 50, 0.4),
    (2, 1000, 100, 0.1),
    (2, 100_000, 100, 0.2),
    (5, 50, 50, 0.1),
    (5, 50, 1000, 0.2),
    (5, 100, 100, 0.0),
    (5, 1000, 1000, 0.4),
    (5, 100_000, 100_000, 0.1),
    (20, 50, 50, 0.4),
    (20, 1000, 100, 0.1),
    (20, 1000, 1000, 0.1),
    (20, 10_000, 1000, 0.4),
    (50, 100, 1000, 0.2),
    (50, 1000, 100, 0.0),
    (50, 10_000, 1000, 0.1),
    (50, 100_000, 10_000, 0.4),
]


def pair(size: int, distance: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two rows at the distance, or as far apart as the second can be."""
    first, other = rng.dirichlet(np.ones(size), 2)
    far = np.abs(first - other).sum() / 2
    second = first + min(1.0, distance / far) * (other - first)
    return first, second / second.sum()


def covered(counts: tuple[np.ndarray, np.ndarray], truth: float) -> bool:
    """Whether the radius of these counts is at least the true distance, without computing the radius."""
    tosses = (int(counts[0].sum()), int(counts[1].sum()))
    if np.abs(counts[0] / tosses[0] - counts[1] / tosses[1]).sum() / 2 >= truth:
        return True
    whole = coins._largest
    coins._largest = lambda seen, limit, rules_out: float(
        any(limit[i] > truth and not rules_out(i, truth) for i in np.argsort(-(seen + limit), kind="stable"))
    )
    try:
        return rows.tv_between(*counts, DELTA) > 0
    finally:
        coins._largest = whole


def one_row(size: int, n: int, k: int, distance: float, seed: int) -> dict:
    """Coverage and widths of one line of the table."""
    rng = np.random.default_rng(seed)
    kept, widths, plug = 0, [], []
    for draw in range(DRAWS):
        first, second = pair(size, distance, rng)
        counts = rng.multinomial(n, first), rng.multinomial(k, second)
        truth = float(np.abs(first - second).sum() / 2)
        kept += covered(counts, truth)
        if draw < WIDTHS:
            widths.append(rows.tv_between(*counts, DELTA))
            plug.append(float(np.abs(counts[0] / n - counts[1] / k).sum() / 2))
            assert (widths[-1] >= truth) == covered(counts, truth)
    mcdiarmid = np.sqrt((1 / n + 1 / k) * np.log(1 / DELTA) / 2)
    weissman = sum(np.sqrt(np.log((2**size - 2) * 2 / DELTA) / (2 * visits)) for visits in (n, k))
    line = {
        "states": size,
        "training": n,
        "deployment": k,
        "distance": distance,
        "draws": DRAWS,
        "coverage": kept / DRAWS,
        "frequencies": float(np.mean(plug)),
        "radius": float(np.mean(widths)),
        "mcdiarmid": float(np.mean(np.minimum(plug + mcdiarmid, 1))),
        "weissman": float(np.mean(np.minimum(plug + weissman, 1))),
    }
    print(line, flush=True)
    return line


def machine(wear: float, horizon: int = 12) -> MarkovGame:
    """A machine that is run or replaced at each step; chapter 10 has the same lines."""
    run = [
        [1 - wear, wear, 0, 0],
        [0, 1 - 1.5 * wear, wear, wear / 2],
        [0, 0, 1 - 2 * wear, 2 * wear],
        [0, 0, 0, 1],
    ]
    kernel = np.stack([run, np.eye(4)[[0] * 4]], axis=1)
    pays = np.array([[[1, 0.4], [0.95, 0.4], [0.8, 0.4], [0, 0]]])
    return MarkovGame.stationary(kernel, pays, (2,), horizon)


def seasons(first: float, second: float, n: int, k: int, seed: int) -> dict:
    """Two seasons of logs, the plan that they lead to, and what both plans earn in the third."""
    rng, before, after = np.random.default_rng(seed), machine(first), machine(second)
    habit, logs = np.broadcast_to([0.8, 0.2], (12, 4, 2)), []
    for world, episodes in ((before, n), (after, k)):
        logs.append(Counts.for_game(world))
        logs[-1].add(world.play(habit, episodes, rng), world.reward)
    radii = from_logs(*logs, rows="stationary")
    made = MarkovGame(radii.centre, before.reward, (2,))
    careful, bold = solve(made, radii.empirical_uncertainty), solve(made, Nominal())
    alike = solve(made, type(radii.empirical_uncertainty)(float(radii.around_empirical.max())))
    earned = [float(evaluate(after, plan.policy, Nominal())[0, 0, 0]) for plan in (careful, bold)]
    return {
        "promised": float(careful.value[0, 0, 0]),
        "earned": earned[0],
        "one_radius_promised": float(alike.value[0, 0, 0]),
        "bold_promised": float(bold.value[0, 0, 0]),
        "bold_earned": earned[1],
    }


def main() -> None:
    """Measure all and store it."""
    runs = [seasons(0.05, 0.1, 2000, 500, seed) for seed in range(SEASONS)]
    print(runs[0], min(run["earned"] - run["promised"] for run in runs), flush=True)
    table = [one_row(*case, seed) for seed, case in enumerate(TABLE)]
    common.save("radius", {"delta": DELTA, "rows": table, "machine": runs})


if __name__ == "__main__":
    main()
