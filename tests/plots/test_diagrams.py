"""Drawings of ideas: what is in them is what was computed, and no word lies over another or outside."""

from __future__ import annotations

import itertools
from itertools import combinations
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from scipy.optimize import linprog

from mornavi_lite import KullbackLeibler, MarkovGame, Nominal, TotalVariation, plots, solve, zoo
from mornavi_lite.confidence import FORMS, ConfidenceSet
from mornavi_lite.plots.hope import allowed_corners

ROW = ConfidenceSet("model", n_states=3, n_rows=4, delta=0.05)
SEEN, V = np.array([25, 0, 10]), np.array([0.2, 1.0, 0.0])  # not in the order of the states
GAME, SETS = zoo.intersection(), [TotalVariation(0.1), KullbackLeibler(0.2)]


def square() -> np.ndarray:
    x = np.linspace(0, 0.2, 11)
    return 3 - 4 * x[:, None] - 2 * x


def figures() -> dict[str, Figure]:
    return {
        "loop": plots.learner_loop(),
        "when": plots.who_knows_when(),
        "worlds": plots.two_worlds(),
        "worlds, long numbers": plots.two_worlds(0.876, 0.123),
        "ladder": plots.backward_ladder(GAME, SETS, state=0),
        "hope": plots.hope_then_fear(ROW, SEEN, V, TotalVariation(0.1), ["low", "best", "worst"]),
        "cause": plots.common_cause(square(), (0, 0.2), 0.2, ("here", "there")),
    }


@pytest.mark.parametrize("name", figures())
def test_no_word_lies_over_another_or_outside(name: str) -> None:
    figure = figures()[name]
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    texts = [t for t in figure.findobj(matplotlib.text.Text) if t.get_text().strip() and t.get_visible()]
    texts = [t for t in texts if t.axes is not None and (name != "cause" or t.get_fontsize() > 8.5)]  # levels' numbers
    boxes = [(t.get_text(), matplotlib.text.Text.get_window_extent(t, renderer)) for t in texts]
    for (one, a), (two, b) in itertools.combinations(boxes, 2):
        assert Bbox.intersection(a, b) is None or min(Bbox.intersection(a, b).size) < 2, (one, two)
    whole = figure.bbox
    assert all(whole.x0 - 1 <= box.x0 and box.x1 <= whole.x1 + 1 for _, box in boxes) or name == "cause"


@pytest.mark.slow
def test_the_same_call_gives_the_same_bytes() -> None:
    for name, figure in figures().items():
        assert plots.png(figure) == plots.png(figures()[name])


@pytest.mark.parametrize("tail", FORMS)
def test_the_confidence_set_drawn_is_that_of_all_events(tail: str) -> None:
    row = ConfidenceSet(tail, n_states=3, n_rows=4, delta=0.05)
    corners = allowed_corners(row, SEEN)
    events = [list(e) for size in (1, 2) for e in combinations(range(3), size)]
    rows = np.array([[1.0 * (s in event) for s in range(3)] for event in events])
    limits = [float(row.row_bound(SEEN, inside == 1)) for inside in rows]
    assert (corners @ rows.T <= np.array(limits) + 1e-12).all()
    np.testing.assert_allclose(corners.sum(axis=1), 1)
    rng = np.random.default_rng(0)
    for goal in rng.normal(size=(50, 3)):  # no kernel of the set lies further out than the furthest corner
        most = -linprog(-goal, rows, limits, np.ones((1, 3)), [1]).fun
        assert abs(most - (corners @ goal).max()) < 1e-9


def test_hope_is_the_best_of_the_set_and_fear_the_worst_of_the_ball() -> None:
    ball = KullbackLeibler(0.2)
    (ax,) = plots.hope_then_fear(ROW, SEEN, V, ball, ["a", "b", "c"]).axes
    points = {line.get_gid(): line.get_xydata()[0] for line in ax.lines if line.get_gid()}
    best = ROW.optimistic(SEEN, V)
    assert abs(best @ V - (allowed_corners(ROW, SEEN) @ V).max()) < 1e-9
    np.testing.assert_allclose(points["seen"], plots.on_plane(SEEN / SEEN.sum()))
    np.testing.assert_allclose(points["hope"], plots.on_plane(best))
    np.testing.assert_allclose(points["fear"], plots.on_plane(ball.worst_kernel(best, V)))
    words = [text.get_text() for text in ax.texts]
    assert f"▼ fear: {ball.worst_case(best, V):.3g}" in words


def test_a_ladder_has_the_stage_games_and_values_of_the_solution() -> None:
    (ax,) = plots.backward_ladder(GAME, SETS, state=0, concept="nash", decimals=4).axes
    words = [text.get_text() for text in ax.texts]
    policy, value, _ = solve(GAME, SETS, "nash")
    shown = [word for word in words if word.startswith("values")]
    assert shown == [f"values {a:.4f}, {b:.4f}" for a, b in value[:, :4, 0].T[::-1]]
    bold = [t.get_text() for t in ax.texts if t.get_weight() == "bold" and t.get_text().startswith("(")]
    assert bold == [GAME.joint_action_name(policy[h, 0].argmax()) for h in (3, 2, 1, 0)]


def test_three_players_have_three_payoffs_on_a_rung() -> None:
    rng = np.random.default_rng(1)
    game = MarkovGame(rng.dirichlet(np.ones(2), size=(2, 2, 6)), rng.random((3, 2, 2, 6)), (2, 3, 1))
    (ax,) = plots.backward_ladder(game, [Nominal(), TotalVariation(0.1), KullbackLeibler(0.3)], state=1).axes
    pairs = [t.get_text() for t in ax.texts if t.get_text().count(", ") == 2 and t.get_text()[0].isdigit()]
    assert len(pairs) == 12


def test_a_rung_has_rewards_of_outcomes_and_radii_of_rows() -> None:
    rng = np.random.default_rng(2)
    game = MarkovGame(rng.dirichlet(np.ones(3), size=(2, 3, 4)), rng.random((2, 2, 3, 4, 3)), (2, 2))
    ball = TotalVariation(rng.uniform(0, 0.5, (2, 3, 4)))
    (ax,) = plots.backward_ladder(game, ball, state=2, decimals=6).axes
    _, value, _ = solve(game, ball)
    shown = [text.get_text() for text in ax.texts if text.get_text().count(", ") == 1 and text.get_text()[0] in "012"]
    for h, words in ((1, shown[:4]), (0, shown[4:])):
        for a, word in enumerate(words):
            pays = []
            for i in range(2):  # the worst of all kernels of the row, in a linear program: mass moves to the lowest
                worth = game.reward[i, h, 2, a] + value[i, h + 1]
                best = linprog(
                    [*worth, 0, 0, 0],
                    A_ub=[
                        *np.hstack([np.eye(3), -np.eye(3)]),
                        *np.hstack([-np.eye(3), -np.eye(3)]),
                        [0, 0, 0, 0.5, 0.5, 0.5],
                    ],
                    b_ub=[*game.transition[h, 2, a], *-game.transition[h, 2, a], ball.radius[h, 2, a]],
                    A_eq=[[1, 1, 1, 0, 0, 0]],
                    b_eq=[1],
                )
                pays.append(best.fun)
            assert [float(each) for each in word.split(", ")] == pytest.approx(pays, abs=2e-6)


def test_the_better_action_changes_sides_between_the_worlds() -> None:
    words = [text.get_text() for text in plots.two_worlds(1, 0.25).axes[0].texts]
    assert [w for w in words if ": 1" in w or "0.25" in w if "good" not in w] == [
        "left: 1",
        "right: 0.25",
        "left: 0.25",
        "right: 1",
    ]
    assert words.count("all that practice shows") == 2


def test_worst_pairs_are_those_of_the_square_and_of_the_line() -> None:
    (ax,) = plots.common_cause(square(), (0, 0.2), 0.2, ("here", "there")).axes
    marks = [line.get_xydata()[0] for line in ax.lines if line.get_marker() == "D"]
    np.testing.assert_allclose(marks, [[0.2, 0.2], [0.2, 0.0]], atol=1e-12)
    words = [text.get_text().splitlines()[-1] for text in ax.texts if "worst" in text.get_text()]
    assert words == ["value 1.8", "value 2.2"]


BAD: list[tuple[Any, str]] = [
    (lambda: plots.backward_ladder(GAME, SETS, state=9), "state must be from 0 to 4"),
    (lambda: plots.backward_ladder(zoo.patrol(), Nominal(), state=0), "at most 6 joint actions and 6 steps"),
    (lambda: plots.hope_then_fear(ROW, [1, 2], V, Nominal(), ["a", "b", "c"]), r"counts must have shape \(3,\)"),
    (lambda: plots.hope_then_fear(ROW, SEEN, [1, 1, 0], Nominal(), ["a", "b", "c"]), "v must be three different"),
    (lambda: plots.hope_then_fear(ROW, SEEN, V, Nominal(), ["a"]), "corner_names"),
    (
        lambda: plots.hope_then_fear(ROW, SEEN, V, TotalVariation(np.full((2, 1, 1), 0.1)), ["a", "b", "c"]),
        r"ball must have one radius for all rows, got an array of shape \(2, 1, 1\)",
    ),
    (lambda: plots.common_cause(np.ones((2, 3)), (0, 1), 1, ("a", "b")), r"values must have shape \(n, n\)"),
    (lambda: plots.common_cause(square(), (0, 1), 3, ("a", "b")), "total must be between 0 and 2"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_arguments_are_named(call: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call()
