"""A script at home: the kind that runs it in the zone, the checks of the zone, on what is marked as a dummy only."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dalgubeol.errors import Invalid, Unavailable
from dalgubeol.kinds.safe_files import Method
from dalgubeol.language import say
from dalgubeol.nouns.script import ScriptLanguage
from dalgubeol.verbs.airlock import trying
from dalgubeol.world.sandbox import driver_r

from .bringing_files import MODULE, REGIONS, wheel

COUNTS = """
    import csv, pyarrow.parquet as pq
    table = pq.read_table("/data/data.parquet")
    print("rows", table.num_rows)
    with open("counts.csv", "w") as file:
        csv.writer(file).writerows([["rows"], [table.num_rows]])
"""
ROWS = """
    import pyarrow.csv as pc, pyarrow.parquet as pq
    pc.write_csv(pq.read_table("/data/data.parquet").slice(0, 12), "rows.csv")
"""
SANDBOX_OR_BARE = pytest.mark.parametrize("bare", [False, True], ids=["sandbox", "bare"])


def script(text: str) -> bytes:
    return textwrap.dedent(text).encode()


@pytest.fixture
def dummy(tmp_path: Path) -> Path:
    table = pa.table({"area": [i % 3 for i in range(600)], "cost": [1000 + i * 7 for i in range(600)]})
    mark = {"of": {"id": "ds-1", "name": "claims-p"}, "edition": 1, "seed": 1}
    pq.write_table(table.replace_schema_metadata({trying.MARK: json.dumps(mark)}), tmp_path / "dummy.parquet")
    return tmp_path / "dummy.parquet"


@SANDBOX_OR_BARE
def test_it_finds_the_dummy_where_the_data_will_be_and_its_files_are_checked(dummy: Path, bare: bool) -> None:
    found = trying.tried(script(COUNTS), dummy, bare=bare)
    assert found.error is None, found.log
    assert found.files == {"counts.csv": b"rows\r\n600\r\n"}
    assert found.log == "rows 600\n"
    assert [f for f in found.findings if f.get("holds", True)] == []


@SANDBOX_OR_BARE
def test_rows_of_the_data_are_held_at_home_as_they_are_in_the_zone(dummy: Path, bare: bool) -> None:
    found = trying.tried(script(ROWS), dummy, bare=bare)
    assert "raw_row" in {f["code"] for f in found.findings}


@SANDBOX_OR_BARE
@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("x = 1\nraise KeyError('cost')", "script.error", "KeyError at line 2"),
        ("def f(:\n", "script.error", "SyntaxError at line 1"),
        ("pass", "script.silent", "no file"),
        ("open('a<b>.csv', 'w').write('n\\n600\\n')", "script.names", "1 files, and none has a name"),
    ],
)
def test_what_goes_wrong_is_told_as_in_the_zone(
    dummy: Path, bare: bool, text: str, code: str, said: str
) -> None:
    found = trying.tried(text.encode(), dummy, bare=bare)
    assert found.error is not None
    assert found.error.code == code
    assert said in str(found.error.detail)
    assert found.files == {}


@SANDBOX_OR_BARE
def test_a_file_whose_name_may_not_leave_is_told_of_and_holds_the_others(dummy: Path, bare: bool) -> None:
    more = (
        "\nimport os\nopen('a<b>.csv', 'w').write('n')\nos.mkdir('folder')\nopen('.hidden', 'w').write('n')\n"
    )
    found = trying.tried(script(COUNTS) + more.encode(), dummy, bare=bare)
    assert set(found.files) == {"counts.csv"}
    told = {f["code"]: (f.get("holds", True), f["message"]) for f in found.findings}
    assert told["left_behind"][0] is True
    assert told["left_apart"][0] is False


SMALL = """
    with open("counts.csv", "w") as file:
        file.write("area,count\\nnorth,120\\nsouth,3\\neast,4\\nwest,5\\nmiddle,200\\n")
"""


def test_a_safe_version_is_proposed_and_seen_at_home_as_the_zone_would_make_it(dummy: Path) -> None:
    first = trying.tried(script(SMALL), dummy, bare=True)
    assert [f["code"] for f in first.findings if f.get("holds", True)]
    assert {p.method: p.passes for p in first.proposals} == {Method.ROUNDED: True, Method.SUPPRESSED: True}
    safe = trying.tried(script(SMALL), dummy, bare=True, safe=Method.SUPPRESSED)
    assert [f for f in safe.findings if f.get("holds", True)] == []
    counts = [line.split(",")[1] for line in safe.files["counts.csv"].decode().splitlines()[1:]]
    assert counts[1:4] == ["", "", ""]
    assert counts[0] == "120"
    assert safe.proposals == ()


@SANDBOX_OR_BARE
def test_a_script_that_never_ends_is_ended(dummy: Path, bare: bool) -> None:
    from dalgubeol.kinds.contract import Conditions

    found = trying.tried(b"while True: pass", dummy, bare=bare, conditions=Conditions(wall_s=1))
    assert found.error is not None
    assert found.error.code == "script.limit"


WITH = """
    import csv, os, rates, tinyrates
    from pathlib import Path
    assert len(os.listdir("/brought")) == len(os.listdir('/brought/')) == 3
    names = [row["region"] for row in csv.DictReader(open("/brought/codes.csv"))]
    beside = Path(tinyrates.__file__).with_name("rates.txt").read_text()
    with open("said.txt", "w") as file:
        file.write(f"{names} {rates.doubled(21)} {beside}")
"""


@SANDBOX_OR_BARE
def test_what_is_to_be_brought_in_is_at_hand_at_home(dummy: Path, bare: bool) -> None:
    package = wheel({"tinyrates/__init__.py": b"", "tinyrates/rates.txt": b"7.5"})
    brought = {"codes.csv": REGIONS, "rates.py": MODULE, "tinyrates-1.0-py3-none-any.whl": package}
    found = trying.tried(script(WITH), dummy, bare=bare, brought=brought)
    assert found.error is None, found.log
    assert found.files == {"said.txt": b"['north', 'south', 'east'] 42 7.5"}


@pytest.mark.skipif(not driver_r.PROGRAM.exists(), reason="R is not installed (r-base-core)")
def test_a_script_of_r_finds_the_tables_that_are_to_be_brought_in(dummy: Path) -> None:
    code = b'codes <- read.csv("/brought/codes.csv")\ncat(nrow(data), codes$region[2], file = "said.txt")\n'
    found = trying.tried(code, dummy, language=ScriptLanguage.R, brought={"codes.csv": REGIONS})
    assert found.error is None, found.log
    assert found.files == {"said.txt": b"600 south"}


def test_data_that_is_not_marked_is_not_taken(tmp_path: Path) -> None:
    real, text = tmp_path / "real.parquet", tmp_path / "claims.csv"
    pq.write_table(pa.table({"x": [1]}), real)
    text.write_text("x\n1\n")
    for path in (real, text, tmp_path / "missing"):
        with pytest.raises(Invalid, match="not marked as dummy"):
            trying.tried(b"pass", path, bare=True)


GOOD = {"of": {"id": "ds-1", "name": "claims-p"}, "edition": 1, "seed": 1}
MANGLED = {
    "no JSON": b"{",
    "no text": b"\xff\xfe",
    "too deep": b"[" * 100_000,
    "a list": b"[1]",
    "nothing": b"null",
    "without of": json.dumps({**GOOD, "of": None}).encode(),
    "of as text": json.dumps({**GOOD, "of": "claims-p"}).encode(),
    "no name": json.dumps({**GOOD, "of": {"id": "ds-1"}}).encode(),
    "a name that is a command": json.dumps({**GOOD, "of": {"id": "ds-1", "name": "x; rm -rf ~"}}).encode(),
    "a name of two lines": json.dumps({**GOOD, "of": {"id": "ds-1", "name": "x\ny"}}).encode(),
    "an edition in words": json.dumps({**GOOD, "edition": "first"}).encode(),
    "no edition": json.dumps({**GOOD, "edition": 0}).encode(),
    "a true seed": json.dumps({**GOOD, "seed": True}).encode(),
    "no seed": json.dumps({k: v for k, v in GOOD.items() if k != "seed"}).encode(),
    "too long": json.dumps({**GOOD, "more": "x" * 5000}).encode(),
}


@pytest.mark.parametrize("mark", MANGLED.values(), ids=MANGLED.keys())
def test_a_mark_that_no_release_writes_marks_nothing(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "dummy.parquet"
    pq.write_table(pa.table({"x": [1]}).replace_schema_metadata({trying.MARK: mark}), path)
    with pytest.raises(Invalid, match="not marked as dummy") as wrong:
        trying.mark_of(path)
    assert wrong.value.code == "try.data"


def test_the_mark_of_a_release_is_read(dummy: Path) -> None:
    assert trying.mark_of(dummy) == GOOD


def test_without_a_sandbox_it_is_refused_and_bare_goes_on(
    dummy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> dict[str, str]:
        raise Unavailable("sandbox.missing", say("none here"), say("install it"))

    monkeypatch.setattr(trying, "sandbox_backend", none)
    with pytest.raises(Unavailable):
        trying.tried(script(COUNTS), dummy)
    assert trying.tried(script(COUNTS), dummy, bare=True).files


def test_a_script_that_is_no_text_is_invalid(dummy: Path) -> None:
    with pytest.raises(Invalid):
        trying.tried(b"\xff\xfe", dummy, bare=True)


@pytest.mark.parametrize(
    ("given", "text", "limit"),
    [
        ({"wall_s": 1}, "while True: pass", "wall"),
        ({"wall_s": 60, "cpu_s": 1}, "while True: pass", "cpu"),
        ({"memory_mb": 128}, "held = bytearray(300 << 20)", "memory"),
        ({"processes": 8}, "import os, time\nfor _ in range(20):\n    if os.fork() == 0: time.sleep(9)", ""),
        ({"scratch_mb": 1}, "open('/tmp/x', 'wb').write(bytes(4 << 20))", "disk"),
        ({"output_mb": 1}, "for n in range(9): open(f'{n}.csv', 'wb').write(bytes(1 << 20))", "disk"),
        ({"output_files": 3}, "for n in range(9): open(f'{n}.csv', 'w').write('a,b')", "output_files"),
    ],
    ids=["wall", "cpu", "memory", "processes", "file size", "output size", "output files"],
)
def test_each_limit_of_the_permit_holds_and_is_named(
    dummy: Path, given: dict[str, int], text: str, limit: str
) -> None:
    from dalgubeol.kinds.contract import Conditions

    found = trying.tried(text.encode(), dummy, conditions=Conditions(**given))
    assert found.error is not None
    assert found.files == {}
    if limit:
        assert found.error.code == "script.limit"
        assert f"'{limit}'" in str(found.error.detail)
    assert "Left of the limits" in str(found.error.detail)


def test_ten_gigabytes_end_at_the_limit_without_being_written(dummy: Path) -> None:
    text = "with open('big.csv', 'wb') as file:\n    for _ in range(10_000): file.write(bytes(1 << 20))"
    found = trying.tried(text.encode(), dummy)
    assert found.error is not None
    assert found.error.code == "script.limit"


def test_what_was_left_is_told_in_tenths_so_that_it_tells_nothing_finer(dummy: Path) -> None:
    spins = (
        "import time\nend = time.process_time() + {s}\nwhile time.process_time() < end: pass\nraise KeyError"
    )
    told = [str(trying.tried(spins.format(s=s).encode(), dummy).error) for s in (0.0, 0.4)]
    assert told[0] == told[1]
    assert "90 % of the time" in told[0]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("open('empty.csv', 'w').close()", "empty_file"),
        ("open('model.xyz', 'w').write('x')", "file_type"),
        ("import os\nopen('note', 'w').write('x')", "file_type"),
    ],
    ids=["of 0 bytes", "of an unknown type", "without a type"],
)
def test_a_file_that_nobody_can_check_is_held_with_the_reason(dummy: Path, text: str, code: str) -> None:
    found = trying.tried(text.encode(), dummy)
    assert found.error is None
    assert code in {f["code"] for f in found.findings if f.get("holds", True)}


def test_what_is_not_utf_8_is_refused_before_it_runs(dummy: Path) -> None:
    with pytest.raises(Invalid, match="UTF-8"):
        trying.tried("x = '가'".encode("cp949"), dummy)


def test_a_missing_package_is_told_with_what_there_is(dummy: Path) -> None:
    found = trying.tried(b"import nobody_has_this", dummy)
    assert found.error is not None
    assert "ModuleNotFoundError at line 1" in str(found.error.detail)
    assert "polars" in str(found.error.next_step)


@pytest.mark.parametrize(
    ("language", "text", "files"),
    [
        ("sql", "-- file: n.csv\nselect count(*) as n from data;", {"n.csv": b"n\n600\n"}),
        ("notebook", '{"metadata":{},"nbformat":4,"cells":[{"cell_type":"code","source":["1 + 1"]}]}', {"cell-1.txt": b"2\n"}),
    ],
)  # fmt: skip
def test_other_languages_run_at_home_as_in_the_zone_and_never_bare(
    dummy: Path, language: str, text: str, files: dict[str, bytes]
) -> None:
    from dalgubeol.nouns.script import ScriptLanguage

    found = trying.tried(text.encode(), dummy, language=ScriptLanguage(language))
    assert found.error is None, found.error
    assert found.files == files
    with pytest.raises(Invalid, match="bare"):
        trying.tried(text.encode(), dummy, language=ScriptLanguage(language), bare=True)
