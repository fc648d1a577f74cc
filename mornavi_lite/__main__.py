"""The command line: ``python -m mornavi_lite sweep grid.toml --out results/``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from .sweep import Grid, sweep


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says.

    Returns 0 if all went well, 1 if a run failed, 2 if an argument is wrong or something is missing, 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(
        prog="python -m mornavi_lite", description="Robust Markov games: many runs at once."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("sweep", help="do all runs of a grid, and write a table of them")
    command.add_argument("grid", help="TOML file with the grid")
    command.add_argument("--out", required=True, help="folder for the results")
    command.add_argument("--resume", action="store_true", help="keep what the folder holds, and do what is missing")
    command.add_argument("--jobs", type=int, default=1, help="number of processes (default 1)")
    command.add_argument("--scheduler", help="address of a Dask scheduler, as in tcp://host:8786")
    command.add_argument("--quiet", action="store_true", help="no progress bar")
    given = parser.parse_args(arguments)
    try:
        grid = Grid.read(given.grid)
        done = sweep(grid, given.out, given.jobs, given.scheduler, given.resume, progress=not given.quiet)
    except (ValueError, TypeError, OSError, ImportError, RuntimeError) as error:
        print(f"mornavi_lite: {error}", file=sys.stderr)
        return 1 if isinstance(error, RuntimeError) else 2
    except KeyboardInterrupt:
        print("mornavi_lite: stopped; the same command with --resume goes on from here", file=sys.stderr)
        return 130
    for configuration, message in done.failures:
        print(f"failed: {configuration}: {message}", file=sys.stderr)
    print(f"{len(done.table)} of {len(grid.configurations)} runs are in {given.out}, with a table in table.csv")
    return 1 if done.failures else 0


if __name__ == "__main__":
    sys.exit(main())
