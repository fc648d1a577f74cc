"""Random cases against references: a fixed number here, as many as there is time for with ``make fuzz MINUTES=n``."""

from __future__ import annotations

import warnings

import pytest

from tests.fuzz.subjects import SUBJECTS

#: What takes about the same time of each.
CASES = {
    "operators": 1500,
    "stage_games": 800,
    "plans": 120,
    "learners": 60,
    "files": 60,
    "many_players": 80,
    "features": 200,
}
PIECES = 4


@pytest.mark.parametrize("piece", range(PIECES))
@pytest.mark.parametrize("subject", SUBJECTS)
def test_cases_that_are_drawn(subject: str, piece: int) -> None:
    with warnings.catch_warnings(action="error"):
        for seed in range(piece, CASES[subject], PIECES):
            try:
                SUBJECTS[subject](seed)
            except Exception as error:
                error.add_note(f"{subject}, seed {seed}")
                raise
