"""Coming in and going out: plain HTML forms and redirects, which work without a script.

A password travels in one POST and nowhere else. Between password and second factor the browser holds what it
gave in a cookie that only this process can open, for five minutes.
"""

from __future__ import annotations

import base64
import json
import os
import time
from typing import Annotated
from urllib.parse import quote

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from ....digest import canonical
from ....errors import DalguError, Invalid, Refused
from ....language import LANGUAGES, say
from ....rules.access import local_path
from ....verbs.people import entry, people
from ...serve import cookie
from ..elements.plain_page import field, form, hidden, page_of, t, told, too_often
from ..visit import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, Reader, reader_of, served

router = APIRouter(include_in_schema=False)
_YEAR_S = 365 * 86400
_STEP_COOKIE, _STEP_S = "dalgu_step", 300
_STEP = AESGCM(os.urandom(32))
Field = Annotated[str, Form()]


@router.get("/sign-in")
def ask(request: Request, next: str = "/") -> Response:  # noqa: A002 - the address bar's word
    return _form(reader_of(request.cookies), local_path(next))


@router.post("/sign-in")
def enter(request: Request, login: Field = "", password: Field = "", next: Field = "/") -> Response:  # noqa: A002
    here, reader = served(), reader_of(request.cookies)
    if (stop := too_often(request)) is not None:
        return stop
    try:
        _, held = entry.enter(here.house, login, password, door="portal")
    except DalguError as error:
        if error.code == "login.code_needed":
            return _asked_for_code(reader, login, password, local_path(next))
        return _form(reader, local_path(next), login, error)
    return came_in(held, next)


@router.post("/sign-in/code")
def enter_with_code(request: Request, code: Field = "", next: Field = "/") -> Response:  # noqa: A002
    here, reader = served(), reader_of(request.cookies)
    if (stop := too_often(request)) is not None:
        return stop
    given = _opened(request.cookies.get(cookie.named(_STEP_COOKIE, served().secure), ""))
    if given is None:
        return _form(reader, local_path(next), error=_too_late())
    try:
        _, held = entry.enter(here.house, *given, door="portal", code=code.strip())
    except DalguError as error:
        if error.code in ("login.code_wrong", "login.code_needed"):
            return _code_form(reader, local_path(next), error)
        return _form(reader, local_path(next), given[0], error)
    answer = came_in(held, next)
    cookie.let_go(answer, _STEP_COOKIE, secure=served().secure)
    return answer


@router.get("/sign-out")
def ask_to_leave(request: Request) -> Response:
    reader = reader_of(request.cookies)
    body = form(reader, "/sign-out", "", say("Sign out"))
    return page_of(reader, say("Sign out"), f'{body}<p><a href="/">{t(reader, say("To the start"))}</a></p>')


@router.post("/sign-out")
def leave(request: Request) -> Response:
    here = served()
    held = cookie.held(request.cookies, secure=here.secure)
    if held is not None:
        entry.leave(here.house, held)
    answer = RedirectResponse("/", 303)
    cookie.drop(answer, secure=here.secure)
    return answer


@router.get("/join")
def ask_to_join(request: Request) -> Response:
    return _join_form(reader_of(request.cookies))


@router.post("/join")
def join(request: Request, code: Field = "", password: Field = "", again: Field = "") -> Response:
    here, reader = served(), reader_of(request.cookies)
    if (stop := too_often(request)) is not None:
        return stop
    try:
        check_same(password, again)
        person = people.join(here.house, code.strip(), password)
        _, held = entry.enter(here.house, person.login, password, door="portal")
    except DalguError as error:
        return _join_form(reader, error)
    return came_in(held, "/")


@router.get("/language/{language}")
def speak(language: str, next: str = "/") -> Response:  # noqa: A002
    return _remembering(LANGUAGE_COOKIE, language if language in LANGUAGES else "ko", next)


@router.get("/theme/{theme}")
def shade(theme: str, next: str = "/") -> Response:  # noqa: A002
    return _remembering(THEME_COOKIE, theme if theme in THEMES else "auto", next)


def came_in(held: bytes, after: str) -> Response:
    """The answer that gives a browser its session."""
    answer = RedirectResponse(local_path(after), 303)
    cookie.put(answer, held, entry.SESSION_S, secure=served().secure)
    return answer


def check_same(password: str, again: str) -> None:
    """Raises Invalid where the password was not typed the same twice."""
    if password != again:
        raise Invalid(
            "invalid.again", say("The two passwords are not the same."), say("Type both once more.")
        )


def _remembering(name: str, value: str, after: str) -> Response:
    answer = RedirectResponse(local_path(after), 303)
    answer.set_cookie(
        name, value, max_age=_YEAR_S, path="/", secure=served().secure, samesite="lax", httponly=True
    )
    return answer


def _form(reader: Reader, after: str, login: str = "", error: DalguError | None = None) -> Response:
    from . import elsewhere  # which builds on this file

    fields = (
        hidden("next", after)
        + field(reader, "login", say("Login"), complete="username", value=login, first=True)
        + field(reader, "password", say("Password"), type_="password", complete="current-password")
    )
    body = f"""{told(reader, error)}{form(reader, "/sign-in", fields, say("Sign in"))}
{elsewhere.entrance_link(reader, after)}<p><a href="/join">{t(reader, say("I have an invitation"))}</a></p>"""
    return page_of(reader, say("Sign in"), body, status_of(error), f"/sign-in?next={quote(after)}")


def _asked_for_code(reader: Reader, login: str, password: str, after: str) -> Response:
    sealed = _sealed(login, password)
    if len(sealed) > cookie.LONGEST:
        return _form(reader, after, login, Invalid.field("password", expected=say("short enough for a second step"), got=say("longer")))  # fmt: skip
    answer = _code_form(reader, after)
    cookie.hold(answer, _STEP_COOKIE, sealed, _STEP_S, secure=served().secure, same_site="strict")
    return answer


def _code_form(reader: Reader, after: str, error: DalguError | None = None) -> Response:
    fields = hidden("next", after) + field(reader, "code", say("Code"), type_="code", complete="one-time-code", first=True)  # fmt: skip
    body = f"""{told(reader, error)}<p>{t(reader, say("Give the code that your phone shows now, or one of your recovery codes."))}</p>
{form(reader, "/sign-in/code", fields, say("Sign in"))}
<p><a href="/sign-in?next={quote(after)}">{t(reader, say("Begin anew"))}</a></p>"""
    return page_of(reader, say("Second factor"), body, status_of(error), f"/sign-in?next={quote(after)}")


def _join_form(reader: Reader, error: DalguError | None = None) -> Response:
    fields = (
        field(reader, "code", say("The code of your invitation"), complete="one-time-code", first=True)
        + field(
            reader, "password", say("New password"), type_="password", complete="new-password", shortest=10
        )
        + field(
            reader, "again", say("The same once more"), type_="password", complete="new-password", shortest=10
        )
    )
    body = f"""{told(reader, error)}
<p>{t(reader, say("The operator gave you a code. Your password also locks your signature: nobody can find it again."))}</p>
{form(reader, "/join", fields, say("Join"))}"""
    return page_of(reader, say("Join"), body, status_of(error), "/join")


def status_of(error: DalguError | None) -> int:
    return 200 if error is None else error.http_status


def _sealed(login: str, password: str) -> str:
    nonce = os.urandom(12)
    content = canonical([login, password, time.time() + _STEP_S])
    return base64.urlsafe_b64encode(nonce + _STEP.encrypt(nonce, content, b"sign-in")).decode()


def _opened(held: str) -> tuple[str, str] | None:
    try:
        raw = base64.b64decode(held, altchars=b"-_", validate=True)
        login, password, until = json.loads(_STEP.decrypt(raw[:12], raw[12:], b"sign-in"))
    except (InvalidTag, ValueError):
        return None
    return (login, password) if time.time() < until else None


def _too_late() -> Refused:
    return Refused("login.step", say("The second step took too long, or began in another browser."), say("Sign in again from the start."))  # fmt: skip
