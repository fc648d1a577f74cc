"""The JupyterLite site: what its lock holds, and a kernel in a browser that loads the package from it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import build_lite
from browser.chromium import browser_path
from check_lite import compare
from shared.steps import Failed
from tests import ROOT

#: Compiled packages: stand-ins of a few bytes take their place where there is no Pyodide distribution.
STAND_INS = ["numpy", "scipy", "matplotlib", "contourpy", "kiwisolver", "pillow"]
PROBE = [
    ("import sys\nprint(sys.platform, sys.version_info[:2])", "emscripten (3, 14)\n"),
    (
        "if False:\n    import mornavi_lite\n"
        "from importlib.metadata import version\nfrom importlib.util import find_spec\n"
        "print(version('mornavi-lite'), find_spec('mornavi_lite').name, version('numpy'))",
        None,
    ),
    (
        "from pathlib import Path\nprint(Path('../benchmarks/results/episodes.json').is_file())\n"
        "import ipywidgets\nipywidgets.IntSlider(3)",
        "True\n",
    ),
]


def entry(name, depends=(), **more):
    made = {"name": name, "version": "1.0", "file_name": f"{name}-1.0-py3-none-any.whl", "depends": list(depends)}
    return {**made, "imports": [name], "sha256": "0" * 64, **more}


def base_lock():
    packages = {name: entry(name, ["numpy"] if name == "scipy" else []) for name in build_lite.WANTED}
    packages |= {"traitlets": entry("traitlets"), "ipython": entry("ipython", ["Stack_Data"])}
    packages |= {"stack-data": entry("stack-data"), "pandas": entry("pandas", ["numpy"])}
    packages["numpy"]["version"] = build_lite.NUMPY
    return {"info": {"abi_version": build_lite.ABI}, "packages": packages}


def test_the_lock_holds_what_is_wanted_and_what_that_needs_and_nothing_else():
    own = {"mornavi-lite": entry("mornavi-lite", build_lite.NEEDS), "ipywidgets": entry("ipywidgets", ["traitlets"])}
    lock = build_lite.site_lock(base_lock(), own, local=True)
    assert set(lock["packages"]) == {*build_lite.WANTED, *own, "traitlets", "stack-data"}
    assert not any("//" in e["file_name"] for e in lock["packages"].values())
    public = build_lite.site_lock(base_lock(), own, local=False)["packages"]
    assert {n for n, e in public.items() if e["file_name"].startswith(build_lite.PUBLIC)} == set(public) - set(own)


def test_a_lock_without_a_package_or_with_another_numpy_is_refused():
    lock = base_lock()
    del lock["packages"]["stack-data"]
    with pytest.raises(Failed, match="no package Stack_Data"):
        build_lite.site_lock(lock, {}, local=True)
    lock = base_lock()
    lock["packages"]["numpy"]["version"] = "1.26.0"
    with pytest.raises(Failed, match=r"has NumPy 1\.26\.0"):
        build_lite.site_lock(lock, {}, local=False)


@pytest.mark.parametrize("lacks", [*build_lite.CORE, build_lite.LOCK])
def test_a_folder_that_is_no_pyodide_distribution_is_refused(tmp_path, monkeypatch, lacks):
    for name in {*build_lite.CORE, build_lite.LOCK} - {lacks}:
        (tmp_path / name).write_text("{}")
    monkeypatch.setenv("PYODIDE", str(tmp_path))
    with pytest.raises(Failed, match=f"{lacks} is missing"):
        build_lite.distribution()


def test_a_distribution_for_another_kernel_is_refused(tmp_path, monkeypatch):
    for name in build_lite.CORE:
        (tmp_path / name).touch()
    (tmp_path / build_lite.LOCK).write_text('{"info": {"abi_version": "2024_0"}}')
    monkeypatch.setenv("PYODIDE", str(tmp_path))
    with pytest.raises(Failed, match="2024_0"):
        build_lite.distribution()


def code_cell(text, *outputs, count=1):
    return {"cell_type": "code", "source": text, "execution_count": count, "outputs": list(outputs)}


def test_a_run_is_compared_cell_by_cell():
    said = {"output_type": "stream", "name": "stdout", "text": ["0.5", "000\n"]}
    raised = {"output_type": "error", "ename": "ValueError", "evalue": "no"}
    stored = [{"cell_type": "markdown"}, code_cell("a", said)]
    assert compare(stored, [stored[0], code_cell("a", said | {"text": "0.5000\n"})]) == []
    assert "prints '0.6\\n'" in compare(stored, [stored[0], code_cell("a", said | {"text": "0.6\n"})])[0]
    assert "raises ValueError: no" in compare(stored, [stored[0], code_cell("a", raised)])[0]
    assert "was not run" in compare(stored, [stored[0], code_cell("a", count=None)])[0]
    assert compare([], []) == ["there is no code cell"]


def stand_in(entry: dict, folder: Path) -> None:
    """A wheel of that name and version with empty modules."""
    stem = f"{entry['name'].replace('-', '_')}-{entry['version']}"
    wheel = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        for module in entry["imports"]:
            packed.writestr(f"{module}/__init__.py", "")
        packed.writestr(
            f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {entry['name']}\nVersion: {entry['version']}\n"
        )
        packed.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        packed.writestr(f"{stem}.dist-info/RECORD", "")
    entry["file_name"] = wheel.name


def small_distribution(folder: Path) -> None:
    """A Pyodide distribution with the real core and pure packages, and stand-ins for what is compiled."""
    core = build_lite.from_npm()
    for name in build_lite.CORE:
        shutil.copy(core / name, folder)
    base = json.loads((core / build_lite.LOCK).read_text(encoding="utf8"))
    added = {name: entry(name, needs) for name, needs in build_lite.ADDED.items()}
    chosen = build_lite.site_lock(base, added, local=True)["packages"]
    pure = [e for name, e in chosen.items() if name not in {*STAND_INS, *added}]
    pip = [
        sys.executable,
        "-I",
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--python-version=3.14",
        f"--platform=pyemscripten_{build_lite.ABI}_wasm32",
    ]
    wheels = folder / "wheels"
    subprocess.run([*pip, "--dest", wheels, *(f"{e['name']}=={e['version']}" for e in pure)], check=True)
    found = {w.name.split("-")[0].lower().replace("_", "-").replace(".", "-"): w for w in wheels.iterdir()}
    for name in STAND_INS:
        stand_in(chosen[name], folder)
    for one in pure:
        wheel = found[one["name"].lower().replace("_", "-")]
        shutil.move(wheel, folder / wheel.name)
        one["file_name"] = wheel.name
    for one in [*pure, *(chosen[name] for name in STAND_INS)]:
        one["sha256"] = hashlib.sha256((folder / one["file_name"]).read_bytes()).hexdigest()
    packages = {name: e for name, e in chosen.items() if name not in added}
    (folder / build_lite.LOCK).write_text(json.dumps({**base, "packages": packages}))


def tool(name, *arguments, **variables):
    """Run a script of tools/; what it says."""
    kept = {k: v for k, v in os.environ.items() if k != "PYODIDE"}
    command = [sys.executable, ROOT / "tools" / name, *arguments]
    said = subprocess.run(command, env={**kept, **variables}, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout


@pytest.mark.slow
@pytest.mark.skipif(browser_path() is None, reason="no Chromium on this machine")
def test_a_kernel_in_the_browser_loads_the_package_from_the_site_and_asks_nobody_else(tmp_path):
    pytest.importorskip("jupyterlite_core")
    pytest.importorskip("playwright")
    (tmp_path / "pyodide").mkdir()
    (tmp_path / "notebooks").mkdir()
    small_distribution(tmp_path / "pyodide")
    version = json.loads((tmp_path / "pyodide" / build_lite.LOCK).read_text())["packages"]["numpy"]["version"]
    cells = []
    for number, (code, printed) in enumerate(PROBE, 1):
        text = printed or f"{build_lite.importlib.metadata.version('mornavi-lite')} mornavi_lite {version}\n"
        output = {"output_type": "stream", "name": "stdout", "text": text}
        cells.append({**code_cell(code, output, count=number), "id": f"c{number}", "metadata": {}})
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "notebooks" / "probe.ipynb").write_text(json.dumps(notebook))
    place = ["--out", tmp_path / "site", "--notebooks", tmp_path / "notebooks"]
    assert "all of it in the folder" in tool("build_lite.py", *place, PYODIDE=str(tmp_path / "pyodide"))
    assert "ok" in tool("check_lite.py", "--site", tmp_path / "site", "--timeout", "180")


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("PYODIDE"), reason="PYODIDE names no folder with a Pyodide distribution")
@pytest.mark.skipif(browser_path() is None, reason="no Chromium on this machine")
def test_every_chapter_runs_in_the_browser_from_top_to_bottom(tmp_path):
    tool("build_lite.py", "--out", tmp_path / "site", PYODIDE=os.environ["PYODIDE"])
    said = tool("check_lite.py", "--site", tmp_path / "site")
    folder = tmp_path / "site" / "files" / "book"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.ipynb")}
    sheets = {name for name in found if name.startswith("assignments/release/")}
    assert len(sheets) == 4 and not any(name.startswith("assignments/source/") for name in found)
    assert said.count(" ok ") == len(found - sheets) > 5
