"""What the book prints from stored runs: complete, and a sample of it comes out the same when it is run again."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pytest

from mornavi_lite import Counts, Mornavi, TotalVariation, run, zoo
from mornavi_lite.sweep import Grid
from tests import ROOT, measurement

BENCHMARKS = ROOT / "benchmarks"
SAME = {"rtol": 0, "atol": 1e-9}


def read(name: str) -> dict:
    path = BENCHMARKS / "results" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf8"))


@pytest.fixture(scope="module")
def scripts() -> Any:
    """The two scripts that made the files, as modules."""
    return {name: measurement(f"measure_{name}") for name in ("experiment", "tournament")}


@pytest.fixture(scope="module")
def floors() -> Any:
    """The script of chapter 9, as a module."""
    return measurement("measure_floors")


# --- the paper's experiment ------------------------------------------------------------------------------------------


def test_the_experiment_has_every_run_of_its_grid() -> None:
    stored, grid = read("experiment"), Grid.read(BENCHMARKS / "experiment.toml").configurations
    runs = [
        (e["game"], e["set"], e["radius"], e["learner"], seed)
        for e in stored["entries"]
        for seed in range(len(e["last"][0]))
    ]
    wanted = [
        (each["game"]["name"], ball["set"], ball["radius"], each["learner"]["name"], each["seed"])
        for each in grid
        for ball in [each["uncertainty"]]
    ]
    assert sorted(runs) == sorted(wanted) and len(runs) == 1920
    assert stored["checkpoints"][-1] == stored["episodes"] == grid[0]["episodes"]


def test_the_experiment_s_curves_are_those_of_its_seeds() -> None:
    stored = read("experiment")
    for e in stored["entries"]:
        for mean, low, high, seeds, last in zip(e["mean"], e["low"], e["high"], e["averaged"], e["last"], strict=True):
            assert len(seeds) == len(last) == stored["seeds"] and len(mean) == len(stored["checkpoints"])
            assert mean[-1] == pytest.approx(np.mean(seeds), abs=1e-6)
            assert (low[-1], high[-1]) == pytest.approx(np.percentile(seeds, [10, 90]), abs=1e-6)


def test_a_radius_of_zero_makes_the_two_learners_one() -> None:
    found = {(e["game"], e["set"], e["radius"], e["learner"]): e for e in read("experiment")["entries"]}
    for (game, ball, radius, learner), e in found.items():
        if learner == "Mornavi" and radius == 0:
            assert e["averaged"] == found[game, ball, radius, "NashVI"]["averaged"]


def test_the_averaged_value_is_the_mean_over_episodes(scripts: Any) -> None:
    episode, value = np.array([2, 5, 9]), np.array([[1.0, 0.0], [0.5, 2.0], [3.0, -1.0]])
    each = np.repeat(value, [2, 3, 4], axis=0)
    at = np.arange(1, 10)
    expected = np.cumsum(each, axis=0).T / at
    np.testing.assert_allclose(scripts["experiment"].averaged(episode, value, at), expected, atol=1e-15)


@pytest.mark.parametrize(
    ("game", "ball", "radius", "learner", "seed"),
    [
        ("paper_cooperative", "TotalVariation", 0.4, "Mornavi", 17),
        ("paper_cooperative", "KullbackLeibler", 0.05, "Mornavi", 0),
        ("paper_general_sum", "TotalVariation", 0.2, "NashVI", 3),
        ("paper_general_sum", "KullbackLeibler", 0.1, "Mornavi", 29),
    ],
)
def test_a_run_of_the_experiment_again(
    scripts: Any, game: str, ball: str, radius: float, learner: str, seed: int
) -> None:
    stored = read("experiment")
    (entry,) = (
        e
        for e in stored["entries"]
        if (e["game"], e["set"], e["radius"], e["learner"]) == (game, ball, radius, learner)
    )
    configuration = {
        "game": {"name": game},
        "learner": {"name": learner},
        "uncertainty": {"set": ball, "radius": radius},
        "seed": seed,
        "episodes": stored["episodes"],
    }
    assert configuration | {"until": None} in Grid.read(BENCHMARKS / "experiment.toml").configurations
    run = scripts["experiment"].of_run(configuration)
    averaged = scripts["experiment"].averaged(run["episode"], run["value"], np.array([stored["episodes"]]))[:, 0]
    np.testing.assert_allclose(averaged, np.array(entry["averaged"])[:, seed], **SAME)
    np.testing.assert_allclose(run["value"][-1], np.array(entry["last"])[:, seed], **SAME)


# --- the tournament --------------------------------------------------------------------------------------------------


def test_the_tournament_has_every_run_of_its_grid(scripts: Any) -> None:
    stored, script = read("tournament"), scripts["tournament"]
    assert len(Grid.read(BENCHMARKS / "tournament.toml").configurations) == 14 * 6 * 2 * 20
    assert stored["budgets"] == list(script.BUDGETS) and stored["budgets"][-1] == stored["episodes"]
    names = [(e["game"], e["learner"], e["set"]) for e in stored["entries"]]
    assert names == list(itertools.product(script.GAMES, script.LEARNERS, script.SETS))
    for e in stored["entries"]:
        assert list(e["gap"]) == [str(budget) for budget in stored["budgets"]]
        for numbers in (*e["gap"].values(), e["certificate"], e["certified"], e["value"]):
            assert len(numbers) == stored["seeds"] == 20
        assert min(map(min, e["gap"].values())) >= 0
        assert ("played" in e) == (e["learner"] == "greedy")
    relabelled = [(e["game"], e["learner"]) for e in stored["relabelled"]]
    assert relabelled == list(itertools.product(script.RELABELLED, script.LEARNERS))


def test_the_names_of_the_tournament_fit_its_grid(scripts: Any) -> None:
    script = scripts["tournament"]
    for names, table in ((script.GAMES, "game"), (script.LEARNERS, "learner"), (script.SETS, "uncertainty")):
        assert len(names) == len(script.GRID[table]) == len(set(names))
    for name in script.GAMES:
        words = script.GRID["game"][script.GAMES.index(name)]["name"].replace("_", " ")
        assert name.split(",")[0] in words or name.startswith(("random", "paper"))
    assert [type(script.set_named(name)).__name__ for name in script.SETS] == ["TotalVariation", "KullbackLeibler"]


def test_uniform_play_and_shapes_are_those_of_the_games(scripts: Any) -> None:
    for now, stored in zip(
        json.loads(json.dumps(scripts["tournament"].shapes())), read("tournament")["games"], strict=True
    ):
        assert now.pop("random") == pytest.approx(stored.pop("random"), abs=1e-9)
        assert now == stored


def test_reversing_the_actions_twice_changes_nothing(scripts: Any) -> None:
    script = scripts["tournament"]
    game = script.game_named("delayed coordination")
    once = script.reversed_actions(game)
    assert (once.transition[0, 0, -1] == game.transition[0, 0, 0]).all()
    twice = script.reversed_actions(once)
    assert (twice.transition == game.transition).all() and (twice.reward == game.reward).all()


@pytest.mark.parametrize(
    ("game", "ball", "learner", "seed"),
    [
        ("traffic merge", "TV", "MORNAVI", 0),
        ("paper, general-sum", "KL", "MORNAVI", 7),
        ("intersection", "TV", "MORNAVI, bonus", 19),
        ("fishing", "TV", "Nash-VI", 4),
        ("congestion", "TV", "greedy", 3),
        ("support shift", "TV", "generative", 11),
        ("gambler", "KL", "offline", 5),
    ],
)
def test_a_run_of_the_tournament_again(scripts: Any, game: str, ball: str, learner: str, seed: int) -> None:
    (entry,) = (
        e for e in read("tournament")["entries"] if (e["game"], e["set"], e["learner"]) == (game, ball, learner)
    )
    answer = scripts["tournament"].of_run(game, ball, learner, seed)
    np.testing.assert_allclose(answer.pop("gap"), [numbers[seed] for numbers in entry["gap"].values()], **SAME)
    assert set(answer) == set(entry) - {"game", "set", "learner", "gap"}
    for key, number in answer.items():
        np.testing.assert_allclose(number, entry[key][seed], **SAME)


@pytest.mark.parametrize("learner", ["greedy", "MORNAVI"])
def test_a_run_with_reversed_actions_again(scripts: Any, learner: str) -> None:
    (entry,) = (
        e for e in read("tournament")["relabelled"] if (e["game"], e["learner"]) == ("delayed coordination", learner)
    )
    answer = scripts["tournament"].measure_relabelled(("delayed coordination", learner, 2))
    np.testing.assert_allclose([answer["gap"], answer["value"]], [entry["gap"][2], entry["value"][2]], **SAME)


def test_the_budgets_are_those_of_shorter_runs(scripts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    script = scripts["tournament"]
    long = script.of_run("paper, cooperative", "TV", "MORNAVI", 1)
    monkeypatch.setitem(script.GRID, "episodes", 300)
    monkeypatch.setattr(script, "BUDGETS", (100, 300))
    assert script.of_run("paper, cooperative", "TV", "MORNAVI", 1)["gap"] == long["gap"][:2]


# --- floors of certificates ------------------------------------------------------------------------------------------


def test_the_floors_have_every_run_and_no_plan_beyond_its_certificate(floors: Any) -> None:
    stored = read("floors")
    worlds, stated = stored["worlds"], stored["stated"]
    assert [e["learner"] for e in worlds["entries"]] == list(floors.LEARNERS) and len(floors.LEARNERS) == 7
    for e in worlds["entries"]:
        assert list(e["rates"]) == [str(budget) for budget in worlds["budgets"]]
        assert all(np.shape(rate) == (2, worlds["seeds"]) for rate in e["rates"].values()) and worlds["seeds"] == 20
    wanted = [(game, ball, which) for (game, ball), told in floors.CASES.items() for which in told]
    assert [(e["game"], e["set"], e["stated"]) for e in stated["entries"]] == wanted
    assert stated["seeds"] >= 10 and stated["grid"][-1] == stated["most_episodes"] == 10**8
    assert sum(e["beyond"] for e in stated["entries"]) == 0


def test_the_curves_of_the_floors_fall_and_agree_with_the_episodes_to_each_level(floors: Any) -> None:
    stated = read("floors")["stated"]
    grid = np.array(stated["grid"])
    for e in stated["entries"]:
        low, middle, high = (np.array(e[part]) for part in ("low", "middle", "high"))
        assert len(low) == len(grid) and (low <= middle).all() and (middle <= high).all()
        assert (np.diff([low, middle, high], axis=1) <= 0).all()
        for level, episodes in e["episodes"].items():
            assert e["median"][level] == floors.median(episodes) and len(episodes) == stated["seeds"]
            if None not in episodes:
                assert (high[grid >= max(episodes)] <= float(level) + 1e-9).all()
                assert (low[grid < min(episodes)] > float(level)).all()


@pytest.mark.parametrize(("learner", "theta", "seed"), [("MORNAVI", 1, 0), ("greedy", 0, 7), ("generative", 1, 13)])
def test_a_run_in_one_of_two_worlds_again(floors: Any, learner: str, theta: int, seed: int) -> None:
    (entry,) = (e for e in read("floors")["worlds"]["entries"] if e["learner"] == learner)
    answer = floors.measure_worlds((learner, theta, seed))["rate"]
    np.testing.assert_allclose(answer, [rate[theta][seed] for rate in entry["rates"].values()], **SAME)


@pytest.mark.parametrize(
    ("game", "ball", "stated", "seed"),
    [("traffic_merge", "TV", "fail", 3), ("delayed_coordination", "KL", "support, rows, fail", 0)],
)
def test_a_run_that_was_told_something_again(floors: Any, game: str, ball: str, stated: str, seed: int) -> None:
    (entry,) = (
        e for e in read("floors")["stated"]["entries"] if (e["game"], e["set"], e["stated"]) == (game, ball, stated)
    )
    answer = floors.measure_stated((game, ball, stated, seed))
    assert answer["episodes"] == [numbers[seed] for numbers in entry["episodes"].values()] and answer["beyond"] == 0


# --- what else was tried ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ideas() -> Any:
    """The script of the appendix, as a module."""
    return measurement("measure_ideas")


def test_the_ideas_are_complete_and_no_certificate_is_wrong(ideas: Any) -> None:
    stored = read("ideas")
    assert [(e["game"], e["idea"]) for e in stored["entries"]] == list(itertools.product(ideas.GAMES, ideas.IDEAS))
    for e in stored["entries"]:
        assert len(e["episodes"]) == stored["seeds"] and e["wrong"] == 0 and max(e["episodes"]) < ideas.MOST
        assert e["median"] == np.median(e["episodes"])


@pytest.mark.parametrize(("game", "idea", "seed"), [("opposed", "as it is", 0), ("delayed", "each look", 1)])
def test_an_idea_tried_again(ideas: Any, game: str, idea: str, seed: int) -> None:
    (entry,) = (e for e in read("ideas")["entries"] if (e["game"], e["idea"]) == (game, idea))
    assert ideas.measure((game, idea, seed))["episodes"] == entry["episodes"][seed]


def test_the_loop_of_the_ideas_is_that_of_run(ideas: Any) -> None:
    answer = ideas.measure(("opposed", "as it is", 1))
    history = run(ideas.LEARNER, ideas.GAMES["opposed"], 10**4, 1, until=ideas.LEVEL)
    assert answer["episodes"] == history.episode[-1]


# --- both bets at once, and a maximum for total variation -------------------------------------------------------------


@pytest.fixture(scope="module")
def both_forms() -> Any:
    """The script of the appendix, as a module."""
    return measurement("measure_both_forms")


def test_each_share_of_delta_has_its_medians(both_forms: Any) -> None:
    stored = read("both_forms")
    assert [e["game"] for e in stored["row"]] == list(both_forms.ROWS)
    assert [(e["game"], e["set"], e["told"], e["level"]) for e in stored["events"]] == list(both_forms.EVENTS)
    assert [(e["game"], e["level"]) for e in stored["total_variation"]] == list(both_forms.VARIED)
    for e in stored["row"] + stored["events"]:
        nothing_left = 0.0 if e in stored["row"] else 1.0
        assert [n is None for n in e["medians"]] == [share == nothing_left for share in stored["shares"]]


@pytest.mark.slow
def test_a_share_measured_again(both_forms: Any) -> None:
    stored = read("both_forms")
    merge = stored["row"][both_forms.ROWS.index("traffic_merge")]["medians"][stored["shares"].index(0.5)]
    learner = Mornavi(both_forms.SETS["nominal"], confidence="row", delta=stored["delta"] * 0.5)
    assert both_forms.episodes(learner, "traffic_merge", 0.2, stored["seeds"]) == merge


def test_the_maximum_of_linear_functions_bounds_the_worst_case(both_forms: Any) -> None:
    """Between the tails' bounds, and around the worst case of the true kernel and of the observed frequencies."""
    game, ball = zoo.intersection(), TotalVariation(0.1)
    counts = Counts.for_game(game)
    uniform = np.full(game.transition.shape[:3], 1 / game.n_joint_actions)
    counts.add(game.play(uniform, 2000, np.random.default_rng(3)), game.reward)
    rng = np.random.default_rng(4)
    made = [
        kind(counts, [ball] * game.n_players, "row", 0.05, 1.0, None)
        for kind in (both_forms.StagePayoffs, both_forms.WithMaximum)
    ]
    smaller = 0
    for step in range(game.horizon - 1):
        value = rng.random((game.n_players, game.n_states))
        (tails, low), (best, worst) = (each.at(step, value, value) for each in made)
        true = game.reward[:, step] + np.stack([ball.worst_case(game.transition[step], each) for each in value])
        true = true.swapaxes(0, 1)
        assert (low <= worst).all() and (worst <= true + 1e-9).all()
        assert (true <= best + 1e-9).all() and (best <= tails).all()
        smaller += int((best < tails - 1e-9).sum())
    assert smaller > 0
