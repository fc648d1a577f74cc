"""Small grids, and what is in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mornavi_lite.sweep import Grid

BALL = {"set": "TotalVariation", "radius": 0.1}
CONTENT: dict[str, Any] = {
    "episodes": 10,
    "seeds": [3, 0],
    "game": [
        {"name": "paper_cooperative"},
        {"name": "garnet", "n_states": 2, "n_actions": [2, 2], "horizon": 2, "branching": 2, "seed": 1},
    ],
    "learner": [{"name": "Mornavi", "concept": "ce"}, {"name": "RandomPlay", "delta": 0.5}],
    "uncertainty": [
        BALL | {"shift_support": False},
        {"players": [{"set": "KullbackLeibler", "radius": 0.1}, {"set": "ChiSquare", "radius": 0.2}]},
    ],
}
GRID = Grid.of(CONTENT)
TINY = Grid.of(
    CONTENT | {"seeds": 3, "game": CONTENT["game"][:1], "learner": [{"name": "RandomPlay"}], "uncertainty": [BALL]}
)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
