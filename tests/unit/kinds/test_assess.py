"""`assess` reads its tables batch by batch, and refuses those whose codes would not fit before it reads a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.kinds import whole
from dalgubeol.kinds.assess import Assess
from dalgubeol.nouns.dataset import Column, Dataset, DatasetState, Form, Sensitivity

BEFORE = pa.table({"age": [20 + i % 7 for i in range(400)], "cost": [i * 7 % 50 for i in range(400)]})
AFTER = BEFORE.set_column(0, "age", pa.array(["[20, 30)"] * 400))


class InBatches:
    """The part of a Work that this kind uses. Nobody may ask for a table as a whole."""

    seed = 1

    def __init__(self, rows: int | None = None) -> None:
        self.parameters = Assess.Parameters.model_validate({"quasi": ["age"]})
        self.tables = {"before": BEFORE, "after": AFTER}
        self.rows, self.read, self.about = rows, list[int](), dict[str, Any]()

    def dataset(self, slot: str) -> Dataset:
        columns = tuple(Column(f.name, str(f.type), None) for f in self.tables[slot].schema)
        return Dataset(
            "ds-1", slot, Form.TABLE, Sensitivity.PERSONAL, False, "person-1", "org", columns,
            self.rows or self.tables[slot].num_rows, 0, "0", DatasetState.KEPT, "2026-01-01T00:00:00.000+00:00",
        )  # fmt: skip

    def batches(self, slot: str) -> Iterator[pa.RecordBatch]:
        for batch in self.tables[slot].to_batches(33):
            self.read.append(batch.num_rows)
            yield batch

    def progress(self, share: float, stage: Any) -> None:
        pass

    def write_bytes(self, output: str, content: bytes, about: Mapping[str, Any]) -> None:
        self.about = dict(about)


def test_it_needs_no_table_as_a_whole() -> None:
    work = InBatches()
    Assess().execute(work)  # type: ignore[arg-type]
    assert sum(work.read) == 800
    assert max(work.read) == 33
    assert work.about["assessment"]["after"]["risk"]["persons"] == 400
    assert work.about["assessment"]["after"]["risk"]["classes"] == 1


def test_codes_that_would_not_fit_are_refused_before_a_row_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "free_bytes", lambda: 4_000_000_000)
    fits, large = InBatches(8_000_000), InBatches(10_000_000)
    Assess().execute(fits)  # type: ignore[arg-type]
    with pytest.raises(
        Invalid, match=r"20,?000,?000 rows need about 4\.7 GB of memory, and 4\.0 GB are free"
    ):
        Assess().execute(large)  # type: ignore[arg-type]
    assert large.read == []
    assert large.about == {}
