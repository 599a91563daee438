"""`dalgu zone try`: an analyst's script on a dummy, on her own machine, as the zone will run it. `dalgu zone bring` and
`brought`: code, packages and reference tables that it needs."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ...errors import EXIT_BROKEN, EXIT_FAILED, EXIT_HELD, DalguError, Invalid, Missing, Unavailable
from ...language import reader_language, say
from ...nouns.run import RunState
from ...rules.airlock import Direction, ReviewState
from ..standing import advice, standing, state_of
from .opened import signed_in
from .shown import AsJson, as_json, complain, named, out, stored_message, table, told

app = typer.Typer(no_args_is_help=True, help=told(say("The safe zone: write a script at home, then submit it unchanged.")))  # fmt: skip
_SHOWN = 20


@app.command(
    "try", help=told(say("Run a script on the dummy of a Dataset, here, as the zone would on the data."))
)
def try_(
    script: Annotated[Path, typer.Argument(help=told(say("The script (Python, notebook, SQL or R)")))],
    data: Annotated[str, typer.Option(help=told(say("The Dataset, or a file of its dummy that was downloaded")))],
    site: Annotated[str | None, typer.Option(envvar="DALGU_URL", help=told(say("Address of the site, where it is not on this machine")))] = None,
    token: Annotated[str | None, typer.Option(envvar="DALGU_TOKEN", help=told(say("Your token there, with the scopes read and bring")))] = None,
    to: Annotated[Path | None, typer.Option(help=told(say("Folder for the files that the script writes")))] = None,
    seed: Annotated[int, typer.Option(help=told(say("Seed of everything random")))] = 0,
    bare: Annotated[bool, typer.Option("--bare", help=told(say("Without a sandbox: the script can do here whatever you can")))] = False,
    safe: Annotated[str | None, typer.Option(help=told(say("Take a safe version of the tables that the checks hold: rounded or suppressed")))] = None,
    with_: Annotated[list[Path] | None, typer.Option("--with", help=told(say("A file that is to be brought in with it: a table, a module or a wheel")))] = None,
    json: AsJson = False,
) -> None:  # fmt: skip
    from ...kinds.safe_files import Method
    from ...nouns.script import script_language
    from ...verbs.airlock import trying

    if safe not in (None, *Method):
        raise Invalid.field("safe", expected="rounded, suppressed", got=str(safe))
    method = None if safe is None else Method(safe)
    code, language = _read(script), script_language(script.name)
    brought = {each.name: _read(each) for each in with_ or ()}
    with tempfile.TemporaryDirectory() as folder:
        place = _dummy(data, site, token, Path(folder))
        of = str(trying.mark_of(place)["of"]["name"])
        try:
            found = trying.tried(
                code, place, seed=seed, bare=bare, language=language, brought=brought, safe=method
            )
        except Unavailable as error:
            error.next_step = say("Try it with --bare: your own script then runs on the dummy with nothing around it, and may behave otherwise than in the zone.")  # fmt: skip
            raise
    if to is not None:
        _keep(to, found.files)
    if json:
        as_json(_answer(found))
    else:
        _show(found, script, of, bare, safe)
        _show_scan(brought)
    if found.error is not None:
        raise typer.Exit(EXIT_FAILED)  # as the Run would
    if any(finding.get("holds", True) for finding in found.findings):
        raise typer.Exit(EXIT_HELD)


@app.command(
    help=told(say("Offer files that a script needs: they are scanned, and come in when two reviewers agree."))
)
def bring(
    files: Annotated[list[Path], typer.Argument(help=told(say("Scripts, tables (CSV), texts, wheels of pure Python")))],
    permit: Annotated[str, typer.Option(help=told(say("The Permit under whose Runs they are to be there")))],
    context: Annotated[str, typer.Option(help=told(say("What they are and what for; of several a line each, as `name: what it is and where it is from`")))],
    json: AsJson = False,
) -> None:  # fmt: skip
    from ...verbs.airlock import bringing, review
    from ...verbs.runs.conduct import run_to_end
    from ...world.engine.sources import file_content

    with signed_in() as (house, who):
        run = bringing.bring(house, who, permit, [file_content(each) for each in files], context)
        run = run_to_end(house, run.id)
        if run.fault is not None:
            complain(told(stored_message(run.fault.message)))
            complain(f"→ {told(stored_message(run.fault.next_step))}")
            raise typer.Exit(EXIT_BROKEN if run.state is RunState.BROKEN else EXIT_FAILED)
        found = review.look(house, who.actor, run.id)
    if json:
        as_json(found)
    else:
        out(f"{found.run}: {named(state_of(found))}")
        out(f"  {told(standing(found.state, found.direction))}")
        for line in review.findings_text(found, reader_language()):
            out(f"  - {line}")
        for told_ in advice((f for f in found.findings if f.get("holds", True)), found.direction):
            out(f"  → {told(told_)}")
    if found.state is ReviewState.HELD:
        raise typer.Exit(EXIT_HELD)


@app.command(help=told(say("What came in under a Permit: names and digests.")))
def brought(
    permit: Annotated[str, typer.Argument(help=told(say("Id of the Permit")))], json: AsJson = False
) -> None:
    from ...verbs.airlock import bringing

    with signed_in() as (house, who):
        found = bringing.listed(house, who, permit)
    if json:
        as_json(found)
        return
    rows = [(each.name, each.size_bytes, each.digest, each.brought_at[:19], each.run) for each in found]
    table((say("file"), say("bytes"), say("digest"), say("came in"), say("run")), rows)


@app.command(help=told(say("Predict with a model that has left a zone; nothing else need be installed.")))
def predict(
    model: Annotated[Path, typer.Argument(help=told(say("The model, a file that ends with .model.json")))],
    table: Annotated[Path, typer.Argument(help=told(say("The table, CSV or Parquet")))],
    to: Annotated[Path, typer.Option(help=told(say("The CSV to write, a prediction for each row")))],
) -> None:
    import pyarrow as pa
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    from ...methods.disclosure.models.models_use import predictions

    content = _read(model)
    _read(table)
    try:
        rows = pq.read_table(table) if table.suffix == ".parquet" else pc.read_csv(table)
        found = predictions(content, rows)
    except (ValueError, pa.ArrowException):
        raise Invalid("predict.model", say("This is no model that has left a zone, or the table lacks columns that it needs."), say("The model's own `data` names the columns, under `features`.")) from None  # fmt: skip
    try:
        pc.write_csv(found, to)
    except OSError as error:
        raise Invalid.field("to", expected=say("a folder that can be written to"), got=type(error).__name__) from None  # fmt: skip
    out(told(say("{count} predictions in {path}", count=f"{found.num_rows:,}", path=to)))


def _read(script: Path) -> bytes:
    try:
        return script.read_bytes()
    except OSError:
        raise Missing("file.missing", say("There is no file {path}.", path=script), say("Check the path.")) from None  # fmt: skip


def _dummy(data: str, site: str | None, token: str | None, folder: Path) -> Path:
    """A file at hand, or the site's."""
    from ...verbs.airlock import dummies, trying

    if Path(data).is_file():
        return Path(data)
    if site is None:
        try:
            with signed_in() as (house, who):
                return trying.fetched(house, who, data, folder)
        except Missing as error:
            if error.code == "site.missing":  # at home there is none, and none is to be founded
                error.next_step = say("Name the file of the dummy that you downloaded (--data FILE), or the address of the site and your token (--site, --token).")  # fmt: skip
            raise
    from ...client import Client

    with Client(site, token, language=reader_language()) as there:
        known = [d for d in there.every(there.list_datasets, sensitivity="anonymous", state="kept") if _is_of(d, data)]  # fmt: skip
        if not known:
            raise dummies.none_yet(data)
        newest = max(known, key=lambda d: (d["about"]["dummy"]["edition"], d["created_at"]))
        return there.download(newest["id"], folder)


def _is_of(dataset: Any, wanted: str) -> bool:
    mark = dataset["about"].get("dummy")
    return isinstance(mark, dict) and wanted in (mark["of"]["id"], mark["of"]["name"], dataset["name"])


def _keep(folder: Path, files: Any) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / Path(name).name).write_bytes(content)
    except OSError as error:
        raise Invalid.field("to", expected=say("a folder that can be written to"), got=type(error).__name__) from None  # fmt: skip


def _answer(found: Any) -> dict[str, object]:
    language = reader_language()
    return {
        "files": {name: len(content) for name, content in found.files.items()}, "findings": _lines(found),
        "held": any(f.get("holds", True) for f in found.findings), "log": found.log,
        "models": [dict(report) for report in found.models],
        "proposals": list(found.proposals),
        "error": None if found.error is None else found.error.as_json(language),
    }  # fmt: skip


def _lines(found: Any) -> list[str]:
    from ...rules.disclosure import reason_of

    return [reason_of(finding).text(reader_language()) for finding in found.findings]


def _show(found: Any, script: Path, of: str, bare: bool, safe: str | None) -> None:
    if bare:
        complain(told(say("Run bare: no sandbox and no limit of memory. In the zone there is no network and no other file.")))  # fmt: skip
    if found.log:
        out(told(say("What the script printed (in the zone you would not see it):")))
        out(found.log.rstrip("\n"))
    if found.error is not None:
        _fault(found.error)
        return
    for number, (name, content) in enumerate(sorted(found.files.items()), 1):
        out(
            told(say("File {file}: {name}, {count} bytes", file=number, name=name, count=f"{len(content):,}"))
        )
        if not name.lower().endswith(".png"):
            for line in content.decode("utf-8", errors="replace").splitlines()[:_SHOWN]:
                out(f"    {line}")
    lines = _lines(found)
    heading = say("What the checks find (on made-up data; on the data it may be other cells):") if lines else say("The checks find nothing.")  # fmt: skip
    out(told(heading))
    for line in lines:
        out(f"  - {line}")
    _attacked(found)
    for told_ in advice((f for f in found.findings if f.get("holds", True)), Direction.OUT):
        out(f"  → {told(told_)}")
    _safer(found)
    submitted = f'dalgu run analyse {of} --script {script} --context "..."' + (
        f" --safe {safe}" if safe else ""
    )
    out(told(say("The script is as it was. In the zone: {command}", command=submitted)))


def _show_scan(brought: Mapping[str, bytes]) -> None:
    """What the scan of the zone will say of files that are to be brought in."""
    if not brought:
        return
    from ...kinds.bring_in import scanned
    from ...rules.disclosure import reason_of
    from ...verbs.airlock.bringing import names_taken

    found = scanned(brought, names_taken())
    out(
        told(
            say(
                "What the scan finds in what is to be brought in (files by number, in the order of their names):"
            )
        )
    )
    for each in found:
        held = f" [{told(say('held'))}]" if each["holds"] else ""
        out(f"  - {reason_of(each).text(reader_language())}{held}")
    for told_ in advice((each for each in found if each["holds"]), Direction.IN):
        out(f"  → {told(told_)}")


def _attacked(found: Any) -> None:
    """What the attacks on models found."""
    from ...verbs.airlock.model_reports import sentences

    for report in found.models:
        out(told(say("The model in file {file}, attacked", file=report["file"])))
        for sentence in sentences(report):
            out(f"    {told(sentence)}")


def _safer(found: Any) -> None:
    """Which safe versions of these files there would be."""
    from ...verbs.airlock.safe_versions import told as told_of

    for proposal in found.proposals:
        out(f"  * {told(told_of(proposal))}")
    if any(each.passes for each in found.proposals):
        out(told(say("To see it: the same with `--safe {method}`.", method=next(p.method for p in found.proposals if p.passes))))  # fmt: skip


def _fault(error: DalguError) -> None:
    complain(told(error.detail))
    complain(f"→ {told(error.next_step)}")
