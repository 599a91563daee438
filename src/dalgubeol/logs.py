"""Logs are for operators and may be lost; they are not Records.

Structured lines (JSON) through structlog, to standard error or to a file that is put aside when it is full. A log
line carries ids, counts and codes, never a data value, a key or a name of a person: a value that does not look
like an id or a code is left out, whoever wrote it. A log that cannot be written stops nobody.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_CODE = re.compile(r"[A-Za-z0-9._:/+@#=-]{0,300}")
LEFT_OUT = "(left out)"


def log(room: str) -> Any:
    """The logger of a room, imported only when something is really logged."""
    return _configured().get_logger(room=room)


def to_file(path: Path, bytes: int, keep: int, level: str = "warning") -> None:  # noqa: A002 - the setting's name
    """From now on, log to `path`. When it would grow beyond `bytes` it becomes `path.1`, and so on to `keep`.

    Raises OSError where it cannot be opened.
    """
    _configure(RotatingFile(path, bytes, keep), LEVELS[level])


class _StandardError:
    """Whatever standard error is at the moment; one that is closed, or full, stops nobody."""

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


class RotatingFile:
    """A file of whole lines that is put aside before it grows too large. Safe from several threads."""

    def __init__(self, path: Path, largest: int, keep: int) -> None:
        self._path, self._largest, self._keep = path, largest, keep
        self._guard = threading.Lock()
        self._descriptor = self._opened()
        self._size = os.fstat(self._descriptor).st_size

    def write(self, text: str) -> int:
        """One call, one write(2). What cannot be written is lost: a full disk must not stop who logs."""
        line = text.encode(errors="replace")
        with self._guard:
            try:
                if self._size and self._size + len(line) > self._largest:
                    self._put_aside()
                self._size += os.write(self._descriptor, line)
            except OSError:
                pass
        return len(text)

    def flush(self) -> None: ...

    def _opened(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def _put_aside(self) -> None:
        for number in range(self._keep - 1, 0, -1):
            older = self._path.with_name(f"{self._path.name}.{number}")
            if older.exists():
                older.replace(self._path.with_name(f"{self._path.name}.{number + 1}"))
        self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        os.close(self._descriptor)
        self._descriptor = self._opened()
        self._size = 0


def _only_codes(logger: object, method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """A value with a space, a quote or a Korean letter in it is no id."""
    return {name: value if name == "event" or _is_code(value) else LEFT_OUT for name, value in event.items()}


def _is_code(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float) or bool(_CODE.fullmatch(str(value)))


@cache
def _configured() -> Any:
    import structlog

    if not structlog.is_configured():
        _configure(_StandardError(), LEVELS["warning"])
    return structlog


def _configure(file: Any, level: int) -> None:
    import structlog

    structlog.configure(
        processors=[
            _only_codes,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=file),
        cache_logger_on_first_use=False,
    )
