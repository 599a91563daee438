"""Safe versions of what the checks hold: its tables rounded, or with cells left empty, checked again like the first.

Two ways (`Method`), each proposed where it passes: counts rounded to the Permit's base, or as they are; in both the
small counts are left empty and so are as many others as it takes that no total gives one back
(`methods.disclosure.suppression`, which knows the structure of totals and proves it). What the checks find in other
numbers (a sum that one contributor dominates, a group that is all alike, a smallest value) is left empty too, and with
it that column's totals. What the checks then still find beside earlier releases goes in the next round.

A safe version is an output like any other: it waits in the airlock, and its author sees it when it has left. She is
told the method and how many numbers are empty, no number. Only tables are mended; other files stay as they are and
are held for what they were held for. A picture of a changed table is left out: it shows what the table no longer says.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ..errors import Invalid
from ..language import say
from .beside import read_csv
from .checks import Against, check_files, keys_of, note_of
from .pictures import is_picture, table_behind

if TYPE_CHECKING:
    import pyarrow as pa


MENDED = frozenset({"small_cell", "all_equal", "single_value", "linked", "dominance", "p_percent"})
"""Findings that an empty cell mends; for any other the script must be mended."""
MOST_CELLS = 30_000
"""Counts of one table that are protected cell by cell; in a larger one whole rows go."""
_ROUNDS = 6

Findings = Sequence[Mapping[str, object]]
Cells = dict[str, set[tuple[int, str]]]  # table (by name) to row (from 0) and column


class Method(StrEnum):
    ROUNDED = "rounded"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Safe:
    """A submission made safe by one method. Files by their names."""

    method: Method
    files: Mapping[str, bytes]
    findings: Findings
    """What the checks hold against these files."""
    emptied: Mapping[str, int]
    """Changed table to the numbers that are left empty in it."""
    left_out: tuple[str, ...]
    base: int
    bare: bool = field(default=False)
    """Whether a changed table has no number left."""

    @property
    def passes(self) -> bool:
        return not self.bare and not any(each.get("holds", True) for each in self.findings)

    def proposal(self, names: Sequence[str]) -> dict[str, object]:
        """What its author is told, as plain JSON: files by their numbers among `names`."""
        number = {name: at for at, name in enumerate(sorted(names), 1)}
        return {
            "method": self.method.value,
            "passes": self.passes,
            "base": self.base,
            "files": {str(number[name]): count for name, count in self.emptied.items()},
            "left_out": [number[name] for name in self.left_out],
        }

    def about(self) -> dict[str, object]:
        """What the papers of the held files keep: the method, and what each table's counts are multiples of."""
        number = {name: at for at, name in enumerate(sorted(self.files), 1)}
        return {
            "method": self.method.value,
            "bases": {str(number[name]): self.base for name in self.emptied},
        }


def bases_of(about: Mapping[str, object], names: Iterable[str]) -> dict[str, int]:
    """Tables of an archive of these names whose counts were rounded, to multiples of what, as its papers say."""
    safe: Any = about.get("safe") or {}
    number = {str(at): name for at, name in enumerate(sorted(names), 1)}
    return {number[at]: int(base) for at, base in safe.get("bases", {}).items() if at in number}


def proposals(files: Mapping[str, bytes], findings: Findings, given: Against) -> tuple[Safe, ...]:
    """The safe version by each method; none where nothing is held, or something that an empty cell does not mend."""
    held = [each for each in findings if each.get("holds", True)]
    if not held or any(each["code"] not in MENDED for each in held):
        return ()
    return tuple(made_safe(method, files, findings, given) for method in Method)


def made_safe(method: Method, files: Mapping[str, bytes], findings: Findings, given: Against) -> Safe:
    """The files with their held tables in a safe form, as far as it can be had; `findings` are those of `files`."""
    base = given.conditions.disclosure.rounding_base if method is Method.ROUNDED else 1
    names = sorted(files)
    tables = {n: t for n in names if n.lower().endswith(".csv") and (t := read_csv(files[n])) is not None}
    cells: Cells = {}
    made, found = Safe(method, dict(files), findings, {}, (), base), findings
    for _ in range(_ROUNDS):
        new = _cells(found, sorted(made.files), tables)
        if not any(new[name] - cells.get(name, set()) for name in new):
            break
        cells = {name: cells.get(name, set()) | new.get(name, set()) for name in {*cells, *new}}
        made = _made(method, files, tables, cells, given, base)
        found = made.findings
    return made


def _cells(findings: Findings, names: Sequence[str], tables: Mapping[str, pa.Table]) -> Cells:
    """The cells of tables that findings name and an empty cell mends."""
    found: Cells = {}
    for each in findings:
        name = names[int(str(each["file"])) - 1]
        row, column = each["row"], each["column"]
        if each.get("holds", True) and each["code"] in MENDED and name in tables and row is not None and column is not None:  # fmt: skip
            found.setdefault(name, set()).add((int(str(row)) - 1, tables[name].column_names[int(str(column)) - 1]))  # fmt: skip
    return found


def _made(
    method: Method, files: Mapping[str, bytes], tables: Mapping[str, pa.Table], cells: Cells, given: Against, base: int
) -> Safe:  # fmt: skip
    changed, emptied, bare = dict(files), dict[str, int](), False
    for name, unsafe in cells.items():
        safe = safe_table(tables[name], unsafe, given, base)
        changed[name] = _rewritten(files[name], tables[name], safe)
        emptied[name] = sum(safe[c].null_count - tables[name][c].null_count for c in safe.column_names)
        keys = keys_of(tables[name], given.source)
        bare = bare or all(safe[c].null_count == safe.num_rows for c in safe.column_names if c not in keys)
    left_out = tuple(n for n in sorted(files) if is_picture(n) and table_behind(n, files) in cells)
    kept = {name: content for name, content in changed.items() if name not in left_out}
    bases = dict.fromkeys(cells, base)
    found = check_files(kept, given, bases)
    return Safe(method, kept, found, emptied, left_out, base, bare)


def safe_table(table: pa.Table, unsafe: set[tuple[int, str]], given: Against, base: int) -> pa.Table:
    """A table without these cells (row from 0, column), its small counts, and what would give them back.

    Counts are protected together; other numbers of a row with an empty count go with it. In a column of other numbers
    with an unsafe cell those go that would give it back, of one whose totals are no sums all totals.
    """
    from ..methods.disclosure.labels import is_total
    from ..methods.disclosure.reading import count_columns, replaced
    from ..methods.disclosure.safe import safe_version
    from ..methods.disclosure.suppression import safe_crosstab

    rules, threshold = given.conditions.disclosure, given.conditions.smallest_cell
    keys = keys_of(table, given.source)
    counted = [name for name in count_columns(table) if name not in keys]
    others = {name for _, name in unsafe if name not in counted}
    labels = list(zip(*(table[name].to_pylist() for name in keys), strict=True)) or [()] * table.num_rows
    totals = {row for row, label in enumerate(labels) if any(isinstance(each, str) and is_total(each) for each in label)}  # fmt: skip
    protected = {(row, name) for row, name in unsafe if name in counted}
    try:
        if table.num_rows * len(counted) > MOST_CELLS:
            raise Invalid.field("table", expected=say("a smaller table"), got=table.num_rows)
        made = safe_crosstab(
            table, threshold, keys=keys, base=base, zeros_disclosive=rules.zeros_disclosive, unsafe=protected
        )
    except Invalid:  # too many counts, or some that are not there: whole rows go
        made = safe_version(table, "suppress", threshold=threshold, keys=keys, zeros_disclosive=rules.zeros_disclosive, unsafe={row for row, _ in protected})  # fmt: skip
    for name in others:
        gone = {row for row, column in unsafe if column == name}
        gone |= _complements(table, name, keys, gone, totals)
        values = made[name].to_pylist()
        made = replaced(made, name, [None if row in gone else each for row, each in enumerate(values)])
    return made


def _complements(
    table: pa.Table, name: str, keys: Sequence[str], gone: set[int], totals: set[int]
) -> set[int]:
    """The rows whose numbers in a column would give back those that are gone: chosen and proven like counts' where its
    totals are the sums of its parts, for which each must be possible from half to one and a half times itself. Of other
    columns (means, or numbers below 0) all totals."""
    from ..methods.disclosure.reading import cell_text, numbers
    from ..methods.disclosure.releases import Released
    from ..methods.disclosure.sums import equations
    from ..methods.disclosure.suppression import suppressed

    values = numbers(table, name)
    labels = list(zip(*([cell_text(each) for each in table[key].to_pylist()] for key in keys), strict=True))
    if not keys or any(each is None or each < 0 for each in values):
        return totals
    column = Released(tuple(keys), tuple(labels), tuple(values), name)
    explained = {int(row) for row in equations(column).indices}
    if not totals <= explained:
        return totals
    try:
        made = suppressed(column, 0, unsafe=gone, whole=False)
    except Invalid:
        return totals
    return set(made.primary | made.secondary)


def _rewritten(content: bytes, table: pa.Table, safe: pa.Table) -> bytes:
    """The file as its author wrote it, with the cells that differ written anew."""
    text = content.decode("utf-8")
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    for at, name in enumerate(table.column_names):
        pairs = zip(table[name].to_pylist(), safe[name].to_pylist(), strict=True)
        for row, (before, after) in enumerate(pairs, 1):
            if before != after:
                rows[row][at] = "" if after is None else str(after)
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows(rows)
    return sink.getvalue().encode()


def told_to_reviewers(safe: Safe, first: Findings, names: Sequence[str]) -> list[dict[str, object]]:
    """What is said beside the findings of a safe version: what was done to each table, and what the checks found in
    the files as the script had written them (`first`, of files of these names)."""
    number = {name: at for at, name in enumerate(sorted(safe.files), 1)}
    told = [
        note_of(
            "safe_version",
            number[name],
            say("This is a safe version: counts are multiples of {base}, {count} numbers were left empty.", base=safe.base, count=count)
            if safe.method is Method.ROUNDED
            else say("This is a safe version: {count} numbers were left empty, the small ones and those that would give them back.", count=count),
            holds=False,
        )
        for name, count in safe.emptied.items()
    ]  # fmt: skip
    if safe.left_out:
        about = min(number[name] for name in safe.emptied)
        told.append(note_of("safe_version", about, say("{count} pictures of what the script had written were left out.", count=len(safe.left_out)), holds=False))  # fmt: skip
    if len(safe.files) > len(safe.emptied) and any(not n.lower().endswith(".csv") for n in safe.files):
        others = [n for n in sorted(safe.files) if not n.lower().endswith(".csv")]
        told += [note_of("unchecked", number[n], say("Does this file repeat what was left empty in the tables?"), holds=False) for n in others]  # fmt: skip
    before = sorted(names)
    for each in first:
        name = before[int(str(each["file"])) - 1]
        if each.get("holds", True) and name in number:
            told.append({**each, "file": number[name], "holds": False, "mended": safe.method.value})
    return told
