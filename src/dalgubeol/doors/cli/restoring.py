"""`dalgu restore ask | confirm | list`: pseudonyms undone for the provider, by two people, on another legal basis."""

from __future__ import annotations

from typing import Annotated

import typer

from ...language import say
from .opened import signed_in
from .shown import AsJson, as_json, out, table, told

app = typer.Typer(no_args_is_help=True, help=told(say("Undo pseudonyms, where another legal basis than PIPA art. 28-2 and 28-3 allows it.")))  # fmt: skip


@app.command(help=told(say("Ask to undo the pseudonyms of a Dataset; a second person confirms.")))
def ask(
    dataset: Annotated[str, typer.Argument(help=told(say("The pseudonymised Dataset")))],
    reason: Annotated[str, typer.Option(help=told(say("What it is for, in a sentence")))],
    json: AsJson = False,
) -> None:
    from ...verbs.projects import restoring

    with signed_in() as (house, who):
        asked = restoring.ask(house, who, dataset, reason)
    if json:
        as_json(asked)
        return
    out(told(say("Now another person of your organisation confirms it with `dalgu restore confirm {restoration}`.", restoration=asked.id)))  # fmt: skip


@app.command(help=told(say("Confirm it with your signature: the Run is queued.")))
def confirm(
    restoration: Annotated[str, typer.Argument(help=told(say("Id of what was asked for")))],
    json: AsJson = False,
) -> None:
    from ...verbs.projects import restoring

    with signed_in() as (house, who):
        run = restoring.confirm(house, who, restoration)
    as_json(run) if json else out(told(say("Run {run} is queued.", run=run.id)))


@app.command("list", help=told(say("What your organisation asked to restore.")))
def list_(json: AsJson = False) -> None:
    from ...verbs.projects import restoring

    with signed_in() as (house, who):
        found = restoring.listed(house, who)
    if json:
        as_json(found)
        return
    rows = [(r.id, r.dataset, r.asked_at[:10], (r.confirmed_at or "-")[:10], r.run or "-") for r in found]
    table((say("id"), say("Dataset"), say("asked"), say("confirmed"), say("Run")), rows)
