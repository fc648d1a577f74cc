"""Progress where it is asked for: a bar of tqdm, or one plain line."""

from __future__ import annotations

import sys
import time
from typing import Any

from .checks import truth

#: Seconds between two looks of a line.
_PAUSE = 0.1


def bar(total: int, done: int, wanted: bool, unit: str) -> Any:
    """A progress bar, a line where tqdm is missing, or something that takes the same calls and shows nothing."""
    if not truth("progress", wanted):
        return _NoBar()
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return _Line(total, done, unit)
    return tqdm(total=total, initial=done, unit=f" {unit}", unit_scale=True)


class _NoBar:
    """Takes what a progress bar takes, and shows nothing."""

    def __enter__(self) -> _NoBar:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def update(self, n: int) -> None:
        pass

    def set_postfix_str(self, text: str, refresh: bool) -> None:
        pass


class _Line:
    """One line on stderr that is written anew; however it is left, the line is ended."""

    def __init__(self, total: int, done: int, unit: str) -> None:
        self.total, self.done, self.unit = total, done, unit
        self.postfix, self.width, self.last = "", 0, -_PAUSE

    def __enter__(self) -> _Line:
        self.write()
        return self

    def __exit__(self, *error: object) -> None:
        self.write()
        print(file=sys.stderr, flush=True)

    def update(self, n: int) -> None:
        self.done += n
        if time.monotonic() - self.last >= _PAUSE:
            self.write()

    def set_postfix_str(self, text: str, refresh: bool) -> None:
        self.postfix = text

    def write(self) -> None:
        text = f"{self.done:,} of {self.total:,} {self.unit}" + (f", {self.postfix}" if self.postfix else "")
        print("\r" + text.ljust(self.width), end="", file=sys.stderr, flush=True)
        self.width, self.last = len(text), time.monotonic()
