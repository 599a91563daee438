"""`dalgu account password | sessions | end-sessions | factor begin, confirm, end, show`."""

from __future__ import annotations

from typing import Annotated

import typer

from ...language import say
from .opened import signed_in
from .passwords import CodeFromStdin, PasswordFromStdin, chosen_password, given_code, given_password
from .shown import AsJson, as_json, out, table, told

app = typer.Typer(no_args_is_help=True, help=told(say("Your own account.")))
factor = typer.Typer(no_args_is_help=True, help=told(say("Your second factor: codes from your phone.")))
app.add_typer(factor, name="factor")


@app.command(help=told(say("Change your password; other sessions end.")))
def password(password_stdin: PasswordFromStdin = False, json: AsJson = False) -> None:
    from ...verbs.people import account

    with signed_in(to_set_up_factor=True) as (house, who):
        old = given_password(password_stdin)
        new = chosen_password(password_stdin)
        code = given_code(password_stdin) if account.factor(house, who) is not None else ""
        ended = account.change_password(house, who, old, new, code)
    if json:
        as_json({"ended": ended})
        return
    out(told(say("Your password is changed; {count} other sessions and tokens have ended.", count=ended)))


@app.command(help=told(say("Where you are signed in.")))
def sessions(json: AsJson = False) -> None:
    from ...verbs.people import entry

    with signed_in() as (house, who):
        found = entry.places(house, who)
    if json:
        as_json(list(found))
        return
    rows = [
        (s.door, s.begun_at[:19], s.seen_at[:19], s.expires_at[:19], "*" if s.id == who.session else "")
        for s in found
    ]
    table((say("door"), say("begun"), say("last used"), say("ends"), say("here")), rows)


@app.command("end-sessions", help=told(say("Sign out everywhere else.")))
def end_sessions(
    here_too: Annotated[bool, typer.Option("--here-too", help=told(say("And here")))] = False,
    json: AsJson = False,
) -> None:
    from ...verbs.people import entry

    with signed_in() as (house, who):
        ended = entry.leave_everywhere(house, who, but_here=not here_too)
    as_json({"ended": ended}) if json else out(told(say("{count} sessions have ended.", count=ended)))


@factor.command(help=told(say("Whether you have one, and how many recovery codes are left.")))
def show(json: AsJson = False) -> None:
    from ...verbs.people import account

    with signed_in(to_set_up_factor=True) as (house, who):
        found = account.factor(house, who)
    if json:
        as_json(found)
        return
    if found is None:
        out(told(say("You have no second factor.")))
        return
    out(told(say("In use since {day}; {count} recovery codes are left.", day=found.confirmed_at[:10], count=found.recovery_left)))  # fmt: skip


@factor.command(help=told(say("Make a secret for an authenticator app; then confirm it with a code.")))
def begin(password_stdin: PasswordFromStdin = False, json: AsJson = False) -> None:
    from ...verbs.people import account

    with signed_in(to_set_up_factor=True) as (house, who):
        begun = account.begin_factor(house, who, given_password(password_stdin))
    if json:
        as_json({"secret": begun.secret, "url": begun.url})
        return
    out(told(say("Scan this with an authenticator app, or type the secret into it:")))
    _show_qr(begun.url)
    out(begun.secret)
    out(told(say("Then type `dalgu account factor confirm CODE` with the code that it shows.")))


@factor.command(help=told(say("Put it in use, with a code; prints ten recovery codes.")))
def confirm(
    code: Annotated[str, typer.Argument(help=told(say("The code that the app shows")))], json: AsJson = False
) -> None:
    from ...verbs.people import account

    with signed_in(to_set_up_factor=True) as (house, who):
        codes = account.confirm_factor(house, who, code)
    if json:
        as_json({"recovery": list(codes)})
        return
    out(told(say("From now on signing in asks for a code.")))
    out(told(say("Without your phone, one of these stands in for a code. Each works once; they are not shown again:")))  # fmt: skip
    for each in codes:
        out(f"  {each}")


@factor.command(help=told(say("Do without it from now on.")))
def end(
    password_stdin: PasswordFromStdin = False, code_stdin: CodeFromStdin = False, json: AsJson = False
) -> None:
    from ...verbs.people import account

    with signed_in() as (house, who):
        account.end_factor(house, who, given_password(password_stdin), given_code(code_stdin))
    as_json({"factor": None}) if json else out(told(say("You have no second factor any more.")))


def _show_qr(url: str) -> None:
    import sys

    import segno

    if sys.stdout.isatty():
        segno.make(url).terminal(compact=True)
