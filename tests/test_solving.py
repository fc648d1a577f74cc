"""The command ``solve``: a file in, a summary out, and one line where something is wrong."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mornavi_lite.__main__ as command
from mornavi_lite import KullbackLeibler, MarkovGame, Nominal, Solution, TotalVariation, solve, zoo
from mornavi_lite.formats import read_nfg, read_table, write_table
from tests import ROOT

TABLE = """\
state,action,next state,probability,reward
new,run,new,0.9,4
new,run,worn,0.1,4
worn,run,worn,1,1
worn,repair,new,1,-2
"""
PENNIES = 'NFG 1 R "Pennies" { "Ann" "Bob" } { { "heads" "tails" } { "heads" "tails" "edge" } }\n'
PENNIES += "3 -3  -1 1   -1 1  1 -1   -2 2 -2 2\n"
CHICKEN = 'NFG 1 R "Chicken" { "Row" "Column" } { { "dare" "yield" } { "dare" "yield" } } 0 0 2 7 7 2 6 6'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files with games, in the folder where we are."""
    monkeypatch.chdir(tmp_path)
    Path("machine.csv").write_text(TABLE)
    Path("pennies.nfg").write_text(PENNIES)
    Path("chicken.nfg").write_text(CHICKEN)
    write_table("merge.csv", zoo.traffic_merge())
    zoo.traffic_merge().save("merge.npz")


def ends(*arguments: str) -> Any:
    """Exit status of the command line, also where argparse ends it."""
    try:
        return command.main(["solve", *arguments])
    except SystemExit as end:
        return end.code


def test_a_table_is_solved_and_the_solution_saved(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = "machine.csv --horizon 20 --set tv --radius 0.1 --concept cce --out solution.npz"
    assert ends(*arguments.split()) == 0
    said, complained = capsys.readouterr()
    solution = solve(read_table("machine.csv", 20, name="machine"), TotalVariation(0.1))
    assert complained == "" and said.count("\n") <= 6 and said == f"{solution}\n"
    assert f"value at the start: {solution.value[0, 0, 0]:.6g}\n" in said and "gap: 0\n" in said
    saved = Solution.load("solution.npz")
    assert all(np.array_equal(getattr(saved, field), getattr(solution, field)) for field in Solution._fields)
    assert repr(saved) == repr(solution)


def test_a_saved_game_is_solved(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends("merge.npz", "--set", "kl", "--radius", "0.1", "0.2", "--concept", "ce") == 0
    said = capsys.readouterr().out
    solution = solve(zoo.traffic_merge(), [KullbackLeibler(0.1), KullbackLeibler(0.2)], "ce")
    worth = [f"{value:.6g}" for value in solution.value[:, 0] @ zoo.traffic_merge().initial]
    assert f"value at the start: {worth[0]} (player 1), {worth[1]} (player 2)\n" in said
    assert said.startswith(
        "Solution of traffic merge: ce, [KullbackLeibler(radius=0.1), KullbackLeibler(radius=0.2)]\n"
    )


def test_what_a_discount_leaves_out_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends("machine.csv", "--discount", "0.9", "--accuracy", "0.5") == 0
    tail = read_table("machine.csv", discount=0.9, accuracy=0.5).tail[0]
    assert f"later steps add: {tail[0]:.3g} to {tail[1]:.3g}\n" in capsys.readouterr().out


def test_options_of_tables_are_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    def recorded(*arguments: Any) -> Solution:
        given.append(arguments)
        return solve(*arguments)

    monkeypatch.setattr("mornavi_lite.solving.solve", recorded)
    assert ends("machine.csv", "--discount", "0.9", "--accuracy", "0.5", "--initial", "worn", "--normalize") == 0
    assert ends("machine.csv", "--horizon", "3", "--radius", "0.1", "0.2", "--concept", "nash") == 2  # one player
    assert ends("machine.csv", "--horizon", "3", "--radius", "0.1", "--set", "tv-support", "--select", "welfare") == 0
    games, sets, concepts, selections = zip(*given, strict=True)
    assert games[0] == read_table("machine.csv", discount=0.9, accuracy=0.5, initial="worn", name="machine")
    assert games[1] == games[2] == read_table("machine.csv", 3, name="machine")
    wanted = [Nominal(), [TotalVariation(0.1), TotalVariation(0.2)], TotalVariation(0.1, shift_support=False)]
    assert list(sets) == wanted and concepts == ("cce", "nash", "cce")
    assert selections == ("pure", "pure", "welfare")


def test_a_stage_game_is_told_by_the_names_of_strategies(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends("pennies.nfg", "--concept", "nash") == 0
    *summary, ann, bob = capsys.readouterr().out.splitlines()
    payoffs, _ = read_nfg("pennies.nfg")
    assert summary and payoffs[0, 0] == 3
    mixed = {}
    for who, line in (("Ann", ann), ("Bob", bob)):
        assert line.startswith(f"{who}: ")
        mixed[who] = {part.split()[1]: float(part.split()[0]) for part in line.removeprefix(f"{who}: ").split(", ")}
    assert mixed == {"Ann": {"tails": 1.0}, "Bob": {"edge": 1.0}} or sum(mixed["Ann"].values()) == pytest.approx(1)
    ours = [mixed["Ann"].get(name, 0.0) for name in ("heads", "tails")]
    theirs = [mixed["Bob"].get(name, 0.0) for name in ("heads", "tails", "edge")]
    table = payoffs.reshape(2, 2, 3)
    assert max(table[0] @ theirs) - ours @ table[0] @ theirs <= 1e-5
    assert max(ours @ table[1]) - ours @ table[1] @ theirs <= 1e-5


def test_a_correlated_policy_is_told_for_all_together(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = np.array([0.0, 0.25, 0.25, 0.5]).reshape(1, 1, 4)
    monkeypatch.setattr("mornavi_lite.solving.solve", lambda game, *rest: solve(game, *rest)._replace(policy=policy))
    assert ends("chicken.nfg") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "together: 0.5 yield, yield, 0.25 dare, yield, 0.25 yield, dare"


def test_a_policy_is_written_as_a_table() -> None:
    assert ends("merge.csv", "--horizon", "5", "--out", "policy.csv") == 0
    assert Path("policy.csv").read_text().startswith("step,state,action_0,action_1,probability\n0,0,")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("nowhere.csv --horizon 3", "No such file or directory: 'nowhere.csv'"),
        ("machine.csv", "horizon must be a number of steps"),
        ("machine.csv --horizon 0", "horizon must be at least 1"),
        ("machine.csv --horizon x", "argument --horizon: invalid int value: 'x'"),
        ("machine.csv --horizon 3 --set tv", "--set tv needs a --radius"),
        ("machine.csv --horizon 3 --set nominal --radius 0.1", "--radius goes with a set that has one"),
        ("machine.csv --horizon 3 --radius 1.5", "radius must be in [0, 1]"),
        ("machine.csv --horizon 3 --radius 0.1 0.2", "uncertainty"),
        ("machine.csv --horizon 3 --set wasserstein", "argument --set: invalid choice: 'wasserstein'"),
        ("machine.csv --horizon 3 --concept pareto", "argument --concept: invalid choice: 'pareto'"),
        ("machine.csv --horizon 3 --initial old", "initial must name a state"),
        ("machine.csv --horizon 3 --out solution.txt", "--out must end in .npz or .csv, got solution.txt"),
        ("machine.csv --horizon 3 --out none/solution.npz", "No such file or directory"),
        ("bad.csv --horizon 3", "bad.csv, line 2, column 4 (probability): expected a number, got 'x'"),
        ("bad.nfg", "bad.nfg, line 1, column 9: expected the title"),
        ("bad.npz", "bad.npz is damaged"),
        ("merge.npz --horizon 3", "--horizon is for tables (.csv), not for merge.npz"),
        ("chicken.nfg --initial 3", "--initial is for tables (.csv), not for chicken.nfg"),
        ("game.xlsx", "game.xlsx must end in .csv, .nfg or .npz"),
        ("", "the following arguments are required: game"),
    ],
)  # fmt: skip
def test_what_is_wrong_ends_with_2_and_one_line(capsys: pytest.CaptureFixture[str], arguments: str, words: str) -> None:
    Path("bad.csv").write_text(TABLE.replace("0.9", "x"))
    Path("bad.nfg").write_text("NFG 1 R pennies")
    Path("bad.npz").write_text("nothing")
    before = sorted(Path().iterdir())
    assert ends(*arguments.split()) == 2
    said, complained = capsys.readouterr()
    assert said == "" and complained.startswith("mornavi_lite: ") and words in complained
    assert complained.count("\n") == 1 and complained.endswith("\n")
    assert sorted(Path().iterdir()) == before


@pytest.mark.parametrize(("error", "status"), [(RuntimeError("no\ncertificate"), 1), (KeyboardInterrupt(), 130)])
def test_what_cannot_be_certified_or_is_stopped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int
) -> None:
    def failing(*arguments: Any) -> Any:
        raise error

    monkeypatch.setattr("mornavi_lite.solving.solve", failing)
    assert ends("chicken.nfg") == status
    said, complained = capsys.readouterr()
    assert said == "" and complained in ("mornavi_lite: no certificate\n", "mornavi_lite: stopped\n")


def test_the_command_that_is_installed_is_this_one() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]["scripts"]
    module, name = scripts["mornavi-lite"].split(":")
    assert getattr(importlib.import_module(module), name) is command.main
    done = subprocess.run(
        [sys.executable, "-m", "mornavi_lite", "solve", "chicken.nfg"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0 and done.stderr == "" and "dare" in done.stdout


def test_games_of_three_kinds_are_one_game() -> None:
    game = MarkovGame.load("merge.npz")
    assert game == zoo.traffic_merge() and read_table("merge.csv", 5, reward_range=(0, 1), name=game.name) == game
