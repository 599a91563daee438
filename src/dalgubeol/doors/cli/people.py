"""`dalgu login | logout | whoami | join`, `dalgu person invite | list | roles | close ...`."""

from __future__ import annotations

from typing import Annotated

import typer

from ...errors import Refused
from ...language import say
from ...nouns.permit import Role
from .lists import After, Limit, taken
from .opened import opened, signed_in
from .passwords import CodeFromStdin, PasswordFromStdin, chosen_password, given_code, given_password
from .shown import AsJson, as_json, listed, out, table, told

_ROLES = ", ".join(Role)
Theirs = Annotated[str, typer.Argument(help=told(say("Their login")))]

person = typer.Typer(no_args_is_help=True, help=told(say("People and their roles.")))


def add_to(app: typer.Typer) -> None:
    app.command(help=told(say("Sign in.")))(login)
    app.command(help=told(say("Sign out.")))(logout)
    app.command(help=told(say("Who is signed in here.")))(whoami)
    app.command(help=told(say("Join with an invitation and choose a password.")))(join)
    app.add_typer(person, name="person")


def login(
    login: Annotated[str, typer.Argument(help=told(say("Your login")))],
    password_stdin: PasswordFromStdin = False,
    code_stdin: CodeFromStdin = False,
    json: AsJson = False,
) -> None:
    from ...verbs.people import people

    with opened() as house:
        password = given_password(password_stdin)
        try:
            who = people.sign_in(house, login, password, given_code(True) if code_stdin else "")
        except Refused as refused:
            if refused.code != "login.code_needed" or password_stdin:
                raise
            who = people.sign_in(house, login, password, given_code(False))
    if json:
        as_json(who)
        return
    out(told(say("Signed in as {name} ({organisation}).", name=who.name, organisation=who.organisation)))


def logout(json: AsJson = False) -> None:
    from ...verbs.people import people

    with opened() as house:
        people.sign_out(house)
    as_json({"signed_in": False}) if json else out(told(say("Signed out.")))


def whoami(json: AsJson = False) -> None:
    with signed_in() as (_, who):
        found = who.person
    if json:
        as_json(found)
        return
    roles = listed(found.roles)
    out(f"{found.name} ({found.login}), {found.organisation}: {roles}")


def join(
    code: Annotated[str, typer.Argument(help=told(say("The code of your invitation")))],
    password_stdin: PasswordFromStdin = False,
    json: AsJson = False,
) -> None:
    from ...verbs.people import people

    with opened() as house:
        who = people.join(house, code, chosen_password(password_stdin))
    if json:
        as_json(who)
        return
    out(told(say("Welcome, {name}. Sign in with `dalgu login {login}`.", name=who.name, login=who.login)))


@person.command(help=told(say("Invite somebody; prints a code that works once.")))
def invite(
    login: Theirs,
    organisation: Annotated[str, typer.Option(help=told(say("Their organisation")))],
    role: Annotated[list[str], typer.Option(help=told(say("One of: {codes}", codes=_ROLES)))],
    name: Annotated[str, typer.Option(help=told(say("Their name")))] = "",
    json: AsJson = False,
) -> None:
    from ...verbs.people import people

    with signed_in() as (house, who):
        code = people.invite(
            house, who, login=login, name=name or login, organisation=organisation, roles=role
        )
    if json:
        as_json({"login": login, "code": code})
        return
    out(told(say("Give {login} this code; it works once, for seven days:", login=login)))
    out(code)


@person.command(help=told(say("Who is invited and has not joined yet.")))
def invitations(json: AsJson = False) -> None:
    from ...verbs.people import people

    with signed_in() as (house, who):
        found = people.invited(house, who)
    if json:
        as_json([{"login": i.login, "name": i.name, "organisation": i.organisation, "roles": i.roles, "expires_at": i.expires_at} for i in found])  # fmt: skip
        return
    rows = [(i.login, i.name, i.organisation, listed(i.roles), i.expires_at[:16]) for i in found]
    table((say("login"), say("name"), say("organisation"), say("roles"), say("ends")), rows)


@person.command(help=told(say("Take the invitation of somebody back.")))
def uninvite(login: Theirs, json: AsJson = False) -> None:
    from ...verbs.people import people

    with signed_in() as (house, who):
        people.uninvite(house, who, login)
    as_json({"login": login}) if json else out(told(say("{login} is not invited any more.", login=login)))


@person.command(help=told(say("Give somebody other roles, with your signature.")))
def roles(
    login: Theirs,
    role: Annotated[list[str], typer.Option(help=told(say("One of: {codes}", codes=_ROLES)))],
    json: AsJson = False,
) -> None:
    from ...verbs.people import people

    with signed_in() as (house, who):
        them = people.change_roles(house, who, login, role)
    as_json(them) if json else out(told(say("{login} now has these roles: {roles}.", login=them.login, roles=listed(them.roles))))  # fmt: skip


@person.command(help=told(say("Close an account for good, with your signature; what it did stays.")))
def close(
    login: Theirs,
    yes: Annotated[bool, typer.Option(help=told(say("Do not ask")))] = False,
    json: AsJson = False,
) -> None:
    from ...verbs.people import people

    with signed_in() as (house, who):
        if not yes:
            typer.confirm(told(say("Close the account {login}? It cannot be opened again.", login=login)), abort=True)  # fmt: skip
        them = people.close(house, who, login)
    as_json(them) if json else out(told(say("The account {login} is closed; a Record says so.", login=them.login)))  # fmt: skip


@person.command(
    "take-off-factor", help=told(say("Take the second factor off somebody who lost their phone."))
)
def take_off_factor(login: Theirs, json: AsJson = False) -> None:
    from ...verbs.people import account

    with signed_in() as (house, who):
        account.take_off_factor(house, who, login)
    as_json({"login": login}) if json else out(told(say("{login} has no second factor any more; their sessions have ended.", login=login)))  # fmt: skip


@person.command("list", help=told(say("Everybody who has joined.")))
def list_(limit: Limit = 1000, after: After = "", json: AsJson = False) -> None:
    from ...verbs.people import people

    with signed_in() as (house, _):
        found = taken(lambda a, n: people.page(house, a, n), after, limit)
    if json:
        as_json(found)
        return
    rows = [(p.login, p.name, p.organisation, listed(p.roles), (p.ended_at or "")[:10], p.id) for p in found]
    headers = (say("login"), say("name"), say("organisation"), say("roles"), say("closed"), say("id"))
    table(headers, rows)
