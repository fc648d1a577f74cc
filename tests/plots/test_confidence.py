"""Figures of chapter 4: what is drawn is what was computed, every text can be read, and nothing hides another."""

from __future__ import annotations

import itertools
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from mornavi_lite import plots
from mornavi_lite.confidence import TAILS, ConfidenceSet

VISITS = np.rint(10 ** np.linspace(0.5, 6, 56)).astype(int)
VALUE, NAMES = np.array([0.3, 1.0, 0.0, 0.6]), ["poor", "rich", "sand", "fair"]
SEEN, TRUE = np.array([20, 50, 0, 30]), [0.2, 0.5, 0.0, 0.3]
COIN = {tail: ConfidenceSet(tail, 2, 1, 0.05).event_bound(0, VISITS) for tail in ("events", *TAILS[1:])}
FALLING = {"never": 1 / VISITS, "KL": np.where(VISITS < 1000, 0.1, 0.0), "TV": np.full(len(VISITS), 0.2)}


def tails_figure(**change: Any) -> Figure:
    row = ConfidenceSet("events", n_states=4, n_rows=80, delta=0.05)
    models = {"optimistic": row.optimistic(SEEN, VALUE), "pessimistic": row.pessimistic(SEEN, VALUE)}
    given = {"value": VALUE, "observed": SEEN / 100, **models, "names": NAMES, "true": TRUE}
    return plots.raised_tails(**{**given, **change})


def samples() -> dict[str, Figure]:
    laws = {"1 / N": 1 / VISITS, "1 / √N": 1 / np.sqrt(VISITS)}
    figure, axes = plots.panels(rows=2, columns=2, height=6.0)
    for ax in axes:
        plots.against_visits(VISITS, {"set": 1 / VISITS, "bonus": 2 / VISITS}, "width", title="TV", ax=ax)
    return {
        "bounds": plots.against_visits(VISITS, COIN, "probability not excluded"),
        "laws": plots.against_visits(VISITS, FALLING, "deficit", laws=laws, title="deficit"),
        "level": plots.against_visits(
            VISITS, {"a": 1 / VISITS}, "share", level=(0.05, "δ = 0.05"), yscale="linear", ylim=(0, 1)
        ),
        "panels": figure,
        "tails": tails_figure(),
        "tails without truth": tails_figure(true=None, title="after 100 visits"),
    }


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    return samples()


def boxes(figure: Figure) -> list[tuple[str, Bbox]]:
    """Each visible text of a figure with the pixels it covers."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    texts = [text for text in figure.findobj(matplotlib.text.Text) if text.get_visible() and text.get_text().strip()]
    return [
        (text.get_text(), matplotlib.text.Text.get_window_extent(text, renderer))
        for text in texts
        if text.axes is not None
    ]


# --- all of them


@pytest.mark.slow
def test_the_same_numbers_give_the_same_bytes(figures: dict[str, Figure]) -> None:
    with matplotlib.rc_context({"font.size": 30, "axes.grid": True, "lines.linewidth": 9}):
        again = samples()
        for name, figure in figures.items():
            assert plots.png(figure) == plots.png(again[name]), name


def test_every_text_is_inside_and_none_covers_another(figures: dict[str, Figure]) -> None:
    for name, figure in figures.items():
        found = boxes(figure)
        for text, box in found:
            assert box.x0 > -1 and box.y0 > -1, (name, text)
            assert box.x1 < figure.bbox.x1 + 1 and box.y1 < figure.bbox.y1 + 1, (name, text)
        for (one, a), (two, b) in itertools.combinations(found, 2):
            width, height = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
            assert width <= 1 or height <= 3, (name, one, two)


def test_every_axis_is_labelled_and_figures_fit_the_page(figures: dict[str, Figure]) -> None:
    for name, figure in figures.items():
        assert figure.get_size_inches()[0] * figure.dpi < 624, name
        assert all(ax.get_xlabel() and ax.get_ylabel() for ax in figure.axes), name


# --- against visits


def test_the_curves_are_drawn_as_given_and_labelled_at_their_ends() -> None:
    ax: Any = plots.against_visits(VISITS, COIN, "probability").axes[0]
    assert (ax.get_xscale(), ax.get_yscale(), ax.get_ylabel()) == ("log", "log", "probability")
    assert ax.get_xlim() == (VISITS[0], VISITS[-1])
    for line, (tail, bound) in zip(ax.lines, COIN.items(), strict=True):
        assert line.get_label() == tail
        assert np.array_equal(line.get_xydata(), np.stack([VISITS, bound], axis=1))
    assert [text.get_text() for text in ax.texts] == list(COIN)
    low, high = ax.get_ylim()
    assert low <= min(bound.min() for bound in COIN.values()) and high >= 1


def test_a_line_that_falls_to_zero_goes_straight_down() -> None:
    ax: Any = plots.against_visits(VISITS, FALLING, "deficit").axes[0]
    (fall,) = [line for line in ax.lines if line.get_gid() == "falls to 0"]
    last = VISITS[VISITS < 1000][-1]
    (x, low), (again, top) = fall.get_xydata()
    assert x == again == last and low == 0
    assert ax.transAxes.transform((0, top))[1] == pytest.approx(ax.transData.transform((last, 0.1))[1])
    assert fall.get_color() == plots.STYLES["KL"]["color"]
    (label,) = [text for text in ax.texts if text.get_text() == "KL"]
    assert label.xy[0] == last
    linear: Any = plots.against_visits(VISITS, FALLING, "deficit", yscale="linear").axes[0]
    assert not [line for line in linear.lines if line.get_gid() == "falls to 0"]
    assert np.array_equal(linear.lines[1].get_ydata(), FALLING["KL"])


def test_one_number_of_visits_is_a_point_inside() -> None:
    ax: Any = plots.against_visits([10], {"a": [0.5]}, "width").axes[0]
    low, high = ax.get_xlim()
    assert low < 10 < high and ax.lines[0].get_xydata().tolist() == [[10, 0.5]]


def test_laws_are_thin_and_named_and_a_level_is_marked() -> None:
    laws = {"1 / N": 1 / VISITS, "1 / √N": 1 / np.sqrt(VISITS)}
    ax: Any = plots.against_visits(VISITS, {"a": 2 / VISITS}, "width", laws=laws, level=(0.05, "δ")).axes[0]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(laws)
    for line, rate in zip(ax.lines, laws.values(), strict=False):
        assert np.array_equal(line.get_ydata(), rate) and line.get_linewidth() < 1.5
    assert len({str(line._dash_pattern) for line in ax.lines[:2]}) == 2
    assert ax.lines[-1].get_ydata() == [0.05, 0.05]
    assert "δ" in [text.get_text() for text in ax.texts]


def test_a_style_of_its_own_or_a_borrowed_one() -> None:
    ax: Any = plots.against_visits(VISITS, FALLING, "deficit", styles={"never": "nominal"}).axes[0]
    assert ax.lines[0].get_color() == plots.STYLES["nominal"]["color"]
    assert ax.lines[2].get_color() == plots.STYLES["TV"]["color"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"visits": [1, 1]}, r"visits must be positive and increasing"),
        ({"visits": [0, 1]}, r"visits must be positive and increasing"),
        ({"visits": [1, np.nan]}, "visits"),
        ({"curves": {}}, "curves must hold at least one line"),
        ({"curves": {"a": [1.0]}}, r"curves\['a'\] must have shape"),
        ({"curves": {"a": [1.0, -0.5]}}, r"curves\['a'\]\[1\] must not be negative, got -0.5"),
        ({"curves": {"a": [0.0, 0.0]}}, r"curves\['a'\] has nothing that a logarithmic axis can show"),
        ({"laws": {"b": [1.0, np.inf]}}, r"laws\['b'\]"),
        ({"yscale": "square"}, "yscale must be"),
        ({"ylim": (2, 3)}, r"ylim must show something of the curves, got \(2, 3\)"),
        ({"styles": {"a": "TB"}}, r"styles\['a'\] must be one of"),
    ],
)
def test_against_visits_names_bad_arguments(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plots.against_visits(**{"visits": [1, 2], "curves": {"a": [1.0, 0.5]}, "ylabel": "y", **change})


@pytest.mark.parametrize(("name", "given"), [("curves", [1, 2]), ("ax", "here")])
def test_against_visits_names_wrong_types(name: str, given: Any) -> None:
    with pytest.raises(TypeError, match=f"{name} must"):
        plots.against_visits(**{"visits": [1, 2], "curves": {"a": [1.0, 0.5]}, "ylabel": "y", name: given})


# --- tails


def test_bars_and_marks_are_the_tails_in_the_order_of_the_values() -> None:
    ax: Any = tails_figure().axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["rich", "fair", "poor"]
    assert [bar.get_width() for bar in ax.containers[0]] == pytest.approx([0.5, 0.8, 1.0])
    row = ConfidenceSet("events", n_states=4, n_rows=80, delta=0.05)
    order = [1, 3, 0]
    marks = {lines.get_gid(): [path.vertices[0, 0] for path in lines.get_paths()] for lines in ax.collections}
    for name, kernel in (("optimistic", row.optimistic(SEEN, VALUE)), ("pessimistic", row.pessimistic(SEEN, VALUE))):
        assert marks[name] == pytest.approx(np.cumsum(kernel[order]))
    assert marks["true"] == pytest.approx([0.5, 0.8, 1.0])
    for name, k, sign in (("optimistic", 1, 1), ("pessimistic", 2, -1)):
        for bar, end in zip(ax.containers[k], marks[name], strict=True):
            assert bar.get_x() + bar.get_width() == pytest.approx(end)
            assert sign * bar.get_width() >= -1e-12
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "true",
        "observed",
        "optimistic",
        "pessimistic",
    ]


def test_without_the_truth_there_are_no_marks_of_it() -> None:
    ax: Any = tails_figure(true=None).axes[0]
    assert [lines.get_gid() for lines in ax.collections] == ["optimistic", "pessimistic"]


def test_frames_of_a_slider_are_of_one_size() -> None:
    row = ConfidenceSet("events", n_states=4, n_rows=80, delta=0.05)
    frames = [
        plots.raised_tails(VALUE, SEEN / 100, row.optimistic(n * SEEN, VALUE), row.pessimistic(n * SEEN, VALUE), NAMES)
        for n in (1, 1000)
    ]
    assert len({tuple(frame.get_size_inches()) for frame in frames}) == 1
    assert len({frame.axes[0].get_xlim() for frame in frames}) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": [1.0]}, "value must have at least 2 states"),
        ({"value": [1.0, np.nan, 0, 0]}, "value"),
        ({"names": ["a", "b"]}, "names must be 4 names"),
        ({"names": "abcd"}, "names must be 4 names"),
        ({"observed": [0.5, 0.5]}, "observed must have shape"),
        ({"optimistic": [0.5, 0.5, 0.5, 0.5]}, "optimistic must sum to 1"),
        ({"true": [1.5, -0.5, 0, 0]}, r"true\[1\] must not be negative"),
    ],
)
def test_raised_tails_names_bad_arguments(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tails_figure(**change)
