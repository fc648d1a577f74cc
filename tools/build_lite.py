"""Build the JupyterLite site: the chapters, run by the reader's own browser, with nothing to install.

usage: python tools/build_lite.py [--out DIR] [--notebooks DIR]

Python in the browser is Pyodide, the same as in the laboratory. All of it is copied into the site, each file compared
with its hash (shared/pyodide.py says where it comes from), and with it a lock file of the site's own: it names the few
packages that the chapters need, mornavi_lite among them, each with its hash, so that `import mornavi_lite` loads it.
The reader's browser asks nobody else for anything.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import shutil
import sys
from pathlib import Path

from shared import pyodide
from shared.notebooks import all_notebooks, is_handed_out
from shared.pyodide import LOCK
from shared.steps import PYTHON, ROOT, STATE, VENV, Failed, logged, put_in_place, size, status, write

OUT = ROOT / "_build" / "lite"
LOG = STATE / "lite.log"
WORK = STATE / "lite"
#: The kernel of jupyterlite-pyodide-kernel 0.6 starts a worker of the older kind.
CORE = [*pyodide.CORE, "pyodide.js"]
#: Packages of the Pyodide distribution that the chapters import, and that the kernel asks for when it starts (ssl and
#: sqlite3 among them: it does not start without); what they need comes along.
WANTED = ["ipython", "jedi", "matplotlib", "micropip", "numpy", "scipy", "sqlite3", "ssl"]
#: Packages that the distribution has not: from the package index, with what each needs to be imported.
ADDED = {"comm": ["traitlets"], "ipywidgets": ["comm", "ipython", "traitlets"]}
#: What is added to JupyterLab: what else is installed here, for grading and the like, was made for another JupyterLab.
EXTENSIONS = ["@jupyterlite/pyodide-kernel-extension", "@jupyter-widgets/jupyterlab-manager", "jupyterlab-myst"]
#: What comes with the package: the kernel sees what a cell imports, and not what the package imports then.
NEEDS = ["ipywidgets", "matplotlib", "numpy", "scipy"]


def added_wheels(folder: Path) -> None:
    """Fetch the few packages that the distribution has not."""
    pip = ["-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"]
    asked = [f"{name}=={importlib.metadata.version(name)}" for name in ADDED]
    failed, text = logged([PYTHON, *pip, "--only-binary=:all:", "--dest", folder, *asked], LOG, lambda line: None)
    if failed:
        raise Failed(f"pip download failed; its own words are in {LOG.relative_to(ROOT)}\n{text[-500:]}")


def own_packages(folder: Path) -> dict[str, dict]:
    """The package of this repository and the few that the distribution has not: wheels, and their lines in the lock."""
    folder.mkdir(parents=True)
    pyodide.own_wheel(folder)
    added_wheels(folder)
    wheels = sorted(folder.glob("*.whl"))
    names = [wheel.name.split("-")[0].replace("_", "-") for wheel in wheels]
    return {name: pyodide.line_of(wheel, ADDED.get(name, NEEDS)) for name, wheel in zip(names, wheels, strict=True)}


def lay_out(source: Path, notebooks: Path) -> None:
    """Everything that the build takes: Pyodide with the site's lock, the chapters and the numbers that they read."""
    shutil.rmtree(WORK, ignore_errors=True)
    place_of_python = WORK / "static" / "pyodide"
    own = own_packages(place_of_python)
    for name in pyodide.hashes(CORE, WANTED):
        shutil.copy(source / name, place_of_python)
    write(place_of_python / LOCK, pyodide.lock(dict(sorted({**pyodide.closure(WANTED), **own}.items()))))
    for place in filter(is_handed_out, all_notebooks(notebooks)):
        content = json.loads((notebooks / place.relative_to("book")).read_text(encoding="utf8"))
        content["metadata"]["kernelspec"] = {"name": "python", "display_name": "Python (Pyodide)"}
        write(WORK / "files" / place, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    for folder, names in (("benchmarks/results", "*.json"), ("book/data", "*")):
        for path in sorted((ROOT / folder).glob(names)):
            write(WORK / "files" / folder / path.name, path.read_text(encoding="utf8"))
    settings = {"@jupyterlite/pyodide-kernel-extension:kernel": {"disablePyPIFallback": True}}
    # exposed, so that tools/check_lite.py can press "run all" and read the outputs
    config = {"litePluginSettings": settings, "exposeAppInBrowser": True, "appName": "mornavi-lite"}
    places = [str(VENV.resolve() / "share" / "jupyter" / "labextensions" / name) for name in EXTENSIONS]
    chosen = {"ignore_sys_prefix": ["federated_extensions"], "federated_extensions": places}
    write(WORK / "jupyter_lite_config.json", json.dumps({"LiteBuildConfig": chosen}))
    write(WORK / "jupyter-lite.json", json.dumps({"jupyter-lite-schema-version": 0, "jupyter-config-data": config}))


def build(out: Path, notebooks: Path) -> None:
    """Build beside, then put the site in its place; without Pyodide there is none, and nothing leads to one."""
    source = pyodide.fetch(pyodide.hashes(CORE, WANTED))
    if source is None:
        shutil.rmtree(out, ignore_errors=True)
        print(f"      no JupyterLite: no source has Pyodide {pyodide.VERSION}; PYODIDE=FOLDER names a folder with it")
        return
    lay_out(source, notebooks)
    fresh = STATE / "lite-site"
    shutil.rmtree(fresh, ignore_errors=True)
    main = "import sys; from jupyterlite_core.app import main; sys.exit(main())"
    arguments = ["build", "--apps", "lab", "--no-sourcemaps", "--contents", "files", "--output-dir", fresh]
    failed, text = logged([PYTHON, "-c", main, *arguments], LOG, lambda line: None, cwd=WORK)
    if failed:
        raise Failed(f"JupyterLite could not be built; its own words are in {LOG.relative_to(ROOT)}\n{text[-800:]}")
    put_in_place(fresh, out)
    shutil.rmtree(WORK)
    print(f"      {out}: {size(out)}; all of Pyodide {pyodide.VERSION} is in the folder")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=OUT, help="folder to build")
    parser.add_argument("--notebooks", type=Path, default=ROOT / "book", help="folder of notebooks to put into it")
    options = parser.parse_args()
    return status(lambda: build(options.out, options.notebooks))


if __name__ == "__main__":
    sys.exit(main())
