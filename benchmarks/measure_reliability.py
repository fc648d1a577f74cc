"""What was tried in order to break the package: the figures of the page "Can I trust these numbers?".

usage: python benchmarks/measure_reliability.py [PART ...]

The parts are ``inputs``, ``kills_run``, ``kills_learn``, ``kills_sweep``, ``mutation``, and ``long_run=FILE``,
``tests=FILE`` or ``matrix=FILE`` with what `make long-run`, pytest or `make matrix` printed; without a part, the first
three. Random cases and damaged files are those that ``make fuzz`` has added up in ``fuzz_cases.json``. Each part
replaces its own figure, and the table of the page is written from all of them; a test compares the two.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
RESULTS, PAGE = ROOT / "benchmarks" / "results", ROOT / "book" / "reference" / "trust.md"
KILLS, EPISODES = 100, 300
#: Where ``make mutate`` keeps its counts.
MUTATION = ROOT / ".make" / "mutation"
BEGINS, ENDS = "<!-- the table -->", "<!-- the end of the table -->"


def inputs() -> dict[str, int]:
    """How many arguments of how many functions are tried, and with how many values."""
    from tests.inputs.rows import inner, public, rows
    from tests.inputs.wrong import WRONG, forms, is_array, misshapen, spoiled

    with tempfile.TemporaryDirectory() as folder:
        calls: dict[str, Callable[[], dict[str, Any]]] = rows(Path(folder))
        places = [(name, own) for name, _, arguments in public() if not inner(name) for own in arguments]
        given = [calls[name]()[own] for name, own in places]
    arrays = [value for value in given if is_array(value)]
    ways = sum(len(list(way(value))) for value in arrays for way in (spoiled, misshapen, forms))
    return {"functions": len(calls), "arguments": len(places), "values": len(places) * len(WRONG) + ways}


def kills(how: str) -> int:
    """Kill runs, and compare each one that is done in spite of that with the undisturbed one, byte for byte."""
    from tests.faults.test_faults import killed

    for first in range(0, KILLS, 10):
        with tempfile.TemporaryDirectory() as outer:
            killed(how, Path(outer), 10, 10 * first, EPISODES)
            print(f"{how}: {first + 10} kills", flush=True)
    return KILLS


def kills_sweep() -> int:
    """The same of sweeps, half of them on processes and half on a Dask cluster."""
    from mornavi_lite.sweep import sweep
    from tests.sweep.grids import GRID, files
    from tests.sweep.test_kills import killed_sweeps
    from tests.sweep.test_workers import cluster_of_two

    with tempfile.TemporaryDirectory() as folder, cluster_of_two() as cluster:
        outer = Path(folder)
        sweep(GRID, outer / "whole")
        whole = files(outer / "whole")
        for first in range(0, KILLS, 10):
            scheduler = cluster.scheduler_address if first >= KILLS / 2 else ""
            (outer / str(first)).mkdir()
            killed_sweeps(outer / str(first), whole, scheduler, 10, first)
            print(f"sweep: {first + 10} kills", flush=True)
    return KILLS


def mutation() -> dict[str, dict[str, int]]:
    """Of each room that was tried here: its changes, how many were tried, make no difference, and were found."""
    counts = {path.parent.name: json.loads(path.read_text()) for path in sorted(MUTATION.glob("*/counts.json"))}
    return {room: each for room, each in counts.items() if each["tried"]}


def long_run(log: str) -> dict[str, float]:
    rounds, growth = re.search(r"(\d+) rounds, .*?([+-][\d.]+)% from the first half", log).groups()  # type: ignore
    seconds = re.search(r"passed.* in ([\d.]+)s", log)
    assert seconds is not None
    return {"minutes": round(float(seconds[1]) / 60), "rounds": int(rounds), "growth_percent": float(growth)}


def tests(log: str) -> dict[str, float]:
    """What pytest printed: of the tests that were run, or only collected."""
    run, found = re.search(r"(\d+) passed.* in ([\d.]+)s", log), re.search(r"(\d+)/(\d+) tests collected", log)
    if run is not None:
        return {"tests": int(run[1]), "minutes": round(float(run[2]) / 60, 1)}
    assert found is not None
    return {"tests": int(found[1]), "slower": int(found[2]) - int(found[1])}


def matrix(log: str) -> dict[str, dict[str, Any]]:
    """Of each Python, oldest and newest: with which NumPy how many tests passed, where none failed."""
    found = {}
    for each in log.split("nox > Running session ")[1:]:
        numpy, passed = re.search(r"^NumPy (\S+)", each, re.M), re.search(r"^(\d+) passed", each, re.M)
        if numpy is not None and passed is not None:
            found[each.split()[0]] = {"numpy": numpy[1], "tests": int(passed[1])}
    assert found
    return found


def table(figures: dict[str, Any]) -> str:
    """The rows of the page."""
    cases = figures["random_cases"]
    lines = ["| what was tried | how often | what came out |", "|---|---|---|"]
    lines.append(
        f"| wrong and unusual values for {figures['inputs']['arguments']:,} arguments of "
        f"{figures['inputs']['functions']:,} public functions | {figures['inputs']['values']:,} values | "
        "each is right, or an error that names the argument |"
    )
    for name, each in cases.items():
        lines.append(
            f"| random cases: {figures['titles'][name]} | {each['cases']:,} in a row | 0 wrong; "
            f"the slowest took {max(each['slowest'], 1)} times the median of its size |"
        )
    if figures["guided_files"]:
        lines.append(
            f"| damaged files, by a search guided by the lines that a reader comes to | "
            f"{sum(figures['guided_files'].values()):,} in a row | 0 wrong |"
        )
    kinds = {"runs": ("kills_run", "kills_learn"), "sweeps on processes and on Dask": ("kills_sweep",)}
    for kind, parts in kinds.items():
        n_kills = sum(figures.get(part, 0) for part in parts)
        if n_kills:
            one = kind.partition(" ")[0].removesuffix("s")
            lines.append(
                f"| {kind} that were killed at a random moment | {n_kills:,} kills | each ended with the bytes of "
                f"the {one} without a kill |"
            )
    long = figures["long_run"]
    lines.append(
        f"| runs, plans and sweeps for {long['minutes']} minutes without a pause | {long['rounds']:,} rounds | memory "
        f"changed by {long['growth_percent']:+.2f} %, and no file or process was left |"
    )
    for room, each in figures["mutation"].items():
        tried, same = each["tried"], each.get("equivalent", 0)
        lines.append(
            f"| small changes of the code of `{room}` | {tried + same:,} of {each['changes']:,} | "
            f"{same:,} make no difference; its own tests find {each['found'] / tried:.1%} of the others |"
        )
    for session, each in sorted(figures["matrix"].items()):
        age, python = session.split("-")
        lines.append(
            f"| the package's tests with Python {python} and the {age} of what it needs, such as "
            f"NumPy {each['numpy']} | {each['tests']:,} tests | all pass |"
        )
    if "tests" in figures:
        each = figures["tests"]
        came = f"all pass, in {each['minutes']} minutes" if "minutes" in each else "each is run by `make test`"
        lines.append(f"| unit tests of the package and the book | {each['tests']:,} tests | {came} |")
    return "\n".join(lines)


TITLES = {
    "operators": "worst cases, what a kernel attains against 80-bit duals",
    "stage_games": "equilibria of stage games against every deviation",
    "plans": "plans of known games against loops",
    "learners": "certificates against the true gap",
    "told": "bounds of learners that are told what holds, with each kind of rewards, against the truth",
    "listed": "sparse games of many states, planned and learned, against their dense form",
    "played": "runs of every learner, whole and with a break, against the true gap",
    "deployed": "worst, random and mixed games against the values that they stand for",
    "calibrated": "radii from two logs against the distance of the two worlds",
    "floors": "floors of episodes against a linear program of their alternatives",
    "files": "games, tables and stage games written and read back",
    "many_players": "players who are alike against all joint actions",
    "features": "linear games against loops over their factors",
    "damaged_files": "damaged files of eight kinds, read or refused, with little memory",
    "spaces": "spaces of environments, listed or refused, with little memory",
}


def main() -> None:
    path, made = RESULTS / "reliability.json", {}
    parts: dict[str, Callable[..., Any]] = {
        "inputs": inputs,
        "kills_run": lambda: kills("run"),
        "kills_learn": lambda: kills("learn"),
        "kills_sweep": kills_sweep,
        "mutation": mutation,
        "long_run": long_run,
        "matrix": matrix,
        "tests": tests,
    }
    for word in sys.argv[1:] or list(parts)[:3]:
        part, _, log = word.partition("=")
        made[part] = parts[part](*([Path(log).read_text(encoding="utf8")] if log else []))
    figures = json.loads(path.read_text(encoding="utf8")) if path.exists() else {}  # others may have measured meanwhile
    for part in ("mutation", "matrix"):
        made[part] = figures.get(part, {}) | made.get(part, {})
    cases = json.loads((RESULTS / "fuzz_cases.json").read_text(encoding="utf8"))
    guided = RESULTS / "guided_files.json"
    figures |= made | {"random_cases": cases, "titles": TITLES}
    figures["guided_files"] = json.loads(guided.read_text(encoding="utf8")) if guided.exists() else {}
    path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf8")
    before, _, rest = PAGE.read_text(encoding="utf8").partition(BEGINS)
    after = rest.partition(ENDS)[2]
    PAGE.write_text(f"{before}{BEGINS}\n{table(figures)}\n{ENDS}{after}", encoding="utf8")


if __name__ == "__main__":
    main()
