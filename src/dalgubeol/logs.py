"""Logs are for operators and may be lost; they are not Records.

Structured lines through structlog to standard error. A log line carries ids, counts and codes, never a data
value, a key or a name of a person.
"""

from __future__ import annotations

from functools import cache
from typing import Any


def log(room: str) -> Any:
    """The logger of a room, imported only when something is really logged."""
    return _configured().get_logger(room=room)


@cache
def _configured() -> Any:
    import logging
    import sys

    import structlog

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    return structlog
