"""`dalgu link ...`: linkage across sites. The kinds (`dalgu run link-keys` and the like) do the work in between."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ...errors import Invalid
from ...language import say
from ...nouns.linkage import Content, PartyRole
from ...rules.linkage import Field, Stand
from .opened import signed_in
from .shown import AsJson, as_json, out, table, told

app = typer.Typer(no_args_is_help=True, help=told(say("Linkage (결합) across sites: agree, send, receive, review, end.")))  # fmt: skip
Linkage = Annotated[str, typer.Argument(help=told(say("Name of the linkage")))]
Document = Annotated[Path, typer.Argument(help=told(say("The agreement's file")))]
Of = Annotated[str, typer.Argument(help=told(say("Name or id of the Dataset")))]


@app.command(help=told(say("Write this site's card: what it is in a linkage, and its keys.")))
def card(
    linkage: Linkage,
    name: Annotated[str, typer.Option(help=told(say("What this party is called in the agreement")))],
    role: Annotated[PartyRole, typer.Option(help=told(say("Its role")))],
    to: Annotated[Path, typer.Option(help=told(say("File to write")))],
    json: AsJson = False,
) -> None:
    from ...verbs.linkage import agreeing

    with signed_in() as (house, who):
        mine = agreeing.card(house, who, linkage=linkage, name=name, role=role, to=to)
    if json:
        as_json(mine)
        return
    out(told(say("{file}: {name}, {role}. Hand it to whoever drafts the agreement.", file=to, name=mine.name, role=mine.role)))  # fmt: skip
    if role is PartyRole.EXPERT_AGENCY and not mine.designated:
        out(told(say("This site is not a designated expert agency (settings.toml, [linkage] designated): it may only link made-up data.")))  # fmt: skip


@app.command(help=told(say("Draft an agreement out of terms (TOML) and the cards of all parties.")))
def draft(
    terms: Annotated[Path, typer.Argument(help=told(say("The terms, a TOML file")))],
    cards: Annotated[list[Path], typer.Argument(help=told(say("The cards")))],
    to: Annotated[Path, typer.Option(help=told(say("File to write")))],
    json: AsJson = False,
) -> None:
    from ...verbs.linkage import agreeing

    drafted = agreeing.draft(terms, cards, to)
    _show(drafted, json)
    if not json:
        _show_risk(drafted.agreement.terms)


@app.command(
    help=told(say("What an attacker would guess from the encodings of the tolerant mode, measured."))
)
def risk(
    terms: Annotated[Path, typer.Argument(help=told(say("The terms, a TOML file")))], json: AsJson = False
) -> None:
    from ...verbs.linkage import agreeing, guessing

    asked = agreeing.read_terms(terms)
    if json:
        as_json(guessing.guessed(asked))
        return
    if not _show_risk(asked):
        out(told(say("These terms make no encodings of names: there is nothing to guess from.")))


def _show_risk(terms: Any) -> bool:
    """Before anybody signs: what the tolerant mode risks. False where there is nothing to show."""
    from ...verbs.linkage import guessing

    found = guessing.guessed(terms)
    if not found:
        return False
    attackers = {
        None: say("guesses blindly"),
        0: say("has the encodings and the public frequencies of names"),
    }
    rows = [
        (attackers.get(each.known) or say("also knows whose {count} of the encodings are", count=each.known or 0), f"{100 * each.names:.1f} %", f"{100 * each.surnames:.1f} %")
        for each in found
    ]  # fmt: skip
    out(told(say("Guess risk of these encodings, measured on {count} made-up persons. Who has the salt as well reads the names.", count=guessing.PERSONS)))  # fmt: skip
    table((say("an attacker who"), say("finds full names"), say("finds surnames")), rows)
    return True


@app.command(help=told(say("Sign an agreement for this site, in its file.")))
def sign(document: Document, json: AsJson = False) -> None:
    from ...verbs.linkage import agreeing

    with signed_in() as (house, who):
        signed = agreeing.sign(house, who, document)
    _show(signed, json)


@app.command(help=told(say("Take an agreement up that all parties have signed.")))
def take_up(document: Document, json: AsJson = False) -> None:
    from ...verbs.linkage import agreeing

    with signed_in() as (house, who):
        taken = agreeing.take_up(house, who, document)
    if json:
        as_json({"digest": taken.agreement.digest, "me": taken.me.name, "dataset": taken.dataset.id})
        return
    out(told(say("The linkage {name} is taken up; this site is '{party}' in it.", name=taken.dataset.name, party=taken.me.name)))  # fmt: skip


@app.command(help=told(say("Show an agreement: its digest, the parties, the terms, who has signed.")))
def show(document: Document, json: AsJson = False) -> None:
    from ...verbs.linkage import agreeing

    _show(agreeing.read_draft(document), json)


def _show(found: Any, json: bool) -> None:
    agreed = found.agreement
    if json:
        as_json({"digest": agreed.digest, **agreed.plain(), "signed": list(found.signed)})
        return
    out(told(say("Agreement {linkage}, digest {digest}", linkage=agreed.terms.linkage, digest=agreed.digest)))
    out(told(say("All parties read this digest to each other before they sign.")))
    rows = [(p.name, p.role, p.organisation, p.site, say("yes") if p.name in found.signed else say("no")) for p in agreed.parties]  # fmt: skip
    table((say("party"), say("role"), say("organisation"), say("site"), say("signed")), rows)
    terms = agreed.plain()["terms"]
    table((say("term"), say("value")), [(name, _plain(value)) for name, value in terms.items()])


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(f"{v['name']} ({v['normalise']})" if isinstance(v, dict) else str(v) for v in value)
    return ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)


@app.command(help=told(say("Make what this site alone knows in a linkage: its salt, seed or exponent.")))
def secret(linkage: Linkage, json: AsJson = False) -> None:
    from ...verbs.linkage import post

    with signed_in() as (house, who):
        made = post.make_secret(house, who, linkage)
    as_json(made) if json else out(told(say("{name} is kept here, encrypted with its own key; nobody is shown it.", name=made.name)))  # fmt: skip


@app.command(help=told(say("Seal a Dataset of a linkage into an envelope for another party.")))
def send(
    dataset: Of,
    to: Annotated[str, typer.Option(help=told(say("The party that it is for")))],
    file: Annotated[Path, typer.Option(help=told(say("File to write")))],
    content: Annotated[Content | None, typer.Option(help=told(say("Of a secret: what of it")))] = None,
    json: AsJson = False,
) -> None:
    from ...verbs.linkage import post

    with signed_in() as (house, who):
        what, digest = post.send(house, who, dataset, to=to, file=file, content=content)
    if json:
        as_json({"content": what, "digest": digest, "file": str(file)})
        return
    out(told(say("{file}: '{content}' for '{party}', signed and sealed. Digest {digest}.", file=file, content=what, party=to, digest=digest)))  # fmt: skip


@app.command(help=told(say("Open envelopes of one content and keep what is in them.")))
def receive(
    files: Annotated[list[Path], typer.Argument(help=told(say("The envelopes, of all senders together")))],
    name: Annotated[str | None, typer.Option(help=told(say("What to call the Dataset")))] = None,
    json: AsJson = False,
) -> None:
    from ...language import restored
    from ...verbs.linkage import post

    with signed_in() as (house, who):
        kept = post.receive(house, who, files, name)
    if json:
        as_json(kept)
        return
    out(told(say("{name} has arrived and is kept, {sensitivity}.", name=kept.name, sensitivity=kept.sensitivity)))  # fmt: skip
    for line in kept.about.get("said", ()):  # type: ignore[attr-defined]
        out(told(restored(line)))


@app.command(help=told(say("Call the export committee for what is to leave (expert agency).")))
def convene(
    dataset: Of,
    member: Annotated[
        list[str], typer.Option(help=told(say("LOGIN:FIELD, field law, technology or subject")))
    ],
    json: AsJson = False,
) -> None:
    from ...verbs.linkage import committee

    members = dict(_member(each) for each in member)
    with signed_in() as (house, who):
        _minutes(committee.convene(house, who, dataset, members), json)


def _member(text: str) -> tuple[str, Field]:
    login, _, field = text.partition(":")
    if field not in set(Field):
        raise Invalid.field("member", expected=say("LOGIN:FIELD, field one of: {fields}", fields=", ".join(Field)), got=say("something else"))  # fmt: skip
    return login, Field(field)


@app.command(help=told(say("Vote as a member of the export committee, or step back from it.")))
def judge(
    dataset: Of,
    stand: Annotated[Stand, typer.Argument(help=told(say("approve, reject or recused")))],
    comment: Annotated[str, typer.Option(help=told(say("Why; it stands in the minutes")))] = "",
    json: AsJson = False,
) -> None:
    from ...verbs.linkage import committee

    if stand in (Stand.ABSENT, Stand.SEALED):
        raise Invalid.field("stand", expected=say("approve, reject or recused"), got=stand)
    with signed_in() as (house, who):
        _minutes(committee.judge(house, who, dataset, stand, comment), json)


@app.command(help=told(say("The minutes of the export committee.")))
def minutes(dataset: Of, json: AsJson = False) -> None:
    from ...verbs.linkage import committee

    with signed_in() as (house, who):
        _minutes(committee.minutes(house, who, dataset), json)


def _minutes(found: Any, json: bool) -> None:
    decided = found.outcome
    if json:
        as_json({"minutes": found, "approved": decided.approved})
        return
    comments = {said.person: said.comment for said in found.said}
    rows = [(m.person, m.organisation, m.field, m.stand, comments.get(m.person, "")) for m in found.members]
    table((say("member"), say("organisation"), say("field"), say("stand"), say("comment")), rows)
    verdict = {True: say("Approved."), False: say("Rejected."), None: say("Not decided yet.")}[
        decided.approved
    ]
    out(told(verdict))
    for reason in decided.reasons:
        out(told(reason.message))


@app.command(help=told(say("What is still here of a linkage.")))
def status(linkage: Linkage, json: AsJson = False) -> None:
    from ...verbs.linkage import agreeing, ending, story

    with signed_in() as (house, who):
        at = story.seen(house, who, linkage)
        here = ending.belongings(house, linkage)
    if json:
        as_json({"digest": at.agreement.digest, "me": at.me.name, "here": here})
        return
    out(told(say("This site is '{party}' ({role}) in {linkage}.", party=at.me.name, role=at.me.role, linkage=linkage)))  # fmt: skip
    rows = [(d.name, agreeing.marked(d).get("content", ""), d.sensitivity, d.rows, d.created_at[:19]) for d in here]  # fmt: skip
    table((say("name"), say("what"), say("sensitivity"), say("rows"), say("since")), rows)


@app.command(help=told(say("End a linkage here: destroy what was only needed for it.")))
def finish(
    linkage: Linkage,
    yes: Annotated[bool, typer.Option(help=told(say("Do not ask")))] = False,
    json: AsJson = False,
) -> None:
    from ...verbs.linkage import ending, story

    with signed_in() as (house, who):
        story.seen(house, who, linkage)
        if not yes:
            names = [d.name for d in ending.belongings(house, linkage)]
            typer.confirm(told(say("End {linkage}? Of {names} only the agreement and a received result stay.", linkage=linkage, names=", ".join(names))), abort=True)  # fmt: skip
        ended = ending.finish(house, who, linkage)
    if json:
        as_json(ended)
        return
    out(told(say("{linkage} is ended here. Destroyed: {names}; its receiving key too. Records say so.", linkage=ended.linkage, names=", ".join(ended.destroyed) or "-")))  # fmt: skip
