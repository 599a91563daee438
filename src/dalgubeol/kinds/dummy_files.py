"""A dummy in the airlock: the files that reviewers read, in the order in which they should, and the dummy itself.

`1-codebook.csv` and `2-summary.txt` tell all that the dummy tells of the data; `3-rows.csv` shows how it looks;
`codebook.json` and `dummy.parquet` are what leaves.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..language import say

if TYPE_CHECKING:
    import pyarrow as pa

CODEBOOK, ROWS, BOOK, DUMMY = "1-codebook.csv", "3-rows.csv", "codebook.json", "dummy.parquet"
SUMMARY = "2-summary.txt"
_SHOWN = 100


def written(told: Mapping[str, Any], made: pa.Table, summary: str) -> dict[str, bytes]:
    from ..methods.report.codebook_page import codebook_rows

    shown = made.slice(0, _SHOWN)
    rows = [made.column_names, *zip(*(shown[i].to_pylist() for i in range(made.num_columns)), strict=True)]
    return {
        CODEBOOK: _csv(codebook_rows(told)),
        SUMMARY: summary.encode(),
        ROWS: _csv(rows),
        BOOK: json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1).encode(),
        DUMMY: _parquet(made),
    }


def read(files: Mapping[str, bytes]) -> tuple[dict[str, Any], pa.Table]:
    """Codebook and dummy, as they were voted on."""
    import pyarrow.parquet as pq

    return json.loads(files[BOOK]), pq.read_table(io.BytesIO(files[DUMMY]), use_threads=False)


def findings(told: Mapping[str, Any]) -> list[dict[str, object]]:
    """What reviewers should weigh: nothing here holds a dummy in, for its rules have been kept."""
    named = [place for place, entry in enumerate(told["columns"], 1) if entry["values"]]
    notes = [say("Read this first: the dummy is drawn from this codebook and a seed, and from nothing else.")]
    notes += [say("Column {column} names {count} values, each had by at least {least}: may they be known?", column=place, count=len(told["columns"][place - 1]["values"]), least=told["least"]) for place in named]  # fmt: skip
    if told["counted"] == "rows":
        notes.append(say("No column says which rows are one person: the threshold counts rows. Do several rows belong to one person?"))  # fmt: skip
    return [
        {"code": "dummy", "file": 1, "row": None, "column": None, "holds": False, "message": note.stored()}
        for note in notes
    ]


def _csv(rows: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _parquet(made: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(made, sink, compression="zstd")
    return sink.getvalue()
