"""Build the JupyterLite site: the chapters, run by the reader's own browser, with nothing to install.

usage: [PYODIDE=FOLDER] python tools/build_lite.py [--out DIR] [--notebooks DIR]

Python in the browser is Pyodide. Its core is copied into the site, and with it a lock file of the site's own: it names
the few packages that the chapters need, mornavi_lite among them, each with its hash, so that `import mornavi_lite`
loads it. The wheels of NumPy, SciPy and Matplotlib are copied from the folder with a Pyodide distribution that the
variable PYODIDE names; the reader's browser then asks nobody else. Without PYODIDE the core comes from npm, and the
browser loads these wheels from Pyodide's public address.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import os
import shutil
import sys
from pathlib import Path

from shared import page_scripts
from shared.notebooks import all_notebooks, is_handed_out
from shared.steps import PYTHON, ROOT, STATE, Failed, logged, put_in_place, size, status, write

OUT = ROOT / "_build" / "lite"
LOG = STATE / "lite.log"
WORK = STATE / "lite"
VERSION = json.loads((ROOT / "tools/npm/lite/package.json").read_text(encoding="utf8"))["dependencies"]["pyodide"]
PUBLIC = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/"
#: The NumPy of this Pyodide: the tests run the package's core with it.
NUMPY = "2.4.6"
#: What the kernel of jupyterlite-pyodide-kernel 0.8 is made for.
ABI = "2026_0"
CORE = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"]
LOCK = "pyodide-lock.json"
#: Packages of the Pyodide distribution that the kernel and the chapters import; what they need comes along.
WANTED = ["ipython", "jedi", "matplotlib", "micropip", "numpy", "scipy", "tqdm"]
#: Packages that the distribution has not: from the package index, with what each needs to be imported.
ADDED = {"comm": ["traitlets"], "ipywidgets": ["comm", "ipython", "traitlets"]}
#: What a chapter needs besides the package; SciPy is loaded where a cell imports it.
NEEDS = ["ipywidgets", "matplotlib", "numpy"]


def distribution() -> Path:
    """The folder that PYODIDE names, or the core from npm."""
    named = os.environ.get("PYODIDE")
    if not named:
        return from_npm()
    folder = Path(named).expanduser().resolve()
    if not (folder / LOCK).is_file() and (folder / "pyodide" / LOCK).is_file():
        folder = folder / "pyodide"
    missing = [name for name in [*CORE, LOCK] if not (folder / name).is_file()]
    if missing:
        raise Failed(f"PYODIDE={named} holds no Pyodide distribution: {missing[0]} is missing")
    found = json.loads((folder / LOCK).read_text(encoding="utf8"))["info"].get("abi_version")
    if found != ABI:
        raise Failed(f"PYODIDE={named} has the ABI {found}; the kernel needs {ABI}, as in Pyodide {VERSION}")
    return folder


def from_npm() -> Path:
    """The core of the pinned Pyodide, compared with the hash in tools/npm/lite/package-lock.json."""
    folder = STATE / "pyodide"
    if not (folder / "node_modules" / "pyodide" / LOCK).is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / "tools" / "npm" / "lite" / name, folder)
        page_scripts.install(folder, f"Pyodide {VERSION}")
    return folder / "node_modules" / "pyodide"


def pip(*arguments: str | Path) -> None:
    quiet = ["--quiet", "--no-input", "--disable-pip-version-check"]
    status, text = logged([PYTHON, "-m", "pip", *arguments, *quiet], LOG, lambda line: None)
    if status:
        raise Failed(f"pip {arguments[0]} failed; its own words are in {LOG.relative_to(ROOT)}\n{text[-500:]}")


def own_packages(folder: Path) -> dict[str, dict]:
    """The package of this repository and the few that the distribution has not: wheels, and their lines in the lock."""
    folder.mkdir(parents=True)
    shutil.rmtree(ROOT / "build", ignore_errors=True)  # a module that is gone would live on in the wheel
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    for name in ADDED:
        asked = f"{name}=={importlib.metadata.version(name)}"
        pip("download", "--no-deps", "--only-binary=:all:", "--dest", folder, asked)
    entries = {}
    for wheel in sorted(folder.glob("*.whl")):
        module, version = wheel.name.split("-")[:2]
        name = module.replace("_", "-")
        entries[name] = {
            "name": name,
            "version": version,
            "file_name": wheel.name,
            "install_dir": "site",
            "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
            "package_type": "package",
            "imports": [module],
            "depends": ADDED.get(name, NEEDS),
            "unvendored_tests": False,
        }
    return entries


def site_lock(base: dict, own: dict[str, dict], local: bool) -> dict:
    """The lock of the site: what is wanted, what that needs, and nothing else."""
    known = {**base["packages"], **own}
    chosen: dict[str, dict] = {}

    def take(name: str) -> None:
        key = name if name in known else name.lower().replace("_", "-")
        if key not in known:
            raise Failed(f"the Pyodide distribution has no package {name}")
        if key not in chosen:
            chosen[key] = dict(known[key])
            for needed in known[key]["depends"]:
                take(needed)

    for name in [*WANTED, *own]:
        take(name)
    if not local and chosen["numpy"]["version"] != NUMPY:
        raise Failed(f"Pyodide {VERSION} has NumPy {chosen['numpy']['version']}; write that into {Path(__file__).name}")
    if not local:
        for name in chosen.keys() - own.keys():
            chosen[name]["file_name"] = PUBLIC + chosen[name]["file_name"]
    return {**base, "packages": dict(sorted(chosen.items()))}


def lay_out(source: Path, notebooks: Path) -> None:
    """Everything that the build takes: Pyodide with the site's lock, the chapters and the numbers that they read."""
    shutil.rmtree(WORK, ignore_errors=True)
    pyodide = WORK / "static" / "pyodide"
    own = own_packages(pyodide)
    local = bool(os.environ.get("PYODIDE"))
    lock = site_lock(json.loads((source / LOCK).read_text(encoding="utf8")), own, local)
    needed = [entry["file_name"] for name, entry in lock["packages"].items() if local and name not in own]
    for name in [*CORE, *needed]:
        if not (source / name).is_file():
            raise Failed(f"the Pyodide distribution in {source} has no {name}; it has to be a full one")
        shutil.copy(source / name, pyodide)
    write(pyodide / LOCK, json.dumps(lock, indent=1))
    for place in filter(is_handed_out, all_notebooks(notebooks)):
        content = json.loads((notebooks / place.relative_to("book")).read_text(encoding="utf8"))
        content["metadata"]["kernelspec"] = {"name": "python", "display_name": "Python (Pyodide)"}
        write(WORK / "files" / place, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    for path in sorted((ROOT / "benchmarks" / "results").glob("*.json")):
        write(WORK / "files" / "benchmarks" / "results" / path.name, path.read_text(encoding="utf8"))
    settings = {"@jupyterlite/pyodide-kernel-extension:kernel": {"disablePyPIFallback": True}}
    # exposed, so that tools/check_lite.py can press "run all" and read the outputs
    config = {"litePluginSettings": settings, "exposeAppInBrowser": True, "appName": "mornavi-lite"}
    write(WORK / "jupyter-lite.json", json.dumps({"jupyter-lite-schema-version": 0, "jupyter-config-data": config}))


def build(out: Path, notebooks: Path) -> None:
    """Build beside, then put the site in its place."""
    source = distribution()
    lay_out(source, notebooks)
    fresh = STATE / "lite-site"
    shutil.rmtree(fresh, ignore_errors=True)
    main = "import sys; from jupyterlite_core.app import main; sys.exit(main())"
    arguments = ["build", "--apps", "lab", "--no-sourcemaps", "--contents", "files", "--output-dir", fresh]
    status, text = logged([PYTHON, "-c", main, *arguments], LOG, lambda line: None, cwd=WORK)
    if status:
        raise Failed(f"JupyterLite could not be built; its own words are in {LOG.relative_to(ROOT)}\n{text[-800:]}")
    put_in_place(fresh, out)
    shutil.rmtree(WORK)
    where = "all of it in the folder" if os.environ.get("PYODIDE") else f"wheels of NumPy and others from {PUBLIC}"
    print(f"      {out}: {size(out)}; Pyodide's {where}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=OUT, help="folder to build")
    parser.add_argument("--notebooks", type=Path, default=ROOT / "book", help="folder of notebooks to put into it")
    options = parser.parse_args()
    return status(lambda: build(options.out, options.notebooks))


if __name__ == "__main__":
    sys.exit(main())
