"""`dalgu site backup | backup-keys | restore | check | upgrade | keys-sheet | keys-recover`."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ...errors import Invalid, Missing
from ...language import Message, say
from ...settings import Settings
from .opened import opened
from .shown import AsJson, as_json, complain, out, table, told

app = typer.Typer(no_args_is_help=True, help=told(say("Run a site: back up, restore, check, upgrade.")))


@app.command(
    help=told(
        say(
            "Back the site up into a folder, while it serves; again into the same one copies only what is new."
        )
    )
)
def backup(
    target: Annotated[Path, typer.Argument(help=told(say("Folder of the backup, on another disk")))],
    json: AsJson = False,
) -> None:  # fmt: skip
    from ...verbs.keeping import keep

    with opened() as house, _bar(say("backing up"), json) as on_progress:
        kept = keep.backup(house, target, on_progress)
    if json:
        as_json(kept)
        return
    out(told(say("{size} Records and {objects} objects are in {target}; {copied} were new ({bytes} MB).", size=kept.size, objects=kept.objects, target=kept.target, copied=kept.copied, bytes=f"{kept.copied_bytes / 1e6:,.0f}")))  # fmt: skip
    if kept.same_disk:
        complain(told(say("Mind: it is on the same disk as the site. A broken disk takes both.")))
    out(told(say("No key is in it: `dalgu site backup-keys` and `dalgu site keys-sheet` keep those.")))


@app.command(
    "backup-keys",
    help=told(
        say("Back the wrapped keys up, apart from the site; removes those of destroyed Datasets from there.")
    ),
)
def backup_keys(
    target: Annotated[Path, typer.Argument(help=told(say("Folder of the keys' backup, on a disk of its own")))],
    same_disk: Annotated[bool, typer.Option("--same-disk", help=told(say("Allow the disk of the site's backup: for a rehearsal")))] = False,
    json: AsJson = False,
) -> None:  # fmt: skip
    from ...verbs.keeping import keyfolder

    with opened() as house:
        kept = keyfolder.backup_keys(house, target, same_disk=same_disk)
    if json:
        as_json(kept)
        return
    out(told(say("{count} wrapped keys are in {target}; {copied} were new, {removed} of destroyed Datasets were removed.", count=kept.keys, target=kept.target, copied=kept.copied, removed=kept.removed)))  # fmt: skip
    out(told(say("They open only with site.key, which is on the recovery sheets and not here.")))


@app.command(help=told(say("Restore a backup to the site's folder, after proving all of it.")))
def restore(
    source: Annotated[Path, typer.Argument(help=told(say("Folder of the backup")))],
    site: Annotated[Path | None, typer.Argument(help=told(say("Folder of the site; DALGU_SITE if not given")))] = None,
    since: Annotated[list[Path] | None, typer.Option(help=told(say("A checkpoint that you hold: the backup must contain what it promised")))] = None,
    replace: Annotated[bool, typer.Option("--replace", help=told(say("There is an older state of this site: move it aside")))] = False,
    json: AsJson = False,
) -> None:  # fmt: skip
    from ...verbs.keeping import restore as restoring

    settings = Settings.from_environment()
    settings = settings if site is None else settings.at(site)
    notes = [_text(path) for path in since or ()]
    with _bar(say("restoring"), json) as on_progress:
        done = restoring.restore(source, settings, since=notes, over=replace, on_progress=on_progress)
    if json:
        as_json(done)
        return
    out(told(say("{site} is restored: {size} Records and {objects} objects, all proven, as of {made_at}.", site=done.site, size=done.size, objects=done.objects, made_at=done.made_at[:19])))  # fmt: skip
    if done.migrated_from is not None:
        out(told(say("It was of an older version (schema {schema}) and is upgraded.", schema=done.migrated_from)))  # fmt: skip
    if done.aside is not None:
        out(told(say("What was there lies in {aside}; remove it when you do not need it.", aside=done.aside)))
    out(told(say("Everybody signs in again. What was revoked, closed or destroyed after {made_at} must be done again.", made_at=done.made_at[:19])))  # fmt: skip


@app.command(
    help=told(say("Prove everything that can be proven: bytes, keys, ledger, database against history."))
)
def check(
    backup: Annotated[Path | None, typer.Option("--backup", help=told(say("Prove this backup instead, without restoring it")))] = None,
    since: Annotated[list[Path] | None, typer.Option(help=told(say("A checkpoint that you hold: the backup must contain what it promised")))] = None,
    json: AsJson = False,
) -> None:  # fmt: skip
    if backup is not None:
        _check_backup(backup, [_text(path) for path in since or ()], json)
        return
    from ...verbs.keeping import check as checking
    from .doctor import show

    with _bar(say("checking"), json) as on_progress:
        found = checking.check(Settings.from_environment(), on_progress)
    show(found, json)


@app.command(help=told(say("Bring a site of an older version up to this one, after a safety copy.")))
def upgrade(json: AsJson = False) -> None:
    from ...verbs.keeping import upgrade as upgrading

    done = upgrading.upgrade(Settings.from_environment())
    if json:
        as_json(done)
        return
    if done.copy is None:
        out(told(say("The site is of this version already (schema {schema}).", schema=done.after)))
        return
    out(told(say("Upgraded from schema {before} to {after}; {size} Records checked.", before=done.before, after=done.after, size=done.size)))  # fmt: skip
    for change in done.changes:
        out(f"  {change}")
    out(told(say("The database as it was is in {copy}; it is removed after 30 days.", copy=done.copy)))


@app.command(help=told(say("What the site does by itself, and what came of it last.")))
def chores(
    once: Annotated[bool, typer.Option("--once", help=told(say("Do all of them now; `dalgu serve` does them in time")))] = False,
    trust_clock: Annotated[bool, typer.Option("--trust-clock", help=told(say("The clock jumped, and is right now: go on by it")))] = False,
    json: AsJson = False,
) -> None:  # fmt: skip
    from ...verbs.keeping import chores as doing

    with opened() as house:
        done = doing.once(house, trust_clock=trust_clock) if once or trust_clock else doing.listed(house)
    if json:
        as_json([{"name": d.name, "last_at": d.last_at, "ok": d.ok, "outcome": told(d.outcome)} for d in done])  # fmt: skip
    else:
        rows = [("✓" if d.ok else "✗", d.name, d.last_at[:19], told(d.outcome)) for d in done]
        table((say("ok"), say("chore"), say("when"), say("outcome")), rows)
    if once and not all(d.ok for d in done):
        raise typer.Exit(1)


@app.command(
    "keys-sheet",
    help=told(say("Write three sheets to print, of which any two bring site.key and log.key back.")),
)
def keys_sheet(
    folder: Annotated[Path, typer.Argument(help=told(say("An empty folder, best in memory (/dev/shm)")))],
    json: AsJson = False,
) -> None:  # fmt: skip
    from ...verbs.keeping import keyfolder
    from .sheets import write_sheets

    with opened() as house:
        sheets = keyfolder.split_keys(house)
        files = write_sheets(sheets, folder)
    if json:
        as_json({"set": sheets[0].set_name, "files": [str(path) for path in files]})
        return
    for path in files:
        out(str(path))
    out(told(say("Print them, give each to another person, and remove the files: `shred -u {folder}/*`.", folder=folder)))  # fmt: skip


@app.command(
    "keys-recover", help=told(say("Bring site.key and log.key back out of the words of two sheets."))
)
def keys_recover(
    keys: Annotated[Path | None, typer.Option(help=told(say("Key folder to write; DALGU_KEYS, or what site.toml says, if not given")))] = None,
    backup: Annotated[Path | None, typer.Option("--backup", help=told(say("The site's backup, where the site itself is gone")))] = None,
    wrapped: Annotated[Path | None, typer.Option("--wrapped", help=told(say("The backup of the wrapped keys: they are brought back too")))] = None,
    words_stdin: Annotated[bool, typer.Option("--words-stdin", help=told(say("Read the words from standard input, one sheet a line")))] = False,
    json: AsJson = False,
) -> None:  # fmt: skip
    from ...verbs.house import house
    from ...verbs.keeping import keep, keyfolder
    from ...verbs.projects import destruction

    settings = Settings.from_environment()
    facts = house.facts_of(settings.site) if backup is None else keep.opened_backup(backup)[1]
    folder = (keys or settings.keys or facts.keys).absolute()
    complain(told(say("Site {site}, fingerprint {fingerprint}: take two sheets on which that is printed.", site=facts.id, fingerprint=facts.key_fingerprint)))  # fmt: skip
    back = keyfolder.recover_keys(facts, folder, typed_words(words_stdin), wrapped)
    if backup is None:  # an old backup of the keys may hold some of what was destroyed since
        with house.open_house(dataclasses.replace(settings, keys=folder)) as opened:
            back = dataclasses.replace(back, removed=destruction.swept_keys(opened))
    if json:
        as_json(back)
        return
    out(told(say("site.key and log.key are back in {folder}, and are this site's.", folder=back.folder)))
    out(told(say("{count} wrapped keys came back with them.", count=back.wrapped)))
    if back.removed:
        out(
            told(
                say(
                    "{count} keys of Datasets that had been destroyed were destroyed again.",
                    count=back.removed,
                )
            )
        )


def typed_words(from_stdin: bool) -> list[str]:
    """The words of two sheets, hidden while they are typed."""
    if from_stdin:
        return [line for line in sys.stdin.read().splitlines() if line.strip()]
    return [
        str(typer.prompt(told(say("All words of sheet {number} of two", number=number)), hide_input=True))
        for number in (1, 2)
    ]


def _check_backup(folder: Path, since: list[str], json: bool) -> None:
    from ...verbs.keeping import restore as restoring

    with _bar(say("checking"), json) as on_progress:
        proven = restoring.prove_backup(folder, since=since, on_progress=on_progress)
    if json:
        as_json({"site": proven.manifest.site, "made_at": proven.manifest.made_at, "size": proven.manifest.size, "objects": len(proven.manifest.objects), "verifier_key": proven.facts.verifier_key})  # fmt: skip
        return
    out(told(say("The backup is whole: {size} Records and {objects} objects, as of {made_at}.", size=proven.manifest.size, objects=len(proven.manifest.objects), made_at=proven.manifest.made_at[:19])))  # fmt: skip
    out(told(say("It is signed by the ledger's key {key}; see that this is yours.", key=proven.facts.verifier_key)))  # fmt: skip


@contextmanager
def _bar(what: Message, quiet: bool) -> Iterator[Callable[[int, int], object]]:
    """A progress bar of bytes on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    shown = not quiet and sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not shown) as progress:
        task = progress.add_task(told(what), total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        raise Missing("file.missing", say("There is no file {path}.", path=path), say("Check the path.")) from None  # fmt: skip
    except UnicodeDecodeError:
        raise Invalid.field("file", expected="text in UTF-8", got="something else") from None
