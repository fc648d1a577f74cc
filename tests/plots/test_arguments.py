"""Whatever is wrong with an argument of a figure, the error says which argument, before anything is drawn."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from mornavi_lite import Mornavi, Nominal, TotalVariation, plots, run, solve, zoo
from mornavi_lite.confidence import ConfidenceSet

GAME = zoo.safe_or_risky()
HISTORY, SOLUTION = run(Mornavi(TotalVariation(0.1)), GAME, 500), solve(GAME, Nominal())
AXES = plots.panels()[1][0]
X3 = np.linspace(0, 1, 5)
CHICKEN = [[6, 2, 7, 0], [6, 7, 2, 0]]
#: A call of each function in which every argument is given.
CALLS: dict[str, dict[str, Any]] = {
    "against_visits": {
        "visits": [1, 10, 100],
        "curves": {"a": [0.9, 0.5, 0.1]},
        "ylabel": "y",
        "laws": {"l": [0.8, 0.4, 0.2]},
        "level": (0.3, "w"),
        "styles": {"a": "TV"},
        "xlabel": "N",
        "title": "t",
        "yscale": "log",
        "ylim": (0.01, 1),
    },
    "allowed_on_simplex": {
        "sets": {form: ConfidenceSet(form, 3, 60, 0.05) for form in ("events", "row")},
        "counts": [30, 20, 10],
        "corner_names": ["a", "b", "c"],
        "true": [0.5, 0.3, 0.2],
        "title": "t",
    },
    "backward_ladder": {
        "game": zoo.traffic_merge(),
        "uncertainty": TotalVariation(0.1),
        "state": 0,
        "concept": "cce",
        "decimals": 2,
    },
    "ball_on_simplex": {
        "balls": TotalVariation(0.2),
        "p": [0.5, 0.3, 0.2],
        "v": [1, 0.6, 0],
        "corner_names": ["a", "b", "c"],
        "title": "t",
    },
    "bounds_told": {
        "bounds": {"less": ([0.1, 0], [0.9, 0.5]), "more": ([0.3, 0.1], [0.8, 0.1])},
        "names": ["a", "b"],
        "true": [0.5, 0.2],
        "xlabel": "x",
        "ylabel": "y",
        "xlim": (0, 1),
        "title": "t",
    },
    "certificate_and_gap": {"history": HISTORY, "title": "t"},
    "certificates": {"histories": {"a": HISTORY}, "goal": 0.3, "styles": {"a": "TV"}, "title": "t"},
    "common_cause": {"values": 3 - X3[:, None] - 2 * X3, "reach": (0, 1), "total": 1, "labels": ("a", "b")},
    "cost_against_size": {
        "results": {"a": ([5, 10, 20], [0.5, 3.0, 12.0])},
        "powers": {"a": 2},
        "xlabel": "x",
        "ylabel": "y",
        "title": "t",
    },
    "game_graph": {"game": GAME, "step": 0, "joint_actions": [0, 1], "rewards": True, "title": "t"},
    "hope_then_fear": {
        "confidence": ConfidenceSet("model", 3, 60, 0.05),
        "counts": [30, 20, 10],
        "v": [1, 0.6, 0],
        "ball": TotalVariation(0.1),
        "corner_names": ["a", "b", "c"],
    },
    "kernel_bars": {"p": [0.5, 0.5], "q": [0.4, 0.6], "names": ["a", "b"], "labels": ("n", "w"), "title": "t"},
    "learner_loop": {},
    "learning_curves": {
        "runs": {"a": HISTORY},
        "of": "regret",
        "first": 100,
        "laws": {"l": np.sqrt},
        "levels": [1.0],
        "styles": {"a": "TV"},
        "band": (10, 90),
        "ylim": (0.1, 100),
        "title": "t",
    },
    "on_plane": {"q": [0, 1, 0]},
    "panels": {"rows": 1, "columns": 1, "height": 3.0, "width": 5.0},
    "payoff_bounds": {
        "low": [0, 0.2],
        "high": [1, 0.6],
        "names": ["a", "b"],
        "true": [0.1, 0.5],
        "chosen": 0,
        "xlabel": "x",
        "xlim": (0, 1),
        "title": "t",
    },
    "payoff_corners": {"payoffs": CHICKEN, "n_actions": (2, 2), "concept": "ce"},
    "payoff_region": {"payoffs": CHICKEN, "n_actions": (2, 2), "points": {"a": [0, 0.5, 0.5, 0]}, "title": "t"},
    "payoff_table": {"payoffs": CHICKEN, "action_names": [["a", "b"]] * 2, "n_actions": (2, 2)},
    "plans_made": {"histories": {"a": HISTORY}, "n_cells": 60, "title": "t"},
    "png": {"figure": plots.panels()[0], "tight": False},
    "policy_heatmap": {"game": GAME, "policy": SOLUTION.policy, "step": 0, "title": "t"},
    "policy_table": {
        "game": GAME,
        "policy": SOLUTION.policy,
        "min_probability": 0.001,
        "step": 0,
        "reached_only": True,
    },
    "raised_tails": {
        "value": [0, 1.0, 2.0],
        "observed": [0.2, 0.3, 0.5],
        "optimistic": [0.1, 0.2, 0.7],
        "pessimistic": [0.4, 0.3, 0.3],
        "names": list("abc"),
        "true": [0.2, 0.3, 0.5],
        "title": "t",
    },
    "random_values": {"values": np.linspace(0, 1, 20), "marks": {"m": 0.5}, "xlabel": "x", "title": "t"},
    "rows_per_second": {"results": {"a": ([10, 100], [1e9, 1e8])}, "title": "t"},
    "two_worlds": {"better": 0.9, "worse": 0.4},
    "value_against_distance": {
        "distances": [0, 0.05, 0.1],
        "curves": {"a": [0.9, 0.7, 0.5], "b": [0.8, 0.75, 0.7]},
        "radius": 0.05,
        "compare": ("a", "b"),
        "bands": {"a": ([0.8, 0.6, 0.4], [1, 0.8, 0.6])},
        "played": {"a": ([0, 0.1], [0.9, 0.5], [0.1, 0.1])},
        "band": "10",
        "styles": {"a": "TV"},
        "xlabel": "x",
        "ylabel": "y",
        "title": "t",
        "ylim": (0, 1),
    },
    "value_against_radius": {
        "radii": [0, 0.5, 1],
        "curves": {"a": [0.9, 0.5, 0.1]},
        "crossing": 0.75,
        "jumps": [0.5],
        "styles": {"a": "TV"},
        "xlabel": "x",
        "ylabel": "y",
        "title": "t",
        "ylim": (0, 1),
    },
    "value_against_samples": {
        "samples": [10, 100, 1000],
        "curves": {"a": [[0.1, 0.2, 0.3], [0.2, 0.3, 0.4], [0.3, 0.4, 0.5]]},
        "levels": {"l": 0.6},
        "styles": {"a": "TV"},
        "xlabel": "x",
        "ylabel": "y",
        "title": "t",
        "ylim": (0.1, 1),
        "yscale": "log",
    },
    "value_bounds": {"history": HISTORY, "player": 0, "limit": 0.5, "ylim": (0, 3), "title": "t"},
    "values_of_two": {
        "points": [[2, 2], [2.1, 1.9]],
        "marks": {"a": (2, 2)},
        "guarantee": (1.7, 1.6),
        "xlabel": "x",
        "ylabel": "y",
        "title": "t",
    },
    "who_knows_when": {},
}
#: Things that people pass by mistake. Each is right somewhere, and then nothing is raised.
WRONG: dict[str, Any] = {
    "nothing": None,
    "an integer": 7,
    "a negative number": -1,
    "NaN": float("nan"),
    "a word": "x",
    "a list of words": ["a", "b"],
    "lists of different lengths": [[1], [1, 2]],
    "an empty array": np.zeros(0),
    "an object": object(),
    "an integer beyond floats": 10**400,
    "a complex number": 1j,
    "what is masked": np.ma.array([0.5, 0.5], mask=[False, True]),
    "a set": {1, 2},
    "bytes": b"ab",
    "a function": len,
    "a class": Nominal,
    "a game": GAME,
    "a solution": SOLUTION,
    "a history": HISTORY,
    "a number by name": {"a": 7},
    "nothing by name": {"a": None},
    "a function by name": {"a": len},
    "a pair the wrong way round": (1, 0),
    "a pair with NaN": (float("nan"), 1.0),
}


def test_every_function_is_called_with_every_argument() -> None:
    public = [name for name in plots.__all__ if inspect.isfunction(getattr(plots, name))]
    assert sorted(CALLS) == sorted(public)
    for name, arguments in CALLS.items():
        assert {*arguments, "ax"} >= set(inspect.signature(getattr(plots, name)).parameters) >= set(arguments), name
        assert not isinstance(drawn(name, arguments), Exception)


def drawn(name: str, arguments: dict[str, Any]) -> Any:
    """What the function returns; if that is a figure, it can be drawn."""
    made = getattr(plots, name)(**arguments)
    if isinstance(made, Figure):
        made.draw_without_rendering()  # all of it but the pixels
        assert max(made.get_tightbbox().size) < 100  # inches
    return made


PLACES = [(name, argument) for name, call in CALLS.items() for argument in call]
PLACES += [(name, "ax") for name in CALLS if "ax" in inspect.signature(getattr(plots, name)).parameters]


@pytest.mark.parametrize("name, argument", PLACES)
def test_what_is_wrong_is_named(name: str, argument: str) -> None:
    """A TypeError or ValueError with the name of the argument in it, or a figure; never anything else."""
    refused = 0
    for what, value in WRONG.items():
        try:
            with warnings.catch_warnings(action="error"):
                drawn(name, CALLS[name] | {argument: value})
        except (TypeError, ValueError) as error:
            assert argument in str(error) and len(str(error)) < 300, (what, str(error))
            refused += 1
    assert refused >= 10


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: plots.png(None), "figure must be a Matplotlib figure, got NoneType"),
        (lambda: plots.png(AXES), "figure must be a Matplotlib figure, got Axes"),
        (lambda: plots.rows_per_second([1]), "results must be a mapping from labels, got list"),
        (lambda: plots.rows_per_second({"a": [1, 2, 3]}), r"results\['a'\] must be a pair of arrays, got list \[1, 2"),
        (lambda: plots.game_graph(GAME, title=7), "title must be a text, got int"),
        (lambda: plots.learning_curves({"a": HISTORY}, laws=[np.sqrt]), "laws must be a mapping from labels, got list"),
        (lambda: plots.learning_curves({"a": HISTORY}, laws={"a": 1}), r"laws\['a'\] must be a function of the number"),
        (lambda: plots.learning_curves({"a": HISTORY}, band=(90, 10)), "band must be two percentiles, the lower one"),
        (lambda: plots.learning_curves({"a": HISTORY}, ylim=(0, 1)), "ylim must be two positive and increasing numb"),
        (lambda: plots.value_bounds(HISTORY, ylim=(1, 0)), "ylim must be two increasing numbers"),
        (
            lambda: plots.value_against_radius([0, 1], {"a": [1, 0]}, crossing=3),
            "crossing must be from 0 to 1, as radii are, got 3.0",
        ),
        (lambda: plots.value_against_radius([0, 1], {"a": [1, 0]}, styles=["TV"]), "styles must be a mapping"),
        (lambda: plots.panels(height=0), "height must be above 0, got 0"),
        (lambda: plots.panels(rows=0), "rows must be from 1 to 100, got 0"),
        (lambda: plots.on_plane([0.5, 0.5]), r"q must have shape \(\.\.\., 3\), got \(2,\)"),
        (lambda: plots.payoff_table(CHICKEN, [["a", "b"], 2]), r"action_names\[1\] must be a sequence, got int 2"),
    ],
)
def test_messages(call: Callable[[], Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        call()
