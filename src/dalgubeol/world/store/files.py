"""Files that appear whole or not at all: written aside, synced, renamed, folder synced."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...digest import fresh_id
from ...errors import Unavailable
from ...language import say


def write_whole(path: Path, data: bytes, *, new: bool = False) -> None:
    """Put `data` at `path`, mode 0600. With `new`, FileExistsError where something is there already."""
    aside = path.with_name(f".{path.name}.{fresh_id('new')}")
    with disk_errors():
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if new:
                os.link(aside, path)
            else:
                os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
        synced_folder(path.parent)


def synced_folder(folder: Path) -> None:
    """Make renames and removals in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def listening(path: Path) -> int:
    """A named pipe opened for reading; made if it is not there. It never blocks, and never ends."""
    if not path.exists():
        with disk_errors(), suppress(FileExistsError):
            os.mkfifo(path, 0o600)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK)


@contextmanager
def disk_errors() -> Iterator[None]:
    """A full disk is Unavailable with a next step, not a traceback."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise Unavailable(
                "disk.full",
                say("The disk is full; nothing was changed."),
                say("Free some space and try again."),
            ) from None
        raise


class FileLock:
    """An exclusive lock of the operating system on a file; it ends with its process, however that ends."""

    def __init__(self, path: Path) -> None:
        self._path, self._descriptor = path, -1

    def acquire(self) -> bool:
        """True if it is ours now; never waits."""
        with disk_errors():
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
