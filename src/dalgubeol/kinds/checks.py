"""What the checks hold against the files of a script before a person looks at them.

Every file is held against its type, the cells of its tables, single records of the input, identifiers, its size, and
everything that was released from the same data, by the rules of the Permit. A finding is plain JSON (see
`rules.disclosure`); files and columns go by number: their names are the script's own words, and so data until a
reviewer has read them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..language import Message, say
from ..nouns.permit import Conditions
from . import models_given
from .beside import counts_of, linked_beside, read_csv
from .magnitudes import check_magnitudes
from .pictures import check_picture, is_picture

if TYPE_CHECKING:
    import pyarrow as pa

    from ..methods.disclosure.finding import Finding
    from ..methods.disclosure.models.models import Checked
    from ..methods.disclosure.releases import Released
    from ..methods.disclosure.source_index import Index

_READABLE_BYTES = 20_000
"""More than a person reads through: text beyond it is held, for the checks cannot read it either."""
_MODEL_BYTES = 1_000_000
"""As far as printed regressions are looked for: a file beyond it is held for its rows or its length anyway."""


@dataclass(frozen=True, slots=True)
class Against:
    """What the files of a submission are held against. The input is indexed once."""

    source: pa.Table
    index: Index
    conditions: Conditions
    earlier: Sequence[Released] = ()
    """What has left that was made from the same data."""
    models: Mapping[str, Checked] = field(default_factory=dict)
    """Descriptions of models, by name: they are checked already (`models_given`)."""
    contributor: str | None = None
    """The input's column whose value says who contributed a record; without one each record is a contributor."""
    said: Mapping[str, str] = field(default_factory=dict)
    """What the author says of each file, by name: also of what its columns are (`methods.disclosure.declared`)."""

    @staticmethod
    def of(
        source: pa.Table, conditions: Conditions, earlier: Sequence[Released] = (),
        models: Mapping[str, Checked] | None = None, contributor: str | None = None,
        said: Mapping[str, str] | None = None,
    ) -> Against:  # fmt: skip
        from ..methods.disclosure.source_index import Index

        return Against(source, Index.of(source), conditions, earlier, models or {}, contributor, said or {})


def check_files(
    files: Mapping[str, bytes], against: Against, bases: Mapping[str, int] | None = None
) -> list[dict[str, object]]:
    """What the checks hold against all files, in the order of their names, also beside earlier releases and the files
    before. `bases`: tables (by name) whose counts were rounded, to multiples of what."""
    from ..methods.disclosure.files import file_name
    from ..methods.disclosure.tables import file_type

    names, beside, found = sorted(files), tuple(against.earlier), list[dict[str, object]]()
    for number, name in enumerate(names, 1):
        content, base = files[name], (bases or {}).get(name, 1)
        if name in against.models:
            found += models_given.findings(number, against.models[name])
            odd = (*file_name(name), *file_type(name, against.conditions.disclosure.file_types))
            found += [_finding(number, each) for each in odd]
            continue
        found += check_file(number, name, content, against, names, beside, base)
        if name.lower().endswith(".csv") and (table := read_csv(content)) is not None:
            beside += counts_of(table, -number, base)
    return found


def check_file(
    number: int,
    name: str,
    content: bytes,
    against: Against,
    names: Sequence[str],
    beside: Sequence[Released],
    base: int,
) -> list[dict[str, object]]:
    """What the checks hold against one of the files of these names, as plain JSON (see `rules.disclosure`)."""
    from ..methods.disclosure import files, near, regression, tables
    from ..methods.disclosure.declared import read
    from ..methods.disclosure.header import header_findings
    from ..methods.disclosure.parts import part_findings

    rules = against.conditions.disclosure
    smallest_cell = against.conditions.smallest_cell
    kind = (
        *files.file_name(name),
        *files.model_file(name, content),
        *tables.file_type(name, rules.file_types),
    )
    if kind:
        return [_finding(number, each) for each in kind]
    if not content:
        return [note_of("empty_file", number, say("The file is empty."))]
    if is_picture(name):
        return _picture(number, name, content, names)
    if wrong := files.no_text(content):
        return [_finding(number, each) for each in wrong]
    text = content[:_MODEL_BYTES].decode("utf-8", "replace")
    models = (
        *regression.thin_models(text, rules.degrees_of_freedom),
        *regression.small_dummies(text, against.source, smallest_cell),
    )
    if not name.lower().endswith(".csv"):
        if len(content) > _READABLE_BYTES:
            return [note_of("too_long", number, say("This is no table and too long for a person to read."))]
        told = note_of("unchecked", number, say("This is no table; the reviewers must read it."), holds=False)
        records = near.near_records(content, against.index, smallest_cell)
        return [*(_finding(number, each) for each in (*models, *records)), told]
    table = read_csv(content)
    if table is None:
        return [note_of("unreadable", number, say("This cannot be read as a table with a header and rows."))]
    places = {column: place for place, column in enumerate(table.column_names, 1)}
    found = (
        *models,
        *header_findings(table, against.index),
        *_in_table(table, against, beside, base),
        *_records(content, table, against),
    )
    declared = read(against.said.get(name, ""))
    keys = keys_of(table, against.source)
    magnitudes, notes = check_magnitudes(table, against.source, against.conditions, keys, against.contributor, declared)  # fmt: skip
    long = table.num_rows > rules.most_rows
    shares, more_notes = ((), ()) if long else part_findings(table, against.source, keys, smallest_cell)
    small = {each.row for each in found if each.rule == "small_cell"}
    more = [each for each in (*magnitudes, *shares) if each.rule != "small_cell" or each.row not in small]
    return [
        *(_finding(number, each, places) for each in (*found, *more)),
        *(note_of("unchecked", number, _placed(each, places), holds=False) for each in (*notes, *more_notes)),
    ]


def _picture(number: int, name: str, content: bytes, names: Sequence[str]) -> list[dict[str, object]]:
    held, table = check_picture(name, content, names)
    if table is None:
        return [_finding(number, each) for each in held]
    told = say("This is a picture; the reviewers must compare it with file {table}.", table=table)
    return [*(_finding(number, each) for each in held), note_of("unchecked", number, told, holds=False)]


def _in_table(
    table: pa.Table, against: Against, beside: Sequence[Released], base: int
) -> tuple[Finding, ...]:
    """What a table gives away by itself, and beside others."""
    from ..methods.disclosure import cells, extremes, raw, tables

    rules, smallest_cell = against.conditions.disclosure, against.conditions.smallest_cell
    long = tables.too_many_rows(table, rules.most_rows)
    named = [] if long else [*_keys(table), *proven_keys(table, against.source)]
    alone = (
        *cells.cells_below(table, smallest_cell, keys=named, zeros_disclosive=rules.zeros_disclosive),
        *cells.uniform_rows(table, keys=named),
        *extremes.single_values(table, smallest_cell),
        *long,
        *tables.formulas(table),
        *raw.identifier_columns(table, _is_identifier),
    )
    known = against.source.column_names
    return alone if long else (*alone, *linked_beside(table, beside, smallest_cell, base, known))


def _records(content: bytes, table: pa.Table, against: Against) -> tuple[Finding, ...]:
    """Records of the input in a table: as they are, and in other forms. A table with too many rows is held anyway."""
    from ..methods.disclosure import near, raw, tables

    same = raw.raw_rows(table, against.source)
    if tables.too_many_rows(table, against.conditions.disclosure.most_rows):
        return same
    known = {each.row for each in same}
    alike = near.near_records(content, against.index, against.conditions.smallest_cell, header=True)
    return (*same, *(each for each in alike if each.row is None or each.row not in known))


def keys_of(table: pa.Table, source: pa.Table) -> tuple[str, ...]:
    """The columns that name a table's rows: texts, dates, and whole numbers that stand in the input's column of the
    same name (a year, an age), unless their name says that they count."""
    import pyarrow as pa

    from ..methods.disclosure.parts import is_share_column
    from ..methods.disclosure.reading import count_columns, is_text, names_count

    counted = count_columns(table)

    def names_rows(name: str) -> bool:
        kind = table.schema.field(name).type
        if pa.types.is_date(kind):
            return True
        if is_text(kind) and name not in counted:
            return not is_share_column(table, name)
        if name not in counted or names_count(name) or name not in source.column_names:
            return False
        return set(table[name].to_pylist()) - {None} <= set(source[name].unique().to_pylist())

    return tuple(name for name in table.column_names if names_rows(name))


def _keys(table: pa.Table) -> list[str]:
    """Dates name rows. Whatever could be a count is taken for one, text such as "12명" too."""
    import pyarrow as pa

    return [n for n in table.column_names if pa.types.is_date(table[n].type)]


def proven_keys(table: pa.Table, source: pa.Table) -> tuple[str, ...]:
    """Columns of whole numbers that are shown to name rows and not to count (a sex coded 0 and 1, a grade): with them as
    labels, no two rows are of one group, and another column is exactly the number of the input's records in each group.
    Nobody has to be believed, and of what they say only which groups there are is not looked at as a count."""
    from ..methods.disclosure.contributions import contributed
    from ..methods.disclosure.reading import cell_text, count_columns

    keys = keys_of(table, source)
    counted = count_columns(table)
    candidates = tuple(name for name in keys if name in counted)
    rest = [name for name in counted if name not in keys]
    if not candidates or not rest:
        return ()
    labels = list(zip(*([cell_text(v) for v in table[name].to_pylist()] for name in keys), strict=True))
    if len(set(labels)) < len(labels):
        return ()
    return candidates if contributed(table, source, keys, rest).counts else ()


def _is_identifier(name: str, values: pa.ChunkedArray) -> bool:
    """Whether a column looks like one that says who somebody is; so do its values with the header among them,
    for a record can stand in the header too."""
    import pyarrow as pa

    from ..methods.privacy.columns.identify import propose_roles

    texts = pa.array([name, *(str(v) for v in values.to_pylist() if v is not None)])
    proposals = propose_roles(pa.table({"column": texts}))
    if pa.types.is_string(values.type):
        proposals = (*proposals, *propose_roles(pa.table({name: values})))
    return any(proposal.role == "direct identifier" for proposal in proposals)


def _placed(message: Message, places: Mapping[str, int]) -> Message:
    """The same with the column by its number."""
    if "column" not in message.values:
        return message
    return Message(message.template, {**message.values, "column": places.get(str(message.values["column"]))})


def _finding(file: int, found: Finding, places: Mapping[str, int] | None = None) -> dict[str, object]:
    place = (places or {}).get(str(found.column)) if found.column is not None else None
    message = _placed(found.message, places or {})
    return {"code": found.rule, "file": file, "row": found.row, "column": place, "holds": True, "message": message.stored()}  # fmt: skip


def note_of(code: str, file: int, message: Message, holds: bool = True) -> dict[str, object]:
    return {"code": code, "file": file, "row": None, "column": None, "holds": holds, "message": message.stored()}  # fmt: skip
