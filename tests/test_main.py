"""The command line of sweeps: what it says, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import mornavi_lite.__main__ as command
import mornavi_lite.sweep as module
import mornavi_lite.sweep.workers as workers
from mornavi_lite import run
from tests import ROOT

GRID = """\
episodes = 30
seeds = 2
[[game]]
name = "paper_cooperative"
[[learner]]
name = "RandomPlay"
[[uncertainty]]
set = "TotalVariation"
radius = 0.1
"""


@pytest.fixture
def grid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of a file with a grid of two runs, in the folder where we are."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grid.toml").write_text(GRID, encoding="utf8")
    return "grid.toml"


def ends(*arguments: str) -> Any:
    """Exit status of the command line, also where argparse ends it."""
    try:
        return command.main(["sweep", *arguments])
    except SystemExit as end:
        return end.code


def test_all_is_well(grid: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(grid, "--out", "out", "--quiet") == 0
    assert capsys.readouterr() == ("2 of 2 runs are in out, with a table in table.csv\n", "")
    assert len(Path("out/table.csv").read_text(encoding="utf8").splitlines()) == 3


def test_resume_goes_on_and_its_absence_protects(grid: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(grid, "--out", "out", "--quiet") == 0
    assert ends(grid, "--out", "out", "--quiet") == 2
    said, complained = capsys.readouterr()
    assert complained.startswith("mornavi_lite: out must be a new or empty folder, out is not")
    assert complained.count("\n") == 1 and said.count("\n") == 1
    Path(grid).write_text(GRID.replace("seeds = 2", "seeds = 3"), encoding="utf8")
    assert ends(grid, "--out", "out", "--quiet", "--resume") == 0
    assert capsys.readouterr().out == "3 of 3 runs are in out, with a table in table.csv\n"


def test_jobs_and_scheduler_are_handed_on(grid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    def recorded(*arguments: Any, **options: Any) -> module.Sweep:
        given.append((arguments[1:], options))
        return module.Sweep([], [])

    monkeypatch.setattr(command, "sweep", recorded)
    assert ends(grid, "--out", "out") == 0
    assert ends(grid, "--out", "out", "--jobs", "7", "--scheduler", "tcp://host:8786", "--resume", "--quiet") == 0
    assert given == [
        (("out", 1, None, False), {"progress": True}),
        (("out", 7, "tcp://host:8786", True), {"progress": False}),
    ]


def test_a_bar_is_shown_unless_quiet(grid: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    assert ends(grid, "--out", "out") == 0
    assert "runs" in capsys.readouterr().err


def test_a_failed_run_is_told_with_its_configuration(
    grid: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*arguments: Any, seed: int, **options: Any) -> Any:
        if seed == 1:
            raise RuntimeError("no equilibrium")
        return run(*arguments, seed=seed, **options)

    monkeypatch.setattr(workers, "run", failing)
    assert ends(grid, "--out", "out", "--quiet") == 1
    said, complained = capsys.readouterr()
    assert said == "1 of 2 runs are in out, with a table in table.csv\n"
    assert complained.startswith("failed: {'game': {'name': 'paper_cooperative'}")
    assert "'seed': 1" in complained and complained.endswith(": RuntimeError: no equilibrium\n")


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["nowhere.toml", "--out", "out"], "mornavi_lite: [Errno 2] No such file or directory: 'nowhere.toml'"),
        (["grid.toml", "--out", "grid.toml"], "mornavi_lite: [Errno 20] Not a directory: 'grid.toml'"),
        (["wrong.toml", "--out", "out"], "mornavi_lite: wrong.toml, line 4: name must be one of 'congestion', "),
        (["grid.toml", "--out", "out", "--jobs", "0"], "mornavi_lite: n_jobs must be at least 1, got 0"),
        (["grid.toml", "--out", "out", "--jobs", "many"], "argument --jobs: invalid int value: 'many'"),
        (["grid.toml"], "the following arguments are required: --out"),
        (["--out", "out"], "the following arguments are required: grid"),
        (["grid.toml", "--out", "out", "--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_what_is_wrong_ends_with_2(
    grid: str, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    Path("wrong.toml").write_text(GRID.replace("paper_cooperative", "chess"), encoding="utf8")
    assert ends(*arguments, "--quiet") == 2
    said, complained = capsys.readouterr()
    assert said == "" and words in complained and "Traceback" not in complained
    assert not Path("out").exists()


@pytest.mark.parametrize(
    "error, status, words",
    [
        (OSError("Timed out trying to connect"), 2, "mornavi_lite: Timed out trying to connect\n"),
        (ImportError("more than one process needs joblib"), 2, "mornavi_lite: more than one process needs joblib\n"),
        (RuntimeError("workers were killed"), 1, "mornavi_lite: workers were killed\n"),
        (KeyboardInterrupt(), 130, "mornavi_lite: stopped; the same command with --resume goes on from here\n"),
    ],
)
def test_what_a_sweep_raises_is_told_in_a_line(
    grid: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    status: int,
    words: str,
) -> None:
    def failing(*arguments: Any, **options: Any) -> Any:
        raise error

    monkeypatch.setattr(command, "sweep", failing)
    assert ends(grid, "--out", "out") == status
    assert capsys.readouterr() == ("", words)


def test_a_mistake_of_ours_is_not_hidden(grid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "sweep", lambda *arguments, **options: None)
    with pytest.raises(AttributeError):
        ends(grid, "--out", "out")


def test_it_says_its_name_as_it_was_called(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for called, name in (("/bin/mornavi-lite", "mornavi-lite"), ("mornavi_lite/__main__.py", "python -m mornavi_lite")):
        monkeypatch.setattr(sys, "argv", [called])
        assert ends("--help") == 0
        assert capsys.readouterr().out.startswith(f"usage: {name} sweep")


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends("--help") == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: python -m mornavi_lite sweep")
    assert all(word in said for word in ("grid", "--out", "--resume", "--jobs", "--scheduler", "--quiet"))
    with pytest.raises(SystemExit) as end:
        command.main([])
    assert end.value.code == 2
    with pytest.raises(SystemExit) as end:
        command.main(["--help"])
    assert end.value.code == 0 and "sweep" in capsys.readouterr().out


#: Modules that a sweep on one process may not need, as if they were not installed.
ALONE = """
import json, runpy, sys
sys.modules.update(dict.fromkeys(["joblib", "tqdm", "distributed", "dask", "scipy", "matplotlib", "ipywidgets"]))
import mornavi_lite, mornavi_lite.sweep
sys.argv[1:] = {arguments}
try:
    runpy.run_module("mornavi_lite", run_name="__main__")
except SystemExit as end:
    print(json.dumps({{"status": end.code}}))
"""
IMPORTED = """
import json, sys
import mornavi_lite, mornavi_lite.sweep, mornavi_lite.__main__
print(json.dumps(sorted(name for name in sys.modules if "." not in name)))
"""


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


def test_importing_the_package_imports_numpy_alone(tmp_path: Path) -> None:
    done = python(IMPORTED, tmp_path)
    assert done.returncode == 0, done.stderr
    modules = set(json.loads(done.stdout))
    assert "numpy" in modules
    assert not modules & {"joblib", "tqdm", "distributed", "dask", "scipy", "matplotlib", "ipywidgets", "quantecon"}


def test_one_process_needs_numpy_alone(grid: str, tmp_path: Path) -> None:
    done = python(ALONE.format(arguments=["sweep", grid, "--out", "out", "--quiet"]), tmp_path)
    assert done.stderr == "" and json.loads(done.stdout.splitlines()[-1]) == {"status": 0}
    assert done.stdout.startswith("2 of 2 runs are in out")
    done = python(ALONE.format(arguments=["sweep", grid, "--out", "shown"]), tmp_path)
    assert done.stderr.endswith("2 of 2 runs\n") and json.loads(done.stdout.splitlines()[-1]) == {"status": 0}
    for options, extra in (
        (["--quiet", "--jobs", "2"], "[sweep]"),
        (["--quiet", "--scheduler", "x:1"], "[dask]"),
    ):
        done = python(ALONE.format(arguments=["sweep", grid, "--out", "other", *options]), tmp_path)
        assert json.loads(done.stdout.splitlines()[-1]) == {"status": 2}
        assert done.stderr.startswith("mornavi_lite: ") and f"pip install 'mornavi-lite{extra}'" in done.stderr


def test_python_m_ends_with_the_status(grid: str, tmp_path: Path) -> None:
    for arguments, status in (([grid, "--out", "out", "--quiet"], 0), (["nowhere.toml", "--out", "out"], 2)):
        done = subprocess.run(
            [sys.executable, "-m", "mornavi_lite", "sweep", *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
        )
        assert done.returncode == status


def test_the_example_of_the_repository_is_a_grid() -> None:
    grid = module.Grid.read(ROOT / "benchmarks" / "example_sweep.toml")
    assert len(grid.configurations) == 36
