"""Figures of what counts and statements leave open: the drawn bounds are those computed, regions hold what they say."""

from __future__ import annotations

import itertools
import math
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from mornavi_lite import plots
from mornavi_lite.confidence import ConfidenceSet, row_cost

SETS = {form: ConfidenceSet(form, n_states=3, n_rows=80, delta=0.05) for form in ("row", "events", "hoeffding")}
LESS, MORE = ([0.1, 0.0, 0.2], [0.9, 0.5, 0.6]), ([0.3, 0.0, 0.4], [0.8, 0.0, 0.4])
NAMES = ["rich", "fair", "poor"]


def figures() -> dict[str, Figure]:
    return {
        "bounds": plots.bounds_told({"counts alone": LESS, "told more": MORE}, NAMES, [0.5, 0.0, 0.4]),
        "one label": plots.bounds_told({"counts alone": LESS}, NAMES, xlim=(0.15, 0.7), title="after 100 visits"),
        "long names": plots.bounds_told(
            {"counts of one step alone": LESS, "told that all five steps are alike": MORE},
            ["harbour at step 0", "harbour at step 1", "sea"],
        ),
        "simplex": plots.allowed_on_simplex(SETS, [50, 30, 20], NAMES, true=[0.5, 0.3, 0.2]),
        "edge": plots.allowed_on_simplex(SETS, [70, 30, 0], NAMES, title="never poor"),
    }


@pytest.mark.parametrize("name", figures())
def test_no_word_lies_over_another_and_the_same_call_gives_the_same_bytes(name: str) -> None:
    figure = figures()[name]
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    texts = [t for t in figure.findobj(matplotlib.text.Text) if t.get_text().strip() and t.get_visible()]
    boxes = [(t.get_text(), matplotlib.text.Text.get_window_extent(t, renderer)) for t in texts if t.axes is not None]
    for (one, a), (two, b) in itertools.combinations(boxes, 2):
        shared = Bbox.intersection(a, b)
        assert shared is None or min(shared.size) < 2, (one, two)
    assert plots.png(figures()[name]) == plots.png(figures()[name])


def test_bars_are_the_bounds_in_the_order_of_the_names() -> None:
    ax: Any
    (ax,) = figures()["bounds"].axes
    bars = [(b.get_x(), b.get_x() + b.get_width(), b.get_y() + b.get_height() / 2) for b in ax.patches]
    drawn = np.array(bars).reshape(2, 3, 3)
    np.testing.assert_allclose(drawn[..., :2], np.array([LESS, MORE]).swapaxes(1, 2))
    assert (np.rint(drawn[..., 2]) == np.arange(3)).all() and (drawn[0, :, 2] < drawn[1, :, 2]).all()
    (dots,) = [line for line in ax.lines if line.get_gid() == "true"]
    np.testing.assert_allclose(np.asarray(dots.get_xydata()), [[0.5, 0], [0.0, 1], [0.4, 2]])
    assert [label.get_text() for label in ax.get_yticklabels()] == NAMES and ax.yaxis_inverted()


@pytest.mark.parametrize("seen", [[50, 30, 20], [1, 0, 0], [70, 30, 0], [3, 0, 10**6]])
def test_the_round_region_is_where_the_divergence_is_within_the_budget(seen: list[int]) -> None:
    """Its corners spend the budget, or lie on a side of the triangle; random rows are inside as the definition says."""
    counts, conf = np.array(seen), SETS["row"]
    ax: Any
    (ax,) = plots.allowed_on_simplex({"row": conf}, counts, NAMES).axes
    (region,) = [patch for patch in ax.patches if patch.get_gid() == "row"]
    edge = region.get_xy()
    corners = plots.on_plane(np.eye(3))
    weights = np.linalg.solve(np.vstack([corners.T, np.ones(3)]), np.vstack([edge.T, np.ones(len(edge))])).T
    budget = float(row_cost(counts)) + math.log(conf.n_rows / conf.delta)
    held, share = counts > 0, counts / counts.sum()

    def spent(p: np.ndarray) -> float:
        return float(counts[held] @ (np.log(share[held]) - np.log(p[held])))

    for p in weights:
        inside = spent(np.maximum(p, 1e-300))
        assert inside <= budget + 1e-6 and (inside > budget - 1e-6 or p.min() < 1e-9)
    path: Any = matplotlib.path.Path(edge)
    rng = np.random.default_rng(0)
    for p in 0.5 * share + 0.5 * rng.dirichlet(np.ones(3), size=200):
        if abs(spent(p) - budget) > 0.05 * budget:
            assert path.contains_point(plots.on_plane(p)) == (spent(p) < budget)


def test_what_is_seen_and_true_has_a_mark() -> None:
    ax: Any
    (ax,) = figures()["simplex"].axes
    marks: dict[str, Any] = {str(line.get_label()): line.get_xydata()[0] for line in ax.lines}
    np.testing.assert_allclose(marks["seen"], plots.on_plane([0.5, 0.3, 0.2]))
    np.testing.assert_allclose(marks["true"], plots.on_plane([0.5, 0.3, 0.2]))
    assert [patch.get_gid() for patch in ax.patches][1:] == list(SETS)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.bounds_told({}, NAMES), "bounds must map one to four labels"),
        (lambda: plots.bounds_told({"a": ([0.5], [0.4])}, ["x"]), r"bounds\['a'\] must have its lowest value below"),
        (lambda: plots.bounds_told({"a": LESS, "b": ([0], [1])}, NAMES), r"bounds\['b'\]\[0\] must have shape"),
        (lambda: plots.bounds_told({"a": ([], [])}, []), r"bounds\['a'\] must hold at least one number"),
        (lambda: plots.bounds_told({"a": LESS}, NAMES[:2]), "names must be a sequence of 3 names"),
        (lambda: plots.bounds_told({"a": LESS}, NAMES, true=[0.5]), "true must have shape of the bounds"),
        (lambda: plots.allowed_on_simplex(SETS, [0, 0, 0], NAMES), "counts must have a visit"),
        (lambda: plots.allowed_on_simplex({}, [1, 0, 0], NAMES), "sets must map labels"),
        (
            lambda: plots.allowed_on_simplex({"a": ConfidenceSet("row", 4, 1, 0.05)}, [1, 0, 0], NAMES),
            r"sets\['a'\] must be for 3 states",
        ),
        (
            lambda: plots.allowed_on_simplex({"a": ConfidenceSet("row", 3, 1, 0.05, scale=0.5)}, [1, 0, 0], NAMES),
            "of scale 1",
        ),
    ],
)
def test_bad_arguments_are_named(call: object, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call()  # type: ignore[operator]
