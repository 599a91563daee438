"""`dalgu project open | list | show | add | remove | extend | close`: what persons' data is pseudonymised for."""

from __future__ import annotations

from typing import Annotated

import typer

from ...language import Message, say
from ...nouns.permit import Purpose
from ...nouns.project import Basis, Project, ProjectPart
from .lists import After, Limit, taken
from .opened import signed_in
from .shown import AsJson, as_json, named, out, table, told

app = typer.Typer(no_args_is_help=True, help=told(say("Projects: what persons' data is pseudonymised for.")))
Name = Annotated[str, typer.Argument(help=told(say("Name or id of the project")))]
Person = Annotated[str, typer.Argument(help=told(say("Their login")))]
Part = Annotated[ProjectPart, typer.Argument(help=told(say("Their part")))]


@app.command("open", help=told(say("Open a project: purpose, legal basis, period and people come first.")))
def open_(
    name: Annotated[str, typer.Argument(help=told(say("What Runs will call it")))],
    purpose: Annotated[Purpose, typer.Option(help=told(say("The purpose, out of the law's list")))],
    reason: Annotated[str, typer.Option(help=told(say("What it is for, in a sentence")))],
    until: Annotated[str, typer.Option(help=told(say("Last day of the processing period, YYYY-MM-DD")))],
    basis: Annotated[
        Basis, typer.Option(help=told(say("The article of PIPA, or another basis")))
    ] = Basis.WITHOUT_CONSENT,
    evidence: Annotated[
        str, typer.Option(help=told(say("For another basis: consent, contract, statute or measure")))
    ] = "",
    item: Annotated[
        list[str] | None, typer.Option(help=told(say("What is processed (again for more)")))
    ] = None,
    environment: Annotated[str, typer.Option(help=told(say("Where and how the result is used")))] = "",
    recipient: Annotated[
        list[str] | None, typer.Option(help=told(say("Who the result is provided to (again for more)")))
    ] = None,
    provider: Annotated[
        str | None, typer.Option(help=told(say("Whose data it is, where that is not your organisation")))
    ] = None,
    processor: Annotated[
        str | None, typer.Option(help=told(say("Who does it under contract (PIPA art. 26)")))
    ] = None,
    pseudonymiser: Annotated[
        list[str] | None, typer.Option(help=told(say("Who pseudonymises: a login (you, if nobody is named)")))
    ] = None,
    keeper: Annotated[
        list[str] | None,
        typer.Option(help=told(say("Who keeps the additional information (who pseudonymises, if nobody is)"))),
    ] = None,
    user: Annotated[
        list[str] | None, typer.Option(help=told(say("Who uses the result; if nobody is named, Permits decide")))
    ] = None,
    reviewer: Annotated[
        list[str] | None, typer.Option(help=told(say("Who reviews whether it is adequate")))
    ] = None,
    keep_mapping: Annotated[
        bool, typer.Option("--keep-mapping", help=told(say("Keep a sealed table of persons and pseudonyms (another basis only)")))
    ] = False,
    json: AsJson = False,
) -> None:  # fmt: skip
    from ...verbs.projects import projects

    people = {
        ProjectPart.PSEUDONYMISER: pseudonymiser or [], ProjectPart.KEEPER: keeper or [],
        ProjectPart.USER: user or [], ProjectPart.REVIEWER: reviewer or [],
    }  # fmt: skip
    with signed_in() as (house, who):
        made = projects.open_(
            house, who, name=name, purpose=purpose, reason=reason, until=until, basis=basis, evidence=evidence,
            items=item or [], environment=environment, recipients=recipient or [], provider=provider,
            processor=processor, keep_mapping=keep_mapping, people=people,
        )  # fmt: skip
    _show(made, json)


@app.command("list", help=told(say("The projects that concern you, and what they are for.")))
def list_(limit: Limit = 1000, after: After = "", json: AsJson = False) -> None:
    from ...verbs.house.clock import last_day
    from ...verbs.projects import projects

    with signed_in() as (house, who):
        found = taken(lambda a, n: projects.page(house, who, after=a, limit=n), after, limit)
    if json:
        as_json(found)
        return
    rows = [
        (p.name, p.organisation, p.purpose, _basis(p), p.state, last_day(p.valid_until)) for p in found
    ]  # fmt: skip
    headers = (say("name"), say("organisation"), say("purpose"), say("basis"), say("state"), say("until"))
    table(headers, rows)


@app.command(help=told(say("One project: its terms, its people, the editions of its key.")))
def show(project: Name, json: AsJson = False) -> None:
    from ...verbs.projects import projects

    with signed_in() as (house, who):
        found = projects.show(house, who, project)
    if json:
        as_json(found)
        return
    _show(found.project, False)
    rows = [(e.edition, e.made_at[:10], (e.retired_at or "-")[:10], (e.destroyed_at or "-")[:10]) for e in found.editions]  # fmt: skip
    table((say("edition"), say("made"), say("replaced"), say("destroyed")), rows)
    out(told(say("{count} Runs under it.", count=found.runs)))


@app.command(help=told(say("Name one more person.")))
def add(project: Name, person: Person, part: Part, json: AsJson = False) -> None:
    from ...verbs.projects import projects

    with signed_in() as (house, who):
        _show(projects.take_part(house, who, project, person, part), json)


@app.command(help=told(say("End somebody's part.")))
def remove(project: Name, person: Person, part: Part, json: AsJson = False) -> None:
    from ...verbs.projects import projects

    with signed_in() as (house, who):
        _show(projects.leave(house, who, project, person, part), json)


@app.command(help=told(say("Change the end of the processing period.")))
def extend(
    project: Name,
    until: Annotated[str, typer.Option(help=told(say("Last day of the processing period, YYYY-MM-DD")))],
    json: AsJson = False,
) -> None:
    from ...verbs.projects import projects

    with signed_in() as (house, who):
        _show(projects.extend(house, who, project, until), json)


@app.command(help=told(say("Close it: nothing new is pseudonymised under it.")))
def close(project: Name, json: AsJson = False) -> None:
    from ...verbs.projects import projects

    with signed_in() as (house, who):
        _show(projects.close(house, who, project), json)


def _basis(project: Project) -> str:
    """The article of the act, or what else it rests on."""
    if not project.basis.forbids_identifying:
        return f"{named(project.basis)}: {project.evidence}"
    return told(
        {Basis.WITHOUT_CONSENT: say("PIPA art. 28-2"), Basis.LINKAGE: say("PIPA art. 28-3")}[project.basis]
    )


def _show(project: Project, json: bool) -> None:
    if json:
        as_json(project)
        return
    from ...verbs.house.clock import last_day

    out(told(say("Project {project}: {state}", project=project.name, state=project.state)))
    people = {part: len(project.named(part)) for part in ProjectPart}
    rows = [
        (say("id"), project.id),
        (say("organisation"), project.organisation),
        (say("purpose"), f"{named(project.purpose)}: {project.reason}"),
        (say("basis"), _basis(project)),
        (say("items"), ", ".join(project.items) or "-"),
        (say("people"), "; ".join(f"{named(part)}: {count}" for part, count in people.items() if count)),
        (say("until"), last_day(project.valid_until)),
    ]
    table((Message(""), Message("")), rows)
