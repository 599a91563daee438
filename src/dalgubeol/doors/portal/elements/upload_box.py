"""A box that one file is dropped into: it is sent in pieces and goes on where a cut line left it (`upload.js`)."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from ....language import Message, say
from ....verbs.datasets.uploads import Upload
from ..datasets.dataset import size_text
from ..visit import Visit
from . import fields
from .parts import Part, words
from .sheet import Field, Holder

DETAIL = "(event) => emit(event.detail)"


def needs_script() -> None:
    """On every page that has such a box."""
    ui.add_head_html('<script src="/static/upload.js" defer></script>')


def upload_box(
    sheet: Holder, name: str, label: Message | str, chooser: Message, *, hint: Message | None = None,
    known: Upload | None = None, **attributes: Any,
) -> tuple[Part, Field]:  # fmt: skip
    """The box tells of "begun" {id, name, size}, "whole" {id} and "dropped"; the field is where errors are said."""
    visit = sheet.visit

    def said(message: Message) -> str:
        return visit.text(message)

    told: dict[str, Any] = {
        "data_language": visit.reader.language, "data_sending": said(say("Sending {name}: {percent} %", name="{name}", percent="{percent}")),
        "data_waiting": said(say("The line is cut; {name} goes on as soon as it is back.", name="{name}")),
        "data_whole": said(say("{name} has arrived.", name="{name}")), "data_dropped": said(say("Cancelled; nothing is kept.")),
        "data_failed": said(say("The file could not be sent.")),
    }  # fmt: skip
    if known is not None:
        told |= {"data_upload": known.id, "data_name": known.name, "data_size": known.size_bytes}
    with Part("div", classes="dalgu-upload", **told) as box:
        field = Field(sheet, name, label, needed=True, hint=hint)
        with field.slot:
            field.holds(fields.chooser(visit, chooser, **attributes))
        Part("progress", classes="dalgu-progress", hidden=True, aria_label=said(say("how much has been sent")))  # fmt: skip
        Part("p", said(_stands(known)) if known is not None else "", role="status", aria_live="polite")
        words(
            visit, "button", say("Cancel and throw away"), "dalgu-quiet dalgu-danger dalgu-upload-stop", type="button",
            hidden=True,
        )  # fmt: skip
    return box, field


def _stands(known: Upload) -> Message:
    if known.whole:
        return say("{name} has arrived.", name=known.name)
    return say("{name}: {some} of {all} have arrived. Choose the same file again to go on.", name=known.name, some=size_text(known.offset), all=size_text(known.size_bytes))  # fmt: skip


def documents(visit: Visit, name: Message, taken: Any, *, several: bool = True) -> Part:
    """A file input for small documents (cards, agreements): `taken` is given (name, text) of each that was chosen.

    One that is too large to be such a document is named, and not read.
    """

    def read(answer: Any) -> Any:
        documents = [(str(name), str(text)) for name, text in answer or () if text is not None]
        for name, text in answer or ():
            if text is None:
                told = say("{name} is larger than {most} KB: it is no card and no agreement, and was not read.", name=str(name), most=LARGEST_DOCUMENT // 1000)  # fmt: skip
                ui.notify(visit.text(told), type="warning", close_button=visit.text(say("Close")), timeout=0)
        return taken(documents) if documents else None  # awaited by whom it is handed to

    opener = fields.chooser(visit, name, multiple=several, accept=".card,.json,application/json,text/plain")
    opener.on(
        "change", lambda event: read(event.args), js_handler=_READ.replace("MOST", str(LARGEST_DOCUMENT))
    )
    return opener


LARGEST_DOCUMENT = 150_000
_READ = """async (event) => { const files = [...event.target.files];
const read = await Promise.all(files.map(async (file) => [file.name, file.size < MOST ? await file.text() : null])); event.target.value = ''; emit(read); }"""
