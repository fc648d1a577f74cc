"""The stored measurement of features: complete, at its goals, and a sample of it comes out the same when run again."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests import ROOT, measurement

STORED = json.loads((ROOT / "benchmarks/results/features.json").read_text(encoding="utf8"))


@pytest.fixture(scope="module")
def script() -> Any:
    return measurement("measure_features")


def test_every_run_is_there(script: Any) -> None:
    runs = sum(len(line["early"]) for line in STORED["curves"])
    assert runs == sum(sum(sizes.values()) for sizes in script.CURVES.values())
    assert sum(line["runs"] for line in STORED["coverage"]) == 600 and len(STORED["hidden"]) == len(script.WEIGHTS)
    assert [line["play"] for line in STORED["closing"]] == list(script.PLAYS)
    assert len(STORED["five"]["crossings"]) == len(STORED["five"]["robust"]) == STORED["five"]["seeds"] == 100


def test_no_bound_is_wrong_at_scale_one_and_many_are_at_a_tenth() -> None:
    wrong = {(line["features"], line["scale"]): line["wrong"] / line["runs"] for line in STORED["coverage"]}
    assert wrong["one-hot", 1.0] == wrong["soft", 1.0] == 0 == STORED["beyond"]
    assert wrong["one-hot", 0.1] > 0.3 and wrong["soft", 0.1] > 0.3


def test_one_hot_features_reach_the_goals_and_stay_flat() -> None:
    lines = {(line["learner"], line["features"], line["n_states"]): line for line in STORED["curves"]}
    goal = lines["features", "one-hot", 32]
    assert max(goal["early"]) <= 0.07 and max(goal["late"]) <= 0.008 and max(goal["regret"]) <= 40
    for kind in ("one-hot", "soft"):
        small, large = (np.median(lines["features", kind, size]["early"]) for size in (8, 2048))
        assert large < 3 * small
    table = [np.median(lines["table", "one-hot", size]["early"]) for size in (8, 32, 128)]
    assert table[2] > 2 * table[1] > 4 * table[0]


@pytest.mark.slow
def test_a_sample_is_the_same_again(script: Any) -> None:
    line = STORED["curves"][1]
    assert (line["learner"], line["features"], line["n_states"]) == ("features", "one-hot", 32)
    again = script.measure(("curve", "features", 0.0, 32, 3))
    for key in ("early", "late", "regret"):
        assert again[key] == pytest.approx(line[key][3], abs=1e-9)
    assert script.measure(("hidden", 0.35))["certificate"] == pytest.approx(
        STORED["hidden"][1]["certificate"], abs=1e-9
    )
    robust, plain = (script.measure(("five", each, 7))["ends"] for each in (True, False))
    assert [robust[0], robust[1]] == pytest.approx([STORED["five"]["robust"][7][k] for k in (0, -1)], abs=1e-9)
    crossing = script.crossing(robust, plain)
    assert crossing == pytest.approx(STORED["five"]["crossings"][7], abs=1e-9)
    apart = (robust[0] - plain[0]) / (robust[0] - plain[0] - robust[1] + plain[1])  # two lines meet in closed form
    assert crossing == pytest.approx(apart, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("one_hot", [True, False])
def test_a_few_runs_of_the_coverage_test(script: Any, one_hot: bool) -> None:
    assert all(script.covered(one_hot, 1.0, seed) for seed in range(1000, 1004))
    assert not all(script.covered(one_hot, 0.1, seed) for seed in range(1000, 1008))
