"""Parcels come from other sites: what is no parcel, or would become far more than was sent, is refused in plain
words before it is unpacked."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from itertools import chain, repeat
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.kinds.linkage_archive import (
    Manifest,
    Parcel,
    archived,
    flow,
    packed,
    packets,
    table_packet,
    unpacked,
)
from dalgubeol.nouns.linkage import Content

GOOD = {
    "v": 1, "agreement": "x", "content": "keys", "sender": "firm", "receiver": "keys", "rows": 1, "persons": 1, "of": "",
    "normalisation": "", "check": "", "mock": False, "rate": None,
}  # fmt: skip


def archive(manifest: str, how: int = zipfile.ZIP_STORED) -> io.BytesIO:
    data, made = io.BytesIO(), io.BytesIO()
    pq.write_table(pa.table({"serial": ["a"]}), data, compression="none")
    with zipfile.ZipFile(made, "w", how) as folder:
        folder.writestr("keys/firm/manifest.json", manifest)
        folder.writestr("keys/firm/data.parquet", data.getvalue())
    made.seek(0)
    return made


def test_a_good_one_is_read() -> None:
    [parcel] = unpacked(archive(json.dumps(GOOD)))
    assert parcel.manifest.persons == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"persons": "many"}, {"persons": -1}, {"rows": True}, {"of": ["insurer"]}, {"rate": "high"}, {"rate": 7.5},
        {"mock": "no"}, {"content": ["keys"]}, {"more": 1}, {"v": 2},
    ],
)  # fmt: skip
def test_a_manifest_of_other_types_is_no_parcel(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        unpacked(archive(json.dumps({**GOOD, **wrong})))


def test_deep_nesting_and_compression_are_no_parcel() -> None:
    with pytest.raises(Invalid):
        unpacked(archive("[" * 100_000))
    with pytest.raises(Invalid):
        unpacked(archive(json.dumps(GOOD), zipfile.ZIP_DEFLATED))


def bomb(batches: Iterator[pa.RecordBatch], rows: int, content: str = "payload", **how: Any) -> io.BytesIO:
    """An archive whose papers tell of as many rows as there are."""
    first = next(batches)
    data = io.BytesIO()
    with pq.ParquetWriter(data, first.schema, **{"compression": "none", **how}) as writer:
        for batch in chain([first], batches):
            writer.write_batch(batch)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as folder:
        folder.writestr("keys/firm/manifest.json", json.dumps({**GOOD, "rows": rows, "content": content}))
        folder.writestr("keys/firm/data.parquet", data.getvalue())
    return made


def rows_bomb() -> tuple[io.BytesIO, str]:
    """A hundred million rows in some kilobytes: one value, written once."""
    one = pa.record_batch({"serial": pa.array(["a" * 20] * 1_000_000)})
    return bomb(repeat(one, 100), 100_000_000), "packets"


def result_bomb() -> tuple[io.BytesIO, str]:
    """The same in a result, which has no serial numbers."""
    one = pa.record_batch({"firm.age": pa.array([1] * 1_000_000)})
    return bomb(repeat(one, 100), 100_000_000, "result"), "packets"


def zstd_bomb() -> tuple[io.BytesIO, str]:
    """Two hundred megabytes of zeros, compressed."""
    zeros = [pa.record_batch({"serial": pa.array([f"{i}" * 20]), "x": pa.array([bytes(50_000_000)])}) for i in range(4)]  # fmt: skip
    return bomb(iter(zeros), 4, compression="zstd", use_dictionary=False), "packets"


def dictionary_bomb() -> tuple[io.BytesIO, str]:
    """A megabyte that is meant two hundred thousand times, beside honest serial numbers."""
    count = 50_000
    each = (
        pa.record_batch({"serial": pa.array([f"{i * count + n:020}" for n in range(count)]), "x": pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), ["x" * 1_000_000])})
        for i in range(4)
    )  # fmt: skip
    return bomb(each, 4 * count, dictionary_pagesize_limit=1 << 22), "unpacked"


@pytest.mark.parametrize("made", [rows_bomb, result_bomb, zstd_bomb, dictionary_bomb])
def test_a_bomb_is_found_before_it_takes_memory(made: Callable[[], tuple[io.BytesIO, str]]) -> None:
    bombed, found_by = made()
    assert len(bombed.getvalue()) < 12_000_000
    before, counted = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    pa.set_memory_pool(counted)
    try:
        with pytest.raises(Invalid):
            unpacked(bombed) if found_by == "unpacked" else packets(bombed)
        if found_by == "unpacked":  # its size alone tells nothing
            assert packets(bombed)
    finally:
        pa.set_memory_pool(before)
    assert (counted.max_memory() or 0) < 64_000_000


def test_papers_that_tell_of_other_rows_and_members_that_are_hidden_are_no_parcel() -> None:
    with pytest.raises(Invalid):
        unpacked(archive(json.dumps({**GOOD, "rows": 2})))
    hidden = archive(json.dumps(GOOD))
    with zipfile.ZipFile(hidden, "a") as folder:
        folder.writestr("keys/firm/more.bin", b"x")
    with pytest.raises(Invalid):
        unpacked(hidden)
    twice = archive(json.dumps(GOOD))
    with zipfile.ZipFile(twice, "a") as folder, pytest.warns(UserWarning, match="Duplicate"):
        folder.writestr("keys/firm/manifest.json", json.dumps(GOOD))
    with pytest.raises(Invalid):
        unpacked(twice)


@pytest.mark.parametrize("values", [["a", None, "b", "a"], [b"\x00\xff", None, b"", b"q"], [1, None, 3, 4], [1.5, None, 2.5, float("nan")]])  # fmt: skip
def test_what_goes_in_comes_out_without_foreign_papers(values: list[Any]) -> None:
    table = pa.table({"serial": ["a", "b", "c", "d"], "x": values, "d": [date(2026, 1, 1)] * 4})
    marked = table.replace_schema_metadata({"pandas": "who made it"})
    manifest = Manifest("x", Content.PAYLOAD, "firm", "keys", 4)
    whole = packed([Parcel(manifest, marked)])
    [parcel] = unpacked(io.BytesIO(whole))
    assert parcel.manifest == manifest
    assert parcel.table.schema == table.schema
    assert not parcel.table.schema.metadata
    assert str(parcel.table.to_pylist()) == str(table.to_pylist())
    assert b"who made it" not in whole
    again = packets(io.BytesIO(whole))
    assert b"".join(archived(again)) == whole
    lying = io.BytesIO()
    pq.write_table(marked, lying, compression="zstd")
    assert b"".join(archived([table_packet(lying, manifest)])) == whole


@given(pieces=st.lists(st.binary(max_size=50)), sizes=st.lists(st.integers(1, 40), min_size=1))
def test_pieces_flow_as_one_stream(pieces: list[bytes], sizes: list[int]) -> None:
    stream = flow(pieces)
    read = b"".join(stream.read(sizes[n % len(sizes)]) for n in range(len(b"".join(pieces)) + 1))
    assert read == b"".join(pieces)
