"""`dalgu permit request | list | show | grant | refuse | revoke | withdraw`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...errors import Invalid
from ...language import Message, reader_language, say
from ...nouns.permit import Conditions, Permit, Purpose, Verdict
from .. import leaving
from .lists import After, Limit, taken
from .opened import signed_in
from .shown import AsJson, as_json, listed, named, out, table, told

if TYPE_CHECKING:
    from ...verbs.budget import Account

app = typer.Typer(no_args_is_help=True, help=told(say("Permits: ask, decide, look at.")))
Id = Annotated[str, typer.Argument(help=told(say("Id of the Permit")))]
Comment = Annotated[str, typer.Option(help=told(say("A word to the others")))]


@app.command(help=told(say("Ask for a Permit for yourself; two other people decide.")))
def request(
    dataset: Annotated[list[str], typer.Argument(help=told(say("The Datasets it is for")))],
    kind: Annotated[list[str], typer.Option(help=told(say("What you want to run (again for more)")))],
    purpose: Annotated[Purpose, typer.Option(help=told(say("The purpose, out of the law's list")))],
    reason: Annotated[str, typer.Option(help=told(say("What it is for, in a sentence")))],
    until: Annotated[
        str | None, typer.Option(help=told(say("Last day, YYYY-MM-DD; else the site's usual period")))
    ] = None,
    evidence: Annotated[
        str, typer.Option(help=told(say("For another basis: consent, contract or statute")))
    ] = "",
    runs: Annotated[int, typer.Option(min=1, help=told(say("How many Runs in all")))] = 100,
    smallest_cell: Annotated[int, typer.Option(min=10, help=told(say("Smallest cell that may leave")))] = 10,
    wall_s: Annotated[int, typer.Option(min=1, help=told(say("Seconds that a script may take")))] = 300,
    memory_mb: Annotated[
        int, typer.Option(min=64, help=told(say("Memory that a script may use, MB")))
    ] = 2048,
    output_mb: Annotated[
        int, typer.Option(min=1, help=told(say("Size of what a script may leave, MB")))
    ] = 64,
    output_files: Annotated[
        int, typer.Option(min=1, help=told(say("How many files a script may leave")))
    ] = 100,
    processes: Annotated[
        int, typer.Option(min=8, help=told(say("Processes and threads of a script at one time")))
    ] = 32,
    scratch_mb: Annotated[
        int, typer.Option(min=1, help=told(say("What a script may set aside while it runs, MB")))
    ] = 512,
    exports: Annotated[int, typer.Option(min=0, help=told(say("How many releases in all")))] = 10,
    files: Annotated[int, typer.Option(min=0, help=told(say("How many files may leave in all")))] = 100,
    epsilon: Annotated[
        float,
        typer.Option(
            min=0,
            max=100,
            help=told(
                say(
                    "What noisy answers may tell of each Dataset in all, earlier Permits of your organisation included"
                )
            ),
        ),
    ] = 0.0,
    delta: Annotated[float, typer.Option(min=0, max=0.001, help=told(say("The same, of delta")))] = 0.0,
    person: Annotated[
        list[str] | None,
        typer.Option(help=told(say("Login of somebody who works under it too (again for more)"))),
    ] = None,
    item: Annotated[
        list[str] | None,
        typer.Option(help=told(say("Column asked for, as DATASET:COLUMN (again for more); else all"))),
    ] = None,
    environment: Annotated[str, typer.Option(help=told(say("Where and with what the work is done")))] = "",
    rule: Annotated[
        list[str] | None,
        typer.Option(
            help=told(
                say(
                    "Stricter disclosure rule, as NAME=VALUE (again for more): {names}",
                    names=", ".join(leaving.LABELS),
                )
            )
        ),
    ] = None,
    renews: Annotated[
        str | None, typer.Option(help=told(say("Id of the Permit that this one is to follow")))
    ] = None,
    pledge: Annotated[
        bool, typer.Option("--pledge", help=told(say("Sign the pledge with the request; you have read it")))
    ] = False,
    json: AsJson = False,
) -> None:
    from ...verbs import grant
    from ...verbs.applications import Asked

    limits: dict[str, Any] = {
        "wall_s": wall_s,
        "cpu_s": wall_s,
        "memory_mb": memory_mb,
        "output_mb": output_mb,
        "output_files": output_files,
        "processes": processes,
        "scratch_mb": scratch_mb,
        "epsilon": epsilon,
        "delta": delta,
    }
    with signed_in() as (house, who):
        permit = grant.request(
            house, who, kinds=kind, names=dataset, purpose=purpose, reason=reason, until=until, evidence=evidence,
            conditions=Conditions(runs=runs, smallest_cell=smallest_cell, exports=exports, files=files, **limits),
            asked=Asked(person or (), _items(item or ()), environment, renews, reader_language() if pledge else None, _rules(rule or ())),
        )  # fmt: skip
    _show(permit, json)
    if not json:
        out(
            told(
                say("Two other people now decide on it with `dalgu permit grant {permit}`.", permit=permit.id)
            )
        )
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
    from ...verbs import pledges

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
    from ...verbs import grant

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
    from ...verbs import budget, grant

    with signed_in() as (house, _):
        found = grant.show(house, permit)
        accounts = budget.accounts(house, permit)
    _show(found, json, accounts)


@app.command("budget", help=told(say("What noisy answers may tell under it, and what is spent.")))
def budget_(permit: Id, json: AsJson = False) -> None:
    from ...verbs import budget

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
    from ...verbs import grant

    with signed_in() as (house, who):
        _show(grant.revoke(house, who, permit), json)


@app.command(help=told(say("Give your own Permit or request back.")))
def withdraw(permit: Id, json: AsJson = False) -> None:
    from ...verbs import grant

    with signed_in() as (house, who):
        _show(grant.withdraw(house, who, permit), json)


def _decide(permit: str, verdict: Verdict, comment: str, json: bool) -> None:
    from ...verbs import grant

    with signed_in() as (house, who):
        _show(grant.decide(house, who, permit, verdict, comment), json)


def _show(permit: Permit, json: bool, accounts: Iterable[Account] = ()) -> None:
    if json:
        as_json(permit)
        return
    out(told(say("Permit {permit}: {state}", permit=permit.id, state=permit.state)))
    rows = [
        (say("kinds"), ", ".join(sorted(permit.kinds))),
        (say("grants"), listed(permit.grants)),
        (say("Datasets"), ", ".join(permit.datasets)),
        (say("purpose"), f"{named(permit.purpose)}: {permit.reason}"),
        *_asked(permit),
        (say("until"), permit.valid_until[:10]),
        (say("smallest cell that may leave (persons)"), str(permit.conditions.smallest_cell)),
        *((leaving.budget_of(each), told(leaving.left(each))) for each in accounts),
        *((name, told(value)) for name, value in leaving.shown(permit.conditions.disclosure)),
        (
            say("decisions"),
            "; ".join(f"{d.organisation}: {named(d.verdict)}" for d in permit.decisions) or "-",
        ),
    ]
    table((Message(""), Message("")), rows)


def _asked(permit: Permit) -> list[tuple[Message, str]]:
    applied = permit.application
    if applied is None:
        return []
    items = "; ".join(f"{dataset}: {', '.join(columns)}" for dataset, columns in applied.items.items())
    signed = f"{len(permit.pledges)} / {len(permit.users)}" if applied.pledge else "-"
    return [
        (say("who works under it"), ", ".join(sorted(permit.users))),
        (say("items"), items or told(say("all columns"))),
        *([(say("environment"), applied.environment)] if applied.environment else []),
        *([(say("follows"), applied.renews)] if applied.renews else []),
        (say("pledges signed"), signed),
        (say("releases used"), f"{permit.exports_used} / {permit.conditions.exports}"),
        (say("files that left"), f"{permit.files_used} / {permit.conditions.files}"),
    ]
