"""Games of the zoo against their docstrings, against values worked out by hand, and against wrong parameters."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from mornavi_lite import MarkovGame, zoo

untyped: Any = zoo  # for calls that a type checker would refuse
ALL_GAMES: list[Callable[..., MarkovGame]] = [
    zoo.safe_or_risky,
    lambda: zoo.safe_or_risky(rewards="opposed"),
    zoo.delayed_coordination,
    zoo.traffic_merge,
    lambda: zoo.support_shift(0),
    zoo.gambler,
    zoo.fishing,
    zoo.intersection,
    zoo.patrol,
    zoo.congestion,
    zoo.paper_cooperative,
    zoo.paper_general_sum,
    lambda: zoo.garnet(4, (2, 3), 3, 2, seed=0),
]


# ---- what the docstrings say ----


def blocks(function: Callable[..., MarkovGame]) -> dict[str, list[str]]:
    """The lines of each literal block of a docstring, by the heading over it."""
    found: dict[str, list[str]] = {}
    lines = (inspect.getdoc(function) or "").splitlines()
    for n, heading in enumerate(lines):
        if heading.endswith("::"):
            body = itertools.takewhile(lambda line: not line or line.startswith("    "), lines[n + 1 :])
            found[heading[:-2]] = [line.strip() for line in body if line]
    return found


def first_line(lines: list[str], key: tuple[str, ...]) -> str:
    """The right-hand side of the first line that fits; "" if there is none."""
    for line in lines:
        left, right = line.split(" -> ")
        state, pattern = left.rstrip(")").split(" (")
        if all(wanted in ("*", word) for wanted, word in zip([state, *pattern.split(", ")], key, strict=True)):
            return right
    return ""


def documented_row(text: str, names: tuple[str, ...], given_values: dict[str, float]) -> list[float]:
    """The row that a text like "1 - storm voyage, storm storm" stands for."""
    row = dict.fromkeys(names, 0.0)
    for term in text.split(", "):
        name = max((word for word in names if term.endswith(f" {word}")), key=len)
        row[name] += eval(term.removesuffix(name), {}, given_values)
    return list(row.values())


DOCUMENTED: list[tuple[Callable[..., MarkovGame], dict[str, Any], dict[int, tuple[str, str]]]] = [
    (zoo.safe_or_risky, {}, {1: ("Transitions, from", 'Rewards if "shared"')}),
    (zoo.safe_or_risky, {"rewards": "opposed"}, {1: ("Transitions, from", 'Rewards if "opposed"')}),
    (zoo.delayed_coordination, {}, {1: ("Transitions", "Rewards")}),
    (zoo.traffic_merge, {}, {1: ("Transitions", "Rewards")}),
    (
        zoo.support_shift,
        {"theta": 0, "p": 0.8, "q": 0.3},
        {0: ("Transitions, from", "Rewards"), 1: ("Transitions at step 1", "Rewards")},
    ),
    (zoo.fishing, {"storm": 0.2, "days": 3}, {1: ("Transitions", "Rewards at every step")}),
    (zoo.intersection, {"ice": 0.3}, {1: ("Transitions", "Rewards")}),
    (zoo.patrol, {"catch": 0.7}, {1: ("Transitions", "Rewards")}),
]


@pytest.mark.parametrize("function, parameters, headings", DOCUMENTED)
def test_docstring_is_the_game(
    function: Callable[..., MarkovGame], parameters: dict[str, Any], headings: dict[int, tuple[str, str]]
) -> None:
    game, text = function(**parameters), blocks(function)
    numbers = {name: value for name, value in parameters.items() if name != "rewards"}
    for step, (rows_heading, rewards_heading) in headings.items():
        rows = next(lines for heading, lines in text.items() if heading.startswith(rows_heading))
        pays = next(lines for heading, lines in text.items() if heading.startswith(rewards_heading))
        joint_actions = list(itertools.product(*game.action_names))
        for (s, state), (a, joint) in itertools.product(enumerate(game.state_names), enumerate(joint_actions)):
            row = documented_row(first_line(rows, (state, *joint)), game.state_names, numbers)
            np.testing.assert_allclose(game.transition[step, s, a], row, rtol=0, atol=1e-15)
            pay = first_line(pays, (state, *joint))
            wanted = [eval(x, {}, numbers) for x in pay.split(", ")] if pay else [0.0] * game.n_players
            np.testing.assert_allclose(game.reward[:, step, s, a], wanted, rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    "game, function, numbers",
    [
        (zoo.paper_cooperative(0.6, 0.3), zoo.paper_cooperative, {"p": 0.6, "v": 0.3}),
        (zoo.paper_general_sum(0.6), zoo.paper_general_sum, {"p": 0.6}),
    ],
)
def test_docstrings_of_the_papers_games(
    game: MarkovGame, function: Callable[..., MarkovGame], numbers: dict[str, float]
) -> None:
    (moves,) = [lines for heading, lines in blocks(zoo.paper_cooperative).items() if heading.startswith("Transitions")]
    (pays,) = [lines for heading, lines in blocks(function).items() if "ewards" in heading]
    assert moves[-1] == "sH, sM, sT stay where they are"
    assert function is zoo.paper_cooperative or "Transitions are those of :func:`paper_cooperative`" in function.__doc__
    joint_actions = list(itertools.product(*game.action_names))
    for (s, state), (a, joint) in itertools.product(enumerate(game.state_names), enumerate(joint_actions)):
        text = first_line(moves[:-1], (state, *joint)) or f"1 {state}"
        row = documented_row(text, game.state_names, numbers)
        np.testing.assert_allclose(game.transition[0, s, a], row, rtol=0, atol=1e-15)
        pay = first_line(pays, (state, *joint))
        wanted = [eval(x, {}, numbers) for x in pay.split(", ")] if pay else [0.0, 0.0]
        np.testing.assert_allclose(game.reward[:, 0, s, a], wanted, rtol=0, atol=1e-15)


@pytest.mark.parametrize("make", ALL_GAMES)
def test_names_are_there_and_differ(make: Callable[[], MarkovGame]) -> None:
    game = make()
    assert game.name
    for words in (game.state_names, *game.action_names):
        assert len(set(words)) == len(words) and all(word.strip() == word and word for word in words)
    labels = {game.joint_action_name(a) for a in range(game.n_joint_actions)}
    assert len(labels) == game.n_joint_actions


def test_every_game_is_exported_and_games_have_different_names() -> None:
    functions = {name for name in zoo.__all__ if inspect.isfunction(getattr(zoo, name))}
    assert functions == set(zoo.__all__) and len(functions) == 12
    assert len({make().name for make in ALL_GAMES}) == len(ALL_GAMES)


# ---- values by hand ----


def worst_by_program(p: np.ndarray, v: np.ndarray, radius: float) -> float:
    """The least q @ v over distributions q within total variation ``radius`` of p, as a linear program."""
    n = len(p)
    inside = np.block([[np.eye(n), -np.eye(n)], [-np.eye(n), -np.eye(n)], [np.zeros((1, n)), np.ones((1, n))]])
    found = linprog(
        np.append(v, np.zeros(n)),
        A_ub=inside,
        b_ub=np.concatenate([p, -p, [2 * radius]]),
        A_eq=[[1.0] * n + [0.0] * n],
        b_eq=[1.0],
    )
    assert found.status == 0
    return float(found.fun)


def worst_by_hand(p: np.ndarray, v: np.ndarray, radius: float) -> float:
    """The same by its words: mass ``radius`` goes from the best outcomes, one after the other, to the worst."""
    q, left = p.copy(), radius
    for j in np.argsort(v)[::-1]:
        taken = min(q[j], left)
        q[j], left = q[j] - taken, left - taken
    return float(q @ v + (radius - left) * v.min())


def best_total(game: MarkovGame, radius: float = 0.0) -> float:
    """Best worst-case sum of player 1's rewards, if all players work for it: plain recursion."""
    value = np.zeros(game.n_states)
    for step in reversed(range(game.horizon)):
        after = [
            [worst_by_program(row, value, radius) if radius else float(row @ value) for row in rows]
            for rows in game.transition[step]
        ]
        value = (game.reward[0, step] + np.array(after)).max(axis=1)
    return float(game.initial @ value)


@pytest.mark.parametrize("radius", [0.0, 0.05, 0.2, 0.4])
@pytest.mark.parametrize("theta, p, q", [(0, 0.9, 0.4), (1, 0.9, 0.4), (0, 1.0, 0.4), (1, 0.7, 0.6)])
def test_support_shift_best_robust_value(theta: int, p: float, q: float, radius: float) -> None:
    game = zoo.support_shift(theta, p, q)
    assert best_total(game, radius) == pytest.approx(3 - 3 * radius + radius * p, abs=1e-9)
    wrong = game.transition[1, 1, 1 - theta, 0]  # the other action leads back with probability q
    assert wrong == q
    second = worst_by_program(game.transition[1, 0, 0], np.array([1.0, 0.0]), radius) + 1
    loss = radius * (p - q)
    bad = worst_by_program(game.transition[1, 1, 1 - theta], np.array([1.0, 0.0]), radius)
    value = 1 + worst_by_program(game.transition[0, 0, 0], np.array([second, bad]), radius)
    assert value == pytest.approx(3 - 3 * radius + radius * p - loss, abs=1e-9)


def test_support_shift_value_in_the_docstring() -> None:
    assert best_total(zoo.support_shift(0), 0.2) == pytest.approx(2.58, abs=1e-9)


def test_safe_or_risky_by_hand() -> None:
    game = zoo.safe_or_risky()
    expected = game.transition[0, 0] @ game.reward[0, 1, :, 0]
    np.testing.assert_allclose(expected, [0.9, 0.5, 0.5, 0.6 + 0.4 * 0.6], atol=1e-15)
    opposed = zoo.safe_or_risky(rewards="opposed")
    expected = np.einsum("at,it->ia", opposed.transition[0, 0], opposed.reward[:, 1, :, 0])
    np.testing.assert_allclose(expected, [[0.9, 0.5, 0.5, 0.6], [0, 0, 0, 0.4]], atol=1e-15)
    assert best_total(zoo.safe_or_risky(horizon=1)) == 0
    assert best_total(zoo.safe_or_risky(horizon=7)) == best_total(game) == 0.9  # done pays nothing


@pytest.mark.parametrize(
    "horizon, reached",
    [
        (3, 0.0),
        (4, 0.9),
        (5, 0.9),
        (7, 0.9 + 0.1 * 0.8 * 0.9),  # trap at step 2, out at 3, the goal at 6
        (8, 0.9 + 0.1 * (0.8 + 0.2 * 0.8) * 0.9),
    ],
)
def test_delayed_coordination_reaches_the_goal(horizon: int, reached: float) -> None:
    assert best_total(zoo.delayed_coordination(horizon)) == pytest.approx(reached, abs=1e-15)


def test_traffic_merge_by_hand() -> None:
    assert best_total(zoo.traffic_merge(4)) == 0.0
    game = zoo.traffic_merge()
    assert best_total(game) == 1.0
    arrival = np.linalg.multi_dot([game.initial, *[game.transition[0, :, 0]] * 4])
    assert arrival[game.state_names.index("merged")] == pytest.approx(0.7**4, abs=1e-15)


def test_gambler_by_hand() -> None:
    assert best_total(zoo.gambler(goal=2, win=0.3, horizon=2)) == 0.3
    assert best_total(zoo.gambler(goal=4, win=0.3, horizon=2)) == 0.3  # all of it, once
    assert best_total(zoo.gambler(goal=4, win=0.3, horizon=1)) == 0.0
    assert best_total(zoo.gambler(goal=4, win=0.3, horizon=3, capital=1)) == pytest.approx(0.09, abs=1e-15)
    three_quarters = 0.3 + 0.7 * 0.3  # win at once, or stake the half that is left
    assert best_total(zoo.gambler(goal=4, win=0.3, horizon=3, capital=3)) == pytest.approx(three_quarters, abs=1e-15)
    assert best_total(zoo.gambler(goal=4, win=0.3, capital=4)) == 1.0
    assert best_total(zoo.gambler(goal=4, win=0.9, capital=0)) == 0.0


@pytest.mark.parametrize("radius", [0.0, 0.1, 0.29, 0.31, 0.5, 0.8])
def test_paper_cooperative_turns_from_risky_to_safe(radius: float) -> None:
    risky, safe = max(0.75 - radius, 0.0), 0.75 * max(0.9 - radius, 0.0)  # the thief takes from the best state
    assert (risky > safe) == (radius < 0.3)
    assert best_total(zoo.paper_cooperative(), radius) == pytest.approx(max(risky, safe), abs=1e-9)
    assert best_total(zoo.paper_cooperative(p_high=1.0), radius) == pytest.approx(1 - radius, abs=1e-9)


def paper_general_sum_stage(radius: float) -> np.ndarray:
    """Payoffs at s0 if both play risky in the high and in the medium state, the equilibrium of higher total payoff."""
    game = zoo.paper_general_sum()
    after = game.reward[:, 1, :, 0]
    worst = [[worst_by_hand(row, v, radius) for row in game.transition[0, 0]] for v in after]
    return np.array(worst).reshape(2, 2, 2)


@pytest.mark.parametrize("radius", [0.0, 0.1, 0.17, 0.18, 0.3])
def test_paper_general_sum_by_hand(radius: float) -> None:
    stage = zoo.paper_general_sum().reward[:, 1].reshape(2, 4, 2, 2)
    for state, best in ((1, (1.0, 0.7)), (2, (0.75, 0.6))):
        assert strict_pure_equilibria(stage[:, state]) == [(0, 0), (1, 1)]
        assert stage[:, state, 0, 0].tolist() == list(best) and stage[:, state, 1, 1].tolist() == list(best[::-1])
    payoffs = paper_general_sum_stage(radius)
    assert strict_pure_equilibria(payoffs) == [(0, 0), (1, 1)]
    np.testing.assert_allclose(payoffs[:, 0, 0], [0.75 - radius, 0.7 * (0.75 - radius)], atol=1e-15)
    np.testing.assert_allclose(payoffs[:, 1, 1], [0.75 * (0.9 - radius), 0.6 * (0.9 - radius)], atol=1e-15)
    totals = payoffs.sum(axis=0)
    assert (totals[0, 0] > totals[1, 1]) == (radius < 0.06 / 0.35)  # 1.7 (.75 - r) against 1.35 (.9 - r)
    assert payoffs[1, 1, 1] > payoffs[1, 0, 0]  # the second player always liked the safe way better


def strict_pure_equilibria(payoffs: np.ndarray) -> list[tuple[int, int]]:
    """All pure equilibria of a 2x2 game (2, 2, 2), by their definition; each must be strict."""
    found = []
    for a, b in itertools.product(range(2), repeat=2):
        gains = payoffs[0, 1 - a, b] - payoffs[0, a, b], payoffs[1, a, 1 - b] - payoffs[1, a, b]
        assert abs(gains[0]) > 1e-3 and abs(gains[1]) > 1e-3
        if max(gains) < 0:
            found.append((a, b))
    return found


def fishing_stage(storm: float, radius: float) -> np.ndarray:
    """Payoffs in the harbour on day 0, by backward induction; nobody decides anything on the voyage."""
    game = zoo.fishing(storm)
    value = np.zeros((2, 5))
    for step in reversed(range(game.horizon)):
        after = [[[worst_by_hand(row, v, radius) for row in rows] for rows in game.transition[step]] for v in value]
        q = game.reward[:, step] + np.array(after)
        value = q[:, :, 0] * (np.arange(5) > 0)  # nobody comes back to the harbour
    return np.array(q[:, 0].reshape(2, 2, 2))


@pytest.mark.parametrize(
    "storm, radius, answer", [(0.049, 0.0, 1), (0.051, 0.0, 0), (0.049, 0.1, 0), (0.051, 0.1, 0), (0.049, 0.01, 0)]
)
def test_fishing_flips(storm: float, radius: float, answer: int) -> None:
    payoffs = fishing_stage(storm, radius)
    assert strict_pure_equilibria(payoffs) == [(answer, answer)]
    better = payoffs[0, answer] - payoffs[0, 1 - answer]
    assert (better > 0).all()  # dominant for the trawler: so the correlated equilibria are this one, too
    voyage, coast = (1 - storm - radius) ** 5, 0.95**5
    np.testing.assert_allclose(payoffs[0], [[coast, coast], [voyage, voyage]], atol=1e-9)
    np.testing.assert_allclose(payoffs[1], [[coast / 2, 0], [0.1, voyage / 2]], atol=1e-9)


def test_fishing_worst_case_is_far_worse() -> None:
    assert 0.851**5 < 0.6 * 0.95**5  # (far, far) keeps less than 60 % of what (near, near) is sure of
    assert 0.951**5 < 1.006 * 0.95**5  # and gains less than 0.6 % where the model is right


def test_patrol_robust_values_do_not_sum_to_the_horizon() -> None:
    game = zoo.patrol()
    row, v = game.transition[0, 0, 0], game.reward[:, 0, :, 0]  # both at the gate: .8 caught, .2 alarm
    robust = [worst_by_program(row, w, 0.1) for w in v]
    assert (row @ v.T).tolist() == pytest.approx([0.95, 0.05], abs=1e-15)
    assert robust == pytest.approx([0.85, 0.025], abs=1e-9)  # each fears another tenth of the outcomes


# ---- wrong parameters ----


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: untyped.safe_or_risky(horizon=0), ValueError, "horizon must be at least 1, got 0"),
        (lambda: untyped.safe_or_risky(rewards="mixed"), ValueError, "rewards must be one of 'shared', 'opposed'"),
        (lambda: untyped.safe_or_risky(rewards=1), TypeError, "rewards must be one of"),
        (lambda: untyped.delayed_coordination(2.5), TypeError, "horizon must be an integer"),
        (lambda: untyped.traffic_merge(-1), ValueError, "horizon must be at least 1, got -1"),
        (lambda: untyped.support_shift(2), ValueError, "theta must be from 0 to 1, got 2"),
        (lambda: untyped.support_shift(True), TypeError, "theta must be an integer"),
        (lambda: untyped.support_shift(0, p=1.2), ValueError, r"p must be in \[0, 1\], got 1.2"),
        (lambda: untyped.support_shift(0, q=-0.1), ValueError, r"q must be in \[0, 1\], got -0.1"),
        (lambda: untyped.support_shift(0, p=0.4, q=0.4), ValueError, "q must be less than p, got q = 0.4 and p = 0.4"),
        (lambda: untyped.gambler(goal=1), ValueError, "goal must be at least 2, got 1"),
        (lambda: untyped.gambler(win=float("nan")), ValueError, "win must be in"),
        (lambda: untyped.gambler(goal=4, capital=5), ValueError, "capital must be from 0 to 4, got 5"),
        (lambda: untyped.gambler(horizon="8"), TypeError, "horizon must be an integer"),
        (lambda: untyped.fishing(storm=1.1), ValueError, r"storm must be in \[0, 1\], got 1.1"),
        (lambda: untyped.fishing(storm="high"), TypeError, "storm must be a number"),
        (lambda: untyped.fishing(days=0), ValueError, "days must be at least 1, got 0"),
        (lambda: untyped.intersection(ice=-1), ValueError, "ice must be in"),
        (lambda: untyped.intersection(0), ValueError, "horizon must be at least 1"),
        (lambda: untyped.patrol(catch=2), ValueError, "catch must be in"),
        (lambda: untyped.patrol(None), TypeError, "horizon must be an integer"),
        (lambda: untyped.paper_cooperative(1.1), ValueError, r"p_high must be in \[0, 1\], got 1.1"),
        (lambda: untyped.paper_cooperative(medium=-0.1), ValueError, r"medium must be in \[0, 1\], got -0.1"),
        (lambda: untyped.paper_cooperative(True), TypeError, "p_high must be a number"),
        (lambda: untyped.paper_general_sum("high"), TypeError, "p_high must be a number"),
        (lambda: untyped.paper_general_sum(float("nan")), ValueError, "p_high must be in"),
        (lambda: untyped.congestion(0), ValueError, "horizon must be at least 1"),
    ],
)
def test_wrong_parameters(call: Callable[[], MarkovGame], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
