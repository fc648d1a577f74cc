"""A chapter in JupyterLab, with a kernel: its slider moves, and the kernel draws the values between."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
from page_checks import FRAMES, PATIENCE, SLIDER, press_either_way
from test_binder import TOKEN, address_of
from test_repository import ROOT

CHAPTER = "ch1_games.ipynb"
#: As in tools/check_lite.py: JupyterLab has opened the notebook, and its kernel waits.
READY = """() => window.jupyterapp && jupyterapp.shell.currentWidget && jupyterapp.shell.currentWidget.sessionContext
    && jupyterapp.shell.currentWidget.sessionContext.session
    && jupyterapp.shell.currentWidget.sessionContext.session.kernel
    && jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"""
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


@pytest.fixture
def lab(tmp_path):
    """Address of a JupyterLab on a folder with one chapter."""
    pytest.importorskip("jupyterlab")
    shutil.copy(ROOT / "book" / CHAPTER, tmp_path)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "MPLBACKEND"))}
    kept |= {"HOME": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"), "JUPYTER_PREFER_ENV_PATH": "1"}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0"]
    command += ["--expose-app-in-browser", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={tmp_path}"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=kept, stdout=log, stderr=log)
    try:
        yield address_of(tmp_path / "runtime", process)
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for_change(page, before):
    for _ in range(PATIENCE):
        if (now := page.evaluate(FRAMES)) != before:
            return now
        page.wait_for_timeout(50)
    raise AssertionError("the picture does not change")


@pytest.mark.slow
def test_the_slider_moves_and_the_kernel_draws_what_lies_between(browser, lab):
    stored = json.loads((ROOT / "book" / CHAPTER).read_text(encoding="utf8"))
    prepared = json.dumps(stored["metadata"]["widgets"])
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{lab}lab/tree/{CHAPTER}?token={TOKEN}")
    page.wait_for_function(READY, timeout=120_000)
    assert page.evaluate(RUN) == 0
    page.locator(SLIDER).first.wait_for()
    assert page.locator(SLIDER).count() == 1
    first = page.evaluate(FRAMES)
    press_either_way(page.locator(SLIDER).first)
    second = wait_for_change(page, first)
    page.locator(SLIDER).nth(1).wait_for()  # only a kernel that heard of the move brings it
    page.locator(SLIDER).nth(1).focus()
    page.keyboard.press("ArrowRight")
    drawn = wait_for_change(page, second)
    pictures = [frame.partition("base64,")[2][:2000] for frame in (first, second, drawn)]
    assert [picture in prepared for picture in pictures] == [True, True, False]
    page.close()
