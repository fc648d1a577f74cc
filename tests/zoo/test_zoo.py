"""All named games: docstrings say the game, names differ, wrong parameters are named."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

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
    lambda: zoo.soccer(2, 2, 3),
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
    assert functions == set(zoo.__all__) and len(functions) == 13
    assert len({make().name for make in ALL_GAMES}) == len(ALL_GAMES)


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
        (lambda: untyped.soccer(0), ValueError, "horizon must be at least 1"),
        (lambda: untyped.soccer(height=1), ValueError, "height must be at least 2, got 1"),
        (lambda: untyped.soccer(width=2.5), TypeError, "width must be an integer"),
    ],
)
def test_wrong_parameters(call: Callable[[], MarkovGame], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
