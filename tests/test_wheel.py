"""The wheel, installed with NumPy and nothing else: what a user of the package gets."""

from __future__ import annotations

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import numpy
import pytest

import mornavi_lite

ROOT = Path(__file__).resolve().parent.parent
TOUR = """
import json, sys
import mornavi_lite
from mornavi_lite import TotalVariation, solve, zoo
solution = solve(zoo.safe_or_risky(), TotalVariation(radius=0.1), concept="cce")
print(json.dumps({"gap": solution.gap, "file": mornavi_lite.__file__, "modules": sorted(sys.modules)}))
"""


def run(python, code):
    """What a Python prints that sees its own environment alone, every warning an error."""
    command = [python, "-I", "-W", "error", "-c", code]
    said = subprocess.run(command, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    return said.stdout.strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy of the sources by the tools at hand: no download."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "mornavi_lite", folder / "mornavi_lite", ignore=shutil.ignore_patterns("__pycache__"))
    command = [
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--wheel-dir",
        folder,
        folder,
    ]
    subprocess.run([sys.executable, *map(str, command)], check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_needs_numpy_alone_and_has_the_one_version(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
        metadata = HeaderParser().parsestr(archive.read(name).decode())
    needed = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert [re.match(r"[\w-]+", line).group() for line in needed] == ["numpy"]
    assert metadata["Version"] == mornavi_lite.__version__ == importlib.metadata.version("mornavi-lite")


def test_holds_the_package_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        packed = {n for n in archive.namelist() if ".dist-info/" not in n}
    sources = {f"mornavi_lite/{p.name}" for p in (ROOT / "mornavi_lite").glob("*.py")}
    assert packed == sources | {"mornavi_lite/py.typed"}


def test_solves_a_game_in_an_environment_with_numpy_alone(wheel, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    (python,) = [p for p in tmp_path.glob("venv/*/python*") if p.stem == "python"]
    site = Path(run(python, "import sysconfig; print(sysconfig.get_path('purelib'))"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    installed = Path(numpy.__file__).parent.parent
    for found in [*installed.glob("numpy"), *installed.glob("numpy.libs")]:
        (site / found.name).symlink_to(found)
    result = json.loads(run(python, TOUR))
    assert Path(result["file"]).is_relative_to(site)
    assert 0 <= result["gap"] <= 1e-9
    assert not {"scipy", "matplotlib", "ipywidgets", "tqdm", "joblib", "quantecon", "nashpy"} & set(result["modules"])
