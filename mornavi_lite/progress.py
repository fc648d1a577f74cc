"""A progress bar where one is asked for."""

from __future__ import annotations

from typing import Any


def bar(total: int, done: int, wanted: bool, unit: str) -> Any:
    """A progress bar, or something that takes the same calls and shows nothing."""
    if not wanted:
        return _NoBar()
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError("progress=True needs tqdm: pip install 'mornavi-lite[progress]'") from error
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
