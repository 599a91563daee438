"""`dalgu serve`: portal, API and conductor of this site, until stopped."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ...language import say
from ...settings import Settings, check_secrets
from .shown import out, told


def add_to(app: typer.Typer) -> None:
    app.command(help=told(say("Serve the site: portal, API and conductor on one port (Ctrl-C stops).")))(
        serve
    )


def serve(
    host: Annotated[str | None, typer.Option(help=told(say("Address to listen on")))] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help=told(say("Port; 0 takes a free one")))] = None,
    certificate: Annotated[Path | None, typer.Option(help=told(say("TLS certificate chain (PEM)")))] = None,
    key: Annotated[Path | None, typer.Option(help=told(say("Its private key (PEM)")))] = None,
    public_url: Annotated[str | None, typer.Option(help=told(say("The address that browsers use, behind a proxy")))] = None,
    behind_proxy: Annotated[bool | None, typer.Option(help=told(say("Believe a proxy on this machine who the visitor is")))] = None,
    log: Annotated[Path | None, typer.Option(help=told(say("Log to this file; it is put aside when it is full")))] = None,
) -> None:  # fmt: skip
    """What is not given here, the site's settings.toml says."""
    from dataclasses import replace

    from ..serve.process import serve as run

    settings = Settings.from_environment()
    given: dict[str, Any] = {
        "host": host, "port": port, "certificate": certificate, "key": key, "public_url": public_url,
        "behind_proxy": behind_proxy,
    }  # fmt: skip
    known = settings.served()
    check_secrets(known)
    door = replace(known.serve, **{name: value for name, value in given.items() if value is not None})

    def tell(url: str) -> None:
        out(
            told(say("Serving at {url}. Stop with Ctrl-C; Runs under way are taken up again later.", url=url))
        )
        sys.stdout.flush()

    logged = known.log if log is None else replace(known.log, file=log)
    run(settings, replace(known, serve=door, log=logged), tell)
