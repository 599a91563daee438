"""A document as PDF/UA-1 (ISO 14289-1: tagged, so that it can be read aloud), set by Typst.

Needs the extra `reports` and, for Korean, a font with Hangul among the system's fonts. What stands in the
document never becomes Typst markup: it is written as string literals only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from ...errors import Unavailable
from ...language import say
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

FONTS = ("Noto Sans KR", "Noto Sans CJK KR", "NanumGothic", "Malgun Gothic", "Apple SD Gothic Neo")
_STYLE = """
#set page(paper: "a4", margin: (x: 22mm, y: 24mm), numbering: "1 / 1")
#set par(leading: 0.75em)
#set table(stroke: 0.5pt + luma(150), inset: 6pt)
#show table.cell: set par(justify: false)
#show heading.where(level: 1): set text(size: 17pt)
#show heading.where(level: 2): set block(above: 1.6em, below: 0.9em)
#show heading.where(level: 3): set block(above: 1.2em, below: 0.7em)
"""


def pdf(document: Document, language: str) -> bytes:
    """The PDF. Raises Unavailable without Typst, or without a font for Hangul where Korean is asked for."""
    try:
        import typst
    except ImportError:
        raise missing("PDF") from None
    if language != "en" and not _has_hangul():
        raise Unavailable(
            "papers.font",
            say("There is no font with Hangul on this computer, so a Korean PDF cannot be set."),
            say("Install one, such as the package fonts-nanum or fonts-noto-cjk, and try again."),
        )
    made: bytes = typst.compile(source(document, language).encode(), format="pdf", pdf_standards=["ua-1"])
    return made


def missing(what: str) -> Unavailable:
    return Unavailable(
        "papers.extra",
        say("{what} needs the extra `reports`.", what=what),
        say("Install it: pip install 'dalgubeol[reports]'."),
    )


def source(document: Document, language: str) -> str:
    """The document as Typst source."""
    title = " / ".join(said_in(document.title, language))
    fonts = ", ".join(_string(each) for each in FONTS)
    lines = [
        f"#set document(title: {_string(title)})",
        f'#set text(font: ({fonts}), lang: "{"en" if language == "en" else "ko"}", size: 10pt, fallback: true)',
        _STYLE,
        _heading(1, document.title, language),
        _pairs(about(document), language),
    ]
    for section in document.sections:
        lines.append(_heading(2, section.heading, language))
        lines.extend(_part(part, language) for part in section.parts)
    lines.append("#v(1.5em)#line(length: 100%, stroke: 0.5pt + luma(150))")
    lines.append(f"#text(size: 8.5pt)[{_shown(document.footer, language)}]")
    return "\n".join(lines)


def _part(part: Part, language: str) -> str:
    match part:
        case Text(said):
            return f"#par[{_shown(said, language)}]"
        case Facts(rows):
            return _pairs(rows, language)
        case Grid(caption, columns, rows):
            return _table(caption, columns, rows, language)
        case Choice(question, options):
            marked = [
                f"#list(marker: [{'☑' if chosen else '☐'}])[{_shown(words, language)}]"
                for words, chosen in options
            ]
            return "\n".join([_heading(3, question, language), *marked])
        case Clause(number, heading, said):
            title = Words(f"제{number}조 ({heading.ko})", f"Article {number} ({heading.en})")
            return f"{_heading(3, title, language)}\n#par[{_shown(said, language)}]"
        case Signatures(rows):
            grid = signature_grid(rows)
            return _table(grid.caption, grid.columns, grid.rows, language)


def _pairs(rows: Sequence[tuple[Words, Said]], language: str) -> str:
    cells = ", ".join(f"[#strong[{_shown(t, language)}]], [{_shown(d or '-', language)}]" for t, d in rows)
    return f"#table(columns: (30%, 70%), {cells})"


def _table(caption: Words, columns: Sequence[Said], rows: Sequence[Sequence[Said]], language: str) -> str:
    head = ", ".join(f"[#strong[{_shown(each, language)}]]" for each in columns)
    body = ", ".join(f"[{_shown(cell, language)}]" for row in rows for cell in row)
    widths = ", ".join(["1.4fr", *["1fr"] * (len(columns) - 1)])
    table = f"#table(columns: ({widths}), table.header({head}), {body})"
    return f"#block(sticky: true)[#strong[{_shown(caption, language)}]]\n#block(breakable: true)[#text(size: 9pt)[{table}]]"


def _heading(level: int, said: Said, language: str) -> str:
    return f"#heading(level: {level})[{_shown(said, language)}]"


def _shown(said: Said, language: str) -> str:
    lines = [line for text in said_in(said, language) for line in text.split("\n")]
    return "#linebreak()".join(f"#{_string(line)}" for line in lines)


def _string(text: str) -> str:
    """A Typst string literal: its escapes are those of JSON, but for the form of Unicode ones."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return json.dumps(plain, ensure_ascii=False)


def _has_hangul() -> bool:
    import typst

    families = {family.casefold() for family in typst.Fonts(include_system_fonts=True).families()}
    return any(font.casefold() in families for font in FONTS)
