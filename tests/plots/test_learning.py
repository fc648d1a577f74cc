"""Figures of learning: the lines are the history's numbers, zeros are seen, every text can be read."""

from __future__ import annotations

import itertools
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from mornavi_lite import (
    History,
    KullbackLeibler,
    MarkovGame,
    Mornavi,
    NashVI,
    Nominal,
    TotalVariation,
    learn,
    plots,
    run,
    zoo,
)
from mornavi_lite.plots.style import GREY, pieces, short
from tests.runs.test_environment import Wrapped


def bandit() -> MarkovGame:
    """One state, one step, five arms: after five episodes everything is known and the certificate is exactly 0."""
    return MarkovGame.stationary(np.ones((1, 5, 1)), [[[0.1, 0.5, 0.2, 0.9, 0.3]]], (5,), horizon=1)


@pytest.fixture(scope="module")
def runs() -> dict[str, History]:
    game = zoo.safe_or_risky(rewards="opposed")
    return {
        "TV": run(Mornavi(TotalVariation(0.1)), game, 3000, seed=1),
        "KL": run(Mornavi(KullbackLeibler(0.1)), game, 3000, seed=1),
        "nominal": run(Mornavi(Nominal()), game, 500, seed=1),
        "stopped": run(Mornavi(TotalVariation(0.1)), game, 3000, seed=1, until=1.0),
        "bandit": run(NashVI(), bandit(), 50),
        "one plan": run(NashVI(), bandit(), 1),
        "environment": learn(Mornavi(TotalVariation(0.1)), Wrapped(game, rewards="random"), 300, seed=1),
    }


def samples(runs: dict[str, History]) -> dict[str, Figure]:
    high = np.array([2.0, 1.5, 0.125, 0.125])
    several = {name: runs[name] for name in ("TV", "KL", "nominal")}
    return {
        **{f"bounds {name}": plots.value_bounds(each) for name, each in runs.items()},
        "bounds, marked": plots.value_bounds(runs["TV"], 1, limit=0.3, ylim=(0, 3.1), title="player 2"),
        **{f"certificate {name}": plots.certificate_and_gap(each, title=name) for name, each in runs.items()},
        "certificates": plots.certificates(several, goal=0.2, title="three sets"),
        "certificates, zero": plots.certificates({"TV": runs["TV"], "arms": runs["bandit"]}),
        "plans": plots.plans_made(several, n_cells=60),
        "plans of one": plots.plans_made({"it": runs["one plan"]}, title="one"),
        "payoffs": plots.payoff_bounds([0, 0.5, 0, 0.125], high, ["(go, go)", "(go, wait)", "(wait, go)", "(-, -)"]),
        "payoffs, chosen": plots.payoff_bounds([0, 0.5], [1, 0.5], ["a", "b"], [0, 0.5], 1, xlim=(-1, 2), title="t"),
    }


@pytest.fixture(scope="module")
def figures(runs: dict[str, History]) -> dict[str, Figure]:
    return samples(runs)


def lines(figure: Figure) -> dict[str, Any]:
    return {line.get_label(): line for line in figure.axes[0].lines}


def texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Each visible text of the figure with the pixels it covers."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    found = figure.findobj(lambda artist: isinstance(artist, matplotlib.text.Text))
    shown = [text for text in found if text.get_visible() and text.get_text().strip() and text.axes is not None]
    return [(text.get_text(), matplotlib.text.Text.get_window_extent(text, renderer)) for text in shown]


def at_plans(line: Any, history: History) -> np.ndarray:
    """Height of a line at the first episode of each plan, where pieces of it may lie one above the other: the last."""
    x, y = line.get_xdata(), line.get_ydata()
    return np.array([y[(x == start) & ~np.isnan(y)][-1] for start in first_episodes(history)])


def first_episodes(history: History) -> list[int]:
    return [1, *(history.episode[:-1] + 1).tolist()]


def test_value_bounds_are_those_of_the_player_and_hold_until_the_next_plan(runs: dict[str, History]) -> None:
    history = runs["KL"]
    for player in (0, 1):
        drawn = lines(plots.value_bounds(history, player, limit=0.25))
        for label, values in (
            ("optimistic", history.upper),
            ("true", history.value),
            ("pessimistic", history.lower),
        ):
            line = drawn[label]
            assert line.get_xdata().max() == 3000
            np.testing.assert_array_equal(at_plans(line, history), values[:, player])
            assert line.get_color() == plots.STYLES[label]["color"]
    figure = plots.value_bounds(history, limit=0.25)
    (mark,) = (line for line in figure.axes[0].lines if line.get_gid() == "limit")
    assert mark.get_ydata()[0] == 0.25 and mark.get_color() == GREY


def test_a_jump_is_drawn_as_a_jump_and_a_small_step_as_a_step() -> None:
    x, y = pieces(np.array([1.0, 2, 4, 8]), np.array([0.5, 0.4, 0.9]), least=0.2)
    np.testing.assert_array_equal(x, [1, 2, 2, 4, 4, 4, 8])
    np.testing.assert_array_equal(y, [0.5, 0.5, 0.4, 0.4, np.nan, 0.9, 0.9])


def test_the_shade_lies_between_the_bounds(runs: dict[str, History]) -> None:
    history = runs["TV"]
    (shade,) = plots.value_bounds(history).axes[0].collections
    y = shade.get_paths()[0].vertices[:, 1]
    assert (y.min(), y.max()) == (history.lower[:, 0].min(), history.upper[:, 0].max())


def test_certificate_and_gap_show_what_was_recorded(runs: dict[str, History]) -> None:
    history = runs["TV"]
    drawn = lines(plots.certificate_and_gap(history))
    np.testing.assert_array_equal(drawn["of each plan"].get_ydata()[:-1], history.certificate)
    best = drawn["certificate,\nbest so far"].get_ydata()
    np.testing.assert_array_equal(best[:-1], np.minimum.accumulate(history.certificate))
    gap = at_plans(drawn["true gap"], history)
    positive = history.gap > 0
    np.testing.assert_allclose(gap[positive], history.gap[positive], rtol=1e-12)
    assert (~positive).any()
    assert len(set(gap[~positive])) == 1 and gap[~positive][0] < history.gap[positive].min() / 5


def test_of_an_environment_is_drawn_what_is_known(runs: dict[str, History]) -> None:
    history = runs["environment"]
    assert not history.judged
    assert {*lines(plots.value_bounds(history))} == {"optimistic", "pessimistic"}
    drawn = lines(plots.certificate_and_gap(history))
    assert {*drawn} == {"certificate,\nbest so far", "of each plan"}
    np.testing.assert_array_equal(drawn["of each plan"].get_ydata()[:-1], history.certificate)
    best = plots.learning_curves({"it": history}, of="certificate", first=1).axes[0].lines[0].get_ydata()
    assert best[-1] == history.best_certificate
    with pytest.raises(ValueError, match=r"runs\['it'\] has no regret, as its game is not known"):
        plots.learning_curves({"it": history}, first=1)


def test_zero_has_a_place_of_its_own_on_a_logarithmic_axis(runs: dict[str, History]) -> None:
    for figure in (plots.certificate_and_gap(runs["bandit"]), plots.certificates({"arms": runs["bandit"]})):
        (ax,) = figure.axes
        names = [tick.get_text() for tick in ax.get_yticklabels()]
        foot = ax.get_yticks()[0]
        assert names[0] == "0" and ax.get_ylim()[0] < foot
        assert names[1:] == [short(tick) for tick in ax.get_yticks()[1:]]
        (line,) = (each for each in ax.lines if each.get_label() in ("arms", "certificate,\nbest so far"))
        assert line.get_ydata()[-1] == foot and runs["bandit"].best_certificate == 0
    names = [tick.get_text() for tick in plots.certificates({"TV": runs["TV"]}).axes[0].get_yticklabels()]
    assert "0" not in names and "1" in names and "0.1" not in names[2:]


def test_certificates_are_the_best_so_far_of_each_run(runs: dict[str, History]) -> None:
    several = {name: runs[name] for name in ("TV", "KL", "nominal")}
    figure = plots.certificates(several, goal=0.2)
    for name, line in list(lines(figure).items())[:3]:
        assert line.get_xdata().tolist() == [*first_episodes(runs[name]), runs[name].episode[-1]]
        np.testing.assert_array_equal(line.get_ydata()[:-1], np.minimum.accumulate(runs[name].certificate))
        assert line.get_color() == plots.STYLES[name]["color"]
    (mark,) = (line for line in figure.axes[0].lines if line.get_gid() == "goal")
    assert mark.get_ydata()[0] == 0.2 and "0.2" in [text.get_text() for text in figure.axes[0].texts]
    styled = plots.certificates({"mine": runs["TV"]}, styles={"mine": "KL"})
    assert lines(styled)["mine"].get_color() == plots.STYLES["KL"]["color"]


def test_plans_made_counts_plans_and_draws_the_bound(runs: dict[str, History]) -> None:
    drawn = lines(plots.plans_made({"TV": runs["TV"]}, n_cells=60))
    made, bound = drawn["TV"], drawn["bound"]
    assert made.get_ydata().tolist() == [*range(1, runs["TV"].n_plans + 1), runs["TV"].n_plans]
    episodes, allowed = bound.get_xdata(), bound.get_ydata()
    np.testing.assert_array_equal(allowed, 60 * (np.floor(np.log2(episodes)) + 1) + 1)
    assert episodes[0] == 1 and episodes[-1] == 3000
    for start, plans in zip(made.get_xdata(), made.get_ydata(), strict=True):
        assert plans <= allowed[np.searchsorted(episodes, start, side="right") - 1]


def test_a_run_that_stopped_ends_where_its_last_plan_begins(runs: dict[str, History]) -> None:
    history = runs["stopped"]
    x = lines(plots.value_bounds(history))["true"].get_xdata()
    assert set(x) == {*first_episodes(history), x[-1]}
    assert x[-2] == history.episode[-1] + 1 and x[-1] == x[-2] + 1  # wide enough to be seen


def test_payoff_bounds_are_intervals_in_the_order_of_the_joint_actions() -> None:
    low, high, true = [0.0, 0.5, 0.25], [1.0, 0.5, 0.75], [0.0, 0.5, 0.4]
    (ax,) = plots.payoff_bounds(low, high, ["a", "b", "c"], true, chosen=2).axes
    bars = ax.containers[0]
    assert [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars] == list(zip(low, high, strict=True))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"] and ax.yaxis_inverted()
    colours = [bar.get_facecolor() for bar in bars]
    assert colours[0] == colours[1] != colours[2]
    (dots,) = (line for line in ax.lines if line.get_gid() == "true")
    assert dots.get_xdata().tolist() == true and dots.get_ydata().tolist() == [0, 1, 2]
    assert ax.get_xlim()[0] < 0 and ax.get_xlim()[1] > 1


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
def test_the_same_numbers_give_the_same_bytes(runs: dict[str, History]) -> None:
    once = {name: plots.png(figure) for name, figure in samples(runs).items()}
    with matplotlib.rc_context({"font.size": 30, "axes.grid": True, "lines.linewidth": 9}):
        for name, figure in samples(runs).items():
            assert plots.png(figure) == once[name], name


def test_panels_are_drawn_into(runs: dict[str, History]) -> None:
    figure, axes = plots.panels(rows=3, height=9)
    for ax, draw in zip(axes, (plots.value_bounds, plots.certificate_and_gap), strict=False):
        assert draw(runs["TV"], ax=ax) is figure
    assert plots.certificates({"TV": runs["TV"]}, ax=axes[2]) is figure
    assert all(len(ax.lines) for ax in axes) and len(figure.axes) == 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda h: plots.value_bounds("run"), "history must be a History, got str"),
        (lambda h: plots.value_bounds(h, player=2), "player must be from 0 to 1"),
        (lambda h: plots.value_bounds(h, limit=np.nan), "limit must be"),
        (lambda h: plots.certificate_and_gap(None), "history must be a History, got NoneType"),
        (lambda h: plots.certificates([h]), "histories must map labels to histories"),
        (lambda h: plots.certificates({}), "histories must map labels to histories"),
        (lambda h: plots.certificates({"a": 1}), r"histories\['a'\] must be a History, got int"),
        (lambda h: plots.certificates({"a": h}, goal=0), "goal must be positive"),
        (lambda h: plots.certificates({"a": h}, styles={"a": "b"}), r"styles\['a'\] must be one of"),
        (lambda h: plots.plans_made({"a": 1}), r"histories\['a'\] must be a History"),
        (lambda h: plots.plans_made({"a": h}, n_cells=0), "n_cells must be at least 1"),
        (lambda h: plots.payoff_bounds([0, 1], [1, 0.5], ["a", "b"]), r"low\[1\] must be at most high\[1\]"),
        (lambda h: plots.payoff_bounds([0], [1, 2], ["a"]), "high must have shape of low"),
        (lambda h: plots.payoff_bounds([0], [1], ["a", "b"]), "names must be a sequence of 1 names"),
        (lambda h: plots.payoff_bounds([0], [1], ["a"], true=[0, 1]), "true must have shape of low"),
        (lambda h: plots.payoff_bounds([0], [1], ["a"], chosen=1), "chosen must be from 0 to 0"),
        (lambda h: plots.value_bounds(h, ax=3), "ax must be Matplotlib Axes"),
    ],
)
def test_bad_arguments_are_named(call: Any, message: str, runs: dict[str, History]) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call(runs["TV"])
