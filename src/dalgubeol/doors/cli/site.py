"""`dalgu init`, `dalgu doctor`, `dalgu demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import DalguError
from ...language import reader_language, say
from ...settings import Settings
from .passwords import PasswordFromStdin, chosen_password
from .shown import AsJson, as_json, out, told


def add_to(app: typer.Typer) -> None:
    app.command(help=told(say("Make a new site with its first operator.")))(init)
    app.command(help=told(say("See what works here and what to do about what does not.")))(doctor)
    app.command(help=told(say("Play the whole story on real data in a site of its own.")))(demo)
    app.callback(invoke_without_command=True)(_root)


def _root(
    version: Annotated[bool, typer.Option("--version", help=told(say("Show the version.")))] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        out(installed("dalgubeol"))
        raise typer.Exit


def init(
    site: Annotated[Path, typer.Argument(help=told(say("Folder of the new site")))],
    login: Annotated[str, typer.Option(help=told(say("Login of the first operator")))] = "operator",
    name: Annotated[str, typer.Option(help=told(say("Name of the first operator")))] = "",
    organisation: Annotated[
        str, typer.Option(help=told(say("Organisation that runs the site")))
    ] = "operator",
    password_stdin: PasswordFromStdin = False,
    json: AsJson = False,
) -> None:
    from ...verbs.house.house import found

    settings = Settings.from_environment().at(site)
    password = chosen_password(password_stdin)
    with found(
        settings, login=login, name=name or login, organisation=organisation, password=password
    ) as house:
        if json:
            as_json(
                {"site": str(site), "keys": str(house.facts.keys), "verifier_key": house.facts.verifier_key}
            )
            return
        out(told(say("Site {site} is founded.", site=site)))
        out(told(say("Its keys are in {keys}. Back them up apart from the site: without them nothing can be read.", keys=house.facts.keys)))  # fmt: skip
        out(
            told(
                say(
                    "Next: export DALGU_SITE={site} and sign in with `dalgu login {login}`.",
                    site=site.absolute(),
                    login=login,
                )
            )
        )


def doctor(json: AsJson = False) -> None:
    from ...verbs.keeping.health import findings
    from .doctor import show

    show(findings(Settings.from_environment()), json)


def demo(
    folder: Annotated[Path, typer.Argument(help=told(say("Where to put the demo's site")))] = Path(
        "demo-site"
    ),
) -> None:
    from ..demo import play

    try:
        play(folder, reader_language())
    except DalguError:
        raise
