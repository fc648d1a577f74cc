"""Shared by the tests of figures: one figure of each kind."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from tests.plots.samples import samples


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    return samples()
