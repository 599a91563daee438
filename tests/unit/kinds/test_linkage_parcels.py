"""Parcels come from other sites: what is no parcel is refused in plain words, whatever it is."""

from __future__ import annotations

import io
import json
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.kinds.linkage_archive import unpacked

GOOD = {
    "v": 1, "agreement": "x", "content": "keys", "sender": "firm", "receiver": "keys", "rows": 1, "persons": 1, "of": "",
    "normalisation": "", "check": "", "mock": False, "rate": None,
}  # fmt: skip


def archive(manifest: str, how: int = zipfile.ZIP_STORED) -> io.BytesIO:
    data, made = io.BytesIO(), io.BytesIO()
    pq.write_table(pa.table({"serial": ["a"]}), data, compression="none")
    with zipfile.ZipFile(made, "w", how) as packed:
        packed.writestr("keys/firm/manifest.json", manifest)
        packed.writestr("keys/firm/data.parquet", data.getvalue())
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
