"""What a panel found inadequate, and why: with this a result goes back to whoever pseudonymises the table again."""

from __future__ import annotations

from ...language import say, word
from ...nouns.panel import Finding, Panel, PanelKind, PanelState
from ...nouns.run import Run
from ...world.identity import SignedIn
from ...world.store import datasets, runs
from ..house.house import House
from . import panels


def objections(house: House, found: Panel, language: str) -> tuple[str, ...]:
    """What its members hold against the matter, as this `found` may be seen: each with the name of who says it."""
    names = panels.names(house, [found])
    items = {each.name: each.label.said(language) for each in panels.checklist(found.kind)[0]}
    told: list[str] = []
    for seat in found.sitting:
        against = [
            (item, remark) for item, (answer, remark) in seat.checks.items() if answer == Finding.INADEQUATE
        ]
        lines = [seat.comment] if seat.finding is Finding.INADEQUATE and seat.comment else []
        for item, remark in against:
            what = f"{items.get(item, item)}: {word(Finding.INADEQUATE, language)}"
            lines.append(f"{what} ({remark})" if remark else what)
        told += [
            say("{name}: {remark}", name=names[seat.person], remark=line).text(language) for line in lines
        ]
    return tuple(told)


def of_run(house: House, who: SignedIn, run: Run) -> tuple[Panel, ...]:
    """The reviews that found what this Run made inadequate, as far as this person may see them, the newest first."""
    made = set(run.outputs.values())
    return tuple(
        each
        for each in panels.listed(house, who)
        if each.dataset in made and each.state is PanelState.INADEQUATE
    )


def again(house: House, who: SignedIn, found: Panel) -> Run | None:
    """The Run that made what was reviewed, where this person asked for it and can begin with its policy."""
    with house.database.reading() as connection:
        made_by = datasets.find(connection, found.dataset).made_by
        run = runs.find(connection, made_by) if made_by is not None else None
    return (
        run
        if run is not None and run.submitted_by == who.actor.id and found.kind is PanelKind.ADEQUACY
        else None
    )
