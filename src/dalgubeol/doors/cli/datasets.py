"""`dalgu dataset add | list | show | destroy | get`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...language import restored, say
from ...nouns.dataset import Dataset, Form, Sensitivity
from .. import standing
from .lists import After, Limit, taken
from .opened import opened, signed_in
from .shown import AsJson, as_json, named, out, table, told

if TYPE_CHECKING:
    from ...verbs.house.house import House

_SHOWN = 20
app = typer.Typer(no_args_is_help=True, help=told(say("Datasets: bring in, look at, hand out, destroy.")))
Name = Annotated[str, typer.Argument(help=told(say("Name or id of the Dataset")))]


@app.command(help=told(say("Register a file (CSV, XLSX, Parquet, DOCX, HWPX) as a Dataset.")))
def add(
    file: Annotated[Path, typer.Argument(help=told(say("The file")))],
    name: Annotated[str | None, typer.Option(help=told(say("What to call it; the file's name if not given")))] = None,
    form: Annotated[Form, typer.Option(help=told(say("What it is")))] = Form.TABLE,
    sensitivity: Annotated[Sensitivity, typer.Option(help=told(say("How careful one must be")))] = Sensitivity.INTERNAL,
    trade_secret: Annotated[bool, typer.Option(help=told(say("It is a trade secret")))] = False,
    about: Annotated[str, typer.Option(help=told(say("A sentence on what it is and where it is from")))] = "",
    generated: Annotated[list[str] | None, typer.Option(help=told(say("A column that was generated, not measured")))] = None,
    json: AsJson = False,
) -> None:  # fmt: skip
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from ...verbs.datasets import register

    papers: dict[str, object] = {"description": about} if about else {}
    if generated:
        papers["generated_columns"] = generated
    with signed_in() as (house, who):
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,.0f}"), TimeElapsedColumn())  # fmt: skip
        with Progress(*columns, console=Console(stderr=True), transient=True, disable=json) as progress:
            task = progress.add_task(told(say("registering")), total=None)
            dataset = register.add(
                house, who, file, name=name or file.stem, form=form, sensitivity=sensitivity,
                trade_secret=trade_secret, about=papers,
                on_progress=lambda done: progress.update(task, completed=done),
            )  # fmt: skip
    if json:
        as_json(dataset)
        return
    protected = say("encrypted with its own key") if dataset.protected else say("not encrypted")
    out(told(say("{name} is registered: {rows} rows, {columns} columns, {sensitivity}, {protected}.", name=dataset.name, rows=f"{dataset.rows or 0:,}", columns=len(dataset.columns), sensitivity=dataset.sensitivity, protected=protected)))  # fmt: skip


@app.command("list", help=told(say("All Datasets of the site.")))
def list_(limit: Limit = 1000, after: After = "", json: AsJson = False) -> None:
    from ...verbs.airlock.airlock import submissions
    from ...verbs.datasets import register

    with signed_in() as (house, who):
        found = taken(lambda a, n: register.page(house, who.actor, after=a, limit=n), after, limit)
        of = submissions(house, who.actor, [d.made_by for d in found if d.made_by])
    if json:
        as_json(found)
        return
    rows = [
        (
            d.name,
            d.form,
            d.sensitivity,
            standing.beside(d.state, of.get(d.made_by or "")),
            d.rows,
            _size(d.size_bytes),
            d.id,
        )
        for d in found
    ]
    headers = (
        say("name"),
        say("form"),
        say("sensitivity"),
        say("state"),
        say("rows"),
        say("size"),
        say("id"),
    )
    table(headers, rows)


@app.command(help=told(say("The papers of a Dataset.")))
def show(name: Name, json: AsJson = False) -> None:
    from ...verbs.airlock.airlock import submissions

    with signed_in() as (house, who):
        dataset = _found(house, name)
        of = submissions(house, who.actor, [dataset.made_by or ""]).get(dataset.made_by or "")
    if json:
        as_json(dataset)
        return
    from rich.pretty import pprint

    out(
        f"{dataset.name}  [{named(dataset.sensitivity)}]  {named(dataset.form)}  {told(standing.beside(dataset.state, of))}"
    )
    table(
        (say("column"), say("type"), say("unit")),
        [(c.name, c.type, c.unit) for c in dataset.columns],
    )
    out(told(say("Made by: {run}. Made from: {sources}.", run=dataset.made_by or "-", sources=", ".join(dataset.sources) or "-")))  # fmt: skip
    if edition := dataset.about.get("key_edition"):
        out(told(say("Its pseudonyms are of edition {edition} of the key of {project}.", edition=edition, project=dataset.about.get("project"))))  # fmt: skip
    papers = dict(dataset.about)
    for stored in papers.pop("said", ()):  # type: ignore[attr-defined]
        out(f"- {told(restored(stored))}")
    if papers:
        pprint(papers, expand_all=True, max_length=_SHOWN, max_string=200)
        out(told(say("Of long lists the first {count} are shown; --json gives all of it.", count=_SHOWN)))


@app.command(help=told(say("Write a public, released or own internal Dataset as files.")))
def get(
    name: Name, to: Annotated[Path, typer.Option(help=told(say("Folder")))] = Path(), json: AsJson = False
) -> None:
    from ...verbs.datasets import register

    with signed_in() as (house, who):
        written = register.hand_out(house, who, name, to)
    if json:
        as_json([str(path) for path in written])
        return
    for path in written:
        out(str(path))


@app.command(help=told(say("Destroy a Dataset for good: its key, then its bytes.")))
def destroy(
    name: Name,
    yes: Annotated[bool, typer.Option(help=told(say("Do not ask")))] = False,
    json: AsJson = False,
) -> None:
    from ...verbs.datasets import register
    from ...verbs.projects.remembering import remembered
    from ..destroying import also

    with signed_in() as (house, who):
        recipes = remembered(house, name)
        if not yes:
            question = say("Destroy {name}? Nobody can bring it back.", name=name)
            typer.confirm(told(also(question, recipes)), abort=True)
        dataset = register.destroy(house, who, name)
    if json:
        as_json(dataset)
        return
    out(told(also(say("{name} is destroyed; a Record says so.", name=dataset.name), recipes)))


def _found(house: House, name: str) -> Dataset:
    from ...world.store import datasets

    with house.database.reading() as connection:
        return datasets.find(connection, name)


def _size(size_bytes: int) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}"
        size_bytes = size_bytes // 1000
    return f"{size_bytes} TB"


__all__ = ["app", "opened"]
