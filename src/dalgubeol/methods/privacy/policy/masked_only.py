"""A policy without quasi-identifiers: nothing goes out but masked text, and the numbering of a document.

Where no column takes part in a search, no class is made, no k holds and no risk is measured: that is allowed for text
alone, from which what identifies somebody was taken, and everybody who is told of the result is told so. A letter or
a report is a table of `part`, `number` and `text`: the first two say where a paragraph stood and nothing of anybody,
if they hold what the reading of a document writes there and nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator

import pyarrow as pa

from ....errors import Invalid
from ....language import say
from .policy import Column, Mask, Policy

TEXT, NUMBERING = "text", ("part", "number")
_PART = re.compile(r"body|header|footer|footnote|endnote|comment|text box|picture|table [0-9]{1,6}")


def is_masked_only(policy: Policy) -> bool:
    return not policy.quasi


def masks_all(column: Column) -> bool:
    """Whether everything that is known to identify somebody is taken out of it."""
    return any(isinstance(step, Mask) and not step.types for step in column.steps)


def left_open(policy: Policy) -> Iterator[str]:
    """The columns that would go out neither masked nor as a numbering."""
    for name, column in policy.columns.items():
        numbers = name in NUMBERING and column.role == "plain" and not column.steps
        if not policy.goes(name) and not masks_all(column) and not numbers:
            yield name


class Numbering:
    """Whether the rows that were added, from the first on, are a document's: its parts, and in each the texts counted
    from 1."""

    def __init__(self, schema: pa.Schema) -> None:
        types = [str(each) for each in schema.types]
        self._holds = tuple(schema.names) == (*NUMBERING, TEXT) and types == ["string", "int64", "string"]
        self._counts: Counter[str] = Counter()

    def add(self, rows: pa.Table | pa.RecordBatch) -> None:
        if not self._holds:
            return
        for part, number in zip(*(rows[name].to_pylist() for name in NUMBERING), strict=True):
            self._counts[part] += 1
            if part is None or not _PART.fullmatch(part) or number != self._counts[part]:
                self._holds = False
                return

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that say where a document's texts stood; none where it is no document."""
        return NUMBERING if self._holds else ()


def numbering(table: pa.Table) -> tuple[str, ...]:
    """The same of a whole table."""
    found = Numbering(table.schema)
    found.add(table)
    return found.columns


def check(policy: Policy, known: Collection[str]) -> None:
    """Raises `Invalid` where a column that is to go out as numbering is none of the `known` ones."""
    wrong = [name for name in NUMBERING if name in policy.columns and not policy.goes(name) and not masks_all(policy.columns[name]) and name not in known]  # fmt: skip
    if wrong:
        raise Invalid(
            "invalid.policy.masked-only",
            say("{columns}: not the numbering of a document, so it may not go out without quasi-identifiers.", columns=", ".join(wrong)),
            say("Delete these columns, or give them the role quasi-identifier."),
        )  # fmt: skip
