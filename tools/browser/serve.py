"""Show the built book on this machine's own web server.

usage: PORT=8000 python tools/browser/serve.py
"""

from __future__ import annotations

import functools
import http.server
import os
import sys
from contextlib import suppress
from pathlib import Path

PAGES = Path(__file__).resolve().parents[2] / "_build" / "html"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def handle(self) -> None:
        """Who went on to another page waits for no answer."""
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, *arguments: object) -> None:
        """A line for each request tells the reader nothing."""


def server(folder: Path, port: int) -> http.server.ThreadingHTTPServer:
    """A server for ``folder``, for this machine alone; port 0 takes any free one."""
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), functools.partial(Quiet, directory=str(folder)))


def main() -> int:
    port = os.environ.get("PORT", "8000")
    try:
        serving = server(PAGES, int(port))
    except (OSError, ValueError, OverflowError):
        print(f"mornavi-lite: port {port} cannot be used; `PORT=8001 make serve` takes another", file=sys.stderr)
        return 1
    with serving:
        print(f"      http://127.0.0.1:{serving.server_port}/   (Ctrl-C ends it)", flush=True)
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
