"""The commands' tree, the exit codes, and the names of kinds as commands of their own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

import typer

from ...errors import DalguError, Refused
from ...language import reader_language, say
from . import (
    accidents,
    account,
    airlock,
    conduct,
    datasets,
    ledger,
    link,
    papers,
    people,
    permits,
    plant,
    policies,
    projects,
    restoring,
    reviews,
    runs,
    serve,
    site,
    sites,
    tokens,
    vault,
    zone,
)
from .shown import complain, told
from .words import borrow, misuse

app = typer.Typer(
    name="dalgu",
    help=told(say("Dalgubeol: data of a region of manufacturers, used safely and provably.")),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
site.add_to(app)
people.add_to(app)
app.add_typer(account.app, name="account")
app.add_typer(tokens.app, name="token")
app.add_typer(datasets.app, name="dataset")
app.add_typer(permits.app, name="permit")
app.add_typer(policies.app, name="policy")
app.add_typer(projects.app, name="project")
app.add_typer(vault.app, name="vault")
app.add_typer(restoring.app, name="restore")
app.add_typer(accidents.app, name="accident")
runs.add_to(app)
conduct.add_to(app)
serve.add_to(app)
app.add_typer(airlock.app, name="airlock")
app.add_typer(link.app, name="link")
app.add_typer(reviews.app, name="review")
app.add_typer(papers.app, name="papers")
app.add_typer(ledger.app, name="ledger")
app.add_typer(sites.app, name="site")
app.add_typer(zone.app, name="zone")
app.add_typer(plant.app, name="plant")
app.add_typer(plant.twin, name="twin")


def run_app(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code of its family."""
    borrow()
    arguments = _with_kinds_as_commands(list(arguments))
    try:
        answer = app(args=arguments, standalone_mode=False)
        return answer if isinstance(answer, int) else 0
    except DalguError as error:
        _report(error, "--json" in arguments)
        return error.exit_code
    except typer.Exit as ended:
        return ended.exit_code
    except (typer.Abort, KeyboardInterrupt):
        complain(told(say("Stopped. A Run that was handed over goes on: `dalgu runs` shows it.")))
        return 130
    except BrokenPipeError:
        return 0
    except typer.TyperException as error:
        complain(told(misuse(error)))
        complain(told(say("`dalgu --help` lists the commands; every command has --help.")))
        return 2
    except Exception as error:  # the outermost rim: a fault of ours is told as one
        if os.environ.get("DALGU_DEBUG"):
            raise
        _report(_our_fault(error), "--json" in arguments)
        return 1


def _with_kinds_as_commands(arguments: list[str]) -> list[str]:
    """`dalgu adapt ...` is `dalgu run adapt ...`."""
    if not arguments or arguments[0] in _commands() or arguments[0].startswith("-"):
        return arguments
    from ...kinds import names

    return ["run", *arguments] if arguments[0] in names() else arguments


def _commands() -> set[str]:
    """What the tree above knows: a kind of the same name is run with `dalgu run KIND`."""
    alone = {c.name or getattr(c.callback, "__name__", "") for c in app.registered_commands}
    return alone | {str(group.name) for group in app.registered_groups}


def _our_fault(error: Exception) -> DalguError:
    """What no family covers. Its own text stays unsaid: it could hold data."""
    return DalguError(
        "dalgu.broken",
        say("dalgu itself is at fault ({what}).", what=type(error).__name__),
        say("Tell those who make it, with what DALGU_DEBUG=1 shows; nothing half-written is left."),
    )


def _report(error: DalguError, as_json: bool) -> None:
    language = reader_language()
    if as_json:
        print(json.dumps({"error": error.as_json(language)}, ensure_ascii=False))
        return
    complain(error.detail.text(language))
    if isinstance(error, Refused):
        for reason in error.reasons:
            complain(f"  - {reason.text(language)}")
    complain(f"→ {error.next_step.text(language)}")
    sys.stderr.flush()
