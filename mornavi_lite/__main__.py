"""The command line: ``mornavi-lite`` or ``python -m mornavi_lite``, as in ``mornavi-lite solve game.csv``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from . import learning, solving
from .sweep import Grid, sweep

#: What is wrong with what was given, or missing.
WRONG = (ValueError, TypeError, OSError, ImportError)


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        self.exit(2, f"mornavi_lite: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says.

    Returns 0 if all went well, 1 if a run or a certificate failed, 2 if an argument is wrong or something is missing,
    130 after Ctrl-C.
    """
    called = "mornavi-lite" if Path(sys.argv[0]).stem == "mornavi-lite" else "python -m mornavi_lite"
    parser = Parser(prog=called, description="Robust Markov games: one solved, or many runs at once.")
    commands = parser.add_subparsers(dest="command", required=True)
    solving.add_arguments(commands.add_parser("solve", help="solve a game that a file holds, and print a summary"))
    learning.add_arguments(commands.add_parser("learn", help="learn an environment of your own, to a certificate"))
    command = commands.add_parser("sweep", help="do all runs of a grid, and write a table of them")
    command.add_argument("grid", help="TOML file with the grid")
    command.add_argument("--out", required=True, help="folder for the results")
    command.add_argument("--resume", action="store_true", help="keep what the folder holds, and do what is missing")
    command.add_argument("--jobs", type=int, default=1, help="number of processes (default 1)")
    command.add_argument("--scheduler", help="address of a Dask scheduler, as in tcp://host:8786")
    command.add_argument("--quiet", action="store_true", help="no progress bar")
    given = parser.parse_args(arguments)
    try:
        return {"sweep": run_sweep, "solve": run_solve, "learn": run_learn}[given.command](given)
    except (*WRONG, RuntimeError) as error:
        print(f"mornavi_lite: {' '.join(str(error).split())}", file=sys.stderr)
        return 1 if isinstance(error, RuntimeError) else 2


def run_learn(given: argparse.Namespace) -> int:
    """Learn one environment; whatever its own lines raise is said in words."""
    try:
        print(learning.learn_environment(given))
    except KeyboardInterrupt as error:
        print("; ".join(["mornavi_lite: stopped", *getattr(error, "__notes__", [])]), file=sys.stderr)
        return 130
    except Exception as error:
        said = str(error) if isinstance(error, (*WRONG, RuntimeError)) else f"{type(error).__name__}: {error}"
        notes = "; ".join([said, *(note for note in getattr(error, "__notes__", []) if note not in said)])
        print(f"mornavi_lite: {' '.join(notes.split())}", file=sys.stderr)
        return 2 if isinstance(error, WRONG) else 1
    return 0


def run_solve(given: argparse.Namespace) -> int:
    """Solve one game."""
    try:
        print(solving.solve_file(given))
    except KeyboardInterrupt:
        print("mornavi_lite: stopped", file=sys.stderr)
        return 130
    return 0


def run_sweep(given: argparse.Namespace) -> int:
    """Do all runs of a grid."""
    try:
        grid = Grid.read(given.grid)
        done = sweep(grid, given.out, given.jobs, given.scheduler, given.resume, progress=not given.quiet)
    except KeyboardInterrupt:
        print("mornavi_lite: stopped; the same command with --resume goes on from here", file=sys.stderr)
        return 130
    for configuration, message in done.failures:
        print(f"failed: {configuration}: {message}", file=sys.stderr)
    print(f"{len(done.table)} of {len(grid.configurations)} runs are in {given.out}, with a table in table.csv")
    return 1 if done.failures else 0


if __name__ == "__main__":
    sys.exit(main())
