"""The policy of the wizard as a file: shown, taken home, and opened again, with the hierarchies that it names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from nicegui import ui

from ....errors import DalguError, Invalid
from ....language import Message, say
from ....verbs.projects import policies
from ..elements.frame import paragraph
from ..elements.own_files import Opened, opener, too_large
from ..elements.parts import Part, words
from ..elements.sheet import Field, Sheet
from . import policy_typed


class PolicyFile:
    """The file of one form. `text` gives what the form says now, or None where it says nothing whole; `opened` is told
    that the sheet holds another policy."""

    def __init__(
        self, sheet: Sheet, text: Callable[[], str | None], opened: Callable[[Message], Awaitable[None]]
    ) -> None:
        self.sheet, self.visit, self.text, self.opened = sheet, sheet.visit, text, opened

    def opening(self, columns: Collection[str]) -> None:
        """Where a policy of before is opened. `columns` are those of the table."""
        visit = self.visit
        hint = say("Choose policy.toml, and together with it the hierarchy files that it names. The form then says the same.")  # fmt: skip
        self.field = Field(self.sheet, "policy file", say("A policy.toml"), hint=hint, group=True)
        with self.field.slot:
            opener(visit, say("Open policy.toml"), lambda found: self._opened(found, columns), accept=".toml,.csv,.txt", many=True)  # fmt: skip
            self.told = Part("p", "", "dalgu-faint", role="status", aria_live="polite")

    def build(self) -> None:
        """Where it is shown and taken home."""
        visit = self.visit
        paragraph(visit, say("All that was chosen, as the Run reads it and as it stays in its papers. The command line takes the same file."))  # fmt: skip
        with Part("div", classes="dalgu-buttons"):
            words(visit, "button", say("Try it on the first rows"), "dalgu-quiet", type="button").on("click", self._try)  # fmt: skip
            words(visit, "button", say("Show the policy"), "dalgu-quiet", type="button").on("click", self._show)  # fmt: skip
            words(visit, "button", say("Download policy.toml"), "dalgu-quiet", type="button").on("click", self._download)  # fmt: skip
        self.shown = Part("div", aria_live="polite")

    async def _try(self) -> None:
        text, house, dataset = self.text(), self.visit.house, str(self.sheet.values.get("roles of"))
        self.shown.clear()
        if text is None:
            return
        found, error = await self.visit.attempt(lambda who: policies.check(house, who, dataset, text))
        with self.shown:
            if error is not None:
                words(self.visit, "p", say("{what} {next}", what=error.detail, next=error.next_step), "dalgu-field-error")  # fmt: skip
            with Part("ul"):
                for message in found or ():
                    words(self.visit, "li", message)

    def _show(self) -> None:
        text = self.text()
        self.shown.clear()
        if text is not None:
            with self.shown:
                Part("pre", text, "dalgu-pre", tabindex=0)

    def _download(self) -> None:
        text = self.text()
        if text is not None:
            ui.download.content(text, "policy.toml", "application/toml; charset=utf-8")

    async def _opened(self, found: list[Opened], columns: Collection[str]) -> None:
        self.told.set_text("")
        try:
            whole = self._take(found, columns)
        except DalguError as error:
            self.field.wrong(say("{what} {next}", what=error.detail, next=error.next_step))
            return
        self.field.wrong(None)
        await self.opened(say("The form now says what this policy says.") if whole else say("It is run as it stands: it says more than the form."))  # fmt: skip

    def tell(self, message: Message) -> None:
        self.told.set_text(self.visit.text(message))

    def _take(self, found: list[Opened], columns: Collection[str]) -> bool:
        """Put a policy into the sheet; whether the form says all of it. Raises Invalid or Missing for what makes no
        policy of this table."""
        from ....methods.privacy.policy import policy_text

        if not found:
            raise too_large()
        named = [file for file in found if file.name.lower().endswith(".toml")] or found[:1]
        beside = {file.name: file.content for file in found if file is not named[0]}
        text = policies.whole(_decoded(named[0]), beside)
        policy = policy_text.parsed(text)
        unknown = [c for c in policy.columns if c not in columns]
        if unknown:
            raise Invalid(
                f"invalid.policy.columns.{unknown[0]}",
                say("The policy names columns that this table does not have: {columns}.", columns=", ".join(unknown[:10])),
                say("Correct their names in the file, or choose the Dataset that it was written for."),
            )  # fmt: skip
        values, whole = policy_typed.typed(policy)
        self.sheet.values |= {**values, "policy": "" if whole else text}
        self.sheet.touched()
        return whole


def _decoded(file: Opened) -> str:
    try:
        return file.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("invalid.policy.toml", say("{file} is not text in UTF-8.", file=file.name), say("Save it as UTF-8, as TOML asks.")) from None  # fmt: skip
