"""What every check of this package says: a rule, a place, a sentence.

Rules: a finding names row (from 1, as a person counts) and column and never a value.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...language import Message

CellKey = tuple[int, str]  # row from 1, column


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule holds against a table; `row` (from 1) and `column` are None when it is the whole."""

    rule: str
    row: int | None
    column: str | None
    message: Message

    def text(self, language: str = "en") -> str:
        return self.message.text(language)
