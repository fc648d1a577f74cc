"""The server of the built book."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager
from urllib.request import urlopen

import pytest

from browser.serve import server

PAGE = b"<p>text</p>" * 10**6  # more than a connection holds


@contextmanager
def serving(folder):
    """A server that waits at its end for every answer under way; and the errors that it would have printed."""
    (folder / "page.html").write_bytes(PAGE)
    with server(folder, 0) as running:
        running.daemon_threads, errors = False, []
        running.handle_error = lambda *asked: errors.append(asked)
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running, errors
        running.shutdown()


@pytest.mark.parametrize("farewell", ["closes", "breaks off"])
def test_a_reader_who_leaves_in_the_middle_of_a_page_is_no_error(tmp_path, farewell):
    with serving(tmp_path) as (running, errors):
        with socket.create_connection(running.server_address) as reader:
            if farewell == "breaks off":
                reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            reader.sendall(b"GET /page.html HTTP/1.0\r\n\r\n")
            assert reader.recv(100).startswith(b"HTTP/1.0 200")
        with urlopen(f"http://127.0.0.1:{running.server_port}/page.html") as answer:
            assert answer.read() == PAGE
    assert errors == []
