"""A form that is never lost: what stands in it is kept at the site while it is filled in.

A second and a half after the last key it is saved as a draft of this person and form, and found again after a
closed browser. Where the session has ended meanwhile, it is saved a last time (for the person who opened the
page, and nobody else can have typed into it), the form is closed, and a link to sign in leads back to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from nicegui import background_tasks, run, ui

from ....errors import DalguError, Refused
from ....language import Message, say
from ....verbs.keeping import drafts
from ....verbs.people import entry
from ...serve.app import Served
from ..visit import Visit, served
from .frame import when
from .parts import Part, named, words

SAVE_AFTER_S = 1.5


class Sheet:
    """The values of one form by the names of its fields. `set` what is typed; the rest happens by itself."""

    def __init__(self, visit: Visit, form: str, values: dict[str, Any], found: drafts.Draft | None) -> None:
        self.visit, self.form = visit, form
        self.found = found
        self.values: dict[str, Any] = {**values, **(dict(found.content) if found else {})}
        self.closed = False
        self._changed = 0
        self._saving: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()
        self._told: Part | None = None
        self._place: Part | None = None

    @classmethod
    async def opened(cls, visit: Visit, form: str, values: dict[str, Any]) -> Sheet:
        """With what was kept, where something was; `values` is what it begins with otherwise."""
        actor = visit.signed_in.actor
        return cls(visit, form, values, await visit.read(lambda: drafts.find(visit.house, actor, form)))

    def status(self) -> None:
        """The line that says what is kept. Put it where the form's buttons are."""
        with Part("div", classes="dalgu-draft") as self._place:
            text = self.visit.text(_saved(self.found.saved_at)) if self.found else ""
            self._told = Part("p", text, "dalgu-faint", role="status", aria_live="polite")
            if self.found:
                words(self.visit, "button", say("Discard the draft and begin anew"), "dalgu-link", type="button").on("click", self._begin_anew)  # fmt: skip

    def set(self, name: str, value: Any) -> None:
        if self.values.get(name) == value or self.closed:
            return
        self.values[name] = value
        self.touched()

    def touched(self) -> None:
        """Something in the values has changed: they are to be saved soon."""
        if self.closed:
            return
        self._changed += 1
        if self._saving is None or self._saving.done():
            self._saving = background_tasks.create(self._save_soon(), name=f"draft {self.form}")

    async def sent(self) -> None:
        """What was filled in has been sent: nothing needs to be kept."""
        self.closed = True
        async with self._lock:
            actor = self.visit.signed_in.actor
            await run.io_bound(lambda: drafts.discard(self.visit.house, actor, self.form))

    async def _save_soon(self) -> None:
        seen = -1
        while seen != self._changed:  # until nobody has typed for a while
            seen = self._changed
            await asyncio.sleep(SAVE_AFTER_S)
        await self._save()

    async def _save(self) -> None:
        async with self._lock:
            if self.closed:
                return
            content, visit = deepcopy(self.values), self.visit
            ended = False
            try:
                await run.io_bound(_still_in, served(), visit)
            except Refused:
                ended = True
            except DalguError as error:
                self._tell(error.detail)
                return
            try:
                at = str(
                    await run.io_bound(drafts.save, visit.house, visit.signed_in.actor, self.form, content)
                )
            except DalguError as error:
                self._tell(say("The draft could not be kept: {why}", why=error.detail))
                return
            self._close(at) if ended else self._tell(_saved(at))

    def _tell(self, message: Message) -> None:
        if self._told is not None and not self._told.is_deleted:
            self._told.set_text(self.visit.text(message))

    def _close(self, at: str) -> None:
        self.closed = True
        visit = self.visit
        if self._place is None or self._place.is_deleted:
            return
        visit.session_ended(
            say("What you typed is kept as a draft, saved at {when}. Sign in again, and you find it here.", when=when(at))
        )  # fmt: skip

    async def _begin_anew(self) -> None:
        await self.sent()
        ui.navigate.to(self.visit.path)


def _still_in(here: Served, visit: Visit) -> None:
    if visit.held is not None:
        entry.entered(visit.house, visit.held, here.idle_s)


def _saved(at: str) -> Message:
    return say("Draft saved at {when}. It is here when you come back.", when=when(at))


class Inside:
    """A part of a sheet: the fields of an object in it. What is typed there changes the sheet."""

    def __init__(self, outer: Sheet | Inside | Blank, values: dict[str, Any]) -> None:
        self.outer = outer
        self.visit: Visit = outer.visit
        self.values = values

    def set(self, name: str, value: Any) -> None:
        if self.values.get(name) != value:
            self.values[name] = value
            self.touched()

    def touched(self) -> None:
        self.outer.touched()


class Blank:
    """A small form that is sent at once: nothing of it is kept."""

    def __init__(self, visit: Visit, values: dict[str, Any]) -> None:
        self.visit, self.values = visit, values

    def set(self, name: str, value: Any) -> None:
        self.values[name] = value

    def touched(self) -> None:
        pass


Holder = Sheet | Inside | Blank
Change = Callable[[Any], Any]
"""Told what was typed or chosen; may be a coroutine function."""


_UNFOLD = """for (let at = document.getElementById("ID"); at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;"""
"""What is wrong is not left folded away."""


class Field:
    """Label, hint, control and the place of its error, tied together for screen readers."""

    def __init__(self, sheet: Holder, name: str, label: Message | str, *, needed: bool = False, hint: Message | None = None, group: bool = False) -> None:  # fmt: skip
        self.sheet, self.name, self.visit = sheet, name, sheet.visit
        self.box = Part("fieldset" if group else "div", classes="dalgu-field")
        self.control: Part | None = None
        self._of_form: Message | None = None
        self._of_try: Message | None = None
        visit = sheet.visit
        with self.box:
            shown = Part("legend" if group else "label")
            with shown:
                words(visit, "span", label)
                if needed:
                    words(visit, "span", say("needed"), "dalgu-needed")
            self.label = shown
            self.hint = words(visit, "p", hint, "dalgu-hint") if hint is not None else None
            self.slot = Part("div")
            self.error = Part("p", "", "dalgu-field-error", role="alert")
        if self.hint is not None:
            named(self.hint, id=self.hint.html_id)
        named(self.error, id=self.error.html_id)
        if group:
            named(self.box, aria_describedby=self._told)

    @property
    def _told(self) -> str:
        return " ".join(part.html_id for part in (self.hint, self.error) if part is not None)

    def holds(self, control: Part) -> Part:
        """Tie the label, the hint and the error to the control."""
        self.control = control
        named(control, id=control.html_id, aria_describedby=self._told)
        named(self.label, for_=control.html_id)
        return control

    def wrong(self, message: Message | None) -> None:
        """Say what is wrong at this field, or that nothing is."""
        self._of_form = message
        self._tell(message)

    def not_taken(self, message: Message | None) -> None:
        """Say why something that was opened or pressed in this field was not taken, until the next try: that the rest
        of the form was found in order meanwhile does not take these words away."""
        self._of_try = message
        self._tell(message)

    def _tell(self, new: Message | None) -> None:
        shown = self._of_try or self._of_form
        self.error.set_text("" if shown is None else self.visit.text(shown))
        if self.control is not None:
            named(self.control, aria_invalid="true" if shown else None)
        if new is not None:
            ui.run_javascript(_UNFOLD.replace("ID", self.box.html_id))

    def focus(self) -> None:
        target = self.control or self.box
        ui.run_javascript(f'(document.getElementById("{target.html_id}") || {{focus() {{}}}}).focus()')
