"""Timing side by side: what every script in this folder shares."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results"
#: Where a long measurement keeps what it has: not part of the repository.
UNFINISHED = HERE.parent / ".make"
#: What time is: a script of one thread may have that of its processor.
CLOCK = time.perf_counter
#: Modules that no number depends on, by a word of their names.
_NO_MATTER = ("plot", "widget", "graph", "sweep", "grid", "file", "progress", "main", "deployment")


def _digest() -> str:
    """Of the package as it is now."""
    code = hashlib.sha256()
    for path in sorted((HERE.parent / "mornavi_lite").rglob("*.py")):
        code.update(b"" if any(word in path.stem for word in _NO_MATTER) else path.read_bytes())
    return code.hexdigest()


#: Taken when this process starts, as the modules are: an edit in the meantime changes neither.
PACKAGE = _digest()


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
    start = CLOCK()
    call()
    return CLOCK() - start


def in_a_process(work: Callable[[int], dict], job: int) -> dict:
    """What ``work`` returns, in a fresh process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, (job,))


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


def several(name: str, work: Callable[[tuple], dict], jobs: Sequence[tuple], processes: int = 2) -> list[dict]:
    """What ``work`` returns for each job, in the order of the jobs, by some processes.

    Each answer is kept in a file as soon as it is there. A run that was interrupted goes on from it if the package is
    the same; :func:`finished` removes the file.
    """
    UNFINISHED.mkdir(exist_ok=True)
    file = UNFINISHED / f"measure_{name}.jsonl"
    answers = _kept(file)
    left = [job for job in dict.fromkeys(jobs) if repr(job) not in answers]
    start = time.monotonic()
    with file.open("a", encoding="utf8") as kept, multiprocessing.Pool(processes) as pool:
        for done, (job, answer) in enumerate(pool.imap_unordered(_Named(work), left), 1):
            answers[repr(job)] = answer
            kept.write(json.dumps([repr(job), answer]) + "\n")
            kept.flush()
            if done == len(left) or done % max(1, len(left) // 10) == 0:
                print(f"{name}: {done} of {len(left)} runs in {time.monotonic() - start:.0f} s", flush=True)
    return [answers[repr(job)] for job in jobs]


def finished(name: str) -> None:
    """Remove what :func:`several` kept."""
    (UNFINISHED / f"measure_{name}.jsonl").unlink(missing_ok=True)


class _Named:
    """A job together with its answer: what comes back from a pool out of order."""

    def __init__(self, work: Callable[[tuple], dict]) -> None:
        self.work = work

    def __call__(self, job: tuple) -> tuple[tuple, dict]:
        return job, self.work(job)


def _kept(file: Path) -> dict[str, dict]:
    """Answers that an interrupted run left, if it ran the package as it is now; else an empty file."""
    head, answers = json.dumps(PACKAGE), {}
    lines = file.read_text(encoding="utf8").splitlines() if file.exists() else []
    if lines[:1] == [head]:
        for line in lines[1:]:
            try:
                job, answers[job] = json.loads(line)
            except ValueError:  # cut off in the middle
                continue
    whole = [head, *(json.dumps([job, answer]) for job, answer in answers.items())]
    file.write_text("\n".join(whole) + "\n", encoding="utf8")
    return answers


def save(name: str, content: dict | list, indent: int | None = 1) -> None:
    """Write ``results/<name>.json`` by a temporary file, so that an interrupted run leaves the old one whole."""
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / f"{name}.json"
    partial = target.with_suffix(".json.partial")
    partial.write_text(json.dumps(content, indent=indent) + "\n", encoding="utf8")
    partial.replace(target)
