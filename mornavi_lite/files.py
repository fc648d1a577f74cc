"""Files of arrays that are whole or not there: written under another name, then renamed."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

#: Goes up when what is stored changes, so that an older package says so instead of misreading.
FORMAT = 1


def write_arrays(path: str | os.PathLike[str], kind: str, arrays: Mapping[str, Any], wait: bool = True) -> None:
    """Write arrays to ``path`` in NumPy's npz format: a reader finds the old file or the new one, never a part.

    With ``wait=False`` that may fail if the machine itself goes down within seconds; :func:`read_arrays` notices.
    """
    with _whole_or_not(path, wait) as handle:
        np.savez(handle, kind=np.array(kind), format=np.array(FORMAT), digest=np.array(_digest(arrays)), **arrays)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text to ``path``, whole or not at all."""
    with _whole_or_not(path) as handle:
        handle.write(text.encode())


@contextmanager
def _whole_or_not(path: str | os.PathLike[str], wait: bool = True) -> Iterator[BinaryIO]:
    """A file to write to, renamed to ``path`` once all is on disk; on an error, what was at ``path`` stays.

    The disk takes some milliseconds to say so. Without ``wait`` the file is renamed once the system has it.
    """
    target = Path(path)
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as handle:
            yield handle
            handle.flush()
            if wait:
                os.fsync(handle.fileno())
        partial.replace(target)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise


def read_arrays(path: str | os.PathLike[str], kind: str) -> dict[str, np.ndarray]:
    """The arrays of a file that :func:`write_arrays` wrote; ValueError if it is truncated, foreign or newer."""
    stored = io.BytesIO(Path(path).read_bytes())
    try:
        with np.load(stored, allow_pickle=False) as members:
            arrays = {name: members[name] for name in members.files}
        version = int(arrays.pop("format", 0))
    except Exception as error:  # whatever NumPy and zipfile make of bytes that are not theirs
        raise ValueError(f"{path} is damaged, or not a file that mornavi_lite wrote ({error})") from None
    if str(arrays.pop("kind", None)) != kind:
        raise ValueError(f"{path} does not hold a {kind} of mornavi_lite")
    if version > FORMAT:
        raise ValueError(f"{path} has format {version}; this version of mornavi_lite reads up to {FORMAT}: update it")
    if str(arrays.pop("digest", None)) != _digest(arrays):
        raise ValueError(f"{path} is damaged: what it holds is not what was written")
    return arrays


def _digest(arrays: Mapping[str, Any]) -> str:
    """Digest of names, kinds of number, shapes and contents: whatever is changed in a file, the digest tells."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode() + array.tobytes())
    return digest.hexdigest()
