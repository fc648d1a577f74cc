"""Ctrl-C in the midst of what belongs together, and what an exception carries."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from mornavi_lite.runs.interruption import carrying, whole


@pytest.fixture
def caught() -> Iterator[list[Any]]:
    """Calls of a handler of Ctrl-C that somebody has set."""
    calls: list[Any] = []
    before = signal.signal(signal.SIGINT, lambda *what: calls.append(what))
    yield calls
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_waits_for_the_end_of_the_block_and_goes_to_whoever_had_it(caught: list[Any]) -> None:
    handler, done = signal.getsignal(signal.SIGINT), []
    with whole():
        assert signal.getsignal(signal.SIGINT) is not handler
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        done.append(len(caught))
    assert done == [0] and len(caught) == 1  # once, however often
    number, frame = caught[0]
    assert number == signal.SIGINT and frame.f_code.co_name.startswith("test_ctrl_c_waits")
    with whole():
        pass
    assert len(caught) == 1 and signal.getsignal(signal.SIGINT) is handler
    with pytest.raises(KeyError), whole():
        signal.raise_signal(signal.SIGINT)
        raise KeyError
    assert len(caught) == 2 and signal.getsignal(signal.SIGINT) is handler


@pytest.mark.parametrize("ignored", [signal.SIG_IGN, signal.SIG_DFL])
def test_where_ctrl_c_raises_nothing_it_is_left_alone(ignored: Any, caught: list[Any]) -> None:
    signal.signal(signal.SIGINT, ignored)
    with whole():
        assert signal.getsignal(signal.SIGINT) == ignored
    assert signal.getsignal(signal.SIGINT) == ignored


def test_an_exception_has_what_there_is_and_says_where_it_was() -> None:
    with carrying(lambda: 1 / 0, lambda: "nowhere"):
        pass  # nobody asks
    for kind in (KeyboardInterrupt, OSError):
        with pytest.raises(kind) as raised, carrying(lambda: [3], lambda: "episode 4"):
            raise kind
        assert raised.value.history == [3] and raised.value.__notes__ == ["episode 4"]  # type: ignore[attr-defined]
