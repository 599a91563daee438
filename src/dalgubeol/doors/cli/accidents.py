"""`dalgu accident report | list | show | read | destroy | unfounded | answer | accounted | close`."""

from __future__ import annotations

from typing import Annotated

import typer

from ...language import Message, say
from ...nouns.accident import Answer
from .opened import signed_in
from .shown import AsJson, as_json, named, out, table, told

app = typer.Typer(no_args_is_help=True, help=told(say("Somebody was identified by accident: stop, recover, destroy.")))  # fmt: skip
Id = Annotated[str, typer.Argument(help=told(say("Id of the accident")))]
CopyId = Annotated[str, typer.Argument(help=told(say("Id of the copy that was asked back")))]


@app.command(help=told(say("Report it: the use of the data stops at once. Name nobody.")))
def report(
    dataset: Annotated[str, typer.Argument(help=told(say("The Dataset in which somebody could be known")))],
    text: Annotated[str, typer.Option(help=told(say("How it happened; asked for if not given")))] = "",
    json: AsJson = False,
) -> None:
    from ...verbs.projects import accidents

    with signed_in() as (house, who):
        words = text or str(typer.prompt(told(say("How it happened, without naming anybody"))))
        made = accidents.report(house, who, dataset, words)
    if json:
        as_json(made)
        return
    out(told(say("The use of {dataset} is stopped ({accident}). Do not look further, copy nothing, tell nobody who it is.", dataset=dataset, accident=made.id)))  # fmt: skip


@app.command("list", help=told(say("Accidents that concern you.")))
def list_(json: AsJson = False) -> None:
    from ...verbs.projects import accidents

    with signed_in() as (house, who):
        found = accidents.listed(house, who)
    if json:
        as_json(found)
        return
    rows = [(a.id, a.dataset, a.state, a.filed_at[:16].replace("T", " ")) for a in found]
    table((say("id"), say("Dataset"), say("state"), say("reported (UTC)")), rows)


@app.command(help=told(say("Where an accident stands, and what is left to do.")))
def show(accident: Id, json: AsJson = False) -> None:
    from ...verbs.projects import accident_steps, accidents

    with signed_in() as (house, who):
        found = accidents.show(house, who, accident)
        steps = accident_steps.steps(house, who, found)
    if json:
        as_json(found)
        return
    out(told(say("Accident {accident}: {state}", accident=found.accident.id, state=found.accident.state)))
    for each in steps.told:
        out(f"  → {told(each)}")
    rows = [
        (say("stopped"), ", ".join(steps.names[each] for each in found.stopped) or "-"),
        (say("to be confirmed"), ", ".join(found.to_confirm) or "-"),
    ]
    table((Message(""), Message("")), rows)
    copies = [(c.id, steps.names[c.dataset], steps.names[c.person], named(c.answer) if c.answer else "-", c.confirmed_by or "-") for c in found.copies]  # fmt: skip
    table((say("copy"), say("Dataset"), say("taken out by"), say("answer"), say("confirmed")), copies)


@app.command(help=told(say("Read what was reported, as who decides on it; that is recorded.")))
def read(accident: Id, json: AsJson = False) -> None:
    from ...verbs.projects import accidents

    with signed_in() as (house, who):
        words = accidents.read(house, who, accident)
    as_json({"report": words}) if json else out(words)


@app.command(help=told(say("Destroy the data and everything that was made from it.")))
def destroy(accident: Id, json: AsJson = False) -> None:
    _decide(accident, True, json)


@app.command(help=told(say("Nobody was identified after all: the data may be used again.")))
def unfounded(accident: Id, json: AsJson = False) -> None:
    _decide(accident, False, json)


@app.command(help=told(say("Say what became of a copy that you took out.")))
def answer(
    copy: CopyId,
    said: Annotated[Answer, typer.Argument(help=told(say("What became of it")))],
    json: AsJson = False,
) -> None:
    from ...verbs.projects import accidents

    with signed_in() as (house, who):
        found = accidents.answer(house, who, copy, said)
    as_json(found) if json else out(told(say("Thank you. The provider or an operator confirms it.")))


@app.command(help=told(say("Confirm that a copy is accounted for.")))
def accounted(copy: CopyId, json: AsJson = False) -> None:
    from ...verbs.projects import accidents

    with signed_in() as (house, who):
        found = accidents.confirm_copy(house, who, copy)
    as_json(found) if json else out(told(say("Confirmed.")))


@app.command(help=told(say("Close it, when everything is destroyed, confirmed and accounted for.")))
def close(accident: Id, json: AsJson = False) -> None:
    from ...verbs.projects import accidents

    with signed_in() as (house, who):
        found = accidents.close(house, who, accident)
    as_json(found) if json else out(told(say("Accident {accident}: {state}", accident=found.id, state=found.state)))  # fmt: skip


def _decide(accident: str, destroy: bool, json: bool) -> None:
    from ...verbs.projects import accidents

    with signed_in() as (house, who):
        found = accidents.decide(house, who, accident, destroy=destroy)
    as_json(found) if json else out(told(say("Accident {accident}: {state}", accident=found.id, state=found.state)))  # fmt: skip
