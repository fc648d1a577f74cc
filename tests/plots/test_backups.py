"""Lines and bars of the chapter on worst cases: what is drawn is what was computed."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from mornavi_lite import TotalVariation, plots
from mornavi_lite.plots.style import ink, short
from tests.plots.samples import V, boxes_of_texts, overlap

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


def test_rows_per_second_of_many_sizes_has_ticks_of_its_own() -> None:
    sizes = np.arange(1, 10) * 10.0
    (ax,) = plots.rows_per_second({"a": (sizes, 1 / sizes)}).axes
    assert ax.lines[0].get_xdata().tolist() == sizes.tolist()
    assert not set(sizes[1:-1]) & set(ax.get_xticks().tolist())


def test_one_radius_is_a_point_inside() -> None:
    (ax,) = plots.value_against_radius([0.3], {"a": [2.0]}).axes
    low, high = ax.get_xlim()
    assert low < 0.3 < high and ax.lines[0].get_xydata().tolist() == [[0.3, 2.0]]


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
