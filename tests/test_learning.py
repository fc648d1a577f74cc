"""The command ``learn``: an environment in, a history out, and words where something is wrong."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mornavi_lite.__main__ as command
from mornavi_lite import History, KullbackLeibler, Mornavi, learn
from mornavi_lite.learning import environment_of
from tests import ROOT

FERRY = '''
import numpy as np

class Ferry:
    """Two captains, two actions and three; state 2 is a wreck."""
    n_states, n_actions, horizon, reward_range = 3, (2, 3), 3, (0, 1)
    state_names, action_names = ("west", "east", "wreck"), (("wait", "go"), ("slow", "fast", "stop"))
    support = np.array([[[True, True, True]] * 6, [[True, True, False]] * 6, [[False, False, True]] * 6])
    trouble, n = None, 0

    def reset(self, rng):
        self.n, self.state = self.n + 1, 0
        return 0

    def step(self, joint_action, rng):
        if self.n == 20 and self.trouble:
            self.n = -(10**9)
            self.trouble()
        go, how = divmod(joint_action, 3)
        paid = [0.0, 0.0] if self.state == 2 else [0.5 * go, 0.25 * how]
        sinks = self.state == 0 and go and how == 1 and rng.random() < 0.3
        self.state = 2 if sinks or self.state == 2 else int(rng.random() < 0.2 + 0.5 * go)
        return self.state, paid

class Drawn(Ferry):
    def step(self, joint_action, rng):
        state, paid = super().step(joint_action, rng)
        return state, (rng.random(2) < paid).astype(float)

def broken():
    raise KeyError("no water")

def sinking():
    ferry = Ferry()
    ferry.trouble = broken
    return ferry

def stopped():
    import signal
    ferry = Ferry()
    ferry.trouble = lambda: signal.raise_signal(signal.SIGINT)
    return ferry

class Fleet:
    one = Ferry()

class Open:
    n_states, n_actions, horizon, reward_range = 1, (1,), 1, (0, 1)
    reset = step = lambda *_: None

class Astray(Ferry):
    def step(self, joint_action, rng):
        return 5, [0, 0]
'''
NAMES = (f"ferry{n}" for n in itertools.count())


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Name of a module with environments, in the folder where we are; a new one each time, as modules are kept."""
    monkeypatch.chdir(tmp_path)
    name = next(NAMES)
    Path(f"{name}.py").write_text(FERRY, encoding="utf8")
    Path("unfinished.py").write_text("class Ferry:", encoding="utf8")
    yield name
    sys.modules.pop("unfinished", None)


def ends(*arguments: str) -> Any:
    """Exit status of the command line, also where argparse ends it."""
    try:
        return command.main(["learn", *arguments, "--quiet"])
    except SystemExit as end:
        return end.code


def test_an_environment_is_learned_and_its_history_saved(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = f"{module}:Ferry --set kl --radius 0.1 --concept ce --delta 0.1 --seed 3 --episodes 200 --out it.npz"
    assert ends(*arguments.split()) == 0
    said, complained = capsys.readouterr()
    wanted = learn(Mornavi(KullbackLeibler(0.1), "ce", delta=0.1), environment_of(f"{module}:Ferry"), 200, seed=3)
    assert complained == "" and said == f"{wanted}\n" and said.startswith("History: ce, KullbackLeibler(radius=0.1)\n")
    wanted.save("wanted.npz")
    assert Path("it.npz").read_bytes() == Path("wanted.npz").read_bytes()
    assert History.load("it.npz").best_plan.about.state_names == ("west", "east", "wreck")


def test_it_stops_at_a_goal_and_says_where_it_has_none(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(f"{module}:Fleet.one", "--radius", "0.1", "0.2", "--until", "2", "--out", "it.npz") == 0
    history = History.load("it.npz")
    assert history.best_certificate <= 2 < history.certificate[:-1].min() and history.episode[-1] < 10**4
    assert ends(f"{module}:Ferry", "--until", "0.01", "--episodes", "20") == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("not there yet: the certificate is above 0.01")


def test_what_is_stated_is_used_and_printed(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    stated = ["--support", "--stationary", "--fail-state", "2"]
    assert ends(f"{module}:Ferry", "--radius", "0.1", "--episodes", "300", *stated, "--out", "it.npz") == 0
    assert "(given: support, rows='stationary', fail_state=2)" in capsys.readouterr().out
    assert ends(f"{module}:Ferry", "--radius", "0.1", "--episodes", "300", "--out", "plain.npz") == 0
    assert History.load("it.npz").best_certificate < History.load("plain.npz").best_certificate
    assert ends(f"{module}:Drawn", "--episodes", "50", "--rewards", "random", "--out", "drawn.npz") == 0
    assert History.load("drawn.npz").checkpoint.counts.rewards == "random"


def test_a_place_is_named_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = "class Lost:\n    n_states, n_actions, horizon, reward_range = 2, (2,), 2, (0, 1)\n"
    lines += "    def reset(self, rng):\n        return 0\n    def step(self, action, rng):\n        return 7, (0.5,)\n"
    (tmp_path / "lost_at_sea.py").write_text(lines, encoding="utf8")
    monkeypatch.chdir(tmp_path)
    assert ends("lost_at_sea:Lost", "--radius", "0.1") == 2
    said = capsys.readouterr().err
    assert said.count("episode 1, step 0") == 1 and "the state that step returned" in said


@pytest.mark.parametrize(("name", "status"), [("sinking", 1), ("stopped", 130)])
def test_what_was_learned_is_kept_and_taken_up(
    name: str, status: int, module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--radius", "0.1", "--episodes", "60"]
    assert ends(f"{module}:{name}", *arguments, "--out", "it.npz") == status
    said, complained = capsys.readouterr()
    assert said == "" and complained.count("\n") == 1 and "Traceback" not in complained
    assert "episode 20, step 0; it.npz has the run up to episode 19; --resume goes on from there" in complained
    assert ("KeyError: 'no water'" if status == 1 else "stopped") in complained
    assert History.load("it.npz").checkpoint.episode == 19
    assert ends(f"{module}:Ferry", *arguments, "--out", "it.npz") == 2
    assert "it.npz is there: --resume goes on with it" in capsys.readouterr().err
    assert ends(f"{module}:Ferry", *arguments, "--out", "it.npz", "--resume") == 0
    assert ends(f"{module}:Ferry", *arguments, "--out", "whole.npz") == 0
    assert Path("it.npz").read_bytes() == Path("whole.npz").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("ferry", "environment must be MODULE:NAME, as in ferry:Ferry, got 'ferry'"),
        ("nowhere:Ferry", "nowhere:Ferry could not be made: ModuleNotFoundError: No module named 'nowhere'"),
        ("unfinished:Ferry", "unfinished:Ferry could not be made: IndentationError"),
        ("{0}:Boat", "module {0} has no Boat"),
        ("{0}:broken", "{0}:broken could not be made: KeyError: 'no water'"),
        ("{0}:FERRY", "module {0} has no FERRY"),
        ("{0}:np.zeros", "{0}:np.zeros could not be made: TypeError"),
        ("{0}:np.float64", "environment must have n_states, which float64 has not"),
        ("{0}:Ferry --set tv", "--set tv needs a --radius"),
        ("{0}:Ferry --radius 2", "radius must be in [0, 1], got 2.0"),
        ("{0}:Ferry --radius 0.1 0.2 0.3", "one set per player, 2, got 3"),
        ("{0}:Ferry --delta 0", "delta must be between 0 and 1"),
        ("{0}:Open --support", "--support needs an environment with support, which {0}:Open has not"),
        ("{0}:Ferry --episodes 0", "n_episodes must be from 1"),
        ("{0}:Ferry --until x", "argument --until: invalid float value: 'x'"),
        ("{0}:Ferry --out it.csv", "--out must end in .npz, got it.csv"),
        ("{0}:Ferry --resume", "--resume needs --out"),
        ("{0}:Ferry --resume --out new.npz", "No such file or directory: 'new.npz'"),
        ("{0}:Ferry --fail-state 7", "fail_state must be below n_states, 3, got 7"),
        ("{0}:Ferry --fail-state 1 --episodes 200", "fail_state=1 is contradicted"),
        ("{0}:Ferry --out no/where.npz", "No such file or directory"),
        ("{0}:Drawn --episodes 200", "rewards='random' if it is drawn"),
        ("{0}:Astray", "the state that step returned in episode 1, step 0 must be from 0 to 2, got 5"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    arguments: str, words: str, module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends(*arguments.format(module).split()) == 2
    said, complained = capsys.readouterr()
    assert said == "" and complained.startswith("mornavi_lite: ") and complained.count("\n") == 1
    assert words.format(module) in complained and "Traceback" not in complained


def test_the_documented_command_runs_as_it_is(module: str) -> None:
    """As a process of its own, where the folder is no package; the bar and all else go to stderr."""
    line = f"-m mornavi_lite learn {module}:Ferry --set kl --radius .1 --until 2.5 --out history.npz"
    done = subprocess.run(
        [sys.executable, *line.split()], capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}, timeout=900
    )
    assert done.returncode == 0 and "certificate" in done.stdout and "Traceback" not in done.stderr
    assert History.load("history.npz").best_certificate <= 2.5
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
