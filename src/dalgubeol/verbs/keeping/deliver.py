"""Notices on their way out: by e-mail (SMTP) and by webhook (HTTP POST, for gateways to messengers and SMS).

At least once: a notice is tried with growing pauses until it is taken, or for a day; then it is given up, and
the page of health says so. A channel that does not answer is asked once per round, not once per notice.

A webhook gets JSON (`id`, `at`, `login`, `organisation`, `language`, `text`, `link`) and two headers:
`X-Dalgu-Timestamp`, seconds since 1970, and `X-Dalgu-Signature`, "sha256=" and the HMAC-SHA256 in hex over
timestamp, "." and body, under the secret of `webhook.secret_file`. Whoever receives it checks both, refuses a
timestamp of more than five minutes ago, and knows a notice that comes twice by its `id`.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...digest import canonical
from ...errors import DalguError, Missing
from ...language import Message, say
from ...settings import MailSettings, Served, WebhookSettings, secret
from ...world import identity
from ...world.identity import Person
from ...world.identity.preferences import Preferences, preferences_of
from ...world.store import notices
from ...world.store.notices import DROPPED, DUE, GIVEN_UP, SENT, Delivery, Notice
from ..house.clock import earlier, later, now
from ..house.house import House

if TYPE_CHECKING:
    import smtplib
    from email.message import EmailMessage

GIVEN_UP_AFTER_S = 86400
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 30, 3600
_TIMEOUT_S = 10
_ROUND_S = 60
_BATCH = 100
CHANNELS = ("email", "webhook")

Send = Callable[["Letter"], None]


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice with what is known of its reader."""

    notice: Notice
    person: Person
    preferences: Preferences
    text: str
    url: str


class _Refused(Exception):
    """This one was not taken, for good or for now; others may be."""


def deliver_due(house: House, served: Served) -> Message:
    """Send what is due. Returns what came of it, as the chore notes it."""
    sent, left = 0, 0
    for channel in CHANNELS:
        done, failed = _channel(house, served, channel)
        sent, left = sent + done, left + failed
    return say("{sent} notices sent, {left} to be tried again or given up", sent=sent, left=left)


def _channel(house: House, served: Served, channel: str) -> tuple[int, int]:
    with house.database.reading() as connection:
        due = notices.due(connection, channel, now(), _BATCH)
    if not due:
        return 0, 0
    sent = 0
    try:
        with _opened(served, channel) as send:
            until = time.monotonic() + _ROUND_S
            for delivery in due:
                if time.monotonic() > until:
                    break  # a slow channel holds nobody else up; the rest is for the next round
                sent += _one(house, served, delivery, send)
    except (OSError, DalguError, _NotConfigured) as error:
        # the channel itself does not answer: nothing was tried with those that are left
        with house.database.reading() as connection:
            rest = notices.due(connection, channel, now(), _BATCH)
        for delivery in rest:
            _failed(house, delivery, _kind(error))
    return sent, len(due) - sent


def _one(house: House, served: Served, delivery: Delivery, send: Send) -> int:
    letter = _letter(house, served, delivery.notice)
    if letter is None or delivery.channel not in letter.preferences.channels:
        _settle(house, delivery, DROPPED, None)  # closed account, or they want it no more
        return 0
    try:
        send(letter)
    except _Refused as error:
        _failed(house, delivery, str(error))
        return 0
    _settle(house, delivery, SENT, None)
    return 1


def _failed(house: House, delivery: Delivery, fault: str) -> None:
    if delivery.notice.at < earlier(GIVEN_UP_AFTER_S):
        _settle(house, delivery, GIVEN_UP, fault)
        return
    pause = min(_FIRST_PAUSE_S * 2**delivery.attempts, _LONGEST_PAUSE_S)
    _settle(house, delivery, DUE, fault, pause)


def _settle(house: House, delivery: Delivery, state: str, fault: str | None, pause_s: float = 0.0) -> None:
    at = later(pause_s)
    house.write(lambda connection: notices.settle(connection, delivery, state, at, fault))


def _letter(house: House, served: Served, notice: Notice) -> Letter | None:
    with house.database.reading() as connection:
        try:
            person = identity.find(connection, notice.person)
        except Missing:
            return None
        wished = preferences_of(connection, person.id)
    if person.ended_at is not None:
        return None
    url = f"{_address(served)}{notice.link}"
    return Letter(notice, person, wished, notice.message.text(wished.language), url)


def _address(served: Served) -> str:
    serve = served.serve
    scheme = "https" if serve.certificate is not None else "http"
    return (serve.public_url or f"{scheme}://{serve.host}:{serve.port}").rstrip("/")


class _NotConfigured(Exception):
    """There is no such section in `settings.toml`."""


@contextmanager
def _opened(served: Served, channel: str) -> Iterator[Send]:
    if channel == "email" and served.mail is not None:
        with _mailing(served.mail) as send:
            yield send
    elif channel == "webhook" and served.webhook is not None:
        with _posting(served.webhook) as send:
            yield send
    else:
        raise _NotConfigured


@contextmanager
def _mailing(settings: MailSettings) -> Iterator[Send]:
    import smtplib
    import ssl

    try:
        with smtplib.SMTP(settings.host, settings.port, timeout=_TIMEOUT_S) as server:
            if settings.starttls:
                server.starttls(context=ssl.create_default_context())
            if settings.user is not None and settings.password_file is not None:
                server.login(settings.user, secret(settings.password_file, "mail.password_file"))
            yield lambda letter: _mail(server, settings, letter)
    except smtplib.SMTPException as error:
        raise OSError(type(error).__name__) from None


def _mail(server: smtplib.SMTP, settings: MailSettings, letter: Letter) -> None:
    import smtplib

    try:
        server.send_message(_composed(settings, letter), settings.sender, [letter.preferences.email])
    except (
        smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPSenderRefused,
        smtplib.SMTPNotSupportedError, ValueError,
    ) as error:  # fmt: skip
        raise _Refused(type(error).__name__) from None


def _composed(settings: MailSettings, letter: Letter) -> EmailMessage:
    from email.message import EmailMessage
    from email.utils import formatdate

    language = letter.preferences.language
    made = EmailMessage()
    made["From"], made["To"] = settings.sender, letter.preferences.email
    made["Subject"] = " ".join(say("Dalgubeol: {notice}", notice=letter.text).text(language).split())[:150]
    made["Date"] = formatdate(localtime=False)
    made["Message-ID"] = f"<{letter.notice.id}@{settings.sender.rpartition('@')[2] or 'dalgubeol.site'}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    end = say("You get this because you asked for notices by e-mail. Change that under 'My account'.").text(
        language
    )
    made.set_content(f"{letter.text}\n\n{letter.url}\n\n--\n{end}\n", cte="base64")
    return made


@contextmanager
def _posting(settings: WebhookSettings) -> Iterator[Send]:
    import httpx2

    key = secret(settings.secret_file, "webhook.secret_file").encode() if settings.secret_file else b""
    with httpx2.Client(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False) as client:
        try:
            yield lambda letter: _post(client, settings.url, key, letter)
        except httpx2.TransportError as error:
            raise OSError(type(error).__name__) from None


def _post(client: object, url: str, key: bytes, letter: Letter) -> None:
    import httpx2

    assert isinstance(client, httpx2.Client)
    body, stamp = canonical(_posted(letter)), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "X-Dalgu-Timestamp": stamp,
        "X-Dalgu-Signature": signature(key, stamp, body),
    }
    with client.stream("POST", url, content=body, headers=headers) as answer:  # what it says back is not read
        if not answer.is_success:
            raise _Refused(f"HTTP {answer.status_code}")


def signature(key: bytes, timestamp: str, body: bytes) -> str:
    """What a webhook is signed with: HMAC-SHA256 over timestamp, "." and body."""
    return "sha256=" + hmac.new(key, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _posted(letter: Letter) -> dict[str, str]:
    return {
        "id": letter.notice.id, "at": letter.notice.at, "login": letter.person.login,
        "organisation": letter.person.organisation, "language": letter.preferences.language, "text": letter.text,
        "link": letter.url,
    }  # fmt: skip


def _kind(error: Exception) -> str:
    if isinstance(error, _NotConfigured):
        return "not configured"
    if isinstance(error, DalguError):
        return error.code
    return str(error) if type(error) is OSError and str(error).isidentifier() else type(error).__name__
