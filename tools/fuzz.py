"""Draw cases until the time is over, and write down as a test what fails.

usage: python tools/fuzz.py [MINUTES] [SUBJECT ...]

Each subject of ``tests/fuzz/subjects.py``, or each that is named, gets the same time, from a seed that the clock gives.
A case that fails is written to ``tests/fuzz/cases``, where the tests find it. How many cases there were is printed at
the end, with how many times the median of calls of its size the slowest call took. With the argument ``--count`` beside
the minutes the cases in a row without one that fails are added up in ``benchmarks/results/fuzz_cases.json``; one that
fails begins at 0.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import traceback
import warnings
from collections.abc import Hashable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CASES, COUNTS = ROOT / "tests" / "fuzz" / "cases", ROOT / "benchmarks" / "results" / "fuzz_cases.json"
#: After so many failures of one subject the next one is looked at.
MOST_FAILURES = 5
#: A median of fewer calls says nothing.
FEWEST_OF_A_SIZE = 10
TEST = '''"""A case that failed once: {error}."""

from __future__ import annotations

from tests.fuzz.subjects import SUBJECTS


def test_it_is_right() -> None:
    SUBJECTS["{subject}"]({seed})
'''


def tried(subject: str, seconds: float, first: int) -> tuple[int, list[int], float]:
    """How many cases were looked at, which seeds failed, and how often the median of its size the slowest call took."""
    from tests.fuzz.subjects import SUBJECTS

    began, seed, failed, n_cases = time.monotonic(), first, [], 0
    took: dict[Hashable, list[float]] = {}
    while time.monotonic() - began < seconds and len(failed) < MOST_FAILURES:
        start = time.process_time()
        try:
            with warnings.catch_warnings(action="error"):
                seen, size = SUBJECTS[subject](seed)
            n_cases += seen
            took.setdefault(size, []).append(time.process_time() - start)
        except Exception as error:
            failed.append(seed)
            written(subject, seed, error)
        seed += 1
    ratios = [max(each) / max(statistics.median(each), 1e-9) for each in took.values() if len(each) >= FEWEST_OF_A_SIZE]
    return n_cases, failed, max(ratios, default=1.0)


def written(subject: str, seed: int, error: Exception) -> None:
    """The case as a test, and what went wrong as text."""
    traceback.print_exception(error)
    text = " ".join(f"{type(error).__name__} {error}".split())[:60].replace('"', "'").replace("\\", "/").rstrip()
    CASES.mkdir(exist_ok=True)
    path = CASES / f"test_{subject}_{seed}.py"
    path.write_text(TEST.format(subject=subject, seed=seed, error=text), encoding="utf8")
    print(f"{subject}, seed {seed}: written to {path.relative_to(ROOT)}", flush=True)


def main() -> int:
    sys.path.insert(0, str(ROOT))
    from tests.fuzz.subjects import SUBJECTS

    given = [each for each in sys.argv[1:] if each != "--count"]
    minutes, first = float(given[0]) if given else 1.0, int(time.time()) * 1000
    kept = json.loads(COUNTS.read_text(encoding="utf8")) if COUNTS.exists() else {}
    wrong = 0
    subjects = given[1:] or [*SUBJECTS]
    if unknown := [each for each in subjects if each not in SUBJECTS]:
        print(f"no subject {unknown[0]!r}; there are {', '.join(SUBJECTS)}", file=sys.stderr)
        return 2
    for subject in subjects:
        n_cases, failed, ratio = tried(subject, 60 * minutes / len(subjects), first)
        wrong += len(failed)
        print(
            f"{subject}: {n_cases} cases, {len(failed)} failed; the slowest took {ratio:.0f} medians of its size",
            flush=True,
        )
        total = kept.setdefault(subject, {"cases": 0, "slowest": 0})
        total["cases"] = 0 if failed else total["cases"] + n_cases  # in a row without one that fails
        total["slowest"] = max(total["slowest"], round(ratio))
    if "--count" in sys.argv:
        COUNTS.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf8")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
