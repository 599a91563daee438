"""Letters and reports become tables of their texts; what is not text is left out or refused, and says so."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest

from dalgubeol.errors import DalguError, Invalid, Refused
from dalgubeol.world.engine import packed
from dalgubeol.world.engine.reading import read_file

CANARY = "900101-1234567"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
P = "http://www.hancom.co.kr/hwpml/2011/paragraph"


def zipped(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, body in members.items():
            file.writestr(name, body)
    return path


def docx(folder: Path, body: str, **others: str | bytes) -> Path:
    document = f'<w:document xmlns:w="{W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:body>{body}</w:body></w:document>'
    return zipped(folder / "letter.docx", {"[Content_Types].xml": "<Types/>", "word/document.xml": document, **{name.replace("__", "/").replace("_", "."): value for name, value in others.items()}})  # fmt: skip


def hwpx(folder: Path, *sections: str, **others: str | bytes) -> Path:
    made = {f"Contents/section{n}.xml": f'<hs:sec xmlns:hs="http://www.hancom.co.kr/hwpml/2011/section" xmlns:hp="{P}">{body}</hs:sec>' for n, body in enumerate(sections)}  # fmt: skip
    return zipped(folder / "letter.hwpx", {"mimetype": "application/hwp+zip", **made, **{name.replace("__", "/").replace("_", "."): value for name, value in others.items()}})  # fmt: skip


def rows(path: Path) -> list[tuple[str, int, str]]:
    found = read_file(path)
    table = pa.Table.from_batches(list(found.batches()), found.schema)
    assert table.column_names == ["part", "number", "text"]
    return [(row["part"], row["number"], row["text"]) for row in table.to_pylist()]


def refusal(path: Path) -> DalguError:
    with pytest.raises(DalguError) as refused:
        rows(path)
    assert CANARY not in str(refused.value)
    return refused.value


def p(text: str) -> str:
    return f"<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def hp(text: str) -> str:
    return f"<hp:p><hp:run><hp:t>{text}</hp:t></hp:run></hp:p>"


def test_a_letter_becomes_its_paragraphs_and_the_rows_of_its_tables(folder: Path) -> None:
    table = f"<w:tbl><w:tr><w:tc>{p('성명')}</w:tc><w:tc>{p('홍길동')}{p('둘째 줄')}</w:tc></w:tr><w:tr><w:tc>{p('비고')}</w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>"
    path = docx(folder, p("첫 문단") + "<w:p/>" + table + p("끝"), word__header1_xml=f'<w:hdr xmlns:w="{W}">{p("머리말")}</w:hdr>')  # fmt: skip
    assert rows(path) == [
        ("body", 1, "첫 문단"),
        ("table 1", 1, "성명 | 홍길동\n둘째 줄"),
        ("table 1", 2, "비고 | "),
        ("body", 2, "끝"),
        ("header", 1, "머리말"),
    ]


def test_runs_breaks_and_tabs_are_one_text_and_what_is_deleted_is_gone(folder: Path) -> None:
    body = "<w:p><w:r><w:t>가</w:t><w:tab/><w:t>나</w:t></w:r><w:del><w:r><w:delText>지움</w:delText></w:r></w:del><w:ins><w:r><w:br/><w:t>다</w:t></w:r></w:ins></w:p>"
    assert rows(docx(folder, body)) == [("body", 1, "가\t나\n다")]


def test_a_text_box_is_taken_once(folder: Path) -> None:
    box = f"<w:txbxContent>{p('상자')}</w:txbxContent>"
    body = f"<w:p><w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>{p('본문')}"
    assert rows(docx(folder, body)) == [("text box", 1, "상자"), ("body", 1, "본문")]


def test_a_letter_by_a_word_processors_library_is_read(folder: Path) -> None:
    docx_library = pytest.importorskip("docx", reason="python-docx (extra reports) is not installed")
    made = docx_library.Document()
    made.add_paragraph("안녕하십니까")
    made.add_table(rows=1, cols=2).rows[0].cells[1].text = "칸"
    made.save(folder / "made.docx")
    assert rows(folder / "made.docx") == [("body", 1, "안녕하십니까"), ("table 1", 1, " | 칸")]


def test_hangul_documents_are_read_section_by_section(folder: Path) -> None:
    cell = f"<hp:tc><hp:subList>{hp('칸')}</hp:subList></hp:tc>"
    first = hp("하나") + f"<hp:p><hp:run><hp:tbl><hp:tr>{cell}{cell}</hp:tr></hp:tbl></hp:run></hp:p>"
    foot = f"<hp:p><hp:run><hp:t>본문</hp:t><hp:ctrl><hp:footNote><hp:subList>{hp('각주')}</hp:subList></hp:footNote></hp:ctrl></hp:run></hp:p>"
    sections = [first, *[hp(f"절 {n}") for n in range(1, 10)], foot]
    assert rows(hwpx(folder, *sections)) == [
        ("body", 1, "하나"),
        ("table 1", 1, "칸 | 칸"),
        *[("body", n + 1, f"절 {n}") for n in range(1, 10)],
        ("footnote", 1, "각주"),
        ("body", 11, "본문"),
    ]


def test_what_a_tracked_change_deleted_in_hangul_is_gone(folder: Path) -> None:
    body = "<hp:p><hp:run><hp:t>변경<hp:deleteBegin/>지움<hp:deleteEnd/><hp:lineBreak/>남음</hp:t></hp:run></hp:p>"
    assert rows(hwpx(folder, body)) == [("body", 1, "변경\n남음")]


def test_pictures_in_a_document_stay_out_and_leave_a_row_that_says_so(folder: Path) -> None:
    found = rows(hwpx(folder, hp("글"), BinData__image1_png=PNG, BinData__note_txt=b"no picture"))
    assert [part for part, _, _ in found] == ["body", "picture"]


def test_a_document_of_pictures_only_is_refused_with_the_guideline(folder: Path) -> None:
    error = refusal(hwpx(folder, "<hp:p/>", BinData__image1_png=PNG))
    assert isinstance(error, Refused)
    assert "unstructured data" in str(error)
    assert "비정형데이터" in error.reasons[0].text("ko")


@pytest.mark.parametrize(
    ("first", "what"),
    [
        (b"\xff\xd8\xff\xe0", "a picture"),
        (PNG, "a picture"),
        (b"II*\0" + bytes(8), "a picture"),
        (b"MM\0*" + bytes(8), "a picture"),
        (bytes(128) + b"DICM", "a medical picture"),
        (b"\0\0\0\x18ftypmp42", "a video"),
        (b"\0\0\0\x18ftypheic", "a picture"),
        (b"RIFF\0\0\0\0AVI ", "a video"),
        (b"RIFF\0\0\0\0WAVE", "a sound recording"),
        (b"ID3\x04" + bytes(8), "a sound recording"),
    ],
)
@pytest.mark.parametrize("name", ["x.jpg", "x.csv", "x"])
def test_pictures_video_and_sound_are_refused_whatever_they_are_called(
    folder: Path, first: bytes, what: str, name: str
) -> None:
    (folder / name).write_bytes(first + CANARY.encode())
    error = refusal(folder / name)
    assert isinstance(error, Refused)
    assert what in str(error)
    assert error.reasons


@pytest.mark.parametrize(
    ("name", "first", "next_step"),
    [
        ("old.hwp", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "HWPX"),
        ("older.hwp", b"HWP Document File V3.00", "HWPX"),
        ("x.pdf", b"%PDF-1.7", "DOCX or HWPX"),
        ("x.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "DOCX or XLSX"),
        ("x.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "password"),
    ],
)
def test_documents_that_cannot_be_read_say_what_to_save_them_as(
    folder: Path, name: str, first: bytes, next_step: str
) -> None:
    (folder / name).write_bytes(first + bytes(600))
    error = refusal(folder / name)
    assert isinstance(error, Invalid)
    assert next_step in error.next_step.text("en")


def test_entities_and_document_types_are_refused(folder: Path) -> None:
    bomb = f'<!DOCTYPE x [<!ENTITY a "{CANARY}">]><w:document xmlns:w="{W}"><w:body>{p("&a;")}</w:body></w:document>'
    assert "not a whole DOCX" in str(refusal(zipped(folder / "bomb.docx", {"word/document.xml": bomb})))


def test_too_deep_a_nesting_is_refused(folder: Path) -> None:
    assert "not a whole HWPX" in str(refusal(hwpx(folder, "<hp:p>" * 2000 + "</hp:p>" * 2000)))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "LARGEST", 1 << 20)
    assert "too large" in str(refusal(docx(folder, p("x" * (2 << 20)))))


def test_locked_broken_and_empty_documents_say_what_is_wrong(folder: Path) -> None:
    locked = hwpx(folder, hp("x"), **{"META-INF__manifest_xml": "<m><encryption-data/></m>"})
    assert "password" in str(refusal(locked))
    assert "holds no table" in str(refusal(hwpx(folder, "<hp:p/>")))
    whole = docx(folder, p(CANARY)).read_bytes()
    for content in (b"", CANARY.encode(), whole[: len(whole) // 2]):
        (folder / "cut.docx").write_bytes(content)
        assert "not a whole DOCX" in str(refusal(folder / "cut.docx"))
    other = zipped(folder / "other.hwpx", {"a.txt": CANARY})
    assert "not a whole HWPX" in str(refusal(other))


def saved(folder: Path, book: openpyxl.Workbook) -> Path:
    book.save(folder / "x.xlsx")
    return folder / "x.xlsx"


def test_the_only_sheet_with_something_on_it_is_the_table(folder: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("자료")
    sheet.append(["a"])
    sheet.append([1])
    found = read_file(saved(folder, book))
    assert pa.Table.from_batches(list(found.batches())).to_pydict() == {"a": [1]}
    book.active.append(["b"])
    assert "2 sheets" in str(refusal(saved(folder, book)))


def test_merged_cells_and_formulas_without_results_are_not_lost_unseen(folder: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["a", "b"], [1, 2], [3, 4]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    assert "1 merged areas" in str(refusal(saved(folder, book)))
    book.active.unmerge_cells("A2:A3")
    book.active["B3"] = "=B2*2"
    assert "1 formulas" in str(refusal(saved(folder, book)))


def test_a_cell_with_an_error_is_missing(folder: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["a", "b"], [1, 2], ["#N/A", 4]):
        book.active.append(row)
    found = read_file(saved(folder, book))
    assert pa.Table.from_batches(list(found.batches())).to_pydict() == {"a": [1, None], "b": [2, 4]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_bytes_in_memory_are_not_needed_twice(folder: Path) -> None:
    found = read_file(docx(folder, p("x")))
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, found.schema) as writer:
        for batch in found.batches():
            writer.write_batch(batch)
    assert pa.ipc.open_stream(sink.getvalue()).read_all().num_rows == 1
