"""What the targets of the Makefile do: each is a list of steps, done in order and announced one by one.

usage: sh tools/with_python.sh tools/make.py TARGET

A step that finds nothing to do takes no time. A failed set-up ends the run; a failed check does not: the checks
after it run as well, and the failures are listed at the end.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import build_book
from browser import serve
from shared import page_python, page_scripts, setup_venv
from shared.notebooks import all_notebooks, runs_through
from shared.steps import PYTHON, ROOT, STATE, Failed, beside, checked, one_at_a_time

Step = tuple[str, Callable[[], None]]


def packages(level: str) -> Step:
    return f"Python packages: {level}", lambda: setup_venv.setup(level)


def command(title: str, *arguments: str | Path, **variables: str) -> Step:
    return title, lambda: checked([PYTHON, *arguments], **variables)


def notebooks() -> list[Path]:
    """Every notebook that runs through."""
    return list(filter(runs_through, all_notebooks()))


def compare_notebooks() -> None:
    """Execute every notebook and compare each output with the stored one."""
    if not notebooks():
        raise Failed("book/ holds no notebook")
    nbval = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=1800", "--nbval-kernel-startup-timeout=600"]
    nbval += ["--nbval-sanitize-with", "tests/book/nbval.cfg"]
    checked([PYTHON, "-m", "pytest", "-q", *nbval, "-n", "2", "--dist", "loadfile", *notebooks()])


def execute(*options: str) -> Callable[[], None]:
    return lambda: checked([PYTHON, "tools/execute.py", *options, *notebooks()])


def scripts(pattern: str) -> Callable[[], None]:
    """Run the scripts in benchmarks/ whose names fit, one after the other."""

    def run_all() -> None:
        for script in sorted((ROOT / "benchmarks").glob(pattern)):
            print(f"      {script.name}", flush=True)
            checked([PYTHON, script])

    return run_all


def long_run() -> None:
    minutes = os.environ.get("MINUTES", "30")
    checked([PYTHON, "-m", "pytest", "-q", "-s", "-m", "slow", "tests/test_long_run.py"], MINUTES=minutes)


def pages() -> None:
    """The pages as they are published, which know whether JupyterLite lies beside them."""
    build_book.build("pages", SITE="1", LITE="1" if (build_book.BUILD / "lite" / "index.html").is_file() else "")


SCRIPTS: list[Step] = [
    ("Scripts of the pages", page_scripts.fetch),
    ("Python for the pages", page_python.lay_out),
]
BOOK: Step = ("The book, without a warning", build_book.build)
PDF = command("The book as PDF", "tools/build_pdf.py")
LITE = command("The chapters in the browser: JupyterLite", "tools/build_lite.py")
DIST = command("Wheel and source archive", "tools/build_dist.py")
SITE: list[Step] = [
    PDF,
    LITE,
    ("The book again, for the site", pages),
    command("One folder to publish", "tools/build_site.py"),
]
CODE = ["mornavi_lite", "tests", "tools", "benchmarks", "book", "setup.py", "noxfile.py"]
PYTEST = ["-m", "pytest", "-q", "-p", "no:nbval"]
#: Two processes, each with its own browser, which take what the other has not come to; the slowest tests are told.
TWO = ["--durations", "10", "-n", "2", "--dist", "worksteal", "-m"]
BUILT = "browser or built"  # tests of the built book
UNIT = [*TWO, f"not slow and not ({BUILT})", "tests"]
PAGE_TESTS = [
    f"tests/book/test_{name}.py"
    for name in ("page_checks", "pages", "inventory", "laboratory", "run_page", "content_security")
]
TYPES, EXAMPLES = ["-m", "mypy"], [*PYTEST, "--doctest-modules", "mornavi_lite"]


def book_and_what_takes_one_core() -> None:
    """None of the three can use two cores."""
    others = {"Types: mypy": [PYTHON, *TYPES], "Examples in docstrings": [PYTHON, *EXAMPLES]}
    with beside(others, MPLBACKEND="agg"):
        build_book.build()


CHECKS = [
    command("Lint: ruff check", "-m", "ruff", "check", "--output-format", "concise", *CODE),
    command("Format: ruff format --check", "-m", "ruff", "format", "--check", "--output-format", "concise", *CODE),
    command("Unit and property tests", *PYTEST, *UNIT, MPLBACKEND="agg"),
    ("Notebooks, each output compared", compare_notebooks),
    ("The book, without a warning; types and examples in docstrings", book_and_what_takes_one_core),
    command("The built book, its pages in a browser", *PYTEST, *TWO, f"not slow and ({BUILT})", *PAGE_TESTS),
]
BRANCHES = command("Branches that no test comes to", "tools/branches.py")
SLOW_CHECKS = [
    command("Unit tests, in another order", *PYTEST, "-p", "tests.shuffled", *UNIT, MPLBACKEND="agg"),
    BRANCHES,
    command("Slow tests", *PYTEST, *TWO, "slow", "tests", MPLBACKEND="agg"),
    ("Notebooks, byte for byte", execute("--check")),
    DIST,
    *SITE,
]

#: Set-up, then checks, of each target.
TARGETS: dict[str, tuple[list[Step], list[Step]]] = {
    "book": ([packages("book"), *SCRIPTS, BOOK], []),
    "test": ([packages("test"), *SCRIPTS], CHECKS),
    "check-all": (
        [*map(packages, ("test", "pdf", "lite", "dist", "wasm", "frames", "coverage")), *SCRIPTS],
        CHECKS + SLOW_CHECKS,
    ),
    "assignments": ([packages("test"), command("Sheets and guide", "tools/assignments.py")], []),
    "notebooks": ([packages("test"), ("Notebooks, executed again", execute())], []),
    "format": (
        [
            packages("test"),
            command(
                "Lint: ruff check --fix",
                "-m",
                "ruff",
                "check",
                "--fix",
                "--exit-zero",
                "--output-format",
                "concise",
                *CODE,
            ),
            command("Format: ruff format", "-m", "ruff", "format", *CODE),
        ],
        [],
    ),
    "benchmark": ([packages("benchmark"), ("Benchmarks", scripts("bench_*.py"))], []),
    "measurements": ([packages("benchmark"), ("Measurements", scripts("measure_*.py"))], []),
    "matrix": ([packages("matrix"), command("Oldest and newest, with each Python", "-m", "nox")], []),
    "long-run": ([packages("test"), ("Runs, plans and sweeps", long_run)], []),
    "mutate": ([packages("test"), packages("mutation"), command("Changes of one room", "tools/mutate.py")], []),
    "coverage": ([packages("test"), packages("coverage")], [BRANCHES]),
    "fuzz": (
        [packages("test"), command("Random cases", "tools/fuzz.py", os.environ.get("MINUTES", "1"))],
        [],
    ),
    "pdf": ([packages("pdf"), *SCRIPTS, BOOK, PDF], []),
    "lite": ([packages("lite"), LITE], []),
    "site": ([packages("pdf"), packages("lite"), *SCRIPTS, BOOK, *SITE], []),
    "dist": ([packages("dist"), DIST], []),
    "lock": ([packages("lock"), command("One version of each package, with its hashes", "tools/lock.py")], []),
    "serve": ([packages("book"), *SCRIPTS, BOOK], []),
}


def run(target: str) -> None:
    """All steps of one target."""
    needed, checks = TARGETS[target]
    total, failures, began = len(needed) + len(checks), [], time.monotonic()
    for number, (title, action) in enumerate(needed + checks, 1):
        print(f"[{number}/{total}] {title}", flush=True)
        start, ended = time.monotonic(), "done"
        try:
            action()
        except Failed as failure:
            if number <= len(needed):
                raise
            failures.append(f"{title}: {failure}")
            ended = "FAILED"
        print(f"      {ended} in {time.monotonic() - start:.1f} s", flush=True)
    if failures:
        raise Failed(f"{len(failures)} of {len(checks)} checks failed\n  " + "\n  ".join(failures))
    if target == "book":
        build_book.where_to_open()
    elif checks:
        print(f"\nAll {len(checks)} checks passed in {time.monotonic() - began:.0f} s.")


def clean() -> None:
    """Remove what was built or fetched, and the caches; .venv stays."""
    for name in (
        "_build",
        "book/_static/vendor",
        "book/_static/pyodide",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".hypothesis",
        ".nox",
        "build",
        "dist",
    ):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for path in STATE.glob("*"):
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
    print("Removed the built book, fetched scripts and caches. To start from nothing, remove .venv as well.")


def main(target: str) -> int:
    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        with one_at_a_time():
            clean() if target == "clean" else run(target)
        if target == "serve":  # not one at a time: make book in another window builds what this one shows
            serve.main()
    except Failed as failure:
        print(f"mornavi-lite: {failure}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        print(
            f"\nmornavi-lite: stopped. `make {target}` goes on from here; what was finished is kept.", file=sys.stderr
        )
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
