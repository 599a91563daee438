"""Forms are data with the date of their edition: a form, filled in, is a document.

A form is a TOML file `editions/DATE/NAME.toml`; a site may bring its own folder of editions, for the guideline
changes and a contract may be a firm's own. What stands in a form:

    title, basis, footer    in both languages: { ko = "...", en = "..." }
    [[sections]]            a heading, a note, and fields or clauses
    [[sections.fields]]     name, label, kind, needed; by kind: columns (table), options (choice), items (checklist),
                            parties (signatures: the fields of those who sign)
    [[sections.clauses]]    heading and text; {name} in the text is the answer to the field of that name

| kind | answer |
|---|---|
| text, date, number | a text, or `Words` |
| list | texts, or `Words` |
| table | rows: a mapping of column to text |
| choice | the name of one option, or of several |
| checklist | item to (option, remark) |
| signatures | `Signature`s; without any, a row for each party that the form names, by the answer of that field |

The wording of the forms is the project's own: it asks for what the law and the guideline name. An office that
has to use an official form brings that as its edition.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any, cast

from ...errors import Invalid, Missing
from ...language import Message, say
from ..report.markup import Words
from .document import Clause, Document, Facts, Part, Said, Section, Signature, Text
from .fields import KINDS, Answer, Field, Option, drawn, inside

SHIPPED = Path(__file__).parent / "editions"
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_FIELD = re.compile(r"\{([a-z_]+)\}")
_EDITION = re.compile(r"\d{4}-\d{2}")


@dataclass(frozen=True, slots=True)
class Block:
    heading: Words
    note: Words | None
    fields: tuple[Field, ...]
    clauses: tuple[tuple[Words, Words], ...]


@dataclass(frozen=True, slots=True)
class Form:
    """One form of one edition."""

    name: str
    edition: str
    title: Words
    basis: Words
    footer: Words
    sections: tuple[Block, ...]

    def fields(self) -> Iterator[Field]:
        for section in self.sections:
            yield from section.fields


def editions(*folders: Path) -> tuple[str, ...]:
    """The editions that there are, oldest first: those shipped and those in `folders`."""
    found = {
        each.name
        for folder in (SHIPPED, *folders)
        if folder.is_dir()
        for each in folder.iterdir()
        if each.is_dir() and _EDITION.fullmatch(each.name)
    }
    return tuple(sorted(found))


def form(name: str, on: date, *folders: Path) -> Form:
    """The form `name` of the newest edition that held on that day; a folder's own goes before the shipped one.

    Before the first edition the first one serves. Raises Missing where no edition has the form, Invalid where
    its file cannot be used.
    """
    if not _NAME.fullmatch(name):
        raise _no_form(name)
    having = [each for each in editions(*folders) if _file(name, each, folders) is not None]
    if not having:
        raise _no_form(name)
    held = [each for each in having if each <= f"{on:%Y-%m}"]
    edition = held[-1] if held else having[0]
    path = cast(Path, _file(name, edition, folders))
    try:
        return parsed(name, edition, path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise _broken(f"{edition}/{name}", say("It is not UTF-8 text.")) from None


def names(*folders: Path) -> tuple[str, ...]:
    """The forms that some edition has."""
    return tuple(
        sorted(
            {
                path.stem
                for folder in (SHIPPED, *folders)
                for edition in editions(*folders)
                for path in (folder / edition).glob("*.toml")
            }
        )
    )


def parsed(name: str, edition: str, text: str) -> Form:
    """A form from its TOML. Raises Invalid, saying where."""
    at = f"{edition}/{name}"
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise _broken(at, say("It is not TOML: {why}", why=str(wrong))) from None
    sections = tuple(
        _section(at, f"sections[{i}]", each) for i, each in enumerate(_tables(at, raw, "sections"))
    )
    form = Form(
        name,
        edition,
        _words(at, raw, "title"),
        _words(at, raw, "basis"),
        _words(at, raw, "footer"),
        sections,
    )
    known = [field.name for field in form.fields()]
    twice = sorted({each for each in known if known.count(each) > 1})
    if twice:
        raise _broken(at, say("These fields occur twice: {names}.", names=", ".join(twice)))
    asked = {
        found
        for section in sections
        for _, said in section.clauses
        for text_ in (said.ko, said.en)
        for found in _FIELD.findall(text_)
    }
    if unknown := sorted(asked - set(known)):
        raise _broken(at, say("Its clauses name fields that it has not: {names}.", names=", ".join(unknown)))
    return form


def fill(form: Form, answers: Mapping[str, Answer], *, number: str, on: date) -> Document:
    """The document of a form with its answers.

    Raises Invalid for an answer that no field asks for, for one of the wrong shape, and, naming all of them,
    for needed ones that are not there.
    """
    known = {field.name: field for field in form.fields()}
    if unknown := sorted(set(answers) - set(known)):
        raise Invalid.field("answers", expected=say("fields of the form {form}", form=form.name), got=", ".join(unknown))  # fmt: skip
    if lacking := [field for field in known.values() if field.needed and not answers.get(field.name)]:
        raise Invalid(
            "invalid.answers",
            say("The form {form} lacks: {fields}.", form=form.name, fields=", ".join(f.name for f in lacking)),
            say("Fill them in and try again."),
        )  # fmt: skip
    parts_of = {
        name: drawn(field, answers.get(name) or _parties(field, answers)) for name, field in known.items()
    }
    said = {name: inside(answers.get(name)) for name in known}
    count = 0
    sections = []
    for section in form.sections:
        parts: list[Part] = [Text(section.note)] if section.note else []
        for plain, fields in groupby(section.fields, _is_plain):
            if plain:
                parts.append(Facts(tuple((f.label, cast(Said, parts_of[f.name])) for f in fields)))
            else:
                parts.extend(cast(Part, parts_of[f.name]) for f in fields)
        for heading, words in section.clauses:
            count += 1
            parts.append(Clause(count, heading, words.filled(**said)))
        sections.append(Section(section.heading, tuple(parts)))
    return Document(form.title, number, on.isoformat(), form.basis, tuple(sections), form.footer)


def fitting(form: Form, facts: Mapping[str, Answer]) -> dict[str, Answer]:
    """Of what a house knows, that which this form asks for, in the shape in which it asks for it: a form may have
    fewer columns than the house has facts, or ask for something else by the same name."""
    found: dict[str, Answer] = {}
    for field in form.fields():
        fact = facts.get(field.name)
        if field.kind == "table" and isinstance(fact, Sequence) and all(isinstance(r, Mapping) for r in fact):
            names = {column.name for column in field.options}
            fact = [{name: cell for name, cell in row.items() if name in names} for row in fact]
        elif fact in (None, "", (), []) or (fact == {} and field.kind != "checklist"):
            continue
        try:
            drawn(field, fact)
        except Invalid:
            continue
        found[field.name] = fact
    return found


def _parties(field: Field, answers: Mapping[str, Answer]) -> Answer:
    """Who signs, where nobody has signed yet."""
    if field.kind != "signatures":
        return answers.get(field.name)
    return tuple(Signature(party.label, _inside_text(answers.get(party.name))) for party in field.options)


def _inside_text(answer: Answer) -> str:
    said = inside(answer)
    return said.ko if isinstance(said, Words) else said


def _is_plain(field: Field) -> bool:
    return field.kind in ("text", "date", "number", "list")


def _file(name: str, edition: str, folders: Sequence[Path]) -> Path | None:
    for folder in (*folders, SHIPPED):
        path = folder / edition / f"{name}.toml"
        if path.is_file():
            return path
    return None


def _section(at: str, place: str, raw: Mapping[str, Any]) -> Block:
    fields = tuple(
        _field(at, f"{place}.fields[{i}]", each) for i, each in enumerate(_tables(at, raw, "fields"))
    )
    clauses = tuple(
        (_words(at, each, "heading"), _words(at, each, "text")) for each in _tables(at, raw, "clauses")
    )
    _only(at, place, raw, {"heading", "note", "fields", "clauses"})
    note = _words(at, raw, "note") if "note" in raw else None
    return Block(_words(at, raw, "heading"), note, fields, clauses)


def _field(at: str, place: str, raw: Mapping[str, Any]) -> Field:
    _only(
        at,
        place,
        raw,
        {"name", "label", "kind", "needed", "columns", "options", "items", "answers", "parties"},
    )
    kind, name = raw.get("kind", "text"), raw.get("name", "")
    if kind not in KINDS:
        raise _broken(at, say("{place}: kind must be one of: {kinds}.", place=place, kinds=", ".join(KINDS)))
    if not isinstance(name, str) or not re.fullmatch(r"[a-z_]+", name):
        raise _broken(at, say("{place}: it has no name of small letters.", place=place))
    holder = {"table": "columns", "choice": "options", "checklist": "items", "signatures": "parties"}.get(
        kind
    )
    options = _options(at, raw, holder) if holder else ()
    answers = _options(at, raw, "answers") if kind == "checklist" else ()
    if (holder and holder != "parties" and not options) or (kind == "checklist" and not answers):
        raise _broken(at, say("{place}: it has nothing to choose from.", place=place))
    return Field(name, _words(at, raw, "label"), kind, bool(raw.get("needed", False)), options, answers)


def _options(at: str, raw: Mapping[str, Any], holder: str) -> tuple[Option, ...]:
    return tuple(
        Option(str(each.get("name", "")), Words(str(each.get("ko", "")), str(each.get("en", ""))))
        for each in _tables(at, raw, holder)
    )


def _tables(at: str, raw: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = raw.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise _broken(at, say("{place}: it must be a list of tables.", place=name))
    return found


def _words(at: str, raw: Mapping[str, Any], name: str) -> Words:
    found = raw.get(name)
    if isinstance(found, dict) and set(found) == {"ko", "en"} and all(type(v) is str for v in found.values()):
        return Words(found["ko"], found["en"])
    raise _broken(at, say("{place}: it must have a text in ko and in en.", place=name))


def _only(at: str, place: str, raw: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(raw) - known):
        raise _broken(at, say("{place}: unknown: {names}.", place=place, names=", ".join(unknown)))


def _broken(at: str, detail: Message) -> Invalid:
    return Invalid(
        "invalid.form",
        say("The form {form} cannot be used. {detail}", form=at, detail=detail),
        say("Correct the file of the form."),
    )


def _no_form(name: str) -> Missing:
    return Missing(
        "form.missing",
        say("There is no form {form}.", form=name),
        say("See `dalgu papers list` for those that there are."),
    )


def check(name: str, on: str, answers: Mapping[str, Answer], *folders: Path) -> None:
    """That these answers fit the form of that day (ISO 8601), whatever else it lacks. Raises Invalid."""
    chosen = form(name, date.fromisoformat(on), *folders)
    known = {field.name: field for field in chosen.fields()}
    if unknown := sorted(set(answers) - set(known)):
        raise Invalid.field("answers", expected=say("fields of the form {form}", form=name), got=", ".join(unknown))  # fmt: skip
    for field_name, answer in answers.items():
        drawn(known[field_name], answer)
