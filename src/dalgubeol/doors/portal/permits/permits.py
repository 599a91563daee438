"""Permits: mine, those that wait for my decision, all of them."""

from __future__ import annotations

from ....language import say
from ....nouns.permit import Permit, PermitState
from ....rules.granting import granted_count
from ....verbs.people import waiting
from ....verbs.permits import grant
from ....world.store.paging import Page
from ....world.store.permits import Wanted
from ..elements.frame import heading, when
from ..elements.listing import Filter, chosen, filters, listing, pages
from ..elements.names import kind_title
from ..elements.parts import Part, anchor
from ..visit import Visit, page

PAGE = 50


def add() -> None:
    @page("/permits", say("Permits"))
    async def listed(visit: Visit, whose: str = "", state: str = "", after: str = "") -> None:
        with Part("div", classes="dalgu-top"):
            with Part("div"):
                heading(
                    visit,
                    say("Permits"),
                    say("What was asked for, where does it stand, who decides, when does it end?"),
                )
            anchor(visit, "/permits/ask", say("Ask for a Permit"), "dalgu-button")
        asked = {"whose": whose, "state": state, "after": after}
        filters(visit, "/permits", [
            Filter("whose", say("which"), whose, [("mine", visit.text(say("mine"))), ("to-decide", visit.text(say("waiting for my decision")))]),
            Filter("state", say("state"), state, [(s.value, visit.word(s)) for s in PermitState]),
        ])  # fmt: skip
        found = await visit.read(lambda: _found(visit, asked))
        columns = (
            ("organisation", say("organisation")), ("purpose", say("purpose")), ("kinds", say("kinds")), ("state", say("state")),
            ("until", say("until")), ("runs", say("Runs")), ("at", say("asked on")),
        )  # fmt: skip
        listing(
            visit,
            say("Permits"),
            columns,
            [_row(visit, p) for p in found.items],
            empty=say("No Permit is like that."),
        )
        pages(visit, "/permits", asked, found.next)


def _found(visit: Visit, asked: dict[str, str]) -> Page[Permit]:
    who = visit.signed_in
    if asked["whose"] == "to-decide":
        return Page(waiting.waiting(visit.house, who).permits)
    wanted = Wanted(chosen(PermitState, asked["state"]), who.actor.id if asked["whose"] == "mine" else None)
    return grant.page(visit.house, wanted, asked["after"], PAGE)


def _row(visit: Visit, permit: Permit) -> dict[str, object]:
    state = visit.word(permit.state)
    if permit.state is PermitState.REQUESTED:
        state = visit.text(
            say("{state} ({count} of 2 have granted it)", state=permit.state, count=granted_count(permit))
        )
    return {
        "id": permit.id, "organisation": permit.organisation, "link_organisation": f"/permits/{permit.id}",
        "purpose": visit.word(permit.purpose), "kinds": ", ".join(visit.text(kind_title(k)) for k in sorted(permit.kinds)), "state": state,
        "until": day(permit.valid_until), "runs": f"{permit.runs_used:,} / {permit.conditions.runs:,}",
        "at": when(permit.requested_at),
    }  # fmt: skip


def day(valid_until: str) -> str:
    """The last day on which a Permit holds: its end is the first instant of the next."""
    from datetime import datetime, timedelta

    from ....verbs.house.clock import ZONE

    return f"{datetime.fromisoformat(valid_until).astimezone(ZONE) - timedelta(seconds=1):%Y-%m-%d}"
