"""A document as a value: what stands in it, not how it looks. HTML, PDF and DOCX are made of the same one.

Everything that is read is `Said`: `Words` in both languages, or a plain text that is the same in both (a name, a
number, what somebody has typed).
"""

from __future__ import annotations

from dataclasses import dataclass

from ..report.markup import Words

Said = Words | str

LANGUAGES = ("ko", "en", "both")


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    said: Said


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of a label and what stands beside it."""

    rows: tuple[tuple[Words, Said], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with a caption. The first cell of a row is its heading; every row is as long as `columns`."""

    caption: Words
    columns: tuple[Said, ...]
    rows: tuple[tuple[Said, ...], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with its answers, of which some are ticked."""

    question: Words
    options: tuple[tuple[Words, bool], ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """One article of a contract."""

    number: int
    heading: Words
    said: Words


@dataclass(frozen=True, slots=True)
class Signature:
    """A place to sign, or what was signed: `at` is a date, `proof` the Record that proves it."""

    role: Words
    name: str = ""
    said: Said = ""
    at: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Signatures:
    rows: tuple[Signature, ...]


Part = Text | Facts | Grid | Choice | Clause | Signatures


@dataclass(frozen=True, slots=True)
class Section:
    heading: Words
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """`number` is how the house calls it, `date` a day (ISO 8601), `basis` the law and edition it follows."""

    title: Words
    number: str
    date: str
    basis: Words
    sections: tuple[Section, ...]
    footer: Words


def said_in(said: Said, language: str) -> tuple[str, ...]:
    """The texts to show: one, or Korean and English where both are asked for and differ."""
    if isinstance(said, str):
        return (said,)
    if language == "both":
        return (said.ko,) if said.ko == said.en else (said.ko, said.en)
    return (said.said(language),)


def about(document: Document) -> tuple[tuple[Words, Said], ...]:
    """What stands at the head of the paper."""
    return (
        (Words("문서 번호", "Number"), document.number),
        (Words("일자", "Date"), document.date),
        (Words("근거", "Basis"), document.basis),
    )


_SIGNATURE_COLUMNS = (
    Words("구분", "As"),
    Words("성명", "Name"),
    Words("의견", "Says"),
    Words("일자", "Date"),
    Words("기록 번호 또는 서명", "Record, or signature"),
)
_SAYS = 2


def signature_grid(rows: tuple[Signature, ...]) -> Grid:
    """As a table; where nobody says anything, as under a contract, it has no column for that."""
    grid = Grid(
        Words("서명", "Signatures"), _SIGNATURE_COLUMNS,
        tuple((each.role, each.name, each.said, each.at, each.proof) for each in rows),
    )  # fmt: skip
    if any(each.said for each in rows):
        return grid
    kept = [place for place in range(len(_SIGNATURE_COLUMNS)) if place != _SAYS]
    cells = tuple(tuple(row[place] for place in kept) for row in grid.rows)
    return Grid(grid.caption, tuple(grid.columns[place] for place in kept), cells)
