"""Pages that are plain HTML and work without a script: coming in, and whatever needs a password.

The only place of the portal where HTML is written as text. Every value goes through `t`, `told` or `field`,
which escape it.
"""

from __future__ import annotations

import html
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from ....errors import DalguError, Refused
from ....language import Message, say
from ....world.identity.ratelimit import RateLimit
from ....world.identity.ratelimit import caller as address_of
from ..visit import Reader, reader_of

KNOCKS = RateLimit(rate_per_s=0.5, burst=30)
"""How often one address may try a password, a code or an invitation."""


def t(reader: Reader, message: Message | str) -> str:
    """A message, or somebody's own words, as HTML text."""
    text = message.text(reader.language) if isinstance(message, Message) else message
    return html.escape(text)


def told(reader: Reader, error: DalguError | None) -> str:
    """What went wrong, with every reason and the next step."""
    if error is None:
        return ""
    reasons = error.reasons if isinstance(error, Refused) else ()
    listed = "".join(f"<li>{t(reader, reason.message)}</li>" for reason in reasons)
    more = f"<ul>{listed}</ul>" if listed else ""
    return f"""<div class="dalgu-error" role="alert"><p>{t(reader, error.detail)}</p>{more}
<p class="dalgu-next">{t(reader, error.next_step)}</p><p class="dalgu-code">{html.escape(error.code)}</p></div>"""


def field(
    reader: Reader, name: str, label: Message, *, type_: str = "text", complete: str = "off", value: str = "",
    first: bool = False, shortest: int = 0,
) -> str:  # fmt: skip
    """One labelled input."""
    kind = {"code": "text", "login": "text"}.get(type_, type_)
    more = ' inputmode="numeric"' if type_ == "code" else ""
    more += ' autocapitalize="none" spellcheck="false"' if kind == "text" else ""
    more += f' minlength="{shortest}"' if shortest else ""
    more += " autofocus" if first else ""
    return f"""<label for="{name}">{t(reader, label)}</label>
<input id="{name}" name="{name}" type="{kind}" value="{html.escape(value)}" autocomplete="{complete}"{more} required>"""


def hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{html.escape(value)}">'


def form(reader: Reader, action: str, fields: str, button: Message) -> str:
    """`action` and `fields` are ours; what people wrote is escaped in `field` and `hidden`."""
    return f"""<form method="post" action="{html.escape(action)}">{fields}
<button class="dalgu-button">{t(reader, button)}</button></form>"""


def page_of(
    reader: Reader, title: Message, body: str, status: int = 200, here: str = "/", *, signed_in: bool = False
) -> Response:  # fmt: skip
    """`body` is made with what stands above. `here`: where the other language leads."""
    dark = {"dark": "body--dark", "light": "body--light"}.get(reader.theme, "dalgu-auto")
    other = "en" if reader.language == "ko" else "ko"
    name = "English" if other == "en" else "한국어"
    account = f'<a href="/account">{t(reader, say("My account"))}</a>' if signed_in else ""
    page = f"""<!doctype html><html lang="{reader.language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{t(reader, title)} · {t(reader, say("Dalgubeol"))}</title><link rel="stylesheet" href="/static/portal.css">
<link rel="icon" href="/static/mark.svg"></head>
<body class="dalgu-plain {dark}"><header class="dalgu-header"><div class="dalgu-bar"><a class="dalgu-brand" href="/">{t(reader, say("Dalgubeol"))}</a>
<div class="dalgu-tools">{account}<a lang="{other}" hreflang="{other}" href="/language/{other}?next={quote(here)}">{name}</a></div></div></header>
<main class="dalgu-page dalgu-narrow" id="content"><h1>{t(reader, title)}</h1>{body}</main></body></html>"""
    return HTMLResponse(page, status, {"Cache-Control": "no-store"})


def too_often(request: Request) -> Response | None:
    """The answer to an address that tries too often; None where it may go on."""
    wait_s = KNOCKS.take(address_of(request.client.host if request.client else ""))
    if not wait_s:
        return None
    reader = reader_of(request.cookies)
    error = DalguError(
        "login.too_often",
        say("There were too many tries from your network."),
        say("Wait {seconds} seconds, then try again.", seconds=max(1, round(wait_s))),
    )
    answer = page_of(reader, say("Sign in"), told(reader, error), 429, "/sign-in")
    answer.headers["Retry-After"] = str(max(1, round(wait_s)))
    return answer
