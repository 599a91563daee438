"""What somebody has done with which Datasets, and what those descend from. The caller owns the transaction.

It starts from the person, whose own acts are few, and climbs: what was made from a Dataset that many use is
never walked through.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, select

from ...nouns.dataset import Sensitivity
from ...nouns.run import RunState
from ...rules.duties import DUTY_OF_PART, KEYING, PSEUDONYMISING, Duty, Origin, Part, makes_an_analyst
from . import permits as stored_permits
from . import projects
from .schema import dataset_sources, datasets, permit_datasets, permit_decisions, reviews, runs, votes

_MADE_NOTHING = (RunState.FAILED, RunState.BROKEN, RunState.CANCELLED)


def parts_of(connection: Connection, person: str) -> tuple[Part, ...]:
    """Every duty that this person has had."""
    held = stored_permits.of_holder(connection, person)
    return (
        *(Part(Duty.ANALYST, p.id, p.datasets) for p in held if makes_an_analyst(p, person)),
        *_pseudonymised(connection, person),
        *_decided(connection, person),
        *_reviewed(connection, person),
        *_named(connection, person),
    )


def origins(connection: Connection, ids: Iterable[str]) -> Mapping[str, Origin]:
    """The Datasets of these ids and all their ancestors."""
    start = select(datasets.c.id).where(datasets.c.id.in_(list(ids)))
    above = start.cte("above", recursive=True)
    step = select(dataset_sources.c.source).join(above, dataset_sources.c.dataset == above.c.id)
    above = above.union(step)
    rows = connection.execute(
        select(datasets.c.id, datasets.c.sensitivity).join(above, datasets.c.id == above.c.id)
    )
    known = {row.id: Sensitivity(row.sensitivity) for row in rows}
    sources: dict[str, list[str]] = {}
    edges = select(dataset_sources).join(above, dataset_sources.c.dataset == above.c.id)
    for row in connection.execute(edges):
        sources.setdefault(row.dataset, []).append(row.source)
    return {id_: Origin(how, tuple(sorted(sources.get(id_, ())))) for id_, how in known.items()}


def _pseudonymised(connection: Connection, person: str) -> list[Part]:
    query = select(runs.c.id, runs.c.inputs).where(
        runs.c.submitted_by == person,
        runs.c.kind.in_(PSEUDONYMISING | KEYING),
        runs.c.state.not_in(_MADE_NOTHING),
    )
    return [_through_run(Duty.PSEUDONYMISER, row.id, row.inputs) for row in connection.execute(query)]


def _decided(connection: Connection, person: str) -> list[Part]:
    query = (
        select(permit_decisions.c.permit, permit_datasets.c.dataset)
        .join(permit_datasets, permit_datasets.c.permit == permit_decisions.c.permit)
        .where(permit_decisions.c.person == person)
    )
    named: dict[str, list[str]] = {}
    for row in connection.execute(query):
        named.setdefault(row.permit, []).append(row.dataset)
    return [Part(Duty.DECIDER, permit, tuple(sorted(ids))) for permit, ids in named.items()]


def _reviewed(connection: Connection, person: str) -> list[Part]:
    query = (
        select(runs.c.id, runs.c.inputs)
        .join(reviews, reviews.c.run == runs.c.id)
        .join(votes, votes.c.run == reviews.c.run)
        .where(votes.c.person == person)
    )
    return [_through_run(Duty.REVIEWER, row.id, row.inputs) for row in connection.execute(query)]


def _named(connection: Connection, person: str) -> list[Part]:
    """Who is named for a part in a project has its duty, for all that is pseudonymised under it."""
    parts = dict.fromkeys((p, DUTY_OF_PART[part]) for p, part in projects.parts_of(connection, person))
    return [Part(duty, project, projects.inputs_under(connection, project)) for project, duty in parts]


def _through_run(duty: Duty, run: str, inputs: str) -> Part:
    return Part(duty, run, tuple(sorted(json.loads(inputs).values())))
