"""Values against samples: lines and bands are the numbers given, levels are named, every text can be read."""

from __future__ import annotations

import itertools
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from mornavi_lite import plots
from mornavi_lite.plots.style import GREY

SAMPLES = np.array([20, 200, 2_000, 20_000, 200_000])
MEAN = np.array([0.298, 0.291, 0.335, 0.349, 0.373])
BAND = [MEAN - 0.03, MEAN, MEAN + 0.02]
FALLING = np.array([[0.5, 0.2, 0.01, 0, 0], [1, 0.4, 0.1, 0.01, 0], [2, 1, 0.4, 0.1, 0.002]])
LOWER = [MEAN - 0.05, MEAN - 0.02, MEAN - 0.02]


def samples() -> dict[str, Figure]:
    two = {"MORNAVI": BAND, "Nash-VI": LOWER}
    styles = {"MORNAVI": "TV", "Nash-VI": "nominal"}
    near = {"robust equilibrium": 0.375, "plan without a ball": 0.35}
    panel, axes = plots.panels(rows=2, height=6.4)
    for ax, title in zip(axes, ("TV, radius 0.4", "KL, radius 0.2"), strict=True):
        plots.value_against_samples(SAMPLES, two, {"robust equilibrium": 0.393}, styles, title=title, ax=ax)
    return {
        "one": plots.value_against_samples(SAMPLES, {"TV": BAND}),
        "level at the top": plots.value_against_samples(SAMPLES, two, {"robust equilibrium": 0.393}, styles),
        "two levels": plots.value_against_samples(SAMPLES, two, near, styles, title="radius 0.4"),
        "fixed range": plots.value_against_samples(SAMPLES, two, {"best": 1.0}, ylim=(0, 1.1), title="a title"),
        "negative": plots.value_against_samples([1, 2], {"KL": [[-2, -1], [-1, 0], [0, 1]]}, ylabel="lead"),
        "panels": panel,
        "log": plots.value_against_samples(SAMPLES, {"a": FALLING, "KL": [MEAN] * 3}, {"0.05": 0.05}, yscale="log"),
    }


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    return samples()


def texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Each visible text of the figure with the pixels it covers."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    found = figure.findobj(lambda artist: isinstance(artist, matplotlib.text.Text))
    shown = [text for text in found if text.get_visible() and text.get_text().strip() and text.axes is not None]
    return [(text.get_text(), matplotlib.text.Text.get_window_extent(text, renderer)) for text in shown]


def lines(figure: Figure) -> dict[str, Any]:
    return {line.get_label(): line for line in figure.axes[0].lines}


def test_zeros_are_drawn_at_the_foot_of_a_logarithmic_axis_and_called_0() -> None:
    figure = plots.value_against_samples(SAMPLES, {"a": FALLING}, yscale="log")
    (ax,) = figure.axes
    line = lines(figure)["a"].get_ydata()
    assert line[:4].tolist() == FALLING[1, :4].tolist() and 0 < line[4] < 0.001
    ticks = {text.get_text(): place for text, place in zip(ax.get_yticklabels(), ax.get_yticks(), strict=True)}
    assert ticks["0"] == line[4] and ticks["0.1"] == pytest.approx(0.1)
    whole = plots.value_against_samples(SAMPLES, {"a": FALLING + 0.001}, yscale="log", ylim=(0.001, 3)).axes[0]
    assert "0" not in [text.get_text() for text in whole.get_yticklabels()] and whole.get_ylim() == (0.001, 3)
    wrong = [[0.5, 0.2, 0.01, -1, 0], *FALLING[1:]]
    with pytest.raises(ValueError, match=r"curves\['a'\]\[0, 3\] must not be negative, got -1.0"):
        plots.value_against_samples(SAMPLES, {"a": wrong}, yscale="log")


def test_lines_and_bands_are_the_numbers_given() -> None:
    figure = plots.value_against_samples(SAMPLES, {"TV": BAND, "KL": LOWER})
    (ax,) = figure.axes
    for label, (low, middle, high), shade in zip(("TV", "KL"), (BAND, LOWER), ax.collections, strict=True):
        line = lines(figure)[label]
        np.testing.assert_array_equal(line.get_xdata(), SAMPLES)
        np.testing.assert_array_equal(line.get_ydata(), middle)
        assert line.get_color() == plots.STYLES[label]["color"]
        corners = shade.get_paths()[0].vertices
        for k, sample in enumerate(SAMPLES):
            at = corners[corners[:, 0] == sample][:, 1]
            assert (at.min(), at.max()) == (low[k], high[k])
    assert ax.get_xscale() == "log" and ax.get_xlim() == (20, 200_000)


def test_a_mean_may_leave_its_band_of_percentiles() -> None:
    figure = plots.value_against_samples([1, 10], {"skewed": [[0, 0], [0.5, 0.1], [0.2, 0.2]]})
    assert lines(figure)["skewed"].get_ydata().tolist() == [0.5, 0.1]


def test_levels_are_drawn_and_named_with_room_above_the_highest() -> None:
    figure = plots.value_against_samples(SAMPLES, {"TV": BAND}, {"best": 0.393, "other": 0.35})
    (ax,) = figure.axes
    marks = [line for line in ax.lines if line.get_gid() == "level"]
    assert [mark.get_ydata()[0] for mark in marks] == [0.393, 0.35]
    assert all(mark.get_color() == GREY for mark in marks)
    boxes = dict(texts(figure))
    to_pixels = ax.transData.transform
    assert boxes["best"].y0 >= to_pixels((20, 0.393))[1] > to_pixels((20, 0.35))[1] >= boxes["other"].y1
    assert boxes["best"].y1 <= ax.get_window_extent().y1


def test_a_range_that_is_asked_for_is_kept_and_a_style_is_taken_by_name() -> None:
    figure = plots.value_against_samples(SAMPLES, {"mine": BAND}, {"best": 0.9}, {"mine": "KL"}, ylim=(0, 0.95))
    assert figure.axes[0].get_ylim() == (0, 0.95)
    assert lines(figure)["mine"].get_color() == plots.STYLES["KL"]["color"]


def test_texts_are_inside_the_figure_and_apart(figures: dict[str, Figure]) -> None:
    for name, figure in figures.items():
        boxes = texts(figure)
        for text, box in boxes:
            assert box.x0 > -1 and box.y0 > -1, (name, text)
            assert box.x1 < figure.bbox.x1 + 1 and box.y1 < figure.bbox.y1 + 1, (name, text)
        for (one, a), (two, b) in itertools.combinations(boxes, 2):
            clear = min(a.x1, b.x1) - max(a.x0, b.x0) <= 1 or min(a.y1, b.y1) - max(a.y0, b.y0) <= 1
            assert clear, (name, one, two)


def test_every_axis_is_labelled_and_the_figure_fits_the_page(figures: dict[str, Figure]) -> None:
    for name, figure in figures.items():
        assert figure.bbox.width <= 624, name
        assert all(ax.get_xlabel() and ax.get_ylabel() for ax in figure.axes), name


@pytest.mark.slow
def test_the_same_numbers_give_the_same_bytes() -> None:
    once = {name: plots.png(figure) for name, figure in samples().items()}
    with matplotlib.rc_context({"font.size": 30, "axes.grid": True, "lines.linewidth": 9}):
        for name, figure in samples().items():
            assert plots.png(figure) == once[name], name


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.value_against_samples([10], {"a": [[0], [0], [0]]}), "samples must be positive and increasing"),
        (lambda: plots.value_against_samples([0, 10], {"a": np.zeros((3, 2))}), "samples must be positive"),
        (lambda: plots.value_against_samples([10, 10], {"a": np.zeros((3, 2))}), "samples must be positive"),
        (lambda: plots.value_against_samples([1, 2], {}), "curves must map labels to arrays"),
        (lambda: plots.value_against_samples([1, 2], [1]), "curves must map labels to arrays"),
        (lambda: plots.value_against_samples([1, 2], {"a": np.zeros((2, 2))}), r"curves\['a'\] must have shape"),
        (lambda: plots.value_against_samples([1, 2], {"a": np.full((3, 2), np.nan)}), r"curves\['a'\]\[0, 0\] must be"),
        (
            lambda: plots.value_against_samples([1, 2], {"a": [[0, 1], [0, 0], [0, 0.5]]}),
            r"curves\['a'\] must have the lower end of its band below the upper one, not so at \[1\]",
        ),
        (lambda: plots.value_against_samples([1, 2], {"a": np.zeros((3, 2))}, {"x": np.inf}), r"levels\['x'\] must be"),
        (
            lambda: plots.value_against_samples([1, 2], {"a": np.zeros((3, 2))}, styles={"a": "b"}),
            r"styles\['a'\] must be one of",
        ),
        (lambda: plots.value_against_samples([1, 2], {"a": np.zeros((3, 2))}, ax=3), "ax must be Matplotlib Axes"),
    ],
)
def test_bad_arguments_are_named(call: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call()
