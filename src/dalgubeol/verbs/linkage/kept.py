"""What of a linkage lies at this site: read, and kept with what says of which linkage and from whom it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BufferedReader
from typing import Any, BinaryIO, cast

from sqlalchemy import Connection

from ...language import Message
from ...nouns.dataset import Dataset, DatasetState, Form, Sensitivity
from ...nouns.linkage import Party
from ...nouns.record import Event, Record, Retention
from ...world.identity import SignedIn
from ...world.store import datasets, outbox
from ...world.store.envelope import Envelope
from ..datasets import register
from ..house.clock import now
from ..house.house import House
from ..house.transition import record
from .agreeing import Taken, free_name, marked


def keep(
    house: House, who: SignedIn, at: Taken, content: str, opened: Callable[[], BinaryIO], sensitivity: Sensitivity,
    *, name: str | None = None, envelopes: Sequence[Envelope] = (), form: Form = Form.ARCHIVE,
    said: Sequence[Message] = (), mock: bool = False, senders: Sequence[str] = (), sources: Sequence[str] = (),
    check: Callable[[Connection], None] = lambda connection: None,
) -> Dataset:  # fmt: skip
    """Keep as a Dataset what `opened` reads, seekable for a table; that these envelopes arrived is a Record each.
    `senders`: whose it is, where that are more than those who sent these. `sources`: of what here it is made, so that
    what holds of those holds of it. `check` may still refuse in the transaction that keeps it."""
    from ...world.engine.reading import Content as Brought

    linkage = at.agreement.terms.linkage
    mark: dict[str, object] = {"agreement": at.agreement.digest, "linkage": linkage, "content": content}
    if envelopes:
        mark["from"] = list(senders) or [e.address.sender for e in envelopes]
    if mock:
        mark["mock"] = True
    ours = {"linkage": mark, **({"said": [message.stored() for message in said]} if said else {})}

    def arrived(connection: Connection, dataset: Dataset) -> None:
        check(connection)
        for envelope in envelopes:
            sender = at.agreement.party(envelope.address.sender)
            payload = of_envelope(envelope.address.id, envelope.digest, at, content, "from", sender)
            record(connection, Record(
                Event.ARRIVED, f"arrived/{envelope.digest}", now(), who.actor.id, dataset.id, payload,
                Retention.PROCESSING, datasets=(dataset.id,),
            ))  # fmt: skip

    brought = Brought("content.parquet" if form is Form.TABLE else "content.zip", opened)
    return register.add(
        house, who, brought, name=name or free_name(house, f"{linkage}-{content}"), form=form,
        sensitivity=sensitivity, ours=ours, with_it=arrived, sources=sources,
    )  # fmt: skip


def of_envelope(id_: str, digest: str, at: Taken, content: str, way: str, other: Party) -> dict[str, object]:
    """What a Record says of an envelope."""
    return {"envelope": id_, "digest": digest, "agreement": at.agreement.digest, "content": content, way: other.site}  # fmt: skip


def here(house: House, at: Taken, content: str) -> Dataset | None:
    """The latest Dataset of this linkage that holds such content."""
    with house.database.reading() as connection:
        found = [d for d in datasets.every(connection) if _is(d, at, content)]
    return found[-1] if found else None


def received(connection: Connection, at: Taken, content: str) -> tuple[Dataset, ...]:
    """What came of such content, the newest first."""
    found = [d for d in datasets.every(connection) if _is(d, at, content) and marked(d).get("from")]
    return tuple(reversed(found))


def sent_as(house: House, connection: Connection, at: Taken, content: str) -> tuple[str, ...]:
    """Ids of the Datasets that went out from here as such content under this agreement."""
    own = [d for d in datasets.every(connection) if d.form is Form.TABLE and d.sources and not marked(d)]
    return tuple(d.id for d in own if any(_is_of(told, at, content) for told in exports(house, connection, d.id)))  # fmt: skip


def exports(house: House, connection: Connection, dataset: str) -> Iterator[Mapping[str, Any]]:
    """What the history says of each time that a Dataset left."""
    for number in outbox.records_about(connection, dataset):
        entry = house.log.entry(connection, number)
        if entry.payload is not None and json.loads(entry.leaf)["event"] == Event.EXPORTED:
            yield json.loads(entry.payload)


def _is_of(told: Mapping[str, Any], at: Taken, content: str) -> bool:
    return (told.get("agreement"), told.get("content")) == (at.agreement.digest, content)


def stream(house: House, dataset: Dataset) -> BinaryIO:
    """Its plain bytes, seekable; in memory a piece at a time."""
    key = house.keyring.dataset_key(dataset.id) if dataset.protected else None
    opened = house.objects.open(dataset.object_id, key, dataset.id)
    return cast(BinaryIO, BufferedReader(cast(Any, opened), 1 << 16))


def _is(dataset: Dataset, at: Taken, content: str) -> bool:
    mark = marked(dataset)
    mine = mark.get("agreement") == at.agreement.digest and mark.get("content") == content
    return mine and dataset.state is DatasetState.KEPT
