"""Pseudonymised payloads put together by serial number, as the expert agency does it.

Each applicant's columns come out with the applicant's name before them (`hospital.weeks`), so that nothing is
overwritten; serial numbers do not come out. The rows are sorted by their content: their order tells nothing of
the order of serial numbers or of any table that came in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ....errors import Invalid
from ....language import say
from .match import Serials

SERIAL = "serial"
"""The column of a payload that holds the serial numbers."""


def joined(
    applicants: Sequence[str], groups: Sequence[Serials], payloads: Mapping[str, pa.Table]
) -> pa.Table:
    """One row for each group. A group whose serial number an applicant's payload does not hold (its row was
    suppressed when it was pseudonymised) is left out. Raises Invalid for a payload without serial numbers, or
    with one twice."""
    present = {name: _places(name, payloads[name]) for name in applicants}
    kept = [
        g for g in groups if all(s is None or s in present[n] for s, n in zip(g, applicants, strict=True))
    ]
    columns: dict[str, pa.ChunkedArray | pa.Array] = {}
    for place, name in enumerate(applicants):
        rows = pa.array([None if g[place] is None else present[name][g[place]] for g in kept], pa.int64())
        for column in payloads[name].column_names:
            if column != SERIAL:
                columns[f"{name}.{column}"] = payloads[name][column].take(rows)
    table = pa.table(columns)
    return table.take(pc.sort_indices(table, [(c, "ascending") for c in table.column_names]))


def _places(name: str, payload: pa.Table) -> dict[str | None, int]:
    if payload.column_names.count(SERIAL) != 1 or not pa.types.is_string(payload[SERIAL].type):
        raise Invalid(
            "link.serial",
            say("What {name} sent has no column '{column}' of serial numbers.", name=name, column=SERIAL),
            say("It is made from the numbered table that `dalgu run link-keys` wrote: keep that column."),
        )
    places = {serial: row for row, serial in enumerate(payload[SERIAL].to_pylist())}
    if len(places) < payload.num_rows or None in places:
        raise Invalid(
            "link.serial-twice",
            say("What {name} sent has a serial number twice, or a row without one.", name=name),
            say("Each row of the numbered table has its own: make the payload anew from it."),
        )
    return places
