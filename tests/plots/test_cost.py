"""The figure of costs: the lines are the numbers, a law has its slope, labels do not meet."""

from __future__ import annotations

import itertools

import matplotlib
import numpy as np
import pytest

from mornavi_lite import plots
from mornavi_lite.plots.style import GREY

GROWTH = {
    "states": ([1, 2, 4, 8], [1.0, 2.0, 7.0, 29.0]),
    "actions": ([1, 4, 16], [1.0, 3.9, 15.0]),
    "players": ([1, 2, 3], [1.0, 2.1, 3.3]),
}


def test_lines_are_the_data_and_laws_end_where_they_end() -> None:
    (ax,) = plots.cost_against_size(GROWTH, {"states": 2, "actions": 1}, xlabel="times", ylabel="cost").axes
    assert (ax.get_xscale(), ax.get_yscale(), ax.get_xlabel(), ax.get_ylabel()) == ("log", "log", "times", "cost")
    measured = [line for line in ax.lines if line.get_color() != GREY]
    for line, (sizes, costs) in zip(measured, GROWTH.values(), strict=True):
        assert (line.get_xdata().tolist(), line.get_ydata().tolist()) == (sizes, costs)
    laws = [line for line in ax.lines if line.get_color() == GREY]
    for law, (label, power) in zip(laws, {"states": 2, "actions": 1}.items(), strict=True):
        x, y = np.log(law.get_xdata()), np.log(law.get_ydata())
        np.testing.assert_allclose((y[1] - y[0]) / (x[1] - x[0]), power)
        np.testing.assert_allclose(np.exp([x[1], y[1]]), [each[-1] for each in GROWTH[label]])
    texts = {text.get_text() for text in ax.texts}
    assert texts == {"states: 2", "actions: 1", "players"}


def test_a_law_below_all_costs_is_cut_and_a_flat_one_is_not() -> None:
    data = {"a": ([1, 10], [5.0, 10.0]), "b": ([1, 10], [5.0, 10.0])}
    steep, flat = plots.cost_against_size(data, {"a": 2, "b": 0}).axes[0].lines[2:]
    np.testing.assert_allclose(steep.get_ydata(), [5, 10])
    assert (flat.get_xdata().tolist(), flat.get_ydata().tolist()) == ([1, 10], [10, 10])


def test_labels_at_line_ends_do_not_meet() -> None:
    same = {f"line {k}": ([1, 10, 100], [1.0, 2.0, 3.0 + 1e-3 * k]) for k in range(5)}
    figure = plots.cost_against_size(same, {"line 0": 0.5})
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    boxes = [matplotlib.text.Text.get_window_extent(text, renderer) for text in figure.axes[0].texts]
    assert len(boxes) == 5
    for a, b in itertools.combinations(boxes, 2):
        assert min(a.y1, b.y1) - max(a.y0, b.y0) <= 2


def test_same_numbers_same_bytes_and_panels_are_drawn_into() -> None:
    assert plots.png(plots.cost_against_size(GROWTH)) == plots.png(plots.cost_against_size(GROWTH))
    figure, axes = plots.panels(rows=2, height=7)
    assert plots.cost_against_size(GROWTH, ax=axes[1], title="below") is figure
    assert not axes[0].lines and len(axes[1].lines) == 3


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1, 2],), TypeError, "results must be a mapping from labels"),
        (({},), ValueError, "at least one line"),
        (({"a": ([1, 2], [1, 0])},), ValueError, r"results\['a'\] must be positive"),
        (({"a": ([2, 1], [1, 1])},), ValueError, r"results\['a'\] must be positive, with increasing sizes"),
        (({"a": ([1, 2], [1, np.nan])},), ValueError, r"results\['a'\]\[1\]\[1\] must be finite"),
        (({"a": ([1, 2], [1])},), ValueError, r"results\['a'\]\[1\] must have shape"),
        (({"a": ([1], [1])}, {"b": 1}), ValueError, r"powers\['b'\] must name one of 'a'"),
        (({"a": ([1], [1])}, {"a": "x"}), TypeError, r"powers\['a'\] must be a number"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, message) -> None:
    with pytest.raises(error, match=message):
        plots.cost_against_size(*arguments)
