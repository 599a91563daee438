"""A document as DOCX (Office Open XML), to be filled in further by hand. Needs the extra `reports`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from ..report.markup import Words
from .document import (
    Choice,
    Clause,
    Document,
    Facts,
    Grid,
    Part,
    Said,
    Signatures,
    Text,
    about,
    said_in,
    signature_grid,
)
from .pdf import missing

_FONT = "Malgun Gothic"


def docx(document: Document, language: str) -> bytes:
    """The DOCX. Raises Unavailable without the extra `reports`."""
    try:
        import docx as library
        from docx.oxml.ns import qn
    except ImportError:
        raise missing("DOCX") from None
    made: Any = library.Document()
    made.core_properties.title = " / ".join(said_in(document.title, language))
    made.core_properties.author = ""
    normal = made.styles["Normal"]
    normal.font.name = _FONT
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    normal.element.rPr.append(_language_of(language))
    made.add_heading(_shown(document.title, language), level=1)
    _pairs(made, about(document), language)
    for section in document.sections:
        made.add_heading(_shown(section.heading, language), level=2)
        for part in section.parts:
            _add(made, part, language)
    made.add_paragraph()
    made.add_paragraph(_shown(document.footer, language))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _add(made: Any, part: Part, language: str) -> None:
    match part:
        case Text(said):
            made.add_paragraph(_shown(said, language))
        case Facts(rows):
            _pairs(made, rows, language)
        case Grid(caption, columns, rows):
            _table(made, caption, columns, rows, language)
        case Choice(question, options):
            made.add_heading(_shown(question, language), level=3)
            for words, chosen in options:
                made.add_paragraph(f"{'☑' if chosen else '☐'} {_shown(words, language)}")
        case Clause(number, heading, said):
            title = Words(f"제{number}조 ({heading.ko})", f"Article {number} ({heading.en})")
            made.add_heading(_shown(title, language), level=3)
            made.add_paragraph(_shown(said, language))
        case Signatures(rows):
            grid = signature_grid(rows)
            _table(made, grid.caption, grid.columns, grid.rows, language)


def _pairs(made: Any, rows: Sequence[tuple[Words, Said]], language: str) -> None:
    table = made.add_table(rows=0, cols=2, style="Table Grid")
    for label, said in rows:
        cells = table.add_row().cells
        cells[0].paragraphs[0].add_run(_shown(label, language)).bold = True
        cells[1].text = _shown(said or "-", language)
    made.add_paragraph()


def _table(
    made: Any, caption: Words, columns: Sequence[Said], rows: Sequence[Sequence[Said]], language: str
) -> None:
    made.add_paragraph().add_run(_shown(caption, language)).bold = True
    table = made.add_table(rows=1, cols=len(columns), style="Table Grid")
    for cell, said in zip(table.rows[0].cells, columns, strict=True):
        cell.paragraphs[0].add_run(_shown(said, language)).bold = True
    _repeated_on_every_page(table.rows[0])
    for row in rows:
        for cell, said in zip(table.add_row().cells, row, strict=True):
            cell.text = _shown(said, language)
    made.add_paragraph()


def _repeated_on_every_page(row: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _language_of(language: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:lang")
    mark.set(qn("w:val"), "en-US")
    mark.set(qn("w:eastAsia"), "ko-KR" if language != "en" else "en-US")
    return mark


def _shown(said: Said, language: str) -> str:
    shown = "\n".join(said_in(said, language))
    return "".join(char if char.isprintable() or char == "\n" else " " for char in shown)
