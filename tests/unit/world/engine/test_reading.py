from __future__ import annotations

import datetime
import io
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dalgubeol.errors import DalguError, Invalid, Missing
from dalgubeol.world.engine import delimited
from dalgubeol.world.engine.reading import Source, file_content, read_csv, read_csv_bytes, read_file
from dalgubeol.world.engine.tables import read_table, write_parquet

CANARY = "900101-1234567"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def source(folder: Path, content: bytes | str, name: str = "x.csv") -> Source:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_file(path)


def table(folder: Path, content: bytes | str, name: str = "x.csv") -> pa.Table:
    found = source(folder, content, name)
    return pa.Table.from_batches(list(found.batches()), found.schema)


def types(folder: Path, content: bytes | str) -> list[str]:
    return [str(type_) for type_ in table(folder, content).schema.types]


def refusal(folder: Path, content: bytes | str, name: str = "x.csv") -> str:
    with pytest.raises(DalguError) as refused:
        table(folder, content, name)
    assert CANARY not in str(refused.value)
    assert isinstance(refused.value, Invalid)
    return str(refused.value)


KOREAN = "이름,나이\n김달구,31\n박벌,42\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_korean_text_is_read_in_every_usual_encoding(folder: Path, encoding: str) -> None:
    expected = {"이름": ["김달구", "박벌"], "나이": [31, 42]}
    assert table(folder, KOREAN.encode(encoding)).to_pydict() == expected


def test_a_row_that_is_too_long_is_said_to_be_so(folder: Path) -> None:
    rows = "".join(f"{n},x\n" for n in range(200_000))
    assert "longer than" in refusal(folder, f"a,b\n{rows}1,{'y' * (3 << 19)}\n{rows}")


def test_a_cp949_file_of_many_blocks_is_read_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_BLOCK", 1001)
    content = "이름,수\n" + "".join(f"김달구{n},{n}\n" for n in range(3000))
    found = table(folder, content.encode("cp949"))
    assert found.column("이름").to_pylist() == [f"김달구{n}" for n in range(3000)]


def test_mixed_encodings_are_refused_naming_the_line(folder: Path) -> None:
    content = "이름,나이\n".encode() + b"x,1\n" * 8 + "김달구\xff,31\n".encode("latin-1", "replace") + "가".encode("cp949") + b"\n"  # fmt: skip
    assert "line 10" in refusal(folder, content)


@pytest.mark.parametrize("block", [7, 64, 1 << 22])
def test_the_bad_line_is_the_same_whatever_the_blocks(
    folder: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(delimited, "_BLOCK", block)
    content = "가나,다\n".encode() * 20 + b"\xff\n" + "가나,다\n".encode() * 20
    assert "utf-8: line 21" in refusal(folder, content)


@pytest.mark.parametrize(
    ("content", "row"),
    [
        (f"a,b\n1,2\n{CANARY},2,3\n", "Row 3 has 3 cells, the header has 2"),
        (f"a,b\n1,2\n3,4\n{CANARY}\n", "Row 4 has 1 cells"),
        (f"a,b\n1,2\n{CANARY}", "Row 3 has 1 cells"),
        ("a,b\n" + "1,2\n" * 1_500_000 + f"{CANARY}\n", "Row 1500002 has 1 cells"),
    ],
)
def test_a_ragged_row_is_refused_naming_it(folder: Path, content: str, row: str) -> None:
    assert row in refusal(folder, content)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\xef\xbb\xbf", b"a,b", b"a,b\n", b"a,b\r\n\r\n", b" , \n1,2\n", b"\n\na\n1\n"]
)
def test_a_file_without_header_or_rows_is_no_table(folder: Path, content: bytes) -> None:
    assert "no table" in refusal(folder, content)


def test_a_column_without_a_name_is_refused(folder: Path) -> None:
    assert "column 2" in refusal(folder, f"{CANARY},,b\n1,2,3\n")


def test_two_columns_of_one_name_are_told_by_place_because_a_first_row_may_be_data(folder: Path) -> None:
    assert "columns 1 and 3" in refusal(folder, f"{CANARY},x,{CANARY}\n1,2,3\n")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_usual_separators_are_seen(folder: Path, separator: str) -> None:
    content = f"a{separator}b\n1{separator}x\n"
    assert table(folder, content).to_pydict() == {"a": [1], "b": ["x"]}


def test_separators_in_quotes_separate_nothing(folder: Path) -> None:
    assert table(folder, '"a,b,c";d\n"1,5";2\n').to_pydict() == {"a,b,c": ["1,5"], "d": [2]}


def test_quoted_line_breaks_and_doubled_quotes_belong_to_the_cell(folder: Path) -> None:
    content = 'a,"b\nc"\n"x\ny","say ""no"""\n'
    assert table(folder, content).to_pydict() == {"a": ["x\ny"], "b\nc": ['say "no"']}


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_a_line_ending(folder: Path, ending: str) -> None:
    content = ending.join(["a,b", "1,x", "2,y", ""])
    assert table(folder, content).to_pydict() == {"a": [1, 2], "b": ["x", "y"]}


def test_the_last_line_needs_no_line_break(folder: Path) -> None:
    assert table(folder, 'a,b\n1,2\n3,"4"').to_pydict() == {"a": [1, 3], "b": [2, 4]}


def test_a_quote_inside_a_cell_is_a_character_and_swallows_no_rows(folder: Path) -> None:
    assert table(folder, 'pipe 5",b\n1,2\n3",4\n').to_pydict() == {'pipe 5"': ["1", '3"'], "b": [2, 4]}


@pytest.mark.parametrize(
    ("content", "row"),
    [
        (f'a,b\n1,"{CANARY}\n3,4\n', 2),
        (f'a,b\n1,2\n3,"{CANARY}\n5,6\n7,8\n', 3),
        (f'a\n1\n"{CANARY}\n3', 3),
    ],
)
def test_a_quote_that_is_never_closed_is_refused_and_swallows_no_rows(
    folder: Path, content: str, row: int
) -> None:
    assert f"row {row} a quote" in refusal(folder, content)


def test_a_quote_never_closed_in_the_header_is_refused(folder: Path) -> None:
    refusal(folder, f'"a,b\n{CANARY},2\n')
    assert "header does not end" in refusal(folder, f'"a,b\n{CANARY},2\n' + "1,2\n" * 50_000)


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        (["1", "-20", "0"], "int64"),
        (["1", "", "3"], "int64"),
        (["123456789012345678", "1"], "int64"),
        (["1.5", "-2", "1e-3", "2.E5", "0.0"], "double"),
        (["0012", "0034"], "string"),
        (["010-1234-5678", "010-9999-0000"], "string"),
        (["01012345678", "01099990000"], "string"),
        (["12345678901234567890", "1"], "string"),
        (["123456789012345678", "1.5"], "string"),
        (["1e999", "1"], "string"),
        (["nan", "1.5"], "string"),
        (["inf", "1.5"], "string"),
        (["1,5", "2,5"], "string"),
        (["+1", "2"], "string"),
        (["１２", "３"], "string"),
        (["12 ", "3"], "string"),
        (["12\n", "3"], "string"),
        (["2024-02-29", "2023-12-31"], "date32[day]"),
        (["2023-02-29", "2023-12-31"], "string"),
        (["2024-13-01"], "string"),
        (["0000-01-01"], "string"),
        (["20240229"], "int64"),
        (["2024-02-29 10:00", "2024-02-29T10:00:01.25"], "timestamp[us]"),
        (["2024-02-29 24:30"], "string"),
        (["2024-02-30 10:00"], "string"),
        (["2024-02-29", "2024-02-29 10:00"], "string"),
        (["true", "false"], "string"),
        (["NA", "1"], "string"),
        (["", ""], "string"),
    ],
)  # fmt: skip
def test_a_type_holds_for_every_value_or_it_is_text(folder: Path, values: list[str], type_: str) -> None:
    lines = "".join(f'{n},"{value}"\n' for n, value in enumerate(values))
    found = table(folder, "n,a\n" + lines)
    assert str(found.schema.field("a").type) == type_
    if type_ == "string":
        assert found.column("a").to_pylist() == [value or None for value in values]


def test_a_number_column_whose_last_row_is_text_is_text_from_the_first_row_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "_BLOCK", 4096)
    content = "a,b\n" + "".join(f"{n},x\n" for n in range(5000)) + "last,x\n"
    found = table(folder, content)
    assert found.schema.types == [pa.string(), pa.string()]
    assert found.column("a").to_pylist() == [*map(str, range(5000)), "last"]


def test_columns_keep_their_order_even_if_the_first_is_empty(folder: Path) -> None:
    assert table(folder, "a,b\n,1\n,2\n").schema.names == ["a", "b"]


def test_an_integer_column_that_turns_to_decimals_late_is_a_number(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "_BLOCK", 64)
    assert types(folder, "a\n" + "7\n" * 100 + "1.5\n") == ["double"]


def test_utf_16_is_refused(folder: Path) -> None:
    refusal(folder, f"a,b\n{CANARY},2\n".encode("utf-16-le"))
    refusal(folder, f"a,b\n{CANARY},2\n".encode("utf-16"))


def test_a_file_that_changes_between_the_two_readings_is_refused_without_showing_it(folder: Path) -> None:
    found = source(folder, "a,b\n1,2\n")
    (folder / "x.csv").write_text(f"a,b\n{CANARY},2\n")
    with pytest.raises(Invalid, match="changed") as refused:
        list(found.batches())
    assert CANARY not in str(refused.value)


def test_bytes_at_hand_are_read_like_a_file() -> None:
    found = read_csv_bytes(b"a,b\n1,x\n")
    assert [column.type for column in found.columns] == ["int64", "string"]
    assert [batch.to_pylist() for batch in found.batches()] == [[{"a": 1, "b": "x"}]]
    for bad in (b"a\xff,b\n1,2\n", b"a,b\n\xff,2\n", b""):
        with pytest.raises(Invalid):
            list(read_csv_bytes(bad).batches())


def test_a_missing_file_and_an_unknown_ending_are_told(folder: Path) -> None:
    with pytest.raises(Missing):
        read_file(folder / "none.csv")
    with pytest.raises(Missing):
        read_file(folder)
    assert ".doc" in refusal(folder, CANARY, "x.doc")


def workbook(folder: Path, rows: list[list[object]]) -> pa.Table:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    book.save(folder / "x.xlsx")
    found = read_file(folder / "x.xlsx")
    return pa.Table.from_batches(list(found.batches()), found.schema)


def test_a_workbook_is_read_like_text(folder: Path) -> None:
    found = workbook(folder, [["이름", "n", "x", "day", "code"], ["김", 1, 1.5, datetime.datetime.fromisoformat("2024-02-29"), "007"], ["박", 2.0, 2, None, "008"]])  # fmt: skip
    assert [str(type_) for type_ in found.schema.types] == [
        "string",
        "int64",
        "double",
        "timestamp[us]",
        "string",
    ]
    assert found.column("code").to_pylist() == ["007", "008"]
    assert found.column("day").to_pylist()[1] is None


def test_short_and_empty_rows_of_a_workbook_are_missing_values_and_no_rows(folder: Path) -> None:
    found = workbook(folder, [["a", "b", None], [1], [None, None], [3, "x"], []])
    assert found.to_pydict() == {"a": [1, 3], "b": [None, "x"]}


def test_a_cell_beside_the_columns_of_a_workbook_is_refused(folder: Path) -> None:
    with pytest.raises(Invalid, match="Row 3 has 3 cells") as refused:
        workbook(folder, [["a", "b"], [1, 2], [1, 2, CANARY]])
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize("rows", [[], [["a", "b"]]])
def test_an_empty_workbook_is_no_table(folder: Path, rows: list[list[object]]) -> None:
    with pytest.raises(Invalid, match="no table"):
        workbook(folder, rows)


def test_what_is_no_workbook_is_refused(folder: Path) -> None:
    import zipfile

    for content in (b"", CANARY.encode(), b"PK\x03\x04" + CANARY.encode()):
        assert "not an XLSX" in refusal(folder, content, "x.xlsx")
    for member, body in (
        ("x.txt", CANARY),
        ("[Content_Types].xml", "<a><b></a>"),
        ("xl/workbook.xml", CANARY),
    ):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr(member, body)
        assert "not an XLSX" in refusal(folder, archive.getvalue(), "y.xlsx")


def test_every_cut_off_workbook_is_refused(folder: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.append([1, CANARY])
    book.save(folder / "whole.xlsx")
    whole = (folder / "whole.xlsx").read_bytes()
    for end in range(0, len(whole) - 25, len(whole) // 40):
        refusal(folder, whole[:end], "cut.xlsx")


def test_parquet_is_read_without_what_its_maker_wrote_beside_it(folder: Path) -> None:
    made = pa.table({"a": [1, 2], "b": ["x", None]}).replace_schema_metadata({"pandas": CANARY})
    pq.write_table(made, folder / "x.parquet")
    found = read_file(folder / "x.parquet")
    assert found.schema.metadata is None
    sink = io.BytesIO()
    assert write_parquet(sink, found.schema, found.batches()) == 2
    assert CANARY.encode() not in sink.getvalue()
    assert read_table(io.BytesIO(sink.getvalue())).to_pydict() == made.to_pydict()


def test_broken_parquet_is_refused(folder: Path) -> None:
    pq.write_table(
        pa.table({"a": [CANARY] * 1000, "b": list(range(1000))}), folder / "x.parquet", compression="zstd"
    )
    whole = (folder / "x.parquet").read_bytes()
    assert "not a Parquet" in refusal(folder, CANARY, "y.parquet")
    assert "not a Parquet" in refusal(folder, b"PAR1" + bytes(20) + b"PAR1", "y.parquet")
    refusal(folder, whole[: len(whole) // 2], "y.parquet")
    refusal(folder, b"\0" * 200 + whole[200:], "y.parquet")


@pytest.mark.parametrize(
    "column",
    [pa.array([[1]]), pa.array([{"x": 1}]), pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64()))],
)
def test_nested_columns_are_refused(folder: Path, column: pa.Array) -> None:
    pq.write_table(pa.table({"a": [1], "deep": column}), folder / "x.parquet")
    with pytest.raises(Invalid, match="deep"):
        read_file(folder / "x.parquet")


_READ = """
import resource, sys
from pathlib import Path
from dalgubeol.world.engine.reading import read_file
from dalgubeol.world.engine.tables import write_parquet
import pyarrow as pa, pyarrow.parquet
pa.set_memory_pool(pa.system_memory_pool())
found = read_file(Path(sys.argv[1]))
with open(sys.argv[2], "wb") as sink:
    rows = write_parquet(sink, found.schema, found.batches())
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def peak_mb(path: Path) -> tuple[int, int]:
    command = [sys.executable, "-c", _READ, str(path), str(path.with_suffix(".parquet"))]
    rows, peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(rows), int(peak)


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_memory_does_not_grow_with_the_file(folder: Path, encoding: str) -> None:
    line = "대구 북구 공장,123.456,2024-02-29 10:00:00,설비-A-12,7890\n".encode(encoding)
    header = "이름,값,때,설비,수\n".encode(encoding)
    (folder / "small.csv").write_bytes(header + line * 150_000)
    (folder / "large.csv").write_bytes(header + line * 900_000)
    small_rows, small = peak_mb(folder / "small.csv")
    large_rows, large = peak_mb(folder / "large.csv")
    assert (small_rows, large_rows) == (150_000, 900_000)
    assert large - small < 60, f"{small} MB for 10 MB, {large} MB for 60 MB"


def test_read_csv_is_found_by_its_other_endings(folder: Path) -> None:
    assert table(folder, "a\tb\n1\t2\n", "x.tsv") == table(folder, "a,b\n1,2\n", "x.TXT")
    assert read_csv(file_content(folder / "x.tsv")).columns[0].name == "a"


def with_cell_at(folder: Path, *places: str) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.active.append([1])
    book.save(folder / "near.xlsx")
    rows = "".join(f'<row r="{re.sub("[A-Z]", "", p)}"><c r="{p}"/></row>' for p in places)
    made = io.BytesIO()
    with (
        zipfile.ZipFile(folder / "near.xlsx") as near,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as far,
    ):
        for name in near.namelist():
            body = near.read(name).replace(b'ref="A1:A2"', b'ref="A1:XFD1048576"')
            far.writestr(name, body.replace(b"</sheetData>", rows.encode() + b"</sheetData>"))
    return made.getvalue()


def test_empty_cells_far_away_cost_nothing_and_too_many_are_refused(folder: Path) -> None:
    began = time.process_time()
    (folder / "far.xlsx").write_bytes(with_cell_at(folder, "XFD1048576"))
    assert read_file(folder / "far.xlsx").schema.names == ["a"]
    assert "too many cells" in refusal(folder, with_cell_at(folder, "A9999999999"), "down.xlsx")
    wide = with_cell_at(folder, *(f"XFD{row}" for row in range(3, 3600)))
    assert "too many cells" in refusal(folder, wide, "wide.xlsx")
    assert time.process_time() - began < 30
