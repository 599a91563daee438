"""Objects copied from one folder to another, hashed on the way: what arrives is what its name says.

Files are read once: the bytes that are written are the bytes that were hashed. Several at a time, because
hashing and copying let other threads run. Nothing is synced one by one: `settled()` syncs the whole file
system once, and until then nobody may rely on what was copied.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ...digest import fresh_id
from ...errors import Tampered
from ...language import say
from .files import disk_errors

_PIECE = 1 << 20
LANES = 4
"""Files under way at once: more than processors, so that some read while others hash."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a transfer did. `missing` were not at the source, though it should have them."""

    copied: int
    copied_bytes: int
    missing: tuple[str, ...]


def bring(
    wanted: Mapping[str, int],
    source: Path,
    target: Path,
    trusted: Iterable[str] = (),
    on_progress: Callable[[int], object] = lambda done: None,
) -> Brought:
    """Copy the objects `wanted` (id to size in bytes) between two folders of objects.

    What is at the target already and `trusted` is left; what is there and not trusted is hashed, and copied
    again where it is wrong. `on_progress` hears of bytes, from several threads. Raises Tampered for an object
    whose bytes are not what its name says, Unavailable for a full disk.
    """
    known = frozenset(trusted)
    folders = {target / object_id[:2] for object_id in wanted}
    with disk_errors():
        for folder in folders:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def one(object_id: str) -> int | None:
        """Bytes copied; None where the source has it not."""
        there = _place(target, object_id)
        same = there.exists() and there.stat().st_size == wanted[object_id]
        if same and (object_id in known or _digest(there) == object_id):
            on_progress(wanted[object_id])
            return 0
        try:
            return _copied(_place(source, object_id), there, object_id, on_progress)
        except FileNotFoundError:
            return None

    # The largest first, so that no lane is left with one at the end.
    order = sorted(wanted, key=lambda object_id: -wanted[object_id])
    with ThreadPoolExecutor(LANES) as lanes:
        done = dict(zip(order, lanes.map(one, order), strict=True))
    sizes = [size for size in done.values() if size]
    return Brought(len(sizes), sum(sizes), tuple(o for o, size in done.items() if size is None))


def check(wanted: Iterable[str], folder: Path, on_progress: Callable[[int], object] = lambda done: None) -> dict[str, str]:  # fmt: skip
    """What is wrong with these objects: id to "missing" or "changed"; empty when all is well."""

    def one(object_id: str) -> tuple[str, str] | None:
        try:
            found = _digest(_place(folder, object_id), on_progress)
        except FileNotFoundError:
            return object_id, "missing"
        return None if found == object_id else (object_id, "changed")

    with ThreadPoolExecutor(LANES) as lanes:
        return dict(wrong for wrong in lanes.map(one, list(wanted)) if wrong)


def copy_file(source: Path, target: Path, on_progress: Callable[[int], object] = lambda done: None) -> str:
    """Copy one file to a new one, mode 0600; the digest of what was copied. Raises FileNotFoundError."""
    state, buffer = hashlib.sha256(), memoryview(bytearray(_PIECE))
    with open(source, "rb", buffering=0) as given, disk_errors():
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb", buffering=0) as taken:
            while count := given.readinto(buffer):
                piece = buffer[:count]
                state.update(piece)
                while piece:
                    piece = piece[taken.write(piece) :]
                on_progress(count)
    return state.hexdigest()


def settled(folder: Path) -> None:
    """Make everything durable that was written to the file system of `folder` (syncfs(2)); Unavailable where
    that fails."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        with disk_errors():
            if libc.syncfs(descriptor) != 0:
                raise OSError(ctypes.get_errno(), "syncfs")
    finally:
        os.close(descriptor)


def digest_of(path: Path) -> str:
    return _digest(path)


def stored(folder: Path) -> frozenset[str]:
    """The ids of all objects in a folder of objects, finished ones only."""
    return frozenset(
        f"{shelf.name}{entry.name}"
        for shelf in os.scandir(folder) if shelf.is_dir()
        for entry in os.scandir(shelf.path) if not entry.name.startswith(".")
    ) if folder.exists() else frozenset()  # fmt: skip


def sweep(folder: Path, but: frozenset[str]) -> int:
    """Remove everything from a folder of objects that is not one of `but`; how many objects that were."""
    removed = 0
    for shelf in list(os.scandir(folder)) if folder.exists() else []:
        for entry in list(os.scandir(shelf.path)):
            if f"{shelf.name}{entry.name}" not in but:
                os.unlink(entry.path)
                removed += not entry.name.startswith(".")
    return removed


def _copied(source: Path, target: Path, object_id: str, on_progress: Callable[[int], object]) -> int:
    aside = target.with_name(f".{target.name}.{fresh_id('part')}")
    try:
        found = copy_file(source, aside, on_progress)
        if found != object_id:
            raise Tampered(
                "object.changed",
                say("The stored bytes of object {object} have changed.", object=object_id[:16]),
                say("Restore it from backup; its digest in the ledger says what it must be."),
            )
        size = aside.stat().st_size
        os.replace(aside, target)
        return size
    finally:
        aside.unlink(missing_ok=True)


def _digest(path: Path, on_progress: Callable[[int], object] = lambda done: None) -> str:
    state, buffer = hashlib.sha256(), memoryview(bytearray(_PIECE))
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(buffer):
            state.update(buffer[:count])
            on_progress(count)
    return state.hexdigest()


def _place(folder: Path, object_id: str) -> Path:
    return folder / object_id[:2] / object_id[2:]
