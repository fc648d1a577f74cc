"""Floors of episodes where interests differ, beside what the learner takes: chapter 12.

Writes ``results/general_sum.json``, a list of lines, one for a game, a set and a certificate::

    game, set, epsilon, learner    as in chapter 6's table; learner is null where it does not get there
    by                 "policies": in the alternatives every policy is worth less to a player, or a deviation more;
                       "value": two players whose rewards add up to a constant, and the alternatives have another value
    floor, ratio       null for a ratio without both
    apart              how far apart two right upper values may be
    edges              the kinds of outputs, in shares of that; kind by kind of each player's upper value above what the
                       policy is worth to it, the last player's fastest; or of the first player's above the value
    alternatives       list of {player, share, upwards, rows, unseen, refutes, never_likelier, tangents}; ``share`` of
                       ``apart`` is between the alternative and the game; ``rows`` are those that differ where a policy
                       gets, as [h, s, a, next states]; ``unseen`` are the other states, as [h, s, next state], which
                       pay ``player`` the most there (downwards the least) whatever is played; tangents are pairs of
                       where one touches and its multiplier

Only lines that begin as one on the command line ("fishing", "fishing, nominal, 0.2") are measured, if there are any;
the others stay as they are. Takes some minutes.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from dataclasses import replace

import common

common.one_thread()

import numpy as np  # noqa: E402
from every_policy import View, change, rows_for, view  # noqa: E402
from measure_episodes import GAMES  # noqa: E402
from measure_floor_of_episodes import stored  # noqa: E402
from scipy import optimize  # noqa: E402

from mornavi_lite import MarkovGame, Nominal, TotalVariation  # noqa: E402
from mornavi_lite.lower_bounds.allocation import Allocation, Cut, Program, information_of, requirement  # noqa: E402
from mornavi_lite.lower_bounds.known import worst_means  # noqa: E402
from mornavi_lite.planning import reachable  # noqa: E402

NAMES = (
    "safe_or_risky, opposed",
    "fishing",
    "intersection",
    "patrol",
    "congestion",
    "garnet, dense, zero-sum",
    "garnet, sparse, 3 players",
)
#: Of two players whose rewards add up to a constant in every cell that is reached.
WITH_VALUE = ("patrol", "garnet, dense, zero-sum")
SETS = {"nominal": Nominal(), "TV 0.1": TotalVariation(0.1)}
LEVELS, DELTA, MARGIN = (0.2, 0.05), 0.05, 1e-9
EDGES = np.array([0.0, 0.1, 0.5, 0.9, 1.0])
#: Turns of the cutting planes; tries of a search by chance, fewer with balls, so many at once.
ROUNDS, TRIES, FEW, AT_ONCE = 14, 10, 4, 20
#: Decimals of the rows in the file; alternatives with a smaller share of the largest multiplier are left out.
DIGITS, USELESS = 12, 1e-3


def maximin(stage: np.ndarray) -> tuple[float, np.ndarray]:
    """Value and strategy of the player of the rows of a matrix."""
    n_rows, n_columns = stage.shape
    found = optimize.linprog(
        np.append(np.zeros(n_rows), -1.0),
        A_ub=np.column_stack([-stage.T, np.ones(n_columns)]),
        b_ub=np.zeros(n_columns),
        A_eq=np.append(np.ones(n_rows), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, None)] * n_rows + [(None, None)],
    )
    strategy = np.maximum(found.x[:-1], 0) / np.maximum(found.x[:-1], 0).sum()
    strategy[strategy < 1e-9] = 0
    strategy /= strategy.sum()
    return float((strategy @ stage).min()), strategy


def secured(game: MarkovGame, player: int, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """What a player can secure (H + 1, S), and the joint actions (H, S, A) with its own actions for that."""
    horizon, n_states, n_joint = game.reward.shape[1:]
    value, plays = np.zeros((horizon + 1, n_states)), np.zeros((horizon, n_states, n_joint), dtype=bool)
    ball = np.full((n_states, n_joint), radius)
    for h in reversed(range(horizon)):
        payoff = game.reward[player, h] + worst_means(game.transition[h], value[h + 1], ball)
        for s in range(n_states):
            stage = np.moveaxis(payoff[s].reshape(game.n_actions), player, 0).reshape(game.n_actions[player], -1)
            value[h, s], strategy = maximin(stage)
            own = np.indices(game.n_actions)[player].ravel()
            plays[h, s] = strategy[own] > 0
    return value, plays


class Problem:
    """One game, set and certificate."""

    def __init__(self, name: str, ball: str, epsilon: float) -> None:
        self.game = game = GAMES[name]().dense()
        self.radius = 0.1 if ball == "TV 0.1" else 0.0
        self.by_value, players = name in WITH_VALUE, range(game.n_players)
        sides = [(i, up) for i in players for up in (True, False)]
        self.apart, self.views = epsilon, {side: view(game, *side, self.radius) for side in sides}
        n_bins = len(EDGES) - 1
        if self.by_value:
            both = [secured(game, i, self.radius) for i in players]
            self.views = {}
            for i, (value, plays) in enumerate(both):
                seen = view(game, i, True, self.radius, value)
                self.views[i, True] = replace(seen, low=value, high=value, plays=plays)
            self.apart = 2 * epsilon + self.sum_of_rewards() - sum(value[0] @ game.initial for value, _ in both)
            self.kinds = np.arange(n_bins)[:, None]
        else:
            self.kinds = np.array(list(itertools.product(range(n_bins), repeat=game.n_players)))
        legal = np.ones(game.reward.shape[2:], dtype=bool)
        self.program = Program(game.transition, game.initial, legal, len(self.kinds))
        self.found: list[dict] = []
        self.rng = np.random.default_rng(0)

    def reached(self) -> np.ndarray:
        return reachable(self.game)

    def sum_of_rewards(self) -> float:
        """What both players get together in an episode."""
        each = self.game.reward.sum(axis=0)
        here = self.reached()
        assert all(np.ptp(each[h][here[h]]) < 1e-12 for h in range(self.game.horizon))
        return float(sum(each[h][here[h]].max() for h in range(self.game.horizon)))

    def targets(self) -> list[tuple[tuple[int, bool], float, np.ndarray]]:
        """Side, share of the distance, and kinds of outputs that are wrong there."""
        found = []
        for (player, up), edge in itertools.product(self.views, range(len(EDGES))):
            rising = up and not (self.by_value and player == 1)
            share = EDGES[edge] if rising else 1 - EDGES[edge]
            own = self.kinds[:, 0 if self.by_value else player]
            if share > 0:
                found.append(((player, up), float(share), own < edge if rising else own >= edge))
        return found

    def look(self, side: tuple[int, bool], share: float, refutes: np.ndarray, weights: np.ndarray) -> None:
        """Search by chance for changes with the least price."""
        seen, apart = self.views[side], self.apart * share + MARGIN
        reached = seen.reached[:-1].copy()
        reached[0] = reached[-1] = False
        shape = len(seen.reached), self.game.n_states
        starts = [np.zeros(shape)]
        for h in range(1, shape[0] - 2):
            for size in (0.25, 0.5, 0.9, 1.3, 2.0):
                one = np.zeros(shape)
                one[1 : h + 1] = reached[1 : h + 1] * apart * size
                starts.append(one)
        for h, s in np.argwhere(reached):
            for size in (0.1, 0.3, 0.6, 0.9, 1.1, 2.0):
                one = np.zeros(shape)
                one[h, s] = apart * size
                starts.append(one)
        starts += [each["shift"] * apart for each in self.found if each["side"] == side][-8:]
        batch = np.stack(starts)
        batch[:, 0] = seen.reached[0] * apart
        price = rows_for(seen, batch, weights)[0]
        if not np.isfinite(price).any():
            return
        best, cost = batch[price.argmin()], price.min()
        size = 0.5
        for _ in range((FEW if self.radius else TRIES) if reached.any() else 0):
            batch = np.repeat(best[None], AT_ONCE, axis=0)
            moved = self.rng.random(batch.shape) < 0.35
            batch += moved * self.rng.normal(size=batch.shape) * size * apart * (0.1 + batch / apart)
            batch *= (self.rng.random(batch.shape) > 0.05) | ~moved
            batch[:, 1:-1] = np.maximum(batch[:, 1:-1], 0) * reached[1:]
            batch[:, 0], batch[:, -1] = best[0], 0
            price = rows_for(seen, batch, weights)[0]
            if price.min() < cost:
                best, cost = batch[price.argmin()], price.min()
            else:
                size *= 0.7
        self.add(side, share, refutes, best, weights)

    def add(
        self, side: tuple[int, bool], share: float, refutes: np.ndarray, wanted: np.ndarray, weights: np.ndarray
    ) -> None:
        """Keep the alternative, if it is one."""
        seen = self.views[side]
        kernel = rows_for(seen, wanted[None], weights)[1][0]
        most = kernel.argmax(axis=-1)[..., None]
        kernel = np.round(kernel, DIGITS)
        rest = 1 - kernel.sum(axis=-1, keepdims=True) + np.take_along_axis(kernel, most, axis=-1)
        np.put_along_axis(kernel, most, np.round(rest, DIGITS), axis=-1)
        there, reward = with_limits(seen, kernel, self.game.step_ranges[side[0]])
        got = change(seen, there, reward)[0] @ self.game.initial * seen.sign
        if got < self.apart * share + MARGIN / 2:
            return
        here = self.reached()[..., None]
        told = np.where(here, information_of(self.game.transition, there), 0.0)
        if not np.isfinite(told).all():
            return
        within = (self.game.transition > 0) & here[..., None]
        never = bool((there[within] <= self.game.transition[within]).all())
        cut = Cut(told, refutes, never)
        self.found.append(
            {"side": side, "share": share, "kernel": there, "cut": cut, "shift": wanted / (self.apart * share)}
        )

    def solve(self) -> Allocation:
        """The program with all that was found, and each of its tangents by itself."""
        cuts = [each["cut"] for each in self.found]
        return self.program.solve(cuts, [requirement(DELTA, cut.never_likelier) for cut in cuts], 1 - DELTA)

    def run(self) -> None:
        """Cutting planes."""
        visits = np.zeros(self.game.reward.shape[1:])
        arriving = self.game.initial
        for h in range(self.game.horizon):
            visits[h] = arriving[:, None] / visits.shape[2]
            arriving = np.einsum("sa,sat->t", visits[h], self.game.transition[h])
        even = middle = visits
        best, waited, targets = 0.0, 0, self.targets()
        for number in range(ROUNDS):
            whole = number < ROUNDS // 3 and (number == 0 or bool(self.found))  # first what refutes all outputs
            weights = (even if number == 0 else middle) + 1e-4 * even
            for side, share, refutes in targets:
                if refutes.all() or not whole:
                    self.look(side, share, refutes, weights)
            if not self.found and whole:
                continue
            if not self.found:
                return
            solved = self.solve()
            episodes = solved.visits[0].sum()
            if episodes > 0:
                middle = 0.5 * (middle + solved.visits / episodes) if number % 2 else solved.visits / episodes
            waited = 0 if solved.episodes > best * 1.003 else waited + 1
            best = max(best, solved.episodes)
            if waited == 4 and not whole:
                return

    def result(self) -> dict:
        """Floor and what proves it, with the alternatives and tangents that matter."""
        if not self.found:
            return {"floor": 0.0, "alternatives": []}
        cuts = [each["cut"] for each in self.found]
        lines = [requirement(DELTA, cut.never_likelier) for cut in cuts]
        each = [(k, t) for k, (slope, _) in enumerate(lines) for t in range(len(slope))]
        for last in (False, True):
            chosen = [(lines[k][0][[t]], lines[k][1][[t]]) for k, t in each]
            solved = self.program.solve([cuts[k] for k, _ in each], chosen, 1 - DELTA)
            if solved.episodes == 0:
                return {"floor": 0.0, "alternatives": []}
            if not last:
                least = USELESS * solved.weights.max()
                each = [pair for pair, weight in zip(each, solved.weights, strict=True) if weight > least]
        kept: dict[int, list] = {}
        for (k, t), weight in zip(each, solved.weights, strict=True):
            at = DELTA + (1 - 2 * DELTA) * ((t + 1) / len(lines[k][0])) ** 1.5
            kept.setdefault(k, []).append([at, float(weight)])
        return {"floor": solved.episodes, "alternatives": [self.stored(k, pairs) for k, pairs in kept.items()]}

    def stored(self, k: int, tangents: list) -> dict:
        """An alternative as the file has it."""
        each, here = self.found[k], self.reached()
        rows = np.argwhere((each["kernel"] != self.game.transition).any(axis=-1) & here[..., None])
        unseen = [[int(h), int(s), int(each["kernel"][h, s, 0].argmax())] for h, s in np.argwhere(~here)]
        player, upwards = each["side"]
        return {
            "player": player,
            "share": each["share"],
            "upwards": upwards,
            "rows": [[*map(int, hsa), each["kernel"][tuple(hsa)].tolist()] for hsa in rows],
            "unseen": unseen,
            "refutes": np.flatnonzero(each["cut"].refutes).tolist(),
            "never_likelier": each["cut"].never_likelier,
            "tangents": tangents,
        }


def rebuilt(line: dict, each: dict) -> MarkovGame:
    """An alternative of the file."""
    game = GAMES[line["game"]]().dense()
    kernel, reward = game.transition.copy(), game.reward.copy()
    for h, s, a, row in each["rows"]:
        kernel[h, s, a] = row
    for h, s, after in each["unseen"]:
        kernel[h, s] = np.eye(game.n_states)[after]
        if line["by"] == "value":
            reward[1 - each["player"], h, s] = 0.0
        reward[each["player"], h, s] = float(each["upwards"])
    return MarkovGame(kernel, reward, game.n_actions, game.initial, reward_range=game.step_ranges)


def with_limits(seen: View, kernel: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and the player's rewards, with what no episode reaches made worth the most, or the least."""
    kernel, reward = kernel.copy(), seen.reward.copy()
    for h, here in enumerate(seen.reached[:-1]):
        known = seen.low[h + 1] if seen.upwards else seen.high[h + 1]
        after = np.where(seen.reached[h + 1], known, seen.limit[h + 1])
        kernel[h][~here] = np.eye(len(here))[after.argmax() if seen.upwards else after.argmin()]
        reward[h][~here] = ends[h, int(seen.upwards)]
    return kernel, reward


def measure(name: str, ball: str, level: float) -> dict:
    """One line."""
    start = time.process_time()
    problem = Problem(name, ball, level)
    line = {"game": name, "set": ball, "epsilon": level, "learner": stored(name, ball, level)}
    by = "value" if problem.by_value else "policies"
    line |= {"by": by, "apart": problem.apart, "edges": EDGES.tolist()}
    try:
        problem.run()
    except NotImplementedError:
        problem.found = []
    line |= problem.result()
    line["ratio"] = line["learner"] / line["floor"] if line["learner"] and line["floor"] else None
    shown = {key: line[key] for key in ("game", "set", "epsilon", "floor", "learner", "ratio")}
    print(shown, len(line["alternatives"]), len(problem.found), f"{time.process_time() - start:.0f} s", flush=True)
    return line


def main(wanted: tuple[str, ...]) -> None:
    """All lines, or those that begin as one of these."""
    file = common.RESULTS / "general_sum.json"
    before = json.loads(file.read_text(encoding="utf8")) if file.exists() else []
    lines = {(line["game"], line["set"], line["epsilon"]): line for line in before}
    every = list(itertools.product(NAMES, SETS, LEVELS))
    for name, ball, level in every:
        if f"{name}, {ball}, {level:g}".startswith(wanted or ("",)):
            lines[name, ball, level] = measure(name, ball, level)
            common.save("general_sum", [lines[each] for each in every if each in lines], indent=None)


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
