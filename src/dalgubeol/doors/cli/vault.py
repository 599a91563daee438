"""`dalgu vault rotate | destroy | register | confirm | backup | restore | sheet`: what would undo pseudonyms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...language import say
from .lists import After, Limit, taken
from .opened import opened, signed_in
from .shown import AsJson, as_json, out, table, told
from .sites import typed_words

app = typer.Typer(no_args_is_help=True, help=told(say("The vault: what would undo pseudonyms, kept apart.")))
Name = Annotated[str, typer.Argument(help=told(say("Name or id of the project")))]
Target = Annotated[Path, typer.Argument(help=told(say("A folder apart from all others, kept by other people")))]  # fmt: skip


@app.command(help=told(say("A new edition of a project's key: from now on the same person gets another pseudonym.")))  # fmt: skip
def rotate(project: Name, json: AsJson = False) -> None:
    from ...verbs.keeping import vault

    with signed_in() as (house, who):
        made = vault.rotate(house, who, project)
    as_json(made) if json else out(told(say("Edition {edition} is in use from now on.", edition=made.edition)))  # fmt: skip


@app.command(help=told(say("Destroy one edition of a project's key, for good.")))
def destroy(
    project: Name,
    edition: Annotated[int, typer.Option(min=1, help=told(say("Which edition; `dalgu project show` lists them")))],
    reason: Annotated[str, typer.Option(help=told(say("Why, for the register")))],
    json: AsJson = False,
) -> None:  # fmt: skip
    from ...verbs.projects import destruction

    with signed_in() as (house, who):
        entry = destruction.destroy_key(house, who, project, edition, reason)
    if json:
        as_json(entry)
        return
    out(told(say("It is gone. Now another person confirms it with `dalgu vault confirm {entry}`.", entry=entry.id)))  # fmt: skip


@app.command(help=told(say("The register of destruction.")))
def register(
    project: Annotated[str | None, typer.Option(help=told(say("Only of this project")))] = None,
    limit: Limit = 1000,
    after: After = "",
    json: AsJson = False,
) -> None:
    from ...verbs.projects import destruction

    with signed_in() as (house, who):
        found = taken(lambda a, n: destruction.page(house, who, project, a, n), after, limit)
    if json:
        as_json(found)
        return
    rows = [
        (e.id, e.what, e.subject, e.method, e.destroyed_at[:10], (e.confirmed_at or "-")[:10]) for e in found
    ]  # fmt: skip
    headers = (say("id"), say("what"), say("which"), say("method"), say("destroyed"), say("confirmed"))
    table(headers, rows)


@app.command(help=told(say("Confirm that something is gone, backups included: another person than who did it.")))  # fmt: skip
def confirm(
    entry: Annotated[str, typer.Argument(help=told(say("Id of the entry in the register of destruction")))],
    json: AsJson = False,
) -> None:
    from ...verbs.projects import destruction

    with signed_in() as (house, who):
        found = destruction.confirm(house, who, entry)
    as_json(found) if json else out(told(say("Confirmed.")))


@app.command(help=told(say("Bring a backup of the vault up to date; what was destroyed is removed from it.")))
def backup(
    target: Target,
    same_disk: Annotated[
        bool, typer.Option("--same-disk", help=told(say("Allow the disk of the other backups, for a rehearsal")))
    ] = False,
    json: AsJson = False,
) -> None:  # fmt: skip
    from ...verbs.keeping import vault

    with opened() as house:
        kept = vault.backup(house, target, same_disk=same_disk)
    if json:
        as_json(kept)
        return
    out(told(say("{keys} keys and {mappings} mappings are in {target}; {removed} that were destroyed were removed.", keys=kept.keys, mappings=kept.mappings, target=kept.target, removed=kept.removed)))  # fmt: skip


@app.command(help=told(say("Bring the vault back from its backup, and its key from two sheets where that is lost.")))  # fmt: skip
def restore(
    source: Annotated[Path | None, typer.Argument(help=told(say("The folder of its backup")))] = None,
    sheets: Annotated[
        bool,
        typer.Option(
            "--sheets", help=told(say("The key of the vault is lost: type the words of two sheets"))
        ),
    ] = False,
    words_stdin: Annotated[
        bool,
        typer.Option("--words-stdin", help=told(say("Read the words from standard input, one sheet a line"))),
    ] = False,
    json: AsJson = False,
) -> None:
    from ...verbs.keeping import vault

    with opened() as house:
        words = typed_words(words_stdin) if sheets or words_stdin else []
        back = vault.recover(house, source, words)
    if json:
        as_json(back)
        return
    out(told(say("{keys} keys were brought back; {left_out} that had been destroyed were left out.", keys=back.keys, left_out=back.left_out)))  # fmt: skip


@app.command(help=told(say("Three recovery sheets of the vault's own key, for its keeper.")))
def sheet(target: Target, json: AsJson = False) -> None:
    from ...verbs.keeping import vault
    from .sheets import write_sheets

    with opened() as house:
        files = write_sheets(vault.split(house), target)
    as_json([str(path) for path in files]) if json else out(told(say("Three sheets are in {target}: print them, give each to another person, remove the files.", target=target)))  # fmt: skip
