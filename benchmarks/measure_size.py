"""Large games, by processor time: one backup in four ways, sparse rows, how large a game is solved, states in groups.

Writes ``results/size.json``; of its parts those that are named on the command line, or all.
"""

from __future__ import annotations

import itertools
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator

import common

common.one_thread()

import bench_sparse  # noqa: E402
import numpy as np  # noqa: E402

from mornavi_lite import MarkovGame, Solution, TotalVariation, solve, zoo  # noqa: E402
from mornavi_lite.planning import gap_and_value, solve_aggregated  # noqa: E402
from mornavi_lite.uncertainty import UncertaintySet  # noqa: E402

RADIUS, N_ACTIONS, BRANCHING = 0.1, 4, 5
#: Numbers of states that each way is timed at.
SIZES = {
    "loop": (20, 50, 100, 200, 500),
    "row by row": (20, 50, 100, 200, 500, 1000),
    "all rows": (20, 50, 100, 200, 500, 1000, 2000),
    "non-zeros": (20, 50, 100, 200, 500, 1000, 2000, 10_000, 100_000),
}
#: Most stock of each of two shops, and widths of the bins that stock levels are put in.
MOST_STOCK, WIDTHS = 63, (1, 2, 3, 4, 5, 6, 8)
DEMAND = {4: 0.3, 8: 0.4, 14: 0.3}
#: Soccer on a larger field: how far apart players are whose places are then taken in blocks.
FIELD, FAR = (6, 9), (0, 1, 2, 3, 4, 6)


def seconds(call: Callable[[], object], at_least: float = 0.5) -> float:
    """Smallest processor time of one call: other work on the machine does not count."""
    best, begin, calls = float("inf"), time.process_time(), 0
    while calls < 2 or time.process_time() < begin + at_least:
        start = time.process_time()
        call()
        best, calls = min(best, time.process_time() - start), calls + 1
    return best


def one_row(p: list[float], v: list[float], order: list[int]) -> float:
    """Worst case of a row by its definition: mass leaves the highest values for the lowest."""
    total, left, lowest = 0.0, RADIUS, v[order[-1]]
    for s in order:
        moved = min(left, p[s])
        left -= moved
        total += (p[s] - moved) * v[s] + moved * lowest
    return total


def ways(n_states: int) -> Iterator[tuple[str, Callable[[], np.ndarray]]]:
    """Four ways to back up one player's values through all rows of a step."""
    rng, ball = np.random.default_rng(n_states), TotalVariation(RADIUS)
    listed = np.sort(rng.integers(n_states, size=(n_states, N_ACTIONS, BRANCHING)), axis=-1)
    weights, v = rng.dirichlet(np.ones(BRANCHING), size=listed.shape[:2]), rng.random(n_states)
    if n_states <= max(SIZES["all rows"]):
        dense = np.zeros((*listed.shape[:2], n_states))
        np.add.at(dense, (*np.indices(listed.shape)[:2], listed), weights)
        rows, values = dense.reshape(-1, n_states).tolist() if n_states <= 500 else [], v.tolist()
        order = np.argsort(-v, kind="stable").tolist()
        shape = listed.shape[:2]
        yield "loop", lambda: np.array([one_row(p, values, order) for p in rows]).reshape(shape)
        flat = dense.reshape(-1, n_states)
        yield "row by row", lambda: np.array([ball.worst_case_unchecked(p, v) for p in flat]).reshape(shape)
        yield "all rows", lambda: ball.worst_case_unchecked(dense, v)
    yield "non-zeros", lambda: ball.worst_case_unchecked(weights, v[listed], floor=v.min())


def backups() -> dict[str, dict]:
    """Seconds of one backup against the number of states, and how they grow between the last sizes."""
    found: dict[str, dict] = {name: {"sizes": [], "seconds": []} for name in SIZES}
    for n_states in sorted(set(itertools.chain(*SIZES.values()))):
        answers = []
        for name, call in ways(n_states):
            if n_states in SIZES[name]:
                answers.append(call())
                found[name]["sizes"].append(n_states)
                found[name]["seconds"].append(seconds(call))
        for each in answers:
            np.testing.assert_allclose(each, answers[-1], rtol=0, atol=1e-12)
    for name, line in found.items():
        points = np.log(line["sizes"][-3:]), np.log(line["seconds"][-3:])
        line["exponent"] = float(np.polyfit(*points, 1)[0])
        print(
            f"{name}: {line['seconds'][-1]:.3g} s at {line['sizes'][-1]}, exponent {line['exponent']:.2f}", flush=True
        )
    return found


def sold(stock: tuple[int, ...], prices: list[int], demand: int) -> list[int]:
    """Of so many customers three in four go to the cheaper shop; of those it cannot serve half go on to the other."""
    most = demand // 2 if prices[0] == prices[1] else demand * 3 // 4
    first = [most, demand - most] if prices[0] <= prices[1] else [demand - most, most]
    own = [min(x, d) for x, d in zip(stock, first, strict=True)]
    left = [d - y for d, y in zip(first, own, strict=True)]
    return [y + min(x - y, d // 2) for x, y, d in zip(stock, own, left[::-1], strict=True)]


def shops(most: int, horizon: int) -> MarkovGame:
    """Two shops with up to ``most`` things in stock; each orders 0, 6 or 12 a day, for a price of 4, 6 or 8."""
    actions = list(itertools.product((0, 6, 12), (4, 6, 8)))

    def step(stock, acts):
        for demand, chance in DEMAND.items():
            left = sold(stock, [price for _, price in acts], demand)
            after = tuple(min(most, x - y + order) for x, y, (order, _) in zip(stock, left, acts, strict=True))
            pays = [
                (y * price - 2 * order - 0.1 * x) / 120 for x, y, (order, price) in zip(stock, left, acts, strict=True)
            ]
            yield chance, after, pays

    levels = list(itertools.product(range(most + 1), repeat=2))
    start = (most // 2, most // 2)
    return MarkovGame.from_step(
        step, [actions] * 2, horizon, start, states=levels, reward_range=(-1, 1), name="two shops"
    )


def places(game: MarkovGame) -> np.ndarray:
    """Rows, columns of both players and the ball (S, 5) by the names of soccer's states; -1 after a goal."""
    found = np.full((game.n_states, 5), -1)
    for s, name in enumerate(game.state_names):
        digits = "".join(c if c.isdigit() else " " for c in name).split()
        if "scores" not in name:
            _, r1, c1, _, r2, c2, ball = map(int, digits)
            found[s] = r1, c1, r2, c2, ball
    return found


def near_or_not(at: np.ndarray, far: int) -> np.ndarray:
    """Groups: where players are further apart than ``far``, the one without the ball counts by blocks of 2 x 2."""
    r1, c1, r2, c2, ball = at.T
    apart = (np.abs(r1 - r2) + np.abs(c1 - c2) > far) & (r1 >= 0)
    block = np.where(apart[:, None], np.where(ball[:, None] == 1, at[:, 2:4], at[:, :2]) // 2, at[:, :2])
    exact = np.where(ball[:, None] == 1, at[:, :2], at[:, 2:4])
    exact = np.where(apart[:, None], exact, at[:, 2:4])
    goal = np.where(r1 < 0, np.arange(len(at)), -1)
    key = np.column_stack([ball, apart, block, exact, goal])
    return np.unique(key, axis=0, return_inverse=True)[1].reshape(-1)


def in_groups(game: MarkovGame, groupings: dict, ball: UncertaintySet, concept: str, select: str) -> dict:
    """Gaps and processor times of a game in groups, beside the whole game and the certificate alone."""
    sets = [ball] * game.n_players
    whole = solve(game, ball, concept, select)
    lines: list[dict] = []
    for (label, groups), members in itertools.product(groupings.items(), (1, None)):
        answers: list[Solution] = []

        def solve_again(g=groups, k=members, to=answers) -> None:
            to.append(solve_aggregated(game, g, ball, concept, select, members=k))

        took, found = seconds(solve_again, 0), answers[0]
        count = [len(np.unique(each)) for each in np.atleast_2d(groups)]
        value = (found.value[:, 0] @ game.initial).tolist()
        line = {"label": label, "groups": float(np.mean(count)), "members": members, "gap": found.gap}
        lines.append(line | {"seconds": took, "value": value})
        print(f"{game.name}, {line}", flush=True)
    return {
        "game": game.name,
        "n_states": game.n_states,
        "horizon": game.horizon,
        "concept": concept,
        "lines": lines,
        "solve_s": seconds(lambda: solve(game, ball, concept, select), 0),
        "certificate_s": seconds(lambda: gap_and_value(game, whole.policy, sets, concept), 0),
        "value": (whole.value[:, 0] @ game.initial).tolist(),
        "gap": whole.gap,
    }


def aggregated() -> list[dict]:
    trade = shops(MOST_STOCK, 10)
    levels = np.stack(np.unravel_index(np.arange(trade.n_states), (MOST_STOCK + 1,) * 2))
    bins = {width: (levels[0] // width) * 1000 + levels[1] // width for width in WIDTHS}
    soccer = zoo.soccer(20, *FIELD)
    at = places(soccer)
    apart = {far: near_or_not(at, far) for far in FAR}
    inside = TotalVariation(0.05, shift_support=False)
    return [
        in_groups(trade, bins, TotalVariation(RADIUS), "ce", "welfare"),
        in_groups(soccer, apart, inside, "nash", "pure"),
    ]


def sparse_rows() -> list[dict]:
    """Robust backups of rows that list their next states, beside the nominal one: gather, multiply, add."""
    lines = []
    for branching in (5, 10):
        listed, p, v = bench_sparse.instance(bench_sparse.N_STATES, branching)
        nominal = seconds(lambda s=listed, q=p, x=v: (q * x[s]).sum(axis=-1), 1.0)
        for name, ball in bench_sparse.SETS.items():
            ours = seconds(lambda b=ball, s=listed, q=p, x=v: bench_sparse.sparse_backup(b, s, q, x))
            nanoseconds = 1e9 * ours / p[..., 0].size
            line = {"branching": branching, "set": name, "ours_ns": nanoseconds, "multiple": ours / nominal}
            print(line, flush=True)
            lines.append(line)
    return lines


def solved(n_states: int) -> dict:
    """Processor time and peak memory of a game of two players with three actions each, 20 steps, five next states."""
    listed, p, _ = bench_sparse.instance(n_states, 5)
    reward = np.random.default_rng(0).random((2, n_states, bench_sparse.N_ACTIONS))
    game = MarkovGame.sparse(listed, p, reward, (3, 3), n_states, horizon=20)
    start = time.process_time()
    gap = solve(game, TotalVariation(RADIUS)).gap
    took = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 2**30
    print(f"S = {n_states}: solved in {took:.1f} s, {peak:.3f} GiB", flush=True)
    return {"n_states": n_states, "seconds": took, "gib": peak, "gap": gap}


def games() -> list[dict]:
    return [common.in_a_process(solved, n_states) for n_states in (1_000, 10_000, 60_000)]


PARTS = {"backups": backups, "aggregated": aggregated, "sparse": sparse_rows, "games": games}

if __name__ == "__main__":
    stored = common.RESULTS / "size.json"
    found = json.loads(stored.read_text(encoding="utf8")) if stored.exists() else {}
    found |= {"radius": RADIUS, "branching": BRANCHING}
    for part in sys.argv[1:] or PARTS:
        common.save("size", found := found | {part: PARTS[part]()})
