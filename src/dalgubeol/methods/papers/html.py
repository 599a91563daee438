"""A document as one self-contained page for the screen (see `report.pages`)."""

from __future__ import annotations

from collections.abc import Iterable

from ..report import pages
from ..report.markup import Content, Markup, Words, element, joined
from .document import (
    Choice,
    Clause,
    Document,
    Facts,
    Grid,
    Part,
    Said,
    Section,
    Signatures,
    Text,
    about,
    signature_grid,
)


def html(document: Document, language: str) -> str:
    """The page, opened in `language` (ko, en, both); the reader may choose another."""
    sections = [
        pages.Section(f"section-{place}", section.heading, _section(section, place))
        for place, section in enumerate(document.sections, start=1)
    ]
    return pages.page(
        document.title,
        _pairs(about(document)),
        sections,
        language=language,
        footer=pages.paragraph(document.footer),
    )


def _section(section: Section, place: int) -> Markup:
    return joined(_part(part, f"part-{place}-{index}") for index, part in enumerate(section.parts))


def _part(part: Part, name: str) -> Markup:
    match part:
        case Text(said):
            return pages.paragraph(_words(said))
        case Facts(rows):
            return _pairs(rows)
        case Grid(caption, columns, rows):
            return pages.table(name, caption, columns, rows)
        case Choice(question, options):
            marks = [element("span", "☑ " if chosen else "☐ ", aria_hidden="true") for _, chosen in options]
            told = [Words("선택됨: ", "chosen: ") if chosen else None for _, chosen in options]
            items: list[Content] = [
                joined((mark, element("span", tell, class_="visually-hidden") if tell else None, words))
                for mark, tell, (words, _) in zip(marks, told, options, strict=True)
            ]
            return joined((element("h3", question), pages.listed(items)))
        case Clause(number, heading, said):
            title = Words(f"제{number}조 ({heading.ko})", f"Article {number} ({heading.en})")
            return joined((element("h3", title), pages.paragraph(said)))
        case Signatures(rows):
            grid = signature_grid(rows)
            return pages.table(name, grid.caption, grid.columns, grid.rows)


def _pairs(rows: Iterable[tuple[Words, Said]]) -> Markup:
    cells = [joined((element("dt", label), element("dd", _shown(said)))) for label, said in rows]
    return element("dl", *cells, class_="facts")


def _shown(said: Said) -> Content:
    return said or "-"


def _words(said: Said) -> Words:
    return said if isinstance(said, Words) else Words(said, said)
