"""Health: does everything work, and what is to be done where it does not."""

from __future__ import annotations

from nicegui import ui

from ...language import Message, say
from ...nouns.permit import Role
from ...verbs.house.finding import Finding
from ...verbs.keeping import condition as verbs
from ...verbs.keeping.condition import Condition
from .elements.frame import facts, heading, note, paragraph, subheading, table, when
from .elements.parts import Part, words
from .visit import Visit, page

_CHANNELS = {"email": say("e-mail"), "webhook": say("gateway")}

_CHORES = {
    "notices": say("send notices out"), "permits-ending": say("tell of Permits that end"), "old-notices": say("clear old notices away"),
    "disk": say("look at the disk"), "sessions": say("clear ended sessions away"), "uploads": say("clear abandoned uploads away"),
    "answers": say("clear kept answers away"), "drafts": say("clear old drafts away"), "invitations": say("clear old invitations away"),
    "script-logs": say("destroy what scripts printed"), "safety-copies": say("clear copies before upgrades away"), "erase": say("erase what is due"), "ledger-check": say("check the history"),
    "ledger-asked": say("check of the history that was asked for"), "clock": say("look at the clock"), "backup": say("backup of the site"),
    "backup-keys": say("backup of the keys"), "keys-sheet": say("recovery sheets"),
}  # fmt: skip


def add() -> None:
    @page("/health", say("Health"))
    async def health(visit: Visit) -> None:
        heading(
            visit,
            say("Health of the site"),
            say("Does everything work, and what is to be done where it does not?"),
        )
        shown = Part("div")

        async def again() -> None:
            found = await visit.read(lambda: verbs.condition(visit.house, visit.signed_in.actor))
            shown.clear()
            with shown:
                _condition(visit, found)

        await again()
        ui.button(visit.text(say("Look again")), on_click=again).props("no-caps outline")


def _condition(visit: Visit, found: Condition) -> None:
    with Part("p", classes=f"dalgu-state dalgu-state-{'released' if found.well else 'held'}", role="status"):
        words(visit, "strong", say("All is well.") if found.well else say("Something needs the operator."))
        Part("span", f" ({when(found.at)})")
    facts(
        visit, ((say("Runs that wait"), f"{found.waiting:,}"), (say("Runs under way"), f"{found.running:,}"))
    )
    if Role.OPERATOR not in visit.roles:
        paragraph(visit, say("Operators see the details here. Whether the history is whole, anybody checks on the page of the ledger."))  # fmt: skip
        return
    _findings(visit, found)
    _chores(visit, found)
    _deliveries(visit, found)


def _findings(visit: Visit, found: Condition) -> None:
    grave = [each for each in found.findings if not each.ok and each.grave]
    advice = [each for each in found.findings if not each.ok and not each.grave]
    for name, group in ((say("To be done ({count})", count=len(grave)), grave), (say("Advice ({count})", count=len(advice)), advice)):  # fmt: skip
        if group:
            subheading(visit, name)
            with Part("ul", classes="dalgu-uses"):
                for each in group:
                    _wrong(visit, each)
    subheading(visit, say("What works"))
    rows: list[tuple[Message, object]] = [(each.check, each.detail) for each in found.findings if each.ok]
    facts(visit, rows)


def _wrong(visit: Visit, each: Finding) -> None:
    with Part("li"):
        words(visit, "strong", each.check, "dalgu-no" if each.grave else "")
        words(visit, "p", each.detail)
        if each.next_step is not None:
            words(visit, "p", each.next_step, "dalgu-next")


def _chores(visit: Visit, found: Condition) -> None:
    subheading(visit, say("What the site does by itself"))
    rows = [
        {
            "id": done.name, "name": visit.text(_CHORES.get(done.name, done.name)), "at": when(done.last_at), "outcome": visit.text(done.outcome),
            "ok": visit.text(say("well") if done.ok else say("FAILED")),
        }
        for done in found.chores
    ]  # fmt: skip
    columns = (("name", say("chore")), ("ok", say("how")), ("at", say("last")), ("outcome", say("outcome")))
    table(visit, say("Chores"), columns, rows, search=False)


def _deliveries(visit: Visit, found: Condition) -> None:
    subheading(visit, say("Notices by e-mail and gateway"))
    facts(visit, ((say("on their way"), f"{found.undelivered:,}"), (say("given up after a day"), f"{len(found.given_up):,}")))  # fmt: skip
    if not found.given_up:
        return
    paragraph(visit, say("They still stand in the portal. See whether [mail] and [webhook] in settings.toml are right and the other side answers; then have them sent again."))  # fmt: skip
    rows = [
        {
            "id": f"{lost.notice.id}/{lost.channel}", "at": when(lost.notice.at), "attempts": lost.attempts,
            "channel": visit.text(_CHANNELS.get(lost.channel, say("another channel"))), "fault": lost.fault or "",
        }
        for lost in found.given_up
    ]  # fmt: skip
    columns = (("at", say("notice of")), ("channel", say("by")), ("attempts", say("tries")), ("fault", say("last error")))  # fmt: skip
    table(visit, say("Given up"), columns, rows, search=False)

    async def again() -> None:
        count = await visit.do(lambda who: verbs.send_again(visit.house, who))
        if count is not None:
            note(visit, say("{count} notices are tried once more.", count=count))

    ui.button(visit.text(say("Send them again")), on_click=again).props("no-caps outline")
