"""Figures: what is drawn is what was computed, every text can be read, and the same numbers give the same bytes."""

from __future__ import annotations

import importlib.util
import itertools
import re
import subprocess
import sys
from collections import Counter
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Polygon
from matplotlib.transforms import Bbox
from scipy.optimize import linprog, minimize

from mornavi_lite import ChiSquare, KullbackLeibler, MarkovGame, Nominal, TotalVariation, plots, solve, zoo
from mornavi_lite.plots.graph import _smooth, arrow_labels, group_names
from mornavi_lite.plots.graph_layout import Box as Room
from mornavi_lite.plots.graph_layout import closes_cycle, layout, ranks, spread
from mornavi_lite.plots.simplex import ball_outline, level_line
from mornavi_lite.plots.stage import deviation_rows
from mornavi_lite.plots.style import LIGHT_TO_DARK, SPARE, ink, short, styles_for
from tests import ROOT

V, NAMES = np.array([1.0, 0.6, 0.0]), ["high", "medium", "trap"]
GAMES = {
    "safe_or_risky": zoo.safe_or_risky(),
    "delayed_coordination": zoo.delayed_coordination(),
    "traffic_merge": zoo.traffic_merge(),
    "fishing": zoo.fishing(),
    "intersection": zoo.intersection(),
    "patrol": zoo.patrol(),
    "congestion": zoo.congestion(),
    "support_shift": zoo.support_shift(theta=0),
    "gambler": zoo.gambler(goal=4),
}


def three_players(horizon: int = 3, seed: int = 0) -> tuple[MarkovGame, np.ndarray]:
    """A game of 2 x 3 x 1 actions with names of its own, and a policy with zeros and tiny probabilities."""
    rng = np.random.default_rng(seed)
    game = MarkovGame(
        rng.dirichlet(np.ones(4), size=(horizon, 4, 6)),
        rng.random((3, horizon, 4, 6)),
        (2, 3, 1),
        state_names=["north", "east", "south", "west"],
        action_names=[["up", "down"], ["x", "y", "z"], ["only"]],
    )
    policy = rng.dirichlet(np.full(6, 0.4), size=(horizon, 4))
    policy[policy < 0.05] = 0
    policy[:, 0] = [0.9996, 0, 0, 0.0004, 0, 0]
    return game, policy / policy.sum(axis=-1, keepdims=True)


def stage(seed: int, n_actions: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(2, n_actions[0] * n_actions[1])).round(1)


def samples() -> dict[str, Figure]:
    """One figure of each kind, and some that are hard to lay out."""
    p, radii = [0.5, 0.3, 0.2], np.linspace(0, 1, 21)
    balls = {"TV": TotalVariation, "KL": KullbackLeibler, "χ²": ChiSquare}
    curves = {name: [float(ball(r).worst_case(p, V)) for r in radii] for name, ball in balls.items()}
    game, policy = three_players()
    return {
        "simplex": plots.ball_on_simplex([TotalVariation(0.1), KullbackLeibler(0.1), ChiSquare(0.1)], p, V, NAMES),
        "edge": plots.ball_on_simplex([TotalVariation(0.1, shift_support=False)], [0.9, 0, 0.1], V, NAMES, "title"),
        "radius": plots.value_against_radius(radii, curves | {"nominal": np.full(21, 0.68)}, crossing=[0.1, 0.0822]),
        "bars": plots.kernel_bars(p, TotalVariation(0.2).worst_kernel(p, V), ["high, worth 1", "medium", "trap"]),
        "heatmap": plots.policy_heatmap(game, policy),
        "wide heatmap": plots.policy_heatmap(zoo.patrol(), np.full((4, 4, 12), 1 / 12)),
        "region": plots.payoff_region([[6, 2, 7, 0], [6, 7, 2, 0]], (2, 2), {"one": [0, 1, 0, 0], "two": [0, 0, 1, 0]}),
        "speed": plots.rows_per_second({"P @ v": ([10, 50], [1e9, 1e8]), "TV": ([10, 50], [1e7, 2e6])}),
        **{name: plots.game_graph(game, title=name) for name, game in GAMES.items()},
    }


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    return samples()


def boxes_of_texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Each visible text of a figure with the pixels it covers."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    found = []
    for text in figure.findobj(matplotlib.text.Text):
        if text.get_visible() and text.get_text().strip() and text.axes is not None:
            box = matplotlib.text.Text.get_window_extent(text, renderer)
            found.append((text.get_text(), box))
    return found


def overlap(a: Bbox, b: Bbox, slack: float = 1.0) -> bool:
    return min(a.x1, b.x1) - max(a.x0, b.x0) > slack and min(a.y1, b.y1) - max(a.y0, b.y0) > slack


# --- style


def test_every_style_is_its_own() -> None:
    looks = [(style["color"], str(style["linestyle"])) for style in plots.STYLES.values()]
    assert len(set(looks)) == len(looks)
    sets = [plots.STYLES[name] for name in ("TV", "TV in support", "KL", "chi-square", "nominal")]
    for key in ("color", "linestyle"):  # in print the line style tells them apart, on the screen the colour as well
        assert len({str(style[key]) for style in sets}) == 5
    spare = [(style["color"], str(style["linestyle"])) for style in SPARE]
    assert len(set(spare + looks)) == len(spare) + len(looks)


def test_styles_by_name_by_request_and_spare() -> None:
    chosen = styles_for(["tv", "Χ²", "mine", "another", "KL of row 2"], {"KL of row 2": "KL"})
    assert chosen["tv"] == plots.STYLES["TV"] and chosen["Χ²"] == plots.STYLES["chi-square"]
    assert chosen["KL of row 2"] == plots.STYLES["KL"]
    assert chosen["mine"] != chosen["another"]
    many = styles_for([f"line {k}" for k in range(7)])
    assert len({style["color"] for style in many.values()}) == 7
    with pytest.raises(ValueError, match=r"styles\['a'\] must be one of 'TV'"):
        styles_for(["a"], {"a": "TB"})


def test_text_in_colour_can_be_read_on_white() -> None:
    for style in plots.STYLES.values():
        rgb = np.array(matplotlib.colors.to_rgb(ink(style["color"])))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        assert 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) > 4.4


def test_colour_map_gets_darker_in_even_steps() -> None:
    rgb = LIGHT_TO_DARK(np.linspace(0, 1, 256))[:, :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    lightness = np.where(luminance > (6 / 29) ** 3, 116 * np.cbrt(luminance) - 16, luminance * (29 / 3) ** 3)
    steps = np.diff(lightness)
    assert (steps < 0).all() and steps.min() > 1.6 * steps.max()


def test_short_numbers() -> None:
    assert [short(x) for x in (0.77378, 0.08224, 1.0, -0.1, -1e-320, 0.0)] == [
        "0.774",
        "0.0822",
        "1",
        "−0.1",
        "−1e−320",
        "0",
    ]


def test_the_same_numbers_give_the_same_bytes(figures: dict[str, Figure]) -> None:
    with matplotlib.rc_context({"font.size": 30, "axes.grid": True, "xtick.major.size": 20, "axes.linewidth": 5}):
        again = samples()
        for name, figure in figures.items():
            assert plots.png(figure) == plots.png(again[name]), name


def test_no_figure_is_left_with_pyplot_and_a_notebook_shows_it(figures: dict[str, Figure]) -> None:
    import matplotlib.pyplot as plt

    assert plt.get_fignums() == []
    for figure in figures.values():
        picture = figure._repr_png_()  # type: ignore[attr-defined]
        assert picture.startswith(b"\x89PNG") and b"Matplotlib" not in picture and b"Date" not in picture


def test_every_axis_is_labelled(figures: dict[str, Figure]) -> None:
    for name, figure in figures.items():
        for ax in figure.axes:
            if ax.axison:
                assert ax.get_ylabel(), name
                assert ax.get_xlabel() or ax.get_label() == "<colorbar>", name


def test_every_text_is_inside_the_figure(figures: dict[str, Figure]) -> None:
    for name, figure in figures.items():
        for text, box in boxes_of_texts(figure):
            assert box.x0 > -1 and box.y0 > -1 and box.x1 < figure.bbox.x1 + 1 and box.y1 < figure.bbox.y1 + 1, (
                name,
                text,
            )


def test_figures_fit_the_page(figures: dict[str, Figure]) -> None:
    for name, figure in figures.items():
        assert figure.bbox.width <= (770 if name in GAMES else 624), name


def test_importing_the_package_imports_no_matplotlib() -> None:
    code = (
        "import sys, mornavi_lite; print(sorted({'matplotlib', 'ipywidgets', 'scipy', 'IPython'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("module", "missing"), [("plots", "matplotlib"), ("widgets", "matplotlib"), ("widgets", "ipywidgets")]
)
def test_a_missing_extra_is_named(module: str, missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; import mornavi_lite.{module}"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.returncode and found.stderr.splitlines()[-1].startswith(f"ImportError: mornavi_lite.{module} needs ")
    assert "pip install 'mornavi-lite[plots]'" in found.stderr.splitlines()[-1]


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
        ({"corner_names": ["a"]}, "corner_names must be 3 names"),
        ({"ax": 3}, "ax must be Matplotlib Axes, got int"),
    ],
)
def test_ball_on_simplex_names_bad_arguments(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"balls": [TotalVariation(0.1)], "p": [0.5, 0.3, 0.2], "v": V} | change
    with pytest.raises((ValueError, TypeError), match=message):
        plots.ball_on_simplex(**arguments)


# --- lines


def test_value_against_radius_draws_the_curves_and_labels_their_ends() -> None:
    radii = np.linspace(0, 0.4, 9)
    curves = {"TV": 1 - radii, "nominal": np.ones(9), "mine": 1 - radii**2}
    figure = plots.value_against_radius(radii, curves, crossing=[0.3, 0.0822, 0.1])
    (ax,) = figure.axes
    for line, (label, values) in zip(ax.lines, curves.items(), strict=False):
        assert line.get_label() == label
        np.testing.assert_array_equal(line.get_xdata(), radii)
        np.testing.assert_array_equal(line.get_ydata(), values)
    assert ax.lines[0].get_color() == plots.STYLES["TV"]["color"] and ax.lines[1].get_linestyle() == ":"
    assert [line.get_xdata()[0] for line in ax.lines[3:]] == [0.0822, 0.1, 0.3]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("radius ρ", "worst-case value")
    ends = {text.get_text(): text.xy for text in ax.texts if text.get_text() in curves}
    assert {text.get_color() for text in ax.texts[-3:]} == {ink(line.get_color()) for line in ax.lines[:3]}
    assert {label: tuple(xy) for label, xy in ends.items()} == {k: (0.4, v[-1]) for k, v in curves.items()}
    boxes = boxes_of_texts(figure)
    for (one, a), (two, b) in itertools.combinations(boxes, 2):
        assert not overlap(a, b), (one, two)


def test_a_curve_that_jumps_is_drawn_in_two_pieces_that_end_at_the_jump() -> None:
    radii = np.linspace(0, 1, 11)
    curves = {"jumps": np.where(radii < 0.35, 1 - radii, 3 - radii), "goes on": 2 - radii}
    (ax,) = plots.value_against_radius(radii, curves, jumps=[0.35]).axes
    lines = {line.get_label(): line for line in ax.lines}
    np.testing.assert_array_equal(lines["goes on"].get_ydata(), curves["goes on"])
    (gap,) = np.flatnonzero(np.isnan(lines["jumps"].get_ydata()))
    ends = lines["jumps"].get_xydata()[[gap - 1, gap + 1]]
    np.testing.assert_allclose(ends, [[0.35, 0.65], [0.35, 2.65]])
    (dots,) = (line for line in ax.lines if line.get_gid() == "jump")
    np.testing.assert_allclose(dots.get_xydata(), ends)
    assert dots.get_markerfacecolor() == "white"


def test_a_jump_at_a_radius_of_the_grid_is_found_on_either_side() -> None:
    radii = np.linspace(0, 1, 5)
    for values in (np.where(radii < 0.5, 0.0, 1.0), np.where(radii <= 0.5, 0.0, 1.0)):
        (ax,) = plots.value_against_radius(radii, {"steps": values}, jumps=[0.5]).axes
        (dots,) = (line for line in ax.lines if line.get_gid() == "jump")
        np.testing.assert_allclose(dots.get_xydata(), [[0.5, 0], [0.5, 1]])


def test_marks_have_names_and_a_cut_axis_says_so() -> None:
    (ax,) = plots.value_against_radius([0, 1], {"a": [1, 0.5]}, crossing={"tie": 0.4, "end": 0.9}).axes
    assert [text.get_text() for text in ax.texts[:2]] == ["tie", "end"]
    assert ax.get_ylim()[0] == 0 and "begin" not in ax.get_ylabel()
    (ax,) = plots.value_against_radius([0, 1], {"a": [1, 0.9]}).axes
    assert ax.get_ylim()[0] > 0 and ax.get_ylabel().endswith("(the axis does not begin at 0)")
    (ax,) = plots.value_against_radius([0, 1], {"a": [-1, 0.9]}).axes
    assert ax.get_ylim()[0] < -1 and "begin" not in ax.get_ylabel()


def test_line_ends_that_meet_are_labelled_apart_on_both_kinds_of_axes() -> None:
    same = {f"line {k}": [1.0, 2.0 + 1e-3 * k] for k in range(5)}
    logarithmic = {f"line {k}": ([10, 100], [1e6, 1e5 + k]) for k in range(4)}
    for figure in (plots.value_against_radius([0, 1], same), plots.rows_per_second(logarithmic)):
        ends = [box for text, box in boxes_of_texts(figure) if text.startswith("line")]
        assert len(ends) >= 4 and not any(overlap(a, b, 2) for a, b in itertools.combinations(ends, 2))


def test_panels_are_drawn_into() -> None:
    figure, axes = plots.panels(rows=2, height=6)
    for ax, shift in zip(axes, (True, False), strict=True):
        ball = TotalVariation(0.2, shift_support=shift)
        assert plots.ball_on_simplex(ball, [0.9, 0, 0.1], V, ax=ax) is figure
    assert [len(ax.patches) for ax in axes] == [3, 3] and len(figure.axes) == 2


def test_rows_per_second_draws_the_data() -> None:
    results = {"a": ([10, 50, 200], [3e6, 2e6, 1e6]), "b": ([10, 200], [5e3, 1e2])}
    (ax,) = plots.rows_per_second(results).axes
    for line, (sizes, rates) in zip(ax.lines, results.values(), strict=True):
        assert (line.get_xdata().tolist(), line.get_ydata().tolist()) == (sizes, rates)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["10", "50", "200"]


def test_kernel_bars_show_both_rows_and_what_moved() -> None:
    p, v = np.array([0.4, 0.3, 0.3, 0.0]), np.array([1.0, 3.0, 2.0, 0.0])
    q = TotalVariation(0.4).worst_kernel(p, v)
    (ax,) = plots.kernel_bars(p, q, list("abcd")).axes
    nominal, kept, gained, lost = (np.array([[bar.get_x(), bar.get_width()] for bar in bars]) for bars in ax.containers)
    np.testing.assert_allclose(nominal[:, 1], p)
    np.testing.assert_allclose(kept[:, 1] + gained[:, 1], q, atol=1e-15)
    np.testing.assert_allclose(kept[:, 1] + lost[:, 1], p, atol=1e-15)
    np.testing.assert_allclose([gained[:, 1].sum(), lost[:, 1].sum()], 0.4)
    np.testing.assert_allclose(gained[:, 0], kept[:, 1])
    assert [text.get_text() for text in ax.texts] == [
        f"{'+' if d > 0 else ''}{short(d)}" for d in q - p if abs(d) > 1e-9
    ]
    assert [label.get_text() for label in ax.get_yticklabels()] == list("abcd")
    assert ax.yaxis_inverted()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.value_against_radius([0, 0], {"a": [1, 1]}), "radii must be increasing"),
        (lambda: plots.value_against_radius([0, 1], {"a": [1]}), r"curves\['a'\] must have shape of radii = \(2,\)"),
        (lambda: plots.value_against_radius([0, 1], {"a": [1, np.inf]}), r"curves\['a'\]\[1\] must be finite"),
        (lambda: plots.value_against_radius([0, 1], [1, 2]), "curves must map labels"),
        (lambda: plots.value_against_radius([0, 1], {"a": [1, 1]}, crossing=np.nan), "crossing must be finite"),
        (lambda: plots.rows_per_second({}), "results must hold"),
        (lambda: plots.rows_per_second({"a": ([1, 2], [1, 0])}), r"results\['a'\] must be positive"),
        (lambda: plots.rows_per_second({"a": ([1, 2], [1])}), r"results\['a'\]\[1\] must have shape"),
        (lambda: plots.kernel_bars([1, 0], [0.5, 0.4], "ab"), "q must sum to 1"),
        (lambda: plots.kernel_bars([1, 0], [0.5, 0.5, 0], list("abc")), r"q must have shape \(S,\) = \(2,\)"),
        (lambda: plots.kernel_bars([1, 0], [0.5, 0.5], ["a"]), "names must be 2 names"),
    ],
)
def test_lines_and_bars_name_bad_arguments(call: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call()


# --- game graphs


@pytest.mark.parametrize("name", GAMES)
def test_no_label_covers_another_or_a_state(name: str) -> None:
    figure = plots.game_graph(GAMES[name])
    texts = boxes_of_texts(figure)
    for (one, a), (two, b) in itertools.combinations(texts, 2):
        assert not overlap(a, b), (one, two)
    (ax,) = figure.axes
    frames = [patch.get_window_extent() for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert len(frames) == GAMES[name].n_states
    assert not any(overlap(a, b) for a, b in itertools.combinations(frames, 2))
    for text, box in texts:
        crossed = [frame for frame in frames if overlap(box, frame)]
        assert all(box.x0 >= f.x0 and box.x1 <= f.x1 and box.y0 >= f.y0 and box.y1 <= f.y1 for f in crossed), text


@pytest.mark.parametrize("name", GAMES)
def test_there_is_an_arrow_for_every_possible_transition(name: str) -> None:
    game = GAMES[name]
    (ax,) = plots.game_graph(game).axes
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert len(arrows) == (game.transition[0].max(axis=1) > 0).sum()
    labels = arrow_labels(game, 0, range(game.n_joint_actions))
    assert set(labels) == {(s, t) for s, t in np.argwhere(game.transition[0].max(axis=1) > 0).tolist()}
    drawn = Counter(text.get_text() for text in ax.texts)
    for label, count in Counter(label for label in labels.values() if label).items():
        assert drawn[label] == count


@pytest.mark.parametrize("name", GAMES)
def test_labels_say_the_kernel(name: str) -> None:
    """Read each label back: patterns to joint actions, numbers to probabilities."""
    game = GAMES[name]
    labels = arrow_labels(game, 0, range(game.n_joint_actions))
    for s in range(game.n_states):
        groups: dict[bytes, list[int]] = {}
        for a in range(game.n_joint_actions):
            groups.setdefault(game.transition[0, s, a].tobytes(), []).append(a)
        members = dict(group_names(game, list(groups.values())))
        assert sorted(itertools.chain(*members.values())) == list(range(game.n_joint_actions))
        read = np.zeros((game.n_joint_actions, game.n_states))
        for t in range(game.n_states):
            for line in labels.get((s, t), None).split("\n") if (s, t) in labels else []:
                who = max((m for m in members if line == m or line.startswith(f"{m} ") or not m), key=len)
                number = line.removeprefix(who).strip()
                read[members[who], t] = float(number) if number else 1.0
        np.testing.assert_allclose(read, game.transition[0, s], atol=5e-4)


def test_labels_written_out_by_hand() -> None:
    game = zoo.fishing()
    labels = {
        (game.state_names[s], game.state_names[t]): text for (s, t), text in arrow_labels(game, 0, range(4)).items()
    }
    assert labels["harbour", "voyage"] == "(far, far) 0.951"
    assert labels["harbour", "storm"] == "(far, near) 0.049\n(far, far) 0.049"
    assert labels["harbour", "home"] == "(near, *)"
    assert labels["home", "home"] == ""
    assert arrow_labels(zoo.traffic_merge(), 0, range(4))[0, 1] == "(go, go) 0.7\nelse"
    assert arrow_labels(zoo.traffic_merge(), 0, [0])[0, 1] == "0.7"
    words = [text.get_text() for text in plots.game_graph(game).axes[0].texts]
    assert "at the end pays 1, 0.5" in words and "(near, far) pays 0.774, 0" in words
    assert "pays 1, 0.5" in [text.get_text() for text in plots.game_graph(game, step=5).axes[0].texts]
    assert not [w for w in plots.game_graph(game, rewards=False).axes[0].texts if "pays" in w.get_text()]


def test_the_step_drawn_is_the_one_asked_for() -> None:
    game = zoo.support_shift(theta=0)
    assert arrow_labels(game, 1, [0, 1])[1, 0] == "left 0.9\nright 0.4"
    assert (1, 0) not in arrow_labels(game, 0, [0, 1])
    assert len(plots.game_graph(game, step=1).axes[0].patches) == len(plots.game_graph(game).axes[0].patches) + 1


def test_start_is_framed_thickly_and_spread_starts_too() -> None:
    game = MarkovGame(np.full((1, 3, 1, 3), 1 / 3), np.zeros((1, 1, 3, 1)), [1], initial=[0.0, 0.5, 0.5])
    frames = [patch for patch in plots.game_graph(game).axes[0].patches if isinstance(patch, FancyBboxPatch)]
    assert [frame.get_linewidth() > 2 for frame in frames] == [False, True, True]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"game": 3}, "game must be a MarkovGame, got int"),
        ({"game": zoo.garnet(13, (2,), 2, 2, seed=0)}, "game must have at most 12 states to be drawn, got 13"),
        ({"step": 6}, "step must be from 0 to 5, got 6"),
        ({"joint_actions": [0, 4]}, r"joint_actions\[1\] must be from 0 to 3, got 4"),
        ({"joint_actions": []}, "joint_actions must name at least one"),
        ({"joint_actions": [1, 1]}, "joint_actions must name at least one joint action, each once"),
    ],
)
def test_game_graph_names_bad_arguments(change: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        plots.game_graph(**({"game": zoo.fishing()} | change))


def test_random_graphs_have_their_arrows_between_the_right_states() -> None:
    for seed in range(12):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(1, 9))
        rooms = [Room(*rng.uniform(0.2, 0.9, 2), h + 0.1, h) for h in rng.uniform(0.4, 2.0, n)]
        edges = {(u, v): Room(0.3, 0.3, 0.2) for u in range(n) for v in range(n) if u != v and rng.random() < 0.3}
        placed = layout(rooms, edges, [0])
        for (u, v), route in placed.routes.items():
            for end, node in ((route[0], u), (route[-1], v)):
                assert abs(end[0] - placed.nodes[node, 0]) <= rooms[node].left
                assert abs(abs(end[1] - placed.nodes[node, 1]) - rooms[node].frame / 2) < 1e-9
            assert (np.diff(route[:, 1]) < 0).all() or (np.diff(route[:, 1]) > 0).all()
            fine = _smooth(route).interpolated(1).to_polygons(closed_only=False)[0]
            for (x, y), room in zip(placed.nodes, rooms, strict=True):
                inside = (np.abs(fine[:, 0] - x) < room.left) & (np.abs(fine[:, 1] - y) < room.frame / 2 - 1e-9)
                assert not inside.any()
        areas = [
            Bbox([[x - box.left, y - box.height / 2], [x + box.right, y + box.height / 2]])
            for box, (x, y) in [
                *zip(rooms, placed.nodes, strict=True),
                *((edges[e], xy) for e, xy in placed.labels.items()),
            ]
        ]
        assert not any(overlap(a, b, 1e-9) for a, b in itertools.combinations(areas, 2))
        for area in areas:
            assert area.x0 > -1e-9 and area.y0 > -1e-9 and area.x1 < placed.size[0] + 1e-9
            assert area.y1 < placed.size[1] + 1e-9


def test_layers_follow_the_arrows_once_cycles_are_opened() -> None:
    edges = dict.fromkeys([(0, 1), (1, 2), (2, 0), (2, 3), (4, 1)], Room(0, 0, 0))
    turned = closes_cycle(5, list(edges), [0])
    assert turned == {(2, 0), (4, 1)}
    rank = ranks(5, edges, turned)
    assert rank == [0, 1, 2, 3, 2]
    assert all((rank[u] < rank[v]) != ((u, v) in turned) for u, v in edges)


def test_spread_is_the_nearest_that_keeps_its_distance() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        wanted, apart, weight = rng.normal(size=5), rng.uniform(0.1, 1, 4), rng.uniform(0.5, 3, 5)
        found = spread(wanted, apart, weight)
        assert (np.diff(found) >= apart - 1e-12).all()
        constraints = {"type": "ineq", "fun": lambda x, apart=apart: np.diff(x) - apart}
        cost = lambda x, wanted=wanted, weight=weight: weight @ (x - wanted) ** 2  # noqa: E731
        other = minimize(cost, np.cumsum([0, *apart]), constraints=constraints, method="SLSQP")
        assert cost(found) <= other.fun + 1e-7
    assert spread(np.array([3.0]), np.array([])).tolist() == [3.0]


# --- policies


def read_table(text: str, game: MarkovGame) -> np.ndarray:
    """The policy (H, S, A) that a table says."""
    names = {game.joint_action_name(a): a for a in range(game.n_joint_actions)}
    header, *lines = text.splitlines()
    columns = [header.index(word) for word in ("step", "state", "joint action", "probability")]
    policy, steps, state = np.zeros((game.horizon, game.n_states, game.n_joint_actions)), range(0), ""
    for line in (line for line in lines if not line.startswith("probabilities below")):
        when, where = (line[a:b].strip() for a, b in itertools.pairwise(columns[:3]))
        if when:
            first, _, last = when.partition("-")
            steps = range(int(first), int(last or first) + 1)
        state = where or state
        what, number = re.fullmatch(r"(.*?)\s+([\d.]+)", line[columns[2] :]).groups()  # type: ignore[union-attr]
        for h in steps:
            policy[h, game.state_names.index(state), names[what]] = float(number)
    return policy


@pytest.mark.parametrize("seed", range(4))
def test_policy_table_says_exactly_the_positive_entries(seed: int) -> None:
    game, policy = three_players(horizon=4, seed=seed)
    policy[2] = policy[1]
    text = plots.policy_table(game, policy, min_probability=0)
    read = read_table(text, game)
    np.testing.assert_allclose(read, policy, atol=5.1e-4)
    assert len(text.splitlines()) == 1 + sum((policy[h] > 0).sum() for h in (0, 1, 3))
    np.testing.assert_allclose(read.sum(axis=-1), 1, atol=0.004)
    assert text == plots.policy_table(game, policy, min_probability=0)
    assert re.findall(r"^\d\S*", text, re.MULTILINE) == ["0", "1-2", "3"]


def test_policy_table_leaves_out_what_is_small_and_says_so() -> None:
    game, policy = three_players()
    assert "0.000" not in plots.policy_table(game, policy)
    assert plots.policy_table(game, policy).endswith("\nprobabilities below 0.001 are left out")
    policy[:, 0] = [1, 0, 0, 0, 0, 0]
    assert "left out" not in plots.policy_table(game, policy)
    policy[:, 1] = [0.5, 0.25, 0.25, 0, 0, 0]
    coarse = plots.policy_table(game, policy, min_probability=0.25)
    assert read_table(coarse, game)[0, 1].tolist() == policy[0, 1].tolist()
    assert (read_table(coarse, game) > 0).sum() == (policy >= 0.25).sum()
    only = plots.policy_table(game, policy, step=1)
    assert np.array_equal(read_table(only, game)[1], read_table(plots.policy_table(game, policy), game)[1])
    assert not read_table(only, game)[[0, 2]].any()


def test_policy_table_of_a_solved_game() -> None:
    game = zoo.safe_or_risky()
    text = plots.policy_table(game, solve(game, Nominal()).policy, step=0)
    assert text.splitlines()[1].split() == ["0", "start", "(a,", "a)", "1.000"]


def test_policy_heatmap_holds_the_policy_and_writes_its_numbers() -> None:
    game, policy = three_players()
    policy[2] = policy[1]
    figure = plots.policy_heatmap(game, policy, title="mine")
    first, second = figure.axes[:2]
    for ax, h in ((first, 0), (second, 1)):
        (image,) = ax.images
        np.testing.assert_array_equal(image.get_array().filled(0), policy[h])
        np.testing.assert_array_equal(np.ma.getmaskarray(image.get_array()), policy[h] == 0)
        assert (image.norm.vmin, image.norm.vmax) == (0, 1)
        written = {(round(y), round(x)): text.get_text() for text in ax.texts for x, y in [text.get_position()]}
        assert set(written) == set(map(tuple, np.argwhere(policy[h] > 0).tolist()))
        for where, number in written.items():
            assert number == "<.01" if policy[h][where] < 0.005 else abs(float(number) - policy[h][where]) <= 0.005
        assert [t.get_text() for t in ax.get_yticklabels()] == list(game.state_names)
        assert [t.get_text() for t in ax.get_xticklabels()] == [game.joint_action_name(a) for a in range(6)]
    assert [ax.get_title("left") for ax in (first, second)] == ["mine, step 0", "mine, steps 1 to 2"]
    assert len(plots.policy_heatmap(game, policy, step=1).axes) == 2  # one panel and the colour bar


def test_policy_heatmap_of_a_large_game_has_no_numbers() -> None:
    game = zoo.garnet(60, (4, 5), 2, 2, seed=0, stationary=True)
    figure = plots.policy_heatmap(game, np.full((2, 60, 20), 0.05))
    assert not figure.axes[0].texts and len(figure.axes) == 2
    labels = [box for text, box in boxes_of_texts(figure) if re.fullmatch(r"\d+", text)]
    assert not any(overlap(a, b) for a, b in itertools.combinations(labels, 2))


@pytest.mark.parametrize("function", [plots.policy_table, plots.policy_heatmap])
def test_policies_that_are_none_are_named(function: Any) -> None:
    game, policy = three_players()
    with pytest.raises(ValueError, match=r"policy must have shape \(H, S, A\) = \(3, 4, 6\)"):
        function(game, policy[0])
    with pytest.raises(ValueError, match=r"policy\[1, 2\] must sum to 1"):
        function(game, policy * np.where(np.arange(12).reshape(3, 4, 1) == 6, 0.5, 1))
    with pytest.raises(ValueError, match="step must be from 0 to 2, got 3"):
        function(game, policy, step=3)
    with pytest.raises(TypeError, match="game must be a MarkovGame"):
        function("game", policy)


def test_policy_functions_name_their_own_arguments() -> None:
    game, policy = three_players()
    with pytest.raises(ValueError, match="min_probability must be in"):
        plots.policy_table(game, policy, min_probability=-1)
    with pytest.raises(ValueError, match="ax has room for one panel, and the policy needs 3"):
        plots.policy_heatmap(game, policy, ax=plots.panels()[1][0])


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


# --- the README's picture


def test_readme_picture_shows_what_its_words_say() -> None:
    spec = importlib.util.spec_from_file_location("draw_readme", ROOT / "tools" / "draw_readme.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    radii, nominal, robust = module.curves()
    np.testing.assert_allclose(nominal, (1 - 0.049 - radii) ** 5, atol=1e-12)
    np.testing.assert_allclose(robust, np.maximum(nominal, 0.95**5), atol=1e-12)
    assert module.draw() == module.draw()
    assert module.TARGET.read_bytes().startswith(b"\x89PNG") and module.TARGET.stat().st_size < 60_000
