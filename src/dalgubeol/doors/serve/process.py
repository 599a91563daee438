"""The process of `dalgu serve`: it opens the site, conducts its Runs, and answers until it is told to stop."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import Invalid, Unavailable
from ...language import say
from ...logs import log
from ...settings import Settings

if TYPE_CHECKING:
    import socket

    import uvicorn
    from uvicorn import Config

STOP_WITHIN_S = 5
"""How long requests under way may go on after we were told to stop."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where the server listens, and how browsers come to it."""

    host: str = "127.0.0.1"
    port: int = 8080
    certificate: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False
    public_url: str | None = None

    @property
    def secure(self) -> bool:
        return self.certificate is not None or (self.public_url or "").startswith("https://")

    @property
    def hosts(self) -> frozenset[str]:
        """The names under which we answer; all, where none was said."""
        from urllib.parse import urlsplit

        named = urlsplit(self.public_url or "").hostname
        return frozenset({named, "localhost", "127.0.0.1", "::1"}) if named else frozenset()


def serve(settings: Settings, door: Door, on_ready: Callable[[str], None] = lambda url: None) -> None:
    """Serve the site until SIGTERM or SIGINT. Raises Missing (site), Conflict (a conductor is at work), Invalid
    (certificate), Unavailable (port)."""
    os.environ.setdefault("NICEGUI_STORAGE_PATH", str(settings.site / "staging" / ".portal"))
    check_certificate(door)
    from ...verbs.conduct import Conductor
    from ...verbs.house import open_house
    from .app import Served, application
    from .watch import Watch

    with open_house(settings) as house, Conductor(house):
        listening = _listening(door)
        served = Served(house, Watch(house.database), secure=door.secure, hosts=door.hosts)
        host, port = listening.getsockname()[:2]
        url = door.public_url or f"{'https' if door.certificate else 'http'}://{_shown(host)}:{port}"
        served.at_start.append(lambda: on_ready(url))
        server = _server(_config(application(served), door))
        server.run(sockets=[listening])
        log("serve").warning("stopped")


def check_certificate(door: Door) -> None:
    """Raises Invalid where certificate and key do not fit, cannot be read, or the certificate is out of date."""
    if door.certificate is None:
        return
    from cryptography import x509

    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(door.certificate, door.key)
        found = x509.load_pem_x509_certificate(door.certificate.read_bytes())
    except (OSError, ValueError) as error:
        raise Invalid(
            "certificate.unreadable",
            say("Certificate and key cannot be used ({what}).", what=type(error).__name__),
            say("Name a PEM certificate chain and its own private key, both readable by this user."),
        ) from None
    now = datetime.now(UTC)
    if now >= found.not_valid_after_utc:
        raise Invalid(
            "certificate.expired",
            say("The certificate expired on {day}.", day=f"{found.not_valid_after_utc:%Y-%m-%d}"),
            say("Renew it and start again; until then serve on loopback behind a proxy."),
        )
    if now < found.not_valid_before_utc:
        raise Invalid(
            "certificate.early",
            say("The certificate is valid only from {day}.", day=f"{found.not_valid_before_utc:%Y-%m-%d}"),
            say("See whether this machine's clock is right."),
        )


def _listening(door: Door) -> socket.socket:
    import socket

    family = socket.AF_INET6 if ":" in door.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((door.host, door.port))
    except (OSError, OverflowError) as error:
        made.close()
        raise Unavailable(
            "serve.port",
            say("Port {port} on {host} cannot be opened ({what}).", port=door.port, host=door.host, what=type(error).__name__),
            say("Choose another with --port, or stop what uses it."),
        ) from None  # fmt: skip
    made.listen(512)
    return made


def _config(app: object, door: Door) -> Config:
    import uvicorn

    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        ssl_certfile=door.certificate, ssl_keyfile=door.key, proxy_headers=door.behind_proxy,
        forwarded_allow_ips="127.0.0.1,::1" if door.behind_proxy else "", server_header=False, access_log=False,
        log_config=None, timeout_graceful_shutdown=STOP_WITHIN_S, ws_max_size=4 << 20, h11_max_incomplete_event_size=64 << 10,
    )  # fmt: skip


def _server(config: Config) -> uvicorn.Server:
    import uvicorn

    return uvicorn.Server(config)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
