"""Pseudonymised payloads put together by serial number, as the expert agency does it.

Each applicant's columns come out with the applicant's name before them (`hospital.weeks`), so that nothing is
overwritten; serial numbers do not come out. The rows are sorted by their content: their order tells nothing of
the order of serial numbers or of any table that came in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from ....errors import Invalid
from ....language import say
from .match import Serials

SERIAL = "serial"
"""The column of a payload that holds the serial numbers."""


def joined(applicants: Sequence[str], groups: pa.Table, payloads: Mapping[str, pa.Table]) -> pa.Table:
    """One row for each group: `groups` has a column of serial numbers for each applicant, null where it has no person
    in a group. A group whose serial number an applicant's payload does not hold (its row was suppressed when it was
    pseudonymised) is left out. Raises Invalid for a payload without serial numbers, or with one twice."""
    rows = {name: pc.index_in(groups[name], _serials(name, payloads[name])) for name in applicants}
    here = [pc.or_(pc.is_null(groups[name]), pc.is_valid(rows[name])) for name in applicants]
    kept = reduce(pc.and_, here)
    columns: dict[str, pa.ChunkedArray | pa.Array] = {}
    for name in applicants:
        places = rows[name].filter(kept)
        for column in payloads[name].column_names:
            if column != SERIAL:
                columns[f"{name}.{column}"] = payloads[name][column].take(places)
    table = pa.table(columns)
    return table.take(pc.sort_indices(table, [(c, "ascending") for c in table.column_names]))


def as_table(applicants: Sequence[str], groups: Sequence[Serials]) -> pa.Table:
    """Groups of serial numbers, a column for each applicant."""
    columns = list(zip(*groups, strict=True)) or [()] * len(applicants)
    return pa.table({name: pa.array(list(column), pa.string()) for name, column in zip(applicants, columns, strict=True)})  # fmt: skip


def _serials(name: str, payload: pa.Table) -> pa.Array:
    if payload.column_names.count(SERIAL) != 1 or not pa.types.is_string(payload[SERIAL].type):
        raise Invalid(
            "link.serial",
            say("What {name} sent has no column '{column}' of serial numbers.", name=name, column=SERIAL),
            say("It is made from the numbered table that `dalgu run link-keys` wrote: keep that column."),
        )
    serials = payload[SERIAL].combine_chunks()
    if serials.null_count or pc.count_distinct(serials).as_py() < payload.num_rows:
        raise Invalid(
            "link.serial-twice",
            say("What {name} sent has a serial number twice, or a row without one.", name=name),
            say("Each row of the numbered table has its own: make the payload anew from it."),
        )
    return serials
