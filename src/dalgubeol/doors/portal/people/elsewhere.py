"""Signing in at the OpenID Connect provider of the site, and linking that with an account here: plain forms.

What the browser holds on the way (a cookie that only this site opens, for ten minutes) is `verbs.people.people.federated`'s.
`SameSite=Lax`, or it would not come back with the browser from the provider's page.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from ....errors import DalguError
from ....language import Message, say
from ....verbs.people import federated
from ....world.identity import SHORTEST_PASSWORD, SignedIn
from ...serve import cookie
from ..elements.plain_page import field, form, hidden, page_of, t, told, too_often
from ..visit import Reader, reader_of, served
from .entrance import came_in, check_same, status_of
from .own_account import as_somebody

router = APIRouter(include_in_schema=False)
Field = Annotated[str, Form()]
_COOKIE = "dalgu_elsewhere"


@router.get("/oidc/begin")
def begin(request: Request, next: str = "/") -> Response:  # noqa: A002 - the address bar's word
    if (stop := too_often(request)) is not None:
        return stop
    try:
        url, begun = federated.begin(served().house, next, _way_back(request))
    except DalguError as error:
        return _failed(request, error)
    return _holding(RedirectResponse(url, 303), begun)


@router.get("/oidc/back")
def back(request: Request) -> Response:
    if (stop := too_often(request)) is not None:
        return stop
    query = dict(request.query_params)
    try:
        found = federated.complete(served().house, _held(request), query)
    except DalguError as error:
        return _dropped(_failed(request, error))
    if found.held is not None:
        return _dropped(came_in(found.held, found.return_to))
    assert found.pending is not None
    reader = reader_of(request.cookies)
    page = _code_form(reader, found.return_to) if found.code_needed else _link_page(reader, found.return_to)
    return _holding(page, found.pending)


@router.post("/oidc/code")
def enter_with_code(request: Request, code: Field = "", next: Field = "/") -> Response:  # noqa: A002
    if (stop := too_often(request)) is not None:
        return stop
    try:
        _, held = federated.with_code(served().house, _held(request), code.strip())
    except DalguError as error:
        return _code_form(reader_of(request.cookies), next, error)
    return _dropped(came_in(held, next))


@router.post("/oidc/link")
def link(
    request: Request, login: Field = "", password: Field = "", code: Field = "", next: Field = "/"  # noqa: A002
) -> Response:  # fmt: skip
    if (stop := too_often(request)) is not None:
        return stop
    try:
        _, held = federated.link(served().house, _held(request), login, password, code.strip())
    except DalguError as error:
        return _link_page(reader_of(request.cookies), next, error, login)
    return _dropped(came_in(held, next))


@router.post("/oidc/join")
def join(
    request: Request, invitation: Field = "", new: Field = "", again: Field = "", next: Field = "/"  # noqa: A002
) -> Response:  # fmt: skip
    if (stop := too_often(request)) is not None:
        return stop
    try:
        check_same(new, again)
        _, held = federated.join(served().house, _held(request), invitation.strip(), new)
    except DalguError as error:
        return _link_page(reader_of(request.cookies), next, error)
    return _dropped(came_in(held, next))


@router.get("/account/elsewhere")
def show_links(request: Request) -> Response:
    return as_somebody(request, _links_page)


@router.post("/account/elsewhere/end")
def end_link(request: Request, issuer: Field = "") -> Response:
    def done(reader: Reader, who: SignedIn) -> Response:
        try:
            federated.unlink(served().house, who, issuer)
        except DalguError as error:
            return _links_page(reader, who, error)
        return RedirectResponse("/account/elsewhere", 303)

    return as_somebody(request, done)


def entrance_link(reader: Reader, after: str) -> str:
    """The way to the provider on the sign-in page; nothing where the site has none."""
    if served().told.oidc is None:
        return ""
    text = say("Sign in with {provider}", provider=_provider())
    return f'<p><a class="dalgu-button dalgu-quiet" href="/oidc/begin?next={quote(after)}">{t(reader, text)}</a></p>'


def _code_form(reader: Reader, after: str, error: DalguError | None = None) -> Response:
    fields = hidden("next", after) + field(reader, "code", say("Code"), type_="code", complete="one-time-code", first=True)  # fmt: skip
    body = f"""{told(reader, error)}<p>{t(reader, say("Give the code that your phone shows now, or one of your recovery codes."))}</p>
{form(reader, "/oidc/code", fields, say("Sign in"))}"""
    return page_of(reader, say("Second factor"), body, status_of(error), "/sign-in")


def _link_page(reader: Reader, after: str, error: DalguError | None = None, login: str = "") -> Response:
    name = _provider()
    asked = error is not None and error.code in ("login.code_needed", "login.code_wrong")
    mine = (
        hidden("next", after)
        + field(reader, "login", say("Login"), complete="username", value=login)
        + _password(reader, "current-password", say("Password"))
        + (field(reader, "code", say("Code"), type_="code", complete="one-time-code") if asked else "")
    )
    new = (
        hidden("next", after)
        + field(reader, "invitation", say("The code of your invitation"), complete="one-time-code")
        + _password(reader, "new-password", say("New password"), name="new")
        + _password(reader, "new-password", say("The same once more"), name="again")
    )
    body = f"""{told(reader, error)}
<p>{t(reader, say("You signed in with {provider}, and are not known here by that yet.", provider=name))}</p>
<h2>{t(reader, say("I have an account here"))}</h2>
<p>{t(reader, say("Your password links the account you just used at {provider} with your account here. From then on whoever signs in there as you comes in here as you.", provider=name))}</p>
{form(reader, "/oidc/link", mine, say("Link and sign in"))}
<h2>{t(reader, say("I have an invitation"))}</h2>
<p>{t(reader, say("The password is for your signature: it locks your key, and nobody can find it again."))}</p>
{form(reader, "/oidc/join", new, say("Join and link"))}"""
    return page_of(reader, say("Who are you here?"), body, status_of(error), "/sign-in")


def _links_page(reader: Reader, who: SignedIn, error: DalguError | None = None) -> Response:
    found = federated.links(served().house, who)
    rows = "".join(
        f"<li>{t(reader, _name_of(each.subject.issuer))}{form(reader, '/account/elsewhere/end', hidden('issuer', each.subject.issuer), say('End this link'))}</li>"
        for each in found
    )
    begin = entrance_link(reader, "/account/elsewhere") if not found else ""
    text = say("With these you may also sign in:") if found else say("You sign in with your password only.")
    body = f"{told(reader, error)}<p>{t(reader, text)}</p><ul>{rows}</ul>{begin}"
    return page_of(
        reader, say("Signing in elsewhere"), body, status_of(error), "/account/elsewhere", signed_in=True
    )


def _password(reader: Reader, complete: str, label: Message, name: str = "password") -> str:
    shortest = SHORTEST_PASSWORD if complete == "new-password" else 0
    return field(reader, name, label, type_="password", complete=complete, shortest=shortest)


def _failed(request: Request, error: DalguError) -> Response:
    reader = reader_of(request.cookies)
    body = f'{told(reader, error)}<p><a href="/sign-in">{t(reader, say("To the sign-in page"))}</a></p>'
    return page_of(reader, say("Sign in"), body, status_of(error), "/sign-in")


def _way_back(request: Request) -> str:
    """The address that is registered with the provider."""
    base = served().told.serve.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/oidc/back"


def _held(request: Request) -> bytes:
    return request.cookies.get(cookie.named(_COOKIE, served().secure), "").encode(errors="replace")


def _holding(answer: Response, held: bytes) -> Response:
    cookie.hold(answer, _COOKIE, held.decode(), federated.HELD_S, secure=served().secure)
    return answer


def _dropped(answer: Response) -> Response:
    cookie.let_go(answer, _COOKIE, secure=served().secure)
    return answer


def _provider() -> str:
    settings = served().told.oidc
    return "" if settings is None else _name_of(settings.issuer)


def _name_of(issuer: str) -> str:
    return urlsplit(issuer).hostname or issuer
