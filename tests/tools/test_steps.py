"""Commands that run beside a step: all of them end, all that they print is shown, all that failed is named."""

from __future__ import annotations

import os
import sys
import time

import pytest

from shared.steps import Failed, beside


def python(code):
    return [sys.executable, "-c", code]


def test_what_runs_beside_is_shown_after_it_and_no_failure_hides_another(capfd):
    others = {"good": python("print(1 + 1)"), "bad": python("import sys; print('why'); sys.exit(3)")}
    with pytest.raises(Failed, match=r"^no book; bad: exit status 3$"), beside(others):
        print("the block")
        raise Failed("no book")
    said = [line.strip() for line in capfd.readouterr().out.splitlines()]
    assert said == ["the block", "good", "2", "bad", "why"]


def test_without_a_failure_nothing_is_raised_and_variables_arrive(capfd):
    with beside({"one": python("import os; print(os.environ['COLOUR'])")}, COLOUR="blue"):
        pass
    assert capfd.readouterr().out.split() == ["one", "blue"]


@pytest.mark.skipif(os.name == "nt", reason="a process that is gone is told by its number, as Unix has it")
def test_an_interrupted_step_leaves_nothing_running(tmp_path):
    told = tmp_path / "number"
    code = f"import os, pathlib, time; pathlib.Path({str(told)!r}).write_text(str(os.getpid())); time.sleep(600)"
    with pytest.raises(KeyboardInterrupt), beside({"long": python(code)}):
        while not (told.is_file() and told.read_text()):
            time.sleep(0.01)
        raise KeyboardInterrupt
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)
