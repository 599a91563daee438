"""Offering files that are to come into the zone: which Permit they are for, the files, a word on each."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from nicegui import ui

from ....errors import Missing
from ....language import say
from ....nouns.permit import Permit
from ....verbs.airlock import bringing
from ....verbs.datasets import uploads
from ....verbs.datasets.uploads import Upload
from ....world.identity import SignedIn
from ...plain import harmless
from ..elements import fields
from ..elements.frame import heading, paragraph, subheading
from ..elements.parts import Part, words
from ..elements.sheet import Field, Sheet
from ..elements.upload_box import DETAIL, needs_script, upload_box
from ..visit import Visit, page
from .airlock import size

_BEGUN: dict[str, Any] = {"permit": "", "upload": None, "files": [], "said": {}}


def add() -> None:
    @page("/bring-in", say("Bring files into the zone"))
    async def bring_in(visit: Visit) -> None:
        heading(visit, say("Bring files into the zone"), say("Scripts, tables of codes (CSV) and packages of pure Python that your analysis needs. They are scanned; they come in when two reviewers of other organisations agree, and are there until the Permit ends."))  # fmt: skip
        may = await visit.read(lambda: bringing.permits_for(visit.house, visit.signed_in))
        if not may:
            paragraph(visit, say("You have no Permit in force that lets you run code of your own, or its pledge is not signed yet. Files are brought in under such a Permit."))  # fmt: skip
            return
        needs_script()
        await _Form(visit, await Sheet.opened(visit, "bring-in", _BEGUN), may).build()


class _Form:
    """What is offered: files one after the other, each with its word."""

    def __init__(self, visit: Visit, sheet: Sheet, may: tuple[Permit, ...]) -> None:
        self.visit, self.sheet, self.may = visit, sheet, may
        self.shown: dict[str, Field] = {}

    async def build(self) -> None:
        visit = self.visit
        names = [
            (each.id, f"{each.id} ({visit.word(each.purpose)}, {each.valid_until[:10]})") for each in self.may
        ]
        with Part("div", classes="dalgu-form dalgu-wide"):
            self.shown["permit"] = fields.choice(self.sheet, "permit", say("The Permit that they are for"), names, needed=True)  # fmt: skip
            self.listed = Part("div")
            self.box = Part("div")
            with Part("div", classes="dalgu-buttons"):
                words(visit, "button", say("Offer them"), "dalgu-button dalgu-small", type="button").on("click", self._offer)  # fmt: skip
                self.busy = Part("p", "", role="status", aria_live="polite")
            self.sheet.status()
        await self._draw()

    async def _draw(self) -> None:
        found = await self._sent()
        self.listed.clear()
        with self.listed:
            if found:
                subheading(self.visit, say("The files"))
            for each in found:
                self._line(each)
        self.box.clear()
        with self.box:
            hint = say("Python, notebooks, R, SQL, CSV, JSON, text, or a wheel (.whl) of pure Python; one after the other. Their names become public.")  # fmt: skip
            box, self.shown["files"] = upload_box(self.sheet, "files", say("A file") if not found else say("Another file"), say("Choose the file"), hint=hint)  # fmt: skip
            box.on("begun", self._begun, js_handler=DETAIL)
            box.on("whole", self._whole, js_handler="() => emit()")
            box.on("dropped", lambda: self.sheet.set("upload", None), js_handler="() => emit()")

    def _line(self, upload: Upload) -> None:
        said: dict[str, str] = self.sheet.values["said"]
        name = harmless(upload.name)
        with Part("div", classes="dalgu-file"):
            Part("strong", f"{name} ({size(upload.size_bytes)})")
            label = self.visit.text(
                say("What {name} is, where it is from and what it is needed for", name=name)
            )
            field = ui.textarea(label, value=said.get(upload.id, "")).props("outlined autogrow maxlength=1000").classes("dalgu-wide")  # fmt: skip
            field.on_value_change(lambda event, id_=upload.id: self._say(id_, str(event.value or "")))
            words(self.visit, "button", say("Take {name} out", name=name), "dalgu-quiet", type="button").on("click", lambda id_=upload.id: self._out(id_))  # fmt: skip

    def _say(self, id_: str, text: str) -> None:
        self.sheet.values["said"][id_] = text
        self.sheet.touched()

    async def _out(self, id_: str) -> None:
        def drop(who: SignedIn) -> bool:
            uploads.drop(self.visit.house, who, id_)
            return True

        await self.visit.do(drop)
        self.sheet.set("files", [each for each in self.sheet.values["files"] if each != id_])
        await self._draw()

    def _begun(self, event: Any) -> None:
        self.sheet.set("upload", str(event.args["id"]))

    async def _whole(self) -> None:
        id_ = self.sheet.values.get("upload")
        if isinstance(id_, str) and id_ not in self.sheet.values["files"]:
            self.sheet.set("files", [*self.sheet.values["files"], id_])
            self.sheet.set("upload", None)
            await self._draw()

    async def _sent(self) -> list[Upload]:
        found = await self.visit.read(self._still_there)
        self.sheet.values["files"] = [each.id for each in found]
        return found

    def _still_there(self) -> list[Upload]:
        """The uploads that the draft speaks of, as far as they have arrived and not been thrown away."""
        found: list[Upload] = []
        for id_ in self.sheet.values["files"]:
            with suppress(Missing):
                found.append(uploads.find(self.visit.house, self.visit.signed_in, id_))
        return [each for each in found if each.whole]

    async def _offer(self) -> None:
        visit, found = self.visit, await self._sent()
        said: dict[str, str] = self.sheet.values["said"]
        lines = [f"{each.name}: {' '.join(said.get(each.id, '').split())}" for each in found]
        self.busy.set_text(visit.text(say("It is being scanned...")))
        run, error = await visit.attempt(
            lambda who: bringing.bring_sent(visit.house, who, str(self.sheet.values["permit"]), [each.id for each in found], "\n".join(lines))
        )  # fmt: skip
        self.busy.set_text("")
        for field in self.shown.values():
            field.wrong(None)
        if run is not None:
            await self.sheet.sent()
            ui.navigate.to(f"/runs/{run.id}")
        elif error is not None:
            name = error.code.removeprefix("invalid.")
            if name in self.shown:
                self.shown[name].wrong(error.detail)
                self.shown[name].focus()
            else:
                visit.show(error)
