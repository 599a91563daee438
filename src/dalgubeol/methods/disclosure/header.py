"""Tables whose first line does not name their columns: the checks would read a header, or a row, as what it is not.

- **More than one line of header** (what pandas writes of columns of two levels; a title above the table): the columns
  are text to whoever reads them, and their counts are taken for labels.
- **No header** (`header=False`): the first row is taken for names, and what it counts is never looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...language import say
from .finding import Finding
from .labels import interval, is_total
from .reading import cell_text, count_in, is_not_shown, is_text, number
from .source_index import plain

if TYPE_CHECKING:
    import pyarrow as pa

    from .source_index import Index

MOST_LINES = 3


def header_findings(table: pa.Table, index: Index) -> tuple[Finding, ...]:
    """One finding for a table whose first line does not name its columns, or not all that is above its numbers."""
    if not (_more_lines(table) or _no_names(table, index)):
        return ()
    message = say("The first line does not name the columns, or other lines of names follow it: what is counted cannot be told from what names it.")  # fmt: skip
    return (Finding("header", None, None, message),)


def _more_lines(table: pa.Table) -> bool:
    """Whether no column has a number in its first row, and one has words there and nothing but numbers below."""
    columns = [table.column(name).to_pylist() for name in table.column_names]
    if any(_read(values[0]) is not None for values in columns):
        return False
    texts = [v for n, v in zip(table.column_names, columns, strict=True) if is_text(table.schema.field(n).type)]  # fmt: skip
    return any(_words_above_numbers(values) for values in texts)


def _words_above_numbers(values: Sequence[object]) -> bool:
    above = next((at for at, each in enumerate(values) if _read(each) is not None), len(values))
    words = [each for each in values[:above] if each not in (None, "")]
    below = [each for each in values[above:] if each not in (None, "") and not is_not_shown(each)]
    named = any(interval(str(each)) is None and not is_not_shown(each) for each in words)
    return 0 < above <= MOST_LINES and named and bool(below) and all(_read(each) is not None for each in below)  # fmt: skip


def _no_names(table: pa.Table, index: Index) -> bool:
    """Whether every name is a number, or a column is called by one of the input's own values, as all below it are."""
    if all(_read(name) is not None for name in table.column_names):
        return True
    known = [column.texts for column in index.columns if column.texts]
    for name in table.column_names:
        if not is_text(table.schema.field(name).type):
            continue
        labels = [plain(cell_text(e)) for e in table.column(name).to_pylist() if e and not is_total(str(e))]
        if any(plain(name) in texts and labels and all(each in texts for each in labels) for texts in known):
            return True
    return False


def _read(value: object) -> float | None:
    if isinstance(value, str):
        value = value.strip().removesuffix("%")
    found = number(value)
    return count_in(value) if found is None else found
