"""`dalgu policy draft | check`: what is to be done to a table, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import Invalid, Missing
from ...language import reader_language, say
from .opened import signed_in
from .shown import AsJson, as_json, out, told

app = typer.Typer(no_args_is_help=True, help=told(say("Policies: what is done to a table of persons, as a file.")))  # fmt: skip
Name = Annotated[str, typer.Argument(help=told(say("Name or id of the Dataset")))]


@app.command(help=told(say("Propose a policy for a table, with the evidence above each column: `> policy.toml`.")))  # fmt: skip
def draft(
    name: Name,
    project: Annotated[str, typer.Option(help=told(say("The project: its pseudonyms cannot be linked with another's")))],
    json: AsJson = False,
) -> None:  # fmt: skip
    from ...verbs import policies

    with signed_in() as (house, who):
        text = policies.draft(house, who, name, project, reader_language())
    if json:
        as_json({"policy": text})
        return
    out(text.rstrip("\n"))


@app.command(help=told(say("Try a policy on the first rows of a table, without making anything.")))
def check(
    policy: Annotated[Path, typer.Argument(help=told(say("The policy.toml")))],
    name: Name,
    json: AsJson = False,
) -> None:
    from ...verbs import policies

    with signed_in() as (house, who):
        found = policies.check(house, who, name, _read(policy))
    if json:
        as_json({"said": [message.text(reader_language()) for message in found]})
        return
    for message in found:
        out(told(message))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Missing("file.missing", say("There is no file {path}.", path=path), say("Check the path.")) from None  # fmt: skip
    except (UnicodeDecodeError, IsADirectoryError):
        raise Invalid.field("file", expected=say("text in UTF-8"), got=say("something else")) from None
