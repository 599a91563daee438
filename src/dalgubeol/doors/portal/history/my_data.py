"""My data: who used the data of my organisation, for what, and what came out; what the history says of me."""

from __future__ import annotations

from urllib.parse import urlencode

from ....language import say
from ....nouns.record import Event
from ....nouns.run import RunState
from ....verbs.history import mine
from ....verbs.history.mine import Use
from ..elements.frame import chip_text, facts, heading, link, paragraph, subheading, table, when
from ..elements.names import kind_title
from ..elements.parts import Part, anchor
from ..permits.permits import day
from ..visit import Visit, page


def add() -> None:
    @page("/my-data", say("My data"))
    async def my_data(visit: Visit, before: int | None = None) -> None:
        heading(visit, say("My data"), say("Who used the data of my organisation, for what, and what came out? What does the history say of me?"))  # fmt: skip
        await _owned(visit)
        await _about_me(visit, before)
        subheading(visit, say("Data about me that others brought"))
        paragraph(visit, say("What firms and hospitals bring here is pseudonymised before anybody uses it, so this portal cannot look you up in it. Ask who collected it from you: they find your rows, and can destroy them."))  # fmt: skip
        link(visit, "/register", say("Who may use which data: the public register"))

    @page("/my-data/{dataset}", say("My data"))
    async def one(visit: Visit, dataset: str) -> None:
        found = await visit.read(lambda: mine.account(visit.house, visit.signed_in, dataset))
        heading(visit, found.dataset.name, say("Who used it, for what, and what came out, as the history tells it."))  # fmt: skip
        facts(visit, (
            (say("sensitivity"), chip_text(visit, found.dataset.sensitivity)), (say("state"), visit.word(found.dataset.state)),
            (say("registered"), when(found.dataset.created_at)),
            (say("its papers"), lambda: link(visit, f"/datasets/{found.dataset.id}", found.dataset.name)),
        ))  # fmt: skip
        subheading(visit, say("Who may use it"))
        rows = [
            {
                "id": entry.permit, "organisation": entry.organisation, "link_organisation": f"/register/{entry.permit}",
                "purpose": visit.word(entry.purpose), "until": day(entry.valid_until),
                "standing": visit.word(entry.standing), "runs": f"{entry.runs_used:,} / {entry.runs_allowed:,}",
            }
            for entry in found.permits
        ]  # fmt: skip
        columns = (("organisation", say("organisation")), ("purpose", say("purpose")), ("until", say("until")), ("standing", say("state")), ("runs", say("Runs used")))  # fmt: skip
        table(visit, say("Permits"), columns, rows, search=False, empty=say("Nobody was ever permitted to."))
        subheading(visit, say("What was done with it"))
        uses = [_use(visit, use) for use in found.uses]
        done = (("at", say("when")), ("what", say("what")), ("organisation", say("by")), ("purpose", say("purpose")), ("made", say("what came out")))  # fmt: skip
        table(visit, say("Uses"), done, uses, empty=say("Nothing yet."))
        with Part("p", classes="dalgu-paragraph"):
            link(visit, "/my-data", say("All my data"))


async def _owned(visit: Visit) -> None:
    organisation = visit.signed_in.actor.organisation
    subheading(visit, say("Datasets of {organisation}", organisation=organisation))
    found = await visit.read(lambda: mine.owned(visit.house, visit.signed_in))
    rows = [
        {
            "id": each.dataset.id, "name": each.dataset.name, "link_name": f"/my-data/{each.dataset.id}",
            "care": chip_text(visit, each.dataset.sensitivity), "chip_care": each.dataset.sensitivity.value,
            "state": visit.word(each.dataset.state), "uses": each.uses, "last": when(each.last_at),
        }
        for each in found
    ]  # fmt: skip
    columns = (("name", say("name")), ("care", say("sensitivity")), ("state", say("state")), ("uses", say("Records of it")), ("last", say("last")))  # fmt: skip
    table(visit, say("Datasets"), columns, rows, empty=say("Your organisation has brought nothing here."))


async def _about_me(visit: Visit, before: int | None) -> None:
    subheading(visit, say("What the history says of me"))
    found = await visit.read(lambda: mine.about_me(visit.house, visit.signed_in, before))
    rows = [
        {
            "id": line.record, "number": line.record, "link_number": f"/ledger/record/{line.record}", "at": when(line.at),
            "event": visit.word(Event(line.event)) if line.event in set(Event) else line.event, "subject": line.subject,
        }
        for line in found.lines
    ]  # fmt: skip
    columns = (
        ("number", say("record")),
        ("at", say("when")),
        ("event", say("event")),
        ("subject", say("about")),
    )
    table(visit, say("Records that name me"), columns, rows)
    if found.older is not None:
        with Part("nav", classes="dalgu-buttons", aria_label=visit.text(say("Pages"))):
            anchor(visit, f"/my-data?{urlencode({'before': found.older})}", say("Older ones"), rel="next")


def _use(visit: Visit, use: Use) -> dict[str, object]:
    what = visit.word(use.event)
    if use.kind:
        outcome = visit.word(RunState(use.outcome)) if use.outcome in set(RunState) else use.outcome
        so_far = visit.word(Event.RELEASED) if use.released else outcome
        what = f"{what}: {visit.text(kind_title(use.kind))} ({so_far})"
    return {
        "id": use.record, "at": when(use.at), "what": what, "organisation": use.organisation,
        "purpose": ", ".join(visit.word(purpose) for purpose in use.purposes),
        "made": ", ".join(name for _, name in use.made), **({"link_made": f"/datasets/{use.made[0][0]}"} if use.made else {}),
        "link_at": f"/ledger/record/{use.record}",
    }  # fmt: skip
