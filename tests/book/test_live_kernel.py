"""Sliders with a kernel: one in JupyterLab, and all of them after the whole notebook has run."""

from __future__ import annotations

import json
import os
import shutil
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from check_lite import OPEN
from tests import ROOT, files_of
from tests.book.page_checks import FRAMES, SLIDER, changes, press_either_way
from tests.book.test_binder import TOKEN, started

CHAPTER = "ch1_games.ipynb"
RUN = """async () => {
    const panel = jupyterapp.shell.currentWidget;
    await panel.context.ready;
    await jupyterapp.commands.execute('notebook:run-all-cells');
    const cells = panel.content.widgets;
    const at = cells.findIndex(c => c.model.sharedModel.getSource().includes('slider('));
    panel.content.activeCellIndex = at;
    await panel.content.scrollToItem(at);
    const outputs = panel.content.model.toJSON().cells.flatMap(cell => cell.outputs || []);
    return outputs.filter(output => output.output_type === 'error').length;
}"""

#: A cell behind the last one: every slider is moved, and its kernel draws the prepared values again.
AGAIN = """
from ipywidgets.widgets.widget import _instances

drawn = 0
for box in [widget for widget in list(_instances.values()) if hasattr(widget, "links")]:
    controls, stack = box.children
    prepared, choice = [child.value for child in stack.children], controls.children[1]
    last = len(prepared) - 1
    choice.index = last - 1 if choice.index == last else last  # a move, wherever it opens
    for between in controls.children[2:]:
        for picture, (word, _) in zip(prepared, choice.options, strict=True):
            between.label = word
            assert stack.children[-1].value == picture, word
            drawn += 1
print(drawn)
"""
WITH_SLIDERS = [p for p in files_of("book", "*.ipynb") if '"slider(' in p.read_text(encoding="utf8")]


@pytest.fixture
def lab(tmp_path):
    """Address of a JupyterLab on a folder with one chapter."""
    pytest.importorskip("jupyterlab")
    shutil.copy(ROOT / "book" / CHAPTER, tmp_path)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "MPLBACKEND"))}
    kept |= {"HOME": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"), "JUPYTER_PREFER_ENV_PATH": "1"}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0"]
    command += ["--expose-app-in-browser", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={tmp_path}"]
    with started(command, tmp_path, kept) as address:
        yield address


@pytest.mark.slow
def test_the_slider_moves_and_the_kernel_draws_what_lies_between(browser, lab):
    stored = json.loads((ROOT / "book" / CHAPTER).read_text(encoding="utf8"))
    prepared = json.dumps(stored["metadata"]["widgets"])
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    address = lab.replace("localhost", "127.0.0.1")  # the one address that this browser may look up
    page.goto(f"{address}lab/tree/{CHAPTER}?token={TOKEN}")
    page.wait_for_function(OPEN, timeout=120_000)
    assert page.evaluate(RUN) == 0
    page.locator(SLIDER).first.wait_for()
    assert page.locator(SLIDER).count() == 1
    first = page.evaluate(FRAMES)
    assert changes(page, lambda: press_either_way(page.locator(SLIDER).first))
    second = page.evaluate(FRAMES)
    page.locator(SLIDER).nth(1).wait_for()  # only a kernel that heard of the move brings it
    assert changes(page, lambda: press_either_way(page.locator(SLIDER).nth(1)))
    drawn = page.evaluate(FRAMES)
    pictures = [frame.partition("base64,")[2][:2000] for frame in (first, second, drawn)]
    assert [picture in prepared for picture in pictures] == [True, True, False]
    page.close()


@pytest.mark.slow
@pytest.mark.parametrize("path", WITH_SLIDERS, ids=lambda path: path.stem)
def test_a_slider_draws_the_same_pictures_after_the_whole_notebook(path):
    """Later cells must not change what its function uses."""
    nb = nbformat.read(path, as_version=4)
    nb.cells.append(nbformat.v4.new_code_cell(AGAIN))
    NotebookClient(nb, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}).execute()
    functions = sum(cell.source.count("slider(picture") for cell in nb.cells if cell.cell_type == "code")
    assert int(nb.cells[-1].outputs[0].text) >= 4 * functions
