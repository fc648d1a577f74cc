"""Figures of deployment: what is drawn is what was given, the numbers on arrows are right, and texts keep apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from mornavi_lite import plots
from tests.plots.samples import boxes_of_texts, overlap

X = np.linspace(0, 0.16, 17)
CURVES = {"far": (0.98 - X) ** 5, "near": np.full(17, 0.95**5)}


def full() -> Figure:
    """Everything at once."""
    return plots.value_against_distance(
        X,
        CURVES,
        radius=0.05,
        compare=("far", "near"),
        bands={"far": (CURVES["far"] - 0.02, CURVES["far"] + 0.03)},
        played={"far": ([0.01, 0.1], [0.84, 0.55], [0.03, 0.05])},
        styles={"near": "TV"},
        ylabel="catch",
        title="fishing",
        ylim=(0.3, 1),
    )


def samples() -> dict[str, Figure]:
    rng = np.random.default_rng(0)
    line = np.stack([2 + rng.normal(size=50) / 10, 2 - rng.normal(size=50) / 10], axis=1)
    return {
        "full": full(),
        "plain": plots.value_against_distance(X, CURVES),
        "small price": plots.value_against_distance(
            X, {"a": 1 - X, "b": 0.99 - 0.5 * X}, radius=0.12, compare=("a", "b")
        ),
        "random": plots.random_values(rng.normal(size=300), {"worst": -4.0, "as trained": -3.6, "best of all": 3.0}),
        "two": plots.values_of_two(line, {"one": (1.8, 2.2), "two": (2.2, 1.8)}, guarantee=(1.6, 1.7), title="t"),
    }


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    return samples()


def test_lines_bands_and_points_are_those_given(figures: dict[str, Figure]) -> None:
    (ax,) = figures["full"].axes
    lines = {line.get_label(): line for line in ax.lines}
    for label, y in CURVES.items():
        np.testing.assert_array_equal(lines[label].get_xydata(), np.stack([X, y], axis=1))
    assert lines["near"].get_color() == plots.STYLES["TV"]["color"]
    (band,) = (c for c in ax.collections if isinstance(c, PolyCollection))
    corners = band.get_paths()[0].vertices
    for side in (-0.02, 0.03):
        for x, y in zip(X, CURVES["far"] + side, strict=True):
            assert np.isclose(corners, (x, y), atol=1e-12).all(axis=1).any()
    (bars,) = (c for c in ax.containers if isinstance(c, ErrorbarContainer))
    np.testing.assert_array_equal(bars.lines[0].get_xydata(), [[0.01, 0.84], [0.1, 0.55]])
    ends = [segment[:, 1] for segment in bars.lines[2][0].get_segments()]
    np.testing.assert_allclose(ends, [[0.81, 0.87], [0.5, 0.6]])
    assert ax.get_ylim() == (0.3, 1) and ax.get_xlim() == (0, 0.16) and ax.get_title(loc="left") == "fishing"


def test_arrows_tell_price_and_gain(figures: dict[str, Figure]) -> None:
    (ax,) = figures["full"].axes
    texts = [text.get_text() for text in ax.texts]
    assert f"price {0.98**5 - 0.95**5:.3g}" in texts and f"gain {0.95**5 - 0.93**5:.3g}" in texts
    assert "edge of the ball, 0.05" in texts
    arrows = [text for text in ax.texts if text.get_text() == ""]
    heights = [sorted((arrow.xy[1], arrow.xyann[1])) for arrow in arrows]
    np.testing.assert_allclose(heights, [[0.95**5, 0.98**5], [0.93**5, 0.95**5]], rtol=0, atol=1e-12)
    assert arrows[1].xy[0] == 0.05
    plain = plots.value_against_distance(X, CURVES, compare=("near", "far")).axes[0]
    assert [t.get_text() for t in plain.texts if "pri" in t.get_text() or "gain" in t.get_text()] == ["price −0.13"]


def test_all_that_is_drawn_is_seen(figures: dict[str, Figure]) -> None:
    (ax,) = figures["plain"].axes
    low, high = ax.get_ylim()
    assert all(low < y.min() and y.max() < high for y in CURVES.values())


def test_every_random_value_is_in_a_bar() -> None:
    values = np.array([0.5, 0.61, 0.62, 0.9])
    (ax,) = plots.random_values(values, {"worst": 0.4, "as trained": 0.95}).axes
    assert sum(bar.get_height() for bar in ax.patches) == 4
    marks = [line.get_xdata()[0] for line in ax.lines]
    assert sorted(marks) == [0.4, 0.95] and all(ax.get_xlim()[0] < m < ax.get_xlim()[1] for m in marks)
    constant = plots.random_values([0.5] * 10, {})
    assert sum(bar.get_height() for bar in constant.axes[0].patches) == 10


def test_points_marks_and_guarantee_of_two_players() -> None:
    points = np.array([[2.0, 2.0], [2.1, 1.9]])
    (ax,) = plots.values_of_two(points, {"as trained": (2, 2)}, guarantee=(1.7, 1.6), xlabel="x", ylabel="y").axes
    cloud, mark, vertical, horizontal, corner = ax.lines
    np.testing.assert_array_equal(cloud.get_xydata(), points)
    assert mark.get_xydata().tolist() == [[2, 2]] and corner.get_xydata().tolist() == [[1.7, 1.6]]
    assert vertical.get_xdata()[0] == 1.7 and horizontal.get_ydata()[0] == 1.6
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x", "y")
    assert len(plots.values_of_two(points, {}).axes[0].lines) == 1


@pytest.mark.parametrize("name", samples())
def test_no_text_lies_over_another_or_outside(name: str, figures: dict[str, Figure]) -> None:
    figure = figures[name]
    boxes = boxes_of_texts(figure)
    for k, (a, first) in enumerate(boxes):
        for b, second in boxes[k + 1 :]:
            assert not overlap(first, second), (a, b)


def test_the_same_numbers_give_the_same_bytes() -> None:
    assert plots.png(full()) == plots.png(full())


def test_figures_draw_into_axes() -> None:
    figure, axes = plots.panels(rows=3, height=9)
    plots.value_against_distance(X, CURVES, ax=axes[0])
    plots.random_values([1.0, 2.0], {}, ax=axes[1])
    assert plots.values_of_two([[1, 2]], {}, ax=axes[2]) is figure
    assert all(ax.has_data() for ax in axes)


WRONG: list[tuple[Any, dict[str, Any], str]] = [
    (plots.value_against_distance, {"distances": [0, 0]}, "distances must be increasing, two at least"),
    (plots.value_against_distance, {"distances": [0]}, "distances must be increasing, two at least"),
    (plots.value_against_distance, {"curves": {}}, "curves must map labels to arrays"),
    (plots.value_against_distance, {"curves": {"a": [1, 2, 3]}}, r"curves\['a'\] must have shape of distances"),
    (plots.value_against_distance, {"curves": {"a": [1, np.nan]}}, r"curves\['a'\]\[1\] must be finite"),
    (plots.value_against_distance, {"radius": 3}, r"radius must be in \[0, 1\], got 3"),
    (plots.value_against_distance, {"compare": ("a", "c")}, "compare must name curves, one of 'a', got 'c'"),
    (plots.value_against_distance, {"bands": {"c": (1, 2)}}, "bands must name curves, one of 'a', got 'c'"),
    (plots.value_against_distance, {"played": {"c": (1, 2, 3)}}, "played must name curves, one of 'a', got 'c'"),
    (plots.value_against_distance, {"bands": {"a": ([1], [2])}}, r"bands\['a'\], low must have shape of distances"),
    (plots.value_against_distance, {"compare": ("a",)}, "compare must name two curves"),
    (plots.value_against_distance, {"bands": {"a": ([1, 2],)}}, r"bands\['a'\] must be 2 arrays, got 1"),
    (plots.value_against_distance, {"played": {"a": ([1], [2])}}, r"played\['a'\] must be 3 arrays, got 2"),
    (plots.value_against_distance, {"played": {"a": ([1], [2], [3, 4])}}, r"\['a'\]\[2\] must have shape of its dist"),
    (plots.value_against_distance, {"ax": 3}, "ax must be Matplotlib Axes, got int"),
    (plots.random_values, {"values": []}, "values must hold at least one number"),
    (plots.random_values, {"marks": [1]}, "marks map labels to numbers"),
    (plots.random_values, {"marks": {"a": np.nan}}, r"marks\['a'\] must be finite"),
    (plots.values_of_two, {"points": [[1, 2, 3]]}, r"points must have shape \(n, 2\)"),
    (plots.values_of_two, {"marks": [1]}, "marks must map labels to pairs"),
    (plots.values_of_two, {"marks": {"a": (1, 2, 3)}}, r"marks\['a'\] must have shape \(2,\)"),
    (plots.values_of_two, {"guarantee": (1, np.inf)}, r"guarantee\[1\] must be finite"),
]
GOOD: dict[Any, dict[str, Any]] = {
    plots.value_against_distance: {"distances": [0, 1], "curves": {"a": [1, 0]}},
    plots.random_values: {"values": [1.0], "marks": {}},
    plots.values_of_two: {"points": [[1, 2]], "marks": {}},
}


@pytest.mark.parametrize(("function", "change", "message"), WRONG)
def test_bad_arguments_are_named(function: Any, change: dict[str, Any], message: str) -> None:
    function(**GOOD[function])
    with pytest.raises((ValueError, TypeError), match=message):
        function(**GOOD[function] | change)
