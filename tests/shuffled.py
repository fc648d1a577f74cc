"""A plugin of pytest, `-p tests.shuffled`: the tests in an order that SHUFFLE decides, a number.

Files are shuffled, the classes and functions in them, and the cases of each.
"""

from __future__ import annotations

import os
import random

SEED = os.environ.get("SHUFFLE", "1")


def pytest_report_header() -> str:
    return f"order of the tests: SHUFFLE={SEED}"


def pytest_collection_modifyitems(items: list) -> None:
    places = sorted({item.path.as_posix() for item in items})
    order = random.Random(SEED)
    order.shuffle(places)
    order.shuffle(items)
    items.sort(key=lambda item: places.index(item.path.as_posix()))
