"""Shared by the tests of sweeps: the files of a grid, and a count of the runs that were done."""

from __future__ import annotations

from typing import Any

import pytest

import mornavi_lite.sweep.workers as module
from mornavi_lite import run
from mornavi_lite.sweep import sweep
from tests.sweep.grids import GRID, files


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """All files of the grid, made by one process in one go."""
    folder = tmp_path_factory.mktemp("undisturbed")
    done = sweep(GRID, folder)
    assert len(done.table) == len(GRID.configurations) == 16 and done.failures == []
    return files(folder)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The seeds of the runs that were done since."""
    seeds: list[int] = []

    def counting(*arguments: Any, **options: Any) -> Any:
        seeds.append(options["seed"])
        return run(*arguments, **options)

    monkeypatch.setattr(module, "run", counting)
    return seeds
