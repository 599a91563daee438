"""What the checks hold against the files of a script before a person looks at them.

Every file is held against its type, the cells of its tables, single records of the input, identifiers, its size, and
everything that was released from the same data. A finding is plain JSON (see `rules.disclosure`); files and columns
go by number: their names are the script's own words, and so data until a reviewer has read them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..language import Message, say
from . import models_given
from .beside import counts_of, linked_beside, read_csv
from .pictures import check_picture, is_picture

if TYPE_CHECKING:
    import pyarrow as pa

    from ..methods.disclosure.finding import Finding
    from ..methods.disclosure.models import Checked
    from ..methods.disclosure.releases import Released
    from ..methods.disclosure.source_index import Index

FILE_TYPES = ("csv", "json", "txt", "png")
_READABLE_BYTES = 20_000
"""More than a person reads through: text beyond it is held, for the checks cannot read it either."""
_MODEL_BYTES = 1_000_000
"""As far as printed regressions are looked for: a file beyond it is held for its rows or its length anyway."""


def check_files(
    files: Mapping[str, bytes],
    source: pa.Table,
    smallest_cell: int,
    earlier: Sequence[Released] = (),
    models: Mapping[str, Checked] = {},
) -> list[dict[str, object]]:
    """What the checks hold against all files, in the order of their names, also beside `earlier` releases and the
    files before. The input is indexed once. `models` are checked already (`models_given`)."""
    from ..methods.disclosure.files import file_name
    from ..methods.disclosure.source_index import Index

    index, beside, found = Index.of(source), tuple(earlier), list[dict[str, object]]()
    for number, (name, content) in enumerate(sorted(files.items()), 1):
        if name in models:
            found += models_given.findings(number, models[name])
            found += [_finding(number, each) for each in file_name(name)]
            continue
        found += check_file(number, name, content, source, smallest_cell, index, beside, sorted(files))
        if name.lower().endswith(".csv") and (table := read_csv(content)) is not None:
            beside += counts_of(table, -number)
    return found


def check_file(
    number: int,
    name: str,
    content: bytes,
    source: pa.Table,
    smallest_cell: int,
    index: Index | None = None,
    beside: Sequence[Released] = (),
    names: Sequence[str] = (),
) -> list[dict[str, object]]:
    """What the checks hold against one file among those of `names`, as plain JSON (see `rules.disclosure`).

    Files and columns go by number: their names are the script's own words, and so data until a reviewer has
    read them. They stay in the sealed archive. `index` is that of `source`.
    """
    from ..methods.disclosure import files, near, regression, tables

    kind = (
        *files.file_name(name),
        *files.model_file(name, content),
        *tables.file_type(name, FILE_TYPES),
    )
    if kind:
        return [_finding(number, each) for each in kind]
    if is_picture(name):
        return _picture(number, name, content, names or [name])
    text = content[:_MODEL_BYTES].decode("utf-8", "replace")
    models = (*regression.thin_models(text), *regression.small_dummies(text, source, smallest_cell))
    if not name.lower().endswith(".csv"):
        if len(content) > _READABLE_BYTES:
            return [_note("too_long", number, say("This is no table and too long for a person to read."))]
        unread = _note("unchecked", number, say("This is no table; the reviewers must read it."), holds=False)
        records = near.near_records(content, index or source, smallest_cell)
        return [*(_finding(number, each) for each in (*models, *records)), unread]
    table = read_csv(content)
    if table is None:
        return [_note("unreadable", number, say("This cannot be read as a table with a header and rows."))]
    places = {column: place for place, column in enumerate(table.column_names, 1)}
    found = (
        *models,
        *_in_table(table, smallest_cell, beside),
        *_records(content, table, source, smallest_cell, index),
    )
    return [_finding(number, each, places) for each in found]


def _picture(number: int, name: str, content: bytes, names: Sequence[str]) -> list[dict[str, object]]:
    held, table = check_picture(name, content, names)
    if table is None:
        return [_finding(number, each) for each in held]
    told = say("This is a picture; the reviewers must compare it with file {table}.", table=table)
    return [*(_finding(number, each) for each in held), _note("unchecked", number, told, holds=False)]


def _in_table(table: pa.Table, smallest_cell: int, beside: Sequence[Released]) -> tuple[Finding, ...]:
    """What a table gives away by itself, and beside others."""
    from ..methods.disclosure import cells, extremes, raw, tables

    alone = (
        *cells.cells_below(table, smallest_cell, keys=_keys(table)),
        *cells.uniform_rows(table, keys=_keys(table)),
        *extremes.single_values(table, smallest_cell),
        *tables.too_many_rows(table),
        *tables.formulas(table),
        *raw.identifier_columns(table, _is_identifier),
    )
    return alone if tables.too_many_rows(table) else (*alone, *linked_beside(table, beside, smallest_cell))


def _records(
    content: bytes, table: pa.Table, source: pa.Table, smallest_cell: int, index: Index | None
) -> tuple[Finding, ...]:
    """Records of the input in a table: as they are, and in other forms. A table with too many rows is held anyway."""
    from ..methods.disclosure import near, raw, tables

    same = raw.raw_rows(table, source)
    if tables.too_many_rows(table):
        return same
    known = {each.row for each in same}
    alike = near.near_records(content, index or source, smallest_cell, header=True)
    return (*same, *(each for each in alike if each.row is None or each.row not in known))


def _keys(table: pa.Table) -> list[str]:
    """Dates name rows. Whatever could be a count is taken for one, text such as "12명" too."""
    import pyarrow as pa

    return [n for n in table.column_names if pa.types.is_date(table[n].type)]


def _is_identifier(name: str, values: pa.ChunkedArray) -> bool:
    """Whether a column looks like one that says who somebody is; so do its values with the header among them,
    for a record can stand in the header too."""
    import pyarrow as pa

    from ..methods.privacy.identify import propose_roles

    texts = pa.array([name, *(str(v) for v in values.to_pylist() if v is not None)])
    proposals = propose_roles(pa.table({"column": texts}))
    if pa.types.is_string(values.type):
        proposals = (*proposals, *propose_roles(pa.table({name: values})))
    return any(proposal.role == "direct identifier" for proposal in proposals)


def _finding(file: int, found: Finding, places: Mapping[str, int] | None = None) -> dict[str, object]:
    place = (places or {}).get(str(found.column)) if found.column is not None else None
    values = {**found.message.values, **({"column": place} if "column" in found.message.values else {})}
    message = Message(found.message.template, values)
    return {"code": found.rule, "file": file, "row": found.row, "column": place, "holds": True, "message": message.stored()}  # fmt: skip


def _note(code: str, file: int, message: Message, holds: bool = True) -> dict[str, object]:
    return {"code": code, "file": file, "row": None, "column": None, "holds": holds, "message": message.stored()}  # fmt: skip
