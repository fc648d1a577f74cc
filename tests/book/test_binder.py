"""What Binder does, step by step: an empty environment, what is in binder/, a server, each chapter through it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.notebooks import runs_through
from tests import ROOT
from tests.test_repository import tracked_files

TOKEN = uuid.uuid4().hex
CHAPTERS = sorted(p.relative_to(ROOT) for p in tracked_files() if p.suffix == ".ipynb")
CHAPTERS = [path.as_posix() for path in filter(runs_through, CHAPTERS)]


def pinned_python() -> str:
    """The interpreter that runtime.txt names."""
    found = re.fullmatch(r"python-(3\.\d+)\n", (ROOT / "binder" / "runtime.txt").read_text(encoding="utf8"))
    assert found, "runtime.txt does not name a Python"
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    path = sys.executable if own == found.group(1) else shutil.which(f"python{found.group(1)}")
    if path is None:
        pytest.skip(f"Python {found.group(1)} is not on this machine")
    return path


def call(address: str, method: str = "GET", body: dict | None = None) -> dict:
    request = urllib.request.Request(address, method=method, data=json.dumps(body).encode() if body else None)
    request.add_header("Authorization", f"token {TOKEN}")
    with urllib.request.urlopen(request, timeout=600) as answer:
        text = answer.read()
    return json.loads(text) if text else {}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a Jupyter server on a copy of the repository, with what binder/ brings, each file by its hash."""
    folder = tmp_path_factory.mktemp("binder")
    for path in tracked_files():
        (folder / "repo" / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / "repo" / path.relative_to(ROOT))
    subprocess.run([pinned_python(), "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", "binder/requirements.txt"], cwd=folder / "repo", check=True)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "JUPYTER", "MPL", "VIRTUAL_ENV"))}
    variables = {**kept, "HOME": str(folder), "JUPYTER_RUNTIME_DIR": str(folder / "runtime"), "PYTHONHASHSEED": "0"}
    variables["PATH"] = f"{python.parent}{os.pathsep}{kept['PATH']}"
    subprocess.run(["./binder/postBuild"], cwd=folder / "repo", env=variables, check=True)
    command = [
        python,
        "-m",
        "jupyter_server",
        "--no-browser",
        "--allow-root",
        "--port=0",
        f"--IdentityProvider.token={TOKEN}",
    ]
    with started(command, folder / "repo", variables) as address:
        yield address


@contextmanager
def started(command: list, folder: Path, variables: dict[str, str]) -> Iterator[str]:
    """The address of a Jupyter server that this command starts; it runs as long as it is used."""
    runtime = Path(variables["JUPYTER_RUNTIME_DIR"])
    runtime.mkdir()
    with (runtime / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=log, stderr=log)
    try:
        yield address_of(runtime, process)
    finally:
        process.terminate()
        process.wait(timeout=300)


def address_of(runtime: Path, process: subprocess.Popen) -> str:
    """Where the server listens, as soon as it says so."""
    for _ in range(6000):
        assert process.poll() is None, "the server did not start"
        for said in runtime.glob("jpserver-*.json"):
            if text := said.read_text():
                return json.loads(text)["url"]
        time.sleep(0.1)
    raise AssertionError("the server does not say its address")


async def run_cells(server: str, kernel: str, sources: list[str]) -> list[list[dict]]:
    """Outputs of the cells, executed one after the other by a kernel of the server."""
    from tornado.websocket import websocket_connect

    channel = f"{server.replace('http', 'ws', 1)}api/kernels/{kernel}/channels?token={TOKEN}"
    socket = await websocket_connect(channel, max_message_size=2**28)
    done = []
    for source in sources:
        header = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": "execute_request",
            "session": "test",
            "username": "",
            "version": "5.3",
        }
        content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True}
        message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}
        await socket.write_message(json.dumps(message))
        outputs: list[dict] = []
        while True:
            said = json.loads(await asyncio.wait_for(socket.read_message(), timeout=600))
            if said["parent_header"].get("msg_id") != header["msg_id"] or said["channel"] != "iopub":
                continue
            if said["msg_type"] == "status" and said["content"]["execution_state"] == "idle":
                break
            if said["msg_type"] in ("stream", "display_data", "execute_result", "error"):
                fields = {k: v for k, v in said["content"].items() if k != "transient"}
                outputs.append({"output_type": said["msg_type"], **fields})
        done.append(outputs)
    socket.close()
    while await socket.read_message() is not None:  # until the other side has closed as well
        pass
    return done


def printed(outputs: list[dict], name: str = "stdout") -> str:
    return "".join("".join(o["text"]) for o in outputs if o["output_type"] == "stream" and o["name"] == name)


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_runs_saves_and_reloads_on_the_server(server, chapter):
    place = f"{server}api/contents/{chapter}"
    notebook = call(place)["content"]
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    asked = {
        "path": chapter,
        "name": chapter,
        "type": "notebook",
        "kernel": {"name": notebook["metadata"]["kernelspec"]["name"]},
    }
    session = call(f"{server}api/sessions", "POST", asked)
    ran = asyncio.run(run_cells(server, session["kernel"]["id"], [cell["source"] for cell in cells]))
    call(f"{server}api/sessions/{session['id']}", "DELETE")
    for number, (cell, outputs) in enumerate(zip(cells, ran, strict=True), 1):
        assert [o for o in outputs if o["output_type"] == "error"] == [], f"cell {number}"
        assert printed(outputs, "stderr") == "", f"cell {number}"
        assert printed(outputs) == printed(cell["outputs"]), f"cell {number}"
        kinds = [o["output_type"] for o in cell["outputs"] if o["output_type"] != "stream"]
        assert [o["output_type"] for o in outputs if o["output_type"] != "stream"] == kinds, f"cell {number}"
        cell["outputs"], cell["execution_count"] = outputs, number
    call(place, "PUT", {"type": "notebook", "format": "json", "content": notebook})
    again = call(place)["content"]
    assert [printed(c["outputs"]) for c in again["cells"] if c["cell_type"] == "code"] == [printed(o) for o in ran]
    assert [c["source"] for c in again["cells"]] == [c["source"] for c in notebook["cells"]]
