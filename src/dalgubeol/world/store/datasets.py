"""Datasets in the database: rows to frozen values and back. The caller owns the transaction."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select
from sqlalchemy.exc import IntegrityError

from ...digest import canonical
from ...errors import Conflict, Missing
from ...language import say
from ...nouns.dataset import Column, Dataset, DatasetState, Form, Sensitivity, is_protected
from .driver import at_once, fetched
from .paging import Page, Row, belonging, ids_bound, paged
from .schema import dataset_sources, datasets, project_runs

_FIND = (
    select(datasets)
    .where((datasets.c.id == bindparam("wanted")) | (datasets.c.name == bindparam("wanted")))
    .order_by((datasets.c.id == bindparam("wanted")).desc())
)


_ADD = datasets.insert()
_NAMED = select(datasets.c.id).where(datasets.c.name == bindparam("name")).limit(1)
_ALIVE = (
    select(datasets.c.id)
    .where((datasets.c.object_id == bindparam("object")) & (datasets.c.state != bindparam("gone")))
    .limit(1)
)


def add(
    connection: Connection, dataset: Dataset, plain_digest: bytes | None = None, content_mark: str | None = None
) -> None:  # fmt: skip
    """`plain_digest` is sealed with the Dataset's key where it has one, `content_mark` is keyed (`Keyring.mark`).
    Raises Conflict where the name is taken."""
    row = {
        "id": dataset.id, "name": dataset.name, "form": dataset.form.value,
        "sensitivity": dataset.sensitivity.value, "trade_secret": int(dataset.trade_secret),
        "owner": dataset.owner, "organisation": dataset.organisation,
        "columns": canonical([[c.name, c.type, c.unit] for c in dataset.columns]).decode(),
        "rows": dataset.rows, "size_bytes": dataset.size_bytes, "object_id": dataset.object_id,
        "state": dataset.state.value, "created_at": dataset.created_at, "made_by": dataset.made_by,
        "about": canonical(dict(dataset.about)).decode(), "plain_digest": plain_digest, "content_mark": content_mark,
        "destroyed_at": dataset.destroyed_at,
    }  # fmt: skip
    refuse_taken_name(connection, dataset.name)
    try:
        at_once(connection, _ADD, row)
    except IntegrityError:
        raise _taken(dataset.name) from None
    if dataset.sources:
        sources = [{"dataset": dataset.id, "source": source} for source in dict.fromkeys(dataset.sources)]
        connection.execute(dataset_sources.insert(), sources)


def refuse_taken_name(connection: Connection, name: str) -> None:
    """Raises Conflict where a Dataset of that name exists (or has existed)."""
    if name_is_taken(connection, name):
        raise _taken(name)


def name_is_taken(connection: Connection, name: str) -> bool:
    return bool(fetched(connection, _NAMED, {"name": name}))


def exists(connection: Connection, dataset: str) -> bool:
    """Whether there is, or was, a Dataset of that id."""
    return connection.execute(select(datasets.c.id).where(datasets.c.id == dataset)).first() is not None


def find(connection: Connection, name_or_id: str) -> Dataset:
    """Raises Missing. An id goes before a name, so that no name can pass for another Dataset's id."""
    rows = fetched(connection, _FIND, {"wanted": name_or_id})
    if not rows:
        raise missing(name_or_id)
    return _datasets(connection, rows[:1])[0]


def listed(connection: Connection, after: str = "", limit: int = 1000) -> tuple[Dataset, ...]:
    """In the order of ids; `after` is the last id of the page before."""
    query = select(datasets).where(datasets.c.id > after).order_by(datasets.c.id).limit(limit)
    return _datasets(connection, connection.execute(query).mappings().all())


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which Datasets a list is to show; what is None does not matter."""

    form: Form | None = None
    sensitivities: tuple[Sensitivity, ...] | None = None
    state: DatasetState | None = None
    owner: str | None = None
    text: str | None = None
    """A part of the name, in capitals or not."""


def page(connection: Connection, wanted: Wanted, after: str = "", limit: int = 100) -> Page[Dataset]:
    """The newest first. Raises Invalid for a cursor that is not one."""
    careful = wanted.sensitivities
    values = {"form": wanted.form, "state": wanted.state, "owner": wanted.owner}
    named = tuple(name for name, value in values.items() if value is not None)
    query = _wanted(named, None if careful is None else len(careful), bool(wanted.text))
    bound = {name: str(values[name]) for name in named}
    bound.update({f"sensitivity_{n}": each.value for n, each in enumerate(careful or ())})
    if wanted.text:
        bound["text"] = "%" + re.sub("([%_/])", r"/\1", wanted.text) + "%"
    order = (datasets.c.created_at, datasets.c.id)
    rows, following = paged(connection, query, order, bound, after, limit)
    return Page(_datasets(connection, rows), following)


@cache
def _wanted(named: tuple[str, ...], sensitivities: int | None, text: bool) -> Select[Any]:
    """Datasets whose columns `named` have the values that are bound to them, and so on."""
    query = select(datasets).where(*(datasets.c[name] == bindparam(name) for name in named))
    if sensitivities is not None:
        careful: list[Any] = [bindparam(f"sensitivity_{n}") for n in range(sensitivities)]
        query = query.where(datasets.c.sensitivity.in_(careful))
    if text:
        query = query.where(func.lower(datasets.c.name).like(func.lower(bindparam("text")), escape="/"))
    return query


def every(connection: Connection) -> tuple[Dataset, ...]:
    """All that there are or were, in order of age (ids of outputs are digests, and tell nothing of it), in two
    queries."""
    sources: dict[str, list[str]] = {}
    for row in connection.execute(select(dataset_sources).order_by(dataset_sources.c.source)):
        sources.setdefault(row.dataset, []).append(row.source)
    rows = connection.execute(select(datasets).order_by(datasets.c.created_at, datasets.c.id)).mappings()
    return tuple(_dataset(row, tuple(sources.get(row["id"], ()))) for row in rows)


def of_organisation(connection: Connection, organisation: str, limit: int = 1000) -> tuple[Dataset, ...]:
    """The newest first, destroyed ones too."""
    query = select(datasets).where(datasets.c.organisation == organisation)
    ordered = query.order_by(datasets.c.created_at.desc(), datasets.c.id.desc()).limit(limit)
    return _datasets(connection, connection.execute(ordered).mappings().all())


def under_project(
    connection: Connection, project: str, organisation: str, made: bool, text: str, limit: int
) -> tuple[Dataset, ...]:
    """What was made under a project, or else what its `organisation` has and the project has not made; kept or held,
    the newest first. `text`: a part of the name."""
    within = datasets.c.made_by.in_(select(project_runs.c.run).where(project_runs.c.project == project))
    ours = datasets.c.organisation == organisation
    query = select(datasets).where(within if made else ours & (datasets.c.made_by.is_(None) | ~within))
    query = query.where(datasets.c.state != DatasetState.DESTROYED.value)
    query = query.where(func.lower(datasets.c.name).contains(text.lower(), autoescape=True))
    newest = query.order_by(datasets.c.created_at.desc(), datasets.c.id.desc()).limit(limit)
    return _datasets(connection, connection.execute(newest).mappings().all())


def of_run(connection: Connection, run: str) -> tuple[Dataset, ...]:
    query = select(datasets).where(datasets.c.made_by == run).order_by(datasets.c.name)
    return _datasets(connection, connection.execute(query).mappings().all())


def made_from(connection: Connection, source: str, limit: int = 1000) -> tuple[Dataset, ...]:
    """What was made directly of a Dataset."""
    joined = datasets.join(dataset_sources, dataset_sources.c.dataset == datasets.c.id)
    query = select(datasets).select_from(joined).where(dataset_sources.c.source == source)
    rows = connection.execute(query.order_by(datasets.c.created_at, datasets.c.id).limit(limit))
    return _datasets(connection, rows.mappings().all())


def object_is_used(connection: Connection, object_id: str) -> bool:
    """Whether any Dataset that is not destroyed has these bytes."""
    return bool(fetched(connection, _ALIVE, {"object": object_id, "gone": DatasetState.DESTROYED.value}))


def changed(
    connection: Connection, dataset: Dataset, state: DatasetState, destroyed_at: str | None = None
) -> Dataset:
    connection.execute(
        datasets.update()
        .where(datasets.c.id == dataset.id)
        .values(state=state.value, destroyed_at=destroyed_at)
    )
    return replace(dataset, state=state, destroyed_at=destroyed_at)


def destroyed_at(connection: Connection, ids: Iterable[str]) -> tuple[str | None, ...]:
    """When each was destroyed; None where it lives."""
    query = select(datasets.c.destroyed_at).where(datasets.c.id.in_(list(ids)))
    return tuple(connection.execute(query).scalars())


def _datasets(connection: Connection, rows: Sequence[Row]) -> tuple[Dataset, ...]:
    """Rows with their sources, which are one query for all."""
    sources: dict[str, list[str]] = {}
    for found in belonging(connection, _sources_of, [row["id"] for row in rows]):
        sources.setdefault(found["dataset"], []).append(found["source"])
    return tuple(_dataset(row, tuple(sorted(sources.get(row["id"], ())))) for row in rows)


@cache
def _sources_of(size: int) -> Select[Any]:
    return select(dataset_sources).where(dataset_sources.c.dataset.in_(ids_bound(size)))


def _dataset(row: Row, sources: tuple[str, ...]) -> Dataset:
    return Dataset(
        id=row["id"], name=row["name"], form=Form(row["form"]), sensitivity=Sensitivity(row["sensitivity"]),
        trade_secret=bool(row["trade_secret"]), owner=row["owner"], organisation=row["organisation"],
        columns=tuple(Column(*c) for c in json.loads(row["columns"])), rows=row["rows"],
        size_bytes=row["size_bytes"], object_id=row["object_id"], state=DatasetState(row["state"]),
        created_at=row["created_at"], made_by=row["made_by"], sources=sources,
        about=json.loads(row["about"]), destroyed_at=row["destroyed_at"],
    )  # fmt: skip


def missing(name: str) -> Missing:
    return Missing(
        "dataset.missing",
        say("There is no Dataset '{name}' here.", name=name),
        say("`dalgu dataset list` shows what there is."),
    )


def _taken(name: str) -> Conflict:
    return Conflict(
        "dataset.name",
        say("The name '{name}' is already used.", name=name),
        say("Choose another with --name; a name is never used twice, so that the history stays clear."),
    )


def plain_digest(connection: Connection, dataset: str) -> bytes | None:
    """The digest of the plain content as it is stored: sealed where the Dataset is protected."""
    return connection.execute(select(datasets.c.plain_digest).where(datasets.c.id == dataset)).scalar()


def unmarked(connection: Connection) -> tuple[tuple[str, bool, bytes], ...]:
    """Of those that live and have no mark yet: id, whether it is protected, and the digest as it is stored."""
    d = datasets.c
    query = select(d.id, d.sensitivity, d.trade_secret, d.plain_digest).where(
        d.content_mark.is_(None), d.plain_digest.is_not(None), d.state != DatasetState.DESTROYED.value
    )
    return tuple(
        (id_, is_protected(Sensitivity(care), bool(secret)), digest)
        for id_, care, secret, digest in connection.execute(query)
    )


def mark(connection: Connection, dataset: str, content_mark: str) -> None:
    connection.execute(datasets.update().where(datasets.c.id == dataset).values(content_mark=content_mark))


def alike(connection: Connection, ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Each id to all Datasets of the same content, itself among them, the oldest first: they are, or were, here."""
    wanted = list(ids)
    mine, others = datasets.alias(), datasets.alias()
    query = (
        select(mine.c.id, others.c.id)
        .join(others, others.c.content_mark == mine.c.content_mark)
        .where(mine.c.id.in_(wanted))
        .order_by(others.c.created_at, others.c.id)
    )
    found: dict[str, list[str]] = {}
    for own, other in connection.execute(query):
        found.setdefault(own, []).append(other)
    return {id_: tuple(found.get(id_, [id_])) for id_ in wanted}


def abouts(connection: Connection, ids: Sequence[str]) -> dict[str, Mapping[str, object]]:
    """Id to what the papers say."""
    query = select(datasets.c.id, datasets.c.about).where(datasets.c.id.in_(list(ids)))
    return {row.id: json.loads(row.about) for row in connection.execute(query)}


def public_names(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Id to what everybody may call it: its name; of a trade secret the id, for the name can itself tell."""
    found = dict[str, str]()
    for row in belonging(connection, _named, ids):
        found[row["id"]] = row["id"] if row["trade_secret"] else row["name"]
    return found


@cache
def _named(size: int) -> Select[Any]:
    query = select(datasets.c.id, datasets.c.name, datasets.c.trade_secret)
    return query.where(datasets.c.id.in_(ids_bound(size)))


def names(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Id to name."""
    query = select(datasets.c.id, datasets.c.name).where(datasets.c.id.in_(list(ids)))
    return {row.id: row.name for row in connection.execute(query)}
