"""`dalgu review open | list | show | say | step-down | substitute | close | withdraw`: the panels of the procedure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import Invalid
from ...language import reader_language, say
from ...nouns.panel import Finding, Panel, PanelKind, PanelState
from .opened import signed_in
from .shown import AsJson, as_json, named, out, table, told

app = typer.Typer(no_args_is_help=True, help=told(say("Reviews by a panel: of the risk, of adequacy.")))
Id = Annotated[str, typer.Argument(help=told(say("Id of the review")))]


@app.command("open", help=told(say("Ask a panel for a review.")))
def open_(
    kind: Annotated[PanelKind, typer.Argument(help=told(say("Which review")))],
    project: Annotated[str, typer.Argument(help=told(say("The project")))],
    dataset: Annotated[str, typer.Argument(help=told(say("The Dataset to be reviewed")))],
    member: Annotated[list[str], typer.Option(help=told(say("A login of a member (again for more)")))],
    answers: Annotated[
        Path | None, typer.Option(help=told(say("A TOML file with what you say in the form")))
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help=told(say("Of a risk review: the policy that is planned, which says what is to become of each column")))
    ] = None,
    json: AsJson = False,
) -> None:  # fmt: skip
    from ...verbs.projects import panels

    given = read_answers(answers)
    if policy is not None:
        given["policy"] = _text_of(policy)
    with signed_in() as (house, who):
        panel = panels.open_(
            house, who, kind, project=project, dataset=dataset, members=member, answers=given
        )
    _show(panel, json)


@app.command("list", help=told(say("The reviews that concern you, the newest first.")))
def list_(
    project: Annotated[str | None, typer.Option(help=told(say("Of this project only")))] = None,
    json: AsJson = False,
) -> None:
    from ...verbs.house.clock import day
    from ...verbs.projects import panels

    with signed_in() as (house, who):
        found = panels.listed(house, who, project)
        names = {} if json else panels.names(house, found)
    if json:
        as_json(found)
        return
    rows = [(p.id, p.kind, names[p.dataset], p.state, len(p.sitting), day(p.opened_at)) for p in found]
    table((say("id"), say("review"), say("Dataset"), say("state"), say("members"), say("since")), rows)


@app.command(help=told(say("One review: who sits, what they found, the minutes.")))
def show(review: Id, json: AsJson = False) -> None:
    from ...verbs.projects import panels

    with signed_in() as (house, who):
        found = panels.look(house, who, review)
    _show(found, json)


@app.command("say", help=told(say("Say what you find, with your signature.")))
def say_(
    review: Id,
    adequate: Annotated[bool, typer.Option("--adequate/--inadequate", help=told(say("What you find")))],
    comment: Annotated[str, typer.Option(help=told(say("Why; it stands in the paper")))] = "",
    checks: Annotated[
        Path | None, typer.Option(help=told(say("A TOML file: item = [answer, remark] for the checklist")))
    ] = None,
    json: AsJson = False,
) -> None:
    from ...verbs.projects import panels

    given = {item: _check(item, check) for item, check in read_answers(checks).items()}
    finding = Finding.ADEQUATE if adequate else Finding.INADEQUATE
    with signed_in() as (house, who):
        panel = panels.speak(house, who, review, finding, comment, given)
    _show(panel, json)


@app.command(help=told(say("Step down from a panel, with the reason.")))
def step_down(
    review: Id,
    reason: Annotated[str, typer.Option(help=told(say("Why you cannot judge this")))],
    json: AsJson = False,
) -> None:
    from ...verbs.projects import panels

    with signed_in() as (house, who):
        panel = panels.step_down(house, who, review, reason)
    _show(panel, json)


@app.command(
    help=told(say("Give the place of a member who stepped down or does not answer to somebody else."))
)
def substitute(
    review: Id,
    instead_of: Annotated[str, typer.Option(help=told(say("The login of the member whose place it is")))],
    member: Annotated[str, typer.Option(help=told(say("The login of who takes it")))],
    json: AsJson = False,
) -> None:
    from ...verbs.projects import seating

    with signed_in() as (house, who):
        panel = seating.substitute(house, who, review, instead_of, member)
    _show(panel, json)


@app.command(help=told(say("Close a review with its minutes; the decision follows from what was said.")))
def close(
    review: Id,
    minutes: Annotated[str, typer.Option(help=told(say("Who met, what was asked, what was found")))],
    json: AsJson = False,
) -> None:
    from ...verbs.projects import panels

    with signed_in() as (house, who):
        panel = panels.close(house, who, review, minutes)
    _show(panel, json)


@app.command(help=told(say("Take back a review that you asked for.")))
def withdraw(review: Id, json: AsJson = False) -> None:
    from ...verbs.projects import panels

    with signed_in() as (house, who):
        panel = panels.withdraw(house, who, review)
    _show(panel, json)


def read_answers(path: Path | None) -> dict[str, object]:
    """The answers in a TOML file. Raises Invalid."""
    import tomllib

    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise Invalid.field("answers", expected=say("a file that can be read"), got=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise Invalid.field("answers", expected=say("TOML"), got=str(wrong)) from None


def _check(item: str, check: object) -> tuple[str, str]:
    if isinstance(check, str):
        return (check, "")
    if isinstance(check, list) and len(check) == 2 and all(isinstance(each, str) for each in check):
        return (check[0], check[1])
    raise Invalid.field(item, expected=say("an answer, or an answer and a remark"), got=say("something else"))


def _text_of(path: Path) -> str:
    """Raises Invalid."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Invalid.field("policy", expected=say("a file that can be read"), got=str(path)) from None


def _show(panel: Panel, json: bool) -> None:
    from ...verbs.projects import panels

    if json:
        as_json(panel)
        return
    from ...verbs.projects import sent_back
    from ...verbs.projects.seating import why_passed_over

    with signed_in() as (house, _):
        names = panels.names(house, [panel])
        against = sent_back.objections(house, panel, reader_language())
    out(f"{panel.id}: {named(panel.kind)}, {named(panel.state)}, {names[panel.dataset]}")
    for seat in panel.seats:
        said = told(say("stepped down: {reason}", reason=seat.recused)) if seat.recused else ""
        said = said or (told(why_passed_over(seat)) if seat.silence else "")
        sealed = told(say("has spoken; shown once all have")) if seat.is_sealed else told(say("not yet"))
        said = said or (f"{named(seat.finding)} {seat.comment}" if seat.finding else sealed)
        out(f"  {names[seat.person]} ({seat.organisation}): {said}")
    if panel.minutes:
        out(f"  {told(say('Minutes: {minutes}', minutes=panel.minutes))}")
    if panel.state is PanelState.INADEQUATE:
        out(told(say("Process it again, so that this holds no more:")))
        for reason in against:
            out(f"  {reason}")
