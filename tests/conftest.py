"""Shared by all tests: hypothesis searches the same examples in every run, so that a red test stays red."""

import gc
import signal
import sys
import threading

import pytest
from hypothesis import settings

from browser.chromium import FLAGS
from browser.serve import PAGES, server
from tests.book.page_checks import NO_NETWORK, chromium_or_skip

settings.register_profile("mornavi", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("mornavi")

# The grammars of addresses, which no notebook has: to read them takes all who read notebooks a second.
sys.modules["rfc3987_syntax"] = None


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is collected stays to the end: to look through it for garbage takes a quarter of the time, and goes on."""
    gc.disable()
    done = yield
    gc.freeze()
    gc.enable()
    return done


# A shell that starts the tests in the background hands down that Ctrl-C is ignored; tests and their processes send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def browser():
    found = chromium_or_skip()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        # with the scroll bars of a desk: they take room, and show what scrolls that should not
        how = {"args": [*FLAGS, NO_NETWORK], "ignore_default_args": ["--hide-scrollbars"]}
        running = play.chromium.launch(executable_path=found, **how)
        yield running
        running.close()


@pytest.fixture(scope="session")
def readers(browser):
    """One reader of many pages: what pages share is fetched once."""
    context = browser.new_context()
    context.set_default_timeout(120_000)
    yield context
    context.close()


@pytest.fixture(scope="session")
def site():
    """Address of a local server of the built book."""
    with server(PAGES, 0) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/"
        serving.shutdown()
