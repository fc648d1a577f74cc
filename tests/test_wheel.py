"""The wheel, installed with NumPy and nothing else: what a user of the package gets."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from configparser import ConfigParser
from email.parser import HeaderParser
from pathlib import Path

import numpy
import pytest
from markdown_it import MarkdownIt

import mornavi_lite
import mornavi_lite.__main__
from shared import pyodide
from tests import ROOT, files_of

#: The time that files in an archive get.
DATE = {"SOURCE_DATE_EPOCH": "1700000000"}


def run(python, *arguments):
    """What a Python prints that sees its own environment alone, every warning an error."""
    said = subprocess.run([python, "-I", "-W", "error", *arguments], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    return said.stdout


def built(folder, repository=""):
    """The wheel, built from a copy of the sources by the tools at hand: no download."""
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    if repository:
        settings = (folder / "pyproject.toml").read_text(encoding="utf8")
        settings, times = re.subn(r"(?m)^\[project.urls\]$", f'[project.urls]\nRepository = "{repository}"', settings)
        assert times == 1
        (folder / "pyproject.toml").write_text(settings, encoding="utf8")
    for path in [*files_of("mornavi_lite", "**/*.py"), ROOT / "mornavi_lite" / "py.typed"]:
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return packed(folder)


def packed(folder, **variables):
    """The wheel of the sources in a folder."""
    offline = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    command = [sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", folder, folder]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **DATE, **variables})
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return built(tmp_path_factory.mktemp("wheel"))


def inside(wheel, ending):
    """The text of the one file in the wheel whose name ends so."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(ending)]
        return archive.read(name).decode()


def test_needs_numpy_alone_and_has_the_one_version(wheel):
    metadata = HeaderParser().parsestr(inside(wheel, ".dist-info/METADATA"))
    needed = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert [re.match(r"[\w-]+", line).group() for line in needed] == ["numpy"]
    assert metadata["Version"] == mornavi_lite.__version__ == importlib.metadata.version("mornavi-lite")


def addresses(text):
    """Where the links and pictures of a text in Markdown lead."""
    found = []
    for token in MarkdownIt().parse(text):
        for part in [token, *(token.children or [])]:
            found += [part.attrs[name] for name in ("href", "src") if name in part.attrs]
    return found


def test_the_text_for_an_index_leads_nowhere_that_an_index_has_not(wheel, tmp_path):
    """README.md has relative links and a picture; an index has neither the files nor the picture."""
    relative = [place for place in addresses((ROOT / "README.md").read_text(encoding="utf8")) if ":" not in place]
    assert len(relative) > 3 and all((ROOT / place).is_file() for place in relative)
    without = HeaderParser().parsestr(inside(wheel, ".dist-info/METADATA"))
    assert without["Description-Content-Type"].startswith("text/markdown")
    text = without.get_payload()
    assert text.startswith("# mornavi-lite\n") and addresses(text) == [] and "Catch a trawler can count on" in text
    address = "https://example.org/OWNER/NAME"
    known = HeaderParser().parsestr(inside(built(tmp_path, address + "/"), ".dist-info/METADATA"))
    assert f"Repository, {address}/" in known.get_all("Project-URL")
    kinds = {place: "raw" if place.endswith(".png") else "blob" for place in relative}
    assert addresses(known.get_payload()) == [f"{address}/{kinds[place]}/HEAD/{place}" for place in relative]


def test_addresses_of_the_project_are_those_that_are_known(wheel):
    urls = HeaderParser().parsestr(inside(wheel, ".dist-info/METADATA")).get_all("Project-URL")
    assert dict(line.split(", ") for line in urls) == {"Paper": "https://arxiv.org/abs/2508.02948"}


def test_the_same_sources_are_the_same_bytes_elsewhere_and_later(wheel, tmp_path):
    """The time that the archive names is that of SOURCE_DATE_EPOCH, and nothing else differs between two builds."""
    folder = tmp_path / "somewhere else"
    shutil.copytree(wheel.parent, folder, ignore=shutil.ignore_patterns("*.whl", "build", "*.egg-info"))
    for path in folder.rglob("*"):
        os.utime(path, (1e9, 1e9))
    again = packed(folder, PYTHONHASHSEED="7", TZ="Asia/Tokyo")
    assert again.name == wheel.name and again.read_bytes() == wheel.read_bytes()


def test_the_command_is_installed(wheel):
    scripts = ConfigParser()
    scripts.read_string(inside(wheel, ".dist-info/entry_points.txt"))
    module, _, function = scripts["console_scripts"]["mornavi-lite"].partition(":")
    assert getattr(importlib.import_module(module), function) is mornavi_lite.__main__.main


def test_holds_the_package_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        packed = {n for n in archive.namelist() if ".dist-info/" not in n}
    sources = {p.relative_to(ROOT).as_posix() for p in files_of("mornavi_lite", "**/*.py")}
    assert packed == sources | {"mornavi_lite/py.typed"}


@pytest.fixture(scope="module")
def alone(wheel, tmp_path_factory):
    """A Python that has this wheel and the NumPy at hand, and nothing else."""
    folder = tmp_path_factory.mktemp("alone")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    (python,) = [p for p in folder.glob("venv/*/python*") if p.stem == "python"]
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    installed = Path(numpy.__file__).parent.parent
    for found in [*installed.glob("numpy"), *installed.glob("numpy.libs")]:
        (site / found.name).symlink_to(found)
    return python


def five_minute_tour():
    """Code of the welcome page's section "Five minutes with your own game", its imports, and what it prints."""
    cells = json.loads((ROOT / "book" / "welcome.ipynb").read_text(encoding="utf8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    (first,) = [k for k, text in enumerate(texts) if text.startswith("## Five minutes")]
    last = next(k for k in range(first + 1, len(cells)) if "\n## " in "\n" + texts[k])
    before = "\n".join(text for cell, text in zip(cells[:first], texts, strict=False) if cell["cell_type"] == "code")
    imports = re.findall(r"^(?:import numpy as np|from mornavi_lite import .*)$", before, re.MULTILINE)
    chosen = [k for k in range(first, last) if cells[k]["cell_type"] == "code"]
    outputs = ["".join(output["text"]) for k in chosen for output in cells[k]["outputs"]]
    return "\n".join([*imports, *(texts[k] for k in chosen)]), "".join(outputs)


def test_the_five_minute_tour_prints_what_the_book_prints(alone):
    code, printed = five_minute_tour()
    assert len(printed.splitlines()) > 5
    assert run(alone, "-c", code) == printed


def test_the_examples_of_the_readme_run(alone):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf8"), re.DOTALL)
    assert len(blocks) > 1
    for block in blocks:
        assert re.search(r"\d\.\d", run(alone, "-c", block))


def test_the_core_needs_numpy_alone_no_thread_and_no_process(alone, tmp_path):
    """What Python in a browser lacks is taken away first; see core_tour.py."""
    result = json.loads(run(alone, ROOT / "tests" / "core_tour.py", tmp_path, "bare"))
    assert result["modules"] == []
    assert len(result["found"]) > 70


@pytest.mark.slow
@pytest.mark.parametrize("version", ["oldest", "browser"])
def test_the_core_computes_the_same_with_other_versions_of_numpy(wheel, alone, tmp_path, version):
    """The oldest NumPy that the wheel allows, and that of the Pyodide in the JupyterLite site; all of it from pip."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]["dependencies"]
    lowest = re.match(r"numpy>=([\d.]+)", needed[0]).group(1) + ".0"
    wanted = {"oldest": lowest, "browser": pyodide.FACTS["packages"]["numpy"]["version"]}[version]
    if version == "oldest" and sys.version_info >= (3, 13):
        pytest.skip(f"NumPy {wanted} was not made for this Python")
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    subprocess.run([python, "-I", "-m", "pip", "install", "--quiet", wheel, f"numpy=={wanted}"], check=True)
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    here = json.loads(run(alone, ROOT / "tests" / "core_tour.py", tmp_path / "here"))
    there = json.loads(run(python, ROOT / "tests" / "core_tour.py", tmp_path / "there", "bare"))
    assert there["numpy"] == wanted and there["modules"] == []
    assert there["found"] == here["found"]
    code, printed = five_minute_tour()
    assert run(python, "-c", code) == printed
