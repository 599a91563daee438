"""`dalgu ledger export | verify | records | checkpoint | key | check | erase`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import Invalid, Missing
from ...language import say
from ...nouns.record import Event
from .opened import opened, signed_in
from .shown import AsJson, as_json, complain, out, table, told

app = typer.Typer(no_args_is_help=True, help=told(say("The ledger: read, export, verify.")))


@app.command(help=told(say("Write the whole history as one file that anybody can verify.")))
def export(
    bundle: Annotated[Path, typer.Argument(help=told(say("The file to write")))], json: AsJson = False
) -> None:
    from ...verbs.history import prove

    with opened() as house:
        size = prove.export(house, bundle)
    as_json({"bundle": str(bundle), "records": size}) if json else out(told(say("{size} Records are in {bundle}.", size=size, bundle=bundle)))  # fmt: skip


@app.command(help=told(say("Verify a bundle without the site: only the ledger's public key is needed.")))
def verify(
    bundle: Annotated[Path, typer.Argument(help=told(say("The bundle")))],
    key: Annotated[str | None, typer.Option(help=told(say("The ledger's public key, or a file that holds it; this site's if not given")))] = None,
    since: Annotated[Path | None, typer.Option(help=told(say("An older checkpoint that you hold: prove that nothing before it changed")))] = None,
    json: AsJson = False,
) -> None:  # fmt: skip
    from ...verbs.history import prove

    older = _text(since) if since is not None else None
    story = prove.verify(bundle, _key(key), older)
    if json:
        as_json({"size": story.verified.size, "root": story.verified.root.hex(), "erased": story.verified.erased, "signatures": story.signatures, "events": dict(story.events)})  # fmt: skip
        return
    out(told(say("The history is whole: {size} Records, {signatures} signatures of people, {erased} erased in time.", size=story.verified.size, signatures=story.signatures, erased=story.verified.erased)))  # fmt: skip
    counts = [(_event(name), count) for name, count in sorted(story.events.items())]
    table((say("event"), say("how many")), counts)


@app.command(help=told(say("Records, all or about one thing.")))
def records(
    about: Annotated[
        str | None, typer.Option(help=told(say("Id of a Dataset, Permit, Run or person")))
    ] = None,
    after: Annotated[int, typer.Option(help=told(say("Number of the last Record of the page before")))] = -1,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help=told(say("At most so many")))] = 100,
    json: AsJson = False,
) -> None:
    from ...verbs.history import prove

    with signed_in() as (house, _):
        found = prove.records(house, about, after, limit + 1)
    if len(found) > limit:
        found = found[:limit]
        complain(told(say("There are more: `--after {cursor}` goes on here.", cursor=found[-1]["record"])))
    if json:
        as_json(found)
        return
    rows = [(r["record"], r["at"][:19], _event(r["event"]), r["actor"], r["subject"]) for r in found]
    headers = (say("record"), say("when"), say("event"), say("who"), say("about"))
    table(headers, rows)


@app.command(help=told(say("The latest signed checkpoint.")))
def checkpoint(json: AsJson = False) -> None:
    from ...verbs.history import prove

    with opened() as house:
        note = prove.checkpoint(house)
    as_json({"checkpoint": note}) if json else typer.echo(note, nl=False)


@app.command(help=told(say("The ledger's public key.")))
def key(json: AsJson = False) -> None:
    with opened() as house:
        text = house.facts.verifier_key
    as_json({"verifier_key": text}) if json else out(text)


@app.command(help=told(say("Recompute the whole tree from its Records.")))
def check(json: AsJson = False) -> None:
    from ...verbs.history import prove

    with opened() as house:
        size = prove.self_check(house)
    as_json({"records": size}) if json else out(told(say("{size} Records, all in their place.", size=size)))


@app.command(help=told(say("Erase the contents of Records whose retention has ended.")))
def erase(json: AsJson = False) -> None:
    from ...verbs.history import prove

    with signed_in() as (house, who):
        erased = prove.erase(house, who)
    as_json({"erased": erased}) if json else out(told(say("{erased} Records lost their contents; their lines stay.", erased=erased)))  # fmt: skip


def _event(name: str) -> Event | str:
    """A bundle of a newer version may hold events that this one has no word for."""
    return Event(name) if name in set(Event) else name


def _text(path: Path) -> str:
    """Raises Missing, or Invalid where it is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        raise Missing(
            "file.missing", say("There is no file {path}.", path=path), say("Check the path.")
        ) from None
    except UnicodeDecodeError:
        raise Invalid.field("file", expected="text in UTF-8", got="something else") from None


def _key(given: str | None) -> str:
    if given is None:
        with opened() as house:
            return house.facts.verifier_key
    path = Path(given)
    try:
        return path.read_text(encoding="utf-8").strip() if path.is_file() else given
    except UnicodeDecodeError:
        raise Invalid.field(
            "key", expected=say("the ledger's public key as text"), got=say("something else")
        ) from None
