"""A function that is called alone cannot use the package, and afterwards everything works again."""

from __future__ import annotations

import importlib
import subprocess
import sys

import numpy as np
import pytest

import mornavi_lite
from mornavi_lite import Counts, MarkovGame, Mornavi, TotalVariation, classroom, evaluate, run, solve, zoo
from mornavi_lite.classroom import alone

BALL, GAME = TotalVariation(0.25), zoo.safe_or_risky()
PLAN, LEARNER = solve(GAME, BALL).policy, Mornavi(BALL)
KEPT = BALL.worst_case  # a method bound before the package is switched off


@pytest.mark.parametrize(
    ("name", "call"),
    {
        "worst_case": lambda: BALL.worst_case([0.5, 0.5], [1, 0]),
        "worst_kernel": lambda: TotalVariation.worst_kernel(BALL, [0.5, 0.5], [1, 0]),
        "evaluate": lambda: evaluate(GAME, PLAN, BALL),
        "stationary": lambda: MarkovGame.stationary([[[1.0]]], [[[1.0]]], (1,), 1),
        "plan": lambda: LEARNER.plan(None),
        "run": lambda: run(LEARNER, GAME, 10),
        "__init__": lambda: Counts(2, (2,), 1),
        "tv_worst": lambda: mornavi_lite.uncertainty.worst_case.tv_worst(np.eye(2), np.ones(2), 0.1),
        "event_costs": lambda: mornavi_lite.confidence.tails.event_costs(17),
    }.items(),
)
def test_functions_methods_and_constructors_are_switched_off(name, call):
    with pytest.raises(AssertionError, match=rf"^this calls {name} of mornavi_lite: write it yourself"):
        alone(call)


def test_a_name_from_before_is_switched_off_and_numpy_is_not():
    with pytest.raises(AssertionError, match="worst_case"):
        alone(KEPT, [0.5, 0.5], [1, 0])
    assert alone(np.dot, [0.5, 0.5], [1, 0]) == 0.5
    assert alone(lambda a, *, b: (a, b), 1, b=2) == (1, 2)


def test_arrays_of_a_game_are_read_before_the_call():
    assert alone(lambda kernel: kernel.shape, GAME.transition) == GAME.transition.shape


@pytest.mark.parametrize("fails", [ValueError, KeyboardInterrupt])
def test_the_package_works_again_whatever_happened(fails):
    def stumble():
        raise fails

    functions = set(classroom._package_functions())
    before, finders = {f: f.__code__ for f in functions}, list(sys.meta_path)
    with pytest.raises(fails):
        alone(stumble)
    assert {f: f.__code__ for f in functions} == before
    assert sys.meta_path == finders
    assert KEPT([0.5, 0.5], [1, 0]) == 0.25
    assert solve(GAME, BALL).gap < 1e-9


def test_one_call_inside_another_leaves_the_outer_one_on():
    def inner_then_package():
        assert alone(lambda: 1) == 1
        return BALL.worst_case([0.5, 0.5], [1, 0])

    with pytest.raises(AssertionError):
        alone(inner_then_package)


def test_a_module_that_is_not_loaded_cannot_be_imported():
    code = """
import mornavi_lite
from mornavi_lite.classroom import alone
def later():
    from mornavi_lite.plots.regret import _percentiles
try:
    alone(later)
except AssertionError as error:
    print(error)
from mornavi_lite import sweep
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "this imports plots of mornavi_lite: write it yourself, with NumPy alone\n"


def test_modules_of_others_can_be_imported(tmp_path, monkeypatch):
    (tmp_path / "of_the_student.py").write_text("answer = 42", encoding="utf8")
    monkeypatch.syspath_prepend(tmp_path)
    assert alone(lambda: importlib.import_module("of_the_student").answer) == 42
    sys.modules.pop("of_the_student")
    with pytest.raises(AssertionError, match="this imports nothing_there of mornavi_lite: write it yourself"):
        alone(lambda: importlib.import_module("mornavi_lite.nothing_there"))


def test_every_public_function_is_found():
    found = {f.__qualname__ for f in classroom._package_functions()}
    public = [
        each for each in (getattr(mornavi_lite, name) for name in mornavi_lite.__all__) if hasattr(each, "__code__")
    ]
    assert {each.__qualname__ for each in public} <= found
    assert "alone" not in found
