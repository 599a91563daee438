"""A policy without quasi-identifiers: nothing goes out but masked text, and the numbering of a document.

Where no column takes part in a search, no class is made, no k holds and no risk is measured: that is allowed for text
alone, from which what identifies somebody was taken, and everybody who is told of the result is told so. A letter or
a report is a table of `part`, `number` and `text`: the first two say where a paragraph stood and nothing of anybody,
if they hold what the reading of a document writes there and nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pyarrow as pa

from ...errors import Invalid
from ...language import say
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


def numbering(table: pa.Table) -> tuple[str, ...]:
    """The columns of a document that say where its texts stood; none where the table is no document's."""
    if tuple(table.column_names) != (*NUMBERING, TEXT) or [str(t) for t in table.schema.types] != ["string", "int64", "string"]:  # fmt: skip
        return ()
    counts: Counter[str] = Counter()
    for part, number in zip(table[NUMBERING[0]].to_pylist(), table[NUMBERING[1]].to_pylist(), strict=True):
        counts[part] += 1
        if part is None or not _PART.fullmatch(part) or number != counts[part]:
            return ()
    return NUMBERING


def check(policy: Policy, table: pa.Table) -> None:
    """Raises `Invalid` where a column that is to go out as numbering is none."""
    known = numbering(table)
    wrong = [name for name in NUMBERING if name in policy.columns and not policy.goes(name) and not masks_all(policy.columns[name]) and name not in known]  # fmt: skip
    if wrong:
        raise Invalid(
            "invalid.policy.masked-only",
            say("{columns}: not the numbering of a document, so it may not go out without quasi-identifiers.", columns=", ".join(wrong)),
            say("Delete these columns, or give them the role quasi-identifier."),
        )  # fmt: skip
