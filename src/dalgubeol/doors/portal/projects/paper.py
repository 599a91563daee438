"""One paper: what the site knows stands in it already; what it cannot know is asked for here."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from ....errors import DalguError
from ....language import say
from ....methods.papers.fields import Field as Asked
from ....verbs.papers import paperwork
from ..elements import fields
from ..elements.frame import heading, note, subheading
from ..elements.parts import Part, words
from ..elements.sheet import Blank, Field
from ..visit import Visit, page
from .projects import PAPER_NAMES

_TYPES = (("html", "HTML"), ("pdf", "PDF"), ("docx", "DOCX"))


def add() -> None:
    @page("/papers/{form}/{subject}", say("Paper"))
    async def paper(visit: Visit, form: str, subject: str) -> None:
        lacking = await visit.read(lambda: paperwork.lacking(visit.house, visit.signed_in, form, subject))
        name = PAPER_NAMES.get(form)
        heading(visit, name if name is not None else form, say("What the site knows stands in it already: facts, measurements, and the numbers of the Records that prove them."))  # fmt: skip
        sheet = Blank(visit, {"language": visit.reader.language, "type": "pdf"})
        shown: dict[str, Field] = {}
        with Part("div", classes="dalgu-form dalgu-wide"):
            if lacking:
                subheading(visit, say("What only you know"))
                for field in lacking:
                    shown[field.name] = _ask(visit, sheet, field)
            subheading(visit, say("How it is to look"))
            fields.choice(sheet, "language", say("Language"), [("ko", "한국어"), ("en", "English"), ("both", "한국어 · English")], needed=True)  # fmt: skip
            with Part("div", classes="dalgu-buttons"):
                for value, shown_as in _TYPES:
                    button = Part("button", shown_as, "dalgu-button dalgu-small", type="button")
                    button.on("click", lambda value=value: _make(visit, form, subject, lacking, sheet, shown, value))  # fmt: skip
            words(visit, "p", say("PDF is tagged, so that it can be read aloud. DOCX is for what is filled in by hand."), "dalgu-hint")  # fmt: skip


def _ask(visit: Visit, sheet: Blank, field: Asked) -> Field:
    label = field.label.said(visit.reader.language)
    sheet.values.setdefault(field.name, [] if field.kind in ("choice", "choices") else "")
    options = [(o.name, o.label.said(visit.reader.language)) for o in field.options]
    if field.kind == "choices":
        return fields.many(sheet, field.name, label, options, needed=field.needed, hint=say("Only what a review found adequate, and what is not destroyed, can be chosen."))  # fmt: skip
    if field.kind == "choice":
        return fields.choice(sheet, field.name, label, options, needed=field.needed, empty=say("not chosen"))
    if field.kind == "date":
        return fields.text(sheet, field.name, label, needed=field.needed, type_="date")
    hint = say("One per line.") if field.kind == "list" else None
    return fields.text(sheet, field.name, label, needed=field.needed, rows=2, maxlength=20_000, hint=hint)


async def _make(
    visit: Visit, form: str, subject: str, lacking: tuple[Asked, ...], sheet: Blank, shown: dict[str, Field], type_: str
) -> None:  # fmt: skip
    for each in shown.values():
        each.wrong(None)
    empty = [f.name for f in lacking if f.needed and not sheet.values.get(f.name)]
    for name in empty:
        shown[name].wrong(say("This is needed."))
    if empty:
        shown[empty[0]].focus()
        return
    answers = {f.name: _answer(f, sheet.values.get(f.name)) for f in lacking if sheet.values.get(f.name)}
    made: paperwork.Paper | None
    error: DalguError | None
    made, error = await visit.attempt(
        lambda who: paperwork.made(
            visit.house, who, form, subject, file_type=type_, language=str(sheet.values["language"]), answers=answers
        )
    )  # fmt: skip
    if made is None:
        if error is not None:
            visit.show(error)
        return
    ui.download.content(made.content, made.name, made.media)
    note(visit, say("The paper is made."))


def _answer(field: Asked, typed: Any) -> Any:
    if field.kind == "list":
        return [line.strip() for line in str(typed).splitlines() if line.strip()]
    return typed
