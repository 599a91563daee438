"""Bringing a Dataset in: send a file (it goes on after a cut line), see what is in it, say how careful one must be."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, ClassVar

from nicegui import ui

from ....errors import DalguError, Missing
from ....language import Message, say
from ....nouns.dataset import Dataset, Form, Sensitivity
from ....verbs.datasets import uploads
from ....verbs.datasets.register import check_brings
from ....verbs.projects import proposals
from ....verbs.projects.proposals import Proposal
from ....world.identity import SignedIn
from ..elements import fields
from ..elements.frame import chip_text, heading, paragraph
from ..elements.listing import listing
from ..elements.parts import Part, words
from ..elements.sheet import Field, Holder, Sheet
from ..elements.upload_box import DETAIL, needs_script, upload_box
from ..visit import Visit, page
from .dataset import type_name

_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".parquet", ".docx", ".hwpx")
_MANY_QUASI = 3
"""So many columns that could single somebody out make rows that are about persons."""
BEGUN: dict[str, Any] = {
    "upload": None, "name": "", "form": Form.TABLE.value, "sensitivity": Sensitivity.INTERNAL.value,
    "trade_secret": False, "description": "", "generated": [],
}  # fmt: skip
_FOUND = {
    "direct identifier": say("says who somebody is"), "quasi-identifier": say("could single somebody out"),
    "sensitive": say("says something delicate"), "plain": say("says nothing of who"),
}  # fmt: skip


def add() -> None:
    @page("/datasets/bring", say("Bring a Dataset in"))
    async def bring(visit: Visit) -> None:
        heading(
            visit,
            say("Bring a Dataset in"),
            say("The file is sent sealed. Nothing is registered before you have seen what is in it."),
        )
        check_brings(visit.signed_in)
        needs_script()
        await _Page(await Sheet.opened(visit, "dataset", dict(BEGUN))).build()


class Bringing(ABC):
    """One file on its way in."""

    label: ClassVar[Message] = say("The file")
    hint: ClassVar[Message] = say("CSV, XLSX, Parquet, DOCX or HWPX; up to many gigabytes. You can drop it here.")  # fmt: skip

    def __init__(self, sheet: Holder) -> None:
        self.visit, self.sheet = sheet.visit, sheet
        self.shown: dict[str, Field] = {}

    async def build(self) -> None:
        visit = self.visit
        known = await self._known()
        self._box(known)
        self.rest = Part("div", aria_live="polite")
        if known is not None and known.whole:
            with self.rest:
                words(visit, "p", say("The file is being looked at..."), "dalgu-hint")
            ui.timer(0.05, self._look, once=True)

    async def _known(self) -> uploads.Upload | None:
        """The upload that the draft speaks of, if it is still there."""
        held = self.sheet.values.get("upload")
        if not isinstance(held, str):
            return None
        try:
            return await self.visit.read(lambda: uploads.find(self.visit.house, self.visit.signed_in, held))
        except Missing:
            self.sheet.values["upload"] = None
            return None

    def _box(self, known: uploads.Upload | None) -> None:
        box, self.shown["file"] = upload_box(
            self.sheet, "file", self.label, say("Choose the file"), known=known, hint=self.hint
        )
        box.on("begun", self._begun, js_handler=DETAIL)
        box.on("whole", self._look, js_handler="() => emit()")
        box.on("dropped", self._dropped, js_handler="() => emit()")

    def _begun(self, event: Any) -> None:
        self.sheet.set("upload", str(event.args["id"]))
        name = _name_of(str(event.args["name"]))
        if self.sheet.values["name"] in (
            "",
            self.sheet.values.get("named after file"),
        ):  # nobody typed another
            self.sheet.set("name", name)
        self.sheet.set("named after file", name)
        self.rest.clear()

    def _dropped(self) -> None:
        self.sheet.set("upload", None)
        self.rest.clear()

    async def _look(self) -> None:
        visit, id_ = self.visit, self.sheet.values.get("upload")
        if not isinstance(id_, str):
            return
        looked, error = await visit.attempt(lambda who: _looked_at(visit, who, id_))
        self.rest.clear()
        with self.rest:
            if error is not None or looked is None:
                self._unreadable(error)
                return
            self._questions(*looked)

    def _unreadable(self, error: DalguError | None) -> None:
        with Part("div", classes="dalgu-error", role="alert"):
            if error is not None:
                paragraph(self.visit, error.detail)
                paragraph(self.visit, error.next_step).classes("dalgu-next")

    def _questions(self, upload: uploads.Upload, found: Sequence[Proposal]) -> None:
        sheet, shown = self.sheet, self.shown
        if found:
            self._preview(found)
        self._name()
        shown["form"] = fields.choice(sheet, "form", say("What it is"), [(f.value, self.visit.word(f)) for f in Form], needed=True, hint=say("A plant's log is a series."))  # fmt: skip
        self._sensitivity(upload, found)
        fields.yes(
            sheet,
            "trade_secret",
            say("It is a trade secret"),
            hint=say("It is then encrypted with a key of its own, and never handed out."),
        )
        self._description()
        if found:
            with Part("details", open=bool(sheet.values.get("generated"))):
                words(self.visit, "summary", say("Some columns were generated, not measured"))
                fields.many(
                    sheet, "generated", say("Generated columns"), [(p.column, p.column) for p in found]
                )
        self._end(say("Register it"))

    def _name(self) -> None:
        self.shown["name"] = fields.text(self.sheet, "name", say("What it is called"), needed=True, maxlength=100, hint=say("Letters, digits, spaces, dots and dashes; never used twice."))  # fmt: skip

    def _sensitivity(self, upload: uploads.Upload, found: Sequence[Proposal]) -> None:
        visit, sheet = self.visit, self.sheet
        careful, why = proposed(found)
        if sheet.values.get("proposed for") != upload.id:
            sheet.values |= {"proposed for": upload.id, "sensitivity": careful.value}
        kept = [s for s in Sensitivity if s is not Sensitivity.ANONYMOUS]
        self.shown["sensitivity"] = fields.choice(sheet, "sensitivity", say("How careful one must be"), [(s.value, chip_text(visit, s)) for s in kept], needed=True, hint=why)  # fmt: skip

    def _description(self) -> None:
        fields.text(self.sheet, "description", say("What it is and where it is from"), rows=2, maxlength=500, hint=say("Everybody who is signed in reads this: name no person."))  # fmt: skip

    def _end(self, name: Message) -> None:
        with Part("div", classes="dalgu-buttons"):
            self.button = words(self.visit, "button", name, "dalgu-button dalgu-small", type="button")
            self.button.on("click", self._register)
            self.busy = Part("p", "", role="status", aria_live="polite")

    @abstractmethod
    async def _made(self, made: Dataset) -> None:
        """It is registered."""

    def _preview(self, found: Sequence[Proposal]) -> None:
        visit = self.visit
        rows = [
            {
                "id": place, "name": p.column, "type": visit.text(type_name(p.type)), "found": visit.text(_FOUND[p.role]),
                "why": " ".join(evidence.text(visit.reader.language) for evidence in p.evidence),
            }
            for place, p in enumerate(found)
        ]  # fmt: skip
        words(visit, "h2", say("What is in it"))
        columns = (
            ("name", say("column")),
            ("type", say("type")),
            ("found", say("what was found")),
            ("why", say("why")),
        )
        listing(visit, say("What is in it"), columns, rows, export=False)

    async def _register(self) -> None:
        visit = self.visit
        values = dict(self.sheet.values)
        self.busy.set_text(visit.text(say("It is being registered...")))
        made, error = await visit.attempt(lambda who: _registered(visit, who, values))
        self.busy.set_text("")
        for field in self.shown.values():
            field.wrong(None)
        if made is not None:
            await self._made(made)
            return
        if error is None:
            return
        name = "name" if error.code == "dataset.name" else error.code.removeprefix("invalid.")
        if name in self.shown:
            self.shown[name].wrong(error.detail)
            self.shown[name].focus()
        else:
            visit.show(error)


class _Page(Bringing):
    """On a page of its own."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(sheet)
        self.draft = sheet

    async def build(self) -> None:
        with Part("div", classes="dalgu-form dalgu-wide"):
            await super().build()
            self.draft.status()

    async def _made(self, made: Dataset) -> None:
        await self.draft.sent()
        ui.navigate.to(f"/datasets/{made.id}")


def _looked_at(visit: Visit, who: SignedIn, id_: str) -> tuple[uploads.Upload, Sequence[Proposal]]:
    upload = uploads.find(visit.house, who, id_)
    table = PurePath(upload.name).suffix.lower() in _TABLES
    return upload, proposals.of_upload(uploads.content_of(visit.house, upload)) if table else ()


def _registered(visit: Visit, who: SignedIn, values: dict[str, Any]) -> Dataset:
    about: dict[str, object] = {}
    if str(values.get("description", "")).strip():
        about["description"] = str(values["description"]).strip()
    if values.get("generated"):
        about["generated_columns"] = list(values["generated"])
    return uploads.register(
        visit.house, who, str(values["upload"]), name=str(values["name"]).strip(), form=Form(values["form"]),
        sensitivity=Sensitivity(values["sensitivity"]), trade_secret=bool(values["trade_secret"]), about=about,
    )  # fmt: skip


def proposed(found: Sequence[Proposal]) -> tuple[Sensitivity, Message]:
    """How careful one had better be, and why; whoever brings it decides."""
    direct = [p.column for p in found if p.role == "direct identifier"]
    quasi = [p.column for p in found if p.role == "quasi-identifier"]
    if direct:
        return Sensitivity.PERSONAL, say("Proposed: personal, for these columns say who somebody is: {columns}.", columns=", ".join(direct))  # fmt: skip
    if len(quasi) >= _MANY_QUASI:
        return Sensitivity.PERSONAL, say("Proposed: personal, for these columns together could single somebody out: {columns}.", columns=", ".join(quasi))  # fmt: skip
    return Sensitivity.INTERNAL, say("Proposed: internal. Nothing was found that says who somebody is; you know better what it is.")  # fmt: skip


def _name_of(file: str) -> str:
    """A name to begin with, out of a file's."""
    kept = "".join(sign if sign.isalnum() or sign in " .-_" else "-" for sign in PurePath(file).stem)
    return kept.strip(" .-_")[:100]
