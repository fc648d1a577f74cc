"""tools/execute.py: the same notebook twice gives the same bytes."""

from __future__ import annotations

import json
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests import ROOT

WIDGETS = """
import ipywidgets
slider = ipywidgets.IntSlider(0, 0, 1, description="which")
stack = ipywidgets.Stack([ipywidgets.HTML("a"), ipywidgets.HTML("b")], selected_index=0)
ipywidgets.jslink((slider, "value"), (stack, "selected_index"))
ipywidgets.VBox([slider, stack])
"""
PICTURE = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
PRINTS = "import sys\nfor k in range(50):\n    print(k / 7)\n    sys.stdout.flush()"


def execute(path, *options):
    command = [sys.executable, ROOT / "tools" / "execute.py", *options, path]
    return subprocess.run(command, capture_output=True, text=True, cwd=path.parent)


@pytest.mark.slow
def test_a_second_run_changes_no_byte_and_ids_stay(tmp_path):
    path = tmp_path / "page.ipynb"
    nb = new_notebook(cells=[new_code_cell(source) for source in (WIDGETS, PICTURE, PRINTS, PRINTS)])
    nb.cells[0]["id"] = "mine"
    for cell in nb.cells[1:]:
        cell.pop("id")
    path.write_text(json.dumps(nb), encoding="utf8")  # nbformat would add the ids
    assert execute(path).returncode == 0
    first = path.read_bytes()
    done = nbformat.reads(first.decode(), as_version=4)
    assert done.cells[0].id == "mine"
    assert len({cell.id for cell in done.cells}) == 4
    assert [out.output_type for out in done.cells[2].outputs] == ["stream"]
    assert b"0" * 31 + b"1" in first
    assert b"matplotlib.org" not in first
    assert execute(path).stdout.split() == ["same", str(path)]
    assert path.read_bytes() == first
    assert execute(path, "--check").returncode == 0


def test_check_finds_a_changed_digit_and_an_exception_leaves_its_file_alone(tmp_path):
    path, broken = tmp_path / "page.ipynb", tmp_path / "broken.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("print(0.5)")]), path)
    nbformat.write(new_notebook(cells=[new_code_cell("raise ValueError('no')")]), broken)
    before = broken.read_bytes()
    ran = execute(path, broken)
    assert ran.returncode == 1 and "ValueError: no" in ran.stdout
    assert broken.read_bytes() == before
    changed = path.read_text(encoding="utf8").replace("0.5\\n", "0.6\\n")
    path.write_text(changed, encoding="utf8")
    assert execute(path, "--check").returncode == 1
    assert path.read_text(encoding="utf8") == changed
