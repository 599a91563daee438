"""Coming in and going out: plain HTML forms and redirects, which work without a script.

A password travels in one POST and nowhere else. Between password and second factor the browser holds what it
gave in a cookie that only this process can open, for five minutes.
"""

from __future__ import annotations

import html
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ...errors import DalguError, Refused
from ...language import LANGUAGES, Message, say
from ...verbs import entry, people
from ..serve import cookie
from .visit import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, Reader, local_path, reader_of, served

router = APIRouter(include_in_schema=False)
_YEAR_S = 365 * 86400
Field = Annotated[str, Form()]


@router.get("/sign-in")
def ask(request: Request, next: str = "/") -> Response:  # noqa: A002 - the address bar's word
    return _form(reader_of(request.cookies), local_path(next))


@router.post("/sign-in")
def enter(request: Request, login: Field = "", password: Field = "", next: Field = "/") -> Response:  # noqa: A002
    here, reader = served(), reader_of(request.cookies)
    try:
        _, held = entry.enter(here.house, login, password, door="portal")
    except Refused as error:
        return _form(reader, local_path(next), login, error)
    answer = RedirectResponse(local_path(next), 303)
    cookie.put(answer, held, entry.SESSION_S, secure=here.secure)
    return answer


@router.get("/sign-out")
def ask_to_leave(request: Request) -> Response:
    reader = reader_of(request.cookies)
    body = f"""<h1>{_t(reader, say("Sign out"))}</h1>
<form method="post" action="/sign-out"><button class="dalgu-button" autofocus>{_t(reader, say("Sign out"))}</button></form>
<p><a href="/">{_t(reader, say("To the start"))}</a></p>"""
    return _page(reader, say("Sign out"), body)


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
    if password != again:
        return _join_form(reader, say("The two passwords are not the same."))
    try:
        person = people.join(here.house, code.strip(), password)
        _, held = entry.enter(here.house, person.login, password, door="portal")
    except DalguError as error:
        return _join_form(reader, error.detail, error.next_step)
    answer = RedirectResponse("/", 303)
    cookie.put(answer, held, entry.SESSION_S, secure=here.secure)
    return answer


@router.get("/language/{language}")
def speak(language: str, next: str = "/") -> Response:  # noqa: A002
    return _remembering(LANGUAGE_COOKIE, language if language in LANGUAGES else "ko", next)


@router.get("/theme/{theme}")
def shade(theme: str, next: str = "/") -> Response:  # noqa: A002
    return _remembering(THEME_COOKIE, theme if theme in THEMES else "auto", next)


def _remembering(name: str, value: str, after: str) -> Response:
    answer = RedirectResponse(local_path(after), 303)
    answer.set_cookie(
        name, value, max_age=_YEAR_S, path="/", secure=served().secure, samesite="lax", httponly=True
    )
    return answer


def _form(reader: Reader, after: str, login: str = "", error: DalguError | None = None) -> Response:
    told = "" if error is None else _error(reader, error.detail, error.next_step)
    body = f"""<h1>{_t(reader, say("Sign in"))}</h1>{told}
<form method="post" action="/sign-in">
<input type="hidden" name="next" value="{html.escape(after)}">
<label for="login">{_t(reader, say("Login"))}</label>
<input id="login" name="login" value="{html.escape(login)}" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus>
<label for="password">{_t(reader, say("Password"))}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button class="dalgu-button">{_t(reader, say("Sign in"))}</button></form>
<p><a href="/join">{_t(reader, say("I have an invitation"))}</a></p>"""
    return _page(reader, say("Sign in"), body, 200 if error is None else 403, f"/sign-in?next={quote(after)}")


def _join_form(reader: Reader, fault: Message | None = None, next_step: Message | None = None) -> Response:
    told = "" if fault is None else _error(reader, fault, next_step)
    body = f"""<h1>{_t(reader, say("Join"))}</h1>{told}
<p>{_t(reader, say("The operator gave you a code. Your password also locks your signature: nobody can find it again."))}</p>
<form method="post" action="/join">
<label for="code">{_t(reader, say("The code of your invitation"))}</label>
<input id="code" name="code" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" required autofocus>
<label for="password">{_t(reader, say("New password"))}</label>
<input id="password" name="password" type="password" autocomplete="new-password" minlength="10" required>
<label for="again">{_t(reader, say("The same once more"))}</label>
<input id="again" name="again" type="password" autocomplete="new-password" minlength="10" required>
<button class="dalgu-button">{_t(reader, say("Join"))}</button></form>"""
    return _page(reader, say("Join"), body, 200 if fault is None else 403, "/join")


def _error(reader: Reader, detail: Message, next_step: Message | None) -> str:
    more = "" if next_step is None else f"<p>{_t(reader, next_step)}</p>"
    return f'<div class="dalgu-error" role="alert"><p>{_t(reader, detail)}</p>{more}</div>'


def _t(reader: Reader, message: Message) -> str:
    return html.escape(message.text(reader.language))


def _page(reader: Reader, title: Message, body: str, status: int = 200, here: str = "/") -> Response:
    dark = {"dark": "body--dark", "light": "body--light"}.get(reader.theme, "dalgu-auto")
    other = "en" if reader.language == "ko" else "ko"
    name = "English" if other == "en" else "한국어"
    page = f"""<!doctype html><html lang="{reader.language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_t(reader, title)} · {_t(reader, say("Dalgubeol"))}</title><link rel="stylesheet" href="/static/portal.css">
<link rel="icon" href="/static/mark.svg"></head>
<body class="dalgu-plain {dark}"><header class="dalgu-header"><div class="dalgu-bar"><a class="dalgu-brand" href="/">{_t(reader, say("Dalgubeol"))}</a>
<div class="dalgu-tools"><a lang="{other}" hreflang="{other}" href="/language/{other}?next={quote(here)}">{name}</a></div></div></header>
<main class="dalgu-page dalgu-narrow" id="content">{body}</main></body></html>"""
    return HTMLResponse(page, status, {"Cache-Control": "no-store"})
