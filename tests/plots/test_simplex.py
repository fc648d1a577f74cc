"""Balls on the simplex: the region is where the divergence is at most the radius."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from mornavi_lite import ChiSquare, KullbackLeibler, Nominal, TotalVariation, plots
from mornavi_lite.plots.simplex import ball_outline, level_line
from mornavi_lite.plots.style import short
from tests.plots.samples import V

# --- balls on the simplex

ROWS = [[0.5, 0.3, 0.2], [1 / 3, 1 / 3, 1 / 3], [0.02, 0.9, 0.08], [0.9, 0.0, 0.1], [0.0, 0.0, 1.0]]
BALLS = [
    TotalVariation(0.25),
    TotalVariation(0.25, shift_support=False),
    TotalVariation(1.0),
    KullbackLeibler(0.1),
    KullbackLeibler(2.0),
    ChiSquare(0.3),
    ChiSquare(5.0),
]


def polygon(figure: Figure, gid: str) -> Polygon:
    return next(patch for patch in figure.axes[0].patches if patch.get_gid() == gid)


@pytest.mark.parametrize("ball", BALLS, ids=repr)
@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_region_is_where_the_divergence_is_at_most_the_radius(ball: Any, row: list[float]) -> None:
    p, q = np.array(row), np.random.default_rng(5).dirichlet(np.ones(3), size=4000)
    figure = plots.ball_on_simplex({"it": ball}, p, V)
    outline = polygon(figure, "ball it").get_path()
    drawn = outline.contains_points(plots.on_plane(q))
    divergence = ball.divergence(q, p)
    clear = np.abs(divergence - ball.radius) > 0.01 * ball.radius + 1e-3  # not on the edge itself
    assert clear.mean() > 0.8
    np.testing.assert_array_equal(drawn[clear], (divergence <= ball.radius)[clear])
    edge = ball_outline(ball, p)
    assert (ball.divergence(edge, p) <= ball.radius + 1e-9).all()


def test_outline_of_a_ball_that_stays_on_one_side_of_the_triangle() -> None:
    edge = ball_outline(TotalVariation(0.05, shift_support=False), np.array([0.9, 0.0, 0.1]))
    assert (edge[:, 1] == 0).all()
    np.testing.assert_allclose([edge[:, 0].min(), edge[:, 0].max()], [0.85, 0.95], atol=1e-12)


def test_outline_of_a_tv_ball_is_its_hexagon() -> None:
    p = np.array([0.5, 0.3, 0.2])
    edge = ball_outline(TotalVariation(0.1), p)
    corners = [p + 0.1 * (np.eye(3)[i] - np.eye(3)[j]) for i, j in itertools.permutations(range(3), 2)]
    for corner in corners:
        assert np.abs(edge - corner).sum(axis=1).min() < 1e-12
    np.testing.assert_allclose(TotalVariation(0.1).divergence(edge, p), 0.1, atol=1e-12)


@pytest.mark.parametrize("ball", BALLS, ids=repr)
def test_worst_kernel_is_marked_and_its_line_touches_the_ball(ball: Any) -> None:
    p, v = np.array([0.5, 0.3, 0.2]), np.array([-2.0, 7.0, 1.0])
    figure = plots.ball_on_simplex([ball, Nominal()], p, v)
    lines = {line.get_gid(): line for line in figure.axes[0].lines}
    label = next(gid for gid in lines if gid and gid.startswith("worst "))
    x, y = lines[label].get_xydata()[0]
    q = np.linalg.solve(np.vstack([plots.on_plane(np.eye(3)).T, np.ones(3)]), [x, y, 1.0])  # barycentric coordinates
    np.testing.assert_allclose(q, ball.worst_kernel(p, v), atol=1e-9)
    assert lines[label].get_label().endswith(f": {short(float(ball.worst_case(p, v)))}")
    np.testing.assert_allclose(lines["nominal"].get_xydata()[0], plots.on_plane(p))
    assert (ball_outline(ball, p) @ v >= q @ v - 1e-9).all()


def test_level_lines_have_one_expectation() -> None:
    for v in (V, np.array([3.0, 3.0, 5.0]), np.array([-1.0, 4.0, 2.0])):
        for level in np.linspace(v.min(), v.max(), 7):
            np.testing.assert_allclose(level_line(v, level) @ v, level, atol=1e-12)
    figure = plots.ball_on_simplex(TotalVariation(0.1), [0.5, 0.3, 0.2], V)
    for line in (line for line in figure.axes[0].lines if line.get_gid() == "level"):
        ends = np.column_stack([line.get_xydata(), np.ones(2)])
        expectation = ends @ np.linalg.inv(np.column_stack([plots.on_plane(np.eye(3)), np.ones(3)])) @ V
        assert abs(expectation[0] - expectation[1]) < 1e-12
    constant = plots.ball_on_simplex(TotalVariation(0.1), [0.5, 0.3, 0.2], [2, 2, 2])
    assert not [line for line in constant.axes[0].lines if str(line.get_gid()).startswith("level")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"p": [0.5, 0.5]}, r"p must have shape \(3,\)"),
        ({"p": [0.5, 0.3, 0.3]}, "p must sum to 1"),
        ({"v": [1, 2]}, r"v must have shape \(3,\)"),
        ({"v": [1, np.nan, 0]}, r"v\[1\] must be finite"),
        ({"balls": [0.1]}, "balls must be uncertainty sets, got 0.1"),
        ({"balls": {"a": "b"}}, "balls must be uncertainty sets, got 'b' for 'a'"),
        ({"balls": [TotalVariation(0.1)] * 2}, "balls must be different"),
        ({"balls": TotalVariation(np.full((1, 3), 0.1))}, r"balls must have one radius .* of shape \(1, 3\)"),
        ({"balls": {"a": TotalVariation(np.full((1, 3), 0.1))}}, r"balls must have one radius .* of shape \(1, 3\)"),
        ({"corner_names": ["a"]}, "corner_names must be 3 names"),
        ({"ax": 3}, "ax must be Matplotlib Axes, got int"),
    ],
)
def test_ball_on_simplex_names_bad_arguments(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"balls": [TotalVariation(0.1)], "p": [0.5, 0.3, 0.2], "v": V} | change
    with pytest.raises((ValueError, TypeError), match=message):
        plots.ball_on_simplex(**arguments)
