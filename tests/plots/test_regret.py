"""Regret and certificates of many runs: what is drawn is what the histories say."""

from __future__ import annotations

import itertools
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from mornavi_lite import History, Mornavi, NashVI, TotalVariation, plots, run, zoo
from mornavi_lite.plots.regret import smallest_certificates

EPISODES = 20_000


@pytest.fixture(scope="module")
def seeds() -> list[History]:
    game = zoo.garnet(2, (2, 2), 3, branching=2, seed=6, rewards="zero-sum")
    return [run(Mornavi(TotalVariation(0.1)), game, EPISODES, seed=seed) for seed in range(4)]


@pytest.fixture(scope="module")
def longer() -> History:
    return run(NashVI(), zoo.traffic_merge(), 10**6)


def texts(figure: Figure) -> list[Any]:
    """Visible texts of a figure, with the pixels they cover."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    found = [t for t in figure.findobj(matplotlib.text.Text) if t.get_visible() and t.get_text().strip()]
    found = [t for t in found if t.axes is not None]  # what is written by hand
    for ax in figure.axes:
        low, high = ax.get_xlim()
        found += [t for x, t in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True) if low <= x <= high]
    return [(t.get_text(), matplotlib.text.Text.get_window_extent(t, renderer)) for t in found]


def sum_of_gaps(history: History, n_episodes: int) -> float:
    """Regret by the definition: one term for each episode."""
    gaps = np.repeat(history.gap, np.diff(history.episode, prepend=0))
    return float(gaps[:n_episodes].sum())


def test_the_line_is_the_median_and_the_band_the_percentiles(seeds: list[History]) -> None:
    (ax,) = plots.learning_curves({"TV": seeds}, band=(0, 100)).axes
    x, y = ax.lines[0].get_data()
    assert x[0] == 100 and x[-1] == EPISODES and (np.diff(x) > 0).all()
    outline = ax.collections[0].get_paths()[0].vertices
    for k in (0, 7, len(x) - 1):
        totals = sorted(sum_of_gaps(each, int(x[k])) for each in seeds)
        assert y[k] == pytest.approx((totals[1] + totals[2]) / 2)
        heights = outline[outline[:, 0] == x[k]][:, 1]
        assert heights.min() == pytest.approx(totals[0]) and heights.max() == pytest.approx(totals[-1])
    assert ax.get_xscale() == ax.get_yscale() == "log"


def test_default_band_holds_the_middle_eighty_of_a_hundred(seeds: list[History]) -> None:
    (ax,) = plots.learning_curves({"TV": seeds}).axes
    last = [float(each.regret[-1]) for each in seeds]
    outline = ax.collections[0].get_paths()[0].vertices
    heights = outline[outline[:, 0] == EPISODES][:, 1]
    assert [heights.min(), heights.max()] == pytest.approx(np.percentile(last, [10, 90]).tolist())


def test_certificates_are_the_smallest_of_the_plans_made_so_far(seeds: list[History]) -> None:
    history = seeds[0]
    starts = [0, *history.episode[:-1].tolist()]
    for k in (1, 2, 3, 10, 500, EPISODES):
        made = [c for start, c in zip(starts, history.certificate, strict=True) if start <= k]
        assert smallest_certificates(history, np.array([k]))[0] == min(made)
    (ax,) = plots.learning_curves({"one": history}, of="certificate", first=1).axes
    y = ax.lines[0].get_ydata()
    assert (np.diff(y) <= 0).all() and y[-1] == history.best_certificate


def test_one_run_has_no_band_and_labels_may_differ_in_length(seeds: list[History], longer: History) -> None:
    (ax,) = plots.learning_curves({"short": seeds[0], "long": longer}).axes
    assert not ax.collections
    assert [line.get_xdata()[-1] for line in ax.lines] == [EPISODES, 10**6]
    assert ax.get_xlim() == (100, 10**6)


def test_laws_are_drawn_where_they_are_inside_and_named(seeds: list[History]) -> None:
    (ax,) = plots.learning_curves({"TV": seeds}, laws={"√K": np.sqrt, "K": lambda k: k / 10}).axes
    root, linear = (next(line for line in ax.lines if line.get_label() == name) for name in ("√K", "K"))
    x, y = root.get_data()
    seen = np.isfinite(y)
    assert seen.any() and np.allclose(y[seen], np.sqrt(x[seen]))
    assert np.nanmax(linear.get_ydata()) <= ax.get_ylim()[1]
    assert {"√K", "K", "TV"} <= {text.get_text() for text in ax.texts}


def test_levels_are_dotted_lines_with_their_numbers(longer: History) -> None:
    (ax,) = plots.learning_curves({"nominal": longer}, of="certificate", levels=[0.2, 0.05]).axes
    assert [line.get_ydata()[0] for line in ax.lines if line.get_gid() == "level"] == [0.2, 0.05]
    assert {"0.2", "0.05"} <= {text.get_text() for text in ax.texts}


def test_zeros_are_left_out_and_a_line_of_zeros_is_named() -> None:
    free = run(Mornavi(TotalVariation(0.2)), zoo.support_shift(theta=0), 1000)
    assert free.regret[-1] == 0
    with pytest.raises(ValueError, match=r"runs\['free'\] is 0 throughout"):
        plots.learning_curves({"free": free})
    late = run(Mornavi(TotalVariation(0.1), confidence="bonus"), zoo.safe_or_risky(), 10**6)
    assert late.regret_at(100) == 0 < late.regret[-1]
    (ax,) = plots.learning_curves({"late": late}).axes
    y = ax.lines[0].get_ydata()
    assert np.isnan(y[0]) and y[-1] == late.regret[-1] and ax.get_ylim()[0] > 0


def test_colours_are_those_of_the_book(seeds: list[History]) -> None:
    (ax,) = plots.learning_curves({"TV": seeds, "KL, even": seeds}, styles={"KL, even": "KL"}).axes
    for line, name in zip(ax.lines, ("TV", "KL"), strict=True):
        assert line.get_color() == plots.STYLES[name]["color"]


@pytest.mark.parametrize("columns", [1, 2])
def test_no_text_covers_another(columns: int, seeds: list[History], longer: History) -> None:
    figure, axes = plots.panels(columns=columns, height=3.8)
    for ax in axes:
        runs = {"set": seeds, "bonus": longer}
        plots.learning_curves(runs, of="certificate", levels=[0.2], title="TV", ax=ax)
    shown = texts(figure)
    for (first, a), (second, b) in itertools.combinations(shown, 2):
        over = min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
        assert not over, (first, second)
    assert len([text for text, _ in shown if "mathdefault{10^" in text]) >= 2 * columns


def test_long_axes_of_narrow_panels_have_few_ticks() -> None:
    history = run(NashVI(), zoo.safe_or_risky(), 10**12)
    wide = plots.learning_curves({"one": history}).axes[0]
    _, (narrow, _) = plots.panels(columns=2)
    plots.learning_curves({"one": history}, ax=narrow)
    assert wide.get_xticks().tolist() == [1e2, 1e4, 1e6, 1e8, 1e10, 1e12]
    assert narrow.get_xticks().tolist() == [1e2, 1e6, 1e10]


def test_the_same_numbers_give_the_same_bytes(seeds: list[History]) -> None:
    first, second = (plots.png(plots.learning_curves({"TV": seeds}, laws={"√K": np.sqrt})) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"runs": {}}, TypeError, "runs must map labels to histories"),
        ({"runs": []}, TypeError, "runs must map labels to histories"),
        ({"runs": {"a": []}}, TypeError, r"runs\['a'\] must be a History or several"),
        ({"runs": {"a": [1.0]}}, TypeError, r"runs\['a'\] must be a History or several"),
        ({"of": "gap"}, ValueError, "of must be one of"),
        ({"first": 0}, ValueError, "first must be"),
        ({"first": EPISODES}, ValueError, r"runs\['TV'\] must be longer than first = 20000 episodes, got 20000"),
        ({"band": (-1, 90)}, ValueError, r"band\[0\]"),
        ({"levels": [0.2, 0.0]}, ValueError, r"levels\[1\]"),
        ({"laws": {"far": lambda k: k * 1e9}}, ValueError, r"laws\['far'\] lies outside"),
        ({"laws": {"none": lambda k: k * np.nan}}, ValueError, r"laws\['none'\]\[0\] must be finite"),
        ({"laws": {"one": lambda k: [1.0]}}, ValueError, r"laws\['one'\] must have shape"),
        ({"styles": {"TV": "nobody"}}, ValueError, r"styles\['TV'\] must be one of"),
        ({"ax": "here"}, TypeError, "ax must be Matplotlib Axes"),
    ],
)
def test_bad_arguments_are_named(change: dict[str, Any], error: type, message: str, seeds: list[History]) -> None:
    with pytest.raises(error, match=message):
        plots.learning_curves(**({"runs": {"TV": seeds}} | change))
