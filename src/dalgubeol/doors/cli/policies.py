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
MOST_BYTES = 4_000_000
"""Of a hierarchy file."""
Name = Annotated[str, typer.Argument(help=told(say("Name or id of the Dataset")))]


@app.command(help=told(say("Propose a policy for a table, with the evidence above each column: `> policy.toml`.")))  # fmt: skip
def draft(
    name: Name,
    project: Annotated[str, typer.Option(help=told(say("The project: its pseudonyms cannot be linked with another's")))],
    json: AsJson = False,
) -> None:  # fmt: skip
    from ...verbs.projects import policies

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
    from ...verbs.projects import policies

    with signed_in() as (house, who):
        found = policies.check(house, who, name, whole_policy(policy))
    if json:
        as_json({"said": [message.text(reader_language()) for message in found]})
        return
    for message in found:
        out(told(message))


@app.command(help=told(say("Show a policy with its hierarchy files written into it, as the portal and the API take it: `> whole.toml`.")))  # fmt: skip
def whole(
    policy: Annotated[Path, typer.Argument(help=told(say("The policy.toml")))], json: AsJson = False
) -> None:
    text = whole_policy(policy)
    if json:
        as_json({"policy": text})
        return
    out(text.rstrip("\n"))


def whole_policy(path: Path) -> str:
    """The text of a policy.toml, with the hierarchy files that lie beside it. A name never leads out of its
    folder, through a link neither: a policy that somebody sent cannot bring in other files."""
    from ...methods.privacy.policy.policy_files import made_whole

    return made_whole(text_of_file(path).removeprefix("\ufeff"), lambda name: _beside(path, name))


def _beside(policy: Path, name: str) -> bytes:
    folder = policy.resolve().parent
    found = (folder / name).resolve()
    if not found.is_relative_to(folder) or not found.is_file():
        raise Missing(
            "policy.file",
            say("There is no file {name} beside the policy.", name=name[:200]),
            say("Put it into the folder of {policy}, and give its name alone.", policy=policy.name),
        )
    with found.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Invalid.field("file", expected=say("at most {most} bytes", most=f"{MOST_BYTES:,}"), got=say("a larger file"))  # fmt: skip
    return content


def text_of_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Missing("file.missing", say("There is no file {path}.", path=path), say("Check the path.")) from None  # fmt: skip
    except (UnicodeDecodeError, IsADirectoryError):
        raise Invalid.field("file", expected=say("text in UTF-8"), got=say("something else")) from None
