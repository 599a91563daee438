"""What a script prints, on the page of its Run, for operators of the site: shown when they ask, and recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from nicegui import background_tasks

from ....language import Message, say
from ....nouns.run import Run
from ....verbs.airlock import script_logs
from ..elements.frame import paragraph, subheading
from ..elements.parts import Part, words
from ..visit import Visit, shared

_END = object()


class ScriptLog:
    """A section that stays as it is when the rest of the page is built anew."""

    def __init__(self, visit: Visit, run: str) -> None:
        self.visit, self.run = visit, run
        self.task: asyncio.Task[None] | None = None
        with Part("section") as self.section:
            subheading(visit, say("What the script prints"))
            paragraph(visit, say("It may hold data. You see it because you operate this site; that you look is recorded, and the provider can see it."))  # fmt: skip
            self.button = words(visit, "button", say("Follow it"), "dalgu-quiet", type="button")
            self.button.on("click", self._begin)

    async def _begin(self) -> None:
        pieces = await self.visit.do(lambda who: script_logs.follow(self.visit.house, who, self.run))
        if pieces is None:
            return
        self.button.delete()
        with self.section:
            told = self.visit.text(say("What the script prints"))
            shown = Part("pre", "", "dalgu-text", role="log", aria_label=told, tabindex=0)
        self.task = background_tasks.create(self._follow(pieces, shown), name=f"log of {self.run}")
        self.visit.client.on_delete(self.task.cancel)

    async def _follow(self, pieces: Iterator[str | Message], shown: Part) -> None:
        visit, text = self.visit, ""
        while (piece := await visit.read(lambda: next(pieces, _END))) is not _END:
            if visit.who is None or visit.who.session not in (await shared().look()).alive:
                return  # the page says so by itself
            if not piece:
                await asyncio.sleep(script_logs.PAUSE_S)
                continue
            text += f"\n{visit.text(piece)}\n" if isinstance(piece, Message) else str(piece)
            shown.set_text(text)
        with visit.client:
            shown.set_text(text or visit.text(say("It printed nothing.")))
            with self.section:
                paragraph(visit, say("The Run has ended. What it printed is destroyed after a while."))


def offered(visit: Visit, run: Run) -> bool:
    """Whether this person may follow this Run now."""
    return "operator" in visit.roles and script_logs.is_offered(visit.house, visit.signed_in, run)
