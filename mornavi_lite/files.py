"""Files of arrays that are whole or not there: written under another name, then renamed."""

from __future__ import annotations

import errno
import hashlib
import math
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from .checks import brief

if TYPE_CHECKING:  # it takes a while, and not every program reads a file
    import zipfile

#: Goes up when what is stored changes, so that an older package says so instead of misreading.
FORMAT = 1

#: A file in the making is called after its target, the machine, the process, and a token that no other thread has.
#: Before, it was the process alone.
_PARTIAL = re.compile(r"(.+)\.([0-9a-f]{12})\.(\d+)\.[0-9a-f]{8}\.partial|(.+)\.\d+\.partial")
#: After so many seconds without a change a file in the making is nobody's any more, whoever wrote it.
_STALE_AFTER = 86_400.0
#: The head of an array in NumPy's format: kind of its numbers (truth values, integers, floats, text), order, shape.
_HEAD = re.compile(
    rb"\x93NUMPY\x01\x00(?s:..)"
    rb"\{'descr': '([<|>][biufU]\d+)', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\),? ?}\s*"
)
_MOST_MEMBERS = 100


def write_arrays(path: str | os.PathLike[str], kind: str, arrays: Mapping[str, Any], wait: bool = True) -> None:
    """Write arrays to ``path`` in NumPy's npz format: a reader finds the old file or the new one, never a part.

    With ``wait=False`` that may fail if the machine itself goes down within seconds; :func:`read_arrays` notices. It is
    for one of many files in a folder: what writers that are gone left of others of them is then not looked for.
    """
    arrays = {name: np.asarray(each, order="C") for name, each in arrays.items()}  # the same bytes in any memory layout
    with _whole_or_not(path, wait) as handle:
        np.savez(handle, kind=np.array(kind), format=np.array(FORMAT), digest=np.array(_digest(arrays)), **arrays)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text to ``path``, whole or not at all."""
    with _whole_or_not(path) as handle:
        handle.write(text.encode())


@contextmanager
def _whole_or_not(path: str | os.PathLike[str], wait: bool = True) -> Iterator[BinaryIO]:
    """A file to write to, renamed to ``path`` once all is on disk; on an error, what was at ``path`` stays.

    The disk takes some milliseconds to say so. Without ``wait`` the file is renamed once the system has it. Where
    ``path`` is a link, the file that it names is replaced. What is no file, such as a pipe, is written to as it is.
    """
    target = located("path", path)
    if target.is_symlink():
        target = Path(os.path.realpath(target))
        if target.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    if target.exists() and not target.is_file():
        with target.open("wb") as handle:
            yield handle
        return
    if wait:
        remove_stale(target.parent, lambda name: name == _stem(target))
    partial = target.with_name(f"{_stem(target)}.{_machine()}.{os.getpid()}.{secrets.token_hex(4)}.partial")
    try:
        with partial.open("xb") as handle:
            yield handle
            handle.flush()
            if wait:
                os.fsync(handle.fileno())
        partial.replace(target)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise


def located(name: str, path: Any) -> Path:
    """``path`` as one; an error that names the argument where it is none, or cannot be the name of a file."""
    try:
        found = Path(path)
        if b"\0" in os.fsencode(found):
            raise ValueError("a null")
    except (TypeError, ValueError):
        kind = ValueError if isinstance(path, str) else TypeError
        raise kind(f"{name} must be a path, got {brief(path)}") from None
    return found


def remove_stale(folder: Path, ours: Callable[[str], bool]) -> None:
    """Remove what writers that are gone left behind of the targets that are ``ours``, by name.

    A writer on this machine is gone if there is no such process; any other once its file is a day old.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = _PARTIAL.fullmatch(entry.name) if entry.name.endswith(".partial") else None
            if found and ours(found[1] or found[4]):
                with suppress(OSError):
                    here = found[2] == _machine() and not _lives(int(found[3]))
                    if here or time.time() - entry.stat(follow_symlinks=False).st_mtime > _STALE_AFTER:
                        os.unlink(entry.path)


def _stem(target: Path) -> str:
    """The name of the target, shortened where not all of it would fit before what is added."""
    return os.fsdecode(os.fsencode(target.name)[:180])


@cache
def _machine() -> str:
    """A word for this machine, since it was started, and for the container: where a process number means one thing."""
    import platform

    words = [platform.node()]
    for source in ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"):
        with suppress(OSError):
            words.append(os.readlink(source) if source.endswith("pid") else Path(source).read_text(encoding="utf8"))
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:12]


def _lives(process: int) -> bool:
    """Whether there is a process of this number on this machine, as far as one can ask without disturbing it."""
    if os.name == "nt":  # there, the question would be a Ctrl-C; a file that is being written cannot be removed
        return False
    try:
        os.kill(process, 0)
    except (OSError, OverflowError) as error:
        return isinstance(error, PermissionError)  # it lives, but is not ours
    return True


def read_arrays(path: str | os.PathLike[str], kind: str) -> dict[str, np.ndarray]:
    """The arrays of a file that :func:`write_arrays` wrote; ValueError if it is truncated, foreign or newer.

    The directory of the archive and the heads of its members are looked at before anything is unpacked: no array is
    larger than the file.
    """
    import zipfile

    found, arrays, version = None, {}, 0
    with located("path", path).open("rb") as handle:
        try:
            with zipfile.ZipFile(handle) as archive:
                members = _members(archive, os.fstat(handle.fileno()).st_size)
                found = str(_member(archive, members.pop("kind"))) if "kind" in members else None
                if found == kind:
                    arrays = {name: _member(archive, member) for name, member in members.items()}
                    version = int(arrays.pop("format", np.array(0)))
        except Exception as error:  # whatever zipfile and NumPy make of bytes that are not theirs
            own = isinstance(error, zipfile.BadZipFile) or type(error) is ValueError
            reason = str(error) if own else type(error).__name__
            raise ValueError(f"{path} is damaged, or not a file that mornavi_lite wrote: {reason}") from None
    if found != kind:
        raise ValueError(f"{path} does not hold a {kind} of mornavi_lite")
    if version > FORMAT:
        raise ValueError(f"{path} has format {version}; this version of mornavi_lite reads up to {FORMAT}: update it")
    if str(arrays.pop("digest", None)) != _digest(arrays):
        raise ValueError(f"{path} is damaged: what it holds is not what was written")
    return arrays


@contextmanager
def fitting_together(path: str | os.PathLike[str]) -> Iterator[None]:
    """Where an object is made of the arrays of a file: what goes wrong means that they do not fit together."""
    try:
        yield
    except (ArithmeticError, LookupError, MemoryError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged: {error or type(error).__name__}") from None


def _members(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """The members of an archive by the names of their arrays, if they can be what :func:`write_arrays` writes."""
    listed = archive.infolist()
    members = {member.filename.removesuffix(".npy"): member for member in listed}
    if len(listed) > _MOST_MEMBERS or len(members) < len(listed):
        raise ValueError(f"it has {len(listed)} members, {len(members)} of different names")
    for member in listed:
        if not member.filename.endswith(".npy") or member.file_size != member.compress_size:
            raise ValueError(f"its member {member.filename[:40]!r} is no array, or compressed")
    if sum(member.file_size for member in listed) > size:
        raise ValueError("its members together are larger than the file")
    return members


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """An array of the archive."""
    try:
        return array_of(archive.read(member))
    except ValueError as error:
        raise ValueError(f"its member {member.filename!r} is {error}") from None


def array_of(content: bytes) -> np.ndarray:
    """The array that ``content`` holds in NumPy's format; ValueError unless it is one of numbers or text.

    The head is matched, not parsed: parsers in two threads can disturb each other (CPython 3.11), and so can filters of
    the warnings that NumPy gives of a head that is nearly one.
    """
    length = 10 + int.from_bytes(content[8:10], "little")
    if not (head := _HEAD.fullmatch(content, 0, length)):
        raise ValueError("no array of numbers or text")
    kind, shape = np.dtype(head[1].decode()), tuple(int(side) for side in head[3].split(b",") if side.strip())
    if len(content) - length != math.prod(shape) * kind.itemsize:
        raise ValueError(f"not as long as its shape {shape} says")
    return np.ndarray(shape, kind, bytearray(memoryview(content)[length:]), order="F" if head[2] == b"True" else "C")


def _digest(arrays: Mapping[str, Any]) -> str:
    """Digest of names, kinds of number, shapes and contents: whatever is changed in a file, the digest tells."""
    digest = hashlib.sha256()
    for name, array in sorted((name, np.asarray(array)) for name, array in arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode() + array.tobytes())
    return digest.hexdigest()
