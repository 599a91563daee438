"""One Dataset: what it is, may I use it, where it came from, what was made from it, what was done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from nicegui import ui

from ....language import Message, restored, say
from ....nouns.dataset import Dataset, DatasetState, Sensitivity
from ....nouns.permit import Role
from ....verbs.airlock import airlock
from ....verbs.datasets import register
from ....verbs.papers import papers
from ....verbs.papers.papers import Papers, Use
from ....world.store.reviews import Review
from ... import standing
from ...destroying import also
from ..elements import charts
from ..elements.frame import chip, confirm, facts, heading, note, paragraph, subheading, when
from ..elements.listing import listing
from ..elements.names import kind_title
from ..elements.parts import Part, anchor, words
from ..visit import Visit, page
from .graph import lineage

_TYPES = (
    ("int", say("whole number")), ("uint", say("whole number")), ("double", say("number")), ("float", say("number")),
    ("decimal", say("number")), ("string", say("text")), ("large_string", say("text")), ("bool", say("yes or no")),
    ("date", say("day")), ("timestamp", say("instant")), ("dictionary", say("text")),
)  # fmt: skip


def add() -> None:
    @page("/datasets/{name}", say("Dataset"), public=True)
    async def shown(visit: Visit, name: str) -> None:
        found = await visit.read(lambda: papers.papers(visit.house, visit.who, name))
        dataset = found.dataset
        submitted = await visit.read(lambda: _submitted(visit, dataset))
        heading(visit, dataset.name)
        with Part("p", classes="dalgu-paragraph"):
            chip(visit, dataset.sensitivity)
            if dataset.trade_secret:
                words(visit, "span", say("trade secret"), "dalgu-chip")
            if "dummy" in dataset.about:
                words(visit, "span", say("dummy data"), "dalgu-chip")
            if dataset.state is not DatasetState.KEPT:
                words(visit, "span", standing.beside(dataset.state, submitted), "dalgu-chip")
        if dataset.about.get("description"):
            paragraph(visit, str(dataset.about["description"]))
        _actions(visit, found)
        _facts(visit, found)
        _said(visit, dataset)
        _risk(visit, dataset)
        _scores(visit, dataset)
        _uses(visit, found)
        subheading(visit, say("Where it came from, and what was made from it"))
        lineage(visit, found.kin, found.edges)
        _columns(visit, dataset)
        _lines(visit, found)


def _submitted(visit: Visit, dataset: Dataset) -> Review | None:
    """What stands of it in the airlock, for who may know."""
    if visit.who is None or dataset.made_by is None or dataset.state is not DatasetState.HELD:
        return None
    return airlock.submissions(visit.house, visit.who.actor, [dataset.made_by]).get(dataset.made_by)


def _facts(visit: Visit, found: Papers) -> None:
    dataset = found.dataset
    owner = f"{dataset.organisation} ({found.owner.name})" if visit.who is not None else dataset.organisation
    run = say("a Run: {what}", what=kind_title(found.kind))

    def link_to_run() -> None:
        anchor(visit, f"/runs/{dataset.made_by}", run)

    origin: object = say("brought in")
    if dataset.made_by:
        origin = link_to_run if visit.who is not None else run
    rows: list[tuple[Message, object]] = [
        (say("form"), visit.word(dataset.form)),
        *([] if dataset.rows is None else [(say("rows"), f"{dataset.rows:,}")]),
        (say("size"), size_text(dataset.size_bytes)),
        (say("who answers for it"), owner),
        (say("where it is from"), origin),
        (say("registered"), when(dataset.created_at)),
        (
            say("stored"),
            say("encrypted with a key of its own") if dataset.protected else say("not encrypted"),
        ),
    ]
    files: object = dataset.about.get("files")
    if isinstance(files, list) and all(isinstance(name, str) for name in files):
        rows.append((say("files"), ", ".join(files)))
    if dataset.destroyed_at:
        rows.append((say("destroyed"), when(dataset.destroyed_at)))
    facts(visit, rows)


def _actions(visit: Visit, found: Papers) -> None:
    dataset = found.dataset
    if dataset.state is not DatasetState.KEPT:
        if dataset.state is DatasetState.HELD and dataset.made_by:
            anchor(visit, f"/airlock/{dataset.made_by}", say("It waits in the airlock"), "dalgu-quiet")
        return
    with Part("div", classes="dalgu-buttons"):
        if not found.reasons_to_stay:
            _download(visit, dataset, say("Download"), "dalgu-button")
        _dummy(visit, found)
        if visit.who is not None:
            anchor(visit, f"/permits/ask?dataset={quote(dataset.id)}", say("Ask for a Permit"), "dalgu-quiet")
        if visit.who is not None and dataset.sensitivity is Sensitivity.PSEUDONYMISED:
            anchor(visit, f"/accidents/report?dataset={quote(dataset.id)}", say("I could tell who somebody is"), "dalgu-quiet")  # fmt: skip
            if (project := dataset.about.get("project")) and visit.roles & {Role.PROVIDER, Role.OPERATOR}:
                asked = f"/reviews/ask?project={quote(str(project))}&dataset={quote(dataset.id)}"
                anchor(visit, asked, say("Ask a panel for a review"), "dalgu-quiet")
        if found.may_destroy:
            button = words(visit, "button", say("Destroy"), "dalgu-quiet dalgu-danger", type="button")
            button.on("click", lambda: _ask_to_destroy(visit, found))
    if visit.who is not None and found.reasons_to_stay:
        with Part("details"):
            words(visit, "summary", say("Why it cannot be downloaded"))
            with Part("ul"):
                for reason in found.reasons_to_stay:
                    Part("li", reason.text(visit.reader.language))


def _download(visit: Visit, dataset: Dataset, told: Message, look: str) -> None:
    everybody = f"/open/{quote(dataset.id)}"
    address = everybody if visit.who is None else f"/api/v1/datasets/{quote(dataset.id)}/content"
    anchor(visit, address, told, look, download="")


def _dummy(visit: Visit, found: Papers) -> None:
    """The dummy and its codebook for anybody; where there is none, the way to one for who may."""
    if found.dummy is not None:
        if found.dummy.dummy.id != found.dataset.id:
            _download(visit, found.dummy.dummy, say("Download the dummy data"), "dalgu-quiet")
        _download(visit, found.dummy.codebook, say("Download its codebook"), "dalgu-quiet")
    elif any(use.kind == "dummy" and not use.ruling.reasons for use in found.uses) and "dummy" not in found.dataset.about:  # fmt: skip
        anchor(visit, f"/run/dummy?dataset={quote(found.dataset.id)}", say("Make dummy data"), "dalgu-quiet")


def _ask_to_destroy(visit: Visit, found: Papers) -> None:
    dataset = found.dataset

    async def destroy() -> None:
        if await visit.do(lambda who: register.destroy(visit.house, who, dataset.id)) is not None:
            note(visit, also(say("{name} is destroyed; a Record says so.", name=dataset.name), found.recipes))
            ui.navigate.to(f"/datasets/{dataset.id}")

    question = say("Destroy {name}? Its key and its bytes go; nobody can bring it back. What was made from it stays.", name=dataset.name)  # fmt: skip
    confirm(
        visit, also(question, found.recipes),
        destroy, yes=say("Destroy it for good"),
    )  # fmt: skip


def _said(visit: Visit, dataset: Dataset) -> None:
    said: Sequence[Sequence[Any]] = dataset.about.get("said", ())  # type: ignore[assignment]
    if said:
        subheading(visit, say("What its Run found"))
        with Part("ul"):
            for stored in said:
                words(visit, "li", restored(stored))


def _risk_told(before: float, after: float) -> Message:
    """What became of it, as it is read: risks that read the same are the same to whoever reads."""
    said = {"before": _percent(before), "after": _percent(after)}
    if said["before"] == said["after"]:
        return say("The mean risk of a person stayed at {before} %", before=said["before"])
    if after < before:
        return say("The mean risk of a person fell from {before} % to {after} %", **said)
    return say("The mean risk of a person rose from {before} % to {after} %", **said)


def _risk(visit: Visit, dataset: Dataset) -> None:
    """Before and after, for what was pseudonymised."""
    risk: Mapping[str, Mapping[str, Any]] | None = dataset.about.get("risk")  # type: ignore[assignment]
    if not risk:
        return
    subheading(visit, say("The risk that somebody is recognised"))
    before, after = risk["before"], risk["after"]
    mean = "prosecutor_mean_of_persons"
    charts.bars(
        visit,
        _risk_told(before[mean], after[mean]),
        [charts.Point(visit.text(name), part[mean], f"{_percent(part[mean])} %") for name, part in ((say("before"), before), (say("after"), after))],
        (say("when"), say("mean risk of a person")),
    )  # fmt: skip
    rows = (
        (say("highest risk of one person"), "prosecutor_max", True),
        (say("persons who are alone in their class"), "unique_persons_share", True),
        (say("smallest class"), "smallest_class", False),
        (say("classes"), "classes", False),
        (say("persons"), "persons", False),
        (say("rows"), "records", False),
    )
    with Part("table", classes="dalgu-small-table"):
        with Part("thead"), Part("tr"):
            for header in (say("measure"), say("before"), say("after")):
                words(visit, "th", header, scope="col")
        with Part("tbody"):
            for name, key, share in rows:
                with Part("tr"):
                    words(visit, "th", name, scope="row")
                    for part in (before, after):
                        value = part.get(key)
                        Part(
                            "td", "-" if value is None else f"{_percent(value)} %" if share else f"{value:,}"
                        )


def _scores(visit: Visit, dataset: Dataset) -> None:
    """What a monitor saw: batch by batch against its limit."""
    scores: Sequence[tuple[str, float | None]] = dataset.about.get("scores", ())  # type: ignore[assignment]
    limit: Any = dataset.about.get("limit")
    if not scores or not limit:
        return
    judged = [(name, score) for name, score in scores if score is not None]
    beyond = sum(1 for _, score in judged if score > limit)
    subheading(visit, say("Batches and the limit"))
    charts.bars(
        visit, say("{beyond} of {count} batches lie beyond the limit of {limit}", beyond=beyond, count=len(judged), limit=f"{limit:g}"),
        [charts.Point(str(name), min(score, 20 * limit), f"{score:g}", bad=score > limit) for name, score in judged[:200]],
        (say("batch"), say("score")), mark=limit,
    )  # fmt: skip


def _uses(visit: Visit, found: Papers) -> None:
    if visit.who is None:
        return
    subheading(visit, say("May I use it?"))
    if not found.uses:
        words(visit, "p", say("No kind takes this form."), "dalgu-faint")
        return
    with Part("ul", classes="dalgu-uses"):
        for use in sorted(found.uses, key=lambda each: bool(each.ruling.reasons)):
            with Part("li"):
                _use(visit, use, found.dataset.id)


def _use(visit: Visit, use: Use, dataset: str) -> None:
    if use.ruling.reasons:
        words(visit, "span", say("No"), "dalgu-no")
    else:
        words(visit, "span", say("Yes"), "dalgu-yes")
    Part("span", f" {visit.text(kind_title(use.kind))} ", "dalgu-strong")
    words(visit, "span", use.summary)
    if use.ruling.reasons:
        with Part("details"):
            words(visit, "summary", say("Why not"))
            with Part("ul"):
                for reason in use.ruling.reasons:
                    Part("li", reason.text(visit.reader.language))
        return
    with Part("p", classes="dalgu-paragraph"):
        for permit in use.ruling.permits:
            anchor(visit, f"/permits/{permit}", say("under Permit {permit}", permit=permit))
            Part("span", " ")
        anchor(visit, f"/run/{quote(use.kind)}?dataset={quote(dataset)}", say("Run it"), "dalgu-strong", aria_label=visit.text(say("Run it: {what}", what=kind_title(use.kind))))  # fmt: skip


def _columns(visit: Visit, dataset: Dataset) -> None:
    if not dataset.columns:
        return
    subheading(visit, say("Columns"))
    generated = set(dataset.about.get("generated_columns", ()))  # type: ignore[call-overload]
    rows = [
        {
            "id": place, "name": column.name, "type": visit.text(type_name(column.type)), "unit": column.unit or "",
            "note": visit.text(say("generated, not measured")) if column.name in generated else "",
        }
        for place, column in enumerate(dataset.columns)
    ]  # fmt: skip
    columns = [("name", say("column")), ("type", say("type")), ("unit", say("unit"))]
    listing(visit, say("Columns"), (*columns, ("note", say("note"))) if generated else columns, rows)


def type_name(type_: str) -> Message:
    """What people call a column's type."""
    return next(
        (name for begin, name in _TYPES if type_.startswith(begin)), Message("{type}", {"type": type_})
    )


def _lines(visit: Visit, found: Papers) -> None:
    subheading(visit, say("What was done with it"))
    words(
        visit,
        "p",
        say("Records of the history that speak of it: {count}. The newest comes first.", count=found.records),
        "dalgu-faint",
    )
    rows = [
        {
            "id": line.number, "number": line.number, "link_number": f"/ledger/record/{line.number}", "event": visit.word(line.event), "at": when(line.at),
            "who": " · ".join(visit.text(part) for part in (line.organisation, line.name) if part),
        }
        for line in found.lines
    ]  # fmt: skip
    columns = (("at", say("when")), ("event", say("what")), ("who", say("who")), ("number", say("Record")))
    listing(visit, say("Records"), columns, rows)


def size_text(size_bytes: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
