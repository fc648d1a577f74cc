"""Timing side by side: what every script in this folder shares."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def one_thread() -> None:
    """Give each side one BLAS thread; call before NumPy is imported."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"


def seconds(call: Callable[[], object], at_least: float = 0.2) -> float:
    """Smallest time of one call, over as many calls as fit in ``at_least`` seconds (three or more).

    The smallest, not the mean: other work on the machine only ever adds to a time.
    """
    call()
    best, spent, calls = float("inf"), 0.0, 0
    while spent < at_least or calls < 3:
        took = once(call)
        best, spent, calls = min(best, took), spent + took, calls + 1
    return best


def once(call: Callable[[], object]) -> float:
    """Time of one call, for what is too slow to repeat."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def row(group: str, case: str, ours: float, reference: float, against: str, goal: float) -> dict:
    """One line of a table: seconds of ours and of the reference for the same work, and their ratio."""
    line = {
        "group": group,
        "case": case,
        "against": against,
        "ours_s": ours,
        "reference_s": reference,
        "ratio": reference / ours,
        "goal": goal,
    }
    mark = "" if line["ratio"] >= goal else "   <-- below the goal"
    print(
        f"{group}, {case}: {ours:.3g} s, {against} {reference:.3g} s, ratio {line['ratio']:.1f} (goal {goal:g}){mark}"
    )
    return line


def save(name: str, content: dict) -> None:
    """Write ``results/<name>.json`` by a temporary file, so that an interrupted run leaves the old one whole."""
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / f"{name}.json"
    partial = target.with_suffix(".json.partial")
    partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf8")
    partial.replace(target)
