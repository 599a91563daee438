"""My account: where am I signed in, how am I told of things, which programs speak for me.

What needs a password has forms of its own (`own_account`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nicegui import ui

from ....language import LANGUAGES, Message, say
from ....nouns.permit import Role, Scope
from ....settings import Served
from ....verbs.house import notify
from ....verbs.keeping import drafts
from ....verbs.people import account as verbs
from ....verbs.people import entry
from ..elements import fields
from ..elements.frame import confirm, facts, heading, note, paragraph, subheading, table, when
from ..elements.names import form_address, form_name
from ..elements.parts import Part, anchor, words
from ..elements.sheet import Blank
from ..visit import Visit, page, served

_SCOPES = {
    Scope.READ: say("read what I may read"), Scope.BRING: say("bring, replace and destroy Datasets"),
    Scope.RUN: say("start and cancel Runs"), Scope.ASK: say("ask for Permits, give mine back"),
    Scope.SIGN: say("decide and vote with my signature"), Scope.OPERATE: say("what only operators may"),
}  # fmt: skip
_DOORS = {"portal": say("this portal"), "terminal": say("a terminal"), "api": say("the API")}
_LANGUAGE_NAMES = {"ko": "한국어", "en": "English"}


def add() -> None:
    @page("/account", say("My account"))
    async def account(visit: Visit) -> None:
        person = visit.signed_in.person
        heading(
            visit, say("My account"), say("Who am I here, where am I signed in, and how am I told of things?")
        )
        roles = ", ".join(visit.word(role) for role in sorted(person.roles))
        facts(visit, ((say("name"), person.name), (say("login"), person.login), (say("organisation"), person.organisation), (say("roles"), roles), (say("number in the history"), person.id)))  # fmt: skip
        await _safety(visit)
        await _notices(visit)
        await _places(visit)
        await _tokens(visit)
        await _drafts(visit)


async def _safety(visit: Visit) -> None:
    subheading(visit, say("Password, second factor, signature"))
    factor = await visit.read(lambda: verbs.factor(visit.house, visit.signed_in))
    signing = say("unlocked: decisions and votes bear it") if visit.signed_in.can_sign else say("locked in this session")  # fmt: skip
    in_use = say("in use since {when}; {count} recovery codes left", when=when(factor.confirmed_at), count=factor.recovery_left) if factor else say("none")  # fmt: skip
    facts(visit, ((say("second factor"), in_use), (say("my signature"), signing)))
    with Part("div", classes="dalgu-buttons"):
        anchor(visit, "/account/password", say("Change my password"), "dalgu-quiet")
        anchor(visit, "/account/factor", say("Second factor"), "dalgu-quiet")
        if served().told.oidc is not None:
            anchor(visit, "/account/elsewhere", say("Signing in elsewhere"), "dalgu-quiet")
        if not visit.signed_in.can_sign:
            anchor(visit, "/unlock?next=/account", say("Unlock my signature"), "dalgu-quiet")


async def _notices(visit: Visit) -> None:
    Part("span", id="notices")
    subheading(visit, say("How I am told of things"))
    now = await visit.read(lambda: notify.preferences(visit.house, visit.signed_in))
    served = await visit.read(visit.house.settings.served)
    sheet = Blank(visit, {"language": now.language, "email": now.email, "by_email": now.by_email, "by_webhook": now.by_webhook})  # fmt: skip
    paragraph(visit, say("Notices always stand in this portal. You may also have them sent; what is sent holds no data and no names of Datasets, only a link."))  # fmt: skip
    with Part("div", classes="dalgu-form"):
        fields.choice(sheet, "language", say("Language of what is sent"), [(code, _LANGUAGE_NAMES[code]) for code in LANGUAGES])  # fmt: skip
        email = fields.text(sheet, "email", say("E-mail address"), type_="email", autocapitalize="none")
        fields.yes(sheet, "by_email", say("By e-mail"), hint=_hint(served, "mail"))
        fields.yes(sheet, "by_webhook", say("By the operator's gateway (messenger or SMS)"), hint=_hint(served, "webhook"))  # fmt: skip

    async def keep() -> None:
        values = sheet.values
        wished = replace(now, language=str(values["language"]), email=str(values["email"] or "").strip(), by_email=bool(values["by_email"]), by_webhook=bool(values["by_webhook"]))  # fmt: skip
        _, error = await visit.attempt(lambda who: notify.prefer(visit.house, who, wished))
        email.wrong(error.detail if error is not None and error.code == "invalid.email" else None)
        if error is None:
            note(visit, say("Kept."))
        elif error.code == "invalid.email":
            email.focus()
        else:
            visit.show(error)

    ui.button(visit.text(say("Keep")), on_click=keep).props("no-caps unelevated")


def _hint(served: Served, section: str) -> Message | None:
    there = served.mail if section == "mail" else served.webhook
    return None if there else say("The operator has not set this up yet: nothing is sent until then.")


async def _places(visit: Visit) -> None:
    subheading(visit, say("Where I am signed in"))
    found = await visit.read(lambda: entry.places(visit.house, visit.signed_in))
    rows = [
        {
            "id": place.id, "door": visit.text(_DOORS.get(place.door, say("another door"))), "begun": when(place.begun_at),
            "seen": when(place.seen_at), "ends": when(place.expires_at),
            "here": visit.text(say("this one")) if place.id == visit.signed_in.session else "",
        }
        for place in reversed(found)
    ]  # fmt: skip
    columns = (("door", say("door")), ("begun", say("began")), ("seen", say("last seen")), ("ends", say("ends")), ("here", say("here")))  # fmt: skip
    table(visit, say("My sessions"), columns, rows, search=False)

    async def end() -> None:
        ended = await visit.do(lambda who: entry.leave_everywhere(visit.house, who, but_here=True))
        if ended is not None:
            ui.navigate.to("/account")

    if len(found) > 1:
        ui.button(visit.text(say("End all the others")), on_click=lambda: confirm(visit, say("End all your other sessions?"), end, yes=say("End them"))).props("no-caps outline")  # fmt: skip


async def _tokens(visit: Visit) -> None:
    subheading(visit, say("Tokens for programs"))
    paragraph(visit, say("A program that has a token acts as you, as far as its scopes go. Give each program its own, and end what you do not need."))  # fmt: skip
    place = Part("div")

    async def again() -> None:
        found = await visit.read(lambda: entry.tokens(visit.house, visit.signed_in))
        place.clear()
        with place:
            _token_list(visit, found, again)

    await again()
    with Part("details", classes="dalgu-form"):
        words(visit, "summary", say("Make a token"))
        _token_form(visit, again)


def _token_list(visit: Visit, found: Any, again: Any) -> None:
    alive = [token for token in found if token.ended_at is None]
    if not alive:
        paragraph(visit, say("You have none.")).classes("dalgu-empty")
    with Part("ul", classes="dalgu-cards"):
        for token in alive:
            with Part("li"):
                Part("span", token.name, "dalgu-card-name")
                scopes = ", ".join(visit.text(_SCOPES[scope]) for scope in sorted(token.scopes))
                Part("p", scopes)
                used = when(token.used_at) if token.used_at else visit.text(say("never"))
                words(visit, "p", say("ends {ends}; last used {used}", ends=when(token.expires_at), used=used), "dalgu-faint")  # fmt: skip
                _end_token_button(visit, token.id, token.name, again)


def _end_token_button(visit: Visit, token: str, name: str, again: Any) -> None:
    async def end() -> None:
        await visit.do(lambda who: entry.end_token(visit.house, who, token))
        await again()

    ask = lambda: confirm(visit, say("End the token '{name}'? The program that has it is shut out at once.", name=name), end, yes=say("End it"))  # noqa: E731 # fmt: skip
    ui.button(visit.text(say("End it")), on_click=ask).props("no-caps outline dense")


def _token_form(visit: Visit, again: Any) -> None:
    allowed = [scope for scope in Scope if scope is not Scope.OPERATE or Role.OPERATOR in visit.roles]
    sheet = Blank(visit, {"name": "", "scopes": [Scope.READ.value], "days": "90"})
    name = fields.text(sheet, "name", say("What is it for?"), needed=True, maxlength=100)
    fields.many(sheet, "scopes", say("What may it do?"), [(scope.value, visit.text(_SCOPES[scope])) for scope in allowed], needed=True)  # fmt: skip
    fields.text(sheet, "days", say("For how many days? (at most {most})", most=entry.LONGEST_TOKEN_DAYS), type_="number", min=1, max=entry.LONGEST_TOKEN_DAYS)  # fmt: skip
    shown = Part("div", role="status", aria_live="polite")

    async def make() -> None:
        values = sheet.values
        days = int(values["days"]) if str(values["days"]).isdecimal() else 0
        scopes = [Scope(each) for each in values["scopes"] or ()]
        made = await visit.do(lambda who: entry.make_token(visit.house, who, str(values["name"] or ""), scopes, days))  # fmt: skip
        if made is None:
            name.focus()
            return
        shown.clear()
        with shown, Part("div", classes="dalgu-note"):
            words(visit, "p", say("Copy it now: it is shown this once, and nobody can read it again."))
            Part("pre", made[1], "dalgu-text", id="token-text", tabindex=0)
            copy = words(visit, "button", say("Copy"), "dalgu-button", type="button")
            copy.on("click", js_handler="() => navigator.clipboard.writeText(document.getElementById('token-text').textContent)")  # fmt: skip
        await again()

    ui.button(visit.text(say("Make the token")), on_click=make).props("no-caps unelevated")


async def _drafts(visit: Visit) -> None:
    found = await visit.read(lambda: drafts.listed(visit.house, visit.signed_in.actor))
    if not found:
        return
    subheading(visit, say("My drafts"))
    with Part("ul", classes="dalgu-tasks"):
        for form, saved_at in found:
            with Part("li"):
                anchor(visit, form_address(form), form_name(form))
                Part("span", when(saved_at), "dalgu-faint")
