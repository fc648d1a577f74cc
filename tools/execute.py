"""Execute notebooks in place so that the file is the same, byte for byte, whenever nothing changed.

usage: python tools/execute.py [--check] [--jobs N] book/*.ipynb

What would differ from run to run is made to agree: one BLAS thread, a fixed hash seed, no times, no interpreter
or library version, output in one piece, cell ids that stay, and widget ids in order of creation. With
--check no file is written, and the exit status counts the notebooks that would change.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

FIXED = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "JUPYTER_PREFER_ENV_PATH": "1",
}
os.environ.update(FIXED)  # before a kernel starts

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
#: No remarks of the kernel's; picture files that name no version of Matplotlib.
OPTIONS = [
    "--IPKernelApp.log_level=ERROR",
    "--InlineBackend.print_figure_kwargs={'bbox_inches': 'tight', 'metadata': {'Software': None}}",
]
LINES_OF_ERROR = 20


def name_cells(nb: nbformat.NotebookNode) -> None:
    """Give each cell without an id, or with one used before, an id made from its text; the others keep theirs."""
    kept = set()
    for cell in nb.cells:
        wanted, count = str(cell.get("id") or ""), 0
        while not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", wanted) or wanted in kept:
            wanted = hashlib.sha256(f"{cell.cell_type} {cell.source} {count}".encode()).hexdigest()[:8]
            count += 1
        cell["id"] = wanted
        kept.add(wanted)
    nb.nbformat, nb.nbformat_minor = 4, max(5, nb.nbformat_minor)


def join_streams(cell: nbformat.NotebookNode) -> None:
    """One output for what a cell prints, however it was cut on the way."""
    joined: list[nbformat.NotebookNode] = []
    for out in cell.get("outputs", []):
        if joined and out.output_type == joined[-1].output_type == "stream" and out.name == joined[-1].name:
            joined[-1].text += out.text
        else:
            joined.append(out)
    if "outputs" in cell:
        cell.outputs = joined


def number_widgets(nb: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Replace the random ids of widgets by numbers in order of creation."""
    state = nb.metadata.get("widgets", {}).get(STATE, {}).get("state")
    if not state:
        nb.metadata.pop("widgets", None)
        return nb
    numbers = {old: f"{number:032x}" for number, old in enumerate(state, 1)}
    # an id also stands behind "IPY_MODEL_", where a word boundary would miss it
    text = re.sub(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", lambda m: numbers.get(m[0], m[0]), nbformat.writes(nb))
    return nbformat.reads(text, as_version=4)


def executed(path: Path) -> str:
    """The text of the notebook file after a run from top to bottom."""
    nb = nbformat.read(path, as_version=4)
    nb.metadata.pop("widgets", None)
    name_cells(nb)
    with tempfile.TemporaryDirectory(prefix="mornavi-") as empty:
        os.environ["IPYTHONDIR"] = empty  # no start-up files of the user
        NotebookClient(
            nb,
            timeout=1800,
            startup_timeout=600,
            kernel_name="python3",
            store_widget_state=True,
            record_timing=False,
            resources={"metadata": {"path": str(path.parent)}},
            extra_arguments=OPTIONS,
        ).execute()
    for cell in nb.cells:
        cell.metadata.pop("execution", None)
        join_streams(cell)
    widgets = nb.metadata.get("widgets")
    nb.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    if widgets:
        nb.metadata["widgets"] = widgets
    nb = number_widgets(nb)
    nbformat.validate(nb)
    return nbformat.writes(nb).rstrip("\n") + "\n"


def process(path: Path, check: bool) -> tuple[str, str]:
    """Execute one notebook; the word for what became of it, and what to say about it."""
    try:
        text = executed(path)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        lines = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().splitlines()
        return "FAILED", "\n".join(f"               {line}" for line in lines[-LINES_OF_ERROR:])
    if path.read_bytes() == text.encode():
        return "same", ""
    if check:
        return "DIFFERS", "run `make notebooks` and read the difference"
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(text.encode())
    partial.replace(path)
    return "changed", ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file would change")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="notebooks at a time")
    parser.add_argument("notebooks", nargs="*", type=Path)
    arguments = parser.parse_args()
    bad = 0
    with ProcessPoolExecutor(max(1, arguments.jobs)) as pool:
        results = pool.map(process, arguments.notebooks, [arguments.check] * len(arguments.notebooks))
        for path, (word, text) in zip(arguments.notebooks, results, strict=True):
            print(f"      {word:8s} {path}" + (f"\n{text}" if text else ""), flush=True)
            bad += word in ("FAILED", "DIFFERS")
    return min(bad, 100)


if __name__ == "__main__":
    sys.exit(main())
