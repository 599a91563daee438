"""Bytes: objects named by the digest of what is stored, in a folder; a partial write is never visible.

An object is written in a staging folder, synced and renamed to its name. A staging folder carries an
operating-system lock as long as its maker lives; `abandoned()` finds those whose maker is gone, and what
they had already moved is written in their `moved` file before it is moved, so that nothing is orphaned.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from ...digest import CHUNK, fresh_id
from ...errors import Missing, Tampered
from ...language import say
from .files import FileLock, disk_errors, synced_folder
from .sealing import SealedReader, SealingWriter


@dataclass(frozen=True, slots=True)
class Staged:
    """A finished object that is not yet in its place."""

    path: Path
    object_id: str
    size_bytes: int
    plain_digest: str
    """SHA-256, hex, of what was written before it was sealed."""


class ObjectWriter:
    """One object on its way: write to `.sink`, then `finish()`. Encrypts where a key is given."""

    def __init__(self, path: Path, key: bytes | None, context: str) -> None:
        self._path = path
        self._hash, self._plain_hash = hashlib.sha256(), hashlib.sha256()
        self._size = 0
        with disk_errors():
            self._file = open(path, "xb", buffering=0)  # noqa: SIM115 - closed by finish() or abandon()
        stored = cast(BinaryIO, Sink(self.append))
        self._sealing = None if key is None else SealingWriter(stored, key, context)
        self.sink = cast(BinaryIO, Sink(self._take))
        """Where the plain content is written: a file object for libraries that want one."""

    def _take(self, data: bytes) -> int:
        self._plain_hash.update(data)
        return self.append(data) if self._sealing is None else self._sealing.write(data)

    def append(self, data: bytes) -> int:
        """Write stored bytes as they are."""
        view = memoryview(data)
        with disk_errors():
            while view:
                view = view[self._file.write(view) :]
        self._hash.update(data)
        self._size += len(data)
        return len(data)

    def finish(self) -> Staged:
        if self._sealing is not None:
            self._sealing.finish()
        with disk_errors():
            os.fsync(self._file.fileno())
        self._file.close()
        return Staged(self._path, self._hash.hexdigest(), self._size, self._plain_hash.hexdigest())

    def let_go(self) -> None:
        """Close the file, whatever became of it."""
        self._file.close()

    def abandon(self) -> None:
        self.let_go()
        self._path.unlink(missing_ok=True)


class Sink:
    """The least that libraries ask of a file that they write: it hands every piece on."""

    def __init__(self, take: Callable[[bytes], int]) -> None:
        self._take, self._position, self.closed, self.mode = take, 0, False, "wb"

    def write(self, data: bytes) -> int:
        self._take(bytes(data))
        self._position += len(data)
        return len(data)

    def tell(self) -> int:
        return self._position

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def flush(self) -> None: ...

    def close(self) -> None:
        self.closed = True


class Staging:
    """A folder of one attempt, locked as long as this process lives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with disk_errors():
            while (lock := _locked_folder(folder)) is None:
                pass  # a sweep took the unlocked beginning of it for abandoned
        self._lock, self._kept = lock, False
        self._writers: list[ObjectWriter] = []

    @property
    def moved(self) -> tuple[str, ...]:
        """The objects that were promoted out of it."""
        return _moved(self.folder)

    def writer(self, name: str, key: bytes | None = None, context: str = "") -> ObjectWriter:
        made = ObjectWriter(self.folder / name, key, context)
        self._writers.append(made)
        return made

    @contextmanager
    def clearing(self) -> Iterator[None]:
        """Around the removal of what its maker has left elsewhere. Where that fails, the folder stays when this is
        closed, without what was written in it: `abandoned()` goes by it, and nothing else tells what is left."""
        self._kept = True
        yield
        self._kept = False

    def close(self) -> None:
        for writer in self._writers:
            writer.let_go()  # an open file would keep its space on a disk that may be full
        if self._kept:
            _emptied(self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.release()


class Objects:
    """All objects of a site."""

    def __init__(self, site: Path) -> None:
        self.folder, self.staging_folder = site / "objects", site / "staging"

    def stage(self, name: str | None = None) -> Staging:
        return Staging(self.staging_folder / (name or fresh_id("stage")))

    def prepare(self, staged: Staged) -> None:
        """What `promote` needs, done before the transaction, so that others wait less for it."""
        target = self.path(staged.object_id)
        with disk_errors():
            if not target.parent.exists():
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                synced_folder(self.folder)
            _note_move(staged.path.parent, staged.object_id)

    def promote(self, staged: Staged) -> None:
        """Move into place. Call inside the write transaction that makes it known."""
        if staged.object_id not in _moved(staged.path.parent):
            self.prepare(staged)
        target = self.path(staged.object_id)
        with disk_errors():
            os.replace(staged.path, target)
            synced_folder(target.parent)

    def path(self, object_id: str) -> Path:
        return self.folder / object_id[:2] / object_id[2:]

    def open(self, object_id: str, key: bytes | None = None, context: str = "") -> BinaryIO:
        """Plain bytes, seekable. Raises Missing; Tampered where a sealed object does not decrypt."""
        try:
            file = open(self.path(object_id), "rb")  # noqa: SIM115 - the caller closes it
        except FileNotFoundError:
            raise Missing(
                "object.missing",
                say("The bytes of object {object} are not in the store.", object=object_id[:16]),
                say("Restore the site from its backup; `dalgu doctor` lists what is missing."),
            ) from None
        if key is None:
            return file
        try:
            return cast(BinaryIO, SealedReader(file, key, context))
        except Tampered:
            file.close()
            raise

    def check(self, object_id: str) -> None:
        """Raises Tampered where the stored bytes are not what the name says."""
        state = hashlib.sha256()
        with self.open(object_id) as file:
            while chunk := file.read(CHUNK):
                state.update(chunk)
        if state.hexdigest() != object_id:
            raise Tampered(
                "object.changed",
                say("The stored bytes of object {object} have changed.", object=object_id[:16]),
                say("Restore it from backup; its digest in the ledger says what it must be."),
            )

    def remove(self, object_id: str) -> None:
        self.path(object_id).unlink(missing_ok=True)

    def abandoned(self) -> Iterator[tuple[Path, tuple[str, ...]]]:
        """Staging folders whose maker is gone, with the objects that each had moved into place."""
        if not self.staging_folder.exists():
            return
        for folder in sorted(self.staging_folder.iterdir()):
            if not folder.is_dir():
                continue
            if not (folder / "lock").exists():
                _remove_unlocked(folder)
                continue
            lock = FileLock(folder / "lock")
            try:
                if not lock.acquire():
                    continue
                yield folder, _moved(folder)
                shutil.rmtree(folder, ignore_errors=True)
            except FileNotFoundError:
                continue  # its maker has just cleared it
            finally:
                lock.release()


def journalled(objects: Objects) -> frozenset[str]:
    """Objects that makers at work have moved into place, or are about to."""
    folder = objects.staging_folder
    return frozenset(o for each in folder.glob("*/moved") for o in _moved(each.parent))


def _locked_folder(folder: Path) -> FileLock | None:
    """Make it under another name, lock it, and only then give it its name. None if it was swept meanwhile."""
    aside = folder.with_name(f".{folder.name}.{fresh_id('new')}")
    aside.mkdir(mode=0o700, parents=True)
    lock = FileLock(aside / "lock")
    try:
        if lock.acquire():
            os.rename(aside, folder)
            return lock
    except FileNotFoundError:
        pass
    except BaseException:
        lock.release()
        shutil.rmtree(aside, ignore_errors=True)
        raise
    lock.release()
    return None


def _remove_unlocked(folder: Path) -> None:
    """Left by a maker that died before it had a lock (still hidden), or by a sweep that was cut off. One that
    is just being made is empty, and its maker begins again where it is gone."""
    if folder.name.startswith("."):
        with suppress(OSError):
            folder.rmdir()
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _emptied(folder: Path) -> None:
    """Only what `abandoned()` needs stays: under whose lock it was, and what was moved."""
    for path in folder.iterdir():
        if path.name not in ("lock", "moved"):
            with suppress(OSError):
                path.unlink()


def _note_move(folder: Path, object_id: str) -> None:
    """Durable before the move itself; each id on a line of its own, whatever was cut off before."""
    journal = folder / "moved"
    fresh = not journal.exists()
    with open(journal, "a") as file:
        file.write(f"\n{object_id}\n")
        file.flush()
        os.fsync(file.fileno())
    if fresh:
        synced_folder(folder)


def _moved(folder: Path) -> tuple[str, ...]:
    """Whole ids only: a line cut off by a full disk names nothing."""
    journal = folder / "moved"
    lines = journal.read_text().split() if journal.exists() else []
    return tuple(line for line in lines if len(line) == hashlib.sha256().digest_size * 2)
