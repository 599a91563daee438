"""One field of a form, and what an answer to it looks like in the document: each kind has its shape, and an answer
of another is told by the field's name. The kinds: `form`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from ...errors import Invalid
from ...language import Message, say
from ..report.markup import Words
from .document import Choice, Grid, Part, Said, Signature, Signatures

KINDS = ("text", "date", "number", "list", "table", "choice", "checklist", "signatures")

Answer = object
"""See the table of kinds in `form`; `drawn` says what is wrong with one."""


@dataclass(frozen=True, slots=True)
class Option:
    name: str
    label: Words


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    label: Words
    kind: str
    needed: bool
    options: tuple[Option, ...]
    """Columns of a table, options of a choice, items of a checklist, parties that sign."""
    answers: tuple[Option, ...]
    """What an item of a checklist may be answered with."""


def drawn(field: Field, answer: Answer) -> Part | Said:
    match field.kind:
        case "list":
            return _listed(_texts(field, answer))
        case "table":
            return _grid(field, answer)
        case "choice":
            return _choice(field, answer)
        case "checklist":
            return _checklist(field, answer)
        case "signatures":
            rows = answer or ()
            if not (isinstance(rows, Sequence) and all(isinstance(each, Signature) for each in rows)):
                raise _wrong(field, say("signatures"))
            return Signatures(tuple(rows) or (Signature(Words("서명", "Signature")),))
        case _:
            if answer is None:
                return ""
            if isinstance(answer, Words):
                return answer
            if isinstance(answer, (str, int, float, date)) and not isinstance(answer, bool):
                return str(answer)
            raise _wrong(field, say("a text"))


def _texts(field: Field, answer: Answer) -> list[Said]:
    if answer is None:
        return []
    if isinstance(answer, Sequence) and not isinstance(answer, str) and all(isinstance(e, str | Words) for e in answer):  # fmt: skip
        return list(answer)
    raise _wrong(field, say("a list of texts"))


def _listed(texts: Sequence[Said]) -> Said:
    both = [each if isinstance(each, Words) else Words(each, each) for each in texts]
    return Words("\n".join(f"- {each.ko}" for each in both), "\n".join(f"- {each.en}" for each in both))


def _grid(field: Field, answer: Answer) -> Grid:
    rows = answer if answer is not None else ()
    names = [column.name for column in field.options]
    if not (isinstance(rows, Sequence) and all(isinstance(row, Mapping) and set(row) <= set(names) for row in rows)):  # fmt: skip
        raise _wrong(field, say("rows of these columns: {columns}", columns=", ".join(names)))
    cells = tuple(tuple(_cell(row.get(name, "")) for name in names) for row in rows)
    empty: Said = "" if answer is None else Words("없음", "none")
    blank = (empty, *[""] * (len(names) - 1))
    return Grid(field.label, tuple(column.label for column in field.options), cells or (blank,))


def _cell(value: object) -> Said:
    if isinstance(value, Mapping) and set(value) == {"ko", "en"}:
        return Words(str(value["ko"]), str(value["en"]))
    return value if isinstance(value, Words) else str(value)


def _choice(field: Field, answer: Answer) -> Choice:
    chosen = [answer] if isinstance(answer, str) else list(cast(Sequence[str], answer or ()))
    names = [option.name for option in field.options]
    if not set(chosen) <= set(names):
        raise _wrong(field, say("one of: {choices}", choices=", ".join(names)))
    return Choice(field.label, tuple((option.label, option.name in chosen) for option in field.options))


def _checklist(field: Field, answer: Answer) -> Grid:
    given = answer or {}
    items, answers = [item.name for item in field.options], {a.name: a.label for a in field.answers}
    if not isinstance(given, Mapping) or not set(given) <= set(items):
        raise _wrong(field, say("answers to these items: {items}", items=", ".join(items)))
    rows: list[tuple[Said, ...]] = []
    for item in field.options:
        said, remark = _answered(field, given.get(item.name))
        if said is not None and said not in answers:
            raise _wrong(field, say("one of: {choices}", choices=", ".join(answers)))
        silent: Said = Words("답하지 않음", "not answered") if answer is not None else ""
        rows.append((item.label, answers[said] if said else silent, remark))
    columns = (Words("검토 항목", "Item"), Words("결과", "Finding"), Words("의견", "Remark"))
    return Grid(field.label, columns, tuple(rows))


def _answered(field: Field, check: object) -> tuple[str | None, Said]:
    """An answer and a remark, of a check that may be the answer alone."""
    if check is None or isinstance(check, str):
        return check or None, ""
    if (
        isinstance(check, Sequence)
        and len(check) == 2
        and isinstance(check[0], str)
        and isinstance(check[1], Said)
    ):
        return check[0] or None, check[1]
    raise _wrong(field, say("an answer, or an answer and a remark"))


def inside(answer: Answer) -> str | Words:
    if isinstance(answer, Words):
        return answer
    if isinstance(answer, (list, tuple)):
        return ", ".join(str(each) for each in answer)
    return "" if answer is None else str(answer)


def _wrong(field: Field, expected: Message) -> Invalid:
    return Invalid.field(field.name, expected=expected, got=say("something else"))
