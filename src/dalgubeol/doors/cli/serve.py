"""`dalgu serve`: portal, API and conductor of this site, until stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...language import say
from ...settings import Settings
from .shown import out, told


def add_to(app: typer.Typer) -> None:
    app.command(help=told(say("Serve the site: portal, API and conductor on one port (Ctrl-C stops).")))(
        serve
    )


def serve(
    host: Annotated[str, typer.Option(help=told(say("Address to listen on")))] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help=told(say("Port; 0 takes a free one")))] = 8080,
    certificate: Annotated[Path | None, typer.Option(help=told(say("TLS certificate chain (PEM)")))] = None,
    key: Annotated[Path | None, typer.Option(help=told(say("Its private key (PEM)")))] = None,
    public_url: Annotated[str | None, typer.Option(help=told(say("The address that browsers use, behind a proxy")))] = None,
    behind_proxy: Annotated[bool, typer.Option(help=told(say("Believe a proxy on this machine who the visitor is")))] = False,
) -> None:  # fmt: skip
    import gc

    from ..serve.process import Door
    from ..serve.process import serve as run

    gc.enable()
    door = Door(host, port, certificate, key, behind_proxy, public_url)
    run(
        Settings.from_environment(),
        door,
        lambda url: out(
            told(say("Serving at {url}. Stop with Ctrl-C; Runs under way are taken up again later.", url=url))
        ),
    )
