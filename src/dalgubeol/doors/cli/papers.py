"""`dalgu papers list | make`: the forms of the procedure, filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import Conflict
from ...language import say
from .opened import signed_in
from .reviews import read_answers
from .shown import AsJson, as_json, out, table, told

app = typer.Typer(no_args_is_help=True, help=told(say("The papers of the procedure: registers, reviews, contracts.")))  # fmt: skip


@app.command("list", help=told(say("The forms that there are, each with its edition.")))
def list_(json: AsJson = False) -> None:
    from ...verbs.papers import paperwork

    with signed_in() as (house, _):
        found = paperwork.forms(house)
    if json:
        as_json([{"form": name, "edition": edition} for name, edition in found])
        return
    table((say("form"), say("edition")), found)


@app.command(help=told(say("Make one paper: HTML, PDF or DOCX.")))
def make(
    form: Annotated[str, typer.Argument(help=told(say("The form")))],
    subject: Annotated[str, typer.Argument(help=told(say("Project, review or accident")))],
    output: Annotated[Path | None, typer.Option("--output", "-o", help=told(say("File to write")))] = None,
    type_: Annotated[str, typer.Option("--type", help=told(say("html, pdf or docx")))] = "pdf",
    language: Annotated[str, typer.Option(help=told(say("ko, en or both")))] = "ko",
    answers: Annotated[
        Path | None, typer.Option(help=told(say("A TOML file with what the site cannot know")))
    ] = None,
) -> None:
    from ...verbs.papers import paperwork

    given = read_answers(answers)
    with signed_in() as (house, who):
        paper = paperwork.made(house, who, form, subject, file_type=type_, language=language, answers=given)
    target = output or Path(paper.name)
    try:
        with open(target, "xb") as file:
            file.write(paper.content)
    except FileExistsError:
        raise Conflict("file.exists", say("{path} is there already.", path=str(target)), say("Name another file with --output.")) from None  # fmt: skip
    out(told(say("Written: {path}", path=str(target))))
