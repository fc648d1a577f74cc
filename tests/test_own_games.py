"""Games as a new user brings them: few lines beyond the data, and right by an independent loop."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mornavi_lite import MarkovGame, Mornavi, TotalVariation, deviation_gain, run, solve, solve_stage
from mornavi_lite.formats import from_gymnasium, read_nfg, read_table
from tests import ROOT


def shops(stock: tuple[int, int], orders: tuple[int, int], most: int) -> Iterator[tuple[float, Any, list[float]]]:
    """Two shops share one demand; who has nothing left sends buyers to the other. All in euros."""
    for demand, chance in enumerate((0.15, 0.35, 0.3, 0.2)):
        mine = min(stock[0], (demand + 1) // 2)
        theirs = min(stock[1], demand - mine)
        mine = min(stock[0], demand - theirs)
        after = tuple(min(most, s - x + o) for s, x, o in zip(stock, (mine, theirs), orders, strict=True))
        yield chance, after, [20.0 * x - 9 * o - s for x, o, s in zip((mine, theirs), orders, stock, strict=True)]


def duopoly(most: int, horizon: int) -> MarkovGame:
    return MarkovGame.from_step(
        lambda stock, orders: shops(stock, orders, most),
        [range(6), range(6)],
        horizon,
        initial=(2, 1),
        reward_range=(-100, 60),
        name="duopoly",
    )


def test_a_duopoly_in_euros() -> None:
    game, ball = duopoly(5, 3), TotalVariation(0.1)
    policy, value, gap = solve(game, ball)
    assert game.n_states == 36 and gap <= 1e-6
    values = {stock: np.zeros(2) for stock in itertools.product(range(6), repeat=2)}
    for h in reversed(range(3)):  # the recursion once more, from the rule alone
        now = {}
        for stock in values:
            payoffs = np.zeros((2, 36))
            for a, orders in enumerate(itertools.product(range(6), repeat=2)):
                said = list(shops(stock, orders, 5))
                for i in range(2):
                    worth: dict[Any, list[float]] = {}
                    for chance, after, paid in said:
                        total = worth.setdefault(after, [0.0, 0.0])
                        total[0] += chance
                        total[1] += chance * (paid[i] + values[after][i])
                    rows = sorted((total / p, p) for p, total in worth.values())
                    # A mass of 0.1 goes from the best outcomes to the lowest value of all; unnamed ways pay -100.
                    beyond = min((-100 + v[i] for after, v in values.items() if after not in worth), default=np.inf)
                    low = min(rows[0][0], beyond)
                    left, payoffs[i, a] = 0.1, 0.0
                    for v, p in reversed(rows):
                        moved = min(left, p)
                        left -= moved
                        payoffs[i, a] += (p - moved) * v + moved * low
            s = game.state(stock)
            plan = policy[h, s]
            assert deviation_gain(payoffs, plan, (6, 6), "cce") <= 1e-6
            now[stock] = payoffs @ plan
            np.testing.assert_allclose(value[:, h, s], now[stock], atol=1e-8)
        values = now


def test_the_duopoly_at_its_size() -> None:
    game = duopoly(19, 20)
    assert (game.n_states, game.n_joint_actions, game.horizon) == (400, 36, 20)
    assert solve(game, TotalVariation(0.05)).gap <= 1e-6


# Three drones deliver in a field of 2 x 5; each has little power, the wind pushes, and they must not meet.
FIELD = [(x, y) for x in range(2) for y in range(5)]
MOVES = {"north": (0, 1), "south": (0, -1), "stay": (0, 0)}


def fly(drones: tuple[tuple[int, int], ...], moves: tuple[str, ...]) -> Iterator[tuple[float, Any, Any]]:
    if drones == "crash":
        return
    ways = []
    for place, move in zip(drones, moves, strict=True):
        after = (place[0], min(4, max(0, place[1] + MOVES[move][1])))
        blown = (1 - after[0], after[1])
        ways.append([(0.9, after), (0.1, blown)])
    for outcome in itertools.product(*ways):
        chance = np.prod([p for p, _ in outcome])
        places = tuple(place for _, place in outcome)
        met = len(set(places)) < 3
        yield chance, "crash" if met else places, [0.0 if met else float(p[1] == 4) for p in places]


def can(drones: Any) -> list[list[str]]:
    if drones == "crash":
        return [["stay"]] * 3
    return [["south", "stay"] if y == 4 else ["north", "stay"] for _, y in drones]


def test_three_drones() -> None:
    game = MarkovGame.from_step(fly, can, 4, ((0, 0), (1, 0), (0, 1)))
    assert game.n_states == 577 and game.next_state is not None and game.next_state.shape[-1] <= 48
    solution = solve(game, TotalVariation(0.02))
    assert solution.gap <= 1e-8 and 0 < solution.value[:, 0, game.state(((0, 0), (1, 0), (0, 1)))].min() < 4
    north = game.action_names[0].index("north")
    own = np.unravel_index(np.arange(game.n_joint_actions), game.n_actions)[0]
    top = [s for s, name in enumerate(game.state_names) if name.startswith("((0, 4)")]
    assert top and (solution.policy[:, top][..., own == north] == 0).all()


def test_a_table_of_the_literature() -> None:
    """Values of an independent implementation, to a hundredth of their last digit."""
    river = read_table(ROOT / "book/data/riverswim.csv", discount=0.99, accuracy=1e-3)
    for radius, wanted in ((0.0, 56687.6489), (0.05, 25843.4421), (0.1, 7660.0956)):
        value = solve(river, TotalVariation(radius, shift_support=False)).value[0, 0, 0]
        assert value <= wanted + 1e-3 and wanted <= value + 2e-3


def test_the_same_table_as_a_table_of_an_environment() -> None:
    river = read_table(ROOT / "book/data/riverswim.csv", horizon=30)
    table = {
        s: {
            a: [
                (float(river.transition[0, s, a, t]), t, float(river.reward[0, 0, s, a, t]), False)
                for t in np.flatnonzero(river.transition[0, s, a])
            ]
            for a in range(2)
        }
        for s in range(6)
    }
    same = from_gymnasium(table, horizon=30)
    np.testing.assert_array_equal(same.transition, river.transition)
    assert solve(same, TotalVariation(0.1)).value[0, 0, 0] == solve(river, TotalVariation(0.1)).value[0, 0, 0]


def test_a_stage_game_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "game.nfg").write_text('NFG 1 R "Pennies" { "A" "B" } { 2 3 }\n1 -1 -1 1 -1 1 1 -1 0 0 1/2 0.5\n')
    payoffs, n_actions = read_nfg(tmp_path / "game.nfg")
    policy = solve_stage(payoffs, n_actions, "nash")
    assert n_actions == (2, 3) and deviation_gain(payoffs, policy, n_actions, "nash") <= 1e-9


def test_a_game_of_ones_own_is_learned() -> None:
    game = duopoly(2, 2)
    history = run(Mornavi(TotalVariation(0.05)), game, 200, seed=1)
    assert (history.gap <= history.certificate).all() and history.best_certificate < history.certificate[0]
