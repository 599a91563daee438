"""Notices: what happened that concerns whoever reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from ....language import say
from ....verbs.house import notify
from ....world.store.notices import Notice
from ..elements.frame import heading, link, paragraph, when
from ..elements.parts import Part, anchor, words
from ..visit import Visit, page

_PAGE = 50


def add() -> None:
    @page("/notices", say("Notices"))
    async def notices(visit: Visit, before: str = "") -> None:
        heading(visit, say("Notices"), say("What happened that concerns you, and what waits for you?"))
        shown = Part("div")
        last: list[Any] = []

        async def again() -> None:
            found = await visit.read(lambda: notify.listed(visit.house, visit.signed_in, before, _PAGE + 1))
            if [found] != last:
                last[:] = [found]
                shown.clear()
                with shown:
                    _list(visit, found, again)

        await again()
        visit.live(again)


def _list(visit: Visit, found: Sequence[Notice], again: Any) -> None:
    async def read_all() -> None:
        await visit.do(lambda who: notify.read(visit.house, who))
        await again()

    if not found:
        paragraph(visit, say("Nothing yet. Here you are told of decisions on your Permits, of your Runs, and of what waits for your decision or vote.")).classes("dalgu-empty")  # fmt: skip
    with Part("div", classes="dalgu-buttons"):
        if any(notice.read_at is None for notice in found):
            ui.button(visit.text(say("Mark all as read")), on_click=read_all).props("no-caps outline")
        link(visit, "/account#notices", say("How am I told: e-mail, messenger, language"))
    with Part("ul", classes="dalgu-notices"):
        for notice in found[:_PAGE]:
            _one(visit, notice)
    if len(found) > _PAGE:
        link(visit, f"/notices?before={found[_PAGE - 1].id}", say("Older ones"))


def _one(visit: Visit, notice: Notice) -> None:
    async def read() -> None:
        await visit.do(lambda who: notify.read(visit.house, who, [notice.id]))

    unread = notice.read_at is None
    with Part("li", classes="dalgu-unread" if unread else ""):
        if unread:
            words(visit, "span", say("new"), "dalgu-chip")
        # The word that it was read goes out before the browser leaves this page.
        anchor(visit, notice.link, notice.message).on("click", read if unread else None)
        Part("span", when(notice.at), "dalgu-faint")
