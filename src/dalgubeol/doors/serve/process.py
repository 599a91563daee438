"""The process of `dalgu serve`: it opens the site, conducts its Runs, and answers until it is told to stop."""

from __future__ import annotations

import gc
import logging
import os
import signal
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ... import traces
from ...errors import Invalid, Unavailable
from ...language import say
from ...logs import log, to_file
from ...settings import LogSettings, ServeSettings, Settings
from ...settings import Served as Told

if TYPE_CHECKING:
    import socket

    import uvicorn
    from uvicorn import Config

RUNS_YIELD = 10
"""Niceness of the Runs' processes: whoever waits at a page comes before a Run that takes its time anyway."""
SWITCH_S = 0.0005
"""How long a thread may keep the interpreter while others wait for it: what conducts Runs holds up no answer."""
MOST_FILES, FILES_OF_THE_SITE = 8192, 512
STOP_WITHIN_S = 5
"""How long requests under way may go on after we were told to stop."""


def serve(settings: Settings, told: Told, on_ready: Callable[[str], None] = lambda url: None) -> None:
    """Serve the site until SIGTERM or SIGINT. Raises Missing (site), Conflict (a conductor is at work), Invalid
    (certificate), Unavailable (port)."""
    os.environ.setdefault("NICEGUI_STORAGE_PATH", str(settings.site / "staging" / ".portal"))
    door = told.serve
    check_certificate(door)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    from ...verbs.house.house import open_house
    from ...verbs.keeping.chores import Chores
    from ...verbs.runs.conduct import Conductor
    from .app import Served, application
    from .watch import Watch

    sys.setswitchinterval(SWITCH_S)
    _to_log_file(told.log)
    with open_house(settings) as house, _traced(told, house.facts.id), Conductor(house, niceness=RUNS_YIELD):
        listening = _listening(door)
        served = Served(house, Watch(house.database), told, secure=is_secure(door), hosts=hosts(door))
        host, port = listening.getsockname()[:2]
        url = door.public_url or f"{'https' if door.certificate else 'http'}://{_shown(host)}:{port}"
        served.at_start.append(lambda: on_ready(url))
        server = _server(_config(application(served), door))
        _stop_quietly()
        _hush()
        _collect_seldom()
        chores = Chores(house)
        served.at_start.append(chores.start)
        try:
            server.run(sockets=[listening])
        finally:
            chores.stop()


def _to_log_file(told: LogSettings) -> None:
    """Raises Invalid where the file cannot be opened."""
    if told.file is None:
        return
    try:
        to_file(told.file, told.bytes, told.keep, told.level)
    except OSError as error:
        raise Invalid.field(
            "log.file", expected=say("a file that can be written"), got=type(error).__name__,
            next_step=say("Make the folder {folder} for this user.", folder=told.file.parent),
        ) from None  # fmt: skip


@contextmanager
def _traced(told: Told, site: str) -> Iterator[None]:
    """Send traces where settings.toml says so. Raises Unavailable without the extra."""
    if told.telemetry.endpoint is not None:
        traces.send_to(told.telemetry.endpoint, site)
    try:
        yield
    finally:
        traces.stop()


def _collect_seldom() -> None:
    """Tracing cycles through all that stands from the start holds every answer up; it stands until the end. While
    it was made none were traced: `dalgu` begins so."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def _stop_quietly() -> None:
    """uvicorn raises the signal that stopped it once more when it is done: the conductor then still has to let
    its Runs go."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda number, frame: None)


class _Hushed(logging.Handler):
    """What libraries log, without their words: those can hold an address or a value."""

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else record.levelname
        log(record.name).warning("library", code=kind, place=f"{record.module}:{record.lineno}")


def _hush() -> None:
    for name in ("nicegui", "uvicorn", "uvicorn.error", "asyncio", "socketio", "engineio"):
        logger = logging.getLogger(name)
        logger.handlers[:], logger.propagate = [_Hushed(logging.ERROR)], False


def is_secure(door: ServeSettings) -> bool:
    """Whether browsers reach us by TLS: our own, or that of a proxy."""
    return door.certificate is not None or (door.public_url or "").startswith("https://")


def hosts(door: ServeSettings) -> frozenset[str]:
    """The names under which we answer; empty for all, where none was said."""
    named = urlsplit(door.public_url or "").hostname
    return frozenset({named, "localhost", "127.0.0.1", "::1"}) if named else frozenset()


def check_certificate(door: ServeSettings) -> None:
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


def _listening(door: ServeSettings) -> socket.socket:
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


def _config(app: object, door: ServeSettings) -> Config:
    import uvicorn

    from .line import Line

    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=Line,
        ssl_certfile=door.certificate, ssl_keyfile=door.key, proxy_headers=door.behind_proxy,
        forwarded_allow_ips="127.0.0.1,::1" if door.behind_proxy else "", server_header=False, access_log=False,
        log_config=None, timeout_graceful_shutdown=STOP_WITHIN_S, ws_max_size=4 << 20,
        limit_concurrency=_most_lines(),
    )  # fmt: skip


def _most_lines() -> int:
    """How many lines may be open at once: fewer than the process may have files, or the next one would take the
    database's. Whoever comes beyond that is answered 503."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = min(hard, MOST_FILES) if hard != resource.RLIM_INFINITY else MOST_FILES
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(64, most - FILES_OF_THE_SITE)


def _server(config: Config) -> uvicorn.Server:
    import uvicorn

    return uvicorn.Server(config)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
