"""One thing that was looked at, and what to do where it is not as it should be."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import DalguError
from ...language import Message


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is for programs; `check`, `detail` and `next_step` are read by people."""

    code: str
    check: Message
    ok: bool
    detail: Message
    next_step: Message | None = None
    grave: bool = True
    """False for advice: nothing is broken, and nobody is stopped by it."""

    @classmethod
    def of(cls, code: str, check: Message, error: DalguError) -> Finding:
        """What went wrong, as its error says it."""
        return cls(code, check, False, error.detail, error.next_step)
