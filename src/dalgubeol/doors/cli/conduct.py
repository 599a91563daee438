"""`dalgu conduct`: be the site's conductor until stopped."""

from __future__ import annotations

import typer

from ...language import say
from .opened import opened
from .shown import out, told


def add_to(app: typer.Typer) -> None:
    app.command(help=told(say("Be the site's conductor until you stop it (Ctrl-C).")))(conduct)


def conduct() -> None:
    import gc
    import signal

    from ...verbs.runs.conduct import Conductor

    gc.enable()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with opened() as house, Conductor(house):
        out(
            told(
                say(
                    "Conducting {site}. Stop with Ctrl-C; Runs under way are taken up again later.",
                    site=house.folder,
                )
            )
        )
        try:
            signal.pause()
        except KeyboardInterrupt:
            out(told(say("Stopped.")))
