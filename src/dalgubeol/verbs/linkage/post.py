"""What leaves a site in an envelope, and what comes in: secrets, keys, payloads, results.

The table of what may go from whom to whom is `rules.linkage.FLOWS`. Each envelope that leaves or arrives is a
Record with its digest, and the digest of the agreement, on either site; nothing of what is in it.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from sqlalchemy import Connection

from ...digest import CHUNK, canonical, fresh_id
from ...errors import Invalid, Missing, Reason, Refused
from ...kinds.linkage_parcels import ALL, Manifest, Parcel, packed, unpacked
from ...language import say
from ...methods.privacy.linkage.keys import SALT_BYTES, seed_for
from ...nouns.dataset import Dataset, Form, Sensitivity
from ...nouns.linkage import EACH, Content, LinkMode, Party, PartyRole
from ...nouns.record import Event, Record, Retention
from ...rules.linkage import reasons_not_to_send
from ...world.identity import SignedIn
from ...world.ledger.note import Verifier
from ...world.store import datasets
from ...world.store.envelope import Envelope, Sealing, fresh_address, read_envelope
from .. import register
from ..clock import now
from ..house import House
from ..submit import access_retention
from ..transition import record
from .agreeing import Taken, check_answers, free_name, marked, receiving_key, taken
from .committee import check_may_leave
from .leaving import PARCELS, SECRET, content_of, mark_of, next_step_of, reasons_of_dataset, reasons_of_now

if TYPE_CHECKING:
    import pyarrow as pa

_CAREFUL = dict.fromkeys((Content.PAIRS, Content.PAYLOAD, Content.RESULT), Sensitivity.PSEUDONYMISED)


def make_secret(house: House, who: SignedIn, linkage: str) -> Dataset:
    """What this site must know by itself in a linkage: the salt where it issues it or was sent it, the seed of the
    serial numbers, the exponent of the oblivious mode. Raises Missing where something has not arrived yet."""
    check_answers(who)
    at = taken(house, linkage)
    terms, me = at.agreement.terms, at.me.name
    made: dict[str, object] = {"v": 1, "agreement": at.agreement.digest, "party": me}
    applicant = at.me.role is PartyRole.APPLICANT
    if applicant and terms.mode is not LinkMode.OBLIVIOUS:
        made["salt"] = (
            os.urandom(SALT_BYTES).hex() if terms.salt_by == me else _arrived(house, at, Content.SALT)
        )
    if terms.serials_by in (me, EACH):
        made["serials"] = os.urandom(SALT_BYTES).hex()
    elif applicant:
        made["serials"] = _arrived(house, at, Content.SERIALS)
    if applicant and terms.serials_by == me:  # it hands others theirs, and has one of its own
        made["all_serials"] = made["serials"]
        made["serials"] = seed_for(bytes.fromhex(str(made["all_serials"])), me).hex()
    elif terms.serials_by == me:
        made["all_serials"] = made["serials"]
    if applicant and terms.mode is LinkMode.OBLIVIOUS:
        made["exponent"] = os.urandom(SALT_BYTES).hex()
    return _keep(house, who, at, SECRET, canonical(made), Sensitivity.PERSONAL)


def send(
    house: House, who: SignedIn, name: str, *, to: str, file: Path, content: Content | None = None
) -> tuple[Content, str]:
    """Seal what Dataset `name` holds for the party `to` into `file`; returns what it is, and the envelope's digest.

    `content` is asked for where a Dataset holds several things: the salt or the serial numbers of a secret.
    Raises Refused with reasons (recorded), Missing, Invalid.
    """
    check_answers(who)
    with house.database.reading() as connection:
        dataset = datasets.find(connection, name)
        mark, below = mark_of(connection, dataset)
    at = taken(house, str(mark["linkage"]))
    what = content_of(content, mark, below)
    receiver = at.agreement.party(to)
    reasons = reasons_not_to_send(what, at.agreement, at.me, receiver)
    reasons += reasons_of_dataset(who, dataset, what, mark, at)
    with house.database.reading() as connection:
        reasons += reasons_of_now(house, connection, dataset)
    if reasons:
        raise _kept_back(house, who, dataset, to, reasons)
    if what is Content.RESULT:
        check_may_leave(house, dataset, at)
    pieces = _sent(house, dataset, what, at, receiver)
    address = fresh_address(at.agreement.digest, at.agreement.terms.linkage, what.value, at.me.name, to)
    envelope = Sealing(file, address, pieces, receiver.box_key, house.keyring.log_key())
    try:
        payload = _payload(address.id, envelope.digest, at, what.value, "to", receiver)
        left = Record(Event.EXPORTED, f"sent/{envelope.digest}", now(), who.actor.id, dataset.id, payload, Retention.PROCESSING, datasets=(dataset.id,))  # fmt: skip

        def leave(connection: Connection) -> tuple[Reason, ...]:
            meanwhile = reasons_of_now(house, connection, dataset)  # sealing takes its time
            if not meanwhile:
                record(connection, left)
            return meanwhile

        if meanwhile := house.write(leave):
            raise _kept_back(house, who, dataset, to, meanwhile)
        envelope.post()
    finally:
        envelope.discard()
    return what, envelope.digest


def receive(house: House, who: SignedIn, files: Sequence[Path], name: str | None = None) -> Dataset:
    """Open envelopes of one content, from one party or from several, and keep what is in them as one Dataset.

    Raises Invalid, Tampered where one is false, Conflict where one has arrived before; nothing is kept then.
    """
    check_answers(who)
    envelopes = [read_envelope(path) for path in files]
    if len({(e.address.agreement, e.address.content) for e in envelopes}) != 1:
        raise Invalid.field("files", expected=say("envelopes of one linkage and of one content"), got=say("several"))  # fmt: skip
    address = envelopes[0].address
    at = taken(house, address.linkage)
    content = _named(address.content)
    opened = [_opened(house, envelope, at, content) for envelope in envelopes]
    name = name or free_name(house, f"{address.linkage}-{content.value}")
    if content in (Content.SALT, Content.SERIALS):
        if len(opened) > 1:
            raise Invalid.field("files", expected=say("one envelope"), got=len(opened))
        return _keep(house, who, at, content.value, opened[0], Sensitivity.PERSONAL, name, envelopes)
    parcels = [p for plain, e in zip(opened, envelopes, strict=True) for p in _checked(plain, e, at, content)]
    if len({p.manifest.of or p.manifest.sender for p in parcels}) < len(parcels):
        raise Invalid.field("files", expected=say("one envelope of each sender"), got=say("two of one"))
    sensitivity = _CAREFUL.get(content, Sensitivity.PERSONAL)
    if content is Content.RESULT:
        return _keep(house, who, at, "received", _parquet(parcels[0].table), sensitivity, name, envelopes, Form.TABLE)  # fmt: skip
    return _keep(house, who, at, content.value, packed(parcels), sensitivity, name, envelopes, rates=_rates(parcels))  # fmt: skip


def _sent(house: House, dataset: Dataset, what: Content, at: Taken, receiver: Party) -> Iterator[bytes]:
    """The plain content of the envelope. Raises Invalid where there is nothing for the receiver."""
    with _stream(house, dataset) as stream:
        if what in (Content.SALT, Content.SERIALS):
            yield _issued(stream.read(CHUNK), what, receiver)
            return
        if what in PARCELS:
            parcels = [p for p in unpacked(stream) if p.manifest.receiver in (receiver.name, ALL)]
            if not parcels:
                raise Invalid.field("to", expected=say("a party for which this was made"), got=say("another"))
        else:
            from ...world.engine.tables import read_table

            table = read_table(stream)
            parcels = [Parcel(Manifest(at.agreement.digest, what, at.me.name, receiver.name, table.num_rows), table)]  # fmt: skip
    whole = packed(parcels)
    yield from (whole[start : start + CHUNK] for start in range(0, len(whole), CHUNK))


def _issued(document: bytes, what: Content, receiver: Party) -> bytes:
    import json

    plain = json.loads(document)
    if what is Content.SALT:
        value = str(plain["salt"])
    else:
        value = seed_for(bytes.fromhex(plain["all_serials"]), receiver.name).hex()
    return canonical({"v": 1, "agreement": plain["agreement"], "part": what.value, "value": value})


def _opened(house: House, envelope: Envelope, at: Taken, content: Content) -> bytes:
    address = envelope.address
    sender = at.agreement.party(address.sender)
    fits = address.agreement == at.agreement.digest and address.receiver == at.me.name
    reasons = reasons_not_to_send(content, at.agreement, sender, at.me)
    if not fits:
        raise Invalid(
            "link.address",
            say("The envelope {name} is for another party, or was made under another agreement.", name=envelope.path.name),
            say("Compare the digest of the agreement with the sender (`dalgu link show`)."),
        )  # fmt: skip
    if reasons:
        raise Refused("link.receive", say("The envelope {name} holds what this site must not have.", name=envelope.path.name), say("It was not opened. Tell its sender, and delete the file."), reasons)  # fmt: skip
    box = receiving_key(house, address.linkage)
    return envelope.content(Verifier.parse(sender.verifier_key).public_bytes, box)


def _checked(plain: bytes, envelope: Envelope, at: Taken, content: Content) -> tuple[Parcel, ...]:
    """The parcels of an envelope, whose papers say what its address says. Raises Invalid."""
    parcels = unpacked(io.BytesIO(plain))
    for parcel in parcels:
        papers = parcel.manifest
        if (papers.agreement, papers.content, papers.sender) != (at.agreement.digest, content, envelope.address.sender) or papers.receiver not in (at.me.name, ALL):  # fmt: skip
            raise Invalid.field("parcel", expected=say("what stands on its envelope"), got=say("something else"))  # fmt: skip
        if not _speaks_for(papers, at):
            raise Invalid.field("parcel", expected=say("the sender's own persons"), got=say("another's"))
    return parcels


def _speaks_for(papers: Manifest, at: Taken) -> bool:
    """Nobody sends another's persons; only in the oblivious mode an applicant sends the other's, blinded twice."""
    if at.agreement.terms.mode is LinkMode.OBLIVIOUS and papers.content is Content.KEYS:
        return papers.of in {p.name for p in at.agreement.applicants} - {papers.sender}
    return papers.of in ("", papers.sender)


def _keep(
    house: House, who: SignedIn, at: Taken, content: str, plain: bytes, sensitivity: Sensitivity,
    name: str | None = None, envelopes: Sequence[Envelope] = (), form: Form = Form.ARCHIVE,
    rates: Mapping[str, float] | None = None,
) -> Dataset:  # fmt: skip
    from ...world.engine.reading import Content as Brought

    linkage = at.agreement.terms.linkage
    mark = {"agreement": at.agreement.digest, "linkage": linkage, "content": content}
    more: dict[str, object] = {"from": [e.address.sender for e in envelopes]} if envelopes else {}
    said = [say("Linkage rate: {rate} %.", rate=f"{100 * rate:.2f}").stored() for rate in (rates or {}).values()]  # fmt: skip

    def arrived(connection: Connection, dataset: Dataset) -> None:
        for envelope in envelopes:
            sender = at.agreement.party(envelope.address.sender)
            payload = _payload(envelope.address.id, envelope.digest, at, content, "from", sender)
            record(connection, Record(
                Event.ARRIVED, f"arrived/{envelope.digest}", now(), who.actor.id, dataset.id, payload,
                Retention.PROCESSING, datasets=(dataset.id,),
            ))  # fmt: skip

    ending = ".parquet" if form is Form.TABLE else ".zip"
    return register.add(
        house, who, Brought(f"content{ending}", lambda: io.BytesIO(plain)), name=name or free_name(house, f"{linkage}-{content}"), form=form,
        sensitivity=sensitivity, ours={"linkage": {**mark, **more}, **({"said": said} if said else {})}, with_it=arrived,
    )  # fmt: skip


def _arrived(house: House, at: Taken, content: Content) -> str:
    """The secret that another party issued. Raises Missing."""
    import json

    issuer = at.agreement.terms.salt_by if content is Content.SALT else at.agreement.terms.serials_by
    with house.database.reading() as connection:
        found = [
            d for d in datasets.every(connection) if d.destroyed_at is None and _is(d, at, content.value)
        ]
    if not found:
        raise Missing(
            "link.secret",
            say("'{content}' has not arrived yet from '{party}'.", content=content, party=issuer),
            say("Ask them for the envelope, and take it in with `dalgu link receive`."),
        )
    with _stream(house, found[-1]) as stream:
        return str(json.loads(stream.read(CHUNK))["value"])


def _is(dataset: Dataset, at: Taken, content: str) -> bool:
    mark = marked(dataset)
    return mark.get("agreement") == at.agreement.digest and mark.get("content") == content


def _kept_back(house: House, who: SignedIn, dataset: Dataset, to: str, reasons: tuple[Reason, ...]) -> Refused:  # fmt: skip
    """The refusal, once it is recorded."""
    payload = {"dataset": dataset.id, "reasons": [reason.code for reason in reasons]}
    refusal = Record(Event.REFUSED, fresh_id("refused"), now(), who.actor.id, dataset.id, payload, access_retention([dataset]), datasets=(dataset.id,))  # fmt: skip
    house.write(lambda connection: record(connection, refusal))
    return Refused("link.send", say("This does not go to '{party}'.", party=to), next_step_of(dataset, reasons), reasons)  # fmt: skip


def _payload(id_: str, digest: str, at: Taken, content: str, way: str, other: Party) -> dict[str, object]:
    return {"envelope": id_, "digest": digest, "agreement": at.agreement.digest, "content": content, way: other.site}  # fmt: skip


def _rates(parcels: Sequence[Parcel]) -> dict[str, float]:
    return {p.manifest.receiver: p.manifest.rate for p in parcels if p.manifest.rate is not None}


def _named(content: str) -> Content:
    try:
        return Content(content)
    except ValueError:
        raise Invalid.field("content", expected=say("something that is sent in a linkage"), got=say("something else")) from None  # fmt: skip


def _stream(house: House, dataset: Dataset) -> BinaryIO:
    key = house.keyring.dataset_key(dataset.id) if dataset.protected else None
    stream = house.objects.open(dataset.object_id, key, dataset.id)
    return cast(BinaryIO, BufferedReader(cast(Any, stream), 1 << 16))


def _parquet(table: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()
