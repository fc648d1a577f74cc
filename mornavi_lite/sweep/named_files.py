"""Files that a grid names: a game, a radius for each row. A configuration holds their digests, so contents count."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from .. import checks, files
from ..games import MarkovGame


def stored_game(file: str) -> MarkovGame:
    """The game of a file that ``MarkovGame.save`` wrote: ``[[game]]`` with ``name = "stored_game"`` and ``file``."""
    return MarkovGame.load(file)


def with_digest(entry: dict[str, Any], key: str, folder: str) -> dict[str, Any]:
    """The entry with the digest of the file that ``key`` names, if it names one; paths are relative to ``folder``."""
    named = entry.get(key)
    if not isinstance(named, str):
        return entry
    return entry | {key: {"file": named, "digest": _digest(key, named, folder)}}


def _digest(key: str, named: str, folder: str) -> str:
    path = Path(folder, named)
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:20]
    except OSError as error:
        raise ValueError(f"{key} names the file {named!r}, which cannot be read: {error.strerror or error}") from None


def path_of(value: Any, key: str, folder: str) -> Any:
    """The path of a file that was named, if it still holds what it held; any other value as it is."""
    if not isinstance(value, dict):
        return value
    if _digest(key, value["file"], folder) != value["digest"]:
        raise ValueError(f"{key}: the file {value['file']!r} has changed since the grid was read")
    return str(Path(folder, value["file"]))


def radius_of(value: Any, folder: str) -> Any:
    """A radius: a number as it is, or the array of a ``.npy`` file."""
    path = path_of(value, "radius", folder)
    if not isinstance(path, str):
        return path
    try:
        array = files.array_of(Path(path).read_bytes())
    except Exception as error:  # an archive of several, say, or bytes of something else
        raise ValueError(f"radius: {value['file']!r} must hold one array, as np.save writes it: {error}") from None
    return checks.real_array("radius", array)


def shown(value: Any) -> Any:
    """What a table of results says: the name of a file, any other value as it is."""
    return value["file"] if isinstance(value, dict) and "file" in value else value
