"""The package's tests with the oldest and the newest of what it stands on, on each Python that is here: `make matrix`.

A Python that this machine does not have is skipped, and nox says so. uv looks the versions up: the lowest of those in
the ranges of pyproject.toml that are there for this Python without a compiler, or the highest. Words after -- go to
pytest in place of all the tests of the package: `nox -s "oldest-3.12" -- tests/planning`.
"""

from __future__ import annotations

import nox

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
#: What the tests of the package import; the book and its tools stand on what requirements.lock names.
EXTRAS = "mornavi-lite[classroom,dask,formats,frames,pettingzoo,science,plots] @ ."
TOOLS = ["beautifulsoup4>=4.12", "hypothesis>=6.100", "pygame-ce>=2.5", "pytest>=8.3", "pytest-xdist>=3.6"]
TOOLS += ["pyparsing>=3.1"]  # the newest warns of how the oldest Matplotlib calls it
#: The others are about the book, its pages and the files of this checkout.
ABOUT_OTHERS = ["book", "tools", *(f"test_{name}.py" for name in ("wheel", "layout", "repository", "benchmarks"))]
TESTS = ["tests", *(f"--ignore=tests/{name}" for name in ABOUT_OTHERS)]
TESTS += ["-n", "2", "-m", "not slow and not browser and not built"]
#: Old versions of others warn of their newer neighbours; `make test` lets no warning pass.
WARNINGS = "filterwarnings=default"
ENVIRONMENT = {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}

nox.options.default_venv_backend = "uv"
nox.options.error_on_missing_interpreters = False
nox.options.stop_on_first_error = False
nox.options.download_python = "never"


def tests(session: nox.Session, resolution: str) -> None:
    # all at once: what is installed later would raise the versions of what is there
    wheels = ["--only-binary", ":all:", "--no-binary", "mornavi-lite"]
    session.install("--resolution", resolution, *wheels, EXTRAS, *TOOLS)
    session.run("python", "-c", "import numpy, scipy; print('NumPy', numpy.__version__, 'SciPy', scipy.__version__)")
    session.run("python", "-m", "pytest", "-q", "-o", WARNINGS, *(session.posargs or TESTS), env=ENVIRONMENT)


@nox.session(python=PYTHONS)
def oldest(session: nox.Session) -> None:
    """The lowest version of each direct dependency."""
    tests(session, "lowest-direct")


@nox.session(python=PYTHONS)
def newest(session: nox.Session) -> None:
    """The highest version of everything."""
    tests(session, "highest")
