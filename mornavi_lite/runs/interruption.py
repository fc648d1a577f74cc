"""What a run does when it is cut short: nothing is left half done, and what there is goes with the exception."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any


@contextmanager
def whole() -> Iterator[None]:
    """A block that Ctrl-C does not cut in two: it takes effect at the end of the block."""
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield  # nothing is raised by Ctrl-C here
        return
    held: list[Any] = []
    signal.signal(signal.SIGINT, lambda *what: held.append(what))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if held:
            before(*held[0])


@contextmanager
def carrying(history: Callable[[], Any], where: Callable[[], str]) -> Iterator[None]:
    """Any exception of the block goes on with what there is as ``.history``, and a note of where it came from."""
    try:
        yield
    except BaseException as error:
        with suppress(AttributeError, TypeError):  # an exception that takes no attribute
            error.history = history()  # type: ignore[attr-defined]
        error.add_note(where())
        raise
