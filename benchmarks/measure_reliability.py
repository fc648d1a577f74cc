"""What was tried in order to break the package: the figures of the page "Can I trust these numbers?".

usage: python benchmarks/measure_reliability.py [--count]

Damaged files and kills are done here, with the functions of the tests; random cases are those that ``make fuzz`` has
added up in ``fuzz_cases.json``. With ``--count`` only what takes no time is counted anew. The table of the page is
written from the figures; a test compares the two.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
RESULTS, PAGE = ROOT / "benchmarks" / "results", ROOT / "book" / "reference" / "trust.md"
FILES_EACH, SEEDS, KILLS_EACH = 60, (0,), 10
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


def damaged_files() -> int:
    """Read so many damaged files of every kind; one that is neither read nor refused is an error."""
    from tests.parsers.damage import ARRAYS, TEXTS
    from tests.parsers.test_parsers import searched

    for kind in (*TEXTS, *ARRAYS):
        with tempfile.TemporaryDirectory() as folder:
            searched(kind, FILES_EACH, TEXTS | ARRAYS, Path(folder))
    return FILES_EACH * len(TEXTS | ARRAYS)


def kills() -> int:
    """Kill runs until they are done, and compare the result with the undisturbed one."""
    from tests.faults.test_faults import killed_until_it_is_done, undisturbed

    total = 0
    for how in ("run", "learn"):
        for seed in SEEDS:
            with tempfile.TemporaryDirectory() as outer:
                folder = Path(outer) / "killed"
                folder.mkdir()
                total += killed_until_it_is_done(how, folder, KILLS_EACH, seed)
                assert (folder / "done.npz").read_bytes() == undisturbed(how, Path(outer))
    return total


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
        lines.append(f"| random cases: {figures['titles'][name]} | {each['cases']:,} | {each['failed']} wrong |")
    lines.append(
        f"| damaged files of eight kinds | {figures['damaged_files']:,} | each is read, or refused, "
        "with little memory |"
    )
    lines.append(
        f"| runs that were killed at a random moment | {figures['kills']:,} kills | each ended with the bytes of "
        "the run without a kill |"
    )
    return "\n".join(lines)


TITLES = {
    "operators": "worst cases against exact sums and 80-bit duals",
    "stage_games": "equilibria of stage games against every deviation",
    "plans": "plans of known games against loops",
    "learners": "certificates against the true gap",
    "files": "games, tables and stage games written and read back",
    "many_players": "players who are alike against all joint actions",
    "features": "linear games against loops over their factors",
}


def main() -> None:
    path = RESULTS / "reliability.json"
    figures = json.loads(path.read_text(encoding="utf8")) if path.exists() else {}
    if "--count" not in sys.argv:
        figures |= {"kills": kills(), "damaged_files": damaged_files()}
    cases = json.loads((RESULTS / "fuzz_cases.json").read_text(encoding="utf8"))
    figures |= {"inputs": inputs(), "random_cases": cases, "titles": TITLES}
    path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf8")
    before, _, rest = PAGE.read_text(encoding="utf8").partition(BEGINS)
    after = rest.partition(ENDS)[2]
    PAGE.write_text(f"{before}{BEGINS}\n{table(figures)}\n{ENDS}{after}", encoding="utf8")


if __name__ == "__main__":
    main()
