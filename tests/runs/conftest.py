"""Shared by the tests of runs: a game of three players, and a history that was saved."""

from __future__ import annotations

from pathlib import Path

import pytest

from mornavi_lite import (
    History,
    MarkovGame,
    Mornavi,
    run,
)
from tests.learners.small_games import MIXED, varied_game


@pytest.fixture
def game() -> MarkovGame:
    """Three players, nothing symmetric, a start that is drawn."""
    return varied_game(11, (2, 3, 2))


@pytest.fixture
def saved(tmp_path: Path) -> tuple[History, Path]:
    history = run(Mornavi(MIXED), varied_game(11, (2, 3, 2)), 100, seed=4)
    path = tmp_path / "run.npz"
    history.save(path)
    return history, path
