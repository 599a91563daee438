"""The public register: who asked to use what, for which purpose, and what came of it. Without sign-in, naming nobody."""

from __future__ import annotations

from urllib.parse import urlencode

from nicegui import ui

from ....language import say
from ....verbs.history import public, public_runs
from ....verbs.history.public import Entry
from ....verbs.history.public_runs import RunEntry
from ... import leaving
from ...plain import harmless
from ..elements.frame import facts, heading, link, paragraph, subheading, when
from ..elements.listing import Filter, filters, listing, pages
from ..elements.names import kind_title
from ..elements.parts import Part, anchor
from ..permits.permits import day
from ..visit import Visit, page

_COLUMNS = (
    ("number", say("Permit")), ("organisation", say("organisation")), ("purpose", say("purpose")),
    ("datasets", say("Datasets")), ("kinds", say("kinds")), ("from", say("from")), ("until", say("until")),
    ("standing", say("state")), ("runs", say("Runs used")),
)  # fmt: skip
_RUN_COLUMNS = (
    ("number", say("Run")), ("organisation", say("organisation")), ("kind", say("kind")), ("purpose", say("purpose")),
    ("datasets", say("Datasets")), ("at", say("asked on")), ("outcome", say("outcome")),
)  # fmt: skip
_BROUGHT_COLUMNS = (("name", say("file")), ("size", say("bytes")), ("digest", say("digest")), ("at", say("came in")))  # fmt: skip
_PAGE = 100


def add() -> None:
    @page("/register", say("Public register"), public=True)
    async def permits(visit: Visit, q: str = "", after: str = "") -> None:
        _head(visit, "/register", q)
        found = await visit.read(lambda: public.page(visit.house, after, _PAGE, q))
        rows = [_row(visit, entry) for entry in found.items]
        listing(visit, say("Permits"), _COLUMNS, rows, export=False, empty=say("No Permit is like that.") if q else say("Nobody has asked for a Permit yet."))  # fmt: skip
        pages(visit, "/register", {"q": q, "after": after}, found.next)
        _foot(visit, "permits", q)

    @page("/register/runs", say("Public register"), public=True)
    async def runs(visit: Visit, q: str = "", after: str = "") -> None:
        _head(visit, "/register/runs", q)
        found = await visit.read(lambda: public_runs.page(visit.house, q, after, _PAGE))
        rows = [_run_row(visit, entry) for entry in found.items]
        listing(visit, say("Runs"), _RUN_COLUMNS, rows, export=False, empty=say("No Run is like that.") if q else say("Nothing has been run yet."))  # fmt: skip
        pages(visit, "/register/runs", {"q": q, "after": after}, found.next)
        _foot(visit, "runs", q)

    @page("/register/{permit}", say("Public register"), public=True)
    async def one(visit: Visit, permit: str) -> None:
        entry = await visit.read(lambda: public.register_entry(visit.house, permit))
        granted = say("{organisation} may use data", organisation=entry.organisation)
        asked = say("{organisation} asked to use data", organisation=entry.organisation)
        heading(visit, granted if entry.granted else asked, say("One line of the public register, at an address that stays."))  # fmt: skip

        def named() -> None:
            with ui.element("ul").classes("dalgu-plain-list"):
                for _, name in entry.datasets:
                    with ui.element("li"):
                        ui.label(name).classes("dalgu-inline")

        facts(
            visit,
            (
                (say("state"), visit.word(entry.standing)),
                (say("organisation"), entry.organisation),
                (say("purpose"), visit.word(entry.purpose)),
                (say("Datasets"), named),
                (say("kinds"), ", ".join(visit.text(kind_title(kind)) for kind in entry.kinds)),
                (
                    say("allowed") if entry.granted else say("what was asked for"),
                    ", ".join(visit.word(grant) for grant in entry.grants),
                ),
                (say("from"), when(entry.valid_from)),
                (say("until and including"), day(entry.valid_until)),
                (say("Runs used"), f"{entry.runs_used:,} / {entry.runs_allowed:,}"),
                *([(say("follows"), entry.follows)] if entry.follows else []),
                (say("smallest cell that may leave (persons)"), str(entry.smallest_cell)),
                *leaving.shown(entry.disclosure),
                *((leaving.budget_of(each), leaving.left(each)) for each in entry.accounts),
                (say("Permit"), entry.permit),
            ),
        )
        if entry.brought:
            subheading(visit, say("Brought into the zone"))
            rows = [{"id": n, "name": harmless(b.name), "size": f"{b.size_bytes:,}", "digest": b.digest, "at": when(b.brought_at)} for n, b in enumerate(entry.brought)]  # fmt: skip
            listing(visit, say("Brought into the zone"), _BROUGHT_COLUMNS, rows, export=False)
        link(visit, f"/ledger?about={entry.permit}", say("Its Records in the history"))
        ui.element("br")
        link(visit, "/register", say("The whole register"))


def _head(visit: Visit, path: str, q: str) -> None:
    heading(visit, say("Public register"), say("Who may use which data, for what, and until when; and what was done with it. Every Permit that was ever asked for stands here, whatever came of it, and every Run."))  # fmt: skip
    with Part("nav", classes="dalgu-buttons", aria_label=visit.text(say("Parts of the register"))):
        for place, name in (("/register", say("Permits")), ("/register/runs", say("Runs"))):
            current = {"aria_current": "page"} if place == path else {}
            anchor(visit, place, name, "dalgu-button dalgu-small" if current else "dalgu-quiet", **current)
    filters(visit, path, [Filter("q", say("organisation, Dataset or kind"), q)])


def _foot(visit: Visit, part: str, q: str) -> None:
    asked = f"?{urlencode({'text': q})}" if q else ""
    with Part("p", classes="dalgu-paragraph"):
        anchor(visit, f"/api/v1/register/{part}.csv{asked}", say("All of these as CSV"))
        Part("span", " · ")
        anchor(
            visit, f"/api/v1/register{'' if part == 'permits' else '/runs'}{asked}", say("the same as JSON")
        )
    paragraph(visit, say("No person is named here. Who decided is in the history, under a number whose name is known on the site only."))  # fmt: skip
    link(visit, "/ledger", say("The history, to be checked by anybody"))


def _run_row(visit: Visit, entry: RunEntry) -> dict[str, object]:
    return {
        "id": entry.run, "number": entry.run, "organisation": entry.organisation, "kind": visit.text(kind_title(entry.kind)),
        "purpose": ", ".join(visit.word(each) for each in entry.purposes) or visit.text(say("own data")),
        "datasets": ", ".join(entry.datasets), "at": entry.asked_on, "outcome": visit.word(entry.outcome),
    }  # fmt: skip


def _row(visit: Visit, entry: Entry) -> dict[str, object]:
    return {
        "id": entry.permit, "number": entry.permit, "link_number": f"/register/{entry.permit}",
        "organisation": entry.organisation, "purpose": visit.word(entry.purpose),
        "datasets": ", ".join(name for _, name in entry.datasets), "kinds": ", ".join(visit.text(kind_title(kind)) for kind in entry.kinds),
        "from": when(entry.valid_from), "until": day(entry.valid_until), "standing": visit.word(entry.standing),
        "runs": f"{entry.runs_used:,} / {entry.runs_allowed:,}",
    }  # fmt: skip
