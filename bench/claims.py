"""Generated claims of insured persons, as large as one likes: what `privacy-scale` is measured on.

One identifier with repeated persons (some claim often, most once or twice), six quasi-identifiers of skewed
values, two measured columns. Written in chunks, so that the writer needs little memory. The same rows and
seed give the same file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

CHUNK = 262_144
PROVINCES = 17
DISTRICTS = 229
TRADES = 77
SECTORS = 21
FIRST_DAY = np.datetime64("2021-01-01")
DAYS = 1826

QUASI = ("age", "sex", "district", "trade", "injured_on", "wage")
KEEP = ("days_lost", "cost")
PERSON = "member_no"

_SHARES_OF_PROVINCES = np.linspace(3.0, 0.4, PROVINCES) ** 2


def province_of(district: int) -> int:
    return district * PROVINCES // DISTRICTS


def generalise() -> dict[str, object]:
    """How the kind `pseudonymise` may make the six columns coarser."""
    days = [FIRST_DAY + np.timedelta64(day, "D") for day in range(DAYS)]
    return {
        "age": {"widths": [5, 10, 20], "bottom": 20, "top": 70},
        "wage": {"widths": [20, 100, 500], "top": 1000},
        "district": {
            "groups": [
                {f"D{d:03d}": f"P{province_of(d):02d}" for d in range(DISTRICTS)},
                {f"P{p:02d}": f"region {p % 5}" for p in range(PROVINCES)},
            ]
        },
        "trade": {"groups": [{f"T{t:02d}": f"sector {t % SECTORS:02d}" for t in range(TRADES)}]},
        "injured_on": {
            "groups": [
                {str(day): str(day)[:7] for day in days},
                {str(day)[:7]: str(day)[:4] for day in days},
            ]
        },
    }


def batches(rows: int, seed: int = 7, people: int | None = None) -> Iterator[pa.RecordBatch]:
    rng = np.random.default_rng(seed)
    people = people or max(1, rows * 2 // 5)
    districts = np.arange(DISTRICTS)
    weights = _SHARES_OF_PROVINCES[districts * PROVINCES // DISTRICTS] * (1 + (districts % 7))
    weights /= weights.sum()
    trades = 1.0 / (1 + np.arange(TRADES)) ** 0.8
    trades /= trades.sum()
    names_of_districts = pa.array([f"D{d:03d}" for d in districts])
    names_of_trades = pa.array([f"T{t:02d}" for t in range(TRADES)])
    for begun in range(0, rows, CHUNK):
        size = min(CHUNK, rows - begun)
        # Persons come back: the square makes some claim often; who they are decides what they are.
        member = (people * rng.random(size) ** 1.3).astype(np.int64)
        own = np.random.default_rng(1).permutation(1 << 16)[member & 0xFFFF] / 65536
        mixed = ((member * 2654435761) >> 8 & 0xFFFFF) / float(1 << 20)
        yield pa.record_batch(
            {
                PERSON: pa.array(np.char.add("M", np.char.zfill(((member * 48271) % 2147483647).astype(str), 10))),
                "age": pa.array(np.clip(18 + 25 * own + 40 * mixed**2, 18, 90).astype(np.int64)),
                "sex": pa.array(np.where(own < 0.68, "M", "F")),
                "district": names_of_districts.take(pa.array(np.searchsorted(np.cumsum(weights), mixed).clip(0, DISTRICTS - 1))),
                "trade": names_of_trades.take(pa.array(rng.choice(TRADES, size, p=trades))),
                "injured_on": pa.array(FIRST_DAY + (DAYS * rng.random(size) ** 0.9).astype("timedelta64[D]")),
                "wage": pa.array(np.round(np.exp(5.6 + 0.45 * rng.standard_normal(size))).astype(np.int64)),
                "days_lost": pa.array(rng.geometric(0.05, size)),
                "cost": pa.array(np.round(np.exp(13 + 1.2 * rng.standard_normal(size))).astype(np.int64)),
            }
        )  # fmt: skip


def next_batches(rows: int) -> Iterator[pa.RecordBatch]:
    """The next delivery of the same table: two rows in a hundred are other claims, of other days and wages."""
    for old, new in zip(batches(rows), batches(rows, seed=8), strict=True):
        both = pa.Table.from_batches([old, new])
        places = np.arange(old.num_rows)
        places[::50] += old.num_rows
        yield from both.take(pa.array(places)).combine_chunks().to_batches()


def memos(rows: int) -> Iterator[pa.RecordBatch]:
    """Free text about persons, with a number of a phone in each."""
    for begun in range(0, rows, CHUNK):
        these = range(begun, min(rows, begun + CHUNK))
        yield pa.record_batch({"memo": pa.array([f"접수 {n % 977}번: 손가락을 다쳐 {n % 40}일 쉬었음. 연락처 010-{n // 10000 % 10000:04d}-{n % 10000:04d}" for n in these])})  # fmt: skip


def write_memos(path: Path, rows: int) -> None:
    _write(path, memos(rows))


def write_parquet(
    path: Path, rows: int, following: bool = False, *, seed: int = 7, people: int | None = None
) -> None:
    _write(path, next_batches(rows) if following else batches(rows, seed, people))


def _write(path: Path, made: Iterator[pa.RecordBatch]) -> None:
    first = next(made)
    with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
        writer.write_batch(first)
        for batch in made:
            writer.write_batch(batch)


def write_csv(path: Path, rows: int) -> None:
    made = batches(rows)
    first = next(made)
    with pcsv.CSVWriter(
        path, first.schema, write_options=pcsv.WriteOptions(quoting_style="needed")
    ) as writer:
        writer.write_batch(first)
        for batch in made:
            writer.write_batch(batch)
