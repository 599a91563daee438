"""The cells of a workbook (XLSX), as text, or an error for what would be lost unseen.

openpyxl gives the kept results of formulas, the first cell of a merged area and the sheets in order. So a formula
that was never computed, a merged area and a second sheet with something on it would vanish: they are errors here,
counted from the sheet's own XML (ISO/IEC 29500-1, 18.3.1). A cell that holds an error (#N/A) is a missing value.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, BinaryIO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from ...errors import DalguError
from ...language import say
from . import packed
from .delimited import wrong
from .sources import Content

Cells = list[list[str | None]]
_MOST_ROWS = 1 << 20
"""As many as a sheet has."""
_MOST_CELLS = 50_000_000


def cells(content: Content) -> Cells:
    """The only sheet that holds something, without the empty cells at the ends of rows.

    Raises Invalid for what is no workbook, has several such sheets, merged cells or formulas without a result.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    broken = (
        InvalidFileException,
        BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        SyntaxError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
        expat.ExpatError,
    )  # fmt: skip - openpyxl and the XML parser meet a broken file with any of these
    try:
        with content.open() as file:
            with ZipFile(file) as archive:
                unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > packed.LARGEST:
                raise wrong(
                    say("{path} is too large for XLSX ({size} MB unpacked, {most} are allowed).", path=content.name, size=unpacked >> 20, most=packed.LARGEST >> 20),
                    say("Save it as CSV in UTF-8 and add that."),
                )  # fmt: skip
            file.seek(0)
            book = load_workbook(file, read_only=True, data_only=True)
            try:
                sheet, found = _only_sheet(book, content.name)
                _check_nothing_is_lost(file, sheet, content.name)
            finally:
                book.close()
    except DalguError:
        raise
    except broken:
        raise wrong(say("{path} is not an XLSX file.", path=content.name)) from None
    return found


def _only_sheet(book: Any, path: str) -> tuple[Any, Cells]:
    held = [(sheet, rows) for sheet in book.worksheets if (rows := _rows(sheet, path))]
    if len(held) > 1:
        raise wrong(
            say("{path} has {count} sheets with something on them.", path=path, count=len(held)),
            say("Keep the one sheet that is the table, save it as a file of its own and add that."),
        )
    return held[0] if held else (None, [])


def _rows(sheet: Any, path: str) -> Cells:
    """Empty where no cell holds anything.

    Cells say themselves where they stand, so that one far away stands for millions of empty ones: what is
    walked over is counted, and what the sheet says of its size is not asked for.
    """
    sheet.reset_dimensions()
    rows: Cells = []
    walked = 0
    for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        walked += len(values)
        if number > _MOST_ROWS or walked > _MOST_CELLS:
            raise wrong(
                say("{path} has too many cells for XLSX.", path=path),
                say("Save it as CSV in UTF-8 and add that."),
            )
        row = [_text(value) for value in values]
        while row and row[-1] is None:
            row.pop()
        rows.append(row)
    while rows and not rows[-1]:
        rows.pop()
    return rows


_ERRORS = frozenset({"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"})


def _text(value: object) -> str | None:
    if value is None or value == "" or (isinstance(value, str) and value in _ERRORS):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


@dataclass(slots=True)
class _Counts:
    merged: int = 0
    uncomputed: int = 0
    formula: bool = False
    value: bool = False
    in_value: bool = False

    def start(self, _space: str, name: str, _attributes: dict[str, str]) -> None:
        if name == "c":
            self.formula = self.value = False
        elif name == "f":
            self.formula = True
        elif name == "v":
            self.in_value = True
        elif name == "mergeCell":
            self.merged += 1

    def text(self, written: str) -> None:
        self.value = self.value or (self.in_value and written != "")

    def end(self, _space: str, name: str) -> None:
        if name == "v":
            self.in_value = False
        elif name == "c" and self.formula and not self.value:
            self.uncomputed += 1


def _check_nothing_is_lost(file: BinaryIO, sheet: Any, path: str) -> None:
    if sheet is None:
        return
    counts = _Counts()
    file.seek(0)
    with ZipFile(file) as archive, archive.open(sheet._worksheet_path) as stream:
        packed.parse(stream, counts.start, counts.end, counts.text)
    if counts.merged:
        raise wrong(
            say("{path} has {count} merged areas: only the first cell of each would keep its value.", path=path, count=counts.merged),
            say("Take the merging back, write the value into every cell it is for, and add the file again."),
        )  # fmt: skip
    if counts.uncomputed:
        raise wrong(
            say("{path} has {count} formulas without a result kept in the file.", path=path, count=counts.uncomputed),
            say("Open it in the spreadsheet program, save it there, and add it again."),
        )  # fmt: skip
