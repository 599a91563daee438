"""The public register: which organisation may use what, for which purpose. Without sign-in, naming nobody."""

from __future__ import annotations

from nicegui import ui

from ...language import say
from ...verbs import public
from ...verbs.public import Entry
from .frame import facts, heading, link, paragraph, table, when
from .names import kind_title
from .permits import day
from .visit import Visit, page

_COLUMNS = (
    ("number", say("Permit")), ("organisation", say("organisation")), ("purpose", say("purpose")),
    ("datasets", say("Datasets")), ("kinds", say("kinds")), ("from", say("from")), ("until", say("until")),
    ("standing", say("state")), ("runs", say("Runs used")),
)  # fmt: skip
_PAGE = 500


def add() -> None:
    @page("/register", say("Public register"), public=True)
    async def register(visit: Visit, before: str = "") -> None:
        heading(visit, say("Public register"), say("Who may use which data, for what, and until when. Every Permit that is or was granted stands here."))  # fmt: skip
        found = await visit.read(lambda: public.register(visit.house, before, _PAGE))
        rows = [_row(visit, entry) for entry in found]
        table(visit, say("Permits"), _COLUMNS, rows, empty=say("No Permit has been granted yet."))
        if len(found) == _PAGE:
            link(visit, f"/register?before={found[-1].permit}", say("Older ones"))
        paragraph(visit, say("No person is named here. Who decided is in the history, under a number whose name is known on the site only."))  # fmt: skip
        link(visit, "/ledger", say("The history, to be checked by anybody"))

    @page("/register/{permit}", say("Public register"), public=True)
    async def one(visit: Visit, permit: str) -> None:
        entry = await visit.read(lambda: public.register_entry(visit.house, permit))
        heading(visit, say("{organisation} may use data", organisation=entry.organisation), say("One line of the public register, at an address that stays."))  # fmt: skip

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
                (say("allowed"), ", ".join(visit.word(grant) for grant in entry.grants)),
                (say("from"), when(entry.valid_from)),
                (say("until and including"), day(entry.valid_until)),
                (say("Runs used"), f"{entry.runs_used:,} / {entry.runs_allowed:,}"),
                (say("Permit"), entry.permit),
            ),
        )
        link(visit, f"/ledger?about={entry.permit}", say("Its Records in the history"))
        ui.element("br")
        link(visit, "/register", say("The whole register"))


def _row(visit: Visit, entry: Entry) -> dict[str, object]:
    return {
        "id": entry.permit, "number": entry.permit, "link_number": f"/register/{entry.permit}",
        "organisation": entry.organisation, "purpose": visit.word(entry.purpose),
        "datasets": ", ".join(name for _, name in entry.datasets), "kinds": ", ".join(visit.text(kind_title(kind)) for kind in entry.kinds),
        "from": when(entry.valid_from), "until": day(entry.valid_until), "standing": visit.word(entry.standing),
        "runs": f"{entry.runs_used:,} / {entry.runs_allowed:,}",
    }  # fmt: skip
