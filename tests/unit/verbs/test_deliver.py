"""Notices reach a real SMTP server and a real HTTP receiver: at least once, however these behave."""

from __future__ import annotations

import email
import json
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from dalgubeol.language import say
from dalgubeol.settings import MailSettings, Served, ServeSettings, WebhookSettings
from dalgubeol.verbs.house import notify
from dalgubeol.verbs.house.clock import earlier
from dalgubeol.verbs.keeping import deliver
from dalgubeol.world.identity.preferences import Preferences
from dalgubeol.world.store import notices
from dalgubeol.world.store.schema import deliveries
from dalgubeol.world.store.schema import notices as table

from .conftest import Town

SECRET = "a secret of the gateway"
AT = ServeSettings(public_url="https://data.example.kr/")


@dataclass
class Box:
    """What arrived, and how to answer."""

    taken: list[Any] = field(default_factory=list)
    answer: str = ""
    wait_s: float = 0.0


@contextmanager
def mail_server(box: Box, **options: Any) -> Iterator[int]:
    class Handler:
        async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:
            if box.answer:
                return box.answer
            box.taken.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=default)))
            return "250 taken"

    controller = Controller(Handler(), hostname="127.0.0.1", port=_free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@contextmanager
def receiver(box: Box) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(box.wait_s)
            box.taken.append((dict(self.headers), body))
            self.send_response(int(box.answer or 200))
            if box.answer == "302":
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/notices"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wishing(town: Town, *, by_email: bool = False, by_webhook: bool = False, language: str = "ko") -> None:
    wished = Preferences(language, "auto", "kim@lab.example", by_email, by_webhook)
    notify.prefer(town.house, town.who("analyst"), wished)


def told(town: Town, permit: str = "permit-1") -> None:
    message = say("Your Permit {permit} is granted.", permit=permit)
    town.house.write(lambda c: notify.tell(c, [town.who("analyst").person.id], message, "/permits/permit-1"))


def state(town: Town) -> list[tuple[str, int, str | None]]:
    with town.house.database.reading() as connection:
        rows = connection.execute(deliveries.select().order_by(deliveries.c.notice)).mappings()
        return [(row["state"], row["attempts"], row["fault"]) for row in rows]


def due_again(town: Town) -> None:
    town.house.write(lambda connection: connection.execute(deliveries.update().values(next_at="")))


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(SECRET)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(("language", "words"), [("ko", "승인되었습니다"), ("en", "is granted")])
def test_a_mail_is_in_its_readers_language_and_links_to_the_page(
    town: Town, language: str, words: str
) -> None:
    wishing(town, by_email=True, language=language)
    told(town)
    box = Box()
    with mail_server(box) as port:
        settings = Served(AT, mail=MailSettings("127.0.0.1", "site@data.example.kr", port, starttls=False))
        assert "1 notices sent" in str(deliver.deliver_due(town.house, settings))
        assert "0 notices sent" in str(deliver.deliver_due(town.house, settings)), "once it is taken"
    [(to, mail)] = box.taken
    assert to == ["kim@lab.example"]
    assert words in mail["Subject"]
    assert words in mail.get_content()
    assert "https://data.example.kr/permits/permit-1" in mail.get_content().splitlines()
    assert mail.get_content_type() == "text/plain"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert state(town) == [("sent", 1, None)]


def test_mail_goes_encrypted_and_signed_in_where_the_settings_say_so(
    town: Town, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, private = tmp_path / "c.pem", tmp_path / "k.pem"
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    subprocess.run([*make, "-keyout", private, "-out", certificate, "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)  # fmt: skip
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, private)

    def checked(
        server: SMTP, session: object, envelope: object, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=data == LoginPassword(b"site", SECRET.encode()))

    wishing(town, by_email=True)
    told(town)
    box = Box()
    with mail_server(
        box, tls_context=tls, require_starttls=True, auth_required=True, authenticator=checked
    ) as port:
        settings = Served(AT, mail=MailSettings("127.0.0.1", "site@x.kr", port, "site", key))
        deliver.deliver_due(town.house, settings)
        assert box.taken == [], "a certificate that nobody vouches for is not believed"
        assert state(town) == [("due", 1, "SSLCertVerificationError")]
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        due_again(town)
        deliver.deliver_due(town.house, settings)
    assert len(box.taken) == 1
    assert state(town)[0][0] == "sent"


@pytest.mark.parametrize("answer", ["451 later", "550 never"])
def test_a_mail_that_is_not_taken_is_tried_again_later(town: Town, answer: str) -> None:
    wishing(town, by_email=True)
    told(town)
    box = Box(answer=answer)
    with mail_server(box) as port:
        settings = Served(AT, mail=MailSettings("127.0.0.1", "site@x.kr", port, starttls=False))
        deliver.deliver_due(town.house, settings)
        assert state(town) == [("due", 1, "SMTPDataError")]
        deliver.deliver_due(town.house, settings)
        assert state(town) == [("due", 1, "SMTPDataError")], "not before its time"
        box.answer = ""
        due_again(town)
        deliver.deliver_due(town.house, settings)
    assert len(box.taken) == 1


def test_a_webhook_is_signed_over_its_instant_and_body(town: Town, key: Path) -> None:
    wishing(town, by_webhook=True)
    told(town)
    box = Box()
    with receiver(box) as url:
        deliver.deliver_due(town.house, Served(AT, webhook=WebhookSettings(url, key)))
    [(headers, body)] = box.taken
    stamp = headers["X-Dalgu-Timestamp"]
    assert abs(time.time() - int(stamp)) < 60
    assert headers["X-Dalgu-Signature"] == deliver.signature(SECRET.encode(), stamp, body)
    assert headers["X-Dalgu-Signature"] != deliver.signature(SECRET.encode(), str(int(stamp) + 1), body)
    said = json.loads(body)
    assert (said["login"], said["link"]) == ("analyst", "https://data.example.kr/permits/permit-1")
    assert "승인되었습니다" in said["text"]
    assert set(said) == {"id", "at", "login", "organisation", "language", "text", "link"}


@pytest.mark.parametrize(("answer", "fault"), [("500", "HTTP 500"), ("302", "HTTP 302")])
def test_a_receiver_that_fails_gets_it_again_with_the_same_id(
    town: Town, key: Path, answer: str, fault: str
) -> None:
    wishing(town, by_webhook=True)
    told(town)
    box = Box(answer=answer)
    with receiver(box) as url:
        settings = Served(AT, webhook=WebhookSettings(url, key))
        deliver.deliver_due(town.house, settings)
        assert state(town) == [("due", 1, fault)]
        box.answer = ""
        due_again(town)
        deliver.deliver_due(town.house, settings)
    assert len({json.loads(body)["id"] for _, body in box.taken}) == 1
    assert (len(box.taken), state(town)[0][0]) == (2, "sent")


def test_a_receiver_that_is_slow_or_down_holds_nothing_up(
    town: Town, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishing(town, by_webhook=True)
    for number in range(30):
        told(town, f"permit-{number}")
    monkeypatch.setattr(deliver, "_TIMEOUT_S", 0.3)
    box = Box(wait_s=1.0)
    with receiver(box) as url:
        began = time.monotonic()
        deliver.deliver_due(town.house, Served(AT, webhook=WebhookSettings(url, key)))
        assert time.monotonic() - began < 5, "asked once, not thirty times"
    assert {fault for _, _, fault in state(town)} == {"ReadTimeout"}
    due_again(town)
    deliver.deliver_due(
        town.house, Served(AT, webhook=WebhookSettings(f"http://127.0.0.1:{_free_port()}", key))
    )
    assert {(s, fault) for s, _, fault in state(town)} == {("due", "ConnectError")}


def test_after_a_day_it_is_given_up_and_stands_where_operators_look(town: Town) -> None:
    wishing(town, by_email=True)
    told(town)
    deliver.deliver_due(town.house, Served(AT))
    assert state(town) == [("due", 1, "not configured")]
    due_again(town)
    town.house.write(lambda connection: connection.execute(table.update().values(at=earlier(86401))))
    deliver.deliver_due(town.house, Served(AT))
    with town.house.database.reading() as connection:
        [left] = notices.given_up(connection)
        assert (left.channel, left.fault, left.attempts) == ("email", "not configured", 2)
        assert notices.undelivered(connection) == {"given-up": 1}


def test_who_wants_it_no_more_gets_nothing(town: Town, key: Path) -> None:
    wishing(town, by_email=True, by_webhook=True)
    told(town)
    wishing(town)
    box = Box()
    with receiver(box) as url, mail_server(box) as port:
        mail = MailSettings("127.0.0.1", "site@x.kr", port, starttls=False)
        deliver.deliver_due(town.house, Served(AT, mail=mail, webhook=WebhookSettings(url, key)))
    assert box.taken == []
    assert [s for s, _, _ in state(town)] == ["dropped", "dropped"]
