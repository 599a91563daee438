"""A record is found in any order, form and coat, and a summary is left alone."""

from __future__ import annotations

import base64
import bz2
import gzip
import json
import time
import zlib
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from dalgubeol.methods.disclosure.encoded import decoded, runs
from dalgubeol.methods.disclosure.near import near_records
from dalgubeol.methods.disclosure.source_index import Index

ROWS = 3000
RNG = np.random.default_rng(11)
TOWNS = np.array(["jung", "dong", "seo", "nam", "buk", "suseong", "dalseo"])
SOURCE = pa.table({
    "town": TOWNS[RNG.integers(0, 7, ROWS)],
    "age": RNG.integers(15, 90, ROWS),
    "cost": np.round(RNG.lognormal(6, 1, ROWS), 2),
    "weeks": RNG.integers(0, 300, ROWS),
    "wage": RNG.integers(1500, 60000, ROWS),
    "weight": np.round(RNG.normal(65, 12, ROWS), 1),
})  # fmt: skip
INDEX = Index.of(SOURCE)
RECORDS = SOURCE.slice(40, 12).to_pylist()


def csv_of(rows: list[dict[str, object]], order: list[str] | None = None, sep: str = ",") -> str:
    return "\n".join(sep.join(str(row[name]) for name in order or list(row)) for row in rows)


ORDER = ["wage", "town", "weeks", "cost", "weight", "age"]
PLAIN = csv_of(RECORDS)
COATS: dict[str, Callable[[], str]] = {
    "reordered without names": lambda: csv_of(RECORDS, ORDER),
    "another separator": lambda: csv_of(RECORDS, ORDER, " | "),
    "rounded": lambda: csv_of([{**row, "cost": round(row["cost"]), "weight": round(row["weight"])} for row in RECORDS], ORDER),  # type: ignore[call-overload]
    "one line": lambda: " ".join(csv_of(RECORDS, ORDER, " ").splitlines()),
    "transposed": lambda: "\n".join(",".join(str(row[name]) for row in RECORDS) for name in ORDER),
    "one value a line": lambda: "\n".join(csv_of(RECORDS, ORDER, "\n").splitlines()),
    "json": lambda: json.dumps(RECORDS),
    "json indented": lambda: json.dumps(RECORDS, indent=1),
    "in column names": lambda: ",".join("v_" + csv_of([row], None, "_") for row in RECORDS) + "\n" + ",".join("1" * 12),
    "in a sentence": lambda: "The cell of " + " and then ".join(csv_of([row], None, " of ") for row in RECORDS) + " is large.",
    "base64": lambda: "note: " + base64.b64encode(PLAIN.encode()).decode(),
    "urlsafe base64": lambda: "note: " + base64.urlsafe_b64encode(PLAIN.encode()).decode(),
    "hex": lambda: "note: " + PLAIN.encode().hex(),
    "gzip in base64": lambda: base64.b64encode(gzip.compress(PLAIN.encode())).decode(),
    "zlib in hex": lambda: zlib.compress(PLAIN.encode()).hex(),
    "bz2 in base64 in base64": lambda: base64.b64encode(base64.b64encode(bz2.compress(PLAIN.encode()))).decode(),
}  # fmt: skip


@pytest.mark.parametrize("coat", COATS, ids=list(COATS))
def test_records_are_found_in_every_coat(coat: str) -> None:
    found = near_records(COATS[coat]().encode(), INDEX)
    assert "near_row" in {each.rule for each in found}


def test_every_reordered_record_is_named_by_its_row() -> None:
    found = near_records(("a,b,c,d,e,f\n" + csv_of(RECORDS, ORDER)).encode(), INDEX, header=True)
    assert [each.row for each in found] == list(range(1, 13))
    assert not any(str(RECORDS[0]["wage"]) in each.text() for each in found)


def test_a_gzip_file_under_another_name_is_opened() -> None:
    assert near_records(gzip.compress(PLAIN.encode()), INDEX)


def test_an_encrypted_run_is_held_although_nobody_can_read_it() -> None:
    noise = np.random.default_rng(2).integers(0, 256, 60, dtype=np.uint8).tobytes()
    found = near_records(b"key " + base64.b64encode(noise), INDEX)
    assert [each.rule for each in found] == ["encoded"]


def test_rules_across_a_page_and_long_words_are_no_encoded_text() -> None:
    assert list(runs("=" * 80 + "\n" + "-" * 80 + "\n" + "a_long_name_of_a_variable_that_goes_on_and_on_and_on")) == []  # fmt: skip


def test_a_compressed_bomb_is_opened_no_further_than_a_megabyte() -> None:
    bomb = base64.b64encode(zlib.compress(b"1" * 50_000_000)).decode()
    assert all(len(each) <= 1_000_000 for each in decoded(bomb, 1))


def test_one_long_name_of_a_single_person_is_enough_and_a_group_name_is_not() -> None:
    source = pa.table({"firm": ["Alphamotors", *["Beta Steel Works"] * 40], "n": list(range(41))})
    assert near_records(b"firm,x\nalpha-motors,1.5\n", source)
    assert near_records(b"firm,x\nBeta Steel Works,1.5\n", source) == ()


def summary(seed: int) -> bytes:
    """Counts and means by town and band of age, as an analyst would write them."""
    rng = np.random.default_rng(seed)
    pick = rng.random(ROWS) < 0.8
    ages, towns = np.array(SOURCE["age"])[pick], np.array(SOURCE["town"].to_pylist())[pick]
    lines = ["town,age,n,mean_cost,mean_weeks,sd_wage,share"]
    for town in TOWNS:
        for low in range(10, 90, 10):
            here = (towns == town) & (ages >= low) & (ages < low + 10)
            means = [np.array(SOURCE[name])[pick][here] for name in ("cost", "weeks", "wage")]
            lines.append(f"{town},{low}-{low + 9},{here.sum()},{means[0].mean():.2f},{means[1].mean():.1f},{means[2].std():.0f},{here.mean():.4f}")  # fmt: skip
    return "\n".join(lines).encode()


def test_twenty_summaries_of_56_rows_are_left_alone_but_for_chance() -> None:
    """1,140 lines; CHANCE allows one of fifty files to be held for nothing."""
    held = [seed for seed in range(20) if near_records(summary(seed), INDEX, header=True)]
    assert len(held) <= 2


def test_a_summary_with_three_records_hidden_in_it_is_held_for_those() -> None:
    lines = summary(1).decode().splitlines()
    for at in (10, 20, 30):
        lines.insert(at, csv_of([RECORDS[at // 10]], ORDER))
    found = near_records("\n".join(lines).encode(), INDEX, header=True)
    assert {10, 20, 30} <= {each.row for each in found}


def test_a_thousand_rows_are_compared_with_a_hundred_thousand_records_in_seconds() -> None:
    rng = np.random.default_rng(1)
    many = pa.table({f"c{at}": rng.integers(0, 10 ** (1 + at % 5), 100_000) for at in range(10)})
    began = time.process_time()
    index = Index.of(many)
    rows = "\n".join(",".join(str(each) for each in rng.integers(0, 5000, 8)) for _ in range(1000))
    near_records(rows.encode(), index)
    assert time.process_time() - began < 12
