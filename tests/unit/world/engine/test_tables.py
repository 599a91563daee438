from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dalgubeol.errors import Tampered
from dalgubeol.world.engine.tables import ROW_GROUP, read_batches, read_table, write_parquet


def stored(table: pa.Table, rows_per_batch: int = 1000) -> bytes:
    sink = io.BytesIO()
    write_parquet(sink, table.schema, table.to_batches(rows_per_batch))
    return sink.getvalue()


def test_small_batches_are_gathered_into_row_groups() -> None:
    table = pa.table({"a": range(2 * ROW_GROUP + 5)})
    content = stored(table)
    assert read_table(io.BytesIO(content)) == table
    assert pq.ParquetFile(io.BytesIO(content)).num_row_groups == 3
    assert sum(batch.num_rows for batch in read_batches(io.BytesIO(content))) == table.num_rows


def test_a_table_without_rows_keeps_its_columns() -> None:
    table = pa.table({"a": pa.array([], pa.int64())})
    assert read_table(io.BytesIO(stored(table))) == table
    assert list(read_batches(io.BytesIO(stored(table)))) == []


def test_the_same_table_gives_the_same_bytes() -> None:
    table = pa.table({"a": ["x", None, "y"]})
    assert stored(table) == stored(table)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no table, canary", b"PAR1" + bytes(30) + b"PAR1"])
def test_what_is_no_table_is_tampered(content: bytes) -> None:
    with pytest.raises(Tampered):
        read_table(io.BytesIO(content))
    with pytest.raises(Tampered):
        list(read_batches(io.BytesIO(content)))


def test_damage_inside_is_tampered_and_shows_nothing() -> None:
    whole = stored(pa.table({"a": [f"canary-{n}" for n in range(5000)]}))
    damaged = whole[:40] + bytes(400) + whole[440:]
    for read in (read_table, lambda source: list(read_batches(source))):
        with pytest.raises(Tampered) as found:
            read(io.BytesIO(damaged))
        assert "canary" not in str(found.value)


def test_an_error_while_batches_are_made_is_not_mistaken_for_damage() -> None:
    def batches():  # type: ignore[no-untyped-def]
        yield pa.record_batch({"a": [1]})
        raise KeyError("mine")

    with pytest.raises(KeyError):
        write_parquet(io.BytesIO(), pa.schema([("a", pa.int64())]), batches())


def test_an_error_of_whoever_reads_the_batches_stays_theirs() -> None:
    content = stored(pa.table({"a": range(200_000)}))
    with pytest.raises(OSError, match="mine"):  # noqa: PT012
        for _ in read_batches(io.BytesIO(content)):
            raise OSError("mine")
