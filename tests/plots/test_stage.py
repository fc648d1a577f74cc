"""Stage games: tables of payoffs, and regions of equilibria against their definition."""

from __future__ import annotations

import itertools
import re
import sys
from typing import Any

import numpy as np
import pytest
from matplotlib.transforms import Bbox
from scipy.optimize import linprog

from mornavi_lite import plots
from mornavi_lite.plots.stage import deviation_rows
from tests.plots.samples import boxes_of_texts, overlap, stage
from tests.plots.test_simplex import polygon

# --- stage games


def test_payoff_table_says_the_payoffs() -> None:
    payoffs = np.arange(12.0).reshape(2, 2, 3) - 5.5
    text = plots.payoff_table(payoffs, [["top", "bottom"], ["left", "middle", "right"]])
    header, *rows = text.splitlines()
    assert header.split() == ["left", "middle", "right"]
    for i, (row, name) in enumerate(zip(rows, ("top", "bottom"), strict=True)):
        assert row.startswith(name)
        read = np.array([float(n.replace("−", "-")) for n in re.findall(r"−?[\d.]+", row)]).reshape(3, 2)
        np.testing.assert_array_equal(read.T, payoffs[:, i])
    assert plots.payoff_table(payoffs.reshape(2, 6), n_actions=(2, 3)) == plots.payoff_table(payoffs)
    assert len({len(line) for line in text.splitlines()}) == 1


def furthest(payoffs: np.ndarray, n_actions: tuple[int, int], concept: str, direction: np.ndarray) -> float:
    """Support function of a region by a linear program that is written from the definition, entry by entry."""
    joint = list(itertools.product(*map(range, n_actions)))
    rows = []
    for player, own in enumerate(n_actions):
        swaps = list(itertools.product(range(own), repeat=own)) if concept == "ce" else [(b,) * own for b in range(own)]
        for swap in swaps:
            row = []
            for a in joint:
                other = list(a)
                other[player] = swap[a[player]]
                row.append(payoffs[player, joint.index(tuple(other))] - payoffs[player, joint.index(a)])
            rows.append(row)
    found = linprog(-direction @ payoffs, rows, np.zeros(len(rows)), np.ones((1, len(joint))), [1.0])
    return float(-found.fun)


@pytest.mark.parametrize("n_actions", [(2, 2), (2, 3), (3, 3), (1, 3)])
@pytest.mark.parametrize("concept", ["ce", "cce"])
def test_regions_are_those_of_the_definition(n_actions: tuple[int, int], concept: str) -> None:
    for seed in range(4):
        payoffs = stage(seed, n_actions)
        corners = plots.payoff_corners(payoffs, n_actions, concept)
        for angle in np.linspace(0, 2 * np.pi, 13):
            direction = np.array([np.cos(angle), np.sin(angle)])
            assert abs((corners @ direction).max() - furthest(payoffs, n_actions, concept, direction)) < 1e-6


def test_all_payoffs_are_the_hull_and_regions_lie_inside_each_other() -> None:
    payoffs = stage(4, (3, 3))
    outer = plots.payoff_corners(payoffs, (3, 3), "all")
    assert {tuple(corner) for corner in outer} <= {tuple(pair) for pair in payoffs.T}
    directions = np.array([[np.cos(t), np.sin(t)] for t in np.linspace(0, 6.3, 40)])
    np.testing.assert_allclose((directions @ payoffs).max(axis=1), (directions @ outer.T).max(axis=1))
    reach = [(directions @ plots.payoff_corners(payoffs, (3, 3), c).T).max(axis=1) for c in ("ce", "cce", "all")]
    assert (reach[0] <= reach[1] + 1e-7).all() and (reach[1] <= reach[2] + 1e-7).all()
    turn = np.roll(outer, -1, axis=0) - outer
    assert (turn[:, 0] * np.roll(turn[:, 1], -1) - turn[:, 1] * np.roll(turn[:, 0], -1) > 0).all()  # anticlockwise


def test_degenerate_regions() -> None:
    constant = np.ones((2, 4))
    for concept in ("all", "ce", "cce"):
        assert plots.payoff_corners(constant, (2, 2), concept).tolist() == [[1.0, 1.0]]
    zero_sum = np.array([[1.0, -1, -1, 1], [-1, 1, 1, -1]])
    assert sorted(plots.payoff_corners(zero_sum, (2, 2), "all").tolist()) == [[-1, 1], [1, -1]]
    np.testing.assert_allclose(plots.payoff_corners(zero_sum, (2, 2), "ce"), [[0, 0]], atol=1e-8)
    assert deviation_rows(np.ones((2, 1)), (1, 1), "ce").shape == (0, 1)


def test_regions_of_one_point_and_of_a_line_are_seen() -> None:
    """Where nothing of a polygon shows there are marks at its corners."""
    zero_sum = np.array([[1.0, -1, -1, 1], [-1, 1, 1, -1]])
    (ax,) = plots.payoff_region(zero_sum, (2, 2)).axes
    line, point, pure = (each.get_xydata() for each in ax.lines[:3])
    assert sorted(line.tolist()) == [[-1, 1], [1, -1]] and pure.tolist() == zero_sum.T.tolist()
    np.testing.assert_allclose(point, [[0, 0]], atol=1e-8)


def test_without_scipy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(ImportError, match=r"payoff_region needs SciPy: pip install 'mornavi-lite\[science\]'"):
        plots.payoff_region(np.zeros((2, 4)), (2, 2))


def test_payoff_region_draws_corners_and_points() -> None:
    payoffs = np.array([[6.0, 2, 7, 0], [6, 7, 2, 0]])
    coin, pure = [0, 0.5, 0.5, 0], [1, 0, 0, 0]
    figure = plots.payoff_region(payoffs, (2, 2), {"coin": coin, "same": coin, "both swerve": pure})
    names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert names == ["all joint policies", "CE and CCE: one region"]  # with two actions each they are the same
    for concept in ("all", "ce"):
        corners = plots.payoff_corners(payoffs, (2, 2), concept)
        np.testing.assert_allclose(polygon(figure, concept).get_xy()[:-1], corners)
    points = {line.get_gid(): line.get_xydata()[0].tolist() for line in figure.axes[0].lines}
    assert points["point coin, same"] == [4.5, 4.5] and points["point both swerve"] == [6, 6]


def test_regions_that_differ_are_all_drawn() -> None:
    mine = np.array([[4, 2, 9], [8, 0, 5], [0, 8, 3]])
    payoffs = np.stack([mine.ravel(), mine.T.ravel()])
    figure = plots.payoff_region(payoffs, (3, 3))
    for concept in ("all", "cce", "ce"):
        np.testing.assert_allclose(
            polygon(figure, concept).get_xy()[:-1], plots.payoff_corners(payoffs, (3, 3), concept)
        )
    assert len(figure.axes[0].get_legend().get_texts()) == 3


def test_names_of_points_cover_no_point_and_no_other_name() -> None:
    crossing = np.array([[0.5, 2.668, 2.268, 2.313], [0.5, 2.268, 2.668, 1.989]])  # three of four lie close together
    names = ["(go, go)", "(go, yield)", "(yield, go)", "(yield, yield)"]
    policies = dict(zip(names, np.eye(4), strict=True)) | {"light": [0, 0.5, 0.5, 0], "coins": [0.25] * 4}
    figure = plots.payoff_region(crossing, (2, 2), policies)
    boxes = [box for text, box in boxes_of_texts(figure) if text in policies]
    assert len(boxes) == 6 and not any(overlap(a, b) for a, b in itertools.combinations(boxes, 2))
    ax = figure.axes[0]
    for policy in policies.values():
        x, y = ax.transData.transform(crossing @ policy)
        assert not any(overlap(box, Bbox.from_extents(x - 4, y - 4, x + 4, y + 4)) for box in boxes)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.payoff_table([[1, 2], [3, 4]]), "n_actions is needed"),
        (
            lambda: plots.payoff_table(np.zeros((2, 4)), n_actions=(2, 3)),
            r"payoffs must have shape \(2, 2, 3\) or \(2, 6\)",
        ),
        (
            lambda: plots.payoff_table(np.zeros((3, 4)), n_actions=(2, 2)),
            r"payoffs must be those of two players.*\(3, 4\)",
        ),
        (lambda: plots.payoff_table(np.zeros((2, 2, 2)), [["a"], ["b", "c"]]), "action_names must have 2 and 2 names"),
        (lambda: plots.payoff_table(np.zeros((2, 2, 2, 2))), "payoffs must be those of two players"),
        (lambda: plots.payoff_region(np.zeros((3, 8)), (2, 2, 2)), "n_actions must be those of two players"),
        (lambda: plots.payoff_region(np.zeros((2, 3)), (2, 2)), r"payoffs must have shape \(2, A\)"),
        (lambda: plots.payoff_region(np.zeros((2, 4)), (2, 2), {"x": [1, 1, 0, 0]}), r"points\['x'\] must sum to 1"),
        (lambda: plots.payoff_region(np.zeros((2, 4)), (2, 2), {"x": [1]}), r"points\['x'\] must have shape"),
        (lambda: plots.payoff_corners(np.zeros((2, 4)), (2, 2), "nash"), "concept must be one of"),
    ],
)
def test_stage_functions_name_bad_arguments(call: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call()
