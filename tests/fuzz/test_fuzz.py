"""Random cases against references: a fixed number here, as many as there is time for with ``make fuzz MINUTES=n``."""

from __future__ import annotations

import warnings

import pytest

from tests.fuzz.subjects import SUBJECTS

#: Calls, which take about the same time of each; one of the first two looks at some hundred cases, or some ten.
CASES = {
    "operators": 60,
    "stage_games": 80,
    "plans": 100,
    "learners": 60,
    "told": 80,
    "listed": 20,
    "played": 20,
    "deployed": 60,
    "calibrated": 40,
    "floors": 30,
    "files": 40,
    "many_players": 60,
    "features": 120,
    "damaged_files": 30,
    "spaces": 20,
}
PIECES = 2


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
