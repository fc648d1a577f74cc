"""Files that a grid names: their contents are what a run is known by, wherever the folder lies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mornavi_lite import Mornavi, TotalVariation, run, zoo
from mornavi_lite.sweep import Grid, load_results, sweep
from mornavi_lite.sweep.grid import key_of

TEXT = """
episodes = 60
seeds = 2

[[game]]
name = "stored_game"
file = "games/street.npz"

[[learner]]
name = "Mornavi"

[[uncertainty]]
set = "TotalVariation"
radius = ["radii.npy", 0.1]
"""
GAME = zoo.garnet(3, (2, 2), 2, 2, seed=4)
RADII = np.random.default_rng(0).uniform(0, 0.4, (2, 3, 4))


def folder_of(place: Path) -> Path:
    """A folder with a grid, a game and a radius for each row."""
    (place / "games").mkdir(parents=True)
    GAME.save(place / "games" / "street.npz")
    np.save(place / "radii.npy", RADII)
    (place / "grid.toml").write_text(TEXT)
    return place


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_run_is_that_with_the_contents_of_the_files(
    tmp_path: Path, n_jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = Grid.read(folder_of(tmp_path / "here") / "grid.toml")
    monkeypatch.chdir(tmp_path)  # paths are relative to the grid, not to whoever starts it
    done = sweep(grid, tmp_path / f"out{n_jobs}", n_jobs=n_jobs)
    assert not done.failures and len(done.table) == 4
    assert done.table[0]["radius"] == "radii.npy" and done.table[0]["game"] == "stored_game(file='games/street.npz')"
    for configuration, arrays in load_results(grid, tmp_path / f"out{n_jobs}"):
        radius = RADII if isinstance(configuration["uncertainty"]["radius"], dict) else 0.1
        alone = run(Mornavi(TotalVariation(radius)), GAME, 60, seed=configuration["seed"])
        np.testing.assert_array_equal(arrays["upper"], alone.upper)
        np.testing.assert_array_equal(arrays["policy"], alone.policy)
    stored = b"".join(path.read_bytes() for path in (tmp_path / f"out{n_jobs}").iterdir())
    assert str(tmp_path).encode() not in stored


def test_one_entry_of_a_file_changes_the_key_and_another_folder_does_not(tmp_path: Path) -> None:
    first = Grid.read(folder_of(tmp_path / "a") / "grid.toml").configurations
    again = Grid.read(folder_of(tmp_path / "b") / "grid.toml").configurations
    assert [key_of(each) for each in first] == [key_of(each) for each in again]
    radii = RADII.copy()
    radii[1, 2, 3] = np.nextafter(radii[1, 2, 3], 1)
    np.save(tmp_path / "b" / "radii.npy", radii)
    other = Grid.read(tmp_path / "b" / "grid.toml").configurations
    same = [key_of(a) == key_of(b) for a, b in zip(first, other, strict=True)]
    assert same == [False, False, True, True]


def test_a_file_that_changes_in_the_middle_fails_its_runs_and_no_other(tmp_path: Path) -> None:
    grid = Grid.read(folder_of(tmp_path / "here") / "grid.toml")
    np.save(tmp_path / "here" / "radii.npy", RADII / 2)
    done = sweep(grid, tmp_path / "out")
    assert len(done.table) == 2 and len(done.failures) == 2
    assert "radius: the file 'radii.npy' has changed since the grid was read" in done.failures[0][1]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda place: (place / "radii.npy").unlink(), "radius names the file 'radii.npy', which cannot be read"),
        (
            lambda place: (place / "radii.npy").write_text("0.1"),
            "'radii.npy' must hold one array, as np.save writes it: no array of numbers",
        ),
        (lambda place: np.save(place / "radii.npy", np.full(3, 2.0)), r"radius\[0\] must be in \[0, 1\], got 2"),
        (lambda place: (place / "games" / "street.npz").write_text("no game"), "street.npz is damaged"),
        (lambda place: (place / "games" / "street.npz").unlink(), "file names the file 'games/street.npz'"),
    ],
)
def test_a_file_that_is_wrong_is_named_before_anything_runs(tmp_path: Path, spoil: object, message: str) -> None:
    place = folder_of(tmp_path / "here")
    spoil(place)  # type: ignore[operator]
    with pytest.raises(ValueError, match=message):
        Grid.read(place / "grid.toml")
