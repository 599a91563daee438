"""People: who is here, of which organisation, with which roles; for operators also invitations and accounts."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from ....language import say
from ....nouns.permit import Role
from ....verbs.people import account
from ....verbs.people import people as verbs
from ....world.identity import Person
from ..elements import fields
from ..elements.frame import confirm, facts, heading, link, note, paragraph, subheading, table, when
from ..elements.parts import Part, words
from ..elements.sheet import Blank
from ..visit import Visit, page, served


def add() -> None:
    @page("/people", say("People"))
    async def people(visit: Visit) -> None:
        heading(visit, say("People"), say("Who is here, for which organisation, and in which role?"))
        if Role.OPERATOR in visit.roles:
            await _invitations(visit)
        await _listed(visit)

    @page("/people/{person}", say("People"))
    async def one(visit: Visit, person: str) -> None:
        found = await visit.read(lambda: verbs.one(visit.house, visit.signed_in, person))
        heading(visit, found.name, say("One account: its roles, and whether it is open."))
        _facts(visit, found)
        if found.ended_at is None:
            _roles(visit, found)
            _account(visit, found)
        with Part("p", classes="dalgu-paragraph"):
            link(visit, "/people", say("All people"))


async def _listed(visit: Visit) -> None:
    found = await visit.read(lambda: verbs.listed(visit.house))
    subheading(visit, say("All people"))
    operator = Role.OPERATOR in visit.roles
    rows = [
        {
            "id": person.id, "name": person.name, "login": person.login, "organisation": person.organisation,
            "roles": _role_words(visit, person.roles), "since": when(person.joined_at),
            "state": visit.text(say("closed") if person.ended_at else say("open")),
            **({"link_name": f"/people/{person.id}"} if operator else {}),
        }
        for person in found
    ]  # fmt: skip
    columns = [("name", say("name")), ("organisation", say("organisation")), ("roles", say("roles")), ("since", say("joined"))]  # fmt: skip
    if operator:
        columns[1:1] = [("login", say("login"))]
        columns.append(("state", say("account")))
    table(visit, say("People"), columns, rows)


async def _invitations(visit: Visit) -> None:
    subheading(visit, say("Invite somebody"))
    paragraph(visit, say("You get a code that works once, for seven days. Give it to them by another way than their login; with it they join and choose their own password."))  # fmt: skip
    place = Part("div")

    async def again() -> None:
        found = await visit.read(lambda: verbs.invited(visit.house, visit.signed_in))
        place.clear()
        with place:
            _open_invitations(visit, found, again)

    with Part("details", classes="dalgu-form"):
        words(visit, "summary", say("Write an invitation"))
        _invitation_form(visit, again)
    await again()


def _open_invitations(visit: Visit, found: Any, again: Any) -> None:
    if not found:
        return
    words(visit, "h3", say("Open invitations"))
    with Part("ul", classes="dalgu-cards"):
        for each in found:
            with Part("li"):
                Part("span", f"{each.name} ({each.login})", "dalgu-card-name")
                Part("p", f"{each.organisation}: {_role_words(visit, each.roles)}")
                words(visit, "p", say("until {when}", when=when(each.expires_at)), "dalgu-faint")
                _take_back_button(visit, each.login, again)


def _take_back_button(visit: Visit, login: str, again: Any) -> None:
    async def take_back() -> None:
        if await visit.do(lambda who: verbs.uninvite(visit.house, who, login)) is not None:
            note(visit, say("The invitation is taken back."))
        await again()

    ask = lambda: confirm(visit, say("Take the invitation of {login} back? Its code works no more.", login=login), take_back, yes=say("Take it back"))  # noqa: E731 # fmt: skip
    ui.button(visit.text(say("Take it back")), on_click=ask).props("no-caps outline dense")


def _invitation_form(visit: Visit, again: Any) -> None:
    sheet = Blank(visit, {"login": "", "name": "", "organisation": "", "roles": []})
    login = fields.text(sheet, "login", say("Login"), needed=True, maxlength=100, autocapitalize="none")
    fields.text(sheet, "name", say("Name"), needed=True, maxlength=200)
    fields.text(sheet, "organisation", say("Organisation"), needed=True, maxlength=200)
    fields.many(sheet, "roles", say("Roles"), [(role.value, visit.word(role)) for role in Role], needed=True)
    shown = Part("div", role="status", aria_live="polite")

    async def invite() -> None:
        given = {name: str(sheet.values[name] or "").strip() for name in ("login", "name", "organisation")}
        roles = list(sheet.values["roles"] or ())
        code = await visit.do(lambda who: verbs.invite(visit.house, who, roles=roles, **given))
        if code is None:
            login.focus()
            return
        shown.clear()
        with shown, Part("div", classes="dalgu-note"):
            words(visit, "p", say("The invitation of {login}. It is shown this once; the address to join is {address}.", login=given["login"], address=_join_address(visit)))  # fmt: skip
            Part("pre", code, "dalgu-text", id="invitation-code", tabindex=0)
            copy = words(visit, "button", say("Copy"), "dalgu-button dalgu-small", type="button")
            copy.on("click", js_handler="() => navigator.clipboard.writeText(document.getElementById('invitation-code').textContent)")  # fmt: skip
        await again()

    ui.button(visit.text(say("Make the invitation")), on_click=invite).props("no-caps unelevated")


def _join_address(visit: Visit) -> str:
    """As the operator's own browser reaches the site, where settings.toml does not say better."""
    return (served().told.serve.public_url or str(visit.client.request.base_url)).rstrip("/") + "/join"


def _facts(visit: Visit, found: Person) -> None:
    state = say("closed on {day}", day=when(found.ended_at)) if found.ended_at else say("open")
    facts(visit, (
        (say("login"), found.login), (say("organisation"), found.organisation), (say("roles"), _role_words(visit, found.roles)),
        (say("joined"), when(found.joined_at)), (say("account"), state),
        (say("number in the history"), lambda: link(visit, f"/ledger?about={found.id}", found.id)),
    ))  # fmt: skip


def _roles(visit: Visit, found: Person) -> None:
    subheading(visit, say("Roles"))
    paragraph(visit, say("A change bears your signature, is recorded, and holds from their next click on. They are told."))  # fmt: skip
    sheet = Blank(visit, {"roles": sorted(role.value for role in found.roles)})
    fields.many(sheet, "roles", say("Roles"), [(role.value, visit.word(role)) for role in Role], needed=True)

    async def change() -> None:
        roles = list(sheet.values["roles"] or ())
        if await visit.do(lambda who: verbs.change_roles(visit.house, who, found.id, roles)) is not None:
            ui.navigate.to(f"/people/{found.id}")

    ui.button(visit.text(say("Change the roles")), on_click=lambda: confirm(visit, say("Change the roles of {login}?", login=found.login), change, yes=say("Change the roles"))).props("no-caps unelevated")  # fmt: skip


def _account(visit: Visit, found: Person) -> None:
    async def close() -> None:
        if await visit.do(lambda who: verbs.close(visit.house, who, found.id)) is not None:
            ui.navigate.to(f"/people/{found.id}")

    async def take_off() -> None:
        done = await visit.attempt(lambda who: account.take_off_factor(visit.house, who, found.id))
        visit.show(done[1]) if done[1] is not None else note(visit, say("The second factor is taken off; their sessions have ended."))  # fmt: skip

    subheading(visit, say("Account"))
    with Part("div", classes="dalgu-buttons"):
        ui.button(visit.text(say("Take off the second factor")), on_click=lambda: confirm(visit, say("Take off the second factor of {login}? Do it only when you know by another way that it is they who lost their phone.", login=found.login), take_off, yes=say("Take it off"))).props("no-caps outline")  # fmt: skip
        ui.button(visit.text(say("Close the account")), on_click=lambda: confirm(visit, say("Close the account of {login}? Nobody comes in with it any more; what it did stays in the history. This cannot be undone.", login=found.login), close, yes=say("Close the account")), color="negative").props("no-caps outline")  # fmt: skip


def _role_words(visit: Visit, roles: frozenset[Role]) -> str:
    return ", ".join(visit.word(role) for role in sorted(roles))
