"""Letters and reports (DOCX, HWPX) as a table of their texts: `part`, `number`, `text`.

One row for every paragraph that says something (`body`, `header`, `footer`, `footnote`, `endnote`, `comment`,
`text box`, counted in each part) and one for every row of a table (`table 1`, cells between ` | `). What is written is taken; how it looks is not, nor what
tracked changes have deleted. Pictures are never taken along: each leaves a row of part `picture` that says so, and a
document that holds nothing but pictures (a scan) is refused as one.

Formats: WordprocessingML (ISO/IEC 29500-1, transitional and strict) and OWPML (KS X 6101): both write paragraphs `p`
with texts `t`, tables `tbl`, rows `tr` and cells `tc`, each in a namespace of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import IO
from zipfile import ZipFile

import pyarrow as pa

from ...language import say
from . import packed, recognise
from .delimited import empty, wrong
from .sources import Content, Source

_PARTS_OF_DOCX = (
    (re.compile(r"word/document\d*\.xml"), "body"), (re.compile(r"word/header\d*\.xml"), "header"),
    (re.compile(r"word/footer\d*\.xml"), "footer"), (re.compile(r"word/footnotes\.xml"), "footnote"),
    (re.compile(r"word/endnotes\.xml"), "endnote"), (re.compile(r"word/comments\.xml"), "comment"),
)  # fmt: skip
_PARTS_OF_HWPX = ((re.compile(r"Contents/section\d+\.xml"), "body"),)
_PICTURES = re.compile(r"(?:word/(?:media|embeddings)|BinData|Contents/BinData)/.+")
_WORD = re.compile(
    r"http://(?:schemas\.openxmlformats\.org/wordprocessingml/2006/main|purl\.oclc\.org/ooxml/wordprocessingml/main)"
)
_HANGUL = re.compile(r"http://www\.(?:hancom\.co\.kr/hwpml|owpml\.org/owpml)/20\d\d/(?:paragraph|section)")
_COMPATIBLE = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_NAMED = {
    "txbxContent": "text box", "header": "header", "footer": "footer", "footNote": "footnote", "endNote": "endnote",
    "hiddenComment": "comment", "drawText": "text box",
}  # fmt: skip
_BETWEEN = {
    "tab": "\t",
    "br": "\n",
    "cr": "\n",
    "lineBreak": "\n",
    "nbSpace": " ",
    "fwSpace": " ",
    "noBreakHyphen": "-",
    "hyphen": "-",
}
_WRITTEN = frozenset({"t", "mainText", "subText", "text"})
_IN_ATTRIBUTE = {"textart": "text", "compose": "composeText", "comboBox": "selectedValue"}
_NOT_WRITTEN = frozenset({"Fallback", "delText", "instrText", "script"})
_SCHEMA = pa.schema([("part", pa.string()), ("number", pa.int64()), ("text", pa.string())])
_BATCH = 65_536


def read_docx(content: Content) -> Source:
    """Raises Invalid for what is no DOCX, or holds no text; Refused for one that holds only pictures."""
    return _read(content, "DOCX", _WORD, _PARTS_OF_DOCX)


def read_hwpx(content: Content) -> Source:
    """The same for HWPX."""
    return _read(content, "HWPX", _HANGUL, _PARTS_OF_HWPX)


@dataclass(slots=True)
class _Rows:
    parts: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, part: str, text: str) -> None:
        self.counts[part] += 1
        self.parts.append(part)
        self.numbers.append(self.counts[part])
        self.texts.append(text)


def _read(
    content: Content, what: str, space: re.Pattern[str], parts: tuple[tuple[re.Pattern[str], str], ...]
) -> Source:
    rows = _Rows()
    with content.open() as file, packed.opened(file, content.name, what) as archive:
        if "META-INF/manifest.xml" in archive.namelist() and b"encryption-data" in archive.read(
            "META-INF/manifest.xml"
        ):
            raise packed.locked(content.name)
        found = False
        for pattern, part in parts:
            for name in sorted(filter(pattern.fullmatch, archive.namelist()), key=_counted):
                found = True
                with archive.open(name) as stream:
                    _take(stream, space, part, rows)
        if not found:
            raise wrong(say("{path} is not a whole {what} file.", path=content.name, what=what))
        pictures = _pictures(archive)
    if not any(text.strip() for text in rows.texts):
        if pictures:
            raise recognise.media_refused(content.name, say("a document of pictures only"))
        raise empty()
    for _ in range(pictures):
        rows.add("picture", "[그림: 가져오지 않음 / picture: not taken along]")
    table = pa.table([rows.parts, rows.numbers, rows.texts], schema=_SCHEMA)
    return Source(_SCHEMA, lambda: iter(table.to_batches(max_chunksize=_BATCH)))


def _counted(name: str) -> tuple[int, str]:
    digits = re.search(r"(\d+)\.xml$", name)
    return int(digits[1]) if digits else 0, name


def _pictures(archive: ZipFile) -> int:
    count = 0
    for entry in archive.infolist():
        if _PICTURES.fullmatch(entry.filename):
            with archive.open(entry) as stream:
                first = stream.read(recognise.FIRST_BYTES)
            vector = entry.filename.lower().endswith((".emf", ".wmf", ".svg"))
            count += vector or recognise.media(first) is not None
    return count


def _take(stream: IO[bytes], space: re.Pattern[str], part: str, rows: _Rows) -> None:
    taking = _Taking(space, part, rows)
    packed.parse(stream, taking.start, taking.end, taking.text)


class _Taking:
    """The state while one part is read: open paragraphs, cells and tables, innermost last."""

    def __init__(self, space: re.Pattern[str], part: str, rows: _Rows) -> None:
        self._space, self._rows = space, rows
        self._parts = [part]
        self._paragraphs: list[list[str]] = []
        self._cells: list[list[str]] = []
        self._lines: list[list[str]] = []
        self._tables: list[str] = []
        self._depth_of_cells: list[int] = []
        self._writing = self._running = self._silent = 0
        self._deleted = False

    def start(self, space: str, name: str, attributes: dict[str, str]) -> None:
        if self._silent or (
            (name in _NOT_WRITTEN or name.endswith("Pr"))
            and (space == _COMPATIBLE or self._space.fullmatch(space))
        ):
            self._silent += 1
        elif not self._space.fullmatch(space):
            return
        elif name == "p":
            self._paragraphs.append([])
        elif name in _WRITTEN:
            self._writing += 1
        elif name in _IN_ATTRIBUTE:
            self._write(attributes.get(_IN_ATTRIBUTE[name], ""))
        elif name in ("deleteBegin", "deleteEnd"):
            self._deleted = name == "deleteBegin"
        elif name == "r":
            self._running += 1
        elif name in _BETWEEN and self._paragraphs and (self._running or self._writing):
            self._paragraphs[-1].append(_BETWEEN[name])
        elif name in _NAMED:
            self._parts.append(_NAMED[name])
            self._depth_of_cells.append(len(self._cells))
        elif name == "tbl":
            self._rows.counts["tables"] += 1
            self._tables.append(f"table {self._rows.counts['tables']}")
        elif name == "tr":
            self._cells.append([])
        elif name == "tc":
            self._lines.append([])

    def end(self, space: str, name: str) -> None:
        if self._silent:
            self._silent -= 1
        elif not self._space.fullmatch(space):
            return
        elif name in _WRITTEN:
            self._writing -= 1
        elif name == "r":
            self._running -= 1
        elif name == "p" and self._paragraphs:
            self._paragraph("".join(self._paragraphs.pop()))
        elif name == "tc" and self._lines and self._cells:
            self._cells[-1].append("\n".join(self._lines.pop()))
        elif name == "tr" and self._cells:
            line = " | ".join(self._cells.pop())
            if line.replace("|", "").strip():
                self._rows.add(self._tables[-1] if self._tables else "table", line)
        elif name == "tbl" and self._tables:
            self._tables.pop()
        elif name in _NAMED and self._depth_of_cells and self._parts[-1] == _NAMED[name]:
            self._parts.pop()
            self._depth_of_cells.pop()

    def text(self, written: str) -> None:
        if self._writing and not self._silent:
            self._write(written)

    def _write(self, written: str) -> None:
        if self._paragraphs and not self._deleted:
            self._paragraphs[-1].append(written)

    def _paragraph(self, written: str) -> None:
        if not written.strip():
            return
        within = self._depth_of_cells[-1] if self._depth_of_cells else 0
        if self._lines and len(self._cells) > within:
            self._lines[-1].append(written)
        else:
            self._rows.add(self._parts[-1], written)
