"""Released tables of counts as an outsider reads them: keys, labels, counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .labels import Parents, Scale, scale
from .reading import cell_text, count_columns, numbers, says_numbers

if TYPE_CHECKING:
    import pyarrow as pa

_RECORDS = {"n", "cnt", "count", "counts", "freq", "frequency", "num", "number", "total", "records", "rows", "수", "명", "건", "인원", "인원수", "명수", "건수", "빈도", "계", "합계"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Released:
    """One column of counts: `labels[row]` says, key by key, whom `counts[row]` counts; None is a gone count.

    `base` is what the counts were rounded to (1: not at all). `column` is the column's name; `measure` is the
    same for columns that count the same things, so that only those are compared. `number` is the release's
    place in the list of releases, from 1; 0 is the table that wants to leave.
    """

    keys: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    counts: tuple[float | None, ...]
    column: str = "n"
    measure: str = ""
    base: int = 1
    number: int = 0


def released(
    table: pa.Table,
    *,
    keys: Collection[str] | None = None,
    counts: Collection[str] = (),
    base: int = 1,
    number: int = 0,
) -> tuple[Released, ...]:
    """Each column of counts of a table. `keys` are all columns of text where they are not named.

    Whoever names the keys makes sure that months, ages and codes written as numbers are among them.
    """
    if keys is None:
        keys = texts(table)
    named = tuple(name for name in table.column_names if name in keys)
    columns = [[cell_text(each) for each in table.column(name).to_pylist()] for name in named]
    labels = tuple(zip(*columns, strict=True)) if columns else ((),) * table.num_rows
    found = [name for name in count_columns(table, counts, named) if name not in named]
    return tuple(
        Released(named, labels, tuple(numbers(table, name)), name, measure(name), base, number)
        for name in found
    )


def texts(table: pa.Table) -> tuple[str, ...]:
    """Columns of text (and dates) that hold no counts: what a row is about."""
    import pyarrow as pa

    counted = count_columns(table)
    return tuple(
        name
        for name in table.column_names
        if name not in counted
        and not says_numbers(table, name)
        and not pa.types.is_floating(table.schema.field(name).type)
        and not pa.types.is_decimal(table.schema.field(name).type)
    )


def measure(name: str) -> str:
    """What a column counts, as far as its name says: records, or those of a named kind."""
    plain = name.strip().lower()
    return "" if plain in _RECORDS else plain


def scales(tables: Sequence[Released], parents: Mapping[str, Parents]) -> dict[str, Scale]:
    """One scale for each key that any table uses."""
    used: dict[str, set[str]] = {}
    for table in tables:
        for at, key in enumerate(table.keys):
            used.setdefault(key, set()).update({labels[at] for labels in table.labels})
    return {key: scale(labels, parents.get(key)) for key, labels in used.items()}
