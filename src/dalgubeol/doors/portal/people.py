"""People: who is here, of which organisation, with which roles; for operators also invitations."""

from __future__ import annotations

from nicegui import ui

from ...language import say
from ...nouns.permit import Role
from ...verbs import people as verbs
from . import fields
from .frame import heading, paragraph, subheading, table, when
from .parts import Part, words
from .sheet import Blank
from .visit import Visit, page


def add() -> None:
    @page("/people", say("People"))
    async def people(visit: Visit) -> None:
        heading(visit, say("People"), say("Who is here, for which organisation, and in which role?"))
        if Role.OPERATOR in visit.roles:
            _invitation(visit)
        await _listed(visit)


async def _listed(visit: Visit) -> None:
    found = await visit.read(lambda: verbs.listed(visit.house))
    subheading(visit, say("Everybody"))
    operator = Role.OPERATOR in visit.roles
    rows = [
        {
            "id": person.id, "name": person.name, "login": person.login, "organisation": person.organisation,
            "roles": ", ".join(visit.word(role) for role in sorted(person.roles)), "since": when(person.joined_at),
            "state": visit.text(say("closed") if person.ended_at else say("open")),
        }
        for person in found
    ]  # fmt: skip
    columns = [("name", say("name")), ("organisation", say("organisation")), ("roles", say("roles")), ("since", say("joined"))]  # fmt: skip
    if operator:
        columns[1:1] = [("login", say("login"))]
        columns.append(("state", say("account")))
    table(visit, say("People"), columns, rows)


def _invitation(visit: Visit) -> None:
    subheading(visit, say("Invite somebody"))
    paragraph(visit, say("You get a code that works once, for seven days. Give it to them by another way than their login; with it they join and choose their own password."))  # fmt: skip
    sheet = Blank(visit, {"login": "", "name": "", "organisation": "", "roles": []})
    with Part("details", classes="dalgu-form"):
        words(visit, "summary", say("Write an invitation"))
        login = fields.text(sheet, "login", say("Login"), needed=True, maxlength=100, autocapitalize="none")
        fields.text(sheet, "name", say("Name"), needed=True, maxlength=200)
        fields.text(sheet, "organisation", say("Organisation"), needed=True, maxlength=200)
        fields.many(
            sheet, "roles", say("Roles"), [(role.value, visit.word(role)) for role in Role], needed=True
        )
        shown = Part("div", role="status", aria_live="polite")

        async def invite() -> None:
            given = {
                name: str(sheet.values[name] or "").strip() for name in ("login", "name", "organisation")
            }
            roles = list(sheet.values["roles"] or ())
            code = await visit.do(lambda who: verbs.invite(visit.house, who, roles=roles, **given))
            if code is None:
                login.focus()
                return
            shown.clear()
            with shown, Part("div", classes="dalgu-note"):
                words(visit, "p", say("The invitation of {login}. It is shown this once; the address to join is {address}.", login=given["login"], address="/join"))  # fmt: skip
                Part("pre", code, "dalgu-text", id="invitation-code", tabindex=0)
                copy = words(visit, "button", say("Copy"), "dalgu-button", type="button")
                copy.on("click", js_handler="() => navigator.clipboard.writeText(document.getElementById('invitation-code').textContent)")  # fmt: skip

        ui.button(visit.text(say("Make the invitation")), on_click=invite).props("no-caps unelevated")
