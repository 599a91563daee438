"""What somebody changes of their own account with their password: plain forms, so that the password travels in
one POST. Unlocking the signature, another password, the second factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from ....errors import DalguError
from ....language import Message, say
from ....rules.access import local_path
from ....verbs.people import account, entry
from ....world.identity import SHORTEST_PASSWORD, SignedIn, factors
from ...serve import cookie
from ..elements.frame import when
from ..elements.plain_page import field, form, hidden, page_of, t, told, too_often
from ..visit import Reader, reader_of, served
from .entrance import came_in, check_same, status_of

router = APIRouter(include_in_schema=False)
Field = Annotated[str, Form()]


@router.get("/unlock")
def ask_to_unlock(request: Request, next: str = "/") -> Response:  # noqa: A002 - the address bar's word
    return as_somebody(request, lambda reader, who: _unlock_form(reader, local_path(next)))


@router.post("/unlock")
def unlock(request: Request, password: Field = "", next: Field = "/") -> Response:  # noqa: A002
    here = served()

    def done(reader: Reader, who: SignedIn) -> Response:
        held = cookie.held(request.cookies, secure=here.secure)
        assert held is not None
        try:
            return came_in(entry.unlock_session(here.house, held, password), next)
        except DalguError as error:
            return _unlock_form(reader, local_path(next), error)

    return too_often(request) or as_somebody(request, done)


@router.get("/account/password")
def ask_for_password(request: Request) -> Response:
    return as_somebody(request, _password_form)


@router.post("/account/password")
def change_password(
    request: Request, password: Field = "", new: Field = "", again: Field = "", code: Field = ""
) -> Response:
    def done(reader: Reader, who: SignedIn) -> Response:
        try:
            check_same(new, again)
            ended = account.change_password(served().house, who, password, new, code.strip())
        except DalguError as error:
            return _password_form(reader, who, error)
        text = say(
            "Your password is changed. {count} other sessions and signing tokens were ended.", count=ended
        )
        return _done(reader, say("Change my password"), text)

    return too_often(request) or as_somebody(request, done)


@router.get("/account/factor")
def show_factor(request: Request) -> Response:
    return as_somebody(request, _factor_page, to_set_up_factor=True)


@router.post("/account/factor/begin")
def begin_factor(request: Request, password: Field = "") -> Response:
    def done(reader: Reader, who: SignedIn) -> Response:
        try:
            begun = account.begin_factor(served().house, who, password)
        except DalguError as error:
            return _factor_page(reader, who, error)
        secret = " ".join(begun.secret[i : i + 4] for i in range(0, len(begun.secret), 4))
        # The picture is made here, of the secret and the login as an address: nothing of it is anybody's HTML.
        body = f"""<p>{t(reader, say("Scan this with the authenticator of your phone, then type the code that it shows."))}</p>
<div class="dalgu-qr" role="img" aria-label="{t(reader, say("QR code; the same as text is below"))}">{begun.qr_svg}</div>
<p>{t(reader, say("Or type this into it:"))} <code>{t(reader, secret)}</code></p>{_confirm_form(reader)}"""
        return page_of(reader, say("Second factor"), body, here="/account/factor", signed_in=True)

    return too_often(request) or as_somebody(request, done, to_set_up_factor=True)


@router.post("/account/factor/confirm")
def confirm_factor(request: Request, code: Field = "") -> Response:
    def done(reader: Reader, who: SignedIn) -> Response:
        try:
            codes = account.confirm_factor(served().house, who, code.strip())
        except DalguError as error:
            body = f"{told(reader, error)}{_confirm_form(reader)}"
            return page_of(
                reader, say("Second factor"), body, status_of(error), "/account/factor", signed_in=True
            )
        listed = "".join(f"<li><code>{t(reader, each)}</code></li>" for each in codes)
        body = f"""<div class="dalgu-note"><p>{t(reader, say("Your second factor is set up. These recovery codes each let you in once without your phone. They are shown only now: print them, and keep them apart from it."))}</p></div>
<ol class="dalgu-codes">{listed}</ol>
<p><a href="/account">{t(reader, say("I have printed them"))}</a></p>"""
        return page_of(reader, say("Recovery codes"), body, signed_in=True)

    return too_often(request) or as_somebody(request, done, to_set_up_factor=True)


@router.post("/account/factor/end")
def end_factor(request: Request, password: Field = "", code: Field = "") -> Response:
    def done(reader: Reader, who: SignedIn) -> Response:
        try:
            account.end_factor(served().house, who, password, code.strip())
        except DalguError as error:
            return _factor_page(reader, who, error)
        return _done(reader, say("Second factor"), say("You do without a second factor from now on."))

    return too_often(request) or as_somebody(request, done, to_set_up_factor=True)


def as_somebody(
    request: Request, answer: Callable[[Reader, SignedIn], Response], *, to_set_up_factor: bool = False
) -> Response:
    """The answer to who is signed in in this browser; others are led to the sign-in page."""
    here, reader = served(), reader_of(request.cookies)
    held = cookie.held(request.cookies, secure=here.secure)
    back = RedirectResponse(f"/sign-in?next={quote(request.url.path)}", 303)
    if held is None:
        return back
    try:
        who = entry.entered(here.house, held, here.idle_s, to_set_up_factor=to_set_up_factor)
    except DalguError as error:
        if error.code == "login.factor_needed":
            return RedirectResponse("/account/factor", 303)
        return back if error.code == "login.needed" else page_of(reader, say("My account"), told(reader, error), status_of(error))  # fmt: skip
    return answer(reader, who)


def _unlock_form(reader: Reader, after: str, error: DalguError | None = None) -> Response:
    fields = hidden("next", after) + _password(reader, say("Password"), first=True)
    body = f"""{told(reader, error)}<p>{t(reader, say("Decisions and votes bear your signature. Your password unlocks it for this session."))}</p>
{form(reader, "/unlock", fields, say("Unlock my signature"))}"""
    return page_of(reader, say("Unlock my signature"), body, status_of(error), f"/unlock?next={quote(after)}", signed_in=True)  # fmt: skip


def _password_form(reader: Reader, who: SignedIn, error: DalguError | None = None) -> Response:
    fields = (
        _password(reader, say("Password until now"), first=True)
        + field(reader, "new", say("New password"), type_="password", complete="new-password", shortest=SHORTEST_PASSWORD)
        + field(reader, "again", say("The same once more"), type_="password", complete="new-password", shortest=SHORTEST_PASSWORD)
        + _code(reader, who)
    )  # fmt: skip
    body = f"""{told(reader, error)}<p>{t(reader, say("All your other sessions end, and the tokens that can sign. Your signature stays the same."))}</p>
{form(reader, "/account/password", fields, say("Change my password"))}"""
    return page_of(
        reader, say("Change my password"), body, status_of(error), "/account/password", signed_in=True
    )


def _factor_page(reader: Reader, who: SignedIn, error: DalguError | None = None) -> Response:
    found: factors.Factor | None = account.factor(served().house, who)
    if found is None:
        body = f"""{told(reader, error)}<p>{t(reader, say("With a second factor nobody comes in with your password alone. You need an authenticator on your phone."))}</p>
{form(reader, "/account/factor/begin", _password(reader, say("Password"), first=True), say("Set up my second factor"))}"""
    else:
        fields = _password(reader, say("Password"), first=True) + _code(reader, who)
        text = say("Your second factor is in use since {when}; {count} recovery codes are left.", when=when(found.confirmed_at), count=found.recovery_left)  # fmt: skip
        body = f"""{told(reader, error)}<p>{t(reader, text)}</p><h2>{t(reader, say("Do without"))}</h2>
{form(reader, "/account/factor/end", fields, say("End my second factor"))}"""
    return page_of(reader, say("Second factor"), body, status_of(error), "/account/factor", signed_in=True)


def _confirm_form(reader: Reader) -> str:
    fields = field(reader, "code", say("Code"), type_="code", complete="one-time-code", first=True)
    return form(reader, "/account/factor/confirm", fields, say("Confirm"))


def _password(reader: Reader, label: Message, *, first: bool = False) -> str:
    return field(reader, "password", label, type_="password", complete="current-password", first=first)


def _code(reader: Reader, who: SignedIn) -> str:
    if account.factor(served().house, who) is None:
        return ""
    return field(reader, "code", say("Code of your second factor"), type_="code", complete="one-time-code")


def _done(reader: Reader, title: Message, text: Message) -> Response:
    body = f"""<div class="dalgu-note" role="status"><p>{t(reader, text)}</p></div><p><a href="/account">{t(reader, say("My account"))}</a></p>"""
    return page_of(reader, title, body, signed_in=True)
