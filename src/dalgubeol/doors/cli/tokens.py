"""`dalgu token make | list | end`: how programs come in."""

from __future__ import annotations

from typing import Annotated

import typer

from ...errors import Invalid
from ...language import say
from ...nouns.permit import Scope
from .opened import signed_in
from .shown import AsJson, as_json, listed, out, table, told

app = typer.Typer(no_args_is_help=True, help=told(say("Tokens: how programs come in, in your name.")))
_SCOPES = ", ".join(Scope)


@app.command(help=told(say("Make a token; its text is shown this once.")))
def make(
    name: Annotated[str, typer.Argument(help=told(say("What it is for")))],
    scope: Annotated[list[str], typer.Option(help=told(say("One of: {codes}", codes=_SCOPES)))],
    days: Annotated[int, typer.Option(help=told(say("How long it lives")))] = 90,
    json: AsJson = False,
) -> None:
    from ...verbs.people import entry

    try:
        scopes = [Scope(each) for each in scope]
    except ValueError:
        raise Invalid.field("scope", expected=_SCOPES, got="another word") from None
    with signed_in() as (house, who):
        token, text = entry.make_token(house, who, name, scopes, days)
    if json:
        as_json({"id": token.id, "token": text, "expires_at": token.expires_at})
        return
    out(told(say("Token {token} lives until {day}. Keep its text as you keep a password; it is not shown again:", token=token.id, day=token.expires_at[:10])))  # fmt: skip
    out(text)


@app.command("list", help=told(say("Your tokens, the newest first.")))
def list_(json: AsJson = False) -> None:
    from ...verbs.people import entry

    with signed_in() as (house, who):
        found = entry.tokens(house, who)
    if json:
        as_json(list(found))
        return
    rows = [(t.id, t.name, listed(t.scopes), t.expires_at[:10], (t.used_at or "")[:19], (t.ended_at or "")[:19]) for t in found]  # fmt: skip
    headers = (say("id"), say("name"), say("scopes"), say("ends"), say("last used"), say("ended"))
    table(headers, rows)


@app.command(help=told(say("End a token at once.")))
def end(
    token: Annotated[str, typer.Argument(help=told(say("Id of the token")))], json: AsJson = False
) -> None:
    from ...verbs.people import entry

    with signed_in() as (house, who):
        entry.end_token(house, who, token)
    as_json({"ended": token}) if json else out(told(say("Token {token} has ended.", token=token)))
