"""`dalgu permit request | list | show | grant | refuse | revoke | withdraw`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import Invalid
from ...language import Message, reader_language, say
from ...nouns.permit import Conditions, Permit, Verdict
from .. import leaving
from . import permit_asked as asked
from .lists import After, Limit, taken
from .opened import signed_in
from .shown import AsJson, as_json, listed, named, out, table, told

if TYPE_CHECKING:
    from ...verbs.house.house import House
    from ...world.identity import SignedIn

app = typer.Typer(no_args_is_help=True, help=told(say("Permits: ask, decide, look at.")))
Id = Annotated[str, typer.Argument(help=told(say("Id of the Permit")))]
Comment = Annotated[str, typer.Option(help=told(say("A word to the others")))]


@app.command(help=told(say("Ask for a Permit for yourself; two other people decide.")))
def request(
    dataset: asked.Datasets, kind: asked.Kinds, purpose: asked.PurposeOfLaw, reason: asked.Reason, until: asked.Until = None,
    evidence: asked.Evidence = "", runs: asked.Runs = 100, smallest_cell: asked.SmallestCell = 10, wall_s: asked.WallS = 300,
    memory_mb: asked.MemoryMb = 2048, output_mb: asked.OutputMb = 64, output_files: asked.OutputFiles = 100,
    processes: asked.Processes = 32, scratch_mb: asked.ScratchMb = 512, exports: asked.Exports = 10, files: asked.Files = 100,
    epsilon: asked.Epsilon = 0.0, delta: asked.Delta = 0.0, person: asked.Persons = None, item: asked.Items = None, environment: asked.Environment = "",
    rule: asked.Rules = None, renews: asked.Renews = None, pledge: asked.Pledge = False, json: AsJson = False,
) -> None:  # fmt: skip
    from ...verbs.permits import grant
    from ...verbs.permits.applications import Asked

    conditions = Conditions(
        runs=runs, smallest_cell=smallest_cell, exports=exports, files=files, wall_s=wall_s, cpu_s=wall_s, memory_mb=memory_mb,
        output_mb=output_mb, output_files=output_files, processes=processes, scratch_mb=scratch_mb, epsilon=epsilon, delta=delta,
    )  # fmt: skip
    application = Asked(
        person or (), _items(item or ()), environment, renews, reader_language() if pledge else None, _rules(rule or ()),
    )  # fmt: skip
    with signed_in() as (house, who):
        permit = grant.request(
            house, who, kinds=kind, names=dataset, purpose=purpose, reason=reason, until=until, evidence=evidence,
            conditions=conditions, asked=application,
        )  # fmt: skip
        _show(house, who, permit, json)
    if not json:
        _what_next(permit)


def _what_next(permit: Permit) -> None:
    out(told(say("Two other people now decide on it with `dalgu permit grant {permit}`.", permit=permit.id)))
    if permit.unsigned(permit.holder):
        out(told(say("Before the first Run each person under it signs: `dalgu permit pledge {permit}`.", permit=permit.id)))  # fmt: skip


def _items(given: Iterable[str]) -> dict[str, list[str]]:
    items: dict[str, list[str]] = {}
    for each in given:
        dataset, colon, column = each.partition(":")
        if not colon:
            raise Invalid.field("item", expected="DATASET:COLUMN", got=each)
        items.setdefault(dataset, []).append(column)
    return items


def _rules(given: Iterable[str]) -> dict[str, object]:
    rules: dict[str, object] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals:
            raise Invalid.field("rule", expected="NAME=VALUE", got=each)
        rules[name.strip().replace("-", "_")] = value
    return rules


@app.command(help=told(say("Read the pledge that goes with a Permit, and sign it.")))
def pledge(
    permit: Id,
    sign: Annotated[bool, typer.Option("--sign", help=told(say("Sign it: you have read it")))] = False,
    json: AsJson = False,
) -> None:
    from ...verbs.permits import pledges

    with signed_in() as (house, who):
        text = pledges.text_of(house, permit)
        if not sign:
            out(text.text(reader_language()).rstrip())
            out(told(say("Edition {edition}. To sign it: `dalgu permit pledge {permit} --sign`.", edition=text.edition, permit=permit)))  # fmt: skip
            return
        signed = pledges.sign(house, who, permit, reader_language())
    if json:
        as_json(signed)
        return
    out(told(say("Signed. It is in the history.")))


@app.command("list", help=told(say("All Permits and where they stand.")))
def list_(limit: Limit = 1000, after: After = "", json: AsJson = False) -> None:
    from ...verbs.permits import grant

    with signed_in() as (house, _):
        found = taken(lambda a, n: grant.page(house, after=a, limit=n), after, limit)
    if json:
        as_json(found)
        return
    rows = [
        (p.id, p.organisation, ", ".join(sorted(p.kinds)), p.purpose, p.state, p.valid_until[:10], f"{p.runs_used}/{p.conditions.runs}")
        for p in found
    ]  # fmt: skip
    headers = (
        say("id"),
        say("organisation"),
        say("kinds"),
        say("purpose"),
        say("state"),
        say("until"),
        say("runs"),
    )
    table(headers, rows)


@app.command(help=told(say("One Permit with its whole history.")))
def show(permit: Id, json: AsJson = False) -> None:
    from ...verbs.permits import grant

    with signed_in() as (house, who):
        _show(house, who, grant.show(house, permit), json)


@app.command("budget", help=told(say("What noisy answers may tell under it, and what is spent.")))
def budget_(permit: Id, json: AsJson = False) -> None:
    from ...verbs.airlock import budget

    with signed_in() as (house, _):
        accounts = budget.accounts(house, permit)
    if json:
        as_json(accounts)
        return
    rows = [(a.name, f"{a.epsilon_spent:g}", f"{a.epsilon_left:g}", f"{a.delta_spent:g}", f"{a.delta_left:g}") for a in accounts]  # fmt: skip
    table((say("Dataset"), say("epsilon spent"), say("epsilon left"), say("delta spent"), say("delta left")), rows)  # fmt: skip


@app.command(help=told(say("Grant it, with your signature.")))
def grant(permit: Id, comment: Comment = "", json: AsJson = False) -> None:
    _decide(permit, Verdict.GRANT, comment, json)


@app.command(help=told(say("Refuse it, with your signature.")))
def refuse(permit: Id, comment: Comment = "", json: AsJson = False) -> None:
    _decide(permit, Verdict.REFUSE, comment, json)


@app.command(help=told(say("Take a granted Permit back at once.")))
def revoke(permit: Id, json: AsJson = False) -> None:
    from ...verbs.permits import grant

    with signed_in() as (house, who):
        _show(house, who, grant.revoke(house, who, permit), json)


@app.command(help=told(say("Give your own Permit or request back.")))
def withdraw(permit: Id, json: AsJson = False) -> None:
    from ...verbs.permits import grant

    with signed_in() as (house, who):
        _show(house, who, grant.withdraw(house, who, permit), json)


def _decide(permit: str, verdict: Verdict, comment: str, json: bool) -> None:
    from ...verbs.permits import grant

    with signed_in() as (house, who):
        _show(house, who, grant.decide(house, who, permit, verdict, comment), json)


def _show(house: House, who: SignedIn, permit: Permit, json: bool) -> None:
    if json:
        as_json(permit)
        return
    from ...verbs.permits.permit_story import permit_story

    story = permit_story(house, who.actor, permit.id)
    names = {dataset.id: dataset.name for dataset in story.datasets}
    out(told(say("Permit {permit}: {state}", permit=permit.id, state=permit.state)))
    rows = [
        (say("who asks"), f"{story.holder.name} ({permit.organisation})"),
        (say("kinds"), ", ".join(sorted(permit.kinds))),
        (say("grants"), listed(permit.grants)),
        (say("Datasets"), ", ".join(f"{d.name} ({d.organisation})" for d in story.datasets)),
        (say("purpose"), f"{named(permit.purpose)}: {permit.reason}"),
        *([(say("evidence"), permit.evidence)] if permit.evidence else []),
        *_asked(permit, names, story.people),
        (say("until"), permit.valid_until[:10]),
        (say("Runs used"), f"{permit.runs_used:,} / {permit.conditions.runs:,}"),
        *([(say("what it may come to"), told(story.cost))] if story.cost is not None else []),
        (say("conditions of every Run"), told(leaving.of_runs(permit.conditions))),
        (say("smallest cell that may leave (persons)"), str(permit.conditions.smallest_cell)),
        *((leaving.budget_of(each), told(leaving.left(each))) for each in story.accounts),
        *((name, told(value)) for name, value in leaving.shown(permit.conditions.disclosure)),
        (
            say("decisions"),
            "; ".join(f"{d.organisation}: {named(d.verdict)}" for d in permit.decisions) or "-",
        ),
    ]
    table((Message(""), Message("")), rows)


def _asked(permit: Permit, names: Mapping[str, str], people: Sequence[str]) -> list[tuple[Message, str]]:
    applied = permit.application
    if applied is None:
        return []
    items = "; ".join(f"{names.get(d, d)}: {', '.join(columns)}" for d, columns in applied.items.items())
    signed = f"{len(permit.pledges)} / {len(permit.users)}" if applied.pledge else "-"
    return [
        (say("who works under it"), ", ".join(people)),
        (say("items"), items or told(say("all columns"))),
        *([(say("environment"), applied.environment)] if applied.environment else []),
        *([(say("follows"), applied.renews)] if applied.renews else []),
        (say("pledges signed"), signed),
        (say("releases used"), f"{permit.exports_used} / {permit.conditions.exports}"),
        (say("files that left"), f"{permit.files_used} / {permit.conditions.files}"),
    ]
